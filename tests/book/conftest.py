"""A browser for the tests that open pages."""

import os
import shutil

import pytest
from playwright.sync_api import sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


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
