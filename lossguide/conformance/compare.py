"""When two results agree, and when their difference is one of convention."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossguide.conformance.frameworks import leaves
from lossguide.conformance.samples import Sample
from lossguide.conformance.trial import Trial
from lossguide.conformance.words import show

Array = NDArray[Any]

# Relative and absolute tolerance by the precision of the result.
TOLERANCE = {"float64": 1e-5, "float32": 1e-4, "bfloat16": 0.05, "float16": 0.05}
ABSOLUTE = {"float64": 1e-6, "float32": 1e-4, "bfloat16": 0.005, "float16": 0.005}
# Where double precision is used, doubt excuses no more than this, relative to 1 or the value.
EXCUSED = 1e-3

# What may differ between two sound losses.
NOTHING = "the mean of nothing"
SHORT = "the direction of a vector of hardly any length"
RANGE = "a result beyond the range of half precision"
TIES = "the order of equal scores"
FLAT = "boxes without area"
UNNAMED = "the reduction that is meant if none is named"
WIDER = "a result in double precision for inputs in single precision"
GRAPH = "what cannot be compiled as one graph"

# A vector shorter than this may be taken for one without direction. In half precision, where its
# square rounds to zero, its direction may be NaN.
SHORTEST = {"float64": 1e-5, "float32": 1e-5, "bfloat16": 1e-2, "float16": 1e-2}
HALVES = ("bfloat16", "float16")
# The width and height of a box.
SIDES: dict[str, Callable[[Array], Array]] = {
    "box": lambda boxes: boxes[..., 2:] - boxes[..., :2],
    "rotated box": lambda boxes: boxes[..., 2:4],
}
LARGEST_HALF = float(np.finfo("float16").max)


@dataclass(frozen=True)
class Problem:
    """What is wrong with a sample; or the convention by which it differs; or what is not supported."""

    text: str
    convention: str = ""
    unsupported: bool = False


# What is wrong with a sample, or None.
Fault = Callable[[Sample], Problem | None]


def precision_of(came: Any, dtype: str) -> str:
    """The precision that the function worked in: Keras, for one, answers in float32."""
    kind = np.asarray(leaves(came)[0]).dtype
    return "float32" if kind == np.float32 and dtype == "float64" else dtype


def misfit(came: Any, expected: Any) -> str | None:
    """How a result differs in its parts and their shapes."""
    many, wanted = leaves(came), leaves(expected)
    if len(many) != len(wanted):
        return f"got {len(many)} results, expected {len(wanted)}"
    for one, other in zip(many, wanted, strict=True):
        if np.shape(one) != np.shape(other):
            return f"got shape {np.shape(one)}, expected {np.shape(other)}"
    return None


def difference(
    came: Any, expected: Any, dtype: str, doubt: list[Array] | None = None
) -> str | None:
    """How a result differs from what was expected, by more than its precision and the doubt allow."""
    if problem := misfit(came, expected):
        return problem
    pairs = zip(leaves(came), leaves(expected), strict=True)
    for place, (one, other) in enumerate(pairs):
        allowed = ABSOLUTE[dtype] + TOLERANCE[dtype] * np.abs(other)
        if doubt is not None:
            excused = np.inf if dtype != "float64" else EXCUSED * (1 + np.abs(other))
            allowed = allowed + np.minimum(doubt[place], excused)
        with np.errstate(invalid="ignore"):
            near = (np.abs(one - other) <= allowed) | (one == other)
            if not np.all(near | (np.isnan(one) & np.isnan(other))):
                return f"got {show(one)}, expected {show(other)}"
    return None


def value_fault(trial: Trial, dtype: str = "", **options: Any) -> Fault:
    """The value must be the definition's."""
    dtype = dtype or trial.widest

    def fault(sample: Sample) -> Problem | None:
        came = trial.value(sample, dtype, **options)
        expected = trial.definition(sample, **options)
        if problem := misfit(came, expected):
            return Problem(problem, NOTHING if counts_nothing(trial, sample) else "")
        precision = precision_of(came, dtype)
        problem = difference(came, expected, precision)
        if problem is None:
            return None
        doubt = trial.definition.doubt(sample, precision, **options)
        if difference(came, expected, precision, doubt) is None:
            return None
        if dtype == "float16" and beyond_half(came, expected, sample):
            return Problem(problem, RANGE)
        return Problem(problem, convention(trial, sample, came, dtype, fault))

    return fault


def convention(
    trial: Trial, sample: Sample, came: Any, dtype: str, fault: Fault | None = None
) -> str:
    """The convention by which a result differs, if it may be no fault; ``fault`` found it."""
    if counts_nothing(trial, sample):
        return NOTHING
    finite = all(np.isfinite(part).all() for part in leaves(came))
    if has_short_vectors(trial, sample, dtype) and (finite or dtype in HALVES):
        return SHORT
    if not finite:
        return ""
    if has_ties(trial, sample):
        return TIES
    flat = fault is not None and only_flat_boxes_fail(trial, fault, sample)
    return FLAT if flat else ""


def counts_nothing(trial: Trial, sample: Sample) -> bool:
    """Whether there is nothing to average over: no item, or only masked or ignored ones."""
    if any(np.size(part) == 0 for part in leaves(sample) if not callable(part)):
        return True
    if not np.any(sample.get("mask", True)):
        return True
    ignored = trial.definition.plain.get("ignore_index")
    return ignored is not None and bool(np.all(sample["target"] == ignored))


def beyond_half(came: Any, expected: Any, sample: Sample) -> bool:
    """Whether what is not finite is too large for half precision, at least before it is averaged."""
    items = max(np.size(part) for part in leaves(sample))
    pairs = list(zip(leaves(came), leaves(expected), strict=True))
    return not all(np.isfinite(one).all() for one, _ in pairs) and all(
        np.all(np.isfinite(one) | (np.abs(other) * items > LARGEST_HALF))
        for one, other in pairs
    )


def has_short_vectors(trial: Trial, sample: Sample, dtype: str) -> bool:
    """Whether a loss of directions has a vector that hardly has one."""
    card = trial.card
    of_directions = (
        "scale invariant" in card.properties
        or trial.definition.options.get("distance") == "cosine"
    )
    return of_directions and any(
        np.any(np.linalg.norm(sample[name], axis=-1) < SHORTEST[dtype])
        for name, about in card.inputs.items()
        if about.axes[-1] == "D"
    )


def has_ties(trial: Trial, sample: Sample) -> bool:
    scores = [] if trial.card.is_loss else leaves(sample.get("scores", ()))
    return any(len(np.unique(part)) < np.size(part) for part in scores)


def only_flat_boxes_fail(trial: Trial, fault: Fault, sample: Sample) -> bool:
    """Whether what is wrong goes when the boxes without width or height go."""
    inputs = trial.definition.inputs
    axis = {name: about.axes[0] for name, about in inputs.items() if about.axes}
    kept: dict[str, Any] = {}
    for name, about in inputs.items():
        sides = SIDES.get(about.values)
        if sides is not None:
            solid = (sides(sample[name]) > 0).all(axis=-1)
            kept[axis[name]] = kept.get(axis[name], True) & solid
    if all(np.all(solid) for solid in kept.values()):
        return False
    if not all(np.any(solid) for solid in kept.values()):
        return True
    rest = {
        name: value[kept[axis[name]]] if axis.get(name) in kept else value
        for name, value in sample.items()
    }
    return fault(Sample(rest)) is None


def finite_fault(trial: Trial, dtype: str, value: bool = True) -> Fault:
    """The gradient must be finite, and the value, unless that is looked at otherwise."""

    def fault(sample: Sample) -> Problem | None:
        results = {"value": trial.value(sample, dtype)} if value else {}
        if trial.trains:
            gradients = trial.gradients(sample, dtype)
            results |= {f"gradient for {name}": gradients[name] for name in gradients}
        for what, result in results.items():
            if not all(np.isfinite(part).all() for part in leaves(result)):
                nothing = NOTHING if counts_nothing(trial, sample) else ""
                return Problem(f"in {dtype} the {what} is {show(result)}", nothing)
        return None

    return fault


def unchanged(trial: Trial, sample: Sample, other: Sample) -> Problem | None:
    """Two samples must have the same value."""
    before = trial.value(sample, **trial.detail)
    after = trial.value(other, **trial.detail)
    precision = precision_of(before, trial.widest)
    problem = difference(after, before, precision)
    if problem is None:
        return None
    doubt = trial.definition.doubt(sample, precision, **trial.detail)
    if difference(after, before, precision, doubt) is None:
        return None
    named = convention(trial, sample, after, trial.widest)
    return Problem(f"after the change {problem}", named)
