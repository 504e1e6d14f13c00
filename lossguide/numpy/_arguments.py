"""What the functions of this column share: argument checks and the reduction."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Reduction = Literal["mean", "sum", "none"]


def reduce(loss: Array, reduction: Reduction) -> Array:
    """Apply the reduction; the mean of an empty loss is 0."""
    if reduction == "mean":
        return np.asarray(loss.sum() / max(loss.size, 1))
    if reduction == "sum":
        return np.asarray(loss.sum())
    if reduction == "none":
        return loss
    raise ValueError(f'reduction must be "mean", "sum" or "none", got {reduction!r}')


def floats(**arrays: Any) -> tuple[Array, ...]:
    """Return the arrays, or what can be made into arrays, in float64."""
    for name, array in arrays.items():
        kind = np.asarray(array).dtype
        if kind.kind not in "fiu":
            raise TypeError(f"{name} must hold real numbers, got {kind}")
    return tuple(np.asarray(array, dtype=np.float64) for array in arrays.values())


def integers(**arrays: Any) -> tuple[NDArray[np.int64], ...]:
    """Return arrays of whole numbers in int64."""
    for name, array in arrays.items():
        kind = np.asarray(array).dtype
        if kind.kind not in "iu":
            raise TypeError(f"{name} must hold integers, got {kind}")
    return tuple(np.asarray(array, dtype=np.int64) for array in arrays.values())


def booleans(**arrays: Any) -> tuple[NDArray[np.bool_], ...]:
    """Return arrays of truth values."""
    for name, array in arrays.items():
        kind = np.asarray(array).dtype
        if kind.kind != "b":
            raise TypeError(f"{name} must hold booleans, got {kind}")
    return tuple(np.asarray(array) for array in arrays.values())


def leading(shape: tuple[int, ...], **arrays: NDArray[Any]) -> NDArray[Any]:
    """Return an array of a shape, from one of it or of its first axes; a length of 1 is repeated."""
    ((name, array),) = arrays.items()
    own = array.shape + (1,) * (len(shape) - array.ndim)
    if len(own) != len(shape) or any(
        length not in (1, whole) for length, whole in zip(own, shape, strict=True)
    ):
        raise ValueError(
            f"{name} must have shape {shape} or that of its leading axes, got {array.shape}"
        )
    return np.broadcast_to(array.reshape(own), shape)


def no_nan(**arrays: Array) -> None:
    """Check that no number is NaN, where they are put in an order."""
    for name, array in arrays.items():
        count = np.count_nonzero(np.isnan(array))
        if count:
            raise ValueError(f"{name} must not hold NaN, got {count}")


def same_shape(**arrays: Any) -> tuple[Array, ...]:
    """Return the arrays in float64 after checking that their shapes are equal."""
    checked = floats(**arrays)
    if len({array.shape for array in checked}) > 1:
        shapes = ", ".join(
            f"{name} {array.shape}" for name, array in zip(arrays, checked, strict=True)
        )
        raise ValueError(f"shapes must be equal, got {shapes}")
    return checked


def box_arrays(length: int = 4, /, **arrays: Any) -> tuple[Array, ...]:
    """Return the arrays in float64 after checking the length of the last axis."""
    checked = floats(**arrays)
    for name, array in zip(arrays, checked, strict=True):
        if array.ndim == 0 or array.shape[-1] != length:
            raise ValueError(
                f"{name} must have shape (..., {length}), got {array.shape}"
            )
    return checked


def box_pairs(length: int = 4, /, **arrays: Any) -> tuple[Array, ...]:
    """Return boxes of one shape in float64."""
    checked = box_arrays(length, **arrays)
    return same_shape(**dict(zip(arrays, checked, strict=True)))


def box_sets(**arrays: Any) -> tuple[Array, ...]:
    """Return sets of boxes, each ``(N, 4)``, in float64."""
    checked = box_arrays(**arrays)
    for name, array in zip(arrays, checked, strict=True):
        if array.ndim != 2:
            raise ValueError(f"{name} must have shape (N, 4), got {array.shape}")
    return checked


def per_box(boxes: Array, **arrays: Any) -> tuple[Array, ...]:
    """Return the arrays in float64 after checking that each holds one number a box."""
    checked = floats(**arrays)
    for name, array in zip(arrays, checked, strict=True):
        if array.shape != boxes.shape[:-1]:
            raise ValueError(
                f"{name} must have shape {boxes.shape[:-1]}, one number a box, got {array.shape}"
            )
    return checked


def image_arrays(**arrays: Any) -> tuple[Array, ...]:
    """Return images or feature maps, each ``(N, H, W, C)``, in float64."""
    checked = floats(**arrays)
    for name, array in zip(arrays, checked, strict=True):
        if array.ndim != 4:
            raise ValueError(f"{name} must have shape (N, H, W, C), got {array.shape}")
    return checked


def same_images(**arrays: Any) -> tuple[Array, ...]:
    """Return images or feature maps of one shape in float64."""
    checked = image_arrays(**arrays)
    return same_shape(**dict(zip(arrays, checked, strict=True)))


def same_channels(**arrays: Any) -> tuple[Array, ...]:
    """Return feature maps in float64, of any size but equally many and with equal channels."""
    checked = image_arrays(**arrays)
    if len({(len(array), array.shape[-1]) for array in checked}) > 1:
        shapes = ", ".join(
            f"{name} {array.shape}" for name, array in zip(arrays, checked, strict=True)
        )
        raise ValueError(f"N and C must be equal, got {shapes}")
    return checked


def layer_pairs(
    check: Callable[..., tuple[Array, ...]],
    weights: Mapping[str, float] | None,
    **features: Mapping[str, Any],
) -> list[tuple[float, Array, Array]]:
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
