"""What the labs have stored: pictures that show something, in notebooks that are light."""

import base64
import io
import json
from pathlib import Path

import pytest
from PIL import Image

NOTEBOOKS = sorted(Path(__file__).resolve().parents[2].glob("notebooks/*/*.ipynb"))
LARGEST = 350_000  # bytes, the mean over the labs


def code_cells(notebook):
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def pictures(cell):
    data = (output.get("data", {}) for output in cell["outputs"])
    return [one["image/png"] for one in data if "image/png" in one]


def is_empty(png):
    """Whether a picture has one color only."""
    picture = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    return all(low == high for low, high in picture.getextrema())


def problems(cells):
    """The cells whose picture is missing, shows nothing or has no text for those who cannot see it."""
    found = []
    for cell in cells:
        alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt")
        drawn = pictures(cell)
        draws = bool(alt) or "plt.show()" in "".join(cell["source"])
        if draws != bool(drawn) or any(map(is_empty, drawn)) or bool(alt) != draws:
            found.append("".join(cell["source"])[:200])
    return found


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_every_figure_is_stored_and_described(notebook):
    cells = code_cells(notebook)
    assert sum(len(pictures(cell)) for cell in cells) > 0
    assert problems(cells) == []


def figure(color, alt="A line.", source="plt.show()"):
    """A stored cell with a picture of one or two colors, or without one."""
    outputs = []
    if color:
        picture = Image.new("RGB", (4, 4), "white")
        picture.putpixel((1, 1), color)
        file = io.BytesIO()
        picture.save(file, "PNG")
        png = base64.b64encode(file.getvalue()).decode()
        outputs.append({"data": {"image/png": png}})
    metadata = {"mystnb": {"image": {"alt": alt}}} if alt else {}
    return {"source": source, "outputs": outputs, "metadata": metadata}


@pytest.mark.parametrize(
    ("cell", "sound"),
    [
        (figure((0, 0, 0)), True),
        (figure((255, 255, 255)), False),
        (figure(None), False),
        (figure((0, 0, 0), alt=""), False),
        (figure((0, 0, 0), alt="", source="draw()"), False),
        (figure(None, source="film()"), False),
        (figure(None, alt="", source="print()"), True),
    ],
)
def test_a_picture_that_is_missing_empty_or_undescribed_is_found(cell, sound):
    assert bool(problems([cell])) != sound


def test_labs_are_light():
    sizes = [notebook.stat().st_size for notebook in NOTEBOOKS]
    assert sum(sizes) <= LARGEST * len(sizes)
