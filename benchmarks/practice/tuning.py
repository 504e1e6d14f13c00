"""Search for the three numbers of the lab's loss, and weigh its two tasks, over several seeds.

    python -m benchmarks.practice.tuning

It executes the lab's own cells that are tagged "training"; about ten minutes on one core.
"""

from typing import Any

import numpy as np

from benchmarks.labs import names_of, store

SEEDS, STEPS, POINTS = 8, 700, 81


def rounded(values: Any) -> Any:
    return np.asarray(values).round(4).tolist()


def main() -> None:
    lab = names_of("choosing", "training", {})
    search: dict[str, Any] = {
        name: [] for name in ("default", "grid 2", "grid 3", "random")
    }
    search["random_settings"] = []
    weights = []
    for seed in range(SEEDS):
        data = lab["split"](seed)
        points = lab["at_random"](POINTS, seed)
        search["random_settings"].append(rounded([list(p.values()) for p in points]))
        tried = {
            "default": [lab["DEFAULT"]],
            "grid 2": lab["grid"](2),
            "grid 3": lab["grid"](3),
            "random": points,
        }
        for name, settings in tried.items():
            validation, test = lab["search"](settings, data, seed, STEPS)
            search[name].append(
                {"validation": rounded(validation), "test": rounded(test)}
            )
        validation, test = lab["weigh"](data, seed, STEPS)
        weights.append({"validation": rounded(validation), "test": rounded(test)})
        print(seed, search["default"][-1], flush=True)
    store(
        "tuning", {"seeds": SEEDS, "steps": STEPS, "search": search, "weights": weights}
    )


if __name__ == "__main__":
    main()
