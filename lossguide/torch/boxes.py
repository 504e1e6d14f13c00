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

from lossguide._arguments import not_negative, numbers, positive, several_classes
from lossguide.torch._arguments import (
    Reduction,
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
    numbers(eps=eps)
    intersection, union = _intersection_and_union(g)
    return intersection / (union + eps)


def _giou(g: _Geometry, eps: float) -> Tensor:
    numbers(eps=eps)
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


def _angle(y: Tensor, x: Tensor) -> Tensor:
    """The angle of a vector, 0 for one without length, scaled so that no slope of it overflows."""
    size = (y.abs() + x.abs()).detach()
    some = size != 0
    size = torch.where(some, size, 1)
    return torch.atan2(y / size, torch.where(some, x / size, 1))


def _ciou(g: _Geometry, eps: float) -> Tensor:
    iou = _iou(g, eps)
    # Two arctangents as one: arctan(a/b) - arctan(c/d) = atan2(ad - bc, bd + ac).
    cross = g.target_width * g.height - g.width * g.target_height
    inner = g.target_height * g.height + g.target_width * g.width
    angle = _angle(cross, inner)
    v = 4 / math.pi**2 * angle.square()
    with torch.no_grad():
        alpha = v / (1 - iou + v + eps)
    return iou - _center_penalty(g, eps) - alpha * v


def _eiou(g: _Geometry, eps: float) -> Tensor:
    numbers(eps=eps)
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
    # Divided before they are squared, so that the slopes of points and of boxes far apart stay finite.
    unit = 2 * (w * h * tw * th).sqrt()
    # Made of differences of sides, which are exactly 0 for equal boxes, not of products.
    shapes = (
        ((w - tw) * h + tw * (h - th)) / unit,
        turn.cos() * ((w - tw) * th - (h - th) * tw) / unit,
        turn.sin() * (w * tw - h * th) / unit,
    )
    mismatch = torch.stack(shapes).square().sum(dim=0)
    scale = unit * (1 + mismatch).sqrt()
    offsets = (h * u / scale, w * v / scale, th * tu / scale, tw * tv / scale)
    offset = torch.stack(offsets).square().sum(dim=0)
    return 3 * offset + mismatch.log1p() / 2


def _kl_divergence(pair: tuple[Tensor, ...]) -> Tensor:
    """From the prediction to the target, of Gaussians with variances of a quarter of the squared sides."""
    w, h, tw, th, turn, _, _, tu, tv = pair
    offset = (tu / tw).square() + (tv / th).square()
    shape = (turn.cos() * (w / tw - h / th)).square()
    shape = shape + (turn.sin() * (h / tw - w / th)).square()
    area = w * h / (tw * th)
    return 2 * offset + shape / 2 + area - 1 - area.log()


def box_area(boxes: Tensor) -> Tensor:
    """Area of boxes.

    .. math::

        A = (x_2 - x_1)(y_2 - y_1)

    Args:
        boxes: ``(..., 4)`` as ``x1, y1, x2, y2``.

    Returns:
        Areas, of shape ``boxes.shape[:-1]``, in the squared unit of the boxes.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    Example:
        >>> box_area(torch.tensor([[0.0, 0.0, 2.0, 3.0]]))
        tensor([6.])
    """
    (boxes,) = box_tensors(boxes=boxes)
    x1, y1, x2, y2 = boxes.unbind(-1)
    return (x2 - x1) * (y2 - y1)


def box_convert(boxes: Tensor, in_fmt: BoxFormat, out_fmt: BoxFormat) -> Tensor:
    """Boxes from one format to another.

    Args:
        boxes: ``(..., 4)``.
        in_fmt: "xyxy" (two corners), "xywh" (first corner and size) or "cxcywh" (center
            and size).
        out_fmt: one of the same three.

    Returns:
        The boxes in the new format, of the same shape.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or a format is not one of
            the three.

    Example:
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


def rotated_box_corners(boxes: Tensor) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    Example:
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


def iou(pred: Tensor, target: Tensor, *, eps: float = EPS) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Jaccard, The Distribution of the Flora in the Alpine Zone, 1912.

    Example:
        >>> print(f"{iou(torch.tensor([0.0, 0.0, 2.0, 2.0]), torch.tensor([1.0, 0.0, 3.0, 2.0])):.4f}")
        0.3333
    """
    return _iou(_geometry(*box_pairs(pred=pred, target=target)), eps)


def giou(pred: Tensor, target: Tensor, *, eps: float = EPS) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Rezatofighi et al., Generalized Intersection over Union, CVPR 2019.

    Example:
        >>> pred, target = torch.tensor([0.0, 0.0, 1.0, 1.0]), torch.tensor([2.0, 0.0, 3.0, 1.0])
        >>> print(f"{giou(pred, target):.4f}")
        -0.3333
    """
    return _giou(_geometry(*box_pairs(pred=pred, target=target)), eps)


def diou(pred: Tensor, target: Tensor, *, eps: float = EPS) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Zheng et al., Distance-IoU Loss, AAAI 2020.

    Example:
        >>> pred, target = torch.tensor([0.0, 0.0, 1.0, 1.0]), torch.tensor([2.0, 0.0, 3.0, 1.0])
        >>> print(f"{diou(pred, target):.4f}")
        -0.4000
    """
    return _diou(_geometry(*box_pairs(pred=pred, target=target)), eps)


def ciou(pred: Tensor, target: Tensor, *, eps: float = EPS) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Zheng et al., Distance-IoU Loss, AAAI 2020.

    Example:
        >>> pred, target = torch.tensor([0.0, 0.0, 2.0, 2.0]), torch.tensor([0.0, 0.0, 1.0, 2.0])
        >>> print(f"{ciou(pred, target):.4f}")
        0.4655
    """
    return _ciou(_geometry(*box_pairs(pred=pred, target=target)), eps)


def eiou(pred: Tensor, target: Tensor, *, eps: float = EPS) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Zhang et al., Focal and Efficient IOU Loss, Neurocomputing 2022.

    Example:
        >>> pred, target = torch.tensor([0.0, 0.0, 2.0, 2.0]), torch.tensor([0.0, 0.0, 1.0, 2.0])
        >>> print(f"{eiou(pred, target):.4f}")
        0.2188
    """
    return _eiou(_geometry(*box_pairs(pred=pred, target=target)), eps)


def _all_pairs(boxes1: Tensor, boxes2: Tensor) -> _Geometry:
    boxes1, boxes2 = box_sets(boxes1=boxes1, boxes2=boxes2)
    return _geometry(boxes1[:, None], boxes2[None, :])


def box_iou(boxes1: Tensor, boxes2: Tensor, *, eps: float = EPS) -> Tensor:
    """IoU of every box of one set with every box of another.

    Args:
        boxes1: ``(N, 4)`` as ``x1, y1, x2, y2``.
        boxes2: ``(M, 4)``, in the same unit.
        eps: added to every denominator, so that 0/0 is 0. Default: 1e-12 (lost in the
            rounding, unless a box has no area).

    Returns:
        A matrix ``(N, M)``: entry ``[i, j]`` compares ``boxes1[i]`` with ``boxes2[j]``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Jaccard, The Distribution of the Flora in the Alpine Zone, 1912.

    Example:
        >>> boxes1 = torch.tensor([[0.0, 0.0, 2.0, 2.0]])
        >>> boxes2 = torch.tensor([[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 1.0, 2.0]])
        >>> box_iou(boxes1, boxes2)
        tensor([[1.0000, 0.5000]])
    """
    return _iou(_all_pairs(boxes1, boxes2), eps)


def generalized_box_iou(boxes1: Tensor, boxes2: Tensor, *, eps: float = EPS) -> Tensor:
    """GIoU of every box of one set with every box of another.

    Args:
        boxes1: ``(N, 4)`` as ``x1, y1, x2, y2``.
        boxes2: ``(M, 4)``, in the same unit.
        eps: added to every denominator, so that 0/0 is 0. Default: 1e-12 (lost in the
            rounding, unless a box has no area).

    Returns:
        A matrix ``(N, M)``: entry ``[i, j]`` compares ``boxes1[i]`` with ``boxes2[j]``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Rezatofighi et al., Generalized Intersection over Union, CVPR 2019.

    Example:
        >>> boxes1, boxes2 = torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.tensor([[2.0, 0.0, 3.0, 1.0]])
        >>> generalized_box_iou(boxes1, boxes2).round(decimals=4)
        tensor([[-0.3333]])
    """
    return _giou(_all_pairs(boxes1, boxes2), eps)


def distance_box_iou(boxes1: Tensor, boxes2: Tensor, *, eps: float = EPS) -> Tensor:
    """DIoU of every box of one set with every box of another.

    Args:
        boxes1: ``(N, 4)`` as ``x1, y1, x2, y2``.
        boxes2: ``(M, 4)``, in the same unit.
        eps: added to every denominator, so that 0/0 is 0. Default: 1e-12 (lost in the
            rounding, unless a box has no area).

    Returns:
        A matrix ``(N, M)``: entry ``[i, j]`` compares ``boxes1[i]`` with ``boxes2[j]``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Zheng et al., Distance-IoU Loss, AAAI 2020.

    Example:
        >>> boxes1, boxes2 = torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.tensor([[2.0, 0.0, 3.0, 1.0]])
        >>> distance_box_iou(boxes1, boxes2).round(decimals=4)
        tensor([[-0.4000]])
    """
    return _diou(_all_pairs(boxes1, boxes2), eps)


def complete_box_iou(boxes1: Tensor, boxes2: Tensor, *, eps: float = EPS) -> Tensor:
    """CIoU of every box of one set with every box of another.

    Args:
        boxes1: ``(N, 4)`` as ``x1, y1, x2, y2``.
        boxes2: ``(M, 4)``, in the same unit.
        eps: added to every denominator, so that 0/0 is 0. Default: 1e-12 (lost in the
            rounding, unless a box has no area).

    Returns:
        A matrix ``(N, M)``: entry ``[i, j]`` compares ``boxes1[i]`` with ``boxes2[j]``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Zheng et al., Distance-IoU Loss, AAAI 2020.

    Example:
        >>> boxes1, boxes2 = torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([[0.0, 0.0, 1.0, 2.0]])
        >>> complete_box_iou(boxes1, boxes2).round(decimals=4)
        tensor([[0.4655]])
    """
    return _ciou(_all_pairs(boxes1, boxes2), eps)


def iou_loss(
    pred: Tensor, target: Tensor, *, reduction: Reduction = "mean", eps: float = EPS
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Yu et al., UnitBox: An Advanced Object Detection Network, ACM Multimedia 2016.

    Example:
        >>> iou_loss(torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([[0.0, 0.0, 1.0, 2.0]]))
        tensor(0.5000)
    """
    return reduce(1 - iou(pred, target, eps=eps), reduction)


def log_iou_loss(
    pred: Tensor, target: Tensor, *, reduction: Reduction = "mean", eps: float = 1e-6
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or eps is not above 0.

    References:
        Yu et al., UnitBox: An Advanced Object Detection Network, ACM Multimedia 2016.

    Example:
        >>> log_iou_loss(torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([[0.0, 0.0, 1.0, 2.0]]))
        tensor(0.6931)
    """
    positive(eps=eps)
    overlap = iou(pred, target)
    return reduce(-torch.log(torch.where(overlap < eps, eps, overlap)), reduction)


def smooth_iou_loss(
    pred: Tensor, target: Tensor, *, smooth: float = 1.0, reduction: Reduction = "mean"
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or smooth is not above 0.

    Example:
        >>> pred, target = torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([[0.0, 0.0, 1.0, 2.0]])
        >>> print(f"{smooth_iou_loss(pred, target):.4f}")
        0.4000
    """
    positive(smooth=smooth)
    intersection, union = _intersection_and_union(
        _geometry(*box_pairs(pred=pred, target=target))
    )
    return reduce(1 - (intersection + smooth) / (union + smooth), reduction)


def giou_loss(
    pred: Tensor, target: Tensor, *, reduction: Reduction = "mean", eps: float = EPS
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Rezatofighi et al., Generalized Intersection over Union, CVPR 2019.

    Example:
        >>> pred, target = torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.tensor([[2.0, 0.0, 3.0, 1.0]])
        >>> print(f"{giou_loss(pred, target):.4f}")
        1.3333
    """
    return reduce(1 - giou(pred, target, eps=eps), reduction)


def diou_loss(
    pred: Tensor, target: Tensor, *, reduction: Reduction = "mean", eps: float = EPS
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Zheng et al., Distance-IoU Loss, AAAI 2020.

    Example:
        >>> pred, target = torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.tensor([[2.0, 0.0, 3.0, 1.0]])
        >>> print(f"{diou_loss(pred, target):.4f}")
        1.4000
    """
    return reduce(1 - diou(pred, target, eps=eps), reduction)


def ciou_loss(
    pred: Tensor, target: Tensor, *, reduction: Reduction = "mean", eps: float = EPS
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Zheng et al., Distance-IoU Loss, AAAI 2020.

    Example:
        >>> pred, target = torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([[0.0, 0.0, 1.0, 2.0]])
        >>> print(f"{ciou_loss(pred, target):.4f}")
        0.5345
    """
    return reduce(1 - ciou(pred, target, eps=eps), reduction)


def eiou_loss(
    pred: Tensor, target: Tensor, *, reduction: Reduction = "mean", eps: float = EPS
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Zhang et al., Focal and Efficient IOU Loss, Neurocomputing 2022.

    Example:
        >>> pred, target = torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([[0.0, 0.0, 1.0, 2.0]])
        >>> print(f"{eiou_loss(pred, target):.4f}")
        0.7812
    """
    return reduce(1 - eiou(pred, target, eps=eps), reduction)


def alpha_iou_loss(
    pred: Tensor,
    target: Tensor,
    *,
    alpha: float = 3.0,
    reduction: Reduction = "mean",
    eps: float = EPS,
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or alpha is below 1.

    References:
        He et al., Alpha-IoU, NeurIPS 2021.

    Example:
        >>> alpha_iou_loss(torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([[0.0, 0.0, 1.0, 2.0]]))
        tensor(0.8750)
    """
    numbers(alpha=alpha)
    if not alpha >= 1:
        raise ValueError(f"alpha must be at least 1, got {alpha!r}")
    return reduce(1 - iou(pred, target, eps=eps) ** alpha, reduction)


def nwd(pred: Tensor, target: Tensor, *, constant: float = 12.8) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or constant is not above
            0.

    References:
        Wang et al., A Normalized Gaussian Wasserstein Distance for Tiny Object
        Detection, 2021.

    Example:
        >>> pred, target = torch.tensor([0.0, 0.0, 8.0, 8.0]), torch.tensor([4.0, 4.0, 12.0, 12.0])
        >>> print(f"{nwd(pred, target):.4f}")
        0.6428
    """
    positive(constant=constant)
    pred, target = box_pairs(pred=pred, target=target)
    # Half the squared distance of the corners is that of centers and half sizes.
    squared = (pred - target).square().sum(dim=-1) / 2
    return torch.exp(-root(squared) / constant)


def nwd_loss(
    pred: Tensor,
    target: Tensor,
    *,
    constant: float = 12.8,
    reduction: Reduction = "mean",
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or constant is not above
            0.

    References:
        Wang et al., A Normalized Gaussian Wasserstein Distance for Tiny Object
        Detection, 2021.

    Example:
        >>> pred, target = torch.tensor([[0.0, 0.0, 8.0, 8.0]]), torch.tensor([[4.0, 4.0, 12.0, 12.0]])
        >>> print(f"{nwd_loss(pred, target):.4f}")
        0.3572
    """
    return reduce(1 - nwd(pred, target, constant=constant), reduction)


def probiou(pred: Tensor, target: Tensor, *, eps: float = SIDE_EPS) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or eps is not above 0.

    References:
        Llerena et al., Gaussian Bounding Boxes and Probabilistic
        Intersection-over-Union, 2021.

    Example:
        >>> pred, target = torch.tensor([0.0, 0.0, 8.0, 2.0, 0.5]), torch.tensor([0.0, 0.0, 8.0, 2.0, 0.0])
        >>> print(f"{probiou(pred, target):.4f}")
        0.4937
    """
    distance = _bhattacharyya(_rotated_pair(pred, target, eps))
    return 1 - root(-torch.expm1(-distance))


def probiou_loss(
    pred: Tensor,
    target: Tensor,
    *,
    reduction: Reduction = "mean",
    eps: float = SIDE_EPS,
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or eps is not above 0.

    References:
        Llerena et al., Gaussian Bounding Boxes and Probabilistic
        Intersection-over-Union, 2021.

    Example:
        >>> pred, target = torch.tensor([[0.0, 0.0, 8.0, 2.0, 0.5]]), torch.tensor([[0.0, 0.0, 8.0, 2.0, 0.0]])
        >>> print(f"{probiou_loss(pred, target):.4f}")
        0.5063
    """
    return reduce(1 - probiou(pred, target, eps=eps), reduction)


def kld_loss(
    pred: Tensor,
    target: Tensor,
    *,
    tau: float = 1.0,
    reduction: Reduction = "mean",
    eps: float = SIDE_EPS,
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or tau is below 1, or eps
            is not above 0.

    References:
        Yang et al., Learning High-Precision Bounding Box for Rotated Object Detection,
        NeurIPS 2021.

    Example:
        >>> pred, target = torch.tensor([[0.0, 0.0, 8.0, 2.0, 0.5]]), torch.tensor([[0.0, 0.0, 8.0, 2.0, 0.0]])
        >>> print(f"{kld_loss(pred, target):.4f}")
        0.4902
    """
    numbers(tau=tau)
    if not tau >= 1:
        raise ValueError(f"tau must be at least 1, got {tau!r}")
    divergence = _kl_divergence(_rotated_pair(pred, target, eps))
    return reduce(1 - 1 / (tau + divergence.log1p()), reduction)


def iou_aware_loss(
    iou_logits: Tensor,
    pred: Tensor,
    target: Tensor,
    *,
    reduction: Reduction = "mean",
    eps: float = EPS,
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Wu et al., IoU-aware Single-stage Object Detector, 2020.

    Example:
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


def distribution_focal_loss(
    logits: Tensor, target: Tensor, *, reduction: Reduction = "mean"
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Li et al., Generalized Focal Loss, NeurIPS 2020.

    Example:
        >>> print(f"{distribution_focal_loss(torch.zeros(1, 3), torch.tensor([0.3])):.4f}")
        1.0986
    """
    logits, target = floats(logits=logits, target=target)
    if logits.ndim == 0 or target.shape != logits.shape[:-1]:
        raise ValueError(
            "target must have the shape of logits (..., n + 1) without its last axis,"
            f" got {tuple(target.shape)} for {tuple(logits.shape)}"
        )
    several_classes(logits=logits.shape[-1])
    last = logits.shape[-1] - 1
    bins = torch.arange(last + 1, dtype=target.dtype, device=target.device)
    near = F.relu(1 - (target.clamp(0, last)[..., None] - bins).abs())
    return reduce(-(near * logits.log_softmax(-1)).sum(-1), reduction)


def quality_focal_loss(
    logits: Tensor, quality: Tensor, *, beta: float = 2.0, reduction: Reduction = "mean"
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or beta is neither 0 nor
            at least 1.

    References:
        Li et al., Generalized Focal Loss, NeurIPS 2020.

    Example:
        >>> print(f"{quality_focal_loss(torch.tensor([0.0]), torch.tensor([0.8])):.4f}")
        0.0624
    """
    numbers(beta=beta)
    if not (beta == 0 or beta >= 1):
        raise ValueError(f"beta must be 0 or at least 1, got {beta!r}")
    logits, quality = same_shape(logits=logits, quality=quality)
    cross_entropy = F.binary_cross_entropy_with_logits(
        logits, quality, reduction="none"
    )
    return reduce((quality - logits.sigmoid()).abs() ** beta * cross_entropy, reduction)


def varifocal_loss(
    logits: Tensor,
    quality: Tensor,
    *,
    alpha: float = 0.75,
    gamma: float = 2.0,
    reduction: Reduction = "mean",
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or alpha or gamma is
            below 0.

    References:
        Zhang et al., VarifocalNet: An IoU-aware Dense Object Detector, CVPR 2021.

    Example:
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


def fuse_scores(scores: Tensor, ious: Tensor, *, alpha: float = 0.5) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or alpha is outside [0,
            1].

    References:
        Wu et al., IoU-aware Single-stage Object Detector, 2020.

    Example:
        >>> fuse_scores(torch.tensor([0.81]), torch.tensor([0.25])).round(decimals=4)
        tensor([0.4500])
    """
    numbers(alpha=alpha)
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha must be between 0 and 1, got {alpha!r}")
    scores, ious = same_shape(scores=scores, ious=ious)
    return scores**alpha * ious ** (1 - alpha)


def encode_boxes(
    boxes: Tensor,
    anchors: Tensor,
    *,
    weights: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0),
    eps: float = EPS,
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Girshick et al., Rich Feature Hierarchies, CVPR 2014, appendix C.

    Example:
        >>> encode_boxes(torch.tensor([[2.0, 0.0, 6.0, 4.0]]), torch.tensor([[0.0, 0.0, 4.0, 4.0]]))
        tensor([[0.5000, 0.0000, 0.0000, 0.0000]])
    """
    numbers(eps=eps)
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


def decode_boxes(
    deltas: Tensor,
    anchors: Tensor,
    *,
    weights: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0),
    max_log_scale: float = MAX_LOG_SCALE,
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Girshick et al., Rich Feature Hierarchies, CVPR 2014, appendix C.

    Example:
        >>> decode_boxes(torch.tensor([[0.5, 0.0, 0.0, 0.0]]), torch.tensor([[0.0, 0.0, 4.0, 4.0]]))
        tensor([[2., 0., 6., 4.]])
    """
    numbers(max_log_scale=max_log_scale)
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
    no_nan(boxes=checked, **scores)
    return floats(boxes=boxes, **scores)


def _suppress(scores: Tensor, overlap: Tensor, threshold: float) -> Tensor:
    """From the best score down, keep what overlaps no kept box by more than the threshold."""
    order = scores.argsort(descending=True, stable=True)
    too_close = overlap[order][:, order] > threshold
    kept = torch.ones_like(order, dtype=torch.bool)
    for i in range(len(order)):
        kept[i + 1 :] &= ~(kept[i] & too_close[i, i + 1 :])
    return order[kept]


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float) -> Tensor:
    """Non-maximum suppression: keep the best box of each crowd.

    A NaN has no place in an order: it is an error.

    Args:
        boxes: ``(N, 4)`` as ``x1, y1, x2, y2``.
        scores: one score a box, ``(N,)``.
        iou_threshold: a box that overlaps a kept one by more than this is dropped.

    Returns:
        Indices of the kept boxes, best score first; equal scores keep their order.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Girshick et al., Rich Feature Hierarchies, CVPR 2014, appendix C.

    Example:
        >>> boxes = torch.tensor([[0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 4.0, 5.0], [9.0, 9.0, 12.0, 12.0]])
        >>> nms(boxes, torch.tensor([0.6, 0.9, 0.5]), 0.5)
        tensor([1, 2])
    """
    boxes, scores = _scored_boxes(boxes, scores=scores)
    return _suppress(scores, box_iou(boxes, boxes), iou_threshold)


def diou_nms(boxes: Tensor, scores: Tensor, diou_threshold: float) -> Tensor:
    """Suppression by DIoU: neighbors with distant centers survive.

    A NaN has no place in an order: it is an error.

    Args:
        boxes: ``(N, 4)`` as ``x1, y1, x2, y2``.
        scores: one score a box, ``(N,)``.
        diou_threshold: a box whose DIoU with a kept one is above this is dropped.

    Returns:
        Indices of the kept boxes, best score first; equal scores keep their order.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Zheng et al., Distance-IoU Loss, AAAI 2020.

    Example:
        >>> boxes = torch.tensor([[0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 4.0, 5.0], [9.0, 9.0, 12.0, 12.0]])
        >>> diou_nms(boxes, torch.tensor([0.6, 0.9, 0.5]), 0.5)
        tensor([1, 2])
    """
    boxes, scores = _scored_boxes(boxes, scores=scores)
    return _suppress(scores, distance_box_iou(boxes, boxes), diou_threshold)


def iou_guided_nms(
    boxes: Tensor, scores: Tensor, predicted_ious: Tensor, iou_threshold: float
) -> tuple[Tensor, Tensor]:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Jiang et al., Acquisition of Localization Confidence (IoU-Net), ECCV 2018,
        algorithm 1.

    Example:
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


def soft_nms(
    boxes: Tensor,
    scores: Tensor,
    *,
    method: Literal["gaussian", "linear"] = "gaussian",
    sigma: float = 0.5,
    iou_threshold: float = 0.3,
    score_threshold: float = 1e-3,
) -> tuple[Tensor, Tensor]:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or method is not one of
            the two, or sigma is not above 0.

    References:
        Bodla et al., Soft-NMS: Improving Object Detection With One Line of Code, ICCV
        2017.

    Example:
        >>> boxes = torch.tensor([[0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 4.0, 5.0]])
        >>> keep, scores = soft_nms(boxes, torch.tensor([0.6, 0.9]))
        >>> keep, scores.round(decimals=4)
        (tensor([1, 0]), tensor([0.9000, 0.1668]))
    """
    numbers(iou_threshold=iou_threshold, score_threshold=score_threshold)
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
