"""Losses on what images look like: features, structural similarity, topology."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from lossguide._arguments import positive
from lossguide.catalog import documented
from lossguide.numpy._arguments import (
    Array,
    Reduction,
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


@documented
def feature_reconstruction_loss(
    pred_features: Mapping[str, Any],
    target_features: Mapping[str, Any],
    *,
    weights: Mapping[str, float] | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """
    >>> feature_reconstruction_loss(
    ...     {"relu2_2": np.full((1, 4, 4, 8), 3.0)}, {"relu2_2": np.ones((1, 4, 4, 8))}
    ... )
    array(4.)
    """
    pairs = layer_pairs(
        same_images,
        weights,
        pred_features=pred_features,
        target_features=target_features,
    )
    layers = [
        weight * ((pred - target) ** 2).mean(axis=(1, 2, 3))
        for weight, pred, target in pairs
    ]
    return reduce(np.sum(layers, axis=0), reduction)


@documented
def topology_aware_loss(
    logits: Any,
    target: Any,
    pred_features: Mapping[str, Any],
    target_features: Mapping[str, Any],
    *,
    mu: float = 0.1,
    weights: Mapping[str, float] | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """
    >>> line = {"relu1_2": np.full((1, 4, 4, 8), 3.0)}
    >>> gap = {"relu1_2": np.ones((1, 4, 4, 8))}
    >>> loss = topology_aware_loss(np.zeros((1, 4, 4)), np.ones((1, 4, 4)), gap, line)
    >>> print(f"{loss:.4f}")
    1.0931
    """
    logits, target = same_shape(logits=logits, target=target)
    if logits.ndim != 3:
        raise ValueError(f"logits must have shape (N, H, W), got {logits.shape}")
    cross_entropy = np.logaddexp(0, logits) - target * logits
    features = feature_reconstruction_loss(
        pred_features, target_features, weights=weights, reduction="none"
    )
    pixels, features = same_shape(
        pixels=cross_entropy.mean(axis=(1, 2)), features=features
    )
    return reduce(pixels + mu * features, reduction)


@documented
def ssim(
    pred: Any,
    target: Any,
    *,
    window_size: int = 11,
    sigma: float = 1.5,
    data_range: float = 1.0,
    k1: float = 0.01,
    k2: float = 0.03,
) -> Array:
    """
    >>> image = np.linspace(0, 1, 256).reshape(1, 16, 16, 1)
    >>> print(ssim(image, image), ssim(image, 1 - image).round(4))
    [1.] [-0.8262]
    """
    pred, target = same_images(pred=pred, target=target)
    _check_size(pred, window_size)
    luminance, structure = _similarity(
        pred, target, window_size, sigma, data_range, k1, k2
    )
    return np.asarray((luminance * structure).mean(axis=(1, 2, 3)))


@documented
def ssim_loss(
    pred: Any,
    target: Any,
    *,
    window_size: int = 11,
    sigma: float = 1.5,
    data_range: float = 1.0,
    k1: float = 0.01,
    k2: float = 0.03,
    reduction: Reduction = "mean",
) -> Array:
    """
    >>> image = np.linspace(0, 1, 256).reshape(1, 16, 16, 1)
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


@documented
def ms_ssim(
    pred: Any,
    target: Any,
    *,
    weights: tuple[float, ...] = SCALES,
    window_size: int = 11,
    sigma: float = 1.5,
    data_range: float = 1.0,
    k1: float = 0.01,
    k2: float = 0.03,
) -> Array:
    """
    >>> image = np.linspace(0, 1, 1024).reshape(1, 32, 32, 1)
    >>> print(ms_ssim(image, image**2, weights=(0.4, 0.6)).round(4))
    [0.8365]
    """
    positive(**{f"weights[{scale}]": weight for scale, weight in enumerate(weights)})
    pred, target = same_images(pred=pred, target=target)
    _check_size(pred, window_size, len(weights))
    similarity = np.ones((len(pred), pred.shape[-1]))
    for scale, weight in enumerate(weights, start=1):
        luminance, structure = _similarity(
            pred, target, window_size, sigma, data_range, k1, k2
        )
        last = scale == len(weights)
        local = luminance * structure if last else structure
        similarity = similarity * np.maximum(local.mean(axis=(1, 2)), 0) ** weight
        if not last:
            pred, target = _halved(pred), _halved(target)
    return np.asarray(similarity.mean(axis=1))


@documented
def ms_ssim_loss(
    pred: Any,
    target: Any,
    *,
    weights: tuple[float, ...] = SCALES,
    window_size: int = 11,
    sigma: float = 1.5,
    data_range: float = 1.0,
    k1: float = 0.01,
    k2: float = 0.03,
    reduction: Reduction = "mean",
) -> Array:
    """
    >>> image = np.linspace(0, 1, 1024).reshape(1, 32, 32, 1)
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
    pred: Array,
    target: Array,
    window_size: int,
    sigma: float,
    data_range: float,
    k1: float,
    k2: float,
) -> tuple[Array, Array]:
    """Luminance and contrast-structure at each place where the whole window fits."""
    positive(window_size=window_size, sigma=sigma, data_range=data_range, k1=k1, k2=k2)
    c1, c2 = (k1 * data_range) ** 2, (k2 * data_range) ** 2
    offsets = np.arange(window_size) - (window_size - 1) / 2
    window = np.exp(-(offsets**2) / (2 * sigma**2))
    window /= window.sum()

    mean_x, mean_y = _blurred(pred, window), _blurred(target, window)
    variance_x = _blurred(pred**2, window) - mean_x**2
    variance_y = _blurred(target**2, window) - mean_y**2
    covariance = _blurred(pred * target, window) - mean_x * mean_y
    variances = np.maximum(variance_x + variance_y, 0)
    luminance = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    structure = (2 * covariance + c2) / (variances + c2)
    return luminance, structure


def _blurred(images: Array, window: Array) -> Array:
    """The weighted mean at each place where the whole window fits, in height and in width."""
    blurred = sliding_window_view(images, len(window), axis=1) @ window
    return np.asarray(sliding_window_view(blurred, len(window), axis=2) @ window)


def _halved(images: Array) -> Array:
    """Means of 2 x 2 pixels; an odd last row or column is left out."""
    n, h, w, c = images.shape
    even = images[:, : h // 2 * 2, : w // 2 * 2]
    squares = even.reshape(n, h // 2, 2, w // 2, 2, c)
    return np.asarray(squares.mean(axis=(2, 4)))


def _check_size(images: Array, window_size: int, scales: int = 1) -> None:
    height, width = images.shape[1:3]
    least = window_size * 2 ** (scales - 1)
    if min(height, width) < least:
        raise ValueError(
            f"pred must be at least {least} x {least} for window_size {window_size}"
            f" and scales {scales}, got {height} x {width}"
        )
