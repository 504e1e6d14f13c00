"""Adversarial losses: what critic, discriminator and generator minimize, and cycle consistency."""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, relu

from lossguide._arguments import fraction, not_negative, numbers, positive
from lossguide.torch._arguments import (
    Reduction,
    floats,
    reduce,
    root,
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
    "r2_loss",
    "relativistic_discriminator_loss",
    "relativistic_generator_loss",
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


def minimax_discriminator_loss(
    real_logits: Tensor,
    fake_logits: Tensor,
    *,
    label_smoothing: float = 0.0,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""The discriminator's cross-entropy: real images are to be called real, generated ones
    fake.

    .. math::

        \begin{gathered}
        \ell = -\log D(x) - \log\left(1 - D(G(z))\right) \\
        D = \sigma(\text{logit})
        \end{gathered}

    The mean over pairs is the mean over the real scores plus the mean over the fake
    ones. It is the same whether the generator plays the minimax or the non-saturating
    game. With ``label_smoothing`` s, :math:`-(1 - s) \log D(x) - s \log(1 - D(x))`
    takes the place of the first term; fake images keep their label of 0, so that the
    discriminator is not told to call poor ones a little real (Salimans). TF-GAN's 0.25
    moves the label half as far, to 0.875: here that is 0.125.

    Args:
        real_logits: the discriminator's logits of real images, of any shape.
        fake_logits: its logits of as many generated images, of the same shape.
        label_smoothing: s: what is taken off the label 1 of real images; from 0 to 1.
            Default: 0.0 (Goodfellow et al. 2014, eq. 1, without smoothing).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each pair of a real and a fake score if
            ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or label_smoothing is not
            from 0 to 1.

    References:
        - Goodfellow et al., Generative Adversarial Nets, NeurIPS 2014, eq. 1 and
          section 3.
        - Salimans et al., Improved Techniques for Training GANs, NeurIPS 2016, section
          3.4.

    Example:
        >>> print(f"{minimax_discriminator_loss(torch.tensor([0.0]), torch.tensor([0.0])):.4f}")
        1.3863
    """
    fraction(label_smoothing=label_smoothing)
    real, fake = same_shape(real_logits=real_logits, fake_logits=fake_logits)
    of_real, of_fake = -logsigmoid(real), -logsigmoid(-fake)
    if label_smoothing > 0:
        of_real = (1 - label_smoothing) * of_real - label_smoothing * logsigmoid(-real)
    return reduce(of_real + of_fake, reduction)


def minimax_generator_loss(
    fake_logits: Tensor, *, reduction: Reduction = "mean"
) -> Tensor:
    r"""What the generator minimizes in the minimax game: the log-probability of being
    called fake.

    .. math::

        \begin{gathered}
        \ell = \log\left(1 - D(G(z))\right) \\
        D = \sigma(\text{logit})
        \end{gathered}

    It saturates: where the discriminator is sure of a fake, the gradient is about 0.
    Training commonly uses ``non_saturating_generator_loss``.

    Args:
        fake_logits: the discriminator's logits of generated images, of any shape.
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each element if ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Goodfellow et al., Generative Adversarial Nets, NeurIPS 2014, eq. 1 and section
        3.

    Example:
        >>> print(f"{minimax_generator_loss(torch.tensor([0.0])):.4f}")
        -0.6931
    """
    (fake,) = floats(fake_logits=fake_logits)
    return reduce(logsigmoid(-fake), reduction)


def non_saturating_generator_loss(
    fake_logits: Tensor, *, reduction: Reduction = "mean"
) -> Tensor:
    r"""Minus the log-probability that generated images are called real.

    .. math::

        \begin{gathered}
        \ell = -\log D(G(z)) \\
        D = \sigma(\text{logit})
        \end{gathered}

    Its gradient is largest where the discriminator is sure of a fake.

    Args:
        fake_logits: the discriminator's logits of generated images, of any shape.
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each element if ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Goodfellow et al., Generative Adversarial Nets, NeurIPS 2014, eq. 1 and section
        3.

    Example:
        >>> print(f"{non_saturating_generator_loss(torch.tensor([0.0])):.4f}")
        0.6931
    """
    (fake,) = floats(fake_logits=fake_logits)
    return reduce(-logsigmoid(fake), reduction)


def least_squares_discriminator_loss(
    real_scores: Tensor,
    fake_scores: Tensor,
    *,
    a: float = 0.0,
    b: float = 1.0,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""Half the squared distance of real scores from one label and of fake scores from
    another.

    .. math::

        \ell = \tfrac12 \left(D(x) - b\right)^2 + \tfrac12 \left(D(G(z)) - a\right)^2

    The mean over pairs is the mean over the real scores plus the mean over the fake
    ones. D is the bare score, without a sigmoid. With ``b - c = 1`` and ``b - a = 2``,
    such as a = -1, b = 1, c = 0, the game minimizes a Pearson chi-square divergence; a
    = 0, b = c = 1 is the common choice.

    Args:
        real_scores: scores of real images, any real numbers, of any shape.
        fake_scores: scores of as many generated images, of the same shape.
        a: the label of generated images. Default: 0.0 (Mao et al. 2017, eq. 9).
        b: the label of real images. Default: 1.0 (Mao et al. 2017, eq. 9).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each pair of a real and a fake score if
            ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Mao et al., Least Squares Generative Adversarial Networks, ICCV 2017, eq. 2.

    Example:
        >>> least_squares_discriminator_loss(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 2.0]))
        tensor(1.2500)
    """
    numbers(a=a, b=b)
    real, fake = same_shape(real_scores=real_scores, fake_scores=fake_scores)
    return reduce(0.5 * (real - b).square() + 0.5 * (fake - a).square(), reduction)


def least_squares_generator_loss(
    fake_scores: Tensor, *, c: float = 1.0, reduction: Reduction = "mean"
) -> Tensor:
    r"""Half the squared distance of fake scores from the label that the generator wants.

    .. math::

        \ell = \tfrac12 \left(D(G(z)) - c\right)^2

    Its gradient grows with the distance from c, on both sides: also a fake that is
    called too real is pulled back.

    Args:
        fake_scores: scores of generated images, any real numbers, of any shape.
        c: the label that the discriminator is to give generated images. Default: 1.0
            (Mao et al. 2017, eq. 9).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each element if ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Mao et al., Least Squares Generative Adversarial Networks, ICCV 2017, eq. 2.

    Example:
        >>> least_squares_generator_loss(torch.tensor([0.0, 1.0]))
        tensor(0.2500)
    """
    numbers(c=c)
    (fake,) = floats(fake_scores=fake_scores)
    return reduce(0.5 * (fake - c).square(), reduction)


def wasserstein_critic_loss(
    real_scores: Tensor, fake_scores: Tensor, *, reduction: Reduction = "mean"
) -> Tensor:
    r"""Scores of generated images less those of real ones.

    .. math::

        \ell = D(G(z)) - D(x)

    The mean over pairs is the mean over the real scores plus the mean over the fake
    ones. If the critic's slope is nowhere above 1, minus the loss of the best such
    critic is the Wasserstein-1 distance: bound the slope with ``clip_weights`` or
    ``gradient_penalty_loss``.

    Args:
        real_scores: scores of real images, any real numbers, of any shape.
        fake_scores: scores of as many generated images, of the same shape.
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each pair of a real and a fake score if
            ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Arjovsky et al., Wasserstein Generative Adversarial Networks, ICML 2017,
        algorithm 1.

    Example:
        >>> wasserstein_critic_loss(torch.tensor([3.0, 5.0]), torch.tensor([1.0, 2.0]))
        tensor(-2.5000)
    """
    real, fake = same_shape(real_scores=real_scores, fake_scores=fake_scores)
    return reduce(fake - real, reduction)


def wasserstein_generator_loss(
    fake_scores: Tensor, *, reduction: Reduction = "mean"
) -> Tensor:
    r"""Minus the critic's scores of generated images.

    .. math::

        \ell = -D(G(z))

    Args:
        fake_scores: scores of generated images, any real numbers, of any shape.
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each element if ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Arjovsky et al., Wasserstein Generative Adversarial Networks, ICML 2017,
        algorithm 1.

    Example:
        >>> wasserstein_generator_loss(torch.tensor([1.0, 2.0]))
        tensor(-1.5000)
    """
    (fake,) = floats(fake_scores=fake_scores)
    return reduce(-fake, reduction)


def hinge_discriminator_loss(
    real_scores: Tensor, fake_scores: Tensor, *, reduction: Reduction = "mean"
) -> Tensor:
    r"""How far real scores are below 1 and fake scores above -1.

    .. math::

        \ell = \max\left(0, 1 - D(x)\right) + \max\left(0, 1 + D(G(z))\right)

    The mean over pairs is the mean over the real scores plus the mean over the fake
    ones. Scores beyond the margin have no gradient.

    Args:
        real_scores: scores of real images, any real numbers, of any shape.
        fake_scores: scores of as many generated images, of the same shape.
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each pair of a real and a fake score if
            ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        - Lim and Ye, Geometric GAN, 2017.
        - Miyato et al., Spectral Normalization for Generative Adversarial Networks,
          ICLR 2018, eq. 16 and 17.

    Example:
        >>> hinge_discriminator_loss(torch.tensor([2.0, 0.5]), torch.tensor([-2.0, 0.0]))
        tensor(0.7500)
    """
    real, fake = same_shape(real_scores=real_scores, fake_scores=fake_scores)
    return reduce(relu(1 - real) + relu(1 + fake), reduction)


def hinge_generator_loss(
    fake_scores: Tensor, *, reduction: Reduction = "mean"
) -> Tensor:
    r"""Minus the scores of generated images: the generator's side has no margin.

    .. math::

        \ell = -D(G(z))

    It equals ``wasserstein_generator_loss``; the hinge is the discriminator's alone.

    Args:
        fake_scores: scores of generated images, any real numbers, of any shape.
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each element if ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        - Lim and Ye, Geometric GAN, 2017.
        - Miyato et al., Spectral Normalization for Generative Adversarial Networks,
          ICLR 2018, eq. 16 and 17.

    Example:
        >>> hinge_generator_loss(torch.tensor([1.0, 2.0]))
        tensor(-1.5000)
    """
    (fake,) = floats(fake_scores=fake_scores)
    return reduce(-fake, reduction)


def relativistic_discriminator_loss(
    real_logits: Tensor, fake_logits: Tensor, *, reduction: Reduction = "mean"
) -> Tensor:
    r"""Minus the log-probability that a real image is more real than the generated one
    beside it.

    .. math::

        \ell = -\log \sigma\left(D(x) - D(G(z))\right)

    Each real image is paired with one generated image, in the order of the batch: RSGAN
    of the first paper, RpGAN of the second. The relativistic average GAN is another
    loss, which compares each image with the mean logit of the other kind. D is the bare
    logit. The gradient for a real image vanishes where it is far ahead of its partner,
    whatever its own logit is.

    Args:
        real_logits: the discriminator's logits of real images, of any shape.
        fake_logits: its logits of as many generated images, of the same shape.
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each pair of a real and a fake score if
            ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        - Jolicoeur-Martineau, The Relativistic Discriminator, ICLR 2019.
        - Huang et al., The GAN is dead; long live the GAN! A Modern GAN Baseline,
          NeurIPS 2024.

    Example:
        >>> relativistic_discriminator_loss(torch.tensor([2.0]), torch.tensor([2.0]))
        tensor(0.6931)
    """
    real, fake = same_shape(real_logits=real_logits, fake_logits=fake_logits)
    return reduce(-logsigmoid(real - fake), reduction)


def relativistic_generator_loss(
    real_logits: Tensor, fake_logits: Tensor, *, reduction: Reduction = "mean"
) -> Tensor:
    r"""Minus the log-probability that a generated image is more real than the real one
    beside it.

    .. math::

        \ell = -\log \sigma\left(D(G(z)) - D(x)\right)

    Each real image is paired with one generated image, in the order of the batch: RSGAN
    of the first paper, RpGAN of the second. The relativistic average GAN is another
    loss, which compares each image with the mean logit of the other kind. It is
    ``relativistic_discriminator_loss`` with the roles exchanged, so that the generator
    needs real images too.

    Args:
        real_logits: the discriminator's logits of real images, of any shape.
        fake_logits: its logits of as many generated images, of the same shape.
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each pair of a real and a fake score if
            ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        - Jolicoeur-Martineau, The Relativistic Discriminator, ICLR 2019.
        - Huang et al., The GAN is dead; long live the GAN! A Modern GAN Baseline,
          NeurIPS 2024.

    Example:
        >>> relativistic_generator_loss(torch.tensor([2.0]), torch.tensor([2.0]))
        tensor(0.6931)
    """
    real, fake = same_shape(real_logits=real_logits, fake_logits=fake_logits)
    return reduce(-logsigmoid(fake - real), reduction)


def clip_weights(weights: Tensor, *, limit: float = 0.01) -> Tensor:
    r"""Weights cut to an interval around 0, which bounds the slope of a Wasserstein critic.

    .. math::

        w \leftarrow \min(\max(w, -c), c)

    Apply it to each weight of the critic after each of its steps, outside the gradient.

    Args:
        weights: weights of a layer, of any shape.
        limit: the c of the formula; above 0. Default: 0.01 (Arjovsky et al. 2017,
            algorithm 1).

    Returns:
        The clipped weights, of the same shape; the argument stays as it is.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or limit is not above 0.

    References:
        Arjovsky et al., Wasserstein Generative Adversarial Networks, ICML 2017,
        algorithm 1.

    Example:
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


def interpolate_pairs(real: Tensor, fake: Tensor, weight: Tensor) -> Tensor:
    r"""A point on the line from each generated image to a real one, where the gradient is
    penalized.

    .. math::

        \hat x = \varepsilon x + (1 - \varepsilon)\, G(z)

    The paper draws the weights uniformly from [0, 1].

    Args:
        real: real images, ``(N, ...)``.
        fake: generated images, of the same shape.
        weight: the epsilon of the formula, one number an image, ``(N,)``: 1 gives the
            real image.

    Returns:
        Points of the same shape as the images.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Gulrajani et al., Improved Training of Wasserstein GANs, NeurIPS 2017, eq. 3.

    Example:
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


def input_gradient(critic: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    r"""The slope of each image's score: how fast it changes with each pixel.

    .. math::

        g_n = \nabla_{x_n} D(x_n)

    What is differentiated is the sum of all scores. That gives each image the slope of
    its own score only if no image's score depends on another image: critics with a
    gradient penalty leave out batch normalization. A loss of the result trains the
    critic's weights; the images count as constants. PyTorch and TensorFlow
    differentiate; NumPy takes central differences. ``torch.compile`` leaves the
    function and the critic in it as they are, for what it compiles cannot be
    differentiated twice; a critic must not be compiled by itself.

    Args:
        critic: a function that takes the images and returns their scores, of any shape.
        images: where to take the slope, ``(N, ...)``. The critic gets them in their own
            precision.

    Returns:
        The gradient, of the shape of the images.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        - Gulrajani et al., Improved Training of Wasserstein GANs, NeurIPS 2017, eq. 3.
        - Mescheder et al., Which Training Methods for GANs do actually Converge?, ICML
          2018, eq. 9.

    Example:
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


def gradient_penalty_loss(
    gradient: Tensor, *, center: float = 1.0, reduction: Reduction = "mean"
) -> Tensor:
    r"""Squared distance of the slope of a critic's score from 1.

    .. math::

        \ell = \left(\lVert g_n \rVert_2 - c\right)^2

    The norm is over all axes but the first. Where the slope is exactly 0 the norm has
    no gradient; it is taken as 0. The paper takes the slope at ``interpolate_pairs``
    and adds 10 times the penalty to ``wasserstein_critic_loss``.

    Args:
        gradient: the slope of each image's score, ``(N, ...)`` as the images: what
            ``input_gradient`` returns.
        center: the c of the formula, the slope to aim at; at least 0. Default: 1.0
            (Gulrajani et al. 2017, eq. 3).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each image if ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or center is below 0.

    References:
        Gulrajani et al., Improved Training of Wasserstein GANs, NeurIPS 2017, eq. 3.

    Example:
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
    norm = root(_rows(gradient).square().sum(dim=1))
    return reduce((norm - center).square(), reduction)


def r1_loss(gradient: Tensor, *, reduction: Reduction = "mean") -> Tensor:
    r"""Half the squared slope of the discriminator's score at real images.

    .. math::

        \ell = \tfrac12 \lVert g_n \rVert_2^2

    The paper adds gamma = 10 times it to the discriminator's loss. ``r2_loss`` is the
    same at generated images.

    Args:
        gradient: the slope of each image's score, ``(N, ...)`` as the images: what
            ``input_gradient`` returns.
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each image if ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Mescheder et al., Which Training Methods for GANs do actually Converge?, ICML
        2018, eq. 9.

    Example:
        >>> slope = torch.tensor([3.0, 4.0], requires_grad=True)
        >>> gradient = input_gradient(lambda x: x @ slope, torch.ones(2, 2))
        >>> print(f"{r1_loss(gradient):.4f}")
        12.5000
    """
    (gradient,) = _batches(gradient=gradient)
    return reduce(0.5 * _rows(gradient).square().sum(dim=1), reduction)


def r2_loss(gradient: Tensor, *, reduction: Reduction = "mean") -> Tensor:
    r"""Half the squared slope of the discriminator's score at generated images.

    .. math::

        \ell = \tfrac12 \lVert g_n \rVert_2^2

    The formula is that of ``r1_loss``; what differs is where ``input_gradient`` takes
    the slope. R3GAN adds the two, each times one gamma, to
    ``relativistic_discriminator_loss``.

    Args:
        gradient: the slope of each generated image's score, ``(N, ...)``: what
            ``input_gradient`` returns there.
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each image if ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        - Mescheder et al., Which Training Methods for GANs do actually Converge?, ICML
          2018, eq. 9.
        - Huang et al., The GAN is dead; long live the GAN! A Modern GAN Baseline,
          NeurIPS 2024.

    Example:
        >>> r2_loss(torch.tensor([[3.0, 4.0], [0.0, 1.0]]))
        tensor(6.5000)
    """
    return r1_loss(gradient, reduction=reduction)


def cycle_consistency_loss(
    real: Tensor, reconstructed: Tensor, *, reduction: Reduction = "mean"
) -> Tensor:
    r"""Mean absolute difference of images from what comes back after both translations.

    .. math::

        \ell = |F(G(x)) - x|

    G translates from A to B, F from B to A; images of B are compared with G(F(y)). The
    paper writes the sum over an image's pixels; its code takes the mean, as is done
    here.

    Args:
        real: images of one domain, ``(N, ...)``.
        reconstructed: the same images, there and back, of the same shape.
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each image if ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Zhu et al., Unpaired Image-to-Image Translation Using Cycle-Consistent
        Adversarial Networks, ICCV 2017.

    Example:
        >>> cycle_consistency_loss(torch.tensor([[0.5, 1.0]]), torch.tensor([[0.0, 1.0]]))
        tensor(0.2500)
    """
    same_shape(real=real, reconstructed=reconstructed)
    real, reconstructed = _batches(real=real, reconstructed=reconstructed)
    return reduce(_rows((reconstructed - real).abs()).mean(dim=1), reduction)


def identity_loss(
    real: Tensor, translated: Tensor, *, reduction: Reduction = "mean"
) -> Tensor:
    r"""Mean absolute difference of images from their translation into the domain they are
    of already.

    .. math::

        \ell = |G(y) - y|

    G translates from A to B: y is of B, and G is asked to leave it as it is. The paper
    uses it to keep colors when paintings become photographs.

    Args:
        real: images of the domain that the generator translates into, ``(N, ...)``.
        translated: what the generator makes of them, of the same shape.
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each image if ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        - Taigman et al., Unsupervised Cross-Domain Image Generation, ICLR 2017.
        - Zhu et al., Unpaired Image-to-Image Translation Using Cycle-Consistent
          Adversarial Networks, ICCV 2017.

    Example:
        >>> identity_loss(torch.tensor([[0.5, 1.0]]), torch.tensor([[0.0, 1.0]]))
        tensor(0.2500)
    """
    same_shape(real=real, translated=translated)
    real, translated = _batches(real=real, translated=translated)
    return reduce(_rows((translated - real).abs()).mean(dim=1), reduction)


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
    r"""What CycleGAN's generators minimize for one domain: adversarial, cycle and identity
    terms.

    .. math::

        \ell = \left(D(F(y)) - 1\right)^2 + \lambda\, |F(G(x)) - x| +
        \lambda_\text{id}\, |F(x) - x|

    x is of domain A, y of B, G translates from A to B, F from B to A, and D judges
    images of A. The three terms are means over an image; the last two are
    ``cycle_consistency_loss`` and ``identity_loss``. The whole loss is that of A plus
    that of B. The adversarial term has no 1/2, as in the paper; the discriminators
    minimize ``least_squares_discriminator_loss``.

    Args:
        fake_scores: the discriminator's scores of images translated into the domain,
            ``(N, ...)``.
        real: images of the domain, ``(N, ...)``.
        reconstructed: the same images after both translations, of the same shape.
        translated: the same images after the translation into their own domain, of the
            same shape.
        cycle_weight: the lambda of the formula; at least 0. Default: 10.0 (Zhu et al.
            2017, section 4).
        identity_weight: the lambda_id of the formula, half of lambda in the paper; at
            least 0. Default: 5.0 (Zhu et al. 2017, appendix 7.1).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each image if ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or a weight is below 0.

    References:
        Zhu et al., Unpaired Image-to-Image Translation Using Cycle-Consistent
        Adversarial Networks, ICCV 2017.

    Example:
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
