"""The invariances and bounds that the catalog claims, tried on whatever hypothesis thinks of."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from lossguide.catalog import CARDS


def floats(low, high, count=3, width=()):
    return arrays("float64", (count, *width), elements=st.floats(low, high))


numbers = floats(-50, 50)
boxes = st.builds(
    lambda corner, size: np.concatenate([corner, corner + size], axis=-1),
    floats(-50, 50, width=(2,)),
    floats(0.5, 100, width=(2,)),
)
ITEMS = {"numbers": numbers, "boxes": boxes}
COMPARING = [card for card in CARDS if card.inputs in ITEMS]


def cards(holds=lambda card: True):
    chosen = [card for card in COMPARING if holds(card)]
    return pytest.mark.parametrize("card", chosen, ids=lambda card: card.name)


def having(name):
    return cards(lambda card: name in card.properties)


def values(column, card, pred, target):
    options = {"reduction": "none"} if card.is_loss else {}
    return column(card.name, pred, target, **options)


def pairs(data, card):
    return data.draw(ITEMS[card.inputs]), data.draw(ITEMS[card.inputs])


@having("symmetric")
@given(data=st.data())
def test_symmetric(column, card, data):
    pred, target = pairs(data, card)
    assert_allclose(
        values(column, card, pred, target),
        values(column, card, target, pred),
        rtol=1e-9,
        atol=1e-12,
    )


@having("translation invariant")
@given(data=st.data(), shift=st.floats(-100, 100))
def test_translation_invariant(column, card, data, shift):
    pred, target = pairs(data, card)
    assert_allclose(
        values(column, card, pred + shift, target + shift),
        values(column, card, pred, target),
        rtol=1e-9,
        atol=1e-9,
    )


@having("scale invariant")
@given(data=st.data(), factor=st.floats(0.1, 1000))
def test_scale_invariant(column, card, data, factor):
    pred, target = pairs(data, card)
    assert_allclose(
        values(column, card, factor * pred, factor * target),
        values(column, card, pred, target),
        atol=1e-8,
    )


@cards(lambda card: card.is_loss and "scale invariant" not in card.properties)
def test_other_losses_do_depend_on_scale(column, card):
    pred = {"numbers": [3.0], "boxes": [[0.0, 0.0, 2.0, 2.0]]}[card.inputs]
    target = {"numbers": [1.0], "boxes": [[1.0, 0.0, 3.0, 2.0]]}[card.inputs]
    pred, target = np.array(pred), np.array(target)
    before = values(column, card, pred, target)
    assert abs(values(column, card, 10 * pred, 10 * target) - before) > 0.05


@having("zero at target")
@given(data=st.data())
def test_zero_at_target(trainer, card, data):
    target, _ = pairs(data, card)
    assert_allclose(values(trainer, card, target, target), 0, atol=1e-9)
    assert_allclose(trainer.gradient(card.name, target, target), 0, atol=1e-9)


@cards()
@given(data=st.data())
def test_within_bounds(column, card, data):
    low, high = card.bounds
    value = values(column, card, *pairs(data, card))
    assert np.all(value >= low - 1e-12)
    assert np.all(value <= high + 1e-12)
