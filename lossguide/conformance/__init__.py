"""A kit that tells whether a loss is right: ``check(my_loss, like="boxes.ciou_loss")``."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lossguide.catalog import find
from lossguide.catalog.card import CheckName
from lossguide.conformance.checks import CHECKS, EVERY, applies, inapplicable
from lossguide.conformance.diagnosis import likely_cause
from lossguide.conformance.report import Outcome, Report, Verdict
from lossguide.conformance.search import Finding
from lossguide.conformance.trial import Trial, name_of, told, trials_of
from lossguide.conformance.words import code, show

__all__ = ["Outcome", "Report", "Verdict", "check"]


def check(
    function: Callable[..., Any],
    like: str,
    *,
    adapt: Callable[..., tuple[Any, ...]] | None = None,
    options: Mapping[str, Any] | None = None,
    framework: str | None = None,
    examples: int = 25,
    strict: bool = False,
) -> Report:
    """Hold a function against the definition of the loss that it says it is.

    The function is given random and extreme inputs. Its values are compared with
    ``lossguide.numpy``, its gradients with the slopes of the definition. A difference is a failure,
    or one of convention: where two sound losses may differ.

    Args:
        function: yours; it takes and gives tensors of PyTorch or TensorFlow, or NumPy arrays.
        like: the name of the definition: ``python -m lossguide list`` shows all.
        adapt: turns the definition's arguments into yours, as a tuple. For a function that takes
            the target first: ``lambda pred, target: (target, pred)``.
        options: options of the definition, where they are not its defaults. An option that
            your function takes by the same name is passed to it as well. If None, several sets
            of options are tried: those whose names your function takes.
        framework: "torch", "tensorflow" or "numpy"; found by trying, if None.
        examples: how many random inputs a check tries.
        strict: whether a difference of convention is a failure, too.

    Returns:
        A report; ``report.passed`` is True or False, ``print(report)`` shows every check.

    Raises:
        LookupError: there is no such definition; the message names the nearest.
        ValueError: the framework is none of the three, or the definition does not take the options.
        TypeError: the function cannot be run, or gives no tensors; the message says why.

    Example:
        >>> import numpy as np
        >>> def my_loss(pred, target):
        ...     return np.mean(np.abs(pred - target)) / 2
        >>> report = check(my_loss, like="regression.l1_loss")
        >>> report.passed
        False
        >>> report.failures[0]
        'values'
    """
    card = find(like)
    if examples < 1:
        raise ValueError(f"examples must be at least 1, got {examples}")
    trials, refused = trials_of(
        function,
        card,
        adapt=adapt,
        options=options,
        framework=framework,
        examples=examples,
    )
    return Report(
        function=name_of(function),
        like=f"{card.family}.{card.name}",
        framework=trials[0].framework.name,
        outcomes=tuple(
            outcome(key, trials) for key in CHECKS if applies(key, trials[0])
        ),
        tried=tuple(told(trial.definition) for trial in trials),
        refused=tuple(refused),
        strict=strict,
    )


def outcome(key: CheckName, trials: Sequence[Trial]) -> Outcome:
    """What came of a check: its first failure, or else what differs by convention."""
    if reason := inapplicable(key, trials[0]):
        return Outcome(key, Verdict.NONE, reason)
    looked = False
    differing, unsupported = [], []
    for trial in trials if key in EVERY else trials[:1]:
        for finding in CHECKS[key](trial):
            if finding is None:
                looked = True
            elif finding.problem.unsupported:
                unsupported.append(finding.problem.text)
            elif finding.problem.convention:
                differing.append((trial, finding))
            else:
                return found(key, Verdict.FAIL, trial, finding)
    if differing:
        return found(key, Verdict.DIFFERS, *differing[0])
    if looked:
        return Outcome(key, Verdict.PASS, "; ".join(dict.fromkeys(unsupported)))
    return Outcome(
        key, Verdict.NONE, unsupported[0] if unsupported else "nothing tried"
    )


def found(key: CheckName, verdict: Verdict, trial: Trial, finding: Finding) -> Outcome:
    card, fails = trial.card, verdict is Verdict.FAIL
    return Outcome(
        check=key,
        verdict=verdict,
        problem=finding.problem.text,
        inputs=show(finding.sample),
        options="" if trial.main else told(trial.definition),
        convention=finding.problem.convention,
        cause=likely_cause(trial) if fails and key == "values" else "",
        pitfall=card.pitfalls.get(key, "") if fails else "",
        code=code(finding.sample),
    )
