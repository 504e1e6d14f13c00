"""The rows of the chapters' decision tables, on one page.

    ```{decision-guide} detection
    ```

shows what the tables under "In one minute" of a part's chapters say that you may have, and what to take. Why
stands in the chapter, where each row leads.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from book_pages import book_pages
from lossguide.lab import table

SECTION = re.compile(r"^\([\w-]+-when\)=\n## In one minute\n(.*?)^\(", re.M | re.S)
RULE = re.compile(r"\|[\s:|-]+\|")
CELL = re.compile(r"(?<!\\)\|")


def decisions(text: str) -> list[tuple[str, str]]:
    """What a chapter's decision table says: what you have, what to take."""
    found = SECTION.search(text)
    if not found:
        return []
    rows = [
        [cell.strip() for cell in CELL.split(line)[1:-1]]
        for line in found[1].splitlines()
        if line.startswith("|") and not RULE.fullmatch(line)
    ]
    take = rows[0].index("take")
    return [(", ".join(row[:take]), row[take]) for row in rows[1:]]


class DecisionGuide(SphinxDirective):
    """The decisions of a part, one table; the last column leads to the chapter."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        rows = [
            (*row, f"{{doc}}`/{name}`")
            for name, text in book_pages(self.env)
            if name.startswith(f"book/{self.arguments[0]}/")
            for row in decisions(text)
        ]
        if not rows:
            raise self.error(f"no chapter under book/{self.arguments[0]} has decisions")
        body = table(["you have", "take", "why"], rows).data
        return self.parse_text_to_nodes(f"````{{div}} decisions\n{body}\n````")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("decision-guide", DecisionGuide)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
