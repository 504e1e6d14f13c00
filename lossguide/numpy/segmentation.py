"""Losses on masks: pixels, regions and thin structures.

Classes come as logits ``(N, H, W, K)`` with a target ``(N, H, W)`` of class indices. Masks that may overlap, or
a single one, come as logits and a target of one shape, ``(N, H, W, K)`` or ``(N, H, W)``.
"""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lossguide._arguments import (
    not_negative,
    numbers,
    one_of,
    pair,
    positive,
    several_classes,
)
from lossguide.numpy._arguments import (
    Array,
    Reduction,
    booleans,
    floats,
    integers,
    reduce,
    same_shape,
)
from lossguide.numpy._slope import constant

__all__ = [
    "border_weights",
    "cldice_loss",
    "dice_ce_loss",
    "dice_loss",
    "focal_tversky_loss",
    "jaccard_loss",
    "jaccard_metric_loss",
    "lovasz_hinge_loss",
    "lovasz_softmax_loss",
    "pixel_cross_entropy_loss",
    "soft_skeleton",
    "tversky_loss",
]

HEIGHT, WIDTH = 1, 2
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
Classes = Literal["present", "all"]


def _counting(
    logits: Array, target: NDArray[Any], mask: Any
) -> tuple[Array, NDArray[Any], Booleans]:
    """Logits and targets with 0 at the pixels that a mask leaves out, and which pixels count."""
    shape = target.shape[:3]
    (counted,) = booleans(mask=np.ones(shape, bool) if mask is None else mask)
    if counted.shape != shape:
        raise ValueError(
            f"mask must have shape {shape}, one boolean a pixel, got {counted.shape}"
        )
    logits = np.where(_like(counted, logits), logits, 0)
    return logits, np.where(_like(counted, target), target, 0), counted


def _like(pixels: Booleans, maps: NDArray[Any]) -> Booleans:
    """Pixels with an axis for the classes of maps, where these have one."""
    return pixels[..., None] if maps.ndim == 4 else pixels


def _class_map(
    logits: Any, target: Any, mask: Any = None
) -> tuple[Array, Integers, Booleans]:
    """Check logits ``(N, H, W, K)`` and class indices ``(N, H, W)``; say which pixels count."""
    (logits,) = floats(logits=logits)
    (target,) = integers(target=target)
    if logits.ndim != 4:
        raise ValueError(f"logits must have shape (N, H, W, K), got {logits.shape}")
    if target.shape != logits.shape[:3]:
        raise ValueError(
            f"target must have shape {logits.shape[:3]}, one class a pixel, got {target.shape}"
        )
    several_classes(logits=logits.shape[3])
    logits, target, counted = _counting(logits, target, mask)
    if np.any((target < 0) | (target >= logits.shape[3])):
        raise ValueError(
            f"target must hold classes from 0 to {logits.shape[3] - 1},"
            f" got {target.min()} to {target.max()}"
        )
    return logits, target, counted


def _masks(**arrays: Any) -> tuple[Array, ...]:
    """Check arrays of one shape, ``(N, H, W)`` or ``(N, H, W, K)``."""
    checked = same_shape(**arrays)
    if checked[0].ndim not in (3, 4):
        name = next(iter(arrays))
        raise ValueError(
            f"{name} must have shape (N, H, W) or (N, H, W, K), got {checked[0].shape}"
        )
    return checked


def _per_class(class_weight: Any, classes: int) -> Array:
    """A weight for each class, all 1 if None."""
    if class_weight is None:
        return np.ones(classes)
    (weight,) = floats(class_weight=class_weight)
    if weight.shape != (classes,):
        raise ValueError(
            f"class_weight must have shape {(classes,)}, one number a class, got {weight.shape}"
        )
    return weight


def _mean_of(
    values: Array, shares: Array, axis: int | tuple[int, ...] | None = None
) -> Array:
    """The sum of values over the sum of their shares; 0 where nothing has a share."""
    total = shares.sum(axis=axis)
    return np.asarray(values.sum(axis=axis) / np.where(total != 0, total, 1))


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
    class_weight: Any = None,
    mask: Any = None,
    reduction: Reduction = "mean",
) -> Array:
    r"""Cross-entropy of each pixel's class, weighted by a map.

    .. math::

        \begin{gathered}
        \ell_i = -w_i v_{y_i} \log p_{i, y_i} \\
        p_i = \mathrm{softmax}(\text{logits}_i)
        \end{gathered}

    The mean is over the pixels that the mask counts, each with the weight v of its
    class, not over the sum of the map: a pixel of weight 0 in it counts as a pixel of
    loss 0, and a map of zeros gives 0.

    Args:
        logits: one logit a class and pixel, ``(N, K, H, W)`` in PyTorch, ``(N, H, W,
            K)`` in TensorFlow and NumPy, for at least 2 classes: over one, a softmax is
            always 1.
        target: the true class of each pixel, ``(N, H, W)``: integers from 0 to K - 1.
            Another number is an error; on a GPU PyTorch's is an assertion of the
            device, and under XLA, which has no errors, the loss is NaN.
        weight_map: a weight w for each pixel, ``(N, H, W)``; 1 everywhere if None. See
            ``border_weights``. Default: None (every pixel counts alike).
        class_weight: a weight v for each class, ``(K,)``; the mean is divided by the
            sum of those of the pixels that count, as PyTorch does. Default: None (all
            classes count alike).
        mask: booleans ``(N, H, W)``: where one is False the pixel counts nowhere,
            whatever its logits and target hold; value and gradient are 0 there.
            ``mask=target != 255`` ignores the label 255. Default: None (every pixel
            counts).
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
    logits, target, counted = _class_map(logits, target, mask)
    share = np.where(counted, _per_class(class_weight, logits.shape[3])[target], 0)
    log_p = np.take_along_axis(_log_softmax(logits), target[..., None], axis=-1)
    each = share * -log_p[..., 0]
    if weight_map is not None:
        (weight_map,) = floats(weight_map=weight_map)
        if weight_map.shape != target.shape:
            raise ValueError(
                f"weight_map must have shape {target.shape}, one weight a pixel, got {weight_map.shape}"
            )
        each = np.where(counted, weight_map, 0) * each
    return _mean_of(each, share) if reduction == "mean" else reduce(each, reduction)


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


def _predicted_and_true(logits: Any, target: Any, mask: Any) -> tuple[Array, Array]:
    """Probabilities and masks of one shape, 0 at the pixels that do not count."""
    if np.ndim(logits) == np.ndim(target):
        logits, target = _masks(logits=logits, target=target)
        logits, target, counted = _counting(logits, target, mask)
        predicted = _sigmoid(logits)
    else:
        logits, target, counted = _class_map(logits, target, mask)
        predicted, target = (
            np.exp(_log_softmax(logits)),
            _one_hot(target, logits.shape[3]),
        )
    counted = _like(counted, predicted)
    return np.where(counted, predicted, 0), np.where(counted, target, 0)


def _pixels(maps: NDArray[Any], per_image: bool) -> NDArray[Any]:
    """From ``(N, H, W, ...)`` to ``(N, P, ...)``, or to ``(1, P, ...)`` with the whole batch as one image."""
    images = maps.shape[0] if per_image else 1
    return maps.reshape(
        images, np.prod(maps.shape[:3]) // max(images, 1), *maps.shape[3:]
    )


def _sums(maps: Array, per_image: bool, per_class: bool) -> Array:
    """The sum over the pixels of each image and class, or of all images, or of all classes."""
    sums = _pixels(maps, per_image).sum(axis=1)
    return np.asarray(sums if per_class or sums.ndim == 1 else sums.sum(axis=1))


def _tversky(
    logits: Any,
    target: Any,
    alpha: float,
    beta: float,
    smooth: float,
    mask: Any,
    per_image: bool,
    per_class: bool,
    power: int = 1,
) -> tuple[Array, Booleans]:
    """The Tversky loss of each image and class, and whether the class is there."""
    p, y = _predicted_and_true(logits, target, mask)
    true_positive = _sums(p * y, per_image, per_class)
    false_positive = _sums(p**power - p * y, per_image, per_class)
    false_negative = _sums(y**power - p * y, per_image, per_class)
    wrong = alpha * false_positive + beta * false_negative
    loss = 1 - (true_positive + smooth) / (true_positive + wrong + smooth)
    return loss, _sums(y, per_image, per_class) > 0


def _over_classes(
    loss: Array,
    present: Booleans,
    class_weight: Any,
    classes: Classes,
    reduction: Reduction,
) -> Array:
    """Apply the reduction to the losses of images and classes that count, each with its class's weight."""
    one_of("present", "all", classes=classes)
    if class_weight is not None and loss.ndim != 2:
        raise ValueError(
            f"class_weight weighs the losses of several classes, got losses of shape {loss.shape}"
        )
    weight = _per_class(class_weight, loss.shape[1]) if loss.ndim == 2 else 1.0
    share = np.where(present | (classes == "all"), weight, 0)
    loss = np.where(share != 0, share * loss, 0)
    return _mean_of(loss, share) if reduction == "mean" else reduce(loss, reduction)


def jaccard_loss(
    logits: Any,
    target: Any,
    *,
    smooth: float = 1.0,
    mask: Any = None,
    class_weight: Any = None,
    classes: Classes = "all",
    per_image: bool = True,
    per_class: bool = True,
    reduction: Reduction = "mean",
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
        mask: booleans ``(N, H, W)``: where one is False the pixel counts nowhere,
            whatever its logits and target hold; value and gradient are 0 there.
            ``mask=target != 255`` ignores the label 255. Default: None (every pixel
            counts).
        class_weight: one number for each class, ``(K,)``: the weight of its losses, by
            whose sum the mean is divided. 0 leaves a class out, as is common for the
            background. Default: None (all classes count alike).
        classes: which classes of an image count: "all", or those "present" in its
            target. Where none does, the loss is 0 and so is its gradient. Default:
            "all" (an absent class is to stay empty).
        per_image: score each image by itself; if False, all pixels of the batch are one
            image. Default: True (an image is an example).
        per_class: score each class by itself; if False, the pixels of all classes are
            counted together. Default: True (a small class counts as much as a large
            one).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each image and class, ``(N, K)``, if
            ``reduction`` is ``none``; ``(N,)`` for one mask an image or all classes
            together, N = 1 for all images together.

    Raises:
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above, or smooth is not above 0,
            or class_weight has no classes to weigh.

    References:
        Rahman and Wang, Optimizing Intersection-Over-Union in Deep Neural Networks,
        ISVC 2016.

    Example:
        >>> loss = jaccard_loss([[[0.0, 0.0], [0.0, 0.0]]], [[[1, 1], [0, 0]]], smooth=1e-6)
        >>> print(f"{loss:.4f}")
        0.6667
    """
    positive(smooth=smooth)
    loss, present = _tversky(
        logits, target, 1.0, 1.0, smooth, mask, per_image, per_class
    )
    return _over_classes(loss, present, class_weight, classes, reduction)


def dice_loss(
    logits: Any,
    target: Any,
    *,
    smooth: float = 1.0,
    squared: bool = False,
    mask: Any = None,
    class_weight: Any = None,
    classes: Classes = "all",
    per_image: bool = True,
    per_class: bool = True,
    reduction: Reduction = "mean",
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
    has ``t = 2 s``. With ``squared=True``, ``FP`` sums ``p (p - y)`` and ``FN`` sums
    ``y (y - p)``.

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
        squared: whether the pixels of the denominator are squared, p and y: Milletari
            et al. do so, most others do not. Default: False (as most of the field).
        mask: booleans ``(N, H, W)``: where one is False the pixel counts nowhere,
            whatever its logits and target hold; value and gradient are 0 there.
            ``mask=target != 255`` ignores the label 255. Default: None (every pixel
            counts).
        class_weight: one number for each class, ``(K,)``: the weight of its losses, by
            whose sum the mean is divided. 0 leaves a class out, as is common for the
            background. Default: None (all classes count alike).
        classes: which classes of an image count: "all", or those "present" in its
            target. Where none does, the loss is 0 and so is its gradient. Default:
            "all" (an absent class is to stay empty).
        per_image: score each image by itself; if False, all pixels of the batch are one
            image. Default: True (an image is an example).
        per_class: score each class by itself; if False, the pixels of all classes are
            counted together. Default: True (a small class counts as much as a large
            one).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each image and class, ``(N, K)``, if
            ``reduction`` is ``none``; ``(N,)`` for one mask an image or all classes
            together, N = 1 for all images together.

    Raises:
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above, or smooth is not above 0,
            or class_weight has no classes to weigh.

    References:
        Milletari et al., V-Net, 3DV 2016.

    Example:
        >>> loss = dice_loss([[[0.0, 0.0], [0.0, 0.0]]], [[[1, 1], [0, 0]]], smooth=1e-6)
        >>> print(f"{loss:.4f}")
        0.5000
    """
    positive(smooth=smooth)
    loss, present = _tversky(
        logits,
        target,
        0.5,
        0.5,
        smooth,
        mask,
        per_image,
        per_class,
        2 if squared else 1,
    )
    return _over_classes(loss, present, class_weight, classes, reduction)


def tversky_loss(
    logits: Any,
    target: Any,
    *,
    alpha: float = 0.3,
    beta: float = 0.7,
    smooth: float = 1.0,
    mask: Any = None,
    class_weight: Any = None,
    classes: Classes = "all",
    per_image: bool = True,
    per_class: bool = True,
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
        mask: booleans ``(N, H, W)``: where one is False the pixel counts nowhere,
            whatever its logits and target hold; value and gradient are 0 there.
            ``mask=target != 255`` ignores the label 255. Default: None (every pixel
            counts).
        class_weight: one number for each class, ``(K,)``: the weight of its losses, by
            whose sum the mean is divided. 0 leaves a class out, as is common for the
            background. Default: None (all classes count alike).
        classes: which classes of an image count: "all", or those "present" in its
            target. Where none does, the loss is 0 and so is its gradient. Default:
            "all" (an absent class is to stay empty).
        per_image: score each image by itself; if False, all pixels of the batch are one
            image. Default: True (an image is an example).
        per_class: score each class by itself; if False, the pixels of all classes are
            counted together. Default: True (a small class counts as much as a large
            one).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each image and class, ``(N, K)``, if
            ``reduction`` is ``none``; ``(N,)`` for one mask an image or all classes
            together, N = 1 for all images together.

    Raises:
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above, or alpha or beta is below
            0, smooth is not above 0, or class_weight has no classes to weigh.

    References:
        Salehi et al., Tversky Loss Function for Image Segmentation, MLMI 2017.

    Example:
        >>> loss = tversky_loss([[[0.0, 0.0], [0.0, 0.0]]], [[[1, 0], [0, 0]]], smooth=1e-6)
        >>> print(f"{loss:.4f}")
        0.6154
    """
    positive(smooth=smooth)
    not_negative(alpha=alpha, beta=beta)
    loss, present = _tversky(
        logits, target, alpha, beta, smooth, mask, per_image, per_class
    )
    return _over_classes(loss, present, class_weight, classes, reduction)


def focal_tversky_loss(
    logits: Any,
    target: Any,
    *,
    alpha: float = 0.3,
    beta: float = 0.7,
    gamma: float = 4 / 3,
    smooth: float = 1.0,
    mask: Any = None,
    class_weight: Any = None,
    classes: Classes = "all",
    per_image: bool = True,
    per_class: bool = True,
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
        mask: booleans ``(N, H, W)``: where one is False the pixel counts nowhere,
            whatever its logits and target hold; value and gradient are 0 there.
            ``mask=target != 255`` ignores the label 255. Default: None (every pixel
            counts).
        class_weight: one number for each class, ``(K,)``: the weight of its losses, by
            whose sum the mean is divided. 0 leaves a class out, as is common for the
            background. Default: None (all classes count alike).
        classes: which classes of an image count: "all", or those "present" in its
            target. Where none does, the loss is 0 and so is its gradient. Default:
            "all" (an absent class is to stay empty).
        per_image: score each image by itself; if False, all pixels of the batch are one
            image. Default: True (an image is an example).
        per_class: score each class by itself; if False, the pixels of all classes are
            counted together. Default: True (a small class counts as much as a large
            one).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each image and class, ``(N, K)``, if
            ``reduction`` is ``none``; ``(N,)`` for one mask an image or all classes
            together, N = 1 for all images together.

    Raises:
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above, or alpha or beta is below
            0, gamma or smooth is not above 0, or class_weight has no classes to weigh.

    References:
        Abraham and Khan, A Novel Focal Tversky Loss Function, ISBI 2019.

    Example:
        >>> loss = focal_tversky_loss([[[0.0, 0.0], [0.0, 0.0]]], [[[1, 0], [0, 0]]], smooth=1e-6)
        >>> print(f"{loss:.4f}")
        0.6948
    """
    positive(gamma=gamma, smooth=smooth)
    not_negative(alpha=alpha, beta=beta)
    loss, present = _tversky(
        logits, target, alpha, beta, smooth, mask, per_image, per_class
    )
    loss = loss ** (1 / gamma)
    return _over_classes(loss, present, class_weight, classes, reduction)


def jaccard_metric_loss(
    logits: Any,
    target: Any,
    *,
    smooth: float = 1.0,
    mask: Any = None,
    class_weight: Any = None,
    classes: Classes = "all",
    per_image: bool = True,
    per_class: bool = True,
    reduction: Reduction = "mean",
) -> Array:
    r"""The Jaccard loss for soft labels: least where the prediction is the label, not where
    it is sure.

    .. math::

        \ell = 1 - \frac{\sum_i \min(p_i, y_i) + s}{\sum_i \max(p_i, y_i) + s}

    On labels of 0 and 1 it is ``jaccard_loss``. On soft ones that loss errs: for a
    label of one half its least is at a probability of 1. The paper writes the sum of
    the smaller numbers as ``(|p| + |y| - |p - y|) / 2``; of its two losses this is the
    first. Where ``p`` equals ``y``, the slope of ``|p - y|`` is taken as 0.

    Args:
        logits: one logit a pixel, ``(N, H, W)``, of which a sigmoid is taken; or one a
            class and pixel, ``(N, K, H, W)`` in PyTorch, ``(N, H, W, K)`` in TensorFlow
            and NumPy, of which a softmax is taken.
        target: soft labels from 0 to 1 of the same shape; those of the classes of a
            pixel sum to 1.
        smooth: pixels added to the overlap of each image and class; above 0. Default:
            1.0 (one pixel).
        mask: booleans ``(N, H, W)``: where one is False the pixel counts nowhere,
            whatever its logits and target hold; value and gradient are 0 there.
            ``mask=target != 255`` ignores the label 255. Default: None (every pixel
            counts).
        class_weight: one number for each class, ``(K,)``: the weight of its losses, by
            whose sum the mean is divided. 0 leaves a class out, as is common for the
            background. Default: None (all classes count alike).
        classes: which classes of an image count: "all", or those "present" in its
            target. Where none does, the loss is 0 and so is its gradient. Default:
            "all" (an absent class is to stay empty).
        per_image: score each image by itself; if False, all pixels of the batch are one
            image. Default: True (an image is an example).
        per_class: score each class by itself; if False, the pixels of all classes are
            counted together. Default: True (a small class counts as much as a large
            one).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each image and class, ``(N, K)``, if
            ``reduction`` is ``none``; ``(N,)`` for one mask an image or all classes
            together, N = 1 for all images together.

    Raises:
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above, or smooth is not above 0,
            or class_weight has no classes to weigh.

    References:
        Wang et al., Jaccard Metric Losses, NeurIPS 2023.

    Example:
        >>> loss = jaccard_metric_loss([[[0.0, 0.0]]], [[[0.5, 0.5]]])
        >>> print(f"{loss:.4f}")
        0.0000
    """
    positive(smooth=smooth)
    logits, target = _masks(logits=logits, target=target)
    logits, target, counted = _counting(logits, target, mask)
    if logits.ndim == 4:
        several_classes(logits=logits.shape[3])
        predicted = np.exp(_log_softmax(logits))
    else:
        predicted = _sigmoid(logits)
    predicted = np.where(_like(counted, predicted), predicted, 0)
    common = _sums(np.minimum(predicted, target), per_image, per_class)
    either = _sums(np.maximum(predicted, target), per_image, per_class)
    loss = 1 - (common + smooth) / (either + smooth)
    present = _sums(target, per_image, per_class) > 0
    return _over_classes(loss, present, class_weight, classes, reduction)


def dice_ce_loss(
    logits: Any,
    target: Any,
    *,
    dice_weight: float = 1.0,
    ce_weight: float = 1.0,
    smooth: float = 1.0,
    mask: Any = None,
    reduction: Reduction = "mean",
) -> Array:
    r"""Dice plus cross-entropy: the compound that most medical segmentation starts from.

    .. math::

        \ell = a\,\ell_\mathrm{Dice} + b\,\ell_\mathrm{CE}

    Of each image: the mean of ``dice_loss`` over its classes and the mean of the
    cross-entropy over the pixels that count. nnU-Net adds the two 1 : 1; its Dice
    leaves out the background and smooths by 1e-5.

    Args:
        logits: one logit a class and pixel, ``(N, K, H, W)`` in PyTorch, ``(N, H, W,
            K)`` in TensorFlow and NumPy, for at least 2 classes: over one, a softmax is
            always 1. Or, for one mask an image, ``(N, H, W)``.
        target: the true class of each pixel, ``(N, H, W)``: integers from 0 to K - 1.
            Another number is an error; on a GPU PyTorch's is an assertion of the
            device, and under XLA, which has no errors, the loss is NaN. Or masks of 0.
            and 1. in the shape of ``logits``, which may overlap: then the
            cross-entropy, too, is that of a sigmoid.
        dice_weight: the weight a; at least 0. Default: 1.0 (Isensee et al. 2021, its
            code).
        ce_weight: the weight b; at least 0. Default: 1.0 (Isensee et al. 2021, its
            code).
        smooth: pixels added to the overlap in the Dice loss; above 0. Default: 1.0 (one
            pixel).
        mask: booleans ``(N, H, W)``: where one is False the pixel counts nowhere,
            whatever its logits and target hold; value and gradient are 0 there.
            ``mask=target != 255`` ignores the label 255. Default: None (every pixel
            counts).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each image, ``(N,)``, if ``reduction`` is
            ``none``.

    Raises:
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above, or dice_weight or
            ce_weight is below 0, or smooth is not above 0.

    References:
        - Isensee et al., nnU-Net, Nature Methods 2021.
        - Milletari et al., V-Net, 3DV 2016.

    Example:
        >>> print(f"{dice_ce_loss([[[[2.0, 0.0]]]], [[[0]]]):.4f}")
        0.1704
    """
    positive(smooth=smooth)
    not_negative(dice_weight=dice_weight, ce_weight=ce_weight)
    dice = dice_loss(logits, target, smooth=smooth, mask=mask, reduction="none")
    if np.ndim(logits) == np.ndim(target):
        logits, target = _masks(logits=logits, target=target)
        logits, target, _ = _counting(logits, target, mask)
        each = np.logaddexp(0, logits) - target * logits
    else:
        each = pixel_cross_entropy_loss(logits, target, mask=mask, reduction="none")
    share, each, _ = _counting(np.ones_like(each), each, mask)
    pixels = tuple(range(1, each.ndim))
    cross_entropy = _mean_of(each, share, axis=pixels)
    if dice.ndim == 2:
        dice = dice.mean(axis=1)
    return reduce(dice_weight * dice + ce_weight * cross_entropy, reduction)


def _lovasz(errors: Array, masks: Array) -> Array:
    """The Lovasz extension of the Jaccard loss, at the pixel errors ``(N, P, ...)`` of true masks.

    An error of 0 outside of the mask changes nothing: so do the pixels that do not count.
    """
    order = np.argsort(-errors, axis=1, kind="stable")
    errors, masks = (np.take_along_axis(x, order, axis=1) for x in (errors, masks))
    size = masks.sum(axis=1, keepdims=True)
    # The Jaccard loss if the pixels so far are wrong: the overlap lacks them, the union has them.
    overlap = size - masks.cumsum(axis=1)
    union = size + (1 - masks).cumsum(axis=1)
    steps = np.diff(1 - overlap / union, axis=1, prepend=0)
    return np.asarray((errors * steps).sum(axis=1))


def lovasz_softmax_loss(
    logits: Any,
    target: Any,
    *,
    mask: Any = None,
    class_weight: Any = None,
    classes: Classes = "present",
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
        mask: booleans ``(N, H, W)``: where one is False the pixel counts nowhere,
            whatever its logits and target hold; value and gradient are 0 there.
            ``mask=target != 255`` ignores the label 255. Default: None (every pixel
            counts).
        class_weight: one number for each class, ``(K,)``: its weight in the mean over
            the classes of an image. 0 leaves a class out. Default: None (all classes
            count alike).
        classes: which classes C an image is averaged over: those "present" in its
            target, or "all". Default: "present" (Berman et al. 2018, its code).
        per_image: score each image by itself; if False, all pixels of the batch are one
            image. Default: True (an image is an example).
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
    one_of("present", "all", classes=classes)
    logits, target, counted = _class_map(logits, target, mask)
    masks = np.where(_like(counted, logits), _one_hot(target, logits.shape[3]), 0)
    errors = np.abs(masks - np.exp(_log_softmax(logits)))
    errors = np.where(_like(counted, logits), errors, 0)
    errors, masks = (_pixels(x, per_image) for x in (errors, masks))
    present = masks.sum(axis=1) > 0
    weight = _per_class(class_weight, logits.shape[3])
    share = np.where(present | (classes == "all"), weight, 0)
    return reduce(_mean_of(share * _lovasz(errors, masks), share, axis=1), reduction)


def lovasz_hinge_loss(
    logits: Any,
    target: Any,
    *,
    mask: Any = None,
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
        mask: booleans ``(N, H, W)``: where one is False the pixel counts nowhere,
            whatever its logits and target hold; value and gradient are 0 there.
            ``mask=target != 255`` ignores the label 255. Default: None (every pixel
            counts).
        per_image: score each image by itself; if False, all pixels of the batch are one
            image. Default: True (an image is an example).
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
    logits, target, counted = _counting(logits, target, mask)
    errors = np.maximum(1 - logits * (2 * target - 1), 0)
    errors = np.where(_like(counted, errors), errors, 0)
    errors, masks = (_pixels(x, per_image) for x in (errors, target))
    return reduce(_lovasz(errors, masks), reduction)


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
