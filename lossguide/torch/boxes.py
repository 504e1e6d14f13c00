"""Boxes: formats, overlap measures, the IoU family of losses, box coding and suppression.

A box is ``x1, y1, x2, y2`` in any one unit. A box whose corners are swapped (``x2 < x1``) has a negative
width: it overlaps nothing, and its measures mean nothing. The functions do not sort corners.

A rotated box is ``cx, cy, w, h, angle``, with the angle in radians from the x axis toward the y axis.
"""

import math
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from lossguide._arguments import not_negative, positive
from lossguide.catalog import documented
from lossguide.torch._arguments import (
    Reduction,
    box_pairs,
    box_sets,
    box_tensors,
    floats,
    per_box,
    reduce,
    same_shape,
)

__all__ = [
    "alpha_iou_loss",
    "box_area",
    "box_convert",
    "box_iou",
    "ciou",
    "ciou_loss",
    "complete_box_iou",
    "decode_boxes",
    "diou",
    "diou_loss",
    "diou_nms",
    "distance_box_iou",
    "eiou",
    "eiou_loss",
    "encode_boxes",
    "fuse_scores",
    "generalized_box_iou",
    "giou",
    "giou_loss",
    "iou",
    "iou_aware_loss",
    "iou_guided_nms",
    "iou_loss",
    "kld_loss",
    "nms",
    "nwd",
    "nwd_loss",
    "probiou",
    "probiou_loss",
    "quality_focal_loss",
    "rotated_box_corners",
    "smooth_iou_loss",
    "soft_nms",
    "varifocal_loss",
]

EPS = 1e-12
SIDE_EPS = 1e-6
BoxFormat = Literal["xyxy", "xywh", "cxcywh"]
MAX_LOG_SCALE = math.log(1000 / 16)


class _Geometry(NamedTuple):
    """Two boxes side by side. An overlap is negative where there is a gap."""

    width: Tensor
    height: Tensor
    target_width: Tensor
    target_height: Tensor
    overlap_width: Tensor
    overlap_height: Tensor
    enclosing_width: Tensor
    enclosing_height: Tensor
    center_dx: Tensor
    center_dy: Tensor


def _geometry(pred: Tensor, target: Tensor) -> _Geometry:
    x1, y1, x2, y2 = pred.unbind(-1)
    tx1, ty1, tx2, ty2 = target.unbind(-1)
    width, height = x2 - x1, y2 - y1
    target_width, target_height = tx2 - tx1, ty2 - ty1
    overlap_width = torch.minimum(x2, tx2) - torch.maximum(x1, tx1)
    overlap_height = torch.minimum(y2, ty2) - torch.maximum(y1, ty1)
    return _Geometry(
        width=width,
        height=height,
        target_width=target_width,
        target_height=target_height,
        overlap_width=overlap_width,
        overlap_height=overlap_height,
        enclosing_width=width + target_width - overlap_width,
        enclosing_height=height + target_height - overlap_height,
        center_dx=((x1 - tx1) + (x2 - tx2)) / 2,
        center_dy=((y1 - ty1) + (y2 - ty2)) / 2,
    )


def _intersection_and_union(g: _Geometry) -> tuple[Tensor, Tensor]:
    intersection = g.overlap_width.relu() * g.overlap_height.relu()
    union = g.width * g.height + g.target_width * g.target_height - intersection
    return intersection, union


def _iou(g: _Geometry, eps: float) -> Tensor:
    intersection, union = _intersection_and_union(g)
    return intersection / (union + eps)


def _giou(g: _Geometry, eps: float) -> Tensor:
    intersection, union = _intersection_and_union(g)
    enclosing = g.enclosing_width * g.enclosing_height
    waste = (enclosing - union) / (enclosing + eps)
    # Two boxes on one line enclose no area: the slope of 0/0 there would be 1/eps.
    return intersection / (union + eps) - torch.where(enclosing != 0, waste, 0)


def _center_penalty(g: _Geometry, eps: float) -> Tensor:
    """Squared distance of the centers over the squared diagonal of the enclosing box."""
    diagonal = g.enclosing_width.square() + g.enclosing_height.square()
    return (g.center_dx.square() + g.center_dy.square()) / (diagonal + eps)


def _diou(g: _Geometry, eps: float) -> Tensor:
    return _iou(g, eps) - _center_penalty(g, eps)


def _ciou(g: _Geometry, eps: float) -> Tensor:
    iou = _iou(g, eps)
    # Two arctangents as one: arctan(a/b) - arctan(c/d) = atan2(ad - bc, bd + ac).
    angle = torch.atan2(
        g.target_width * g.height - g.width * g.target_height,
        g.target_height * g.height + g.target_width * g.width + eps,
    )
    v = 4 / math.pi**2 * angle.square()
    with torch.no_grad():
        alpha = v / (1 - iou + v + eps)
    return iou - _center_penalty(g, eps) - alpha * v


def _eiou(g: _Geometry, eps: float) -> Tensor:
    width_penalty = (g.width - g.target_width).square() / (
        g.enclosing_width.square() + eps
    )
    height_penalty = (g.height - g.target_height).square() / (
        g.enclosing_height.square() + eps
    )
    return _diou(g, eps) - width_penalty - height_penalty


def _rotated_pair(pred: Tensor, target: Tensor, eps: float) -> tuple[Tensor, ...]:
    """The sides of both, the angle between them, and the offset of the centers along the sides of each."""
    positive(eps=eps)
    pred, target = box_pairs(5, pred=pred, target=target)
    x, y, w, h, angle = pred.unbind(-1)
    tx, ty, tw, th, target_angle = target.unbind(-1)
    dx, dy = x - tx, y - ty
    w, h, tw, th = ((side.square() + eps**2).sqrt() for side in (w, h, tw, th))
    u = dx * angle.cos() + dy * angle.sin()
    v = dy * angle.cos() - dx * angle.sin()
    tu = dx * target_angle.cos() + dy * target_angle.sin()
    tv = dy * target_angle.cos() - dx * target_angle.sin()
    return w, h, tw, th, angle - target_angle, u, v, tu, tv


def _bhattacharyya(pair: tuple[Tensor, ...]) -> Tensor:
    """Bhattacharyya distance of Gaussians with variances of a twelfth of the squared sides.

    The determinants are written as sums of squares: from the matrices, thin boxes would leave only rounding.
    """
    w, h, tw, th, turn, u, v, tu, tv = pair
    areas = w * h * tw * th
    # Made of differences of sides, which are exactly 0 for equal boxes, not of products.
    mismatch = (
        ((w - tw) * h + tw * (h - th)).square()
        + (turn.cos() * ((w - tw) * th - (h - th) * tw)).square()
        + (turn.sin() * (w * tw - h * th)).square()
    )
    # Divided before it is squared, so that the slope of points far apart stays finite.
    scale = (4 * areas + mismatch).sqrt()
    parts = (h * u / scale, w * v / scale, th * tu / scale, tw * tv / scale)
    offset = torch.stack(parts).square().sum(dim=0)
    return 3 * offset + (mismatch / (4 * areas)).log1p() / 2


def _kl_divergence(pair: tuple[Tensor, ...]) -> Tensor:
    """From the prediction to the target, of Gaussians with variances of a quarter of the squared sides."""
    w, h, tw, th, turn, _, _, tu, tv = pair
    offset = (tu / tw).square() + (tv / th).square()
    shape = (turn.cos() * (w / tw - h / th)).square()
    shape = shape + (turn.sin() * (h / tw - w / th)).square()
    area = w * h / (tw * th)
    return 2 * offset + shape / 2 + area - 1 - area.log()


def _root(squared: Tensor) -> Tensor:
    """The square root, with slope 0 at 0 instead of an infinite one."""
    some = squared > 0
    return torch.where(some, torch.where(some, squared, 1).sqrt(), 0)


@documented
def box_area(boxes: Tensor) -> Tensor:
    """
    >>> box_area(torch.tensor([[0.0, 0.0, 2.0, 3.0]]))
    tensor([6.])
    """
    (boxes,) = box_tensors(boxes=boxes)
    x1, y1, x2, y2 = boxes.unbind(-1)
    return (x2 - x1) * (y2 - y1)


@documented
def box_convert(boxes: Tensor, in_fmt: BoxFormat, out_fmt: BoxFormat) -> Tensor:
    """
    >>> box_convert(torch.tensor([[10.0, 20.0, 4.0, 6.0]]), "xywh", "xyxy")
    tensor([[10., 20., 14., 26.]])
    """
    (boxes,) = box_tensors(boxes=boxes)
    first, second = boxes[..., :2], boxes[..., 2:]
    if in_fmt == "xyxy":
        low, size = first, second - first
    elif in_fmt == "xywh":
        low, size = first, second
    elif in_fmt == "cxcywh":
        low, size = first - second / 2, second
    else:
        raise ValueError(f'in_fmt must be "xyxy", "xywh" or "cxcywh", got {in_fmt!r}')
    if out_fmt == "xyxy":
        return torch.cat([low, low + size], dim=-1)
    if out_fmt == "xywh":
        return torch.cat([low, size], dim=-1)
    if out_fmt == "cxcywh":
        return torch.cat([low + size / 2, size], dim=-1)
    raise ValueError(f'out_fmt must be "xyxy", "xywh" or "cxcywh", got {out_fmt!r}')


@documented
def rotated_box_corners(boxes: Tensor) -> Tensor:
    """
    >>> rotated_box_corners(torch.tensor([3.0, 1.0, 4.0, 2.0, torch.pi / 2])).round(decimals=4)
    tensor([[ 4., -1.],
            [ 4.,  3.],
            [ 2.,  3.],
            [ 2., -1.]])
    """
    (boxes,) = box_tensors(5, boxes=boxes)
    x, y, w, h, angle = boxes[..., None].unbind(-2)
    across = w / 2 * boxes.new_tensor([-1, 1, 1, -1])
    down = h / 2 * boxes.new_tensor([-1, -1, 1, 1])
    return torch.stack(
        [
            x + across * angle.cos() - down * angle.sin(),
            y + across * angle.sin() + down * angle.cos(),
        ],
        dim=-1,
    )


@documented
def iou(pred: Tensor, target: Tensor, *, eps: float = EPS) -> Tensor:
    """
    >>> print(f"{iou(torch.tensor([0.0, 0.0, 2.0, 2.0]), torch.tensor([1.0, 0.0, 3.0, 2.0])):.4f}")
    0.3333
    """
    return _iou(_geometry(*box_pairs(pred=pred, target=target)), eps)


@documented
def giou(pred: Tensor, target: Tensor, *, eps: float = EPS) -> Tensor:
    """
    >>> pred, target = torch.tensor([0.0, 0.0, 1.0, 1.0]), torch.tensor([2.0, 0.0, 3.0, 1.0])
    >>> print(f"{giou(pred, target):.4f}")
    -0.3333
    """
    return _giou(_geometry(*box_pairs(pred=pred, target=target)), eps)


@documented
def diou(pred: Tensor, target: Tensor, *, eps: float = EPS) -> Tensor:
    """
    >>> pred, target = torch.tensor([0.0, 0.0, 1.0, 1.0]), torch.tensor([2.0, 0.0, 3.0, 1.0])
    >>> print(f"{diou(pred, target):.4f}")
    -0.4000
    """
    return _diou(_geometry(*box_pairs(pred=pred, target=target)), eps)


@documented
def ciou(pred: Tensor, target: Tensor, *, eps: float = EPS) -> Tensor:
    """
    >>> pred, target = torch.tensor([0.0, 0.0, 2.0, 2.0]), torch.tensor([0.0, 0.0, 1.0, 2.0])
    >>> print(f"{ciou(pred, target):.4f}")
    0.4655
    """
    return _ciou(_geometry(*box_pairs(pred=pred, target=target)), eps)


@documented
def eiou(pred: Tensor, target: Tensor, *, eps: float = EPS) -> Tensor:
    """
    >>> pred, target = torch.tensor([0.0, 0.0, 2.0, 2.0]), torch.tensor([0.0, 0.0, 1.0, 2.0])
    >>> print(f"{eiou(pred, target):.4f}")
    0.2188
    """
    return _eiou(_geometry(*box_pairs(pred=pred, target=target)), eps)


def _all_pairs(boxes1: Tensor, boxes2: Tensor) -> _Geometry:
    boxes1, boxes2 = box_sets(boxes1=boxes1, boxes2=boxes2)
    return _geometry(boxes1[:, None], boxes2[None, :])


@documented
def box_iou(boxes1: Tensor, boxes2: Tensor, *, eps: float = EPS) -> Tensor:
    """
    >>> boxes1 = torch.tensor([[0.0, 0.0, 2.0, 2.0]])
    >>> boxes2 = torch.tensor([[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 1.0, 2.0]])
    >>> box_iou(boxes1, boxes2)
    tensor([[1.0000, 0.5000]])
    """
    return _iou(_all_pairs(boxes1, boxes2), eps)


@documented
def generalized_box_iou(boxes1: Tensor, boxes2: Tensor, *, eps: float = EPS) -> Tensor:
    """
    >>> boxes1, boxes2 = torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.tensor([[2.0, 0.0, 3.0, 1.0]])
    >>> generalized_box_iou(boxes1, boxes2).round(decimals=4)
    tensor([[-0.3333]])
    """
    return _giou(_all_pairs(boxes1, boxes2), eps)


@documented
def distance_box_iou(boxes1: Tensor, boxes2: Tensor, *, eps: float = EPS) -> Tensor:
    """
    >>> boxes1, boxes2 = torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.tensor([[2.0, 0.0, 3.0, 1.0]])
    >>> distance_box_iou(boxes1, boxes2).round(decimals=4)
    tensor([[-0.4000]])
    """
    return _diou(_all_pairs(boxes1, boxes2), eps)


@documented
def complete_box_iou(boxes1: Tensor, boxes2: Tensor, *, eps: float = EPS) -> Tensor:
    """
    >>> boxes1, boxes2 = torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([[0.0, 0.0, 1.0, 2.0]])
    >>> complete_box_iou(boxes1, boxes2).round(decimals=4)
    tensor([[0.4655]])
    """
    return _ciou(_all_pairs(boxes1, boxes2), eps)


@documented
def iou_loss(
    pred: Tensor, target: Tensor, *, reduction: Reduction = "mean", eps: float = EPS
) -> Tensor:
    """
    >>> iou_loss(torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([[0.0, 0.0, 1.0, 2.0]]))
    tensor(0.5000)
    """
    return reduce(1 - iou(pred, target, eps=eps), reduction)


@documented
def smooth_iou_loss(
    pred: Tensor, target: Tensor, *, smooth: float = 1.0, reduction: Reduction = "mean"
) -> Tensor:
    """
    >>> pred, target = torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([[0.0, 0.0, 1.0, 2.0]])
    >>> print(f"{smooth_iou_loss(pred, target):.4f}")
    0.4000
    """
    positive(smooth=smooth)
    intersection, union = _intersection_and_union(
        _geometry(*box_pairs(pred=pred, target=target))
    )
    return reduce(1 - (intersection + smooth) / (union + smooth), reduction)


@documented
def giou_loss(
    pred: Tensor, target: Tensor, *, reduction: Reduction = "mean", eps: float = EPS
) -> Tensor:
    """
    >>> pred, target = torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.tensor([[2.0, 0.0, 3.0, 1.0]])
    >>> print(f"{giou_loss(pred, target):.4f}")
    1.3333
    """
    return reduce(1 - giou(pred, target, eps=eps), reduction)


@documented
def diou_loss(
    pred: Tensor, target: Tensor, *, reduction: Reduction = "mean", eps: float = EPS
) -> Tensor:
    """
    >>> pred, target = torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.tensor([[2.0, 0.0, 3.0, 1.0]])
    >>> print(f"{diou_loss(pred, target):.4f}")
    1.4000
    """
    return reduce(1 - diou(pred, target, eps=eps), reduction)


@documented
def ciou_loss(
    pred: Tensor, target: Tensor, *, reduction: Reduction = "mean", eps: float = EPS
) -> Tensor:
    """
    >>> pred, target = torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([[0.0, 0.0, 1.0, 2.0]])
    >>> print(f"{ciou_loss(pred, target):.4f}")
    0.5345
    """
    return reduce(1 - ciou(pred, target, eps=eps), reduction)


@documented
def eiou_loss(
    pred: Tensor, target: Tensor, *, reduction: Reduction = "mean", eps: float = EPS
) -> Tensor:
    """
    >>> pred, target = torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([[0.0, 0.0, 1.0, 2.0]])
    >>> print(f"{eiou_loss(pred, target):.4f}")
    0.7812
    """
    return reduce(1 - eiou(pred, target, eps=eps), reduction)


@documented
def alpha_iou_loss(
    pred: Tensor,
    target: Tensor,
    *,
    alpha: float = 3.0,
    reduction: Reduction = "mean",
    eps: float = EPS,
) -> Tensor:
    """
    >>> alpha_iou_loss(torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([[0.0, 0.0, 1.0, 2.0]]))
    tensor(0.8750)
    """
    if not alpha >= 1:
        raise ValueError(f"alpha must be at least 1, got {alpha!r}")
    return reduce(1 - iou(pred, target, eps=eps) ** alpha, reduction)


@documented
def nwd(pred: Tensor, target: Tensor, *, constant: float = 12.8) -> Tensor:
    """
    >>> pred, target = torch.tensor([0.0, 0.0, 8.0, 8.0]), torch.tensor([4.0, 4.0, 12.0, 12.0])
    >>> print(f"{nwd(pred, target):.4f}")
    0.6428
    """
    positive(constant=constant)
    pred, target = box_pairs(pred=pred, target=target)
    # Half the squared distance of the corners is that of centers and half sizes.
    squared = (pred - target).square().sum(dim=-1) / 2
    return torch.exp(-_root(squared) / constant)


@documented
def nwd_loss(
    pred: Tensor,
    target: Tensor,
    *,
    constant: float = 12.8,
    reduction: Reduction = "mean",
) -> Tensor:
    """
    >>> pred, target = torch.tensor([[0.0, 0.0, 8.0, 8.0]]), torch.tensor([[4.0, 4.0, 12.0, 12.0]])
    >>> print(f"{nwd_loss(pred, target):.4f}")
    0.3572
    """
    return reduce(1 - nwd(pred, target, constant=constant), reduction)


@documented
def probiou(pred: Tensor, target: Tensor, *, eps: float = SIDE_EPS) -> Tensor:
    """
    >>> pred, target = torch.tensor([0.0, 0.0, 8.0, 2.0, 0.5]), torch.tensor([0.0, 0.0, 8.0, 2.0, 0.0])
    >>> print(f"{probiou(pred, target):.4f}")
    0.4937
    """
    distance = _bhattacharyya(_rotated_pair(pred, target, eps))
    return 1 - _root(-torch.expm1(-distance))


@documented
def probiou_loss(
    pred: Tensor,
    target: Tensor,
    *,
    reduction: Reduction = "mean",
    eps: float = SIDE_EPS,
) -> Tensor:
    """
    >>> pred, target = torch.tensor([[0.0, 0.0, 8.0, 2.0, 0.5]]), torch.tensor([[0.0, 0.0, 8.0, 2.0, 0.0]])
    >>> print(f"{probiou_loss(pred, target):.4f}")
    0.5063
    """
    return reduce(1 - probiou(pred, target, eps=eps), reduction)


@documented
def kld_loss(
    pred: Tensor,
    target: Tensor,
    *,
    tau: float = 1.0,
    reduction: Reduction = "mean",
    eps: float = SIDE_EPS,
) -> Tensor:
    """
    >>> pred, target = torch.tensor([[0.0, 0.0, 8.0, 2.0, 0.5]]), torch.tensor([[0.0, 0.0, 8.0, 2.0, 0.0]])
    >>> print(f"{kld_loss(pred, target):.4f}")
    0.4902
    """
    if not tau >= 1:
        raise ValueError(f"tau must be at least 1, got {tau!r}")
    divergence = _kl_divergence(_rotated_pair(pred, target, eps))
    return reduce(1 - 1 / (tau + divergence.log1p()), reduction)


@documented
def iou_aware_loss(
    iou_logits: Tensor,
    pred: Tensor,
    target: Tensor,
    *,
    reduction: Reduction = "mean",
    eps: float = EPS,
) -> Tensor:
    """
    >>> pred, target = torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([[5.0, 5.0, 6.0, 6.0]])
    >>> print(f"{iou_aware_loss(torch.tensor([0.8]), pred, target):.4f}")
    1.1711
    """
    achieved = iou(pred, target, eps=eps).detach()
    logits, achieved = per_box(pred, iou_logits=iou_logits, achieved=achieved)
    return reduce(
        F.binary_cross_entropy_with_logits(logits, achieved, reduction="none"),
        reduction,
    )


@documented
def quality_focal_loss(
    logits: Tensor, quality: Tensor, *, beta: float = 2.0, reduction: Reduction = "mean"
) -> Tensor:
    """
    >>> print(f"{quality_focal_loss(torch.tensor([0.0]), torch.tensor([0.8])):.4f}")
    0.0624
    """
    if not (beta == 0 or beta >= 1):
        raise ValueError(f"beta must be 0 or at least 1, got {beta!r}")
    logits, quality = same_shape(logits=logits, quality=quality)
    cross_entropy = F.binary_cross_entropy_with_logits(
        logits, quality, reduction="none"
    )
    return reduce((quality - logits.sigmoid()).abs() ** beta * cross_entropy, reduction)


@documented
def varifocal_loss(
    logits: Tensor,
    quality: Tensor,
    *,
    alpha: float = 0.75,
    gamma: float = 2.0,
    reduction: Reduction = "mean",
) -> Tensor:
    """
    >>> varifocal_loss(torch.tensor([0.0, 0.0]), torch.tensor([0.8, 0.0]), reduction="none")
    tensor([0.5545, 0.1300])
    """
    not_negative(alpha=alpha, gamma=gamma)
    logits, quality = same_shape(logits=logits, quality=quality)
    cross_entropy = F.binary_cross_entropy_with_logits(
        logits, quality, reduction="none"
    )
    # Through the logarithm, the power keeps its slope where the sigmoid rounds to 0.
    negative_weight = alpha * torch.exp(gamma * F.logsigmoid(logits))
    weight = torch.where(quality > 0, quality, negative_weight)
    return reduce(weight * cross_entropy, reduction)


@documented
def fuse_scores(scores: Tensor, ious: Tensor, *, alpha: float = 0.5) -> Tensor:
    """
    >>> fuse_scores(torch.tensor([0.81]), torch.tensor([0.25])).round(decimals=4)
    tensor([0.4500])
    """
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha must be between 0 and 1, got {alpha!r}")
    scores, ious = same_shape(scores=scores, ious=ious)
    return scores**alpha * ious ** (1 - alpha)


@documented
def encode_boxes(
    boxes: Tensor,
    anchors: Tensor,
    *,
    weights: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0),
    eps: float = EPS,
) -> Tensor:
    """
    >>> encode_boxes(torch.tensor([[2.0, 0.0, 6.0, 4.0]]), torch.tensor([[0.0, 0.0, 4.0, 4.0]]))
    tensor([[0.5000, 0.0000, 0.0000, 0.0000]])
    """
    boxes, anchors = box_pairs(boxes=boxes, anchors=anchors)
    x, y, w, h = box_convert(boxes, "xyxy", "cxcywh").unbind(-1)
    xa, ya, wa, ha = box_convert(anchors, "xyxy", "cxcywh").unbind(-1)
    w, h, wa, ha = (size.clamp(min=eps) for size in (w, h, wa, ha))
    wx, wy, ww, wh = weights
    offsets = [
        wx * (x - xa) / wa,
        wy * (y - ya) / ha,
        ww * (w / wa).log(),
        wh * (h / ha).log(),
    ]
    return torch.stack(offsets, dim=-1)


@documented
def decode_boxes(
    deltas: Tensor,
    anchors: Tensor,
    *,
    weights: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0),
    max_log_scale: float = MAX_LOG_SCALE,
) -> Tensor:
    """
    >>> decode_boxes(torch.tensor([[0.5, 0.0, 0.0, 0.0]]), torch.tensor([[0.0, 0.0, 4.0, 4.0]]))
    tensor([[2., 0., 6., 4.]])
    """
    deltas, anchors = box_pairs(deltas=deltas, anchors=anchors)
    tx, ty, tw, th = (
        offset / weight
        for offset, weight in zip(deltas.unbind(-1), weights, strict=True)
    )
    xa, ya, wa, ha = box_convert(anchors, "xyxy", "cxcywh").unbind(-1)
    w = wa * tw.clamp(max=max_log_scale).exp()
    h = ha * th.clamp(max=max_log_scale).exp()
    return box_convert(
        torch.stack([xa + tx * wa, ya + ty * ha, w, h], dim=-1), "cxcywh", "xyxy"
    )


def _scored_boxes(boxes: Tensor, **scores: Tensor) -> tuple[Tensor, ...]:
    (checked,) = box_sets(boxes=boxes)
    per_box(checked, **scores)
    return floats(boxes=boxes, **scores)


def _suppress(scores: Tensor, overlap: Tensor, threshold: float) -> Tensor:
    """From the best score down, keep what overlaps no kept box by more than the threshold."""
    order = scores.argsort(descending=True, stable=True)
    too_close = overlap[order][:, order] > threshold
    kept = torch.ones_like(order, dtype=torch.bool)
    for i in range(len(order)):
        kept[i + 1 :] &= ~(kept[i] & too_close[i, i + 1 :])
    return order[kept]


@documented
def nms(boxes: Tensor, scores: Tensor, iou_threshold: float) -> Tensor:
    """
    >>> boxes = torch.tensor([[0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 4.0, 5.0], [9.0, 9.0, 12.0, 12.0]])
    >>> nms(boxes, torch.tensor([0.6, 0.9, 0.5]), 0.5)
    tensor([1, 2])
    """
    boxes, scores = _scored_boxes(boxes, scores=scores)
    return _suppress(scores, box_iou(boxes, boxes), iou_threshold)


@documented
def diou_nms(boxes: Tensor, scores: Tensor, diou_threshold: float) -> Tensor:
    """
    >>> boxes = torch.tensor([[0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 4.0, 5.0], [9.0, 9.0, 12.0, 12.0]])
    >>> diou_nms(boxes, torch.tensor([0.6, 0.9, 0.5]), 0.5)
    tensor([1, 2])
    """
    boxes, scores = _scored_boxes(boxes, scores=scores)
    return _suppress(scores, distance_box_iou(boxes, boxes), diou_threshold)


@documented
def iou_guided_nms(
    boxes: Tensor, scores: Tensor, predicted_ious: Tensor, iou_threshold: float
) -> tuple[Tensor, Tensor]:
    """
    >>> boxes = torch.tensor([[0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 4.0, 5.0]])
    >>> iou_guided_nms(boxes, torch.tensor([0.6, 0.9]), torch.tensor([0.8, 0.7]), 0.5)
    (tensor([0]), tensor([0.9000]))
    """
    boxes, scores, predicted_ious = _scored_boxes(
        boxes, scores=scores, predicted_ious=predicted_ious
    )
    overlap = box_iou(boxes, boxes)
    keep = _suppress(predicted_ious, overlap, iou_threshold)
    cluster = overlap[keep] > iou_threshold
    cluster[torch.arange(len(keep)), keep] = True
    # The first kept box that claims a box owns it: count those that come before.
    owner = (cluster.cumsum(dim=0) == 0).sum(dim=0)
    best = torch.zeros_like(scores[keep]).scatter_reduce(
        0, owner, scores, "amax", include_self=False
    )
    return keep, best


@documented
def soft_nms(
    boxes: Tensor,
    scores: Tensor,
    *,
    method: Literal["gaussian", "linear"] = "gaussian",
    sigma: float = 0.5,
    iou_threshold: float = 0.3,
    score_threshold: float = 1e-3,
) -> tuple[Tensor, Tensor]:
    """
    >>> boxes = torch.tensor([[0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 4.0, 5.0]])
    >>> keep, scores = soft_nms(boxes, torch.tensor([0.6, 0.9]))
    >>> keep, scores.round(decimals=4)
    (tensor([1, 0]), tensor([0.9000, 0.1668]))
    """
    positive(sigma=sigma)
    boxes, scores = _scored_boxes(boxes, scores=scores)
    overlap = box_iou(boxes, boxes)
    if method == "gaussian":
        decay = torch.exp(-overlap.square() / sigma)
    elif method == "linear":
        decay = torch.where(overlap > iou_threshold, 1 - overlap, 1)
    else:
        raise ValueError(f'method must be "gaussian" or "linear", got {method!r}')
    pending = torch.ones_like(scores, dtype=torch.bool)
    for _ in range(len(scores)):
        best = scores.masked_fill(~pending, -math.inf).argmax()
        pending = pending.index_fill(0, best, False)
        scores = torch.where(pending, scores * decay[best], scores)
    order = scores.argsort(descending=True, stable=True)
    keep = order[scores[order] > score_threshold]
    return keep, scores[keep]
