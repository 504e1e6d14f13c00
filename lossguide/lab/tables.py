"""Tables, as a notebook and the book show them."""

from collections.abc import Iterable, Sequence

from IPython.display import Markdown

__all__ = ["table"]


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Markdown:
    """Show rows as a table: floats with four significant digits, numbers to the right."""

    def line(cells: Iterable[object]) -> str:
        shown = (f"{c:.4g}" if isinstance(c, float) else str(c) for c in cells)
        return "| " + " | ".join(shown) + " |"

    body = list(rows)
    numeric = [
        all(isinstance(c, int | float) for c in cells)
        for cells in zip(*body, strict=True)
    ]
    rule = line("---:" if right else "---" for right in numeric)
    return Markdown("\n".join([line(header), rule, *map(line, body)]))  # type: ignore[no-untyped-call]
