"""Losses of class scores: is the right class ahead, and by how much?

Where classes exclude each other, their axis is the last one: ``(N, K)``, images ``(N, H, W, K)``.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossguide._arguments import fraction, not_negative
from lossguide.catalog import documented
from lossguide.numpy._arguments import (
    Array,
    Reduction,
    floats,
    integers,
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

Classes = NDArray[np.int64]


def _classes(target: Any, **scores: Any) -> tuple[Array, Classes]:
    """Return the scores in float64 and the class indices after checking that they belong together."""
    ((name, array),) = zip(scores, floats(**scores), strict=True)
    (target,) = integers(target=target)
    if array.ndim == 0 or target.shape != array.shape[:-1]:
        raise ValueError(
            f"target must have the shape of {name} without the class axis, "
            f"got {target.shape} for {array.shape}"
        )
    return array, target


def _per_class(scores: Array, **weights: Any) -> Array:
    """Return one number a class, 1 where none are given."""
    ((name, weight),) = weights.items()
    if weight is None:
        return np.ones(scores.shape[-1])
    (weight,) = floats(weight=weight)
    if weight.shape != scores.shape[-1:]:
        raise ValueError(
            f"{name} must have shape {scores.shape[-1:]}, one number a class, got {weight.shape}"
        )
    return weight


def _of_target(scores: Array, target: Classes) -> Array:
    """The score of each target class."""
    count = scores.shape[-1]
    if np.any((target < 0) | (target >= count)):
        raise ValueError(
            f"target must hold class indices from 0 to {count - 1}, "
            f"got {target.min()} to {target.max()}"
        )
    return np.asarray(np.take_along_axis(scores, target[..., None], axis=-1)[..., 0])


def _log_softmax(logits: Array) -> Array:
    shifted: Array = logits - logits.max(axis=-1, keepdims=True)
    total: Array = np.exp(shifted).sum(axis=-1, keepdims=True)
    return shifted - np.log(total)


def _log_sigmoid(logits: Array) -> Array:
    return -np.logaddexp(0, -logits)


def _sigmoid(logits: Array) -> Array:
    return np.exp(_log_sigmoid(logits))


@documented
def cross_entropy_loss(
    logits: Any,
    target: Any,
    *,
    weight: Any = None,
    label_smoothing: float = 0.0,
    ignore_index: int = -100,
    reduction: Reduction = "mean",
) -> Array:
    """
    >>> loss = cross_entropy_loss([[2.0, 0.0, 0.0]], [0])
    >>> print(f"{loss:.4f}")
    0.2395
    """
    fraction(label_smoothing=label_smoothing)
    logits, target = _classes(target, logits=logits)
    weight = _per_class(logits, weight=weight)
    counted = target != ignore_index
    target = np.where(counted, target, 0)
    log_p = weight * _log_softmax(logits)
    hit = _of_target(log_p, target)
    spread = log_p.mean(axis=-1)
    loss = counted * -((1 - label_smoothing) * hit + label_smoothing * spread)
    if reduction == "mean":
        total = np.sum(counted * weight[target])
        return np.asarray(loss.sum() / (total if total > 0 else 1.0))
    return reduce(loss, reduction)


@documented
def soft_cross_entropy_loss(
    logits: Any,
    target: Any,
    *,
    weight: Any = None,
    label_smoothing: float = 0.0,
    reduction: Reduction = "mean",
) -> Array:
    """
    >>> loss = soft_cross_entropy_loss([[2.0, 0.0]], [[0.9, 0.1]])
    >>> print(f"{loss:.4f}")
    0.3269
    """
    fraction(label_smoothing=label_smoothing)
    logits, target = same_shape(logits=logits, target=target)
    weight = _per_class(logits, weight=weight)
    smooth = (1 - label_smoothing) * target + label_smoothing / logits.shape[-1]
    return reduce(-(weight * smooth * _log_softmax(logits)).sum(axis=-1), reduction)


@documented
def binary_cross_entropy_loss(
    logits: Any, target: Any, *, pos_weight: Any = 1.0, reduction: Reduction = "mean"
) -> Array:
    """
    >>> binary_cross_entropy_loss([40.0], [0.0])
    array(40.)
    """
    logits, target = same_shape(logits=logits, target=target)
    if np.ndim(pos_weight) > 0:
        pos_weight = _per_class(logits, pos_weight=pos_weight)
    hit = pos_weight * target * _log_sigmoid(logits)
    return reduce(-hit - (1 - target) * _log_sigmoid(-logits), reduction)


@documented
def hinge_loss(scores: Any, target: Any, *, reduction: Reduction = "mean") -> Array:
    """
    >>> hinge_loss([2.0, 0.25, -1.0], [1.0, 1.0, 1.0], reduction="none")
    array([0.  , 0.75, 2.  ])
    """
    scores, target = same_shape(scores=scores, target=target)
    return reduce(np.maximum(0, 1 - target * scores), reduction)


@documented
def squared_hinge_loss(
    scores: Any, target: Any, *, reduction: Reduction = "mean"
) -> Array:
    """
    >>> squared_hinge_loss([2.0, 0.5, -1.0], [1.0, 1.0, 1.0], reduction="none")
    array([0.  , 0.25, 4.  ])
    """
    scores, target = same_shape(scores=scores, target=target)
    return reduce(np.maximum(0, 1 - target * scores) ** 2, reduction)


def _lead(scores: Array, target: Classes, margin: float) -> Array:
    """How far each class is ahead of the target class, with the margin; 0 for the target itself."""
    wrong = np.arange(scores.shape[-1]) != target[..., None]
    return (
        np.where(wrong, scores + margin, scores) - _of_target(scores, target)[..., None]
    )


@documented
def crammer_singer_loss(
    scores: Any, target: Any, *, margin: float = 1.0, reduction: Reduction = "mean"
) -> Array:
    """
    >>> crammer_singer_loss([[2.0, 3.0, 1.5]], [0])
    array(2.)
    """
    not_negative(margin=margin)
    scores, target = _classes(target, scores=scores)
    return reduce(_lead(scores, target, margin).max(axis=-1), reduction)


@documented
def weston_watkins_loss(
    scores: Any, target: Any, *, margin: float = 1.0, reduction: Reduction = "mean"
) -> Array:
    """
    >>> weston_watkins_loss([[2.0, 3.0, 1.5]], [0])
    array(2.5)
    """
    not_negative(margin=margin)
    scores, target = _classes(target, scores=scores)
    violations = np.maximum(0, _lead(scores, target, margin))
    return reduce(violations.sum(axis=-1), reduction)


@documented
def sigmoid_focal_loss(
    logits: Any,
    target: Any,
    *,
    alpha: float | None = 0.25,
    gamma: float = 2.0,
    reduction: Reduction = "mean",
) -> Array:
    """
    >>> loss = sigmoid_focal_loss([3.0, -3.0], [1.0, 1.0], reduction="none")
    >>> print(f"{loss[1] / loss[0]:.0f}")
    25313
    """
    not_negative(gamma=gamma)
    logits, target = same_shape(logits=logits, target=target)
    missing = target * _sigmoid(-logits) + (1 - target) * _sigmoid(logits)
    hit = target * _log_sigmoid(logits)
    cross_entropy = -hit - (1 - target) * _log_sigmoid(-logits)
    if alpha is not None:
        fraction(alpha=alpha)
        cross_entropy *= alpha * target + (1 - alpha) * (1 - target)
    return reduce(missing**gamma * cross_entropy, reduction)


@documented
def softmax_focal_loss(
    logits: Any,
    target: Any,
    *,
    alpha: Any = None,
    gamma: float = 2.0,
    reduction: Reduction = "mean",
) -> Array:
    """
    >>> loss = softmax_focal_loss([[2.0, 0.0, 0.0]], [0])
    >>> print(f"{loss:.4f}")
    0.0109
    """
    not_negative(gamma=gamma)
    logits, target = _classes(target, logits=logits)
    alpha = _per_class(logits, alpha=alpha)
    log_p = _of_target(_log_softmax(logits), target)
    missing = -np.expm1(log_p)
    return reduce(-alpha[target] * missing**gamma * log_p, reduction)


@documented
def generalized_cross_entropy_loss(
    logits: Any, target: Any, *, q: float = 0.7, reduction: Reduction = "mean"
) -> Array:
    """
    >>> generalized_cross_entropy_loss([[0.0, 0.0]], [0], q=1.0)
    array(0.5)
    """
    fraction(q=q)
    logits, target = _classes(target, logits=logits)
    log_p = _of_target(_log_softmax(logits), target)
    return reduce(-np.expm1(q * log_p) / q if q > 0 else -log_p, reduction)


@documented
def asymmetric_loss(
    logits: Any,
    target: Any,
    *,
    gamma_pos: float = 0.0,
    gamma_neg: float = 4.0,
    margin: float = 0.05,
    reduction: Reduction = "mean",
) -> Array:
    """
    >>> asymmetric_loss([-3.0], [0.0])
    array(0.)
    """
    not_negative(gamma_pos=gamma_pos, gamma_neg=gamma_neg)
    fraction(margin=margin)
    logits, target = same_shape(logits=logits, target=target)
    p = _sigmoid(logits)
    positive = _sigmoid(-logits) ** gamma_pos * _log_sigmoid(logits)
    shifted = np.maximum(0, p - margin)
    log_rest = np.log1p(-shifted) if margin > 0 else _log_sigmoid(-logits)
    negative = shifted**gamma_neg * log_rest
    return reduce(-target * positive - (1 - target) * negative, reduction)


@documented
def class_balanced_weights(counts: Any, *, beta: float = 0.999) -> Array:
    """
    >>> class_balanced_weights([900, 100, 0]).round(2)
    array([0.28, 1.72, 0.  ])
    """
    if not 0 <= beta < 1:
        raise ValueError(f"beta must be at least 0 and below 1, got {beta!r}")
    (counts,) = floats(counts=counts)
    if counts.ndim != 1:
        raise ValueError(
            f"counts must have shape (K,), one number a class, got {counts.shape}"
        )
    present = counts > 0
    effective = (1 - beta ** np.where(present, counts, 1)) / (1 - beta)
    weights: Array = present / effective
    weights *= present.sum() / max(weights.sum(), 1 - beta)
    return weights
