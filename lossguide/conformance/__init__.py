"""A kit that tells whether a loss is right: ``check(my_loss, like="boxes.ciou_loss")``."""

import inspect
import sys
from collections.abc import Callable, Mapping
from typing import Any

from lossguide.catalog import Card, find
from lossguide.conformance.checks import CHECKS, Trial, applies, inapplicable, show
from lossguide.conformance.frameworks import FRAMEWORKS, Framework, Subject, leaves
from lossguide.conformance.report import Outcome, Report
from lossguide.conformance.samples import plain_options, typical

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
    options = card.options[0] if options is None else options
    home = home_of(function, card, options, adapt, framework)
    names, anything = parameters(function)
    definition = FRAMEWORKS["numpy"]
    trial = Trial(
        subject=Subject(function, card, home, adapt),
        definition=Subject(getattr(definition.column, card.name), card, definition),
        options=options,
        plain=plain_options(options),
        takes=lambda name: anything or name in names,
        examples=examples,
    )
    name = getattr(function, "__name__", type(function).__name__)
    outcomes = tuple(outcome(key, trial) for key in CHECKS if applies(key, trial))
    return Report(name, f"{card.family}.{card.name}", home.name, outcomes)


def outcome(key: str, trial: Trial) -> Outcome:
    if reason := inapplicable(key, trial):
        return Outcome(key, None, reason)
    found = CHECKS[key](trial)
    if found is None:
        return Outcome(key, True)
    sample, problem = found
    pitfall = trial.subject.card.pitfalls.get(key, "")
    return Outcome(key, False, problem, show(sample), pitfall)


def parameters(function: Callable[..., Any]) -> tuple[set[str], bool]:
    """The names that a function takes, and whether it takes any."""
    try:
        known = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return set(), False
    anything = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in known)
    return {p.name for p in known}, anything


def home_of(
    function: Callable[..., Any],
    card: Card,
    options: Mapping[str, Any],
    adapt: Callable[..., tuple[Any, ...]] | None,
    framework: str | None,
) -> Framework:
    """The framework of a function: the first whose tensors it takes and gives back."""
    if framework is not None:
        if framework not in FRAMEWORKS:
            raise ValueError(
                f"framework must be one of {', '.join(FRAMEWORKS)}, got {framework!r}"
            )
        return FRAMEWORKS[framework]
    sample = typical(card, options)
    names, anything = parameters(function)
    wanted = {
        name: value
        for name, value in plain_options(options).items()
        if anything or name in names
    }
    complaints = []
    for candidate in FRAMEWORKS.values():
        try:
            subject = Subject(function, card, candidate, adapt)
            result = subject.raw(sample, "float32", **wanted)
        except Exception as error:
            complaints.append(f"{candidate.name}: {type(error).__name__}: {error}")
            continue
        for home in (candidate, *FRAMEWORKS.values()):
            loaded = home.name in sys.modules
            if loaded and all(home.is_tensor(part) for part in leaves(result)):
                return home
        complaints.append(f"{candidate.name}: gave {type(result).__name__}")
    raise TypeError(
        "function must take the arguments of "
        f"{card.family}.{card.name}({', '.join(card.inputs)}) as tensors of one framework;"
        " `adapt` brings them into another form. Tried " + "; ".join(complaints)
    )
