"""Striped shapes, and the linear map that reads their kinds."""

import numpy as np
import pytest

from lossguide.lab.stimuli import SHAPES, make_objects, read_out


def test_objects_have_their_color():
    images, kinds = make_objects(40, seed=1)
    channels = images.numpy().astype(float).sum((2, 3)).T
    for strongest in range(3):  # red, green, blue
        here = kinds["color"] == strongest
        assert here.any()
        assert (channels[:, here].argmax(0) == strongest).all()


def test_kinds_are_independent_and_all_there():
    _, kinds = make_objects(2_000, seed=2, side=8)
    for kind in kinds.values():
        assert np.bincount(kind, minlength=len(SHAPES)) == pytest.approx(500, abs=80)
    together = np.bincount(4 * kinds["color"] + kinds["shape"], minlength=16)
    assert together == pytest.approx(125, abs=45)


def test_a_linear_map_reads_what_is_linear_and_nothing_else():
    rng = np.random.default_rng(0)
    kinds = rng.integers(0, 3, 300)
    clear = np.eye(3)[kinds] + 0.1 * rng.normal(size=(300, 3))
    assert (read_out(clear[:200], kinds[:200], clear[200:]) == kinds[200:]).all()
    noise = rng.normal(size=(300, 3))
    right = (read_out(noise[:200], kinds[:200], noise[200:]) == kinds[200:]).mean()
    assert right < 0.55
