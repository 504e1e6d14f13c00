"""What the functions of this column share: argument checks, the reduction and a root."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch
from torch import Tensor

Reduction = Literal["mean", "sum", "none"]


def reduce(loss: Tensor, reduction: Reduction) -> Tensor:
    """Apply the reduction; the mean of an empty loss is 0."""
    if reduction == "mean":
        return loss.sum() / max(loss.numel(), 1)
    if reduction == "sum":
        return loss.sum()
    if reduction == "none":
        return loss
    raise ValueError(f'reduction must be "mean", "sum" or "none", got {reduction!r}')


def root(squares: Tensor) -> Tensor:
    """The square root, with derivatives of 0 at 0 instead of infinite ones."""
    some = squares != 0
    return torch.where(some, torch.where(some, squares, 1).sqrt(), 0)


def floats(**tensors: Tensor) -> tuple[Tensor, ...]:
    """Return the tensors in one dtype: float64 if any is, else float32, also for half precision."""
    for name, tensor in tensors.items():
        if not isinstance(tensor, Tensor):
            raise TypeError(f"{name} must be a tensor, got {type(tensor).__name__}")
        if not tensor.is_floating_point():
            raise TypeError(
                f"{name} must hold floating-point numbers, got {tensor.dtype}"
            )
    double = any(tensor.dtype == torch.float64 for tensor in tensors.values())
    return tuple(
        tensor.to(torch.float64 if double else torch.float32)
        for tensor in tensors.values()
    )


def integers(**tensors: Tensor) -> tuple[Tensor, ...]:
    """Return tensors of whole numbers in int64."""
    for name, tensor in tensors.items():
        if not isinstance(tensor, Tensor):
            raise TypeError(f"{name} must be a tensor, got {type(tensor).__name__}")
        kind = tensor.dtype
        if kind.is_floating_point or kind.is_complex or kind == torch.bool:
            raise TypeError(f"{name} must hold integers, got {kind}")
    return tuple(tensor.long() for tensor in tensors.values())


def booleans(**tensors: Tensor) -> tuple[Tensor, ...]:
    """Return tensors of truth values."""
    for name, tensor in tensors.items():
        if not isinstance(tensor, Tensor):
            raise TypeError(f"{name} must be a tensor, got {type(tensor).__name__}")
        if tensor.dtype != torch.bool:
            raise TypeError(f"{name} must hold booleans, got {tensor.dtype}")
    return tuple(tensors.values())


def leading(shape: torch.Size, **tensors: Tensor) -> Tensor:
    """Return a tensor of a shape, from one of it or of its first axes; a length of 1 is repeated."""
    ((name, tensor),) = tensors.items()
    own = (*tensor.shape, *[1] * (len(shape) - tensor.ndim))
    if len(own) != len(shape) or any(
        length not in (1, whole) for length, whole in zip(own, shape, strict=True)
    ):
        raise ValueError(
            f"{name} must have shape {tuple(shape)} or that of its leading axes, got {tuple(tensor.shape)}"
        )
    return tensor.reshape(own).expand(shape)


def full_precision(device: torch.device) -> AbstractContextManager[None]:
    """Autocast switched off, where a device has it: the meta device has none."""
    if device.type == "meta":
        return nullcontext()
    return torch.autocast(device.type, enabled=False)


def no_nan(**tensors: Tensor) -> None:
    """Check that no number is NaN, where they are put in an order.

    On a GPU this waits for it: only for what waits anyway, as its result has as many entries as it finds.
    """
    for name, tensor in tensors.items():
        count = int(tensor.isnan().sum())
        if count:
            raise ValueError(f"{name} must not hold NaN, got {count}")


def same_shape(**tensors: Tensor) -> tuple[Tensor, ...]:
    """Return the tensors in one dtype after checking that their shapes are equal."""
    checked = floats(**tensors)
    equal_shapes(**tensors)
    return checked


def equal_shapes(**tensors: Tensor) -> None:
    """Check that the tensors have one shape."""
    first, *others = (tensor.shape for tensor in tensors.values())
    if any(shape != first for shape in others):
        shapes = ", ".join(
            f"{name} {tuple(tensor.shape)}" for name, tensor in tensors.items()
        )
        raise ValueError(f"shapes must be equal, got {shapes}")


def box_tensors(length: int = 4, /, **tensors: Tensor) -> tuple[Tensor, ...]:
    """Return the tensors in one dtype after checking the length of the last axis."""
    checked = floats(**tensors)
    for name, tensor in zip(tensors, checked, strict=True):
        if tensor.ndim == 0 or tensor.shape[-1] != length:
            raise ValueError(
                f"{name} must have shape (..., {length}), got {tuple(tensor.shape)}"
            )
    return checked


def box_pairs(length: int = 4, /, **tensors: Tensor) -> tuple[Tensor, ...]:
    """Return boxes of one shape in one dtype."""
    checked = box_tensors(length, **tensors)
    equal_shapes(**tensors)
    return checked


def box_sets(**tensors: Tensor) -> tuple[Tensor, ...]:
    """Return sets of boxes, each ``(N, 4)``, in one dtype."""
    checked = box_tensors(**tensors)
    for name, tensor in zip(tensors, checked, strict=True):
        if tensor.ndim != 2:
            raise ValueError(
                f"{name} must have shape (N, 4), got {tuple(tensor.shape)}"
            )
    return checked


def per_box(boxes: Tensor, **tensors: Tensor) -> tuple[Tensor, ...]:
    """Return the tensors in one dtype after checking that each holds one number a box."""
    checked = floats(**tensors)
    expected = tuple(boxes.shape[:-1])
    for name, tensor in zip(tensors, checked, strict=True):
        if tuple(tensor.shape) != expected:
            raise ValueError(
                f"{name} must have shape {expected}, one number a box, got {tuple(tensor.shape)}"
            )
    return checked


def image_tensors(**tensors: Tensor) -> tuple[Tensor, ...]:
    """Return images or feature maps, each ``(N, C, H, W)``, in one dtype."""
    checked = floats(**tensors)
    for name, tensor in tensors.items():
        if tensor.ndim != 4:
            raise ValueError(
                f"{name} must have shape (N, C, H, W), got {tuple(tensor.shape)}"
            )
    return checked


def same_images(**tensors: Tensor) -> tuple[Tensor, ...]:
    """Return images or feature maps of one shape in one dtype."""
    checked = image_tensors(**tensors)
    equal_shapes(**tensors)
    return checked


def same_channels(**tensors: Tensor) -> tuple[Tensor, ...]:
    """Return feature maps in one dtype, of any size but equally many and with equal channels."""
    checked = image_tensors(**tensors)
    if any(tensor.shape[:2] != checked[0].shape[:2] for tensor in checked):
        shapes = ", ".join(
            f"{name} {tuple(tensor.shape)}" for name, tensor in tensors.items()
        )
        raise ValueError(f"N and C must be equal, got {shapes}")
    return checked


def layer_pairs(
    check: Callable[..., tuple[Tensor, ...]],
    weights: Mapping[str, float] | None,
    **features: Mapping[str, Tensor],
) -> list[tuple[float, Tensor, Tensor]]:
    """Return the weight and the two checked feature maps of each layer that counts."""
    for name, maps in features.items():
        if not isinstance(maps, Mapping):
            raise TypeError(
                f"{name} must map layer names to feature maps, got {type(maps).__name__}"
            )
    *_, target = features.values()
    chosen = dict.fromkeys(target, 1.0) if weights is None else weights
    pairs = []
    for layer, weight in chosen.items():
        named = {}
        for name, maps in features.items():
            if layer not in maps:
                raise ValueError(
                    f"{name} must have the layers {list(chosen)}, got {list(maps)}"
                )
            named[f"{name}[{layer!r}]"] = maps[layer]
        first, second = check(**named)
        pairs.append((weight, first, second))
    if not pairs:
        raise ValueError("at least one layer must count, got none")
    return pairs
