"""Cards of the family style."""

from lossguide.catalog.card import Card

CARDS: tuple[Card, ...] = ()
