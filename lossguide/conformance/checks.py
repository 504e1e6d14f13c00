"""The checks: each compares a function with the definition of the loss that it says it is."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossguide.catalog.card import PROPERTIES, VALUES_DECIDE, CheckName
from lossguide.conformance.compare import (
    GRAPH,
    NOTHING,
    TOLERANCE,
    UNNAMED,
    WIDER,
    Fault,
    Problem,
    difference,
    finite_fault,
    misfit,
    precision_of,
    unchanged,
    value_fault,
)
from lossguide.conformance.frameworks import Raised, blamed, each, leaves
from lossguide.conformance.samples import Sample, scaled, shifted
from lossguide.conformance.search import Finding, look, search
from lossguide.conformance.slopes import critic_fault, measurable, slope_fault
from lossguide.conformance.trial import Trial, told
from lossguide.conformance.words import show

Array = NDArray[Any]
Findings = Iterator[Finding | None]

# Edge cases whose slopes are measured.
STEEP = 30
# How far from zero, in single precision.
FAR = (1e3, 1e4)
# How large numbers and boxes are in half precision, whose largest number is 65,504.
LARGE_IN_HALF = {"box": 300.0, "rotated box": 300.0}
LARGEST_EDGE_IN_HALF = 100
# What moving and scaling a sample adds and multiplies.
SHIFT, FACTOR = 32, 8
# The input that a shape with any number of items is tried with.
COUNTS = (1, 4)


def of_critic(trial: Trial) -> bool:
    return any(about.values == "critic" for about in trial.card.inputs.values())


def few(trial: Trial) -> int:
    return max(1, trial.examples // 4)


# --- Values and gradients -----------------------------------------------------------------
# Each check gives, for every sample that it looked at, None where all is well or what it found.


def values(trial: Trial) -> Findings:
    fault = value_fault(trial, **trial.detail)
    yield from search(trial, fault, trial.examples)
    yield from look(trial, again_fault(trial), trial.definition.typical())
    if trial.main:
        yield from look(trial, fault, trial.definition.typical(long=True))


def again_fault(trial: Trial) -> Fault:
    """Equal inputs have equal values, in training and in validation."""

    def fault(sample: Sample) -> Problem | None:
        before = trial.value(sample)
        with trial.framework.validating(trial.subject.function):
            after = trial.value(sample)
        problem = difference(after, before, precision_of(before, trial.widest))
        if problem is None:
            return None
        return Problem(f"called again, without gradients, {problem}")

    return fault


def gradients(trial: Trial) -> Findings:
    """With each reduction, every one on its part of the samples."""
    if of_critic(trial):
        yield from look(trial, critic_fault(trial), trial.definition.typical())
    if trial.trains:
        every = trial.reductions
        for start, options in enumerate(every):
            part = slice(start, None, len(every))
            yield from search(
                trial, slope_fault(trial, **options), trial.examples, part
            )


def edge_cases(trial: Trial) -> Findings:
    definition = trial.definition
    # The finite difference of a sum is too coarse for items of very different size.
    mixtures = [] if of_critic(trial) else definition.mixtures()
    every = [*definition.edges(), *mixtures]
    yield from look(trial, value_fault(trial, **trial.detail), every)
    yield from look(trial, finite_fault(trial, trial.narrow), every)
    if trial.trains:
        steep = definition.edges()[: STEEP if trial.main else STEEP // 3]
        yield from look(trial, slope_fault(trial), filter(measurable, steep))


def large_values(trial: Trial) -> Findings:
    faults = [value_fault(trial, trial.narrow, **trial.detail)]
    if trial.trains:
        faults.append(finite_fault(trial, trial.narrow, value=False))
    for fault in faults:
        yield from search(trial, fault, trial.examples, size=1e4)
        for offset in FAR:
            yield from look(trial, fault, trial.definition.far(offset))


# --- Precision ----------------------------------------------------------------------------


def precision(trial: Trial) -> Findings:
    fault = stored_fault(trial, "float32")
    yield from search(trial, fault, few(trial), size=4)
    yield from look(trial, width_fault(trial), trial.definition.typical())


def width_fault(trial: Trial) -> Fault:
    """The result must be no wider than the inputs are."""

    def fault(sample: Sample) -> Problem | None:
        kinds = {part.dtype.name for part in leaves(trial.value(sample, "float32"))}
        return (
            Problem("the result is in float64", WIDER) if "float64" in kinds else None
        )

    return fault


def half_precision(trial: Trial) -> Findings:
    definition = trial.definition
    kinds = {about.values for about in trial.card.inputs.values()}
    large = max((LARGE_IN_HALF.get(kind, 40.0) for kind in kinds), default=40.0)
    edges = [
        sample
        for sample in definition.edges()
        if largest(sample) <= LARGEST_EDGE_IN_HALF
    ]
    for dtype in trial.framework.dtypes[2:]:
        fault = supported(stored_fault(trial, dtype), dtype)
        samples = [*definition.typical(size=large), *edges[: len(edges) // 2]]
        yield from look(trial, fault, samples)
        yield from search(trial, fault, few(trial), size=4)


def largest(sample: Sample) -> float:
    return float(
        max(np.abs(x).max(initial=0) for x in leaves(sample) if not callable(x))
    )


def stored_fault(trial: Trial, dtype: str) -> Fault:
    """The value for what is left of a sample when it is kept in a precision."""
    fault = value_fault(trial, dtype, **trial.detail)
    framework = trial.framework

    def keep(array: Array) -> Array:
        return np.asarray(framework.array(framework.tensor(array, dtype)), array.dtype)

    def stored(sample: Sample) -> Problem | None:
        problem = fault(Sample({name: each(keep, x) for name, x in sample.items()}))
        return problem and replace(problem, text=f"in {dtype}: {problem.text}")

    return stored


def supported(fault: Fault, dtype: str) -> Fault:
    """An error says that a function does not do something: not a fault."""

    def supported_fault(sample: Sample) -> Problem | None:
        try:
            return fault(sample)
        except Raised as error:
            return Problem(f"{dtype} is not supported: {error}", unsupported=True)

    return supported_fault


# --- Shapes -------------------------------------------------------------------------------


def reductions(trial: Trial) -> Findings:
    for options in trial.reductions:
        fault = value_fault(trial, **options)
        yield from search(trial, named(fault, options), few(trial))
    yield from look(trial, unnamed_fault(trial), trial.definition.typical())


def unnamed_fault(trial: Trial) -> Fault:
    """Without a reduction the mean is meant."""
    options = trial.accepted({})
    options.pop("reduction")

    def fault(sample: Sample) -> Problem | None:
        came = trial.subject(trial.given(sample), trial.widest, **options)
        problem = difference(
            came, trial.definition(sample), precision_of(came, trial.widest)
        )
        return None if problem is None else Problem(problem, UNNAMED)

    return fault


def named(fault: Fault, options: dict[str, str]) -> Fault:
    return labelled(fault, f"{show(options)}: " if options else "")


def labelled(fault: Fault, label: str) -> Fault:
    def labelled_fault(sample: Sample) -> Problem | None:
        problem = fault(sample)
        return problem and replace(problem, text=label + problem.text)

    return labelled_fault


def empty_input(trial: Trial) -> Findings:
    """An error is as good a convention as NaN."""
    faults = value_fault(trial), finite_fault(trial, trial.widest)

    def fault(sample: Sample) -> Problem | None:
        try:
            return faults[0](sample) or faults[1](sample)
        except Raised as error:
            return Problem(str(error), NOTHING)

    yield from search(trial, fault, 1, count=0)


def more_axes(trial: Trial) -> Findings:
    for options in trial.reductions:
        fault = named(value_fault(trial, **options), options)
        fault = supported(fault, "more than one axis of items")
        yield from search(trial, fault, few(trial), wide=True)


def unknown_batch_size(trial: Trial) -> Findings:
    """The values of a graph that was made for any number of items."""
    definition, subject = trial.definition, trial.subject
    (first, _), _ = [definition.typical(count=count) for count in COUNTS]
    axes = [about.axes for about in trial.card.inputs.values()]
    tensors = subject.tensors(first, trial.widest)

    def run(*tensors: Any) -> Any:
        named = subject.named(trial.given(first), trial.widest)
        arguments = subject.adapted(tensors)
        return subject.function(*arguments, **named, **trial.accepted({}))

    @cache
    def graph() -> Any:
        return trial.framework.traced(run, tensors, axes)

    def fault(sample: Sample) -> Problem | None:
        with blamed():
            result = graph()(*subject.tensors(sample, trial.widest))
            came = trial.framework.returned(result, trial.card.images)
        problem = difference(came, definition(sample), precision_of(came, trial.widest))
        return None if problem is None else Problem(problem)

    for count in COUNTS:
        yield from look(trial, fault, definition.typical(count=count)[:1])


# --- What else a function does ------------------------------------------------------------


def nan_in(trial: Trial) -> Findings:
    """A number that is not one must not come out as one that looks right. An error tells as well."""
    sample = trial.definition.typical()[0]
    for name, about in trial.card.inputs.items():
        if about.values not in ("class", "label", "critic"):
            first, last = slice(0, 1), slice(-1, None)
            some = [spoiled(sample, name, entries) for entries in (first, last)]
            for options in trial.reductions:
                yield from look(trial, named(nan_fault(trial, options), options), some)
            surely = trial.card.is_loss and about.gradient
            fault = nan_fault(trial, {} if surely else trial.detail, surely)
            yield from look(trial, fault, [spoiled(sample, name, slice(None))])


def nan_fault(trial: Trial, options: dict[str, str], surely: bool = False) -> Fault:
    """NaN must come out where the definition gives it, or ``surely``."""

    def fault(spoiled: Sample) -> Problem | None:
        with np.errstate(invalid="ignore"):
            expected = trial.definition(spoiled, **options)
        try:
            came = trial.value(spoiled, **options)
        except Raised:
            return None
        if problem := misfit(came, expected):
            return Problem(problem)
        for one, other in zip(leaves(came), leaves(expected), strict=True):
            if np.any(np.isfinite(one) & (surely | np.isnan(other))):
                return Problem(
                    f"got {show(one)}, expected {'nan' if surely else show(other)}"
                )
        return None

    return fault


def spoiled(sample: Sample, name: str, entries: slice) -> Sample:
    """The sample with NaN in the place of some of an argument's entries."""

    def spoil(array: Array) -> Array:
        flat = array.astype("float64").ravel()
        flat[entries] = np.nan
        return flat.reshape(array.shape)

    return Sample(sample | {name: each(spoil, sample[name])})


def inputs_kept(trial: Trial) -> Findings:
    subject = trial.subject

    def fault(sample: Sample) -> Problem | None:
        given = trial.given(sample)
        tensors = subject.tensors(given, trial.widest)
        options = subject.named(given, trial.widest)
        subject.run(*tensors, **options, **trial.accepted({}))
        after = dict(zip(trial.card.inputs, tensors, strict=True)) | options
        for name, before in given.items():
            kept = subject.framework.returned(after[name], subject.is_image(name))
            pairs = zip(leaves(kept), leaves(before), strict=True)
            if not all(np.array_equal(one, other) for one, other in pairs):
                return Problem(f"{name} is {show(kept)} after the call")
        return None

    yield from search(trial, fault, few(trial))


def compilation(trial: Trial) -> Findings:
    """One compiled function is called with other numbers, too: it may keep the first ones."""
    function = trial.framework.compile(trial.subject.function)
    yield from search(trial, compiled_fault(trial, function), 1)
    for other in with_other_numbers(trial.others):
        fault = compiled_fault(other, function)
        options = f"compiled with {told(trial.definition)}, then called with {told(other.definition)}: "
        yield from look(other, labelled(fault, options), other.definition.drawn(1))


def compiled_fault(trial: Trial, function: Callable[..., Any]) -> Fault:
    """The compiled function must do what the plain one does; at a kink each may take its own slope."""
    compiled = replace(trial, subject=trial.subject.with_function(function))

    def fault(sample: Sample) -> Problem | None:
        try:
            came = compiled.value(sample)
            gradients = compiled.gradients(sample) if trial.trains else {}
        except Raised as error:
            return Problem(str(error), GRAPH)
        text = difference(came, trial.value(sample), "float32")
        if text is None and trial.trains:
            text = difference(gradients, trial.gradients(sample), "float32")
            if text is not None and slope_fault(compiled)(sample) is None:
                return None
        return None if text is None else Problem(text)

    return fault


def with_other_numbers(trials: Sequence[Trial]) -> Iterator[Trial]:
    """Few trials that together have every option that is a number."""
    left = {name for trial in trials for name in trial.numbers}

    def telling(trial: Trial) -> int:
        """How many of those left it has; 0 and 1 may hide what is done with them, and count less."""
        new = [parts for name, parts in trial.numbers.items() if name in left]
        return sum(1 + (0 not in parts and 1 not in parts) for parts in new)

    while left:
        best = max(trials, key=telling)
        yield best
        left.difference_update(best.numbers)


def device(trial: Trial) -> Findings:
    """On a device other than the processor: PyTorch has one that holds shapes and no numbers."""
    subject = trial.subject
    given = trial.given(trial.definition.typical()[0])

    def fault(sample: Sample) -> Problem | None:
        tensors = [elsewhere(x) for x in subject.tensors(given, "float32")]
        options = elsewhere(subject.named(given, "float32"))
        try:
            result = subject.run(*tensors, **options, **trial.accepted({}))
        except Raised as error:
            foreign = "device" in str(error) and "cpu" in str(error)
            return Problem(str(error), unsupported=not foreign)
        if any(part.device.type != "meta" for part in leaves(result)):
            return Problem("the result is on the processor, the arguments are not")
        return None

    def elsewhere(value: Any) -> Any:
        return each(lambda x: x.to("meta"), value)

    yield from look(trial, fault, trial.definition.typical()[:1])


# --- Properties ---------------------------------------------------------------------------


def symmetric(trial: Trial) -> Findings:
    first, second = list(trial.card.inputs)[:2]

    def fault(sample: Sample) -> Problem | None:
        swapped = {first: sample[second], second: sample[first]}
        return unchanged(trial, sample, Sample(sample | swapped))

    yield from search(trial, fault, trial.examples)


def translation_invariant(trial: Trial) -> Findings:
    yield from search(trial, change_fault(trial, shifted, SHIFT), trial.examples)


def scale_invariant(trial: Trial) -> Findings:
    yield from search(trial, change_fault(trial, scaled, FACTOR), trial.examples)


def change_fault(trial: Trial, change: Callable[..., Sample], by: float) -> Fault:
    """Every input of the first one's kind changed, the value must be the same."""
    inputs = trial.card.inputs
    kind = next(iter(inputs.values())).values
    alike = {name: about for name, about in inputs.items() if about.values == kind}
    return lambda sample: unchanged(trial, sample, change(sample, alike, by))


def zero_at_target(trial: Trial) -> Findings:
    first, second = list(trial.card.inputs)[:2]

    def fault(sample: Sample) -> Problem | None:
        same = Sample(sample | {first: sample[second]})
        return value_fault(trial)(same)

    yield from search(trial, fault, trial.examples)


def bounds(trial: Trial) -> Findings:
    low, high = trial.card.range(trial.definition.options)

    def fault(sample: Sample) -> Problem | None:
        came = trial.value(sample, **trial.detail)
        slack = TOLERANCE[precision_of(came, trial.widest)]
        for part in leaves(came):
            if np.any(part < low - slack) or np.any(part > high + slack):
                return Problem(f"got {show(part)}, expected between {low} and {high}")
        return None

    yield from search(trial, fault, trial.examples)


CHECKS: dict[CheckName, Callable[[Trial], Findings]] = {
    "values": values,
    "gradients": gradients,
    "edge cases": edge_cases,
    "large values": large_values,
    "precision": precision,
    "half precision": half_precision,
    "reductions": reductions,
    "empty input": empty_input,
    "more axes": more_axes,
    "NaN in": nan_in,
    "inputs kept": inputs_kept,
    "symmetric": symmetric,
    "translation invariant": translation_invariant,
    "scale invariant": scale_invariant,
    "zero at target": zero_at_target,
    "bounds": bounds,
    "compilation": compilation,
    "unknown batch size": unknown_batch_size,
    "device": device,
}
# The checks that are made with every set of options.
EVERY: frozenset[CheckName] = frozenset(
    {"values", "gradients", "edge cases", "reductions", "more axes", "inputs kept"}
)


def inapplicable(check: CheckName, trial: Trial) -> str | None:
    """Why a check says nothing about this function, if it does not."""
    card, framework = trial.card, trial.framework.name
    learns = trial.trains or of_critic(trial)
    match check:
        case "gradients" if framework == "numpy":
            return "NumPy has no gradients"
        case "gradients" if not learns:
            return "none defined"
        case "precision" | "half precision" if framework == "numpy":
            return "NumPy computes in float64"
        case "compilation" if framework == "numpy":
            return "not in NumPy"
        case "compilation" | "unknown batch size" if framework in card.not_compiled:
            return card.not_compiled[framework]
        case "large values" | "NaN in" if of_critic(trial):
            return "the definition is a finite difference"
        case "NaN in" if VALUES_DECIDE in card.not_compiled.values():
            return VALUES_DECIDE
        case "unknown batch size" if framework != "tensorflow":
            return "only in TensorFlow"
        case "device" if framework != "torch":
            return "only in PyTorch"
        case "inputs kept" if framework == "tensorflow":
            return "its tensors cannot change"
        case "reductions" if not trial.takes("reduction"):
            return "takes no reduction"
        case "empty input" if not any("N" in x.axes for x in card.inputs.values()):
            return "has no batch axis"
    return None


def applies(check: CheckName, trial: Trial) -> bool:
    """Whether the card promises what the check tests."""
    card = trial.card
    if check in PROPERTIES:
        return check in card.properties
    if check == "more axes":
        return any(about.more for about in card.inputs.values())
    return check != "bounds" or bool(np.isfinite(card.range({})).any())
