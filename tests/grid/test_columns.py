"""The grid: the columns mirror each other, and every function has its card."""

import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import lossguide
from lossguide.catalog import CARDS, PAPERS, find, losses
from lossguide.catalog.card import DEFAULTS, LIBRARIES

PACKAGE = Path(lossguide.__file__).parent
BIBLIOGRAPHY = PACKAGE.parent / "book" / "references.bib"
COLUMNS = ("numpy", "torch", "tensorflow")
FAMILIES = sorted({card.family for card in CARDS})

each_card = pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
each_column = pytest.mark.parametrize("name", COLUMNS)


def module(column, family):
    pytest.importorskip(column)
    return importlib.import_module(f"lossguide.{column}.{family}")


@each_column
def test_a_column_has_a_module_for_each_family(name):
    modules = {path.stem for path in (PACKAGE / name).glob("*.py")}
    shared = {"__init__", "_arguments"} | ({"_slope"} if name == "numpy" else set())
    assert modules == {*shared, *FAMILIES}


def test_the_catalog_has_a_module_for_each_family():
    modules = {path.stem for path in (PACKAGE / "catalog").glob("*.py")}
    assert modules == {"__init__", "card", "papers", *FAMILIES}


@each_column
@pytest.mark.parametrize("family", FAMILIES)
def test_a_module_declares_what_the_catalog_describes(name, family):
    declared = module(name, family).__all__
    assert sorted(declared) == declared
    assert set(declared) == {card.name for card in CARDS if card.family == family}


@each_column
def test_a_column_exports_every_function(name):
    pytest.importorskip(name)
    column = importlib.import_module(f"lossguide.{name}")
    adaptor = {"Loss"} - ({"Loss"} if name == "numpy" else set())
    assert set(column.__all__) == {*FAMILIES, *(card.name for card in CARDS), *adaptor}


@pytest.mark.parametrize("name", ["torch", "tensorflow"])
def test_a_framework_that_is_missing_names_what_to_install(name):
    code = f"import sys; sys.modules[{name!r}] = None; import lossguide.{name}.boxes"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith(f'pip install "lossguide[{name}]"')


@each_card
def test_signatures_are_equal(card):
    signatures = {
        name: [
            (parameter.name, parameter.kind, parameter.default)
            for parameter in parameters(module(name, card.family), card)
        ]
        for name in COLUMNS
    }
    assert signatures["numpy"] == signatures["torch"] == signatures["tensorflow"]


@each_card
def test_a_card_describes_only_arguments_that_exist(card):
    names = {
        parameter.name for parameter in parameters(module("numpy", card.family), card)
    }
    assert card.arguments.keys() <= names


@each_card
def test_a_card_states_every_default(card):
    signature = {
        parameter.name: parameter.default
        for parameter in parameters(module("numpy", card.family), card)
        if parameter.default is not parameter.empty
    }
    shared = {name: DEFAULTS[name] for name in signature.keys() & DEFAULTS.keys()}
    stated = {**shared, **card.defaults}
    assert {name: default.value for name, default in stated.items()} == signature


@each_card
def test_a_default_has_an_origin(card):
    for default in (*card.defaults.values(), *DEFAULTS.values()):
        assert default.origin in {"ours", *LIBRARIES, *PAPERS}
        assert bool(default.place) == (default.origin not in LIBRARIES)


@pytest.mark.parametrize(
    ("name", "peer"),
    [
        ("huber_loss", "huber_loss"),
        ("cross_entropy_loss", "cross_entropy"),
        ("soft_cross_entropy_loss", "cross_entropy"),
        ("weston_watkins_loss", "multi_margin_loss"),
        ("channel_statistics", "instance_norm"),
        ("adain", "instance_norm"),
    ],
)
def test_what_is_said_to_be_pytorchs_default_is(name, peer):
    functional = pytest.importorskip("torch").nn.functional
    theirs = inspect.signature(getattr(functional, peer)).parameters
    stated = find(name).defaults.items()
    ours = {name: x for name, x in stated if x.origin == "PyTorch"}
    assert ours
    for option, default in ours.items():
        assert theirs[option].default == default.value


def parameters(module, card):
    return inspect.signature(getattr(module, card.name)).parameters.values()


def test_names_are_unique():
    assert len({card.name for card in CARDS}) == len(CARDS)


def test_find_and_losses():
    assert find("giou_loss").family == "boxes"
    assert {card.family for card in losses("boxes")} == {"boxes"}
    assert losses() == [card for card in CARDS if card.name.endswith("_loss")]


def test_a_name_with_its_family_is_found_and_a_wrong_one_explained():
    assert find("boxes.giou_loss") is find("giou_loss")
    for wrong in ("boxes.giou_los", "box.giou_loss", "giou_los"):
        with pytest.raises(LookupError, match=r"did you mean .*giou_loss"):
            find(wrong)


def test_every_paper_is_cited_and_every_citation_is_known():
    cited = {key for card in CARDS for key in card.papers}
    origins = {default.origin for card in CARDS for default in card.defaults.values()}
    assert cited | origins - {"ours", *LIBRARIES} == PAPERS.keys()


@pytest.mark.parametrize("key", PAPERS)
def test_a_paper_stands_in_the_bibliography(key):
    entries = pytest.importorskip("pybtex.database").parse_file(BIBLIOGRAPHY).entries
    from pybtex.richtext import Text

    assert key in entries
    author, title = PAPERS[key].split(", ")[:2]
    assert author.split()[0] in str(entries[key].persons["author"][0])
    full = Text.from_latex(entries[key].fields["title"])
    assert plain(title.partition(" (")[0]) in plain(str(full))


def plain(text):
    return "".join(letter for letter in text.lower() if letter.isalnum())
