"""The figure style of the book and the few drawings that chapters share."""

import sys
from collections.abc import Sequence
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from cycler import cycler
from IPython import get_ipython
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib_inline.config import InlineBackend
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "BLACK",
    "BLUE",
    "GREEN",
    "GREY",
    "INDIGO",
    "LOSS_COLORS",
    "LOSS_DASHES",
    "ORANGE",
    "PINK",
    "PREDICTION",
    "RED",
    "SKY",
    "TARGET",
    "WINE",
    "YELLOW",
]
__all__ += ["draw_box", "draw_seeds", "image_axes", "loss_style", "use_style"]

# The palette of Okabe and Ito with two colors of Paul Tol's: color-blind readers can tell them apart.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, RED, PINK = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
INDIGO, WINE, GREY = "#332288", "#882255", "#767676"

# One color a role and a loss, the same on every page. No loss has the color of a role.
TARGET, PREDICTION = BLACK, RED
LOSS_COLORS = {
    "L1": GREY,
    "L2": INDIGO,
    "smooth L1": PINK,
    "Huber": BLUE,
    "Charbonnier": GREEN,
    "log-cosh": ORANGE,
    "Cauchy": SKY,
    "Geman-McClure": WINE,
    "cross-entropy": BLUE,
    "label smoothing": SKY,
    "hinge": PINK,
    "squared hinge": GREY,
    "Crammer-Singer": ORANGE,
    "Weston-Watkins": GREEN,
    "MSE": INDIGO,
    "GCE": WINE,
    "weighted": SKY,
    "class-balanced": GREEN,
    "focal": PINK,
    "asymmetric": WINE,
    "IoU-aware": INDIGO,
    "quality focal": GREEN,
    "varifocal": ORANGE,
    "border-weighted": GREY,
    "Dice": GREEN,
    "Jaccard": ORANGE,
    "Tversky": PINK,
    "Lovász": WINE,
    "Dice + CE": INDIGO,
    "smooth IoU": PINK,
    "IoU": ORANGE,
    "GIoU": BLUE,
    "DIoU": GREEN,
    "CIoU": WINE,
    "EIoU": SKY,
    "clDice": WINE,
    "Dice + clDice": ORANGE,
    "topology-aware": PINK,
    "minimax": BLUE,
    "non-saturating": ORANGE,
    "least squares": GREEN,
    "Wasserstein": WINE,
    "relativistic": INDIGO,
}
# Losses whose curves lie on those of others or have much the same color in the dark theme; the lines of the rest are
# solid.
LOSS_DASHES = {
    "smooth L1": (0, (1, 2)),
    "Huber": "--",
    "Charbonnier": "-.",
    "log-cosh": ":",
    "label smoothing": "--",
    "MSE": "-.",
    "GCE": ":",
}


def use_style(picture: Literal["svg", "png"] = "svg") -> None:
    """Set the style of every figure that follows.

    Figures are drawn as SVG without a ground, at most 5.6 inches wide so that their text can be read on a
    phone; the dark theme inverts their lightness. A scatter of thousands of points stays small with
    ``rasterized=True``. Photographs must not be inverted: ``use_style("png")`` before them, ``use_style()``
    after.
    """
    options: dict[str, Any] = {"bbox_inches": "tight"}
    if picture == "svg":  # the date would make every run look new
        options["metadata"] = {"Date": None}
    inline = InlineBackend.instance(parent=get_ipython())
    inline.shell = get_ipython()
    inline.figure_formats = {picture}
    inline.print_figure_kwargs = options
    # Colab has no light ground for dark lines in its dark theme.
    ground = "white" if "google.colab" in sys.modules else "none"
    mpl.rcParams.update(
        {
            "figure.figsize": (5.6, 3.3),
            "figure.dpi": 150,
            "figure.facecolor": ground,
            "figure.constrained_layout.use": True,
            "savefig.facecolor": ground,
            "svg.hashsalt": "lossguide",
            "axes.facecolor": "none",
            "axes.edgecolor": GREY,
            "axes.grid": True,
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlesize": "medium",
            "axes.prop_cycle": cycler(
                color=[BLUE, ORANGE, GREEN, PINK, SKY, WINE, INDIGO]
            ),
            "grid.color": "#dddddd",
            "grid.linewidth": 0.6,
            "font.size": 11,
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


def draw_seeds(
    ax: Axes, x: ArrayLike, values: NDArray[np.float64], **style: Any
) -> None:
    """Draw a curve for many seeds: their median, and a band that holds 80 percent of them.

    Args:
        ax: where to draw.
        x: the positions.
        values: a row for each position, with a value for each seed.
        style: of the curve, such as ``**loss_style("Huber")``.
    """
    low, middle, high = np.quantile(values, [0.1, 0.5, 0.9], axis=1)
    (line,) = ax.plot(x, middle, **style)
    ax.fill_between(x, low, high, color=line.get_color(), alpha=0.15, lw=0)


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
