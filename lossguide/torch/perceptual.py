"""Losses on what images look like: features, structural similarity, topology."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

from lossguide._arguments import numbers, positive
from lossguide.torch._arguments import (
    Reduction,
    full_precision,
    layer_pairs,
    reduce,
    same_images,
    same_shape,
)

__all__ = [
    "feature_reconstruction_loss",
    "ms_ssim",
    "ms_ssim_loss",
    "ssim",
    "ssim_loss",
    "topology_aware_loss",
]

# The exponents of Wang et al. 2003, from the finest scale to the coarsest.
SCALES = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def feature_reconstruction_loss(
    pred_features: Mapping[str, Tensor],
    target_features: Mapping[str, Tensor],
    *,
    weights: Mapping[str, float] | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""Perceptual loss: the mean squared error between the feature maps of two images.

    .. math::

        \ell = \sum_l \frac{w_l}{C_l H_l W_l} \left\lVert \phi_l(\hat y) - \phi_l(y)
        \right\rVert_2^2

    The features come from a frozen network, such as those of ``lossguide.features``.
    Each expects its own pixel range and channel order.

    Args:
        pred_features: the prediction's feature maps, a mapping from layer names to
            ``(N, C, H, W)`` in PyTorch, ``(N, H, W, C)`` in TensorFlow and NumPy. It
            may hold more layers than are compared.
        target_features: the target's feature maps; each layer's of the shape of the
            prediction's.
        weights: the layers to compare, a mapping from their names to factors; ``None``
            takes every layer of ``target_features`` with factor 1. Default: None (every
            layer counts alike).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each image if ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or a layer is missing, or
            none is left.

    References:
        Johnson et al., Perceptual Losses for Real-Time Style Transfer and
        Super-Resolution, ECCV 2016.

    Example:
        >>> feature_reconstruction_loss(
        ...     {"relu2_2": torch.full((1, 8, 4, 4), 3.0)}, {"relu2_2": torch.ones(1, 8, 4, 4)}
        ... )
        tensor(4.)
    """
    pairs = layer_pairs(
        same_images,
        weights,
        pred_features=pred_features,
        target_features=target_features,
    )
    layers = [
        weight * (pred - target).square().mean((1, 2, 3))
        for weight, pred, target in pairs
    ]
    return reduce(torch.stack(layers).sum(0), reduction)


def topology_aware_loss(
    logits: Tensor,
    target: Tensor,
    pred_features: Mapping[str, Tensor],
    target_features: Mapping[str, Tensor],
    *,
    mu: float = 0.1,
    weights: Mapping[str, float] | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""Cross-entropy of a delineation, and the distance of its feature maps from the true
    one's.

    .. math::

        \ell = -\frac{1}{HW} \sum_i \left[y_i \log \sigma(z_i) + (1 - y_i)\log(1 -
        \sigma(z_i))\right] + \mu \sum_l \frac{w_l}{C_l H_l W_l} \left\lVert
        \phi_l(\sigma(z)) - \phi_l(y) \right\rVert_2^2

    The second term is ``feature_reconstruction_loss`` between the images of two
    delineations: feed the network ``sigmoid(logits)`` and the target, repeated to three
    channels. It sees gaps that cost the cross-entropy a few pixels only.

    Args:
        logits: one logit a pixel, ``(N, H, W)``.
        target: 1 on the structures and 0 elsewhere, of the same shape.
        pred_features: the predicted delineation's feature maps, a mapping from layer
            names to ``(N, C, H, W)`` in PyTorch, ``(N, H, W, C)`` in TensorFlow and
            NumPy. It may hold more layers than are compared.
        target_features: the true delineation's; each layer's of the shape of the
            prediction's.
        mu: factor of the feature term; choose it so that both terms are of like size.
            Default: 0.1 (the pixels lead, the features correct).
        weights: the layers to compare, a mapping from their names to factors; ``None``
            takes every layer of ``target_features`` with factor 1. Default: None (every
            layer counts alike).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each image if ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or a layer is missing, or
            none is left.

    References:
        Mosinska et al., Beyond the Pixel-Wise Loss for Topology-Aware Delineation, CVPR
        2018.

    Example:
        >>> line = {"relu1_2": torch.full((1, 8, 4, 4), 3.0)}
        >>> gap = {"relu1_2": torch.ones(1, 8, 4, 4)}
        >>> loss = topology_aware_loss(torch.zeros(1, 4, 4), torch.ones(1, 4, 4), gap, line)
        >>> print(f"{loss:.4f}")
        1.0931
    """
    numbers(mu=mu)
    logits, target = same_shape(logits=logits, target=target)
    if logits.ndim != 3:
        raise ValueError(f"logits must have shape (N, H, W), got {tuple(logits.shape)}")
    cross_entropy = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    features = feature_reconstruction_loss(
        pred_features, target_features, weights=weights, reduction="none"
    )
    pixels, features = same_shape(pixels=cross_entropy.mean((1, 2)), features=features)
    return reduce(pixels + mu * features, reduction)


def ssim(
    pred: Tensor,
    target: Tensor,
    *,
    window_size: int = 11,
    sigma: float = 1.5,
    data_range: float = 1.0,
    k1: float = 0.01,
    k2: float = 0.03,
) -> Tensor:
    r"""Structural similarity: how alike two images are in luminance, contrast and
    structure.

    .. math::

        \begin{gathered}
        \mathrm{SSIM} = \operatorname{mean}\ \frac{(2\mu_x\mu_y + C_1)(2\sigma_{xy} +
        C_2)}{(\mu_x^2 + \mu_y^2 + C_1)(\sigma_x^2 + \sigma_y^2 + C_2)} \\
        C_i = (k_i R)^2
        \end{gathered}

    Means, variances and the covariance are weighted by a Gaussian window; the mean is
    over the places where the whole window fits and over the channels. The greater, the
    more alike.

    Args:
        pred: predicted images, ``(N, C, H, W)`` in PyTorch, ``(N, H, W, C)`` in
            TensorFlow and NumPy, from 0 to ``data_range``.
        target: the images they should be, of the same shape.
        window_size: side of the window; the image must be at least as large. Default:
            11 (Wang et al. 2004, section III-C).
        sigma: standard deviation of the Gaussian weights in the window, in pixels;
            above 0. Default: 1.5 (Wang et al. 2004, section III-C).
        data_range: largest value less smallest value that a pixel can have: 1, or 255;
            above 0. Default: 1.0 (images are in [0, 1]).
        k1: keeps the luminance term from 0/0, relative to ``data_range``; above 0.
            Default: 0.01 (Wang et al. 2004, section III-C).
        k2: keeps the contrast and structure term from 0/0, relative to ``data_range``;
            above 0. Default: 0.03 (Wang et al. 2004, section III-C).

    Returns:
        One value in [-1, 1] for each image: 1 for equal ones.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or an option is not above
            0, or an image is smaller than the window.

    References:
        Wang et al., Image Quality Assessment: From Error Visibility to Structural
        Similarity, 2004.

    Example:
        >>> image = torch.linspace(0, 1, 256).reshape(1, 1, 16, 16)
        >>> ssim(image, image), ssim(image, 1 - image)
        (tensor([1.]), tensor([-0.8262]))
    """
    pred, target = same_images(pred=pred, target=target)
    _check_size(pred, window_size)
    luminance, structure = _similarity(
        pred, target, window_size, sigma, data_range, k1, k2
    )
    return (luminance * structure).mean((1, 2, 3))


def ssim_loss(
    pred: Tensor,
    target: Tensor,
    *,
    window_size: int = 11,
    sigma: float = 1.5,
    data_range: float = 1.0,
    k1: float = 0.01,
    k2: float = 0.03,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""One minus the structural similarity.

    .. math::

        \ell = 1 - \mathrm{SSIM}(\hat y, y)

    It lies in [0, 2]: 1 for images with nothing in common, more where one is the
    other's negative.

    Args:
        pred: predicted images, ``(N, C, H, W)`` in PyTorch, ``(N, H, W, C)`` in
            TensorFlow and NumPy, from 0 to ``data_range``.
        target: the images they should be, of the same shape.
        window_size: side of the window; the image must be at least as large. Default:
            11 (Wang et al. 2004, section III-C).
        sigma: standard deviation of the Gaussian weights in the window, in pixels;
            above 0. Default: 1.5 (Wang et al. 2004, section III-C).
        data_range: largest value less smallest value that a pixel can have: 1, or 255;
            above 0. Default: 1.0 (images are in [0, 1]).
        k1: keeps the luminance term from 0/0, relative to ``data_range``; above 0.
            Default: 0.01 (Wang et al. 2004, section III-C).
        k2: keeps the contrast and structure term from 0/0, relative to ``data_range``;
            above 0. Default: 0.03 (Wang et al. 2004, section III-C).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each image if ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or an option is not above
            0, or an image is smaller than the window.

    References:
        - Wang et al., Image Quality Assessment: From Error Visibility to Structural
          Similarity, 2004.
        - Zhao et al., Loss Functions for Image Restoration with Neural Networks, 2017.

    Example:
        >>> image = torch.linspace(0, 1, 256).reshape(1, 1, 16, 16)
        >>> print(f"{ssim_loss(image, 1 - image):.4f}")
        1.8262
    """
    similarity = ssim(
        pred,
        target,
        window_size=window_size,
        sigma=sigma,
        data_range=data_range,
        k1=k1,
        k2=k2,
    )
    return reduce(1 - similarity, reduction)


def ms_ssim(
    pred: Tensor,
    target: Tensor,
    *,
    weights: tuple[float, ...] = SCALES,
    window_size: int = 11,
    sigma: float = 1.5,
    data_range: float = 1.0,
    k1: float = 0.01,
    k2: float = 0.03,
) -> Tensor:
    r"""Structural similarity at several scales, each half as fine as the one before.

    .. math::

        \text{MS-SSIM} = \left[\overline{l \cdot cs}\,\right]_M^{w_M} \prod_{j=1}^{M-1}
        \left[\,\overline{cs}\,\right]_j^{w_j}

    l is SSIM's luminance, cs its contrast and structure, the bar a mean over places.
    The images are halved by averaging 2 x 2 pixels; channels are averaged at the end.
    Where a mean is negative, as for a negative of the target, its power is not a real
    number: it counts as 0, with gradient 0.

    Args:
        pred: predicted images, ``(N, C, H, W)`` in PyTorch, ``(N, H, W, C)`` in
            TensorFlow and NumPy, from 0 to ``data_range``.
        target: the images they should be, of the same shape.
        weights: the exponent of each scale, the finest first; their number is the
            number of scales; above 0. Default: (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
            (Wang et al. 2003, section 3.2).
        window_size: side of the window. The image must be at least ``window_size``
            times 2 to the power of the number of scales less one: 176 pixels by
            default. Default: 11 (Wang et al. 2004, section III-C).
        sigma: standard deviation of the Gaussian weights in the window, in pixels;
            above 0. Default: 1.5 (Wang et al. 2004, section III-C).
        data_range: largest value less smallest value that a pixel can have: 1, or 255;
            above 0. Default: 1.0 (images are in [0, 1]).
        k1: keeps the luminance term from 0/0, relative to ``data_range``; above 0.
            Default: 0.01 (Wang et al. 2004, section III-C).
        k2: keeps the contrast and structure term from 0/0, relative to ``data_range``;
            above 0. Default: 0.03 (Wang et al. 2004, section III-C).

    Returns:
        One value in [0, 1] for each image: 1 for equal ones.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or an option is not above
            0, or the coarsest scale is smaller than the window.

    References:
        Wang et al., Multiscale Structural Similarity for Image Quality Assessment,
        2003.

    Example:
        >>> image = torch.linspace(0, 1, 1024).reshape(1, 1, 32, 32)
        >>> ms_ssim(image, image**2, weights=(0.4, 0.6))
        tensor([0.8365])
    """
    positive(**{f"weights[{scale}]": weight for scale, weight in enumerate(weights)})
    pred, target = same_images(pred=pred, target=target)
    _check_size(pred, window_size, len(weights))
    similarity = torch.ones(pred.shape[:2], dtype=pred.dtype, device=pred.device)
    for scale, weight in enumerate(weights, start=1):
        luminance, structure = _similarity(
            pred, target, window_size, sigma, data_range, k1, k2
        )
        last = scale == len(weights)
        local = luminance * structure if last else structure
        similarity = similarity * _power(local.mean((2, 3)), weight)
        if not last:
            pred, target = F.avg_pool2d(pred, 2), F.avg_pool2d(target, 2)
    return similarity.mean(1)


def ms_ssim_loss(
    pred: Tensor,
    target: Tensor,
    *,
    weights: tuple[float, ...] = SCALES,
    window_size: int = 11,
    sigma: float = 1.5,
    data_range: float = 1.0,
    k1: float = 0.01,
    k2: float = 0.03,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""One minus the structural similarity at several scales.

    .. math::

        \ell = 1 - \text{MS-SSIM}(\hat y, y)

    Where the mean of a scale is negative, the loss is 1 with gradient 0. To train from
    there, add a pixel loss: Zhao et al. add L1.

    Args:
        pred: predicted images, ``(N, C, H, W)`` in PyTorch, ``(N, H, W, C)`` in
            TensorFlow and NumPy, from 0 to ``data_range``.
        target: the images they should be, of the same shape.
        weights: the exponent of each scale, the finest first; their number is the
            number of scales; above 0. Default: (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
            (Wang et al. 2003, section 3.2).
        window_size: side of the window. The image must be at least ``window_size``
            times 2 to the power of the number of scales less one: 176 pixels by
            default. Default: 11 (Wang et al. 2004, section III-C).
        sigma: standard deviation of the Gaussian weights in the window, in pixels;
            above 0. Default: 1.5 (Wang et al. 2004, section III-C).
        data_range: largest value less smallest value that a pixel can have: 1, or 255;
            above 0. Default: 1.0 (images are in [0, 1]).
        k1: keeps the luminance term from 0/0, relative to ``data_range``; above 0.
            Default: 0.01 (Wang et al. 2004, section III-C).
        k2: keeps the contrast and structure term from 0/0, relative to ``data_range``;
            above 0. Default: 0.03 (Wang et al. 2004, section III-C).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each image if ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or an option is not above
            0, or the coarsest scale is smaller than the window.

    References:
        - Wang et al., Multiscale Structural Similarity for Image Quality Assessment,
          2003.
        - Zhao et al., Loss Functions for Image Restoration with Neural Networks, 2017.

    Example:
        >>> image = torch.linspace(0, 1, 1024).reshape(1, 1, 32, 32)
        >>> print(f"{ms_ssim_loss(image, image**2, weights=(0.4, 0.6)):.4f}")
        0.1635
    """
    similarity = ms_ssim(
        pred,
        target,
        weights=weights,
        window_size=window_size,
        sigma=sigma,
        data_range=data_range,
        k1=k1,
        k2=k2,
    )
    return reduce(1 - similarity, reduction)


def _similarity(
    pred: Tensor,
    target: Tensor,
    window_size: int,
    sigma: float,
    data_range: float,
    k1: float,
    k2: float,
) -> tuple[Tensor, Tensor]:
    """Luminance and contrast-structure at each place where the whole window fits."""
    positive(window_size=window_size, sigma=sigma, data_range=data_range, k1=k1, k2=k2)
    c1, c2 = (k1 * data_range) ** 2, (k2 * data_range) ** 2
    offsets = torch.arange(window_size, dtype=pred.dtype, device=pred.device)
    offsets = offsets - (window_size - 1) / 2
    window = torch.softmax(-offsets.square() / (2 * sigma**2), 0)

    # A shift changes no variance, and float32 keeps more digits of centred images.
    center_x = pred.mean((2, 3), keepdim=True)
    center_y = target.mean((2, 3), keepdim=True)
    x, y = pred - center_x, target - center_y
    mean_x, mean_y = _blurred(x, window), _blurred(y, window)
    variance_x = _blurred(x.square(), window) - mean_x.square()
    variance_y = _blurred(y.square(), window) - mean_y.square()
    covariance = _blurred(x * y, window) - mean_x * mean_y
    variances = (variance_x + variance_y).relu()
    structure = (2 * covariance + c2) / (variances + c2)

    mean_x, mean_y = mean_x + center_x, mean_y + center_y
    squares = mean_x.square() + mean_y.square()
    luminance = (2 * mean_x * mean_y + c1) / (squares + c1)
    return luminance, structure


def _blurred(images: Tensor, window: Tensor) -> Tensor:
    """The weighted mean at each place where the whole window fits, in height and in width.

    A product with matrices, since recent GPUs by default round a convolution to 10 bits.
    """
    height, width = images.shape[2:]
    with full_precision(images.device):
        return _bands(window, height) @ images @ _bands(window, width).mT


def _bands(window: Tensor, size: int) -> Tensor:
    """A matrix with the window in each row, one place further than in the row above."""
    zeros = size - len(window)
    return F.pad(window, (zeros, zeros)).unfold(0, size, 1).flip(0)


def _power(base: Tensor, exponent: float) -> Tensor:
    """A fractional power; 0, with gradient 0, where the base is not above 0."""
    above = ~(base <= 0)
    return torch.where(above, torch.where(above, base, 1) ** exponent, 0)


def _check_size(images: Tensor, window_size: int, scales: int = 1) -> None:
    numbers(window_size=window_size)
    height, width = images.shape[2:]
    least = window_size * 2 ** (scales - 1)
    if min(height, width) < least:
        raise ValueError(
            f"pred must be at least {least} x {least} for window_size {window_size}"
            f" and scales {scales}, got {height} x {width}"
        )
