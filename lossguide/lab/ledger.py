"""The claims that the labs put to the test, as claims.yml lists them."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

__all__ = ["Claim", "Claims", "claims"]


@dataclass(frozen=True)
class Claim:
    """A claim in our words. ``sources`` names the works that make it, by key, and where in them.

    A claim whose halves are judged by themselves has an entry for each, with ``part`` "a" and "b".
    """

    number: int
    text: str
    sources: dict[str, str]
    part: str = ""


@dataclass(frozen=True)
class Claims:
    """All claims, by number and part, and the titles of the works that make them."""

    works: dict[str, str]
    entries: dict[tuple[int, str], Claim]

    def find(self, number: int, part: str = "") -> Claim:
        """Return a claim, or say which there are."""
        if (number, part) not in self.entries:
            known = ", ".join(f"{n}{p}" for n, p in self.entries)
            raise KeyError(f"there is no claim {number}{part}; there are {known}")
        return self.entries[number, part]

    def source(self, claim: Claim) -> str:
        """Say where a claim is made: ``losses in detection, §4.1``."""
        return "; ".join(
            f"{self.works[work]}, {section}" for work, section in claim.sources.items()
        )


@cache
def claims() -> Claims:
    """Read claims.yml."""
    text = files("lossguide.lab").joinpath("claims.yml").read_text("utf-8")
    content = yaml.safe_load(text)
    entries = [Claim(**entry) for entry in content["claims"]]
    return Claims(content["works"], {(one.number, one.part): one for one in entries})
