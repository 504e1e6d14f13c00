"""Losses of class scores: is the right class ahead, and by how much?

Where classes exclude each other, their axis is axis 1: ``(N, K)``, images ``(N, K, H, W)``. One example
alone is ``(K,)``.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from lossguide._arguments import fraction, not_negative, numbers, several_classes
from lossguide.torch._arguments import (
    Reduction,
    booleans,
    floats,
    integers,
    leading,
    reduce,
    same_shape,
)

__all__ = [
    "asymmetric_loss",
    "binary_cross_entropy_loss",
    "class_balanced_weights",
    "crammer_singer_loss",
    "cross_entropy_loss",
    "generalized_cross_entropy_loss",
    "hinge_loss",
    "sigmoid_focal_loss",
    "soft_cross_entropy_loss",
    "softmax_focal_loss",
    "squared_hinge_loss",
    "weston_watkins_loss",
]

# A probability below this counts as this where a power could have an infinite slope or curvature at 0.
TINY = 1e-18
# A logit whose class has probability 0, though its logarithm is finite.
IMPOSSIBLE = -1e30


def _class_axis(scores: Tensor) -> int:
    return min(1, scores.ndim - 1)


def _classes(target: Tensor, **scores: Tensor) -> tuple[Tensor, Tensor]:
    """Return the scores and the class indices, in int64, after checking that they belong together."""
    ((name, tensor),) = zip(scores, floats(**scores), strict=True)
    (target,) = integers(target=target)
    axis = _class_axis(tensor)
    if (
        tensor.ndim == 0
        or target.shape != tensor.shape[:axis] + tensor.shape[axis + 1 :]
    ):
        raise ValueError(
            f"target must have the shape of {name} without the class axis, "
            f"got {tuple(target.shape)} for {tuple(tensor.shape)}"
        )
    several_classes(**{name: tensor.shape[axis]})
    return tensor, target


def _per_class(scores: Tensor, **weights: Tensor | None) -> tuple[Tensor, Tensor]:
    """Return the scores and one weight a class, 1 where none are given, in one dtype."""
    ((name, weight),) = weights.items()
    count = scores.shape[_class_axis(scores)]
    if weight is None:
        return scores, scores.new_ones(count)
    scores, weight = floats(scores=scores, **{name: weight})
    if tuple(weight.shape) != (count,):
        raise ValueError(
            f"{name} must have shape {(count,)}, one number a class, got {tuple(weight.shape)}"
        )
    return scores, weight


def _along_classes(weight: Tensor, scores: Tensor) -> Tensor:
    """The weights of the classes, to be broadcast along the class axis of the scores."""
    return weight.view(-1, *[1] * (scores.ndim - 2))


def _of_target(scores: Tensor, target: Tensor) -> Tensor:
    """The score of each target class."""
    axis = _class_axis(scores)
    return scores.gather(axis, target.unsqueeze(axis)).squeeze(axis)


def _weight_of(weight: Tensor, target: Tensor) -> Tensor:
    """The weight of each target class; unlike ``weight[target]`` also for one class inside ``vmap``."""
    return weight.index_select(0, target.flatten()).view_as(target)


def _weights(
    scores: Tensor, shape: torch.Size, sample_weight: Tensor | None
) -> tuple[Tensor, Tensor | None]:
    """Return the scores and the weight of each value of a loss, if there are any, in one dtype."""
    if sample_weight is None:
        return scores, None
    scores, weight = floats(scores=scores, sample_weight=sample_weight)
    return scores, leading(shape, sample_weight=weight)


def _weighed(
    loss: Tensor,
    weight: Tensor | None,
    counted: Tensor | None,
    reduction: Reduction,
    share: Tensor | None = None,
) -> Tensor:
    """Apply the reduction to what counts; the mean divides by the sum of its weights, times the shares."""
    if weight is None and counted is None:
        return reduce(loss, reduction)
    share = torch.ones_like(loss) if share is None else share
    if weight is not None:
        loss, share = weight * loss, weight * share
    if counted is not None:
        loss, share = loss.where(counted, 0), share.where(counted, 0)
    if reduction == "mean":
        total = share.sum()
        return loss.sum() / torch.where(total != 0, total, 1)
    return reduce(loss, reduction)


def _not_ignored(
    logits: Tensor, target: Tensor, ignore_index: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Return logits and targets with zeros where the target is not to count, and which count."""
    counted = target != ignore_index
    logits = logits.where(counted.unsqueeze(_class_axis(logits)), 0)
    return logits, target.where(counted, 0), counted


def _yes_or_no(
    logits: Tensor,
    target: Tensor,
    label_smoothing: float,
    mask: Tensor | None,
) -> tuple[Tensor, Tensor, Tensor | None]:
    """Return logits and smoothed targets with zeros where a mask hides them, and which count."""
    counted = None
    if mask is not None:
        (mask,) = booleans(mask=mask)
        counted = leading(logits.shape, mask=mask)
        logits, target = logits.where(counted, 0), target.where(counted, 0)
    if label_smoothing > 0:
        target = (1 - label_smoothing) * target + label_smoothing / 2
    return logits, target, counted


def cross_entropy_loss(
    logits: Tensor,
    target: Tensor,
    *,
    weight: Tensor | None = None,
    label_smoothing: float = 0.0,
    ignore_index: int = -100,
    sample_weight: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""Negative log-probability of the right class, from logits.

    .. math::

        \begin{gathered}
        \ell = -w_y \left[(1 - s) \log p_y + \frac{s}{K} \sum_k \frac{w_k}{w_y} \log
        p_k\right] \\
        p = \mathrm{softmax}(\text{logits})
        \end{gathered}

    The mean divides by the sum of the weights of the targets that count, as PyTorch
    does; Keras divides by their number. A sample_weight multiplies the weight of its
    target, in that sum too: weight 2 is an example twice. An ignored target counts
    nowhere; if all are, the loss is 0 and so is its gradient. A logit of -inf masks a
    class, but with label smoothing, which gives every class a share, its loss is
    infinite. Soft targets go to ``soft_cross_entropy_loss``.

    Args:
        logits: unnormalized scores, the class axis last, ``(N, K)`` or ``(N, H, W,
            K)``; in PyTorch axis 1, ``(N, K, H, W)``. K is at least 2.
        target: the index of the right class, integers from 0 to K - 1 of the shape of
            logits without the class axis. Another number is an error; on a GPU
            PyTorch's is an assertion of the device, and under XLA, which has no errors,
            the loss is NaN.
        weight: one number for each class, ``(K,)``; all 1 by default. Default: None (as
            in PyTorch).
        label_smoothing: the share s of the target that is spread evenly over all
            classes, from 0 to 1. Default: 0.0 (as in PyTorch).
        ignore_index: a target that is not to count, NaN and infinite logits included;
            it need not be a class. Default: -100 (as in PyTorch).
        sample_weight: one number for each example, or one for each value of the loss:
            of the shape that ``reduction="none"`` gives, or of its leading axes.
            Default: None (as in Keras).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each example or pixel if ``reduction`` is
            ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Szegedy et al., Rethinking the Inception Architecture for Computer Vision, CVPR
        2016, section 7.

    Example:
        >>> cross_entropy_loss(torch.tensor([[2.0, 0.0, 0.0]]), torch.tensor([0]))
        tensor(0.2395)
    """
    numbers(ignore_index=ignore_index)
    fraction(label_smoothing=label_smoothing)
    logits, target = _classes(target, logits=logits)
    logits, each = _weights(logits, target.shape, sample_weight)
    logits, weight = _per_class(logits, weight=weight)
    logits, target, counted = _not_ignored(logits, target, ignore_index)
    loss = F.cross_entropy(
        logits, target, weight, label_smoothing=label_smoothing, reduction="none"
    )
    return _weighed(loss, each, counted, reduction, _weight_of(weight, target))


def soft_cross_entropy_loss(
    logits: Tensor,
    target: Tensor,
    *,
    weight: Tensor | None = None,
    label_smoothing: float = 0.0,
    sample_weight: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""Cross-entropy against a distribution over the classes, from logits.

    .. math::

        \begin{gathered}
        \ell = -\sum_k w_k \left[(1 - s)\, y_k + \tfrac{s}{K}\right] \log p_k \\
        p = \mathrm{softmax}(\text{logits})
        \end{gathered}

    For targets that are themselves uncertain: mixed images, several annotators, a
    teacher network. The mean divides by the number of examples, whatever the class
    weights, as PyTorch does for such targets. A class with a logit of -inf costs
    nothing where its share is 0, and infinity where it has one. With a sample_weight
    the mean divides by the sum of what it weighs: weight 2 is an example twice. Keras's
    ``sample_weight`` and PyTorch's ``weight`` of a binary loss leave the number of
    values as divisor.

    Args:
        logits: unnormalized scores, the class axis last, ``(N, K)`` or ``(N, H, W,
            K)``; in PyTorch axis 1, ``(N, K, H, W)``. K is at least 2.
        target: a probability for each class, of the shape of logits.
        weight: one number for each class, ``(K,)``; all 1 by default. Default: None (as
            in PyTorch).
        label_smoothing: the share s of the target that is spread evenly over all
            classes, from 0 to 1. Default: 0.0 (as in PyTorch).
        sample_weight: one number for each example, or one for each value of the loss:
            of the shape that ``reduction="none"`` gives, or of its leading axes.
            Default: None (as in Keras).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each example or pixel if ``reduction`` is
            ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Szegedy et al., Rethinking the Inception Architecture for Computer Vision, CVPR
        2016, section 7.

    Example:
        >>> soft_cross_entropy_loss(torch.tensor([[2.0, 0.0]]), torch.tensor([[0.9, 0.1]]))
        tensor(0.3269)
    """
    fraction(label_smoothing=label_smoothing)
    logits, target = same_shape(logits=logits, target=target)
    axis = _class_axis(logits)
    examples = logits.shape[:axis] + logits.shape[axis + 1 :]
    logits, each = _weights(logits, examples, sample_weight)
    logits, weight = _per_class(logits, weight=weight)
    several_classes(logits=len(weight))
    target = target.to(logits.dtype)
    if label_smoothing == 0:
        # A class without a share may be impossible: 0 log 0 is 0, and 0 times this is too.
        impossible = (target == 0) & (logits == -math.inf)
        logits = logits.masked_fill(impossible, IMPOSSIBLE)
    loss = F.cross_entropy(
        logits, target, weight, label_smoothing=label_smoothing, reduction="none"
    )
    return _weighed(loss, each, None, reduction)


def binary_cross_entropy_loss(
    logits: Tensor,
    target: Tensor,
    *,
    pos_weight: float | Tensor = 1.0,
    label_smoothing: float = 0.0,
    mask: Tensor | None = None,
    sample_weight: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""Cross-entropy of yes or no, from logits: each class is judged for itself.

    .. math::

        \begin{gathered}
        \ell = -w\, y \log p - (1 - y) \log(1 - p) \\
        p = \sigma(\text{logit})
        \end{gathered}

    Computed from the logit by log-sigmoid: a confident mistake keeps its value and its
    slope, where the logarithm of a rounded probability has lost both. With a
    sample_weight the mean divides by the sum of what it weighs: weight 2 is an example
    twice. Keras's ``sample_weight`` and PyTorch's ``weight`` of a binary loss leave the
    number of values as divisor.

    Args:
        logits: log-odds, of any shape, not probabilities: no sigmoid comes before this
            loss.
        target: of the same shape: 1 where the class is present, 0 where it is not, or a
            probability between.
        pos_weight: the w of the formula, the weight of what is present: a number, or
            one for each class, ``(K,)``, along the last axis, in PyTorch axis 1.
            Default: 1.0 (as in PyTorch).
        label_smoothing: the share s of the target that is spread evenly over yes and
            no, from 0 to 1: y becomes (1 - s) y + s/2, as in Keras. Default: 0.0 (as in
            Keras).
        mask: booleans of the shape of logits, or of its leading axes. Where it is False
            nothing counts, NaN and infinity included: value and gradient are 0.
            ``mask=target != 255`` ignores the label 255. Default: None (everything
            counts).
        sample_weight: one number for each example, or one for each value of the loss:
            of the shape that ``reduction="none"`` gives, or of its leading axes.
            Default: None (as in Keras).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each element if ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    Example:
        >>> binary_cross_entropy_loss(torch.tensor([40.0]), torch.zeros(1))
        tensor(40.)
    """
    fraction(label_smoothing=label_smoothing)
    logits, target = same_shape(logits=logits, target=target)
    logits, weight = _weights(logits, logits.shape, sample_weight)
    logits, target, counted = _yes_or_no(logits, target, label_smoothing, mask)
    if isinstance(pos_weight, Tensor):
        logits, pos_weight = _per_class(logits, pos_weight=pos_weight)
        pos_weight = _along_classes(pos_weight, logits)
    else:
        numbers(pos_weight=pos_weight)
    hit = pos_weight * target * F.logsigmoid(logits)
    loss = -hit - (1 - target) * F.logsigmoid(-logits)
    return _weighed(loss, weight, counted, reduction)


def hinge_loss(
    scores: Tensor, target: Tensor, *, reduction: Reduction = "mean"
) -> Tensor:
    r"""Wants each score on the right side of 0, with a margin of 1.

    .. math::

        \begin{gathered}
        \ell = \max(0, 1 - y\,s) \\
        y \in \{-1, +1\}
        \end{gathered}

    Its slope is constant until the margin is won, then 0.

    Args:
        scores: any real numbers, of any shape; their sign is the prediction.
        target: of the same shape: +1 or -1.
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each element if ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Cortes and Vapnik, Support-Vector Networks, Machine Learning 1995.

    Example:
        >>> hinge_loss(torch.tensor([2.0, 0.25, -1.0]), torch.ones(3), reduction="none")
        tensor([0.0000, 0.7500, 2.0000])
    """
    scores, target = same_shape(scores=scores, target=target)
    return reduce(F.relu(1 - target * scores), reduction)


def squared_hinge_loss(
    scores: Tensor, target: Tensor, *, reduction: Reduction = "mean"
) -> Tensor:
    r"""The square of the hinge: a smooth corner, and a far mistake counts more.

    .. math::

        \begin{gathered}
        \ell = \max(0, 1 - y\,s)^2 \\
        y \in \{-1, +1\}
        \end{gathered}

    Args:
        scores: any real numbers, of any shape; their sign is the prediction.
        target: of the same shape: +1 or -1.
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each element if ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Cortes and Vapnik, Support-Vector Networks, Machine Learning 1995.

    Example:
        >>> squared_hinge_loss(torch.tensor([2.0, 0.5, -1.0]), torch.ones(3), reduction="none")
        tensor([0.0000, 0.2500, 4.0000])
    """
    scores, target = same_shape(scores=scores, target=target)
    return reduce(F.relu(1 - target * scores).square(), reduction)


def _lead(scores: Tensor, target: Tensor, margin: float) -> Tensor:
    """How far each class is ahead of the target class, with the margin; 0 for the target itself."""
    axis = _class_axis(scores)
    target = target.unsqueeze(axis)
    right = scores.gather(axis, target)
    return (scores + margin).scatter(axis, target, right) - right


def crammer_singer_loss(
    scores: Tensor,
    target: Tensor,
    *,
    margin: float = 1.0,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""Multi-class hinge: the right class should lead its strongest rival by a margin.

    .. math::

        \ell = \max_k \left(s_k + m\,[k \neq y]\right) - s_y

    Args:
        scores: any real numbers, the class axis last, ``(N, K)`` or ``(N, H, W, K)``;
            in PyTorch axis 1, ``(N, K, H, W)``. K is at least 2.
        target: the index of the right class, integers from 0 to K - 1 of the shape of
            scores without the class axis. Another number is an error; on a GPU
            PyTorch's is an assertion of the device, and under XLA, which has no errors,
            the loss is NaN.
        margin: the lead that the right class should have; at least 0. Default: 1.0
            (Crammer and Singer 2001, section 3).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each example or pixel if ``reduction`` is
            ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Crammer and Singer, Multiclass Kernel-based Vector Machines, JMLR 2001.

    Example:
        >>> crammer_singer_loss(torch.tensor([[2.0, 3.0, 1.5]]), torch.tensor([0]))
        tensor(2.)
    """
    not_negative(margin=margin)
    scores, target = _classes(target, scores=scores)
    lead = _lead(scores, target, margin)
    return reduce(lead.amax(_class_axis(scores)), reduction)


def weston_watkins_loss(
    scores: Tensor,
    target: Tensor,
    *,
    margin: float = 1.0,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""Multi-class hinge: the right class should lead every rival by a margin.

    .. math::

        \ell = \sum_{k \neq y} \max(0, s_k + m - s_y)

    ``torch.nn.MultiMarginLoss`` is this divided by the number of classes.

    Args:
        scores: any real numbers, the class axis last, ``(N, K)`` or ``(N, H, W, K)``;
            in PyTorch axis 1, ``(N, K, H, W)``. K is at least 2.
        target: the index of the right class, integers from 0 to K - 1 of the shape of
            scores without the class axis. Another number is an error; on a GPU
            PyTorch's is an assertion of the device, and under XLA, which has no errors,
            the loss is NaN.
        margin: the lead that the right class should have; at least 0. Default: 1.0 (as
            in PyTorch).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each example or pixel if ``reduction`` is
            ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Weston and Watkins, Support Vector Machines for Multi-Class Pattern Recognition,
        ESANN 1999.

    Example:
        >>> weston_watkins_loss(torch.tensor([[2.0, 3.0, 1.5]]), torch.tensor([0]))
        tensor(2.5000)
    """
    not_negative(margin=margin)
    scores, target = _classes(target, scores=scores)
    violations = F.relu(_lead(scores, target, margin))
    return reduce(violations.sum(_class_axis(scores)), reduction)


def sigmoid_focal_loss(
    logits: Tensor,
    target: Tensor,
    *,
    alpha: float | None = 0.25,
    gamma: float = 2.0,
    label_smoothing: float = 0.0,
    mask: Tensor | None = None,
    sample_weight: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""Binary cross-entropy that turns away from what is easy.

    .. math::

        \begin{gathered}
        \ell = -\alpha_t (1 - p_t)^\gamma \left[y \log p + (1 - y) \log(1 - p)\right] \\
        p_t = y\,p + (1 - y)(1 - p) \\
        \alpha_t = \alpha\,y + (1 - \alpha)(1 - y)
        \end{gathered}

    p is the sigmoid of the logit, p_t the probability given to the truth. A detector
    commonly takes the sum and divides it by the number of its positives, not the "mean"
    over all its anchors. With a sample_weight the mean divides by the sum of what it
    weighs: weight 2 is an example twice. Keras's ``sample_weight`` and PyTorch's
    ``weight`` of a binary loss leave the number of values as divisor.

    Args:
        logits: log-odds, of any shape, not probabilities: no sigmoid comes before this
            loss.
        target: of the same shape: 1 where the class is present, 0 where it is not, or a
            probability between.
        alpha: the weight of what is present, from 0 to 1; what is absent has 1 - alpha,
            so that 0.25 weighs positives down. ``None`` weighs both 1. Default: 0.25
            (Lin et al. 2017, section 4.1).
        gamma: the focusing power; at least 0. 0 takes the focus away. Default: 2.0 (Lin
            et al. 2017, section 4.1).
        label_smoothing: the share s of the target that is spread evenly over yes and
            no, from 0 to 1: y becomes (1 - s) y + s/2, as in Keras. Default: 0.0 (as in
            Keras).
        mask: booleans of the shape of logits, or of its leading axes. Where it is False
            nothing counts, NaN and infinity included: value and gradient are 0.
            ``mask=target != 255`` ignores the label 255. Default: None (everything
            counts).
        sample_weight: one number for each example, or one for each value of the loss:
            of the shape that ``reduction="none"`` gives, or of its leading axes.
            Default: None (as in Keras).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each element if ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Lin et al., Focal Loss for Dense Object Detection, ICCV 2017, eq. 5.

    Example:
        >>> logits = torch.tensor([3.0, -3.0])
        >>> loss = sigmoid_focal_loss(logits, torch.ones(2), reduction="none")
        >>> print(f"{loss[1] / loss[0]:.0f}")
        25313
    """
    not_negative(gamma=gamma)
    fraction(label_smoothing=label_smoothing)
    logits, target = same_shape(logits=logits, target=target)
    logits, weight = _weights(logits, logits.shape, sample_weight)
    logits, target, counted = _yes_or_no(logits, target, label_smoothing, mask)
    # Few passes, one in place: over many anchors, memory costs more than arithmetic.
    cross_entropy = torch.addcmul(F.softplus(logits), logits, target, value=-1)
    if alpha is not None:
        fraction(alpha=alpha)
        cross_entropy.mul_((target * (2 * alpha - 1)).add_(1 - alpha))
    sign = torch.add(1, target, alpha=-2)
    missing = torch.addcmul(target, sign, torch.sigmoid(logits))
    if gamma < 2:
        missing = missing.clamp(min=TINY)
    return _weighed(missing**gamma * cross_entropy, weight, counted, reduction)


def _focal(log_p: Tensor, gamma: float) -> Tensor:
    missing = (-torch.expm1(log_p)).clamp(min=TINY)
    return -(missing**gamma) * log_p


def softmax_focal_loss(
    logits: Tensor,
    target: Tensor,
    *,
    alpha: Tensor | None = None,
    gamma: float = 2.0,
    label_smoothing: float = 0.0,
    ignore_index: int = -100,
    sample_weight: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""Cross-entropy of classes that exclude each other, turned away from what is easy.

    .. math::

        \begin{gathered}
        \ell = (1 - s)\, f_y + \frac{s}{K} \sum_k f_k \\
        f_k = -\alpha_k (1 - p_k)^\gamma \log p_k \\
        p = \mathrm{softmax}(\text{logits})
        \end{gathered}

    Label smoothing gives every class its share of a focal loss of its own, as Keras
    does. The mean divides by the number of examples that count, whatever alpha. With a
    sample_weight the mean divides by the sum of what it weighs: weight 2 is an example
    twice. Keras's ``sample_weight`` and PyTorch's ``weight`` of a binary loss leave the
    number of values as divisor.

    Args:
        logits: unnormalized scores, the class axis last, ``(N, K)`` or ``(N, H, W,
            K)``; in PyTorch axis 1, ``(N, K, H, W)``. K is at least 2.
        target: the index of the right class, integers from 0 to K - 1 of the shape of
            logits without the class axis. Another number is an error; on a GPU
            PyTorch's is an assertion of the device, and under XLA, which has no errors,
            the loss is NaN.
        alpha: one number for each class, ``(K,)``; all 1 by default. Default: None (no
            class counts more than another).
        gamma: the focusing power; at least 0. 0 takes the focus away. Default: 2.0 (Lin
            et al. 2017, section 4.1).
        label_smoothing: the share s of the target that is spread evenly over all
            classes, from 0 to 1. Default: 0.0 (as in Keras).
        ignore_index: a target that is not to count, NaN and infinite logits included;
            it need not be a class. Default: -100 (as in PyTorch).
        sample_weight: one number for each example, or one for each value of the loss:
            of the shape that ``reduction="none"`` gives, or of its leading axes.
            Default: None (as in Keras).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each example or pixel if ``reduction`` is
            ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Lin et al., Focal Loss for Dense Object Detection, ICCV 2017, eq. 5.

    Example:
        >>> softmax_focal_loss(torch.tensor([[2.0, 0.0, 0.0]]), torch.tensor([0]))
        tensor(0.0109)
    """
    numbers(ignore_index=ignore_index)
    not_negative(gamma=gamma)
    fraction(label_smoothing=label_smoothing)
    logits, target = _classes(target, logits=logits)
    logits, weight = _weights(logits, target.shape, sample_weight)
    logits, alpha = _per_class(logits, alpha=alpha)
    logits, target, counted = _not_ignored(logits, target, ignore_index)
    axis = _class_axis(logits)
    log_p = logits.log_softmax(axis)
    loss = _weight_of(alpha, target) * _focal(_of_target(log_p, target), gamma)
    if label_smoothing > 0:
        each = (_along_classes(alpha, logits) * _focal(log_p, gamma)).mean(axis)
        loss = (1 - label_smoothing) * loss + label_smoothing * each
    return _weighed(loss, weight, counted, reduction)


def generalized_cross_entropy_loss(
    logits: Tensor,
    target: Tensor,
    *,
    q: float = 0.7,
    ignore_index: int = -100,
    sample_weight: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""Between cross-entropy and one minus the probability: wrong labels pull less.

    .. math::

        \begin{gathered}
        \ell = \frac{1 - p_y^q}{q} \\
        p = \mathrm{softmax}(\text{logits})
        \end{gathered}

    ``q = 0`` is the limit, cross-entropy; ``q = 1`` is half the L1 distance of p to the
    one-hot target. Computed as ``-expm1(q log p) / q``. A label that the network finds
    impossible has next to no gradient: this is what makes the loss robust, and slow to
    learn from scratch. With a sample_weight the mean divides by the sum of what it
    weighs: weight 2 is an example twice. Keras's ``sample_weight`` and PyTorch's
    ``weight`` of a binary loss leave the number of values as divisor.

    Args:
        logits: unnormalized scores, the class axis last, ``(N, K)`` or ``(N, H, W,
            K)``; in PyTorch axis 1, ``(N, K, H, W)``. K is at least 2.
        target: the index of the right class, integers from 0 to K - 1 of the shape of
            logits without the class axis. Another number is an error; on a GPU
            PyTorch's is an assertion of the device, and under XLA, which has no errors,
            the loss is NaN.
        q: from 0 to 1; the larger, the less a label counts that disagrees with the
            network. Default: 0.7 (Zhang and Sabuncu 2018, section 4).
        ignore_index: a target that is not to count, NaN and infinite logits included;
            it need not be a class. Default: -100 (as in PyTorch).
        sample_weight: one number for each example, or one for each value of the loss:
            of the shape that ``reduction="none"`` gives, or of its leading axes.
            Default: None (as in Keras).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each example or pixel if ``reduction`` is
            ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Zhang and Sabuncu, Generalized Cross Entropy Loss for Training Deep Neural
        Networks, NeurIPS 2018.

    Example:
        >>> generalized_cross_entropy_loss(torch.zeros(1, 2), torch.tensor([0]), q=1.0)
        tensor(0.5000)
    """
    numbers(ignore_index=ignore_index)
    fraction(q=q)
    logits, target = _classes(target, logits=logits)
    logits, weight = _weights(logits, target.shape, sample_weight)
    logits, target, counted = _not_ignored(logits, target, ignore_index)
    log_p = _of_target(logits.log_softmax(_class_axis(logits)), target)
    loss = -torch.expm1(q * log_p) / q if q > 0 else -log_p
    return _weighed(loss, weight, counted, reduction)


def asymmetric_loss(
    logits: Tensor,
    target: Tensor,
    *,
    gamma_pos: float = 0.0,
    gamma_neg: float = 4.0,
    margin: float = 0.05,
    mask: Tensor | None = None,
    sample_weight: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""Focal loss for many labels, few of them present: absent ones are focused more and,
    if easy, dropped.

    .. math::

        \begin{gathered}
        \ell = -y\,(1 - p)^{\gamma_+} \log p - (1 - y)\, p_m^{\gamma_-} \log(1 - p_m) \\
        p_m = \max(p - m, 0)
        \end{gathered}

    p is the sigmoid of the logit. The gradient goes through the focusing powers too, as
    the paper derives it; the authors' code can also hold them constant. An absent label
    that is given a probability of at most ``margin`` costs nothing. One that is given
    almost 1 has next to no gradient: it may be a label that was missed; one that is
    known to be unknown is for the mask. With a sample_weight the mean divides by the
    sum of what it weighs: weight 2 is an example twice. Keras's ``sample_weight`` and
    PyTorch's ``weight`` of a binary loss leave the number of values as divisor.

    Args:
        logits: log-odds, of any shape, not probabilities: no sigmoid comes before this
            loss.
        target: of the same shape: 1 where the class is present, 0 where it is not, or a
            probability between.
        gamma_pos: the focusing power for present labels; at least 0. Default: 0.0
            (present labels keep plain cross-entropy).
        gamma_neg: the focusing power for absent labels; at least 0. Default: 4.0
            (Ridnik et al. 2021, its code).
        margin: the m of the formula, from 0 to 1: how far the probability of an absent
            label is shifted down. Default: 0.05 (Ridnik et al. 2021, its code).
        mask: booleans of the shape of logits, or of its leading axes. Where it is False
            nothing counts, NaN and infinity included: value and gradient are 0.
            ``mask=target != 255`` ignores the label 255. Default: None (everything
            counts).
        sample_weight: one number for each example, or one for each value of the loss:
            of the shape that ``reduction="none"`` gives, or of its leading axes.
            Default: None (as in Keras).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each element if ``reduction`` is ``none``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Ridnik et al., Asymmetric Loss for Multi-Label Classification, ICCV 2021.

    Example:
        >>> asymmetric_loss(torch.tensor([-3.0]), torch.zeros(1))
        tensor(0.)
    """
    not_negative(gamma_pos=gamma_pos, gamma_neg=gamma_neg)
    fraction(margin=margin)
    logits, target = same_shape(logits=logits, target=target)
    logits, weight = _weights(logits, logits.shape, sample_weight)
    logits, target, counted = _yes_or_no(logits, target, 0.0, mask)
    rest = torch.sigmoid(-logits)
    positive = rest.clamp(min=TINY) ** gamma_pos * F.logsigmoid(logits)
    shifted = F.relu(torch.sigmoid(logits) - margin)
    log_rest = (
        (rest + margin).clamp(max=1).log() if margin > 0 else F.logsigmoid(-logits)
    )
    negative = shifted.clamp(min=TINY) ** gamma_neg * log_rest
    loss = -target * positive - (1 - target) * negative
    return _weighed(loss, weight, counted, reduction)


def class_balanced_weights(counts: Tensor, *, beta: float = 0.999) -> Tensor:
    r"""Class weights from how many examples there are: the inverse of the effective number.

    .. math::

        w_k \propto \frac{1 - \beta}{1 - \beta^{n_k}}

    They are scaled to sum to the number of classes that have examples. A class without
    any gets weight 0 and changes nothing for the others. ``beta = 0`` gives equal
    weights, ``beta`` near 1 the inverse of the counts.

    Args:
        counts: how many examples each class has, ``(K,)``, integers or floats. A
            negative one is an error in NumPy and gives NaN in PyTorch and TensorFlow.
        beta: how fast further examples stop to count; at least 0 and below 1. Default:
            0.999 (Cui et al. 2019, its experiments on ImageNet).

    Returns:
        Weights of the classes, ``(K,)``: the ``weight`` of ``cross_entropy_loss``.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or beta is not at least 0
            and below 1.

    References:
        Cui et al., Class-Balanced Loss Based on Effective Number of Samples, CVPR 2019.

    Example:
        >>> class_balanced_weights(torch.tensor([900, 100, 0]))
        tensor([0.2764, 1.7236, 0.0000])
    """
    numbers(beta=beta)
    if not 0 <= beta < 1:
        raise ValueError(f"beta must be at least 0 and below 1, got {beta!r}")
    if isinstance(counts, Tensor) and not counts.is_floating_point():
        counts = counts.float()
    (counts,) = floats(counts=counts)
    if counts.ndim != 1:
        raise ValueError(
            f"counts must have shape (K,), one number a class, got {tuple(counts.shape)}"
        )
    counts = counts.where(~(counts < 0), math.nan)
    present = counts != 0
    log_beta = math.log(beta) if beta > 0 else -math.inf
    effective = torch.expm1(log_beta * counts.where(present, 1)) / (beta - 1)
    weights = present / effective
    return weights * present.sum() / weights.sum().clamp(min=1 - beta)
