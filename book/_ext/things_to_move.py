"""The explorables of all chapters, on one page.

    ```{things-to-move}
    ```

shows each as its chapter shows it, with the same dare. What stands within an element, for print and readers without
JavaScript, is here the way to the chapter, which has a still picture.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from book_pages import book_pages

ELEMENT = re.compile(r"^<([a-z]+-[a-z]+) [^>]*>", re.M)


def explorables(text: str) -> list[tuple[str, str]]:
    """The elements of a chapter: their names and opening tags."""
    return [(found[1], found[0]) for found in ELEMENT.finditer(text)]


class ThingsToMove(SphinxDirective):
    """Every explorable of a chapter, under the chapter's title."""

    def run(self) -> list[nodes.Node]:
        shown: list[nodes.Node] = []
        for name, text in book_pages(self.env):
            if name == self.env.config.root_doc:
                continue
            for element, tag in explorables(text):
                shown += [
                    *self.parse_text_to_nodes(f"**{{doc}}`/{name}`**"),
                    nodes.raw("", tag, format="html"),
                    *self.parse_text_to_nodes(
                        f"A still picture is in {{doc}}`/{name}`."
                    ),
                    nodes.raw("", f"</{element}>", format="html"),
                ]
        return shown


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("things-to-move", ThingsToMove)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
