"""What labs and chapters share that compute with PyTorch."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

__all__ = ["assert_same", "pull", "set_up"]


def set_up(dtype: torch.dtype = torch.float64) -> torch.device:
    """Compute on CUDA where there is one, else on the CPU, and return that device.

    In double precision every machine gives the same digits once they are rounded; Apple's GPUs lack it. More
    threads than one would only wait for each other on the small tensors of a lab.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.set_default_device(device)
    torch.set_default_dtype(dtype)
    torch.set_num_threads(1)
    return device


def pull(loss: Callable[..., Tensor], error: Any, **options: Any) -> Tensor:
    """How hard a loss of an error pulls: its slope at each error.

    Example:
        >>> from lossguide.torch import huber_loss
        >>> pull(huber_loss, [0.5, 3.0], delta=2.0)
        tensor([0.5000, 2.0000])
    """
    error = torch.as_tensor(error).detach().clone().requires_grad_()
    values = loss(error, torch.zeros_like(error), reduction="none", **options)
    slope: Tensor
    (slope,) = torch.autograd.grad(values.sum(), error)
    return slope


def assert_same(
    mine: Callable[..., Tensor], package: Callable[..., Tensor], *inputs: Tensor
) -> None:
    """Assert that two functions agree in value, and in the gradient by each input.

    Example:
        >>> from lossguide.torch import mse_loss
        >>> pred, target = torch.randn(2, 10, dtype=torch.float64)
        >>> assert_same(lambda p, t: (p - t).square().mean(), mse_loss, pred, target)
    """
    leaves = [one.detach().clone().requires_grad_() for one in inputs]
    values = mine(*leaves), package(*leaves)
    gradients = [
        torch.autograd.grad(value.sum(), leaves, materialize_grads=True)
        for value in values
    ]
    torch.testing.assert_close(*values)
    torch.testing.assert_close(*gradients)
