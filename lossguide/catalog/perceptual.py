"""Cards of the family perceptual."""

from lossguide.catalog.card import Card

CARDS: tuple[Card, ...] = ()
