"""Tables of how other libraries' losses compare, from benchmarks/results/peers.json.

    ```{peers} kornia
    ```

shows what was found about a library, `{peers-offer} boxes.giou_loss ...` which libraries have these losses,
`{peers-summary}` how the results are spread over the libraries, `{peers-empty}` what each gives for an empty batch,
`{peers-compiled}` what compiles and what takes half precision. `` {peer-count}`faults` `` and
its like are numbers for the text.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from lossguide.conformance.checks import TOLERANCE
from lossguide.lab import table
from myst_tables import function, list_table

RESULTS = Path("benchmarks/results/peers.json")
LIBRARIES = {
    "torch": "PyTorch",
    "torchvision": "torchvision",
    "keras": "Keras",
    "kornia": "kornia",
    "monai": "MONAI",
    "segmentation_models_pytorch": "segmentation-models-pytorch",
    "pytorch_metric_learning": "pytorch-metric-learning",
}
VERDICTS = {"same": "same", "differs by definition": "differs", "fault": "**fault**"}

Entry = Mapping[str, Any]


class Peers:
    """What is stored, by library, in the order of LIBRARIES."""

    def __init__(self, file: Path) -> None:
        stored = json.loads(file.read_text())
        self.versions: dict[str, str] = stored["versions"]
        self.entries: list[Entry] = stored["peers"]

    def of(self, library: str) -> list[Entry]:
        return [entry for entry in self.entries if entry["library"] == library]

    def libraries(self) -> dict[str, str]:
        """The libraries that were compared, with their titles."""
        return {name: title for name, title in LIBRARIES.items() if self.of(name)}

    def count(self, what: str) -> str:
        """A number for the text."""
        found = Counter(entry["verdict"] for entry in self.entries)
        counts = {
            "entries": len(self.entries),
            "libraries": len(self.libraries()),
            "same": found["same"],
            "differs": found["differs by definition"],
            "faults": found["fault"],
            "not-zero": sum(empty(entry) != "0" for entry in self.entries),
            "half": f"{TOLERANCE['float16']:.0%}",
        }
        return str(counts[what])

    def conformance(self, library: str) -> str:
        """What was found about each loss of a library."""
        if not self.of(library):
            raise ValueError(f"no loss of {library!r} was compared")
        rows = (
            [loss(one), [link(one)], [VERDICTS[one["verdict"]]], finding(one)]
            for one in self.of(library)
        )
        header = ("their loss", "our definition", "result", "what was found")
        return list_table(header, rows, (27, 26, 9, 38), "glance peers")

    def offer(self, *losses: str) -> str:
        """Which libraries have each of these losses, by what was found about it."""
        rows = []
        for like in losses:
            found = [entry for entry in self.entries if entry["like"] == like]
            if not found:
                raise ValueError(f"no loss like {like!r} was compared")
            columns = (libraries_of(found, verdict) for verdict in VERDICTS)
            rows.append((link(found[0]), *columns))
        return table(["loss", "same", "differs", "fault"], rows).data

    def summary(self) -> str:
        """The versions, and how many results of each kind."""
        rows = []
        for library, title in self.libraries().items():
            found = Counter(entry["verdict"] for entry in self.of(library))
            rows.append((title, self.versions[library], *(found[v] for v in VERDICTS)))
        return table(["library", "version", "same", "differs", "fault"], rows).data

    def empty(self) -> str:
        """What the losses of each library give for an empty batch."""
        kinds = ("0", "NaN", "an error", "nothing")
        rows = []
        for library, title in self.libraries().items():
            outcomes = Counter(map(empty, self.of(library)))
            rows.append((title, *(outcomes[kind] for kind in kinds)))
        return table(["library", *kinds], rows).data

    def compiled(self) -> str:
        """How many do not compile or do not take half precision."""
        fields = ("compilation", "half_precision")
        rows = [
            (
                title,
                len(self.of(library)),
                *(broken(self.of(library), f) for f in fields),
            )
            for library, title in self.libraries().items()
        ]
        header = ["library", "losses", "not as one graph", "not in half precision"]
        return table(header, rows).data


def link(entry: Entry) -> str:
    return function(*entry["like"].split("."))


def libraries_of(entries: Iterable[Entry], verdict: str) -> str:
    """The libraries with such an entry, in the order of LIBRARIES."""
    having = {one["library"] for one in entries if one["verdict"] == verdict}
    return ", ".join(t for name, t in LIBRARIES.items() if name in having) or "–"


def loss(entry: Entry) -> list[str]:
    return [f"`{entry['function'].rpartition('.')[2]}`", entry["how"]]


def code(text: str, most: int = 120) -> str:
    """Text that looks like code; of a long one, its beginning."""
    shown = text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + " …"
    return f"`{shown}`"


def finding(entry: Entry) -> list[str]:
    """Both definitions where they differ, and of the failures the one that is easiest to read."""
    lines = []
    if entry["differs"]:
        lines = [
            f"*{whose.capitalize()}:* {entry['differs'][whose]}"
            for whose in ("theirs", "ours")
        ]
    if entry["reconciled"] and not entry["failures"]:
        lines.append("With this taken back, all agrees.")
    if entry["failures"]:
        fault = min(
            entry["failures"], key=lambda one: len(one["inputs"] + one["problem"])
        )
        lines.append(
            f"*{fault['check'].capitalize()}:* {code(fault['problem'])} for {code(fault['inputs'])}"
        )
    return lines


def empty(entry: Entry) -> str:
    """What the mean of an empty batch is."""
    found = entry["empty_batch"]
    if found is None:
        return "0"
    if "raised" in found:
        return "an error"
    return "NaN" if "nan" in found else "nothing"


def broken(entries: Iterable[Entry], field: str) -> int:
    """How many fail in this way, of those whose values are right otherwise."""
    return sum(
        entry[field] is not None
        for entry in entries
        if all(fault["check"] != "values" for fault in entry["failures"])
    )


class PeerTable(SphinxDirective):
    """A directive whose content is one of the tables above."""

    table = ""

    def run(self) -> list[nodes.Node]:
        file = Path(self.env.srcdir) / RESULTS
        self.env.note_dependency(str(file))
        try:
            text = getattr(Peers(file), self.table)(*self.arguments)
        except ValueError as error:
            raise self.error(str(error)) from error
        return self.parse_text_to_nodes(text)


class Conformance(PeerTable):
    required_arguments = 1
    table = "conformance"


class Offer(PeerTable):
    required_arguments = 1
    optional_arguments = 20
    table = "offer"


class Summary(PeerTable):
    table = "summary"


class Empty(PeerTable):
    table = "empty"


class Compiled(PeerTable):
    table = "compiled"


class PeerCount(SphinxRole):
    """A number for the text."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        file = Path(self.env.srcdir) / RESULTS
        self.env.note_dependency(str(file))
        return [nodes.Text(Peers(file).count(self.text))], []


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives and the role."""
    app.add_directive("peers", Conformance)
    app.add_directive("peers-offer", Offer)
    app.add_directive("peers-summary", Summary)
    app.add_directive("peers-empty", Empty)
    app.add_directive("peers-compiled", Compiled)
    app.add_role("peer-count", PeerCount())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
