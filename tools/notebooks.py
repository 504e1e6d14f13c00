"""Bring labs in line with their text, run them and store their outputs.

    python tools/notebooks.py notebooks/detection/iou_family.md ...

The .md half of a lab is the text to edit; this writes the .ipynb half anew. Pictures are stored with a palette of
128 colors, which makes them a third of the size.
"""

import base64
import hashlib
import io
import sys
import time
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from PIL import Image


def light(png: str) -> str:
    """The same picture, given and returned as a notebook keeps it, with a palette."""
    picture = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    stored = io.BytesIO()
    picture.quantize(128, dither=Image.Dither.NONE).save(stored, "PNG", optimize=True)
    return base64.b64encode(stored.getvalue()).decode()


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
    for cell in lab.cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                output.data["image/png"] = light(output.data["image/png"])
    lab.metadata.language_info.pop("version")
    lab.metadata.pop("jupytext")
    nbformat.write(lab, text.with_suffix(".ipynb"))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        start = time.perf_counter()
        run(Path(name))
        print(f"{name}: {time.perf_counter() - start:.0f} s")
