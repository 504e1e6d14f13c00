"""A loss over all pairs of a batch that several processes share.

    torchrun --nproc-per-node 2 -m lossguide.lab.processes

Each process holds a part of the batch and the same network. Printed is, for each way to compute the
loss, how far the gradient of the weights is from that of one process with the whole batch.
"""

import json
from collections.abc import Callable
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor

import lossguide.torch as lt

CLASSES, EACH, WIDTH = 6, 10, 16

Way = Callable[[Tensor, Tensor], Tensor]


def loss_of(embeddings: Tensor, labels: Tensor) -> Tensor:
    """The loss of the lab, of embeddings of length 1."""
    unit = F.normalize(embeddings, dim=1)
    return lt.batch_triplet_loss(unit, labels, mining="semi-hard")


def gather(rows: Tensor) -> Tensor:
    """The rows of all processes, in the order of their ranks, without a gradient."""
    parts = [torch.empty_like(rows) for _ in range(dist.get_world_size())]
    dist.all_gather(parts, rows.detach())
    return torch.cat(parts)


class Gather(torch.autograd.Function):
    """The same with one: to a process returns what all of them say of its rows."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> Tensor:
        return gather(rows)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> Tensor:
        total = slope.clone()
        dist.all_reduce(total)
        return total.chunk(dist.get_world_size())[dist.get_rank()]


def without_gradients(embeddings: Tensor, labels: Tensor) -> Tensor:
    """The embeddings of others are numbers: no gradient returns to them."""
    parts = [*gather(embeddings).chunk(dist.get_world_size())]
    parts[dist.get_rank()] = embeddings
    return loss_of(torch.cat(parts), gather(labels))


def with_gradients(embeddings: Tensor, labels: Tensor) -> Tensor:
    """A gradient returns to every process, from every process."""
    everyone = Gather.apply(embeddings)  # type: ignore[no-untyped-call]
    return loss_of(everyone, gather(labels))


WAYS: dict[str, Way] = {
    "each process alone": loss_of,
    "gathered, without gradients": without_gradients,
    "gathered, with gradients": with_gradients,
}


def gradient(way: Way, images: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """The gradient of the weights, averaged over the processes as ``DistributedDataParallel`` does."""
    weights = weights.detach().requires_grad_()
    (slope,) = torch.autograd.grad(way(images @ weights, labels), weights)
    dist.all_reduce(slope)
    return slope / dist.get_world_size()


def main() -> None:
    """Compare the ways on one random batch; the first process prints."""
    dist.init_process_group("gloo")
    torch.manual_seed(0)
    images = torch.randn(CLASSES * EACH, WIDTH, dtype=torch.float64)
    weights = torch.randn(WIDTH, WIDTH, dtype=torch.float64, requires_grad=True)
    labels = torch.arange(CLASSES).repeat(EACH)
    (expected,) = torch.autograd.grad(loss_of(images @ weights, labels), weights)
    rank, size = dist.get_rank(), dist.get_world_size()
    part = images.chunk(size)[rank], labels.chunk(size)[rank]
    found = {name: gradient(way, *part, weights) for name, way in WAYS.items()}
    if rank == 0:
        cosine = torch.nn.CosineSimilarity(dim=0)
        print(
            json.dumps(
                {
                    name: {
                        "length": (slope.norm() / expected.norm()).item(),
                        "cosine": cosine(slope.flatten(), expected.flatten()).item(),
                    }
                    for name, slope in found.items()
                }
            )
        )
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
