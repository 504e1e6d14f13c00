"""What a lab reports, and how the book reads it back.

A lab calls ``report`` for its numbers and ``verdicts`` for the claims it tested. Both show a table and
keep the same data as JSON in the notebook, where ``stored`` finds it without running the lab again.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import Any, Literal

from IPython.display import display

__all__ = ["Verdict", "report", "stored", "verdicts"]

MIME = "application/vnd.lossguide+json"
# A value whose text has more characters than this is not shown.
LONGEST = 80


@dataclass(frozen=True)
class Verdict:
    """One claim, put to the test: ``verdict`` is computed, never typed.

    ``claim`` is the number of the claim in the ledger, ``text`` the claim in our words, ``source`` where
    it is made, ``evidence`` the measured numbers with their spread, ``condition`` when a claim holds.
    """

    claim: int
    text: str
    source: str
    evidence: str
    verdict: Literal["holds", "holds when", "does not hold here"]
    condition: str = ""


def report(**results: Any) -> None:
    """Show named results, the long ones by their names alone, and keep all for ``stored``."""
    texts = {
        name: json.dumps(value, ensure_ascii=False) for name, value in results.items()
    }
    rows = [(name, text) for name, text in texts.items() if len(text) <= LONGEST]
    others = [name for name, text in texts.items() if len(text) > LONGEST]
    if others:
        rows.append(("also kept", ", ".join(others)))
    _display(results, rows, ("result", "value"))


def verdicts(rows: list[Verdict]) -> None:
    """Show the verdicts of a lab and keep them for ``stored``, under ``"verdicts"``."""
    table = [
        (
            f"{row.text} ({row.source})",
            row.evidence,
            f"{row.verdict} {row.condition}".strip(),
        )
        for row in rows
    ]
    _display(
        {"verdicts": [asdict(row) for row in rows]},
        table,
        ("claim", "evidence", "verdict"),
    )


def stored(lab: str, folder: Path | str | None = None) -> dict[str, Any]:
    """The reports in the stored outputs of a lab, by name: ``stored("detection/iou_family")["areas"]``.

    Args:
        lab: the notebook's name without its ending.
        folder: where the notebooks are; by default the folder ``notebooks`` of the nearest parent of the
            working directory that has one.

    Raises:
        FileNotFoundError: there is no such lab.
    """
    if folder is None:
        here = Path.cwd()
        folder = next(
            p / "notebooks" for p in (here, *here.parents) if (p / "notebooks").is_dir()
        )
    notebook = json.loads((Path(folder) / f"{lab}.ipynb").read_text())
    results: dict[str, Any] = {}
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            results |= output.get("data", {}).get(MIME, {})
    return results


def _display(
    data: dict[str, Any], rows: Sequence[tuple[str, ...]], header: tuple[str, ...]
) -> None:
    cells = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    display(  # type: ignore[no-untyped-call]
        {
            MIME: data,
            "text/html": f"<table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>",
            "text/plain": "\n".join(" | ".join(row) for row in rows),
        },
        raw=True,
    )
