"""The losses in PyTorch, and ``Loss``, which makes a module of any of them."""

from collections.abc import Callable

from torch import Tensor, nn

from lossguide.torch import (
    boxes,
    classification,
    gan,
    metric,
    perceptual,
    regression,
    segmentation,
    style,
)
from lossguide.torch.boxes import *
from lossguide.torch.classification import *
from lossguide.torch.gan import *
from lossguide.torch.metric import *
from lossguide.torch.perceptual import *
from lossguide.torch.regression import *
from lossguide.torch.segmentation import *
from lossguide.torch.style import *

__all__ = [
    "Loss",
    "boxes",
    "classification",
    "gan",
    "metric",
    "perceptual",
    "regression",
    "segmentation",
    "style",
    *boxes.__all__,
    *classification.__all__,
    *gan.__all__,
    *metric.__all__,
    *perceptual.__all__,
    *regression.__all__,
    *segmentation.__all__,
    *style.__all__,
]


class Loss(nn.Module):
    """A loss function with its options, as a module.

    Args:
        function: a loss of this package, or any function of tensors.
        options: keyword arguments for every call.

    Example:
        >>> import torch
        >>> criterion = Loss(huber_loss, delta=2.0, reduction="sum")
        >>> criterion(torch.tensor([1.0, 5.0]), torch.zeros(2))
        tensor(8.5000)
    """

    def __init__(self, function: Callable[..., Tensor], **options: object) -> None:
        super().__init__()
        self.function = function
        self.options = options

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.function(*inputs, **self.options)

    def extra_repr(self) -> str:
        return ", ".join(
            [
                self.function.__name__,
                *(f"{name}={value!r}" for name, value in self.options.items()),
            ]
        )
