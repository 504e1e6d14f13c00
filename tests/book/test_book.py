"""Every page of the built book, opened in a browser with the network cut off.

A page is visited once at phone width, a chapter once more on a desk.
"""

import gzip
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from catalog_tables import filters
from lossguide.catalog import losses

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "_build" / "html"
PAGES = sorted(
    page.relative_to(HTML).as_posix()
    for page in HTML.rglob("*.html")
    if "_static" not in page.parts
    and page != HTML / "index.html"  # a redirect to the first page
)
CHAPTERS = [page for page in PAGES if "data-words=" in (HTML / page).read_text()]
HEAVIEST = 600_000  # bytes, without images
SMALLEST_TEXT = 9  # pixels, of a figure on a phone
SCREEN = 900


def test_book_is_built():
    assert PAGES, "there is no book to open: run `make book` first"


def test_front_door_says_where_it_leads():
    page = (HTML / "index.html").read_text()
    assert "<title>Loss Guide</title>" in page
    assert 'property="og:image"' in page
    assert 'content="0; url=book/index.html"' in page


@pytest.mark.parametrize("page", PAGES)
def test_page_on_a_phone(page, tab):
    tab, problems = tab
    files = {HTML / page}
    tab.on("requestfinished", lambda request: files.add(local(request.url)))
    tab.goto((HTML / page).as_uri())
    tab.evaluate(ALL_THERE)

    assert problems == []
    assert tab.locator("mjx-merror").all_inner_texts() == []
    assert tab.evaluate(WITHOUT_ALT) == []
    assert tab.evaluate(TOO_WIDE) == []
    assert sum(map(compressed, files)) <= HEAVIEST
    small = [
        (src, size)
        for src, size in smallest_text(tab.evaluate(PICTURES))
        if size < SMALLEST_TEXT
    ]
    assert small == []
    assert barriers(tab, "light") == []
    assert barriers(tab, "dark", runOnly=["color-contrast"]) == []


# Wait for the formulas and for the images, the lazy ones too, and let nothing move.
ALL_THERE = """async () => {
    document.head.append(Object.assign(document.createElement("style"), {
        textContent: "* { transition: none !important; animation: none !important }",
    }));
    await window.MathJax?.startup.promise;
    await document.fonts.ready;
    for (const image of document.images) image.loading = "eager";
    await Promise.all([...document.images].map(image => image.decode()));
}"""

WITHOUT_ALT = """() =>
    [...document.querySelectorAll("img:not([alt]), img[alt='']")].map(i => i.src)
"""

# The outermost elements that reach beyond the window and make the page scroll sideways.
TOO_WIDE = """() => {
    const root = document.documentElement;
    if (root.scrollWidth <= window.innerWidth) return [];
    return [...document.querySelectorAll("main *")]
        .filter(e => e.getBoundingClientRect().right > window.innerWidth)
        .slice(0, 5)
        .map(e => e.outerHTML.slice(0, 200));
}"""

PICTURES = """() =>
    [...document.querySelectorAll("article img[src$='.svg']")]
        .filter(image => image.checkVisibility())
        .map(image => [image.src, image.getBoundingClientRect().width])
"""


# What axe would take minutes for: of the glyphs of formulas the boxes stay, of functions that the reference
# describes alike the first of each family.
FEWER_ELEMENTS = """() => {
    for (const other of document.querySelectorAll("dl.function ~ dl.function")) other.remove();
    for (const formula of document.querySelectorAll("mjx-container")) {
        const { width, height } = formula.firstElementChild.getBoundingClientRect();
        const box = document.createElement("span");
        box.style = `display: inline-block; width: ${width}px; height: ${height}px`;
        formula.replaceChildren(box);
    }
}"""


def local(url):
    return Path(unquote(urlsplit(url).path))


def compressed(file):
    """How many bytes of a file travel, if it is no image."""
    if file.suffix not in {".css", ".html", ".js", ".woff", ".woff2"}:
        return 0
    return len(gzip.compress(file.read_bytes(), 6))


def smallest_text(pictures):
    """The smallest text of each picture, in pixels; Matplotlib draws it in units of a hundredth of its size."""
    for src, width in pictures:
        svg = local(src).read_text()
        natural = re.search(r'viewBox="0 0 ([\d.]+)', svg)
        scales = [float(scale) for scale in re.findall(r"scale\(([\d.]+) -", svg)]
        if scales:
            yield local(src).name, 100 * min(scales) * width / float(natural[1])


def barriers(tab, theme, **options):
    """What axe finds that keeps some readers out: the rule and where it is broken."""
    tab.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
    tab.evaluate(FEWER_ELEMENTS)
    results = Axe().run(tab, options={"resultTypes": ["violations"], **options})
    return [
        (found["id"], [node["html"][:200] for node in found["nodes"]])
        for found in results.response["violations"]
        if found["impact"] in {"serious", "critical"}
    ]


@pytest.mark.parametrize("page", CHAPTERS)
def test_chapter_on_a_desk(page, tab):
    tab, _ = tab
    tab.set_viewport_size({"width": 1280, "height": SCREEN})
    tab.goto((HTML / page).as_uri())
    tab.evaluate(ALL_THERE)
    found = tab.evaluate(CHAPTER)

    assert found["words"] <= 2500
    assert found["height"] <= 20 * SCREEN
    assert found["tables"] <= 5
    assert found["columns"] <= 4
    assert [line for line in found["code"] if len(line) > 72] == []
    assert found["opening"] == "P"
    assert found["table"] <= 3 * SCREEN
    assert found["explorable"] <= 3 * SCREEN
    assert found["deep"] == 0

    tab.emulate_media(media="print")
    assert tab.evaluate(SHUT) == []


# What is folded does not count. The decision table is the first, and a page without an explorable ends it at 0.
CHAPTER = """() => {
    const open = (selector) => [...document.querySelectorAll(`article ${selector}`)]
        .filter(e => e.checkVisibility({contentVisibilityAuto: true}));
    const bottom = (element) => element ? element.getBoundingClientRect().bottom + scrollY : 0;
    const tables = open("table");
    return {
        words: Number(document.querySelector("[data-words]").dataset.words),
        height: document.documentElement.scrollHeight,
        tables: tables.length,
        columns: Math.max(...tables.map(t => t.rows[0].cells.length)),
        code: open("pre").flatMap(pre => pre.innerText.split("\\n")),
        opening: document.querySelector("[data-words] + .reading-path + *").tagName,
        table: bottom(tables[0]),
        explorable: bottom(open("*").find(e => e.shadowRoot)),
        deep: [...document.querySelectorAll(".toc-h3")].filter(e => e.checkVisibility()).length,
    };
}"""

# Solutions that are not printed.
SHUT = """() => [...document.querySelectorAll(".solution")]
    .filter(e => !e.lastElementChild.checkVisibility({contentVisibilityAuto: true, visibilityProperty: true}))
    .map(e => e.id)
"""


@pytest.mark.parametrize(
    ("have", "chapter", "answer"),
    [
        ("predictions that may miss", "detection/iou_family", "GIoU"),
        ("a rare class, whatever the loss", "classification/imbalance", "bias"),
        ("thin structures", "segmentation/topology", "components"),
    ],
)
def test_a_question_is_answered_within_three_clicks(have, chapter, answer, tab):
    tab, _ = tab
    tab.goto((HTML / "book/index.html").as_uri())
    tab.get_by_role("link", name="Find a loss").click()
    row = tab.locator("tr", has_text=have).first
    assert answer in row.inner_text()
    row.locator("td:last-child a").click()
    assert tab.url.endswith(f"{chapter}.html")


GLANCE = (HTML / "book" / "glance.html").as_uri()


@pytest.fixture
def glance(tab):
    """Losses at a glance, in a tab; an error of its script fails the test."""
    tab, problems = tab
    tab.goto(GLANCE)
    yield tab
    assert [text for text in problems if text.startswith("script error")] == []


def choose(tab, **choices):
    for name, choice in choices.items():
        tab.locator(f".glance-filter [name={name}]").select_option(choice)


def shown(tab):
    """The names of what the tables show, losses and helpers."""
    return tab.evaluate(NAMES)


NAMES = """() => [...document.querySelectorAll("table.glance tbody tr")]
    .filter((row) => row.checkVisibility()).map((row) => row.querySelector("code").textContent)"""
LOSSES = {card.name for card in losses()}
COUNT = ".glance-filter output"


@pytest.mark.parametrize("name", filters())
def test_each_choice_shows_its_losses_and_no_helper(name, glance):
    for choice, names in filters()[name].items():
        choose(glance, **{name: choice})
        assert sorted(shown(glance)) == sorted(names)
        assert glance.locator(COUNT).inner_text() == (
            f"{len(names)} of {len(LOSSES)} losses"
        )


def test_choices_add_up_and_all_comes_back(glance):
    everything = shown(glance)
    assert set(everything) > LOSSES
    choose(glance, family="Boxes", takes="boxes", slope="no slope far out")
    assert "iou_loss" in shown(glance)
    assert "giou_loss" not in shown(glance)
    choose(glance, family="Style")
    assert glance.locator(COUNT).inner_text() == f"0 of {len(LOSSES)} losses"
    glance.get_by_role("button", name="Show all").click()
    assert shown(glance) == everything


def test_the_address_keeps_choices_and_the_back_button_takes_them_back(glance):
    everything = shown(glance)
    choose(glance, takes="turned boxes")
    choose(glance, problem="no gradient far out")
    assert shown(glance) == ["kld_loss"]
    address = glance.url
    glance.go_back()
    assert sorted(shown(glance)) == ["kld_loss", "probiou_loss"]
    assert glance.locator(".glance-filter [name=problem]").input_value() == ""
    glance.go_back()
    assert shown(glance) == everything
    glance.go_forward()
    assert len(shown(glance)) == 2
    glance.goto("about:blank")
    glance.goto(address)
    assert shown(glance) == ["kld_loss"]
    glance.goto(f"{GLANCE}#takes=embeddings&problem=nonsense")
    assert len(shown(glance)) == len(filters()["takes"]["embeddings"])


def test_a_link_to_what_is_filtered_away_shows_it(glance):
    choose(glance, takes="embeddings")
    links = glance.locator(".contents a:visible")
    assert links.all_inner_texts() == ["Metric learning"]
    links.click()
    assert glance.locator(COUNT).inner_text().startswith("11 of")
    glance.evaluate("location.hash = 'glance-compiled'")
    compiled = glance.get_by_role("heading", name="What cannot be compiled")
    compiled.wait_for()
    assert set(shown(glance)) > LOSSES


@pytest.mark.parametrize("width", [390, 1280])
def test_the_filter_is_for_fingers_keyboards_and_readers(width, glance):
    glance.set_viewport_size({"width": width, "height": SCREEN})
    glance.get_by_label("what goes wrong").focus()
    glance.keyboard.type("objects are tiny")
    assert shown(glance) == ["nwd_loss"]
    glance.keyboard.press("Tab")
    glance.keyboard.press("Tab")
    glance.keyboard.press("Enter")
    assert set(shown(glance)) > LOSSES
    choose(glance, takes="masks")
    assert glance.get_by_role("status").inner_text().startswith("11 of")
    assert glance.evaluate(SMALL) == []
    assert glance.evaluate(TOO_WIDE) == []
    assert barriers(glance, "light") == []
    assert barriers(glance, "dark", runOnly=["color-contrast"]) == []


# What a finger would miss: of the filter and of the links below it.
SMALL = """() => [...document.querySelectorAll(".glance-filter :is(select, button), .contents a")]
    .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 24)
    .map(e => e.outerHTML.slice(0, 200))
"""


def test_without_a_script_all_losses_are_shown(browser):
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(GLANCE)
    rows = page.locator("table.glance tbody tr:visible")
    assert rows.count() > len(LOSSES)
    assert page.locator(".glance-filter").count() == 0
    context.close()
