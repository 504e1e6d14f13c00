"""One card for every public function of the grid: its meaning, formula, arguments, source and properties.

The docstrings of all columns (``tools/docstrings.py`` writes them), the tables of the book, the tests and
the conformance kit derive from these cards. A family's cards are in the module of its name.
"""

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
from lossguide.catalog.card import Card, Input, did_you_mean
from lossguide.catalog.papers import PAPERS

__all__ = ["CARDS", "PAPERS", "Card", "Input", "find", "losses"]

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
        hint = did_you_mean(name, known) or did_you_mean(short, _BY_NAME)
        raise LookupError(
            f"{name} has no Card in lossguide/catalog{hint}"
            " `python -m lossguide list` shows all"
        )
    return card


def losses(family: str | None = None) -> list[Card]:
    """The cards of all losses, or of one family's."""
    return [card for card in CARDS if card.is_loss and family in (None, card.family)]
