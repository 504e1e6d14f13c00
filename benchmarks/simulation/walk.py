"""The boxes of the simulation, the rules by which they move, and their walk to the target.

Boxes are columns here, x, y, w and h of all of them, so that a compiler makes one loop of a step.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor

from lossguide.lab.diou_simulation import DEPARTURES, by_hand_in_columns, scene

POINTS, BLOCK = 5000, 2**14
RATES = [0.1] * 160 + [0.01] * 20 + [0.001] * 20

Columns = Sequence[Tensor]
Step = Callable[[Columns, Columns, Tensor], tuple[Columns, Tensor]]


class Rule(NamedTuple):
    """For which losses, how much of the gradient in center and in size, and with which departures from it."""

    losses: tuple[str, ...]
    center: float = 1
    size: float = 1
    departures: tuple[str, ...] = ()


RULES = {
    "center and size": Rule(("IoU", "GIoU", "DIoU", "CIoU", "EIoU")),
    # A step along the gradient in the corners moves the center half as far and the size twice as far.
    "corners": Rule(("IoU", "GIoU", "DIoU", "CIoU", "EIoU"), center=0.5, size=2),
    "published": Rule(("IoU", "GIoU", "DIoU", "CIoU"), departures=tuple(DEPARTURES)),
}


def iou(box: Columns, target: Columns) -> Tensor:
    """The IoU of boxes and targets, column by column."""
    sides = []
    for axis in (0, 1):
        center, side = box[axis], box[axis + 2]
        goal, goal_side = target[axis], target[axis + 2]
        high = torch.minimum(center + side / 2, goal + goal_side / 2)
        low = torch.maximum(center - side / 2, goal - goal_side / 2)
        sides.append((high - low).relu())
    inter = sides[0] * sides[1]
    return inter / (box[2] * box[3] + target[2] * target[3] - inter)


def error(box: Columns, target: Columns) -> Tensor:
    """The sum over boxes of |x - x'| + |y - y'| + |w - w'| + |h - h'|."""
    x, y, w, h = ((b - t).abs() for b, t in zip(box, target, strict=True))
    return (x + y + w + h).sum()


def advance(
    rule: Rule, name: str, box: Columns, target: Columns, rate: Tensor
) -> tuple[Columns, Tensor]:
    """The boxes after a step, and the sum of their errors."""
    slopes = by_hand_in_columns(name, box, target, rule.departures)
    step = rate * (2 - iou(box, target))
    parts = (rule.center, rule.center, rule.size, rule.size)
    box = [b - step * part * s for b, part, s in zip(box, parts, slopes, strict=True)]
    return box, error(box, target)


def walk(step: Step, box: Columns, target: Columns) -> Tensor:
    """The sum over boxes of their error, before the first and after each step."""
    total = torch.zeros(len(RATES) + 1, dtype=torch.float64)
    for start in range(0, len(box[0]), BLOCK):
        now, goal = (
            [c[start : start + BLOCK] for c in boxes] for boxes in (box, target)
        )
        errors = [error(now, goal)]
        for rate in torch.tensor(RATES):
            now, left = step(now, goal, rate)
            errors.append(left)
        total += torch.stack(errors)
    return total


def columns(boxes: Tensor) -> Columns:
    return [*boxes.reshape(-1, 4).T.contiguous()]


def run(rule: str, name: str) -> dict[str, Any]:
    """The mean errors, and the seconds of compiling and of running, on one core."""
    torch.set_num_threads(1)
    torch.compiler.reset()
    box, target = map(columns, scene(0, POINTS))
    count = len(box[0])
    step = torch.compile(
        partial(advance, RULES[rule], name), fullgraph=True, dynamic=False
    )
    start = time.perf_counter()
    for width in (BLOCK, count % BLOCK):
        few = [[column[:width] for column in one] for one in (box, target)]
        step(*few, torch.tensor(0.1))
    compiled = time.perf_counter()
    errors = walk(step, box, target) / count
    return {
        "errors": errors.tolist(),
        "compile_seconds": compiled - start,
        "seconds": time.perf_counter() - compiled,
    }
