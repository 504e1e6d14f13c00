"""Dice and Jaccard loss, with gradients by hand.

Probabilities p and masks t enter only through three sums over the pixels of each image and class,

    o = sum p t     a = sum p^q     b = sum t^q     q = 1, or 2 if squared

which one pass over the logits z finds. From slopes o', a', b' of the loss in them, a second pass finds those in z:

    s = o' t + a' q p^(q-1)     softmax: p (s - sum over classes of p s)     sigmoid: p (1 - p) s

and those in masks, o' p + b' q t^(q-1). Between the passes a softmax keeps two numbers for each pixel, the greatest
logit and the sum of exponentials, and nothing of the size of the logits.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

import lossguide.torch.segmentation as readable
from lossguide._arguments import positive
from lossguide.torch._arguments import Reduction, floats
from lossguide.torch.fused._pieces import apply, batched, first_only, piece_of
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
    logits: Tensor, target: Tensor, counted: Tensor | None, power: int, scale: Tensor
) -> list[Tensor]:
    """The sums; what the softmax needs again goes to ``scale``."""
    greatest = logits.amax(1, keepdim=True)
    p = (logits - greatest).exp_()
    total = p.sum(1, keepdim=True)
    p.div_(total)
    torch.cat([greatest, total], 1, out=scale)
    p = readable._kept(p, counted)
    own = p.gather(1, target[:, None])[:, 0]
    ones = torch.ones_like(own) if counted is None else counted.to(own.dtype)
    rows = own.new_zeros(*target.shape[:2], p.shape[1])
    overlap, true = (rows.scatter_add(2, target, one).sum(1) for one in (own, ones))
    return [overlap, _power(p, power).sum((2, 3)), true]


def _mask_sums(
    logits: Tensor, target: Tensor, counted: Tensor | None, power: int
) -> list[Tensor]:
    p = readable._kept(logits.sigmoid(), counted)
    maps = p * target, _power(p, power), _power(target, power)
    return [one.sum((2, 3)) for one in maps]


def _class_slopes(
    logits: Tensor,
    target: Tensor,
    scale: Tensor,
    slopes: Tensor,
    power: int,
    found: Tensor,
) -> None:
    in_overlap, in_predicted, _ = slopes.unbind(1)
    greatest, total = scale[:, :1], scale[:, 1:]
    p = (logits - greatest).exp_().div_(total)
    weighted = p * in_predicted if power == 1 else p.square().mul_(2 * in_predicted)
    target = target[:, None]
    classes = in_overlap.expand(*in_overlap.shape[:2], *target.shape[2:])
    own = p.gather(1, target).mul_(classes.gather(1, target))
    inner = weighted.sum(1, keepdim=True).add_(own)
    torch.addcmul(weighted, p, inner, value=-1, out=found).scatter_add_(1, target, own)


def _mask_slopes(
    logits: Tensor, target: Tensor, slopes: Tensor, power: int
) -> tuple[Tensor, Tensor]:
    in_overlap, in_predicted, in_true = slopes.unbind(1)
    p = logits.sigmoid()
    if power == 2:
        in_predicted, in_true = 2 * in_predicted * p, 2 * in_true * target
    inner = torch.addcmul(in_predicted, in_overlap, target)
    in_logits = torch.addcmul(p, p, p, value=-1).mul_(inner)
    return in_logits, torch.addcmul(in_true, in_overlap, p)


class _Sums(torch.autograd.Function):
    """The three sums, ``(N, 3, K)``, and a softmax's scale, of classes ``(N, H, W)`` or masks ``(N, K, H, W)``."""

    @staticmethod
    def forward(
        logits: Tensor, target: Tensor, mask: Tensor | None, power: int
    ) -> tuple[Tensor, Tensor]:
        sums = logits.new_zeros(len(logits), 3, logits.shape[1])
        softmax = target.ndim == 3
        scale = logits.new_empty(len(logits), 2 * softmax, *target.shape[-2:])
        for piece in _pieces(logits):
            counted = None if mask is None else mask[piece]
            kept = readable._kept(target[piece], counted)
            if softmax:
                found = _class_sums(logits[piece], kept, counted, power, scale[piece])
            else:
                found = _mask_sums(logits[piece], kept, counted, power)
            sums[piece[0]] += torch.stack(found, 1)
        return sums, scale

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        *tensors, ctx.power = inputs
        _, scale = output
        ctx.mark_non_differentiable(scale)
        ctx.save_for_backward(*tensors, scale)

    @staticmethod
    def backward(ctx: Any, slopes: Tensor, _: Tensor) -> Any:
        wanted = ctx.needs_input_grad[1]
        found = apply(_Slopes, slopes, *ctx.saved_tensors, ctx.power, wanted)
        return *found, *[None] * (4 - len(found))

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], *inputs: Any) -> tuple[Any, Any]:
        *tensors, power = inputs
        found = apply(_Sums, *_folded(info, in_dims, tensors), power)
        return tuple(one.unflatten(0, (info.batch_size, -1)) for one in found), (0, 0)


class _Slopes(torch.autograd.Function):
    """From the slopes in the sums those in the logits and, where wanted, in the masks."""

    @staticmethod
    def forward(
        slopes: Tensor,
        logits: Tensor,
        target: Tensor,
        mask: Tensor | None,
        scale: Tensor,
        power: int,
        in_masks: bool,
    ) -> tuple[Tensor, ...]:
        found = [torch.empty_like(one) for one in (logits, target)[: 1 + in_masks]]
        for piece in _pieces(logits):
            counted = None if mask is None else mask[piece]
            kept = readable._kept(target[piece], counted)
            given = slopes[piece[0], ..., None, None]
            parts = [one[piece] for one in found]
            if target.ndim == 3:
                _class_slopes(logits[piece], kept, scale[piece], given, power, parts[0])
            else:
                of_masks = _mask_slopes(logits[piece], kept, given, power)
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
        return (None,) * 7

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], *inputs: Any) -> tuple[Any, Any]:
        *tensors, power, in_masks = inputs
        found = apply(_Slopes, *_folded(info, in_dims, tensors), power, in_masks)
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
