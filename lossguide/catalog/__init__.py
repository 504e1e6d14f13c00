"""One card for every public function of the grid: its meaning, formula, arguments, source and properties.

The docstrings of all columns, the tables of the book, the tests and the conformance kit derive from
these cards. A family's cards are in the module of its name.
"""

import inspect
from collections.abc import Callable
from difflib import get_close_matches
from typing import TypeVar

from lossguide.catalog import (
    boxes,
    classification,
    gan,
    metric,
    perceptual,
    regression,
    segmentation,
    style,
)
from lossguide.catalog.card import ARGUMENTS, Card, Input
from lossguide.catalog.papers import PAPERS

__all__ = ["CARDS", "PAPERS", "Card", "Input", "documented", "find", "losses"]

Function = TypeVar("Function", bound=Callable[..., object])

CARDS = (
    *regression.CARDS,
    *classification.CARDS,
    *boxes.CARDS,
    *segmentation.CARDS,
    *perceptual.CARDS,
    *style.CARDS,
    *gan.CARDS,
    *metric.CARDS,
)

_BY_NAME = {card.name: card for card in CARDS}


def find(name: str) -> Card:
    """The card of a function, by its name, with or without its family's: ``boxes.giou_loss``."""
    family, _, short = name.rpartition(".")
    card = _BY_NAME.get(short)
    if card is None or family not in ("", card.family):
        known = [f"{card.family}.{card.name}" for card in CARDS]
        near = get_close_matches(name, known) or get_close_matches(short, _BY_NAME)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise LookupError(
            f"{name} has no Card in lossguide/catalog{hint}"
            " `python -m lossguide list` shows all"
        )
    return card


def losses(family: str | None = None) -> list[Card]:
    """The cards of all losses, or of one family's."""
    return [card for card in CARDS if card.is_loss and family in (None, card.family)]


def documented(function: Function) -> Function:
    """Write a function's docstring from its card; what the function states itself is its example."""
    card = find(function.__name__)
    arguments = {**ARGUMENTS, **card.arguments}
    names = inspect.signature(function).parameters
    if unknown := [name for name in names if name not in arguments]:
        raise LookupError(
            f"the card of {card.name} does not describe {unknown}: add to its `arguments`"
        )
    if unknown := [key for key in card.papers if key not in PAPERS]:
        raise LookupError(f"the card of {card.name} names {unknown}: add to PAPERS")
    lines = [card.summary, ""]
    if card.formula:
        stack = " \\\\\n    ".join(card.equations)
        if len(card.equations) > 1:
            stack = rf"\begin{{gathered}} {stack} \end{{gathered}}"
        lines += [".. math::", "", f"    {stack}", ""]
    if card.about:
        lines += [card.about, ""]
    lines += ["Args:"]
    lines += [f"    {name}: {arguments[name]}" for name in names]
    lines += ["", "Returns:", f"    {card.returns}", "", "Raises:"]
    lines += [
        "    TypeError: an input does not hold numbers; in PyTorch and TensorFlow, floating-point numbers."
    ]
    lines += [
        f"    ValueError: a shape or an option is not as said above{', or ' + card.raises if card.raises else ''}."
    ]
    if card.papers:
        lines += ["", "References:", *(f"    {PAPERS[key]}." for key in card.papers)]
    lines += [
        "",
        "Example:",
        *(
            f"    {line}"
            for line in inspect.cleandoc(function.__doc__ or "").splitlines()
        ),
    ]
    function.__doc__ = "\n".join(lines)
    return function
