"""Train the embeddings of the lab with every loss, three learning rates and five seeds.

    python -m benchmarks.metric.embeddings

It executes the lab's own cells that are tagged "training"; about ten minutes on one core.
"""

from typing import Any

import numpy as np

from benchmarks.labs import names_of, store

SEEDS = 5
RATES = ("0.0003", "0.001", "0.003")
MOMENTS = (50, 100, 200, 300)
FEW = (2, 5, 20)


def main() -> None:
    lab = names_of("embeddings", "training", {})

    def seen_by(seed: int) -> list[int]:
        return np.random.default_rng(seed).permutation(10)[:6].tolist()

    def rounded(found: dict[str, float]) -> dict[str, float]:
        return {name: round(value, 4) for name, value in found.items()}

    def measure(loss: str, seed: int, rate: str) -> dict[str, list[float]]:
        notes: list[dict[str, float]] = []

        def watch(step: int, net: Any, _: Any) -> None:
            if step in MOMENTS:
                notes.append(rounded(lab["judge"](net, seen_by(seed))))

        lab["train"](loss, seed, float(rate), watch=watch)
        print(loss, seed, rate, notes[-1], flush=True)
        return {key: [one[key] for one in notes] for key in ("recall", "map")}

    def baseline(name: str, seed: int) -> dict[str, float]:
        lab["torch"].manual_seed(seed)
        net = (
            (lambda images: images.flatten(1)) if name == "pixels" else lab["network"]()
        )
        return rounded(lab["judge"](net, seen_by(seed)))

    runs = {
        loss: {rate: [measure(loss, s, rate) for s in range(SEEDS)] for rate in RATES}
        for loss in lab["LOSSES"]
    }

    def last_map(loss: str, rate: str) -> float:
        return float(np.mean([one["map"][-1] for one in runs[loss][rate]]))

    few = {
        name: {
            str(count): [round(lab["few"](loss, s, count), 4) for s in range(SEEDS)]
            for count in FEW
        }
        for name, loss in (
            ("classifier", "softmax"),
            ("triplets", "semi-hard triplets"),
        )
    }
    print(few)
    store(
        "embeddings",
        {
            "seeds": SEEDS,
            "moments": MOMENTS,
            "baselines": {
                name: [baseline(name, s) for s in range(SEEDS)]
                for name in ("pixels", "untrained")
            },
            "best": {
                loss: max(RATES, key=lambda rate, loss=loss: last_map(loss, rate))
                for loss in runs
            },
            "runs": runs,
            "few": few,
        },
    )


if __name__ == "__main__":
    main()
