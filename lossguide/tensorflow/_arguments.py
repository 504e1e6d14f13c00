"""What the functions of this column share: argument checks and the reduction.

Shapes are checked as far as they are known, which inside ``tf.function`` may be in part.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import tensorflow as tf

Reduction = Literal["mean", "sum", "none"]


def reduce(loss: tf.Tensor, reduction: Reduction) -> tf.Tensor:
    """Apply the reduction; the mean of an empty loss is 0."""
    if reduction == "mean":
        return tf.math.divide_no_nan(
            tf.reduce_sum(loss), tf.cast(tf.size(loss), loss.dtype)
        )
    if reduction == "sum":
        return tf.reduce_sum(loss)
    if reduction == "none":
        return loss
    raise ValueError(f'reduction must be "mean", "sum" or "none", got {reduction!r}')


def floats(**arrays: Any) -> tuple[tf.Tensor, ...]:
    """Return tensors of one dtype: float64 if any is, else float32, also for half precision."""
    tensors = {name: tf.convert_to_tensor(array) for name, array in arrays.items()}
    for name, tensor in tensors.items():
        if not tensor.dtype.is_floating:
            raise TypeError(
                f"{name} must hold floating-point numbers, got {tensor.dtype.name}"
            )
    double = any(tensor.dtype == tf.float64 for tensor in tensors.values())
    return tuple(
        tf.cast(tensor, tf.float64 if double else tf.float32)
        for tensor in tensors.values()
    )


def integers(**arrays: Any) -> tuple[tf.Tensor, ...]:
    """Return tensors of whole numbers in int64."""
    tensors = {name: tf.convert_to_tensor(array) for name, array in arrays.items()}
    for name, tensor in tensors.items():
        if not tensor.dtype.is_integer:
            raise TypeError(f"{name} must hold integers, got {tensor.dtype.name}")
    return tuple(tf.cast(tensor, tf.int64) for tensor in tensors.values())


def same_shape(**arrays: Any) -> tuple[tf.Tensor, ...]:
    """Return tensors of one dtype after checking that their shapes are equal."""
    checked = floats(**arrays)
    if not all(tensor.shape.is_compatible_with(checked[0].shape) for tensor in checked):
        shapes = ", ".join(
            f"{name} {tuple(tensor.shape)}"
            for name, tensor in zip(arrays, checked, strict=True)
        )
        raise ValueError(f"shapes must be equal, got {shapes}")
    return checked


def box_tensors(length: int = 4, /, **arrays: Any) -> tuple[tf.Tensor, ...]:
    """Return tensors of one dtype after checking the length of the last axis."""
    checked = floats(**arrays)
    for name, tensor in zip(arrays, checked, strict=True):
        if not tensor.shape[-1:].is_compatible_with([length]):
            raise ValueError(
                f"{name} must have shape (..., {length}), got {tuple(tensor.shape)}"
            )
    return checked


def box_pairs(length: int = 4, /, **arrays: Any) -> tuple[tf.Tensor, ...]:
    """Return boxes of one shape in one dtype."""
    checked = box_tensors(length, **arrays)
    return same_shape(**dict(zip(arrays, checked, strict=True)))


def box_sets(**arrays: Any) -> tuple[tf.Tensor, ...]:
    """Return sets of boxes, each ``(N, 4)``, in one dtype."""
    checked = box_tensors(**arrays)
    for name, tensor in zip(arrays, checked, strict=True):
        if not tensor.shape.is_compatible_with([None, 4]):
            raise ValueError(
                f"{name} must have shape (N, 4), got {tuple(tensor.shape)}"
            )
    return checked


def per_box(boxes: tf.Tensor, **arrays: Any) -> tuple[tf.Tensor, ...]:
    """Return tensors of one dtype after checking that each holds one number a box."""
    checked = floats(**arrays)
    expected = boxes.shape[:-1]
    for name, tensor in zip(arrays, checked, strict=True):
        if not tensor.shape.is_compatible_with(expected):
            raise ValueError(
                f"{name} must have shape {tuple(expected)}, one number a box, got {tuple(tensor.shape)}"
            )
    return checked


def image_tensors(**arrays: Any) -> tuple[tf.Tensor, ...]:
    """Return images or feature maps, each ``(N, H, W, C)``, in one dtype."""
    checked = floats(**arrays)
    for name, tensor in zip(arrays, checked, strict=True):
        if not tensor.shape.is_compatible_with([None] * 4):
            raise ValueError(
                f"{name} must have shape (N, H, W, C), got {tuple(tensor.shape)}"
            )
    return checked


def same_images(**arrays: Any) -> tuple[tf.Tensor, ...]:
    """Return images or feature maps of one shape in one dtype."""
    checked = image_tensors(**arrays)
    return same_shape(**dict(zip(arrays, checked, strict=True)))


def same_channels(**arrays: Any) -> tuple[tf.Tensor, ...]:
    """Return feature maps in one dtype, of any size but equally many and with equal channels."""
    checked = image_tensors(**arrays)
    first = checked[0].shape
    expected = [first[0], None, None, first[-1]]
    if not all(tensor.shape.is_compatible_with(expected) for tensor in checked):
        shapes = ", ".join(
            f"{name} {tuple(tensor.shape)}"
            for name, tensor in zip(arrays, checked, strict=True)
        )
        raise ValueError(f"N and C must be equal, got {shapes}")
    return checked


def layer_pairs(
    check: Callable[..., tuple[tf.Tensor, ...]],
    weights: Mapping[str, float] | None,
    **features: Mapping[str, Any],
) -> list[tuple[float, tf.Tensor, tf.Tensor]]:
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
