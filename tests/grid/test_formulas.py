"""The NumPy column, which is the definition, is itself held to formulas written apart from it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import formulas
from lossguide.catalog import CARDS, losses
from lossguide.conformance.frameworks import leaves
from lossguide.conformance.samples import plain_options, typical

# A difference of the critic's scores, and suppression: test_gan.py and test_boxes.py know these.
ELSEWHERE = {"input_gradient", "nms", "diou_nms", "iou_guided_nms", "soft_nms"}
# Other layouts of one box.
ELSEWHERE |= {"box_convert"}
CASES = [
    (card, options)
    for card in CARDS
    if card.name not in ELSEWHERE
    for options in card.options
]
# Means that are over less than everything: over weights, over what counts, over what is not ignored.
WEIGHTED = {
    "cross_entropy_loss",
    "soft_cross_entropy_loss",
    "batch_triplet_loss",
    "supervised_contrastive_loss",
}


def label(value):
    if isinstance(value, dict):
        return ",".join(value) or "defaults"
    return getattr(value, "name", None)


def test_every_function_has_its_formula():
    known = {card.name for card in CARDS}
    assert {name for name in vars(formulas) if name in known} == known - ELSEWHERE


@pytest.mark.parametrize(("card", "options"), CASES, ids=label)
@pytest.mark.parametrize("count", [1, 3, 6])
def test_the_definition_is_the_formula(definition, card, options, count):
    sample, plain = typical(card, options, count, seed=count), plain_options(options)
    whole = {"reduction": "none"} if card.is_loss else {}
    value = definition.subject(card.name)(sample, **plain, **whole)
    arrays = [sample.pop(name) for name in card.inputs]
    expected = getattr(formulas, card.name)(*arrays, **sample, **plain)
    for one, other in zip(leaves(value), leaves(expected), strict=True):
        assert np.shape(one) == np.shape(other)
        assert_allclose(one, other, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("card", losses(), ids=label)
def test_a_loss_is_a_mean_unless_asked(definition, card):
    """What is left out is the mean."""
    options = plain_options(card.options[0])
    sample = typical(card, card.options[0])
    subject = definition.subject(card.name)
    each = subject(sample, **options, reduction="none")
    assert_allclose(subject(sample, **options, reduction="sum"), np.sum(each))
    if card.name not in WEIGHTED:
        assert_allclose(subject(sample, **options), np.mean(each))
