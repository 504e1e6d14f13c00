"""Time our losses, forward and backward, beside those of other libraries: ``make bench``.

    python -m benchmarks.speed --peers FOLDER

Most peers are read from a folder of unpacked wheels, because only their plain Python files are needed and an
installed torchvision would have to fit the installed PyTorch. ``readable`` are the losses of ``lossguide.torch`` or
``lossguide.tensorflow``, ``compiled`` the same compiled as one graph, ``fused`` those of ``lossguide.torch.fused``.
"""

import argparse
import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib.metadata import distributions, version
from pathlib import Path
from typing import Any

import tensorflow as tf

from benchmarks.speed.races import MODULES, held, races
from benchmarks.speed.timing import setting
from benchmarks.wheels import open_wheels

RESULTS = Path(__file__).resolve().parents[1] / "results" / "speed.json"


def versions(peers: Path) -> dict[str, str]:
    unpacked = {peer.name: peer.version for peer in distributions(path=[str(peers)])}
    installed = {name: version(name) for name in ("keras", "kornia")}
    return {**unpacked, **installed, "tensorflow": tf.__version__}


def say(times: list[dict[str, Any]]) -> None:
    for one in times:
        ratio = one["median"] / times[0]["median"]
        print(
            f"{one['loss']:<32} {one['size']:>10,} {one['contender']:<28}"
            f" {ratio:6.2f} of readable, {one['peak_bytes'] / 1e6:7.1f} MB",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--peers", type=Path, required=True, metavar="FOLDER")
    peers = parser.parse_args().peers
    results: dict[str, Any] = {**setting(), "peers": versions(peers), "times": []}
    open_wheels(peers)
    with ProcessPoolExecutor(
        max_workers=1,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=open_wheels,
        initargs=(peers,),
        max_tasks_per_child=1,
    ) as pool:
        for module in MODULES:
            count = len(races(module, peers))
            for times in pool.map(partial(held, module, peers), range(count)):
                results["times"] += times
                say(times)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
