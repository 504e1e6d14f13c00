"""The simulation of Zheng et al. (2020): its boxes, and the update rule of the authors' published program.

The program differentiates by hand. So does ``by_hand``, with every place where the program departs from the
true gradient as a switch.
"""

import math
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

__all__ = ["CASES", "DEPARTURES", "by_hand", "by_hand_in_columns", "scene"]

RATIOS = (1 / 4, 1 / 3, 1 / 2, 1, 2, 3, 4)
AREAS = (0.5, 0.67, 0.75, 1, 1.33, 1.5, 2)
# Boxes and targets for each starting point: 7 areas and 7 ratios of the box, 7 ratios of the target.
CASES = len(AREAS) * len(RATIOS) ** 2

DEPARTURES = {
    "double size": "the derivatives of the overlap terms by w and h lack their factor ½",
    "gaps multiplied": "GIoU without overlap: the intersection is the product of the overlaps, gaps negative",
    "pull of the diagonal": "DIoU, CIoU: in x and y the enclosing diagonal enters with the opposite sign",
    "mixed axes": "DIoU, CIoU: a change of the enclosing width counts for its height too, and vice versa",
    "nested": "DIoU, CIoU: a box that reaches over the target on both sides is taken to shrink the enclosing side",
    "unit norm": "CIoU: w² + h² in the derivative of the aspect term is replaced by 1, as the paper says",
}


def scene(seed: int, points: int) -> tuple[Tensor, Tensor]:
    """Boxes and targets as center and size, ``(points, CASES, 4)``, on the default device."""
    rng = np.random.default_rng(seed)
    radius = 3 * np.sqrt(rng.uniform(size=points))
    angle = rng.uniform(0, 2 * np.pi, points)
    places = 10 + radius * np.array([np.cos(angle), np.sin(angle)])
    ratios, areas = torch.tensor(RATIOS), torch.tensor(AREAS)
    shapes = torch.stack([ratios.sqrt(), 1 / ratios.sqrt()], dim=-1)
    sizes = points, len(RATIOS), len(AREAS), len(RATIOS), 4
    box, target = torch.full(sizes, 10.0), torch.full(sizes, 10.0)
    box[..., :2] = torch.tensor(places.round(9)).to(box).T[:, None, None, None]
    box[..., 2:] = areas.sqrt()[:, None, None] * shapes
    target[..., 2:] = shapes[:, None, None]
    return box.flatten(1, 3), target.flatten(1, 3)


class _Axis(NamedTuple):
    """What one axis holds of a box and its target, and the slopes by the box's center and side there."""

    offset: Tensor
    side: Tensor
    other_side: Tensor
    overlap: Tensor
    overlap_slopes: tuple[Tensor, Tensor]
    enclosing: Tensor
    enclosing_slopes: tuple[Tensor, Tensor]


def _axis(center: Tensor, side: Tensor, goal: Tensor, goal_side: Tensor) -> _Axis:
    low, high = center - side / 2, center + side / 2
    goal_low, goal_high = goal - goal_side / 2, goal + goal_side / 2
    # At which edges does the box reach out over the target?
    out_low = (low < goal_low).to(low.dtype)
    out_high = (high > goal_high).to(low.dtype)
    reach = (out_low + out_high) / 2
    overlap = torch.minimum(high, goal_high) - torch.maximum(low, goal_low)
    return _Axis(
        offset=center - goal,
        side=side,
        other_side=goal_side,
        overlap=overlap,
        overlap_slopes=(out_low - out_high, 1 - reach),
        enclosing=side + goal_side - overlap,
        enclosing_slopes=(out_high - out_low, reach),
    )


def by_hand(
    name: str, box: Tensor, target: Tensor, departures: Collection[str] = ()
) -> Tensor:
    """Gradient of a loss with respect to center and size, with the chosen departures from it."""
    slopes = by_hand_in_columns(name, box.unbind(-1), target.unbind(-1), departures)
    return torch.stack(slopes, -1)


def by_hand_in_columns(
    name: str,
    box: Sequence[Tensor],
    target: Sequence[Tensor],
    departures: Collection[str] = (),
) -> list[Tensor]:
    """The same for x, y, w and h, each of all boxes: a compiler makes one loop of it."""
    (x, y, w, h), (tx, ty, tw, th) = box, target
    axes = across, down = _axis(x, w, tx, tw), _axis(y, h, ty, th)
    apart = (across.overlap <= 0) | (down.overlap <= 0)
    overlaps = [axis.overlap for axis in axes]
    if not (name == "GIoU" and "gaps multiplied" in departures):
        overlaps = [overlap.masked_fill(apart, 0) for overlap in overlaps]
    inter = overlaps[0] * overlaps[1]
    union = w * h + tw * th - inter
    enclosing = across.enclosing * down.enclosing
    distance = across.offset**2 + down.offset**2
    diagonal = across.enclosing**2 + down.enclosing**2
    double = 2 if "double size" in departures else 1
    mixed = "mixed axes" in departures
    pull = -1 if "pull of the diagonal" in departures else 1

    slopes = {}
    for axis, other, other_overlap in zip(
        axes, axes[::-1], overlaps[::-1], strict=True
    ):
        for size in (False, True):
            d_overlap, d_enclosing = (
                axis.overlap_slopes[size],
                axis.enclosing_slopes[size],
            )
            d_inter = d_overlap * other_overlap
            d_union = (other.side if size else 0) - d_inter
            up = (union * d_inter - inter * d_union) / union**2
            up = up.masked_fill(apart, 0)
            if name == "GIoU":
                d_area = d_enclosing * other.enclosing
                up = up + (enclosing * d_union - union * d_area) / enclosing**2
            if size:
                up = double * up
            if name in ("DIoU", "CIoU", "EIoU"):
                grown = across.enclosing + down.enclosing if mixed else axis.enclosing
                d_diagonal = 2 * grown * d_enclosing
                if size and "nested" in departures:
                    d_diagonal = d_diagonal - 4 * axis.enclosing * (d_enclosing == 1)
                if size:
                    up = up + distance * d_diagonal / diagonal**2
                else:
                    d_distance = 2 * axis.offset
                    change = d_distance * diagonal - pull * distance * d_diagonal
                    up = up - change / diagonal**2
            if name == "EIoU":
                off = (axis.side - axis.other_side) / axis.enclosing
                up = (
                    up
                    - 2
                    * off
                    * ((1 if size else 0) - off * d_enclosing)
                    / axis.enclosing
                )
            slopes[axis is down, size] = up
    if name == "CIoU":
        angle = torch.atan2(tw, th) - torch.atan2(w, h)
        v = 4 / math.pi**2 * angle**2
        alpha = v / (1 - inter / union + v + 1e-12)
        norm = 1 if "unit norm" in departures else w**2 + h**2
        scale = alpha * 8 / math.pi**2 * angle / norm
        slopes[False, True] = slopes[False, True] + scale * h
        slopes[True, True] = slopes[True, True] - scale * w
    return [-slopes[down, size] for size in (False, True) for down in (False, True)]
