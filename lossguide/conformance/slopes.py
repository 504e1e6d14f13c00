"""Gradients, held against the slopes of the definition."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossguide.conformance.compare import Fault, Problem, convention, precision_of
from lossguide.conformance.definition import STEP
from lossguide.conformance.frameworks import leaves, weighted
from lossguide.conformance.samples import Sample
from lossguide.conformance.trial import Trial

Array = NDArray[Any]

TOLERANCE = {"float64": 1e-4, "float32": 1e-3}
# What rounding a value of 1 does to a slope in float64.
ROUNDING = 1e-9
# Entries nearer to zero are not measured: the step is too long there.
FINE = 100 * STEP
# Entries of an argument whose slopes are measured.
SLOPES = 12
# What the gradient of the result is, before it goes through the function: not 1, and not above
# 0, which a gradient written by hand may take for granted.
UPSTREAM = -0.7


def measurable(sample: Sample) -> bool:
    arrays = [x for x in leaves(sample) if not callable(x)]
    return not any(np.any((x != 0) & (np.abs(x) < FINE)) for x in arrays)


def slope_fault(trial: Trial, **options: Any) -> Fault:
    """A gradient must lie between the slopes of the definition to both sides: at a kink, anywhere there."""

    def fault(sample: Sample) -> Problem | None:
        if not measurable(sample):
            return None
        expected = trial.definition(sample, **options)
        gradients = trial.gradients(sample, upstream=UPSTREAM, **options)
        rounding = ROUNDING * sum(np.abs(part).sum() for part in leaves(expected))
        for name, part, came in arrays_of(gradients):
            for index, low, high in slopes(trial, sample, name, part, came, options):
                slack = rounding + allowed(trial, came, low, high)
                # At large entries the steps are long, and the slope changes on the way.
                entry = abs(leaves(sample[name])[part][index])
                slack += STEP * entry * max(abs(low), abs(high))
                if not low - slack <= came[index] <= high + slack:
                    found = convention(
                        trial, sample, gradients[name], trial.widest, fault
                    )
                    got, wanted = came[index] / UPSTREAM, (low + high) / 2 / UPSTREAM
                    got, wanted = got + 0.0, wanted + 0.0  # Without the sign of 0.
                    return Problem(
                        f"gradient for {name}{list(index)}: got {got:.7g},"
                        f" expected {wanted:.7g}",
                        found,
                    )
        return None

    return fault


def allowed(trial: Trial, came: Array, low: float, high: float) -> float:
    single = "float32" in (trial.works_in, precision_of(came, "float64"))
    tolerance = TOLERANCE["float32" if single else "float64"]
    return tolerance * (0.1 + max(abs(low), abs(high)))


def arrays_of(gradients: dict[str, Any]) -> Iterator[tuple[str, int, Array]]:
    """Each array of the gradients, with its argument's name and its place there."""
    for name, gradient in gradients.items():
        for part, array in enumerate(leaves(gradient)):
            yield name, part, array


def slopes(
    trial: Trial,
    sample: Sample,
    name: str,
    part: int,
    gradient: Array,
    options: dict[str, Any],
) -> Iterator[tuple[tuple[int, ...], float, float]]:
    """Indices of some entries, with the smaller and the larger of their two slopes."""
    indices = chosen(gradient)
    left, right = trial.definition.slopes(sample, name, part, indices, **options)
    for index in indices:
        low, high = sorted((UPSTREAM * left[index], UPSTREAM * right[index]))
        yield index, low, high


def chosen(gradient: Array) -> list[tuple[int, ...]]:
    """The first, the last, the steepest and some others of the entries."""
    order = np.argsort(-np.abs(gradient), axis=None, kind="stable")
    flat = [*order[: SLOPES // 2], *order[:: max(1, len(order) // (SLOPES // 2))]]
    unique = list(dict.fromkeys(int(index) for index in flat))[:SLOPES]
    return [
        tuple(int(i) for i in np.unravel_index(index, gradient.shape))
        for index in unique
    ]


def critic_fault(trial: Trial) -> Fault:
    """What a slope is taken of learns from it: the gradient reaches the critic's own weights.

    The critic's scores are its weight times the cubes of the pixels.
    """
    card, framework = trial.card, trial.framework
    name = next(name for name, about in card.inputs.items() if about.values == "critic")

    def fault(sample: Sample) -> Problem | None:
        def with_weight(weight: Any) -> Any:
            tensors = trial.subject.tensors(sample, "float64")
            tensors[list(card.inputs).index(name)] = lambda x: weight * x**3
            result = trial.subject.run(*tensors, **trial.accepted({}))
            return framework.channels_last(result) if card.images else result

        def expected(weight: float) -> float:
            critic = {name: lambda x: weight * x**3}
            return weighted(trial.definition.computed(Sample(sample | critic)))

        weight = framework.tensor(1.0)
        (gradient,) = framework.differentiate(with_weight, [weight], [weight])
        came, wanted = framework.array(gradient), expected(2.0) - expected(1.0)
        if np.isclose(came, wanted, rtol=1e-4, atol=1e-4):
            return None
        return Problem(
            f"gradient for the weight of the critic: got {came:.7g}, expected {wanted:.7g}"
        )

    return fault
