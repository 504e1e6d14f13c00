"""Train the detector of its lab for longer, with three seeds, and store what the lab reports of it.

    python -m benchmarks.detector.longer

It executes the lab's own cells that are tagged "longer": about 8 minutes on one core.
"""

from benchmarks.labs import reports_of, store

SIZE = {
    "LOSSGUIDE_STEPS": "3000",
    "LOSSGUIDE_SCENES": "8000",
    "LOSSGUIDE_SEEDS": "3",
}

if __name__ == "__main__":
    store("detector", reports_of("detector", "longer", SIZE))
