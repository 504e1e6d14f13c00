"""Tables, as a notebook and the book show them."""

from collections.abc import Iterable, Mapping, Sequence

from IPython.display import Markdown

__all__ = ["compare_guess", "table"]


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


def compare_guess(
    guess: Mapping[str, object], came: Mapping[str, object], what: str
) -> Markdown:
    """Show what came beside what the reader guessed; a guess of None is one not made."""
    rows = [
        (name, "?" if guess.get(name) is None else guess[name], value)
        for name, value in came.items()
    ]
    return table([what, "your guess", "what came"], rows)
