"""The rows of the chapters' decision tables, on one page.

    ```{decision-guide} detection
    ```

shows what the tables under "In one minute" of a part's chapters say that you may have, and what to take. Why
stands in the chapter, where each row leads.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx_external_toc.parsing import parse_toc_yaml

from lossguide.lab import table

SECTION = re.compile(r"^\([\w-]+-when\)=\n## In one minute\n(.*?)^\(", re.M | re.S)
RULE = re.compile(r"\|[\s:|-]+\|")
CELL = re.compile(r"(?<!\\)\|")


def decisions(text: str) -> list[tuple[str, str]]:
    """What a chapter's decision table says: what you have, what to take."""
    found = SECTION.search(text)
    lines = (
        [line for line in found[1].splitlines() if line.startswith("|")]
        if found
        else []
    )
    rows = [
        [cell.strip() for cell in CELL.split(line)[1:-1]]
        for line in lines
        if not RULE.fullmatch(line)
    ]
    if not rows:
        return []
    take = rows[0].index("take")
    return [(", ".join(row[:take]), row[take]) for row in rows[1:]]


class DecisionGuide(SphinxDirective):
    """The decisions of a part, one table; the last column leads to the chapter."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        source = Path(self.env.srcdir)
        rows = []
        for name in parse_toc_yaml(source / "_toc.yml"):
            file = source / f"{name}.md"
            if name.startswith(f"book/{self.arguments[0]}/") and file.exists():
                self.env.note_dependency(str(file))
                link = f"{{doc}}`/{name}`"
                rows += [(*row, link) for row in decisions(file.read_text("utf-8"))]
        if not rows:
            raise self.error(f"no chapter under book/{self.arguments[0]} has decisions")
        body = table(["you have", "take", "why"], rows).data
        return self.parse_text_to_nodes(f"````{{div}} decisions\n{body}\n````")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("decision-guide", DecisionGuide)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
