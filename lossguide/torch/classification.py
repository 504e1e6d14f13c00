"""Losses of class scores: is the right class ahead, and by how much?

Where classes exclude each other, their axis is axis 1: ``(N, K)``, images ``(N, K, H, W)``. One example
alone is ``(K,)``.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from lossguide._arguments import fraction, not_negative
from lossguide.catalog import documented
from lossguide.torch._arguments import (
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

# A probability below this counts as this where a power could have an infinite slope at 0.
TINY = 1e-30


def _class_axis(scores: Tensor) -> int:
    return min(1, scores.ndim - 1)


def _classes(target: Tensor, **scores: Tensor) -> tuple[Tensor, Tensor]:
    """Return the scores and the class indices, in int64, after checking that they belong together."""
    ((name, tensor),) = zip(scores, floats(**scores), strict=True)
    (target,) = integers(target=target)
    axis = _class_axis(tensor)
    if (
        tensor.ndim == 0
        or target.shape != tensor.shape[:axis] + tensor.shape[axis + 1 :]
    ):
        raise ValueError(
            f"target must have the shape of {name} without the class axis, "
            f"got {tuple(target.shape)} for {tuple(tensor.shape)}"
        )
    return tensor, target


def _per_class(scores: Tensor, **weights: Tensor | None) -> tuple[Tensor, Tensor]:
    """Return the scores and one weight a class, 1 where none are given, in one dtype."""
    ((name, weight),) = weights.items()
    count = scores.shape[_class_axis(scores)]
    if weight is None:
        return scores, scores.new_ones(count)
    scores, weight = floats(scores=scores, **{name: weight})
    if tuple(weight.shape) != (count,):
        raise ValueError(
            f"{name} must have shape {(count,)}, one number a class, got {tuple(weight.shape)}"
        )
    return scores, weight


def _of_target(scores: Tensor, target: Tensor) -> Tensor:
    """The score of each target class."""
    axis = _class_axis(scores)
    return scores.gather(axis, target.unsqueeze(axis)).squeeze(axis)


def _weight_of(weight: Tensor, target: Tensor) -> Tensor:
    """The weight of each target class; unlike ``weight[target]`` also for one class inside ``vmap``."""
    return weight.index_select(0, target.flatten()).view_as(target)


@documented
def cross_entropy_loss(
    logits: Tensor,
    target: Tensor,
    *,
    weight: Tensor | None = None,
    label_smoothing: float = 0.0,
    ignore_index: int = -100,
    reduction: Reduction = "mean",
) -> Tensor:
    """
    >>> cross_entropy_loss(torch.tensor([[2.0, 0.0, 0.0]]), torch.tensor([0]))
    tensor(0.2395)
    """
    fraction(label_smoothing=label_smoothing)
    logits, target = _classes(target, logits=logits)
    logits, weight = _per_class(logits, weight=weight)
    loss = F.cross_entropy(
        logits,
        target,
        weight,
        ignore_index=ignore_index,
        label_smoothing=label_smoothing,
        reduction="none",
    )
    if reduction == "mean":
        counted = target != ignore_index
        total = (counted * _weight_of(weight, target.where(counted, 0))).sum()
        return loss.sum() / torch.where(total > 0, total, 1)
    return reduce(loss, reduction)


@documented
def soft_cross_entropy_loss(
    logits: Tensor,
    target: Tensor,
    *,
    weight: Tensor | None = None,
    label_smoothing: float = 0.0,
    reduction: Reduction = "mean",
) -> Tensor:
    """
    >>> soft_cross_entropy_loss(torch.tensor([[2.0, 0.0]]), torch.tensor([[0.9, 0.1]]))
    tensor(0.3269)
    """
    fraction(label_smoothing=label_smoothing)
    logits, target = same_shape(logits=logits, target=target)
    logits, weight = _per_class(logits, weight=weight)
    loss = F.cross_entropy(
        logits,
        target.to(logits.dtype),
        weight,
        label_smoothing=label_smoothing,
        reduction="none",
    )
    return reduce(loss, reduction)


@documented
def binary_cross_entropy_loss(
    logits: Tensor,
    target: Tensor,
    *,
    pos_weight: float | Tensor = 1.0,
    reduction: Reduction = "mean",
) -> Tensor:
    """
    >>> binary_cross_entropy_loss(torch.tensor([40.0]), torch.zeros(1))
    tensor(40.)
    """
    logits, target = same_shape(logits=logits, target=target)
    if isinstance(pos_weight, Tensor):
        logits, pos_weight = _per_class(logits, pos_weight=pos_weight)
        pos_weight = pos_weight.view(-1, *[1] * (logits.ndim - 2))
    hit = pos_weight * target * F.logsigmoid(logits)
    return reduce(-hit - (1 - target) * F.logsigmoid(-logits), reduction)


@documented
def hinge_loss(
    scores: Tensor, target: Tensor, *, reduction: Reduction = "mean"
) -> Tensor:
    """
    >>> hinge_loss(torch.tensor([2.0, 0.25, -1.0]), torch.ones(3), reduction="none")
    tensor([0.0000, 0.7500, 2.0000])
    """
    scores, target = same_shape(scores=scores, target=target)
    return reduce(F.relu(1 - target * scores), reduction)


@documented
def squared_hinge_loss(
    scores: Tensor, target: Tensor, *, reduction: Reduction = "mean"
) -> Tensor:
    """
    >>> squared_hinge_loss(torch.tensor([2.0, 0.5, -1.0]), torch.ones(3), reduction="none")
    tensor([0.0000, 0.2500, 4.0000])
    """
    scores, target = same_shape(scores=scores, target=target)
    return reduce(F.relu(1 - target * scores).square(), reduction)


def _lead(scores: Tensor, target: Tensor, margin: float) -> Tensor:
    """How far each class is ahead of the target class, with the margin; 0 for the target itself."""
    axis = _class_axis(scores)
    target = target.unsqueeze(axis)
    right = scores.gather(axis, target)
    return (scores + margin).scatter(axis, target, right) - right


@documented
def crammer_singer_loss(
    scores: Tensor,
    target: Tensor,
    *,
    margin: float = 1.0,
    reduction: Reduction = "mean",
) -> Tensor:
    """
    >>> crammer_singer_loss(torch.tensor([[2.0, 3.0, 1.5]]), torch.tensor([0]))
    tensor(2.)
    """
    not_negative(margin=margin)
    scores, target = _classes(target, scores=scores)
    lead = _lead(scores, target, margin)
    return reduce(lead.amax(_class_axis(scores)), reduction)


@documented
def weston_watkins_loss(
    scores: Tensor,
    target: Tensor,
    *,
    margin: float = 1.0,
    reduction: Reduction = "mean",
) -> Tensor:
    """
    >>> weston_watkins_loss(torch.tensor([[2.0, 3.0, 1.5]]), torch.tensor([0]))
    tensor(2.5000)
    """
    not_negative(margin=margin)
    scores, target = _classes(target, scores=scores)
    violations = F.relu(_lead(scores, target, margin))
    return reduce(violations.sum(_class_axis(scores)), reduction)


@documented
def sigmoid_focal_loss(
    logits: Tensor,
    target: Tensor,
    *,
    alpha: float | None = 0.25,
    gamma: float = 2.0,
    reduction: Reduction = "mean",
) -> Tensor:
    """
    >>> logits = torch.tensor([3.0, -3.0])
    >>> loss = sigmoid_focal_loss(logits, torch.ones(2), reduction="none")
    >>> print(f"{loss[1] / loss[0]:.0f}")
    25313
    """
    not_negative(gamma=gamma)
    logits, target = same_shape(logits=logits, target=target)
    # Few passes, one in place: over many anchors, memory costs more than arithmetic.
    cross_entropy = torch.addcmul(F.softplus(logits), logits, target, value=-1)
    if alpha is not None:
        fraction(alpha=alpha)
        cross_entropy.mul_(torch.add(1 - alpha, target, alpha=2 * alpha - 1))
    sign = torch.add(1, target, alpha=-2)
    missing = torch.addcmul(target, sign, torch.sigmoid(logits))
    if gamma < 1:
        missing = missing.clamp(min=TINY)
    return reduce(missing**gamma * cross_entropy, reduction)


@documented
def softmax_focal_loss(
    logits: Tensor,
    target: Tensor,
    *,
    alpha: Tensor | None = None,
    gamma: float = 2.0,
    reduction: Reduction = "mean",
) -> Tensor:
    """
    >>> softmax_focal_loss(torch.tensor([[2.0, 0.0, 0.0]]), torch.tensor([0]))
    tensor(0.0109)
    """
    not_negative(gamma=gamma)
    logits, target = _classes(target, logits=logits)
    logits, alpha = _per_class(logits, alpha=alpha)
    log_p = _of_target(logits.log_softmax(_class_axis(logits)), target)
    missing = (-torch.expm1(log_p)).clamp(min=TINY)
    loss = -(missing**gamma) * log_p
    return reduce(_weight_of(alpha, target) * loss, reduction)


@documented
def generalized_cross_entropy_loss(
    logits: Tensor, target: Tensor, *, q: float = 0.7, reduction: Reduction = "mean"
) -> Tensor:
    """
    >>> generalized_cross_entropy_loss(torch.zeros(1, 2), torch.tensor([0]), q=1.0)
    tensor(0.5000)
    """
    fraction(q=q)
    logits, target = _classes(target, logits=logits)
    log_p = _of_target(logits.log_softmax(_class_axis(logits)), target)
    return reduce(-torch.expm1(q * log_p) / q if q > 0 else -log_p, reduction)


@documented
def asymmetric_loss(
    logits: Tensor,
    target: Tensor,
    *,
    gamma_pos: float = 0.0,
    gamma_neg: float = 4.0,
    margin: float = 0.05,
    reduction: Reduction = "mean",
) -> Tensor:
    """
    >>> asymmetric_loss(torch.tensor([-3.0]), torch.zeros(1))
    tensor(0.)
    """
    not_negative(gamma_pos=gamma_pos, gamma_neg=gamma_neg)
    fraction(margin=margin)
    logits, target = same_shape(logits=logits, target=target)
    rest = torch.sigmoid(-logits)
    positive = rest.clamp(min=TINY) ** gamma_pos * F.logsigmoid(logits)
    shifted = F.relu(torch.sigmoid(logits) - margin)
    log_rest = (
        (rest + margin).clamp(max=1).log() if margin > 0 else F.logsigmoid(-logits)
    )
    negative = shifted.clamp(min=TINY) ** gamma_neg * log_rest
    return reduce(-target * positive - (1 - target) * negative, reduction)


@documented
def class_balanced_weights(counts: Tensor, *, beta: float = 0.999) -> Tensor:
    """
    >>> class_balanced_weights(torch.tensor([900, 100, 0]))
    tensor([0.2764, 1.7236, 0.0000])
    """
    if not 0 <= beta < 1:
        raise ValueError(f"beta must be at least 0 and below 1, got {beta!r}")
    if isinstance(counts, Tensor) and not counts.is_floating_point():
        counts = counts.float()
    (counts,) = floats(counts=counts)
    if counts.ndim != 1:
        raise ValueError(
            f"counts must have shape (K,), one number a class, got {tuple(counts.shape)}"
        )
    present = counts > 0
    log_beta = math.log(beta) if beta > 0 else -math.inf
    effective = torch.expm1(log_beta * counts.where(present, 1)) / (beta - 1)
    weights = present / effective
    return weights * present.sum() / weights.sum().clamp(min=1 - beta)
