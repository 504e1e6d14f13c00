"""Train the detector of its lab for longer, with three seeds, and store what the lab reports of it.

    python -m benchmarks.detector.longer

It executes the lab's own cells that are tagged "longer": about 8 minutes on one core.
"""

import json
import os
import platform
from pathlib import Path

import jupytext
import numpy as np
import torch
from nbclient import NotebookClient

from lossguide.lab.reports import MIME

ROOT = Path(__file__).resolve().parents[2]
LAB = ROOT / "notebooks" / "detection" / "detector.md"
# The lab and its chapter read it by lossguide.lab.measured("detector").
RESULTS = ROOT / "lossguide" / "lab" / "measurements" / "detector.json"
SIZE = {
    "LOSSGUIDE_STEPS": "3000",
    "LOSSGUIDE_SCENES": "8000",
    "LOSSGUIDE_SEEDS": "3",
}


def main() -> None:
    """Execute the tagged cells and write their reports, with the versions that made them."""
    os.environ |= SIZE
    lab = jupytext.read(LAB)
    lab.cells = [
        cell for cell in lab.cells if "longer" in cell.metadata.get("tags", [])
    ]
    NotebookClient(lab, kernel_name="python3").execute()
    results = {
        "python": platform.python_version(),
        "torch": torch.__version__.split("+")[0],
        "numpy": np.__version__,
    }
    for cell in lab.cells:
        for output in cell.get("outputs", []):
            results |= output.get("data", {}).get(MIME, {})
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
