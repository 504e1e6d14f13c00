"""Boxes: formats, overlap measures, the IoU family of losses, box coding and suppression.

A box is ``x1, y1, x2, y2`` in any one unit. A box whose corners are swapped (``x2 < x1``) has a negative
width: it overlaps nothing, and its measures mean nothing. The functions do not sort corners.

A rotated box is ``cx, cy, w, h, angle``, with the angle in radians from the x axis toward the y axis.

Everything runs under ``tf.function``. The suppression functions return as many boxes as they keep, which
``jit_compile=True`` cannot hold; everything else runs under it.
"""

import math
from typing import Any, Literal, NamedTuple

import tensorflow as tf

from lossguide._arguments import not_negative, numbers, positive, several_classes
from lossguide.tensorflow._arguments import (
    Reduction,
    agree,
    box_pairs,
    box_sets,
    box_tensors,
    floats,
    no_nan,
    per_box,
    reduce,
    root,
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
    "distribution_focal_loss",
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
    "log_iou_loss",
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

    width: tf.Tensor
    height: tf.Tensor
    target_width: tf.Tensor
    target_height: tf.Tensor
    overlap_width: tf.Tensor
    overlap_height: tf.Tensor
    enclosing_width: tf.Tensor
    enclosing_height: tf.Tensor
    center_dx: tf.Tensor
    center_dy: tf.Tensor


def _minimum(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """The smaller of two tensors.

    Where they are equal, ``tf.minimum`` gives the whole gradient to its first argument. The mean of both
    orders gives each a half, so that a box that sits on its target is not pushed away.
    """
    return (tf.minimum(a, b) + tf.minimum(b, a)) / 2


def _maximum(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """The larger of two tensors; where they are equal, each gets half the gradient."""
    return (tf.maximum(a, b) + tf.maximum(b, a)) / 2


def _geometry(pred: tf.Tensor, target: tf.Tensor) -> _Geometry:
    x1, y1, x2, y2 = tf.unstack(pred, axis=-1)
    tx1, ty1, tx2, ty2 = tf.unstack(target, axis=-1)
    width, height = x2 - x1, y2 - y1
    target_width, target_height = tx2 - tx1, ty2 - ty1
    overlap_width = _minimum(x2, tx2) - _maximum(x1, tx1)
    overlap_height = _minimum(y2, ty2) - _maximum(y1, ty1)
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


def _intersection_and_union(g: _Geometry) -> tuple[tf.Tensor, tf.Tensor]:
    intersection = tf.nn.relu(g.overlap_width) * tf.nn.relu(g.overlap_height)
    union = g.width * g.height + g.target_width * g.target_height - intersection
    return intersection, union


def _iou(g: _Geometry, eps: float) -> tf.Tensor:
    numbers(eps=eps)
    intersection, union = _intersection_and_union(g)
    return intersection / (union + eps)


def _giou(g: _Geometry, eps: float) -> tf.Tensor:
    numbers(eps=eps)
    intersection, union = _intersection_and_union(g)
    enclosing = g.enclosing_width * g.enclosing_height
    waste = (enclosing - union) / (enclosing + eps)
    # Two boxes on one line enclose no area: the slope of 0/0 there would be 1/eps.
    return intersection / (union + eps) - tf.where(enclosing != 0, waste, 0)


def _center_penalty(g: _Geometry, eps: float) -> tf.Tensor:
    """Squared distance of the centers over the squared diagonal of the enclosing box."""
    diagonal = tf.square(g.enclosing_width) + tf.square(g.enclosing_height)
    return (tf.square(g.center_dx) + tf.square(g.center_dy)) / (diagonal + eps)


def _diou(g: _Geometry, eps: float) -> tf.Tensor:
    return _iou(g, eps) - _center_penalty(g, eps)


def _angle(y: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
    """The angle of a vector, 0 for one without length, scaled so that no slope of it overflows."""
    size = tf.stop_gradient(tf.abs(y) + tf.abs(x))
    some = size != 0
    size = tf.where(some, size, 1)
    return tf.atan2(y / size, tf.where(some, x / size, 1))


def _ciou(g: _Geometry, eps: float) -> tf.Tensor:
    iou = _iou(g, eps)
    # Two arctangents as one: arctan(a/b) - arctan(c/d) = atan2(ad - bc, bd + ac).
    cross = g.target_width * g.height - g.width * g.target_height
    inner = g.target_height * g.height + g.target_width * g.width
    angle = _angle(cross, inner)
    v = 4 / math.pi**2 * tf.square(angle)
    # In two sums: in one, a graph would add eps to the 1 first, which loses it.
    alpha = tf.stop_gradient(v / ((1 - iou) + (v + eps)))
    return iou - _center_penalty(g, eps) - alpha * v


def _eiou(g: _Geometry, eps: float) -> tf.Tensor:
    numbers(eps=eps)
    width_penalty = tf.square(g.width - g.target_width) / (
        tf.square(g.enclosing_width) + eps
    )
    height_penalty = tf.square(g.height - g.target_height) / (
        tf.square(g.enclosing_height) + eps
    )
    return _diou(g, eps) - width_penalty - height_penalty


def _rotated_pair(pred: Any, target: Any, eps: float) -> tuple[tf.Tensor, ...]:
    """The sides of both, the angle between them, and the offset of the centers along the sides of each."""
    positive(eps=eps)
    pred, target = box_pairs(5, pred=pred, target=target)
    x, y, w, h, angle = tf.unstack(pred, axis=-1)
    tx, ty, tw, th, target_angle = tf.unstack(target, axis=-1)
    dx, dy = x - tx, y - ty
    w, h, tw, th = (tf.sqrt(tf.square(side) + eps**2) for side in (w, h, tw, th))
    u = dx * tf.cos(angle) + dy * tf.sin(angle)
    v = dy * tf.cos(angle) - dx * tf.sin(angle)
    tu = dx * tf.cos(target_angle) + dy * tf.sin(target_angle)
    tv = dy * tf.cos(target_angle) - dx * tf.sin(target_angle)
    return w, h, tw, th, angle - target_angle, u, v, tu, tv


def _bhattacharyya(pair: tuple[tf.Tensor, ...]) -> tf.Tensor:
    """Bhattacharyya distance of Gaussians with variances of a twelfth of the squared sides.

    The determinants are written as sums of squares: from the matrices, thin boxes would leave only rounding.
    """
    w, h, tw, th, turn, u, v, tu, tv = pair
    # Divided before they are squared, so that the slopes of points and of boxes far apart stay finite.
    unit = 2 * tf.sqrt(w * h * tw * th)
    # Made of differences of sides, which are exactly 0 for equal boxes, not of products.
    shapes = (
        ((w - tw) * h + tw * (h - th)) / unit,
        tf.cos(turn) * ((w - tw) * th - (h - th) * tw) / unit,
        tf.sin(turn) * (w * tw - h * th) / unit,
    )
    mismatch = tf.reduce_sum(tf.square(tf.stack(shapes)), axis=0)
    scale = unit * tf.sqrt(1 + mismatch)
    offsets = (h * u / scale, w * v / scale, th * tu / scale, tw * tv / scale)
    offset = tf.reduce_sum(tf.square(tf.stack(offsets)), axis=0)
    return 3 * offset + tf.math.log1p(mismatch) / 2


def _kl_divergence(pair: tuple[tf.Tensor, ...]) -> tf.Tensor:
    """From the prediction to the target, of Gaussians with variances of a quarter of the squared sides."""
    w, h, tw, th, turn, _, _, tu, tv = pair
    offset = tf.square(tu / tw) + tf.square(tv / th)
    shape = tf.square(tf.cos(turn) * (w / tw - h / th))
    shape += tf.square(tf.sin(turn) * (h / tw - w / th))
    area = w * h / (tw * th)
    return 2 * offset + shape / 2 + area - 1 - tf.math.log(area)


def box_area(boxes: Any) -> tf.Tensor:
    """Area of boxes.

    .. math::

        A = (x_2 - x_1)(y_2 - y_1)

    Args:
        boxes: ``(..., 4)`` as ``x1, y1, x2, y2``.

    Returns:
        Areas, of shape ``boxes.shape[:-1]``, in the squared unit of the boxes.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    Example:
        >>> box_area([[0.0, 0.0, 2.0, 3.0]]).numpy()
        array([6.], dtype=float32)
    """
    (boxes,) = box_tensors(boxes=boxes)
    x1, y1, x2, y2 = tf.unstack(boxes, axis=-1)
    return (x2 - x1) * (y2 - y1)


def box_convert(boxes: Any, in_fmt: BoxFormat, out_fmt: BoxFormat) -> tf.Tensor:
    """Boxes from one format to another.

    Args:
        boxes: ``(..., 4)``.
        in_fmt: "xyxy" (two corners), "xywh" (first corner and size) or "cxcywh" (center
            and size).
        out_fmt: one of the same three.

    Returns:
        The boxes in the new format, of the same shape.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above, or a format is not one of
            the three.

    Example:
        >>> box_convert([[10.0, 20.0, 4.0, 6.0]], "xywh", "xyxy").numpy()
        array([[10., 20., 14., 26.]], dtype=float32)
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
        return tf.concat([low, low + size], axis=-1)
    if out_fmt == "xywh":
        return tf.concat([low, size], axis=-1)
    if out_fmt == "cxcywh":
        return tf.concat([low + size / 2, size], axis=-1)
    raise ValueError(f'out_fmt must be "xyxy", "xywh" or "cxcywh", got {out_fmt!r}')


def rotated_box_corners(boxes: Any) -> tf.Tensor:
    r"""The four corners of rotated boxes.

    .. math::

        \begin{pmatrix} c_x \\ c_y \end{pmatrix} + \begin{pmatrix} \cos\theta &
        -\sin\theta \\ \sin\theta & \cos\theta \end{pmatrix} \begin{pmatrix} \pm w/2 \\
        \pm h/2 \end{pmatrix}

    Args:
        boxes: ``(..., 5)`` as ``cx, cy, w, h, angle``, the angle in radians from the x
            axis toward the y axis.

    Returns:
        Points ``(..., 4, 2)``, around the box; first the corner that angle 0 has at
            ``x1, y1``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    Example:
        >>> rotated_box_corners([3.0, 1.0, 4.0, 2.0, math.pi / 2]).numpy().round(4)
        array([[ 4., -1.],
               [ 4.,  3.],
               [ 2.,  3.],
               [ 2., -1.]], dtype=float32)
    """
    (boxes,) = box_tensors(5, boxes=boxes)
    x, y, w, h, angle = tf.unstack(boxes[..., None], axis=-2)
    across = w / 2 * tf.constant([-1, 1, 1, -1], boxes.dtype)
    down = h / 2 * tf.constant([-1, -1, 1, 1], boxes.dtype)
    return tf.stack(
        [
            x + across * tf.cos(angle) - down * tf.sin(angle),
            y + across * tf.sin(angle) + down * tf.cos(angle),
        ],
        axis=-1,
    )


def iou(pred: Any, target: Any, *, eps: float = EPS) -> tf.Tensor:
    r"""Intersection over union of boxes, pair by pair.

    .. math::

        \mathrm{IoU} = \frac{|A \cap B|}{|A \cup B|}

    Two boxes of zero area have IoU 0.

    Args:
        pred: predicted boxes, ``(..., 4)`` as ``x1, y1, x2, y2`` in any one unit.
        target: true boxes, of the same shape and in the same unit.
        eps: added to every denominator, so that 0/0 is 0. Default: 1e-12 (lost in the
            rounding, unless a box has no area).

    Returns:
        One value for each pair of boxes, of shape ``pred.shape[:-1]``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Jaccard, The Distribution of the Flora in the Alpine Zone, 1912.

    Example:
        >>> print(f"{iou([0.0, 0.0, 2.0, 2.0], [1.0, 0.0, 3.0, 2.0]):.4f}")
        0.3333
    """
    return _iou(_geometry(*box_pairs(pred=pred, target=target)), eps)


def giou(pred: Any, target: Any, *, eps: float = EPS) -> tf.Tensor:
    r"""IoU less the share of the enclosing box that neither box fills.

    .. math::

        \mathrm{GIoU} = \mathrm{IoU} - \frac{|C| - |A \cup B|}{|C|}

    C is the smallest box around both.

    Args:
        pred: predicted boxes, ``(..., 4)`` as ``x1, y1, x2, y2`` in any one unit.
        target: true boxes, of the same shape and in the same unit.
        eps: added to every denominator, so that 0/0 is 0. Default: 1e-12 (lost in the
            rounding, unless a box has no area).

    Returns:
        One value for each pair of boxes, of shape ``pred.shape[:-1]``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Rezatofighi et al., Generalized Intersection over Union, CVPR 2019.

    Example:
        >>> print(f"{giou([0.0, 0.0, 1.0, 1.0], [2.0, 0.0, 3.0, 1.0]):.4f}")
        -0.3333
    """
    return _giou(_geometry(*box_pairs(pred=pred, target=target)), eps)


def diou(pred: Any, target: Any, *, eps: float = EPS) -> tf.Tensor:
    r"""IoU less the squared distance of the centers, in units of the enclosing diagonal.

    .. math::

        \mathrm{DIoU} = \mathrm{IoU} - \frac{\rho^2}{c^2}

    rho is the distance of the centers, c the diagonal of the smallest box around both.

    Args:
        pred: predicted boxes, ``(..., 4)`` as ``x1, y1, x2, y2`` in any one unit.
        target: true boxes, of the same shape and in the same unit.
        eps: added to every denominator, so that 0/0 is 0. Default: 1e-12 (lost in the
            rounding, unless a box has no area).

    Returns:
        One value for each pair of boxes, of shape ``pred.shape[:-1]``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Zheng et al., Distance-IoU Loss, AAAI 2020.

    Example:
        >>> print(f"{diou([0.0, 0.0, 1.0, 1.0], [2.0, 0.0, 3.0, 1.0]):.4f}")
        -0.4000
    """
    return _diou(_geometry(*box_pairs(pred=pred, target=target)), eps)


def ciou(pred: Any, target: Any, *, eps: float = EPS) -> tf.Tensor:
    r"""DIoU less a penalty on the difference of aspect ratios.

    .. math::

        \begin{gathered}
        \mathrm{CIoU} = \mathrm{DIoU} - \alpha v \\
        v = \frac{4}{\pi^2}\left(\arctan\frac{w^*}{h^*} - \arctan\frac{w}{h}\right)^2 \\
        \alpha = \frac{v}{1 - \mathrm{IoU} + v}
        \end{gathered}

    The gradient takes alpha as a constant, as the paper does. A point has no aspect
    ratio: its v is 0.

    Args:
        pred: predicted boxes, ``(..., 4)`` as ``x1, y1, x2, y2`` in any one unit.
        target: true boxes, of the same shape and in the same unit.
        eps: added to every denominator, so that 0/0 is 0. Default: 1e-12 (lost in the
            rounding, unless a box has no area).

    Returns:
        One value for each pair of boxes, of shape ``pred.shape[:-1]``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Zheng et al., Distance-IoU Loss, AAAI 2020.

    Example:
        >>> print(f"{ciou([0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 1.0, 2.0]):.4f}")
        0.4655
    """
    return _ciou(_geometry(*box_pairs(pred=pred, target=target)), eps)


def eiou(pred: Any, target: Any, *, eps: float = EPS) -> tf.Tensor:
    r"""DIoU less a penalty on width and one on height.

    .. math::

        \mathrm{EIoU} = \mathrm{DIoU} - \frac{(w - w^*)^2}{w_C^2} - \frac{(h -
        h^*)^2}{h_C^2}

    Width and height of the smallest box around both are the units of the two penalties.

    Args:
        pred: predicted boxes, ``(..., 4)`` as ``x1, y1, x2, y2`` in any one unit.
        target: true boxes, of the same shape and in the same unit.
        eps: added to every denominator, so that 0/0 is 0. Default: 1e-12 (lost in the
            rounding, unless a box has no area).

    Returns:
        One value for each pair of boxes, of shape ``pred.shape[:-1]``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Zhang et al., Focal and Efficient IOU Loss, Neurocomputing 2022.

    Example:
        >>> print(f"{eiou([0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 1.0, 2.0]):.4f}")
        0.2188
    """
    return _eiou(_geometry(*box_pairs(pred=pred, target=target)), eps)


def _all_pairs(boxes1: Any, boxes2: Any) -> _Geometry:
    boxes1, boxes2 = box_sets(boxes1=boxes1, boxes2=boxes2)
    return _geometry(boxes1[:, None], boxes2[None, :])


def box_iou(boxes1: Any, boxes2: Any, *, eps: float = EPS) -> tf.Tensor:
    """IoU of every box of one set with every box of another.

    Args:
        boxes1: ``(N, 4)`` as ``x1, y1, x2, y2``.
        boxes2: ``(M, 4)``, in the same unit.
        eps: added to every denominator, so that 0/0 is 0. Default: 1e-12 (lost in the
            rounding, unless a box has no area).

    Returns:
        A matrix ``(N, M)``: entry ``[i, j]`` compares ``boxes1[i]`` with ``boxes2[j]``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Jaccard, The Distribution of the Flora in the Alpine Zone, 1912.

    Example:
        >>> box_iou([[0.0, 0.0, 2.0, 2.0]], [[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 1.0, 2.0]]).numpy()
        array([[1. , 0.5]], dtype=float32)
    """
    return _iou(_all_pairs(boxes1, boxes2), eps)


def generalized_box_iou(boxes1: Any, boxes2: Any, *, eps: float = EPS) -> tf.Tensor:
    """GIoU of every box of one set with every box of another.

    Args:
        boxes1: ``(N, 4)`` as ``x1, y1, x2, y2``.
        boxes2: ``(M, 4)``, in the same unit.
        eps: added to every denominator, so that 0/0 is 0. Default: 1e-12 (lost in the
            rounding, unless a box has no area).

    Returns:
        A matrix ``(N, M)``: entry ``[i, j]`` compares ``boxes1[i]`` with ``boxes2[j]``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Rezatofighi et al., Generalized Intersection over Union, CVPR 2019.

    Example:
        >>> generalized_box_iou([[0.0, 0.0, 1.0, 1.0]], [[2.0, 0.0, 3.0, 1.0]]).numpy().round(4)
        array([[-0.3333]], dtype=float32)
    """
    return _giou(_all_pairs(boxes1, boxes2), eps)


def distance_box_iou(boxes1: Any, boxes2: Any, *, eps: float = EPS) -> tf.Tensor:
    """DIoU of every box of one set with every box of another.

    Args:
        boxes1: ``(N, 4)`` as ``x1, y1, x2, y2``.
        boxes2: ``(M, 4)``, in the same unit.
        eps: added to every denominator, so that 0/0 is 0. Default: 1e-12 (lost in the
            rounding, unless a box has no area).

    Returns:
        A matrix ``(N, M)``: entry ``[i, j]`` compares ``boxes1[i]`` with ``boxes2[j]``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Zheng et al., Distance-IoU Loss, AAAI 2020.

    Example:
        >>> distance_box_iou([[0.0, 0.0, 1.0, 1.0]], [[2.0, 0.0, 3.0, 1.0]]).numpy().round(4)
        array([[-0.4]], dtype=float32)
    """
    return _diou(_all_pairs(boxes1, boxes2), eps)


def complete_box_iou(boxes1: Any, boxes2: Any, *, eps: float = EPS) -> tf.Tensor:
    """CIoU of every box of one set with every box of another.

    Args:
        boxes1: ``(N, 4)`` as ``x1, y1, x2, y2``.
        boxes2: ``(M, 4)``, in the same unit.
        eps: added to every denominator, so that 0/0 is 0. Default: 1e-12 (lost in the
            rounding, unless a box has no area).

    Returns:
        A matrix ``(N, M)``: entry ``[i, j]`` compares ``boxes1[i]`` with ``boxes2[j]``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Zheng et al., Distance-IoU Loss, AAAI 2020.

    Example:
        >>> complete_box_iou([[0.0, 0.0, 2.0, 2.0]], [[0.0, 0.0, 1.0, 2.0]]).numpy().round(4)
        array([[0.4655]], dtype=float32)
    """
    return _ciou(_all_pairs(boxes1, boxes2), eps)


def iou_loss(
    pred: Any, target: Any, *, reduction: Reduction = "mean", eps: float = EPS
) -> tf.Tensor:
    r"""One minus IoU.

    .. math::

        \begin{gathered}
        \ell = 1 - \mathrm{IoU} \\
        \mathrm{IoU} = \frac{|A \cap B|}{|A \cup B|}
        \end{gathered}

    Boxes that do not overlap have loss 1 and no gradient. UnitBox's form is
    ``log_iou_loss``.

    Args:
        pred: predicted boxes, ``(..., 4)`` as ``x1, y1, x2, y2`` in any one unit.
        target: true boxes, of the same shape and in the same unit.
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).
        eps: added to every denominator, so that 0/0 is 0. Default: 1e-12 (lost in the
            rounding, unless a box has no area).

    Returns:
        The loss: a scalar, or one value for each pair if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Yu et al., UnitBox: An Advanced Object Detection Network, ACM Multimedia 2016.

    Example:
        >>> print(f"{iou_loss([[0.0, 0.0, 2.0, 2.0]], [[0.0, 0.0, 1.0, 2.0]]):.4f}")
        0.5000
    """
    return reduce(1 - iou(pred, target, eps=eps), reduction)


def log_iou_loss(
    pred: Any, target: Any, *, reduction: Reduction = "mean", eps: float = 1e-6
) -> tf.Tensor:
    r"""The negative logarithm of IoU: UnitBox's loss.

    .. math::

        \begin{gathered}
        \ell = -\ln \max(\mathrm{IoU}, \varepsilon) \\
        \mathrm{IoU} = \frac{|A \cap B|}{|A \cup B|}
        \end{gathered}

    Its gradient is that of ``iou_loss`` divided by the IoU: the poorer the overlap, the
    harder it pulls. Boxes whose IoU is below ``eps`` have the loss ``-ln eps``, 13.8,
    and no gradient, as in MMDetection.

    Args:
        pred: predicted boxes, ``(..., 4)`` as ``x1, y1, x2, y2`` in any one unit.
        target: true boxes, of the same shape and in the same unit.
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).
        eps: an IoU below this counts as this; above 0. Default: 1e-06 (as in
            MMDetection).

    Returns:
        The loss: a scalar, or one value for each pair if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above, or eps is not above 0.

    References:
        Yu et al., UnitBox: An Advanced Object Detection Network, ACM Multimedia 2016.

    Example:
        >>> loss = log_iou_loss([[0.0, 0.0, 2.0, 2.0]], [[0.0, 0.0, 1.0, 2.0]])
        >>> print(f"{loss:.4f}")
        0.6931
    """
    positive(eps=eps)
    overlap = iou(pred, target)
    least = tf.constant(eps, overlap.dtype)
    return reduce(-tf.math.log(tf.where(overlap < eps, least, overlap)), reduction)


def smooth_iou_loss(
    pred: Any, target: Any, *, smooth: float = 1.0, reduction: Reduction = "mean"
) -> tf.Tensor:
    r"""IoU loss with a constant added to intersection and union.

    .. math::

        \ell = 1 - \frac{|A \cap B| + s}{|A \cup B| + s}

    Without overlap its gradient is not zero, but it only shrinks the predicted box; it
    does not move it.

    Args:
        pred: predicted boxes, ``(..., 4)`` as ``x1, y1, x2, y2`` in any one unit.
        target: true boxes, of the same shape and in the same unit.
        smooth: the constant s, in the squared unit of the boxes; above 0. Default: 1.0
            (one squared pixel).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each pair if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above, or smooth is not above 0.

    Example:
        >>> print(f"{smooth_iou_loss([[0.0, 0.0, 2.0, 2.0]], [[0.0, 0.0, 1.0, 2.0]]):.4f}")
        0.4000
    """
    positive(smooth=smooth)
    intersection, union = _intersection_and_union(
        _geometry(*box_pairs(pred=pred, target=target))
    )
    return reduce(1 - (intersection + smooth) / (union + smooth), reduction)


def giou_loss(
    pred: Any, target: Any, *, reduction: Reduction = "mean", eps: float = EPS
) -> tf.Tensor:
    r"""One minus GIoU.

    .. math::

        \begin{gathered}
        \ell = 1 - \mathrm{GIoU} \\
        \mathrm{GIoU} = \mathrm{IoU} - \frac{|C| - |A \cup B|}{|C|}
        \end{gathered}

    C is the smallest box around both.

    Args:
        pred: predicted boxes, ``(..., 4)`` as ``x1, y1, x2, y2`` in any one unit.
        target: true boxes, of the same shape and in the same unit.
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).
        eps: added to every denominator, so that 0/0 is 0. Default: 1e-12 (lost in the
            rounding, unless a box has no area).

    Returns:
        The loss: a scalar, or one value for each pair if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Rezatofighi et al., Generalized Intersection over Union, CVPR 2019.

    Example:
        >>> print(f"{giou_loss([[0.0, 0.0, 1.0, 1.0]], [[2.0, 0.0, 3.0, 1.0]]):.4f}")
        1.3333
    """
    return reduce(1 - giou(pred, target, eps=eps), reduction)


def diou_loss(
    pred: Any, target: Any, *, reduction: Reduction = "mean", eps: float = EPS
) -> tf.Tensor:
    r"""One minus DIoU.

    .. math::

        \begin{gathered}
        \ell = 1 - \mathrm{DIoU} \\
        \mathrm{DIoU} = \mathrm{IoU} - \frac{\rho^2}{c^2}
        \end{gathered}

    rho is the distance of the centers, c the diagonal of the smallest box around both.

    Args:
        pred: predicted boxes, ``(..., 4)`` as ``x1, y1, x2, y2`` in any one unit.
        target: true boxes, of the same shape and in the same unit.
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).
        eps: added to every denominator, so that 0/0 is 0. Default: 1e-12 (lost in the
            rounding, unless a box has no area).

    Returns:
        The loss: a scalar, or one value for each pair if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Zheng et al., Distance-IoU Loss, AAAI 2020.

    Example:
        >>> print(f"{diou_loss([[0.0, 0.0, 1.0, 1.0]], [[2.0, 0.0, 3.0, 1.0]]):.4f}")
        1.4000
    """
    return reduce(1 - diou(pred, target, eps=eps), reduction)


def ciou_loss(
    pred: Any, target: Any, *, reduction: Reduction = "mean", eps: float = EPS
) -> tf.Tensor:
    r"""One minus CIoU.

    .. math::

        \begin{gathered}
        \ell = 1 - \mathrm{CIoU} \\
        \mathrm{CIoU} = \mathrm{DIoU} - \alpha v \\
        v = \frac{4}{\pi^2}\left(\arctan\frac{w^*}{h^*} - \arctan\frac{w}{h}\right)^2 \\
        \alpha = \frac{v}{1 - \mathrm{IoU} + v}
        \end{gathered}

    The gradient takes alpha as a constant, as the paper does. A point has no aspect
    ratio: its v is 0.

    Args:
        pred: predicted boxes, ``(..., 4)`` as ``x1, y1, x2, y2`` in any one unit.
        target: true boxes, of the same shape and in the same unit.
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).
        eps: added to every denominator, so that 0/0 is 0. Default: 1e-12 (lost in the
            rounding, unless a box has no area).

    Returns:
        The loss: a scalar, or one value for each pair if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Zheng et al., Distance-IoU Loss, AAAI 2020.

    Example:
        >>> print(f"{ciou_loss([[0.0, 0.0, 2.0, 2.0]], [[0.0, 0.0, 1.0, 2.0]]):.4f}")
        0.5345
    """
    return reduce(1 - ciou(pred, target, eps=eps), reduction)


def eiou_loss(
    pred: Any, target: Any, *, reduction: Reduction = "mean", eps: float = EPS
) -> tf.Tensor:
    r"""One minus EIoU.

    .. math::

        \begin{gathered}
        \ell = 1 - \mathrm{EIoU} \\
        \mathrm{EIoU} = \mathrm{DIoU} - \frac{(w - w^*)^2}{w_C^2} - \frac{(h -
        h^*)^2}{h_C^2}
        \end{gathered}

    Width and height of the smallest box around both are the units of the two penalties.

    Args:
        pred: predicted boxes, ``(..., 4)`` as ``x1, y1, x2, y2`` in any one unit.
        target: true boxes, of the same shape and in the same unit.
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).
        eps: added to every denominator, so that 0/0 is 0. Default: 1e-12 (lost in the
            rounding, unless a box has no area).

    Returns:
        The loss: a scalar, or one value for each pair if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Zhang et al., Focal and Efficient IOU Loss, Neurocomputing 2022.

    Example:
        >>> print(f"{eiou_loss([[0.0, 0.0, 2.0, 2.0]], [[0.0, 0.0, 1.0, 2.0]]):.4f}")
        0.7812
    """
    return reduce(1 - eiou(pred, target, eps=eps), reduction)


def alpha_iou_loss(
    pred: Any,
    target: Any,
    *,
    alpha: float = 3.0,
    reduction: Reduction = "mean",
    eps: float = EPS,
) -> tf.Tensor:
    r"""One minus a power of IoU.

    .. math::

        \ell = 1 - \mathrm{IoU}^\alpha

    A power above 1 makes the loss steeper for boxes that already overlap well.

    Args:
        pred: predicted boxes, ``(..., 4)`` as ``x1, y1, x2, y2`` in any one unit.
        target: true boxes, of the same shape and in the same unit.
        alpha: the power, at least 1: below 1 the gradient is infinite at IoU 0.
            Default: 3.0 (He et al. 2021, its experiments).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).
        eps: added to every denominator, so that 0/0 is 0. Default: 1e-12 (lost in the
            rounding, unless a box has no area).

    Returns:
        The loss: a scalar, or one value for each pair if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above, or alpha is below 1.

    References:
        He et al., Alpha-IoU, NeurIPS 2021.

    Example:
        >>> print(f"{alpha_iou_loss([[0.0, 0.0, 2.0, 2.0]], [[0.0, 0.0, 1.0, 2.0]]):.4f}")
        0.8750
    """
    numbers(alpha=alpha)
    if not alpha >= 1:
        raise ValueError(f"alpha must be at least 1, got {alpha!r}")
    return reduce(1 - iou(pred, target, eps=eps) ** alpha, reduction)


def nwd(pred: Any, target: Any, *, constant: float = 12.8) -> tf.Tensor:
    r"""Normalized Wasserstein distance of boxes as Gaussians: a similarity for tiny boxes.

    .. math::

        \begin{gathered}
        \mathrm{NWD} = e^{-W/C} \\
        W^2 = \Delta c_x^2 + \Delta c_y^2 + \tfrac14 \Delta w^2 + \tfrac14 \Delta h^2
        \end{gathered}

    W is the 2-Wasserstein distance of the Gaussians with the boxes' centers as means
    and a quarter of their squared sides as variances. It is also the distance of the
    corners over the root of 2. For equal boxes the gradient is taken as 0. In float32,
    NWD and its gradient vanish for distances above about a hundred C.

    Args:
        pred: predicted boxes, ``(..., 4)`` as ``x1, y1, x2, y2`` in any one unit.
        target: true boxes, of the same shape and in the same unit.
        constant: C, a length in the unit of the boxes, about the size of the objects;
            above 0. The default, in pixels, suits objects of about 13 pixels. Default:
            12.8 (Wang et al. 2021, its code, for AI-TOD).

    Returns:
        One value for each pair of boxes, of shape ``pred.shape[:-1]``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above, or constant is not above
            0.

    References:
        Wang et al., A Normalized Gaussian Wasserstein Distance for Tiny Object
        Detection, 2021.

    Example:
        >>> print(f"{nwd([0.0, 0.0, 8.0, 8.0], [4.0, 4.0, 12.0, 12.0]):.4f}")
        0.6428
    """
    positive(constant=constant)
    pred, target = box_pairs(pred=pred, target=target)
    # Half the squared distance of the corners is that of centers and half sizes.
    squared = tf.reduce_sum(tf.square(pred - target), axis=-1) / 2
    return tf.exp(-root(squared) / constant)


def nwd_loss(
    pred: Any, target: Any, *, constant: float = 12.8, reduction: Reduction = "mean"
) -> tf.Tensor:
    r"""One minus NWD: a box loss that a pixel costs as much for small boxes as for large
    ones.

    .. math::

        \begin{gathered}
        \ell = 1 - e^{-W/C} \\
        W^2 = \Delta c_x^2 + \Delta c_y^2 + \tfrac14 \Delta w^2 + \tfrac14 \Delta h^2
        \end{gathered}

    For equal boxes the gradient is taken as 0. In float32 the loss is 1 and without
    gradient for distances above about a hundred C.

    Args:
        pred: predicted boxes, ``(..., 4)`` as ``x1, y1, x2, y2`` in any one unit.
        target: true boxes, of the same shape and in the same unit.
        constant: C, a length in the unit of the boxes, about the size of the objects;
            above 0. The default, in pixels, suits objects of about 13 pixels. Default:
            12.8 (Wang et al. 2021, its code, for AI-TOD).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each pair if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above, or constant is not above
            0.

    References:
        Wang et al., A Normalized Gaussian Wasserstein Distance for Tiny Object
        Detection, 2021.

    Example:
        >>> print(f"{nwd_loss([[0.0, 0.0, 8.0, 8.0]], [[4.0, 4.0, 12.0, 12.0]]):.4f}")
        0.3572
    """
    return reduce(1 - nwd(pred, target, constant=constant), reduction)


def probiou(pred: Any, target: Any, *, eps: float = SIDE_EPS) -> tf.Tensor:
    r"""Probabilistic IoU of rotated boxes: one minus the Hellinger distance of their
    Gaussians.

    .. math::

        \begin{gathered}
        \mathrm{ProbIoU} = 1 - \sqrt{1 - e^{-B}} \\
        B = \tfrac18\, d^\top \Sigma^{-1} d + \tfrac12 \ln
        \frac{|\Sigma|}{\sqrt{|\Sigma_1| |\Sigma_2|}} \\
        \Sigma = \tfrac12 (\Sigma_1 + \Sigma_2)
        \end{gathered}

    A box is the Gaussian around its center that has the variances of the box, a twelfth
    of its squared sides. d is the offset of the centers. A square has the same Gaussian
    at every angle.

    Args:
        pred: predicted boxes, ``(..., 5)`` as ``cx, cy, w, h, angle``: lengths in any
            one unit, the angle in radians from the x axis toward the y axis.
        target: true boxes, of the same shape and in the same units.
        eps: a length in the unit of the boxes; its square is added to that of every
            side, so that a box without width or height has a Gaussian too. Above 0.
            Default: 1e-06 (lost in the rounding, unless a box has no side).

    Returns:
        One value for each pair of boxes, of shape ``pred.shape[:-1]``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above, or eps is not above 0.

    References:
        Llerena et al., Gaussian Bounding Boxes and Probabilistic
        Intersection-over-Union, 2021.

    Example:
        >>> print(f"{probiou([0.0, 0.0, 8.0, 2.0, 0.5], [0.0, 0.0, 8.0, 2.0, 0.0]):.4f}")
        0.4937
    """
    distance = _bhattacharyya(_rotated_pair(pred, target, eps))
    return 1 - root(-tf.math.expm1(-distance))


def probiou_loss(
    pred: Any, target: Any, *, reduction: Reduction = "mean", eps: float = SIDE_EPS
) -> tf.Tensor:
    r"""One minus ProbIoU: a loss for rotated boxes, the Hellinger distance of their
    Gaussians.

    .. math::

        \begin{gathered}
        \ell = \sqrt{1 - e^{-B}} \\
        B = \tfrac18\, d^\top \Sigma^{-1} d + \tfrac12 \ln
        \frac{|\Sigma|}{\sqrt{|\Sigma_1| |\Sigma_2|}} \\
        \Sigma = \tfrac12 (\Sigma_1 + \Sigma_2)
        \end{gathered}

    This is the first of the paper's two losses; the second is B itself,
    ``-log1p(-loss**2)``. For equal boxes the gradient is taken as 0. Boxes far apart
    have loss 1 and hardly a gradient.

    Args:
        pred: predicted boxes, ``(..., 5)`` as ``cx, cy, w, h, angle``: lengths in any
            one unit, the angle in radians from the x axis toward the y axis.
        target: true boxes, of the same shape and in the same units.
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).
        eps: a length in the unit of the boxes; its square is added to that of every
            side, so that a box without width or height has a Gaussian too. Above 0.
            Default: 1e-06 (lost in the rounding, unless a box has no side).

    Returns:
        The loss: a scalar, or one value for each pair if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above, or eps is not above 0.

    References:
        Llerena et al., Gaussian Bounding Boxes and Probabilistic
        Intersection-over-Union, 2021.

    Example:
        >>> print(f"{probiou_loss([[0.0, 0.0, 8.0, 2.0, 0.5]], [[0.0, 0.0, 8.0, 2.0, 0.0]]):.4f}")
        0.5063
    """
    return reduce(1 - probiou(pred, target, eps=eps), reduction)


def kld_loss(
    pred: Any,
    target: Any,
    *,
    tau: float = 1.0,
    reduction: Reduction = "mean",
    eps: float = SIDE_EPS,
) -> tf.Tensor:
    r"""Loss for rotated boxes from the Kullback-Leibler divergence of their Gaussians.

    .. math::

        \begin{gathered}
        \ell = 1 - \frac{1}{\tau + \ln(1 + D)} \\
        D = \tfrac12 \left( d^\top \Sigma_*^{-1} d + \operatorname{tr}(\Sigma_*^{-1}
        \Sigma) + \ln \frac{|\Sigma_*|}{|\Sigma|} \right) - 1
        \end{gathered}

    D goes from the prediction to the target. A box is the Gaussian around its center
    with a quarter of its squared sides as variances. d is the offset of the centers. Of
    the paper's two forms this is the logarithmic one. A square has the same Gaussian at
    every angle.

    Args:
        pred: predicted boxes, ``(..., 5)`` as ``cx, cy, w, h, angle``: lengths in any
            one unit, the angle in radians from the x axis toward the y axis.
        target: true boxes, of the same shape and in the same units.
        tau: at least 1; with 1, the loss of equal boxes is 0. Default: 1.0 (as in
            MMRotate).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).
        eps: a length in the unit of the boxes; its square is added to that of every
            side, so that a box without width or height has a Gaussian too. Above 0.
            Default: 1e-06 (lost in the rounding, unless a box has no side).

    Returns:
        The loss: a scalar, or one value for each pair if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above, or tau is below 1, or eps
            is not above 0.

    References:
        Yang et al., Learning High-Precision Bounding Box for Rotated Object Detection,
        NeurIPS 2021.

    Example:
        >>> print(f"{kld_loss([[0.0, 0.0, 8.0, 2.0, 0.5]], [[0.0, 0.0, 8.0, 2.0, 0.0]]):.4f}")
        0.4902
    """
    numbers(tau=tau)
    if not tau >= 1:
        raise ValueError(f"tau must be at least 1, got {tau!r}")
    divergence = _kl_divergence(_rotated_pair(pred, target, eps))
    return reduce(1 - 1 / (tau + tf.math.log1p(divergence)), reduction)


def iou_aware_loss(
    iou_logits: Any,
    pred: Any,
    target: Any,
    *,
    reduction: Reduction = "mean",
    eps: float = EPS,
) -> tf.Tensor:
    r"""Cross-entropy between a predicted IoU and the IoU that the box achieved.

    .. math::

        \begin{gathered}
        \ell = -\left[u \log \sigma(z) + (1 - u)\log(1 - \sigma(z))\right] \\
        u = \mathrm{IoU}(\text{pred}, \text{target})
        \end{gathered}

    The achieved IoU is a constant: the gradient reaches the logits, not the boxes.

    Args:
        iou_logits: the predicted IoU before the sigmoid, one number a box.
        pred: predicted boxes, ``(..., 4)`` as ``x1, y1, x2, y2`` in any one unit.
        target: true boxes, of the same shape and in the same unit.
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).
        eps: added to every denominator, so that 0/0 is 0. Default: 1e-12 (lost in the
            rounding, unless a box has no area).

    Returns:
        The loss: a scalar, or one value for each pair if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Wu et al., IoU-aware Single-stage Object Detector, 2020.

    Example:
        >>> print(f"{iou_aware_loss([0.8], [[0.0, 0.0, 2.0, 2.0]], [[5.0, 5.0, 6.0, 6.0]]):.4f}")
        1.1711
    """
    pred, target = box_pairs(pred=pred, target=target)
    achieved = tf.stop_gradient(iou(pred, target, eps=eps))
    logits, achieved = per_box(pred, iou_logits=iou_logits, achieved=achieved)
    return reduce(
        tf.nn.sigmoid_cross_entropy_with_logits(labels=achieved, logits=logits),
        reduction,
    )


def distribution_focal_loss(
    logits: tf.Tensor, target: tf.Tensor, *, reduction: Reduction = "mean"
) -> tf.Tensor:
    r"""Cross-entropy of an edge's place among bins: the two nearest share the truth by
    their distance.

    .. math::

        \begin{gathered}
        \ell = -\sum_{k=0}^{n} w_k \log p_k \\
        p = \mathrm{softmax}(\text{logits}) \\
        w_k = \max(0, 1 - |y - k|)
        \end{gathered}

    An edge's distance y from the anchor point, in strides, is predicted as a
    distribution over the bins 0 to n, and read off as its mean. A target beyond the
    bins counts as the nearest bin.

    Args:
        logits: one logit a bin, ``(..., n + 1)``, for at least 2 bins.
        target: the true distances y, ``(...)``, in the unit of the bins.
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each distance if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Li et al., Generalized Focal Loss, NeurIPS 2020.

    Example:
        >>> print(f"{distribution_focal_loss(tf.zeros((1, 3)), tf.constant([0.3])):.4f}")
        1.0986
    """
    logits, target = floats(logits=logits, target=target)
    message = (
        "target must have the shape of logits (..., n + 1) without its last axis,"
        f" got {target.shape} for {logits.shape}"
    )
    if logits.shape.rank == 0:
        raise ValueError(message)
    target = agree(target, logits, message, other_axes=slice(None, -1))
    several_classes(logits=logits.shape[-1])
    last = tf.shape(logits)[-1] - 1
    bins = tf.cast(tf.range(last + 1), target.dtype)
    inside = tf.clip_by_value(target, 0, tf.cast(last, target.dtype))
    near = tf.nn.relu(1 - tf.abs(inside[..., None] - bins))
    return reduce(-tf.reduce_sum(near * tf.nn.log_softmax(logits), axis=-1), reduction)


def quality_focal_loss(
    logits: Any, quality: Any, *, beta: float = 2.0, reduction: Reduction = "mean"
) -> tf.Tensor:
    r"""Cross-entropy between a class score and the IoU of its box, focused on scores that
    are far off.

    .. math::

        \ell = -|y - \sigma(z)|^\beta \left[y \log \sigma(z) + (1 - y) \log(1 -
        \sigma(z))\right]

    y is the quality. The gradient flows through the power too, as in the authors' code.
    Detectors divide the sum by the number of boxes that have an object.

    Args:
        logits: class scores before the sigmoid, of any shape.
        quality: the IoU that the box achieved, in [0, 1], at its class, and 0
            elsewhere; of the same shape. It is a target: detach it if it was computed
            from predicted boxes.
        beta: the focus, 0 or at least 1: between, the gradient is infinite where the
            score is right. 0 is plain cross-entropy. Default: 2.0 (Li et al. 2020,
            section 3).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each element if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above, or beta is neither 0 nor
            at least 1.

    References:
        Li et al., Generalized Focal Loss, NeurIPS 2020.

    Example:
        >>> print(f"{quality_focal_loss([0.0], [0.8]):.4f}")
        0.0624
    """
    numbers(beta=beta)
    if not (beta == 0 or beta >= 1):
        raise ValueError(f"beta must be 0 or at least 1, got {beta!r}")
    logits, quality = same_shape(logits=logits, quality=quality)
    cross_entropy = tf.nn.sigmoid_cross_entropy_with_logits(
        labels=quality, logits=logits
    )
    # TensorFlow's slope of the power 0 is 0 * 1/x, which is NaN at 0.
    focus = tf.abs(quality - tf.sigmoid(logits)) ** beta if beta else 1
    return reduce(focus * cross_entropy, reduction)


def varifocal_loss(
    logits: Any,
    quality: Any,
    *,
    alpha: float = 0.75,
    gamma: float = 2.0,
    reduction: Reduction = "mean",
) -> tf.Tensor:
    r"""Cross-entropy between a class score and the IoU of its box; only negatives are
    weighted down.

    .. math::

        \begin{gathered}
        \ell = w \left[-q \log p - (1 - q) \log(1 - p)\right] \\
        p = \sigma(z) \\
        w = \begin{cases} q & \text{if } q > 0, \\ \alpha p^\gamma & \text{if } q = 0.
        \end{cases}
        \end{gathered}

    q is the quality. The gradient flows through the power too, as in the authors' code.
    Detectors divide the sum by the number of boxes that have an object.

    Args:
        logits: class scores before the sigmoid, of any shape.
        quality: the IoU that the box achieved, in [0, 1], at its class, and 0
            elsewhere; of the same shape. It is a target: detach it if it was computed
            from predicted boxes.
        alpha: weight of the negatives, those of quality 0; at least 0. Default: 0.75
            (Zhang et al. 2021, its experiments).
        gamma: how strongly easy negatives are weighted down; at least 0. Default: 2.0
            (Zhang et al. 2021, its experiments).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each element if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above, or alpha or gamma is
            below 0.

    References:
        Zhang et al., VarifocalNet: An IoU-aware Dense Object Detector, CVPR 2021.

    Example:
        >>> varifocal_loss([0.0, 0.0], [0.8, 0.0], reduction="none").numpy().round(4)
        array([0.5545, 0.13  ], dtype=float32)
    """
    not_negative(alpha=alpha, gamma=gamma)
    logits, quality = same_shape(logits=logits, quality=quality)
    cross_entropy = tf.nn.sigmoid_cross_entropy_with_logits(
        labels=quality, logits=logits
    )
    # Through the logarithm, the power keeps its slope where the sigmoid rounds to 0.
    negative_weight = alpha * tf.exp(gamma * tf.math.log_sigmoid(logits))
    weight = tf.where(quality > 0, quality, negative_weight)
    return reduce(weight * cross_entropy, reduction)


def fuse_scores(scores: Any, ious: Any, *, alpha: float = 0.5) -> tf.Tensor:
    r"""One score from the class probability and the predicted IoU, for ranking.

    .. math::

        s = p^\alpha \, \mathrm{IoU}^{1 - \alpha}

    For inference: the gradient is infinite where an input is 0.

    Args:
        scores: class probabilities in [0, 1].
        ious: predicted IoU in [0, 1], of the same shape.
        alpha: 1 uses the probability alone, 0 the IoU alone. Default: 0.5 (score and
            IoU count alike).

    Returns:
        The fused scores, of the same shape.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above, or alpha is outside [0,
            1].

    References:
        Wu et al., IoU-aware Single-stage Object Detector, 2020.

    Example:
        >>> fuse_scores([0.81], [0.25]).numpy().round(4)
        array([0.45], dtype=float32)
    """
    numbers(alpha=alpha)
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha must be between 0 and 1, got {alpha!r}")
    scores, ious = same_shape(scores=scores, ious=ious)
    return scores**alpha * ious ** (1 - alpha)


def encode_boxes(
    boxes: Any,
    anchors: Any,
    *,
    weights: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0),
    eps: float = EPS,
) -> tf.Tensor:
    r"""Boxes as the offsets from their anchors that a detector regresses.

    .. math::

        \begin{gathered}
        t_x = \frac{x - x_a}{w_a} \\
        t_y = \frac{y - y_a}{h_a} \\
        t_w = \log\frac{w}{w_a} \\
        t_h = \log\frac{h}{h_a}
        \end{gathered}

    x and y are centers.

    Args:
        boxes: ``(..., 4)`` as ``x1, y1, x2, y2``.
        anchors: the reference boxes, ``(..., 4)`` as ``x1, y1, x2, y2``.
        weights: factors on the four offsets. Default: (1.0, 1.0, 1.0, 1.0) (Girshick et
            al. 2014, appendix C).
        eps: sizes below it are taken as it, so that the logarithm is finite. Default:
            1e-12 (lost in the rounding, unless a box has no area).

    Returns:
        The offsets, of the same shape.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Girshick et al., Rich Feature Hierarchies, CVPR 2014, appendix C.

    Example:
        >>> encode_boxes([[2.0, 0.0, 6.0, 4.0]], [[0.0, 0.0, 4.0, 4.0]]).numpy()
        array([[0.5, 0. , 0. , 0. ]], dtype=float32)
    """
    numbers(eps=eps)
    boxes, anchors = box_pairs(boxes=boxes, anchors=anchors)
    x, y, w, h = tf.unstack(box_convert(boxes, "xyxy", "cxcywh"), axis=-1)
    xa, ya, wa, ha = tf.unstack(box_convert(anchors, "xyxy", "cxcywh"), axis=-1)
    w, h, wa, ha = (tf.maximum(size, eps) for size in (w, h, wa, ha))
    wx, wy, ww, wh = weights
    offsets = [
        wx * (x - xa) / wa,
        wy * (y - ya) / ha,
        ww * tf.math.log(w / wa),
        wh * tf.math.log(h / ha),
    ]
    return tf.stack(offsets, axis=-1)


def decode_boxes(
    deltas: Any,
    anchors: Any,
    *,
    weights: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0),
    max_log_scale: float = MAX_LOG_SCALE,
) -> tf.Tensor:
    r"""Boxes from their offsets: the inverse of ``encode_boxes``.

    .. math::

        \begin{gathered}
        x = x_a + t_x w_a \\
        y = y_a + t_y h_a \\
        w = w_a e^{t_w} \\
        h = h_a e^{t_h}
        \end{gathered}

    Args:
        deltas: offsets ``(..., 4)``.
        anchors: the reference boxes, ``(..., 4)`` as ``x1, y1, x2, y2``.
        weights: factors on the four offsets. Default: (1.0, 1.0, 1.0, 1.0) (Girshick et
            al. 2014, appendix C).
        max_log_scale: the largest log size ratio; larger ones are cut to it, so that
            exp stays finite. Default: 4.135 (as in torchvision).

    Returns:
        Boxes as ``x1, y1, x2, y2``, of the same shape.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Girshick et al., Rich Feature Hierarchies, CVPR 2014, appendix C.

    Example:
        >>> decode_boxes([[0.5, 0.0, 0.0, 0.0]], [[0.0, 0.0, 4.0, 4.0]]).numpy()
        array([[2., 0., 6., 4.]], dtype=float32)
    """
    numbers(max_log_scale=max_log_scale)
    deltas, anchors = box_pairs(deltas=deltas, anchors=anchors)
    tx, ty, tw, th = (
        offset / weight
        for offset, weight in zip(tf.unstack(deltas, axis=-1), weights, strict=True)
    )
    xa, ya, wa, ha = tf.unstack(box_convert(anchors, "xyxy", "cxcywh"), axis=-1)
    w = wa * tf.exp(tf.minimum(tw, max_log_scale))
    h = ha * tf.exp(tf.minimum(th, max_log_scale))
    return box_convert(
        tf.stack([xa + tx * wa, ya + ty * ha, w, h], axis=-1), "cxcywh", "xyxy"
    )


def _scored_boxes(boxes: Any, **scores: Any) -> tuple[tf.Tensor, ...]:
    (checked,) = box_sets(boxes=boxes)
    per_box_scores = dict(zip(scores, per_box(checked, **scores), strict=True))
    no_nan(boxes=checked, **per_box_scores)
    return floats(boxes=checked, **per_box_scores)


def _suppress(scores: tf.Tensor, overlap: tf.Tensor, threshold: float) -> tf.Tensor:
    """From the best score down, keep what overlaps no kept box by more than the threshold."""
    order = tf.argsort(scores, direction="DESCENDING", stable=True)
    count = tf.size(order)
    too_close = tf.gather(tf.gather(overlap, order), order, axis=1) > threshold
    # The library's overlaps and scores are float32: whether two boxes are too close and who comes
    # first is settled before, in full precision.
    keep = tf.image.non_max_suppression_overlaps(
        tf.cast(too_close, tf.float32),
        -tf.range(count, dtype=tf.float32),
        count,
        overlap_threshold=0.5,
    )
    return tf.gather(order, keep)


def nms(boxes: Any, scores: Any, iou_threshold: float) -> tf.Tensor:
    """Non-maximum suppression: keep the best box of each crowd.

    A NaN has no place in an order: it is an error.

    Args:
        boxes: ``(N, 4)`` as ``x1, y1, x2, y2``.
        scores: one score a box, ``(N,)``.
        iou_threshold: a box that overlaps a kept one by more than this is dropped.

    Returns:
        Indices of the kept boxes, best score first; equal scores keep their order.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Girshick et al., Rich Feature Hierarchies, CVPR 2014, appendix C.

    Example:
        >>> boxes = [[0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 4.0, 5.0], [9.0, 9.0, 12.0, 12.0]]
        >>> nms(boxes, [0.6, 0.9, 0.5], 0.5).numpy()
        array([1, 2], dtype=int32)
    """
    boxes, scores = _scored_boxes(boxes, scores=scores)
    return _suppress(scores, box_iou(boxes, boxes), iou_threshold)


def diou_nms(boxes: Any, scores: Any, diou_threshold: float) -> tf.Tensor:
    """Suppression by DIoU: neighbors with distant centers survive.

    A NaN has no place in an order: it is an error.

    Args:
        boxes: ``(N, 4)`` as ``x1, y1, x2, y2``.
        scores: one score a box, ``(N,)``.
        diou_threshold: a box whose DIoU with a kept one is above this is dropped.

    Returns:
        Indices of the kept boxes, best score first; equal scores keep their order.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Zheng et al., Distance-IoU Loss, AAAI 2020.

    Example:
        >>> boxes = [[0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 4.0, 5.0], [9.0, 9.0, 12.0, 12.0]]
        >>> diou_nms(boxes, [0.6, 0.9, 0.5], 0.5).numpy()
        array([1, 2], dtype=int32)
    """
    boxes, scores = _scored_boxes(boxes, scores=scores)
    return _suppress(scores, distance_box_iou(boxes, boxes), diou_threshold)


def iou_guided_nms(
    boxes: Any, scores: Any, predicted_ious: Any, iou_threshold: float
) -> tuple[tf.Tensor, tf.Tensor]:
    """Suppression ranked by predicted IoU; a kept box takes the best class score of its
    cluster.

    A dropped box belongs to the first kept box, in rank order, that it overlaps by more
    than the threshold. A NaN has no place in an order: it is an error.

    Args:
        boxes: ``(N, 4)`` as ``x1, y1, x2, y2``.
        scores: one score a box, ``(N,)``.
        predicted_ious: the IoU that the detector predicts for each box, ``(N,)``.
        iou_threshold: a box that overlaps a kept one by more than this is dropped.

    Returns:
        Indices of the kept boxes, best predicted IoU first, and their scores.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Jiang et al., Acquisition of Localization Confidence (IoU-Net), ECCV 2018,
        algorithm 1.

    Example:
        >>> boxes = [[0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 4.0, 5.0]]
        >>> keep, scores = iou_guided_nms(boxes, [0.6, 0.9], [0.8, 0.7], 0.5)
        >>> keep.numpy(), scores.numpy()
        (array([0], dtype=int32), array([0.9], dtype=float32))
    """
    boxes, scores, predicted_ious = _scored_boxes(
        boxes, scores=scores, predicted_ious=predicted_ious
    )
    overlap = box_iou(boxes, boxes)
    keep = _suppress(predicted_ious, overlap, iou_threshold)
    cluster = tf.gather(overlap, keep) > iou_threshold
    cluster |= keep[:, None] == tf.range(tf.size(scores))
    # The first kept box that claims a box owns it: count those that come before.
    earlier = tf.cumsum(tf.cast(cluster, tf.int32)) == 0
    owner = tf.reduce_sum(tf.cast(earlier, tf.int32), axis=0)
    best = tf.math.unsorted_segment_max(scores, owner, tf.size(keep))
    return keep, best


def soft_nms(
    boxes: Any,
    scores: Any,
    *,
    method: Literal["gaussian", "linear"] = "gaussian",
    sigma: float = 0.5,
    iou_threshold: float = 0.3,
    score_threshold: float = 1e-3,
) -> tuple[tf.Tensor, tf.Tensor]:
    r"""Suppression that lowers the scores of overlapping boxes instead of dropping them.

    .. math::

        \begin{gathered}
        s_j \leftarrow s_j \, e^{-\mathrm{IoU}^2/\sigma} \quad\text{(gaussian)} \\
        s_j \leftarrow s_j (1 - \mathrm{IoU}) \ \text{if}\ \mathrm{IoU} > N_t
        \quad\text{(linear)}
        \end{gathered}

    A NaN has no place in an order: it is an error.

    Args:
        boxes: ``(N, 4)`` as ``x1, y1, x2, y2``.
        scores: one score a box, ``(N,)``.
        method: "gaussian" or "linear". Default: "gaussian" (Bodla et al. 2017, section
            3).
        sigma: width of the gaussian; above 0. Default: 0.5 (Bodla et al. 2017, its
            experiments).
        iou_threshold: the overlap above which the linear method lowers a score.
            Default: 0.3 (Bodla et al. 2017, its experiments).
        score_threshold: boxes whose final score is not above this are left out.
            Default: 0.001 (Bodla et al. 2017, its code).

    Returns:
        Indices, best final score first, and the final scores.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above, or method is not one of
            the two, or sigma is not above 0.

    References:
        Bodla et al., Soft-NMS: Improving Object Detection With One Line of Code, ICCV
        2017.

    Example:
        >>> boxes = [[0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 4.0, 5.0]]
        >>> keep, scores = soft_nms(boxes, [0.6, 0.9])
        >>> keep.numpy(), scores.numpy().round(4)
        (array([1, 0], dtype=int32), array([0.9   , 0.1668], dtype=float32))
    """
    numbers(iou_threshold=iou_threshold, score_threshold=score_threshold)
    positive(sigma=sigma)
    boxes, scores = _scored_boxes(boxes, scores=scores)
    overlap = box_iou(boxes, boxes)
    if method == "gaussian":
        decay = tf.exp(-tf.square(overlap) / sigma)
    elif method == "linear":
        decay = tf.where(overlap > iou_threshold, 1 - overlap, 1)
    else:
        raise ValueError(f'method must be "gaussian" or "linear", got {method!r}')
    count = tf.size(scores)

    def settle_best(
        i: tf.Tensor, pending: tf.Tensor, scores: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        best = tf.math.top_k(tf.where(pending, scores, -math.inf), k=1).indices[0]
        pending &= tf.range(count) != best
        scores = tf.where(pending, scores * decay[best], scores)
        return i + 1, pending, scores

    _, _, scores = tf.while_loop(
        lambda i, *_: i < count,
        settle_best,
        (0, tf.ones_like(scores, dtype=tf.bool), scores),
    )
    order = tf.argsort(scores, direction="DESCENDING", stable=True)
    keep = tf.boolean_mask(order, tf.gather(scores, order) > score_threshold)
    return keep, tf.gather(scores, keep)
