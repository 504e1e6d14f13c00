"""Losses on what an image is painted like: Gram matrices, channel statistics, total variation."""

from collections.abc import Mapping
from typing import Any, Literal

import tensorflow as tf

from lossguide._arguments import positive
from lossguide.catalog import documented
from lossguide.tensorflow._arguments import (
    Reduction,
    image_tensors,
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
def gram_matrix(features: Any, *, normalization: Normalization = "gatys") -> tf.Tensor:
    """
    >>> features = [[[[1.0, 2.0], [3.0, 4.0]]]]
    >>> print(gram_matrix(features, normalization="none").numpy())
    [[[10. 14.]
      [14. 20.]]]
    """
    (features,) = image_tensors(features=features)
    size = tf.cast(tf.reduce_prod(tf.shape(features)[1:]), features.dtype)
    divisors = {"gatys": 2 * size, "johnson": size, "none": 1}
    if normalization not in divisors:
        raise ValueError(
            f'normalization must be "gatys", "johnson" or "none", got {normalization!r}'
        )
    gram = tf.einsum("nhwi,nhwj->nij", features, features)
    return gram / divisors[normalization]


@documented
def channel_statistics(
    features: Any, *, eps: float = 1e-5
) -> tuple[tf.Tensor, tf.Tensor]:
    """
    >>> mean, std = channel_statistics([[[[1.0]], [[5.0]]]])
    >>> print(mean.numpy(), std.numpy().round(3))
    [[3.]] [[2.]]
    """
    positive(eps=eps)
    (features,) = image_tensors(features=features)
    mean, variance = tf.nn.moments(features, (1, 2))
    return mean, tf.sqrt(variance + eps)


@documented
def adain(content: Any, style: Any, *, eps: float = 1e-5) -> tf.Tensor:
    """
    >>> content = tf.reshape([1.0, 5.0], (1, 2, 1, 1))
    >>> style = tf.reshape([10.0, 20.0, 20.0, 10.0], (1, 4, 1, 1))
    >>> print(adain(content, style).numpy().ravel().round(3))
    [10. 20.]
    """
    content, style = same_channels(content=content, style=style)
    mean, std = channel_statistics(content, eps=eps)
    new_mean, new_std = channel_statistics(style, eps=eps)
    mean, std, new_mean, new_std = (
        statistic[:, None, None] for statistic in (mean, std, new_mean, new_std)
    )
    return (content - mean) / std * new_std + new_mean


@documented
def content_loss(
    pred_features: Mapping[str, Any],
    content_features: Mapping[str, Any],
    *,
    weights: Mapping[str, float] | None = None,
    reduction: Reduction = "mean",
) -> tf.Tensor:
    """
    >>> loss = content_loss(
    ...     {"relu4_2": tf.fill((1, 4, 4, 2), 3.0)}, {"relu4_2": tf.ones((1, 4, 4, 2))}
    ... )
    >>> print(f"{loss:.1f}")
    64.0
    """
    pairs = layer_pairs(
        same_images,
        weights,
        pred_features=pred_features,
        content_features=content_features,
    )
    layers = [
        weight * tf.reduce_sum(tf.square(pred - content), (1, 2, 3)) / 2
        for weight, pred, content in pairs
    ]
    return reduce(tf.add_n(layers), reduction)


@documented
def style_loss(
    pred_features: Mapping[str, Any],
    style_features: Mapping[str, Any],
    *,
    weights: Mapping[str, float] | None = None,
    normalization: Normalization = "gatys",
    reduction: Reduction = "mean",
) -> tf.Tensor:
    """
    >>> loss = style_loss(
    ...     {"relu1_1": tf.fill((1, 4, 4, 2), 3.0)}, {"relu1_1": tf.ones((1, 8, 8, 2))}
    ... )
    >>> print(f"{loss:.1f}")
    16.0
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
        layers.append(weight * tf.reduce_sum(tf.square(difference), (1, 2)))
    return reduce(tf.add_n(layers), reduction)


@documented
def statistics_loss(
    pred_features: Mapping[str, Any],
    style_features: Mapping[str, Any],
    *,
    weights: Mapping[str, float] | None = None,
    eps: float = 1e-5,
    reduction: Reduction = "mean",
) -> tf.Tensor:
    """
    >>> loss = statistics_loss(
    ...     {"relu1_1": tf.fill((1, 4, 4, 2), 3.0)}, {"relu1_1": tf.ones((1, 8, 8, 2))}
    ... )
    >>> print(f"{loss:.1f}")
    8.0
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
        squares = tf.square(mean - style_mean) + tf.square(std - style_std)
        layers.append(weight * tf.reduce_sum(squares, 1))
    return reduce(tf.add_n(layers), reduction)


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
) -> tf.Tensor:
    """
    >>> pred = {name: tf.fill((1, 4, 4, 2), 3.0) for name in ("relu1_1", "relu4_2")}
    >>> loss = content_style_loss(
    ...     pred,
    ...     {"relu4_2": tf.ones((1, 4, 4, 2))},
    ...     {"relu1_1": tf.ones((1, 8, 8, 2))},
    ...     beta=10.0,
    ... )
    >>> print(f"{loss:.1f}")
    224.0
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
) -> tf.Tensor:
    """
    >>> image = tf.reshape([0.0, 0.0, 0.0, 1.0], (1, 2, 2, 1))
    >>> print(f"{total_variation_loss(image):.1f}")
    2.0
    """
    (images,) = image_tensors(images=images)
    below = tf.concat([images[:, 1:], images[:, -1:]], 1)
    beside = tf.concat([images[:, :, 1:], images[:, :, -1:]], 2)
    down, right = below - images, beside - images
    squares = tf.square(down) + tf.square(right)
    if kind == "anisotropic":
        variation = tf.abs(down) + tf.abs(right)
    elif kind == "isotropic":
        flat = squares == 0
        zero, one = tf.zeros_like(squares), tf.ones_like(squares)
        variation = tf.where(flat, zero, tf.sqrt(tf.where(flat, one, squares)))
    elif kind == "squared":
        variation = squares
    else:
        raise ValueError(
            f'kind must be "anisotropic", "isotropic" or "squared", got {kind!r}'
        )
    return reduce(tf.reduce_sum(variation, (1, 2, 3)), reduction)
