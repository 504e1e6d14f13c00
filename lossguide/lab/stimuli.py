"""Simple pictures that differ in color, stripes and shape, and how well features tell them apart."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["COLORS", "SHAPES", "Objects", "make_objects", "read_out"]

COLORS = {
    "red": (0.8, 0.3, 0.3),
    "green": (0.3, 0.7, 0.3),
    "blue": (0.35, 0.4, 0.85),
    "yellow": (0.75, 0.7, 0.3),
}
SHAPES = ("disc", "triangle", "square", "star")


class Objects(NamedTuple):
    """Images ``(N, 3, side, side)`` and, for each of color, stripes and shape, which of four it is."""

    images: Tensor
    kinds: dict[str, NDArray[np.int64]]


def make_objects(count: int, seed: int, side: int = 64) -> Objects:
    """Draw striped shapes of many sizes, turns and places on gray.

    Example:
        >>> objects = make_objects(3, seed=0, side=32)
        >>> objects.images.shape, list(objects.kinds)
        (torch.Size([3, 3, 32, 32]), ['color', 'stripes', 'shape'])
    """
    rng = np.random.default_rng(seed)
    kinds = {name: rng.integers(0, 4, count) for name in ("color", "stripes", "shape")}
    images = [_draw(rng, side, *each) for each in zip(*kinds.values(), strict=True)]
    noisy = np.stack(images) + 0.04 * rng.normal(size=(count, 3, side, side))
    return Objects(torch.tensor(noisy.clip(0, 1), dtype=torch.float32), kinds)


def read_out(
    known: NDArray[np.floating],
    kinds: NDArray[np.int64],
    new: NDArray[np.floating],
    ridge: float = 0.01,
) -> NDArray[np.int64]:
    """Which kind new features are: a linear map, fitted to known ones ``(N, C)`` by ridge regression."""
    mean, deviation = known.mean(0), known.std(0) + 1e-6

    def prepare(features: NDArray[np.floating]) -> NDArray[np.float64]:
        ones = np.ones((len(features), 1))
        return np.hstack([(features - mean) / deviation, ones])

    x, y = prepare(known), np.eye(kinds.max() + 1)[kinds]
    penalty = ridge * len(x) * np.eye(x.shape[1])
    weights = np.linalg.solve(x.T @ x + penalty, x.T @ y)
    answer: NDArray[np.int64] = (prepare(new) @ weights).argmax(1)
    return answer


def _draw(
    rng: np.random.Generator, side: int, color: int, stripes: int, shape: int
) -> NDArray[np.float64]:
    rows, columns = np.mgrid[:side, :side]
    y, x = (place - rng.uniform(0.375, 0.625) * side for place in (rows, columns))
    around = np.arctan2(y, x) + rng.uniform(0, 2 * np.pi)
    reach = rng.uniform(0.2, 0.28) * side * _outline(SHAPES[shape], around)
    inside = 1 / (1 + np.exp(1.5 * (np.hypot(y, x) - reach)))
    across = x * np.cos(stripes * np.pi / 4) + y * np.sin(stripes * np.pi / 4)
    phase = 2 * np.pi * (across / rng.uniform(4, 6) + rng.uniform())
    light = rng.uniform(0.8, 1.1) * (0.775 + 0.225 * np.sin(phase))
    paint = np.array(list(COLORS.values())[color])[:, None, None] * light
    ground = rng.uniform(0.3, 0.6)
    picture: NDArray[np.float64] = inside * paint + (1 - inside) * ground
    return picture


def _outline(shape: str, around: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far the edge is from the center at each angle; about 1 in the mean."""
    if shape == "disc":
        return np.ones_like(around)
    if shape == "star":
        return 0.75 + 0.35 * np.cos(5 * around)
    corners, size = {"triangle": (3, 1.3), "square": (4, 1.13)}[shape]
    half = np.pi / corners
    edge: NDArray[np.float64] = size * np.cos(half) / np.cos(around % (2 * half) - half)
    return edge
