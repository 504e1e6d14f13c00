"""The focal, region, triplet and style losses: those of torchvision, smp, MONAI, kornia, pytorch-metric-learning, ours.

The region losses of smp and MONAI smooth by other numbers than ours and kornia's does not smooth; smp's pool all
images of a batch, where ours take each image by itself. They do the same work on the same pixels, but their values
differ.
"""

from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import kornia
import torch
import torch.nn.functional as F
from torch import Tensor

import lossguide.torch as lt
from benchmarks.speed.timing import Loss, Race, compiled
from lossguide.torch import fused


def focal_inputs() -> tuple[Tensor, ...]:
    """One class score for each of 100,000 anchors in 64 images, one anchor in a hundred positive."""
    logits = torch.randn(64, 100_000, requires_grad=True)
    return logits, (torch.rand(64, 100_000) < 0.01).float()


def focal() -> Race:
    theirs = import_module("torchvision.ops.focal_loss").sigmoid_focal_loss
    smp = import_module("segmentation_models_pytorch.losses.focal").FocalLoss
    kornias = kornia.losses.binary_focal_loss_with_logits
    contenders: dict[str, Loss] = {
        "readable": lt.sigmoid_focal_loss,
        "fused": fused.sigmoid_focal_loss,
        "compiled": compiled(lt.sigmoid_focal_loss),
        "torchvision": lambda logits, target: theirs(logits, target, reduction="mean"),
        "torchvision, compiled": compiled(partial(theirs, reduction="mean")),
        "segmentation_models_pytorch": smp("binary", alpha=0.25),
        "kornia": partial(kornias, reduction="mean"),
    }
    return Race("sigmoid_focal_loss", 6_400_000, 15, contenders, focal_inputs)


def region_inputs() -> tuple[Tensor, ...]:
    """Twenty-one classes on eight images of 256 x 256 pixels."""
    logits = torch.randn(8, 21, 256, 256, requires_grad=True)
    return logits, torch.randint(21, (8, 256, 256))


def region(name: str, ours: Loss, options: dict[str, Any]) -> Race:
    smp = import_module(f"segmentation_models_pytorch.losses.{name}")
    monai = import_module("monai.losses").DiceLoss(
        softmax=True, to_onehot_y=True, **options
    )
    contenders: dict[str, Loss] = {
        "readable": ours,
        "fused": getattr(fused, f"{name}_loss"),
        "compiled": compiled(ours),
        "segmentation_models_pytorch": getattr(smp, f"{name.capitalize()}Loss")(
            "multiclass"
        ),
        "monai": lambda logits, target: monai(logits, target[:, None]),
    }
    if name == "dice":
        contenders["kornia"] = partial(kornia.losses.dice_loss, average="macro")
    size = 8 * 21 * 256 * 256
    return Race(f"{name}_loss", size, 15, contenders, region_inputs, same=False)


def embeddings() -> tuple[Tensor, ...]:
    """2,048 embeddings of 128 numbers, 64 classes of 32."""
    return torch.randn(2048, 128, requires_grad=True), torch.arange(2048) % 64


def triplet() -> Race:
    peer = "pytorch_metric_learning"
    distance = import_module(f"{peer}.distances").LpDistance(normalize_embeddings=False)
    miner = import_module(f"{peer}.miners").BatchHardMiner(distance=distance)
    criterion = import_module(f"{peer}.losses").TripletMarginLoss(
        margin=1.0,
        distance=distance,
        reducer=import_module(f"{peer}.reducers").MeanReducer(),
    )
    ours = partial(lt.batch_triplet_loss, mining="hard", margin=1.0)
    contenders: dict[str, Loss] = {
        "readable": ours,
        "fused": partial(fused.batch_triplet_loss, mining="hard", margin=1.0),
        "compiled": compiled(ours),
        peer: lambda x, labels: criterion(x, labels, miner(x, labels)),
    }
    return Race("batch_triplet_loss", 2048, 15, contenders, embeddings)


# Channels and sides of VGG's first feature maps after each change of size, of images of 256 x 256 pixels.
FEATURES = {
    "relu1_1": (64, 256),
    "relu2_1": (128, 128),
    "relu3_1": (256, 64),
    "relu4_1": (512, 32),
    "relu5_1": (512, 16),
}


def style_inputs() -> tuple[Tensor, ...]:
    """The feature maps of an image, in which gradients are taken, then those of a style."""
    pred, style = (
        [torch.randn(1, c, side, side).relu_() for c, side in FEATURES.values()]
        for _ in range(2)
    )
    return *(maps.requires_grad_() for maps in pred), *style


def layers(maps: tuple[Tensor, ...]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    count = len(FEATURES)
    return dict(zip(FEATURES, maps[:count], strict=True)), dict(
        zip(FEATURES, maps[count:], strict=True)
    )


def batched_products(*maps: Tensor) -> Tensor:
    """What most style transfer code does: ``bmm``, and autograd."""

    def gram(features: Tensor) -> Tensor:
        rows = features.flatten(2)
        return torch.bmm(rows, rows.transpose(1, 2)) / (2 * rows[0].numel())

    pred, style = layers(maps)
    errors = [
        F.mse_loss(gram(pred[one]), gram(style[one]), reduction="sum") for one in pred
    ]
    return torch.stack(errors).sum()


def style() -> Race:
    contenders: dict[str, Loss] = {
        "readable": lambda *maps: lt.style_loss(*layers(maps)),
        "fused": lambda *maps: fused.style_loss(*layers(maps)),
        "compiled": compiled(lambda *maps: lt.style_loss(*layers(maps))),
        "torch.bmm": batched_products,
    }
    size = sum(c * side * side for c, side in FEATURES.values())
    return Race("style_loss", size, 15, contenders, style_inputs)


def races(peers: Path) -> list[Race]:
    return [
        focal(),
        region("dice", lt.dice_loss, {}),
        region("jaccard", lt.jaccard_loss, {"jaccard": True}),
        triplet(),
        style(),
    ]
