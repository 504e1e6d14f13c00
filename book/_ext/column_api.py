"""The API reference of a column, family by family.

    ```{column-api} torch
    ```

documents `lossguide.torch`: its `Loss`, where it has one, every family, and its feature networks.
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from lossguide.catalog import CARDS

TITLES = {"gan": "Adversarial", "metric": "Metric learning"}
TRAINS = ("torch", "tensorflow")


def document(module: str) -> str:
    """Everything that a module defines."""
    return evaluated(f".. automodule:: {module}\n   :members:\n   :ignore-module-all:")


def evaluated(text: str) -> str:
    return f"```{{eval-rst}}\n{text}\n```"


def head(column: str) -> str:
    """What stands above the families."""
    module = f"lossguide.{column}"
    text = f".. automodule:: {module}"
    if column in TRAINS:
        text += f"\n\n.. autoclass:: {module}.Loss"
    return evaluated(text)


def sections(column: str) -> dict[str, str]:
    """The sections of a column's page, by title."""
    families = dict.fromkeys(card.family for card in CARDS)
    found = {
        TITLES.get(family, family.capitalize()): document(
            f"lossguide.{column}.{family}"
        )
        for family in families
    }
    if column in TRAINS:
        found["Feature networks"] = document(f"lossguide.features.{column}")
    return found


class ColumnAPI(SphinxDirective):
    """The directive; its argument names the column."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        column = self.arguments[0]
        return [
            *self.parse_text_to_nodes(head(column)),
            *(self.section(title, text) for title, text in sections(column).items()),
        ]

    def section(self, title: str, text: str) -> nodes.section:
        name = nodes.fully_normalize_name(title)
        section = nodes.section("", nodes.title(title, title), names=[name])
        self.state.document.note_implicit_target(section, section)
        section += self.parse_text_to_nodes(text)
        return section


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("column-api", ColumnAPI)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
