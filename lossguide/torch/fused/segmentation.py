"""Dice and Jaccard loss, with gradients by hand.

Probabilities p and masks t enter only through three sums over the pixels of each image and class,

    o = sum p t     a = sum p^q     b = sum t^q     q = 1, or 2 if squared

which one pass over the logits z finds. From slopes o', a', b' of the loss in them, a second pass finds those in z:

    s = o' t + a' q p^(q-1)     softmax: p (s - sum over classes of p s)     sigmoid: p (1 - p) s

and those in masks, o' p + b' q t^(q-1). Nothing of the size of the logits is kept between the passes.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

import lossguide.torch.segmentation as readable
from lossguide._arguments import positive
from lossguide.torch._arguments import Reduction, floats
from lossguide.torch.fused._pieces import batched, first_only, piece_of
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


def _softmax(logits: Tensor) -> Tensor:
    """Over classes; PyTorch's own is slower where, as in a piece, the classes do not lie close together."""
    p = (logits - logits.amax(1, keepdim=True)).exp_()
    return p.div_(p.sum(1, keepdim=True))


def _power(values: Tensor, power: int) -> Tensor:
    return values if power == 1 else values.square()


def _class_sums(
    logits: Tensor, target: Tensor, counted: Tensor | None, power: int
) -> list[Tensor]:
    p = readable._kept(_softmax(logits), counted)
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
    logits: Tensor, target: Tensor, slopes: Tensor, power: int
) -> tuple[Tensor, ...]:
    in_overlap, in_predicted, _ = slopes.unbind(1)
    p = _softmax(logits)
    weighted = p * in_predicted if power == 1 else p.square().mul_(2 * in_predicted)
    target = target[:, None]
    classes = in_overlap.expand(*in_overlap.shape[:2], *target.shape[2:])
    own = p.gather(1, target).mul_(classes.gather(1, target))
    inner = weighted.sum(1, keepdim=True).add_(own)
    return (weighted.addcmul_(p, inner, value=-1).scatter_add_(1, target, own),)


def _mask_slopes(
    logits: Tensor, target: Tensor, slopes: Tensor, power: int
) -> tuple[Tensor, ...]:
    in_overlap, in_predicted, in_true = slopes.unbind(1)
    p = logits.sigmoid()
    if power == 2:
        in_predicted, in_true = 2 * in_predicted * p, 2 * in_true * target
    inner = torch.addcmul(in_predicted, in_overlap, target)
    in_logits = torch.addcmul(p, p, p, value=-1).mul_(inner)
    return in_logits, torch.addcmul(in_true, in_overlap, p)


class _Sums(torch.autograd.Function):
    """The three sums, ``(N, 3, K)``, of class indices ``(N, H, W)`` or masks ``(N, K, H, W)``."""

    @staticmethod
    def forward(
        logits: Tensor, target: Tensor, mask: Tensor | None, power: int
    ) -> Tensor:
        sums_of = _mask_sums if target.ndim == 4 else _class_sums
        sums = logits.new_zeros(len(logits), 3, logits.shape[1])
        for piece in _pieces(logits):
            counted = None if mask is None else mask[piece]
            kept = readable._kept(target[piece], counted)
            found = sums_of(logits[piece], kept, counted, power)
            sums[piece[0]] += torch.stack(found, 1)
        return sums

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        *tensors, ctx.power = inputs
        ctx.save_for_backward(*tensors)

    @staticmethod
    def backward(ctx: Any, slopes: Tensor) -> Any:
        wanted = ctx.needs_input_grad[1]
        found = _Slopes.apply(slopes, *ctx.saved_tensors, ctx.power, wanted)  # type: ignore[no-untyped-call]
        return *found, *[None] * (4 - len(found))

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], *inputs: Any) -> tuple[Tensor, int]:
        *tensors, power = inputs
        sums = _Sums.apply(*_folded(info, in_dims, tensors), power)  # type: ignore[no-untyped-call]
        return sums.unflatten(0, (info.batch_size, -1)), 0


class _Slopes(torch.autograd.Function):
    """From the slopes in the sums those in the logits and, where wanted, in the masks."""

    @staticmethod
    def forward(
        slopes: Tensor,
        logits: Tensor,
        target: Tensor,
        mask: Tensor | None,
        power: int,
        in_masks: bool,
    ) -> tuple[Tensor, ...]:
        slopes_of = _mask_slopes if target.ndim == 4 else _class_slopes
        found = [torch.empty_like(one) for one in (logits, target)[: 1 + in_masks]]
        for piece in _pieces(logits):
            counted = None if mask is None else mask[piece]
            kept = readable._kept(target[piece], counted)
            given = slopes[piece[0], ..., None, None]
            parts = slopes_of(logits[piece], kept, given, power)
            for whole, part in zip(found, parts, strict=False):
                whole[piece] = readable._kept(part, counted)
        return tuple(found)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.set_materialize_grads(False)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> Any:
        first_only(*gradients)
        return (None,) * 6

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], *inputs: Any) -> tuple[Any, Any]:
        *tensors, power, in_masks = inputs
        found = _Slopes.apply(*_folded(info, in_dims, tensors), power, in_masks)  # type: ignore[no-untyped-call]
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
    sums = _Sums.apply(logits, target, mask, 2 if squared else 1)  # type: ignore[no-untyped-call]
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
