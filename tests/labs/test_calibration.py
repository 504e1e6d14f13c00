"""Probabilities that mean what they say, and those that do not."""

import numpy as np
import pytest
from scipy.special import softmax

from lossguide.lab.calibration import calibration_error, reliability, temperature

rng = np.random.default_rng(0)


def drawn(logits):
    """Labels that follow the probabilities of the logits."""
    chances = softmax(logits, axis=-1).cumsum(axis=-1)
    return (rng.uniform(size=(len(logits), 1)) > chances[:, :-1]).sum(axis=-1)


def test_labels_drawn_from_the_probabilities_are_calibrated():
    logits = 2 * rng.normal(size=(100_000, 5))
    assert calibration_error(softmax(logits, axis=-1), drawn(logits)) < 0.01


def test_a_constant_confidence_is_off_by_what_it_says_less_what_it_gets():
    probabilities = np.tile([0.05, 0.9, 0.05], (10, 1))
    labels = [1, 1, 1, 1, 1, 1, 0, 0, 2, 2]
    assert calibration_error(probabilities, labels) == pytest.approx(0.9 - 0.6)


def test_errors_of_opposite_sign_do_not_cancel_between_bins():
    probabilities = [[0.9, 0.1]] * 2 + [[0.6, 0.4]] * 2
    labels = [0, 1, 0, 0]
    assert calibration_error(probabilities, labels) == pytest.approx(0.4)


def test_bins_hold_their_upper_edge_and_empty_ones_are_nan():
    table = reliability([[0.5, 0.5], [1.0, 0.0], [0.4, 0.6]], [0, 0, 0], bins=4)
    assert table.share == pytest.approx([0, 1 / 3, 1 / 3, 1 / 3])
    assert np.isnan(table.confidence[0])
    assert table.accuracy[1:].tolist() == [1, 0, 1]


def test_the_temperature_undoes_a_factor_on_the_logits():
    logits = 2 * rng.normal(size=(20_000, 4))
    labels = drawn(logits)
    found = temperature(logits, labels)
    assert found == pytest.approx(1, abs=0.03)
    assert temperature(3 * logits, labels) == pytest.approx(3 * found, rel=1e-6)


def test_the_temperature_has_the_least_cross_entropy():
    logits, labels = rng.normal(size=(300, 3)), rng.integers(3, size=300)
    logits[np.arange(300), labels] += 1
    rows = np.arange(300)

    def cross_entropy(divisor):
        return -np.log(softmax(logits / divisor, axis=-1)[rows, labels]).mean()

    best = temperature(logits, labels)
    assert cross_entropy(best) < min(
        cross_entropy(0.99 * best), cross_entropy(1.01 * best)
    )


def test_large_logits_do_not_overflow():
    large = temperature([[1e3, 0.0]] * 4, [0, 0, 0, 1])
    assert large == pytest.approx(1e3 / np.log(3), rel=1e-6)
