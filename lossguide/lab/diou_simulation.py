"""The simulation of Zheng et al. (2020): its boxes, and the update rule of the authors' published program.

The program differentiates by hand. So does ``by_hand``, with every place where the program departs from the
true gradient as a switch.
"""

import math
from collections.abc import Collection

import numpy as np
import torch
from torch import Tensor

from lossguide.torch import box_convert

__all__ = ["CASES", "DEPARTURES", "by_hand", "scene"]

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


def by_hand(
    name: str, box: Tensor, target: Tensor, departures: Collection[str] = ()
) -> Tensor:
    """Gradient of a loss with respect to center and size, with the chosen departures from it."""
    (x, y, w, h), (tx, ty, tw, th) = box.unbind(-1), target.unbind(-1)
    left, top, right, bottom = box_convert(box, "cxcywh", "xyxy").unbind(-1)
    tleft, ttop, tright, tbottom = box_convert(target, "cxcywh", "xyxy").unbind(-1)
    # For each edge, left, top, right, bottom: does the box reach out over the target there?
    out = torch.stack([left < tleft, top < ttop, right > tright, bottom > tbottom])
    out = out.to(box.dtype)
    overlap_w = torch.minimum(right, tright) - torch.maximum(left, tleft)
    overlap_h = torch.minimum(bottom, tbottom) - torch.maximum(top, ttop)
    wide, high = w + tw - overlap_w, h + th - overlap_h  # the enclosing box
    apart = (overlap_w <= 0) | (overlap_h <= 0)
    if not (name == "GIoU" and "gaps multiplied" in departures):
        overlap_w = overlap_w.masked_fill(apart, 0)
        overlap_h = overlap_h.masked_fill(apart, 0)

    inter = overlap_w * overlap_h
    union = w * h + tw * th - inter
    d_inter = (1 - out) * torch.stack([-overlap_h, -overlap_w, overlap_h, overlap_w])
    d_union = torch.stack([-h, -w, h, w]) - d_inter
    up = ((union * d_inter - inter * d_union) / union**2).masked_fill(apart, 0)
    if name == "GIoU":
        enclosing = wide * high
        d_enclosing = out * torch.stack([-high, -wide, high, wide])
        up = up + (enclosing * d_union - union * d_enclosing) / enclosing**2
    half = 1 if "double size" in departures else 1 / 2
    up = torch.cat([up[:2] + up[2:], half * (up[2:] - up[:2])])

    if name in ("DIoU", "CIoU"):
        distance, diagonal = (x - tx) ** 2 + (y - ty) ** 2, wide**2 + high**2
        side = torch.stack([wide, high])
        other = side.sum(0) if "mixed axes" in departures else side
        d_center = 2 * other * (out[2:] - out[:2])
        reach = (out[2:] + out[:2]) / 2
        d_size = 2 * other * reach
        if "nested" in departures:
            d_size = d_size - 4 * side * (reach == 1)
        pull = -1 if "pull of the diagonal" in departures else 1
        d_distance = 2 * torch.stack([x - tx, y - ty])
        center = (d_distance * diagonal - pull * distance * d_center) / diagonal**2
        up = up - torch.cat([center, -distance * d_size / diagonal**2])
    if name == "CIoU":
        angle = torch.atan2(tw, th) - torch.atan2(w, h)
        v = 4 / math.pi**2 * angle**2
        alpha = v / (1 - inter / union + v + 1e-12)
        norm = 1 if "unit norm" in departures else w**2 + h**2
        up[2:] += alpha * 8 / math.pi**2 * angle / norm * torch.stack([h, -w])
    return -up.movedim(0, -1)
