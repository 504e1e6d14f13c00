"""Losses of class scores: is the right class ahead, and by how much?

Where classes exclude each other, their axis is the last one: ``(N, K)``, images ``(N, H, W, K)``.
"""

import math
from typing import Any

import tensorflow as tf

from lossguide._arguments import fraction, not_negative
from lossguide.catalog import documented
from lossguide.tensorflow._arguments import (
    Reduction,
    floats,
    reduce,
    same_shape,
)

__all__ = [
    "asymmetric_loss",
    "binary_cross_entropy_loss",
    "class_balanced_weights",
    "crammer_singer_loss",
    "cross_entropy_loss",
    "generalized_cross_entropy_loss",
    "hinge_loss",
    "sigmoid_focal_loss",
    "soft_cross_entropy_loss",
    "softmax_focal_loss",
    "squared_hinge_loss",
    "weston_watkins_loss",
]

# A probability below this counts as this where a power could have an infinite slope at 0.
TINY = 1e-30


def _classes(target: Any, **scores: Any) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the scores and the class indices, in int64, after checking that they belong together.

    The indices may be floats: Keras makes floats of all targets.
    """
    ((name, tensor),) = zip(scores, floats(**scores), strict=True)
    target = tf.convert_to_tensor(target)
    if not (target.dtype.is_integer or target.dtype.is_floating):
        raise TypeError(f"target must hold class indices, got {target.dtype.name}")
    if not target.shape.is_compatible_with(tensor.shape[:-1]) or tensor.shape.rank == 0:
        raise ValueError(
            f"target must have the shape of {name} without the class axis, "
            f"got {tuple(target.shape)} for {tuple(tensor.shape)}"
        )
    return tensor, tf.cast(target, tf.int64)


def _per_class(scores: tf.Tensor, **weights: Any) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the scores and one weight a class, 1 where none are given, in one dtype."""
    ((name, weight),) = weights.items()
    if weight is None:
        return scores, tf.ones(tf.shape(scores)[-1:], scores.dtype)
    scores, weight = floats(scores=scores, **{name: weight})
    if not weight.shape.is_compatible_with(scores.shape[-1:]):
        raise ValueError(
            f"{name} must have shape {tuple(scores.shape[-1:])}, one number a class, "
            f"got {tuple(weight.shape)}"
        )
    return scores, weight


def _of_target(scores: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """The score of each target class."""
    return tf.gather(scores, target, axis=-1, batch_dims=target.shape.rank)


@documented
def cross_entropy_loss(
    logits: Any,
    target: Any,
    *,
    weight: Any = None,
    label_smoothing: float = 0.0,
    ignore_index: int = -100,
    reduction: Reduction = "mean",
) -> tf.Tensor:
    """
    >>> print(f"{cross_entropy_loss([[2.0, 0.0, 0.0]], [0]):.4f}")
    0.2395
    """
    fraction(label_smoothing=label_smoothing)
    logits, target = _classes(target, logits=logits)
    logits, weight = _per_class(logits, weight=weight)
    counted = target != ignore_index
    target = tf.where(counted, target, 0)
    counted = tf.cast(counted, logits.dtype)
    log_p = weight * tf.nn.log_softmax(logits)
    hit = _of_target(log_p, target)
    spread = tf.reduce_mean(log_p, axis=-1)
    loss = counted * -((1 - label_smoothing) * hit + label_smoothing * spread)
    if reduction == "mean":
        total = tf.reduce_sum(counted * tf.gather(weight, target))
        return tf.math.divide_no_nan(tf.reduce_sum(loss), total)
    return reduce(loss, reduction)


@documented
def soft_cross_entropy_loss(
    logits: Any,
    target: Any,
    *,
    weight: Any = None,
    label_smoothing: float = 0.0,
    reduction: Reduction = "mean",
) -> tf.Tensor:
    """
    >>> print(f"{soft_cross_entropy_loss([[2.0, 0.0]], [[0.9, 0.1]]):.4f}")
    0.3269
    """
    fraction(label_smoothing=label_smoothing)
    logits, target = same_shape(logits=logits, target=target)
    logits, weight = _per_class(logits, weight=weight)
    target = tf.cast(target, logits.dtype)
    uniform = 1 / tf.cast(tf.shape(logits)[-1], logits.dtype)
    smooth = (1 - label_smoothing) * target + label_smoothing * uniform
    log_p = tf.nn.log_softmax(logits)
    return reduce(-tf.reduce_sum(weight * smooth * log_p, axis=-1), reduction)


@documented
def binary_cross_entropy_loss(
    logits: Any,
    target: Any,
    *,
    pos_weight: Any = 1.0,
    reduction: Reduction = "mean",
) -> tf.Tensor:
    """
    >>> print(f"{binary_cross_entropy_loss([40.0], [0.0]):.1f}")
    40.0
    """
    logits, target = same_shape(logits=logits, target=target)
    if not isinstance(pos_weight, int | float):
        logits, pos_weight = _per_class(logits, pos_weight=pos_weight)
        target = tf.cast(target, logits.dtype)
    hit = pos_weight * target * tf.math.log_sigmoid(logits)
    return reduce(-hit - (1 - target) * tf.math.log_sigmoid(-logits), reduction)


@documented
def hinge_loss(scores: Any, target: Any, *, reduction: Reduction = "mean") -> tf.Tensor:
    """
    >>> hinge_loss([2.0, 0.25, -1.0], [1.0, 1.0, 1.0], reduction="none").numpy()
    array([0.  , 0.75, 2.  ], dtype=float32)
    """
    scores, target = same_shape(scores=scores, target=target)
    return reduce(tf.nn.relu(1 - target * scores), reduction)


@documented
def squared_hinge_loss(
    scores: Any, target: Any, *, reduction: Reduction = "mean"
) -> tf.Tensor:
    """
    >>> squared_hinge_loss([2.0, 0.5, -1.0], [1.0, 1.0, 1.0], reduction="none").numpy()
    array([0.  , 0.25, 4.  ], dtype=float32)
    """
    scores, target = same_shape(scores=scores, target=target)
    return reduce(tf.square(tf.nn.relu(1 - target * scores)), reduction)


def _lead(scores: tf.Tensor, target: tf.Tensor, margin: float) -> tf.Tensor:
    """How far each class is ahead of the target class, with the margin; 0 for the target itself."""
    classes = tf.range(tf.shape(scores, tf.int64)[-1])
    margins = tf.where(classes == target[..., None], tf.zeros_like(scores), margin)
    return scores + margins - _of_target(scores, target)[..., None]


@documented
def crammer_singer_loss(
    scores: Any, target: Any, *, margin: float = 1.0, reduction: Reduction = "mean"
) -> tf.Tensor:
    """
    >>> print(f"{crammer_singer_loss([[2.0, 3.0, 1.5]], [0]):.1f}")
    2.0
    """
    not_negative(margin=margin)
    scores, target = _classes(target, scores=scores)
    return reduce(tf.reduce_max(_lead(scores, target, margin), axis=-1), reduction)


@documented
def weston_watkins_loss(
    scores: Any, target: Any, *, margin: float = 1.0, reduction: Reduction = "mean"
) -> tf.Tensor:
    """
    >>> print(f"{weston_watkins_loss([[2.0, 3.0, 1.5]], [0]):.1f}")
    2.5
    """
    not_negative(margin=margin)
    scores, target = _classes(target, scores=scores)
    violations = tf.nn.relu(_lead(scores, target, margin))
    return reduce(tf.reduce_sum(violations, axis=-1), reduction)


@documented
def sigmoid_focal_loss(
    logits: Any,
    target: Any,
    *,
    alpha: float | None = 0.25,
    gamma: float = 2.0,
    reduction: Reduction = "mean",
) -> tf.Tensor:
    """
    >>> loss = sigmoid_focal_loss([3.0, -3.0], [1.0, 1.0], reduction="none")
    >>> print(f"{loss[1] / loss[0]:.0f}")
    25313
    """
    not_negative(gamma=gamma)
    logits, target = same_shape(logits=logits, target=target)
    missing = target + (1 - 2 * target) * tf.sigmoid(logits)
    if gamma < 1:
        missing = tf.maximum(missing, TINY)
    cross_entropy = tf.nn.softplus(logits) - target * logits
    if alpha is not None:
        fraction(alpha=alpha)
        cross_entropy *= 1 - alpha + (2 * alpha - 1) * target
    return reduce(missing**gamma * cross_entropy, reduction)


@documented
def softmax_focal_loss(
    logits: Any,
    target: Any,
    *,
    alpha: Any = None,
    gamma: float = 2.0,
    reduction: Reduction = "mean",
) -> tf.Tensor:
    """
    >>> print(f"{softmax_focal_loss([[2.0, 0.0, 0.0]], [0]):.4f}")
    0.0109
    """
    not_negative(gamma=gamma)
    logits, target = _classes(target, logits=logits)
    logits, alpha = _per_class(logits, alpha=alpha)
    log_p = _of_target(tf.nn.log_softmax(logits), target)
    missing = tf.maximum(-tf.math.expm1(log_p), TINY)
    return reduce(-tf.gather(alpha, target) * missing**gamma * log_p, reduction)


@documented
def generalized_cross_entropy_loss(
    logits: Any, target: Any, *, q: float = 0.7, reduction: Reduction = "mean"
) -> tf.Tensor:
    """
    >>> print(f"{generalized_cross_entropy_loss([[0.0, 0.0]], [0], q=1.0):.1f}")
    0.5
    """
    fraction(q=q)
    logits, target = _classes(target, logits=logits)
    log_p = _of_target(tf.nn.log_softmax(logits), target)
    return reduce(-tf.math.expm1(q * log_p) / q if q > 0 else -log_p, reduction)


@documented
def asymmetric_loss(
    logits: Any,
    target: Any,
    *,
    gamma_pos: float = 0.0,
    gamma_neg: float = 4.0,
    margin: float = 0.05,
    reduction: Reduction = "mean",
) -> tf.Tensor:
    """
    >>> print(f"{asymmetric_loss([-3.0], [0.0]):.1f}")
    0.0
    """
    not_negative(gamma_pos=gamma_pos, gamma_neg=gamma_neg)
    fraction(margin=margin)
    logits, target = same_shape(logits=logits, target=target)
    rest = tf.sigmoid(-logits)
    positive = tf.maximum(rest, TINY) ** gamma_pos * tf.math.log_sigmoid(logits)
    shifted = tf.nn.relu(tf.sigmoid(logits) - margin)
    log_rest = (
        tf.math.log(tf.minimum(rest + margin, 1))
        if margin > 0
        else tf.math.log_sigmoid(-logits)
    )
    negative = tf.maximum(shifted, TINY) ** gamma_neg * log_rest
    return reduce(-target * positive - (1 - target) * negative, reduction)


@documented
def class_balanced_weights(counts: Any, *, beta: float = 0.999) -> tf.Tensor:
    """
    >>> class_balanced_weights([900, 100, 0]).numpy().round(2)
    array([0.28, 1.72, 0.  ], dtype=float32)
    """
    if not 0 <= beta < 1:
        raise ValueError(f"beta must be at least 0 and below 1, got {beta!r}")
    counts = tf.convert_to_tensor(counts)
    if counts.dtype.is_integer:
        counts = tf.cast(counts, tf.float32)
    (counts,) = floats(counts=counts)
    if counts.shape.rank != 1:
        raise ValueError(
            f"counts must have shape (K,), one number a class, got {tuple(counts.shape)}"
        )
    present = tf.cast(counts > 0, counts.dtype)
    log_beta = math.log(beta) if beta > 0 else -math.inf
    effective = tf.math.expm1(log_beta * tf.where(counts > 0, counts, 1)) / (beta - 1)
    weights = present / effective
    scale = tf.math.divide_no_nan(tf.reduce_sum(present), tf.reduce_sum(weights))
    return scale * weights
