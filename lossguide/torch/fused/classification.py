"""The sigmoid focal loss, with its gradient by hand."""

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

import lossguide.torch.classification as readable
from lossguide._arguments import fraction, not_negative
from lossguide.torch._arguments import Reduction, same_shape
from lossguide.torch.fused._pieces import Slopes, in_pieces

__all__ = ["sigmoid_focal_loss"]

# Logits in a thread's piece.
PIECE = 2**16


def _focal(
    alpha: float | None, gamma: float, logits: Tensor, target: Tensor, slopes: Slopes
) -> Tensor:
    """a m^g c of logits z and targets y, with p = sigmoid(z), c = softplus(z) - z y, m = y + (1 - 2 y) p.

    a = 1 - alpha + (2 alpha - 1) y. The slopes, with u = a m^(g - 1), are in z
    u (g c (1 - 2 y) p (1 - p) + m (p - y)), and in y u (g c (1 - 2 p) - m z) + (2 alpha - 1) m^g c.
    """
    p = logits.sigmoid()
    cross_entropy = F.softplus(logits).addcmul_(logits, target, value=-1)
    sign = torch.add(1, target, alpha=-2)
    missing = torch.addcmul(target, sign, p)
    if gamma < 2:
        missing.clamp_(min=readable.TINY)
    power = missing if gamma == 2 else missing ** (gamma - 1)
    tilt = 0.0 if alpha is None else 2 * alpha - 1
    weight = power
    if alpha is not None:
        weight = (target * tilt).add_(1 - alpha).mul_(power)
    loss = (weight * missing).mul_(cross_entropy)
    in_logits, in_target = slopes
    if in_target is not None:
        slope = torch.add(1, p, alpha=-2).mul_(cross_entropy).mul_(gamma)
        slope.addcmul_(missing, logits, value=-1).mul_(weight)
        torch.add(slope, tilt * power * missing * cross_entropy, out=in_target)
    if in_logits is not None:
        slope = torch.addcmul(p, p, p, value=-1, out=in_logits)
        slope.mul_(sign).mul_(cross_entropy.mul_(gamma))
        slope.addcmul_(missing, p.sub_(target)).mul_(weight)
    return loss


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
    """``lossguide.torch.sigmoid_focal_loss``, fused; with a mask or weights, that function itself."""
    if torch.compiler.is_compiling() or mask is not None or sample_weight is not None:
        return readable.sigmoid_focal_loss(
            logits,
            target,
            alpha=alpha,
            gamma=gamma,
            label_smoothing=label_smoothing,
            mask=mask,
            sample_weight=sample_weight,
            reduction=reduction,
        )
    not_negative(gamma=gamma)
    fraction(label_smoothing=label_smoothing)
    if alpha is not None:
        fraction(alpha=alpha)
    logits, target = same_shape(logits=logits, target=target)
    logits, target, _ = readable._yes_or_no(logits, target, label_smoothing, None)
    kernel = partial(_focal, alpha, gamma)
    return in_pieces(kernel, logits, target, reduction, PIECE)
