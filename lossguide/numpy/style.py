"""Losses on what an image is painted like: Gram matrices, channel statistics, total variation."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from lossguide._arguments import positive
from lossguide.catalog import documented
from lossguide.numpy._arguments import (
    Array,
    Reduction,
    image_arrays,
    layer_pairs,
    reduce,
    same_channels,
    same_images,
    same_shape,
)

__all__ = [
    "adain",
    "channel_statistics",
    "content_loss",
    "content_style_loss",
    "gram_matrix",
    "statistics_loss",
    "style_loss",
    "total_variation_loss",
]

Normalization = Literal["gatys", "johnson", "none"]
Kind = Literal["anisotropic", "isotropic", "squared"]


@documented
def gram_matrix(features: Any, *, normalization: Normalization = "gatys") -> Array:
    """
    >>> features = np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 1, 2, 2)
    >>> gram_matrix(features, normalization="none")
    array([[[10., 14.],
            [14., 20.]]])
    """
    (features,) = image_arrays(features=features)
    _, h, w, c = features.shape
    divisors = {"gatys": 2 * c * h * w, "johnson": c * h * w, "none": 1}
    if normalization not in divisors:
        raise ValueError(
            f'normalization must be "gatys", "johnson" or "none", got {normalization!r}'
        )
    gram = np.einsum("nhwi,nhwj->nij", features, features)
    return np.asarray(gram / divisors[normalization])


@documented
def channel_statistics(features: Any, *, eps: float = 1e-5) -> tuple[Array, Array]:
    """
    >>> mean, std = channel_statistics(np.array([1.0, 5.0]).reshape(1, 2, 1, 1))
    >>> print(mean, std.round(3))
    [[3.]] [[2.]]
    """
    positive(eps=eps)
    (features,) = image_arrays(features=features)
    std = np.sqrt(features.var(axis=(1, 2)) + eps)
    return features.mean(axis=(1, 2)), std


@documented
def adain(content: Any, style: Any, *, eps: float = 1e-5) -> Array:
    """
    >>> content = np.array([1.0, 5.0]).reshape(1, 2, 1, 1)
    >>> style = np.array([10.0, 20.0, 20.0, 10.0]).reshape(1, 4, 1, 1)
    >>> print(adain(content, style).ravel().round(3))
    [10. 20.]
    """
    content, style = same_channels(content=content, style=style)
    mean, std = channel_statistics(content, eps=eps)
    new_mean, new_std = channel_statistics(style, eps=eps)
    mean, std, new_mean, new_std = (
        statistic[:, None, None] for statistic in (mean, std, new_mean, new_std)
    )
    return np.asarray((content - mean) / std * new_std + new_mean)


@documented
def content_loss(
    pred_features: Mapping[str, Any],
    content_features: Mapping[str, Any],
    *,
    weights: Mapping[str, float] | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """
    >>> content_loss(
    ...     {"relu4_2": np.full((1, 4, 4, 2), 3.0)}, {"relu4_2": np.ones((1, 4, 4, 2))}
    ... )
    array(64.)
    """
    pairs = layer_pairs(
        same_images,
        weights,
        pred_features=pred_features,
        content_features=content_features,
    )
    layers = [
        weight * ((pred - content) ** 2).sum(axis=(1, 2, 3)) / 2
        for weight, pred, content in pairs
    ]
    return reduce(np.sum(layers, axis=0), reduction)


@documented
def style_loss(
    pred_features: Mapping[str, Any],
    style_features: Mapping[str, Any],
    *,
    weights: Mapping[str, float] | None = None,
    normalization: Normalization = "gatys",
    reduction: Reduction = "mean",
) -> Array:
    """
    >>> style_loss(
    ...     {"relu1_1": np.full((1, 4, 4, 2), 3.0)}, {"relu1_1": np.ones((1, 8, 8, 2))}
    ... )
    array(16.)
    """
    pairs = layer_pairs(
        same_channels,
        weights,
        pred_features=pred_features,
        style_features=style_features,
    )
    layers = []
    for weight, pred, style in pairs:
        difference = gram_matrix(pred, normalization=normalization) - gram_matrix(
            style, normalization=normalization
        )
        layers.append(weight * (difference**2).sum(axis=(1, 2)))
    return reduce(np.sum(layers, axis=0), reduction)


@documented
def statistics_loss(
    pred_features: Mapping[str, Any],
    style_features: Mapping[str, Any],
    *,
    weights: Mapping[str, float] | None = None,
    eps: float = 1e-5,
    reduction: Reduction = "mean",
) -> Array:
    """
    >>> statistics_loss(
    ...     {"relu1_1": np.full((1, 4, 4, 2), 3.0)}, {"relu1_1": np.ones((1, 8, 8, 2))}
    ... )
    array(8.)
    """
    pairs = layer_pairs(
        same_channels,
        weights,
        pred_features=pred_features,
        style_features=style_features,
    )
    layers = []
    for weight, pred, style in pairs:
        mean, std = channel_statistics(pred, eps=eps)
        style_mean, style_std = channel_statistics(style, eps=eps)
        squares = (mean - style_mean) ** 2 + (std - style_std) ** 2
        layers.append(weight * squares.sum(axis=1))
    return reduce(np.sum(layers, axis=0), reduction)


@documented
def content_style_loss(
    pred_features: Mapping[str, Any],
    content_features: Mapping[str, Any],
    style_features: Mapping[str, Any],
    *,
    alpha: float = 1.0,
    beta: float = 1e3,
    content_weights: Mapping[str, float] | None = None,
    style_weights: Mapping[str, float] | None = None,
    normalization: Normalization = "gatys",
    reduction: Reduction = "mean",
) -> Array:
    """
    >>> pred = {name: np.full((1, 4, 4, 2), 3.0) for name in ("relu1_1", "relu4_2")}
    >>> content_style_loss(
    ...     pred,
    ...     {"relu4_2": np.ones((1, 4, 4, 2))},
    ...     {"relu1_1": np.ones((1, 8, 8, 2))},
    ...     beta=10.0,
    ... )
    array(224.)
    """
    content = content_loss(
        pred_features, content_features, weights=content_weights, reduction="none"
    )
    style = style_loss(
        pred_features,
        style_features,
        weights=style_weights,
        normalization=normalization,
        reduction="none",
    )
    content, style = same_shape(content=content, style=style)
    return reduce(alpha * content + beta * style, reduction)


@documented
def total_variation_loss(
    images: Any, *, kind: Kind = "anisotropic", reduction: Reduction = "mean"
) -> Array:
    """
    >>> image = np.array([[0.0, 0.0], [0.0, 1.0]]).reshape(1, 2, 2, 1)
    >>> total_variation_loss(image)
    array(2.)
    """
    (images,) = image_arrays(images=images)
    down = np.diff(images, axis=1, append=images[:, -1:])
    right = np.diff(images, axis=2, append=images[:, :, -1:])
    if kind == "anisotropic":
        variation = np.abs(down) + np.abs(right)
    elif kind == "isotropic":
        variation = np.sqrt(down**2 + right**2)
    elif kind == "squared":
        variation = down**2 + right**2
    else:
        raise ValueError(
            f'kind must be "anisotropic", "isotropic" or "squared", got {kind!r}'
        )
    return reduce(variation.sum(axis=(1, 2, 3)), reduction)
