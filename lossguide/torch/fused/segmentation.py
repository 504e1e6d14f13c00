"""Dice and Jaccard loss, with gradients by hand.

Probabilities p and masks t enter only through three sums over the pixels of each image and class,

    o = sum p t     a = sum p^q     b = sum t^q     q = 1, or 2 if squared

From slopes o', a', b' of the loss in them follow those in the logits z:

    s = o' t + a' q p^(q-1)     softmax: p (s - sum over classes of p s)     sigmoid: p (1 - p) s

and those in masks, o' p + b' q t^(q-1). The probabilities are all that is kept for the way back, and the slopes are
written over them where no later step back wants them.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

import lossguide.torch.segmentation as readable
from lossguide._arguments import positive
from lossguide.torch._arguments import Reduction, floats
from lossguide.torch.fused._pieces import (
    apply,
    batched,
    first_only,
    piece_of,
    spent,
)
from lossguide.torch.segmentation import Classes

__all__ = ["dice_loss", "jaccard_loss"]

Index = tuple[Any, ...]
# Logits in a thread's piece.
PIECE = 2**18


def _pieces(logits: Tensor) -> Iterator[Index]:
    """Where the pieces are, images and rows of them, in maps with classes or without."""
    images = piece_of(logits, PIECE)
    rows = piece_of(logits[:1].movedim(2, 0), PIECE)
    for first in range(0, len(logits), images):
        for top in range(0, logits.shape[2], rows):
            yield slice(first, first + images), ..., slice(top, top + rows), slice(None)


def _power(values: Tensor, power: int) -> Tensor:
    return values if power == 1 else values.square()


def _class_sums(
    p: Tensor, target: Tensor, counted: Tensor | None, power: int
) -> Tensor:
    own = p.gather(1, target[:, None])[:, 0]
    ones = torch.ones_like(own) if counted is None else counted.to(own.dtype)
    rows = own.new_zeros(*target.shape[:2], p.shape[1])
    overlap, true = (rows.scatter_add(2, target, one).sum(1) for one in (own, ones))
    return torch.stack([overlap, _power(p, power).sum((2, 3)), true], 1)


def _mask_sums(p: Tensor, target: Tensor, power: int) -> Tensor:
    maps = p * target, _power(p, power), _power(target, power)
    return torch.stack([one.sum((2, 3)) for one in maps], 1)


def _class_slopes(
    p: Tensor, target: Tensor, slopes: Tensor, power: int, found: Tensor
) -> None:
    in_overlap, in_predicted, _ = slopes.unbind(1)
    weighted = p * in_predicted if power == 1 else p.square().mul_(2 * in_predicted)
    target = target[:, None]
    classes = in_overlap.expand(*in_overlap.shape[:2], *target.shape[2:])
    own = p.gather(1, target).mul_(classes.gather(1, target))
    inner = weighted.sum(1, keepdim=True).add_(own)
    torch.addcmul(weighted, p, inner, value=-1, out=found).scatter_add_(1, target, own)


def _mask_slopes(
    p: Tensor, target: Tensor, slopes: Tensor, power: int
) -> tuple[Tensor, Tensor]:
    in_overlap, in_predicted, in_true = slopes.unbind(1)
    if power == 2:
        in_predicted, in_true = 2 * in_predicted * p, 2 * in_true * target
    inner = torch.addcmul(in_predicted, in_overlap, target)
    in_logits = torch.addcmul(p, p, p, value=-1).mul_(inner)
    return in_logits, torch.addcmul(in_true, in_overlap, p)


class _Sums(torch.autograd.Function):
    """The three sums, ``(N, 3, K)``, and the probabilities, of classes ``(N, H, W)`` or masks ``(N, K, H, W)``."""

    @staticmethod
    def forward(
        logits: Tensor, target: Tensor, mask: Tensor | None, power: int
    ) -> tuple[Tensor, Tensor]:
        sums = logits.new_zeros(len(logits), 3, logits.shape[1])
        softmax = target.ndim == 3
        p = logits.softmax(1) if softmax else logits.sigmoid()
        if mask is not None:
            p.masked_fill_(~mask[:, None], 0)
        for piece in _pieces(logits):
            counted = None if mask is None else mask[piece]
            kept = readable._kept(target[piece], counted)
            sums[piece[0]] += (
                _class_sums(p[piece], kept, counted, power)
                if softmax
                else _mask_sums(p[piece], kept, power)
            )
        return sums, p

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        *tensors, ctx.power = inputs
        _, p = output
        ctx.mark_non_differentiable(p)
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*tensors, p)

    @staticmethod
    def backward(ctx: Any, slopes: Tensor | None, _: None) -> Any:
        if slopes is None:
            return (None,) * 4
        wanted = ctx.needs_input_grad[1]
        over = spent(slopes)
        found = apply(_Slopes, slopes, *ctx.saved_tensors, ctx.power, wanted, over)
        return *found, *[None] * (4 - len(found))

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], *inputs: Any) -> tuple[Any, Any]:
        *tensors, power = inputs
        found = apply(_Sums, *_folded(info, in_dims, tensors), power)
        return tuple(one.unflatten(0, (info.batch_size, -1)) for one in found), (0, 0)


class _Slopes(torch.autograd.Function):
    """From the slopes in the sums those in the logits and, where wanted, in the masks.

    It takes the logits so that a second derivative, which it does not have, is asked of it.
    """

    @staticmethod
    def forward(
        slopes: Tensor,
        logits: Tensor,
        target: Tensor,
        mask: Tensor | None,
        p: Tensor,
        power: int,
        in_masks: bool,
        over: bool,
    ) -> tuple[Tensor, ...]:
        found = [p.detach() if over else torch.empty_like(p)]
        if in_masks:
            found.append(torch.empty_like(target))
        for piece in _pieces(p):
            counted = None if mask is None else mask[piece]
            kept = readable._kept(target[piece], counted)
            given = slopes[piece[0], ..., None, None]
            parts = [one[piece] for one in found]
            if target.ndim == 3:
                _class_slopes(p[piece], kept, given, power, parts[0])
            else:
                of_masks = _mask_slopes(p[piece], kept, given, power)
                for part, slope in zip(parts, of_masks, strict=False):
                    part.copy_(slope)
            if counted is not None:
                for part in parts:
                    part.masked_fill_(~counted[:, None], 0)
        return tuple(found)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.set_materialize_grads(False)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> Any:
        first_only(*gradients)
        return (None,) * 8

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], *inputs: Any) -> tuple[Any, Any]:
        *tensors, power, in_masks, over = inputs
        found = apply(_Slopes, *_folded(info, in_dims, tensors), power, in_masks, over)
        each = tuple(one.unflatten(0, (info.batch_size, -1)) for one in found)
        return each, (0,) * len(each)


def _folded(
    info: Any, axes: tuple[int | None, ...], tensors: list[Any]
) -> list[Tensor | None]:
    """Tensors whose images are those of all of ``vmap``'s batch."""
    return [
        None if one is None else batched(info.batch_size, (axis,), one)[0].flatten(0, 1)
        for one, axis in zip(tensors, axes, strict=False)
    ]


def _region_loss(
    weight: float,
    logits: Tensor,
    target: Tensor,
    smooth: float,
    squared: bool,
    mask: Tensor | None,
    class_weight: Tensor | None,
    classes: Classes,
    per_image: bool,
    per_class: bool,
    reduction: Reduction,
) -> Tensor:
    """Tversky loss with one weight for both kinds of wrong pixels: 1/2 is Dice, 1 is Jaccard."""
    positive(smooth=smooth)
    (logits,) = floats(logits=logits)
    if isinstance(target, Tensor) and target.ndim == logits.ndim:
        logits, target = readable._masks(logits=logits, target=target)
    else:
        logits, target, _ = readable._class_map(logits, target)
    mask = readable._counted(logits, mask)
    one_map = logits.ndim == 3
    if one_map:
        logits, target = logits[:, None], target[:, None]
    sums, _ = apply(_Sums, logits, target, mask, 2 if squared else 1)
    if one_map:
        sums = sums[..., 0]
    overlap, predicted, true = (
        readable._pooled(one, per_image, per_class) for one in sums.unbind(1)
    )
    wrong = weight * (predicted - overlap) + weight * (true - overlap)
    loss = wrong / (overlap + wrong + smooth)
    return readable._over_classes(loss, true > 0, class_weight, classes, reduction)


def jaccard_loss(
    logits: Tensor,
    target: Tensor,
    *,
    smooth: float = 1.0,
    mask: Tensor | None = None,
    class_weight: Tensor | None = None,
    classes: Classes = "all",
    per_image: bool = True,
    per_class: bool = True,
    reduction: Reduction = "mean",
) -> Tensor:
    """``lossguide.torch.jaccard_loss``, fused."""
    options: dict[str, Any] = {
        "mask": mask,
        "class_weight": class_weight,
        "classes": classes,
        "per_image": per_image,
        "per_class": per_class,
        "reduction": reduction,
    }
    if torch.compiler.is_compiling():
        return readable.jaccard_loss(logits, target, smooth=smooth, **options)
    return _region_loss(1.0, logits, target, smooth, False, **options)


def dice_loss(
    logits: Tensor,
    target: Tensor,
    *,
    smooth: float = 1.0,
    squared: bool = False,
    mask: Tensor | None = None,
    class_weight: Tensor | None = None,
    classes: Classes = "all",
    per_image: bool = True,
    per_class: bool = True,
    reduction: Reduction = "mean",
) -> Tensor:
    """``lossguide.torch.dice_loss``, fused."""
    options: dict[str, Any] = {
        "mask": mask,
        "class_weight": class_weight,
        "classes": classes,
        "per_image": per_image,
        "per_class": per_class,
        "reduction": reduction,
    }
    if torch.compiler.is_compiling():
        return readable.dice_loss(
            logits, target, smooth=smooth, squared=squared, **options
        )
    return _region_loss(0.5, logits, target, smooth, squared, **options)
