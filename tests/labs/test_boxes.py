"""Paths of boxes, the scenes they start in, and the simulation of the DIoU paper."""

import importlib.util
import math
import re
import xml.etree.ElementTree as ET
from io import StringIO
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

import lossguide.numpy as ln
import lossguide.torch as lt
from lossguide.lab import boxes, diou_simulation
from lossguide.lab.diou_simulation import CASES, DEPARTURES, by_hand, scene
from lossguide.torch import box_convert

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def in_double_precision():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)
    plt.close("all")


def test_steps_go_against_the_slope_of_each_edge():
    pred, target, h = np.array([0.0, 1, 4, 3]), np.array([3.0, 0, 7, 4]), 1e-6
    slopes = [
        (ln.giou_loss(pred + e, target) - ln.giou_loss(pred - e, target)) / (2 * h)
        for e in h * np.eye(4)
    ]
    steps = boxes.edge_steps(lt.giou_loss, pred, target)
    np.testing.assert_allclose(steps, np.negative(slopes), atol=1e-8)


def test_path_is_measured_by_its_first_good_step_and_its_largest_area():
    target = torch.tensor([[0.0, 0, 2, 2], [0.0, 0, 2, 2]])
    widths = torch.tensor([[1.0, 4.0, 2.0, 2.0], [1.0, 1.0, 1.0, 1.0]])
    path = torch.stack([target.clone() for _ in range(4)])
    path[..., 2] = widths.T
    overlap = boxes.path_iou(path, target)[:, 0]
    torch.testing.assert_close(overlap, torch.tensor([0.5, 0.5, 1.0, 1.0]))
    assert boxes.steps_to(path, target).tolist() == [2.0, math.inf]
    assert boxes.steps_to(path, target, goal=0.0).tolist() == [0.0, 0.0]
    assert boxes.growth(path).tolist() == [4.0, 1.0]
    assert [boxes.whole_steps(n) for n in (2.0, math.inf)] == [2, "never"]


def test_first_contact_is_the_first_overlap():
    path = torch.tensor([[[3.0, 0, 2, 2]], [[2.0, 0, 2, 2]], [[1.9, 0, 2, 2]]])
    target = torch.tensor([[0.0, 0, 2, 2]])
    assert boxes.steps_to(path, target, goal=0.0).tolist() == [2.0]


@pytest.mark.parametrize("seed", range(3))
def test_starts_are_of_their_kind(seed):
    def start(kind):
        pair = map(torch.tensor, boxes.random_starts(kind, seed))
        box, target = (box_convert(one, "cxcywh", "xyxy") for one in pair)
        return box, target, lt.iou(box, target)

    assert (start("apart")[2] == 0).all()
    assert (start("overlapping")[2] > 0).all()
    for kind in ("around", "inside"):
        box, target, _ = start(kind)
        inner, outer = (target, box) if kind == "around" else (box, target)
        assert (inner[:, :2] >= outer[:, :2]).all()
        assert (inner[:, 2:] <= outer[:, 2:]).all()
    box, target = boxes.random_starts("turned", seed)
    np.testing.assert_array_equal(box[:, 2:], target[:, :1:-1])


def test_rectangles_are_where_the_boxes_say():
    pictures, found = boxes.rectangles(300, np.random.default_rng(0))
    x1, y1, x2, y2 = found.T
    assert (found >= 0).all()
    assert (found <= 20).all()
    assert min((x2 - x1).min(), (y2 - y1).min()) > 1
    mass = pictures.sum((1, 2))
    assert np.corrcoef(mass, (x2 - x1) * (y2 - y1))[0, 1] > 0.98
    columns = (pictures.sum(1) * np.arange(0.5, 20)).sum(1) / mass
    large = mass > 60
    np.testing.assert_allclose(columns[large], (x1 + x2)[large] / 2, atol=2)


def test_figures_show_what_they_are_given():
    pred, target = [0.0, 0.0, 2.0, 2.0], [5.0, -1.0, 7.0, 3.0]
    _, ax = plt.subplots()
    boxes.draw_steps(ax, lt.diou_loss, pred, target, longest=1)
    assert len(ax.patches) == 2
    assert len(ax.texts) == 2  # the near edge and the far one; the other two rest
    boxes.draw_slide(
        {"IoU": lt.iou_loss, "GIoU": lt.giou_loss}, pred, target, {"apart": 0.0}
    )
    panel, curves = plt.gcf().axes
    assert panel.get_title() == "apart"
    assert [text.get_text() for text in curves.get_legend().texts] == ["IoU", "GIoU"]
    _, ax = plt.subplots()
    counts = {"IoU": {"apart": math.inf}, "GIoU": {"apart": 40.0}}
    boxes.draw_race(ax, counts, {n: {"apart": math.nan} for n in counts})
    never = ax.get_xticks()[-1]
    assert ax.get_xticklabels()[-1].get_text() == "never"
    assert [line.get_xdata()[0] for line in ax.lines[:2]] == [never, 40.0]


def test_film_has_a_row_for_each_path():
    target = torch.tensor([0.0, 0.0, 2.0, 2.0])
    path = torch.stack([target + i for i in range(3)])
    _, axes = plt.subplots(2, 2)
    boxes.film(axes, {"GIoU": path, "DIoU": path}, target, (0, 2), (-2, 4, -2, 4))
    assert [row[0].get_ylabel() for row in axes] == ["GIoU", "DIoU"]
    assert [ax.get_title() for ax in axes[0]] == ["step 0", "step 2"]


def test_simulation_has_the_cases_of_the_paper():
    box, target = scene(seed=0, points=40)
    assert box.shape == target.shape == (40, CASES, 4)
    assert CASES == 343
    assert (target[..., :2] == 10).all()
    torch.testing.assert_close(target[..., 2:].prod(-1), torch.ones(40, CASES))
    assert (box[..., :2] - 10).norm(dim=-1).max() <= 3
    areas = torch.tensor(diou_simulation.AREAS)
    torch.testing.assert_close(box[0, :, 2:].prod(-1).round(decimals=9).unique(), areas)
    shapes = torch.cat([box[..., 2:], target[..., 2:]], -1)[0]
    assert len(shapes.round(decimals=9).unique(dim=0)) == CASES


@pytest.mark.parametrize("name", ["IoU", "GIoU", "DIoU", "CIoU", "EIoU"])
def test_by_hand_is_the_gradient_and_each_departure_departs(name):
    box, target = scene(seed=1, points=4)
    box[..., :2] = 10 + (box[..., :2] - 10) * torch.linspace(0, 1, CASES)[:, None]
    leaf = box.clone().requires_grad_()
    pair = (box_convert(one, "cxcywh", "xyxy") for one in (leaf, target))
    loss = getattr(lt, f"{name.lower()}_loss")(*pair, reduction="sum")
    (expected,) = torch.autograd.grad(loss, leaf)
    torch.testing.assert_close(by_hand(name, box, target), expected)
    concerned = {
        d for d, what in DEPARTURES.items() if name in re.findall(r"\w+", what)
    }
    departing = {
        one
        for one in DEPARTURES
        if not torch.allclose(by_hand(name, box, target, {one}), expected)
    }
    if name == "EIoU":  # not in the program, but of DIoU's kind
        concerned = {d for d, what in DEPARTURES.items() if "DIoU" in what}
    assert departing == concerned | {"double size"}


def test_light_drawing_is_the_same_drawing():
    spec = importlib.util.spec_from_file_location("n", ROOT / "tools" / "notebooks.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    figure, ax = plt.subplots()
    ax.plot([0, 1 / 3, 2 / 3, 1], [0, 1 / 7, 0, 1], label="a curve")
    ax.legend()
    text = StringIO()
    figure.savefig(text, format="svg")
    light = tool.light_drawing(text.getvalue())
    assert len(light) < 0.8 * len(text.getvalue())
    before, after = map(ET.fromstring, (text.getvalue(), light))
    for kind in ("path", "use", "clipPath"):
        found = [one.findall(f".//{{*}}{kind}") for one in (before, after)]
        assert len(found[0]) == len(found[1]) > 0
    names = {one.get("id") for one in after.iter()}
    assert {one.get("href")[1:] for one in after.findall(".//{*}use")} <= names
    assert tool.light_path("M 1.23456 2 L 3 4 L 5 6 Q 1 2 3 4 z") == (
        "M 1.2 2 L 3 4 5 6 Q 1 2 3 4 z"
    )
