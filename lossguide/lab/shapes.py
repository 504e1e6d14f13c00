"""Small scenes to segment: one with rare dots and thin lines, one with two cells that nearly touch."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from torch import Tensor

__all__ = ["CLASSES", "Shapes", "make_cells", "make_shapes"]

CLASSES = ("background", "disc", "dot", "line")
BRIGHTNESS = np.array([0.0, 0.5, 0.8, 0.8])


class Shapes(NamedTuple):
    """Scenes: images ``(N, 1, side, side)``, and what each pixel is, ``(N, side, side)``."""

    images: Tensor
    labels: Tensor


def make_shapes(count: int, seed: int, side: int = 64, noise: float = 0.3) -> Shapes:
    """Draw scenes of two discs, a line and up to two dots; the labels are places in ``CLASSES``.

    Example:
        >>> scenes = make_shapes(3, seed=0, side=32)
        >>> scenes.images.shape, scenes.labels.shape
        (torch.Size([3, 1, 32, 32]), torch.Size([3, 32, 32]))
    """
    rng = np.random.default_rng(seed)
    labels = np.stack([_draw(rng, side) for _ in range(count)])
    return _photographed(BRIGHTNESS[labels], labels, noise, rng)


def make_cells(count: int, seed: int, side: int = 32, noise: float = 0.3) -> Shapes:
    """Draw pairs of round cells with a gap of one pixel between them; the labels count the cells from 1.

    Example:
        >>> make_cells(3, seed=0).labels.unique()
        tensor([0, 1, 2])
    """
    rng = np.random.default_rng(seed)
    labels = np.zeros((count, side, side), np.int64)
    for one in labels:
        radius, angle = rng.uniform(0.14, 0.19, 2) * side, rng.uniform(0, 2 * np.pi)
        apart = (radius.sum() + 1) / 2 * np.array([np.cos(angle), np.sin(angle)])
        middle = rng.uniform(0.3 * side, 0.7 * side, 2)
        for cell, center in enumerate((middle - apart, middle + apart)):
            one[_disc(side, center, radius[cell])] = cell + 1
    return _photographed((labels > 0).astype(float), labels, noise, rng)


def _photographed(
    clean: NDArray[np.float64],
    labels: NDArray[np.int64],
    noise: float,
    rng: np.random.Generator,
) -> Shapes:
    """Blurred a little, with noise."""
    images = gaussian_filter(clean, (0, 0.7, 0.7)) + noise * rng.normal(
        size=clean.shape
    )
    return Shapes(
        torch.tensor(images[:, None], dtype=torch.float32), torch.tensor(labels)
    )


def _disc(side: int, center: NDArray[np.float64], radius: float) -> NDArray[np.bool_]:
    """The pixels that are nearer to a center ``(x, y)`` than a radius."""
    rows, columns = np.mgrid[:side, :side]
    inside: NDArray[np.bool_] = np.hypot(columns - center[0], rows - center[1]) < radius
    return inside


def _draw(rng: np.random.Generator, side: int) -> NDArray[np.int64]:
    """The classes of the pixels of one scene."""
    labels = np.zeros((side, side), np.int64)
    for _ in range(2):
        center = rng.uniform(0, side, 2)
        labels[_disc(side, center, rng.uniform(side / 10, side / 5))] = 1
    rows, columns = np.mgrid[:side, :side]
    x, y, angle = *rng.uniform(0.2 * side, 0.8 * side, 2), rng.uniform(0, np.pi)
    away = np.abs((columns - x) * np.sin(angle) - (rows - y) * np.cos(angle))
    labels[away < rng.uniform(0.6, 1.0)] = 3
    for _ in range(rng.integers(0, 3)):
        center = rng.uniform(0, side, 2)
        labels[_disc(side, center, rng.uniform(1.8, 3.0))] = 2
    return labels
