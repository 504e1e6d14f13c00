"""Membranes to trace: thin walls between cells that fade in places, among strokes that are none of them."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, distance_transform_edt, gaussian_filter
from scipy.spatial import cKDTree
from skimage.morphology import skeletonize
from skimage.segmentation import find_boundaries
from torch import Tensor

from lossguide.lab.connectivity import betti

__all__ = ["Membranes", "break_and_thicken", "draw_line", "make_membranes"]

Mask = NDArray[np.bool_]

Image = NDArray[np.float64]


@dataclass(frozen=True)
class Membranes:
    """Images ``(N, 1, S, S)`` and true masks ``(N, S, S)`` of zeros and ones, whole where an image has a gap."""

    images: Tensor
    masks: Tensor

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, which: Tensor | slice) -> "Membranes":
        return Membranes(self.images[which], self.masks[which])


def make_membranes(
    count: int,
    seed: int = 0,
    *,
    size: int = 64,
    width: float = 3.0,
    gaps: int = 6,
    gap: tuple[float, float] = (2.5, 4.5),
    strokes: int = 5,
    noise: float = 0.25,
) -> Membranes:
    """The walls between some ten warped Voronoi cells, bright on dark. A seed makes the same ones everywhere.

    Args:
        count: how many.
        seed: of the random numbers.
        size: pixels of a side.
        width: of a wall, in pixels.
        gaps: places of an image where the walls fade. They are whole in the mask.
        gap: least and largest radius of such a place, in pixels.
        strokes: short lines as bright as a wall that the mask does not have.
        noise: standard deviation of the noise of each pixel; a wall is brighter than its ground by 1.
    """
    rng = np.random.default_rng(seed)
    images = np.empty((count, 1, size, size), "float32")
    masks = np.empty((count, size, size), "float32")
    for i in range(count):
        walls = _walls(rng, size, width)
        picture = walls * (1 - _fading(rng, walls, gaps, gap))
        for _ in range(strokes):
            start, angle = rng.uniform(0, size, 2), rng.uniform(0, np.pi)
            step = rng.uniform(4, 9) * np.array([np.cos(angle), np.sin(angle)])
            picture = np.maximum(picture, draw_line(size, start, start + step, width))
        blurred = gaussian_filter(picture, 0.6)
        images[i] = blurred + noise * rng.standard_normal((size, size))
        masks[i] = walls > 0.5
    return Membranes(torch.as_tensor(images), torch.as_tensor(masks))


def break_and_thicken(
    mask: Mask, rng: np.random.Generator, tries: int = 50
) -> dict[str, Mask] | None:
    """Three masks that differ from a given one in as many pixels: with a gap, a bump, and specks along its edge.

    The gap is three pixels long and changes a Betti number; bump and specks change none. None where such places are
    not found.
    """
    right = betti(mask)
    edge = np.argwhere(binary_dilation(mask, np.ones((3, 3))) & ~mask)
    lines = np.argwhere(skeletonize(mask)[8:-8, 8:-8]) + 8  # type: ignore[no-untyped-call]
    for _ in range(tries):
        away = np.abs(_places(len(mask)) - rng.choice(lines)).max(-1)
        gap = mask & (away > 1)
        count = int((mask & ~gap).sum())
        distance = np.linalg.norm(edge - rng.choice(edge), axis=1)
        bump, specks = mask.copy(), mask.copy()
        bump[tuple(edge[np.argsort(distance)[:count]].T)] = True
        specks[tuple(rng.choice(edge, count, replace=False).T)] = True
        if betti(gap) != right and betti(bump) == betti(specks) == right:
            return {"gap": gap, "bump": bump, "specks": specks}
    return None


def draw_line(
    size: int, start: NDArray[np.float64], end: NDArray[np.float64], width: float
) -> Image:
    """A straight line between two points ``(y, x)``, from 0 to 1, its edge a pixel soft."""
    place = _places(size) - start
    along = end - start
    t = (place @ along / (along @ along)).clip(0, 1)
    away = np.linalg.norm(place - t[..., None] * along, axis=-1)
    line: Image = (width / 2 + 0.5 - away).clip(0, 1)
    return line


def _places(size: int) -> Image:
    """The row and column of each pixel."""
    return np.moveaxis(np.indices((size, size)), 0, -1).astype("float64")


def _walls(rng: np.random.Generator, size: int, width: float) -> Image:
    """Lines between cells, each of which holds the pixels that are nearest to its center, from 0 to 1."""
    step = size / 3
    grid = _places(5).reshape(-1, 2) - 0.5
    centers = step * (grid + rng.uniform(-0.4, 0.4, grid.shape))
    warp = [gaussian_filter(rng.standard_normal((size, size)), 6) for _ in range(2)]
    place = _places(size) + 60 * np.stack(warp, -1)
    _, cells = cKDTree(centers).query(place)
    lines = skeletonize(find_boundaries(cells))  # type: ignore[no-untyped-call]
    walls: Image = (width / 2 + 0.5 - distance_transform_edt(~lines)).clip(0, 1)
    return walls


def _fading(
    rng: np.random.Generator, walls: Image, gaps: int, radius: tuple[float, float]
) -> Image:
    """How far each pixel is faded, from 0 to 1: round places about pixels of the walls."""
    places = np.argwhere(walls > 0.5)
    y, x = np.mgrid[: len(walls), : len(walls)]
    faded = np.zeros_like(walls)
    for top, left in places[rng.integers(len(places), size=gaps)]:
        away = np.hypot(y - top, x - left)
        faded = np.maximum(faded, (rng.uniform(*radius) + 0.5 - away).clip(0, 1))
    return faded
