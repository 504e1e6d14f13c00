"""``python -m lossguide list`` shows the catalog; ``check`` holds a function against it."""

import argparse
import importlib
import sys
from ast import literal_eval
from collections.abc import Callable, Sequence
from typing import Any

from lossguide import __version__
from lossguide.catalog import CARDS


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 is success, 1 a failed check, 2 what could not be run."""
    options = parser().parse_args(arguments)
    if options.command == "list":
        return show_catalog(options.family)
    from lossguide.conformance import check

    try:
        report = check(
            load(options.function),
            options.like,
            adapt=load(options.adapt) if options.adapt else None,
            options=dict(map(setting, options.option)) or None,
            framework=options.framework,
            examples=options.examples,
            strict=options.strict,
        )
    except (LookupError, ImportError, TypeError, ValueError) as error:
        print(f"lossguide: {error.args[0]}", file=sys.stderr)
        return 2
    print(report)
    return 0 if report.passed else 1


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(prog="python -m lossguide", description=__doc__)
    root.add_argument("--version", action="version", version=f"lossguide {__version__}")
    commands = root.add_subparsers(dest="command", required=True)
    families = sorted({card.family for card in CARDS})
    listing = commands.add_parser("list", help="show the catalog, or one family of it")
    listing.add_argument("family", nargs="?", choices=families)
    checking = commands.add_parser(
        "check",
        help="hold a function against a definition",
        epilog="exit status: 0 no check failed, 1 a check failed, 2 it could not be run",
    )
    checking.add_argument("function", help="module:name, such as mypackage.losses:iou")
    checking.add_argument("--like", required=True, help="such as boxes.ciou_loss")
    checking.add_argument("--framework", choices=["torch", "tensorflow", "numpy"])
    checking.add_argument(
        "--adapt",
        metavar="MODULE:NAME",
        help="a function that turns the definition's arguments into a tuple of yours",
    )
    checking.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an option of the definition, such as alpha=0.5 or weight=[1,2,5]; may be repeated",
    )
    checking.add_argument(
        "--examples",
        type=int,
        default=25,
        metavar="NUMBER",
        help="how many random inputs a check tries (25)",
    )
    checking.add_argument(
        "--strict",
        action="store_true",
        help="a difference of convention is a failure, too",
    )
    return root


def show_catalog(family: str | None) -> int:
    cards = [card for card in CARDS if family in (None, card.family)]
    width = max(len(f"{card.family}.{card.name}") for card in cards)
    for card in cards:
        print(f"{card.family + '.' + card.name:<{width}}  {card.summary}")
    return 0


def load(path: str) -> Callable[..., Any]:
    """The function that ``module:name`` means."""
    module, separator, name = path.partition(":")
    if not (module and separator and name):
        raise ValueError(f"the function must be module:name, got {path!r}")
    target: Any = importlib.import_module(module)
    for part in name.split("."):
        if not hasattr(target, part):
            raise LookupError(f"{module} has no {name}")
        target = getattr(target, part)
    if not callable(target):
        raise ValueError(f"{path} is not a function")
    return target  # type: ignore[no-any-return]


def setting(text: str) -> tuple[str, Any]:
    name, separator, value = text.partition("=")
    if not separator:
        raise ValueError(f"an option must be NAME=VALUE, got {text!r}")
    try:
        return name, literal_eval(value)
    except (SyntaxError, ValueError):
        return name, value


if __name__ == "__main__":
    sys.path.insert(0, "")
    sys.exit(main())
