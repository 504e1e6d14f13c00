"""What measurements share that execute a lab's own cells."""

import json
import os
import platform
from pathlib import Path
from typing import Any

import jupytext
import numpy as np
import torch
from nbclient import NotebookClient
from nbformat import NotebookNode

from lossguide.lab.reports import MIME

ROOT = Path(__file__).resolve().parents[1]
# Labs and chapters read them by lossguide.lab.measured.
MEASUREMENTS = ROOT / "lossguide" / "lab" / "measurements"


def tagged_cells(lab: str, tag: str) -> NotebookNode:
    """A lab with nothing but the cells of a tag."""
    (file,) = (ROOT / "notebooks").glob(f"*/{lab}.md")
    found = jupytext.read(file)
    found.cells = [c for c in found.cells if tag in c.metadata.get("tags", [])]
    return found


def names_of(lab: str, tag: str, size: dict[str, str]) -> dict[str, Any]:
    """Execute the cells of a tag here, at a size, which the environment gives them; return what they define."""
    os.environ |= size
    names: dict[str, Any] = {}
    for cell in tagged_cells(lab, tag).cells:
        exec(cell.source, names)
    return names


def reports_of(lab: str, tag: str, size: dict[str, str]) -> dict[str, Any]:
    """Execute the cells of a tag at a size, which the environment gives them, and return what they report."""
    os.environ |= size
    cells = tagged_cells(lab, tag)
    NotebookClient(cells, kernel_name="python3").execute()
    reports: dict[str, Any] = {}
    for cell in cells.cells:
        for output in cell.get("outputs", []):
            reports |= output.get("data", {}).get(MIME, {})
    return reports


def store(name: str, results: dict[str, Any]) -> None:
    """Write a measurement, with the versions that made it, where it ships with the package."""
    versions = {
        "python": platform.python_version(),
        "torch": torch.__version__.split("+")[0],
        "numpy": np.__version__,
    }
    text = json.dumps(versions | results, indent=1, ensure_ascii=False)
    (MEASUREMENTS / f"{name}.json").write_text(text + "\n")
