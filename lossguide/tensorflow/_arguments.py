"""What the functions of this column share: argument checks, the reduction and a root.

Shapes are checked as far as they are known, the rest when the graph runs: inside ``tf.function`` a length may
be unknown. A rank may not.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import tensorflow as tf

Reduction = Literal["mean", "sum", "none"]

ALL = slice(None)
BATCH = slice(0, 1)
LAST = slice(-1, None)
ALL_BUT_LAST = slice(0, -1)


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


def converted(**arrays: Any) -> dict[str, tf.Tensor]:
    """Return the arrays as tensors, by name, after checking that their ranks are known."""
    tensors = {name: tf.convert_to_tensor(array) for name, array in arrays.items()}
    for name, tensor in tensors.items():
        if tensor.shape.rank is None:
            raise ValueError(
                f"the rank of {name} must be known, got a tensor of unknown shape"
            )
    return tensors


def agree(
    tensor: tf.Tensor,
    other: tf.Tensor,
    message: str,
    axes: slice = ALL,
    other_axes: slice = ALL,
) -> tf.Tensor:
    """Return the tensor after checking that lengths of its axes are those of the other's.

    Lengths that are unknown yet are compared when the graph runs.
    """
    lengths, expected = tensor.shape[axes], other.shape[other_axes]
    if not lengths.is_compatible_with(expected):
        raise ValueError(message)
    if lengths.is_fully_defined() and expected.is_fully_defined():
        return tensor
    shapes = [tf.shape(tensor)[axes], tf.shape(other)[other_axes]]
    # XLA has no assertions, but it does not stack what differs in shape.
    empty = [tf.zeros(tf.concat([shape, [0]], axis=0)) for shape in shapes]
    checks = [tf.debugging.assert_equal(*shapes, message), tf.stack(empty)]
    with tf.control_dependencies(checks):
        return tf.identity(tensor)


def root(squares: tf.Tensor) -> tf.Tensor:
    """The square root, with derivatives of 0 at 0 instead of infinite ones."""
    some = squares != 0
    return tf.where(some, tf.sqrt(tf.where(some, squares, 1)), 0)


def floats(**arrays: Any) -> tuple[tf.Tensor, ...]:
    """Return tensors of one dtype: float64 if any is, else float32, also for half precision."""
    tensors = converted(**arrays)
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
    tensors = converted(**arrays)
    for name, tensor in tensors.items():
        if not tensor.dtype.is_integer:
            raise TypeError(f"{name} must hold integers, got {tensor.dtype.name}")
    return tuple(tf.cast(tensor, tf.int64) for tensor in tensors.values())


def booleans(**arrays: Any) -> tuple[tf.Tensor, ...]:
    """Return tensors of truth values."""
    tensors = converted(**arrays)
    for name, tensor in tensors.items():
        if tensor.dtype != tf.bool:
            raise TypeError(f"{name} must hold booleans, got {tensor.dtype.name}")
    return tuple(tensors.values())


def leading(whole: tf.Tensor, **tensors: tf.Tensor) -> tf.Tensor:
    """Return a tensor of the shape of another, from one of it or of its first axes; a length of 1 is repeated."""
    ((name, tensor),) = tensors.items()
    missing = whole.shape.rank - tensor.shape.rank
    own = [*tensor.shape, *[1] * missing]
    if missing < 0 or any(
        length not in (1, None) and expected not in (length, None)
        for length, expected in zip(own, whole.shape, strict=True)
    ):
        raise ValueError(
            f"{name} must have shape {tuple(whole.shape)} or that of its leading axes,"
            f" got {tuple(tensor.shape)}"
        )
    ones = tf.ones(missing, tf.int32)
    tensor = tf.reshape(tensor, tf.concat([tf.shape(tensor), ones], 0))
    return tf.broadcast_to(tensor, tf.shape(whole))


def class_indices(**arrays: Any) -> tuple[tf.Tensor, ...]:
    """Return class indices in int64; they may be floats, which Keras makes of all targets."""
    tensors = converted(**arrays)
    for name, tensor in tensors.items():
        if tensor.dtype.is_floating:
            # What is no whole number, NaN among it, becomes a class that there is not.
            whole = tf.where(tf.round(tensor) == tensor, tensor, tensor.dtype.min)
            tensors[name] = tf.cast(whole, tf.int64)
    return integers(**tensors)


def known_classes(target: tf.Tensor, count: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
    """0 for each class from 0 to count - 1; for another an error or, as XLA has none, NaN."""
    count = tf.cast(count, tf.int64)
    known = (target >= 0) & (target < count)
    least, most = tf.reduce_min(target), tf.reduce_max(target)
    message = [
        "target must hold classes from 0 to",
        count - 1,
        "got",
        least,
        "to",
        most,
    ]
    tf.debugging.Assert(tf.reduce_all(known), message)
    return tf.where(known, tf.constant(0, dtype), math.nan)


def no_nan(**tensors: tf.Tensor) -> None:
    """Check that no number is NaN, where they are put in an order."""
    for name, tensor in tensors.items():
        count = tf.math.count_nonzero(tf.math.is_nan(tensor))
        tf.debugging.Assert(count == 0, [f"{name} must not hold NaN, got", count])


def same_shape(**arrays: Any) -> tuple[tf.Tensor, ...]:
    """Return tensors of one dtype after checking that their shapes are equal."""
    first, *others = checked = floats(**arrays)
    message = f"shapes must be equal, got {listed(arrays, checked)}"
    return first, *(agree(other, first, message) for other in others)


def listed(names: Iterable[str], checked: Iterable[tf.Tensor]) -> str:
    """Name each tensor's shape, for a message."""
    pairs = zip(names, checked, strict=True)
    return ", ".join(f"{name} {tuple(tensor.shape)}" for name, tensor in pairs)


def box_tensors(length: int = 4, /, **arrays: Any) -> tuple[tf.Tensor, ...]:
    """Return tensors of one dtype after checking the length of the last axis."""
    checked = floats(**arrays)
    for name, tensor in zip(arrays, checked, strict=True):
        if not tensor.shape[-1:].is_compatible_with([length]):
            raise ValueError(
                f"{name} must have shape (..., {length}), got {tuple(tensor.shape)}"
            )
    return tuple(tf.ensure_shape(x, [*x.shape[:-1], length]) for x in checked)


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
    expected = f"must have shape {tuple(boxes.shape[:-1])}, one number a box"
    return tuple(
        agree(
            tensor,
            boxes,
            f"{name} {expected}, got {tuple(tensor.shape)}",
            other_axes=ALL_BUT_LAST,
        )
        for name, tensor in zip(arrays, floats(**arrays), strict=True)
    )


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
    first, *others = checked = image_tensors(**arrays)
    message = f"N and C must be equal, got {listed(arrays, checked)}"
    for axis in (BATCH, LAST):
        others = [agree(other, first, message, axis, axis) for other in others]
    return first, *others


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
