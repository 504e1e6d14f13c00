"""Every page of the built book, opened in a browser at phone width with the network cut off."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "_build" / "html"
PAGES = sorted(
    page.relative_to(HTML).as_posix()
    for page in HTML.rglob("*.html")
    if "_static" not in page.parts
    and page != HTML / "index.html"  # a redirect to the first page
)


def test_book_is_built():
    assert PAGES, "there is no book to open: run `make book` first"


@pytest.mark.parametrize("page", PAGES)
def test_page(page, tab):
    tab, problems = tab
    tab.goto((HTML / page).as_uri())
    tab.evaluate("window.MathJax && MathJax.startup.promise")

    assert problems == []
    assert tab.locator("mjx-merror").all_inner_texts() == []
    assert (
        tab.locator("img:not([alt]), img[alt='']").evaluate_all(
            "all => all.map(i => i.src)"
        )
        == []
    )
    assert tab.evaluate(TOO_WIDE) == []


# The outermost elements that reach beyond the window and make the page scroll sideways.
TOO_WIDE = """() => {
    const root = document.documentElement;
    if (root.scrollWidth <= window.innerWidth) return [];
    return [...document.querySelectorAll("main *")]
        .filter(e => e.getBoundingClientRect().right > window.innerWidth)
        .slice(0, 5)
        .map(e => e.outerHTML.slice(0, 200));
}"""
