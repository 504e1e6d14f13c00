"""Bring labs in line with their text, run them and store their outputs.

    python tools/notebooks.py notebooks/detection/iou_family.md ...

The .md half of a lab is the text to edit; this writes the .ipynb half anew.
"""

import hashlib
import sys
import time
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient


def run(text: Path) -> None:
    """Execute one lab and write its notebook beside its text."""
    lab = jupytext.read(text)
    for cell in lab.cells:
        # Names that follow from the content keep the notebook's history readable.
        cell.id = hashlib.sha256(cell.source.encode()).hexdigest()[:8]
    NotebookClient(
        lab,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(text.parent)}},
    ).execute()
    lab.metadata.language_info.pop("version")
    lab.metadata.pop("jupytext")
    nbformat.write(lab, text.with_suffix(".ipynb"))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        start = time.perf_counter()
        run(Path(name))
        print(f"{name}: {time.perf_counter() - start:.0f} s")
