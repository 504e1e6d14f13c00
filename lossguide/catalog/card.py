"""What a card says, and the words that many cards share."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal, get_args

INFINITY = float("inf")

# What a card may promise, and all that the conformance kit checks: a pitfall warns of a check.
Property = Literal[
    "symmetric", "translation invariant", "scale invariant", "zero at target"
]
CheckName = Literal[
    "values",
    "gradients",
    "edge cases",
    "large values",
    "precision",
    "half precision",
    "reductions",
    "empty input",
    "more axes",
    "NaN in",
    "inputs kept",
    Property,
    "bounds",
    "compilation",
    "unknown batch size",
    "device",
]
# What goes wrong in training, in a user's words.
Problem = Literal[
    "boxes do not overlap",
    "one box lies in the other",
    "objects are tiny",
    "good scores on bad boxes",
    "few positives or rare classes",
    "overconfident scores",
    "outliers or wrong labels",
    "thin masks break",
    "neighbors melt into one mask",
    "pictures come out blurred",
    "pictures come out striped or speckled",
    "colors drift",
    "no gradient far out",
    "generated samples are all alike",
    "embeddings collapse",
]
PROPERTIES: tuple[str, ...] = get_args(Property)
CHECK_NAMES: tuple[str, ...] = get_args(CheckName)
PROBLEMS: tuple[str, ...] = get_args(Problem)


@dataclass(frozen=True)
class Input:
    """What an argument may hold.

    ``shape`` names the axes: equal letters are equal lengths, a number is a fixed length. Four axes
    are images, ``"N H W C"``; PyTorch takes them as ``(N, C, H, W)``. ``values`` says which numbers
    are allowed: ``class`` counts from 0 to the length of axis K; a ``critic`` is a function, and a
    ``mask`` holds booleans.
    ``gradient`` tells whether a network predicts the argument, so that a gradient must reach it.
    ``layers`` makes the argument a mapping from layer names to arrays of that shape. ``more`` tells
    that more axes may stand where N stands.
    """

    shape: str
    values: Literal[
        "real",
        "unit",
        "positive",
        "binary",
        "sign",
        "simplex",
        "class",
        "label",
        "box",
        "rotated box",
        "critic",
        "mask",
    ] = "real"
    gradient: bool = True
    layers: tuple[str, ...] = ()
    more: bool = False

    @property
    def axes(self) -> tuple[str, ...]:
        return tuple(self.shape.split())

    @property
    def images(self) -> bool:
        """Whether an array of four axes is a batch of images; if not, of boxes or of vectors."""
        return not self.axes or not (self.axes[-1].isdigit() or self.axes[-1] == "D")

    @property
    def whole(self) -> bool:
        """Whether it holds whole numbers."""
        return self.values in ("class", "label")

    @property
    def dtype(self) -> str:
        """What NumPy holds it in."""
        return "int64" if self.whole else "bool" if self.values == "mask" else "float64"


@dataclass(frozen=True)
class Default:
    """The value of an option that is left out, and where it comes from.

    ``origin`` is the key of a paper, with the ``place`` in it; a library that has the same default;
    or "ours", with the reason as ``place``.
    """

    value: Any
    origin: str
    place: str = ""


@dataclass(frozen=True)
class Card:
    """What is true of a function in every column.

    ``formulas`` are its equations, in LaTeX, and ``inputs`` its arrays in order. ``defaults`` are
    those of its options, but for what ``DEFAULTS`` states for all. ``options`` are the sets of
    options that tests and the conformance kit try, the defaults first; an option that is
    itself an array is an ``Input``, and an ``Input`` under the name of one of the ``inputs`` is
    another form that it may take. ``properties`` are its invariances, ``bounds`` the range of a
    single value with any options, closed; the lower may be the name of an option. ``pitfalls`` warn, check by check,
    of what went wrong in other implementations; their keys are among ``CHECK_NAMES``. ``images``
    says that the result, where it has four axes, is a batch of images. ``not_compiled`` gives, by
    column, why ``torch.compile(fullgraph=True)`` or ``jit_compile=True`` cannot take the function.
    ``slack`` is how far a value of a plain right formula may be off: by an eps under a root, or
    where it subtracts numbers that are nearly equal. ``against`` are the problems, among ``PROBLEMS``,
    against which a chapter of the book advises the loss.
    """

    family: str
    name: str
    summary: str
    returns: str
    inputs: dict[str, Input]
    formulas: tuple[str, ...] = ()
    about: str = ""
    arguments: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, Default] = field(default_factory=dict)
    options: tuple[dict[str, Any], ...] = ({},)
    raises: str = ""
    papers: tuple[str, ...] = ()
    properties: frozenset[str] = frozenset()
    bounds: tuple[float | str, float] = (-INFINITY, INFINITY)
    pitfalls: dict[str, str] = field(default_factory=dict)
    images: bool = False
    not_compiled: dict[str, str] = field(default_factory=dict)
    slack: float = 0.0
    against: tuple[Problem, ...] = ()

    def __post_init__(self) -> None:
        for field_name, names, known in (
            ("properties", self.properties, PROPERTIES),
            ("pitfalls", self.pitfalls, CHECK_NAMES),
            ("against", self.against, PROBLEMS),
        ):
            for name in names:
                if name not in known:
                    raise ValueError(
                        f"{field_name} of the card of {self.name} cannot hold {name!r}"
                        + did_you_mean(name, known)
                    )

    @property
    def is_loss(self) -> bool:
        return self.name.endswith("_loss")

    def range(self, options: Mapping[str, Any]) -> tuple[float, float]:
        """The bounds with some options."""
        low, high = self.bounds
        if isinstance(low, str):
            low = options.get(low, self.defaults[low].value)
        return float(low), high


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A question that names what is nearest, if anything is near."""
    near = get_close_matches(name, known)
    return f"; did you mean {' or '.join(near)}?" if near else ""


ARGUMENTS = {
    "pred": "the prediction.",
    "target": "what it should be, of the same shape.",
    "reduction": '"mean" (0 for an empty input, with a zero gradient), "sum" or "none".',
    "eps": "added to every denominator, so that 0/0 is 0.",
}

DEFAULTS = {"reduction": Default("mean", "PyTorch")}

LIBRARIES = (
    "Keras",
    "MMDetection",
    "MMRotate",
    "PyTorch",
    "TensorFlow",
    "TensorFlow Addons",
    "torchvision",
)

NO_CLASS = (
    "Another number is an error; on a GPU PyTorch's is an assertion of the device, and under XLA, which has no"
    " errors, the loss is NaN."
)

NO_NAN = "A NaN has no place in an order: it is an error."

VALUES_DECIDE = "the shape of the result depends on values"

LOSS = "The loss: a scalar, or one value for each element if ``reduction`` is ``none``."
