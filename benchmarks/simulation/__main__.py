"""The simulation of the DIoU paper at its full size, each loss with three rules for the step.

    make simulation

1,715,000 boxes walk 200 iterations. A block of them that fits the cache walks to its end before the next one starts;
gradient and step are one compiled loop, and each core has a loss and a rule of its own. What is stored is
not run again: an interrupted simulation goes on where it stopped, and `--again` starts anew. Where torchvision is
unpacked, a loop with its losses is timed on a sample.
"""

import argparse
import json
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from benchmarks.simulation.walk import POINTS, RATES, RULES, run
from benchmarks.speed.timing import setting
from benchmarks.wheels import open_wheels
from lossguide.lab.diou_simulation import CASES, scene
from lossguide.torch import box_convert, iou

RESULTS = Path(__file__).parents[1] / "results" / "simulation.json"
CORES = 2
# Points and iterations of the sample on which the loop with torchvision's losses is timed.
SAMPLE_POINTS, SAMPLE_STEPS = 50, 20


def torchvision_losses() -> dict[str, Callable[..., Tensor]]:
    ops = {"GIoU": "generalized", "DIoU": "distance", "CIoU": "complete"}
    return {
        name: getattr(
            import_module(f"torchvision.ops.{name.lower()}_loss"),
            f"{word}_box_iou_loss",
        )
        for name, word in ops.items()
    }


def eager(loss: Callable[..., Tensor], box: Tensor, target: Tensor) -> float:
    """Seconds of the loop as one would write it, by automatic differentiation, for a box and a step."""
    goal = box_convert(target, "cxcywh", "xyxy")
    start = time.perf_counter()
    for _ in range(SAMPLE_STEPS):
        box = box.detach().requires_grad_()
        pred = box_convert(box, "cxcywh", "xyxy")
        (slope,) = torch.autograd.grad(loss(pred, goal, reduction="sum"), box)
        with torch.no_grad():
            box = box - 0.1 * (2 - iou(pred, goal))[:, None] * slope
    return (time.perf_counter() - start) / SAMPLE_STEPS / len(box)


def main() -> None:
    parser = argparse.ArgumentParser(description="Run the simulation at full size.")
    parser.add_argument("--peers", type=Path, metavar="FOLDER")
    parser.add_argument("--again", action="store_true", help="forget what is stored")
    options = parser.parse_args()
    results: dict[str, Any] = {"runs": {}}
    if RESULTS.exists() and not options.again:
        results = json.loads(RESULTS.read_text())

    runs = results["runs"]
    results |= setting() | {"cases": POINTS * CASES, "iterations": len(RATES)}

    def store() -> None:
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")

    with ProcessPoolExecutor(CORES, get_context("spawn")) as cores:
        jobs = {
            cores.submit(run, rule, name): (rule, name)
            for rule in RULES
            for name in RULES[rule].losses
            if name not in runs.get(rule, {})
        }
        for job in tqdm(as_completed(jobs), total=len(jobs), disable=None):
            rule, name = jobs[job]
            runs.setdefault(rule, {})[name] = job.result()
            store()
    for rule, losses in runs.items():
        for name, found in losses.items():
            print(
                f"{rule:<16} {name:<5} error {found['errors'][-1]:.4f},"
                f" {found['seconds']:.1f} s and {found['compile_seconds']:.1f} s to compile"
            )
    if options.peers:
        open_wheels(options.peers)
        sample = [
            one.reshape(-1, 4)[: SAMPLE_POINTS * CASES] for one in scene(0, POINTS)
        ]
        results |= {"sample": len(sample[0]), "sample_steps": SAMPLE_STEPS}
        results["torchvision"] = {
            name: eager(loss, *sample) for name, loss in torchvision_losses().items()
        }
        store()


if __name__ == "__main__":
    main()
