"""The IoU family of losses and pairwise IoU, with gradients by hand.

Corners enter only through the sides w of a box, those o of the overlap, those e of the box around both, and the
offset d of the centers; w', low' and high' are the target's:

    w = high - low     o = min(high, high') - max(low, low')     e = w + w' - o
    I = relu(o_x) relu(o_y)     U = w_x w_y + w'_x w'_y - I     IoU = I / (U + eps)

Each loss is 1 - IoU and a term of its own. With the slopes of both in U, e, w and d, the rest is the same for all.
All are symmetric, so the slopes in the target are those in the prediction with the two exchanged.
"""

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor

import lossguide.torch.boxes as readable
from lossguide._arguments import numbers
from lossguide.torch._arguments import Reduction, box_pairs, box_sets
from lossguide.torch.fused._pieces import (
    Slopes,
    apply,
    first_only,
    in_pieces,
    one_by_one,
    piece_of,
)

__all__ = ["box_iou", "ciou_loss", "diou_loss", "eiou_loss", "giou_loss", "iou_loss"]

EPS = readable.EPS
# Added to what may be 0 in a denominator, where the numerator then is 0: nothing beside any other number.
TINY = 1e-37
# Numbers of one set of boxes in a thread's piece.
PIECE = 2**18
# Numbers in a block of the matrix of ``box_iou``.
BLOCK = 2**16


class _Measures(NamedTuple):
    """Of shares of m pairs: ``(shares, 2, m)`` in x and y, or ``(shares, 1, m)``; the shift of corners has both."""

    side: Tensor
    other_side: Tensor
    enclosing: Tensor
    area: Tensor  # that of the box around both
    shift: Tensor
    union: Tensor
    iou: Tensor
    eps: float


class _Term(NamedTuple):
    """What a loss adds to 1 - IoU, and its slopes where it has any; that in a corner is of low and high alike."""

    value: Tensor
    in_union: Tensor | None = None
    in_area: Tensor | None = None
    in_enclosing: Tensor | None = None
    in_side: Tensor | None = None
    in_corner: Tensor | None = None


Term = Callable[[_Measures], _Term]


def _product(vectors: Tensor) -> Tensor:
    return torch.mul(*vectors.chunk(2, -2))


def _squared_length(vectors: Tensor) -> Tensor:
    x, y = vectors.chunk(2, -2)
    return torch.addcmul(x * x, y, y)


def _giou(m: _Measures) -> _Term:
    """(C - U) / C, the waste of the box around both, of area C; nothing where C is 0."""
    inverse = (m.area + (m.eps or TINY)).reciprocal_()
    waste = m.area - m.union
    waste *= inverse.mul_(m.area.ne_(0))
    torch.addcmul(inverse, waste, inverse, value=-1, out=m.area)
    return _Term(waste, inverse.neg_(), in_area=m.area)


def _diou(m: _Measures) -> _Term:
    """P = |d|² / D with D = |e|²: slopes 2 d / D, half of it in a corner, and -2 e P / D."""
    inverse = _squared_length(m.enclosing).add_(m.eps).reciprocal_()
    twice = torch.add(*m.shift.unbind(1))
    penalty = _squared_length(twice).mul_(inverse).mul_(0.25)
    in_enclosing = m.enclosing * (penalty * inverse).mul_(-2)
    in_corner = twice.mul_(inverse.mul_(0.5))
    return _Term(penalty, in_enclosing=in_enclosing, in_corner=in_corner)


def _ciou(m: _Measures) -> _Term:
    """DIoU's and alpha v, with v = 4/pi² t², t = arctan(w'/h') - arctan(w/h), alpha held constant.

    The slopes of t are -h / (w² + h²) in w and w / (w² + h²) in h.
    """
    term = _diou(m)
    (w, h), (tw, th) = m.side.chunk(2, -2), m.other_side.chunk(2, -2)
    cross = (tw * h).addcmul_(w, th, value=-1)
    # Where one is a point the angle is 0, not that of a zero with a minus sign, which goes when 0 is added.
    inner = (tw * w).addcmul_(th, h).add_(0.0)
    angle = cross.atan2_(inner)
    v = angle.square().mul_(4 / math.pi**2)
    alpha = v / (1 - m.iou).add_(v).add_(m.eps)
    diagonal = torch.hypot(w, h).add_(TINY)
    scale = angle.mul_(alpha).mul_(8 / math.pi**2).div_(diagonal)
    in_side = m.side.flip(-2).div_(diagonal).mul_(scale)
    in_side[:, 0].neg_()
    return term._replace(value=term.value.addcmul_(alpha, v), in_side=in_side)


def _eiou(m: _Measures) -> _Term:
    """DIoU's and (w - w')² / e² of either side: slopes 2 (w - w') / e², and -2 e times (w - w')² / e⁴."""
    term = _diou(m)
    inverse = m.enclosing.square().add_(m.eps).reciprocal_()
    change = m.side - m.other_side
    in_side = change * inverse
    penalty = change.mul_(in_side)
    value = term.value
    for one in penalty.chunk(2, -2):
        value += one
    assert term.in_enclosing is not None
    term.in_enclosing.addcmul_(m.enclosing, penalty.mul_(inverse), value=-2)
    return term._replace(value=value, in_side=in_side.mul_(2))


def _shares(boxes: Tensor) -> Tensor:
    """Boxes as ``(shares, 2 corners, 2 axes, m)``: each thread has its share, and finds what it wrote in its cache."""
    threads = torch.get_num_threads()
    shares = threads if len(boxes) % threads == 0 else 1
    return boxes.view(shares, len(boxes) // shares, 2, 2).permute(0, 2, 3, 1)


def _losses(
    term_of: Term | None,
    eps: float,
    pred: Tensor,
    target: Tensor,
    slopes: Tensor | None,
) -> Tensor:
    """The losses of pairs; where the slopes in the first boxes are wanted, they are written there."""
    boxes = _shares(pred)
    shares, _, _, count = boxes.shape
    columns = pred.new_empty(shares, 2, 2, 2, count)
    other, own = columns.unbind(1)
    # To add -0, which changes no number, reads what lies apart twice as fast as to copy it.
    torch.add(_shares(target), -0.0, out=other)
    torch.add(boxes, -0.0, out=own)
    low, high = columns.unbind(2)
    sizes = pred.new_empty(shares, 4, 2, count)
    torch.sub(high, low, out=sizes[:, :2])
    other_side, side, common, enclosing = sizes.unbind(1)
    torch.minimum(*high.unbind(1), out=common).sub_(torch.maximum(*low.unbind(1)))
    torch.add(side, other_side, out=enclosing).sub_(common)
    common.relu_()
    areas = _product(sizes)
    other_area, own_area, intersection, area = areas.unbind(1)
    union = other_area.add_(own_area).sub_(intersection)
    inverse = union + eps
    iou = intersection / inverse
    inverse.reciprocal_()
    shift = own.sub_(other)
    term = term_of and term_of(
        _Measures(side, other_side, enclosing, area, shift, union, iou, eps)
    )
    loss = term.value.sub_(iou) if term else iou.neg()
    loss.add_(1)
    if slopes is None:
        return loss.view(-1)
    # In U the slope of 1 - IoU is IoU / U; in I, which U holds too, another 1 / U must be taken off.
    in_union = torch.mul(iou, inverse, out=own_area)
    if term and term.in_union is not None:
        in_union += term.in_union
    torch.lerp(in_union, inverse, 0.5, out=intersection)
    # Of an area, the slope in one side is that in the area times the other side.
    last = 3 if term is None or term.in_area is None else 4
    in_side, half, *in_enclosing = (
        sizes[:, 1:last].flip(-2).mul_(areas[:, 1:last]).unbind(1)
    )
    # An overlap's edge is the nearer of two; where both are one, each has half of the slope, which is negative.
    half *= common.sign_()
    if term and term.in_enclosing is not None:
        in_enclosing = [term.in_enclosing]
    for one in in_enclosing:
        in_side += one
        half.add_(one, alpha=0.5)
    if term and term.in_side is not None:
        in_side += term.in_side
    in_side -= half
    slope = shift.sign_().mul_(half[:, None])
    in_low, in_high = slope.unbind(1)
    in_low -= in_side
    in_high += in_side
    if term and term.in_corner is not None:
        slope += term.in_corner[:, None]
    _shares(slopes).copy_(slope)
    return loss.view(-1)


def _kernel(
    term_of: Term | None, eps: float, pred: Tensor, target: Tensor, slopes: Slopes
) -> Tensor:
    in_pred, in_target = slopes
    loss = _losses(term_of, eps, pred, target, in_pred)
    if in_target is not None:
        _losses(term_of, eps, target, pred, in_target)
    return loss


def _box_loss(
    plain: Callable[..., Tensor],
    term_of: Term | None,
    pred: Tensor,
    target: Tensor,
    reduction: Reduction,
    eps: float,
) -> Tensor:
    if torch.compiler.is_compiling():
        return plain(pred, target, reduction=reduction, eps=eps)
    numbers(eps=eps)
    pred, target = box_pairs(pred=pred, target=target)
    kernel = partial(_kernel, term_of, eps)
    return in_pieces(kernel, pred, target, reduction, PIECE, axes=1)


def iou_loss(
    pred: Tensor, target: Tensor, *, reduction: Reduction = "mean", eps: float = EPS
) -> Tensor:
    """``lossguide.torch.iou_loss``, fused."""
    return _box_loss(readable.iou_loss, None, pred, target, reduction, eps)


def giou_loss(
    pred: Tensor, target: Tensor, *, reduction: Reduction = "mean", eps: float = EPS
) -> Tensor:
    """``lossguide.torch.giou_loss``, fused."""
    return _box_loss(readable.giou_loss, _giou, pred, target, reduction, eps)


def diou_loss(
    pred: Tensor, target: Tensor, *, reduction: Reduction = "mean", eps: float = EPS
) -> Tensor:
    """``lossguide.torch.diou_loss``, fused."""
    return _box_loss(readable.diou_loss, _diou, pred, target, reduction, eps)


def ciou_loss(
    pred: Tensor, target: Tensor, *, reduction: Reduction = "mean", eps: float = EPS
) -> Tensor:
    """``lossguide.torch.ciou_loss``, fused."""
    return _box_loss(readable.ciou_loss, _ciou, pred, target, reduction, eps)


def eiou_loss(
    pred: Tensor, target: Tensor, *, reduction: Reduction = "mean", eps: float = EPS
) -> Tensor:
    """``lossguide.torch.eiou_loss``, fused."""
    return _box_loss(readable.eiou_loss, _eiou, pred, target, reduction, eps)


def _overlaps(
    boxes1: Tensor, boxes2: Tensor, rows: int
) -> Iterator[tuple[slice, Tensor, Tensor]]:
    """Rows of the matrix of all pairs, with the width and the height of their overlaps."""
    x1, y1, x2, y2 = boxes1.T.contiguous()[..., None]
    tx1, ty1, tx2, ty2 = boxes2.T.contiguous()
    for start in range(0, len(boxes1), rows):
        row = slice(start, start + rows)
        width = torch.minimum(x2[row], tx2).sub_(torch.maximum(x1[row], tx1))
        height = torch.minimum(y2[row], ty2).sub_(torch.maximum(y1[row], ty1))
        yield row, width.relu_(), height.relu_()


def _areas(boxes: Tensor) -> Tensor:
    return (boxes[:, 2:] - boxes[:, :2]).prod(1)


class _Pairwise(torch.autograd.Function):
    """The IoU of all pairs."""

    @staticmethod
    def forward(boxes1: Tensor, boxes2: Tensor, eps: float) -> Tensor:
        areas, other_areas = _areas(boxes1)[:, None], _areas(boxes2).add_(eps)
        found = boxes1.new_empty(len(boxes1), len(boxes2))
        for row, width, height in _overlaps(boxes1, boxes2, piece_of(found, BLOCK)):
            common = width.mul_(height)
            union = torch.add(areas[row], other_areas, out=height).sub_(common)
            torch.div(common, union, out=found[row])
        return found

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        *boxes, ctx.eps = inputs
        ctx.save_for_backward(*boxes)

    @staticmethod
    def backward(ctx: Any, slopes: Tensor) -> tuple[Tensor, Tensor, None]:
        return *apply(_PairwiseSlopes, slopes, *ctx.saved_tensors, ctx.eps), None

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], *inputs: Any) -> tuple[Any, Any]:
        return one_by_one(_Pairwise, info.batch_size, in_dims, inputs)


class _PairwiseSlopes(torch.autograd.Function):
    """From the slopes in the IoU of all pairs those in both sets of boxes."""

    @staticmethod
    def forward(
        slopes: Tensor, boxes1: Tensor, boxes2: Tensor, eps: float
    ) -> tuple[Tensor, Tensor]:
        areas, other_areas = _areas(boxes1)[:, None], _areas(boxes2).add_(eps)
        corners, other_corners = boxes1.T.contiguous(), boxes2.T.contiguous()
        found, other_found = torch.zeros_like(corners), torch.zeros_like(other_corners)
        in_areas, in_other_areas = (
            torch.zeros_like(areas),
            torch.zeros_like(other_areas),
        )
        for row, width, height in _overlaps(boxes1, boxes2, piece_of(slopes, BLOCK)):
            common = width * height
            inverse = (areas[row] + other_areas).sub_(common).reciprocal_()
            in_area = common.mul_(inverse).mul_(inverse).mul_(slopes[row]).neg_()
            in_common = inverse.mul_(slopes[row]).sub_(in_area)
            in_areas[row] = in_area.sum(1, keepdim=True)
            in_other_areas += in_area.sum(0)
            wide, high = width > 0, height > 0
            in_sides = (
                height.mul_(in_common).mul_(wide),
                width.mul_(in_common).mul_(high),
            )
            for axis, in_side in enumerate(in_sides):
                total, other_total = in_side.sum(1), in_side.sum(0)
                # An edge of the overlap is the nearer of two; where both are one, each has half of the slope.
                for corner, sign in ((axis, -1), (axis + 2, 1)):
                    edge = corners[corner, row, None]
                    nearer = (edge - other_corners[corner]).sign_().mul_(in_side)
                    found[corner, row] = (sign * total - nearer.sum(1)) / 2
                    other_found[corner] += (sign * other_total + nearer.sum(0)) / 2
        for boxes, total, slope in (
            (corners, in_areas[:, 0], found),
            (other_corners, in_other_areas, other_found),
        ):
            in_side = (boxes[2:] - boxes[:2]).flip(0).mul_(total)
            slope[:2] -= in_side
            slope[2:] += in_side
        return found.T, other_found.T

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.set_materialize_grads(False)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[None, ...]:
        first_only(*gradients)
        return (None,) * 4

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], *inputs: Any) -> tuple[Any, Any]:
        return one_by_one(_PairwiseSlopes, info.batch_size, in_dims, inputs)


def box_iou(boxes1: Tensor, boxes2: Tensor, *, eps: float = EPS) -> Tensor:
    """``lossguide.torch.box_iou``, fused."""
    if torch.compiler.is_compiling():
        return readable.box_iou(boxes1, boxes2, eps=eps)
    numbers(eps=eps)
    boxes1, boxes2 = box_sets(boxes1=boxes1, boxes2=boxes2)
    found: Tensor = apply(_Pairwise, boxes1, boxes2, eps)
    return found
