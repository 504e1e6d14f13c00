"""The tables that pages show: text in MyST, of the catalog and of the stored results of peers."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from docutils import nodes

import column_api
from catalog_tables import (
    ADVICE,
    CHAPTER_OF,
    at_a_glance,
    filters,
    function_index,
    interval,
    kind,
    not_compiled,
    remedies,
    takes,
)
from claims_ledger import ledger_rows, section_of, verdicts
from decision_guide import decisions
from idea_map import NODE_HEIGHT, NODE_WIDTH, WIDTH, chapters, drawing, places
from lossguide.catalog import CARDS, Input, find, losses
from lossguide.catalog.card import PROBLEMS
from lossguide.lab import claims
from myst_tables import list_table
from peer_tables import LIBRARIES, Peers, broken, code, finding
from things_to_move import explorables
from thumbnails import behavior, curve, thumbnail

BOOK = Path(__file__).resolve().parents[2] / "book"


def test_list_table_leaves_out_empty_paragraphs():
    text = list_table(["a", "b"], [[["one", ""], ["two", "more"]]], (1, 2), "wide")
    assert text.splitlines() == [
        "````{list-table}",
        ":header-rows: 1",
        ":class: wide",
        ":widths: 1 2",
        "",
        "* - a",
        "  - b",
        "* - one",
        "  - two",
        "",
        "    more",
        "````",
    ]


@pytest.mark.parametrize(
    ("bounds", "shown"),
    [
        ((0.0, 1.0), "[0,\u00a01]"),
        ((-1.0, float("inf")), "[−1,\u00a0∞)"),
        ((-float("inf"), 0.5), "(−∞,\u00a00.5]"),
        (("eps", float("inf")), "[`eps`,\u00a0∞)"),
        ((-float("inf"), float("inf")), "any number"),
    ],
)
def test_interval_is_open_where_it_is_infinite(bounds, shown):
    assert interval(*bounds) == shown


def test_argument_is_shown_with_its_shape_and_values():
    assert takes("pred", Input("N 4", "box")) == "`pred` N×4, boxes"
    assert takes("x", Input("N H W C", "unit")) == "`x` N×H×W×C, in [0,\u00a01]"
    assert takes("maps", Input("N 2 3 C", layers=("a",))) == "`maps` N×H×W×C, by layer"


def test_glance_page_shows_every_function_once():
    page = (BOOK / "glance.md").read_text()
    groups = re.findall(r"^```\{at-a-glance\} (\w+)$", page, re.MULTILINE)
    tables = "\n".join(map(at_a_glance, groups))
    shown = re.findall(r"^\* - \{py:func\}`(\w+) <", tables, re.MULTILINE)
    assert sorted(shown) == sorted(card.name for card in CARDS)


def test_glance_row_has_formula_paper_and_range():
    text = at_a_glance("boxes")
    card = find("giou_loss")
    assert all(f"$\\displaystyle {formula}$" in text for formula in card.formulas)
    assert f"{card.summary} {{cite:t}}`{card.papers[0]}`." in text


def test_unknown_family_is_an_error():
    with pytest.raises(ValueError, match="no family 'boxs'"):
        at_a_glance("boxs")


def test_every_loss_compiles_as_the_glance_page_says():
    assert not any(card.not_compiled for card in losses())
    rows = not_compiled().splitlines()[2:]
    assert len(rows) == sum(len(card.not_compiled) for card in CARDS)


def test_function_index_links_each_function_in_each_column():
    text = function_index()
    for column in ("torch", "tensorflow", "numpy"):
        for card in CARDS:
            assert f"<lossguide.{column}.{card.family}.{card.name}>" in text


@pytest.mark.parametrize("column", ["torch", "tensorflow", "numpy"])
def test_reference_of_a_column_has_every_family(column):
    sections = column_api.sections(column)
    families = {card.family for card in CARDS}
    documented = {
        re.search(r"automodule:: lossguide\.([\w.]+)", text)[1]
        for text in sections.values()
    }
    expected = {f"{column}.{family}" for family in families}
    trains = column != "numpy"
    assert documented == expected | ({f"features.{column}"} if trains else set())
    assert ("Loss" in column_api.head(column)) == trains


ENTRY = {
    "library": "kornia",
    "function": "losses.dice_loss",
    "like": "segmentation.dice_loss",
    "how": "",
    "verdict": "same",
    "differs": None,
    "reconciled": False,
    "failures": [],
    "empty_batch": None,
    "compilation": None,
    "half_precision": None,
}
FAULTS = [
    {"check": "edge cases", "problem": "nan", "inputs": "x"},
    {"check": "values", "problem": "far too long to be shown first", "inputs": "x"},
]


@pytest.fixture
def peers(tmp_path):
    entries = [
        ENTRY,
        ENTRY | {"verdict": "differs by definition", "empty_batch": "came nan"},
        ENTRY | {"verdict": "fault", "failures": FAULTS, "empty_batch": "it raised"},
        ENTRY | {"library": "keras", "empty_batch": "[]", "compilation": "no"},
    ]
    file = tmp_path / "peers.json"
    versions = {"kornia": "1.0", "keras": "3.0"}
    file.write_text(json.dumps({"versions": versions, "peers": entries}))
    return Peers(file)


def cells(table):
    """The rows of a table below its header."""
    lines = table.splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_peer_tables_count_what_is_stored(peers):
    assert cells(peers.summary()) == [
        ["Keras", "3.0", "1", "0", "0"],
        ["kornia", "1.0", "1", "1", "1"],
    ]
    assert cells(peers.empty()) == [
        ["Keras", "0", "0", "0", "1"],
        ["kornia", "1", "1", "1", "0"],
    ]
    assert cells(peers.compiled()) == [
        ["Keras", "1", "1", "0"],
        ["kornia", "3", "0", "0"],
    ]


def test_who_offers_a_loss_is_listed_by_what_was_found(peers):
    (row,) = cells(peers.offer("segmentation.dice_loss"))
    assert row[0].startswith("{py:func}`dice_loss ")
    assert row[1:] == ["Keras, kornia", "kornia", "kornia"]
    with pytest.raises(ValueError, match="no loss like"):
        peers.offer("segmentation.dise_loss")


def test_a_verdict_that_no_library_has_is_a_dash(peers):
    peers.entries = peers.entries[:1]
    assert cells(peers.offer("segmentation.dice_loss"))[0][1:] == ["kornia", "–", "–"]


@pytest.mark.parametrize(
    ("what", "number"),
    [
        ("entries", "4"),
        ("libraries", "2"),
        ("same", "2"),
        ("differs", "1"),
        ("faults", "1"),
        ("not-zero", "3"),
    ],
)
def test_numbers_in_the_text_are_counted(peers, what, number):
    assert peers.count(what) == number


def test_a_wrong_value_is_not_counted_as_not_compiled():
    right = ENTRY | {"compilation": "no"}
    assert broken([right, right | {"failures": FAULTS}], "compilation") == 1


def test_finding_shows_the_failure_that_is_easiest_to_read():
    assert finding(ENTRY | {"failures": FAULTS}) == ["*Edge cases:* `nan` for `x`"]
    differs = {"theirs": "half of it", "ours": "all of it"}
    assert finding(ENTRY | {"differs": differs, "reconciled": True}) == [
        "*Theirs:* half of it",
        "*Ours:* all of it",
        "With this taken back, all agrees.",
    ]


def test_long_code_is_cut_at_a_word():
    assert code("one two three", most=9) == "`one two …`"


def test_peers_page_shows_every_library_once():
    page = (BOOK / "reference" / "peers.md").read_text()
    shown = re.findall(r"^```\{peers\} (\w+)$", page, re.MULTILINE)
    assert sorted(shown) == sorted(LIBRARIES)


def test_a_library_that_was_not_compared_is_an_error(peers):
    with pytest.raises(ValueError, match="no loss of 'torch'"):
        peers.conformance("torch")


# --- The decision guide and the claims ledger -------------------------------------------------


CHAPTERS = sorted(
    path for path in BOOK.glob("*/*.md") if "## In one minute" in path.read_text()
)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_every_chapter_gives_its_decisions(chapter):
    text = chapter.read_text()
    rows = decisions(text)
    assert len(rows) >= 4
    for have, take in rows:
        assert have
        assert take
        assert "{glue" not in have + take, "numbers stay in the chapter"
        assert take in text


def test_the_guide_names_every_part_that_decides():
    parts = re.findall(
        r"```\{decision-guide\} (\w+)", (BOOK / "practice/guide.md").read_text()
    )
    assert set(parts) == {path.parent.name for path in CHAPTERS}


def test_a_decision_is_what_you_have_and_what_to_take():
    text = "(x-when)=\n## In one minute\n\n| you predict | and expect | take |\n| --- | --- | --- |\n"
    text += "| a number | outliers | L1 \\| L2 |\n\n(x-next)=\n"
    assert decisions(text) == [("a number, outliers", "L1 \\| L2")]
    assert decisions("# Nothing\n") == []


@pytest.fixture(scope="module")
def map_of_chapters():
    """The chapters, from their front matter."""
    pages = {
        file.relative_to(BOOK.parent).with_suffix("").as_posix(): file.read_text()
        for file in BOOK.glob("*/*.md")
    }
    headers = {
        page: yaml.safe_load(text.split("---\n")[1]) or {}
        for page, text in pages.items()
        if text.startswith("---\n")
    }
    titles = {page: nodes.title("", page) for page in pages}
    return chapters(SimpleNamespace(metadata=headers, titles=titles))


def test_chapters_build_on_earlier_ones(map_of_chapters):
    numbers = {page: one.number for page, one in map_of_chapters.items()}
    assert list(numbers.values()) == [*range(1, len(numbers) + 1)]
    for chapter in map_of_chapters.values():
        assert all(numbers[page] < chapter.number for page in chapter.builds_on)
        assert bool(chapter.builds_on) == (chapter.number > 1)


def test_the_map_shows_each_chapter_below_what_it_builds_on(map_of_chapters):
    at = places(map_of_chapters)
    assert set(at) == set(map_of_chapters)
    for page, (x, y) in at.items():
        assert NODE_WIDTH / 2 <= x <= WIDTH - NODE_WIDTH / 2
        assert all(at[need][1] < y for need in map_of_chapters[page].builds_on)
        for other, (x2, y2) in at.items():
            apart = abs(x - x2) > NODE_WIDTH or abs(y - y2) > NODE_HEIGHT
            assert apart or other == page
    drawn = drawing(map_of_chapters, lambda page: f"{page}.html")
    assert re.findall('href="(.*?).html"', drawn) == list(map_of_chapters)
    arrows = sum(len(one.builds_on) for one in map_of_chapters.values())
    assert drawn.count("<path") == arrows
    down = re.findall(r"([\d.]+) ([\d.]+)V", drawn)
    assert down
    for across, top in down:
        row = [x for x, y in at.values() if y - NODE_HEIGHT / 2 == float(top)]
        assert row
        assert all(abs(x - float(across)) > NODE_WIDTH / 2 for x in row)


def test_the_first_page_lists_every_chapter():
    listed = re.findall("{number}. {name} <(.*?)>", (BOOK / "index.md").read_text())
    labels = [
        re.search(r"^\((.*)\)=\n# ", path.read_text(), re.M)[1]
        for path in BOOK.glob("*/*.md")
        if re.search("^chapter: ", path.read_text(), re.M)
    ]
    assert sorted(listed) == sorted(labels)


def terms(text):
    """The terms of the glossary to which a page leads."""
    links = re.findall("{term}`([^<`]*?)(?: <(.*?)>)?`", text)
    return [term or shown for shown, term in links]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_leads_to_a_term_once(chapter):
    linked = terms(chapter.read_text())
    assert len(set(linked)) == len(linked)


def test_chapters_lead_to_the_glossary():
    assert len({term for path in CHAPTERS for term in terms(path.read_text())}) > 12


def test_every_claim_is_in_the_ledger():
    found = verdicts(BOOK.parent / "notebooks")
    assert set(found) <= set(claims().entries)
    tested = sum(map(len, found.values()))
    assert len(found) >= 25
    shown = [
        row
        for key, claim in claims().entries.items()
        for row in ledger_rows(claim, found.get(key, []))
    ]
    untested = [row for row in shown if row[2] == ["*untested*"]]
    assert len(shown) == tested + len(untested)
    assert len(untested) == len(claims().entries) - len(found)


def test_a_verdict_leads_to_the_section_that_computes_it():
    lab = "(one)=\n## One\n\n(two)=\n### Two\n\nlab.judge(\n"
    assert section_of(lab, len(lab)) == "two"
    with pytest.raises(ValueError, match="needs a label"):
        section_of("## One\n\nlab.judge(\n", 10)


def test_every_correction_is_executed_and_asserts_what_it_shows():
    text = (BOOK / "reference/corrections.md").read_text()
    entries = re.split(r"^\(corrections-[\w-]+\)=\n", text, flags=re.MULTILINE)[1:]
    executed = [one for one in entries if "```{code-cell}" in one]
    assert len(executed) >= 14
    for entry in executed:
        assert "assert " in entry
        assert "{ref}`" in entry


def test_every_explorable_has_a_dare_in_a_chapter():
    files = {path.stem for path in (BOOK / "_static/explorables").glob("*.js")}
    shown = [
        element
        for chapter in BOOK.glob("*/*.md")
        for element in explorables(chapter.read_text())
    ]
    assert {name for name, _ in shown} == files - {"common"}
    assert len({name for name, _ in shown}) >= 8
    assert all('dare="' in tag for _, tag in shown)


# --- Losses at a glance: the pictures ---------------------------------------------------------


LOSSES = [card for card in CARDS if card.is_loss]
DRAWN = [card for card in LOSSES if curve(card)]


@pytest.mark.parametrize("card", DRAWN, ids=lambda card: card.name)
def test_a_picture_is_finite_and_says_what_it_shows(card):
    name, _, values = curve(card)
    assert np.isfinite(values).all()
    assert np.ptp(values) > 0
    assert name in thumbnail(card)
    assert behavior(values) in at_a_glance(card.family)


def test_most_losses_have_a_picture_and_those_of_features_none():
    assert len(DRAWN) > 0.7 * len(LOSSES)
    assert {card.family for card in LOSSES} - {card.family for card in DRAWN} == {
        "perceptual",
        "style",
    }


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mse_loss", "grows far out"),
        ("l1_loss", "steady far out"),
        ("generalized_cross_entropy_loss", "fades far out"),
        ("minimax_generator_loss", "fades far out"),
        ("iou_loss", "no slope far out"),
        ("giou_loss", "fades far out"),
        ("pixel_cross_entropy_loss", "steady far out"),
        ("dice_ce_loss", "steady far out"),
        ("lovasz_hinge_loss", "steady far out"),
        ("dice_loss", "fades far out"),
        ("jaccard_loss", "fades far out"),
        ("cldice_loss", "fades far out"),
    ],
)
def test_what_a_slope_does_far_out(name, said):
    assert behavior(curve(find(name))[2]) == said


# --- Losses at a glance: the filters ----------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("huber_loss", "numbers"),
        ("distribution_focal_loss", "numbers"),
        ("soft_cross_entropy_loss", "one class of several"),
        ("hinge_loss", "yes or no"),
        ("iou_aware_loss", "boxes"),
        ("kld_loss", "turned boxes"),
        ("dice_loss", "masks"),
        ("topology_aware_loss", "masks"),
        ("style_loss", "features of a network"),
        ("cyclegan_generator_loss", "images"),
        ("hinge_generator_loss", "scores of a discriminator"),
        ("center_loss", "embeddings"),
    ],
)
def test_what_a_loss_takes_in_a_word(name, said):
    assert kind(find(name)) == said


def test_each_loss_is_reached_by_one_kind_of_input():
    shown = [name for names in filters()["takes"].values() for name in names]
    assert sorted(shown) == sorted(card.name for card in LOSSES)


def test_the_slope_reaches_each_loss_that_has_a_picture():
    shown = [name for names in filters()["slope"].values() for name in names]
    assert sorted(shown) == sorted(card.name for card in DRAWN)


def test_each_problem_has_losses_and_each_choice_shows_some():
    assert tuple(filters()["problem"]) == tuple(ADVICE) == PROBLEMS
    assert all(names for of in filters().values() for names in of.values())
    assert all(card.is_loss for card in CARDS if card.against)


def chapter_with(label):
    """The text of the one page that has a label."""
    pages = map(Path.read_text, BOOK.glob("*/*.md"))
    (chapter,) = (text for text in pages if f"\n({label})=\n" in text)
    return chapter


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_chapter_that_is_named_speaks_of_each_loss_against_a_problem(problem):
    labels = re.findall(r"<([\w-]+)>", ADVICE[problem])
    chapters = [chapter_with(label) for label in labels]
    for name in filters()["problem"][problem]:
        assert any(re.search(rf"\b{name}\b", text) for text in chapters), name
        assert f"`{name} <" in remedies()


def words(name):
    """A pattern for a loss as a chapter may write it: `nt_xent_loss` also as NT-Xent."""
    short = re.sub(r"_(discriminator|generator|critic)?_?loss$", "", name)
    return re.compile(rf"\b{short.replace('_', '[ _-]?')}", re.IGNORECASE)


@pytest.mark.parametrize("card", LOSSES, ids=lambda card: card.name)
def test_a_loss_leads_to_a_chapter_that_speaks_of_it(card):
    label = CHAPTER_OF.get(card.name, CHAPTER_OF[card.family])
    assert words(card.name).search(chapter_with(label))
    assert f"{{ref}}`{label}`" in at_a_glance(card.family)


# --- Where the sources went -------------------------------------------------------------------

# The sections of the posts that have text of their own.
SECTIONS = {
    "000": "1 1.1 1.2 2.1 2.2 3.1 3.2 4.1 4.2 5.1 5.2 6 7 8 9",
    "002": "1 2 3.1 3.2 3.3 4.1 4.2 5 6 7 8 9.1 9.2 9.3",
    "003": "1 2.1 2.2 2.3 3.1 3.2 3.3 3.4 3.5 4.1",
    "004": "1 2.1 2.2 2.3 3.1 3.2 4 5.1 5.2 5.3 6.1 6.2",
}
SOURCES = re.split(
    r"^## (00\d): .*$", (BOOK / "reference/sources.md").read_text(), flags=re.M
)
MAPPED = dict(zip(SOURCES[1::2], SOURCES[2::2], strict=True))


@pytest.mark.parametrize("post", ["000", "001", "002", "003", "004"])
def test_every_section_of_a_post_leads_into_the_book(post):
    rows = [row for row in MAPPED[post].splitlines() if row.startswith("| ")][1:]
    rows = [row for row in rows if "---" not in row]
    assert len(rows) >= 8
    assert all("{ref}`" in row for row in rows)
    assert "preparation" not in MAPPED[post]
    named = {
        section
        for row in rows
        for section in re.findall(r"§([\d.]+)", row.split("|")[1])
    }
    assert named >= set(SECTIONS.get(post, "").split())
