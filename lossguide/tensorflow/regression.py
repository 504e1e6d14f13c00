"""Losses on real numbers: how far is the prediction from the target?"""

import math
from typing import Any

import tensorflow as tf

from lossguide._arguments import positive
from lossguide.catalog import documented
from lossguide.tensorflow._arguments import (
    Reduction,
    reduce,
    same_shape,
)

__all__ = [
    "charbonnier_loss",
    "general_robust_loss",
    "huber_loss",
    "l1_loss",
    "log_cosh_loss",
    "mse_loss",
    "smooth_l1_loss",
]


@documented
def mse_loss(pred: Any, target: Any, *, reduction: Reduction = "mean") -> tf.Tensor:
    """
    >>> print(f"{mse_loss([1.0, 2.0], [1.0, 4.0]):.1f}")
    2.0
    """
    pred, target = same_shape(pred=pred, target=target)
    return reduce(tf.square(pred - target), reduction)


@documented
def l1_loss(pred: Any, target: Any, *, reduction: Reduction = "mean") -> tf.Tensor:
    """
    >>> print(f"{l1_loss([1.0, 2.0], [1.0, 4.0]):.1f}")
    1.0
    """
    pred, target = same_shape(pred=pred, target=target)
    return reduce(tf.abs(pred - target), reduction)


@documented
def huber_loss(
    pred: Any, target: Any, *, delta: float = 1.0, reduction: Reduction = "mean"
) -> tf.Tensor:
    """
    >>> huber_loss([0.5, 3.0], [0.0, 0.0], reduction="none").numpy()
    array([0.125, 2.5  ], dtype=float32)
    """
    positive(delta=delta)
    pred, target = same_shape(pred=pred, target=target)
    error = tf.abs(pred - target)
    near = tf.minimum(error, delta)
    return reduce(near * (error - 0.5 * near), reduction)


@documented
def smooth_l1_loss(
    pred: Any, target: Any, *, beta: float = 1.0, reduction: Reduction = "mean"
) -> tf.Tensor:
    """
    >>> smooth_l1_loss([0.5, 3.0], [0.0, 0.0], reduction="none").numpy()
    array([0.125, 2.5  ], dtype=float32)
    """
    positive(beta=beta)
    pred, target = same_shape(pred=pred, target=target)
    error = tf.abs(pred - target)
    near = tf.minimum(error, beta)
    return reduce(near * (error - 0.5 * near) / beta, reduction)


@documented
def charbonnier_loss(
    pred: Any, target: Any, *, eps: float = 1e-3, reduction: Reduction = "mean"
) -> tf.Tensor:
    """
    >>> print(f"{charbonnier_loss([3.0], [0.0], eps=4.0):.1f}")
    5.0
    """
    positive(eps=eps)
    pred, target = same_shape(pred=pred, target=target)
    return reduce(tf.sqrt(tf.square(pred - target) + eps**2), reduction)


@documented
def log_cosh_loss(
    pred: Any, target: Any, *, reduction: Reduction = "mean"
) -> tf.Tensor:
    """
    >>> print(f"{log_cosh_loss([1.0], [0.0]):.4f}")
    0.4338
    """
    pred, target = same_shape(pred=pred, target=target)
    error = tf.abs(pred - target)
    return reduce(error + tf.math.log1p(tf.math.expm1(-2 * error) / 2), reduction)


@documented
def general_robust_loss(
    pred: Any,
    target: Any,
    *,
    alpha: float = 1.0,
    scale: float = 1.0,
    reduction: Reduction = "mean",
) -> tf.Tensor:
    """
    >>> print(f"{general_robust_loss([2.0], [0.0], alpha=2.0):.1f}")
    2.0
    """
    positive(scale=scale)
    if not alpha < math.inf:
        raise ValueError(f"alpha must be below infinity, got {alpha!r}")
    pred, target = same_shape(pred=pred, target=target)
    squared = tf.square((pred - target) / scale)
    if alpha == 2:
        loss = squared / 2
    elif alpha == 0:
        loss = tf.math.log1p(squared / 2)
    elif alpha == -math.inf:
        loss = -tf.math.expm1(-squared / 2)
    else:
        b = abs(alpha - 2)
        loss = b / alpha * tf.math.expm1(alpha / 2 * tf.math.log1p(squared / b))
    return reduce(loss, reduction)
