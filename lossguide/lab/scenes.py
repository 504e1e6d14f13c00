"""Scenes to find digits in: real ones of MNIST, of many sizes and shapes, among strokes, fragments and noise."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import torch
from matplotlib.axes import Axes
from numpy.typing import NDArray
from torch import Tensor

from lossguide.lab.data import mnist
from lossguide.lab.plots import draw_box
from lossguide.numpy import box_iou

__all__ = ["MOST", "SIDE", "SPLITS", "Scenes"]
__all__ += ["draw_boxes", "draw_scene", "make_scenes"]

SIDE = 96
MOST = 6
# Which digits of `mnist` the scenes of a split are made of: none is in two splits.
SPLITS = {
    "training": slice(0, 3500),
    "validation": slice(3500, 4000),
    "test": slice(4000, 5000),
}
Split = Literal["training", "validation", "test"]
Image = NDArray[np.float32]


@dataclass(frozen=True)
class Scenes:
    """Images ``(N, 1, SIDE, SIDE)`` in [0, 1] with their boxes ``(N, MOST, 4)`` and labels ``(N, MOST)``.

    Boxes are ``x1, y1, x2, y2``. Where a scene has fewer digits, the label is -1 and the box zeros.
    """

    images: Tensor
    boxes: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, which: Tensor | slice) -> "Scenes":
        return Scenes(self.images[which], self.boxes[which], self.labels[which])


def make_scenes(split: Split, count: int, seed: int = 0) -> Scenes:
    """Scenes of 2 to 6 digits, which overlap by an IoU of less than 0.1. A seed makes the same ones everywhere.

    The longest side of a digit is 14 to 48 pixels, all ratios alike; its shape is stretched by a factor of 0.6 to 1.6.
    Its box is tight.
    """
    rng = np.random.default_rng([seed, list(SPLITS).index(split)])
    images, classes = (part[SPLITS[split]] for part in mnist())
    digits = [_crop(image) for image in images]
    pictures = np.empty((count, 1, SIDE, SIDE), "float32")
    boxes = np.zeros((count, MOST, 4), "float32")
    labels = np.full((count, MOST), -1)
    for i in range(count):
        pictures[i, 0] = _clutter(rng, digits)
        wanted = int(rng.integers(2, MOST + 1))
        places = boxes[i, :0]
        while len(places) < wanted:
            which = rng.integers(len(digits))
            digit = _stretch(rng, digits[which])
            box = _place(rng, digit)
            if (box_iou(places, box[None]) < 0.1).all():
                labels[i, len(places)] = classes[which]
                places = boxes[i, : len(places) + 1]
                places[-1] = box
                _draw(pictures[i, 0], digit * float(rng.uniform(0.6, 1)), box)
        pictures[i] += 0.06 * rng.standard_normal((1, SIDE, SIDE), "float32")
    return Scenes(
        *(torch.as_tensor(part) for part in (pictures.clip(0, 1), boxes, labels))
    )


def draw_scene(ax: Axes, image: Tensor) -> None:
    """Draw an image ``(1, SIDE, SIDE)`` dark on light, so that boxes ``x1, y1, x2, y2`` fit on it."""
    pixels = image[0].cpu().numpy()
    ax.imshow(
        pixels,
        cmap="gray_r",
        vmin=0,
        vmax=1,
        interpolation="nearest",
        extent=(0, SIDE, SIDE, 0),
    )
    ax.set(xticks=[], yticks=[])
    ax.grid(False)


def draw_boxes(
    ax: Axes,
    boxes: Tensor,
    color: str,
    labels: Iterable[object] = (),
    style: str = "-",
    lw: float = 1.2,
) -> None:
    """Draw the outlines of boxes ``(N, 4)``, with their labels above them."""
    for box in boxes.tolist():
        draw_box(ax, box, color, style=style, fill=False)
        ax.patches[-1].set_linewidth(lw)
    for (x1, y1, *_), label in zip(boxes.tolist(), labels, strict=False):
        ax.text(x1, y1 - 1, str(label), color=color, va="bottom", fontsize=9)


def _crop(image: Image) -> Image:
    """The part of an image that holds its ink."""
    rows, columns = (np.flatnonzero((image > 0.2).any(axis)) for axis in (1, 0))
    crop: Image = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return crop


@cache
def _weights(before: int, after: int) -> Image:
    """How much each old pixel gives to each new one: linear, and wide enough not to skip any."""
    scale = before / after
    centers = (np.arange(after) + 0.5) * scale - 0.5
    away = np.abs(centers[:, None] - np.arange(before)) / max(scale, 1)
    share = np.clip(1 - away, 0, None)
    weights: Image = (share / share.sum(1, keepdims=True)).astype("float32")
    return weights


def _resize(image: Image, height: int, width: int) -> Image:
    h, w = image.shape
    return np.asarray(_weights(h, height) @ image @ _weights(w, width).T, "float32")


def _stretch(rng: np.random.Generator, digit: Image) -> Image:
    longest = 14 * (48 / 14) ** rng.uniform()
    shape = np.array(digit.shape) * 0.6 ** (rng.uniform(-1, 1) * np.array([0.5, -0.5]))
    height, width = (shape * longest / shape.max()).round().astype(int).clip(4)
    return _resize(digit, height, width)


def _place(rng: np.random.Generator, patch: Image) -> Image:
    """A random box of the patch's size."""
    h, w = patch.shape
    x, y = rng.integers(SIDE - w + 1), rng.integers(SIDE - h + 1)
    return np.array([x, y, x + w, y + h], "float32")


def _draw(picture: Image, patch: Image, box: Image) -> None:
    x1, y1, x2, y2 = box.astype(int)
    part = picture[y1:y2, x1:x2]
    np.maximum(part, patch, out=part)


def _clutter(rng: np.random.Generator, digits: list[Image]) -> Image:
    """A background: a gradient, straight strokes, and fragments of digits."""
    y, x = np.mgrid[:SIDE, :SIDE].astype("float32") / SIDE
    across, down = rng.uniform(-0.2, 0.2, 2).astype("float32")
    picture: Image = 0.2 + across * (x - 0.5) + down * (y - 0.5)
    for _ in range(rng.integers(1, 4)):
        start, end = rng.uniform(size=(2, 2)).astype("float32")
        dx, dy = end - start
        away_x, away_y = x - start[0], y - start[1]
        t = ((away_x * dx + away_y * dy) / (dx**2 + dy**2)).clip(0, 1)
        far = SIDE * np.sqrt((away_x - t * dx) ** 2 + (away_y - t * dy) ** 2)
        thick, bright = float(rng.uniform(1.3, 2.5)), float(rng.uniform(0.2, 0.5))
        np.maximum(picture, bright * (thick - far).clip(0, 1), out=picture)
    for _ in range(rng.integers(2, 6)):
        digit = digits[rng.integers(len(digits))]
        h, w = (n // 2 for n in digit.shape)
        top, left = rng.integers(h + 1), rng.integers(w + 1)
        piece = digit[top : top + h, left : left + w]
        longest = rng.uniform(6, 20)
        height, width = (int(max(longest * n / max(h, w), 3)) for n in (h, w))
        piece = _resize(piece, height, width) * float(rng.uniform(0.3, 0.7))
        _draw(picture, piece, _place(rng, piece))
    return picture
