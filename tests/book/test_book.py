"""Every page of the built book, opened in a browser at phone width with the network cut off."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import sync_playwright

import lossguide.numpy as ln

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "_build" / "html"
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


@pytest.mark.parametrize("name", ["IoU", "GIoU", "DIoU", "CIoU", "EIoU"])
def test_playground_computes_the_losses_of_the_package(name, tab):
    rng = np.random.default_rng(0)
    corner, size = rng.uniform(0, 10, (2, 2, 50, 2))
    pred, target = np.concatenate([corner, corner + 0.5 + size], axis=-1)

    tab, _ = tab
    tab.add_script_tag(path=ROOT / "book" / "_static" / "box-playground.js")
    computed = tab.evaluate(
        """([name, pred, target]) => {
            const { loss } = customElements.get("box-playground");
            return pred.map((box, i) => loss(name, box, target[i]));
        }""",
        [name, pred.tolist(), target.tolist()],
    )
    expected = getattr(ln, f"{name.lower()}_loss")(pred, target, reduction="none")
    np.testing.assert_allclose(computed, expected, atol=1e-9)
