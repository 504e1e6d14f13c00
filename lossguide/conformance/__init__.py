"""A kit that tells whether a loss is right: ``check(my_loss, like="boxes.ciou_loss")``."""

from collections.abc import Callable, Mapping
from typing import Any

from lossguide.catalog import find
from lossguide.conformance.checks import CHECKS, applies, inapplicable, show
from lossguide.conformance.report import Outcome, Report
from lossguide.conformance.trial import Trial, trial_of

__all__ = ["Outcome", "Report", "check"]


def check(
    function: Callable[..., Any],
    like: str,
    *,
    adapt: Callable[..., tuple[Any, ...]] | None = None,
    options: Mapping[str, Any] | None = None,
    framework: str | None = None,
    examples: int = 25,
) -> Report:
    """Hold a function against the definition of the loss that it says it is.

    The function is given random and extreme inputs. Its values are compared with
    ``lossguide.numpy``, its gradients with the slopes of the definition.

    Args:
        function: yours; it takes and gives tensors of PyTorch or TensorFlow, or NumPy arrays.
        like: the name of the definition: ``python -m lossguide list`` shows all.
        adapt: turns the definition's arguments into yours, as a tuple. For a function that takes
            the target first: ``lambda pred, target: (target, pred)``.
        options: options of the definition, where they are not its defaults. An option that
            your function takes by the same name is passed to it as well.
        framework: "torch", "tensorflow" or "numpy"; found by trying, if None.
        examples: how many random inputs a check tries.

    Returns:
        A report; ``report.passed`` is True or False, ``print(report)`` shows every check.

    Raises:
        LookupError: there is no such definition; the message names the nearest.
        ValueError: the framework is none of the three.
        TypeError: the function accepts the tensors of no installed framework.

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
    trial = trial_of(
        function,
        card,
        adapt=adapt,
        options=options,
        framework=framework,
        examples=examples,
    )
    name = getattr(function, "__name__", type(function).__name__)
    outcomes = tuple(outcome(key, trial) for key in CHECKS if applies(key, trial))
    home = trial.subject.framework.name
    return Report(name, f"{card.family}.{card.name}", home, outcomes)


def outcome(key: str, trial: Trial) -> Outcome:
    if reason := inapplicable(key, trial):
        return Outcome(key, None, reason)
    found = CHECKS[key](trial)
    if found is None:
        return Outcome(key, True)
    sample, problem = found
    pitfall = trial.subject.card.pitfalls.get(key, "")
    return Outcome(key, False, problem, show(sample), pitfall)
