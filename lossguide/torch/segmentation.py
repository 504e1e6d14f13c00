"""Losses on masks: pixels, regions and thin structures.

Classes come as logits ``(N, K, H, W)`` with a target ``(N, H, W)`` of class indices. Masks that may overlap, or
a single one, come as logits and a target of one shape, ``(N, K, H, W)`` or ``(N, H, W)``.
"""

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from lossguide._arguments import not_negative, numbers, pair, positive, several_classes
from lossguide.torch._arguments import (
    Reduction,
    floats,
    integers,
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

HEIGHT, WIDTH = -2, -1
# F.cross_entropy always ignores some number, by default -100: one that no target holds.
NOTHING = -(2**62)


def _class_map(logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Check logits ``(N, K, H, W)`` and class indices ``(N, H, W)``."""
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
    return logits, target


def _masks(**tensors: Tensor) -> tuple[Tensor, ...]:
    """Check tensors of one shape, ``(N, H, W)`` or ``(N, K, H, W)``."""
    checked = same_shape(**tensors)
    if checked[0].ndim not in (3, 4):
        name = next(iter(tensors))
        raise ValueError(
            f"{name} must have shape (N, H, W) or (N, K, H, W), got {tuple(checked[0].shape)}"
        )
    return checked


def pixel_cross_entropy_loss(
    logits: Tensor,
    target: Tensor,
    *,
    weight_map: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Ronneberger et al., U-Net, MICCAI 2015, eq. 1 and 2.

    Example:
        >>> logits = torch.tensor([[[[2.0]], [[0.0]]]])
        >>> print(f"{pixel_cross_entropy_loss(logits, torch.tensor([[[0]]])):.4f}")
        0.1269
    """
    logits, target = _class_map(logits, target)
    each = F.cross_entropy(logits, target, ignore_index=NOTHING, reduction="none")
    if weight_map is None:
        return reduce(each, reduction)
    each, weight_map = floats(each=each, weight_map=weight_map)
    if weight_map.shape != target.shape:
        raise ValueError(
            f"weight_map must have shape {tuple(target.shape)}, one weight a pixel,"
            f" got {tuple(weight_map.shape)}"
        )
    return reduce(weight_map * each, reduction)


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


def _overlap(logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Soft counts for each mask: the overlap, and the pixels of prediction and target."""
    (logits,) = floats(logits=logits)
    if isinstance(target, Tensor) and target.ndim == logits.ndim:
        logits, target = _masks(logits=logits, target=target)
        predicted = logits.sigmoid()
        return _sum(predicted * target), _sum(predicted), _sum(target)
    logits, target = _class_map(logits, target)
    predicted = logits.softmax(1)
    size = _sum(predicted)
    # Pixels are added up class by class in each row, then over rows: quick, and exact in float32.
    rows = predicted.new_zeros(*target.shape[:2], logits.shape[1])
    own = predicted.gather(1, target[:, None])[:, 0]
    overlap = rows.scatter_add(2, target, own).sum(1)
    return overlap, size, rows.scatter_add(2, target, torch.ones_like(own)).sum(1)


def _tversky(
    logits: Tensor, target: Tensor, alpha: float, beta: float, smooth: float
) -> Tensor:
    overlap, predicted, true = _overlap(logits, target)
    wrong = alpha * (predicted - overlap) + beta * (true - overlap)
    return wrong / (overlap + wrong + smooth)


def jaccard_loss(
    logits: Tensor,
    target: Tensor,
    *,
    smooth: float = 1.0,
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
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each image and class, ``(N, K)``, if
            ``reduction`` is ``none``; ``(N,)`` for one mask an image.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or smooth is not above 0.

    References:
        Rahman and Wang, Optimizing Intersection-Over-Union in Deep Neural Networks,
        ISVC 2016.

    Example:
        >>> logits, target = torch.zeros(1, 2, 2), torch.tensor([[[1.0, 1.0], [0.0, 0.0]]])
        >>> jaccard_loss(logits, target, smooth=1e-6)
        tensor(0.6667)
    """
    positive(smooth=smooth)
    return reduce(_tversky(logits, target, 1.0, 1.0, smooth), reduction)


def dice_loss(
    logits: Tensor,
    target: Tensor,
    *,
    smooth: float = 1.0,
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or smooth is not above 0.

    References:
        Milletari et al., V-Net, 3DV 2016.

    Example:
        >>> logits, target = torch.zeros(1, 2, 2), torch.tensor([[[1.0, 1.0], [0.0, 0.0]]])
        >>> dice_loss(logits, target, smooth=1e-6)
        tensor(0.5000)
    """
    positive(smooth=smooth)
    return reduce(_tversky(logits, target, 0.5, 0.5, smooth), reduction)


def tversky_loss(
    logits: Tensor,
    target: Tensor,
    *,
    alpha: float = 0.3,
    beta: float = 0.7,
    smooth: float = 1.0,
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
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each image and class, ``(N, K)``, if
            ``reduction`` is ``none``; ``(N,)`` for one mask an image.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or alpha or beta is below
            0, or smooth is not above 0.

    References:
        Salehi et al., Tversky Loss Function for Image Segmentation, MLMI 2017.

    Example:
        >>> logits, target = torch.zeros(1, 2, 2), torch.tensor([[[1.0, 0.0], [0.0, 0.0]]])
        >>> print(f"{tversky_loss(logits, target, smooth=1e-6):.4f}")
        0.6154
    """
    positive(smooth=smooth)
    not_negative(alpha=alpha, beta=beta)
    return reduce(_tversky(logits, target, alpha, beta, smooth), reduction)


def focal_tversky_loss(
    logits: Tensor,
    target: Tensor,
    *,
    alpha: float = 0.3,
    beta: float = 0.7,
    gamma: float = 4 / 3,
    smooth: float = 1.0,
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
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each image and class, ``(N, K)``, if
            ``reduction`` is ``none``; ``(N,)`` for one mask an image.

    Raises:
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or alpha or beta is below
            0, or gamma or smooth is not above 0.

    References:
        Abraham and Khan, A Novel Focal Tversky Loss Function, ISBI 2019.

    Example:
        >>> logits, target = torch.zeros(1, 2, 2), torch.tensor([[[1.0, 0.0], [0.0, 0.0]]])
        >>> print(f"{focal_tversky_loss(logits, target, smooth=1e-6):.4f}")
        0.6948
    """
    positive(gamma=gamma, smooth=smooth)
    not_negative(alpha=alpha, beta=beta)
    loss = _tversky(logits, target, alpha, beta, smooth).clamp(min=0)
    # The root's slope at 0 is infinite: a perfect mask is left out of it.
    imperfect = loss != 0
    root = torch.where(imperfect, loss, 1).pow(1 / gamma)
    return reduce(torch.where(imperfect, root, 0), reduction)


def _lovasz(errors: Tensor, masks: Tensor) -> Tensor:
    """The Lovasz extension of the Jaccard loss, at the pixel errors ``(..., P)`` of true masks."""
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
    classes: Literal["present", "all"] = "present",
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
    if classes not in ("present", "all"):
        raise ValueError(f'classes must be "present" or "all", got {classes!r}')
    logits, target = _class_map(logits, target)
    masks = torch.zeros_like(logits).scatter(1, target[:, None], 1)
    predicted, masks = (_pixels(x, per_image) for x in (logits.softmax(1), masks))
    each = _lovasz((masks - predicted).abs(), masks)
    counted = (masks.sum(-1) > 0) | (classes == "all")
    loss = torch.where(counted, each, 0).sum(1) / counted.sum(1).clamp(min=1)
    return reduce(loss, reduction)


def lovasz_hinge_loss(
    logits: Tensor,
    target: Tensor,
    *,
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
        per_image: score each image by itself; if False, all pixels of the batch are one
            image. Default: True (as the other losses of masks).
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
    margins, masks = (
        _pixels(x, per_image) for x in (logits * (2 * target - 1), target)
    )
    return reduce(_lovasz((1 - margins).relu(), masks), reduction)


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
