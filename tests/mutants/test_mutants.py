"""The conformance kit sees what people get wrong: each fault, put into one of our losses, fails `check`."""

import importlib
import importlib.util
import inspect
from itertools import product

import pytest

from lossguide import conformance
from lossguide.catalog import CARDS
from lossguide.conformance import search
from lossguide.conformance.checks import CHECKS

FAMILIES = sorted({card.family for card in CARDS})
MUTANTS = [
    mutant
    for family in FAMILIES
    for mutant in importlib.import_module(f"mutants.{family}").MUTANTS
]
FIRST_OF_A_FAMILY = {
    (mutant.framework, mutant.loss.partition(".")[0]): mutant
    for mutant in reversed(MUTANTS)
}.values()


def mutate(mutant):
    """The one expression replaced, where the module holds it."""

    def change(module, source):
        name = mutant.helper or mutant.loss.rpartition(".")[2]
        place = inspect.getsource(getattr(module, name))
        assert source.count(place) == 1
        assert place.count(mutant.right) == 1, f"{name} has not one {mutant.right}"
        return source.replace(place, place.replace(mutant.right, mutant.wrong))

    return change


def unchanged(module, source):
    return source


@pytest.fixture
def make(tmp_path):
    """Import a family's module from its own source, or from what became of it."""

    def make(framework, family, change):
        pytest.importorskip(framework)
        module = importlib.import_module(f"lossguide.{framework}.{family}")
        path = tmp_path / f"{family}.py"
        path.write_text(change(module, inspect.getsource(module)), "utf-8")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        made = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(made)
        return made

    return make


@pytest.fixture
def failures(make, monkeypatch):
    """Which of a mutant's checks fail. The first failing input is enough, however large."""
    monkeypatch.setattr(search, "SEARCHES", 1)

    def failures(mutant, change):
        family, _, name = mutant.loss.partition(".")
        function = getattr(make(mutant.framework, family, change), name)
        kept = {key: CHECKS[key] for key in mutant.seen_in}
        monkeypatch.setattr(conformance, "CHECKS", kept)
        report = conformance.check(
            function,
            mutant.loss,
            options=mutant.options or None,
            framework=mutant.framework,
            strict=True,
        )
        return set(report.failures)

    return failures


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_the_fault_is_seen(failures, mutant):
    assert failures(mutant, mutate(mutant)) == mutant.seen_in


@pytest.mark.parametrize("mutant", FIRST_OF_A_FAMILY, ids=str)
def test_without_the_fault_nothing_is_seen(failures, mutant):
    assert failures(mutant, unchanged) == set()


def test_mutants_are_many_and_everywhere():
    kinds = {(mutant.framework, mutant.loss.partition(".")[0]) for mutant in MUTANTS}
    assert len(MUTANTS) >= 50
    assert kinds == set(product(["torch", "tensorflow"], FAMILIES))
    assert {check for mutant in MUTANTS for check in mutant.seen_in} == set(CHECKS)
