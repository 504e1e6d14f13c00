"""Every page of the built book, opened in a browser at phone width with the network cut off."""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

HTML = Path(__file__).resolve().parents[1] / "_build" / "html"
PAGES = sorted(
    page.relative_to(HTML).as_posix()
    for page in HTML.rglob("*.html")
    if "_static" not in page.parts
    and page != HTML / "index.html"  # a redirect to the first page
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def test_book_is_built():
    assert PAGES, "there is no book to open: run `make book` first"


@pytest.fixture(scope="session")
def browser():
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        message = f"no browser found (looked for {', '.join(BROWSERS)})"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def tab(browser):
    """A tab at phone width, without network, and the list of what went wrong in it."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, offline=True)
    tab = context.new_page()
    problems = []
    tab.on(
        "console",
        lambda message: problems.append(message.text) if is_error(message) else None,
    )
    tab.on("pageerror", lambda error: problems.append(f"script error: {error}"))
    tab.on(
        "request",
        lambda request: problems.append(request.url) if is_remote(request) else None,
    )
    yield tab, problems
    context.close()


def is_error(message):
    return message.type == "error"


def is_remote(request):
    return not request.url.startswith(("file:", "data:", "blob:"))


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
