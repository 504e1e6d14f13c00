"""Trainings of a lab's detector at full size, one after another, each kept as it ends."""

import json
import os
import platform
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import jupytext
import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[2]
MEASUREMENTS = ROOT / "lossguide" / "lab" / "measurements"


def training_cells(lab: str, scenes: int) -> dict[str, Any]:
    """Execute a lab's own cells that are tagged "training", with so many scenes; return what they define."""
    os.environ["LOSSGUIDE_SCENES"] = str(scenes)
    names: dict[str, Any] = {}
    for cell in jupytext.read(ROOT / "notebooks" / "detection" / f"{lab}.md").cells:
        if "training" in cell.metadata.get("tags", []):
            exec(cell.source, names)
    return names


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

    def store(self, settings: dict[str, Any], runs: Iterable[dict[str, Any]]) -> None:
        """Write the measurement that ships with the package, for `lossguide.lab.measured`."""
        result = {
            "python": platform.python_version(),
            "torch": torch.__version__.split("+")[0],
            "numpy": np.__version__,
            "settings": settings,
            "runs": list(runs),
        }
        text = json.dumps(result, indent=1)
        (MEASUREMENTS / f"{self.name}.json").write_text(text + "\n")
