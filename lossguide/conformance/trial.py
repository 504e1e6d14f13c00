"""A function beside the definition of the loss that it says it is."""

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.util import find_spec
from itertools import permutations
from operator import itemgetter
from typing import Any

import numpy as np

from lossguide.catalog import Card, Input
from lossguide.catalog.card import did_you_mean
from lossguide.conformance.definition import Definition, stated
from lossguide.conformance.frameworks import (
    FRAMEWORKS,
    Framework,
    Raised,
    Subject,
    WrongCall,
    array_options,
    leaves,
)
from lossguide.conformance.samples import Options, Sample
from lossguide.conformance.words import show

Adapt = Callable[..., tuple[Any, ...]]


@dataclass(frozen=True)
class Trial:
    """A function, and the definition it is held against, with one set of options.

    ``widest`` is the best precision that the function takes. ``main`` is the set of options that
    all checks are made with, and with as many examples as asked for; ``others`` are the trials with
    the other sets.
    """

    subject: Subject
    definition: Definition
    takes: Callable[[str], bool]
    examples: int
    widest: str = "float64"
    main: bool = True
    others: tuple["Trial", ...] = ()

    @property
    def card(self) -> Card:
        return self.definition.card

    @property
    def framework(self) -> Framework:
        return self.subject.framework

    @property
    def narrow(self) -> str:
        """The precision that networks are trained in."""
        return self.framework.dtypes[:2][-1]

    def value(self, sample: Sample, dtype: str = "", **options: Any) -> Any:
        arrays, dtype = self.given(sample), dtype or self.widest
        return self.subject(arrays, dtype, **self.accepted(options))

    def gradients(
        self, sample: Sample, dtype: str = "", upstream: float = 1, **options: Any
    ) -> dict[str, Any]:
        arrays, dtype = self.given(sample), dtype or self.widest
        return self.subject.gradients(arrays, dtype, upstream, **self.accepted(options))

    def given(self, sample: Sample) -> Mapping[str, Any]:
        """The arrays that the function takes: it may have an array option in itself."""
        return {
            name: value
            for name, value in sample.items()
            if name in self.card.inputs or self.takes(name)
        }

    def accepted(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options that the function takes; its own default reduction may be another."""
        default = {"reduction": "mean"} if self.card.is_loss else {}
        every = {**default, **self.definition.plain, **options}
        return {name: value for name, value in every.items() if self.takes(name)}

    @property
    def detail(self) -> dict[str, str]:
        """The option that gives one value an item, where there is one."""
        return {"reduction": "none"} if self.takes("reduction") else {}

    @property
    def numbers(self) -> dict[str, list[int | float]]:
        """The options that are a number, or several."""
        parts = {name: leaves(value) for name, value in self.definition.plain.items()}
        return {
            name: found
            for name, found in parts.items()
            if all(type(part) in (int, float) for part in found)
        }

    @property
    def reductions(self) -> list[dict[str, str]]:
        """The reductions that the function takes."""
        if not self.takes("reduction"):
            return [{}]
        return [{"reduction": reduction} for reduction in ("mean", "none", "sum")]

    @cached_property
    def works_in(self) -> str:
        """The precision of its values, which may be less than that of its inputs."""
        value = self.value(self.definition.typical()[0])
        return str(np.asarray(leaves(value)[0]).dtype)

    @cached_property
    def trains(self) -> bool:
        return self.framework.name != "numpy" and any(
            about.gradient for about in self.card.inputs.values()
        )


def told(definition: Definition) -> str:
    """The options, and the forms of the inputs, of a definition."""
    return show({**definition.forms, **definition.options}) or "the defaults"


def trials_of(
    function: Callable[..., Any],
    card: Card,
    *,
    adapt: Adapt | None = None,
    options: Options | None = None,
    framework: str | None = None,
    examples: int = 25,
) -> tuple[list[Trial], list[str]]:
    """A trial for each set of options that the card has and the function takes.

    Or one for the options that are given. What the function does not take comes second.
    """
    if not callable(function):
        kind = type(function).__name__
        raise TypeError(f"the function to check must be callable, got {kind}")
    definitions = definitions_of(card, options)
    takes = parameters(function).__contains__
    home = home_of(function, definitions[0], takes, adapt, framework)

    def trial_with(definition: Definition, **how: Any) -> Trial:
        subject = Subject(function, definition.card, home, adapt)
        return Trial(subject, definition, takes, **how)

    first, *others = definitions
    widest = widest_of(trial_with(first, examples=1))
    trials, refused = [], []
    for definition in distinct(others, takes):
        few = max(3, examples // 4)
        trial = trial_with(definition, examples=few, widest=widest, main=False)
        if accepts(trial):
            trials.append(trial)
        else:
            refused.append(told(definition))
    main = trial_with(first, examples=examples, widest=widest, others=tuple(trials))
    return [main, *trials], refused


def distinct(
    definitions: list[Definition], takes: Callable[[str], bool]
) -> Iterator[Definition]:
    """The definitions, and each with those of its options that the function takes.

    Two options that are tried together must not hide one of them from a function that has no other.
    """
    known = [set(definition.options) for definition in definitions]
    for definition in definitions:
        yield definition
        taken = {name: x for name, x in definition.options.items() if takes(name)}
        if taken and set(taken) not in known:
            known.append(set(taken))
            yield Definition(definition.card, {**definition.forms, **taken})


def widest_of(trial: Trial) -> str:
    """Double precision, unless the function takes no more than single."""
    try:
        trial.value(trial.definition.typical()[0], "float64")
    except Raised:
        return "float32"
    return "float64"


def definitions_of(card: Card, options: Options | None) -> list[Definition]:
    """The definition with each set of its options, or with those given; it must be able to run."""
    if options is None:
        return [stated(card.name, index) for index in range(len(card.options))]
    definition = Definition(card, settled(card, options))
    try:
        definition(definition.typical()[0])
    except Exception as error:
        raise ValueError(f"with {told(definition)}, {error}") from error
    return [definition]


def settled(card: Card, options: Options) -> dict[str, Any]:
    """The options with known names, and arrays where an option can be one."""
    definition = getattr(FRAMEWORKS["numpy"].column, card.name)
    known = inspect.signature(definition).parameters
    arrays = array_options(card)
    for name in options:
        if name not in known:
            own = [one for one in known if one not in card.inputs]
            raise ValueError(
                f"{card.family}.{card.name} has no option {name!r}"
                f"{did_you_mean(name, own)} It has {', '.join(own)}"
            )
    return {
        name: array_of(name, value, arrays[name]) if name in arrays else value
        for name, value in options.items()
    }


def array_of(name: str, value: Any, about: Input) -> Any:
    """An array option as an array; what it has instead of an array stays."""
    if value is None or isinstance(value, Input | int | float | str):
        return value
    array = np.array(value, about.dtype)
    if array.ndim != len(about.axes):
        raise ValueError(
            f"{name} must have the axes ({', '.join(about.axes)}), got shape {array.shape}"
        )
    return array


def accepts(trial: Trial) -> bool:
    """Whether a function takes options. Another form of its inputs it takes if it is right for it."""
    definition = trial.definition
    if not all(map(trial.takes, definition.options)):
        return False
    sample = definition.typical()[0]
    try:
        came = trial.value(sample, "float32")
    except Raised:
        return False
    other_form = definition.card.inputs != stated(definition.card.name, 0).card.inputs
    return not other_form or agree(came, definition(sample))


def agree(came: Any, expected: Any) -> bool:
    pairs = list(zip(leaves(came), leaves(expected), strict=False))
    return len(leaves(came)) == len(leaves(expected)) and all(
        np.shape(one) == np.shape(other)
        and np.allclose(one, other, rtol=1e-3, atol=1e-4)
        for one, other in pairs
    )


def other_order(trial: Trial) -> str:
    """What to say if the arguments in another order give what is expected."""
    subject, names = trial.subject, list(trial.card.inputs)
    samples = [trial.definition.typical(seed=seed)[0] for seed in (0, 1)]
    if subject.adapt is not None or len(names) not in (2, 3):
        return ""
    for order in list(permutations(range(len(names))))[1:]:
        adapt = itemgetter(*order)
        other = replace(
            trial,
            subject=Subject(
                subject.function,
                subject.card,
                subject.framework,
                lambda *arguments, adapt=adapt: adapt(arguments),
            ),
        )
        try:
            came = [other.value(sample, trial.narrow) for sample in samples]
        except Raised:
            continue
        if all(map(agree, came, map(trial.definition, samples))):
            taken = ", ".join(adapt(names))
            return (
                "it agrees with the arguments in another order:"
                f" adapt=lambda {', '.join(names)}: ({taken})"
            )
    return ""


def parameters(function: Callable[..., Any]) -> set[str]:
    """The names that a function takes by keyword; of ``forward``, if it is a PyTorch module."""
    try:
        called = getattr(function, "forward", function)
        found = inspect.signature(called).parameters.values()
    except (TypeError, ValueError):
        return set()
    return {p.name for p in found if p.kind is not p.POSITIONAL_ONLY}


def home_of(
    function: Callable[..., Any],
    definition: Definition,
    takes: Callable[[str], bool],
    adapt: Adapt | None,
    framework: str | None,
) -> Framework:
    """The framework of a function: the first whose tensors it takes, gives back and differentiates."""
    card, sample = definition.card, definition.typical()[0]
    trained = any(about.gradient for about in card.inputs.values())
    found: dict[str, str] = {}
    for candidate in [framework_named(framework)] if framework else likely(trained):
        trial = Trial(Subject(function, card, candidate, adapt), definition, takes, 1)
        try:
            given, options = trial.given(sample), trial.accepted({})
            result = trial.subject.raw(given, "float32", **options)
            home = framework_of(result, candidate)
            if home is candidate and trial.trains and framework is None:
                trial.gradients(sample, "float32")
        except Raised as error:
            found[candidate.name] = str(error)
            if candidate.name in sys.modules and (cause := other_order(trial)):
                raise WrongCall(f"{name_of(function)} {error}; {cause}") from error
        else:
            if home is not None:
                return home
            found[candidate.name] = f"gave {kind_of(result)}"
    raise WrongCall(explained(function, card, adapt is not None, found))


def framework_named(name: str) -> Framework:
    if name not in FRAMEWORKS:
        raise ValueError(
            f"framework must be one of {', '.join(FRAMEWORKS)}, got {name!r}"
        )
    return FRAMEWORKS[name]


def likely(trained: bool) -> Iterator[Framework]:
    """The frameworks to try, in order. What only uses operators runs in all: gradients first.

    TensorFlow, which takes long to load, comes last if it is not loaded.
    """
    before = [name for name in ("torch", "tensorflow") if find_spec(name)]
    after = []
    if "tensorflow" in before and "tensorflow" not in sys.modules:
        after = [before.pop()]
    for name in [*before, "numpy", *after] if trained else ["numpy", *before, *after]:
        yield FRAMEWORKS[name]


def framework_of(result: Any, candidate: Framework) -> Framework | None:
    """The framework of all tensors in a result, which may be another than they were given in."""
    for home in (candidate, *FRAMEWORKS.values()):
        parts = leaves(result) if isinstance(result, tuple | list) else [result]
        if home.name in sys.modules and parts and all(map(home.is_tensor, parts)):
            return home
    return None


def name_of(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__name__", type(function).__name__))


def kind_of(result: Any) -> str:
    return "nothing" if result is None else f"a {type(result).__name__}"


def explained(
    function: Callable[..., Any], card: Card, adapted: bool, found: Mapping[str, str]
) -> str:
    """Why a function cannot be checked, in a sentence that names the likely cause."""
    name = name_of(function)
    like = f"{card.family}.{card.name}({', '.join(card.inputs)})"
    if not takes_as_many(function, len(card.inputs)) and not adapted:
        return (
            f"{name}{inspect.signature(function)} must take the arguments of {like}:"
            " `adapt` brings them into another form"
        )
    if any(text == "gave nothing" for text in found.values()):
        return (
            f"{name} gave nothing for the arguments of {like}: is a `return` missing?"
        )
    gave = [text for text in found.values() if text.startswith("gave")]
    if gave:
        return (
            f"{name} {gave[0]} for the arguments of {like}: it must give a tensor of"
            " the framework whose tensors it takes"
        )
    texts = dict.fromkeys(found.values())
    if len(texts) == 1:
        return f"{name} {next(iter(texts))} for ordinary arguments of {like}"
    tried = "; ".join(f"{framework}: {text}" for framework, text in found.items())
    return f"{name} must take the arguments of {like}; `adapt` brings them into another form. Tried {tried}"


def takes_as_many(function: Callable[..., Any], count: int) -> bool:
    """Whether a function can be called with so many arguments, as far as can be known."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return True
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True
