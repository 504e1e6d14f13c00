"""Run the simulation of the lab on the IoU family at the size of the DIoU paper and store what it reports.

    python -m benchmarks.simulation.diou

It executes the lab's own cells that are tagged "simulation": about 40 minutes on one core.
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
LAB = ROOT / "notebooks" / "detection" / "iou_family.md"
# Labs and chapters read it by lossguide.lab.measured("diou_simulation").
RESULTS = ROOT / "lossguide" / "lab" / "measurements" / "diou_simulation.json"


def main() -> None:
    """Execute the tagged cells and write their reports, with the versions that made them."""
    os.environ |= {"LOSSGUIDE_POINTS": "5000", "LOSSGUIDE_SEEDS": "1"}
    lab = jupytext.read(LAB)
    lab.cells = [
        cell for cell in lab.cells if "simulation" in cell.metadata.get("tags", [])
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
