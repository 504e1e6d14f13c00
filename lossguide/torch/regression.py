"""Losses on real numbers: how far is the prediction from the target?"""

import math

import torch
from torch import Tensor

from lossguide._arguments import positive
from lossguide.catalog import documented
from lossguide.torch._arguments import (
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
def mse_loss(pred: Tensor, target: Tensor, *, reduction: Reduction = "mean") -> Tensor:
    """
    >>> mse_loss(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0]))
    tensor(2.)
    """
    pred, target = same_shape(pred=pred, target=target)
    return reduce((pred - target).square(), reduction)


@documented
def l1_loss(pred: Tensor, target: Tensor, *, reduction: Reduction = "mean") -> Tensor:
    """
    >>> l1_loss(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0]))
    tensor(1.)
    """
    pred, target = same_shape(pred=pred, target=target)
    return reduce((pred - target).abs(), reduction)


@documented
def huber_loss(
    pred: Tensor, target: Tensor, *, delta: float = 1.0, reduction: Reduction = "mean"
) -> Tensor:
    """
    >>> huber_loss(torch.tensor([0.5, 3.0]), torch.zeros(2), reduction="none")
    tensor([0.1250, 2.5000])
    """
    positive(delta=delta)
    pred, target = same_shape(pred=pred, target=target)
    error = (pred - target).abs()
    near = error.clamp(max=delta)
    return reduce(near * (error - 0.5 * near), reduction)


@documented
def smooth_l1_loss(
    pred: Tensor, target: Tensor, *, beta: float = 1.0, reduction: Reduction = "mean"
) -> Tensor:
    """
    >>> smooth_l1_loss(torch.tensor([0.5, 3.0]), torch.zeros(2), reduction="none")
    tensor([0.1250, 2.5000])
    """
    positive(beta=beta)
    pred, target = same_shape(pred=pred, target=target)
    error = (pred - target).abs()
    near = error.clamp(max=beta)
    return reduce(near * (error - 0.5 * near) / beta, reduction)


@documented
def charbonnier_loss(
    pred: Tensor, target: Tensor, *, eps: float = 1e-3, reduction: Reduction = "mean"
) -> Tensor:
    """
    >>> charbonnier_loss(torch.tensor([3.0]), torch.zeros(1), eps=4.0)
    tensor(5.)
    """
    positive(eps=eps)
    pred, target = same_shape(pred=pred, target=target)
    return reduce(((pred - target).square() + eps**2).sqrt(), reduction)


@documented
def log_cosh_loss(
    pred: Tensor, target: Tensor, *, reduction: Reduction = "mean"
) -> Tensor:
    """
    >>> print(f"{log_cosh_loss(torch.ones(1), torch.zeros(1)):.4f}")
    0.4338
    """
    pred, target = same_shape(pred=pred, target=target)
    error = (pred - target).abs()
    return reduce(error + torch.log1p(torch.expm1(-2 * error) / 2), reduction)


@documented
def general_robust_loss(
    pred: Tensor,
    target: Tensor,
    *,
    alpha: float = 1.0,
    scale: float = 1.0,
    reduction: Reduction = "mean",
) -> Tensor:
    """
    >>> general_robust_loss(torch.tensor([2.0]), torch.zeros(1), alpha=2.0)
    tensor(2.)
    """
    positive(scale=scale)
    if not alpha < math.inf:
        raise ValueError(f"alpha must be below infinity, got {alpha!r}")
    pred, target = same_shape(pred=pred, target=target)
    squared = ((pred - target) / scale).square()
    if alpha == 2:
        loss = squared / 2
    elif alpha == 0:
        loss = torch.log1p(squared / 2)
    elif alpha == -math.inf:
        loss = -torch.expm1(-squared / 2)
    else:
        b = abs(alpha - 2)
        loss = b / alpha * torch.expm1(alpha / 2 * torch.log1p(squared / b))
    return reduce(loss, reduction)
