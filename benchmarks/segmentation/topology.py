"""Train the networks of the lab on topology with every loss and five seeds, and store how well their masks connect.

    python -m benchmarks.segmentation.topology

It executes the lab's own cells that are tagged "training": a quarter of an hour on one core. A sweep on the validation
images, with a seed of its own, chooses the knob of each loss first.
"""

from typing import Any

from benchmarks.labs import names_of, store

STEPS = 150
LONG = 600
SEEDS = 5
SWEEP_SEED = 100


def rounded(errors: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in errors.items()}


def main() -> None:
    lab = names_of("topology", "training", {})
    train, errors, test = lab["train"], lab["errors"], lab["test"]

    sweep: dict[str, dict[str, float]] = {}
    knobs = dict(lab["KNOBS"])
    for name, tried in lab["TRIED"].items():
        scores = {}
        for knob in tried:
            logits, _ = train(name, knob, SWEEP_SEED, STEPS)
            scores[knob] = lab["betti_error"](logits, lab["validation"])
        knobs[name] = min(scores, key=lambda knob: scores[knob])
        sweep[name] = rounded({str(knob): score for knob, score in scores.items()})
        print(name, sweep[name], flush=True)

    def measure(name: str, seed: int, steps: int) -> dict[str, Any]:
        on_validation, logits = train(name, knobs[name], seed, steps)
        threshold = lab["best_threshold"](on_validation)
        found = {
            "plain": rounded(errors(logits, test)),
            "dropped": rounded(errors(logits, test, 0.0, lab["SMALL"])),
            "remedied": rounded(errors(logits, test, threshold, lab["SMALL"])),
            "threshold": threshold,
            "by threshold": [
                list(rounded(errors(logits, test, t, lab["SMALL"])).values())
                for t in lab["THRESHOLDS"]
            ],
        }
        print(name, seed, steps, found["plain"], found["remedied"], flush=True)
        return found

    runs = {
        name: [measure(name, seed, STEPS) for seed in range(SEEDS)]
        for name in lab["LOSSES"]
    }
    longer = {
        name: [measure(name, seed, LONG) for seed in range(2)]
        for name in ("cross-entropy", "clDice")
    }
    settings = {
        "steps": STEPS,
        "long": LONG,
        "knobs": knobs,
        "thresholds": lab["THRESHOLDS"],
    }
    results = {"sweep": sweep, "runs": runs, "longer": longer}
    store("topology", settings | results)


if __name__ == "__main__":
    main()
