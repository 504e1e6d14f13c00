"""What only chapters need: numbers for their prose."""

from typing import Any

from myst_nb import glue

__all__ = ["show"]


def show(name: str, value: Any) -> None:
    """Give a value a name, under which the text shows it: ``{glue:text}`name:.2f```.

    An array or tensor of one number is shown as that number.
    """
    glue(name, value.item() if hasattr(value, "item") else value, display=False)
