"""Write the docstrings of the columns from the cards of the catalog.

    python tools/docstrings.py --write    # after a card has changed
    python tools/docstrings.py --check    # exit status 1 where source and cards differ

Everything above a docstring's ``Example:`` comes from the card. The example is the column's own and is kept; a new
function may begin with a docstring that is an example and nothing else.
"""

import argparse
import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from lossguide.catalog import CARDS, PAPERS, Card  # noqa: E402
from lossguide.catalog.card import ARGUMENTS, DEFAULTS, Default  # noqa: E402

COLUMNS = ("numpy", "torch", "tensorflow")
INDENT = " " * 4
WIDTH = 88 - len(INDENT)
WRONG_TYPE = {
    "numpy": "an input does not hold numbers.",
    "torch": "an input is not a tensor of floating-point numbers.",
    "tensorflow": "an input does not hold floating-point numbers.",
}


def docstring(card: Card, column: str, parameters: list[str], example: str) -> str:
    """The docstring of a function, without indentation."""
    described = {**ARGUMENTS, **card.arguments}
    defaults = {**DEFAULTS, **card.defaults}
    if unknown := [name for name in parameters if name not in described]:
        raise LookupError(
            f"the card of {card.name} does not describe {unknown}: add to its `arguments`"
        )
    if unknown := [key for key in card.papers if key not in PAPERS]:
        raise LookupError(f"the card of {card.name} names {unknown}: add to PAPERS")
    wrong_value = f", or {card.raises}" if card.raises else ""
    sections = {
        "Args": [
            f"{name}: {described[name]}{said(defaults.get(name))}"
            for name in parameters
        ],
        "Returns": [card.returns],
        "Raises": [
            f"TypeError: {WRONG_TYPE[column]}",
            f"ValueError: a shape or an option is not as said above{wrong_value}.",
        ],
    }
    blocks = [wrapped(card.summary)]
    if card.formulas:
        blocks.append(math(card.formulas))
    if card.about:
        blocks.append(wrapped(card.about))
    blocks += [
        f"{title}:\n{entries(lines)}" for title, lines in sections.items() if lines
    ]
    if card.papers:
        blocks.append(f"References:\n{references(card.papers)}")
    blocks.append(f"Example:\n{textwrap.indent(example, INDENT)}")
    return "\n\n".join(blocks)


def said(default: Default | None) -> str:
    """A default and its origin, in words."""
    if default is None:
        return ""
    value = default.value
    if isinstance(value, float):
        value = f"{value:.4g}" if value % 1 else f"{value:.1f}"
    elif isinstance(value, str):
        value = f'"{value}"'
    if default.origin == "ours":
        origin = default.place
    elif default.origin in PAPERS:
        authors = PAPERS[default.origin].partition(",")[0]
        origin = f"{authors} {default.origin[-4:]}, {default.place}"
    else:
        origin = f"as in {default.origin}"
    return f" Default: {value} ({origin})."


def wrapped(text: str, indent: str = "", hanging: str = "") -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


def entries(lines: list[str]) -> str:
    return "\n".join(wrapped(line, INDENT, INDENT) for line in lines)


def references(papers: tuple[str, ...]) -> str:
    """One paper as a sentence, several as a list."""
    if len(papers) == 1:
        return wrapped(f"{PAPERS[papers[0]]}.", INDENT)
    return "\n".join(wrapped(f"- {PAPERS[key]}.", INDENT, "  ") for key in papers)


def math(formulas: tuple[str, ...]) -> str:
    """Equations one below the other."""
    rows = [wrapped(formula, INDENT) for formula in formulas]
    stack = " \\\\\n".join(rows)
    if len(formulas) > 1:
        stack = f"{INDENT}\\begin{{gathered}}\n{stack}\n{INDENT}\\end{{gathered}}"
    return f".. math::\n\n{stack}"


def example_of(function: ast.FunctionDef) -> str:
    """The example in a function's docstring, which may be nothing else."""
    text = inspect.cleandoc(ast.get_docstring(function) or "")
    _, heading, example = text.rpartition("Example:\n")
    if not (example if heading else text).lstrip().startswith(">>>"):
        raise LookupError(f"{function.name} lacks an example that begins with >>>")
    return inspect.cleandoc(example if heading else text)


def literal(text: str) -> list[str]:
    """The lines of a docstring in a function's body."""
    quotes = 'r"""' if "\\" in text else '"""'
    return textwrap.indent(f'{quotes}{text}\n"""', INDENT).splitlines()


def rewritten(source: str, column: str) -> str:
    """The source of a module with the docstring of every card's function."""
    cards = {card.name: card for card in CARDS}
    lines = source.splitlines()
    for node in reversed(ast.parse(source).body):
        if isinstance(node, ast.FunctionDef) and node.name in cards:
            arguments = node.args
            names = [a.arg for a in (*arguments.args, *arguments.kwonlyargs)]
            text = docstring(cards[node.name], column, names, example_of(node))
            old = node.body[0]
            lines[old.lineno - 1 : old.end_lineno] = literal(text)
    return "\n".join(lines) + "\n"


def modules() -> Iterator[tuple[Path, str]]:
    for family in dict.fromkeys(card.family for card in CARDS):
        for column in COLUMNS:
            yield ROOT / "lossguide" / column / f"{family}.py", column


def main() -> int:
    """Write, or compare; 1 where the source is not as the cards say."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--write", action="store_true", help="rewrite the columns")
    mode.add_argument("--check", action="store_true", help="only compare")
    write = parser.parse_args().write
    stale = []
    for path, column in modules():
        source = path.read_text()
        if (new := rewritten(source, column)) != source:
            stale.append(str(path.relative_to(ROOT)))
            if write:
                path.write_text(new)
    if stale:
        print(
            "rewritten:" if write else "not as the cards say (run `make format`):",
            *stale,
        )
    return 1 if stale and not write else 0


if __name__ == "__main__":
    sys.exit(main())
