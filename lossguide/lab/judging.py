"""Verdicts on claims: computed beside each experiment, shown together at the end of a lab."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from IPython.display import Markdown

from lossguide.lab.ledger import claims
from lossguide.lab.reports import show_table
from lossguide.lab.statistics import digits, spread

__all__ = ["Verdict", "judge", "list_verdicts", "verdicts"]

HEADER = ("claim", "evidence", "verdict")


@dataclass(frozen=True)
class Verdict:
    """What an experiment says of a claim, as ``stored`` gives it back."""

    claim: int
    part: str
    text: str
    source: str
    evidence: str
    verdict: str
    condition: str


# The verdicts of this lab, by claim. A cell that runs again replaces its own.
JUDGED: dict[tuple[int, str], Verdict] = {}


def judge(
    claim: int,
    holds: bool,
    evidence: Mapping[str, Any],
    when: Mapping[str, bool] | None = None,
    part: str = "",
) -> None:
    """Judge a claim by what was measured, show the verdict and keep it for the end of the lab.

    Args:
        claim: its number in claims.yml.
        holds: whether the experiment shows it, at least under the conditions in ``when``.
        evidence: what was measured, by name: text, a number, an array with a value for each seed, or several
            of these by name.
        when: conditions, in words. Each is true where the claim was seen to need it: where it failed without.
        part: which half of the claim, where claims.yml has two.
    """
    entry = claims().find(claim, part)
    needed = [condition for condition, seen in (when or {}).items() if seen]
    if not holds:
        verdict, needed = "does not hold here", []
    else:
        verdict = "holds when" if needed else "holds"
    JUDGED[claim, part] = Verdict(
        claim,
        part,
        entry.text,
        claims().source(entry),
        "; ".join(f"{name}: {_shown(value)}" for name, value in evidence.items()),
        verdict,
        ", and ".join(needed),
    )
    show_table({}, [_row(JUDGED[claim, part])], HEADER)


def verdicts() -> None:
    """Show the verdicts of this lab, and keep them with their evidence for ``stored``, under ``"verdicts"``."""
    rows = [JUDGED[key] for key in sorted(JUDGED)]
    short = [(claim, verdict) for claim, _, verdict in map(_row, rows)]
    show_table({"verdicts": list(map(asdict, rows))}, short, ("claim", "verdict"))


def list_verdicts(rows: Iterable[Mapping[str, Any]]) -> Markdown:
    """List the verdicts that ``stored`` gives, without their evidence: for a chapter."""
    lines = (
        f"- *{row['text']}* ({row['source']}) "
        + f"**{row['verdict'].capitalize()}** {row['condition']}".rstrip()
        + "."
        for row in rows
    )
    return Markdown("\n".join(lines))  # type: ignore[no-untyped-call]


def _row(verdict: Verdict) -> tuple[str, ...]:
    return (
        f"{verdict.text} ({verdict.source})",
        verdict.evidence,
        f"{verdict.verdict} {verdict.condition}".rstrip(),
    )


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_shown(one)}" for name, one in value.items())
    return spread(value) if np.ndim(value) else f"{digits(value):g}"
