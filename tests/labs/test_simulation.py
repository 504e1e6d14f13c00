"""The simulation at full size: its steps are those of the readable losses, its results those of the lab."""

import json
from pathlib import Path

import pytest
import torch

import lossguide.torch as lt
from benchmarks.simulation import walk
from lossguide.lab import digits, measured
from lossguide.lab.diou_simulation import CASES, DEPARTURES, by_hand, scene
from lossguide.torch import box_convert

RESULTS = Path(walk.__file__).parents[1] / "results" / "simulation.json"
STORED = json.loads(RESULTS.read_text())["runs"]
EACH = [(rule, name) for rule in walk.RULES for name in walk.RULES[rule].losses]


@pytest.fixture(autouse=True)
def in_double_precision():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def expected_step(rule, name, box, target):
    """The direction of a step as the lab computes it, by automatic differentiation where it is a true gradient."""
    if rule == "published":
        return by_hand(name, box, target, DEPARTURES)
    loss = getattr(lt, f"{name.lower()}_loss")
    leaf = box if rule == "center and size" else box_convert(box, "cxcywh", "xyxy")
    leaf = leaf.clone().requires_grad_()
    pred = box_convert(leaf, "cxcywh", "xyxy") if rule == "center and size" else leaf
    goal = box_convert(target, "cxcywh", "xyxy")
    (slope,) = torch.autograd.grad(loss(pred, goal, reduction="sum"), leaf)
    return slope if rule == "center and size" else box_convert(slope, "xyxy", "cxcywh")


@pytest.mark.parametrize(("rule", "name"), EACH)
def test_a_step_is_that_of_the_lab(rule, name):
    box, target = scene(seed=1, points=4)
    box[..., :2] = 10 + (box[..., :2] - 10) * torch.linspace(0, 1, CASES)[:, None]
    pred, goal = (box_convert(one, "cxcywh", "xyxy") for one in (box, target))
    weight = 0.1 * (2 - lt.iou(pred, goal))[..., None]
    expected = box - weight * expected_step(rule, name, box, target)
    found, error = walk.advance(
        walk.RULES[rule],
        name,
        walk.columns(box),
        walk.columns(target),
        torch.tensor(0.1),
    )
    torch.testing.assert_close(torch.stack([*found], -1), expected.reshape(-1, 4))
    torch.testing.assert_close(error, (expected - target).abs().sum())


def test_boxes_walk_in_blocks(monkeypatch):
    monkeypatch.setattr(walk, "RATES", [0.1, 0.01])
    box, target = map(walk.columns, scene(seed=0, points=1))

    def step(now, goal, rate):
        return walk.advance(walk.RULES["corners"], "GIoU", now, goal, rate)

    whole = walk.walk(step, box, target)
    monkeypatch.setattr(walk, "BLOCK", 100)
    torch.testing.assert_close(walk.walk(step, box, target), whole)
    assert len(whole) == 3
    assert whole[-1] < whole[0]


@pytest.mark.parametrize(("rule", "name"), EACH)
def test_stored_errors_are_those_of_the_lab_at_full_size(rule, name):
    errors = STORED[rule][name]["errors"]
    assert len(errors) == len(walk.RATES) + 1
    lab = measured("diou_simulation")["final_error"][rule]
    if name in lab:
        # The lab's stand there with two digits.
        assert errors[-1] == pytest.approx(lab[name], rel=0.06)
        assert digits(errors[0]) == digits(STORED[rule]["IoU"]["errors"][0])
    else:
        assert errors[-1] < STORED[rule]["IoU"]["errors"][-1]
