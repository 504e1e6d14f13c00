"""The losses of boxes of torchvision and ultralytics, and ours: GIoU and CIoU, and the IoU of all pairs."""

import ast
import importlib
import math
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

import lossguide.torch as lt
from benchmarks.speed.timing import Loss, Race, compiled
from lossguide.torch import fused

# Pairs, and how many rounds they are timed in.
SIZES = {1_000: 100, 100_000: 25, 1_000_000: 15}
# A corner's numbers lie four apart. PyTorch's compiler takes that as a reason to take boxes one by one; told not to
# weigh it, it takes as many as a register holds.
WIDE = {"cpp.enable_tiling_heuristics": False}


def torchvision_losses() -> dict[str, Loss]:
    giou = importlib.import_module("torchvision.ops.giou_loss")
    ciou = importlib.import_module("torchvision.ops.ciou_loss")
    return {
        "giou": lambda p, t: giou.generalized_box_iou_loss(p, t, reduction="mean"),
        "ciou": lambda p, t: ciou.complete_box_iou_loss(p, t, reduction="mean"),
    }


def ultralytics_losses(peers: Path) -> dict[str, Loss]:
    """Take the one function out of its file, whose imports need the whole package."""
    source = (peers / "ultralytics" / "utils" / "metrics.py").read_text()
    (function,) = (
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef) and node.name == "bbox_iou"
    )
    scope = {"torch": torch, "math": math}
    exec(ast.get_source_segment(source, function), scope)
    bbox_iou = scope["bbox_iou"]
    return {
        "giou": lambda p, t: (1 - bbox_iou(p, t, xywh=False, GIoU=True)).mean(),
        "ciou": lambda p, t: (1 - bbox_iou(p, t, xywh=False, CIoU=True)).mean(),
    }


def random_pairs(count: int) -> tuple[Tensor, Tensor]:
    """Boxes of 10 to 110 pixels, each with a target nearby: most pairs overlap."""
    torch.manual_seed(0)
    corner, size = torch.rand(2, count, 2) * 100
    target = torch.cat([corner, corner + 10 + size], dim=1)
    shift = torch.randn(count, 2).repeat(1, 2) * 20
    growth = torch.cat([torch.zeros(count, 2), torch.rand(count, 2) * 10], dim=1)
    return (target + shift + growth).requires_grad_(), target


def races(peers: Path) -> list[Race]:
    others = {
        "torchvision": torchvision_losses(),
        "ultralytics": ultralytics_losses(peers),
    }
    found = []
    for name in ("giou", "ciou"):
        ours = getattr(lt, f"{name}_loss")
        contenders: dict[str, Loss] = {
            "readable": ours,
            "fused": getattr(fused, f"{name}_loss"),
            "compiled": compiled(ours, options=WIDE),
        }
        contenders |= {peer: losses[name] for peer, losses in others.items()}
        contenders["torchvision, compiled"] = compiled(
            others["torchvision"][name], options=WIDE
        )
        for size, rounds in SIZES.items():
            make = partial(random_pairs, size)
            found.append(Race(f"{name}_loss", size, rounds, contenders, make))
    return [*found, pairwise()]


def pairwise() -> Race:
    """10,000 boxes with 1,000 others, as a detector assigns targets: without a gradient."""
    theirs = importlib.import_module("torchvision.ops.boxes").box_iou
    contenders = {"readable": lt.box_iou, "fused": fused.box_iou, "torchvision": theirs}

    def boxes() -> tuple[Tensor, ...]:
        first, _ = random_pairs(10_000)
        second, _ = random_pairs(1_000)
        return first.detach(), second.detach()

    return Race("box_iou", 10_000_000, 15, contenders, boxes)
