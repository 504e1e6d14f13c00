"""The tool that changes defaults changes them everywhere, and puts them back."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from lossguide.catalog import find

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def tool():
    for framework in ("torch", "tensorflow"):
        pytest.importorskip(framework)
    path = ROOT / "tools" / "mutate_defaults.py"
    spec = importlib.util.spec_from_file_location("mutate_defaults", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_default_is_changed_in_every_column_and_on_the_card(tool, column):
    def loss():
        return column("huber_loss", [3.0], [0.0])

    card = find("huber_loss")
    with tool.changed(card, "delta", 2.0):
        assert (loss(), card.defaults["delta"].value) == (4, 2)
    assert (loss(), card.defaults["delta"].value) == (2.5, 1)


@pytest.mark.parametrize(
    ("name", "option", "others"),
    [
        ("huber_loss", "delta", [1.1]),
        ("least_squares_discriminator_loss", "a", [0.1]),
        ("soft_skeleton", "iterations", [4]),
        ("triplet_loss", "distance", ["cosine", "squared"]),
        ("border_weights", "class_weights", [(1.1, 1.0), (1.0, 1.1)]),
        ("gram_matrix", "normalization", ["johnson", "none"]),
        ("content_loss", "weights", []),
    ],
)
def test_what_a_default_is_changed_to(tool, name, option, others):
    card = find(name)
    found = tool.others(card, option, card.defaults[option].value)
    assert len(found) == len(others)
    for one, other in zip(found, others, strict=True):
        assert one == other if isinstance(one, str) else np.allclose(one, other)


def test_a_change_that_a_test_sees_and_one_that_it_does_not(tool, tmp_path):
    path = tmp_path / "test_huber.py"
    path.write_text(
        "from lossguide.numpy import huber_loss\n\n"
        "def test_value():\n    assert huber_loss([3.0], [0.0]) == 2.5\n"
    )
    card = find("huber_loss")
    for value, seen in ((2.0, True), (1.0, False)):
        watch = tool.Watch(card.name)
        with tool.changed(card, "delta", value):
            tool.run([str(path)], watch)
        assert bool(watch.failed) == seen
