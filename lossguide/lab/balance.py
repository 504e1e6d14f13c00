"""Where a loss of yes or no wants a network to be: where positives and negatives pull alike."""

from collections.abc import Callable

import torch
from torch import Tensor

__all__ = ["best_logit", "pulls", "share_for"]

Loss = Callable[..., Tensor]


def pulls(loss: Loss, logits: Tensor) -> tuple[Tensor, Tensor]:
    """How hard a positive pulls each logit up, and how hard a negative pulls it down.

    Example:
        >>> from lossguide.torch import binary_cross_entropy_loss
        >>> up, down = pulls(binary_cross_entropy_loss, torch.tensor([0.0]))
        >>> up, down
        (tensor([0.5000]), tensor([0.5000]))
    """
    logits = logits.detach().clone().requires_grad_()
    slopes: list[Tensor] = []
    for target in (torch.ones_like(logits), torch.zeros_like(logits)):
        values = loss(logits, target, reduction="none")
        slopes += torch.autograd.grad(values.sum(), logits)
    return -slopes[0], slopes[1]


def share_for(loss: Loss, logits: Tensor) -> Tensor:
    """The share of positives, among examples that look alike, for which a logit has the least expected loss.

    A loss is proper if this is the sigmoid of the logit.

    Example:
        >>> from lossguide.torch import binary_cross_entropy_loss
        >>> share_for(binary_cross_entropy_loss, torch.tensor([-2.0])), torch.tensor([-2.0]).sigmoid()
        (tensor([0.1192]), tensor([0.1192]))
    """
    up, down = pulls(loss, logits)
    return down / (up + down)


def best_logit(loss: Loss, share: float) -> float:
    """The logit that has the least expected loss where this share is positive, between -20 and 20.

    Example:
        >>> from lossguide.torch import binary_cross_entropy_loss
        >>> round(best_logit(binary_cross_entropy_loss, 0.01), 2)
        -4.6
    """
    low, high = -20.0, 20.0
    for _ in range(50):
        middle = (low + high) / 2
        tried = torch.tensor([middle], dtype=torch.float64)
        if share_for(loss, tried).item() < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2
