"""A small detector for the scenes: its anchors, their matching, the network, what it finds, and average precision.

The loop that trains it stands in each lab.
"""

import io
import math
from collections.abc import Sequence
from contextlib import redirect_stdout
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from torch import Tensor, nn

from lossguide.lab.scenes import SIDE, Scenes
from lossguide.torch import box_convert, box_iou, decode_boxes, iou

__all__ = ["BACKGROUND", "CODE", "IGNORED", "Detections", "Detector", "Goal", "Output"]
__all__ += ["Predictions", "assign", "average_precision", "detect", "make_anchors"]
__all__ += ["match", "precision_curves", "predict"]

CLASSES = 10
STRIDE = 8
SIZES = (14.0, 22.0, 34.0)
RATIOS = (0.8, 1.4, 2.5)
# The factors on the offsets, as `encode_boxes` and `decode_boxes` take them.
CODE = (10.0, 10.0, 5.0, 5.0)
# What `match` says of an anchor that has no box.
BACKGROUND, IGNORED = -1, -2


def make_anchors(
    stride: int = STRIDE,
    sizes: Sequence[float] = SIZES,
    ratios: Sequence[float] = RATIOS,
) -> Tensor:
    """Boxes of each size in each ratio of height to width around each place of a grid: 1,296 anchors ``(1296, 4)``.

    The network has an output for each of these, and for no others.
    """
    place = stride * (torch.arange(SIDE // stride) + 0.5)
    size, ratio = torch.cartesian_prod(torch.tensor(sizes), torch.tensor(ratios)).T
    shapes = torch.stack([size / ratio.sqrt(), size * ratio.sqrt()], dim=-1)
    centers = torch.cartesian_prod(place, place).flip(-1)
    around = centers[:, None].expand(-1, len(shapes), -1)
    anchors = torch.cat([around, shapes.expand_as(around)], dim=-1)
    return box_convert(anchors.flatten(0, 1), "cxcywh", "xyxy")


def match(
    anchors: Tensor,
    boxes: Tensor,
    labels: Tensor,
    positive: float = 0.5,
    negative: float = 0.4,
) -> Tensor:
    """Which box of its scene each anchor is to predict: ``(N, anchors)``, an index, ``BACKGROUND`` or ``IGNORED``.

    An anchor takes the box that it overlaps most, if by an IoU of at least ``positive``; below ``negative`` it is
    background, and between the two it counts for nothing. Each box also takes the anchor that overlaps it most.

    Args:
        anchors: ``(anchors, 4)`` as ``x1, y1, x2, y2``.
        boxes: ``(N, most, 4)``.
        labels: ``(N, most)``, -1 where there is no box.
        positive: the least IoU of a match.
        negative: the least IoU of what is not background.
    """
    overlap = box_iou(boxes.flatten(0, 1), anchors).reshape(*labels.shape, -1)
    overlap = torch.where(labels[..., None] >= 0, overlap, -1.0)
    best, which = overlap.max(1)
    matched = torch.where(best >= positive, which, IGNORED)
    matched = torch.where(best < negative, BACKGROUND, matched)
    scene, box = (labels >= 0).nonzero(as_tuple=True)
    matched[scene, overlap[scene, box].argmax(-1)] = box
    return matched


class Goal(NamedTuple):
    """What the anchors are to predict."""

    classes: Tensor  # (N, anchors, CLASSES), 1 at the class of the anchor's box, else 0
    boxes: Tensor  # (N, anchors, 4), zeros where the anchor has no box
    positive: Tensor  # (N, anchors), whether it has one
    counted: Tensor  # (N, anchors), whether it counts in the classification loss


def assign(anchors: Tensor, scenes: Scenes, **thresholds: float) -> Goal:
    """The goal of each anchor in each scene, with the thresholds of ``match``."""
    matched = match(anchors, scenes.boxes, scenes.labels, **thresholds)
    positive, which = matched >= 0, matched.clamp(min=0)
    labels = scenes.labels.gather(1, which)
    classes = torch.zeros(*matched.shape, CLASSES)
    classes[positive, labels[positive]] = 1
    boxes = scenes.boxes.gather(1, which[..., None].expand(-1, -1, 4))
    boxes = torch.where(positive[..., None], boxes, 0.0)
    return Goal(classes, boxes, positive, matched != IGNORED)


class Output(NamedTuple):
    """What the network says of each anchor."""

    classes: Tensor  # logits (N, anchors, CLASSES)
    offsets: Tensor  # (N, anchors, 4)
    ious: Tensor  # logits (N, anchors): zeros without an IoU head


class Detector(nn.Module):
    """Seven convolutions, then a tower that scores the classes and one that moves the boxes, at 9 anchors a place.

    Args:
        iou_head: whether the box tower also predicts the IoU that its box will have.
        prior: the probability of each class before training.
    """

    def __init__(self, iou_head: bool = False, prior: float = 0.01) -> None:
        super().__init__()
        shapes = len(SIZES) * len(RATIOS)
        self.trunk = nn.Sequential(
            _layer(1, 16, 2),
            _layer(16, 32, 2),
            _layer(32, 32),
            _layer(32, 64, 2),
            _layer(64, 64),
            _layer(64, 64),
        )
        self.class_tower, self.box_tower = _layer(64, 64), _layer(64, 64)
        self.classes = nn.Conv2d(64, shapes * CLASSES, 1)
        self.offsets = nn.Conv2d(64, shapes * 4, 1)
        self.ious = nn.Conv2d(64, shapes, 1) if iou_head else None
        bias = self.classes.get_parameter("bias")
        nn.init.constant_(bias, math.log(prior / (1 - prior)))
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, images: Tensor) -> Output:
        """Say what is at each anchor of the images ``(N, 1, SIDE, SIDE)``."""
        features = self.trunk(images.contiguous(memory_format=torch.channels_last))
        classes = self.classes(self.class_tower(features))
        tower = self.box_tower(features)
        offsets = _by_anchor(self.offsets(tower), 4)
        ious = offsets.new_zeros(offsets.shape[:2])
        if self.ious is not None:
            ious = _by_anchor(self.ious(tower), 1).squeeze(-1)
        return Output(_by_anchor(classes, CLASSES), offsets, ious)


def _layer(before: int, after: int, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(before, after, 3, stride, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.ReLU())


def _by_anchor(maps: Tensor, numbers: int) -> Tensor:
    """From ``(N, shapes * numbers, H, W)`` to ``(N, H * W * shapes, numbers)``."""
    return maps.permute(0, 2, 3, 1).reshape(len(maps), -1, numbers)


class Predictions(NamedTuple):
    """What a trained network says of each anchor in many scenes."""

    boxes: Tensor  # (N, anchors, 4)
    scores: Tensor  # probabilities (N, anchors, CLASSES)
    ious: Tensor  # (N, anchors)


@torch.no_grad()
def predict(network: Detector, images: Tensor, batch: int = 50) -> Predictions:
    """Run a network over images, on the network's device; what comes back is on the CPU."""
    network.eval()
    anchors = make_anchors()
    parts = []
    for some in torch.split(images, batch):
        out = network(some)
        boxes = decode_boxes(out.offsets, anchors.expand_as(out.offsets), weights=CODE)
        part = boxes.clamp(0, SIDE), out.classes.sigmoid(), out.ious.sigmoid()
        parts.append([one.cpu() for one in part])
    return Predictions(*map(torch.cat, zip(*parts, strict=True)))


class Detections(NamedTuple):
    """Found boxes, with the number of their scene."""

    scenes: Tensor  # (D,)
    boxes: Tensor  # (D, 4)
    labels: Tensor  # (D,)
    scores: Tensor  # (D,)


def detect(
    predictions: Predictions,
    threshold: float = 0.05,
    top: int = 200,
    nms_iou: float | None = 0.5,
) -> Detections:
    """Keep what scores above a threshold, of that the best in each scene, of those one for each crowd of one class.

    Args:
        predictions: of ``predict``.
        threshold: the least score.
        top: how many to keep in a scene before suppression.
        nms_iou: a box that overlaps a better one of its class by more is dropped; ``None`` drops none.
    """
    found = []
    for first in range(0, len(predictions.scores), 50):
        boxes, scores, _ = (part[first : first + 50] for part in predictions)
        score, place = scores.flatten(1).topk(top)
        label = place % CLASSES
        which = (place // CLASSES)[..., None].expand(-1, -1, 4)
        box = boxes.gather(1, which)
        kept = score > threshold
        if nms_iou is not None:
            # Boxes of two classes never meet: each class has a plane of its own.
            kept &= _suppress(box + 2 * SIDE * label[..., None], nms_iou)
        scene = torch.arange(len(kept), device=kept.device)[:, None] + first
        parts = scene.expand_as(kept), box, label, score
        found.append([part[kept] for part in parts])
    return Detections(*map(torch.cat, zip(*found, strict=True)))


def _suppress(boxes: Tensor, threshold: float) -> Tensor:
    """Non-maximum suppression in many scenes at once: whether each box ``(N, M, 4)`` stays, the best given first."""
    shape = boxes.shape[0], boxes.shape[1], boxes.shape[1], 4
    close = (
        iou(boxes[:, None].expand(shape), boxes[:, :, None].expand(shape)) > threshold
    )
    kept = boxes.new_ones(boxes.shape[:2], dtype=torch.bool)
    for i in range(boxes.shape[1] - 1):
        kept[:, i + 1 :] &= ~(kept[:, i, None] & close[:, i, i + 1 :])
    return kept


def precision_curves(found: Detections, scenes: Scenes) -> NDArray[np.float64]:
    """Precision as COCO's tools compute it: ``(10, 101, CLASSES)``.

    For the IoU thresholds from 0.50 to 0.95 in steps of 0.05, at recalls from 0 to 1 in steps of 0.01, for each class;
    NaN for a class of which the scenes have none.
    """
    scene, place = (scenes.labels >= 0).nonzero(as_tuple=True)
    boxes = _corner_and_size(scenes.boxes[scene, place])
    truth = [
        {
            "id": i + 1,
            "image_id": int(image),
            "category_id": int(label),
            "bbox": box.tolist(),
            "area": float(box[2] * box[3]),
            "iscrowd": 0,
        }
        for i, (image, label, box) in enumerate(
            zip(scene, scenes.labels[scene, place], boxes, strict=True)
        )
    ]
    if not len(found.scores):
        counted = np.bincount(scenes.labels[scene, place].cpu(), minlength=CLASSES)
        return np.where(counted > 0, 0.0, np.nan) * np.ones((10, 101, 1))
    rows = np.column_stack(
        [
            found.scenes.cpu(),
            _corner_and_size(found.boxes),
            found.scores.cpu(),
            found.labels.cpu(),
        ]
    )
    with redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {
            "info": {},
            "images": [{"id": i} for i in range(len(scenes))],
            "categories": [{"id": i} for i in range(CLASSES)],
            "annotations": truth,
        }
        coco.createIndex()
        judge = COCOeval(coco, coco.loadRes(rows.astype("float64")), "bbox")
        judge.params.areaRng, judge.params.areaRngLbl = [[0, 1e5]], ["all"]
        judge.params.maxDets = [100]
        judge.evaluate()
        judge.accumulate()
    precision: NDArray[np.float64] = judge.eval["precision"][..., 0, 0]
    return np.where(precision < 0, np.nan, precision)


def average_precision(found: Detections, scenes: Scenes) -> dict[str, float]:
    """Mean average precision over the classes: at an IoU of 0.5, 0.75 and 0.9, and the mean from 0.5 to 0.95."""
    curves = precision_curves(found, scenes)
    by_iou = np.nanmean(curves, (1, 2))
    named: dict[str, Any] = {"AP50": by_iou[0], "AP75": by_iou[5], "AP90": by_iou[8]}
    named["mAP"] = by_iou.mean()
    return {name: float(value) for name, value in named.items()}


def _corner_and_size(boxes: Tensor) -> NDArray[np.float64]:
    return box_convert(boxes, "xyxy", "xywh").cpu().double().numpy()
