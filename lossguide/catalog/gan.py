"""Cards of the family gan."""

from lossguide.catalog.card import Card

CARDS: tuple[Card, ...] = ()
