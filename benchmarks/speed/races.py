"""All races. Each is held in a process of its own: what one leaves of the memory would make others faster."""

from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.speed.timing import Race, hold

MODULES = ("boxes", "losses", "tensorflow")


def races(module: str, peers: Path) -> list[Race]:
    found: list[Race] = import_module(f"benchmarks.speed.{module}").races(peers)
    return found


def held(module: str, peers: Path, index: int) -> list[dict[str, Any]]:
    return hold(races(module, peers)[index])
