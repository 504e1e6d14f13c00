"""What other extensions write, mended: hidden code goes below its output, images wait, and all has a name.

A cell tagged `hide-input` shows its output first, then a link that opens its code.
"""

import re
from typing import Any

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator

TOGGLE = re.compile(r"(<a [^>]*>(?P<title>[^<]*)</a><details[^>]*><summary)>")


class CodeBelow(SphinxPostTransform):
    """Move hidden code below what it shows."""

    default_priority = 200  # MyST-NB hides it at 199
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        for hidden in list(self.document.findall(HideCodeCellNode)):
            cell = hidden.parent
            if cell is not None:  # as it is where MyST-NB hides the output too
                cell.remove(hidden)
                cell.append(hidden)


def open_code(self: HTML5Translator, node: HideCodeCellNode) -> None:
    self.body.append(f'<details class="hide"><summary>{node["prompt_show"]}</summary>')


def close_code(self: HTML5Translator, node: HideCodeCellNode) -> None:
    self.body.append("</details>")


def mend(
    app: Sphinx,
    page: str,
    template: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Mend a page's body and the sidebar of its chapters."""
    body = context.get("body", "").replace("<img ", '<img loading="lazy" ')
    # A list may hold list items only, which entries of a bibliography are not.
    context["body"] = body.replace('role="list" class="citation', 'class="citation')
    if toctree := context.get("generate_toctree_html"):
        context["generate_toctree_html"] = lambda *args, **options: named(
            str(toctree(*args, **options))
        )


def named(toctree: str) -> str:
    """Give each button that opens a chapter's pages the chapter's name."""
    return TOGGLE.sub(r'\1 aria-label="\g<title>: pages">', toctree)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.add_post_transform(CodeBelow)
    # Sphinx does not list what browsers can show; it would look for a program that converts it.
    StandaloneHTMLBuilder.supported_image_types = [
        *StandaloneHTMLBuilder.supported_image_types,
        "image/webp",
    ]
    app.add_node(HideCodeCellNode, override=True, html=(open_code, close_code))
    # The theme makes its functions at the default priority of 500.
    app.connect("html-page-context", mend, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
