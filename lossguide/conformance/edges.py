"""Inputs for any card at the edges of what is allowed."""

import itertools
from collections.abc import Iterator
from random import Random
from typing import Any

import numpy as np

from lossguide.catalog import Card, Input
from lossguide.conformance.samples import (
    Options,
    Sample,
    array_inputs,
    cube,
    given_arrays,
    given_lengths,
    shape_of,
    usual_lengths,
)

# How many edge cases are tried in a batch of equals.
MANY = 40
# How many items a batch of unequal edge cases has, and how many such batches there are.
MIXED = 8
MIXTURES = 4

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
    "mask": (True, False),
    "rotated box": (
        (0, 0, 1, 1, 0),
        (0, 0, 0, 0, 0),
        (0, 0, 1, 0, 0.5),
        (0, 0, 4, 1, np.pi / 2),
        (1e4, 1e4, 1, 1, 0),
        (0, 0, 1e4, 1, 1),
    ),
}
# In a batch of unequal items also other labels, and a box in the middle of another, of half its
# area: their IoU and DIoU are exactly 1/2, where suppression decides.
MORE_EDGES = {"label": (1, 0, 2), "box": ((0, 0, 4, 4), (0, 1, 4, 3))}


def edge(about: Input, shape: tuple[int, ...], classes: int, value: Any) -> Any:
    if about.values == "critic":
        return value
    if about.whole:
        return np.full(shape, value % classes)
    if about.values == "mask":
        return np.full(shape, value)
    if value == "uniform":
        return np.full(shape, 1 / shape[-1])
    if value == "certain":
        return np.broadcast_to(np.eye(shape[-1])[0], shape).copy()
    return np.broadcast_to(np.asarray(value, "float64"), shape).copy()


def edges(card: Card, options: Options) -> Iterator[Sample]:
    """The combinations of the arguments' edges, or many of them, in a batch of two."""
    inputs = array_inputs(card, options)
    sizes = usual_lengths(inputs, 2, **given_lengths(card, options))
    given = given_arrays(options)

    def variants(name: str, about: Input) -> list[Any]:
        if name in given:
            return [given[name]]
        made = [
            edge(about, shape_of(about.axes, sizes), sizes["K"], value)
            for value in EDGES[about.values]
        ]
        if about.layers:
            return [{layer: array.copy() for layer in about.layers} for array in made]
        return made

    values = [variants(name, about) for name, about in inputs.items()]
    choices = list(itertools.product(*(range(len(each)) for each in values)))
    Random(0).shuffle(choices)
    # Equal arguments first: there, most of what breaks breaks.
    choices.sort(key=lambda choice: len(set(choice)) > 1)
    for choice in choices[:MANY]:
        chosen = [each[index] for each, index in zip(values, choice, strict=True)]
        yield Sample(zip(inputs, chosen, strict=True))


def mixtures(card: Card, options: Options) -> Iterator[Sample]:
    """Batches whose items are edges of different kinds, in different orders."""
    inputs = array_inputs(card, options)
    sizes = usual_lengths(inputs, MIXED, **given_lengths(card, options))
    given = given_arrays(options)

    def mixed(about: Input, order: Random) -> Any:
        if about.values == "critic":
            return cube
        values = [*EDGES[about.values], *MORE_EDGES.get(about.values, ())]
        if about.values == "unit" and not card.is_loss:  # Scores, without ties.
            values = [order.random() for _ in range(MIXED)]
        order.shuffle(values)
        first, *rest = shape_of(about.axes, sizes)
        rows = itertools.islice(itertools.cycle(values), first)
        made = [edge(about, tuple(rest), sizes["K"], value) for value in rows]
        array = np.array(made)
        return dict.fromkeys(about.layers, array) if about.layers else array

    for seed in range(MIXTURES):
        order = Random(seed)
        drawn = {name: mixed(about, order) for name, about in inputs.items()}
        yield Sample(drawn | given)
