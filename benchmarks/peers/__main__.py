"""Hold the losses of other libraries against the definitions of this one.

    pip download --no-deps --dest wheels torchvision pytorch-metric-learning monai segmentation-models-pytorch
    for wheel in wheels/*.whl; do unzip -q -o "$wheel" -d peers; done
    python -m benchmarks.peers --peers peers

PyTorch, Keras and kornia are taken as installed. The others are read from unpacked wheels, because only their
plain Python files are needed. ``--only TEXT`` runs the entries whose name holds the text and leaves the results
of the others as they are.
"""

import argparse
import importlib
import json
import platform
import warnings
from importlib.metadata import distributions, version
from pathlib import Path
from typing import Any

from benchmarks.peers import PEERS, Peer
from benchmarks.peers.peer import Function
from benchmarks.wheels import open_wheels
from lossguide.conformance import Outcome, Report, Verdict, check
from lossguide.conformance.frameworks import WrongCall

RESULTS = Path(__file__).resolve().parents[1] / "results" / "peers.json"
# Random inputs for each check.
EXAMPLES = 50
INSTALLED = ("torch", "keras", "kornia")
# Conventions are shown by themselves and count as no fault: what a loss gives for a batch of nothing, whether
# it compiles as one graph, whether it takes half precision.
CONVENTIONS = {
    "empty_batch": "empty input",
    "compilation": "compilation",
    "half_precision": "half precision",
}


def versions(folder: Path | None) -> dict[str, str]:
    found = {name: version(name).partition("+")[0] for name in INSTALLED}
    wheels = distributions(path=[str(folder)]) if folder else ()
    return found | {wheel.name.replace("-", "_"): wheel.version for wheel in wheels}


def load(peer: Peer) -> Any:
    """The function or class that an entry names; the first dots are modules."""
    path, _, name = f"{peer.library}.{peer.function}".rpartition(".")
    return getattr(importlib.import_module(path), name)


def hold(peer: Peer, function: Function) -> Report:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return check(
            function,
            peer.like,
            options=peer.options,
            framework=peer.framework,
            examples=EXAMPLES,
        )


def is_fault(outcome: Outcome) -> bool:
    return outcome.verdict is Verdict.FAIL and outcome.check not in CONVENTIONS.values()


def departs(outcome: Outcome) -> bool:
    return outcome.verdict in (Verdict.FAIL, Verdict.DIFFERS)


def told(outcome: Outcome) -> dict[str, str]:
    return {
        "check": outcome.check,
        "problem": " ".join(outcome.problem.split()),
        "inputs": " ".join(outcome.inputs.split()),
    }


def conventions(report: Report, shows: tuple[str, ...]) -> dict[str, str | None]:
    """None where a convention is this library's, or what was found instead."""
    problems = {
        one.check: told(one)["problem"]
        for one in report.outcomes
        if departs(one) and one.check not in shows
    }
    return {name: problems.get(check) for name, check in CONVENTIONS.items()}


def entry(peer: Peer, versions: dict[str, str]) -> dict[str, Any]:
    """What was found about a peer.

    One whose definition differs must show it: as it comes, a check must fail. Once the difference is taken
    back, or outside of the checks that see it, every other failure is a fault.
    """
    loss = load(peer)
    try:
        first = hold(peer, peer.as_it_comes(loss))
        report = hold(peer, peer.reconciled(loss)) if peer.bridge else first
    except WrongCall as error:
        return described(peer, versions) | never_runs(str(error))
    faults = [told(one) for one in report.outcomes if is_fault(one)]
    found = [fault for fault in faults if fault["check"] not in peer.shows]
    differs = None
    if peer.theirs:
        seen = next(told(one) for one in first.outcomes if departs(one))
        differs = {"theirs": peer.theirs, "ours": peer.ours, "seen": seen}
    verdict = "fault" if found else "differs by definition" if differs else "same"
    return {
        **described(peer, versions),
        "verdict": verdict,
        "passed": not found and not differs,
        "differs": differs,
        "reconciled": bool(peer.bridge),
        "failures": found,
        **conventions(report, peer.shows),
    }


def described(peer: Peer, versions: dict[str, str]) -> dict[str, Any]:
    return {
        "library": peer.library,
        "version": versions[peer.library],
        "function": peer.function,
        "like": peer.like,
        "framework": peer.framework,
        "how": peer.how,
    }


def never_runs(problem: str) -> dict[str, Any]:
    return {
        "verdict": "fault",
        "passed": False,
        "differs": None,
        "reconciled": False,
        "failures": [
            {"check": "values", "problem": problem, "inputs": "any arguments"}
        ],
        **dict.fromkeys(CONVENTIONS, problem),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--peers", type=Path, metavar="FOLDER")
    parser.add_argument("--only", default="", metavar="TEXT")
    options = parser.parse_args()
    if options.peers:
        open_wheels(options.peers)
    known = versions(options.peers)
    stored = json.loads(RESULTS.read_text())["peers"] if RESULTS.exists() else []
    kept = {
        (one["library"], one["function"], one["like"], one["how"]): one
        for one in stored
    }
    missing = sorted({peer.library for peer in PEERS} - set(known))
    results = []
    for peer in PEERS:
        name = f"{peer.library}.{peer.function} ({peer.like})"
        key = (peer.library, peer.function, peer.like, peer.how)
        if peer.library in missing:
            continue
        if options.only in name:
            kept[key] = entry(peer, known)
            failed = ", ".join(fault["check"] for fault in kept[key]["failures"])
            print(f"{kept[key]['verdict']:<22} {name} {failed}", flush=True)
        if key in kept:
            results.append(kept[key])
    if missing:
        print("not found, and so not compared:", ", ".join(missing))
    header = {"python": platform.python_version(), "missing": missing}
    RESULTS.write_text(
        json.dumps({**header, "versions": known, "peers": results}, indent=1) + "\n"
    )


if __name__ == "__main__":
    main()
