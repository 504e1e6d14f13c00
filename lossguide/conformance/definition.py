"""The definition of a loss: the inputs that it is tried with, and what it gives for them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lossguide.catalog import Card, Input
from lossguide.catalog import find as find_card
from lossguide.conformance import edges as edge_cases
from lossguide.conformance import samples as drawing
from lossguide.conformance.frameworks import (
    FRAMEWORKS,
    Raised,
    Subject,
    each,
    leaves,
    weighted,
)
from lossguide.conformance.samples import Noise, Odd, Options, Sample
from lossguide.numpy._slope import differences

Array = NDArray[Any]
Known = TypeVar("Known")

# How far an entry is moved to measure a slope, relative to the entry where that is above 1.
STEP = 1e-6
# How far rounding moves an input of a plain right formula: some units of the last place, of 1
# or of what is larger. Where no less than single precision is expected, as far as there.
SHIFT = {"float64": 1e-6, "float32": 1e-6, "bfloat16": 0.06, "float16": 0.008}
SHIFTS = 2


class Definition:
    """What is expected with one set of options. What was computed is remembered by sample."""

    def __init__(self, card: Card, options: Options) -> None:
        self.forms = {name: options[name] for name in options if name in card.inputs}
        self.card = replace(card, inputs={**card.inputs, **self.forms})
        self.options = {k: v for k, v in options.items() if k not in self.forms}
        self.inputs = drawing.array_inputs(self.card, self.options)
        self.plain = drawing.plain_options(self.options)
        numpy = FRAMEWORKS["numpy"]
        self.subject = Subject(getattr(numpy.column, card.name), self.card, numpy)
        self._known: dict[Any, Any] = {}

    def remembered(self, key: Any, compute: Callable[[], Known]) -> Known:
        if key not in self._known:
            self._known[key] = compute()
        known: Known = self._known[key]
        return known

    # --- Samples --------------------------------------------------------------------------

    def strategy(self, **how: Any) -> Any:
        return drawing.samples(self.card, self.options, **how)

    def drawn(self, examples: int, **how: Any) -> list[Sample]:
        """Random samples, half of them noise, half odd; ``how`` as for ``sample_of``."""

        def make() -> list[Sample]:
            noise = [Noise(seed, crowded=True) for seed in range(examples // 2)]
            odd = [Odd(seed) for seed in range(examples - len(noise))]
            return [
                drawing.sample_of(source, self.card, self.options, **how)
                for source in (*noise, *odd)
            ]

        return self.remembered(("drawn", examples, *how.items()), make)

    def edges(self) -> list[Sample]:
        edges = partial(edge_cases.edges, self.card, self.options)
        return self.remembered("edges", lambda: list(edges()))

    def mixtures(self) -> list[Sample]:
        mixtures = partial(edge_cases.mixtures, self.card, self.options)
        return self.remembered("mixtures", lambda: list(mixtures()))

    def typical(self, **how: Any) -> list[Sample]:
        """An ordinary sample, and one whose arguments repeat each other; ``how`` as for ``typical``."""

        def make() -> list[Sample]:
            sample = drawing.typical(self.card, self.options, **how)
            return [sample, drawing.twinned(self.card, self.options, sample)]

        return self.remembered(("typical", *how.items()), make)

    def far(self, offset: float) -> list[Sample]:
        """Ordinary samples whose real numbers, or boxes, are far from zero."""
        movable = {
            name: about
            for name, about in self.card.inputs.items()
            if about.values in ("real", "box", "rotated box")
        }
        return self.remembered(
            ("far", offset),
            lambda: [
                each_single(drawing.shifted(sample, movable, offset))
                for sample in self.typical()
            ],
        )

    # --- What is expected -----------------------------------------------------------------

    def __call__(self, sample: Sample, **options: Any) -> Any:
        key = ("value", sample, *options.items())
        return self.remembered(key, lambda: self.computed(sample, **options))

    def computed(self, sample: Sample, **options: Any) -> Any:
        try:
            return self.subject(sample, **{**self.plain, **options})
        except Raised as error:  # Not the fault of the function under test.
            raise ValueError(f"{self.card.name} of lossguide.numpy {error}") from error

    def slopes(
        self, sample: Sample, name: str, part: int, at: Sequence[Any], **options: Any
    ) -> tuple[Array, Array]:
        """How the weighted result rises to both sides of some entries of one array."""
        array = leaves(sample[name])[part]

        def total(x: Array) -> float:
            argument = each(lambda y: x if y is array else y, sample[name])
            moved = Sample(sample | {name: argument})
            return weighted(self.computed(moved, **options))

        key = ("slopes", sample, name, part, *at, *options.items())
        return self.remembered(key, lambda: differences(total, array, at, STEP))

    def doubt(self, sample: Sample, dtype: str, **options: Any) -> Any:
        """How far the result moves when rounding moves the inputs, and what the card allows."""

        def compute() -> Any:
            center = leaves(self(sample, **options))
            moves = []
            for seed in range(SHIFTS):
                moved = nudged(sample, self.inputs, SHIFT[dtype], seed)
                result = self.computed(moved, **options)
                moves.append(
                    [gap(*pair) for pair in zip(leaves(result), center, strict=True)]
                )
            return [
                np.maximum(*pair) + self.card.slack for pair in zip(*moves, strict=True)
            ]

        return self.remembered(("doubt", sample, dtype, *options.items()), compute)


@lru_cache(maxsize=16)
def stated(name: str, index: int) -> Definition:
    """The definition with one of the sets of options of its card."""
    card = find_card(name)
    return Definition(card, card.options[index])


def each_single(sample: Sample) -> Sample:
    return Sample(
        {
            name: each(lambda x: drawing.single(x) if x.dtype.kind == "f" else x, value)
            for name, value in sample.items()
        }
    )


def nudged(
    sample: Sample, inputs: Mapping[str, Input], shift: float, seed: int
) -> Sample:
    """The sample with every real number moved up or down, within what is allowed."""
    rng = np.random.default_rng(seed)

    def move(array: Array, about: Input) -> Any:
        signs = 2 * rng.integers(0, 2, np.shape(array)) - 1
        moved = array + shift * signs * np.maximum(1, np.abs(array))
        match about.values:
            case "real" | "rotated box":
                return moved
            case "unit" | "simplex":
                return np.clip(moved, 0, 1)
            case "positive":
                return np.maximum(moved, 0.1)
            case "box":
                low = moved[..., :2]
                return np.concatenate([low, np.maximum(low, moved[..., 2:])], axis=-1)
            case _:
                return array

    return Sample(
        {
            name: each(partial(move, about=inputs[name]), value)
            for name, value in sample.items()
        }
    )


def gap(one: Array, other: Array) -> Array:
    """How far apart two results are: not at all, if they are no real numbers."""
    if one.shape != other.shape or one.dtype.kind != "f":
        return np.zeros_like(other, "float64")
    return np.asarray(np.nan_to_num(np.abs(one - other)))
