"""Cards of the family metric."""

from lossguide.catalog.card import Card

CARDS: tuple[Card, ...] = ()
