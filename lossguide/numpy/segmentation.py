"""Losses on masks: pixels, regions and thin structures.

Classes come as logits ``(N, H, W, K)`` with a target ``(N, H, W)`` of class indices. Masks that may overlap, or
a single one, come as logits and a target of one shape, ``(N, H, W, K)`` or ``(N, H, W)``.
"""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lossguide._arguments import not_negative, numbers, pair, positive, several_classes
from lossguide.numpy._arguments import (
    Array,
    Reduction,
    floats,
    integers,
    reduce,
    same_shape,
)
from lossguide.numpy._slope import constant

__all__ = [
    "border_weights",
    "cldice_loss",
    "dice_loss",
    "focal_tversky_loss",
    "jaccard_loss",
    "lovasz_hinge_loss",
    "lovasz_softmax_loss",
    "pixel_cross_entropy_loss",
    "soft_skeleton",
    "tversky_loss",
]

HEIGHT, WIDTH = 1, 2
Integers = NDArray[np.int64]


def _class_map(logits: Any, target: Any) -> tuple[Array, Integers]:
    """Check logits ``(N, H, W, K)`` and class indices ``(N, H, W)``."""
    (logits,) = floats(logits=logits)
    (target,) = integers(target=target)
    if logits.ndim != 4:
        raise ValueError(f"logits must have shape (N, H, W, K), got {logits.shape}")
    if target.shape != logits.shape[:3]:
        raise ValueError(
            f"target must have shape {logits.shape[:3]}, one class a pixel, got {target.shape}"
        )
    several_classes(logits=logits.shape[3])
    if np.any((target < 0) | (target >= logits.shape[3])):
        raise ValueError(
            f"target must hold classes from 0 to {logits.shape[3] - 1},"
            f" got {target.min()} to {target.max()}"
        )
    return logits, target


def _masks(**arrays: Any) -> tuple[Array, ...]:
    """Check arrays of one shape, ``(N, H, W)`` or ``(N, H, W, K)``."""
    checked = same_shape(**arrays)
    if checked[0].ndim not in (3, 4):
        name = next(iter(arrays))
        raise ValueError(
            f"{name} must have shape (N, H, W) or (N, H, W, K), got {checked[0].shape}"
        )
    return checked


def _log_softmax(logits: Array) -> Array:
    shifted: Array = logits - logits.max(axis=-1, keepdims=True)
    total: Array = np.exp(shifted).sum(axis=-1, keepdims=True)
    return shifted - np.log(total)


def _sigmoid(logits: Array) -> Array:
    return np.exp(-np.logaddexp(0, -logits))


def _one_hot(target: Integers, classes: int) -> Array:
    return np.eye(classes)[target]


def pixel_cross_entropy_loss(
    logits: Any,
    target: Any,
    *,
    weight_map: Any = None,
    reduction: Reduction = "mean",
) -> Array:
    r"""Cross-entropy of each pixel's class, weighted by a map.

    .. math::

        \begin{gathered}
        \ell_i = -w_i \log p_{i, y_i} \\
        p_i = \mathrm{softmax}(\text{logits}_i)
        \end{gathered}

    The mean is over all pixels, not over the sum of the weights: a pixel of weight 0
    counts as a pixel of loss 0, and a map of zeros gives 0. No class is ignored: a
    pixel without one gets any class, and the weight 0.

    Args:
        logits: one logit a class and pixel, ``(N, K, H, W)`` in PyTorch, ``(N, H, W,
            K)`` in TensorFlow and NumPy, for at least 2 classes: over one, a softmax is
            always 1.
        target: the true class of each pixel, ``(N, H, W)``: integers from 0 to K - 1.
            Another number is an error; on a GPU PyTorch's is an assertion of the
            device, and under XLA, which has no errors, the loss is NaN.
        weight_map: a weight for each pixel, ``(N, H, W)``; 1 everywhere if None. See
            ``border_weights``. Default: None (every pixel counts alike).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each pixel, ``(N, H, W)``, if ``reduction``
            is ``none``.

    Raises:
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Ronneberger et al., U-Net, MICCAI 2015, eq. 1 and 2.

    Example:
        >>> print(f"{pixel_cross_entropy_loss([[[[2.0, 0.0]]]], [[[0]]]):.4f}")
        0.1269
    """
    logits, target = _class_map(logits, target)
    log_p = np.take_along_axis(_log_softmax(logits), target[..., None], axis=-1)
    each = -log_p[..., 0]
    if weight_map is None:
        return reduce(each, reduction)
    (weight_map,) = floats(weight_map=weight_map)
    if weight_map.shape != target.shape:
        raise ValueError(
            f"weight_map must have shape {target.shape}, one weight a pixel, got {weight_map.shape}"
        )
    return reduce(weight_map * each, reduction)


def _distance(mask: NDArray[np.bool_]) -> Array:
    """The distance from each pixel of an image to the nearest pixel of a mask."""
    squared = np.where(mask, 0, np.inf)
    for _ in range(2):  # along the rows, then along the columns
        place = np.arange(squared.shape[1])
        steps = (place[:, None] - place) ** 2
        squared = (squared[:, None, :] + steps).min(axis=2).T
    return np.sqrt(squared)


def _to_two_instances(labels: Integers) -> Array:
    """The sum of each pixel's distances to the nearest and the second nearest instance of an image."""
    instances = np.unique(labels[labels != 0])
    if len(instances) < 2:
        return np.full(labels.shape, np.inf)
    distances = [_distance(labels == instance) for instance in instances]
    return np.asarray(np.sort(distances, axis=0)[:2].sum(axis=0))


def border_weights(
    labels: Any,
    *,
    w0: float = 10.0,
    sigma: float = 5.0,
    class_weights: tuple[float, float] = (1.0, 1.0),
) -> Array:
    r"""U-Net's weight map: pixels between two instances that nearly touch weigh most.

    .. math::

        w_i = w_c(i) + w_0 \exp\left(-\frac{(d_1(i) + d_2(i))^2}{2\sigma^2}\right)

    d1 and d2 are the distances to the nearest and the second nearest instance, 0 inside
    one. An image with fewer than two instances has no border: its weights are those of
    the classes. Memory grows with H W (2 H + W), so weigh large images one by one.
    PyTorch and TensorFlow give float32, NumPy float64.

    Args:
        labels: which instance each pixel belongs to, ``(..., H, W)``: integers, 0 for
            the background.
        w0: the weight added where two instances touch. Default: 10.0 (Ronneberger et
            al. 2015, section 3).
        sigma: how fast it falls with the distance, in pixels; above 0. Default: 5.0
            (Ronneberger et al. 2015, section 3).
        class_weights: the weight w_c of the background and of the foreground. Default:
            (1.0, 1.0) (both kinds of pixels count alike).

    Returns:
        Weights of the same shape.

    Raises:
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above, or sigma is not above 0.

    References:
        Ronneberger et al., U-Net, MICCAI 2015, eq. 1 and 2.

    Example:
        >>> border_weights([[1, 0, 2], [1, 0, 2]], sigma=1.0).round(4)
        array([[2.3534, 2.3534, 2.3534],
               [2.3534, 2.3534, 2.3534]])
    """
    numbers(w0=w0)
    positive(sigma=sigma)
    pair(class_weights=class_weights)
    (labels,) = integers(labels=labels)
    if labels.ndim < 2:
        raise ValueError(f"labels must have shape (..., H, W), got {labels.shape}")
    images = labels.reshape(-1, *labels.shape[-2:])
    distance = np.array([_to_two_instances(image) for image in images])
    background, foreground = class_weights
    balance: Array = np.where(labels == 0, background, foreground)
    border: Array = w0 * np.exp(-(distance.reshape(labels.shape) ** 2) / (2 * sigma**2))
    return balance + border


def _sum(maps: Array) -> Array:
    """The sum over the pixels of each map."""
    return np.asarray(maps.sum(axis=(HEIGHT, WIDTH)))


def _predicted_and_true(logits: Any, target: Any) -> tuple[Array, Array]:
    """Probabilities and masks of one shape."""
    if np.ndim(logits) == np.ndim(target):
        logits, target = _masks(logits=logits, target=target)
        return _sigmoid(logits), target
    logits, target = _class_map(logits, target)
    return np.exp(_log_softmax(logits)), _one_hot(target, logits.shape[3])


def _tversky(
    logits: Any, target: Any, alpha: float, beta: float, smooth: float
) -> Array:
    predicted, true = _predicted_and_true(logits, target)
    overlap = _sum(predicted * true)
    wrong = alpha * _sum(predicted * (1 - true)) + beta * _sum((1 - predicted) * true)
    return 1 - (overlap + smooth) / (overlap + wrong + smooth)


def jaccard_loss(
    logits: Any, target: Any, *, smooth: float = 1.0, reduction: Reduction = "mean"
) -> Array:
    r"""One less the soft intersection over union of masks.

    .. math::

        \begin{gathered}
        \ell = 1 - \frac{\mathrm{TP} + s}{\mathrm{TP} + \mathrm{FP} + \mathrm{FN} + s} \\
        \mathrm{TP} = \sum_i p_i y_i \\
        \mathrm{FP} = \sum_i p_i (1 - y_i) \\
        \mathrm{FN} = \sum_i (1 - p_i) y_i
        \end{gathered}

    The sums run over the pixels of one image. A class that the image lacks counts too:
    its loss is near 1 unless hardly a pixel is predicted, and its gradient lowers the
    prediction. It is ``tversky_loss`` with ``alpha = beta = 1``.

    Args:
        logits: one logit a class and pixel, ``(N, K, H, W)`` in PyTorch, ``(N, H, W,
            K)`` in TensorFlow and NumPy, for at least 2 classes: over one, a softmax is
            always 1. Or, for one mask an image, ``(N, H, W)``.
        target: the true class of each pixel, ``(N, H, W)``: integers from 0 to K - 1.
            Another number is an error; on a GPU PyTorch's is an assertion of the
            device, and under XLA, which has no errors, the loss is NaN. Or masks of 0.
            and 1. in the shape of ``logits``, which may overlap: then each is compared
            with a sigmoid of its logits, where classes share a softmax. One mask may
            have its channel, if logits and target both do.
        smooth: pixels added to the overlap of each image and class; above 0. An empty
            prediction of an empty mask so has loss 0. Default: 1.0 (one pixel).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each image and class, ``(N, K)``, if
            ``reduction`` is ``none``; ``(N,)`` for one mask an image.

    Raises:
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above, or smooth is not above 0.

    References:
        Rahman and Wang, Optimizing Intersection-Over-Union in Deep Neural Networks,
        ISVC 2016.

    Example:
        >>> loss = jaccard_loss([[[0.0, 0.0], [0.0, 0.0]]], [[[1, 1], [0, 0]]], smooth=1e-6)
        >>> print(f"{loss:.4f}")
        0.6667
    """
    positive(smooth=smooth)
    return reduce(_tversky(logits, target, 1.0, 1.0, smooth), reduction)


def dice_loss(
    logits: Any, target: Any, *, smooth: float = 1.0, reduction: Reduction = "mean"
) -> Array:
    r"""One less the soft Dice coefficient, the F1 score of masks.

    .. math::

        \begin{gathered}
        \ell = 1 - \frac{\mathrm{TP} + s}{\mathrm{TP} + \tfrac12 \mathrm{FP} + \tfrac12
        \mathrm{FN} + s} \\
        \mathrm{TP} = \sum_i p_i y_i \\
        \mathrm{FP} = \sum_i p_i (1 - y_i) \\
        \mathrm{FN} = \sum_i (1 - p_i) y_i
        \end{gathered}

    The sums run over the pixels of one image. A class that the image lacks counts too:
    its loss is near 1 unless hardly a pixel is predicted, and its gradient lowers the
    prediction. It is ``tversky_loss`` with ``alpha = beta = 1/2``. Written as ``1 - (2
    TP + t) / (P + Y + t)``, with the pixels P of the prediction and Y of the mask, it
    has ``t = 2 s``. Milletari et al. square the pixels in the denominator; here, as in
    most of the field, they are not.

    Args:
        logits: one logit a class and pixel, ``(N, K, H, W)`` in PyTorch, ``(N, H, W,
            K)`` in TensorFlow and NumPy, for at least 2 classes: over one, a softmax is
            always 1. Or, for one mask an image, ``(N, H, W)``.
        target: the true class of each pixel, ``(N, H, W)``: integers from 0 to K - 1.
            Another number is an error; on a GPU PyTorch's is an assertion of the
            device, and under XLA, which has no errors, the loss is NaN. Or masks of 0.
            and 1. in the shape of ``logits``, which may overlap: then each is compared
            with a sigmoid of its logits, where classes share a softmax. One mask may
            have its channel, if logits and target both do.
        smooth: pixels added to the overlap of each image and class; above 0. An empty
            prediction of an empty mask so has loss 0. Default: 1.0 (one pixel).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each image and class, ``(N, K)``, if
            ``reduction`` is ``none``; ``(N,)`` for one mask an image.

    Raises:
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above, or smooth is not above 0.

    References:
        Milletari et al., V-Net, 3DV 2016.

    Example:
        >>> loss = dice_loss([[[0.0, 0.0], [0.0, 0.0]]], [[[1, 1], [0, 0]]], smooth=1e-6)
        >>> print(f"{loss:.4f}")
        0.5000
    """
    positive(smooth=smooth)
    return reduce(_tversky(logits, target, 0.5, 0.5, smooth), reduction)


def tversky_loss(
    logits: Any,
    target: Any,
    *,
    alpha: float = 0.3,
    beta: float = 0.7,
    smooth: float = 1.0,
    reduction: Reduction = "mean",
) -> Array:
    r"""Dice with different prices for false positives and false negatives.

    .. math::

        \begin{gathered}
        \ell = 1 - \frac{\mathrm{TP} + s}{\mathrm{TP} + \alpha \mathrm{FP} + \beta
        \mathrm{FN} + s} \\
        \mathrm{TP} = \sum_i p_i y_i \\
        \mathrm{FP} = \sum_i p_i (1 - y_i) \\
        \mathrm{FN} = \sum_i (1 - p_i) y_i
        \end{gathered}

    The sums run over the pixels of one image. A class that the image lacks counts too:
    its loss is near 1 unless hardly a pixel is predicted, and its gradient lowers the
    prediction. ``alpha = beta = 1/2`` gives ``dice_loss``, ``alpha = beta = 1`` gives
    ``jaccard_loss``.

    Args:
        logits: one logit a class and pixel, ``(N, K, H, W)`` in PyTorch, ``(N, H, W,
            K)`` in TensorFlow and NumPy, for at least 2 classes: over one, a softmax is
            always 1. Or, for one mask an image, ``(N, H, W)``.
        target: the true class of each pixel, ``(N, H, W)``: integers from 0 to K - 1.
            Another number is an error; on a GPU PyTorch's is an assertion of the
            device, and under XLA, which has no errors, the loss is NaN. Or masks of 0.
            and 1. in the shape of ``logits``, which may overlap: then each is compared
            with a sigmoid of its logits, where classes share a softmax. One mask may
            have its channel, if logits and target both do.
        alpha: weight of false positives; at least 0. Default: 0.3 (Salehi et al. 2017,
            its experiments).
        beta: weight of false negatives; at least 0. Default: 0.7 (Salehi et al. 2017,
            its experiments).
        smooth: pixels added to the overlap of each image and class; above 0. An empty
            prediction of an empty mask so has loss 0. Default: 1.0 (one pixel).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each image and class, ``(N, K)``, if
            ``reduction`` is ``none``; ``(N,)`` for one mask an image.

    Raises:
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above, or alpha or beta is below
            0, or smooth is not above 0.

    References:
        Salehi et al., Tversky Loss Function for Image Segmentation, MLMI 2017.

    Example:
        >>> loss = tversky_loss([[[0.0, 0.0], [0.0, 0.0]]], [[[1, 0], [0, 0]]], smooth=1e-6)
        >>> print(f"{loss:.4f}")
        0.6154
    """
    positive(smooth=smooth)
    not_negative(alpha=alpha, beta=beta)
    return reduce(_tversky(logits, target, alpha, beta, smooth), reduction)


def focal_tversky_loss(
    logits: Any,
    target: Any,
    *,
    alpha: float = 0.3,
    beta: float = 0.7,
    gamma: float = 4 / 3,
    smooth: float = 1.0,
    reduction: Reduction = "mean",
) -> Array:
    r"""A root of the Tversky loss, which steepens it where the mask is nearly right.

    .. math::

        \begin{gathered}
        \ell = \left(1 - \frac{\mathrm{TP} + s}{\mathrm{TP} + \alpha \mathrm{FP} + \beta
        \mathrm{FN} + s}\right)^{1/\gamma} \\
        \mathrm{TP} = \sum_i p_i y_i \\
        \mathrm{FP} = \sum_i p_i (1 - y_i) \\
        \mathrm{FN} = \sum_i (1 - p_i) y_i
        \end{gathered}

    The sums run over the pixels of one image. A class that the image lacks counts too:
    its loss is near 1 unless hardly a pixel is predicted, and its gradient lowers the
    prediction. The exponent is the paper's, ``1 / gamma``: ``gamma`` above 1 raises the
    slope of small losses, and codes that raise to ``gamma`` mean the inverse number. At
    a loss of exactly 0 the slope is taken as 0; next to it, with ``gamma`` above 2,
    second derivatives can overflow float32.

    Args:
        logits: one logit a class and pixel, ``(N, K, H, W)`` in PyTorch, ``(N, H, W,
            K)`` in TensorFlow and NumPy, for at least 2 classes: over one, a softmax is
            always 1. Or, for one mask an image, ``(N, H, W)``.
        target: the true class of each pixel, ``(N, H, W)``: integers from 0 to K - 1.
            Another number is an error; on a GPU PyTorch's is an assertion of the
            device, and under XLA, which has no errors, the loss is NaN. Or masks of 0.
            and 1. in the shape of ``logits``, which may overlap: then each is compared
            with a sigmoid of its logits, where classes share a softmax. One mask may
            have its channel, if logits and target both do.
        alpha: weight of false positives; at least 0. Default: 0.3 (Salehi et al. 2017,
            its experiments).
        beta: weight of false negatives; at least 0. Default: 0.7 (Salehi et al. 2017,
            its experiments).
        gamma: the root; 1 gives ``tversky_loss``; above 0. Default: 1.333 (Abraham and
            Khan 2019, its experiments).
        smooth: pixels added to the overlap of each image and class; above 0. An empty
            prediction of an empty mask so has loss 0. Default: 1.0 (one pixel).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each image and class, ``(N, K)``, if
            ``reduction`` is ``none``; ``(N,)`` for one mask an image.

    Raises:
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above, or alpha or beta is below
            0, or gamma or smooth is not above 0.

    References:
        Abraham and Khan, A Novel Focal Tversky Loss Function, ISBI 2019.

    Example:
        >>> loss = focal_tversky_loss([[[0.0, 0.0], [0.0, 0.0]]], [[[1, 0], [0, 0]]], smooth=1e-6)
        >>> print(f"{loss:.4f}")
        0.6948
    """
    positive(gamma=gamma, smooth=smooth)
    not_negative(alpha=alpha, beta=beta)
    loss = _tversky(logits, target, alpha, beta, smooth)
    return reduce(loss ** (1 / gamma), reduction)


def _lovasz(errors: Array, masks: Array) -> Array:
    """The Lovasz extension of the Jaccard loss, at the pixel errors ``(N, P, ...)`` of true masks."""
    order = np.argsort(-errors, axis=1, kind="stable")
    errors, masks = (np.take_along_axis(x, order, axis=1) for x in (errors, masks))
    size = masks.sum(axis=1, keepdims=True)
    # The Jaccard loss if the pixels so far are wrong: the overlap lacks them, the union has them.
    overlap = size - masks.cumsum(axis=1)
    union = size + (1 - masks).cumsum(axis=1)
    steps = np.diff(1 - overlap / union, axis=1, prepend=0)
    return np.asarray((errors * steps).sum(axis=1))


def _pixels(maps: Array, per_image: bool) -> Array:
    """From ``(N, H, W, ...)`` to ``(N, P, ...)``, or to ``(1, P, ...)`` with the whole batch as one image."""
    images = maps.shape[0] if per_image else 1
    return maps.reshape(
        images, np.prod(maps.shape[:3]) // max(images, 1), *maps.shape[3:]
    )


def lovasz_softmax_loss(
    logits: Any,
    target: Any,
    *,
    classes: Literal["present", "all"] = "present",
    per_image: bool = True,
    reduction: Reduction = "mean",
) -> Array:
    r"""The Jaccard loss of classes, extended from right-or-wrong pixels to their
    probabilities.

    .. math::

        \begin{gathered}
        \ell = \frac{1}{|C|} \sum_{c \in C} \overline{\Delta_{J_c}}(m(c)) \\
        m_i(c) = |[y_i = c] - p_{i,c}|
        \end{gathered}

    The overlined term is the Lovász extension: with the errors m in descending order,
    each is weighted by what its pixel adds to ``1 - IoU`` once it is wrong after the
    larger ones. Errors of 0 and 1 give exactly ``1 - IoU``. Equal errors count in the
    order of their pixels, row by row. A class that the image lacks has its largest
    probability as its loss; ``classes="present"`` leaves it out.

    Args:
        logits: one logit a class and pixel, ``(N, K, H, W)`` in PyTorch, ``(N, H, W,
            K)`` in TensorFlow and NumPy, for at least 2 classes: over one, a softmax is
            always 1.
        target: the true class of each pixel, ``(N, H, W)``: integers from 0 to K - 1.
            Another number is an error; on a GPU PyTorch's is an assertion of the
            device, and under XLA, which has no errors, the loss is NaN.
        classes: which classes C an image is averaged over: those "present" in its
            target, or "all". Default: "present" (Berman et al. 2018, its code).
        per_image: score each image by itself; if False, all pixels of the batch are one
            image. Default: True (as the other losses of masks).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each image, ``(N,)``, if ``reduction`` is
            ``none``.

    Raises:
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above, or classes is not
            "present" or "all".

    References:
        Berman et al., The Lovász-Softmax Loss, CVPR 2018, algorithm 1.

    Example:
        >>> lovasz_softmax_loss([[[[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]]], [[[0, 1, 1]]])
        array(0.5)
    """
    if classes not in ("present", "all"):
        raise ValueError(f'classes must be "present" or "all", got {classes!r}')
    logits, target = _class_map(logits, target)
    predicted = _pixels(np.exp(_log_softmax(logits)), per_image)
    masks = _pixels(_one_hot(target, logits.shape[3]), per_image)
    each = _lovasz(np.abs(masks - predicted), masks)
    counted = np.any(masks, axis=1) | (classes == "all")
    loss = (each * counted).sum(axis=1) / np.maximum(counted.sum(axis=1), 1)
    return reduce(loss, reduction)


def lovasz_hinge_loss(
    logits: Any,
    target: Any,
    *,
    per_image: bool = True,
    reduction: Reduction = "mean",
) -> Array:
    r"""The Jaccard loss of a mask, extended to the hinge errors of its logits.

    .. math::

        \begin{gathered}
        \ell = \overline{\Delta_J}(m) \\
        m_i = \max(0, 1 - x_i (2 y_i - 1))
        \end{gathered}

    The overlined term is the Lovász extension, as in ``lovasz_softmax_loss``. Pixels
    right by a margin of 1 cost nothing. For an empty mask the loss is the largest hinge
    error; for a full one, the mean.

    Args:
        logits: one logit a pixel, ``(N, H, W)``; or, for K masks that may overlap,
            ``(N, K, H, W)`` in PyTorch, ``(N, H, W, K)`` in TensorFlow and NumPy.
        target: the true masks, 0. or 1., of the same shape.
        per_image: score each image by itself; if False, all pixels of the batch are one
            image. Default: True (as the other losses of masks).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each mask, ``(N,)`` or ``(N, K)``, if
            ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Berman et al., The Lovász-Softmax Loss, CVPR 2018, algorithm 1.

    Example:
        >>> lovasz_hinge_loss([[[2.0, -0.5, -3.0]]], [[[1, 1, 0]]])
        array(0.75)
    """
    logits, target = _masks(logits=logits, target=target)
    margins = _pixels(logits * (2 * target - 1), per_image)
    masks = _pixels(target, per_image)
    return reduce(_lovasz(np.maximum(1 - margins, 0), masks), reduction)


def _neighbors(maps: Array, axis: int) -> list[Array]:
    """The pixel before and the pixel after each along an axis; at the border, the pixel itself."""
    places = np.arange(maps.shape[axis])
    before, after = np.maximum(places - 1, 0), np.minimum(places + 1, places[-1])
    return [np.take(maps, before, axis), np.take(maps, after, axis)]


def _extreme(maps: list[Array], choose: Callable[..., Array]) -> Array:
    """The smallest or the largest of the maps, pixel by pixel; equal ones share the slope."""
    stack = np.stack(maps)
    chosen = choose(stack, axis=0)
    equal = stack == chosen
    share = constant(equal / equal.sum(axis=0))
    change: Array = (share * (stack - constant(stack))).sum(axis=0)
    return constant(chosen) + change


def _erode(maps: Array) -> Array:
    """The smallest of each pixel and its four neighbors."""
    return _extreme([maps, *_neighbors(maps, HEIGHT), *_neighbors(maps, WIDTH)], np.min)


def _dilate(maps: Array) -> Array:
    """The largest of the 3 x 3 pixels around each."""
    for axis in (HEIGHT, WIDTH):
        maps = _extreme([maps, *_neighbors(maps, axis)], np.max)
    return maps


def _skeleton(maps: Array, iterations: int) -> Array:
    skeleton = np.zeros_like(maps)
    for _ in range(iterations + 1):
        eroded = _erode(maps)
        lost = maps - _dilate(eroded)
        positive_part = lost * constant(np.heaviside(lost, 0))
        skeleton = skeleton + (1 - skeleton) * positive_part
        maps = eroded
    return skeleton


def soft_skeleton(masks: Any, *, iterations: int = 3) -> Array:
    r"""The center lines of soft masks, by thinning.

    .. math::

        \begin{gathered}
        S \leftarrow S + (1 - S)\,\max(0, I - \mathrm{dilate}(\mathrm{erode}(I))) \\
        I \leftarrow \mathrm{erode}(I)
        \end{gathered}

    Starts from S = 0 and runs ``iterations + 1`` times. Erosion takes the smallest of a
    pixel and its four neighbors, dilation the largest of the 3 x 3 around it; pixels
    beyond the border are neither, so a mask that fills the image is never thinned and
    has no skeleton. Where pixels are equal, the smallest or largest of them share the
    gradient evenly.

    Args:
        masks: probabilities in [0, 1], not logits: ``(N, H, W)``; or ``(N, K, H, W)``
            in PyTorch, ``(N, H, W, K)`` in TensorFlow and NumPy.
        iterations: how often the mask is thinned; at least 0. Half the width of the
            widest structure, in pixels, is enough. Default: 3 (Shit et al. 2021, its
            code).

    Returns:
        Skeletons in [0, 1], of the same shape.

    Raises:
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above, or iterations is below 0.

    References:
        Shit et al., clDice, CVPR 2021, algorithms 1 and 2.

    Example:
        >>> soft_skeleton([[[0, 0, 0], [1, 1, 1], [0, 0, 0]]])
        array([[[0., 0., 0.],
                [1., 1., 1.],
                [0., 0., 0.]]])
    """
    not_negative(iterations=iterations)
    (masks,) = _masks(masks=masks)
    return _skeleton(masks, iterations)


def cldice_loss(
    logits: Any,
    target: Any,
    *,
    iterations: int = 3,
    smooth: float = 1.0,
    reduction: Reduction = "mean",
) -> Array:
    r"""One less the soft clDice of thin structures: do the center lines lie in each other's
    masks?

    .. math::

        \begin{gathered}
        \ell = 1 - \frac{2\,T_\mathrm{prec}\,T_\mathrm{sens}}{T_\mathrm{prec} +
        T_\mathrm{sens}} \\
        T_\mathrm{prec} = \frac{\sum S_p\, y + s}{\sum S_p + s} \\
        T_\mathrm{sens} = \frac{\sum S_y\, p + s}{\sum S_y + s}
        \end{gathered}

    ``S`` is ``soft_skeleton``, ``p`` the sigmoid of the logits. The sums run over the
    pixels of one mask. Two empty masks have loss 0. It says nothing about width: the
    paper adds it to a Dice loss.

    Args:
        logits: one logit a pixel, ``(N, H, W)``; or, for K masks that may overlap,
            ``(N, K, H, W)`` in PyTorch, ``(N, H, W, K)`` in TensorFlow and NumPy.
        target: the true masks, 0. or 1., of the same shape.
        iterations: how often the mask is thinned; at least 0. Half the width of the
            widest structure, in pixels, is enough. Default: 3 (Shit et al. 2021, its
            code).
        smooth: pixels added to both parts of each fraction; above 0. Default: 1.0 (Shit
            et al. 2021, its code).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each mask, ``(N,)`` or ``(N, K)``, if
            ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above, or smooth is not above 0,
            or iterations is below 0.

    References:
        Shit et al., clDice, CVPR 2021, algorithms 1 and 2.

    Example:
        >>> target = np.array([[[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]])
        >>> print(f"{cldice_loss(20 * (2 * target - 1), target):.4f}")
        0.0000
    """
    positive(smooth=smooth)
    not_negative(iterations=iterations)
    logits, target = _masks(logits=logits, target=target)
    predicted = _sigmoid(logits)

    precision = _share(_skeleton(predicted, iterations), target, smooth)
    sensitivity = _share(_skeleton(target, iterations), predicted, smooth)
    return reduce(
        1 - 2 * precision * sensitivity / (precision + sensitivity), reduction
    )


def _share(lines: Array, masks: Array, smooth: float) -> Array:
    """How much of the lines lies on the masks."""
    return (_sum(lines * masks) + smooth) / (_sum(lines) + smooth)
