"""Membranes with gaps, and how well masks are connected."""

import numpy as np
import pytest
import torch

from lossguide.lab.connectivity import (
    betti,
    betti_errors,
    broken_ways,
    connectivity_errors,
    drop_small,
)
from lossguide.lab.curves import break_and_thicken, draw_line, make_membranes


def ring(size=24, low=5, high=18):
    mask = np.zeros((size, size), dtype=bool)
    mask[low:high, low:high] = True
    mask[low + 3 : high - 3, low + 3 : high - 3] = False
    return mask


def generator():
    return np.random.default_rng(0)


def test_membranes_are_the_same_for_a_seed():
    first, again, other = (make_membranes(3, seed) for seed in (0, 0, 1))
    assert torch.equal(first.images, again.images)
    assert not torch.equal(first.masks, other.masks)
    assert first.images.shape == (3, 1, 64, 64)
    assert first.masks.shape == (3, 64, 64)
    assert len(first[:2]) == 2


def test_gaps_are_in_the_image_alone():
    plain = {"strokes": 0, "noise": 0.0}
    whole = make_membranes(4, gaps=0, **plain)
    broken = make_membranes(4, gaps=8, **plain)
    assert torch.equal(whole.masks[:1], broken.masks[:1])
    assert broken.images[0].sum() < whole.images[0].sum()
    bright = whole.images[:, 0] > 0.5
    assert (bright == whole.masks.bool()).float().mean() > 0.97


def test_walls_are_whole_and_have_cells():
    for mask in make_membranes(8, width=2.2).masks.bool().numpy():
        numbers = betti(mask)
        assert numbers.components <= 5
        assert numbers.holes >= 1
        assert 0.1 < mask.mean() < 0.4


def test_a_line_has_its_width():
    line = draw_line(9, np.array([4.0, 1]), np.array([4.0, 7]), width=3)
    assert line[:, 4].tolist() == [0, 0, 0, 1, 1, 1, 0, 0, 0]


@pytest.mark.parametrize(
    ("cut", "holes", "components"), [(0, 1, 1), (1, 0, 1), (2, 0, 2)]
)
def test_betti_numbers_of_a_ring_with_cuts(cut, holes, components):
    mask = ring()
    if cut:
        mask[10:12, :10] = False
    if cut > 1:
        mask[10:12, 10:] = False
    assert (betti(mask).components, betti(mask).holes) == (components, holes)
    assert betti_errors(mask, ring()) == (components - 1, 1 - holes)


def test_a_hole_does_not_leak_through_a_corner():
    mask = np.ones((3, 3), dtype=bool)
    mask[1, 1] = mask[0, 0] = False
    assert betti(mask).holes == 1


def test_small_components_are_dropped():
    mask = ring()
    mask[0, :3] = True
    assert betti(mask).components == 2
    assert (drop_small(mask, 4) == ring()).all()
    assert (drop_small(mask, 3) == mask).all()


def test_ways_are_broken_by_a_cut_and_not_by_width():
    true = ring(48, 8, 40)
    cut = true.copy()
    cut[22:26, :20] = False
    thick = true | np.roll(true, 1, 0)
    assert broken_ways(true, true, generator()) == 0
    assert broken_ways(thick, true, generator()) == 0
    assert 0 < broken_ways(cut, true, generator()) < 1
    assert broken_ways(np.zeros_like(true), true, generator()) == 1
    assert broken_ways(true, np.zeros_like(true), generator()) == 0


def test_errors_are_means_over_masks():
    true = np.stack([ring(), ring()])
    pred = true.copy()
    pred[1, 10:12, :10] = False
    pred[1, 0, :3] = True
    errors = connectivity_errors(pred, true)
    assert errors["components"] == 0.5
    assert errors["holes"] == 0.5
    assert 0.9 < errors["IoU"] < 1
    assert connectivity_errors(pred, true, drop=4)["components"] == 0
    assert connectivity_errors(true, true) == {
        "components": 0,
        "holes": 0,
        "broken ways": 0,
        "IoU": 1,
    }


@pytest.mark.parametrize("width", [1.0, 3.0])
def test_gap_and_thickenings_differ_in_as_many_pixels(width):
    (mask,) = make_membranes(1, 3, width=width).masks.bool().numpy()
    edited = break_and_thicken(mask, generator())
    assert len({(one != mask).sum() for one in edited.values()}) == 1
    assert betti(edited["gap"]) != betti(mask)
    assert betti(edited["bump"]) == betti(edited["specks"]) == betti(mask)
    assert (edited["gap"] <= mask).all()
    assert (edited["specks"] >= mask).all()


def test_no_gap_where_the_topology_differs_from_what_a_gap_makes():
    bar = np.zeros((40, 40), dtype=bool)
    bar[4:36, 10:30] = True
    assert break_and_thicken(bar, generator(), tries=0) is None
    edited = break_and_thicken(bar, generator())
    assert edited is not None
    assert betti(edited["gap"]).holes == 1
