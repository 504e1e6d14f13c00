"""Cards of the family classification."""

from lossguide.catalog.card import Card

CARDS: tuple[Card, ...] = ()
