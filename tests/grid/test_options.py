"""An option that is no number is refused by its name, in every column."""

import inspect
import typing

import pytest

from lossguide.catalog import CARDS
from lossguide.conformance.samples import plain_options, typical
from lossguide.numpy import __dict__ as definitions


def numeric(card):
    """The options whose default is a number, and whether they may also be None."""
    function = definitions[card.name]
    hints = typing.get_type_hints(function)
    return {
        name: type(None) in typing.get_args(hints[name])
        for name, parameter in inspect.signature(function).parameters.items()
        if type(parameter.default) in (int, float)
    }


@pytest.mark.parametrize(
    "card", list(filter(numeric, CARDS)), ids=lambda card: card.name
)
def test_what_is_no_number_is_refused(column, card):
    subject = column.subject(card.name)
    options = card.options[0]
    for name, may_be_none in numeric(card).items():
        for wrong in ("high", True, float("nan"), *([] if may_be_none else [None])):
            with pytest.raises((TypeError, ValueError), match=rf"^{name} must "):
                subject(
                    typical(card, options), **{**plain_options(options), name: wrong}
                )
