"""Train the networks of the lab on regions with every loss and five seeds, on larger scenes, briefly and for longer.

    python -m benchmarks.segmentation.regions

It executes the lab's own cells that are tagged "training". It takes an hour on one core, a few minutes on a GPU.
"""

from benchmarks.labs import names_of, store

SIDE = 64
WIDTHS = (10, 20, 40)
STEPS = (150, 600)
SEEDS = 5


def main() -> None:
    lab = names_of("regions", "training", {"LOSSGUIDE_SIDE": str(SIDE)})

    def measure(loss: str, seed: int, steps: int) -> dict[str, float]:
        found = lab["judge"](lab["train"](loss, seed, steps, WIDTHS))
        print(loss, seed, steps, found, flush=True)
        return {name: round(float(value), 4) for name, value in found.items()}

    runs = {
        loss: {
            str(steps): [measure(loss, seed, steps) for seed in range(SEEDS)]
            for steps in STEPS
        }
        for loss in lab["LOSSES"]
    }
    settings = {
        "side": SIDE,
        "widths": WIDTHS,
        "steps": STEPS,
        "seeds": SEEDS,
        "share": [round(one, 5) for one in lab["share"].tolist()],
    }
    store("regions", settings | {"runs": runs})


if __name__ == "__main__":
    main()
