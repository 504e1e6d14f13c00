"""Train the detector's scores in each way of the lab, with five seeds; store what each ranking of its boxes reaches.

    python -m benchmarks.detector.iou_aware_scores

The loop is that of the lab: its cells tagged "training" are executed. It takes about 25 minutes on one core; each run
is appended to a file in _build as it ends, and a second call goes on from there.
"""

from functools import partial
from typing import Any

from benchmarks.detector.runs import Runs
from benchmarks.labs import names_of

# Which alpha ranks the boxes: 1 is the class score alone.
ALPHA = {
    "plain": 1.0,
    "IoU head": 0.5,
    "quality focal": 1.0,
    "varifocal": 1.0,
    "moving target": 0.5,
}
SETTINGS: dict[str, Any] = {
    "scenes": {"training": 4000, "validation": 500, "test": 500},
    "sweep": {"steps": 300, "seeds": [0], "box_weights": [1.0, 3.0]},
    "final": {"steps": 800, "seeds": [0, 1, 2, 3, 4]},
    "alphas": [0.0, 0.25, 0.5, 0.75],
}


def own_precision(way: str, result: dict[str, Any]) -> float:
    """The mAP of the way's own ranking."""
    return float(result["precision"][f"{ALPHA[way]:g}"]["mAP"])


def main() -> None:
    """Choose the weight of the box loss in each way on the validation scenes, then train and measure."""
    count = SETTINGS["scenes"]
    size = {"LOSSGUIDE_SCENES": str(count["training"])}
    lab = names_of("iou_aware_scores", "training", size)
    held_out = {
        name: lab["make_scenes"](name, count[name]) for name in ("validation", "test")
    }
    runs = Runs("iou_aware_scores")

    def trained_and_measured(
        part: str, way: str, weight: float, seed: int
    ) -> dict[str, Any]:
        network = lab["train"](way, weight, seed, SETTINGS[part]["steps"])
        fused = part == "final" and ALPHA[way] < 1
        alphas = SETTINGS["alphas"] if fused else [ALPHA[way]]
        scenes = held_out["test" if part == "final" else "validation"]
        return dict(lab["measure"](network, scenes, alphas))

    def run(part: str, way: str, weight: float, seed: int) -> None:
        settings = {"part": part, "way": way, "weight": weight, "seed": seed}
        runs.do(settings, partial(trained_and_measured, *settings.values()))

    for way in ALPHA:
        for weight in SETTINGS["sweep"]["box_weights"]:
            run("sweep", way, weight, 0)
    best = {
        way: runs.best_weight({"way": way}, partial(own_precision, way))
        for way in ALPHA
    }
    for seed in SETTINGS["final"]["seeds"]:
        for way, weight in best.items():
            run("final", way, weight, seed)
    runs.store(SETTINGS | {"box_weights": best})


if __name__ == "__main__":
    main()
