"""Boxes in chapters and labs: the step that a loss takes, paths and what to measure on them, and scenes."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from numpy.typing import NDArray
from torch import Tensor

from lossguide.lab.plots import (
    BLACK,
    LOSS_COLORS,
    PREDICTION,
    TARGET,
    draw_box,
    image_axes,
    loss_style,
)
from lossguide.torch import box_convert, iou

__all__ = [
    "STARTS",
    "draw_race",
    "draw_slide",
    "draw_steps",
    "edge_steps",
    "film",
    "growth",
    "path_iou",
]
__all__ += ["random_starts", "rectangles", "steps_to", "whole_steps"]

Loss = Callable[..., Tensor]
Array = NDArray[np.float64]


def edge_steps(loss: Loss, pred: Sequence[float], target: Sequence[float]) -> Array:
    """The step of gradient descent on the left, top, right and bottom edge, for a rate of 1."""
    leaf = torch.tensor(pred, dtype=torch.float64, device="cpu", requires_grad=True)
    value = loss(leaf, torch.tensor(target, dtype=torch.float64, device="cpu"))
    (gradient,) = torch.autograd.grad(value, leaf)
    steps: Array = -gradient.numpy() + 0.0
    return steps


def draw_steps(
    ax: Axes,
    loss: Loss,
    pred: Sequence[float],
    target: Sequence[float],
    longest: float,
) -> None:
    """Draw a box, its target and the steps on its edges; the longest arrow is as long as said."""
    draw_box(ax, target, TARGET, style="--", fill=False)
    draw_box(ax, pred, PREDICTION)
    steps = edge_steps(loss, pred, target)
    x1, y1, x2, y2 = pred
    middle_x, middle_y = (x1 + x2) / 2, (y1 + y2) / 2
    places = [(x1, middle_y), (middle_x, y1), (x2, middle_y), (middle_x, y2)]
    for edge, ((x, y), step) in enumerate(zip(places, steps, strict=True)):
        length = longest * step / max(np.abs(steps).max(), 1e-12)
        if abs(length) > 0.02 * longest:
            tip = (x, y + length) if edge % 2 else (x + length, y)
            style = {"arrowstyle": "-|>", "lw": 1.8, "color": BLACK}
            ax.annotate(
                "", tip, (x, y), arrowprops={**style, "shrinkA": 0, "shrinkB": 0}
            )
    ax.set_axis_off()
    image_axes(ax)


def draw_slide(
    losses: Mapping[str, Loss],
    pred: Sequence[float],
    target: Sequence[float],
    places: Mapping[str, float],
) -> None:
    """Draw what losses say of a box that slides along the x axis, and the steps that the last one takes.

    Above stand the steps at some places, given by the left edge; below, the losses at all places.
    """
    (*_, shown) = losses
    rows: list[Any] = [list(places), [""] * len(places)]
    widths = {place: 104 if place == "apart" else 70 for place in places}
    ratios = {"width_ratios": list(widths.values()), "height_ratios": [1, 1.4]}
    _, axes = plt.subplot_mosaic(rows, figsize=(5.6, 3.7), gridspec_kw=ratios)
    x1, y1, x2, y2 = pred
    left, width = np.linspace(0, 126, 253), x2 - x1
    sliding = torch.tensor([[x, y1, x + width, y2] for x in left])
    resting = torch.tensor([[float(value) for value in target]] * len(left))
    for name, loss in losses.items():
        values = loss(sliding, resting.to(sliding), reduction="none")
        axes[""].plot(left, values.numpy(), **loss_style(name))
    for place, x in places.items():
        box = [x, y1, x + width, y2]
        draw_steps(axes[place], losses[shown], box, target, longest=16)
        limits = {"xlim": (104 - widths[place], 104), "ylim": (74, 10)}
        axes[place].set(title=place, **limits)
        height = losses[shown](torch.tensor(box), torch.tensor(target)).item()
        axes[""].plot(x, height, "o", color=PREDICTION, zorder=3)
    axes[""].set(xlabel="left edge of the prediction (px)", ylabel="loss")
    axes[""].legend(ncols=len(losses), loc="lower left")


def path_iou(path: Tensor, target: Tensor) -> Tensor:
    """IoU along a path of boxes ``(steps, ..., 4)`` as center and size."""
    corners = box_convert(target, "cxcywh", "xyxy")
    return iou(box_convert(path, "cxcywh", "xyxy"), corners.expand_as(path))


def steps_to(path: Tensor, target: Tensor, goal: float = 0.9) -> Tensor:
    """The first step at which each box has more than no IoU and at least ``goal``; infinite if it never has."""
    overlap = path_iou(path, target)
    good = (overlap >= goal) & (overlap > 0)
    return torch.where(good.any(0), good.int().argmax(0).double(), math.inf)


def whole_steps(steps: float) -> int | str:
    """Steps for a table."""
    return "never" if math.isinf(steps) else int(steps)


def growth(path: Tensor) -> Tensor:
    """The largest area on the path, in units of the first."""
    area = path[..., 2] * path[..., 3]
    return area.amax(0) / area[0]


def film(
    axes: NDArray[Any],
    paths: Mapping[str, Tensor],
    target: Tensor,
    frames: Sequence[int],
    limits: Sequence[float],
) -> None:
    """Draw a row of snapshots for each path, its boxes given as center and size."""
    for row, (name, path) in zip(axes, paths.items(), strict=True):
        for ax, step in zip(row, frames, strict=True):
            goal, box = (
                box_convert(one, "cxcywh", "xyxy").tolist()
                for one in (target, path[step])
            )
            draw_box(ax, goal, TARGET, style="--", fill=False)
            draw_box(ax, box, PREDICTION)
            ax.set(xlim=limits[:2], ylim=limits[2:], xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
            image_axes(ax)
        row[0].set_ylabel(name, rotation=0, ha="right", va="center")
    for ax, step in zip(axes[0], frames, strict=True):
        ax.set_title(f"step {step}")


# The kinds of start that `random_starts` draws.
STARTS = ("apart", "overlapping", "around", "inside", "turned")


def random_starts(kind: str, seed: int, boxes: int = 30) -> tuple[Array, Array]:
    """Boxes and their targets, as center and size, whose start is of one kind.

    "apart", "overlapping", "around" its target, "inside" it, or "turned": in the right place and of the
    right area, with width and height exchanged.
    """
    rng = np.random.default_rng([seed, STARTS.index(kind)])
    size = rng.uniform(0.5, 1.5, (boxes, 2))
    place = rng.uniform(-0.5, 0.5, (boxes, 2))
    if kind == "apart":
        angle, far = rng.uniform(0, 2 * np.pi, boxes), rng.uniform(1.6, 2.6, boxes)
        place = (far * [np.cos(angle), np.sin(angle)]).T
        other = rng.uniform(0.5, 1, (boxes, 2))
        size = rng.uniform(0.5, 1, (boxes, 2))
    elif kind == "overlapping":
        other = size * rng.uniform(0.5, 2, (boxes, 2))
        place = 0.9 * place * (size + other)
    elif kind == "turned":
        size[:, 0] = size[:, 1] * rng.uniform(1.5, 2.5, boxes)
        place, other = 0 * place, size[:, ::-1]
    else:
        low, high = (1.5, 3) if kind == "around" else (0.2, 0.7)
        other = size * rng.uniform(low, high, (boxes, 2))
        place = place * np.abs(size - other)
    return np.hstack([place, other]), np.hstack([np.zeros((boxes, 2)), size])


def rectangles(
    count: int, rng: np.random.Generator, side: int = 20
) -> tuple[Array, Array]:
    """Noisy pictures ``(count, side, side)`` of one rectangle each, and the rectangles ``(count, 4)``."""
    size = 2 * 8 ** rng.uniform(size=(count, 1))
    size = np.minimum(size * np.exp(rng.uniform(-0.3, 0.3, (count, 2))), side - 2)
    low = rng.uniform(size=(count, 2)) * (side - size)
    pixel = np.arange(side)
    start, end = low[..., None], (low + size)[..., None]
    cover = np.clip(np.minimum(end, pixel + 1) - np.maximum(start, pixel), 0, None)
    picture = cover[:, 1, :, None] * cover[:, 0, None, :]
    noise = rng.normal(0, 0.2, (count, side, side))
    return picture + noise, np.hstack([low, low + size])


def draw_race(
    ax: Axes,
    steps: Mapping[str, Mapping[str, float]],
    deviations: Mapping[str, Mapping[str, float]] | None = None,
) -> None:
    """Draw the steps of each loss from each start, on a logarithmic axis that ends in "never"."""
    starts = list(next(iter(steps.values())))
    counts = [n for row in steps.values() for n in row.values()]
    never = 2 * max(n for n in counts if math.isfinite(n))
    for i, (name, row) in enumerate(steps.items()):
        lanes = np.arange(len(starts)) + 0.13 * (i - (len(steps) - 1) / 2)
        finite = [n if math.isfinite(n) else never for n in row.values()]
        color = LOSS_COLORS[name]
        ax.plot(finite, lanes, "osd^vP"[i % 6], color=color, label=name, ms=6)
        if deviations:
            bars = [np.nan_to_num(d, posinf=0.0) for d in deviations[name].values()]
            ax.errorbar(finite, lanes, xerr=bars, fmt="none", ecolor=color, lw=1)
    ax.set_xscale("log")
    ticks = [n for n in (10, 30, 100, 300, 1000) if 0.7 * min(counts) < n < never]
    ax.set_xticks([*ticks, never], [*map(str, ticks), "never"])
    ax.minorticks_off()
    ax.set(xlabel="steps to IoU 0.9", yticks=range(len(starts)), yticklabels=starts)
    ax.set_ylim(len(starts) - 0.5, -0.5)
    ax.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1))
