"""A function beside the definition of the loss that it says it is."""

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lossguide.catalog import Card
from lossguide.conformance.frameworks import FRAMEWORKS, Framework, Subject, leaves
from lossguide.conformance.samples import plain_options, typical

Adapt = Callable[..., tuple[Any, ...]]
Sample = dict[str, Any]


@dataclass
class Trial:
    """A function, the definition it is held against, and the options of both."""

    subject: Subject
    definition: Subject
    options: Mapping[str, Any]
    plain: Mapping[str, Any]
    takes: Callable[[str], bool]
    examples: int

    def value(self, sample: Sample, dtype: str = "float64", **options: Any) -> Any:
        return self.subject(sample, dtype, **self.accepted(options))

    def gradients(
        self, sample: Sample, dtype: str = "float64", **options: Any
    ) -> dict[str, Any]:
        return self.subject.gradients(sample, dtype, **self.accepted(options))

    def expected(self, sample: Sample, **options: Any) -> Any:
        return self.definition(sample, **{**self.plain, **options})

    def accepted(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options that the function takes; its own default reduction may be another."""
        default = {"reduction": "mean"} if self.subject.card.is_loss else {}
        every = {**default, **self.plain, **options}
        return {name: value for name, value in every.items() if self.takes(name)}

    @property
    def detail(self) -> dict[str, str]:
        """The option that gives one value an item, where there is one."""
        return {"reduction": "none"} if self.takes("reduction") else {}

    @property
    def trains(self) -> bool:
        return self.subject.framework.name != "numpy" and any(
            about.gradient for about in self.subject.card.inputs.values()
        )


def trial_of(
    function: Callable[..., Any],
    card: Card,
    *,
    adapt: Adapt | None = None,
    options: Mapping[str, Any] | None = None,
    framework: str | None = None,
    examples: int = 25,
) -> Trial:
    """Put a function beside the definition that the card describes."""
    options = card.options[0] if options is None else options
    names = parameters(function)
    home = home_of(function, card, options, names, adapt, framework)
    numpy = FRAMEWORKS["numpy"]
    return Trial(
        subject=Subject(function, card, home, adapt),
        definition=Subject(getattr(numpy.column, card.name), card, numpy),
        options=options,
        plain=plain_options(options),
        takes=names.__contains__,
        examples=examples,
    )


def parameters(function: Callable[..., Any]) -> set[str]:
    """The names that a function takes."""
    try:
        return set(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return set()


def home_of(
    function: Callable[..., Any],
    card: Card,
    options: Mapping[str, Any],
    names: set[str],
    adapt: Adapt | None,
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
    wanted = {
        name: value for name, value in plain_options(options).items() if name in names
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
