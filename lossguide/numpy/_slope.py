"""How a function of this column changes: differences, with its constants held."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lossguide.numpy._arguments import Array

Held = TypeVar("Held", bound=NDArray[Any])

_recorded: list[NDArray[Any]] | None = None
_replayed: Iterator[Any] | None = None


def constant(value: Held) -> Held:
    """What a gradient takes as a constant: ``detach`` in PyTorch, ``stop_gradient`` in TensorFlow.

    While ``differences`` shifts an array, every call gives the value of the unshifted array.
    """
    if _replayed is not None:
        held: Held = next(_replayed)
        return held
    if _recorded is not None:
        _recorded.append(value)
    return value


def differences(
    function: Callable[[Array], float],
    array: Array,
    indices: Iterable[tuple[int, ...]] | None = None,
    step: float = 1e-6,
) -> tuple[Array, Array]:
    """Slopes of a function to the left and to the right of each entry of an array, or of some.

    They are equal where the function is smooth and unequal at a kink. ``step`` is relative to the
    entry where that is above 1.
    """
    global _recorded, _replayed
    outer = _recorded, _replayed
    _recorded, _replayed = [], None
    try:
        center = function(array)
        constants = _recorded
        _recorded = None
        left, right = np.zeros_like(array), np.zeros_like(array)
        for index in np.ndindex(array.shape) if indices is None else indices:
            for slopes, sign in ((left, -1), (right, 1)):
                shifted = array.copy()
                shifted[index] += sign * step * max(1, abs(array[index]))
                _replayed = iter(constants)
                change = function(shifted) - center
                slopes[index] = change / (shifted[index] - array[index])
        return left, right
    finally:
        _recorded, _replayed = outer
