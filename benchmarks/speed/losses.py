"""Time the focal, region and triplet losses side by side with torchvision's, smp's and pytorch-metric-learning's.

    pip download --no-deps --dest wheels torchvision pytorch-metric-learning segmentation-models-pytorch
    for wheel in wheels/*.whl; do unzip -q -o "$wheel" -d peers; done
    python -m benchmarks.speed.losses --peers peers

smp's Dice and Jaccard losses pool all images of a batch, ours take each image by itself: they do the same
work on the same pixels, but their values differ. The other pairs must agree before they are timed.
"""

import argparse
import json
from importlib import import_module
from importlib.metadata import distributions
from pathlib import Path

import torch
from torch import Tensor

import lossguide.torch as lt
from benchmarks.speed.timing import Loss, compare, setting
from benchmarks.wheels import open_wheels

RESULTS = Path(__file__).resolve().parents[1] / "results" / "losses.json"
SAME_VALUE = ("sigmoid_focal", "batch_hard_triplet")


def focal() -> tuple[dict[str, Loss], tuple[Tensor, ...]]:
    """One class score for each of 100,000 anchors in 64 images, one anchor in a hundred positive."""
    theirs = import_module("torchvision.ops.focal_loss").sigmoid_focal_loss
    contenders = {
        "lossguide": lt.sigmoid_focal_loss,
        "torchvision": lambda logits, target: theirs(logits, target, reduction="mean"),
    }
    logits = torch.randn(64, 100_000, requires_grad=True)
    return contenders, (logits, (torch.rand(64, 100_000) < 0.01).float())


def region(
    ours: Loss, module: str, name: str
) -> tuple[dict[str, Loss], tuple[Tensor, ...]]:
    """Twenty-one classes on eight images of 256 x 256 pixels."""
    theirs = getattr(
        import_module(f"segmentation_models_pytorch.losses.{module}"), name
    )
    contenders = {"lossguide": ours, "smp": theirs(mode="multiclass")}
    logits = torch.randn(8, 21, 256, 256, requires_grad=True)
    return contenders, (logits, torch.randint(21, (8, 256, 256)))


def triplet() -> tuple[dict[str, Loss], tuple[Tensor, ...]]:
    """2,048 embeddings of 128 numbers, 64 classes of 32."""
    peer = "pytorch_metric_learning"
    distance = import_module(f"{peer}.distances").LpDistance(normalize_embeddings=False)
    miner = import_module(f"{peer}.miners").BatchHardMiner(distance=distance)
    criterion = import_module(f"{peer}.losses").TripletMarginLoss(
        margin=1.0,
        distance=distance,
        reducer=import_module(f"{peer}.reducers").MeanReducer(),
    )
    contenders = {
        "lossguide": lambda x, labels: lt.batch_triplet_loss(
            x, labels, mining="hard", margin=1.0
        ),
        peer: lambda x, labels: criterion(x, labels, miner(x, labels)),
    }
    embeddings = torch.randn(2048, 128, requires_grad=True)
    return contenders, (embeddings, torch.arange(2048) % 64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--peers", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    open_wheels(options.peers)
    torch.manual_seed(0)
    races = {
        "sigmoid_focal": focal(),
        "dice": region(lt.dice_loss, "dice", "DiceLoss"),
        "jaccard": region(lt.jaccard_loss, "jaccard", "JaccardLoss"),
        "batch_hard_triplet": triplet(),
    }
    found = distributions(path=[str(options.peers)])
    results = {**setting(), **{peer.name: peer.version for peer in found}}
    results["rounds"] = options.rounds
    for name, (contenders, inputs) in races.items():
        if name in SAME_VALUE:
            one, other = (loss(*inputs) for loss in contenders.values())
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)
        results[name] = compare(contenders, inputs, options.rounds)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    print(RESULTS.read_text())


if __name__ == "__main__":
    main()
