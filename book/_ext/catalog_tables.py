"""Tables of the catalog: losses at a glance, what cannot be compiled, where each function is described.

    ```{at-a-glance} regression
    ```

shows the losses of a family, or with `helpers` what is no loss; `{remedies}`, `{not-compiled}` and `{function-index}`
take no argument. `` {count}`losses` `` is how many losses there are, `` {count}`functions` `` how many functions.
"""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from lossguide import catalog
from lossguide.catalog import CARDS, Card, Input, find, losses
from lossguide.lab import table
from myst_tables import COLUMNS, function, list_table
from thumbnails import behavior, curve, thumbnail

KINDS = {
    "unit": "in [0,\u00a01]",
    "positive": "above 0",
    "binary": "0 or 1",
    "sign": "+1 or −1",
    "simplex": "a distribution",
    "class": "a class",
    "label": "a label",
    "box": "boxes",
    "rotated box": "turned boxes",
    "critic": "a function",
}
PROPERTIES = {
    "symmetric": "swap",
    "translation invariant": "shift",
    "scale invariant": "scale",
    "zero at target": "zero",
}

SLOPES = ("no slope far out", "fades far out", "steady far out", "grows far out")

# The chapter of a family or, where it has one of its own, of a loss.
CHAPTER_OF = {
    "regression": "regression",
    "classification": "classification",
    "sigmoid_focal_loss": "imbalance",
    "softmax_focal_loss": "imbalance",
    "asymmetric_loss": "imbalance",
    "boxes": "iou-family",
    "nwd_loss": "beyond-overlap",
    "probiou_loss": "beyond-overlap",
    "kld_loss": "beyond-overlap",
    "iou_aware_loss": "iou-scores",
    "distribution_focal_loss": "iou-scores",
    "quality_focal_loss": "iou-scores",
    "varifocal_loss": "iou-scores",
    "segmentation": "regions",
    "cldice_loss": "topology",
    "topology_aware_loss": "topology",
    "perceptual": "perceptual",
    "style": "style",
    "gan": "gan",
    "cycle_consistency_loss": "cycle",
    "identity_loss": "cycle",
    "cyclegan_generator_loss": "cycle",
    "metric": "metric",
}

# Where a chapter shows what goes wrong, or what it advises.
ADVICE = {
    "boxes do not overlap": "{ref}`the plateau of IoU <iou-plateau>`; turned: {ref}`far away <turned-far>`",
    "one box lies in the other": "{ref}`nested boxes <giou-nested>`",
    "objects are tiny": "{ref}`NWD <nwd>`",
    "good scores on bad boxes": "{ref}`scores that know their IoU <scores-when>`",
    "few positives or rare classes": "{ref}`imbalance <imbalance-when>`; in masks: {ref}`regions <regions-when>`",
    "overconfident scores": "{ref}`where the minimum is <imbalance-proper>`; of masks: {ref}`regions <regions-when>`",
    "outliers or wrong labels": "{ref}`numbers <regression-when>`; {ref}`classes <classes-when>`",
    "thin masks break": "{ref}`losses that see a gap <topology-when>`",
    "neighbors melt into one mask": "{ref}`border weights <regions-border>`",
    "pictures come out blurred": "{ref}`why L2 blurs <regression-blur>`; {ref}`features <perceptual-when>`",
    "pictures come out striped or speckled": "{ref}`total variation <style-tv>`",
    "colors drift": "{ref}`identity loss <cycle-identity>`",
    "no gradient far out": "boxes: {ref}`the plateau of IoU <iou-plateau>`, {ref}`turned ones <turned-far>`;"
    " games: {ref}`one player wins <gan-when>`",
    "generated samples are all alike": "{ref}`missing modes <gan-when>`",
    "embeddings collapse": "{ref}`a loss at the margin <metric-collapse>`",
}


def kind(card: Card) -> str:
    """What a loss compares, in one of a few words: what is special first."""
    values = {about.values for about in card.inputs.values()}
    plain = [about for about in card.inputs.values() if not about.layers]
    axes = {axis for about in plain for axis in about.axes}
    tests = {
        "turned boxes": "rotated box" in values,
        "boxes": "box" in values,
        "images": "C" in axes,
        "masks": "H" in axes,
        "features of a network": not plain,
        "embeddings": "D" in axes,
        "one class of several": bool(values & {"class", "simplex"}),
        "yes or no": bool(values & {"binary", "unit", "sign"}),
        "scores of a discriminator": all(about.gradient for about in plain),
        "numbers": True,
    }
    return next(word for word, holds in tests.items() if holds)


def slope(card: Card) -> str:
    """What the slope of a loss does far out, in its picture, if it has one."""
    drawn = curve(card)
    return behavior(drawn[2]) if drawn else ""


def filters() -> dict[str, dict[str, list[str]]]:
    """What a reader may choose, and the losses that each choice shows."""
    cards = losses()
    kinds = dict.fromkeys(map(kind, cards))
    return {
        "takes": {one: [c.name for c in cards if kind(c) == one] for one in kinds},
        "problem": {one: [c.name for c in cards if one in c.against] for one in ADVICE},
        "slope": {one: [c.name for c in cards if slope(c) == one] for one in SLOPES},
    }


def takes(name: str, about: Input) -> str:
    """An argument: its shape, what values it holds."""
    axes = about.shape.split()
    if len(axes) == 4:
        axes[1:3] = "HW"
    parts = ["×".join(axes), KINDS.get(about.values, "")]
    if about.layers:
        parts.append("by layer")
    return f"`{name}` " + ", ".join(filter(None, parts))


def interval(low: float | str, high: float) -> str:
    """The bounds of a value, open where they are infinite; an option goes by its name."""
    if (low, high) == (-math.inf, math.inf):
        return "any number"
    named = f"`{low}`" if isinstance(low, str) else f"{low:g}"
    start = "(−∞" if low == -math.inf else f"[{named}"
    end = "∞)" if high == math.inf else f"{high:g}]"
    return f"{start},\u00a0{end}".replace("-", "−")


def gives(card: Card) -> list[str]:
    """The range of a loss and what holds of it; for a helper, what it returns."""
    if not card.is_loss:
        return [card.returns]
    words = [word for name, word in PROPERTIES.items() if name in card.properties]
    return [interval(*card.bounds), ", ".join(words), slope(card)]


def picture(card: Card) -> str:
    """The thumbnail of a loss, as raw HTML within a cell."""
    drawn = thumbnail(card)
    return f"```{{raw}} html\n{drawn}\n```" if drawn else ""


def glance_row(card: Card) -> list[list[str]]:
    papers = "".join(f" {{cite:t}}`{key}`." for key in card.papers)
    chapter, compared = "", ""
    if card.is_loss:
        chapter = f"{{ref}}`{CHAPTER_OF.get(card.name, CHAPTER_OF[card.family])}`"
        compared = f"*{kind(card)}*"
    return [
        [function(card.family, card.name), card.summary + papers, chapter],
        [*(f"$\\displaystyle {formula}$" for formula in card.formulas), picture(card)],
        [compared, *(takes(name, about) for name, about in card.inputs.items())],
        gives(card),
    ]


def at_a_glance(group: str) -> str:
    """The losses of a family, or the helpers of all."""
    if group == "helpers":
        cards: Sequence[Card] = [card for card in CARDS if not card.is_loss]
        header, widths = ("function", "formula", "takes", "gives"), (25, 32, 18, 25)
    else:
        cards = losses(group)
        header, widths = ("loss", "formula", "takes", "range"), (27, 37, 21, 15)
    if not cards:
        raise ValueError(f"there is no family {group!r}")
    return list_table(header, map(glance_row, cards), widths, "glance")


def remedies() -> str:
    """What goes wrong, the losses that the book advises, and where it does."""
    rows = [
        (
            problem,
            ", ".join(function(find(name).family, name) for name in names),
            ADVICE[problem],
        )
        for problem, names in filters()["problem"].items()
    ]
    body = table(["what goes wrong", "take", "why"], rows).data
    return f"````{{div}} api-table remedies\n{body}\n````"


def not_compiled() -> str:
    """What a framework cannot compile, and why."""
    rows = [
        (f"`{card.name}`", COLUMNS[column], reason)
        for card in CARDS
        for column, reason in card.not_compiled.items()
    ]
    return table(["function", "column", "why"], rows).data


def function_index() -> str:
    """For each family, what its functions are and where each column describes them."""
    tables = []
    for family in dict.fromkeys(card.family for card in CARDS):
        rows = [
            (
                f"`{card.name}` <br> {card.summary}",
                " · ".join(
                    function(family, card.name, column, title)
                    for column, title in COLUMNS.items()
                ),
            )
            for card in CARDS
            if card.family == family
        ]
        body = table([f"`{family}`", ""], rows).data
        tables.append(f"````{{div}} api-table\n{body}\n````")
    return "\n\n".join(tables)


class CatalogTable(SphinxDirective):
    """A directive whose content is one of the tables above."""

    def text(self) -> str:
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        for file in Path(catalog.__file__).parent.glob("*.py"):
            self.env.note_dependency(str(file))
        return self.parse_text_to_nodes(self.text())


class AtAGlance(CatalogTable):
    required_arguments = 1

    def text(self) -> str:
        try:
            return at_a_glance(self.arguments[0])
        except ValueError as error:
            raise self.error(str(error)) from error


class Remedies(CatalogTable):
    def text(self) -> str:
        return remedies()


class NotCompiled(CatalogTable):
    def text(self) -> str:
        return not_compiled()


class FunctionIndex(CatalogTable):
    def text(self) -> str:
        return function_index()


class Count(SphinxRole):
    """How many losses or functions there are."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        counts = {"losses": len(losses()), "functions": len(CARDS)}
        return [nodes.Text(str(counts[self.text]))], []


def load_filter(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Add the filter, and what it may choose from, to the page that has something to filter."""
    if 'class="thumbnail"' in context.get("body", ""):
        app.add_js_file(
            None, body=json.dumps(filters()), type="application/json", id="glance-data"
        )
        app.add_js_file("glance.js", loading_method="defer")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives and the role."""
    app.connect("html-page-context", load_filter)
    app.add_directive("at-a-glance", AtAGlance)
    app.add_directive("remedies", Remedies)
    app.add_directive("not-compiled", NotCompiled)
    app.add_directive("function-index", FunctionIndex)
    app.add_role("count", Count())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
