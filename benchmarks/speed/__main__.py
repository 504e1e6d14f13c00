"""Time our losses, forward and backward, beside those of other libraries: ``make bench``.

    python -m benchmarks.speed --peers FOLDER

The peers are read from a folder of unpacked wheels, because only their plain Python files are needed and an
installed torchvision would have to fit the installed PyTorch. ``readable`` are the losses of ``lossguide.torch``,
``compiled`` the same in one graph, ``fused`` those of ``lossguide.torch.fused``.
"""

import argparse
import json
from importlib.metadata import distributions
from pathlib import Path

from benchmarks.speed import boxes, losses
from benchmarks.speed.timing import hold, setting
from benchmarks.wheels import open_wheels

RESULTS = Path(__file__).resolve().parents[1] / "results" / "speed.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--peers", type=Path, required=True, metavar="FOLDER")
    peers = parser.parse_args().peers
    open_wheels(peers)
    found = distributions(path=[str(peers)])
    results = {**setting(), "peers": {peer.name: peer.version for peer in found}}
    results["times"] = []
    for race in [*boxes.races(peers), *losses.races()]:
        times = hold(race)
        results["times"] += times
        ours = times[0]["median"]
        for one in times:
            print(
                f"{one['loss']:<20} {one['size']:>10,} {one['contender']:<28}"
                f" {one['median'] / ours:6.2f} of readable, {one['peak_bytes'] / 1e6:7.1f} MB",
                flush=True,
            )
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
