"""The figure style of the book and the few drawings that chapters share."""

from collections.abc import Iterable, Sequence

import matplotlib as mpl
from cycler import cycler
from IPython.display import Markdown
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

__all__ = [
    "BLACK",
    "BLUE",
    "GREEN",
    "GREY",
    "LOSS_COLORS",
    "ORANGE",
    "PINK",
    "RED",
    "SKY",
    "YELLOW",
]
__all__ += ["draw_box", "image_axes", "table", "use_style"]

# The palette of Okabe and Ito, which color-blind readers can tell apart.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, RED, PINK = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY = "#767676"

# One color a loss, the same on every page.
LOSS_COLORS = {
    "L1": GREY,
    "L2": BLACK,
    "smooth L1": PINK,
    "IoU": ORANGE,
    "GIoU": BLUE,
    "DIoU": GREEN,
    "CIoU": RED,
    "EIoU": SKY,
}


def use_style() -> None:
    """Set the style of every figure that follows."""
    mpl.rcParams.update(
        {
            "figure.figsize": (7.2, 3.6),
            "figure.dpi": 150,
            "figure.facecolor": "#fdfdfb",
            "figure.constrained_layout.use": True,
            "savefig.facecolor": "#fdfdfb",
            "axes.facecolor": "#fdfdfb",
            "axes.edgecolor": GREY,
            "axes.grid": True,
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlesize": "medium",
            "axes.prop_cycle": cycler(
                color=[BLUE, RED, GREEN, ORANGE, PINK, SKY, BLACK]
            ),
            "grid.color": "#dddddd",
            "grid.linewidth": 0.6,
            "font.size": 10,
            "legend.frameon": False,
            "lines.linewidth": 2,
            "image.cmap": "cividis",
        }
    )


def draw_box(
    ax: Axes,
    box: Sequence[float],
    color: str,
    *,
    label: str = "",
    style: str = "-",
    fill: bool = True,
) -> None:
    """Draw a box, given as ``x1, y1, x2, y2``, with its label inside the first corner."""
    x1, y1, x2, y2 = (float(value) for value in box)
    face = (color, 0.15) if fill else "none"
    ax.add_patch(
        Rectangle((x1, y1), x2 - x1, y2 - y1, ec=color, fc=face, lw=2, ls=style)
    )
    if label:
        ax.annotate(
            label,
            (x1, y1),
            color=color,
            xytext=(4, -4),
            textcoords="offset points",
            va="top",
        )


def image_axes(ax: Axes) -> None:
    """Make axes look like an image plane: equal units, y downwards, no grid."""
    ax.set_aspect("equal")
    ax.invert_yaxis()
    ax.grid(False)


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Markdown:
    """Show rows as a table: floats with four significant digits, numbers to the right."""

    def line(cells: Iterable[object]) -> str:
        shown = (f"{c:.4g}" if isinstance(c, float) else str(c) for c in cells)
        return "| " + " | ".join(shown) + " |"

    body = list(rows)
    numeric = [
        all(isinstance(c, int | float) for c in cells)
        for cells in zip(*body, strict=True)
    ]
    rule = line("---:" if right else "---" for right in numeric)
    return Markdown("\n".join([line(header), rule, *map(line, body)]))  # type: ignore[no-untyped-call]
