"""The shape of a loss at the size of a thumb: its value along one honest axis, computed from the package.

The axis follows from what the loss compares: an error, the logit of the truth or of a region, the shift of a box in its
widths, a score, the angle between two embeddings. A loss of features has no such axis and no picture.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import lossguide.numpy as ln
from lossguide.catalog import Card

Array = NDArray[np.float64]

WIDTH, HEIGHT, EDGE = 120, 60, 4


@dataclass(frozen=True)
class Axis:
    """What varies, in words, from where to where, and the arguments that a loss then gets."""

    name: str
    low: float
    high: float
    arguments: Callable[[Array], tuple[Any, ...]]


def of_class(x: Array) -> tuple[Array, NDArray[np.int64]]:
    """Logits of three classes, of which the first is true."""
    return np.stack([x, 0 * x, 0 * x], -1), np.zeros(len(x), int)


def shifted(x: Array) -> tuple[Array, Array]:
    """A square moved to the right by a part of its width, and the square where it was."""
    box = np.array([0.0, 0, 8, 8])
    return box + 8 * x[:, None] * np.array([1, 0, 1, 0]), np.broadcast_to(
        box, (len(x), 4)
    )


def turned(x: Array) -> tuple[Array, Array]:
    """The same with an oblong, as center, sides and angle."""
    box = np.array([0.0, 0, 8, 4, 0])
    return box + 8 * x[:, None] * np.eye(5)[0], np.broadcast_to(box, (len(x), 5))


def region(x: Array) -> tuple[Array, Array]:
    """A mask of 3 by 8 pixels predicted with one logit, all else nearly right."""
    mask = np.zeros((8, 12))
    mask[2:5, 2:10] = 1
    logits = np.where(mask > 0, x[:, None, None], -5)
    return logits, np.broadcast_to(mask, logits.shape)


def region_of_class(x: Array) -> tuple[Array, NDArray[np.int64]]:
    logits, mask = region(x)
    return np.stack([0 * logits, logits], -1), mask.astype(int)


def at_angle(x: Array) -> tuple[Array, Array]:
    """Unit vectors at an angle in degrees from the first axis, and the axis."""
    turn = np.radians(x)
    return np.stack([np.cos(turn), np.sin(turn)], -1), np.broadcast_to(
        [1.0, 0.0], (len(x), 2)
    )


ERROR = Axis("error", -3, 3, lambda x: (x, 0 * x))
LOGIT = Axis("logit of the truth", -5, 5, lambda x: (x[:, None], np.ones((len(x), 1))))
SIGNED = Axis("score, the truth +1", -3, 3, lambda x: (x, np.ones(len(x))))
CLASS = Axis("logit of the true class", -5, 5, of_class)
SHIFT = Axis("shift, in widths of the box", 0, 2, shifted)
TURNED = Axis("shift, in widths of the box", 0, 2, turned)
QUALITY = Axis(
    "logit, the quality 0.7", -5, 5, lambda x: (x[:, None], np.full((len(x), 1), 0.7))
)
REGION = Axis("logit of the region", -5, 5, region)
FAKE = Axis("score of the fake", -4, 4, lambda x: (x,))
PAIR = Axis("score of the real, the fake its opposite", -4, 4, lambda x: (x, -x))
ANGLE = Axis(
    "angle to the own class, degrees",
    0,
    180,
    lambda x: (at_angle(x)[0], np.eye(2), np.zeros(len(x), int)),
)
AXES = {
    "boxes": SHIFT,
    "regression": ERROR,
    "binary_cross_entropy_loss": LOGIT,
    "sigmoid_focal_loss": LOGIT,
    "asymmetric_loss": LOGIT,
    "hinge_loss": SIGNED,
    "squared_hinge_loss": SIGNED,
    "soft_cross_entropy_loss": Axis(
        "logit of the true class",
        -5,
        5,
        lambda x: (of_class(x)[0], np.eye(3)[of_class(x)[1]]),
    ),
    "classification": CLASS,
    "probiou_loss": TURNED,
    "kld_loss": TURNED,
    "iou_aware_loss": Axis(
        "logit of the IoU, which is 1/3",
        -5,
        5,
        lambda x: (x, *shifted(np.full(len(x), 0.5))),
    ),
    "quality_focal_loss": QUALITY,
    "varifocal_loss": QUALITY,
    "distribution_focal_loss": Axis(
        "logit of the right bin", -5, 5, lambda x: (of_class(x)[0], np.zeros(len(x)))
    ),
    "jaccard_metric_loss": REGION,
    "lovasz_hinge_loss": REGION,
    "cldice_loss": REGION,
    "segmentation": Axis("logit of the region", -5, 5, region_of_class),
    "minimax_discriminator_loss": PAIR,
    "least_squares_discriminator_loss": PAIR,
    "wasserstein_critic_loss": PAIR,
    "hinge_discriminator_loss": PAIR,
    "relativistic_discriminator_loss": PAIR,
    "relativistic_generator_loss": PAIR,
    "minimax_generator_loss": FAKE,
    "non_saturating_generator_loss": FAKE,
    "least_squares_generator_loss": FAKE,
    "wasserstein_generator_loss": FAKE,
    "hinge_generator_loss": FAKE,
    "contrastive_loss": Axis(
        "angle of an unlike pair, degrees",
        0,
        180,
        lambda x: (*at_angle(x), np.zeros(len(x))),
    ),
    "triplet_loss": Axis(
        "angle of the negative, the positive at 40 degrees",
        0,
        180,
        lambda x: (at_angle(x)[1], at_angle(np.full(len(x), 40.0))[0], at_angle(x)[0]),
    ),
    "arcface_loss": ANGLE,
    "cosface_loss": ANGLE,
}


def curve(card: Card, points: int = 61) -> tuple[str, Array, Array] | None:
    """What varies, its values, and the loss at each; nothing for what has no such axis."""
    axis = AXES.get(card.name, AXES.get(card.family)) if card.is_loss else None
    if axis is None:
        return None
    x = np.linspace(axis.low, axis.high, points)
    values = getattr(ln, card.name)(*axis.arguments(x), reduction="none")
    return axis.name, x, np.asarray(values).reshape(points, -1).mean(1)


def behavior(values: Array) -> str:
    """What the slope does at the end where the loss is larger, against the steepest place of the curve."""
    slopes = np.abs(np.diff(values))
    if values[0] > values[-1]:
        slopes = slopes[::-1]
    end, inner = slopes[-3:].mean(), slopes[-len(slopes) // 4]
    if end < 1e-6 * slopes.max():
        return "no slope far out"
    if end < 0.6 * slopes.max():
        return "fades far out"
    return "grows far out" if end > 1.2 * inner else "steady far out"


def thumbnail(card: Card) -> str:
    """A picture of a loss's curve over the name of its axis, with words for those who do not see it; or nothing."""
    found = curve(card)
    if found is None:
        return ""
    name, x, values = found
    low, high = values.min(), values.max()
    across = EDGE + (x - x[0]) / (x[-1] - x[0]) * (WIDTH - 2 * EDGE)
    down = EDGE + (high - values) / max(high - low, 1e-12) * (HEIGHT - 2 * EDGE)
    path = "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(across, down, strict=True))
    zero = ""
    if x[0] < 0 < x[-1]:
        middle = WIDTH / 2
        zero = f'<path class="zero" d="M{middle} {EDGE}V{HEIGHT - EDGE}"/>'
    ends = f"from {values[0]:.3g} to {values[-1]:.3g}, {behavior(values)}"
    axis = f"{name}, {x[0]:g} to {x[-1]:g}".replace("-", "−")
    label = f"Value against the {axis}: {ends}."
    return (
        f'<div class="thumbnail"><svg role="img" viewBox="0 0 {WIDTH} {HEIGHT}" aria-label="{label}">'
        f'<title>{label}</title>{zero}<path d="{path}"/></svg><span aria-hidden="true">{axis}</span></div>'
    )
