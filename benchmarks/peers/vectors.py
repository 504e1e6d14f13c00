"""What losses of embeddings share: vectors too short to have a direction."""

from typing import Any


def as_it_is(vectors: Any) -> Any:
    return vectors


def with_direction(vectors: Any) -> Any:
    """Vectors, without a gradient for those that are too short to have a direction."""
    import torch

    length = torch.linalg.vector_norm(vectors.detach(), dim=1, keepdim=True)
    return torch.where(length > 1e-12, vectors, 0)


NO_DIRECTION = (
    "A vector shorter than 1e-12 has no direction: its cosines and its gradient are 0."
)
TINY = "A vector of length 0 is divided by {}, which makes its gradient huge."
