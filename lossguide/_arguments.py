"""What needs no framework: checks of options that are plain numbers, and the options of a partial."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any


def numbers(**options: object) -> None:
    """Check that each option is a number: no truth value, no text, no ``None``, no NaN."""
    _not_of_another_type(options)
    for name, value in options.items():
        if value != value:
            raise ValueError(f"{name} must be a number, got {value!r}")


def _not_of_another_type(options: Mapping[str, object]) -> None:
    for name, value in options.items():
        if value is None or isinstance(value, bool | str):
            raise TypeError(f"{name} must be a number, got {value!r}")


def positive(**options: float) -> None:
    """Check that each option is a number above zero."""
    _not_of_another_type(options)
    for name, value in options.items():
        if not value > 0:
            raise ValueError(f"{name} must be above 0, got {value!r}")


def not_negative(**options: float) -> None:
    """Check that each option is a number of at least zero."""
    _not_of_another_type(options)
    for name, value in options.items():
        if not value >= 0:
            raise ValueError(f"{name} must be at least 0, got {value!r}")


def one_of(*choices: str, **options: str) -> None:
    """Check that options are among the choices."""
    for name, value in options.items():
        if value not in choices:
            *others, last = (f'"{choice}"' for choice in choices)
            known = f"{', '.join(others)} or {last}"
            raise ValueError(f"{name} must be {known}, got {value!r}")


def pair(**options: tuple[float, float]) -> None:
    """Check that each option is two numbers."""
    for name, value in options.items():
        if len(value) != 2:
            raise ValueError(f"{name} must be two numbers, got {value!r}")


def several_classes(**counts: int | None) -> None:
    """Check that there are at least two classes, where their number is known."""
    for name, count in counts.items():
        if count is not None and count < 2:
            raise ValueError(
                f"{name} must have at least 2 classes, got {count}: one alone always wins"
            )


def fraction(**options: float) -> None:
    """Check that each option is a number from 0 to 1."""
    _not_of_another_type(options)
    for name, value in options.items():
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must be from 0 to 1, got {value!r}")


def taken_apart(
    function: Callable[..., Any] | partial[Any], options: Mapping[str, Any]
) -> tuple[Callable[..., Any], dict[str, Any]]:
    """The function of a partial without positional arguments, and its options with the given ones."""
    if isinstance(function, partial) and not function.args:
        return function.func, {**function.keywords, **options}
    return function, dict(options)


def name_of(function: Callable[..., Any]) -> str:
    """The name of a function, or of the class of what can be called like one."""
    return getattr(function, "__name__", type(function).__name__)
