"""Time functions side by side, so that whatever else the machine does falls on all alike."""

import platform
import re
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

Loss = Callable[..., Any]
compiled = partial(torch.compile, fullgraph=True, dynamic=False)
# What is copied to see how fast memory is: far more than a cache holds.
COPIED = 2**26


class Race(NamedTuple):
    """Contenders that are timed on the same inputs; gradients are taken in those that ask for one."""

    name: str
    size: int
    rounds: int
    contenders: dict[str, Loss]
    inputs: Callable[[], tuple[Any, ...]]
    # Whether all must have the same value.
    same: bool = True


def forget(inputs: tuple[Any, ...]) -> None:
    for one in inputs:
        if isinstance(one, Tensor):
            one.grad = None


def run(loss: Loss, inputs: tuple[Any, ...]) -> Any:
    forget(inputs)
    found = loss(*inputs)
    if isinstance(found, Tensor) and found.requires_grad:
        found.backward()
    return found


def seconds(loss: Loss, inputs: tuple[Any, ...]) -> float:
    forget(inputs)
    start = time.perf_counter()
    run(loss, inputs)
    return time.perf_counter() - start


def peak(loss: Loss, inputs: tuple[Any, ...]) -> int:
    """The most bytes of tensors that a run holds at a time beyond its inputs, its gradient included."""
    forget(inputs)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as watched:
        run(loss, inputs)
    events = watched.profiler.kineto_results.events()
    held = most = 0
    for event in sorted(events, key=lambda one: one.start_ns()):
        if event.name() == "[memory]":
            held += event.nbytes()
            most = max(most, held)
    return most


def hold(race: Race) -> list[dict[str, Any]]:
    """For each contender the median and the quartiles of its seconds, of rounds that run each once."""
    torch.manual_seed(0)
    inputs = race.inputs()
    values = {
        name: torch.as_tensor(run(loss, inputs)).detach()
        for name, loss in race.contenders.items()
    }
    if race.same:
        for value in values.values():
            torch.testing.assert_close(value, values["readable"], rtol=1e-4, atol=1e-5)
    times: dict[str, list[float]] = {name: [] for name in race.contenders}
    for _ in range(race.rounds):
        for name, loss in race.contenders.items():
            times[name].append(seconds(loss, inputs))
    found = []
    for name, loss in race.contenders.items():
        quartiles = torch.tensor(times[name], dtype=torch.float64).quantile(
            torch.tensor([0.25, 0.5, 0.75], dtype=torch.float64)
        )
        low, median, high = quartiles.tolist()
        found.append(
            {
                "loss": race.name,
                "size": race.size,
                "contender": name,
                "rounds": race.rounds,
                "median": median,
                "quartiles": [low, high],
                "peak_bytes": peak(loss, inputs),
            }
        )
    return found


def copy_bandwidth() -> float:
    """Bytes a second that are read and written in a copy, the median of 15: no loss can be faster than its inputs."""
    source, goal = torch.zeros(2, COPIED // 4)
    times = []
    for _ in range(15):
        start = time.perf_counter()
        goal.copy_(source)
        times.append(time.perf_counter() - start)
    return 2 * COPIED / sorted(times)[7]


def processor() -> str:
    """Its model, where the system tells it as Linux does, else its kind."""
    told = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.*)", told.read_text() if told.exists() else "")
    return found[1] if found else platform.machine()


def setting() -> dict[str, str | int | float]:
    return {
        "processor": processor(),
        "python": platform.python_version(),
        "torch": torch.__version__.partition("+")[0],
        "threads": torch.get_num_threads(),
        "copy_bytes_per_second": copy_bandwidth(),
    }
