"""Adversarial losses: what critic, discriminator and generator minimize, and cycle consistency."""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, relu

from lossguide._arguments import not_negative, positive
from lossguide.catalog import documented
from lossguide.torch._arguments import (
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


def _batches(**tensors: Tensor) -> tuple[Tensor, ...]:
    """Return the tensors in one dtype after checking that they have a first axis of equal length."""
    checked = floats(**tensors)
    for name, tensor in tensors.items():
        if tensor.ndim == 0:
            raise ValueError(f"{name} must have shape (N, ...), got ()")
    if any(len(tensor) != len(checked[0]) for tensor in checked):
        shapes = ", ".join(
            f"{name} {tuple(tensor.shape)}" for name, tensor in tensors.items()
        )
        raise ValueError(f"batches must be of equal size, got {shapes}")
    return checked


def _rows(images: Tensor) -> Tensor:
    """All numbers of an image in a row."""
    return images.reshape(len(images), math.prod(images.shape[1:]))


@documented
def minimax_discriminator_loss(
    real_logits: Tensor, fake_logits: Tensor, *, reduction: Reduction = "mean"
) -> Tensor:
    """
    >>> print(f"{minimax_discriminator_loss(torch.tensor([0.0]), torch.tensor([0.0])):.4f}")
    1.3863
    """
    real, fake = same_shape(real_logits=real_logits, fake_logits=fake_logits)
    return reduce(-logsigmoid(real) - logsigmoid(-fake), reduction)


@documented
def minimax_generator_loss(
    fake_logits: Tensor, *, reduction: Reduction = "mean"
) -> Tensor:
    """
    >>> print(f"{minimax_generator_loss(torch.tensor([0.0])):.4f}")
    -0.6931
    """
    (fake,) = floats(fake_logits=fake_logits)
    return reduce(logsigmoid(-fake), reduction)


@documented
def non_saturating_generator_loss(
    fake_logits: Tensor, *, reduction: Reduction = "mean"
) -> Tensor:
    """
    >>> print(f"{non_saturating_generator_loss(torch.tensor([0.0])):.4f}")
    0.6931
    """
    (fake,) = floats(fake_logits=fake_logits)
    return reduce(-logsigmoid(fake), reduction)


@documented
def least_squares_discriminator_loss(
    real_scores: Tensor,
    fake_scores: Tensor,
    *,
    a: float = 0.0,
    b: float = 1.0,
    reduction: Reduction = "mean",
) -> Tensor:
    """
    >>> least_squares_discriminator_loss(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 2.0]))
    tensor(1.2500)
    """
    real, fake = same_shape(real_scores=real_scores, fake_scores=fake_scores)
    return reduce(0.5 * (real - b).square() + 0.5 * (fake - a).square(), reduction)


@documented
def least_squares_generator_loss(
    fake_scores: Tensor, *, c: float = 1.0, reduction: Reduction = "mean"
) -> Tensor:
    """
    >>> least_squares_generator_loss(torch.tensor([0.0, 1.0]))
    tensor(0.2500)
    """
    (fake,) = floats(fake_scores=fake_scores)
    return reduce(0.5 * (fake - c).square(), reduction)


@documented
def wasserstein_critic_loss(
    real_scores: Tensor, fake_scores: Tensor, *, reduction: Reduction = "mean"
) -> Tensor:
    """
    >>> wasserstein_critic_loss(torch.tensor([3.0, 5.0]), torch.tensor([1.0, 2.0]))
    tensor(-2.5000)
    """
    real, fake = same_shape(real_scores=real_scores, fake_scores=fake_scores)
    return reduce(fake - real, reduction)


@documented
def wasserstein_generator_loss(
    fake_scores: Tensor, *, reduction: Reduction = "mean"
) -> Tensor:
    """
    >>> wasserstein_generator_loss(torch.tensor([1.0, 2.0]))
    tensor(-1.5000)
    """
    (fake,) = floats(fake_scores=fake_scores)
    return reduce(-fake, reduction)


@documented
def hinge_discriminator_loss(
    real_scores: Tensor, fake_scores: Tensor, *, reduction: Reduction = "mean"
) -> Tensor:
    """
    >>> hinge_discriminator_loss(torch.tensor([2.0, 0.5]), torch.tensor([-2.0, 0.0]))
    tensor(0.7500)
    """
    real, fake = same_shape(real_scores=real_scores, fake_scores=fake_scores)
    return reduce(relu(1 - real) + relu(1 + fake), reduction)


@documented
def hinge_generator_loss(
    fake_scores: Tensor, *, reduction: Reduction = "mean"
) -> Tensor:
    """
    >>> hinge_generator_loss(torch.tensor([1.0, 2.0]))
    tensor(-1.5000)
    """
    (fake,) = floats(fake_scores=fake_scores)
    return reduce(-fake, reduction)


@documented
def clip_weights(weights: Tensor, *, limit: float = 0.01) -> Tensor:
    """
    >>> critic = torch.nn.Linear(100, 1)
    >>> with torch.no_grad():
    ...     for weights in critic.parameters():
    ...         _ = weights.copy_(clip_weights(weights))
    >>> print(f"{critic.weight.abs().max():.2f}")
    0.01
    """
    positive(limit=limit)
    (weights,) = floats(weights=weights)
    return weights.clamp(-limit, limit)


@documented
def interpolate_pairs(real: Tensor, fake: Tensor, weight: Tensor) -> Tensor:
    """
    >>> real = torch.tensor([[4.0, 0.0], [1.0, 1.0]])
    >>> fake = torch.tensor([[0.0, 4.0], [2.0, 2.0]])
    >>> interpolate_pairs(real, fake, torch.tensor([0.25, 1.0]))
    tensor([[1., 3.],
            [1., 1.]])
    """
    real, fake = same_shape(real=real, fake=fake)
    real, fake, weight = _batches(real=real, fake=fake, weight=weight)
    if weight.ndim != 1:
        raise ValueError(f"weight must have shape (N,), got {tuple(weight.shape)}")
    weight = weight.reshape(-1, *[1] * (real.ndim - 1))
    return weight * real + (1 - weight) * fake


def _slope(critic: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    with torch.enable_grad():
        images = images.detach().requires_grad_()
        (slope,) = torch.autograd.grad(
            critic(images).sum(), images, create_graph=True, materialize_grads=True
        )
    return slope


@documented
def input_gradient(critic: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    """
    >>> images = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> input_gradient(lambda x: x.square().sum(dim=1), images).detach()
    tensor([[2., 4.],
            [6., 8.]])
    """
    floats(images=images)
    # What `torch.compile` has compiled cannot be differentiated twice.
    eager = torch.compiler.disable(_slope)  # type: ignore[no-untyped-call]
    slope: Tensor = eager(critic, images)
    return slope


@documented
def gradient_penalty_loss(
    gradient: Tensor, *, center: float = 1.0, reduction: Reduction = "mean"
) -> Tensor:
    """
    >>> real, fake, weight = torch.ones(2, 2), torch.zeros(2, 2), torch.rand(2)
    >>> points = interpolate_pairs(real, fake, weight)
    >>> slope = torch.tensor([3.0, 4.0], requires_grad=True)
    >>> gradient = input_gradient(lambda x: x @ slope, points)
    >>> penalty = gradient_penalty_loss(gradient)
    >>> penalty.backward()
    >>> print(f"{penalty:.4f}", slope.grad)
    16.0000 tensor([4.8000, 6.4000])
    """
    not_negative(center=center)
    (gradient,) = _batches(gradient=gradient)
    norm = torch.linalg.vector_norm(_rows(gradient), dim=1)
    return reduce((norm - center).square(), reduction)


@documented
def r1_loss(gradient: Tensor, *, reduction: Reduction = "mean") -> Tensor:
    """
    >>> slope = torch.tensor([3.0, 4.0], requires_grad=True)
    >>> gradient = input_gradient(lambda x: x @ slope, torch.ones(2, 2))
    >>> print(f"{r1_loss(gradient):.4f}")
    12.5000
    """
    (gradient,) = _batches(gradient=gradient)
    return reduce(0.5 * _rows(gradient).square().sum(dim=1), reduction)


@documented
def cycle_consistency_loss(
    real: Tensor, reconstructed: Tensor, *, reduction: Reduction = "mean"
) -> Tensor:
    """
    >>> cycle_consistency_loss(torch.tensor([[0.5, 1.0]]), torch.tensor([[0.0, 1.0]]))
    tensor(0.2500)
    """
    same_shape(real=real, reconstructed=reconstructed)
    real, reconstructed = _batches(real=real, reconstructed=reconstructed)
    return reduce(_rows((reconstructed - real).abs()).mean(dim=1), reduction)


@documented
def identity_loss(
    real: Tensor, translated: Tensor, *, reduction: Reduction = "mean"
) -> Tensor:
    """
    >>> identity_loss(torch.tensor([[0.5, 1.0]]), torch.tensor([[0.0, 1.0]]))
    tensor(0.2500)
    """
    same_shape(real=real, translated=translated)
    real, translated = _batches(real=real, translated=translated)
    return reduce(_rows((translated - real).abs()).mean(dim=1), reduction)


@documented
def cyclegan_generator_loss(
    fake_scores: Tensor,
    real: Tensor,
    reconstructed: Tensor,
    translated: Tensor,
    *,
    cycle_weight: float = 10.0,
    identity_weight: float = 5.0,
    reduction: Reduction = "mean",
) -> Tensor:
    """
    >>> real = torch.tensor([[0.5, 1.0]])
    >>> reconstructed, translated = torch.tensor([[[0.25, 1.0]], [[0.5, 0.0]]])
    >>> scores = torch.tensor([[0.0, 1.0]])
    >>> cyclegan_generator_loss(scores, real, reconstructed, translated)
    tensor(4.2500)
    """
    not_negative(cycle_weight=cycle_weight, identity_weight=identity_weight)
    scores, real, reconstructed, translated = _batches(
        fake_scores=fake_scores,
        real=real,
        reconstructed=reconstructed,
        translated=translated,
    )
    adversarial = _rows((scores - 1).square()).mean(dim=1)
    cycle = cycle_consistency_loss(real, reconstructed, reduction="none")
    identity = identity_loss(real, translated, reduction="none")
    return reduce(
        adversarial + cycle_weight * cycle + identity_weight * identity, reduction
    )
