"""The figure style: colors that color-blind readers can tell apart, pictures that are equal in every run."""

from itertools import combinations

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from nbclient import NotebookClient

from lossguide.lab.plots import (
    LOSS_COLORS,
    LOSS_DASHES,
    PREDICTION,
    TARGET,
    draw_box,
    draw_seeds,
    loss_style,
)

REGRESSION = [
    "L1",
    "L2",
    "smooth L1",
    "Huber",
    "Charbonnier",
    "log-cosh",
    "Cauchy",
    "Geman-McClure",
]
CLASSES = [
    "cross-entropy",
    "label smoothing",
    "hinge",
    "squared hinge",
    "Crammer-Singer",
    "Weston-Watkins",
    "MSE",
    "GCE",
]
IMBALANCE = ["cross-entropy", "weighted", "class-balanced", "focal", "asymmetric"]
SCORES = ["cross-entropy", "focal", "IoU-aware", "quality focal", "varifocal"]
TOPOLOGY = ["cross-entropy", "weighted", "topology-aware", "clDice"]
TOPOLOGY += ["Dice", "Dice + clDice"]
REGIONS = ["cross-entropy", "weighted", "border-weighted", "Dice", "Jaccard"]
REGIONS += ["Tversky", "Lovász", "Dice + CE"]
GANS = ["minimax", "non-saturating", "least squares", "Wasserstein", "relativistic"]
BOXES = ["L1", "smooth IoU", "IoU", "GIoU", "DIoU", "CIoU", "EIoU"]
# What is left of linear RGB for eyes without one kind of cone (Machado and others, 2009, severity 1).
EYES = {
    "all": np.eye(3),
    "no red": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no green": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "no blue": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = [
    [0.4124, 0.3576, 0.1805],
    [0.2126, 0.7152, 0.0722],
    [0.0193, 0.1192, 0.9505],
]


def seen(color, eyes):
    """A color in CIELAB, where distances are about those that are seen."""
    rgb = np.array(to_rgb(color))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(EYES[eyes] @ linear, 0, 1)
    xyz = np.array(TO_XYZ) @ linear / [0.9505, 1, 1.089]
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize(
    "losses",
    [REGRESSION, CLASSES, IMBALANCE, SCORES, BOXES, REGIONS, TOPOLOGY, GANS],
    ids=[
        "regression",
        "classes",
        "imbalance",
        "scores",
        "boxes",
        "regions",
        "topology",
        "gans",
    ],
)
def test_losses_and_roles_are_told_apart_by_all_eyes(losses, eyes):
    colors = [TARGET, PREDICTION, *(LOSS_COLORS[name] for name in losses)]
    found = [seen(color, eyes) for color in colors]
    distances = [np.linalg.norm(a - b) for a, b in combinations(found, 2)]
    assert min(distances) > 10  # of 100 from black to white


def test_no_loss_has_the_color_of_a_role():
    assert not {TARGET, PREDICTION} & set(LOSS_COLORS.values())
    known = REGRESSION + CLASSES + IMBALANCE + SCORES + BOXES + REGIONS + TOPOLOGY
    known += GANS
    assert set(known) == LOSS_COLORS.keys()


def test_curves_and_boxes_are_drawn_as_the_book_draws_them():
    figure, ax = plt.subplots()
    (line,) = ax.plot([0, 1], [0, 1], **loss_style("Huber"))
    assert (line.get_label(), line.get_color()) == ("Huber", LOSS_COLORS["Huber"])
    assert line.get_linestyle() == LOSS_DASHES["Huber"]
    assert LOSS_DASHES.keys() <= LOSS_COLORS.keys()
    draw_box(ax, torch.tensor([1.0, 2.0, 4.0, 6.0]), "black", label="target")
    (box,) = ax.patches
    assert (*box.get_xy(), box.get_width(), box.get_height()) == (1, 2, 3, 4)
    plt.close(figure)


def test_a_curve_of_many_seeds_is_their_median_in_a_band_of_most():
    figure, ax = plt.subplots()
    values = np.arange(11.0) + np.array([[0.0], [100.0]])
    draw_seeds(ax, [0, 1], values, color="red", label="L1")
    assert ax.lines[0].get_ydata().tolist() == [5.0, 105.0]
    ends = set(ax.collections[0].get_paths()[0].vertices[:, 1])
    assert ends == {1.0, 9.0, 101.0, 109.0}
    plt.close(figure)


def drawn(style):
    """What a notebook stores of a figure that is drawn in some style."""
    lines = ["from lossguide.lab.plots import use_style", style]
    lines += ["import matplotlib.pyplot as plt", "plt.plot([0, 1]); plt.show()"]
    cell = nbformat.v4.new_code_cell("\n".join(lines))
    notebook = nbformat.v4.new_notebook(cells=[cell])
    NotebookClient(notebook, kernel_name="python3").execute()
    (output,) = cell.outputs
    return output.data


def test_figures_are_svg_without_a_ground_and_equal_in_every_run():
    picture = drawn("use_style()")
    assert picture.keys() == {"image/svg+xml", "text/plain"}
    ground = picture["image/svg+xml"].partition('id="patch_1"')[2].partition("</g>")[0]
    assert 'style="fill: none"' in ground
    assert drawn("use_style()") == picture


def test_photographs_are_png():
    assert drawn("use_style('png')").keys() == {"image/png", "text/plain"}
