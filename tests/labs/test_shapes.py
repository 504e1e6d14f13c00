"""The scenes of the lab on regions."""

import numpy as np
import pytest
import torch
from scipy.ndimage import label

from lossguide.lab.shapes import CLASSES, make_cells, make_shapes


@pytest.mark.parametrize("make", [make_cells, make_shapes])
def test_a_seed_makes_the_same_scenes(make):
    one, again, other = make(4, 0), make(4, 0), make(4, 1)
    assert torch.equal(one.images, again.images)
    assert torch.equal(one.labels, again.labels)
    assert not torch.equal(one.labels, other.labels)


def test_dots_are_rare_and_lines_are_thin():
    labels = make_shapes(200, 0).labels
    share = torch.bincount(labels.flatten(), minlength=len(CLASSES)) / labels.numel()
    assert share[0] > 0.8
    assert 0 < share[2] < 0.01 < share[3] < 0.05 < share[1]


def test_dots_and_lines_are_equally_bright():
    scenes = make_shapes(300, 0, noise=0.0)
    brightest = [scenes.images[:, 0][scenes.labels == k].max() for k in (2, 3)]
    assert brightest[0] == pytest.approx(0.8, abs=0.01)
    assert brightest[1] == pytest.approx(0.8, abs=0.15)


def test_cells_are_two_and_do_not_touch():
    labels = make_cells(100, 0).labels
    assert [label(one > 0)[1] for one in labels.numpy()] == [2] * 100
    apart = [
        np.linalg.norm(
            np.argwhere(one == 1)[:, None] - np.argwhere(one == 2), axis=-1
        ).min()
        for one in labels.numpy()
    ]
    assert 1.4 < min(apart) <= max(apart) < 4
