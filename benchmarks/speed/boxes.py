"""Time the GIoU and CIoU losses side by side with torchvision's and ultralytics'.

    pip download --no-deps --dest wheels torchvision ultralytics
    for wheel in wheels/*.whl; do unzip -q -o "$wheel" -d peers; done
    python -m benchmarks.speed.boxes --peers peers

The peers are read from unpacked wheels, because only their plain Python files are needed and an installed
torchvision would have to fit the installed PyTorch.
"""

import argparse
import ast
import importlib
import json
import math
from importlib.metadata import distributions
from pathlib import Path

import torch
from torch import Tensor

import lossguide.torch as lt
from benchmarks.speed.timing import Loss, compare, setting
from benchmarks.wheels import open_wheels

RESULTS = Path(__file__).resolve().parents[1] / "results" / "boxes.json"


def torchvision_losses(peers: Path) -> dict[str, Loss]:
    open_wheels(peers)
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--peers", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--boxes", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    peers = {
        "torchvision": torchvision_losses(options.peers),
        "ultralytics": ultralytics_losses(options.peers),
    }
    ours = {"giou": lt.giou_loss, "ciou": lt.ciou_loss}
    results = {
        **setting(),
        **{
            found.name: found.version
            for found in distributions(path=[str(options.peers)])
        },
        "boxes": options.boxes,
        "rounds": options.rounds,
    }
    for name, loss in ours.items():
        contenders = {"lossguide": loss}
        contenders |= {peer: losses[name] for peer, losses in peers.items()}
        pairs = random_pairs(options.boxes)
        values = [one(*pairs).detach() for one in contenders.values()]
        for value in values:
            torch.testing.assert_close(value, values[0], rtol=1e-5, atol=1e-5)
        results[f"{name}_loss"] = compare(contenders, pairs, options.rounds)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    print(RESULTS.read_text())


if __name__ == "__main__":
    main()
