"""Small networks that differ only in their seed, trained all at once."""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

__all__ = ["Ensemble"]


class Ensemble(nn.Module):
    """A multi-layer perceptron for each seed, with ReLU between its layers.

    None sees anything of another: a loss that is summed over the seeds trains each as if it were alone. The weights
    begin as those of ``torch.nn.Linear`` do, drawn anew for each seed, whatever the other seeds are.

    Args:
        seeds: one a network.
        sizes: how many inputs, units of each hidden layer and outputs.

    Example:
        >>> networks = Ensemble(range(5), [196, 64, 10])
        >>> networks(torch.zeros(5, 32, 196)).shape
        torch.Size([5, 32, 10])
    """

    def __init__(self, seeds: Sequence[int], sizes: Sequence[int]) -> None:
        super().__init__()
        draws = [torch.Generator("cpu").manual_seed(seed) for seed in seeds]
        device = torch.get_default_device()

        def draw(before: int, shape: tuple[int, int]) -> nn.Parameter:
            drawn = [torch.rand(shape, generator=g, device="cpu") for g in draws]
            start = (2 * torch.stack(drawn) - 1) / math.sqrt(before)
            return nn.Parameter(start.to(device))

        layers = list(pairwise(sizes))
        self.weights = nn.ParameterList(draw(n, (n, m)) for n, m in layers)
        self.biases = nn.ParameterList(draw(n, (1, m)) for n, m in layers)

    def forward(self, x: Tensor) -> Tensor:
        """Scores ``(seeds, N, outputs)`` of the inputs ``(seeds, N, inputs)``, different ones for each seed."""
        *hidden, last = zip(self.weights, self.biases, strict=True)
        for weight, bias in hidden:
            x = torch.baddbmm(bias, x, weight).relu()
        return torch.baddbmm(last[1], x, last[0])
