"""Train the detector with each box loss, at several weights and seeds, and store the average precision that it reaches.

    python -m benchmarks.detector.box_losses

The loop is that of the lab: its cells tagged "training" are executed. It takes about half an hour on one core; each run
is appended to a file in _build as it ends, and a second call goes on from there.
"""

from typing import Any

from benchmarks.detector.runs import Runs
from benchmarks.labs import names_of

WEIGHTS = {
    "smooth L1": (0.03, 0.1, 0.3, 1.0),
    "IoU": (0.3, 1.0, 3.0),
    "GIoU": (0.3, 1.0, 3.0, 10.0),
    "DIoU": (0.3, 1.0, 3.0),
    "CIoU": (0.3, 1.0, 3.0),
    "EIoU": (0.3, 1.0, 3.0),
}
SETTINGS: dict[str, Any] = {
    "scenes": {"training": 4000, "validation": 500, "test": 500},
    "sweep": {"steps": 300, "seeds": [0]},
    "final": {"steps": 800, "seeds": [0, 1, 2, 3, 4]},
}


def main() -> None:
    """Sweep the weights, then train each loss at its best weight, and at the weight of the classification loss."""
    count = SETTINGS["scenes"]
    size = {"LOSSGUIDE_SCENES": str(count["training"])}
    lab = names_of("box_losses", "training", size)
    held_out = {
        name: lab["make_scenes"](name, count[name]) for name in ("validation", "test")
    }
    runs = Runs("box_losses")

    def train(part: str, split: str, loss: str, weight: float, seed: int) -> None:
        steps = SETTINGS[part]["steps"]
        runs.do(
            {"part": part, "loss": loss, "weight": weight, "seed": seed},
            lambda: lab["judge"](
                lab["train"](loss, weight, seed, steps), held_out[split]
            ),
        )

    for seed in SETTINGS["sweep"]["seeds"]:
        for loss, weights in WEIGHTS.items():
            for weight in weights:
                train("sweep", "validation", loss, weight, seed)
    best = {
        loss: runs.best_weight({"loss": loss}, lambda result: result["mAP"])
        for loss in WEIGHTS
    }
    for seed in SETTINGS["final"]["seeds"]:
        for loss, weight in best.items():
            for one in sorted({weight, 1.0} if loss == "GIoU" else {weight}):
                train("final", "test", loss, one, seed)
    runs.store(SETTINGS | {"best_weights": best})


if __name__ == "__main__":
    main()
