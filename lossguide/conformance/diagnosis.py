"""The likely cause of wrong values, in a sentence."""

import inspect
from typing import Any

import numpy as np

from lossguide.conformance.frameworks import Raised, leaves
from lossguide.conformance.trial import Trial, other_order

# A factor that is near one of these is told as such.
FACTORS = {2: "twice", 0.5: "half of", -1: "the negative of"}


def likely_cause(trial: Trial) -> str:
    """Why the values of a function are wrong, where two ordinary inputs can tell."""
    definition = trial.definition
    samples = [definition.typical(seed=seed)[0] for seed in (0, 1)]
    expected = [definition(sample) for sample in samples]
    try:
        came = [trial.value(sample, trial.narrow) for sample in samples]
    except Raised:
        came = []
    return (
        other_order(trial)
        or never_finite(came)
        or other_default(trial)
        or scaled(came, expected)
    )


def never_finite(came: list[Any]) -> str:
    if came and not any(np.isfinite(leaf).any() for leaf in leaves(came)):
        return "it is not finite for ordinary inputs: a logarithm or root of a negative number, or 0/0?"
    return ""


def other_default(trial: Trial) -> str:
    """An option of both has another default."""
    theirs = defaults(trial.subject.function)
    ours = defaults(trial.definition.subject.function)
    differing = [
        f"{name} is {theirs[name]!r}, the definition's {ours[name]!r}"
        for name in theirs
        if name in ours
        and name not in {"reduction", *trial.definition.plain}
        and theirs[name] != ours[name]
    ]
    return f"its default {differing[0]}" if differing else ""


def defaults(function: Any) -> dict[str, Any]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return {}
    return {p.name: p.default for p in parameters if p.default is not p.empty}


def scaled(came: list[Any], expected: list[Any]) -> str:
    """Every value is the same multiple of what it should be."""
    pairs = [[np.asarray(x) for x in leaves(results)] for results in (came, expected)]
    if not came or len({tuple(x.shape for x in results) for results in pairs}) > 1:
        return ""
    one, other = (np.concatenate([x.ravel() for x in results]) for results in pairs)
    apart = np.abs(other) > 1e-3
    if one.dtype.kind != "f" or apart.sum() < 2:
        return ""
    ratios = one[apart] / other[apart]
    factor = float(np.median(ratios))
    if not np.allclose(ratios, factor, rtol=1e-3) or abs(factor - 1) < 1e-2:
        return ""
    known = [
        words for near, words in FACTORS.items() if np.isclose(factor, near, rtol=1e-3)
    ]
    multiple = known[0] if known else f"{factor:.4g} times"
    return f"every value is {multiple} the definition's: another factor, or a sum for a mean?"
