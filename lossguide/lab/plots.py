"""The figure style of the book and the few drawings that chapters share."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

__all__ = [
    "BLACK",
    "BLUE",
    "GREEN",
    "GREY",
    "LOSS_COLORS",
    "LOSS_DASHES",
    "ORANGE",
    "PINK",
    "RED",
    "SKY",
    "YELLOW",
]
__all__ += ["draw_box", "image_axes", "loss_style", "use_style"]

# The palette of Okabe and Ito, which color-blind readers can tell apart.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, RED, PINK = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY = "#767676"

# One color a loss, the same on every page.
LOSS_COLORS = {
    "L1": GREY,
    "L2": BLACK,
    "smooth L1": PINK,
    "Huber": BLUE,
    "Charbonnier": GREEN,
    "log-cosh": ORANGE,
    "Cauchy": SKY,
    "Geman-McClure": RED,
    "smooth IoU": PINK,
    "IoU": ORANGE,
    "GIoU": BLUE,
    "DIoU": GREEN,
    "CIoU": RED,
    "EIoU": SKY,
}
# Losses whose curves lie on those of others; the lines of the rest are solid.
LOSS_DASHES = {
    "smooth L1": (0, (1, 2)),
    "Huber": "--",
    "Charbonnier": "-.",
    "log-cosh": ":",
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


def loss_style(name: str) -> dict[str, Any]:
    """How the curve of a loss is drawn: ``ax.plot(x, y, **loss_style("Huber"))``."""
    return {
        "color": LOSS_COLORS[name],
        "linestyle": LOSS_DASHES.get(name, "-"),
        "label": name,
    }


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
