"""Losses on real numbers: how far is the prediction from the target?"""

import math
from typing import Any

import tensorflow as tf

from lossguide._arguments import numbers, positive
from lossguide.tensorflow._arguments import (
    Reduction,
    reduce,
    same_shape,
)

__all__ = [
    "charbonnier_loss",
    "general_robust_loss",
    "huber_loss",
    "l1_loss",
    "log_cosh_loss",
    "mse_loss",
    "smooth_l1_loss",
]

# Below this, float32 may lose a number or its inverse, and a formula is next to its limit.
NEXT_TO_0 = 1e-30


def mse_loss(pred: Any, target: Any, *, reduction: Reduction = "mean") -> tf.Tensor:
    r"""Squared error (L2 loss).

    .. math::

        \ell = (\hat y - y)^2

    Args:
        pred: the prediction.
        target: what it should be, of the same shape.
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each element if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    Example:
        >>> print(f"{mse_loss([1.0, 2.0], [1.0, 4.0]):.1f}")
        2.0
    """
    pred, target = same_shape(pred=pred, target=target)
    return reduce(tf.square(pred - target), reduction)


def l1_loss(pred: Any, target: Any, *, reduction: Reduction = "mean") -> tf.Tensor:
    r"""Absolute error (L1 loss).

    .. math::

        \ell = |\hat y - y|

    Args:
        pred: the prediction.
        target: what it should be, of the same shape.
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each element if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    Example:
        >>> print(f"{l1_loss([1.0, 2.0], [1.0, 4.0]):.1f}")
        1.0
    """
    pred, target = same_shape(pred=pred, target=target)
    return reduce(tf.abs(pred - target), reduction)


def huber_loss(
    pred: Any, target: Any, *, delta: float = 1.0, reduction: Reduction = "mean"
) -> tf.Tensor:
    r"""Squared for small errors, linear for large ones.

    .. math::

        \begin{gathered}
        \ell = \begin{cases} \tfrac12 d^2 & |d| \le \delta \\ \delta(|d| -
        \tfrac12\delta) & \text{otherwise} \end{cases} \\
        d = \hat y - y
        \end{gathered}

    It equals ``delta`` times ``smooth_l1_loss`` with ``beta = delta``.

    Args:
        pred: the prediction.
        target: what it should be, of the same shape.
        delta: where the square gives way to the line, in the unit of the target; above
            0. Default: 1.0 (as in PyTorch).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each element if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above, or delta is not above 0.

    References:
        Huber, Robust Estimation of a Location Parameter, 1964.

    Example:
        >>> huber_loss([0.5, 3.0], [0.0, 0.0], reduction="none").numpy()
        array([0.125, 2.5  ], dtype=float32)
    """
    positive(delta=delta)
    pred, target = same_shape(pred=pred, target=target)
    error = pred - target
    near = tf.clip_by_value(error, -delta, delta)
    return reduce(near * (error - 0.5 * near), reduction)


def smooth_l1_loss(
    pred: Any, target: Any, *, beta: float = 1.0, reduction: Reduction = "mean"
) -> tf.Tensor:
    r"""L1 with a rounded tip.

    .. math::

        \begin{gathered}
        \ell = \begin{cases} \tfrac12 d^2 / \beta & |d| < \beta \\ |d| - \tfrac12\beta &
        \text{otherwise} \end{cases} \\
        d = \hat y - y
        \end{gathered}

    Fast R-CNN's form has ``beta = 1``. The slope far from the target is 1 for every
    ``beta``.

    Args:
        pred: the prediction.
        target: what it should be, of the same shape.
        beta: half width of the rounded tip, in the unit of the target; above 0.
            Default: 1.0 (Girshick 2015, eq. 3).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each element if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above, or beta is not above 0.

    References:
        Girshick, Fast R-CNN, ICCV 2015, eq. 3.

    Example:
        >>> smooth_l1_loss([0.5, 3.0], [0.0, 0.0], reduction="none").numpy()
        array([0.125, 2.5  ], dtype=float32)
    """
    positive(beta=beta)
    pred, target = same_shape(pred=pred, target=target)
    error = pred - target
    near = tf.clip_by_value(error, -beta, beta)
    return reduce(near * (error - 0.5 * near) / beta, reduction)


def charbonnier_loss(
    pred: Any, target: Any, *, eps: float = 1e-3, reduction: Reduction = "mean"
) -> tf.Tensor:
    r"""A smooth L1 without a seam: the square root of a shifted square.

    .. math::

        \ell = \sqrt{(\hat y - y)^2 + \varepsilon^2}

    Its least value is ``eps``, not 0.

    Args:
        pred: the prediction.
        target: what it should be, of the same shape.
        eps: width of the rounded tip, in the unit of the target; above 0, and in
            float32 above 1e-19, or its square is 0. Default: 0.001 (Lai et al. 2017,
            section 3.2).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each element if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above, or eps is not above 0.

    References:
        - Charbonnier et al., Two Deterministic Half-Quadratic Regularization
          Algorithms, ICIP 1994.
        - Lai et al., Deep Laplacian Pyramid Networks, CVPR 2017.

    Example:
        >>> print(f"{charbonnier_loss([3.0], [0.0], eps=4.0):.1f}")
        5.0
    """
    positive(eps=eps)
    pred, target = same_shape(pred=pred, target=target)
    return reduce(tf.sqrt(tf.square(pred - target) + eps**2), reduction)


def log_cosh_loss(
    pred: Any, target: Any, *, reduction: Reduction = "mean"
) -> tf.Tensor:
    r"""Half the square near 0, L1 less a constant far away, with no parameter.

    .. math::

        \ell = \log\cosh(\hat y - y)

    Computed as ``|d| + log1p(expm1(-2|d|) / 2)``, which does not overflow.

    Args:
        pred: the prediction.
        target: what it should be, of the same shape.
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each element if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    Example:
        >>> print(f"{log_cosh_loss([1.0], [0.0]):.4f}")
        0.4338
    """
    pred, target = same_shape(pred=pred, target=target)
    error = pred - target
    # Not abs: its slope of 0 at 0 would take the second derivative with it.
    error = tf.where(error < 0, -error, error)
    return reduce(error + tf.math.log1p(tf.math.expm1(-2 * error) / 2), reduction)


def general_robust_loss(
    pred: Any,
    target: Any,
    *,
    alpha: float = 1.0,
    scale: float = 1.0,
    reduction: Reduction = "mean",
) -> tf.Tensor:
    r"""One family from the square to losses that ignore outliers.

    .. math::

        \begin{gathered}
        \ell = \frac{|\alpha - 2|}{\alpha}\left[\left(\frac{(d/c)^2}{|\alpha - 2|} +
        1\right)^{\alpha/2} - 1\right] \\
        d = \hat y - y
        \end{gathered}

    The limits are taken exactly: ``alpha`` 2 is half the square, 1 a Charbonnier loss,
    0 the Cauchy (Lorentzian) loss, -2 Geman-McClure, ``-inf`` Welsch.

    Args:
        pred: the prediction.
        target: what it should be, of the same shape.
        alpha: shape; the smaller, the less an outlier counts. ``-math.inf`` is allowed.
            Default: 1.0 (Charbonnier's loss, between the square and what ignores
            outliers).
        scale: the c of the formula: width of the quadratic bowl, in the unit of the
            target; above 0. Default: 1.0 (the unit of the errors).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each element if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above, or scale is not above 0,
            or alpha is not below infinity.

    References:
        Barron, A General and Adaptive Robust Loss Function, CVPR 2019, eq. 1 and 8.

    Example:
        >>> print(f"{general_robust_loss([2.0], [0.0], alpha=2.0):.1f}")
        2.0
    """
    numbers(alpha=alpha)
    positive(scale=scale)
    if not alpha < math.inf:
        raise ValueError(f"alpha must be below infinity, got {alpha!r}")
    pred, target = same_shape(pred=pred, target=target)
    squared = tf.square((pred - target) / scale)
    if alpha == 2:
        loss = squared / 2
    elif abs(alpha) < NEXT_TO_0:
        loss = tf.math.log1p(squared / 2)
    elif alpha < -1 / NEXT_TO_0:
        loss = -tf.math.expm1(-squared / 2)
    else:
        b = abs(alpha - 2)
        loss = b / alpha * tf.math.expm1(alpha / 2 * tf.math.log1p(squared / b))
    return reduce(loss, reduction)
