"""Time functions side by side, so that whatever else the machine does falls on all alike."""

import platform
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor

Loss = Callable[..., Tensor]


def compare(
    contenders: dict[str, Loss], inputs: tuple[Tensor, ...], rounds: int
) -> dict[str, float]:
    """Each contender's median milliseconds, forward and backward, and ours as a share of each peer's.

    Every round runs each contender once. The gradient is that of the first input.
    """
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, loss in contenders.items():
            inputs[0].grad = None
            start = time.perf_counter()
            loss(*inputs).backward()
            times[name].append(1000 * (time.perf_counter() - start))
    median = {name: statistics.median(of) for name, of in times.items()}
    shares = {
        f"of_{peer}": round(median["lossguide"] / median[peer], 3)
        for peer in contenders
        if peer != "lossguide"
    }
    return {f"{name}_ms": round(ms, 2) for name, ms in median.items()} | shares


def setting() -> dict[str, str | int]:
    return {
        "python": platform.python_version(),
        "torch": torch.__version__.partition("+")[0],
        "threads": torch.get_num_threads(),
    }
