"""The docstrings of the columns stand in the source, as the catalog's cards say."""

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from lossguide.catalog import Card, find

ROOT = Path(__file__).resolve().parents[2]


def tool():
    path = ROOT / "tools" / "docstrings.py"
    spec = importlib.util.spec_from_file_location("docstrings", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


docstrings = tool()


@pytest.mark.parametrize(
    ("path", "column"),
    list(docstrings.modules()),
    ids=lambda value: getattr(value, "stem", value),
)
def test_source_is_as_the_cards_say(path, column):
    source = path.read_text()
    assert docstrings.rewritten(source, column) == source, (
        "run tools/docstrings.py --write"
    )


def test_a_changed_docstring_is_seen_and_mended():
    path = ROOT / "lossguide" / "torch" / "boxes.py"
    right = path.read_text()
    wrong = right.replace(find("ciou_loss").summary, "Another loss.")
    assert wrong != right
    assert docstrings.rewritten(wrong, "torch") == right


def test_an_example_alone_becomes_a_docstring():
    source = 'def nms(boxes, scores):\n    """>>> nms(1)"""\n    return boxes\n'
    written = ast.parse(docstrings.rewritten(source, "torch")).body[0]
    text = ast.get_docstring(written)
    assert text.startswith(find("nms").summary)
    assert text.endswith("Example:\n    >>> nms(1)")


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ({}, r"the card of my_loss does not describe \['width'\]"),
        (
            {"arguments": {"width": "a width."}, "papers": ("nobody1900",)},
            r"the card of my_loss names \['nobody1900'\]: add to PAPERS",
        ),
    ],
)
def test_a_gap_in_the_catalog_is_named(card, message):
    card = Card(
        family="toys", name="my_loss", summary="", returns="", inputs={}, **card
    )
    with pytest.raises(LookupError, match=message):
        docstrings.docstring(card, "torch", ["pred", "width"], ">>> 1")


def test_a_function_without_an_example_is_named():
    with pytest.raises(LookupError, match="nms lacks an example"):
        docstrings.rewritten('def nms():\n    """Nothing."""\n', "torch")


def test_an_editor_sees_formula_shapes_and_paper():
    jedi = pytest.importorskip("jedi")
    code = "import lossguide.torch as lt\nlt.ciou_loss"
    project = jedi.Project(ROOT, added_sys_path=[str(ROOT)])
    (name,) = jedi.Script(code, project=project).help(2, 8)
    text = name.docstring()
    assert "ciou_loss(pred: Tensor, target: Tensor, *, reduction: Reduction" in text
    assert r"\mathrm{CIoU} = \mathrm{DIoU} - \alpha v" in text
    assert "``(..., 4)`` as ``x1, y1, x2, y2``" in text
    assert "Zheng et al." in text


@pytest.mark.parametrize("column", ["numpy", "torch", "tensorflow"])
def test_a_column_does_not_import_the_catalog(column):
    pytest.importorskip(column)
    code = f"import sys, lossguide.{column}; print('lossguide.catalog' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
