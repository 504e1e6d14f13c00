"""How well a mask is connected: components, holes, and the ways through it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage.graph import MCP_Geometric
from skimage.measure import euler_number, label
from skimage.morphology import remove_small_objects, skeletonize

__all__ = ["Betti", "betti", "betti_errors", "broken_ways", "connectivity_errors"]
__all__ += ["drop_small"]

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Betti:
    """Betti numbers of a mask: how many components it has, and how many holes."""

    components: int
    holes: int


def betti(mask: Mask) -> Betti:
    """Count components, whose pixels may touch by a corner, and holes, whose pixels may not.

    Example:
        >>> ring = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], dtype=bool)
        >>> betti(ring)
        Betti(components=1, holes=1)
    """
    components = label(mask, connectivity=2).max()  # type: ignore[no-untyped-call]
    euler = euler_number(mask, connectivity=2)  # type: ignore[no-untyped-call]
    return Betti(int(components), int(components - euler))


def betti_errors(pred: Mask, true: Mask) -> tuple[int, int]:
    """How far off the numbers of components and of holes are."""
    mine, right = betti(pred), betti(true)
    return abs(mine.components - right.components), abs(mine.holes - right.holes)


def connectivity_errors(
    pred: NDArray[np.bool_], true: NDArray[np.bool_], drop: int = 0
) -> dict[str, float]:
    """Errors of masks ``(N, H, W)``, each a mean over the masks, and their IoU.

    Args:
        pred: the predicted masks.
        true: the true masks.
        drop: components of fewer pixels are dropped from the prediction first.
    """
    rng, rows = np.random.default_rng(0), []
    for mine, right in zip(pred, true, strict=True):
        mask = drop_small(mine, drop) if drop else mine
        overlap = (mask & right).sum() / max((mask | right).sum(), 1)
        rows.append(
            (*betti_errors(mask, right), broken_ways(mask, right, rng), overlap)
        )
    names = ("components", "holes", "broken ways", "IoU")
    return dict(zip(names, np.mean(rows, axis=0).tolist(), strict=True))


def drop_small(mask: Mask, pixels: int) -> Mask:
    """The mask without its components of fewer pixels."""
    kept: Mask = remove_small_objects(mask, max_size=pixels - 1, connectivity=2)
    return kept


def broken_ways(
    pred: Mask,
    true: Mask,
    rng: np.random.Generator,
    *,
    starts: int = 3,
    ends: int = 10,
    reach: float = 3.0,
    slack: float = 0.15,
) -> float:
    """The share of ways through the true mask that are cut, or of other length, in the predicted one.

    A way is the shortest one between two points of the true skeleton. In the prediction it may begin and end
    anywhere within ``reach``.

    Args:
        pred: the predicted mask.
        true: the true mask.
        rng: draws the points.
        starts: how many points ways begin at.
        ends: how many ways begin at each.
        reach: how many pixels off a point may be found.
        slack: how much longer or shorter a way may be.
    """
    points = np.argwhere(skeletonize(true))  # type: ignore[no-untyped-call]
    if len(points) == 0:
        return 0.0
    bad = []
    for start in points[rng.integers(len(points), size=starts)]:
        right = _lengths(true, start, 0)
        found = _lengths(pred, start, reach)
        for end in points[rng.integers(len(points), size=ends)]:
            length = right[tuple(end)]
            if not np.isfinite(length) or length < 2 * reach:
                continue
            mine = found[_around(end, reach, pred.shape)].min(initial=np.inf)
            bad.append(abs(mine - length) > slack * length + 2 * reach)
    return float(np.mean(bad)) if bad else 0.0


def _lengths(mask: Mask, start: NDArray[np.int_], reach: float) -> NDArray[np.float64]:
    """The length of the shortest way through the mask from a start to each pixel; infinite where there is none."""
    near = np.argwhere(mask & _around(start, reach, mask.shape))
    if len(near) == 0:
        return np.full(mask.shape, np.inf)
    lengths: NDArray[np.float64]
    lengths, _ = MCP_Geometric(np.where(mask, 1.0, np.inf)).find_costs(near)
    return lengths


def _around(place: NDArray[np.int_], reach: float, shape: tuple[int, ...]) -> Mask:
    y, x = np.ogrid[: shape[0], : shape[1]]
    circle: Mask = np.hypot(y - place[0], x - place[1]) <= reach
    return circle
