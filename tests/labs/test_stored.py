"""What the labs have stored: pictures that show something, in notebooks that are light."""

import base64
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import pytest
from PIL import Image

NOTEBOOKS = sorted(Path(__file__).resolve().parents[2].glob("notebooks/*/*.ipynb"))
LARGEST = 350_000  # bytes, the mean over the labs


def code_cells(notebook):
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def pictures(cell):
    """The pictures that a cell has stored, each as its kind and what is stored."""
    return [
        (kind, "".join(data))
        for output in cell["outputs"]
        for kind, data in output.get("data", {}).items()
        if kind in IS_EMPTY
    ]


def is_empty(picture):
    kind, data = picture
    return IS_EMPTY[kind](data)


def is_empty_png(png):
    """Whether a picture has one color only."""
    picture = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    return all(low == high for low, high in picture.getextrema())


def is_empty_svg(svg):
    """Whether a picture has no line and no filled shape in it."""
    root = ElementTree.fromstring(svg)
    shapes = [shape for name in ("path", "image") for shape in root.iter(SVG + name)]
    return not any(
        shape.tag == SVG + "image"
        or "fill: none" not in style
        or ("stroke:" in style and "stroke: none" not in style)
        for shape in shapes
        if (style := shape.get("style", "fill: none"))
    )


SVG = "{http://www.w3.org/2000/svg}"
IS_EMPTY = {"image/png": is_empty_png, "image/svg+xml": is_empty_svg}


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


def drawing(draw):
    """A stored cell with a figure as SVG."""
    figure, ax = plt.subplots(facecolor="none")
    ax.set_axis_off()
    draw(ax)
    file = io.StringIO()
    figure.savefig(file, format="svg")
    plt.close(figure)
    outputs = [{"data": {"image/svg+xml": file.getvalue().splitlines(True)}}]
    metadata = {"mystnb": {"image": {"alt": "A line."}}}
    return {"source": "plt.show()", "outputs": outputs, "metadata": metadata}


@pytest.mark.parametrize(
    ("cell", "sound"),
    [
        (drawing(lambda ax: ax.plot([0, 1])), True),
        (drawing(lambda ax: ax.fill([0, 1, 1], [0, 0, 1], ec="none")), True),
        (drawing(lambda ax: ax.imshow([[0, 1]])), True),
        (drawing(lambda ax: None), False),
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
