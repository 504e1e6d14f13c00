"""Losses on masks: pixels, regions and thin structures.

Classes come as logits ``(N, H, W, K)`` with a target ``(N, H, W)`` of class indices. Masks that may overlap, or
a single one, come as logits and a target of one shape, ``(N, H, W, K)`` or ``(N, H, W)``.
"""

import math
from typing import Any, Literal

import tensorflow as tf

from lossguide._arguments import not_negative, positive
from lossguide.catalog import documented
from lossguide.tensorflow._arguments import (
    Reduction,
    floats,
    integers,
    reduce,
    same_shape,
)

__all__ = [
    "border_weights",
    "cldice_loss",
    "dice_loss",
    "focal_tversky_loss",
    "jaccard_loss",
    "lovasz_hinge_loss",
    "lovasz_softmax_loss",
    "pixel_cross_entropy_loss",
    "soft_skeleton",
    "tversky_loss",
]

HEIGHT, WIDTH = 1, 2


def _class_map(logits: Any, target: Any) -> tuple[tf.Tensor, tf.Tensor]:
    """Check logits ``(N, H, W, K)`` and class indices ``(N, H, W)``.

    The indices may be floats: Keras makes floats of all targets.
    """
    (logits,) = floats(logits=logits)
    target = tf.convert_to_tensor(target)
    if target.dtype.is_floating:
        target = tf.cast(target, tf.int64)
    (target,) = integers(target=target)
    if logits.shape.rank != 4:
        raise ValueError(
            f"logits must have shape (N, H, W, K), got {tuple(logits.shape)}"
        )
    if not target.shape.is_compatible_with(logits.shape[:3]):
        raise ValueError(
            f"target must have shape {tuple(logits.shape[:3])}, one class a pixel, got {tuple(target.shape)}"
        )
    return logits, target


def _masks(**arrays: Any) -> tuple[tf.Tensor, ...]:
    """Check tensors of one shape, ``(N, H, W)`` or ``(N, H, W, K)``."""
    checked = same_shape(**arrays)
    if checked[0].shape.rank not in (3, 4):
        name = next(iter(arrays))
        raise ValueError(
            f"{name} must have shape (N, H, W) or (N, H, W, K), got {tuple(checked[0].shape)}"
        )
    return checked


def _one_hot(target: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    return tf.one_hot(target, tf.shape(logits)[-1], dtype=logits.dtype)


@documented
def pixel_cross_entropy_loss(
    logits: Any,
    target: Any,
    *,
    weight_map: Any = None,
    reduction: Reduction = "mean",
) -> tf.Tensor:
    """
    >>> loss = pixel_cross_entropy_loss([[[[2.0, 0.0]]]], [[[0]]])
    >>> print(f"{loss:.4f}")
    0.1269
    """
    logits, target = _class_map(logits, target)
    if weight_map is None:
        weight_map = tf.ones_like(target, dtype=logits.dtype)
    logits, weight_map = floats(logits=logits, weight_map=weight_map)
    if not weight_map.shape.is_compatible_with(target.shape):
        raise ValueError(
            f"weight_map must have shape {tuple(target.shape)}, one weight a pixel,"
            f" got {tuple(weight_map.shape)}"
        )
    each = tf.nn.sparse_softmax_cross_entropy_with_logits(target, logits)
    return reduce(weight_map * each, reduction)


def _two_nearest(
    squared: tf.Tensor, owners: tf.Tensor
) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
    """For places ``(..., P, M)`` from M candidates: the two nearest of different owners ``(..., M)``."""

    def owner(index: tf.Tensor) -> tf.Tensor:
        return tf.gather(owners, index, batch_dims=owners.shape.rank - 1)

    nearest = owner(tf.argmin(squared, -1))
    taken = owners[..., None, :] == nearest[..., None]
    others = tf.where(taken, math.inf, squared)
    second = owner(tf.argmin(others, -1))
    distances = [tf.reduce_min(squared, -1), tf.reduce_min(others, -1)]
    return distances, [nearest, second]


def _squared_steps(length: tf.Tensor) -> tf.Tensor:
    """Squared distances between the places of a line."""
    place = tf.range(tf.cast(length, tf.float32))
    return tf.square(place[:, None] - place)


@documented
def border_weights(
    labels: Any,
    *,
    w0: float = 10.0,
    sigma: float = 5.0,
    class_weights: tuple[float, float] = (1.0, 1.0),
) -> tf.Tensor:
    """
    >>> weights = border_weights([[1, 0, 2], [1, 0, 2]], sigma=1.0)
    >>> print(weights.numpy().round(4))
    [[2.3534 2.3534 2.3534]
     [2.3534 2.3534 2.3534]]
    """
    positive(sigma=sigma)
    (labels,) = integers(labels=labels)
    if labels.shape.rank < 2:
        raise ValueError(
            f"labels must have shape (..., H, W), got {tuple(labels.shape)}"
        )
    height, width = map(_squared_steps, tf.unstack(tf.shape(labels)[-2:]))
    # Along the row first: the squared distances to the two nearest instances in it.
    away = tf.where(labels == 0, math.inf, 0.0)
    found = _two_nearest(away[..., None, :] + width, labels)
    # Then along the column, where every row offers its two.
    squared, owners = (
        tf.concat([tf.linalg.matrix_transpose(x) for x in pair], -1) for pair in found
    )
    steps = tf.concat([height, height], 1)
    (first, second), _ = _two_nearest(squared[..., None, :] + steps, owners)
    distance = tf.linalg.matrix_transpose(tf.sqrt(first) + tf.sqrt(second))
    background, foreground = map(float, class_weights)
    balance = tf.where(labels == 0, background, foreground)
    return balance + w0 * tf.exp(-tf.square(distance) / (2 * sigma**2))


def _sum(maps: tf.Tensor) -> tf.Tensor:
    """The sum over the pixels of each map."""
    return tf.reduce_sum(maps, axis=(HEIGHT, WIDTH))


def _predicted_and_true(logits: Any, target: Any) -> tuple[tf.Tensor, tf.Tensor]:
    """Probabilities and masks of one shape."""
    logits, target = tf.convert_to_tensor(logits), tf.convert_to_tensor(target)
    if logits.shape.rank == target.shape.rank:
        logits, target = _masks(logits=logits, target=target)
        return tf.sigmoid(logits), target
    logits, target = _class_map(logits, target)
    return tf.nn.softmax(logits), _one_hot(target, logits)


def _tversky(
    logits: Any, target: Any, alpha: float, beta: float, smooth: float
) -> tf.Tensor:
    predicted, true = _predicted_and_true(logits, target)
    overlap = _sum(predicted * true)
    wrong = alpha * (_sum(predicted) - overlap) + beta * (_sum(true) - overlap)
    return wrong / (overlap + wrong + smooth)


@documented
def jaccard_loss(
    logits: Any,
    target: Any,
    *,
    smooth: float = 1.0,
    reduction: Reduction = "mean",
) -> tf.Tensor:
    """
    >>> loss = jaccard_loss(tf.zeros([1, 2, 2]), [[[1.0, 1.0], [0.0, 0.0]]], smooth=1e-6)
    >>> print(f"{loss:.4f}")
    0.6667
    """
    positive(smooth=smooth)
    return reduce(_tversky(logits, target, 1.0, 1.0, smooth), reduction)


@documented
def dice_loss(
    logits: Any,
    target: Any,
    *,
    smooth: float = 1.0,
    reduction: Reduction = "mean",
) -> tf.Tensor:
    """
    >>> loss = dice_loss(tf.zeros([1, 2, 2]), [[[1.0, 1.0], [0.0, 0.0]]], smooth=1e-6)
    >>> print(f"{loss:.4f}")
    0.5000
    """
    positive(smooth=smooth)
    return reduce(_tversky(logits, target, 0.5, 0.5, smooth), reduction)


@documented
def tversky_loss(
    logits: Any,
    target: Any,
    *,
    alpha: float = 0.3,
    beta: float = 0.7,
    smooth: float = 1.0,
    reduction: Reduction = "mean",
) -> tf.Tensor:
    """
    >>> loss = tversky_loss(tf.zeros([1, 2, 2]), [[[1.0, 0.0], [0.0, 0.0]]], smooth=1e-6)
    >>> print(f"{loss:.4f}")
    0.6154
    """
    positive(smooth=smooth)
    not_negative(alpha=alpha, beta=beta)
    return reduce(_tversky(logits, target, alpha, beta, smooth), reduction)


@documented
def focal_tversky_loss(
    logits: Any,
    target: Any,
    *,
    alpha: float = 0.3,
    beta: float = 0.7,
    gamma: float = 4 / 3,
    smooth: float = 1.0,
    reduction: Reduction = "mean",
) -> tf.Tensor:
    """
    >>> logits, target = tf.zeros([1, 2, 2]), [[[1.0, 0.0], [0.0, 0.0]]]
    >>> print(f"{focal_tversky_loss(logits, target, smooth=1e-6):.4f}")
    0.6948
    """
    positive(gamma=gamma, smooth=smooth)
    not_negative(alpha=alpha, beta=beta)
    loss = _tversky(logits, target, alpha, beta, smooth)
    # The root's slope at 0 is infinite: a perfect mask is left out of it.
    imperfect = loss > 0
    root = tf.where(imperfect, loss, 1) ** (1 / gamma)
    return reduce(tf.where(imperfect, root, 0), reduction)


def _lovasz(errors: tf.Tensor, masks: tf.Tensor) -> tf.Tensor:
    """The Lovasz extension of the Jaccard loss, at the pixel errors ``(..., P)`` of true masks."""
    order = tf.argsort(errors, direction="DESCENDING", stable=True)
    errors, masks = (
        tf.gather(x, order, batch_dims=order.shape.rank - 1) for x in (errors, masks)
    )
    size = tf.reduce_sum(masks, -1, keepdims=True)
    # The Jaccard loss if the pixels so far are wrong: the overlap lacks them, the union has them.
    union = size + tf.cumsum(1 - masks, -1)
    jaccard = 1 - (size - tf.cumsum(masks, -1)) / union
    steps = jaccard - tf.concat([tf.zeros_like(size), jaccard[..., :-1]], -1)
    return tf.reduce_sum(errors * steps, -1)


def _pixels(maps: tf.Tensor, per_image: bool) -> tf.Tensor:
    """From ``(N, H, W, ...)`` to ``(N, ..., P)``, or to ``(1, ..., P)`` with the whole batch as one image."""
    shape = tf.shape(maps)
    images = shape[:1] if per_image else [1]
    count = tf.reduce_prod(shape[1:3] if per_image else shape[:3])
    pixels = tf.reshape(maps, tf.concat([images, [count], shape[3:]], 0))
    return tf.linalg.matrix_transpose(pixels) if maps.shape.rank == 4 else pixels


@documented
def lovasz_softmax_loss(
    logits: Any,
    target: Any,
    *,
    classes: Literal["present", "all"] = "present",
    per_image: bool = True,
    reduction: Reduction = "mean",
) -> tf.Tensor:
    """
    >>> loss = lovasz_softmax_loss(tf.zeros([1, 1, 3, 2]), [[[0, 1, 1]]])
    >>> print(f"{loss:.4f}")
    0.5000
    """
    if classes not in ("present", "all"):
        raise ValueError(f'classes must be "present" or "all", got {classes!r}')
    logits, target = _class_map(logits, target)
    predicted = _pixels(tf.nn.softmax(logits), per_image)
    masks = _pixels(_one_hot(target, logits), per_image)
    each = _lovasz(tf.abs(masks - predicted), masks)
    counted = tf.reduce_any(masks > 0, -1) | (classes == "all")
    counted = tf.cast(counted, each.dtype)
    loss = tf.math.divide_no_nan(
        tf.reduce_sum(counted * each, 1), tf.reduce_sum(counted, 1)
    )
    return reduce(loss, reduction)


@documented
def lovasz_hinge_loss(
    logits: Any,
    target: Any,
    *,
    per_image: bool = True,
    reduction: Reduction = "mean",
) -> tf.Tensor:
    """
    >>> loss = lovasz_hinge_loss([[[2.0, -0.5, -3.0]]], [[[1.0, 1.0, 0.0]]])
    >>> print(f"{loss:.4f}")
    0.7500
    """
    logits, target = _masks(logits=logits, target=target)
    margins = _pixels(logits * (2 * target - 1), per_image)
    masks = _pixels(target, per_image)
    return reduce(_lovasz(tf.nn.relu(1 - margins), masks), reduction)


def _neighbors(maps: tf.Tensor, axis: int) -> list[tf.Tensor]:
    """The pixel before and the pixel after each along an axis; at the border, the pixel itself."""
    if axis == HEIGHT:
        before, after = [maps[:, :1], maps[:, :-1]], [maps[:, 1:], maps[:, -1:]]
    else:
        before = [maps[:, :, :1], maps[:, :, :-1]]
        after = [maps[:, :, 1:], maps[:, :, -1:]]
    return [tf.concat(before, axis), tf.concat(after, axis)]


def _erode(maps: tf.Tensor) -> tf.Tensor:
    """The smallest of each pixel and its four neighbors; equal ones share the gradient."""
    cross = [maps, *_neighbors(maps, HEIGHT), *_neighbors(maps, WIDTH)]
    return tf.reduce_min(tf.stack(cross), 0)


def _dilate(maps: tf.Tensor) -> tf.Tensor:
    """The largest of the 3 x 3 pixels around each; equal ones share the gradient."""
    for axis in (HEIGHT, WIDTH):
        maps = tf.reduce_max(tf.stack([maps, *_neighbors(maps, axis)]), 0)
    return maps


def _skeleton(maps: tf.Tensor, iterations: int) -> tf.Tensor:
    skeleton = tf.zeros_like(maps)
    for _ in range(iterations + 1):
        eroded = _erode(maps)
        lost = tf.nn.relu(maps - _dilate(eroded))
        skeleton += (1 - skeleton) * lost
        maps = eroded
    return skeleton


@documented
def soft_skeleton(masks: Any, *, iterations: int = 3) -> tf.Tensor:
    """
    >>> lines = soft_skeleton([[[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]])
    >>> print(lines.numpy())
    [[[0. 0. 0.]
      [1. 1. 1.]
      [0. 0. 0.]]]
    """
    not_negative(iterations=iterations)
    (masks,) = _masks(masks=masks)
    return _skeleton(masks, iterations)


@documented
def cldice_loss(
    logits: Any,
    target: Any,
    *,
    iterations: int = 3,
    smooth: float = 1.0,
    reduction: Reduction = "mean",
) -> tf.Tensor:
    """
    >>> target = tf.constant([[[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]])
    >>> print(f"{cldice_loss(20 * (2 * target - 1), target):.4f}")
    0.0000
    """
    positive(smooth=smooth)
    not_negative(iterations=iterations)
    logits, target = _masks(logits=logits, target=target)
    predicted = tf.sigmoid(logits)
    precision = _share(_skeleton(predicted, iterations), target, smooth)
    sensitivity = _share(_skeleton(target, iterations), predicted, smooth)
    return reduce(
        1 - 2 * precision * sensitivity / (precision + sensitivity), reduction
    )


def _share(lines: tf.Tensor, masks: tf.Tensor, smooth: float) -> tf.Tensor:
    """How much of the lines lies on the masks."""
    return (_sum(lines * masks) + smooth) / (_sum(lines) + smooth)
