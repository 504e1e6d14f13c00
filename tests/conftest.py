"""What the package's tests share: the three columns behind one interface."""

import re
from contextlib import contextmanager
from functools import partial

import numpy as np
import pytest
from hypothesis import settings

from lossguide.catalog import CARDS, find
from lossguide.conformance.frameworks import FRAMEWORKS, Raised, Subject, each
from lossguide.numpy._slope import differences

settings.register_profile("lossguide", max_examples=12, deadline=None)
settings.load_profile("lossguide")


def pytest_addoption(parser):
    parser.addoption(
        "--family",
        choices=sorted({card.family for card in CARDS}),
        help="run only the tests of one family's functions",
    )


def pytest_collection_modifyitems(config, items):
    if family := config.getoption("family"):
        names = {card.name for card in CARDS if card.family == family}
        chosen = [item for item in items if concerns(item, family, names)]
        config.hook.pytest_deselected(items=set(items) - set(chosen))
        items[:] = chosen


def concerns(item, family, names):
    """Whether a test's module bears the family's name, or its id that of the family or a function."""
    module = item.path.stem.removeprefix("test_")
    words = set(re.findall(r"\w+", item.name))
    return module.startswith(family) or words & {family, *names}


@contextmanager
def own_errors():
    """Within it, what a function raised comes as it was."""
    try:
        yield
    except Raised as raised:
        raise raised.__cause__ from None


class OwnSubject(Subject):
    """One of our functions: its errors are looked at, not blamed on it."""

    def raw(self, *arguments, **options):
        with own_errors():
            return super().raw(*arguments, **options)

    def gradients(self, *arguments, **options):
        with own_errors():
            return super().gradients(*arguments, **options)


class Column:
    """A column of the grid that takes and gives NumPy arrays, images with their channels last.

    Its functions are called by name; an option that is an array goes by keyword.
    """

    def __init__(self, name):
        self.name = name
        self.framework = FRAMEWORKS[name]

    @property
    def module(self):
        return self.framework.column

    @property
    def library(self):
        return pytest.importorskip(self.name)

    def subject(self, function):
        pytest.importorskip(self.name)
        return OwnSubject(
            getattr(self.module, function), find(function), self.framework
        )

    def __call__(self, function, *arrays, dtype="float64", **options):
        inputs, options = self.named(function, arrays, options)
        return self.subject(function)(inputs, dtype, **options)

    def gradients(self, function, *arrays, dtype="float64", **options):
        """The gradient for each input that a network predicts, by name, of the weighted result."""
        inputs, options = self.named(function, arrays, options)
        return self.subject(function).gradients(inputs, dtype, **options)

    def gradient(self, function, *arrays, dtype="float64", **options):
        """The gradient for the first input that a network predicts."""
        return next(
            iter(self.gradients(function, *arrays, dtype=dtype, **options).values())
        )

    @staticmethod
    def named(function, arrays, options):
        inputs = {
            name: each(kind(about), value) if about.layers else kind(about)(value)
            for (name, about), value in zip(
                find(function).inputs.items(), arrays, strict=True
            )
        }
        given = {k: v for k, v in options.items() if isinstance(v, np.ndarray)}
        rest = {k: v for k, v in options.items() if k not in given}
        return {**inputs, **given}, rest

    def tensor(self, array, dtype="float64"):
        return self.framework.tensor(array, dtype)

    def stored(self, array, dtype):
        """What is left of an array when it is kept in that dtype."""
        array = self.framework.array(self.tensor(array, dtype))
        return array if array.dtype.kind in "biu" else array.astype("float64")

    @staticmethod
    def slope(function, array):
        """Central differences of any function that gives a number."""
        left, right = differences(function, np.asarray(array, "float64"))
        return (left + right) / 2


def kind(about):
    """Make an array of the kind that an input holds."""
    whole = about.values in ("class", "label")
    return partial(np.asarray, dtype="int64" if whole else "float64")


COLUMNS = {name: Column(name) for name in FRAMEWORKS}


@pytest.fixture(scope="session", params=COLUMNS)
def column(request):
    """Each of the three columns in turn."""
    return COLUMNS[request.param]


@pytest.fixture(scope="session", params=["torch", "tensorflow"])
def trainer(request):
    """Each of the two columns that differentiate, in turn."""
    return COLUMNS[request.param]


@pytest.fixture(scope="session")
def columns():
    """The three columns by name."""
    return COLUMNS


@pytest.fixture(scope="session")
def definition(columns):
    """The NumPy column."""
    return columns["numpy"]
