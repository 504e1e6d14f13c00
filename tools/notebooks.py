"""Bring labs in line with their text, run them and store their outputs.

    python tools/notebooks.py notebooks/detection/iou_family.md ...

The .md half of a lab is the text to edit; this writes the .ipynb half anew. Pictures are stored with a palette of
128 colors, which makes them a third of the size, and drawings with coordinates in tenths of a point.
"""

import base64
import hashlib
import io
import re
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


def light_path(path: str) -> str:
    """The same path in tenths of a point, without naming a command again that goes on."""
    kept, last = [], ""
    for word in re.sub(r"([.][0-9])[0-9]+", r"\1", path).replace(".0 ", " ").split():
        if word != last or word not in "LQC":
            kept.append(word)
        last = word if word.isalpha() else last
    return " ".join(kept)


def light_drawing(svg: str) -> str:
    """The same drawing with short paths and names, without the names that nothing refers to."""
    extra = r"<[?].*?[?]>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>"
    svg = re.sub(extra, "", svg, flags=re.DOTALL)
    used = set(re.findall(r"#([\w-]+)", svg))
    svg = re.sub(r' id="(.*?)"', lambda m: m[0] if m[1] in used else "", svg)
    svg = re.sub(r' (d|x|y)="([^"]*)"', lambda m: f' {m[1]}="{light_path(m[2])}"', svg)
    svg = re.sub(r'style="[^"]*"', lambda m: re.sub(r"([:;]) ", r"\1", m[0]), svg)
    svg = svg.replace("DejaVuSans-", "g").replace("xlink:href", "href")
    return re.sub(r">\s+<", "><", re.sub(r"\s*\n\s*", " ", svg))


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
            if "image/svg+xml" in output.get("data", {}):
                drawing = light_drawing(output.data["image/svg+xml"])
                output.data["image/svg+xml"] = drawing
    lab.metadata.language_info.pop("version")
    lab.metadata.pop("jupytext")
    nbformat.write(lab, text.with_suffix(".ipynb"))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        start = time.perf_counter()
        run(Path(name))
        print(f"{name}: {time.perf_counter() - start:.0f} s")
