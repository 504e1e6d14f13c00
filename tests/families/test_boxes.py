"""Boxes: printed values, identities, edge cases, gradients, coding, suppression, and peers."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

import formulas
from lossguide.catalog import losses
from lossguide.catalog.boxes import TWO_BOXES

MEASURES = ["iou", "giou", "diou", "ciou", "eiou"]
LOSSES = [card.name for card in losses("boxes") if card.inputs == TWO_BOXES]
PAIRWISE = {
    "box_iou": "iou",
    "generalized_box_iou": "giou",
    "distance_box_iou": "diou",
    "complete_box_iou": "ciou",
}
each_loss = pytest.mark.parametrize("name", LOSSES)


def random_boxes(count, seed=0):
    """Boxes of which some overlap, some contain others and some are apart."""
    rng = np.random.default_rng(seed)
    corner, size = rng.uniform(0, 10, (2, count, 2))
    return np.concatenate([corner, corner + 0.5 + size], axis=-1)


some_boxes = st.builds(
    lambda corner, size: np.concatenate([corner, corner + size], axis=-1),
    arrays("float64", (3, 2), elements=st.floats(-100, 100)),
    arrays("float64", (3, 2), elements=st.floats(1, 50)),
)


# --- The numbers that source 004 prints (sections 3 to 6) -------------------------------

TARGET = np.array([347.0, 443, 429, 272])  # left, top, width, height
PREDICTED = np.array(
    [
        [1200.0, 450, 500, 600],
        [350, 440, 400, 300],
        [250, 400, 450, 300],
        [400, 500, 200, 150],
    ]
)
PRINTED = {
    "iou": ["0.0000", "0.8507", "0.5636", "0.2571"],
    "giou": ["-0.492630", "0.844435", "0.535095", "0.257096"],
    "diou": ["-0.372284", "0.849820", "0.541458", "0.242375"],
    "ciou": ["-0.373762", "0.849779", "0.541458", "0.242367"],
}
PRINTED_IOU_AWARE = [1.17110062, 0.49050504, 0.72022057, 0.96542394]


def boxes_of_the_source(column):
    pred = column("box_convert", PREDICTED, in_fmt="xywh", out_fmt="xyxy")
    target = column("box_convert", TARGET, in_fmt="xywh", out_fmt="xyxy")
    return pred, np.tile(target, (4, 1))


@pytest.mark.parametrize("name", PRINTED)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_printed_iou_family(column, name, dtype):
    values = column(name, *boxes_of_the_source(column), dtype=dtype)
    for value, printed in zip(values, PRINTED[name], strict=True):
        assert f"{value:.{len(printed.partition('.')[2])}f}" == printed


def test_printed_iou_aware_values(column):
    value = column(
        "iou_aware_loss", [0.8] * 4, *boxes_of_the_source(column), reduction="none"
    )
    assert_allclose(value, PRINTED_IOU_AWARE, atol=1e-6)


# --- Values and identities --------------------------------------------------------------

# CIoU's aspect term of a box 2 by 1 and one 1 by 2: arctan 2 - arctan 1/2 = arctan 3/4.
V = 4 / math.pi**2 * math.atan(3 / 4) ** 2


@pytest.mark.parametrize(
    ("name", "pred", "target", "expected"),
    [
        ("iou", [0, 0, 2, 2], [1, 0, 3, 2], 1 / 3),
        ("iou", [0, 0, 1, 1], [2, 2, 3, 3], 0),
        ("giou", [0, 0, 1, 1], [2, 0, 3, 1], -1 / 3),
        ("diou", [0, 0, 1, 1], [2, 0, 3, 1], -4 / 10),
        ("ciou", [0, 0, 2, 1], [2, 2, 3, 4], -8.5 / 25 - V**2 / (1 + V)),
        ("eiou", [0, 0, 2, 2], [0, 0, 1, 2], 1 / 2 - 1 / 32 - 1 / 4),
        ("iou_loss", [0, 0, 2, 2], [1, 0, 3, 2], 2 / 3),
        ("log_iou_loss", [0, 0, 2, 2], [1, 0, 3, 2], math.log(3)),
        ("log_iou_loss", [0, 0, 1, 1], [2, 2, 3, 3], 6 * math.log(10)),
        ("smooth_iou_loss", [0, 0, 2, 2], [1, 0, 3, 2], 1 - 3 / 7),
        ("alpha_iou_loss", [0, 0, 2, 2], [1, 0, 3, 2], 1 - 1 / 27),
    ],
)
def test_hand_values(column, name, pred, target, expected):
    assert column(name, pred, target) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("iou_loss", 2 / 3),
        ("log_iou_loss", math.log(3)),
        ("smooth_iou_loss", 4 / 7),
        ("giou_loss", 2 / 3),
        ("diou_loss", 2 / 3 + 1 / 13),
        ("ciou_loss", 2 / 3 + 1 / 13),
        ("eiou_loss", 2 / 3 + 1 / 13),
        ("alpha_iou_loss", 26 / 27),
        ("nwd_loss", 1 - math.exp(-1 / 12.8)),
    ],
)
def test_the_mean_of_a_miss_and_a_hit(column, name, expected):
    """The first pair is apart by half a side, the second is one box twice."""
    pred, target = [[0, 0, 2, 2], [0, 0, 2, 2]], [[1, 0, 3, 2], [0, 0, 2, 2]]
    assert column(name, pred, target) == pytest.approx(expected / 2, rel=1e-9)


# A box of area 1e-12, which is eps, and what is beside, apart and around it.
TINY, BESIDE, APART, WIDE = 1e-6 * np.array(
    [[0, 0, 1, 1], [1, 0, 2, 1], [2, 0, 3, 1], [0, 0, 3, 1]]
)
AT_EPS = {
    "iou": (TINY, 1 / 2),
    "giou": (APART, -1 / 4),
    "diou": (BESIDE, -1 / 6),
    "ciou": (BESIDE, -1 / 6),
    "eiou": (WIDE, 1 / 4 - 1 / 11 - 4 / 10),
}


@pytest.mark.parametrize("name", AT_EPS)
def test_eps_where_a_box_has_hardly_an_area(column, name):
    other, expected = AT_EPS[name]
    assert column(name, TINY, other) == pytest.approx(expected, rel=1e-9)
    assert column(f"{name}_loss", TINY, other) == pytest.approx(1 - expected, rel=1e-9)
    for pairwise, measure in PAIRWISE.items():
        if measure == name:
            value = column(pairwise, [TINY], [other])
            assert_allclose(value, [[expected]], rtol=1e-9)


def test_eps_of_the_iou_in_other_losses(column):
    alpha_iou = column("alpha_iou_loss", TINY, TINY)
    assert alpha_iou == pytest.approx(1 - 1 / 8, rel=1e-9)
    aware = column("iou_aware_loss", [math.log(3), 0], [TINY] * 2, [TINY] * 2)
    expected = -math.log(3 / 4 * 1 / 4) / 2 + math.log(2)
    assert aware == pytest.approx(expected / 2, rel=1e-9)


@given(boxes=st.tuples(some_boxes, some_boxes))
@pytest.mark.parametrize("name", MEASURES)
def test_measures_by_their_formulas(column, name, boxes):
    expected = getattr(formulas, name)(*boxes)
    assert_allclose(column(name, *boxes), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_is_that_of_its_loss(column, name):
    boxes = random_boxes(10), random_boxes(10, seed=1)
    loss = column(f"{name}_loss", *boxes, reduction="none")
    assert_allclose(column(name, *boxes), 1 - loss, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize(("pairwise", "measure"), PAIRWISE.items())
def test_pairwise_is_the_measure_of_every_pair(column, pairwise, measure):
    boxes1, boxes2 = random_boxes(5), random_boxes(3, seed=1)
    expected = [[column(measure, one, two) for two in boxes2] for one in boxes1]
    assert_allclose(column(pairwise, boxes1, boxes2), expected, rtol=1e-14)
    assert column(pairwise, boxes1[:0], boxes2).shape == (0, 3)


def nested():
    outer = random_boxes(10)
    corner, size = outer[:, :2], outer[:, 2:] - outer[:, :2]
    return np.concatenate([corner + 0.2 * size, corner + 0.7 * size], axis=-1), outer


def test_giou_of_nested_boxes_is_iou(column):
    for pair in (nested(), nested()[::-1]):
        assert_allclose(column("giou", *pair), column("iou", *pair), rtol=1e-12)


def test_giou_of_nested_boxes_has_the_gradient_of_iou(trainer):
    for pair in (nested(), nested()[::-1]):
        slopes = [trainer.gradient(name, *pair) for name in ("giou", "iou")]
        assert_allclose(*slopes, rtol=1e-9, atol=1e-12)


def test_diou_of_equal_centers_is_iou(column):
    center, size = np.full((10, 2), 3.0), random_boxes(10)[:, 2:]
    pred = np.concatenate([center - size / 2, center + size / 2], axis=-1)
    target = np.concatenate([center - 2, center + 2], axis=-1)
    assert_allclose(column("diou", pred, target), column("iou", pred, target))


def test_ciou_of_equal_shapes_is_diou(column):
    pred = random_boxes(10)
    assert_allclose(
        column("ciou", pred, 3 * pred + 1), column("diou", pred, 3 * pred + 1)
    )


def test_eiou_of_equal_sizes_is_diou(column):
    pred = random_boxes(10)
    assert_allclose(column("eiou", pred, pred + 1), column("diou", pred, pred + 1))


def test_alpha_iou_with_power_one_is_iou_loss(column):
    boxes = random_boxes(10), random_boxes(10, seed=1)
    value = column("alpha_iou_loss", *boxes, alpha=1.0)
    assert_allclose(value, column("iou_loss", *boxes))


def test_the_logarithm_is_steeper_by_one_over_the_iou(trainer):
    pred, target = (np.array([box], "float64") for box in ([0, 0, 2, 2], [1, 0, 3, 2]))
    slope = trainer.gradient("log_iou_loss", pred, target)
    expected = 3 * trainer.gradient("iou_loss", pred, target)
    assert_allclose(slope, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("gap", [-1e-3, -1e-7, 0.0, 1e-3, 1e3, 1e6])
def test_the_logarithm_of_boxes_that_hardly_touch(trainer, gap, dtype):
    pred, target = [[0.0, 0.0, 1.0, 1.0]], [[1.0 + gap, 0.0, 2.0 + gap, 1.0]]
    value = trainer("log_iou_loss", pred, target, dtype=dtype)
    slope = trainer.gradient("log_iou_loss", pred, target, dtype=dtype)
    assert np.all(np.isfinite(slope))
    if gap > -1e-6:
        assert value == pytest.approx(6 * math.log(10), rel=1e-6)
        assert np.all(slope == 0)
    else:
        assert np.abs(slope).max() == pytest.approx(1 / -gap, rel=0.01)


def test_smooth_iou_with_a_small_constant_is_iou_loss(column):
    boxes = random_boxes(10), random_boxes(10, seed=1)
    value = column("smooth_iou_loss", *boxes, smooth=1e-12)
    assert_allclose(value, column("iou_loss", *boxes), rtol=1e-10)


def test_iou_aware_loss_is_least_at_the_achieved_iou(trainer):
    boxes = random_boxes(10), random_boxes(10, seed=1)
    achieved = np.clip(trainer("iou", *boxes), 1e-3, 1 - 1e-3)
    logits = np.log(achieved / (1 - achieved))
    slope = trainer.gradient("iou_aware_loss", logits, *boxes, reduction="sum")
    assert_allclose(slope, achieved - trainer("iou", *boxes), atol=1e-12)


@pytest.mark.parametrize("logit", [-1e3, 1e3])
def test_iou_aware_loss_of_extreme_logits(trainer, logit):
    box = [[0.0, 0.0, 1.0, 1.0]]
    value = trainer("iou_aware_loss", [logit], box, box, dtype="float32")
    assert value == pytest.approx(max(-logit, 0), abs=1e-6)


def test_iou_aware_loss_does_not_move_the_boxes(columns):
    torch, lt = columns["torch"].library, columns["torch"].module
    pred = torch.tensor(random_boxes(3), requires_grad=True)
    logits = torch.zeros(3, requires_grad=True)
    loss = lt.iou_aware_loss(logits, pred, torch.tensor(random_boxes(3, seed=1)))
    on_logits, on_boxes = torch.autograd.grad(loss, (logits, pred), allow_unused=True)
    assert on_logits.abs().sum() > 0
    assert on_boxes is None


# --- Scores that know their IoU ---------------------------------------------------------

LOGITS = np.array([[-3.0, 0.0, 2.0], [1.0, -0.5, 6.0]])
QUALITY = np.array([[0.0, 0.9, 0.3], [1.0, 0.0, 0.6]])


@pytest.mark.parametrize("beta", [0.0, 1.0, 2.0, 3.5])
def test_quality_focal_loss_by_its_formula(column, beta):
    loss = column("quality_focal_loss", LOGITS, QUALITY, beta=beta, reduction="none")
    expected = formulas.quality_focal_loss(LOGITS, QUALITY, beta=beta)
    assert_allclose(loss, expected, rtol=1e-12)


def test_varifocal_loss_by_its_formula(column):
    options = {"alpha": 0.6, "gamma": 1.5}
    loss = column("varifocal_loss", LOGITS, QUALITY, reduction="none", **options)
    expected = formulas.varifocal_loss(LOGITS, QUALITY, **options)
    assert_allclose(loss, expected, rtol=1e-12)


def test_quality_losses_by_hand(column):
    """At logit 0 the score is 1/2 and the cross-entropy ln 2, whatever the quality."""
    zeros, quality = [0.0, 0.0, 0.0], [0.0, 0.5, 0.9]
    loss = column("quality_focal_loss", zeros, quality, reduction="none")
    assert_allclose(loss, np.array([0.25, 0, 0.16]) * math.log(2), atol=1e-15)
    loss = column("varifocal_loss", zeros, quality, reduction="none")
    assert_allclose(loss, np.array([0.75 / 4, 0.5, 0.9]) * math.log(2))


@pytest.mark.parametrize(
    ("name", "expected"),
    [("quality_focal_loss", 0.41 / 3), ("varifocal_loss", (0.75 / 4 + 1.4) / 3)],
)
def test_the_mean_of_three_qualities(column, name, expected):
    value = column(name, [0.0, 0.0, 0.0], [0.0, 0.5, 0.9])
    assert value == pytest.approx(expected * math.log(2), rel=1e-12)


BINS = np.random.default_rng(5).normal(0, 2, (6, 5))
# Between bins, at the first, at one within and at the last, and beyond both ends.
PLACES = np.array([1.3, 0.0, 2.0, 4.0, 7.5, -1.0])


def test_distribution_focal_loss_by_its_formula(column):
    loss = column("distribution_focal_loss", BINS, PLACES, reduction="none")
    expected = formulas.distribution_focal_loss(BINS, PLACES)
    assert_allclose(loss, expected, rtol=1e-9)
    assert_allclose(
        column("distribution_focal_loss", BINS, PLACES), expected.mean(), rtol=1e-9
    )


def test_distribution_focal_loss_by_hand(column):
    """Three bins with 1/2, 1/4 and 1/4: a quarter of the truth in the first, the rest in the second."""
    logits = np.log([[0.5, 0.25, 0.25]])
    expected = 0.25 * math.log(2) + 0.75 * math.log(4)
    assert_allclose(
        column("distribution_focal_loss", logits, np.array([0.75])), expected
    )


def test_distribution_focal_loss_is_least_where_the_mean_is_the_truth(trainer):
    """At its least the two nearest bins hold their shares, whose mean is the target."""
    y = np.array([1.3])
    logits = np.log([[1e-12, 0.7, 0.3, 1e-12]])
    slope = trainer.gradient("distribution_focal_loss", logits, y)
    assert_allclose(slope, 0, atol=1e-9)


def test_distribution_focal_loss_keeps_axes(column):
    loss = column(
        "distribution_focal_loss",
        BINS.reshape(2, 3, 5),
        PLACES.reshape(2, 3),
        reduction="none",
    )
    assert loss.shape == (2, 3)
    with pytest.raises(ValueError, match="target must have the shape of logits"):
        column("distribution_focal_loss", BINS, PLACES[:5])
    with pytest.raises(ValueError, match="at least 2 classes"):
        column("distribution_focal_loss", BINS[:, :1], PLACES)


def test_quality_focal_loss_of_hard_targets_is_focal_loss(column):
    quality = np.round(QUALITY)
    p = 1 / (1 + np.exp(-LOGITS))
    right = np.where(quality == 1, p, 1 - p)
    loss = column("quality_focal_loss", LOGITS, quality, beta=2.0, reduction="none")
    assert_allclose(loss, -((1 - right) ** 2) * np.log(right), rtol=1e-12)


@pytest.mark.parametrize("beta", [0.0, 2.0])
def test_quality_focal_loss_is_least_at_the_quality(trainer, beta):
    quality = np.array([0.2, 0.5, 0.9])
    logits = np.log(quality / (1 - quality))
    for offset, sign in ((-0.1, -1), (0.1, 1)):
        slope = trainer.gradient(
            "quality_focal_loss", logits + offset, quality, beta=beta
        )
        assert (np.sign(slope) == sign).all()
    slope = trainer.gradient("quality_focal_loss", logits, quality, beta=beta)
    assert_allclose(slope, 0, atol=1e-12)


@pytest.mark.parametrize("beta", [0.0, 1.0, 1.5])
def test_quality_focal_loss_has_a_slope_at_the_quality(trainer, beta):
    assert trainer.gradient("quality_focal_loss", [0.0], [0.5], beta=beta) == 0


@pytest.mark.parametrize("name", ["quality_focal_loss", "varifocal_loss"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_quality_losses_of_extreme_logits(trainer, name, dtype):
    logits, quality = np.array([-1e4, 1e4, -1e4, 1e4]), np.array([0.0, 0.0, 1.0, 1.0])
    loss = trainer(name, logits, quality, dtype=dtype, reduction="none")
    weight = 0.75 if name == "varifocal_loss" else 1
    assert_allclose(loss, [0, weight * 1e4, 1e4, 0])
    slope = trainer.gradient(name, logits, quality, dtype=dtype, reduction="sum")
    assert_allclose(slope, [0, weight, -1, 0], atol=1e-12)


def test_easy_negatives_keep_a_slope_in_float32(trainer):
    """Where the sigmoid has rounded to 0, a power below 1 would have an infinite slope."""
    slope = trainer.gradient(
        "varifocal_loss", [-200.0], [0.0], dtype="float32", gamma=0.1
    )
    assert slope == pytest.approx(0, abs=1e-12)


# --- Gradients --------------------------------------------------------------------------


def aspect_penalty(pred, target):
    """The v of CIoU, by its formula."""
    angles = [
        np.arctan((boxes[:, 2] - boxes[:, 0]) / (boxes[:, 3] - boxes[:, 1]))
        for boxes in (pred, target)
    ]
    return 4 / math.pi**2 * (angles[1] - angles[0]) ** 2


def test_ciou_gradient_takes_alpha_as_constant(trainer, definition):
    pred, target = random_boxes(12), random_boxes(12, seed=1)

    def weight(pred):
        v = aspect_penalty(pred, target)
        return v / (1 - definition("iou", pred, target) + v)

    def loss(pred, alpha):
        penalty = alpha * aspect_penalty(pred, target)
        return (1 - definition("diou", pred, target) + penalty).sum()

    alpha = weight(pred)

    def frozen(pred):
        return loss(pred, alpha)

    def unfrozen(pred):
        return loss(pred, weight(pred))

    value = trainer("ciou_loss", pred, target, reduction="sum")
    assert value == pytest.approx(frozen(pred), rel=1e-9)
    gradient = trainer.gradient("ciou_loss", pred, target, reduction="sum")
    assert_allclose(gradient, definition.slope(frozen, pred), rtol=1e-6, atol=1e-8)
    own = definition.gradient("ciou_loss", pred, target, reduction="sum")
    assert_allclose(gradient, own, rtol=1e-6, atol=1e-8)
    assert np.abs(gradient - definition.slope(unfrozen, pred)).max() > 1e-3


@pytest.mark.parametrize("name", PAIRWISE)
def test_pairwise_gradients(trainer, definition, name):
    sets = random_boxes(5), random_boxes(3, seed=1)
    gradient, expected = (
        column.gradient(name, *sets) for column in (trainer, definition)
    )
    assert_allclose(gradient, expected, rtol=1e-6, atol=1e-8)


# --- Edge cases: small whole numbers, so that every dtype holds them at every scale ------

EDGE_CASES = {
    "coincident": ([0, 0, 2, 2], [0, 0, 2, 2]),
    "touching sides": ([0, 0, 1, 1], [1, 0, 2, 1]),
    "touching corners": ([0, 0, 1, 1], [1, 1, 2, 2]),
    "inside": ([1, 1, 2, 2], [0, 0, 4, 4]),
    "around": ([0, 0, 4, 4], [1, 1, 2, 2]),
    "inside, one side shared": ([0, 1, 2, 2], [0, 0, 4, 4]),
    "disjoint": ([0, 0, 1, 1], [3, 2, 4, 3]),
    "zero width": ([1, 0, 1, 2], [0, 0, 2, 2]),
    "zero-width target": ([0, 0, 2, 2], [1, 0, 1, 2]),
    "zero width, both, same": ([1, 0, 1, 2], [1, 0, 1, 2]),
    "zero width, both, one line": ([1, 0, 1, 2], [1, 1, 1, 4]),
    "zero width, both, apart": ([1, 0, 1, 2], [3, 0, 3, 2]),
    "zero height": ([0, 1, 2, 1], [0, 0, 2, 2]),
    "zero-height target": ([0, 0, 2, 2], [0, 1, 2, 1]),
    "zero height, both, same": ([0, 1, 2, 1], [0, 1, 2, 1]),
    "zero height, both, one line": ([0, 1, 2, 1], [1, 1, 4, 1]),
    "zero height, both, apart": ([0, 1, 2, 1], [0, 3, 2, 3]),
    "crossing lines": ([1, 0, 1, 2], [0, 1, 2, 1]),
    "point": ([1, 1, 1, 1], [0, 0, 2, 2]),
    "point target": ([0, 0, 2, 2], [1, 1, 1, 1]),
    "point, both, same": ([1, 1, 1, 1], [1, 1, 1, 1]),
    "point, both, apart": ([1, 1, 1, 1], [3, 2, 3, 2]),
    "at the origin": ([0, 0, 0, 0], [0, 0, 0, 0]),
    "swapped corners": ([2, 2, 0, 0], [0, 0, 1, 2]),
}
SCALES = {"float64": 1.0, "float32": 250_000.0, "float16": 1024.0, "bfloat16": 1024.0}


@each_loss
@pytest.mark.parametrize("dtype", SCALES)
def test_edge_cases(trainer, definition, name, dtype):
    scale = SCALES[dtype]
    pred, target = scale * np.array(list(EDGE_CASES.values()), "float64").swapaxes(0, 1)
    value = trainer(name, pred, target, dtype=dtype, reduction="none")
    expected = definition(name, pred, target, reduction="none")
    tolerance = 1e-12 if dtype == "float64" else 1e-5
    assert_allclose(value, expected, rtol=tolerance, atol=tolerance)
    gradient = trainer.gradient(name, pred, target, dtype=dtype, reduction="sum")
    expected = trainer.gradient(name, pred, target, reduction="sum")
    tolerance = {"float64": 1e-12, "float32": 1e-5}.get(dtype, 0.01)
    assert_allclose(gradient, expected, rtol=tolerance, atol=tolerance / scale)
    # Where there is no area, the slope of the smoothed loss is an area over a length.
    steepest = 10 * scale if name == "smooth_iou_loss" else 10
    assert np.abs(gradient).max() < steepest


@each_loss
def test_frameworks_agree_on_the_gradients_of_edge_cases(columns, name):
    pred, target = np.array(list(EDGE_CASES.values()), "float64").swapaxes(0, 1)
    gradients = [
        columns[framework].gradient(name, pred, target, reduction="sum")
        for framework in ("torch", "tensorflow")
    ]
    assert_allclose(*gradients, rtol=1e-9, atol=1e-9)


@each_loss
@pytest.mark.parametrize("case", ["inside", "around", "disjoint"])
def test_gradient_of_smooth_edge_cases(trainer, definition, name, case):
    """Also CIoU's: these boxes are square, so that its alpha is 0."""
    pred, target = (np.array([box], "float64") for box in EDGE_CASES[case])
    expected = definition.gradient(name, pred, target)
    assert_allclose(
        trainer.gradient(name, pred, target), expected, rtol=1e-6, atol=1e-8
    )


@each_loss
@pytest.mark.parametrize(
    "target",
    [[999_999.0, 999_999, 1e6, 1e6], [-1e6, -1e6, -999_999, -999_999]],
)
def test_small_boxes_far_apart(trainer, definition, name, target):
    pred = [[0.0, 0.0, 1.0, 1.0]]
    value = trainer(name, pred, [target], dtype="float32")
    assert value == pytest.approx(float(definition(name, pred, [target])), rel=1e-5)
    gradient = trainer.gradient(name, pred, [target], dtype="float32")
    expected = trainer.gradient(name, pred, [target])
    assert_allclose(gradient, expected, rtol=1e-4, atol=1e-12)


def test_swapped_corners_overlap_nothing(column):
    pred, target = [2.0, 2.0, 0.0, 0.0], [0.0, 0.0, 2.0, 2.0]
    assert column("iou", pred, target) == 0
    assert column("box_area", [2.0, 0.0, 0.0, 3.0]) == -6


# --- Arguments --------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*MEASURES, *LOSSES, "encode_boxes", "decode_boxes"])
def test_box_pairs_are_checked(column, name):
    first = "boxes" if name == "encode_boxes" else "pred"
    first = "deltas" if name == "decode_boxes" else first
    boxes = random_boxes(3)
    with pytest.raises(ValueError, match=rf"{first} must have shape \(\.\.\., 4\)"):
        column(name, boxes[:, :3], boxes)
    with pytest.raises(ValueError, match=rf"{first} \(2, 4\), .* \(3, 4\)"):
        column(name, boxes[:2], boxes)
    with pytest.raises(ValueError, match=rf"{first} must have shape .* got \(\)"):
        column(name, 1.0, 1.0)


@pytest.mark.parametrize("name", PAIRWISE)
def test_box_sets_are_checked(column, name):
    boxes = random_boxes(3)
    with pytest.raises(
        ValueError, match=r"boxes1 must have shape \(N, 4\), got \(4,\)"
    ):
        column(name, boxes[0], boxes)
    with pytest.raises(ValueError, match="boxes2 must have shape"):
        column(name, boxes, boxes[None])


@pytest.mark.parametrize("name", ["nms", "diou_nms", "soft_nms"])
def test_scores_are_checked(column, name):
    threshold = {"nms": {"iou_threshold": 0.5}, "diou_nms": {"diou_threshold": 0.5}}
    with pytest.raises(
        ValueError, match=r"scores must have shape \(3,\), one number a box, got \(2,\)"
    ):
        column(name, random_boxes(3), [0.5, 0.6], **threshold.get(name, {}))


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("log_iou_loss", {"eps": 0.0}, "eps must be above 0, got 0.0"),
        ("smooth_iou_loss", {"smooth": 0.0}, "smooth must be above 0, got 0.0"),
        ("alpha_iou_loss", {"alpha": 0.5}, "alpha must be at least 1, got 0.5"),
        ("quality_focal_loss", {"beta": 0.5}, "beta must be 0 or at least 1, got 0.5"),
        ("varifocal_loss", {"alpha": -0.1}, "alpha must be at least 0, got -0.1"),
        ("varifocal_loss", {"gamma": -1}, "gamma must be at least 0, got -1"),
    ],
)
def test_options_of_losses_are_checked(column, name, options, message):
    with pytest.raises(ValueError, match=message):
        column(name, random_boxes(3), random_boxes(3), **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "hard"}, 'method must be "gaussian" or "linear", got \'hard\''),
        ({"sigma": 0.0}, "sigma must be above 0, got 0.0"),
    ],
)
def test_options_of_soft_nms_are_checked(column, options, message):
    with pytest.raises(ValueError, match=message):
        column("soft_nms", random_boxes(2), [0.5, 0.6], **options)


@pytest.mark.parametrize("argument", ["in_fmt", "out_fmt"])
def test_formats_are_checked(column, argument):
    formats = {"in_fmt": "xyxy", "out_fmt": "xyxy", argument: "corners"}
    with pytest.raises(ValueError, match=rf"{argument} must be .*, got 'corners'"):
        column("box_convert", random_boxes(2), **formats)


@pytest.mark.parametrize("alpha", [-0.1, 1.1])
def test_alpha_of_fuse_scores_is_checked(column, alpha):
    with pytest.raises(ValueError, match="alpha must be between 0 and 1"):
        column("fuse_scores", [0.5], [0.5], alpha=alpha)


# --- Formats, coding, scores ------------------------------------------------------------

FORMATS = {
    "xyxy": [[10.0, 20.0, 14.0, 26.0]],
    "xywh": [[10.0, 20.0, 4.0, 6.0]],
    "cxcywh": [[12.0, 23.0, 4.0, 6.0]],
}


@pytest.mark.parametrize("in_fmt", FORMATS)
@pytest.mark.parametrize("out_fmt", FORMATS)
def test_box_convert(column, in_fmt, out_fmt):
    converted = column("box_convert", FORMATS[in_fmt], in_fmt=in_fmt, out_fmt=out_fmt)
    assert_array_equal(converted, FORMATS[out_fmt])


def test_box_area(column):
    boxes = [[[0.0, 0.0, 2.0, 3.0]], [[1.0, 1.0, 1.0, 5.0]]]
    assert_array_equal(column("box_area", boxes), [[6], [0]])


def test_encode_boxes_by_hand(column):
    """R-CNN, appendix C: the anchor is 4 by 2 around (2, 1), the box 8 by 1 around (5, 3.5)."""
    offsets = column("encode_boxes", [[1.0, 3.0, 9.0, 4.0]], [[0.0, 0.0, 4.0, 2.0]])
    assert_allclose(offsets, [[3 / 4, 2.5 / 2, math.log(2), math.log(1 / 2)]])


def test_a_point_is_encoded_as_eps_wide(column):
    offsets = column("encode_boxes", [[0.0, 0.0, 0.0, 0.0]], [[0.0, 0.0, 1.0, 1.0]])
    assert_allclose(offsets, [[-0.5, -0.5, math.log(1e-12), math.log(1e-12)]])


def test_coding_weights(column):
    boxes, anchors = random_boxes(4), random_boxes(4, seed=1)
    weights = (10.0, 10.0, 5.0, 5.0)
    plain = column("encode_boxes", boxes, anchors)
    weighted = column("encode_boxes", boxes, anchors, weights=weights)
    assert_allclose(weighted, plain * weights)
    assert_allclose(column("decode_boxes", weighted, anchors, weights=weights), boxes)


@given(boxes=some_boxes, anchors=some_boxes)
def test_decode_is_the_inverse_of_encode(column, boxes, anchors):
    offsets = column("encode_boxes", boxes, anchors)
    assert_allclose(column("decode_boxes", offsets, anchors), boxes, atol=1e-9)


def test_decode_cuts_large_sizes(column):
    anchor = [[0.0, 0.0, 16.0, 16.0]]
    decoded = column("decode_boxes", [[0.0, 0.0, 1e3, 1e3]], anchor)
    assert_allclose(decoded, [[-492, -492, 508, 508]])
    decoded = column(
        "decode_boxes", [[0.0, 0.0, 5.0, 0.0]], anchor, max_log_scale=math.log(2)
    )
    assert_allclose(decoded, [[-8, 0, 24, 16]])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_coding_of_boxes_without_size(trainer, dtype):
    """A side of 0 counts as 1e-12."""
    point, box = [[1.0, 1.0, 1.0, 1.0]], [[0.0, 0.0, 2.0, 2.0]]
    grown = math.log(2e12)
    for pair, size in [
        ((point, box), -grown),
        ((box, point), grown),
        ((point, point), 0),
    ]:
        offsets = trainer("encode_boxes", *pair, dtype=dtype)
        assert_allclose(offsets, [[0, 0, size, size]], rtol=1e-6)
        assert np.isfinite(trainer.gradient("encode_boxes", *pair, dtype=dtype)).all()


@pytest.mark.parametrize("name", ["encode_boxes", "decode_boxes"])
def test_coding_gradients(trainer, definition, name):
    arrays = random_boxes(4) / 10, random_boxes(4, seed=1)
    assert_allclose(trainer(name, *arrays), definition(name, *arrays), rtol=1e-12)
    expected = definition.gradient(name, *arrays)
    assert_allclose(trainer.gradient(name, *arrays), expected, rtol=1e-6)


def test_fuse_scores(column):
    scores, ious = [0.81, 0.5, 1.0, 0.0], [0.25, 0.5, 0.09, 0.7]
    assert_allclose(column("fuse_scores", scores, ious), [0.45, 0.5, 0.3, 0])
    assert_allclose(column("fuse_scores", scores, ious, alpha=1.0), scores)
    assert_allclose(column("fuse_scores", scores, ious, alpha=0.0), ious)


COMPILED = [*MEASURES, *PAIRWISE, "encode_boxes", "decode_boxes"]


@pytest.mark.slow
@pytest.mark.parametrize("name", COMPILED)
def test_torch_compile(columns, name):
    torch, function = columns["torch"].library, getattr(columns["torch"].module, name)
    pair = [torch.tensor(random_boxes(4, seed)) / 10 for seed in (0, 1)]
    compiled = torch.compile(function, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(*pair), function(*pair))


@pytest.mark.slow
@pytest.mark.parametrize("name", COMPILED)
def test_tensorflow_jit(columns, name):
    tf, ltf = columns["tensorflow"].library, columns["tensorflow"].module
    function = getattr(ltf, name)
    pair = [tf.constant(random_boxes(4, seed)) / 10 for seed in (0, 1)]
    compiled = tf.function(function, jit_compile=True)
    assert_allclose(compiled(*pair), function(*pair), rtol=1e-12)


# --- Suppression ------------------------------------------------------------------------

THREE = [[0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 4.0, 5.0], [9.0, 9.0, 12.0, 12.0]]
whole_boxes = st.tuples(*[st.integers(0, 6)] * 2, *[st.integers(1, 6)] * 2).map(
    lambda box: (box[0], box[1], box[0] + box[2], box[1] + box[3])
)
# Whole numbers make ties and overlaps that equal the threshold common.
crowds = st.lists(
    st.tuples(whole_boxes, st.integers(0, 4), st.integers(0, 4)), max_size=8
)
thresholds = st.sampled_from([0.0, 0.2, 0.25, 1 / 3, 0.5, 1.0])


def split(crowd):
    """A crowd's boxes, scores and predicted IoUs."""
    boxes = np.array([item[0] for item in crowd], "float64").reshape(-1, 4)
    return boxes, *(np.array([item[k] for item in crowd]) / 4 for k in (1, 2))


def exact_iou(a, b):
    a, b = ([int(value) for value in box] for box in (a, b))
    width = max(min(a[2], b[2]) - max(a[0], b[0]), 0)
    height = max(min(a[3], b[3]) - max(a[1], b[1]), 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return Fraction(width * height, sum(areas) - width * height)


def exact_diou(a, b):
    a, b = ([int(value) for value in box] for box in (a, b))
    across = [max(a[k + 2], b[k + 2]) - min(a[k], b[k]) for k in (0, 1)]
    apart = [a[k] + a[k + 2] - b[k] - b[k + 2] for k in (0, 1)]
    squared = Fraction(sum(d * d for d in apart), 4 * sum(d * d for d in across))
    return exact_iou(a, b) - squared


def greedy(boxes, ranking, overlap, threshold):
    """Suppression as its papers tell it: take the best, drop what is too close, repeat."""
    left = sorted(range(len(boxes)), key=lambda i: -ranking[i])
    clusters = {}
    while left:
        best = left.pop(0)
        near = [i for i in left if overlap(boxes[best], boxes[i]) > threshold]
        left = [i for i in left if i not in near]
        clusters[best] = near
    return clusters


@given(crowd=crowds, threshold=thresholds)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_nms_against_brute_force(column, dtype, crowd, threshold):
    boxes, scores, _ = split(crowd)
    limit = Fraction(threshold).limit_denominator(10)
    kept = column("nms", boxes, scores, dtype=dtype, iou_threshold=threshold)
    assert kept.tolist() == list(greedy(boxes, scores, exact_iou, limit))


@given(crowd=crowds, threshold=st.sampled_from([-0.31, 0.01, 0.21, 0.47]))
def test_diou_nms_against_brute_force(column, crowd, threshold):
    boxes, scores, _ = split(crowd)
    kept = column("diou_nms", boxes, scores, diou_threshold=threshold)
    assert kept.tolist() == list(greedy(boxes, scores, exact_diou, threshold))


@given(crowd=crowds, threshold=thresholds)
def test_iou_guided_nms_against_brute_force(column, crowd, threshold):
    boxes, scores, ious = split(crowd)
    limit = Fraction(threshold).limit_denominator(10)
    kept, best = column("iou_guided_nms", boxes, scores, ious, iou_threshold=threshold)
    clusters = greedy(boxes, ious, exact_iou, limit)
    assert kept.tolist() == list(clusters)
    assert best.tolist() == [
        max(scores[i] for i in (first, *near)) for first, near in clusters.items()
    ]


def test_diou_nms_keeps_neighbours_that_nms_drops(column):
    """Two people side by side: IoU 1/3, but their centers are apart."""
    boxes, scores = [[0.0, 0.0, 2.0, 4.0], [1.0, 0.0, 3.0, 4.0]], [0.9, 0.8]
    assert column("nms", boxes, scores, iou_threshold=0.3).tolist() == [0]
    assert column("diou_nms", boxes, scores, diou_threshold=0.3).tolist() == [0, 1]


@pytest.mark.parametrize("name", ["nms", "diou_nms", "iou_guided_nms", "soft_nms"])
def test_suppression_of_nothing(column, name):
    arrays = [np.zeros((0, 4)), np.zeros(0), np.zeros(0)]
    options = {
        "nms": {"iou_threshold": 0.5},
        "diou_nms": {"diou_threshold": 0.5},
        "iou_guided_nms": {"iou_threshold": 0.5},
        "soft_nms": {},
    }
    given = arrays if name == "iou_guided_nms" else arrays[:2]
    result = column(name, *given, **options[name])
    parts = result if isinstance(result, tuple) else (result,)
    assert all(part.shape == (0,) for part in parts)


def test_soft_nms_gaussian_by_hand(column):
    """The two overlap by 0.8; the third box stands alone."""
    keep, scores = column("soft_nms", THREE, [0.6, 0.9, 0.5], sigma=0.4)
    assert keep.tolist() == [1, 2, 0]
    assert_allclose(scores, [0.9, 0.5, 0.6 * math.exp(-(0.8**2) / 0.4)])


def test_soft_nms_linear_by_hand(column):
    keep, scores = column("soft_nms", THREE, [0.6, 0.9, 0.1], method="linear")
    assert keep.tolist() == [1, 0, 2]
    assert_allclose(scores, [0.9, 0.6 * 0.2, 0.1])
    above = column(
        "soft_nms", THREE, [0.6, 0.9, 0.1], method="linear", iou_threshold=0.85
    )
    assert_allclose(above[1], [0.9, 0.6, 0.1])


def test_soft_nms_at_its_defaults(column):
    """A box alone is kept from a score of 0.001; linear decay begins above an IoU of 0.3."""
    scores = [0.6, 0.9, 0.00105]
    keep, final = column("soft_nms", THREE, scores)
    assert keep.tolist() == [1, 0, 2]
    assert_allclose(final, [0.9, 0.6 * math.exp(-(0.8**2) / 0.5), 0.00105])
    pair = [[0.0, 0.0, 10.5, 1.0], [5.5, 0.0, 16.0, 1.0]]
    _, final = column("soft_nms", pair, [0.9, 0.8], method="linear")
    assert_allclose(final, [0.9, 0.8 * (1 - 5 / 16)])


def test_soft_nms_decays_by_every_better_box(column):
    boxes = [[0.0, 0.0, 4.0, 1.0], [1.0, 0.0, 5.0, 1.0], [2.0, 0.0, 6.0, 1.0]]
    keep, scores = column("soft_nms", boxes, [0.9, 0.8, 0.7], method="linear")
    # IoU with the neighbour 3/5, with the one after 1/3: the third overtakes the second.
    assert keep.tolist() == [0, 2, 1]
    assert_allclose(scores, [0.9, 0.7 * 2 / 3, 0.8 * 0.4 * 0.4])


def test_soft_nms_leaves_out_low_scores(column):
    keep, _ = column("soft_nms", THREE, [0.6, 0.9, 0.5], score_threshold=0.5)
    assert keep.tolist() == [1]


@pytest.mark.parametrize("name", ["nms", "diou_nms", "iou_guided_nms", "soft_nms"])
def test_suppression_in_a_tensorflow_function(columns, name):
    tf, ltf = columns["tensorflow"].library, columns["tensorflow"].module
    scores = [0.6, 0.9, 0.5]
    given = {
        "nms": (THREE, scores, 0.5),
        "diou_nms": (THREE, scores, 0.5),
        "iou_guided_nms": (THREE, scores, scores, 0.5),
        "soft_nms": (THREE, scores),
    }[name]
    function = getattr(ltf, name)
    tf.nest.map_structure(
        assert_array_equal, tf.function(function)(*given), function(*given)
    )


def test_boxes_and_scores_of_different_precision(trainer):
    boxes, scores = (
        trainer.tensor(THREE, "float32"),
        trainer.tensor([0.6, 0.9, 0.5], "float64"),
    )
    keep, final = trainer.module.soft_nms(boxes, scores)
    assert np.asarray(keep).tolist() == [1, 2, 0]
    assert np.asarray(final).dtype == "float64"


# --- Peers ------------------------------------------------------------------------------


def test_nms_against_kornia(column):
    torch = pytest.importorskip("torch")
    kornia = pytest.importorskip("kornia")
    boxes, scores = random_boxes(40), np.random.default_rng(2).permutation(40) / 40
    expected = kornia.geometry.bbox.nms(
        torch.tensor(boxes), torch.tensor(scores), iou_threshold=0.4
    )
    kept = column("nms", boxes, scores, iou_threshold=0.4)
    assert_array_equal(kept, expected)


@pytest.mark.parametrize("out_fmt", ["xywh", "xyxy"])
def test_box_convert_against_kornia(column, out_fmt):
    torch = pytest.importorskip("torch")
    kornia = pytest.importorskip("kornia")
    boxes = 10 * random_boxes(5)
    peer = kornia.geometry.boxes.Boxes.from_tensor(torch.tensor(boxes), mode="xyxy")
    converted = column("box_convert", boxes, in_fmt="xyxy", out_fmt=out_fmt)
    assert_allclose(converted, peer.to_tensor(out_fmt))


def test_nms_against_tensorflow(column):
    tf = pytest.importorskip("tensorflow")
    boxes, scores = random_boxes(40), np.random.default_rng(2).permutation(40) / 40
    expected = tf.image.non_max_suppression(
        tf.constant(boxes, tf.float32), tf.constant(scores, tf.float32), 40, 0.4
    )
    assert_array_equal(column("nms", boxes, scores, iou_threshold=0.4), expected)


def test_soft_nms_against_tensorflow(column):
    """Its decay is ``exp(-IoU**2 / (2 sigma))``."""
    tf = pytest.importorskip("tensorflow")
    boxes, scores = random_boxes(40), np.random.default_rng(2).permutation(40) / 40
    expected_keep, expected_scores = tf.image.non_max_suppression_with_scores(
        tf.constant(boxes, tf.float32),
        tf.constant(scores, tf.float32),
        max_output_size=40,
        iou_threshold=1.0,
        score_threshold=0.01,
        soft_nms_sigma=0.25,
    )
    keep, final = column("soft_nms", boxes, scores, sigma=0.5, score_threshold=0.01)
    assert_array_equal(keep, expected_keep)
    assert_allclose(final, expected_scores, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "peer"),
    [
        ("giou_loss", "generalized_box_iou_loss"),
        ("diou_loss", "distance_box_iou_loss"),
        ("ciou_loss", "complete_box_iou_loss"),
    ],
)
def test_losses_against_torchvision(columns, name, peer):
    torchvision = pytest.importorskip("torchvision")
    torch = columns["torch"].library
    pred, target = random_boxes(40), random_boxes(40, seed=1)
    leaf = torch.tensor(pred, requires_grad=True)
    expected = getattr(torchvision.ops, peer)(leaf, torch.tensor(target), "mean")
    expected.backward()
    value = columns["torch"](name, pred, target)
    assert value == pytest.approx(expected.item(), rel=1e-6)
    gradient = columns["torch"].gradient(name, pred, target)
    assert_allclose(gradient, leaf.grad, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("name", PAIRWISE)
def test_pairwise_against_torchvision(column, name):
    torchvision = pytest.importorskip("torchvision")
    torch = pytest.importorskip("torch")
    pair = random_boxes(10), random_boxes(8, seed=1)
    expected = getattr(torchvision.ops, name)(*map(torch.tensor, pair))
    assert_allclose(column(name, *pair), expected, rtol=1e-5)
