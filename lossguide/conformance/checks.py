"""The checks: each compares a function with the definition of the loss that it says it is."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.errors import HypothesisException
from numpy.typing import NDArray

from lossguide.conformance.frameworks import Subject, each, leaves, weighted
from lossguide.conformance.samples import edges, samples
from lossguide.conformance.trial import Sample, Trial
from lossguide.numpy._slope import differences

Array = NDArray[Any]
# What is wrong with a sample, or None.
Fault = Callable[[Sample], str | None]
# Puts another array in the place of one of a sample's.
Replace = Callable[[Array], Sample]

# Relative tolerance by the precision of the result; the absolute one is a tenth of it.
TOLERANCE = {"float64": 1e-5, "float32": 1e-4, "bfloat16": 0.05, "float16": 0.05}
GRADIENT_TOLERANCE = {"float64": 1e-4, "float32": 1e-3}
# What rounding a value of 1 does to a slope in float64.
ROUNDING = 1e-9
# What moving and scaling does to the entries of a rotated box, whose angle it leaves alone.
OFFSET = {"rotated box": np.array([32.0, 32, 0, 0, 0])}
FACTOR = {"rotated box": np.array([8.0, 8, 8, 8, 1])}
# How far an entry is moved to measure a slope, relative to the entry where that is above 1.
STEP = 1e-6
FINE = 100 * STEP
# Entries of an argument, and edge cases, whose slopes are measured.
SLOPES = 12
STEEP = 30
# Tries to make a failing sample smaller.
SHRINKS = 150


def show(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {show(part)}" for name, part in value.items())
    if isinstance(value, tuple):
        return f"({', '.join(map(show, value))})"
    if callable(value):
        return str(value.__name__)
    return np.array2string(np.asarray(value), precision=7, threshold=24, separator=", ")


def guarded(fault: Fault) -> Fault:
    """What a function raises is a fault like another."""

    def guarded_fault(sample: Sample) -> str | None:
        try:
            return fault(sample)
        except Exception as error:
            lines = (str(error).strip() or repr(error)).splitlines()
            # TensorFlow begins with "in user code:" and ends with what went wrong.
            line = lines[-1] if lines[0].endswith(":") else lines[0]
            return f"raised {type(error).__name__}: {line.strip()[:160]}"

    return guarded_fault


def numbers(sample: Sample) -> list[Array]:
    """The arrays of a sample, without its functions."""
    return [leaf for leaf in leaves(sample) if not callable(leaf)]


def complexity(sample: Sample) -> tuple[int, int, float]:
    """How hard a sample is to read: fewer, rounder and smaller numbers come first."""
    entries = np.concatenate([np.zeros(0), *map(np.ravel, numbers(sample))])
    digits = sum(len(f"{entry:g}") for entry in entries[:200])
    return len(entries), digits, float(np.abs(entries).sum())


def search(
    trial: Trial,
    fault: Fault,
    examples: int,
    size: float = 10,
    count: int | None = None,
) -> tuple[Sample, str] | None:
    """The smallest sample found to be at fault, and its fault."""
    fault = guarded(fault)
    failing: list[tuple[Sample, str]] = []
    calls_left = SHRINKS

    def fails(sample: Sample) -> bool:
        nonlocal calls_left
        if failing:
            calls_left -= 1
        problem = fault(sample) if calls_left > 0 else None
        if problem is not None:
            failing.append((sample, problem))
        return problem is not None

    # It raises where nothing fails, and where no shrinks are left: `failing` tells.
    with suppress(HypothesisException):
        find(
            samples(trial.subject.card, trial.options, size, count),
            fails,
            settings=settings(
                max_examples=examples,
                database=None,
                deadline=None,
                phases=[Phase.generate, Phase.shrink],
                suppress_health_check=list(HealthCheck),
            ),
            random=Random(0),
        )
    return min(failing, key=lambda pair: complexity(pair[0])) if failing else None


def difference(came: Any, expected: Any, dtype: str) -> str | None:
    """How a result differs from what was expected, within the tolerance of its precision."""
    many, wanted = leaves(came), leaves(expected)
    if len(many) != len(wanted):
        return f"got {len(many)} results, expected {len(wanted)}"
    for one, other in zip(many, wanted, strict=True):
        if np.shape(one) != np.shape(other):
            return f"got shape {np.shape(one)}, expected {np.shape(other)}"
        tolerance = TOLERANCE[dtype]
        if not np.allclose(one, other, rtol=tolerance, atol=tolerance / 10):
            return f"got {show(one)}, expected {show(other)}"
    return None


def result_precision(trial: Trial, came: Any, dtype: str) -> str:
    """The precision that the function worked in: Keras, for one, answers in float32."""
    kind = np.asarray(leaves(came)[0]).dtype
    return "float32" if kind == np.float32 and dtype == "float64" else dtype


def value_fault(trial: Trial, dtype: str = "float64", **options: Any) -> Fault:
    def fault(sample: Sample) -> str | None:
        came = trial.value(sample, dtype, **options)
        precision = result_precision(trial, came, dtype)
        return difference(came, trial.expected(sample, **options), precision)

    return fault


def non_finite(trial: Trial, dtype: str) -> Fault:
    def fault(sample: Sample) -> str | None:
        came = trial.value(sample, dtype)
        if not all(np.isfinite(part).all() for part in leaves(came)):
            return f"in {dtype} the value is {show(came)}"
        if trial.trains:
            for name, gradient in trial.gradients(sample, dtype).items():
                if not all(np.isfinite(part).all() for part in leaves(gradient)):
                    return f"in {dtype} the gradient for {name} is {show(gradient)}"
        return None

    return fault


def slope_fault(trial: Trial) -> Fault:
    """A gradient must lie between the slopes of the definition to both sides: at a kink, anywhere there."""

    def fault(sample: Sample) -> str | None:
        if any(np.any((x != 0) & (np.abs(x) < FINE)) for x in numbers(sample)):
            return None  # The step is too long here.
        tolerance = GRADIENT_TOLERANCE[
            result_precision(trial, trial.value(sample), "float64")
        ]
        rounding = ROUNDING * sum(
            np.abs(part).sum() for part in leaves(trial.expected(sample))
        )
        for name, gradient in trial.gradients(sample).items():
            for part, array, replaced in parts(sample, name, gradient):

                def total(x: Array, replaced: Replace = replaced) -> float:
                    return weighted(trial.expected(replaced(x)))

                indices = chosen(part)
                left, right = differences(total, array, indices, STEP)
                low, high = np.minimum(left, right), np.maximum(left, right)
                size = np.maximum(np.abs(low), np.abs(high))
                # At large entries the steps are long, and the slope changes on the way.
                slack = (
                    tolerance * (0.1 + size) + STEP * np.abs(array) * size + rounding
                )
                for index in indices:
                    inside = (
                        low[index] - slack[index]
                        <= part[index]
                        <= high[index] + slack[index]
                    )
                    if not inside:
                        return (
                            f"gradient for {name}{list(index)}: got {part[index]:.7g},"
                            f" expected {(left[index] + right[index]) / 2:.7g}"
                        )
        return None

    return fault


def parts(
    sample: Sample, name: str, gradient: Any
) -> Iterator[tuple[Array, Array, Replace]]:
    """Each array of an argument: its gradient, itself, and the sample with it replaced."""

    def replaced(array: Array, new: Array) -> Sample:
        return {
            **sample,
            name: each(lambda x: new if x is array else x, sample[name]),
        }

    for part, array in zip(leaves(gradient), leaves(sample[name]), strict=True):
        yield part, array, partial(replaced, array)


def chosen(gradient: Array) -> list[tuple[int, ...]]:
    """The first, the last, the steepest and some others of the entries."""
    order = np.argsort(-np.abs(gradient), axis=None, kind="stable")
    flat = [*order[: SLOPES // 2], *order[:: max(1, len(order) // (SLOPES // 2))]]
    unique = list(dict.fromkeys(int(index) for index in flat))[:SLOPES]
    return [
        tuple(int(i) for i in np.unravel_index(index, gradient.shape))
        for index in unique
    ]


# --- The checks ---------------------------------------------------------------------------
# Each gives None where all is well, or the failing sample and its fault.

Found = tuple[Sample, str] | None


def values(trial: Trial) -> Found:
    return search(trial, value_fault(trial, **trial.detail), trial.examples)


def gradients(trial: Trial) -> Found:
    return search(trial, slope_fault(trial), trial.examples)


def edge_cases(trial: Trial) -> Found:
    every = list(edges(trial.subject.card, trial.options))
    faults = [
        (value_fault(trial, **trial.detail), every),
        (non_finite(trial, "float32"), every),
        (slope_fault(trial), every[:STEEP] if trial.trains else []),
    ]
    for fault, tried in faults:
        for sample in tried:
            if problem := guarded(fault)(sample):
                return sample, problem
    return None


def large_values(trial: Trial) -> Found:
    precision = trial.subject.framework.dtypes[:2][-1]
    return search(trial, non_finite(trial, precision), trial.examples, size=1e4)


def precision(trial: Trial) -> Found:
    framework = trial.subject.framework
    for dtype in framework.dtypes[1:]:

        def fault(sample: Sample, dtype: str = dtype) -> str | None:
            stored = each(partial(keep, dtype=dtype), sample)
            came = trial.value(stored, dtype, **trial.detail)
            problem = difference(came, trial.expected(stored, **trial.detail), dtype)
            return problem and f"in {dtype}: {problem}"

        def keep(array: Array, dtype: str) -> Array:
            return np.asarray(
                framework.array(framework.tensor(array, dtype)), array.dtype
            )

        if found := search(trial, fault, max(1, trial.examples // 4), size=4):
            return found
    return None


def reductions(trial: Trial) -> Found:
    for reduction in ("mean", "sum", "none"):
        fault = value_fault(trial, reduction=reduction)
        if found := search(trial, fault, max(1, trial.examples // 4)):
            return found[0], f'reduction="{reduction}": {found[1]}'
    return None


def empty_input(trial: Trial) -> Found:
    def fault(sample: Sample) -> str | None:
        return value_fault(trial)(sample) or non_finite(trial, "float64")(sample)

    return search(trial, fault, 1, count=0)


def inputs_kept(trial: Trial) -> Found:
    subject = trial.subject

    def fault(sample: Sample) -> str | None:
        own = each(np.copy, sample)
        tensors = subject.tensors(own, "float64")
        subject.run(*tensors, **subject.named(own, "float64"), **trial.accepted({}))
        for name, tensor in zip(subject.card.inputs, tensors, strict=True):
            after = subject.framework.returned(tensor, images=True)
            pairs = zip(leaves(after), leaves(sample[name]), strict=True)
            if not all(np.array_equal(left, before) for left, before in pairs):
                return f"{name} is {show(after)} after the call"
        return None

    return search(trial, fault, max(1, trial.examples // 4))


def compilation(trial: Trial) -> Found:
    subject = trial.subject
    compiled = replace(
        trial,
        subject=Subject(
            subject.framework.compile(subject.function),
            subject.card,
            subject.framework,
            subject.adapt,
        ),
    )

    def fault(sample: Sample) -> str | None:
        problem = value_fault(compiled)(sample)
        if problem is None and trial.trains:
            came, expected = compiled.gradients(sample), trial.gradients(sample)
            problem = difference(came, expected, "float32")
        return problem

    return search(trial, fault, 1)


def symmetric(trial: Trial) -> Found:
    first, second = list(trial.subject.card.inputs)[:2]

    def fault(sample: Sample) -> str | None:
        swapped = {**sample, first: sample[second], second: sample[first]}
        return unchanged(trial, sample, swapped)

    return search(trial, fault, trial.examples)


def translation_invariant(trial: Trial) -> Found:
    def fault(sample: Sample) -> str | None:
        further = moved(trial, sample, lambda x, kind: x + OFFSET.get(kind, 32))
        return unchanged(trial, sample, further)

    return search(trial, fault, trial.examples)


def scale_invariant(trial: Trial) -> Found:
    def fault(sample: Sample) -> str | None:
        larger = moved(trial, sample, lambda x, kind: x * FACTOR.get(kind, 8))
        return unchanged(trial, sample, larger)

    return search(trial, fault, trial.examples)


def zero_at_target(trial: Trial) -> Found:
    first, second = list(trial.subject.card.inputs)[:2]

    def fault(sample: Sample) -> str | None:
        came = trial.value({**sample, first: sample[second]})
        return difference(came, np.zeros_like(came), "float64")

    return search(trial, fault, trial.examples)


def bounds(trial: Trial) -> Found:
    low, high = trial.subject.card.bounds

    def fault(sample: Sample) -> str | None:
        came = trial.value(sample, **trial.detail)
        slack = TOLERANCE[result_precision(trial, came, "float64")]
        for part in leaves(came):
            if np.any(part < low - slack) or np.any(part > high + slack):
                return f"got {show(part)}, expected between {low} and {high}"
        return None

    return search(trial, fault, trial.examples)


def moved(trial: Trial, sample: Sample, move: Callable[[Array, str], Array]) -> Sample:
    """The sample with every input of the first one's kind moved."""
    inputs = trial.subject.card.inputs
    kind = next(iter(inputs.values())).values
    return {
        name: each(lambda x: move(x, kind), value)
        if name in inputs and inputs[name].values == kind
        else value
        for name, value in sample.items()
    }


def unchanged(trial: Trial, sample: Sample, other: Sample) -> str | None:
    before = trial.value(sample, **trial.detail)
    after = trial.value(other, **trial.detail)
    problem = difference(after, before, result_precision(trial, before, "float64"))
    return problem and f"after the change {problem}"


CHECKS: dict[str, Callable[[Trial], Found]] = {
    "values": values,
    "gradients": gradients,
    "edge cases": edge_cases,
    "large values": large_values,
    "precision": precision,
    "reductions": reductions,
    "empty input": empty_input,
    "inputs kept": inputs_kept,
    "symmetric": symmetric,
    "translation invariant": translation_invariant,
    "scale invariant": scale_invariant,
    "zero at target": zero_at_target,
    "bounds": bounds,
    "compilation": compilation,
}
PROPERTIES = ("symmetric", "translation invariant", "scale invariant", "zero at target")


def inapplicable(check: str, trial: Trial) -> str | None:
    """Why a check says nothing about this function, if it does not."""
    card, framework = trial.subject.card, trial.subject.framework.name
    letters = {axis for about in card.inputs.values() for axis in about.shape.split()}
    if check == "gradients" and not trial.trains:
        return "NumPy has no gradients" if framework == "numpy" else "none defined"
    if check in ("precision", "compilation") and framework == "numpy":
        return "NumPy computes in float64" if check == "precision" else "not in NumPy"
    if check == "compilation" and framework in card.not_compiled:
        return card.not_compiled[framework]
    if check == "inputs kept" and framework == "tensorflow":
        return "its tensors cannot change"
    if check == "reductions" and not trial.takes("reduction"):
        return "takes no `reduction`"
    if check == "empty input" and "N" not in letters:
        return "has no batch axis"
    return None


def applies(check: str, trial: Trial) -> bool:
    """Whether the card promises what the check tests."""
    card = trial.subject.card
    if check in PROPERTIES:
        return check in card.properties
    return check != "bounds" or bool(np.isfinite(card.bounds).any())
