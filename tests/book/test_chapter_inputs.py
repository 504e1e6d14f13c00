"""What the execution of a chapter is taken to depend on."""

import shutil
from pathlib import Path

import pytest

import chapter_inputs
from chapter_inputs import Inputs, code_of

ROOT = Path(__file__).resolve().parents[2]
BOXES = ROOT / "book" / "detection" / "iou_family.md"


def inputs(code, root=ROOT, folder=ROOT / "book"):
    return Inputs(root, code, folder)


def files(code):
    return {file.relative_to(ROOT).as_posix() for file in inputs(code).files}


def test_code_is_that_of_the_cells_without_their_options():
    chapter = """
```{code-cell} ipython3
---
tags: [hide-input]
---
one = 1
```

```python
not_executed = 0
```

```{code-cell} ipython3
:tags: [remove-cell]

two = 2
```
"""
    assert code_of(chapter).split("\n") == ["one = 1", "", "", "two = 2", ""]


def test_family_is_followed_where_one_of_its_names_is_used():
    found = files("import lossguide.torch as lt\nlt.giou_loss(a, b)")
    assert found == {
        "lossguide/__init__.py",
        "lossguide/_arguments.py",
        "lossguide/torch/__init__.py",
        "lossguide/torch/_arguments.py",
        "lossguide/torch/boxes.py",
    }


@pytest.mark.parametrize(
    "code",
    [
        "from lossguide.torch import gan",
        "from lossguide.torch.gan import clip_weights",
        "from lossguide.torch import *\nclip_weights(net)",
        "import lossguide.torch as lt\nfor n in ['R1']: getattr(lt, f'{n.lower()}_loss')",
    ],
)
def test_family_is_found_however_it_is_named(code):
    assert "lossguide/torch/gan.py" in files(code)


def test_kit_runs_on_every_family():
    found = files("import lossguide\nlossguide.check(mine, like='boxes.iou_loss')")
    assert {"lossguide/conformance/checks.py", "lossguide/torch/gan.py"} <= found
    assert "lossguide/conformance/checks.py" not in files("import lossguide")


def test_stored_results_and_weights_are_inputs():
    code = "from lossguide.lab import measured, stored\n"
    code += "stored('detection/iou_family'), measured('diou_simulation')"
    assert {
        "notebooks/detection/iou_family.ipynb",
        "lossguide/lab/measurements/diou_simulation.json",
    } <= files(code)
    code = "import lossguide.features.torch as features"
    assert "lossguide/features/embedded.npz" in files(code)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    root = tmp_path_factory.mktemp("copy")
    for part in ("lossguide", "notebooks"):
        shutil.copytree(ROOT / part, root / part)
    return root


@pytest.mark.parametrize(
    ("edited", "again"),
    [
        ("lossguide/torch/gan.py", False),
        ("lossguide/tensorflow/boxes.py", False),
        ("lossguide/conformance/checks.py", False),
        ("lossguide/features/embedded.npz", False),
        ("notebooks/foundations/regression_outliers.ipynb", False),
        ("lossguide/torch/boxes.py", True),
        ("lossguide/torch/_arguments.py", True),
        ("lossguide/numpy/boxes.py", True),
        ("lossguide/lab/plots.py", True),
        ("notebooks/detection/iou_family.ipynb", True),
    ],
)
def test_boxes_chapter_is_executed_again_only_for_what_it_runs_on(copy, edited, again):
    # An exercise asks for the kit, which runs on every family.
    chapter, _, _ = BOXES.read_text().partition("## Exercises")
    code = code_of(chapter)
    before = inputs(code, copy).digest()
    with (copy / edited).open("a") as file:
        file.write("\n# edited\n")
    assert (inputs(code, copy).digest() != before) == again


def test_digest_follows_the_installed_versions(monkeypatch):
    code = "import torch\nimport lossguide.numpy as ln\nln.iou(a, b)"
    before = inputs(code).digest()
    for package, again in {"torch": True, "numpy": True, "kornia": False}.items():
        with monkeypatch.context() as patch:
            patch.setattr(
                chapter_inputs,
                "version",
                lambda one, package=package: "0.0" if one == package else "1.0",
            )
            changed = inputs(code).digest()
            patch.setattr(chapter_inputs, "version", lambda one: "1.0")
            assert (changed != inputs(code).digest()) == again
    assert inputs(code).digest() == before
