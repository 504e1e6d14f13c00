"""Checks of options that are plain numbers, the same in every column."""


def positive(**options: float) -> None:
    """Check that each option is a number above zero."""
    for name, value in options.items():
        if not value > 0:
            raise ValueError(f"{name} must be above 0, got {value!r}")


def not_negative(**options: float) -> None:
    """Check that each option is a number of at least zero."""
    for name, value in options.items():
        if not value >= 0:
            raise ValueError(f"{name} must be at least 0, got {value!r}")


def fraction(**options: float) -> None:
    """Check that each option is a number from 0 to 1."""
    for name, value in options.items():
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must be from 0 to 1, got {value!r}")
