"""Cards of the family segmentation."""

from lossguide.catalog.card import Card

CARDS: tuple[Card, ...] = ()
