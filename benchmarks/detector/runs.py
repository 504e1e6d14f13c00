"""Trainings of a lab's detector at full size, one after another, each kept as it ends."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.labs import ROOT, store


class Runs:
    """The runs of a measurement. What was interrupted goes on where it stopped.

    Args:
        name: of the measurement, and of the file under ``_build`` that has a line for each finished run.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.file = ROOT / "_build" / f"{name}.jsonl"
        self.file.parent.mkdir(exist_ok=True)
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        self.done: list[dict[str, Any]] = [json.loads(line) for line in lines]

    def do(self, settings: dict[str, Any], measure: Callable[[], Any]) -> None:
        """Measure with these settings, unless that was done."""
        if any(settings.items() <= run.items() for run in self.done):
            return
        run = settings | {"result": measure()}
        self.done.append(run)
        with self.file.open("a") as file:
            file.write(json.dumps(run) + "\n")
        print(json.dumps(run), flush=True)

    def best_weight(
        self, of: dict[str, Any], score: Callable[[dict[str, Any]], float]
    ) -> float:
        """The weight at which the sweep over these settings has the highest score, a mean over its seeds."""
        sweep = of | {"part": "sweep"}
        reached: dict[float, list[float]] = {}
        for run in self.done:
            if sweep.items() <= run.items():
                reached.setdefault(run["weight"], []).append(score(run["result"]))
        return max(reached, key=lambda weight: np.mean(reached[weight]))

    def store(self, settings: dict[str, Any]) -> None:
        """Write the measurement that ships with the package, for `lossguide.lab.measured`."""
        store(self.name, {"settings": settings, "runs": self.done})
