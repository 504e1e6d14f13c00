"""Losses on masks: pixels, regions and thin structures.

Classes come as logits ``(N, H, W, K)`` with a target ``(N, H, W)`` of class indices. Masks that may overlap, or
a single one, come as logits and a target of one shape, ``(N, H, W, K)`` or ``(N, H, W)``.
"""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lossguide._arguments import not_negative, positive
from lossguide.catalog import documented
from lossguide.numpy._arguments import (
    Array,
    Reduction,
    floats,
    integers,
    reduce,
    same_shape,
)
from lossguide.numpy._slope import constant

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
Integers = NDArray[np.int64]


def _class_map(logits: Any, target: Any) -> tuple[Array, Integers]:
    """Check logits ``(N, H, W, K)`` and class indices ``(N, H, W)``."""
    (logits,) = floats(logits=logits)
    (target,) = integers(target=target)
    if logits.ndim != 4:
        raise ValueError(f"logits must have shape (N, H, W, K), got {logits.shape}")
    if target.shape != logits.shape[:3]:
        raise ValueError(
            f"target must have shape {logits.shape[:3]}, one class a pixel, got {target.shape}"
        )
    if np.any((target < 0) | (target >= logits.shape[3])):
        raise ValueError(
            f"target must hold classes from 0 to {logits.shape[3] - 1},"
            f" got {target.min()} to {target.max()}"
        )
    return logits, target


def _masks(**arrays: Any) -> tuple[Array, ...]:
    """Check arrays of one shape, ``(N, H, W)`` or ``(N, H, W, K)``."""
    checked = same_shape(**arrays)
    if checked[0].ndim not in (3, 4):
        name = next(iter(arrays))
        raise ValueError(
            f"{name} must have shape (N, H, W) or (N, H, W, K), got {checked[0].shape}"
        )
    return checked


def _log_softmax(logits: Array) -> Array:
    shifted: Array = logits - logits.max(axis=-1, keepdims=True)
    total: Array = np.exp(shifted).sum(axis=-1, keepdims=True)
    return shifted - np.log(total)


def _sigmoid(logits: Array) -> Array:
    return np.exp(-np.logaddexp(0, -logits))


def _one_hot(target: Integers, classes: int) -> Array:
    return np.eye(classes)[target]


@documented
def pixel_cross_entropy_loss(
    logits: Any,
    target: Any,
    *,
    weight_map: Any = None,
    reduction: Reduction = "mean",
) -> Array:
    """
    >>> print(f"{pixel_cross_entropy_loss([[[[2.0, 0.0]]]], [[[0]]]):.4f}")
    0.1269
    """
    logits, target = _class_map(logits, target)
    each = -(_one_hot(target, logits.shape[3]) * _log_softmax(logits)).sum(axis=-1)
    if weight_map is None:
        return reduce(each, reduction)
    (weight_map,) = floats(weight_map=weight_map)
    if weight_map.shape != target.shape:
        raise ValueError(
            f"weight_map must have shape {target.shape}, one weight a pixel, got {weight_map.shape}"
        )
    return reduce(weight_map * each, reduction)


def _distance(mask: NDArray[np.bool_]) -> Array:
    """The distance from each pixel of an image to the nearest pixel of a mask."""
    squared = np.where(mask, 0, np.inf)
    for _ in range(2):  # along the rows, then along the columns
        place = np.arange(squared.shape[1])
        steps = (place[:, None] - place) ** 2
        squared = (squared[:, None, :] + steps).min(axis=2).T
    return np.sqrt(squared)


def _to_two_instances(labels: Integers) -> Array:
    """The sum of each pixel's distances to the nearest and the second nearest instance of an image."""
    instances = np.unique(labels[labels != 0])
    if len(instances) < 2:
        return np.full(labels.shape, np.inf)
    distances = [_distance(labels == instance) for instance in instances]
    return np.asarray(np.sort(distances, axis=0)[:2].sum(axis=0))


@documented
def border_weights(
    labels: Any,
    *,
    w0: float = 10.0,
    sigma: float = 5.0,
    class_weights: tuple[float, float] = (1.0, 1.0),
) -> Array:
    """
    >>> border_weights([[1, 0, 2], [1, 0, 2]], sigma=1.0).round(4)
    array([[2.3534, 2.3534, 2.3534],
           [2.3534, 2.3534, 2.3534]])
    """
    positive(sigma=sigma)
    (labels,) = integers(labels=labels)
    if labels.ndim < 2:
        raise ValueError(f"labels must have shape (..., H, W), got {labels.shape}")
    images = labels.reshape(-1, *labels.shape[-2:])
    distance = np.array([_to_two_instances(image) for image in images])
    background, foreground = class_weights
    balance: Array = np.where(labels == 0, background, foreground)
    border: Array = w0 * np.exp(-(distance.reshape(labels.shape) ** 2) / (2 * sigma**2))
    return balance + border


def _sum(maps: Array) -> Array:
    """The sum over the pixels of each map."""
    return np.asarray(maps.sum(axis=(HEIGHT, WIDTH)))


def _predicted_and_true(logits: Any, target: Any) -> tuple[Array, Array]:
    """Probabilities and masks of one shape."""
    if np.ndim(logits) == np.ndim(target):
        logits, target = _masks(logits=logits, target=target)
        return _sigmoid(logits), target
    logits, target = _class_map(logits, target)
    return np.exp(_log_softmax(logits)), _one_hot(target, logits.shape[3])


def _tversky(
    logits: Any, target: Any, alpha: float, beta: float, smooth: float
) -> Array:
    predicted, true = _predicted_and_true(logits, target)
    overlap = _sum(predicted * true)
    wrong = alpha * _sum(predicted * (1 - true)) + beta * _sum((1 - predicted) * true)
    return 1 - (overlap + smooth) / (overlap + wrong + smooth)


@documented
def jaccard_loss(
    logits: Any, target: Any, *, smooth: float = 1.0, reduction: Reduction = "mean"
) -> Array:
    """
    >>> loss = jaccard_loss([[[0.0, 0.0], [0.0, 0.0]]], [[[1, 1], [0, 0]]], smooth=1e-6)
    >>> print(f"{loss:.4f}")
    0.6667
    """
    positive(smooth=smooth)
    return reduce(_tversky(logits, target, 1.0, 1.0, smooth), reduction)


@documented
def dice_loss(
    logits: Any, target: Any, *, smooth: float = 1.0, reduction: Reduction = "mean"
) -> Array:
    """
    >>> loss = dice_loss([[[0.0, 0.0], [0.0, 0.0]]], [[[1, 1], [0, 0]]], smooth=1e-6)
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
) -> Array:
    """
    >>> loss = tversky_loss([[[0.0, 0.0], [0.0, 0.0]]], [[[1, 0], [0, 0]]], smooth=1e-6)
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
) -> Array:
    """
    >>> loss = focal_tversky_loss([[[0.0, 0.0], [0.0, 0.0]]], [[[1, 0], [0, 0]]], smooth=1e-6)
    >>> print(f"{loss:.4f}")
    0.6948
    """
    positive(gamma=gamma, smooth=smooth)
    not_negative(alpha=alpha, beta=beta)
    loss = _tversky(logits, target, alpha, beta, smooth)
    return reduce(loss ** (1 / gamma), reduction)


def _lovasz(errors: Array, masks: Array) -> Array:
    """The Lovasz extension of the Jaccard loss, at the pixel errors ``(N, P, ...)`` of true masks."""
    order = np.argsort(-errors, axis=1, kind="stable")
    errors, masks = (np.take_along_axis(x, order, axis=1) for x in (errors, masks))
    size = masks.sum(axis=1, keepdims=True)
    # The Jaccard loss if the pixels so far are wrong: the overlap lacks them, the union has them.
    overlap = size - masks.cumsum(axis=1)
    union = size + (1 - masks).cumsum(axis=1)
    steps = np.diff(1 - overlap / union, axis=1, prepend=0)
    return np.asarray((errors * steps).sum(axis=1))


def _pixels(maps: Array, per_image: bool) -> Array:
    """From ``(N, H, W, ...)`` to ``(N, P, ...)``, or to ``(1, P, ...)`` with the whole batch as one image."""
    images = maps.shape[0] if per_image else 1
    return maps.reshape(
        images, np.prod(maps.shape[:3]) // max(images, 1), *maps.shape[3:]
    )


@documented
def lovasz_softmax_loss(
    logits: Any,
    target: Any,
    *,
    classes: Literal["present", "all"] = "present",
    per_image: bool = True,
    reduction: Reduction = "mean",
) -> Array:
    """
    >>> lovasz_softmax_loss([[[[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]]], [[[0, 1, 1]]])
    array(0.5)
    """
    if classes not in ("present", "all"):
        raise ValueError(f'classes must be "present" or "all", got {classes!r}')
    logits, target = _class_map(logits, target)
    predicted = _pixels(np.exp(_log_softmax(logits)), per_image)
    masks = _pixels(_one_hot(target, logits.shape[3]), per_image)
    each = _lovasz(np.abs(masks - predicted), masks)
    counted = np.any(masks, axis=1) | (classes == "all")
    loss = (each * counted).sum(axis=1) / np.maximum(counted.sum(axis=1), 1)
    return reduce(loss, reduction)


@documented
def lovasz_hinge_loss(
    logits: Any,
    target: Any,
    *,
    per_image: bool = True,
    reduction: Reduction = "mean",
) -> Array:
    """
    >>> lovasz_hinge_loss([[[2.0, -0.5, -3.0]]], [[[1, 1, 0]]])
    array(0.75)
    """
    logits, target = _masks(logits=logits, target=target)
    margins = _pixels(logits * (2 * target - 1), per_image)
    masks = _pixels(target, per_image)
    return reduce(_lovasz(np.maximum(1 - margins, 0), masks), reduction)


def _neighbors(maps: Array, axis: int) -> list[Array]:
    """The pixel before and the pixel after each along an axis; at the border, the pixel itself."""
    places = np.arange(maps.shape[axis])
    before, after = np.maximum(places - 1, 0), np.minimum(places + 1, places[-1])
    return [np.take(maps, before, axis), np.take(maps, after, axis)]


def _extreme(maps: list[Array], choose: Callable[..., Array]) -> Array:
    """The smallest or the largest of the maps, pixel by pixel; equal ones share the slope."""
    stack = np.stack(maps)
    chosen = choose(stack, axis=0)
    equal = stack == chosen
    share = constant(equal / equal.sum(axis=0))
    change: Array = (share * (stack - constant(stack))).sum(axis=0)
    return constant(chosen) + change


def _erode(maps: Array) -> Array:
    """The smallest of each pixel and its four neighbors."""
    return _extreme([maps, *_neighbors(maps, HEIGHT), *_neighbors(maps, WIDTH)], np.min)


def _dilate(maps: Array) -> Array:
    """The largest of the 3 x 3 pixels around each."""
    for axis in (HEIGHT, WIDTH):
        maps = _extreme([maps, *_neighbors(maps, axis)], np.max)
    return maps


def _skeleton(maps: Array, iterations: int) -> Array:
    skeleton = np.zeros_like(maps)
    for _ in range(iterations + 1):
        eroded = _erode(maps)
        lost = maps - _dilate(eroded)
        positive_part = lost * constant(np.heaviside(lost, 0))
        skeleton = skeleton + (1 - skeleton) * positive_part
        maps = eroded
    return skeleton


@documented
def soft_skeleton(masks: Any, *, iterations: int = 3) -> Array:
    """
    >>> soft_skeleton([[[0, 0, 0], [1, 1, 1], [0, 0, 0]]])
    array([[[0., 0., 0.],
            [1., 1., 1.],
            [0., 0., 0.]]])
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
) -> Array:
    """
    >>> target = np.array([[[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]])
    >>> print(f"{cldice_loss(20 * (2 * target - 1), target):.4f}")
    0.0000
    """
    positive(smooth=smooth)
    not_negative(iterations=iterations)
    logits, target = _masks(logits=logits, target=target)
    predicted = _sigmoid(logits)

    precision = _share(_skeleton(predicted, iterations), target, smooth)
    sensitivity = _share(_skeleton(target, iterations), predicted, smooth)
    return reduce(
        1 - 2 * precision * sensitivity / (precision + sensitivity), reduction
    )


def _share(lines: Array, masks: Array, smooth: float) -> Array:
    """How much of the lines lies on the masks."""
    return (_sum(lines * masks) + smooth) / (_sum(lines) + smooth)
