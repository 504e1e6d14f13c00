"""What a lab reports, and how the book reads it back.

What a lab reports is shown as a table and kept as JSON in the notebook, where ``stored`` finds it without
running the lab again. What takes longer than a lab may ships with the package, in ``measurements``.
"""

import json
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from IPython.display import display

__all__ = ["measured", "report", "stored"]

MIME = "application/vnd.lossguide+json"
# A value whose text has more characters than this is not shown.
LONGEST = 80


def report(**results: Any) -> None:
    """Show named results, the long ones by their names alone, and keep all for ``stored``."""
    texts = {
        name: json.dumps(value, ensure_ascii=False) for name, value in results.items()
    }
    rows = [(name, text) for name, text in texts.items() if len(text) <= LONGEST]
    others = [name for name, text in texts.items() if len(text) > LONGEST]
    if others:
        rows.append(("also kept", ", ".join(others)))
    show_table(results, rows, ("result", "value"))


def stored(lab: str, folder: Path | str | None = None) -> dict[str, Any]:
    """The reports in the stored outputs of a lab, by name: ``stored("detection/iou_family")["areas"]``.

    Args:
        lab: the notebook's part and name.
        folder: where the notebooks are; by default the folder ``notebooks`` of the working directory or of
            the nearest above it that has this lab.

    Raises:
        FileNotFoundError: there is no such lab.
    """
    here = Path.cwd()
    places = (
        [Path(folder)] if folder else [p / "notebooks" for p in (here, *here.parents)]
    )
    notebooks = (place / f"{lab}.ipynb" for place in places)
    file = next((notebook for notebook in notebooks if notebook.is_file()), None)
    if file is None:
        where = folder or f"a folder 'notebooks' of {here} or above it"
        raise FileNotFoundError(f"there is no {lab}.ipynb in {where}")
    results: dict[str, Any] = {}
    for cell in json.loads(file.read_text("utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            results |= output.get("data", {}).get(MIME, {})
    return results


def measured(name: str) -> dict[str, Any]:
    """The result of a long measurement, which a script in ``benchmarks/`` made.

    Raises:
        FileNotFoundError: there is none of that name.
    """
    folder = files("lossguide.lab").joinpath("measurements")
    file = folder.joinpath(f"{name}.json")
    if not file.is_file():
        known = sorted(one.name.removesuffix(".json") for one in folder.iterdir())
        raise FileNotFoundError(
            f"lossguide has no measurement {name!r}; it has {', '.join(known)}"
        )
    result: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return result


def show_table(
    data: dict[str, Any], rows: Sequence[tuple[str, ...]], header: tuple[str, ...]
) -> None:
    """Show a table, and keep data with it in the notebook."""
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
