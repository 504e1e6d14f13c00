"""Pages that are no chapters: the book's front door, which leads to its first page, and the page not found."""

from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx


def keep_card(
    app: Sphinx,
    page: str,
    template: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Keep the social card of the first page for the front door, which is what people share."""
    if page == app.config.root_doc:
        app.env.first_card = context["metatags"]


def pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The name of each page, what its template is given, and the template."""
    if app.config.root_doc != "index":
        card = getattr(app.env, "first_card", "")
        yield "index", {"metatags": card}, "forward.html"
    yield "404", {"html_baseurl": app.config.html_baseurl}, "404.html"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    # sphinxext-opengraph adds the card at the default priority of 500.
    app.connect("html-page-context", keep_card, priority=600)
    app.connect("html-collect-pages", pages)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
