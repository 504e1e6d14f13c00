"""What a card says, and the words that many cards share."""

from dataclasses import dataclass, field
from typing import Any, Literal

INFINITY = float("inf")


@dataclass(frozen=True)
class Input:
    """What an argument may hold.

    ``shape`` names the axes: equal letters are equal lengths, a number is a fixed length. Four axes
    are images, ``"N H W C"``; PyTorch takes them as ``(N, C, H, W)``. ``values`` says which numbers
    are allowed: ``class`` counts from 0 to the length of axis K; a ``critic`` is a function.
    ``gradient`` tells whether a network predicts the argument, so that a gradient must reach it.
    ``layers`` makes the argument a mapping from layer names to arrays of that shape.
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
    ] = "real"
    gradient: bool = True
    layers: tuple[str, ...] = ()


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
    single value, closed. ``pitfalls`` warn, check by check, of what went wrong in other
    implementations. ``images`` says that the result, where it has four axes, is a batch of images.
    ``not_compiled`` gives, by column, why ``torch.compile(fullgraph=True)`` or ``jit_compile=True``
    cannot take the function.
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
    bounds: tuple[float, float] = (-INFINITY, INFINITY)
    pitfalls: dict[str, str] = field(default_factory=dict)
    images: bool = False
    not_compiled: dict[str, str] = field(default_factory=dict)

    @property
    def is_loss(self) -> bool:
        return self.name.endswith("_loss")


ARGUMENTS = {
    "pred": "the prediction.",
    "target": "what it should be, of the same shape.",
    "reduction": '"mean" (0 for an empty input, with a zero gradient), "sum" or "none".',
    "eps": "added to every denominator, so that 0/0 is 0.",
}

DEFAULTS = {"reduction": Default("mean", "PyTorch")}

LIBRARIES = ("MMRotate", "PyTorch", "TensorFlow", "TensorFlow Addons", "torchvision")

NO_CLASS = (
    "Another number is an error; on a GPU PyTorch's is an assertion of the device, and under XLA, which has no"
    " errors, the loss is NaN."
)

NO_NAN = "A NaN has no place in an order: it is an error."

VALUES_DECIDE = "the shape of the result depends on values"

LOSS = "The loss: a scalar, or one value for each element if ``reduction`` is ``none``."
