"""Train the translators of the lab on cycles with every loss and five seeds.

    python -m benchmarks.generation.cycle

It executes the lab's own cells that are tagged "training"; about eight minutes on one core.
"""

from typing import Any

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment

from benchmarks.labs import names_of, store

SEEDS = 5
LOSSES: dict[str, dict[str, Any]] = {
    "no cycle": {"cycle_weight": 0.0},
    "cycle 2": {"cycle_weight": 2.0},
    "cycle 10": {"cycle_weight": 10.0},
    "cycle 10, identity 0.5": {"cycle_weight": 10.0, "identity_weight": 0.5},
    "cycle 10, identity 5": {"cycle_weight": 10.0, "identity_weight": 5.0},
    "no cycle, fully connected": {"cycle_weight": 0.0, "kind": "fully connected"},
    "cycle 10, fully connected": {"cycle_weight": 10.0, "kind": "fully connected"},
}
HIDING = (0.0, 2.0, 5.0)


def exchanged(said: Any, true: Any) -> float:
    """The share read right if each class that is said may stand for another."""
    together = np.zeros((10, 10))
    np.add.at(together, (said, true), 1)
    return float(together[linear_sum_assignment(-together)].sum() / len(true))


def main() -> None:
    lab = names_of("cycle", "training", {})
    reads, tested, answers = lab["READS_B"], lab["tested"], lab["answers"]

    @torch.no_grad()
    def measure(name: str, seed: int) -> dict[str, float]:
        with torch.enable_grad():
            to_b, to_a = lab["train"](lab["A"], lab["B"], seed, **LOSSES[name])
        made = to_b(tested)
        returned = to_a(made)
        said = reads.predict(made.flatten(1).numpy())
        found = {
            "read": float((said == answers).mean()),
            "exchanged": exchanged(said, answers),
            "back": (returned - tested).abs().mean().item(),
            "read back": lab["share_read"](lab["READS_PLAIN"], returned),
            "contrast back": returned.std().item(),
            "stripes": lab["stripes"](made),
        }
        print(name, seed, found, flush=True)
        return {key: round(value, 4) for key, value in found.items()}

    def hide(weight: float, seed: int) -> dict[str, float]:
        pair = lab["train"](lab["STRIPED"], lab["PLAIN"], seed, weight)
        found = {key: round(value, 4) for key, value in lab["hidden"](*pair).items()}
        print(weight, seed, found, flush=True)
        return found

    untouched = reads.predict(tested.flatten(1).numpy())
    shuffled = np.random.default_rng(0).permutation(answers)
    store(
        "cycle",
        {
            "untranslated": float((untouched == answers).mean()),
            "by chance": exchanged(shuffled, answers),
            "true stripes": lab["stripes"](lab["look_of_b"](tested)),
            "seeds": SEEDS,
            "steps": lab["STEPS"],
            "true": lab["share_read"](reads, lab["look_of_b"](tested)),
            "runs": {n: [measure(n, seed) for seed in range(SEEDS)] for n in LOSSES},
            "hidden": {
                f"{w:g}": [hide(w, seed) for seed in range(SEEDS)] for w in HIDING
            },
        },
    )


if __name__ == "__main__":
    main()
