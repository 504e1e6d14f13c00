"""Play every GAN loss of the lab on the ring of Gaussians, at several rates of the discriminator.

    python -m benchmarks.generation.ring

It executes the lab's own cells that are tagged "training"; a quarter of an hour on one core.
"""

from typing import Any

from benchmarks.labs import names_of, store

RATES = ("0.0002", "0.0005", "0.001", "0.002")
MANY_STEPS = "0.0005"
STEPS = 3000
LOSSES = (
    "minimax",
    "non-saturating",
    "least squares",
    "hinge",
    "non-saturating + R1",
    "relativistic + R1 + R2",
    "WGAN, clipped",
    "WGAN-GP",
)


def main() -> None:
    lab = names_of("gan", "training", {})

    def measure(loss: str, rate: str, d_steps: int) -> dict[str, Any]:
        generator, _ = lab["play"](
            loss, lab["ring"], d_rate=float(rate), d_steps=d_steps, steps=STEPS
        )
        found: dict[str, Any] = lab["covered"](generator)
        print(loss, rate, d_steps, found, flush=True)
        return found

    runs = {
        loss: {rate: measure(loss, rate, 1) for rate in RATES}
        | {"5 steps": measure(loss, MANY_STEPS, 5)}
        for loss in LOSSES
    }
    settings = {"rates": RATES, "many_steps": MANY_STEPS, "steps": STEPS}
    store("gan_ring", settings | {"seeds": len(lab["SEEDS"]), "runs": runs})


if __name__ == "__main__":
    main()
