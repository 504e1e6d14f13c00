"""Adversarial losses: what critic, discriminator and generator minimize, and cycle consistency."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from lossguide._arguments import not_negative, positive
from lossguide.catalog import documented
from lossguide.tensorflow._arguments import (
    Reduction,
    floats,
    reduce,
    same_shape,
)

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


def _batches(**arrays: Any) -> tuple[tf.Tensor, ...]:
    """Return tensors of one dtype after checking that they have a first axis of equal length."""
    checked = floats(**arrays)
    for name, tensor in zip(arrays, checked, strict=True):
        if tensor.shape.rank == 0:
            raise ValueError(f"{name} must have shape (N, ...), got ()")
    if not all(t.shape[:1].is_compatible_with(checked[0].shape[:1]) for t in checked):
        shapes = ", ".join(
            f"{name} {tuple(tensor.shape)}"
            for name, tensor in zip(arrays, checked, strict=True)
        )
        raise ValueError(f"batches must be of equal size, got {shapes}")
    return checked


def _image_axes(images: tf.Tensor) -> tf.Tensor:
    """All axes but the first."""
    return tf.range(1, tf.rank(images))


def _image_sum(values: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(values, axis=_image_axes(values))


def _image_mean(values: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(values, axis=_image_axes(values))


@documented
def minimax_discriminator_loss(
    real_logits: Any, fake_logits: Any, *, reduction: Reduction = "mean"
) -> tf.Tensor:
    """
    >>> print(f"{minimax_discriminator_loss([0.0], [0.0]):.4f}")
    1.3863
    """
    real, fake = same_shape(real_logits=real_logits, fake_logits=fake_logits)
    return reduce(-tf.math.log_sigmoid(real) - tf.math.log_sigmoid(-fake), reduction)


@documented
def minimax_generator_loss(
    fake_logits: Any, *, reduction: Reduction = "mean"
) -> tf.Tensor:
    """
    >>> print(f"{minimax_generator_loss([0.0]):.4f}")
    -0.6931
    """
    (fake,) = floats(fake_logits=fake_logits)
    return reduce(tf.math.log_sigmoid(-fake), reduction)


@documented
def non_saturating_generator_loss(
    fake_logits: Any, *, reduction: Reduction = "mean"
) -> tf.Tensor:
    """
    >>> print(f"{non_saturating_generator_loss([0.0]):.4f}")
    0.6931
    """
    (fake,) = floats(fake_logits=fake_logits)
    return reduce(-tf.math.log_sigmoid(fake), reduction)


@documented
def least_squares_discriminator_loss(
    real_scores: Any,
    fake_scores: Any,
    *,
    a: float = 0.0,
    b: float = 1.0,
    reduction: Reduction = "mean",
) -> tf.Tensor:
    """
    >>> print(f"{least_squares_discriminator_loss([1.0, 0.0], [0.0, 2.0]):.4f}")
    1.2500
    """
    real, fake = same_shape(real_scores=real_scores, fake_scores=fake_scores)
    return reduce(0.5 * tf.square(real - b) + 0.5 * tf.square(fake - a), reduction)


@documented
def least_squares_generator_loss(
    fake_scores: Any, *, c: float = 1.0, reduction: Reduction = "mean"
) -> tf.Tensor:
    """
    >>> print(f"{least_squares_generator_loss([0.0, 1.0]):.4f}")
    0.2500
    """
    (fake,) = floats(fake_scores=fake_scores)
    return reduce(0.5 * tf.square(fake - c), reduction)


@documented
def wasserstein_critic_loss(
    real_scores: Any, fake_scores: Any, *, reduction: Reduction = "mean"
) -> tf.Tensor:
    """
    >>> print(f"{wasserstein_critic_loss([3.0, 5.0], [1.0, 2.0]):.4f}")
    -2.5000
    """
    real, fake = same_shape(real_scores=real_scores, fake_scores=fake_scores)
    return reduce(fake - real, reduction)


@documented
def wasserstein_generator_loss(
    fake_scores: Any, *, reduction: Reduction = "mean"
) -> tf.Tensor:
    """
    >>> print(f"{wasserstein_generator_loss([1.0, 2.0]):.4f}")
    -1.5000
    """
    (fake,) = floats(fake_scores=fake_scores)
    return reduce(-fake, reduction)


@documented
def hinge_discriminator_loss(
    real_scores: Any, fake_scores: Any, *, reduction: Reduction = "mean"
) -> tf.Tensor:
    """
    >>> print(f"{hinge_discriminator_loss([2.0, 0.5], [-2.0, 0.0]):.4f}")
    0.7500
    """
    real, fake = same_shape(real_scores=real_scores, fake_scores=fake_scores)
    return reduce(tf.nn.relu(1 - real) + tf.nn.relu(1 + fake), reduction)


@documented
def hinge_generator_loss(
    fake_scores: Any, *, reduction: Reduction = "mean"
) -> tf.Tensor:
    """
    >>> print(f"{hinge_generator_loss([1.0, 2.0]):.4f}")
    -1.5000
    """
    (fake,) = floats(fake_scores=fake_scores)
    return reduce(-fake, reduction)


@documented
def clip_weights(weights: Any, *, limit: float = 0.01) -> tf.Tensor:
    """
    >>> critic = tf.keras.Sequential([tf.keras.Input([100]), tf.keras.layers.Dense(1)])
    >>> for weights in critic.trainable_variables:
    ...     _ = weights.assign(clip_weights(weights))
    >>> print(f"{tf.reduce_max(tf.abs(critic.weights[0])):.2f}")
    0.01
    """
    positive(limit=limit)
    (weights,) = floats(weights=weights)
    return tf.clip_by_value(weights, -limit, limit)


@documented
def interpolate_pairs(real: Any, fake: Any, weight: Any) -> tf.Tensor:
    """
    >>> real, fake = [[4.0, 0.0], [1.0, 1.0]], [[0.0, 4.0], [2.0, 2.0]]
    >>> interpolate_pairs(real, fake, [0.25, 1.0]).numpy()
    array([[1., 3.],
           [1., 1.]], dtype=float32)
    """
    real, fake = same_shape(real=real, fake=fake)
    real, fake, weight = _batches(real=real, fake=fake, weight=weight)
    if not weight.shape.is_compatible_with([None]):
        raise ValueError(f"weight must have shape (N,), got {tuple(weight.shape)}")
    ones = tf.ones_like(tf.shape(real)[1:])
    weight = tf.reshape(weight, tf.concat([tf.shape(weight), ones], axis=0))
    return weight * real + (1 - weight) * fake


@documented
def input_gradient(critic: Callable[[tf.Tensor], tf.Tensor], images: Any) -> tf.Tensor:
    """
    >>> images = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    >>> input_gradient(lambda x: tf.reduce_sum(x**2, axis=1), images).numpy()
    array([[2., 4.],
           [6., 8.]], dtype=float32)
    """
    floats(images=images)
    images = tf.stop_gradient(images)
    with tf.GradientTape() as tape:
        tape.watch(images)
        score = tf.reduce_sum(critic(images))
    return tape.gradient(score, images, unconnected_gradients="zero")


@documented
def gradient_penalty_loss(
    gradient: Any, *, center: float = 1.0, reduction: Reduction = "mean"
) -> tf.Tensor:
    """
    >>> real, fake, weight = tf.ones([2, 2]), tf.zeros([2, 2]), tf.random.uniform([2])
    >>> points = interpolate_pairs(real, fake, weight)
    >>> slope = tf.Variable([[3.0], [4.0]])
    >>> with tf.GradientTape() as tape:
    ...     gradient = input_gradient(lambda x: x @ slope, points)
    ...     penalty = gradient_penalty_loss(gradient)
    >>> print(f"{penalty:.4f}", tape.gradient(penalty, slope).numpy().ravel())
    16.0000 [4.8 6.4]
    """
    not_negative(center=center)
    (gradient,) = _batches(gradient=gradient)
    squared = _image_sum(tf.square(gradient))
    flat = squared == 0
    norm = tf.sqrt(tf.where(flat, tf.ones_like(squared), squared))
    norm = tf.where(flat, tf.zeros_like(norm), norm)
    return reduce(tf.square(norm - center), reduction)


@documented
def r1_loss(gradient: Any, *, reduction: Reduction = "mean") -> tf.Tensor:
    """
    >>> slope = tf.constant([[3.0], [4.0]])
    >>> gradient = input_gradient(lambda x: x @ slope, tf.ones([2, 2]))
    >>> print(f"{r1_loss(gradient):.4f}")
    12.5000
    """
    (gradient,) = _batches(gradient=gradient)
    return reduce(0.5 * _image_sum(tf.square(gradient)), reduction)


@documented
def cycle_consistency_loss(
    real: Any, reconstructed: Any, *, reduction: Reduction = "mean"
) -> tf.Tensor:
    """
    >>> print(f"{cycle_consistency_loss([[0.5, 1.0]], [[0.0, 1.0]]):.4f}")
    0.2500
    """
    same_shape(real=real, reconstructed=reconstructed)
    real, reconstructed = _batches(real=real, reconstructed=reconstructed)
    return reduce(_image_mean(tf.abs(reconstructed - real)), reduction)


@documented
def identity_loss(
    real: Any, translated: Any, *, reduction: Reduction = "mean"
) -> tf.Tensor:
    """
    >>> print(f"{identity_loss([[0.5, 1.0]], [[0.0, 1.0]]):.4f}")
    0.2500
    """
    same_shape(real=real, translated=translated)
    real, translated = _batches(real=real, translated=translated)
    return reduce(_image_mean(tf.abs(translated - real)), reduction)


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
) -> tf.Tensor:
    """
    >>> real, reconstructed, translated = [[0.5, 1.0]], [[0.25, 1.0]], [[0.5, 0.0]]
    >>> print(f"{cyclegan_generator_loss([[0.0, 1.0]], real, reconstructed, translated):.4f}")
    4.2500
    """
    not_negative(cycle_weight=cycle_weight, identity_weight=identity_weight)
    scores, real, reconstructed, translated = _batches(
        fake_scores=fake_scores,
        real=real,
        reconstructed=reconstructed,
        translated=translated,
    )
    adversarial = _image_mean(tf.square(scores - 1))
    cycle = cycle_consistency_loss(real, reconstructed, reduction="none")
    identity = identity_loss(real, translated, reduction="none")
    return reduce(
        adversarial + cycle_weight * cycle + identity_weight * identity, reduction
    )
