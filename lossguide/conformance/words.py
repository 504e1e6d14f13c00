"""How inputs and results are shown, to be read and to be pasted."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossguide.catalog import Input
from lossguide.conformance.frameworks import leaves

# Arrays with more entries are described, not shown.
SHOWN = 24


def show(value: Any) -> str:
    """A value for a reader, on one line if it is small."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {show(part)}" for name, part in value.items())
    if isinstance(value, tuple):
        return f"({', '.join(map(show, value))})"
    if isinstance(value, Input):
        return f"({', '.join(value.axes)}) of kind {value.values}"
    if isinstance(value, str):
        return repr(value)
    if callable(value):
        return str(value.__name__)
    array = np.asarray(value)
    if array.size > SHOWN:
        return described(array)
    return np.array2string(array, precision=7, separator=", ")


def described(array: NDArray[Any]) -> str:
    """The shape and the range of a large array."""
    shape = " x ".join(map(str, array.shape))
    if array.dtype.kind == "b":
        return f"{shape} booleans, {array.sum()} of them true"
    if array.dtype.kind in "iu":
        return f"{shape} whole numbers from {array.min()} to {array.max()}"
    low, high = array.min(), array.max()
    if low == high:
        return f"{shape} times {low:.7g}"
    return f"{shape} numbers from {low:.7g} to {high:.7g}"


def code(sample: Mapping[str, Any]) -> str:
    """The inputs as Python code that makes them again."""
    return "\n".join(f"{name} = {literal(value)}" for name, value in sample.items())


def literal(value: Any) -> str:
    if isinstance(value, Mapping):
        parts = ", ".join(f"{name!r}: {literal(part)}" for name, part in value.items())
        return f"{{{parts}}}"
    if callable(value):
        return f"lambda images: images**3  # {value.__name__}"
    array = np.asarray(value)
    if array.ndim == 0 and np.isfinite(array):
        return repr(array.item())
    if array.size > 1 and np.all(array == array.flat[0]):
        return f"np.full({array.shape}, {literal(array.flat[0])})"
    if 0 in array.shape:
        return f"np.zeros({array.shape})"
    entries = re.sub(r"\b(nan|inf)\b", r"np.\1", repr(array.tolist()))
    return f"np.array({entries})"


def complexity(sample: Mapping[str, Any]) -> tuple[int, int, float]:
    """How hard a sample is to read: fewer, rounder and smaller numbers come first."""
    arrays = [leaf for leaf in leaves(sample) if not callable(leaf)]
    entries = np.concatenate([np.zeros(0), *map(np.ravel, arrays)])
    digits = sum(len(f"{entry:g}") for entry in entries[:200])
    return len(entries), digits, float(np.abs(entries).sum())
