"""Does a probability mean what it says? Reliability, the calibration error, and the temperature that mends it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax

__all__ = ["Reliability", "calibration_error", "reliability", "temperature"]

Array = NDArray[np.float64]


class Reliability(NamedTuple):
    """Predictions by confidence, a number for each bin; NaN where a bin is empty."""

    confidence: Array  # its mean
    accuracy: Array  # the share that is right
    share: Array  # of all predictions


def reliability(
    probabilities: ArrayLike, labels: ArrayLike, bins: int = 15
) -> Reliability:
    """Sort the predictions ``(N, K)`` by confidence, the probability of the class that they choose.

    The bins are equally wide. Bin i holds the confidences above i / bins, up to (i + 1) / bins.
    """
    probabilities = np.asarray(probabilities, "float64")
    confidence = probabilities.max(axis=-1)
    right = probabilities.argmax(axis=-1) == np.asarray(labels)
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    count = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):
        return Reliability(
            np.bincount(place, confidence, bins) / count,
            np.bincount(place, right, bins) / count,
            count / len(confidence),
        )


def calibration_error(
    probabilities: ArrayLike, labels: ArrayLike, bins: int = 15
) -> float:
    """Expected calibration error (ECE): how far confidence and accuracy lie apart, on average over predictions.

    Example:
        >>> calibration_error([[0.75, 0.25]] * 4, [0, 0, 0, 1])
        0.0
        >>> calibration_error([[0.75, 0.25]] * 4, [0, 0, 0, 0])
        0.25
    """
    confidence, accuracy, share = reliability(probabilities, labels, bins)
    return float(np.nansum(share * np.abs(confidence - accuracy)))


def temperature(logits: ArrayLike, labels: ArrayLike) -> float:
    """The number by which to divide logits ``(N, K)`` so that their cross-entropy is least.

    There the mean logit that the probabilities expect is the mean logit of the labels. It is looked for between
    1/1000 and 1000.

    Example:
        >>> round(temperature([[np.log(9), 0]] * 4, [0, 0, 0, 1]), 4)
        2.0
    """
    logits = np.asarray(logits, "float64")
    aim = np.take_along_axis(logits, np.asarray(labels)[:, None], axis=-1).mean()
    low, high = 1e-3, 1e3  # factors on the logits: the inverse of the temperature
    while high / low > 1 + 1e-9:
        middle = float(np.sqrt(low * high))
        expected = (softmax(middle * logits, axis=-1) * logits).sum(axis=-1).mean()
        low, high = (middle, high) if expected < aim else (low, middle)
    return 1 / float(np.sqrt(low * high))
