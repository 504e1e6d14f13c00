"""Tables as MyST text, for the extensions that write them."""

from collections.abc import Iterable, Sequence
from textwrap import indent

COLUMNS = {"torch": "PyTorch", "tensorflow": "TensorFlow", "numpy": "NumPy"}


def list_table(
    header: Sequence[str],
    rows: Iterable[Sequence[Sequence[str]]],
    widths: Sequence[int],
    classes: str,
) -> str:
    """A table whose cells hold several paragraphs each; empty ones are left out."""
    lines = [_row([[head] for head in header]), *map(_row, rows)]
    options = (
        f":header-rows: 1\n:class: {classes}\n:widths: {' '.join(map(str, widths))}"
    )
    body = "\n".join(lines)
    return f"````{{list-table}}\n{options}\n\n{body}\n````"


def _row(cells: Sequence[Sequence[str]]) -> str:
    texts = ("\n\n".join(filter(None, paragraphs)) for paragraphs in cells)
    return "* - " + "\n  - ".join(indent(text, "    ").lstrip() for text in texts)


def function(family: str, name: str, column: str = "torch", title: str = "") -> str:
    """A link to a function's entry in the API reference."""
    return f"{{py:func}}`{title or name} <lossguide.{column}.{family}.{name}>`"
