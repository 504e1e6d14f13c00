"""Gram matrices and the style loss of them, with the gradient by hand.

Of G = F Fᵀ / d the slope in the features F, from slopes G' in G, is (G' + G'ᵀ) F / d: one product of matrices where
a derivative of either factor takes two, one of them with the long axis across. Second derivatives exist here.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

import lossguide.torch.style as readable
from lossguide.torch._arguments import (
    Reduction,
    full_precision,
    image_tensors,
    layer_pairs,
    reduce,
    same_channels,
)
from lossguide.torch.fused._pieces import apply
from lossguide.torch.style import Normalization

__all__ = ["gram_matrix", "style_loss"]


class _Gram(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(maps: Tensor, divisor: int) -> Tensor:
        with full_precision(maps.device):
            return (maps @ maps.mT).div_(divisor)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        maps, ctx.divisor = inputs
        ctx.save_for_backward(maps)

    @staticmethod
    def backward(ctx: Any, slopes: Tensor) -> tuple[Tensor, None]:
        (maps,) = ctx.saved_tensors
        with full_precision(maps.device):
            return (slopes + slopes.mT) / ctx.divisor @ maps, None


def gram_matrix(features: Tensor, *, normalization: Normalization = "gatys") -> Tensor:
    """``lossguide.torch.gram_matrix``, fused."""
    if torch.compiler.is_compiling():
        return readable.gram_matrix(features, normalization=normalization)
    (features,) = image_tensors(features=features)
    divisor = readable._divisor(features, normalization)
    gram: Tensor = apply(_Gram, features.flatten(2), divisor)
    return gram


def style_loss(
    pred_features: Mapping[str, Tensor],
    style_features: Mapping[str, Tensor],
    *,
    weights: Mapping[str, float] | None = None,
    normalization: Normalization = "gatys",
    reduction: Reduction = "mean",
) -> Tensor:
    """``lossguide.torch.style_loss``, fused."""
    pairs = layer_pairs(
        same_channels,
        weights,
        pred_features=pred_features,
        style_features=style_features,
    )
    layers = []
    for weight, *maps in pairs:
        pred, style = (gram_matrix(one, normalization=normalization) for one in maps)
        layers.append(weight * (pred - style).square().sum((1, 2)))
    return reduce(torch.stack(layers).sum(0), reduction)
