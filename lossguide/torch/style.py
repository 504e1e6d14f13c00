"""Losses on what an image is painted like: Gram matrices, channel statistics, total variation."""

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from lossguide._arguments import positive
from lossguide.catalog import documented
from lossguide.torch._arguments import (
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
def gram_matrix(features: Tensor, *, normalization: Normalization = "gatys") -> Tensor:
    """
    >>> features = torch.tensor([[1.0, 3.0], [2.0, 4.0]]).reshape(1, 2, 1, 2)
    >>> gram_matrix(features, normalization="none")
    tensor([[[10., 14.],
             [14., 20.]]])
    """
    (features,) = image_tensors(features=features)
    _, c, h, w = features.shape
    divisors = {"gatys": 2 * c * h * w, "johnson": c * h * w, "none": 1}
    if normalization not in divisors:
        raise ValueError(
            f'normalization must be "gatys", "johnson" or "none", got {normalization!r}'
        )
    maps = features.flatten(2)
    with torch.autocast(features.device.type, enabled=False):
        return maps @ maps.mT / divisors[normalization]


@documented
def channel_statistics(features: Tensor, *, eps: float = 1e-5) -> tuple[Tensor, Tensor]:
    """
    >>> channel_statistics(torch.tensor([1.0, 5.0]).reshape(1, 1, 2, 1))
    (tensor([[3.]]), tensor([[2.0000]]))
    """
    positive(eps=eps)
    (features,) = image_tensors(features=features)
    mean = features.mean((2, 3))
    variance = (features - mean[..., None, None]).square().mean((2, 3))
    return mean, (variance + eps).sqrt()


@documented
def adain(content: Tensor, style: Tensor, *, eps: float = 1e-5) -> Tensor:
    """
    >>> content = torch.tensor([1.0, 5.0]).reshape(1, 1, 2, 1)
    >>> style = torch.tensor([10.0, 20.0, 20.0, 10.0]).reshape(1, 1, 4, 1)
    >>> adain(content, style).flatten()
    tensor([10.0000, 20.0000])
    """
    content, style = same_channels(content=content, style=style)
    mean, std = channel_statistics(content, eps=eps)
    new_mean, new_std = channel_statistics(style, eps=eps)
    mean, std, new_mean, new_std = (
        statistic[..., None, None] for statistic in (mean, std, new_mean, new_std)
    )
    return (content - mean) / std * new_std + new_mean


@documented
def content_loss(
    pred_features: Mapping[str, Tensor],
    content_features: Mapping[str, Tensor],
    *,
    weights: Mapping[str, float] | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    """
    >>> content_loss(
    ...     {"relu4_2": torch.full((1, 2, 4, 4), 3.0)}, {"relu4_2": torch.ones(1, 2, 4, 4)}
    ... )
    tensor(64.)
    """
    pairs = layer_pairs(
        same_images,
        weights,
        pred_features=pred_features,
        content_features=content_features,
    )
    layers = [
        weight * (pred - content).square().sum((1, 2, 3)) / 2
        for weight, pred, content in pairs
    ]
    return reduce(torch.stack(layers).sum(0), reduction)


@documented
def style_loss(
    pred_features: Mapping[str, Tensor],
    style_features: Mapping[str, Tensor],
    *,
    weights: Mapping[str, float] | None = None,
    normalization: Normalization = "gatys",
    reduction: Reduction = "mean",
) -> Tensor:
    """
    >>> style_loss(
    ...     {"relu1_1": torch.full((1, 2, 4, 4), 3.0)}, {"relu1_1": torch.ones(1, 2, 8, 8)}
    ... )
    tensor(16.)
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
        layers.append(weight * difference.square().sum((1, 2)))
    return reduce(torch.stack(layers).sum(0), reduction)


@documented
def statistics_loss(
    pred_features: Mapping[str, Tensor],
    style_features: Mapping[str, Tensor],
    *,
    weights: Mapping[str, float] | None = None,
    eps: float = 1e-5,
    reduction: Reduction = "mean",
) -> Tensor:
    """
    >>> statistics_loss(
    ...     {"relu1_1": torch.full((1, 2, 4, 4), 3.0)}, {"relu1_1": torch.ones(1, 2, 8, 8)}
    ... )
    tensor(8.)
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
        squares = (mean - style_mean).square() + (std - style_std).square()
        layers.append(weight * squares.sum(1))
    return reduce(torch.stack(layers).sum(0), reduction)


@documented
def content_style_loss(
    pred_features: Mapping[str, Tensor],
    content_features: Mapping[str, Tensor],
    style_features: Mapping[str, Tensor],
    *,
    alpha: float = 1.0,
    beta: float = 1e3,
    content_weights: Mapping[str, float] | None = None,
    style_weights: Mapping[str, float] | None = None,
    normalization: Normalization = "gatys",
    reduction: Reduction = "mean",
) -> Tensor:
    """
    >>> pred = {name: torch.full((1, 2, 4, 4), 3.0) for name in ("relu1_1", "relu4_2")}
    >>> content_style_loss(
    ...     pred,
    ...     {"relu4_2": torch.ones(1, 2, 4, 4)},
    ...     {"relu1_1": torch.ones(1, 2, 8, 8)},
    ...     beta=10.0,
    ... )
    tensor(224.)
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
    images: Tensor, *, kind: Kind = "anisotropic", reduction: Reduction = "mean"
) -> Tensor:
    """
    >>> image = torch.tensor([[0.0, 0.0], [0.0, 1.0]]).reshape(1, 1, 2, 2)
    >>> total_variation_loss(image)
    tensor(2.)
    """
    (images,) = image_tensors(images=images)
    down = F.pad(images.diff(dim=2), (0, 0, 0, 1))
    right = F.pad(images.diff(dim=3), (0, 1))
    squares = down.square() + right.square()
    if kind == "anisotropic":
        variation = down.abs() + right.abs()
    elif kind == "isotropic":
        flat = squares == 0
        variation = torch.where(flat, 0.0, torch.where(flat, 1.0, squares).sqrt())
    elif kind == "squared":
        variation = squares
    else:
        raise ValueError(
            f'kind must be "anisotropic", "isotropic" or "squared", got {kind!r}'
        )
    return reduce(variation.sum((1, 2, 3)), reduction)
