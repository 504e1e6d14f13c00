"""Losses of class scores: is the right class ahead, and by how much?

Where classes exclude each other, their axis is the last one: ``(N, K)``, images ``(N, H, W, K)``.
"""

import math
from typing import Any

import tensorflow as tf

from lossguide._arguments import fraction, not_negative, numbers, several_classes
from lossguide.tensorflow._arguments import (
    ALL_BUT_LAST,
    LAST,
    Reduction,
    agree,
    booleans,
    class_indices,
    floats,
    known_classes,
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


def _classes(target: Any, **scores: Any) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the scores and the class indices, in int64, after checking that they belong together."""
    ((name, tensor),) = zip(scores, floats(**scores), strict=True)
    (target,) = class_indices(target=target)
    message = (
        f"target must have the shape of {name} without the class axis, "
        f"got {tuple(target.shape)} for {tuple(tensor.shape)}"
    )
    if tensor.shape.rank == 0:
        raise ValueError(message)
    several_classes(**{name: tensor.shape[-1]})
    return tensor, agree(target, tensor, message, other_axes=ALL_BUT_LAST)


def _per_class(scores: tf.Tensor, **weights: Any) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the scores and one weight a class, 1 where none are given, in one dtype."""
    ((name, weight),) = weights.items()
    if weight is None:
        return scores, tf.ones(tf.shape(scores)[-1:], scores.dtype)
    scores, weight = floats(scores=scores, **{name: weight})
    message = (
        f"{name} must have shape {tuple(scores.shape[-1:])}, one number a class, "
        f"got {tuple(weight.shape)}"
    )
    return scores, agree(weight, scores, message, other_axes=LAST)


def _of_target(scores: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """The score of each target class."""
    known = known_classes(target, tf.shape(scores)[-1], scores.dtype)
    return known + tf.gather(scores, target, axis=-1, batch_dims=target.shape.rank)


def _weights(
    scores: tf.Tensor, loss: tf.Tensor, sample_weight: Any
) -> tuple[tf.Tensor, tf.Tensor | None]:
    """Return the scores and the weight of each value of a loss, if there are any, in one dtype.

    ``loss`` is any tensor of the shape of the loss.
    """
    if sample_weight is None:
        return scores, None
    scores, weight = floats(scores=scores, sample_weight=sample_weight)
    return scores, leading(loss, sample_weight=weight)


def _weighed(
    loss: tf.Tensor,
    weight: tf.Tensor | None,
    counted: tf.Tensor | None,
    reduction: Reduction,
    share: tf.Tensor | None = None,
) -> tf.Tensor:
    """Apply the reduction to what counts; the mean divides by the sum of its weights, times the shares."""
    if weight is None and counted is None:
        return reduce(loss, reduction)
    share = tf.ones_like(loss) if share is None else share
    if weight is not None:
        weight = tf.cast(weight, loss.dtype)
        loss, share = weight * loss, weight * share
    if counted is not None:
        loss, share = tf.where(counted, loss, 0), tf.where(counted, share, 0)
    if reduction == "mean":
        total = tf.reduce_sum(share)
        return tf.reduce_sum(loss) / tf.where(total != 0, total, 1)
    return reduce(loss, reduction)


def _not_ignored(
    logits: tf.Tensor, target: tf.Tensor, ignore_index: int
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Return logits and targets with zeros where the target is not to count, and which count."""
    counted = target != ignore_index
    logits = tf.where(counted[..., None], logits, 0)
    return logits, tf.where(counted, target, 0), counted


def _yes_or_no(
    logits: tf.Tensor, target: tf.Tensor, label_smoothing: float, mask: Any
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor | None]:
    """Return logits and smoothed targets with zeros where a mask hides them, and which count."""
    counted = None
    target = tf.cast(target, logits.dtype)
    if mask is not None:
        (mask,) = booleans(mask=mask)
        counted = leading(logits, mask=mask)
        logits, target = tf.where(counted, logits, 0), tf.where(counted, target, 0)
    if label_smoothing > 0:
        target = (1 - label_smoothing) * target + label_smoothing / 2
    return logits, target, counted


def cross_entropy_loss(
    logits: Any,
    target: Any,
    *,
    weight: Any = None,
    label_smoothing: float = 0.0,
    ignore_index: int = -100,
    sample_weight: Any = None,
    reduction: Reduction = "mean",
) -> tf.Tensor:
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
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Szegedy et al., Rethinking the Inception Architecture for Computer Vision, CVPR
        2016, section 7.

    Example:
        >>> print(f"{cross_entropy_loss([[2.0, 0.0, 0.0]], [0]):.4f}")
        0.2395
    """
    numbers(ignore_index=ignore_index)
    fraction(label_smoothing=label_smoothing)
    logits, target = _classes(target, logits=logits)
    logits, each = _weights(logits, target, sample_weight)
    logits, weight = _per_class(logits, weight=weight)
    logits, target, counted = _not_ignored(logits, target, ignore_index)
    log_p = weight * tf.nn.log_softmax(logits)
    loss = -(1 - label_smoothing) * _of_target(log_p, target)
    if label_smoothing > 0:
        loss -= label_smoothing * tf.reduce_mean(log_p, axis=-1)
    return _weighed(loss, each, counted, reduction, tf.gather(weight, target))


def soft_cross_entropy_loss(
    logits: Any,
    target: Any,
    *,
    weight: Any = None,
    label_smoothing: float = 0.0,
    sample_weight: Any = None,
    reduction: Reduction = "mean",
) -> tf.Tensor:
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
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Szegedy et al., Rethinking the Inception Architecture for Computer Vision, CVPR
        2016, section 7.

    Example:
        >>> print(f"{soft_cross_entropy_loss([[2.0, 0.0]], [[0.9, 0.1]]):.4f}")
        0.3269
    """
    fraction(label_smoothing=label_smoothing)
    logits, target = same_shape(logits=logits, target=target)
    logits, each = _weights(logits, logits[..., 0], sample_weight)
    logits, weight = _per_class(logits, weight=weight)
    several_classes(logits=logits.shape[-1])
    target = tf.cast(target, logits.dtype)
    uniform = 1 / tf.cast(tf.shape(logits)[-1], logits.dtype)
    smooth = (1 - label_smoothing) * target + label_smoothing * uniform
    log_p = tf.nn.log_softmax(logits)
    # A class without a share may be impossible: 0 log 0 is 0.
    log_p = tf.where((smooth != 0) | (log_p != -math.inf), log_p, 0)
    loss = -tf.reduce_sum(weight * smooth * log_p, axis=-1)
    return _weighed(loss, each, None, reduction)


def binary_cross_entropy_loss(
    logits: Any,
    target: Any,
    *,
    pos_weight: Any = 1.0,
    label_smoothing: float = 0.0,
    mask: Any = None,
    sample_weight: Any = None,
    reduction: Reduction = "mean",
) -> tf.Tensor:
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
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    Example:
        >>> print(f"{binary_cross_entropy_loss([40.0], [0.0]):.1f}")
        40.0
    """
    fraction(label_smoothing=label_smoothing)
    logits, target = same_shape(logits=logits, target=target)
    if isinstance(pos_weight, int | float | None):
        numbers(pos_weight=pos_weight)
    else:
        logits, pos_weight = _per_class(logits, pos_weight=pos_weight)
    logits, weight = _weights(logits, logits, sample_weight)
    pos_weight = tf.cast(pos_weight, logits.dtype)
    logits, target, counted = _yes_or_no(logits, target, label_smoothing, mask)
    hit = pos_weight * target * tf.math.log_sigmoid(logits)
    loss = -hit - (1 - target) * tf.math.log_sigmoid(-logits)
    return _weighed(loss, weight, counted, reduction)


def hinge_loss(scores: Any, target: Any, *, reduction: Reduction = "mean") -> tf.Tensor:
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
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Cortes and Vapnik, Support-Vector Networks, Machine Learning 1995.

    Example:
        >>> hinge_loss([2.0, 0.25, -1.0], [1.0, 1.0, 1.0], reduction="none").numpy()
        array([0.  , 0.75, 2.  ], dtype=float32)
    """
    scores, target = same_shape(scores=scores, target=target)
    return reduce(tf.nn.relu(1 - target * scores), reduction)


def squared_hinge_loss(
    scores: Any, target: Any, *, reduction: Reduction = "mean"
) -> tf.Tensor:
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
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Cortes and Vapnik, Support-Vector Networks, Machine Learning 1995.

    Example:
        >>> squared_hinge_loss([2.0, 0.5, -1.0], [1.0, 1.0, 1.0], reduction="none").numpy()
        array([0.  , 0.25, 4.  ], dtype=float32)
    """
    scores, target = same_shape(scores=scores, target=target)
    return reduce(tf.square(tf.nn.relu(1 - target * scores)), reduction)


def _lead(scores: tf.Tensor, target: tf.Tensor, margin: float) -> tf.Tensor:
    """How far each class is ahead of the target class, with the margin; 0 for the target itself."""
    classes = tf.range(tf.shape(scores, tf.int64)[-1])
    margins = tf.where(classes == target[..., None], tf.zeros_like(scores), margin)
    return scores + margins - _of_target(scores, target)[..., None]


def crammer_singer_loss(
    scores: Any, target: Any, *, margin: float = 1.0, reduction: Reduction = "mean"
) -> tf.Tensor:
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
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Crammer and Singer, Multiclass Kernel-based Vector Machines, JMLR 2001.

    Example:
        >>> print(f"{crammer_singer_loss([[2.0, 3.0, 1.5]], [0]):.1f}")
        2.0
    """
    not_negative(margin=margin)
    scores, target = _classes(target, scores=scores)
    lead = _lead(scores, target, margin)
    total, largest = tf.reduce_sum(lead, axis=-1), tf.reduce_max(lead, axis=-1)
    # XLA's reduce_max passes over NaN; a sum does not.
    return reduce(tf.where(tf.math.is_nan(total), total, largest), reduction)


def weston_watkins_loss(
    scores: Any, target: Any, *, margin: float = 1.0, reduction: Reduction = "mean"
) -> tf.Tensor:
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
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Weston and Watkins, Support Vector Machines for Multi-Class Pattern Recognition,
        ESANN 1999.

    Example:
        >>> print(f"{weston_watkins_loss([[2.0, 3.0, 1.5]], [0]):.1f}")
        2.5
    """
    not_negative(margin=margin)
    scores, target = _classes(target, scores=scores)
    violations = tf.nn.relu(_lead(scores, target, margin))
    return reduce(tf.reduce_sum(violations, axis=-1), reduction)


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
) -> tf.Tensor:
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
        TypeError: an input does not hold floating-point numbers.
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
    logits, weight = _weights(logits, logits, sample_weight)
    logits, target, counted = _yes_or_no(logits, target, label_smoothing, mask)
    missing = target + (1 - 2 * target) * tf.sigmoid(logits)
    if gamma < 2:
        missing = tf.maximum(missing, TINY)
    cross_entropy = tf.nn.softplus(logits) - target * logits
    if alpha is not None:
        fraction(alpha=alpha)
        cross_entropy *= 1 - alpha + (2 * alpha - 1) * target
    return _weighed(missing**gamma * cross_entropy, weight, counted, reduction)


def _focal(log_p: tf.Tensor, gamma: float) -> tf.Tensor:
    missing = tf.maximum(-tf.math.expm1(log_p), TINY)
    return -(missing**gamma) * log_p


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
) -> tf.Tensor:
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
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Lin et al., Focal Loss for Dense Object Detection, ICCV 2017, eq. 5.

    Example:
        >>> print(f"{softmax_focal_loss([[2.0, 0.0, 0.0]], [0]):.4f}")
        0.0109
    """
    numbers(ignore_index=ignore_index)
    not_negative(gamma=gamma)
    fraction(label_smoothing=label_smoothing)
    logits, target = _classes(target, logits=logits)
    logits, weight = _weights(logits, target, sample_weight)
    logits, alpha = _per_class(logits, alpha=alpha)
    logits, target, counted = _not_ignored(logits, target, ignore_index)
    log_p = tf.nn.log_softmax(logits)
    loss = _focal(_of_target(log_p, target), gamma) * tf.gather(alpha, target)
    if label_smoothing > 0:
        each = tf.reduce_mean(alpha * _focal(log_p, gamma), axis=-1)
        loss = (1 - label_smoothing) * loss + label_smoothing * each
    return _weighed(loss, weight, counted, reduction)


def generalized_cross_entropy_loss(
    logits: Any,
    target: Any,
    *,
    q: float = 0.7,
    ignore_index: int = -100,
    sample_weight: Any = None,
    reduction: Reduction = "mean",
) -> tf.Tensor:
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
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Zhang and Sabuncu, Generalized Cross Entropy Loss for Training Deep Neural
        Networks, NeurIPS 2018.

    Example:
        >>> print(f"{generalized_cross_entropy_loss([[0.0, 0.0]], [0], q=1.0):.1f}")
        0.5
    """
    numbers(ignore_index=ignore_index)
    fraction(q=q)
    logits, target = _classes(target, logits=logits)
    logits, weight = _weights(logits, target, sample_weight)
    logits, target, counted = _not_ignored(logits, target, ignore_index)
    log_p = _of_target(tf.nn.log_softmax(logits), target)
    loss = -tf.math.expm1(q * log_p) / q if q > 0 else -log_p
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
) -> tf.Tensor:
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
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Ridnik et al., Asymmetric Loss for Multi-Label Classification, ICCV 2021.

    Example:
        >>> print(f"{asymmetric_loss([-3.0], [0.0]):.1f}")
        0.0
    """
    not_negative(gamma_pos=gamma_pos, gamma_neg=gamma_neg)
    fraction(margin=margin)
    logits, target = same_shape(logits=logits, target=target)
    logits, weight = _weights(logits, logits, sample_weight)
    logits, target, counted = _yes_or_no(logits, target, 0.0, mask)
    rest = tf.sigmoid(-logits)
    positive = tf.maximum(rest, TINY) ** gamma_pos * tf.math.log_sigmoid(logits)
    shifted = tf.nn.relu(tf.sigmoid(logits) - margin)
    log_rest = (
        tf.math.log(tf.minimum(rest + margin, 1))
        if margin > 0
        else tf.math.log_sigmoid(-logits)
    )
    negative = tf.maximum(shifted, TINY) ** gamma_neg * log_rest
    loss = -target * positive - (1 - target) * negative
    return _weighed(loss, weight, counted, reduction)


def class_balanced_weights(counts: Any, *, beta: float = 0.999) -> tf.Tensor:
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
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above, or beta is not at least 0
            and below 1.

    References:
        Cui et al., Class-Balanced Loss Based on Effective Number of Samples, CVPR 2019.

    Example:
        >>> class_balanced_weights([900, 100, 0]).numpy().round(2)
        array([0.28, 1.72, 0.  ], dtype=float32)
    """
    numbers(beta=beta)
    if not 0 <= beta < 1:
        raise ValueError(f"beta must be at least 0 and below 1, got {beta!r}")
    counts = tf.convert_to_tensor(counts)
    if counts.dtype.is_integer:
        counts = tf.cast(counts, tf.float32)
    (counts,) = floats(counts=counts)
    if counts.shape.rank != 1:
        raise ValueError(
            f"counts must have shape (K,), one number a class, got {tuple(counts.shape)}"
        )
    counts = tf.where(~(counts < 0), counts, math.nan)
    present = counts != 0
    log_beta = math.log(beta) if beta > 0 else -math.inf
    effective = tf.math.expm1(log_beta * tf.where(present, counts, 1)) / (beta - 1)
    present = tf.cast(present, counts.dtype)
    weights = present / effective
    scale = tf.math.divide_no_nan(tf.reduce_sum(present), tf.reduce_sum(weights))
    return scale * weights
