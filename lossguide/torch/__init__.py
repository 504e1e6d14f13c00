"""The losses in PyTorch, and ``Loss``, which makes a module of any of them."""

import inspect
from collections.abc import Callable

try:
    from torch import Tensor, nn
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        'lossguide.torch needs PyTorch: pip install "lossguide[torch]"', name="torch"
    ) from error

from lossguide._arguments import name_of, taken_apart
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

    Options that are tensors, such as class weights, are buffers: they move with the module
    (``.to(device)``, ``.half()``) and are saved in its ``state_dict``, as those of PyTorch's own losses;
    an ``nn.Parameter`` is trained with the module. A ``functools.partial`` is taken apart, and its
    keywords are options like others.

    Args:
        function: a loss of this package, or any function of tensors.
        options: keyword arguments for every call.

    Raises:
        TypeError: the function takes no such option.

    Example:
        >>> import torch
        >>> criterion = Loss(huber_loss, delta=2.0, reduction="sum")
        >>> criterion(torch.tensor([1.0, 5.0]), torch.zeros(2))
        tensor(8.5000)
        >>> criterion
        Loss(huber_loss, delta=2.0, reduction='sum')
    """

    def __init__(self, function: Callable[..., Tensor], **options: object) -> None:
        super().__init__()
        function, options = taken_apart(function, options)
        inspect.signature(function).bind_partial(**options)
        self.function: Callable[..., Tensor] = function
        self.options = {}
        for name, value in options.items():
            if isinstance(value, nn.Parameter):
                self.register_parameter(name, value)
            elif isinstance(value, Tensor):
                self.register_buffer(name, value)
            else:
                self.options[name] = value

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.function(*inputs, **self._all_options())

    def _all_options(self) -> dict[str, object]:
        return {**self.options, **self._buffers, **self._parameters}

    def extra_repr(self) -> str:
        options = [f"{name}={value!r}" for name, value in self._all_options().items()]
        return ", ".join([name_of(self.function), *options])
