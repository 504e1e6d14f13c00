"""Change one default after another, in every column and on its card at once, and run the family's tests.

    python tools/mutate_defaults.py                 # every family
    python tools/mutate_defaults.py boxes huber_loss

As all columns and the card still agree, only a value worked out apart from them can notice. Prints each change that
no test notices; exit status 1 where there is one.
"""

import argparse
import contextlib
import importlib
import io
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import pytest  # noqa: E402

from lossguide.catalog import CARDS, Card  # noqa: E402
from lossguide.catalog.card import DEFAULTS  # noqa: E402

COLUMNS = [
    importlib.import_module(f"lossguide.{name}")
    for name in ("numpy", "torch", "tensorflow")
]
TESTS = ROOT / "tests" / "families"


def others(card: Card, option: str, value: Any) -> list[Any]:
    """Values near a default; for a name, those that the card tries."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1]
    if isinstance(value, float):
        return [1.1 * value or 0.1]
    if isinstance(value, tuple):
        return [
            (*value[:i], other, *value[i + 1 :])
            for i in range(len(value))
            for other in others(card, option, value[i])
        ]
    if option == "reduction":
        return ["sum"]
    if isinstance(value, str):
        tried = {options.get(option, value) for options in card.options}
        return sorted(tried - {value})
    return []


@contextlib.contextmanager
def changed(card: Card, option: str, value: Any) -> Iterator[None]:
    """Give an option another default, in all columns and on the card."""
    functions = [getattr(column, card.name) for column in COLUMNS]
    before = [dict(function.__kwdefaults__) for function in functions]
    stated = card.defaults.get(option)
    for function in functions:
        function.__kwdefaults__[option] = value
    if stated:
        card.defaults[option] = replace(stated, value=value)
    try:
        yield
    finally:
        for function, defaults in zip(functions, before, strict=True):
            function.__kwdefaults__.update(defaults)
        if stated:
            card.defaults[option] = stated


class Watch:
    """Runs the tests that name a function first, and keeps the first that fails."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.failed = ""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        def distance(item: pytest.Item) -> tuple[bool, bool]:
            return self.name not in item.nodeid, "numpy" not in item.nodeid

        items.sort(key=distance)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed = self.failed or report.nodeid


def run(tests: list[str], watch: Watch) -> None:
    quiet = ["-x", "-q", "-p", "no:cacheprovider", "--rootdir", str(ROOT)]
    with contextlib.redirect_stdout(io.StringIO()) as said:
        status = pytest.main([*quiet, *tests], plugins=[watch])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise RuntimeError(said.getvalue())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="families or functions")
    names = parser.parse_args().names
    witnesses, survivors, tried = set(), 0, 0
    for card in CARDS:
        if names and not {card.name, card.family} & set(names):
            continue
        tests = sorted(map(str, TESTS.glob(f"test_{card.family}*.py")))
        shared = DEFAULTS if card.is_loss else {}
        for option, default in {**shared, **card.defaults}.items():
            for value in others(card, option, default.value):
                watch = Watch(card.name)
                with changed(card, option, value):
                    run(tests, watch)
                tried += 1
                if watch.failed:
                    witnesses.add(watch.failed)
                else:
                    survivors += 1
                    change = f"{option}: {default.value!r} -> {value!r}"
                    print(f"survives: {card.name} {change}", flush=True)
    right = Watch()
    run([str(ROOT / witness) for witness in sorted(witnesses)], right)
    if right.failed:
        raise RuntimeError(f"{right.failed} fails without any change")
    print(f"{tried} changes, {survivors} survive")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
