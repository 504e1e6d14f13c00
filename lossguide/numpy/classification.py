"""Losses of class scores: is the right class ahead, and by how much?

Where classes exclude each other, their axis is the last one: ``(N, K)``, images ``(N, H, W, K)``.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossguide._arguments import fraction, not_negative, numbers, several_classes
from lossguide.numpy._arguments import (
    Array,
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

Classes = NDArray[np.int64]


def _classes(target: Any, **scores: Any) -> tuple[Array, Classes]:
    """Return the scores in float64 and the class indices after checking that they belong together."""
    ((name, array),) = zip(scores, floats(**scores), strict=True)
    (target,) = integers(target=target)
    if array.ndim == 0 or target.shape != array.shape[:-1]:
        raise ValueError(
            f"target must have the shape of {name} without the class axis, "
            f"got {target.shape} for {array.shape}"
        )
    several_classes(**{name: array.shape[-1]})
    return array, target


def _per_class(scores: Array, **weights: Any) -> Array:
    """Return one number a class, 1 where none are given."""
    ((name, weight),) = weights.items()
    if weight is None:
        return np.ones(scores.shape[-1])
    (weight,) = floats(weight=weight)
    if weight.shape != scores.shape[-1:]:
        raise ValueError(
            f"{name} must have shape {scores.shape[-1:]}, one number a class, got {weight.shape}"
        )
    return weight


def _of_target(scores: Array, target: Classes) -> Array:
    """The score of each target class."""
    count = scores.shape[-1]
    if np.any((target < 0) | (target >= count)):
        raise ValueError(
            f"target must hold class indices from 0 to {count - 1}, "
            f"got {target.min()} to {target.max()}"
        )
    return np.asarray(np.take_along_axis(scores, target[..., None], axis=-1)[..., 0])


def _log_softmax(logits: Array) -> Array:
    shifted: Array = logits - logits.max(axis=-1, keepdims=True)
    total: Array = np.exp(shifted).sum(axis=-1, keepdims=True)
    return shifted - np.log(total)


def _log_sigmoid(logits: Array) -> Array:
    return -np.logaddexp(0, -logits)


def _sigmoid(logits: Array) -> Array:
    return np.exp(_log_sigmoid(logits))


def _counted(mask: Any, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """What counts: everything, unless a mask says otherwise."""
    if mask is None:
        return np.ones(shape, bool)
    (mask,) = booleans(mask=mask)
    return leading(shape, mask=mask)


def _weights(sample_weight: Any, shape: tuple[int, ...]) -> Array:
    """The weight of each value of a loss, 1 where none are given."""
    if sample_weight is None:
        return np.ones(shape)
    (weight,) = floats(sample_weight=sample_weight)
    return leading(shape, sample_weight=weight)


def _weighed(
    loss: Array,
    weight: Array,
    counted: NDArray[np.bool_],
    reduction: Reduction,
    share: Array | float = 1.0,
) -> Array:
    """Apply the reduction to what counts; the mean divides by the sum of its weights, times the shares."""
    loss = np.where(counted, weight * loss, 0)
    if reduction == "mean":
        total = np.where(counted, weight * share, 0).sum()
        return np.asarray(loss.sum() / (1 if total == 0 else total))
    return reduce(loss, reduction)


def cross_entropy_loss(
    logits: Any,
    target: Any,
    *,
    weight: Any = None,
    label_smoothing: float = 0.0,
    ignore_index: int = -100,
    sample_weight: Any = None,
    reduction: Reduction = "mean",
) -> Array:
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
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Szegedy et al., Rethinking the Inception Architecture for Computer Vision, CVPR
        2016, section 7.

    Example:
        >>> loss = cross_entropy_loss([[2.0, 0.0, 0.0]], [0])
        >>> print(f"{loss:.4f}")
        0.2395
    """
    numbers(ignore_index=ignore_index)
    fraction(label_smoothing=label_smoothing)
    logits, target = _classes(target, logits=logits)
    weight = _per_class(logits, weight=weight)
    each = _weights(sample_weight, target.shape)
    counted = target != ignore_index
    target = np.where(counted, target, 0)
    log_p = weight * _log_softmax(logits)
    loss = -(1 - label_smoothing) * _of_target(log_p, target)
    if label_smoothing > 0:
        loss -= label_smoothing * log_p.mean(axis=-1)
    return _weighed(loss, each, counted, reduction, weight[target])


def soft_cross_entropy_loss(
    logits: Any,
    target: Any,
    *,
    weight: Any = None,
    label_smoothing: float = 0.0,
    sample_weight: Any = None,
    reduction: Reduction = "mean",
) -> Array:
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
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Szegedy et al., Rethinking the Inception Architecture for Computer Vision, CVPR
        2016, section 7.

    Example:
        >>> loss = soft_cross_entropy_loss([[2.0, 0.0]], [[0.9, 0.1]])
        >>> print(f"{loss:.4f}")
        0.3269
    """
    fraction(label_smoothing=label_smoothing)
    logits, target = same_shape(logits=logits, target=target)
    weight = _per_class(logits, weight=weight)
    several_classes(logits=logits.shape[-1])
    smooth = (1 - label_smoothing) * target + label_smoothing / logits.shape[-1]
    log_p = _log_softmax(logits)
    # A class without a share may be impossible: 0 log 0 is 0.
    log_p = np.where((smooth == 0) & np.isneginf(log_p), 0, log_p)
    loss = -(weight * smooth * log_p).sum(axis=-1)
    each = _weights(sample_weight, loss.shape)
    return _weighed(loss, each, _counted(None, loss.shape), reduction)


def binary_cross_entropy_loss(
    logits: Any,
    target: Any,
    *,
    pos_weight: Any = 1.0,
    label_smoothing: float = 0.0,
    mask: Any = None,
    sample_weight: Any = None,
    reduction: Reduction = "mean",
) -> Array:
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
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above.

    Example:
        >>> binary_cross_entropy_loss([40.0], [0.0])
        array(40.)
    """
    fraction(label_smoothing=label_smoothing)
    logits, target = same_shape(logits=logits, target=target)
    counted = _counted(mask, logits.shape)
    weight = _weights(sample_weight, logits.shape)
    logits, target = np.where(counted, logits, 0), np.where(counted, target, 0)
    target = (1 - label_smoothing) * target + label_smoothing / 2
    if np.ndim(pos_weight) > 0:
        pos_weight = _per_class(logits, pos_weight=pos_weight)
    else:
        numbers(pos_weight=pos_weight)
    hit = pos_weight * target * _log_sigmoid(logits)
    loss = -hit - (1 - target) * _log_sigmoid(-logits)
    return _weighed(loss, weight, counted, reduction)


def hinge_loss(scores: Any, target: Any, *, reduction: Reduction = "mean") -> Array:
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
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Cortes and Vapnik, Support-Vector Networks, Machine Learning 1995.

    Example:
        >>> hinge_loss([2.0, 0.25, -1.0], [1.0, 1.0, 1.0], reduction="none")
        array([0.  , 0.75, 2.  ])
    """
    scores, target = same_shape(scores=scores, target=target)
    return reduce(np.maximum(0, 1 - target * scores), reduction)


def squared_hinge_loss(
    scores: Any, target: Any, *, reduction: Reduction = "mean"
) -> Array:
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
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Cortes and Vapnik, Support-Vector Networks, Machine Learning 1995.

    Example:
        >>> squared_hinge_loss([2.0, 0.5, -1.0], [1.0, 1.0, 1.0], reduction="none")
        array([0.  , 0.25, 4.  ])
    """
    scores, target = same_shape(scores=scores, target=target)
    return reduce(np.maximum(0, 1 - target * scores) ** 2, reduction)


def _lead(scores: Array, target: Classes, margin: float) -> Array:
    """How far each class is ahead of the target class, with the margin; 0 for the target itself."""
    wrong = np.arange(scores.shape[-1]) != target[..., None]
    return (
        np.where(wrong, scores + margin, scores) - _of_target(scores, target)[..., None]
    )


def crammer_singer_loss(
    scores: Any, target: Any, *, margin: float = 1.0, reduction: Reduction = "mean"
) -> Array:
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
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Crammer and Singer, Multiclass Kernel-based Vector Machines, JMLR 2001.

    Example:
        >>> crammer_singer_loss([[2.0, 3.0, 1.5]], [0])
        array(2.)
    """
    not_negative(margin=margin)
    scores, target = _classes(target, scores=scores)
    return reduce(_lead(scores, target, margin).max(axis=-1), reduction)


def weston_watkins_loss(
    scores: Any, target: Any, *, margin: float = 1.0, reduction: Reduction = "mean"
) -> Array:
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
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Weston and Watkins, Support Vector Machines for Multi-Class Pattern Recognition,
        ESANN 1999.

    Example:
        >>> weston_watkins_loss([[2.0, 3.0, 1.5]], [0])
        array(2.5)
    """
    not_negative(margin=margin)
    scores, target = _classes(target, scores=scores)
    violations = np.maximum(0, _lead(scores, target, margin))
    return reduce(violations.sum(axis=-1), reduction)


def sigmoid_focal_loss(
    logits: Any,
    target: Any,
    *,
    alpha: float | None = 0.25,
    gamma: float = 2.0,
    label_smoothing: float = 0.0,
    mask: Any = None,
    sample_weight: Any = None,
    reduction: Reduction = "mean",
) -> Array:
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
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Lin et al., Focal Loss for Dense Object Detection, ICCV 2017, eq. 5.

    Example:
        >>> loss = sigmoid_focal_loss([3.0, -3.0], [1.0, 1.0], reduction="none")
        >>> print(f"{loss[1] / loss[0]:.0f}")
        25313
    """
    not_negative(gamma=gamma)
    fraction(label_smoothing=label_smoothing)
    logits, target = same_shape(logits=logits, target=target)
    counted = _counted(mask, logits.shape)
    weight = _weights(sample_weight, logits.shape)
    logits, target = np.where(counted, logits, 0), np.where(counted, target, 0)
    target = (1 - label_smoothing) * target + label_smoothing / 2
    missing = target * _sigmoid(-logits) + (1 - target) * _sigmoid(logits)
    hit = target * _log_sigmoid(logits)
    cross_entropy = -hit - (1 - target) * _log_sigmoid(-logits)
    if alpha is not None:
        fraction(alpha=alpha)
        cross_entropy *= alpha * target + (1 - alpha) * (1 - target)
    return _weighed(missing**gamma * cross_entropy, weight, counted, reduction)


def softmax_focal_loss(
    logits: Any,
    target: Any,
    *,
    alpha: Any = None,
    gamma: float = 2.0,
    label_smoothing: float = 0.0,
    ignore_index: int = -100,
    sample_weight: Any = None,
    reduction: Reduction = "mean",
) -> Array:
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
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Lin et al., Focal Loss for Dense Object Detection, ICCV 2017, eq. 5.

    Example:
        >>> loss = softmax_focal_loss([[2.0, 0.0, 0.0]], [0])
        >>> print(f"{loss:.4f}")
        0.0109
    """
    numbers(ignore_index=ignore_index)
    not_negative(gamma=gamma)
    fraction(label_smoothing=label_smoothing)
    logits, target = _classes(target, logits=logits)
    alpha = _per_class(logits, alpha=alpha)
    weight = _weights(sample_weight, target.shape)
    counted = target != ignore_index
    log_p = _log_softmax(logits)
    focal = -alpha * (-np.expm1(log_p)) ** gamma * log_p
    loss = (1 - label_smoothing) * _of_target(focal, np.where(counted, target, 0))
    if label_smoothing > 0:
        loss += label_smoothing * focal.mean(axis=-1)
    return _weighed(loss, weight, counted, reduction)


def generalized_cross_entropy_loss(
    logits: Any,
    target: Any,
    *,
    q: float = 0.7,
    ignore_index: int = -100,
    sample_weight: Any = None,
    reduction: Reduction = "mean",
) -> Array:
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
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Zhang and Sabuncu, Generalized Cross Entropy Loss for Training Deep Neural
        Networks, NeurIPS 2018.

    Example:
        >>> generalized_cross_entropy_loss([[0.0, 0.0]], [0], q=1.0)
        array(0.5)
    """
    numbers(ignore_index=ignore_index)
    fraction(q=q)
    logits, target = _classes(target, logits=logits)
    weight = _weights(sample_weight, target.shape)
    counted = target != ignore_index
    log_p = _of_target(_log_softmax(logits), np.where(counted, target, 0))
    loss = -np.expm1(q * log_p) / q if q > 0 else -log_p
    return _weighed(loss, weight, counted, reduction)


def asymmetric_loss(
    logits: Any,
    target: Any,
    *,
    gamma_pos: float = 0.0,
    gamma_neg: float = 4.0,
    margin: float = 0.05,
    mask: Any = None,
    sample_weight: Any = None,
    reduction: Reduction = "mean",
) -> Array:
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
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Ridnik et al., Asymmetric Loss for Multi-Label Classification, ICCV 2021.

    Example:
        >>> asymmetric_loss([-3.0], [0.0])
        array(0.)
    """
    not_negative(gamma_pos=gamma_pos, gamma_neg=gamma_neg)
    fraction(margin=margin)
    logits, target = same_shape(logits=logits, target=target)
    counted = _counted(mask, logits.shape)
    weight = _weights(sample_weight, logits.shape)
    logits, target = np.where(counted, logits, 0), np.where(counted, target, 0)
    p = _sigmoid(logits)
    positive = _sigmoid(-logits) ** gamma_pos * _log_sigmoid(logits)
    shifted = np.maximum(0, p - margin)
    log_rest = np.log1p(-shifted) if margin > 0 else _log_sigmoid(-logits)
    negative = shifted**gamma_neg * log_rest
    loss = -target * positive - (1 - target) * negative
    return _weighed(loss, weight, counted, reduction)


def class_balanced_weights(counts: Any, *, beta: float = 0.999) -> Array:
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
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above, or beta is not at least 0
            and below 1.

    References:
        Cui et al., Class-Balanced Loss Based on Effective Number of Samples, CVPR 2019.

    Example:
        >>> class_balanced_weights([900, 100, 0]).round(2)
        array([0.28, 1.72, 0.  ])
    """
    numbers(beta=beta)
    if not 0 <= beta < 1:
        raise ValueError(f"beta must be at least 0 and below 1, got {beta!r}")
    (counts,) = floats(counts=counts)
    if counts.ndim != 1:
        raise ValueError(
            f"counts must have shape (K,), one number a class, got {counts.shape}"
        )
    if np.any(counts < 0):
        raise ValueError(f"counts must be at least 0, got {counts.min()}")
    present = counts != 0
    log_beta = math.log(beta) if beta > 0 else -math.inf
    effective = np.expm1(log_beta * np.where(present, counts, 1)) / (beta - 1)
    weights: Array = present / effective
    weights *= present.sum() / max(weights.sum(), 1 - beta)
    return weights
