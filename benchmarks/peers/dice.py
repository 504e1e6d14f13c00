"""What each library's Dice loss, as it comes, says of the same two images.

    python -m benchmarks.peers.dice --peers peers

The folder is that of ``benchmarks.peers``. The second image lacks class 2.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import one_hot

import lossguide.torch as lt
from benchmarks.labs import store
from benchmarks.peers.__main__ import versions
from benchmarks.wheels import open_wheels

# The logit of the class that a pixel is given; the other classes have 0.
CONFIDENCE = 3.0
TRUE = torch.tensor(
    [
        [[0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0], [0, 0, 0, 2]],
        [[0, 1, 0, 0], [0, 1, 0, 0], [0, 1, 0, 0], [0, 1, 0, 0]],
    ]
)
GIVEN = torch.tensor(
    [
        [[0, 0, 0, 0], [1, 1, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
        [[0, 1, 0, 0], [0, 1, 0, 0], [0, 1, 1, 0], [0, 1, 0, 0]],
    ]
)


def smp(logits: Any, target: Any) -> Any:
    from segmentation_models_pytorch.losses import DiceLoss

    return DiceLoss("multiclass")(logits, target)


def monai(logits: Any, target: Any) -> Any:
    from monai.losses import DiceLoss

    return DiceLoss(softmax=True, to_onehot_y=True)(logits, target[:, None])


def kornia(logits: Any, target: Any) -> Any:
    from kornia.losses import dice_loss

    return dice_loss(logits, target)


def keras(logits: Any, target: Any) -> Any:
    from keras.losses import Dice

    probabilities = logits.softmax(1).movedim(1, -1).numpy()
    return Dice()(one_hot(target, 3).numpy(), probabilities).numpy()


DICE: dict[str, Callable[[Any, Any], Any]] = {
    "lossguide": lt.dice_loss,
    "monai": monai,
    "segmentation_models_pytorch": smp,
    "kornia": kornia,
    "keras": keras,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--peers", type=Path, metavar="FOLDER", required=True)
    folder = parser.parse_args().peers
    open_wheels(folder)
    known = versions(folder)
    logits = CONFIDENCE * one_hot(GIVEN, 3).movedim(-1, 1).double()
    losses = {name: float(loss(logits, TRUE)) for name, loss in DICE.items()}
    store(
        "dice_conventions",
        {
            "versions": {name: known[name] for name in losses if name in known},
            "confidence": CONFIDENCE,
            "true": TRUE.tolist(),
            "given": GIVEN.tolist(),
            "losses": losses,
        },
    )


if __name__ == "__main__":
    main()
