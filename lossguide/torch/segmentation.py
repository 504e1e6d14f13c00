"""Losses on masks: pixels, regions and thin structures.

Classes come as logits ``(N, K, H, W)`` with a target ``(N, H, W)`` of class indices. Masks that may overlap, or
a single one, come as logits and a target of one shape, ``(N, K, H, W)`` or ``(N, H, W)``.
"""

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from lossguide._arguments import (
    not_negative,
    numbers,
    one_of,
    pair,
    positive,
    several_classes,
)
from lossguide.torch._arguments import (
    Reduction,
    booleans,
    floats,
    integers,
    reduce,
    same_shape,
)

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

HEIGHT, WIDTH = -2, -1
Classes = Literal["present", "all"]
# F.cross_entropy always ignores some number, by default -100: one that no target holds.
NOTHING = -(2**62)


def _counting(
    logits: Tensor, target: Tensor, mask: Tensor | None
) -> tuple[Tensor, Tensor, Tensor | None]:
    """Logits and targets with 0 at the pixels that a mask leaves out, and which pixels count, if not all."""
    counted = _counted(logits, mask)
    return _kept(logits, counted), _kept(target, counted), counted


def _counted(logits: Tensor, mask: Tensor | None) -> Tensor | None:
    """Check a mask, one boolean a pixel."""
    if mask is None:
        return None
    (mask,) = booleans(mask=mask)
    shape = (len(logits), *logits.shape[-2:])
    if mask.shape != shape:
        raise ValueError(
            f"mask must have shape {shape}, one boolean a pixel, got {tuple(mask.shape)}"
        )
    return mask


def _kept(maps: Tensor, counted: Tensor | None) -> Tensor:
    """Maps ``(N, H, W)`` or ``(N, K, H, W)`` with 0 at the pixels that do not count."""
    if counted is None:
        return maps
    return maps.where(counted if maps.ndim == 3 else counted[:, None], 0)


def _class_map(
    logits: Tensor, target: Tensor, mask: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor | None]:
    """Check logits ``(N, K, H, W)`` and class indices ``(N, H, W)``; say which pixels count."""
    (logits,) = floats(logits=logits)
    (target,) = integers(target=target)
    if logits.ndim != 4:
        raise ValueError(
            f"logits must have shape (N, K, H, W), got {tuple(logits.shape)}"
        )
    expected = (logits.shape[0], *logits.shape[2:])
    if target.shape != expected:
        raise ValueError(
            f"target must have shape {expected}, one class a pixel, got {tuple(target.shape)}"
        )
    several_classes(logits=logits.shape[1])
    return _counting(logits, target, mask)


def _masks(**tensors: Tensor) -> tuple[Tensor, ...]:
    """Check tensors of one shape, ``(N, H, W)`` or ``(N, K, H, W)``."""
    checked = same_shape(**tensors)
    if checked[0].ndim not in (3, 4):
        name = next(iter(tensors))
        raise ValueError(
            f"{name} must have shape (N, H, W) or (N, K, H, W), got {tuple(checked[0].shape)}"
        )
    return checked


def _per_class(
    values: Tensor, class_weight: Tensor | None, classes: int
) -> tuple[Tensor, Tensor]:
    """Values and a weight for each class, all 1 if None, in one precision."""
    if class_weight is None:
        return values, values.new_ones(classes)
    values, weight = floats(values=values, class_weight=class_weight)
    if tuple(weight.shape) != (classes,):
        raise ValueError(
            f"class_weight must have shape {(classes,)}, one number a class, got {tuple(weight.shape)}"
        )
    return values, weight


def _mean_of(
    values: Tensor, shares: Tensor, axis: int | tuple[int, ...] | None = None
) -> Tensor:
    """The sum of values over the sum of their shares; 0 where nothing has a share."""
    total = shares.sum(axis)
    return values.sum(axis) / torch.where(total != 0, total, 1)


def pixel_cross_entropy_loss(
    logits: Tensor,
    target: Tensor,
    *,
    weight_map: Tensor | None = None,
    class_weight: Tensor | None = None,
    mask: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Ronneberger et al., U-Net, MICCAI 2015, eq. 1 and 2.

    Example:
        >>> logits = torch.tensor([[[[2.0]], [[0.0]]]])
        >>> print(f"{pixel_cross_entropy_loss(logits, torch.tensor([[[0]]])):.4f}")
        0.1269
    """
    logits, target, counted = _class_map(logits, target, mask)
    logits, weight = _per_class(logits, class_weight, logits.shape[1])
    each = F.cross_entropy(
        logits, target, weight, ignore_index=NOTHING, reduction="none"
    )
    if weight_map is not None:
        each, weight_map = floats(each=each, weight_map=weight_map)
        if weight_map.shape != target.shape:
            raise ValueError(
                f"weight_map must have shape {tuple(target.shape)}, one weight a pixel,"
                f" got {tuple(weight_map.shape)}"
            )
        each = _kept(weight_map, counted) * each
    each = _kept(each, counted)
    if reduction != "mean":
        return reduce(each, reduction)
    share = weight.index_select(0, target.flatten()).view_as(target)
    return _mean_of(each, _kept(share, counted))


def _two_nearest(squared: Tensor, owners: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    """For places ``(..., P, M)`` from M candidates: the two nearest of different owners ``(..., M)``."""
    first, index = squared.min(-1)
    nearest = owners.gather(-1, index)
    taken = owners[..., None, :] == nearest[..., None]
    second, index = squared.masked_fill(taken, math.inf).min(-1)
    return [first, second], [nearest, owners.gather(-1, index)]


def _squared_steps(length: int, device: torch.device) -> Tensor:
    """Squared distances between the places of a line."""
    place = torch.arange(length, dtype=torch.float32, device=device)
    return (place[:, None] - place).square()


def border_weights(
    labels: Tensor,
    *,
    w0: float = 10.0,
    sigma: float = 5.0,
    class_weights: tuple[float, float] = (1.0, 1.0),
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or sigma is not above 0.

    References:
        Ronneberger et al., U-Net, MICCAI 2015, eq. 1 and 2.

    Example:
        >>> border_weights(torch.tensor([[1, 0, 2], [1, 0, 2]]), sigma=1.0)
        tensor([[2.3534, 2.3534, 2.3534],
                [2.3534, 2.3534, 2.3534]])
    """
    numbers(w0=w0)
    positive(sigma=sigma)
    pair(class_weights=class_weights)
    (labels,) = integers(labels=labels)
    if labels.ndim < 2:
        raise ValueError(
            f"labels must have shape (..., H, W), got {tuple(labels.shape)}"
        )
    height, width = (_squared_steps(n, labels.device) for n in labels.shape[-2:])
    # Along the row first: the squared distances to the two nearest instances in it.
    away = torch.where(labels == 0, math.inf, torch.zeros_like(width[0]))
    found = _two_nearest(away[..., None, :] + width, labels)
    # Then along the column, where every row offers its two.
    squared, owners = (torch.cat([x.mT for x in pair], -1) for pair in found)
    steps = torch.cat([height, height], 1)
    (first, second), _ = _two_nearest(squared[..., None, :] + steps, owners)
    distance = (first.sqrt() + second.sqrt()).mT
    background, foreground = class_weights
    balance = torch.where(labels == 0, background, foreground)
    return balance + w0 * torch.exp(-distance.square() / (2 * sigma**2))


def _sum(maps: Tensor) -> Tensor:
    """The sum over the pixels of each map."""
    return maps.sum((HEIGHT, WIDTH))


def _overlap(
    logits: Tensor, target: Tensor, mask: Tensor | None, power: int
) -> tuple[Tensor, Tensor, Tensor]:
    """The sizes of the overlap, the prediction and the truth of each image and class; ``power`` 2 squares the last."""
    (logits,) = floats(logits=logits)
    if isinstance(target, Tensor) and target.ndim == logits.ndim:
        logits, target = _masks(logits=logits, target=target)
        logits, target, counted = _counting(logits, target, mask)
        predicted = _kept(logits.sigmoid(), counted)
        return (
            _sum(predicted * target),
            _sum(predicted**power),
            _sum(target**power),
        )
    logits, target, counted = _class_map(logits, target, mask)
    predicted = _kept(logits.softmax(1), counted)
    # Pixels are added up class by class in each row, then over rows: quick, and exact in float32.
    rows = predicted.new_zeros(*target.shape[:2], logits.shape[1])
    own = predicted.gather(1, target[:, None])[:, 0]
    overlap = rows.scatter_add(2, target, own).sum(1)
    ones = _kept(torch.ones_like(own), counted)
    return overlap, _sum(predicted**power), rows.scatter_add(2, target, ones).sum(1)


def _pooled(sums: Tensor, per_image: bool, per_class: bool) -> Tensor:
    """Sums ``(N, K)`` or ``(N,)`` over all images, or over all classes, unless each is scored by itself."""
    if not per_image:
        sums = sums.sum(0, keepdim=True)
    return sums if per_class or sums.ndim == 1 else sums.sum(1)


def _tversky(
    logits: Tensor,
    target: Tensor,
    alpha: float,
    beta: float,
    smooth: float,
    mask: Tensor | None,
    per_image: bool,
    per_class: bool,
    power: int = 1,
) -> tuple[Tensor, Tensor]:
    """The Tversky loss of each image and class, and whether the class is there."""
    overlap, predicted, true = (
        _pooled(sums, per_image, per_class)
        for sums in _overlap(logits, target, mask, power)
    )
    wrong = alpha * (predicted - overlap) + beta * (true - overlap)
    return wrong / (overlap + wrong + smooth), true > 0


def _over_classes(
    loss: Tensor,
    present: Tensor,
    class_weight: Tensor | None,
    classes: Classes,
    reduction: Reduction,
) -> Tensor:
    """Apply the reduction to the losses of images and classes that count, each with its class's weight."""
    one_of("present", "all", classes=classes)
    if class_weight is None and classes == "all":
        return reduce(loss, reduction)
    share = torch.ones_like(loss)
    if class_weight is not None:
        if loss.ndim != 2:
            raise ValueError(
                "class_weight weighs the losses of several classes, got losses of shape"
                f" {tuple(loss.shape)}"
            )
        loss, weight = _per_class(loss, class_weight, loss.shape[1])
        share = weight.expand_as(loss)
    if classes == "present":
        share = share.where(present, 0)
    loss = share * loss.where(share != 0, 0)
    return _mean_of(loss, share) if reduction == "mean" else reduce(loss, reduction)


def jaccard_loss(
    logits: Tensor,
    target: Tensor,
    *,
    smooth: float = 1.0,
    mask: Tensor | None = None,
    class_weight: Tensor | None = None,
    classes: Classes = "all",
    per_image: bool = True,
    per_class: bool = True,
    reduction: Reduction = "mean",
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or smooth is not above 0,
            or class_weight has no classes to weigh.

    References:
        Rahman and Wang, Optimizing Intersection-Over-Union in Deep Neural Networks,
        ISVC 2016.

    Example:
        >>> logits, target = torch.zeros(1, 2, 2), torch.tensor([[[1.0, 1.0], [0.0, 0.0]]])
        >>> jaccard_loss(logits, target, smooth=1e-6)
        tensor(0.6667)
    """
    positive(smooth=smooth)
    loss, present = _tversky(
        logits, target, 1.0, 1.0, smooth, mask, per_image, per_class
    )
    return _over_classes(loss, present, class_weight, classes, reduction)


def dice_loss(
    logits: Tensor,
    target: Tensor,
    *,
    smooth: float = 1.0,
    squared: bool = False,
    mask: Tensor | None = None,
    class_weight: Tensor | None = None,
    classes: Classes = "all",
    per_image: bool = True,
    per_class: bool = True,
    reduction: Reduction = "mean",
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or smooth is not above 0,
            or class_weight has no classes to weigh.

    References:
        Milletari et al., V-Net, 3DV 2016.

    Example:
        >>> logits, target = torch.zeros(1, 2, 2), torch.tensor([[[1.0, 1.0], [0.0, 0.0]]])
        >>> dice_loss(logits, target, smooth=1e-6)
        tensor(0.5000)
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
    logits: Tensor,
    target: Tensor,
    *,
    alpha: float = 0.3,
    beta: float = 0.7,
    smooth: float = 1.0,
    mask: Tensor | None = None,
    class_weight: Tensor | None = None,
    classes: Classes = "all",
    per_image: bool = True,
    per_class: bool = True,
    reduction: Reduction = "mean",
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or alpha or beta is below
            0, smooth is not above 0, or class_weight has no classes to weigh.

    References:
        Salehi et al., Tversky Loss Function for Image Segmentation, MLMI 2017.

    Example:
        >>> logits, target = torch.zeros(1, 2, 2), torch.tensor([[[1.0, 0.0], [0.0, 0.0]]])
        >>> print(f"{tversky_loss(logits, target, smooth=1e-6):.4f}")
        0.6154
    """
    positive(smooth=smooth)
    not_negative(alpha=alpha, beta=beta)
    loss, present = _tversky(
        logits, target, alpha, beta, smooth, mask, per_image, per_class
    )
    return _over_classes(loss, present, class_weight, classes, reduction)


def focal_tversky_loss(
    logits: Tensor,
    target: Tensor,
    *,
    alpha: float = 0.3,
    beta: float = 0.7,
    gamma: float = 4 / 3,
    smooth: float = 1.0,
    mask: Tensor | None = None,
    class_weight: Tensor | None = None,
    classes: Classes = "all",
    per_image: bool = True,
    per_class: bool = True,
    reduction: Reduction = "mean",
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or alpha or beta is below
            0, gamma or smooth is not above 0, or class_weight has no classes to weigh.

    References:
        Abraham and Khan, A Novel Focal Tversky Loss Function, ISBI 2019.

    Example:
        >>> logits, target = torch.zeros(1, 2, 2), torch.tensor([[[1.0, 0.0], [0.0, 0.0]]])
        >>> print(f"{focal_tversky_loss(logits, target, smooth=1e-6):.4f}")
        0.6948
    """
    positive(gamma=gamma, smooth=smooth)
    not_negative(alpha=alpha, beta=beta)
    loss, present = _tversky(
        logits, target, alpha, beta, smooth, mask, per_image, per_class
    )
    # The root's slope at 0 is infinite: a perfect mask is left out of it.
    loss = loss.clamp(min=0)
    imperfect = loss != 0
    root = torch.where(imperfect, loss, 1).pow(1 / gamma)
    loss = torch.where(imperfect, root, 0)
    return _over_classes(loss, present, class_weight, classes, reduction)


def jaccard_metric_loss(
    logits: Tensor,
    target: Tensor,
    *,
    smooth: float = 1.0,
    mask: Tensor | None = None,
    class_weight: Tensor | None = None,
    classes: Classes = "all",
    per_image: bool = True,
    per_class: bool = True,
    reduction: Reduction = "mean",
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or smooth is not above 0,
            or class_weight has no classes to weigh.

    References:
        Wang et al., Jaccard Metric Losses, NeurIPS 2023.

    Example:
        >>> loss = jaccard_metric_loss(torch.tensor([[[0.0, 0.0]]]), torch.tensor([[[0.5, 0.5]]]))
        >>> print(f"{loss:.4f}")
        0.0000
    """
    positive(smooth=smooth)
    logits, target = _masks(logits=logits, target=target)
    logits, target, counted = _counting(logits, target, mask)
    if logits.ndim == 4:
        several_classes(logits=logits.shape[1])
        predicted = logits.softmax(1)
    else:
        predicted = logits.sigmoid()
    predicted = _kept(predicted, counted)
    away = (predicted - target).abs()
    common, away, true = (
        _pooled(_sum(maps), per_image, per_class)
        for maps in ((predicted + target - away) / 2, away, target)
    )
    loss = away / (common + away + smooth)
    return _over_classes(loss, true > 0, class_weight, classes, reduction)


def dice_ce_loss(
    logits: Tensor,
    target: Tensor,
    *,
    dice_weight: float = 1.0,
    ce_weight: float = 1.0,
    smooth: float = 1.0,
    mask: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or dice_weight or
            ce_weight is below 0, or smooth is not above 0.

    References:
        - Isensee et al., nnU-Net, Nature Methods 2021.
        - Milletari et al., V-Net, 3DV 2016.

    Example:
        >>> logits = torch.tensor([[[[2.0]], [[0.0]]]])
        >>> print(f"{dice_ce_loss(logits, torch.tensor([[[0]]])):.4f}")
        0.1704
    """
    positive(smooth=smooth)
    not_negative(dice_weight=dice_weight, ce_weight=ce_weight)
    dice = dice_loss(logits, target, smooth=smooth, mask=mask, reduction="none")
    if logits.ndim == target.ndim:
        logits, target = _masks(logits=logits, target=target)
        logits, target, _ = _counting(logits, target, mask)
        each = F.softplus(logits) - target * logits
    else:
        each = pixel_cross_entropy_loss(logits, target, mask=mask, reduction="none")
    share, each, _ = _counting(torch.ones_like(each), each, mask)
    pixels = tuple(range(1, each.ndim))
    cross_entropy = _mean_of(each, share, axis=pixels)
    if dice.ndim == 2:
        dice = dice.mean(1)
    return reduce(dice_weight * dice + ce_weight * cross_entropy, reduction)


def _lovasz(errors: Tensor, masks: Tensor) -> Tensor:
    """The Lovasz extension of the Jaccard loss, at the pixel errors ``(..., P)`` of true masks.

    An error of 0 outside of the mask changes nothing: so do the pixels that do not count.
    """
    errors, order = errors.sort(dim=-1, descending=True, stable=True)
    masks = masks.gather(-1, order)
    size = masks.sum(-1, keepdim=True)
    # If the pixels so far are wrong, the overlap lacks them and the union has them.
    overlap, union = size - masks.cumsum(-1), size + (1 - masks).cumsum(-1)
    # What each adds to the Jaccard loss, not as a difference, which float32 blurs over many pixels.
    before = union - (1 - masks)
    steps = (masks * union + (1 - masks) * overlap) / (union * before)
    return (errors * torch.where(before == 0, 1, steps)).sum(-1)


def _pixels(maps: Tensor, per_image: bool) -> Tensor:
    """From ``(N, ..., H, W)`` to ``(N, ..., P)``, or to ``(1, ..., P)`` with the whole batch as one image."""
    if not per_image:
        maps = maps.movedim(0, HEIGHT - 1).flatten(-3, -2)[None]
    return maps.flatten(HEIGHT)


def lovasz_softmax_loss(
    logits: Tensor,
    target: Tensor,
    *,
    mask: Tensor | None = None,
    class_weight: Tensor | None = None,
    classes: Classes = "present",
    per_image: bool = True,
    reduction: Reduction = "mean",
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or classes is not
            "present" or "all".

    References:
        Berman et al., The Lovász-Softmax Loss, CVPR 2018, algorithm 1.

    Example:
        >>> logits, target = torch.zeros(1, 2, 1, 3), torch.tensor([[[0, 1, 1]]])
        >>> lovasz_softmax_loss(logits, target)
        tensor(0.5000)
    """
    one_of("present", "all", classes=classes)
    logits, target, counted = _class_map(logits, target, mask)
    masks = torch.zeros_like(logits).scatter(1, target[:, None], 1)
    errors = _kept((masks - logits.softmax(1)).abs(), counted)
    errors, masks = (_pixels(x, per_image) for x in (errors, _kept(masks, counted)))
    each, weight = _per_class(_lovasz(errors, masks), class_weight, logits.shape[1])
    share = weight.expand_as(each)
    if classes == "present":
        share = share.where(masks.sum(-1) > 0, 0)
    loss = _mean_of(share * each.where(share != 0, 0), share, axis=1)
    return reduce(loss, reduction)


def lovasz_hinge_loss(
    logits: Tensor,
    target: Tensor,
    *,
    mask: Tensor | None = None,
    per_image: bool = True,
    reduction: Reduction = "mean",
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Berman et al., The Lovász-Softmax Loss, CVPR 2018, algorithm 1.

    Example:
        >>> logits, target = torch.tensor([[[2.0, -0.5, -3.0]]]), torch.tensor([[[1.0, 1.0, 0.0]]])
        >>> lovasz_hinge_loss(logits, target)
        tensor(0.7500)
    """
    logits, target = _masks(logits=logits, target=target)
    logits, target, counted = _counting(logits, target, mask)
    errors = _kept((1 - logits * (2 * target - 1)).relu(), counted)
    errors, masks = (_pixels(x, per_image) for x in (errors, target))
    return reduce(_lovasz(errors, masks), reduction)


def _neighbors(maps: Tensor, axis: int) -> list[Tensor]:
    """The pixel before and the pixel after each along an axis; at the border, the pixel itself."""
    last = maps.shape[axis] - 1
    before = [maps.narrow(axis, 0, 1), maps.narrow(axis, 0, last)]
    after = [maps.narrow(axis, 1, last), maps.narrow(axis, last, 1)]
    return [torch.cat(before, axis), torch.cat(after, axis)]


def _erode(maps: Tensor) -> Tensor:
    """The smallest of each pixel and its four neighbors; equal ones share the gradient."""
    cross = [maps, *_neighbors(maps, HEIGHT), *_neighbors(maps, WIDTH)]
    return torch.stack(cross).amin(0)


def _dilate(maps: Tensor) -> Tensor:
    """The largest of the 3 x 3 pixels around each; equal ones share the gradient."""
    for axis in (HEIGHT, WIDTH):
        maps = torch.stack([maps, *_neighbors(maps, axis)]).amax(0)
    return maps


def _skeleton(maps: Tensor, iterations: int) -> Tensor:
    skeleton = torch.zeros_like(maps)
    for _ in range(iterations + 1):
        eroded = _erode(maps)
        lost = (maps - _dilate(eroded)).relu()
        skeleton = skeleton + (1 - skeleton) * lost
        maps = eroded
    return skeleton


def soft_skeleton(masks: Tensor, *, iterations: int = 3) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or iterations is below 0.

    References:
        Shit et al., clDice, CVPR 2021, algorithms 1 and 2.

    Example:
        >>> soft_skeleton(torch.tensor([[[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]]))
        tensor([[[0., 0., 0.],
                 [1., 1., 1.],
                 [0., 0., 0.]]])
    """
    not_negative(iterations=iterations)
    (masks,) = _masks(masks=masks)
    return _skeleton(masks, iterations)


def cldice_loss(
    logits: Tensor,
    target: Tensor,
    *,
    iterations: int = 3,
    smooth: float = 1.0,
    reduction: Reduction = "mean",
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or smooth is not above 0,
            or iterations is below 0.

    References:
        Shit et al., clDice, CVPR 2021, algorithms 1 and 2.

    Example:
        >>> target = torch.tensor([[[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]])
        >>> cldice_loss(20 * (2 * target - 1), target)
        tensor(0.)
    """
    positive(smooth=smooth)
    not_negative(iterations=iterations)
    logits, target = _masks(logits=logits, target=target)
    predicted = logits.sigmoid()

    precision = _share(_skeleton(predicted, iterations), target, smooth)
    sensitivity = _share(_skeleton(target, iterations), predicted, smooth)
    return reduce(
        1 - 2 * precision * sensitivity / (precision + sensitivity), reduction
    )


def _share(lines: Tensor, masks: Tensor, smooth: float) -> Tensor:
    """How much of the lines lies on the masks."""
    return (_sum(lines * masks) + smooth) / (_sum(lines) + smooth)
