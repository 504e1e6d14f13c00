"""The triplet loss of a batch's hardest triplets, chosen block by block.

The choice costs nearly all of the time. It compares the distances of an anchor, for which squares without their
roots, and without the anchor's own length, do as well. Of the few that are chosen the readable loss takes the rest.
"""

import math
from typing import Any

import torch
from torch import Tensor

import lossguide.torch.metric as readable
from lossguide._arguments import not_negative
from lossguide.torch._arguments import Reduction
from lossguide.torch.fused._pieces import apply, one_by_one, piece_of
from lossguide.torch.metric import Distance, Mining

__all__ = ["batch_triplet_loss"]

# Distances in a thread's piece.
PIECE = 2**18


class _Hardest(torch.autograd.Function):
    """For each anchor: the farthest with its label, and the nearest with another."""

    @staticmethod
    def forward(
        embeddings: Tensor, labels: Tensor, distance: Distance
    ) -> tuple[Tensor, Tensor]:
        # By differences where float64 is asked for, as in the readable loss.
        exact = embeddings.dtype == torch.float64 and distance != "cosine"
        points = embeddings.double()
        count = len(points)
        if distance == "cosine":
            points = readable._unit(points)
            own, scale = points.new_ones(count), -1
        else:
            own, scale = points.square().sum(1), -2
        rows = piece_of(points.new_empty(1).expand(count, count), PIECE)
        near, far = points.new_empty(2, min(rows, count), count)
        least = points.new_tensor(-math.inf)
        positives, negatives = torch.empty_like(labels), torch.empty_like(labels)
        for start in range(0, count, rows):
            row = slice(start, start + rows)
            some = points[row]
            near, far = near[: len(some)], far[: len(some)]
            if exact:
                near = torch.cdist(some, points, compute_mode=readable.BY_DIFFERENCES)
            else:
                torch.addmm(own, some, points.T, alpha=scale, out=near)
            alike = labels[row, None] == labels
            torch.where(alike, near, least, out=far)
            far.diagonal(start).fill_(-math.inf)
            positives[row] = far.max(1).indices
            negatives[row] = near.masked_fill_(alike, math.inf).min(1).indices
        return positives, negatives

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: tuple[Tensor, Tensor]) -> None:
        ctx.mark_non_differentiable(*output)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[None, None, None]:
        return None, None, None

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], *inputs: Any) -> tuple[Any, Any]:
        return one_by_one(_Hardest, info.batch_size, in_dims, inputs)


def batch_triplet_loss(
    embeddings: Tensor,
    labels: Tensor,
    *,
    mining: Mining = "hard",
    margin: float = 0.2,
    soft: bool = False,
    distance: Distance = "euclidean",
    reduction: Reduction = "mean",
) -> Tensor:
    """``lossguide.torch.batch_triplet_loss``, fused; with other than hard mining, that function itself."""
    if torch.compiler.is_compiling() or mining != "hard":
        return readable.batch_triplet_loss(
            embeddings,
            labels,
            mining=mining,
            margin=margin,
            soft=soft,
            distance=distance,
            reduction=reduction,
        )
    readable._known_distance(distance)
    not_negative(margin=margin)
    (embeddings,) = readable._sets(embeddings=embeddings)
    labels = readable._per_embedding(embeddings, labels=labels)
    positives, negatives = apply(_Hardest, embeddings.detach(), labels, distance)
    anchors = torch.arange(len(labels), device=labels.device)
    alike = labels.gather(0, positives) == labels
    mined = alike & (positives != anchors) & (labels.gather(0, negatives) != labels)
    far, near = (
        readable._distance(embeddings, embeddings.index_select(0, chosen), distance)
        for chosen in (positives, negatives)
    )
    lack = readable._shortfall(far, near, margin, soft)
    return readable._mean_of(torch.where(mined, lack, 0), mined, reduction)
