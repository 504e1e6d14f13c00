"""Run the simulation of the lab on the IoU family at the size of the DIoU paper and store what it reports.

    python -m benchmarks.simulation.diou

It executes the lab's own cells that are tagged "simulation": about 40 minutes on one core. ``make simulation`` runs
the same boxes in a minute, by other code, and a test compares the two.
"""

from benchmarks.labs import reports_of, store

SIZE = {"LOSSGUIDE_POINTS": "5000", "LOSSGUIDE_SEEDS": "1"}

if __name__ == "__main__":
    store("diou_simulation", reports_of("iou_family", "simulation", SIZE))
