"""Scenes of digits, and the detector's anchors, matching, findings and average precision."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

import lossguide.torch as lt
from lossguide.lab import detector
from lossguide.lab.data import mnist
from lossguide.lab.detector import BACKGROUND, CODE, IGNORED, Detections, Detector
from lossguide.lab.scenes import (
    MOST,
    SIDE,
    SPLITS,
    Scenes,
    draw_boxes,
    draw_scene,
    make_scenes,
)


@pytest.fixture(scope="module")
def scenes():
    return make_scenes("test", 40)


def test_no_digit_is_in_two_splits():
    indices = np.arange(len(mnist()[0]))
    parts = [set(indices[part].tolist()) for part in SPLITS.values()]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 5000


def test_scenes_hold_two_to_six_digits_that_hardly_overlap(scenes):
    assert scenes.images.shape == (40, 1, SIDE, SIDE)
    assert 0 <= scenes.images.min() < scenes.images.max() <= 1
    counts = (scenes.labels >= 0).sum(1)
    assert (counts.min(), counts.max()) == (2, MOST)
    assert (scenes.boxes[scenes.labels < 0] == 0).all()
    for boxes, count in zip(scenes.boxes, counts, strict=True):
        overlap = lt.box_iou(boxes[:count], boxes[:count]).fill_diagonal_(0)
        assert overlap.max() < 0.1
        assert boxes.min() >= 0
        assert boxes.max() <= SIDE
    longest = (scenes.boxes[..., 2:] - scenes.boxes[..., :2])[scenes.labels >= 0].amax(
        -1
    )
    assert 14 <= longest.min() < 20
    assert 40 < longest.max() <= 48


def test_boxes_are_tight_on_their_digits():
    found = 0
    for scene in make_scenes("validation", 60, seed=1):
        for box in scene.boxes[scene.labels >= 0].int().tolist():
            x1, y1, x2, y2 = box
            ink = scene.images[0, y1:y2, x1:x2]
            edges = ink[0], ink[-1], ink[:, 0], ink[:, -1]
            found += sum((edge > 0.35).any().item() for edge in edges) / 4
    total = (make_scenes("validation", 60, seed=1).labels >= 0).sum().item()
    assert found > 0.95 * total


def test_a_seed_makes_the_same_scenes_and_another_makes_others(scenes):
    again = make_scenes("test", 3)
    torch.testing.assert_close(again.images, scenes.images[:3])
    assert (make_scenes("test", 3, seed=1).boxes != again.boxes).any()
    assert (make_scenes("training", 3).boxes != again.boxes).any()


def test_a_scene_is_drawn_with_its_boxes(scenes):
    _, ax = plt.subplots()
    draw_scene(ax, scenes.images[0])
    real = scenes.labels[0] >= 0
    names = scenes.labels[0][real].tolist()
    draw_boxes(ax, scenes.boxes[0][real], "black", names)
    assert ax.get_ylim() == (SIDE, 0)
    assert [text.get_text() for text in ax.texts] == list(map(str, names))
    corners = [patch.get_xy() for patch in ax.patches]
    assert corners == [tuple(box[:2]) for box in scenes.boxes[0][real].tolist()]
    plt.close("all")


def test_scenes_are_chosen_by_number(scenes):
    some = scenes[torch.tensor([4, 2])]
    assert len(some) == 2
    assert (some.boxes == scenes.boxes[[4, 2]]).all()


def test_anchors_stand_around_the_centers_of_a_grid():
    anchors = lt.box_convert(detector.make_anchors(), "xyxy", "cxcywh")
    assert anchors.shape == (12 * 12 * 9, 4)
    assert anchors[0, :2].tolist() == pytest.approx([4, 4])
    assert anchors[9, :2].tolist() == pytest.approx([12, 4])
    assert anchors[-1, :2].tolist() == pytest.approx([92, 92])
    area = anchors[:9, 2] * anchors[:9, 3]
    torch.testing.assert_close(
        area.sqrt(), torch.tensor([14.0, 22, 34]).repeat_interleave(3)
    )
    ratio = anchors[:9, 3] / anchors[:9, 2]
    torch.testing.assert_close(ratio, torch.tensor([0.8, 1.4, 2.5]).repeat(3))
    assert len(detector.make_anchors(stride=4, ratios=(1.0, 2.0))) == 24 * 24 * 6


def test_matching_by_hand():
    """IoU with the one box: 1/2, 9/20, 1/4, 0; the second scene's box has no good anchor; the third has no box."""
    anchors = torch.tensor(
        [[0.0, 0, 10, 5], [0, 0, 10, 4.5], [0, 0, 5, 5], [20, 0, 30, 10]]
    )
    boxes = torch.tensor(
        [[[0.0, 0, 10, 10], [0, 0, 0, 0]], [[29, 9, 31, 11]] * 2, [[0, 0, 0, 0]] * 2]
    )
    labels = torch.tensor([[7, -1], [3, -1], [-1, -1]])
    none = BACKGROUND
    assert detector.match(anchors, boxes, labels).tolist() == [
        [0, IGNORED, none, none],
        [none, none, none, 0],
        [none] * 4,
    ]
    assert detector.match(anchors, boxes, labels, 0.2, 0.2)[0].tolist() == [
        0,
        0,
        0,
        none,
    ]
    scenes = Scenes(torch.zeros(3, 1, SIDE, SIDE), boxes, labels)
    goal = detector.assign(anchors, scenes)
    assert goal.classes.nonzero().tolist() == [[0, 0, 7], [1, 3, 3]]
    assert goal.boxes[1, 3].tolist() == [29, 9, 31, 11]
    assert goal.counted.logical_not().nonzero().tolist() == [[0, 1]]
    assert goal.positive.nonzero().tolist() == [[0, 0], [1, 3]]


def test_each_true_box_has_an_anchor(scenes):
    matched = detector.match(detector.make_anchors(), scenes.boxes, scenes.labels)
    for row, labels in zip(matched, scenes.labels, strict=True):
        assert set(row[row >= 0].tolist()) == set(range(int((labels >= 0).sum())))


def test_network_says_something_of_each_anchor_and_begins_at_the_prior():
    torch.manual_seed(0)
    images = torch.rand(2, 1, SIDE, SIDE)
    network = Detector(iou_head=True)
    out = network(images)
    assert out.classes.shape == (2, 1296, 10)
    assert out.offsets.shape == (2, 1296, 4)
    assert out.ious.shape == (2, 1296)
    assert 0.002 < out.classes.sigmoid().mean() < 0.05
    assert (Detector()(images).ious == 0).all()
    assert sum(p.numel() for p in Detector().parameters()) == 188_846


class Knows(torch.nn.Module):
    """Scores and offsets as if the truth were known."""

    def __init__(self, goal):
        super().__init__()
        self.goal = goal

    def forward(self, images):
        anchors = detector.make_anchors().expand_as(self.goal.boxes)
        boxes = torch.where(self.goal.positive[..., None], self.goal.boxes, anchors)
        offsets = lt.encode_boxes(boxes, anchors, weights=CODE)
        logits = 20 * self.goal.classes - 10
        return detector.Output(logits, offsets, torch.zeros(offsets.shape[:2]))


def test_boxes_survive_coding_and_a_network_that_knows_all_finds_all(scenes):
    goal = detector.assign(detector.make_anchors(), scenes)
    predictions = detector.predict(Knows(goal), scenes.images, batch=40)
    torch.testing.assert_close(
        predictions.boxes[goal.positive], goal.boxes[goal.positive], atol=1e-3, rtol=0
    )
    found = detector.detect(predictions)
    assert len(found.scores) == (scenes.labels >= 0).sum()
    assert min(detector.average_precision(found, scenes).values()) == pytest.approx(1)
    crowd = detector.detect(predictions, nms_iou=None)
    assert len(crowd.scores) > 2 * len(found.scores)
    assert detector.average_precision(crowd, scenes)["AP50"] < 0.8


def test_suppression_is_that_of_nms_in_each_class():
    torch.manual_seed(0)
    corner = 40 * torch.rand(3, 60, 2)
    boxes = torch.cat([corner, corner + 10 + 20 * torch.rand(3, 60, 2)], -1)
    scores = torch.rand(3, 60, 10) ** 4
    predictions = detector.Predictions(boxes, scores, torch.zeros(3, 60))
    found = detector.detect(predictions, threshold=0.3, nms_iou=0.4)
    for scene in range(3):
        for label in range(10):
            score = scores[scene, :, label]
            sure = score > 0.3
            kept = lt.nms(boxes[scene][sure], score[sure], 0.4)
            mine = (found.scenes == scene) & (found.labels == label)
            torch.testing.assert_close(found.scores[mine], score[sure][kept])
            torch.testing.assert_close(found.boxes[mine], boxes[scene][sure][kept])


def hand_scene():
    """Two digits of class 3 in the first scene, one of class 5 in the second."""
    boxes, labels = torch.zeros(2, MOST, 4), torch.full((2, MOST), -1)
    boxes[0, 0], boxes[0, 1] = torch.tensor([[0.0, 0, 20, 20], [50, 50, 70, 90]])
    boxes[1, 0] = torch.tensor([10.0, 10, 30, 50])
    labels[0, :2], labels[1, 0] = 3, 5
    return Scenes(torch.zeros(2, 1, SIDE, SIDE), boxes, labels)


def test_average_precision_by_hand():
    """Class 3: right, wrong, right. Precision 1 up to recall 1/2, then 2/3. Class 5: found with IoU 0.8."""
    found = Detections(
        torch.tensor([0, 1, 0, 1]),
        torch.tensor(
            [[0.0, 0, 20, 20], [60, 60, 80, 80], [50, 50, 70, 90], [10, 10, 30, 42]]
        ),
        torch.tensor([3, 3, 3, 5]),
        torch.tensor([0.9, 0.8, 0.7, 0.6]),
    )
    three = (51 + 50 * 2 / 3) / 101
    ap = detector.average_precision(found, hand_scene())
    assert ap["AP50"] == pytest.approx((three + 1) / 2)
    assert ap["AP75"] == pytest.approx((three + 1) / 2)
    assert ap["AP90"] == pytest.approx(three / 2)
    curves = detector.precision_curves(found, hand_scene())
    assert curves.shape == (10, 101, 10)
    assert np.isnan(curves[..., 0]).all()
    assert curves[0, :, 3].mean() == pytest.approx(three)


def test_a_duplicate_is_a_mistake_and_nothing_found_is_zero():
    one = torch.tensor([[10.0, 10, 30, 50]])
    twice = Detections(
        torch.tensor([1, 1]),
        one.repeat(2, 1),
        torch.tensor([5, 5]),
        torch.tensor([0.9, 0.8]),
    )
    scene = hand_scene()
    precision = detector.precision_curves(twice, scene)
    assert precision[0, :, 5].mean() == pytest.approx(
        1
    )  # it comes after the last true one
    assert (precision[0, :, 3] == 0).all()
    nothing = Detections(*(part[:0] for part in twice))
    assert set(detector.average_precision(nothing, scene).values()) == {0.0}
