"""Inputs for any card: whatever hypothesis thinks of, and the edges of what is allowed."""

import itertools
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

import numpy as np
from hypothesis import Phase, find, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from lossguide.catalog import Card, Input

Array = NDArray[Any]

# How long an axis may be, by its letter; others have 1 to 3 entries.
LENGTHS = {"K": (2, 4), "H": (1, 5), "W": (1, 5)}
# Arrays with more entries are drawn as noise between two levels.
FEW = 40


def numbers(low: float, high: float) -> st.SearchStrategy[float]:
    """Numbers that float32 holds exactly, so that every precision sees the same input."""
    low, high = float(np.float32(low)), float(np.float32(high))
    return st.floats(low, high, width=32, allow_subnormal=False)


def entries(
    shape: tuple[int, ...], low: float, high: float
) -> st.SearchStrategy[Array]:
    """An array of numbers between two bounds."""
    if np.prod(shape) <= FEW:
        elements = numbers(low, high)
        return arrays("float64", shape, elements=elements, fill=st.nothing())
    levels = st.tuples(numbers(low, high), numbers(low, high))
    return st.builds(noise, st.just(shape), levels, st.integers(0, 999))


def noise(shape: tuple[int, ...], levels: tuple[float, float], seed: int) -> Array:
    drawn = np.random.default_rng(seed).uniform(min(levels), max(levels), shape)
    return drawn.astype("float32").astype("float64")


def whole(shape: tuple[int, ...], count: int) -> st.SearchStrategy[Array]:
    return arrays("int64", shape, elements=st.integers(0, count - 1), fill=st.nothing())


def values(
    about: Input, shape: tuple[int, ...], classes: int, size: float
) -> st.SearchStrategy[Any]:
    """One argument. ``size`` bounds real numbers; boxes above size 100 may lack width or height."""
    if about.values == "real":
        return entries(shape, -size, size)
    if about.values == "unit":
        return entries(shape, 0, 1)
    if about.values == "positive":
        return entries(shape, 0.1, min(size, 10))
    if about.values == "class":
        return whole(shape, classes)
    if about.values == "label":
        return whole(shape, 3)
    if about.values == "binary":
        return whole(shape, 2).map(lambda x: x.astype("float64"))
    if about.values == "sign":
        return whole(shape, 2).map(lambda x: 2.0 * x - 1)
    if about.values == "simplex":
        positive = entries(shape, 0.01, 1)
        return positive.map(lambda x: x / x.sum(axis=-1, keepdims=True))
    corner = entries((*shape[:-1], 2), -size, size)
    extent = entries((*shape[:-1], 2), 0 if size > 100 else 0.5, 2 * size)
    if about.values == "box":
        return st.builds(box, corner, extent)
    angle = entries((*shape[:-1], 1), -4, 4)
    return st.builds(lambda *parts: np.concatenate(parts, -1), corner, extent, angle)


def box(corner: Array, extent: Array) -> Array:
    ends = (corner + extent).astype("float32").astype("float64")
    return np.concatenate([corner, ends], axis=-1)


def lengths(
    inputs: Mapping[str, Input], count: int | None
) -> st.SearchStrategy[dict[str, int]]:
    """A length for each letter; ``count`` fixes N."""
    letters = sorted(
        {
            axis
            for about in inputs.values()
            for axis in about.shape.split()
            if not axis.isdigit()
        }
    )
    return st.fixed_dictionaries(
        {
            letter: st.just(count)
            if letter == "N" and count is not None
            else st.integers(*LENGTHS.get(letter, (1, 3)))
            for letter in letters
        }
    )


def shape_of(about: Input, sizes: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(
        int(axis) if axis.isdigit() else sizes[axis] for axis in about.shape.split()
    )


def array_inputs(card: Card, options: Mapping[str, Any]) -> dict[str, Input]:
    """The inputs of a card and the options that are arrays."""
    drawn = {name: about for name, about in options.items() if isinstance(about, Input)}
    return {**card.inputs, **drawn}


def plain_options(options: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value for name, value in options.items() if not isinstance(value, Input)
    }


@st.composite
def samples(
    draw: st.DrawFn,
    card: Card,
    options: Mapping[str, Any],
    size: float = 10,
    count: int | None = None,
) -> dict[str, Any]:
    """Arguments for a card, by name. An argument may repeat an earlier one of its kind."""
    inputs = array_inputs(card, options)
    sizes = draw(lengths(inputs, count))
    sample: dict[str, Any] = {}
    for name, about in inputs.items():
        twins = [
            sample[other]
            for other in sample
            if (inputs[other].shape, inputs[other].values)
            == (about.shape, about.values)
        ]
        strategy = values(about, shape_of(about, sizes), sizes.get("K", 2), size)
        if about.layers:
            strategy = st.fixed_dictionaries(dict.fromkeys(about.layers, strategy))
        choices = [strategy, strategy, *(st.just(twin) for twin in twins)]
        sample[name] = draw(st.one_of(*choices))
    return sample


REAL_EDGES = (0.0, 1e-3, 40.0, -40.0, 1e4, -1e4)
EDGES: dict[str, tuple[Any, ...]] = {
    "real": REAL_EDGES,
    "unit": (0.0, 1.0, 0.5),
    "positive": (0.1, 1.0),
    "binary": (0.0, 1.0),
    "sign": (-1.0, 1.0),
    "class": (0, -1),
    "label": (0,),
    "simplex": ("uniform", "certain"),
    "box": (
        (0, 0, 1, 1),
        (0, 0, 0, 0),
        (0, 0, 1, 0),
        (1, 0, 2, 1),
        (0.25, 0.25, 0.75, 0.75),
        (1e4, 1e4, 1e4 + 1, 1e4 + 1),
        (-1e4, -1e4, 1e4, 1e4),
    ),
    "rotated box": (
        (0, 0, 1, 1, 0),
        (0, 0, 0, 0, 0),
        (0, 0, 1, 0, 0.5),
        (0, 0, 4, 1, np.pi / 2),
        (1e4, 1e4, 1, 1, 0),
        (0, 0, 1e4, 1, 1),
    ),
}


def edge(about: Input, shape: tuple[int, ...], classes: int, value: Any) -> Array:
    if about.values in ("class", "label"):
        return np.full(shape, value % classes)
    if value == "uniform":
        return np.full(shape, 1 / shape[-1])
    if value == "certain":
        return np.broadcast_to(np.eye(shape[-1])[0], shape).copy()
    return np.broadcast_to(np.asarray(value, "float64"), shape).copy()


def edges(card: Card, options: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every combination of the edges of the arguments, in a batch of two."""
    inputs = array_inputs(card, options)
    sizes = {"N": 2, "K": 3}

    def variants(about: Input) -> list[Any]:
        letters = (axis for axis in about.shape.split() if not axis.isdigit())
        known = {letter: sizes.get(letter, 3) for letter in letters}
        made = [
            edge(about, shape_of(about, known), sizes["K"], value)
            for value in EDGES[about.values]
        ]
        if about.layers:
            return [{layer: array.copy() for layer in about.layers} for array in made]
        return made

    for choice in itertools.product(*map(variants, inputs.values())):
        yield dict(zip(inputs, choice, strict=True))


def typical(card: Card, options: Mapping[str, Any]) -> dict[str, Any]:
    """One ordinary sample."""
    return find(
        samples(card, options, count=2),
        lambda sample: True,
        settings=settings(database=None, phases=[Phase.generate]),
        random=Random(0),
    )
