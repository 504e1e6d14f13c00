"""The claims that the book puts to the test, with the verdicts that the labs have stored.

    ```{claims-ledger}
    ```

shows each claim of `lossguide/lab/claims.yml`: who makes it, the verdict, the evidence with its spread, and where
the lab tests it. A claim that no lab judges is shown as untested. `` {claim-count}`holds when` `` is how many verdicts
say so; `claims`, `tested` (claims) and `verdicts` are the numbers of these.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from lossguide.lab import Claim, claims, stored
from myst_tables import list_table

Key = tuple[int, str]

LABEL = re.compile(r"\(([\w-]+)\)=")
JUDGED = re.compile(r"^ +claim=(\d+),$(?:\n +part=\"(\w)\")?", re.M)


@dataclass(frozen=True)
class Row:
    """A verdict, and the label of the section whose cell computes it."""

    verdict: Mapping[str, str]
    label: str


def section_of(text: str, at: int) -> str:
    """The label of the section that holds a place of a lab."""
    heading = [*re.finditer(r"^##+ .*$", text[:at], re.M)][-1]
    before = text[: heading.start()].rstrip("\n").rpartition("\n")[2]
    found = LABEL.fullmatch(before)
    if not found:
        raise ValueError(f"{heading[0]!r} judges a claim and needs a label above it")
    return found[1]


@cache
def verdicts(notebooks: Path) -> dict[Key, list[Row]]:
    """What the labs say, by claim and part; two labs may judge the same claim."""
    found: dict[Key, list[Row]] = {}
    for file in sorted(notebooks.glob("*/*.md")):
        text = file.read_text("utf-8")
        places = {(int(m[1]), m[2] or ""): m.start() for m in JUDGED.finditer(text)}
        if not places:
            continue
        lab = file.relative_to(notebooks).with_suffix("").as_posix()
        for verdict in stored(lab, notebooks)["verdicts"]:
            key = verdict["claim"], verdict["part"]
            found.setdefault(key, []).append(
                Row(verdict, section_of(text, places[key]))
            )
    return found


def cited(claim: Claim) -> str:
    """Who makes a claim, and where."""
    return "; ".join(
        f"{{cite:t}}`{work}`, {place}" for work, place in claim.sources.items()
    )


def ledger_rows(claim: Claim, judged: list[Row]) -> Iterator[list[list[str]]]:
    """A row for each verdict on a claim, or one that says that there is none."""
    first = [[f"{claim.number}{claim.part}"], [claim.text + ".", cited(claim)]]
    for row in judged:
        said = f"**{row.verdict['verdict'].capitalize()}** {row.verdict['condition']}"
        evidence = [row.verdict["evidence"] + ".", f"{{ref}}`The test <{row.label}>`"]
        yield [*first, [said.rstrip() + "."], evidence]
    if not judged:
        yield [*first, ["*untested*"], [""]]


class ClaimsLedger(SphinxDirective):
    """All claims, a row each."""

    def run(self) -> list[nodes.Node]:
        notebooks = Path(self.env.srcdir) / "notebooks"
        for file in notebooks.glob("*/*"):
            self.env.note_dependency(str(file))
        found = verdicts(notebooks)
        rows = [
            row
            for key, claim in claims().entries.items()
            for row in ledger_rows(claim, found.get(key, []))
        ]
        header = ("", "claim", "verdict", "evidence")
        return self.parse_text_to_nodes(
            list_table(header, rows, (4, 28, 28, 40), "ledger")
        )


class ClaimCount(SphinxRole):
    """How many claims have a verdict."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        found = verdicts(Path(self.env.srcdir) / "notebooks")
        rows = [row for judged in found.values() for row in judged]
        counts = Counter(row.verdict["verdict"] for row in rows)
        counts |= {
            "claims": len(claims().entries),
            "tested": len(found),
            "verdicts": len(rows),
        }
        return [nodes.Text(str(counts[self.text]))], []


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and the role."""
    app.add_directive("claims-ledger", ClaimsLedger)
    app.add_role("claim-count", ClaimCount())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
