"""Losses on masks: pixels, regions and thin structures.

Classes come as logits ``(N, H, W, K)`` with a target ``(N, H, W)`` of class indices. Masks that may overlap, or
a single one, come as logits and a target of one shape, ``(N, H, W, K)`` or ``(N, H, W)``.
"""

import math
from typing import Any, Literal

import tensorflow as tf

from lossguide._arguments import not_negative, numbers, pair, positive, several_classes
from lossguide.tensorflow._arguments import (
    ALL_BUT_LAST,
    Reduction,
    agree,
    class_indices,
    floats,
    integers,
    known_classes,
    reduce,
    same_shape,
)

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


def _class_map(logits: Any, target: Any) -> tuple[tf.Tensor, tf.Tensor]:
    """Check logits ``(N, H, W, K)`` and class indices ``(N, H, W)``."""
    (logits,) = floats(logits=logits)
    (target,) = class_indices(target=target)
    if logits.shape.rank != 4:
        raise ValueError(
            f"logits must have shape (N, H, W, K), got {tuple(logits.shape)}"
        )
    message = (
        f"target must have shape {tuple(logits.shape[:3])}, one class a pixel,"
        f" got {tuple(target.shape)}"
    )
    several_classes(logits=logits.shape[-1])
    return logits, agree(target, logits, message, other_axes=ALL_BUT_LAST)


def _masks(**arrays: Any) -> tuple[tf.Tensor, ...]:
    """Check tensors of one shape, ``(N, H, W)`` or ``(N, H, W, K)``."""
    checked = same_shape(**arrays)
    if checked[0].shape.rank not in (3, 4):
        name = next(iter(arrays))
        raise ValueError(
            f"{name} must have shape (N, H, W) or (N, H, W, K), got {tuple(checked[0].shape)}"
        )
    return checked


def _one_hot(target: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    count = tf.shape(logits)[-1]
    known = known_classes(target, count, logits.dtype)
    return known[..., None] + tf.one_hot(target, count, dtype=logits.dtype)


def pixel_cross_entropy_loss(
    logits: Any,
    target: Any,
    *,
    weight_map: Any = None,
    reduction: Reduction = "mean",
) -> tf.Tensor:
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
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Ronneberger et al., U-Net, MICCAI 2015, eq. 1 and 2.

    Example:
        >>> loss = pixel_cross_entropy_loss([[[[2.0, 0.0]]]], [[[0]]])
        >>> print(f"{loss:.4f}")
        0.1269
    """
    logits, target = _class_map(logits, target)
    if weight_map is None:
        weight_map = tf.ones_like(target, dtype=logits.dtype)
    logits, weight_map = floats(logits=logits, weight_map=weight_map)
    message = (
        f"weight_map must have shape {tuple(target.shape)}, one weight a pixel,"
        f" got {tuple(weight_map.shape)}"
    )
    weight_map = agree(weight_map, target, message)
    each = tf.nn.sparse_softmax_cross_entropy_with_logits(target, logits)
    return reduce(weight_map * each, reduction)


def _two_nearest(
    squared: tf.Tensor, owners: tf.Tensor
) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
    """For places ``(..., P, M)`` from M candidates: the two nearest of different owners ``(..., M)``."""

    def owner(index: tf.Tensor) -> tf.Tensor:
        return tf.gather(owners, index, batch_dims=owners.shape.rank - 1)

    nearest = owner(tf.argmin(squared, -1))
    taken = owners[..., None, :] == nearest[..., None]
    others = tf.where(taken, math.inf, squared)
    second = owner(tf.argmin(others, -1))
    distances = [tf.reduce_min(squared, -1), tf.reduce_min(others, -1)]
    return distances, [nearest, second]


def _squared_steps(length: tf.Tensor) -> tf.Tensor:
    """Squared distances between the places of a line."""
    place = tf.range(tf.cast(length, tf.float32))
    return tf.square(place[:, None] - place)


def border_weights(
    labels: Any,
    *,
    w0: float = 10.0,
    sigma: float = 5.0,
    class_weights: tuple[float, float] = (1.0, 1.0),
) -> tf.Tensor:
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
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above, or sigma is not above 0.

    References:
        Ronneberger et al., U-Net, MICCAI 2015, eq. 1 and 2.

    Example:
        >>> weights = border_weights([[1, 0, 2], [1, 0, 2]], sigma=1.0)
        >>> print(weights.numpy().round(4))
        [[2.3534 2.3534 2.3534]
         [2.3534 2.3534 2.3534]]
    """
    numbers(w0=w0)
    positive(sigma=sigma)
    pair(class_weights=class_weights)
    (labels,) = integers(labels=labels)
    if labels.shape.rank < 2:
        raise ValueError(
            f"labels must have shape (..., H, W), got {tuple(labels.shape)}"
        )
    height, width = map(_squared_steps, tf.unstack(tf.shape(labels)[-2:]))
    # Along the row first: the squared distances to the two nearest instances in it.
    away = tf.where(labels == 0, math.inf, 0.0)
    found = _two_nearest(away[..., None, :] + width, labels)
    # Then along the column, where every row offers its two.
    squared, owners = (
        tf.concat([tf.linalg.matrix_transpose(x) for x in pair], -1) for pair in found
    )
    steps = tf.concat([height, height], 1)
    (first, second), _ = _two_nearest(squared[..., None, :] + steps, owners)
    distance = tf.linalg.matrix_transpose(tf.sqrt(first) + tf.sqrt(second))
    background, foreground = map(float, class_weights)
    balance = tf.where(labels == 0, background, foreground)
    return balance + w0 * tf.exp(-tf.square(distance) / (2 * sigma**2))


def _sum(maps: tf.Tensor) -> tf.Tensor:
    """The sum over the pixels of each map."""
    return tf.reduce_sum(maps, axis=(HEIGHT, WIDTH))


def _predicted_and_true(logits: Any, target: Any) -> tuple[tf.Tensor, tf.Tensor]:
    """Probabilities and masks of one shape."""
    logits, target = tf.convert_to_tensor(logits), tf.convert_to_tensor(target)
    if logits.shape.rank == target.shape.rank:
        logits, target = _masks(logits=logits, target=target)
        return tf.sigmoid(logits), target
    logits, target = _class_map(logits, target)
    return tf.nn.softmax(logits), _one_hot(target, logits)


def _tversky(
    logits: Any, target: Any, alpha: float, beta: float, smooth: float
) -> tf.Tensor:
    predicted, true = _predicted_and_true(logits, target)
    overlap = _sum(predicted * true)
    wrong = alpha * (_sum(predicted) - overlap) + beta * (_sum(true) - overlap)
    return wrong / (overlap + wrong + smooth)


def jaccard_loss(
    logits: Any,
    target: Any,
    *,
    smooth: float = 1.0,
    reduction: Reduction = "mean",
) -> tf.Tensor:
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
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above, or smooth is not above 0.

    References:
        Rahman and Wang, Optimizing Intersection-Over-Union in Deep Neural Networks,
        ISVC 2016.

    Example:
        >>> loss = jaccard_loss(tf.zeros([1, 2, 2]), [[[1.0, 1.0], [0.0, 0.0]]], smooth=1e-6)
        >>> print(f"{loss:.4f}")
        0.6667
    """
    positive(smooth=smooth)
    return reduce(_tversky(logits, target, 1.0, 1.0, smooth), reduction)


def dice_loss(
    logits: Any,
    target: Any,
    *,
    smooth: float = 1.0,
    reduction: Reduction = "mean",
) -> tf.Tensor:
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
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above, or smooth is not above 0.

    References:
        Milletari et al., V-Net, 3DV 2016.

    Example:
        >>> loss = dice_loss(tf.zeros([1, 2, 2]), [[[1.0, 1.0], [0.0, 0.0]]], smooth=1e-6)
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
) -> tf.Tensor:
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
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above, or alpha or beta is below
            0, or smooth is not above 0.

    References:
        Salehi et al., Tversky Loss Function for Image Segmentation, MLMI 2017.

    Example:
        >>> loss = tversky_loss(tf.zeros([1, 2, 2]), [[[1.0, 0.0], [0.0, 0.0]]], smooth=1e-6)
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
) -> tf.Tensor:
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
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above, or alpha or beta is below
            0, or gamma or smooth is not above 0.

    References:
        Abraham and Khan, A Novel Focal Tversky Loss Function, ISBI 2019.

    Example:
        >>> logits, target = tf.zeros([1, 2, 2]), [[[1.0, 0.0], [0.0, 0.0]]]
        >>> print(f"{focal_tversky_loss(logits, target, smooth=1e-6):.4f}")
        0.6948
    """
    positive(gamma=gamma, smooth=smooth)
    not_negative(alpha=alpha, beta=beta)
    loss = tf.maximum(_tversky(logits, target, alpha, beta, smooth), 0)
    # The root's slope at 0 is infinite: a perfect mask is left out of it.
    imperfect = loss != 0
    root = tf.where(imperfect, loss, 1) ** (1 / gamma)
    return reduce(tf.where(imperfect, root, 0), reduction)


def _lovasz(errors: tf.Tensor, masks: tf.Tensor) -> tf.Tensor:
    """The Lovasz extension of the Jaccard loss, at the pixel errors ``(..., P)`` of true masks."""
    order = tf.argsort(errors, direction="DESCENDING", stable=True)
    errors, masks = (
        tf.gather(x, order, batch_dims=order.shape.rank - 1) for x in (errors, masks)
    )
    size = tf.reduce_sum(masks, -1, keepdims=True)
    # If the pixels so far are wrong, the overlap lacks them and the union has them.
    overlap, union = size - tf.cumsum(masks, -1), size + tf.cumsum(1 - masks, -1)
    # What each adds to the Jaccard loss, not as a difference, which float32 blurs over many pixels.
    before = union - (1 - masks)
    steps = (masks * union + (1 - masks) * overlap) / (union * before)
    return tf.reduce_sum(errors * tf.where(before != 0, steps, 1), -1)


def _pixels(maps: tf.Tensor, per_image: bool) -> tf.Tensor:
    """From ``(N, H, W, ...)`` to ``(N, ..., P)``, or to ``(1, ..., P)`` with the whole batch as one image."""
    shape = tf.shape(maps)
    images = shape[:1] if per_image else [1]
    count = tf.reduce_prod(shape[1:3] if per_image else shape[:3])
    pixels = tf.reshape(maps, tf.concat([images, [count], shape[3:]], 0))
    return tf.linalg.matrix_transpose(pixels) if maps.shape.rank == 4 else pixels


def lovasz_softmax_loss(
    logits: Any,
    target: Any,
    *,
    classes: Literal["present", "all"] = "present",
    per_image: bool = True,
    reduction: Reduction = "mean",
) -> tf.Tensor:
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
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above, or classes is not
            "present" or "all".

    References:
        Berman et al., The Lovász-Softmax Loss, CVPR 2018, algorithm 1.

    Example:
        >>> loss = lovasz_softmax_loss(tf.zeros([1, 1, 3, 2]), [[[0, 1, 1]]])
        >>> print(f"{loss:.4f}")
        0.5000
    """
    if classes not in ("present", "all"):
        raise ValueError(f'classes must be "present" or "all", got {classes!r}')
    logits, target = _class_map(logits, target)
    predicted = _pixels(tf.nn.softmax(logits), per_image)
    masks = _pixels(_one_hot(target, logits), per_image)
    each = _lovasz(tf.abs(masks - predicted), masks)
    counted = tf.reduce_any(masks > 0, -1) | (classes == "all")
    counted = tf.cast(counted, each.dtype)
    loss = tf.math.divide_no_nan(
        tf.reduce_sum(counted * each, 1), tf.reduce_sum(counted, 1)
    )
    return reduce(loss, reduction)


def lovasz_hinge_loss(
    logits: Any,
    target: Any,
    *,
    per_image: bool = True,
    reduction: Reduction = "mean",
) -> tf.Tensor:
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
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Berman et al., The Lovász-Softmax Loss, CVPR 2018, algorithm 1.

    Example:
        >>> loss = lovasz_hinge_loss([[[2.0, -0.5, -3.0]]], [[[1.0, 1.0, 0.0]]])
        >>> print(f"{loss:.4f}")
        0.7500
    """
    logits, target = _masks(logits=logits, target=target)
    margins = _pixels(logits * (2 * target - 1), per_image)
    masks = _pixels(target, per_image)
    return reduce(_lovasz(tf.nn.relu(1 - margins), masks), reduction)


def _neighbors(maps: tf.Tensor, axis: int) -> list[tf.Tensor]:
    """The pixel before and the pixel after each along an axis; at the border, the pixel itself."""
    if axis == HEIGHT:
        before, after = [maps[:, :1], maps[:, :-1]], [maps[:, 1:], maps[:, -1:]]
    else:
        before = [maps[:, :, :1], maps[:, :, :-1]]
        after = [maps[:, :, 1:], maps[:, :, -1:]]
    return [tf.concat(before, axis), tf.concat(after, axis)]


def _erode(maps: tf.Tensor) -> tf.Tensor:
    """The smallest of each pixel and its four neighbors; equal ones share the gradient."""
    cross = [maps, *_neighbors(maps, HEIGHT), *_neighbors(maps, WIDTH)]
    return tf.reduce_min(tf.stack(cross), 0)


def _dilate(maps: tf.Tensor) -> tf.Tensor:
    """The largest of the 3 x 3 pixels around each; equal ones share the gradient."""
    for axis in (HEIGHT, WIDTH):
        maps = tf.reduce_max(tf.stack([maps, *_neighbors(maps, axis)]), 0)
    return maps


def _skeleton(maps: tf.Tensor, iterations: int) -> tf.Tensor:
    skeleton = tf.zeros_like(maps)
    for _ in range(iterations + 1):
        eroded = _erode(maps)
        lost = tf.nn.relu(maps - _dilate(eroded))
        skeleton += (1 - skeleton) * lost
        maps = eroded
    return skeleton


def soft_skeleton(masks: Any, *, iterations: int = 3) -> tf.Tensor:
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
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above, or iterations is below 0.

    References:
        Shit et al., clDice, CVPR 2021, algorithms 1 and 2.

    Example:
        >>> lines = soft_skeleton([[[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]])
        >>> print(lines.numpy())
        [[[0. 0. 0.]
          [1. 1. 1.]
          [0. 0. 0.]]]
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
) -> tf.Tensor:
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
        TypeError: an input does not hold floating-point numbers.
        ValueError: a shape or an option is not as said above, or smooth is not above 0,
            or iterations is below 0.

    References:
        Shit et al., clDice, CVPR 2021, algorithms 1 and 2.

    Example:
        >>> target = tf.constant([[[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]])
        >>> print(f"{cldice_loss(20 * (2 * target - 1), target):.4f}")
        0.0000
    """
    positive(smooth=smooth)
    not_negative(iterations=iterations)
    logits, target = _masks(logits=logits, target=target)
    predicted = tf.sigmoid(logits)
    precision = _share(_skeleton(predicted, iterations), target, smooth)
    sensitivity = _share(_skeleton(target, iterations), predicted, smooth)
    return reduce(
        1 - 2 * precision * sensitivity / (precision + sensitivity), reduction
    )


def _share(lines: tf.Tensor, masks: tf.Tensor, smooth: float) -> tf.Tensor:
    """How much of the lines lies on the masks."""
    return (_sum(lines * masks) + smooth) / (_sum(lines) + smooth)
