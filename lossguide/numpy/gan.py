"""Adversarial losses: what critic, discriminator and generator minimize, and cycle consistency."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lossguide._arguments import not_negative, positive
from lossguide.catalog import documented
from lossguide.numpy._arguments import (
    Array,
    Reduction,
    floats,
    reduce,
    same_shape,
)
from lossguide.numpy._slope import differences

__all__ = [
    "clip_weights",
    "cycle_consistency_loss",
    "cyclegan_generator_loss",
    "gradient_penalty_loss",
    "hinge_discriminator_loss",
    "hinge_generator_loss",
    "identity_loss",
    "input_gradient",
    "interpolate_pairs",
    "least_squares_discriminator_loss",
    "least_squares_generator_loss",
    "minimax_discriminator_loss",
    "minimax_generator_loss",
    "non_saturating_generator_loss",
    "r1_loss",
    "wasserstein_critic_loss",
    "wasserstein_generator_loss",
]


def _log_sigmoid(logits: Array) -> Array:
    return -np.logaddexp(0, -logits)


def _batches(**arrays: Any) -> tuple[Array, ...]:
    """Return the arrays in float64 after checking that they have a first axis of equal length."""
    checked = floats(**arrays)
    for name, array in zip(arrays, checked, strict=True):
        if array.ndim == 0:
            raise ValueError(f"{name} must have shape (N, ...), got ()")
    if len({len(array) for array in checked}) > 1:
        shapes = ", ".join(
            f"{name} {array.shape}" for name, array in zip(arrays, checked, strict=True)
        )
        raise ValueError(f"batches must be of equal size, got {shapes}")
    return checked


def _image_axes(images: Array) -> tuple[int, ...]:
    """All axes but the first."""
    return tuple(range(1, images.ndim))


def _image_sum(values: Array) -> Array:
    return np.asarray(values.sum(axis=_image_axes(values)))


def _image_mean(values: Array) -> Array:
    return np.asarray(values.mean(axis=_image_axes(values)))


@documented
def minimax_discriminator_loss(
    real_logits: Any, fake_logits: Any, *, reduction: Reduction = "mean"
) -> Array:
    """
    >>> print(f"{minimax_discriminator_loss([0.0], [0.0]):.4f}")
    1.3863
    """
    real, fake = same_shape(real_logits=real_logits, fake_logits=fake_logits)
    return reduce(-_log_sigmoid(real) - _log_sigmoid(-fake), reduction)


@documented
def minimax_generator_loss(fake_logits: Any, *, reduction: Reduction = "mean") -> Array:
    """
    >>> print(f"{minimax_generator_loss([0.0]):.4f}")
    -0.6931
    """
    (fake,) = floats(fake_logits=fake_logits)
    return reduce(_log_sigmoid(-fake), reduction)


@documented
def non_saturating_generator_loss(
    fake_logits: Any, *, reduction: Reduction = "mean"
) -> Array:
    """
    >>> print(f"{non_saturating_generator_loss([0.0]):.4f}")
    0.6931
    """
    (fake,) = floats(fake_logits=fake_logits)
    return reduce(-_log_sigmoid(fake), reduction)


@documented
def least_squares_discriminator_loss(
    real_scores: Any,
    fake_scores: Any,
    *,
    a: float = 0.0,
    b: float = 1.0,
    reduction: Reduction = "mean",
) -> Array:
    """
    >>> least_squares_discriminator_loss([1.0, 0.0], [0.0, 2.0])
    array(1.25)
    """
    real, fake = same_shape(real_scores=real_scores, fake_scores=fake_scores)
    return reduce(0.5 * (real - b) ** 2 + 0.5 * (fake - a) ** 2, reduction)


@documented
def least_squares_generator_loss(
    fake_scores: Any, *, c: float = 1.0, reduction: Reduction = "mean"
) -> Array:
    """
    >>> least_squares_generator_loss([0.0, 1.0])
    array(0.25)
    """
    (fake,) = floats(fake_scores=fake_scores)
    return reduce(0.5 * (fake - c) ** 2, reduction)


@documented
def wasserstein_critic_loss(
    real_scores: Any, fake_scores: Any, *, reduction: Reduction = "mean"
) -> Array:
    """
    >>> wasserstein_critic_loss([3.0, 5.0], [1.0, 2.0])
    array(-2.5)
    """
    real, fake = same_shape(real_scores=real_scores, fake_scores=fake_scores)
    return reduce(fake - real, reduction)


@documented
def wasserstein_generator_loss(
    fake_scores: Any, *, reduction: Reduction = "mean"
) -> Array:
    """
    >>> wasserstein_generator_loss([1.0, 2.0])
    array(-1.5)
    """
    (fake,) = floats(fake_scores=fake_scores)
    return reduce(-fake, reduction)


@documented
def hinge_discriminator_loss(
    real_scores: Any, fake_scores: Any, *, reduction: Reduction = "mean"
) -> Array:
    """
    >>> hinge_discriminator_loss([2.0, 0.5], [-2.0, 0.0])
    array(0.75)
    """
    real, fake = same_shape(real_scores=real_scores, fake_scores=fake_scores)
    return reduce(np.maximum(0, 1 - real) + np.maximum(0, 1 + fake), reduction)


@documented
def hinge_generator_loss(fake_scores: Any, *, reduction: Reduction = "mean") -> Array:
    """
    >>> hinge_generator_loss([1.0, 2.0])
    array(-1.5)
    """
    (fake,) = floats(fake_scores=fake_scores)
    return reduce(-fake, reduction)


@documented
def clip_weights(weights: Any, *, limit: float = 0.01) -> Array:
    """
    >>> critic = {"weight": np.array([0.3, -0.005]), "bias": np.array([-0.02])}
    >>> {name: clip_weights(weights).tolist() for name, weights in critic.items()}
    {'weight': [0.01, -0.005], 'bias': [-0.01]}
    """
    positive(limit=limit)
    (weights,) = floats(weights=weights)
    return np.asarray(np.clip(weights, -limit, limit))


@documented
def interpolate_pairs(real: Any, fake: Any, weight: Any) -> Array:
    """
    >>> interpolate_pairs([[4.0, 0.0], [1.0, 1.0]], [[0.0, 4.0], [2.0, 2.0]], [0.25, 1.0])
    array([[1., 3.],
           [1., 1.]])
    """
    real, fake = same_shape(real=real, fake=fake)
    real, fake, weight = _batches(real=real, fake=fake, weight=weight)
    if weight.ndim != 1:
        raise ValueError(f"weight must have shape (N,), got {weight.shape}")
    weight = np.expand_dims(weight, _image_axes(real))
    return np.asarray(weight * real + (1 - weight) * fake)


@documented
def input_gradient(critic: Callable[[Array], Any], images: Any) -> Array:
    """
    >>> images = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> input_gradient(lambda x: (x**2).sum(axis=1), images).round(4)
    array([[2., 4.],
           [6., 8.]])
    """
    (images,) = floats(images=images)
    left, right = differences(lambda shifted: float(np.sum(critic(shifted))), images)
    return (left + right) / 2


@documented
def gradient_penalty_loss(
    gradient: Any, *, center: float = 1.0, reduction: Reduction = "mean"
) -> Array:
    """
    >>> real, fake, weight = np.ones((2, 2)), np.zeros((2, 2)), np.array([0.2, 0.7])
    >>> points = interpolate_pairs(real, fake, weight)
    >>> slope = np.array([3.0, 4.0])
    >>> gradient = input_gradient(lambda x: x @ slope, points)
    >>> print(f"{gradient_penalty_loss(gradient):.4f}")
    16.0000
    """
    not_negative(center=center)
    (gradient,) = _batches(gradient=gradient)
    norm = np.sqrt(_image_sum(gradient**2))
    return reduce((norm - center) ** 2, reduction)


@documented
def r1_loss(gradient: Any, *, reduction: Reduction = "mean") -> Array:
    """
    >>> slope = np.array([3.0, 4.0])
    >>> gradient = input_gradient(lambda x: x @ slope, np.ones((2, 2)))
    >>> print(f"{r1_loss(gradient):.4f}")
    12.5000
    """
    (gradient,) = _batches(gradient=gradient)
    return reduce(0.5 * _image_sum(gradient**2), reduction)


@documented
def cycle_consistency_loss(
    real: Any, reconstructed: Any, *, reduction: Reduction = "mean"
) -> Array:
    """
    >>> cycle_consistency_loss([[0.5, 1.0]], [[0.0, 1.0]])
    array(0.25)
    """
    same_shape(real=real, reconstructed=reconstructed)
    real, reconstructed = _batches(real=real, reconstructed=reconstructed)
    return reduce(_image_mean(np.abs(reconstructed - real)), reduction)


@documented
def identity_loss(
    real: Any, translated: Any, *, reduction: Reduction = "mean"
) -> Array:
    """
    >>> identity_loss([[0.5, 1.0]], [[0.0, 1.0]])
    array(0.25)
    """
    same_shape(real=real, translated=translated)
    real, translated = _batches(real=real, translated=translated)
    return reduce(_image_mean(np.abs(translated - real)), reduction)


@documented
def cyclegan_generator_loss(
    fake_scores: Any,
    real: Any,
    reconstructed: Any,
    translated: Any,
    *,
    cycle_weight: float = 10.0,
    identity_weight: float = 5.0,
    reduction: Reduction = "mean",
) -> Array:
    """
    >>> real, reconstructed, translated = [[0.5, 1.0]], [[0.25, 1.0]], [[0.5, 0.0]]
    >>> cyclegan_generator_loss([[0.0, 1.0]], real, reconstructed, translated)
    array(4.25)
    """
    not_negative(cycle_weight=cycle_weight, identity_weight=identity_weight)
    scores, real, reconstructed, translated = _batches(
        fake_scores=fake_scores,
        real=real,
        reconstructed=reconstructed,
        translated=translated,
    )
    adversarial = _image_mean((scores - 1) ** 2)
    cycle = cycle_consistency_loss(real, reconstructed, reduction="none")
    identity = identity_loss(real, translated, reduction="none")
    return reduce(
        adversarial + cycle_weight * cycle + identity_weight * identity, reduction
    )
