"""Inputs for any card: whatever hypothesis thinks of, and the edges of what is allowed."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from lossguide.catalog import Card, Input

Array = NDArray[Any]

# How long an axis may be, by its letter; others have 1 to 3 entries.
LENGTHS = {"K": (2, 4), "H": (1, 5), "W": (1, 5)}
# Labels make pairs and triplets only in a batch of some size.
LABELLED = {"N": (1, 6)}
# Arrays with more entries are drawn as noise between two levels.
FEW = 40
# How many edge cases are tried.
MANY = 40

Floats = Callable[[tuple[int, ...], float, float], Array]
Integers = Callable[[tuple[int, ...], int], Array]


def value(
    about: Input,
    shape: tuple[int, ...],
    classes: int,
    size: float,
    floats: Floats,
    integers: Integers,
) -> Any:
    """One argument, made of what ``floats(shape, low, high)`` and ``integers(shape, count)`` give.

    ``size`` bounds real numbers; boxes above size 100 may lack width or height.
    """

    def box_parts(size: float) -> tuple[Array, Array]:
        smallest = 0 if size > 100 else 0.5
        pairs = (*shape[:-1], 2)
        return floats(pairs, -size, size), floats(pairs, smallest, 2 * size)

    match about.values:
        case "real":
            return floats(shape, -size, size)
        case "unit":
            return floats(shape, 0, 1)
        case "positive":
            return floats(shape, 0.1, 10)
        case "class":
            return integers(shape, classes)
        case "label":
            return integers(shape, 3)
        case "binary":
            return integers(shape, 2).astype("float64")
        case "sign":
            return 2.0 * integers(shape, 2) - 1
        case "simplex":
            positive = floats(shape, 0.01, 1)
            return positive / positive.sum(axis=-1, keepdims=True)
        case "box":
            corner, extent = box_parts(size)
            return np.concatenate([corner, single(corner + extent)], axis=-1)
        case "rotated box":
            angle = floats((*shape[:-1], 1), -4, 4)
            return np.concatenate([*box_parts(size), angle], axis=-1)
        case "critic":
            return cube


def single(array: Array) -> Array:
    """The nearest numbers that float32 holds, so that every precision sees the same input."""
    return array.astype("float32").astype("float64")


def cube(images: Any) -> Any:
    """A critic for functions that take one: its scores are the cubes of the pixels."""
    return images**3


def telling(
    shape: tuple[int, ...], low: float, high: float
) -> st.SearchStrategy[Array]:
    """An array of whatever hypothesis thinks of, between two bounds."""
    low, high = float(np.float32(low)), float(np.float32(high))
    numbers = st.floats(low, high, width=32, allow_subnormal=False)
    if np.prod(shape) <= FEW:
        return arrays("float64", shape, elements=numbers, fill=st.nothing())

    def noise(seed: int, *levels: float) -> Array:
        rng = np.random.default_rng(seed)
        return single(rng.uniform(min(levels), max(levels), shape))

    return st.builds(noise, st.integers(0, 999), numbers, numbers)


def whole(shape: tuple[int, ...], count: int) -> st.SearchStrategy[Array]:
    elements = st.integers(0, count - 1)
    return arrays("int64", shape, elements=elements, fill=st.nothing())


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
    labelled = any(about.values == "label" for about in inputs.values())
    known = LENGTHS | LABELLED if labelled else LENGTHS
    return st.fixed_dictionaries(
        {
            letter: st.just(count)
            if letter == "N" and count is not None
            else st.integers(*known.get(letter, (1, 3)))
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


def usual_lengths(count: int) -> Mapping[str, int]:
    """Three for every letter but N."""
    return defaultdict(lambda: 3, N=count, K=3)


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
    size = draw(st.sampled_from([size, 1.0]))

    def floats(shape: tuple[int, ...], low: float, high: float) -> Array:
        return draw(telling(shape, low, high))

    def integers(shape: tuple[int, ...], count: int) -> Array:
        return draw(whole(shape, count))

    sample: dict[str, Any] = {}
    for name, about in inputs.items():
        twins = [
            sample[other]
            for other in sample
            if (inputs[other].shape, inputs[other].values)
            == (about.shape, about.values)
        ]
        if twins and draw(st.integers(0, 2)) == 2:
            sample[name] = draw(st.sampled_from(twins))
        else:
            sample[name] = argument(about, sizes, size, floats, integers)
    return sample


def typical(
    card: Card, options: Mapping[str, Any], count: int = 4, seed: int = 0
) -> dict[str, Any]:
    """An ordinary sample: noise, without ties."""
    rng = np.random.default_rng(seed)
    sizes = usual_lengths(count)

    def floats(shape: tuple[int, ...], low: float, high: float) -> Array:
        return single(rng.uniform(low, high, shape))

    def integers(shape: tuple[int, ...], count: int) -> Array:
        return rng.integers(0, count, shape)

    return {
        name: argument(about, sizes, 3, floats, integers)
        for name, about in array_inputs(card, options).items()
    }


def argument(
    about: Input,
    sizes: Mapping[str, int],
    size: float,
    floats: Floats,
    integers: Integers,
) -> Any:
    """One argument; a mapping if it has layers."""

    def one() -> Any:
        shape = shape_of(about, sizes)
        return value(about, shape, sizes.get("K", 2), size, floats, integers)

    return {layer: one() for layer in about.layers} if about.layers else one()


EDGES: dict[str, tuple[Any, ...]] = {
    "real": (0.0, 1e-3, 40.0, -40.0, 1e4, -1e4),
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
    "critic": (cube,),
    "rotated box": (
        (0, 0, 1, 1, 0),
        (0, 0, 0, 0, 0),
        (0, 0, 1, 0, 0.5),
        (0, 0, 4, 1, np.pi / 2),
        (1e4, 1e4, 1, 1, 0),
        (0, 0, 1e4, 1, 1),
    ),
}


def edge(about: Input, shape: tuple[int, ...], classes: int, value: Any) -> Any:
    if about.values == "critic":
        return value
    if about.values in ("class", "label"):
        return np.full(shape, value % classes)
    if value == "uniform":
        return np.full(shape, 1 / shape[-1])
    if value == "certain":
        return np.broadcast_to(np.eye(shape[-1])[0], shape).copy()
    return np.broadcast_to(np.asarray(value, "float64"), shape).copy()


def edges(card: Card, options: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The combinations of the arguments' edges, or many of them, in a batch of two."""
    inputs = array_inputs(card, options)
    sizes = usual_lengths(2)

    def variants(about: Input) -> list[Any]:
        made = [
            edge(about, shape_of(about, sizes), sizes["K"], value)
            for value in EDGES[about.values]
        ]
        if about.layers:
            return [{layer: array.copy() for layer in about.layers} for array in made]
        return made

    values = [variants(about) for about in inputs.values()]
    choices = list(itertools.product(*(range(len(each)) for each in values)))
    Random(0).shuffle(choices)
    # Equal arguments first: there, most of what breaks breaks.
    choices.sort(key=lambda choice: len(set(choice)) > 1)
    for choice in choices[:MANY]:
        chosen = [each[index] for each, index in zip(values, choice, strict=True)]
        yield dict(zip(inputs, chosen, strict=True))
