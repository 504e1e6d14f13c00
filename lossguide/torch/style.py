"""Losses on what an image is painted like: Gram matrices, channel statistics, total variation."""

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from lossguide._arguments import numbers, positive
from lossguide.torch._arguments import (
    Reduction,
    full_precision,
    image_tensors,
    layer_pairs,
    reduce,
    root,
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


def _divisor(features: Tensor, normalization: Normalization) -> int:
    """What the Gram matrices of features are divided by."""
    _, c, h, w = features.shape
    divisors = {"gatys": 2 * c * h * w, "johnson": c * h * w, "none": 1}
    if normalization not in divisors:
        raise ValueError(
            f'normalization must be "gatys", "johnson" or "none", got {normalization!r}'
        )
    return divisors[normalization]


def gram_matrix(features: Tensor, *, normalization: Normalization = "gatys") -> Tensor:
    r"""Which features occur together, wherever in the image.

    .. math::

        \begin{gathered}
        G_{ij} = \frac{1}{d} \sum_k F_{ik} F_{jk} \\
        d_\text{gatys} = 2CHW \\
        d_\text{johnson} = CHW \\
        d_\text{none} = 1
        \end{gathered}

    F is the feature map with its places in a row, (C, H W). The divisors make one rule
    of the papers' losses: the sum of squared differences of two matrices. Gatys et al.
    call G what is "none" here and divide the loss by 4 C^2 (H W)^2, which is the square
    of 2 C H W.

    Args:
        features: feature maps, ``(N, C, H, W)`` in PyTorch, ``(N, H, W, C)`` in
            TensorFlow and NumPy.
        normalization: what the Gram matrices are divided by: "gatys", "johnson" or
            "none". Default: "gatys" (Gatys et al. 2016, eq. 4).

    Returns:
        The Gram matrices, ``(N, C, C)``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or normalization is not
            one of the three.

    References:
        - Gatys et al., Texture Synthesis Using Convolutional Neural Networks, NeurIPS
          2015.
        - Johnson et al., Perceptual Losses for Real-Time Style Transfer and
          Super-Resolution, ECCV 2016.

    Example:
        >>> features = torch.tensor([[1.0, 3.0], [2.0, 4.0]]).reshape(1, 2, 1, 2)
        >>> gram_matrix(features, normalization="none")
        tensor([[[10., 14.],
                 [14., 20.]]])
    """
    (features,) = image_tensors(features=features)
    divisor = _divisor(features, normalization)
    maps = features.flatten(2)
    with full_precision(features.device):
        return maps @ maps.mT / divisor


def channel_statistics(features: Tensor, *, eps: float = 1e-5) -> tuple[Tensor, Tensor]:
    r"""Mean and standard deviation of each channel of each feature map.

    .. math::

        \begin{gathered}
        \mu_c = \frac{1}{HW} \sum_k F_{ck} \\
        \sigma_c = \sqrt{\frac{1}{HW} \sum_k (F_{ck} - \mu_c)^2 + \varepsilon}
        \end{gathered}

    Args:
        features: feature maps, ``(N, C, H, W)`` in PyTorch, ``(N, H, W, C)`` in
            TensorFlow and NumPy.
        eps: added to the variance, under the root, so that flat maps have a slope.
            Default: 1e-05 (as in PyTorch).

    Returns:
        The means and the standard deviations, each ``(N, C)``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or eps is not above 0.

    References:
        Huang and Belongie, Arbitrary Style Transfer in Real-Time, ICCV 2017.

    Example:
        >>> channel_statistics(torch.tensor([1.0, 5.0]).reshape(1, 1, 2, 1))
        (tensor([[3.]]), tensor([[2.0000]]))
    """
    positive(eps=eps)
    (features,) = image_tensors(features=features)
    mean = features.mean((2, 3))
    variance = (features - mean[..., None, None]).square().mean((2, 3))
    return mean, (variance + eps).sqrt()


def adain(content: Tensor, style: Tensor, *, eps: float = 1e-5) -> Tensor:
    r"""Adaptive instance normalization: content features with the statistics of style
    features.

    .. math::

        \sigma(s)\, \frac{c - \mu(c)}{\sigma(c)} + \mu(s)

    Args:
        content: feature maps, ``(N, C, H, W)`` in PyTorch, ``(N, H, W, C)`` in
            TensorFlow and NumPy.
        style: feature maps with the same N and C, of any height and width.
        eps: added to the variance, under the root, so that flat maps have a slope.
            Default: 1e-05 (as in PyTorch).

    Returns:
        Feature maps of the shape of ``content``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or eps is not above 0.

    References:
        Huang and Belongie, Arbitrary Style Transfer in Real-Time, ICCV 2017.

    Example:
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


def content_loss(
    pred_features: Mapping[str, Tensor],
    content_features: Mapping[str, Tensor],
    *,
    weights: Mapping[str, float] | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""Half the squared error between feature maps, summed.

    .. math::

        \ell = \frac12 \sum_l w_l \sum_{ik} \left(F^l_{ik} - P^l_{ik}\right)^2

    A sum over channels and places: ``feature_reconstruction_loss`` is the mean, without
    the half.

    Args:
        pred_features: the image's feature maps, a mapping from layer names to ``(N, C,
            H, W)`` in PyTorch, ``(N, H, W, C)`` in TensorFlow and NumPy. It may hold
            more layers than are compared.
        content_features: the content image's feature maps; each layer's of the shape of
            the image's.
        weights: the layers to compare, a mapping from their names to factors; ``None``
            takes every layer of ``content_features`` with factor 1. Default: None
            (every layer counts alike).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each image if ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or a layer is missing, or
            none is left.

    References:
        Gatys et al., Image Style Transfer Using Convolutional Neural Networks, CVPR
        2016.

    Example:
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


def style_loss(
    pred_features: Mapping[str, Tensor],
    style_features: Mapping[str, Tensor],
    *,
    weights: Mapping[str, float] | None = None,
    normalization: Normalization = "gatys",
    reduction: Reduction = "mean",
) -> Tensor:
    r"""Texture loss: the squared difference between the Gram matrices of two images.

    .. math::

        \ell = \sum_l w_l \sum_{ij} \left(G^l_{ij} - A^l_{ij}\right)^2

    With "gatys" it is the papers' sum of E over layers, whose 1/(4 C^2 (H W)^2) is in
    the Gram matrices; with "johnson" four times as much. Only ``weights`` of 1/L make
    it the mean over L layers. Moving the features about in the image does not change
    it.

    Args:
        pred_features: the image's feature maps, a mapping from layer names to ``(N, C,
            H, W)`` in PyTorch, ``(N, H, W, C)`` in TensorFlow and NumPy. It may hold
            more layers than are compared.
        style_features: the style image's feature maps; each layer's with the N and C of
            the image's, of any height and width.
        weights: the layers to compare, a mapping from their names to factors; ``None``
            takes every layer of ``style_features`` with factor 1. Default: None (every
            layer counts alike).
        normalization: what the Gram matrices are divided by: "gatys", "johnson" or
            "none". Default: "gatys" (Gatys et al. 2016, eq. 4).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each image if ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or a layer is missing, or
            none is left.

    References:
        - Gatys et al., Texture Synthesis Using Convolutional Neural Networks, NeurIPS
          2015.
        - Gatys et al., Image Style Transfer Using Convolutional Neural Networks, CVPR
          2016.
        - Johnson et al., Perceptual Losses for Real-Time Style Transfer and
          Super-Resolution, ECCV 2016.

    Example:
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


def statistics_loss(
    pred_features: Mapping[str, Tensor],
    style_features: Mapping[str, Tensor],
    *,
    weights: Mapping[str, float] | None = None,
    eps: float = 1e-5,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""The squared difference between the channel statistics of two images.

    .. math::

        \ell = \sum_l w_l \left( \left\lVert \mu^l(\hat y) - \mu^l(s) \right\rVert_2^2 +
        \left\lVert \sigma^l(\hat y) - \sigma^l(s) \right\rVert_2^2 \right)

    Cheaper than Gram matrices: 2 C numbers a layer, not C^2. The paper prints the norms
    without their squares; its authors' code squares them, as is done here.

    Args:
        pred_features: the image's feature maps, a mapping from layer names to ``(N, C,
            H, W)`` in PyTorch, ``(N, H, W, C)`` in TensorFlow and NumPy. It may hold
            more layers than are compared.
        style_features: the style image's feature maps; each layer's with the N and C of
            the image's, of any height and width.
        weights: the layers to compare, a mapping from their names to factors; ``None``
            takes every layer of ``style_features`` with factor 1. Default: None (every
            layer counts alike).
        eps: added to the variance, under the root, so that flat maps have a slope.
            Default: 1e-05 (as in PyTorch).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each image if ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or a layer is missing, or
            none is left, or eps is not above 0.

    References:
        Huang and Belongie, Arbitrary Style Transfer in Real-Time, ICCV 2017.

    Example:
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
    r"""The weighted sum that style transfer minimizes: one image's content, another's
    style.

    .. math::

        \ell = \alpha\, \ell_\text{content} + \beta\, \ell_\text{style}

    Add ``total_variation_loss`` of the image, with a factor of its own, for smoothness.

    Args:
        pred_features: the image's feature maps, a mapping from layer names to ``(N, C,
            H, W)`` in PyTorch, ``(N, H, W, C)`` in TensorFlow and NumPy. It may hold
            more layers than are compared.
        content_features: the content image's feature maps; each layer's of the shape of
            the image's.
        style_features: the style image's feature maps; each layer's with the N and C of
            the image's, of any height and width.
        alpha: factor of ``content_loss``. Default: 1.0 (the content is the unit).
        beta: factor of ``style_loss``. Default: 1000.0 (Gatys et al. 2016, section 3).
        content_weights: the layers to compare, a mapping from their names to factors;
            ``None`` takes every layer of ``content_features`` with factor 1. Default:
            None (every layer counts alike).
        style_weights: the layers to compare, a mapping from their names to factors;
            ``None`` takes every layer of ``style_features`` with factor 1. Default:
            None (every layer counts alike).
        normalization: what the Gram matrices are divided by: "gatys", "johnson" or
            "none". Default: "gatys" (Gatys et al. 2016, eq. 4).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each image if ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or a layer is missing, or
            none is left.

    References:
        Gatys et al., Image Style Transfer Using Convolutional Neural Networks, CVPR
        2016.

    Example:
        >>> pred = {name: torch.full((1, 2, 4, 4), 3.0) for name in ("relu1_1", "relu4_2")}
        >>> content_style_loss(
        ...     pred,
        ...     {"relu4_2": torch.ones(1, 2, 4, 4)},
        ...     {"relu1_1": torch.ones(1, 2, 8, 8)},
        ...     beta=10.0,
        ... )
        tensor(224.)
    """
    numbers(alpha=alpha, beta=beta)
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


def total_variation_loss(
    images: Tensor, *, kind: Kind = "anisotropic", reduction: Reduction = "mean"
) -> Tensor:
    r"""How much an image changes from pixel to pixel.

    .. math::

        \begin{gathered}
        \ell = \sum_p |d_p| + |r_p| \ \text{(anisotropic)} \\
        \sum_p \sqrt{d_p^2 + r_p^2} \ \text{(isotropic)} \\
        \sum_p d_p^2 + r_p^2 \ \text{(squared)}
        \end{gathered}

    d is the step to the pixel below, r to the one on the right; both are 0 at the
    border. It is a sum over pixels and channels: divide its factor by C H W to use it
    for another size. The isotropic form has gradient 0 where the image is flat. The
    squared form is no total variation: it smooths edges too.

    Args:
        images: ``(N, C, H, W)`` in PyTorch, ``(N, H, W, C)`` in TensorFlow and NumPy.
        kind: "anisotropic", "isotropic" or "squared". Default: "anisotropic" (as in
            TensorFlow).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each image if ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or kind is not one of the
            three.

    References:
        - Rudin et al., Nonlinear Total Variation Based Noise Removal Algorithms, 1992.
        - Mahendran and Vedaldi, Understanding Deep Image Representations by Inverting
          Them, CVPR 2015.

    Example:
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
        variation = root(squares)
    elif kind == "squared":
        variation = squares
    else:
        raise ValueError(
            f'kind must be "anisotropic", "isotropic" or "squared", got {kind!r}'
        )
    return reduce(variation.sum((1, 2, 3)), reduction)
