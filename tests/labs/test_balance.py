"""Where the losses of chapter 4 want a network to be, against what is known by hand."""

import math
from functools import partial

import pytest
import torch

import lossguide.torch as lt
from lossguide.lab.balance import best_logit, pulls, share_for

FOCAL = partial(lt.sigmoid_focal_loss, alpha=None)


def logit(share):
    return math.log(share / (1 - share))


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9])
def test_cross_entropy_wants_the_share_and_weights_shift_it_by_their_logarithm(share):
    weighted = partial(lt.binary_cross_entropy_loss, pos_weight=100.0)
    assert best_logit(lt.binary_cross_entropy_loss, share) == pytest.approx(
        logit(share), abs=1e-6
    )
    assert best_logit(weighted, share) == pytest.approx(
        logit(share) + math.log(100), abs=1e-6
    )


@pytest.mark.parametrize(
    ("gamma", "share", "said"), [(2, 0.01, 0.154), (1, 0.01, 0.073), (2, 0.001, 0.073)]
)
def test_focal_loss_wants_more_than_a_small_share(gamma, share, said):
    best = best_logit(partial(FOCAL, gamma=gamma), share)
    assert 1 / (1 + math.exp(-best)) == pytest.approx(said, abs=5e-4)


def test_what_it_wants_is_where_the_expected_loss_is_least():
    share, grid = 0.03, torch.linspace(-6, 2, 8001, dtype=torch.float64)
    for loss in (FOCAL, lt.sigmoid_focal_loss, lt.asymmetric_loss):
        ones, zeros = torch.ones_like(grid), torch.zeros_like(grid)
        expected = share * loss(grid, ones, reduction="none")
        expected += (1 - share) * loss(grid, zeros, reduction="none")
        least = grid[expected.argmin()].item()
        assert best_logit(loss, share) == pytest.approx(least, abs=1e-3)


def test_one_is_the_inverse_of_the_other():
    logits = torch.tensor([-4.0, 0.0, 1.5], dtype=torch.float64)
    for share, x in zip(
        share_for(FOCAL, logits).tolist(), logits.tolist(), strict=True
    ):
        assert best_logit(FOCAL, share) == pytest.approx(x, abs=1e-6)


def test_pulls_point_to_the_truth():
    up, down = pulls(FOCAL, torch.tensor([-3.0, 0.0, 3.0]))
    assert (up > 0).all()
    assert (down > 0).all()
    assert torch.allclose(up, down.flip(0))
