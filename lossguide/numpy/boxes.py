"""Boxes: formats, overlap measures, the IoU family of losses, box coding and suppression.

A box is ``x1, y1, x2, y2`` in any one unit. A box whose corners are swapped (``x2 < x1``) has a negative
width: it overlaps nothing, and its measures mean nothing. The functions do not sort corners.

A rotated box is ``cx, cy, w, h, angle``, with the angle in radians from the x axis toward the y axis.
"""

import math
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lossguide._arguments import not_negative, positive
from lossguide.catalog import documented
from lossguide.numpy._arguments import (
    Array,
    Reduction,
    box_arrays,
    box_pairs,
    box_sets,
    per_box,
    reduce,
    same_shape,
)
from lossguide.numpy._slope import constant

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

    width: Array
    height: Array
    target_width: Array
    target_height: Array
    overlap_width: Array
    overlap_height: Array
    enclosing_width: Array
    enclosing_height: Array
    center_dx: Array
    center_dy: Array


def _geometry(pred: Array, target: Array) -> _Geometry:
    x1, y1, x2, y2 = np.moveaxis(pred, -1, 0)
    tx1, ty1, tx2, ty2 = np.moveaxis(target, -1, 0)
    return _Geometry(
        width=x2 - x1,
        height=y2 - y1,
        target_width=tx2 - tx1,
        target_height=ty2 - ty1,
        overlap_width=np.minimum(x2, tx2) - np.maximum(x1, tx1),
        overlap_height=np.minimum(y2, ty2) - np.maximum(y1, ty1),
        enclosing_width=np.maximum(x2, tx2) - np.minimum(x1, tx1),
        enclosing_height=np.maximum(y2, ty2) - np.minimum(y1, ty1),
        center_dx=(x1 + x2) / 2 - (tx1 + tx2) / 2,
        center_dy=(y1 + y2) / 2 - (ty1 + ty2) / 2,
    )


def _intersection_and_union(g: _Geometry) -> tuple[Array, Array]:
    intersection = np.maximum(g.overlap_width, 0) * np.maximum(g.overlap_height, 0)
    union = g.width * g.height + g.target_width * g.target_height - intersection
    return intersection, union


def _iou(g: _Geometry, eps: float) -> Array:
    intersection, union = _intersection_and_union(g)
    return intersection / (union + eps)


def _giou(g: _Geometry, eps: float) -> Array:
    intersection, union = _intersection_and_union(g)
    enclosing = g.enclosing_width * g.enclosing_height
    return intersection / (union + eps) - (enclosing - union) / (enclosing + eps)


def _center_penalty(g: _Geometry, eps: float) -> Array:
    """Squared distance of the centers over the squared diagonal of the enclosing box."""
    diagonal = g.enclosing_width**2 + g.enclosing_height**2
    return (g.center_dx**2 + g.center_dy**2) / (diagonal + eps)


def _diou(g: _Geometry, eps: float) -> Array:
    return _iou(g, eps) - _center_penalty(g, eps)


def _ciou(g: _Geometry, eps: float) -> Array:
    iou = _iou(g, eps)
    target_angle = np.arctan2(g.target_width, g.target_height)
    angle = np.arctan2(g.width, g.height)
    is_point = (
        np.hypot(g.width, g.height) * np.hypot(g.target_width, g.target_height) == 0
    )
    v = np.where(is_point, 0, 4 / math.pi**2 * (target_angle - angle) ** 2)
    alpha = constant(v / (1 - iou + v + eps))
    return iou - _center_penalty(g, eps) - alpha * v


def _eiou(g: _Geometry, eps: float) -> Array:
    width_penalty = (g.width - g.target_width) ** 2 / (g.enclosing_width**2 + eps)
    height_penalty = (g.height - g.target_height) ** 2 / (g.enclosing_height**2 + eps)
    return _diou(g, eps) - width_penalty - height_penalty


def _rotated_pair(pred: Any, target: Any, eps: float) -> tuple[Array, ...]:
    """The sides of both, the angle between them, and the offset of the centers along the sides of each."""
    positive(eps=eps)
    pred, target = box_pairs(5, pred=pred, target=target)
    x, y, w, h, angle = np.moveaxis(pred, -1, 0)
    tx, ty, tw, th, target_angle = np.moveaxis(target, -1, 0)
    dx, dy = x - tx, y - ty
    w, h, tw, th = (np.sqrt(side**2 + eps**2) for side in (w, h, tw, th))
    u = dx * np.cos(angle) + dy * np.sin(angle)
    v = dy * np.cos(angle) - dx * np.sin(angle)
    tu = dx * np.cos(target_angle) + dy * np.sin(target_angle)
    tv = dy * np.cos(target_angle) - dx * np.sin(target_angle)
    return w, h, tw, th, angle - target_angle, u, v, tu, tv


def _bhattacharyya(pair: tuple[Array, ...]) -> Array:
    """Bhattacharyya distance of Gaussians with variances of a twelfth of the squared sides.

    The determinants are written as sums of squares: from the matrices, thin boxes would leave only rounding.
    """
    w, h, tw, th, turn, u, v, tu, tv = pair
    areas = w * h * tw * th
    mismatch = (
        (w * h - tw * th) ** 2
        + (np.cos(turn) * (w * th - h * tw)) ** 2
        + (np.sin(turn) * (w * tw - h * th)) ** 2
    )
    offset = (h * u) ** 2 + (w * v) ** 2 + (th * tu) ** 2 + (tw * tv) ** 2
    return 3 * offset / (4 * areas + mismatch) + np.log1p(mismatch / (4 * areas)) / 2


def _kl_divergence(pair: tuple[Array, ...]) -> Array:
    """From the prediction to the target, of Gaussians with variances of a quarter of the squared sides."""
    w, h, tw, th, turn, _, _, tu, tv = pair
    offset = (tu / tw) ** 2 + (tv / th) ** 2
    shape = (np.cos(turn) * (w / tw - h / th)) ** 2
    shape += (np.sin(turn) * (h / tw - w / th)) ** 2
    area = w * h / (tw * th)
    return np.asarray(2 * offset + shape / 2 + area - 1 - np.log(area))


@documented
def box_area(boxes: Any) -> Array:
    """
    >>> box_area([[0.0, 0.0, 2.0, 3.0]])
    array([6.])
    """
    (boxes,) = box_arrays(boxes=boxes)
    x1, y1, x2, y2 = np.moveaxis(boxes, -1, 0)
    return np.asarray((x2 - x1) * (y2 - y1))


@documented
def box_convert(boxes: Any, in_fmt: BoxFormat, out_fmt: BoxFormat) -> Array:
    """
    >>> box_convert([[10.0, 20.0, 4.0, 6.0]], "xywh", "xyxy")
    array([[10., 20., 14., 26.]])
    """
    (boxes,) = box_arrays(boxes=boxes)
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
        return np.concatenate([low, low + size], axis=-1)
    if out_fmt == "xywh":
        return np.concatenate([low, size], axis=-1)
    if out_fmt == "cxcywh":
        return np.concatenate([low + size / 2, size], axis=-1)
    raise ValueError(f'out_fmt must be "xyxy", "xywh" or "cxcywh", got {out_fmt!r}')


@documented
def rotated_box_corners(boxes: Any) -> Array:
    """
    >>> rotated_box_corners([3.0, 1.0, 4.0, 2.0, np.pi / 2]).round(4)
    array([[ 4., -1.],
           [ 4.,  3.],
           [ 2.,  3.],
           [ 2., -1.]])
    """
    (boxes,) = box_arrays(5, boxes=boxes)
    x, y, w, h, angle = np.moveaxis(boxes[..., None], -2, 0)
    across = w / 2 * np.array([-1, 1, 1, -1])
    down = h / 2 * np.array([-1, -1, 1, 1])
    return np.stack(
        [
            x + across * np.cos(angle) - down * np.sin(angle),
            y + across * np.sin(angle) + down * np.cos(angle),
        ],
        axis=-1,
    )


@documented
def iou(pred: Any, target: Any, *, eps: float = EPS) -> Array:
    """
    >>> print(f"{iou([0.0, 0.0, 2.0, 2.0], [1.0, 0.0, 3.0, 2.0]):.4f}")
    0.3333
    """
    return _iou(_geometry(*box_pairs(pred=pred, target=target)), eps)


@documented
def giou(pred: Any, target: Any, *, eps: float = EPS) -> Array:
    """
    >>> print(f"{giou([0.0, 0.0, 1.0, 1.0], [2.0, 0.0, 3.0, 1.0]):.4f}")
    -0.3333
    """
    return _giou(_geometry(*box_pairs(pred=pred, target=target)), eps)


@documented
def diou(pred: Any, target: Any, *, eps: float = EPS) -> Array:
    """
    >>> print(f"{diou([0.0, 0.0, 1.0, 1.0], [2.0, 0.0, 3.0, 1.0]):.4f}")
    -0.4000
    """
    return _diou(_geometry(*box_pairs(pred=pred, target=target)), eps)


@documented
def ciou(pred: Any, target: Any, *, eps: float = EPS) -> Array:
    """
    >>> print(f"{ciou([0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 1.0, 2.0]):.4f}")
    0.4655
    """
    return _ciou(_geometry(*box_pairs(pred=pred, target=target)), eps)


@documented
def eiou(pred: Any, target: Any, *, eps: float = EPS) -> Array:
    """
    >>> print(f"{eiou([0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 1.0, 2.0]):.4f}")
    0.2187
    """
    return _eiou(_geometry(*box_pairs(pred=pred, target=target)), eps)


def _all_pairs(boxes1: Any, boxes2: Any) -> _Geometry:
    boxes1, boxes2 = box_sets(boxes1=boxes1, boxes2=boxes2)
    return _geometry(boxes1[:, None], boxes2[None, :])


@documented
def box_iou(boxes1: Any, boxes2: Any, *, eps: float = EPS) -> Array:
    """
    >>> box_iou([[0.0, 0.0, 2.0, 2.0]], [[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 1.0, 2.0]])
    array([[1. , 0.5]])
    """
    return _iou(_all_pairs(boxes1, boxes2), eps)


@documented
def generalized_box_iou(boxes1: Any, boxes2: Any, *, eps: float = EPS) -> Array:
    """
    >>> generalized_box_iou([[0.0, 0.0, 1.0, 1.0]], [[2.0, 0.0, 3.0, 1.0]]).round(4)
    array([[-0.3333]])
    """
    return _giou(_all_pairs(boxes1, boxes2), eps)


@documented
def distance_box_iou(boxes1: Any, boxes2: Any, *, eps: float = EPS) -> Array:
    """
    >>> distance_box_iou([[0.0, 0.0, 1.0, 1.0]], [[2.0, 0.0, 3.0, 1.0]]).round(4)
    array([[-0.4]])
    """
    return _diou(_all_pairs(boxes1, boxes2), eps)


@documented
def complete_box_iou(boxes1: Any, boxes2: Any, *, eps: float = EPS) -> Array:
    """
    >>> complete_box_iou([[0.0, 0.0, 2.0, 2.0]], [[0.0, 0.0, 1.0, 2.0]]).round(4)
    array([[0.4655]])
    """
    return _ciou(_all_pairs(boxes1, boxes2), eps)


@documented
def iou_loss(
    pred: Any, target: Any, *, reduction: Reduction = "mean", eps: float = EPS
) -> Array:
    """
    >>> iou_loss([[0.0, 0.0, 2.0, 2.0]], [[0.0, 0.0, 1.0, 2.0]])
    array(0.5)
    """
    return reduce(1 - iou(pred, target, eps=eps), reduction)


@documented
def smooth_iou_loss(
    pred: Any, target: Any, *, smooth: float = 1.0, reduction: Reduction = "mean"
) -> Array:
    """
    >>> print(f"{smooth_iou_loss([[0.0, 0.0, 2.0, 2.0]], [[0.0, 0.0, 1.0, 2.0]]):.4f}")
    0.4000
    """
    positive(smooth=smooth)
    intersection, union = _intersection_and_union(
        _geometry(*box_pairs(pred=pred, target=target))
    )
    return reduce(1 - (intersection + smooth) / (union + smooth), reduction)


@documented
def giou_loss(
    pred: Any, target: Any, *, reduction: Reduction = "mean", eps: float = EPS
) -> Array:
    """
    >>> print(f"{giou_loss([[0.0, 0.0, 1.0, 1.0]], [[2.0, 0.0, 3.0, 1.0]]):.4f}")
    1.3333
    """
    return reduce(1 - giou(pred, target, eps=eps), reduction)


@documented
def diou_loss(
    pred: Any, target: Any, *, reduction: Reduction = "mean", eps: float = EPS
) -> Array:
    """
    >>> print(f"{diou_loss([[0.0, 0.0, 1.0, 1.0]], [[2.0, 0.0, 3.0, 1.0]]):.4f}")
    1.4000
    """
    return reduce(1 - diou(pred, target, eps=eps), reduction)


@documented
def ciou_loss(
    pred: Any, target: Any, *, reduction: Reduction = "mean", eps: float = EPS
) -> Array:
    """
    >>> print(f"{ciou_loss([[0.0, 0.0, 2.0, 2.0]], [[0.0, 0.0, 1.0, 2.0]]):.4f}")
    0.5345
    """
    return reduce(1 - ciou(pred, target, eps=eps), reduction)


@documented
def eiou_loss(
    pred: Any, target: Any, *, reduction: Reduction = "mean", eps: float = EPS
) -> Array:
    """
    >>> print(f"{eiou_loss([[0.0, 0.0, 2.0, 2.0]], [[0.0, 0.0, 1.0, 2.0]]):.4f}")
    0.7813
    """
    return reduce(1 - eiou(pred, target, eps=eps), reduction)


@documented
def alpha_iou_loss(
    pred: Any,
    target: Any,
    *,
    alpha: float = 3.0,
    reduction: Reduction = "mean",
    eps: float = EPS,
) -> Array:
    """
    >>> alpha_iou_loss([[0.0, 0.0, 2.0, 2.0]], [[0.0, 0.0, 1.0, 2.0]])
    array(0.875)
    """
    if not alpha >= 1:
        raise ValueError(f"alpha must be at least 1, got {alpha!r}")
    return reduce(1 - iou(pred, target, eps=eps) ** alpha, reduction)


@documented
def nwd(pred: Any, target: Any, *, constant: float = 12.8) -> Array:
    """
    >>> print(f"{nwd([0.0, 0.0, 8.0, 8.0], [4.0, 4.0, 12.0, 12.0]):.4f}")
    0.6428
    """
    positive(constant=constant)
    pred, target = box_pairs(pred=pred, target=target)
    x, y, w, h = np.moveaxis(box_convert(pred, "xyxy", "cxcywh"), -1, 0)
    tx, ty, tw, th = np.moveaxis(box_convert(target, "xyxy", "cxcywh"), -1, 0)
    squared = (x - tx) ** 2 + (y - ty) ** 2 + ((w - tw) ** 2 + (h - th) ** 2) / 4
    return np.asarray(np.exp(-np.sqrt(squared) / constant))


@documented
def nwd_loss(
    pred: Any, target: Any, *, constant: float = 12.8, reduction: Reduction = "mean"
) -> Array:
    """
    >>> print(f"{nwd_loss([[0.0, 0.0, 8.0, 8.0]], [[4.0, 4.0, 12.0, 12.0]]):.4f}")
    0.3572
    """
    return reduce(1 - nwd(pred, target, constant=constant), reduction)


@documented
def probiou(pred: Any, target: Any, *, eps: float = SIDE_EPS) -> Array:
    """
    >>> print(f"{probiou([0.0, 0.0, 8.0, 2.0, 0.5], [0.0, 0.0, 8.0, 2.0, 0.0]):.4f}")
    0.4937
    """
    distance = _bhattacharyya(_rotated_pair(pred, target, eps))
    return 1 - np.sqrt(-np.expm1(-distance))


@documented
def probiou_loss(
    pred: Any, target: Any, *, reduction: Reduction = "mean", eps: float = SIDE_EPS
) -> Array:
    """
    >>> print(f"{probiou_loss([[0.0, 0.0, 8.0, 2.0, 0.5]], [[0.0, 0.0, 8.0, 2.0, 0.0]]):.4f}")
    0.5063
    """
    return reduce(1 - probiou(pred, target, eps=eps), reduction)


@documented
def kld_loss(
    pred: Any,
    target: Any,
    *,
    tau: float = 1.0,
    reduction: Reduction = "mean",
    eps: float = SIDE_EPS,
) -> Array:
    """
    >>> print(f"{kld_loss([[0.0, 0.0, 8.0, 2.0, 0.5]], [[0.0, 0.0, 8.0, 2.0, 0.0]]):.4f}")
    0.4902
    """
    if not tau >= 1:
        raise ValueError(f"tau must be at least 1, got {tau!r}")
    divergence = _kl_divergence(_rotated_pair(pred, target, eps))
    return reduce(1 - 1 / (tau + np.log1p(divergence)), reduction)


@documented
def iou_aware_loss(
    iou_logits: Any,
    pred: Any,
    target: Any,
    *,
    reduction: Reduction = "mean",
    eps: float = EPS,
) -> Array:
    """
    >>> print(f"{iou_aware_loss([0.8], [[0.0, 0.0, 2.0, 2.0]], [[5.0, 5.0, 6.0, 6.0]]):.4f}")
    1.1711
    """
    achieved = constant(iou(pred, target, eps=eps))
    (logits,) = per_box(np.asarray(pred), iou_logits=iou_logits)
    return reduce(np.logaddexp(0, logits) - logits * achieved, reduction)


@documented
def quality_focal_loss(
    logits: Any, quality: Any, *, beta: float = 2.0, reduction: Reduction = "mean"
) -> Array:
    """
    >>> print(f"{quality_focal_loss([0.0], [0.8]):.4f}")
    0.0624
    """
    if not (beta == 0 or beta >= 1):
        raise ValueError(f"beta must be 0 or at least 1, got {beta!r}")
    logits, quality = same_shape(logits=logits, quality=quality)
    probability = np.exp(-np.logaddexp(0, -logits))
    cross_entropy = np.logaddexp(0, logits) - logits * quality
    return reduce(np.abs(quality - probability) ** beta * cross_entropy, reduction)


@documented
def varifocal_loss(
    logits: Any,
    quality: Any,
    *,
    alpha: float = 0.75,
    gamma: float = 2.0,
    reduction: Reduction = "mean",
) -> Array:
    """
    >>> varifocal_loss([0.0, 0.0], [0.8, 0.0], reduction="none").round(4)
    array([0.5545, 0.13  ])
    """
    not_negative(alpha=alpha, gamma=gamma)
    logits, quality = same_shape(logits=logits, quality=quality)
    cross_entropy = np.logaddexp(0, logits) - logits * quality
    negative_weight = alpha * np.exp(-gamma * np.logaddexp(0, -logits))
    weight = np.where(quality > 0, quality, negative_weight)
    return reduce(weight * cross_entropy, reduction)


@documented
def fuse_scores(scores: Any, ious: Any, *, alpha: float = 0.5) -> Array:
    """
    >>> fuse_scores([0.81], [0.25]).round(4)
    array([0.45])
    """
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha must be between 0 and 1, got {alpha!r}")
    p, u = same_shape(scores=scores, ious=ious)
    return p**alpha * u ** (1 - alpha)


@documented
def encode_boxes(
    boxes: Any,
    anchors: Any,
    *,
    weights: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0),
    eps: float = EPS,
) -> Array:
    """
    >>> encode_boxes([[2.0, 0.0, 6.0, 4.0]], [[0.0, 0.0, 4.0, 4.0]])
    array([[0.5, 0. , 0. , 0. ]])
    """
    boxes, anchors = box_pairs(boxes=boxes, anchors=anchors)
    x, y, w, h = np.moveaxis(box_convert(boxes, "xyxy", "cxcywh"), -1, 0)
    xa, ya, wa, ha = np.moveaxis(box_convert(anchors, "xyxy", "cxcywh"), -1, 0)
    w, h, wa, ha = (np.maximum(size, eps) for size in (w, h, wa, ha))
    return (
        np.stack(
            [(x - xa) / wa, (y - ya) / ha, np.log(w / wa), np.log(h / ha)], axis=-1
        )
        * weights
    )


@documented
def decode_boxes(
    deltas: Any,
    anchors: Any,
    *,
    weights: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0),
    max_log_scale: float = MAX_LOG_SCALE,
) -> Array:
    """
    >>> decode_boxes([[0.5, 0.0, 0.0, 0.0]], [[0.0, 0.0, 4.0, 4.0]])
    array([[2., 0., 6., 4.]])
    """
    deltas, anchors = box_pairs(deltas=deltas, anchors=anchors)
    tx, ty, tw, th = np.moveaxis(deltas / weights, -1, 0)
    xa, ya, wa, ha = np.moveaxis(box_convert(anchors, "xyxy", "cxcywh"), -1, 0)
    w = wa * np.exp(np.minimum(tw, max_log_scale))
    h = ha * np.exp(np.minimum(th, max_log_scale))
    return box_convert(
        np.stack([xa + tx * wa, ya + ty * ha, w, h], axis=-1), "cxcywh", "xyxy"
    )


def _scored_boxes(boxes: Any, **scores: Any) -> tuple[Array, ...]:
    (boxes,) = box_sets(boxes=boxes)
    return boxes, *per_box(boxes, **scores)


def _suppress(scores: Array, overlap: Array, threshold: float) -> NDArray[np.int64]:
    """From the best score down, keep what overlaps no kept box by more than the threshold."""
    keep: list[int] = []
    for i in np.argsort(-scores, kind="stable"):
        if all(overlap[i, j] <= threshold for j in keep):
            keep.append(int(i))
    return np.array(keep, dtype=np.int64)


@documented
def nms(boxes: Any, scores: Any, iou_threshold: float) -> NDArray[np.int64]:
    """
    >>> nms([[0, 0, 4, 4], [0, 0, 4, 5], [9, 9, 12, 12]], [0.6, 0.9, 0.5], 0.5)
    array([1, 2])
    """
    boxes, scores = _scored_boxes(boxes, scores=scores)
    return _suppress(scores, box_iou(boxes, boxes), iou_threshold)


@documented
def diou_nms(boxes: Any, scores: Any, diou_threshold: float) -> NDArray[np.int64]:
    """
    >>> diou_nms([[0, 0, 4, 4], [0, 0, 4, 5], [9, 9, 12, 12]], [0.6, 0.9, 0.5], 0.5)
    array([1, 2])
    """
    boxes, scores = _scored_boxes(boxes, scores=scores)
    return _suppress(scores, distance_box_iou(boxes, boxes), diou_threshold)


@documented
def iou_guided_nms(
    boxes: Any, scores: Any, predicted_ious: Any, iou_threshold: float
) -> tuple[NDArray[np.int64], Array]:
    """
    >>> iou_guided_nms([[0, 0, 4, 4], [0, 0, 4, 5]], [0.6, 0.9], [0.8, 0.7], 0.5)
    (array([0]), array([0.9]))
    """
    boxes, scores, predicted_ious = _scored_boxes(
        boxes, scores=scores, predicted_ious=predicted_ious
    )
    overlap = box_iou(boxes, boxes)
    keep = _suppress(predicted_ious, overlap, iou_threshold)
    best = scores[keep]
    for box, score in enumerate(scores):
        suppressors = np.flatnonzero(overlap[keep, box] > iou_threshold)
        if box not in keep:
            best[suppressors[0]] = max(best[suppressors[0]], score)
    return keep, best


@documented
def soft_nms(
    boxes: Any,
    scores: Any,
    *,
    method: Literal["gaussian", "linear"] = "gaussian",
    sigma: float = 0.5,
    iou_threshold: float = 0.3,
    score_threshold: float = 1e-3,
) -> tuple[NDArray[np.int64], Array]:
    """
    >>> keep, scores = soft_nms([[0, 0, 4, 4], [0, 0, 4, 5]], [0.6, 0.9])
    >>> keep, scores.round(4)
    (array([1, 0]), array([0.9   , 0.1668]))
    """
    positive(sigma=sigma)
    boxes, scores = _scored_boxes(boxes, scores=scores)
    overlap = box_iou(boxes, boxes)
    if method == "gaussian":
        decay = np.exp(-(overlap**2) / sigma)
    elif method == "linear":
        decay = np.where(overlap > iou_threshold, 1 - overlap, 1)
    else:
        raise ValueError(f'method must be "gaussian" or "linear", got {method!r}')
    scores, pending = scores.copy(), np.ones(len(scores), dtype=bool)
    while pending.any():
        best = np.argmax(np.where(pending, scores, -np.inf))
        pending[best] = False
        scores[pending] *= decay[best, pending]
    order = np.argsort(-scores, kind="stable")
    keep = order[scores[order] > score_threshold]
    return keep, scores[keep]
