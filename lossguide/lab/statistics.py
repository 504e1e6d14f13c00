"""Numbers rounded so that every machine reports the same."""

import math

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["digits", "spread"]


def digits(value: float, n: int = 2) -> float:
    """Round to n significant digits.

    Example:
        >>> digits(0.123456)
        0.12
        >>> digits(1_715_000, 3)
        1720000.0
    """
    return float(f"{value:.{n}g}")


def spread(values: ArrayLike, n: int = 2) -> str:
    """Mean and standard deviation over the seeds, as text without a line break.

    The mean has n significant digits, the deviation one; it counts as 0 where only rounding is left of it.

    Example:
        >>> spread([0.34, 0.40, 0.46]).split()
        ['0.40', '±', '0.05']
    """
    array = np.asarray(values, "float64")
    mean, deviation = float(array.mean()), float(array.std())
    if deviation < 1e-4 * abs(mean):
        deviation = 0.0
    return f"{_plain(mean, n)}\u00a0±\u00a0{_plain(deviation, 1)}"


def _plain(value: float, n: int) -> str:
    """A number with n significant digits, zeros at the end among them."""
    rounded = digits(value, n)
    magnitude = math.floor(math.log10(abs(rounded))) if rounded else 0
    return f"{rounded:.{max(n - 1 - magnitude, 0)}f}"
