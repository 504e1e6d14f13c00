"""Losses on real numbers: how far is the prediction from the target?"""

import math
from typing import Any

import numpy as np

from lossguide._arguments import positive
from lossguide.catalog import documented
from lossguide.numpy._arguments import (
    Array,
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
def mse_loss(pred: Any, target: Any, *, reduction: Reduction = "mean") -> Array:
    """
    >>> mse_loss([1.0, 2.0], [1.0, 4.0])
    array(2.)
    """
    pred, target = same_shape(pred=pred, target=target)
    return reduce((pred - target) ** 2, reduction)


@documented
def l1_loss(pred: Any, target: Any, *, reduction: Reduction = "mean") -> Array:
    """
    >>> l1_loss([1.0, 2.0], [1.0, 4.0])
    array(1.)
    """
    pred, target = same_shape(pred=pred, target=target)
    return reduce(np.abs(pred - target), reduction)


@documented
def huber_loss(
    pred: Any, target: Any, *, delta: float = 1.0, reduction: Reduction = "mean"
) -> Array:
    """
    >>> huber_loss([0.5, 3.0], [0.0, 0.0], reduction="none")
    array([0.125, 2.5  ])
    """
    positive(delta=delta)
    pred, target = same_shape(pred=pred, target=target)
    error = np.abs(pred - target)
    return reduce(
        np.where(error <= delta, 0.5 * error**2, delta * (error - 0.5 * delta)),
        reduction,
    )


@documented
def smooth_l1_loss(
    pred: Any, target: Any, *, beta: float = 1.0, reduction: Reduction = "mean"
) -> Array:
    """
    >>> smooth_l1_loss([0.5, 3.0], [0.0, 0.0], reduction="none")
    array([0.125, 2.5  ])
    """
    positive(beta=beta)
    pred, target = same_shape(pred=pred, target=target)
    error = np.abs(pred - target)
    return reduce(
        np.where(error < beta, 0.5 * error**2 / beta, error - 0.5 * beta), reduction
    )


@documented
def charbonnier_loss(
    pred: Any, target: Any, *, eps: float = 1e-3, reduction: Reduction = "mean"
) -> Array:
    """
    >>> charbonnier_loss([3.0], [0.0], eps=4.0)
    array(5.)
    """
    positive(eps=eps)
    pred, target = same_shape(pred=pred, target=target)
    return reduce(np.sqrt((pred - target) ** 2 + eps**2), reduction)


@documented
def log_cosh_loss(pred: Any, target: Any, *, reduction: Reduction = "mean") -> Array:
    """
    >>> print(f"{log_cosh_loss([1.0], [0.0]):.4f}")
    0.4338
    """
    pred, target = same_shape(pred=pred, target=target)
    error = np.abs(pred - target)
    return reduce(error + np.log1p(np.expm1(-2 * error) / 2), reduction)


@documented
def general_robust_loss(
    pred: Any,
    target: Any,
    *,
    alpha: float = 1.0,
    scale: float = 1.0,
    reduction: Reduction = "mean",
) -> Array:
    """
    >>> general_robust_loss([2.0], [0.0], alpha=2.0)
    array(2.)
    """
    positive(scale=scale)
    if not alpha < math.inf:
        raise ValueError(f"alpha must be below infinity, got {alpha!r}")
    pred, target = same_shape(pred=pred, target=target)
    squared = ((pred - target) / scale) ** 2
    if alpha == 2:
        loss = squared / 2
    elif alpha == 0:
        loss = np.log1p(squared / 2)
    elif alpha == -math.inf:
        loss = -np.expm1(-squared / 2)
    else:
        b = abs(alpha - 2)
        loss = b / alpha * np.expm1(alpha / 2 * np.log1p(squared / b))
    return reduce(loss, reduction)
