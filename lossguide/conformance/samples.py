"""Inputs for any card: noise, odd numbers, and whatever hypothesis thinks of."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from lossguide.catalog import Card, Input
from lossguide.conformance.frameworks import array_options, each

Array = NDArray[Any]

Options = Mapping[str, Any]
Choice = TypeVar("Choice")

# How long an axis may be, by its letter; others have 1 to 3 entries.
LENGTHS = {"K": (2, 4), "H": (1, 5), "W": (1, 5)}
# Labels make pairs and triplets only in a batch of some size.
LABELLED = {"N": (1, 6)}
# Noise comes in larger batches, too, every second time in crowds.
NOISY = {"N": (1, 12)}
# How long they are once: more than any that a function may have been written for.
LONG = {"N": 110, "M": 110, "K": 20, "D": 40}
CROWDED = 0.1
# Arrays with more entries are drawn as noise between two levels.
FEW = 40
# Which entries of a rotated box moving and scaling change.
MOVES = {"rotated box": np.array([1.0, 1, 0, 0, 0])}
SCALES = {"rotated box": np.array([1.0, 1, 1, 1, 0])}


class Sample(dict[str, Any]):
    """Arguments by name. It equals only itself, so that what was found for it can be remembered."""

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


class Source(Protocol):
    """Where the numbers of a sample come from."""

    lengths: Mapping[str, tuple[int, int]]

    def floats(self, shape: tuple[int, ...], low: float, high: float) -> Array: ...

    def integers(self, shape: tuple[int, ...], count: int) -> Array: ...

    def one_of(self, choices: Sequence[Choice]) -> Choice: ...


class Noise:
    """Uniform noise; if ``crowded``, every second array is noise around two of its rows."""

    lengths: Mapping[str, tuple[int, int]] = NOISY

    def __init__(self, seed: int, crowded: bool = False) -> None:
        self.rng = np.random.default_rng(seed)
        self.crowded = crowded

    def floats(self, shape: tuple[int, ...], low: float, high: float) -> Array:
        noise = self.rng.uniform(low, high, shape)
        if self.crowded and shape and self.rng.integers(2):
            centers = noise[self.rng.integers(0, min(2, len(noise) or 1), len(noise))]
            noise = centers + CROWDED * (noise - centers)
        return single(noise)

    def integers(self, shape: tuple[int, ...], count: int) -> Array:
        return self.rng.integers(0, count, shape)

    def one_of(self, choices: Sequence[Choice]) -> Choice:
        return choices[int(self.rng.integers(len(choices)))]


class Odd(Noise):
    """Simple and extreme numbers: in every array a share of its own is 0, 1, a half or a bound."""

    lengths: Mapping[str, tuple[int, int]] = {}

    def floats(self, shape: tuple[int, ...], low: float, high: float) -> Array:
        special = np.clip([0, 0, 1, -1, 0.5, low, high], low, high)
        noise = self.rng.uniform(low, high, shape)
        if self.rng.integers(2):
            noise = np.clip(np.rint(noise), low, high)
        share = self.one_of([0.1, 0.5, 0.9])
        odd = self.rng.choice(special, shape)
        return single(np.where(self.rng.random(shape) < share, odd, noise))


class Thought:
    """Whatever hypothesis thinks of."""

    lengths: Mapping[str, tuple[int, int]] = {}

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw

    def floats(self, shape: tuple[int, ...], low: float, high: float) -> Array:
        return self.draw(telling(shape, low, high))

    def integers(self, shape: tuple[int, ...], count: int) -> Array:
        elements = st.integers(0, count - 1)
        whole = arrays("int64", shape, elements=elements, fill=st.nothing())
        return self.draw(whole)

    def one_of(self, choices: Sequence[Choice]) -> Choice:
        return self.draw(st.sampled_from(choices))


def value(
    about: Input,
    shape: tuple[int, ...],
    classes: int,
    size: float,
    extent: float,
    source: Source,
) -> Any:
    """One argument, made of what a source gives.

    ``size`` bounds real numbers, twice the ``extent`` the sides of boxes. These may be 0 where
    ``size`` is above 100.
    """
    floats, integers = source.floats, source.integers

    def box_parts() -> tuple[Array, Array]:
        pairs, smallest = (*shape[:-1], 2), 0 if size > 100 else 0.5
        return floats(pairs, -size, size), floats(pairs, smallest, 2 * extent)

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
        case "mask":
            return integers(shape, 2).astype(bool)
        case "sign":
            return 2.0 * integers(shape, 2) - 1
        case "simplex":
            positive = floats(shape, 0.01, 1)
            return positive / positive.sum(axis=-1, keepdims=True)
        case "box":
            corner, sides = box_parts()
            return np.concatenate([corner, single(corner + sides)], axis=-1)
        case "rotated box":
            angle = floats((*shape[:-1], 1), -4, 4)
            return np.concatenate([*box_parts(), angle], axis=-1)
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


# --- What a card and its options ask for --------------------------------------------------


def array_inputs(card: Card, options: Options) -> dict[str, Input]:
    """The arrays of a sample: a card's inputs, in the form that the options say, and array options."""
    given = {k: v for k, v in options.items() if isinstance(v, np.ndarray)}
    known = array_options(card)
    drawn = {name: about for name, about in options.items() if isinstance(about, Input)}
    return {**card.inputs, **{name: known[name] for name in given}, **drawn}


def plain_options(options: Options) -> dict[str, Any]:
    """The options that are no arrays."""
    return {
        name: value
        for name, value in options.items()
        if not isinstance(value, Input | np.ndarray)
    }


def given_arrays(options: Options) -> dict[str, Array]:
    """The options that are one array, not to be drawn."""
    return {k: v for k, v in options.items() if isinstance(v, np.ndarray)}


def given_lengths(card: Card, options: Options) -> dict[str, int]:
    """How long the axes of the given arrays are."""
    known = array_options(card)
    return {
        axis: length
        for name, array in given_arrays(options).items()
        for axis, length in zip(known[name].axes, array.shape, strict=True)
    }


def widened(inputs: Mapping[str, Input]) -> dict[str, tuple[str, ...]]:
    """The axes of each input, with more of them where N stands, if all inputs of N take more."""
    classes = any("K" in about.axes for about in inputs.values())
    more = ("N", "H", "W") if classes else ("N", "P")

    def wide(about: Input) -> tuple[str, ...]:
        return (*more, *about.axes[1:]) if about.more else about.axes

    return {name: wide(about) for name, about in inputs.items()}


def shape_of(axes: tuple[str, ...], sizes: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(int(axis) if axis.isdigit() else sizes[axis] for axis in axes)


def usual_lengths(
    inputs: Mapping[str, Input], count: int, **given: int
) -> dict[str, int]:
    """Three for every axis but the first."""
    letters = {axis for axes in widened(inputs).values() for axis in axes}
    return {**dict.fromkeys(letters, 3), "K": 3, "N": count, **given}


# --- Samples ------------------------------------------------------------------------------


def lengths(
    axes: Mapping[str, tuple[str, ...]],
    labelled: bool,
    given: Mapping[str, int],
    source: Source,
) -> dict[str, int]:
    """A length for each letter; it may be given."""
    known = {**LENGTHS, **(LABELLED if labelled else {}), **source.lengths}
    letters = sorted(
        {axis for each in axes.values() for axis in each if not axis.isdigit()}
    )

    def length(letter: str) -> int:
        low, high = known.get(letter, (1, 3))
        return source.one_of(range(low, high + 1))

    return {
        letter: given[letter] if letter in given else length(letter)
        for letter in letters
    }


@st.composite
def samples(draw: st.DrawFn, /, card: Card, options: Options, **how: Any) -> Sample:
    """Whatever hypothesis thinks of; ``how`` as for ``sample_of``."""
    return sample_of(Thought(draw), card, options, **how)


def sample_of(
    source: Source,
    card: Card,
    options: Options,
    size: float = 10,
    count: int | None = None,
    wide: bool = False,
) -> Sample:
    """Arguments for a card. Rows of an argument may repeat those of an earlier one of its kind.

    ``count`` fixes N; ``wide`` puts more axes where N stands.
    """
    inputs = array_inputs(card, options)
    axes = widened(inputs) if wide else {k: about.axes for k, about in inputs.items()}
    labelled = any(about.values == "label" for about in inputs.values())
    given = given_lengths(card, options) | ({} if count is None else {"N": count})
    sizes = lengths(axes, labelled, given, source)
    size = source.one_of([size, 1.0])
    extent = source.one_of([size, 1.0])
    sample = Sample(given_arrays(options))
    for name, about in inputs.items():
        if name in sample:
            continue
        twins = [other for other in sample if alike(inputs[other], about)]
        twin = source.one_of([None, None, *twins]) if twins else None
        drawn = argument(about, axes[name], sizes, size, extent, source)
        sample[name] = drawn if twin is None else repeated(sample[twin], drawn)
    return sample


def alike(one: Input, other: Input) -> bool:
    """Whether rows of one may stand in the other."""
    return (one.values, one.axes[1:], one.layers) == (
        other.values,
        other.axes[1:],
        other.layers,
    )


def repeated(earlier: Any, later: Any) -> Any:
    """An argument with the rows of an earlier one in the place of its own, as far as they go."""
    if isinstance(later, Mapping):
        return {layer: repeated(earlier[layer], later[layer]) for layer in later}
    rows = min(len(earlier), len(later))
    same = earlier.shape[1:] == later.shape[1:]
    return np.concatenate([earlier[:rows], later[rows:]]) if same else later


def twinned(card: Card, options: Options, sample: Sample) -> Sample:
    """The sample with each argument repeating the first one of its kind."""
    inputs = array_inputs(card, options)
    twins = {}
    for name, about in inputs.items():
        if about.values == "critic":
            continue
        first = next(other for other in inputs if alike(inputs[other], about))
        twins[name] = repeated(sample[first], sample[name])
    return Sample(sample | twins)


def shifted(sample: Sample, inputs: Mapping[str, Input], by: float) -> Sample:
    """The sample with the given inputs moved."""
    return changed(sample, inputs, lambda x, kind: x + by * MOVES.get(kind, 1))


def scaled(sample: Sample, inputs: Mapping[str, Input], by: float) -> Sample:
    """The sample with the given inputs times a number."""
    return changed(sample, inputs, lambda x, kind: x * by ** SCALES.get(kind, 1))


def changed(
    sample: Sample, inputs: Mapping[str, Input], change: Callable[..., Array]
) -> Sample:
    arguments = {
        name: each(partial(change, kind=about.values), sample[name])
        for name, about in inputs.items()
    }
    return Sample(sample | arguments)


def typical(
    card: Card,
    options: Options,
    count: int = 4,
    seed: int = 0,
    size: float = 3,
    long: bool = False,
) -> Sample:
    """An ordinary sample: noise, without ties; if ``long``, with long axes."""
    source = Noise(seed)
    inputs = array_inputs(card, options)
    sizes = usual_lengths(inputs, count)
    sizes |= {**(LONG if long else {}), **given_lengths(card, options)}
    drawn = {
        name: argument(about, about.axes, sizes, size, size, source)
        for name, about in inputs.items()
    }
    return Sample(drawn | given_arrays(options))


def argument(
    about: Input,
    axes: tuple[str, ...],
    sizes: Mapping[str, int],
    size: float,
    extent: float,
    source: Source,
) -> Any:
    """One argument; a mapping if it has layers, in any order."""

    def one() -> Any:
        shape, classes = shape_of(axes, sizes), sizes.get("K", 2)
        return value(about, shape, classes, size, extent, source)

    if not about.layers:
        return one()
    layers = source.one_of([about.layers, about.layers[::-1]])
    return {layer: one() for layer in layers}
