"""How samples are looked through for one that is at fault, and made smaller."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from operator import itemgetter
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.errors import HypothesisException

from lossguide.conformance.compare import Fault, Problem
from lossguide.conformance.frameworks import Raised, each, leaves
from lossguide.conformance.samples import Sample
from lossguide.conformance.trial import Trial
from lossguide.conformance.words import complexity

# Tries to find a failing sample anew, among simple ones, and to make it smaller.
SEARCHES = 500
SHRINKS = 150


@dataclass(frozen=True)
class Finding:
    """A problem, and the sample that has it."""

    problem: Problem
    sample: Sample


class Enough(BaseException):
    """Ends a search from within."""


def looked(fault: Fault, sample: Sample) -> Problem | None:
    """What is wrong with a sample. What the function under test raises is a fault like another."""
    try:
        return fault(sample)
    except Raised as error:
        return Problem(str(error))


def fails(problem: Problem) -> bool:
    return not (problem.convention or problem.unsupported)


def look(
    trial: Trial, fault: Fault, samples: Iterable[Sample]
) -> Iterator[Finding | None]:
    """What is found in each sample: None, where all is well. The first failure is the last."""
    for sample in samples:
        problem = looked(fault, sample)
        if problem is not None and fails(problem):
            yield by_itself(trial, fault, Finding(problem, sample))
            return
        yield None if problem is None else Finding(problem, sample)


def by_itself(trial: Trial, fault: Fault, found: Finding) -> Finding:
    """The failure of one item without the others, if it fails so."""
    batched = [
        name for name, about in trial.definition.inputs.items() if "N" in about.axes[:1]
    ]
    count = max((len(leaves(found.sample[name])[0]) for name in batched), default=0)
    for item in range(count):
        rows = slice(item, item + 1)
        parts = {name: each(itemgetter(rows), found.sample[name]) for name in batched}
        one = Sample(found.sample | parts)
        problem = looked(fault, one)
        if problem is not None and fails(problem):
            return Finding(problem, one)
    return found


def search(
    trial: Trial, fault: Fault, examples: int, samples: slice = slice(None), **how: Any
) -> Iterator[Finding | None]:
    """The same for random samples, or some of them; a failing one is made as small as possible."""
    drawn = trial.definition.drawn(examples, **how)
    for found in look(trial, fault, drawn[samples]):
        if found is not None and fails(found.problem):
            strategy = trial.definition.strategy(**how)
            yield smallest(found, fault, strategy)
        else:
            yield found


def smallest(found: Finding, fault: Fault, strategy: Any) -> Finding:
    """The failing sample that is easiest to read, of those met on the way to a smaller one."""
    failing = [found]
    tries = iter(range(SHRINKS))

    def fails_too(sample: Sample) -> bool:
        if len(failing) > 1 and next(tries, None) is None:
            raise Enough
        problem = looked(fault, sample)
        if problem is None or not fails(problem):
            return False
        failing.append(Finding(problem, sample))
        return True

    # That a failure is there is known: whatever ends the search, nothing is hidden by it.
    with suppress(HypothesisException, Enough):
        find(strategy, fails_too, settings=thorough(SEARCHES), random=Random(0))
    return min(failing, key=lambda each: complexity(each.sample))


def thorough(examples: int) -> settings:
    return settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
