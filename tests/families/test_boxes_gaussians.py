"""Boxes as Gaussians: NWD for tiny boxes, ProbIoU and the KL divergence for rotated ones."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import multivariate_normal

import formulas

ROTATED = ["probiou", "probiou_loss", "kld_loss"]
each_rotated = pytest.mark.parametrize("name", ROTATED)


def random_boxes(count, seed=0):
    rng = np.random.default_rng(seed)
    corner, size = rng.uniform(0, 10, (2, count, 2))
    return np.concatenate([corner, corner + 0.5 + size], axis=-1)


def random_rotated_boxes(count, seed=0):
    rng = np.random.default_rng(seed)
    center, size = rng.uniform(0, 5, (2, count, 2))
    return np.concatenate([center, 0.5 + size, rng.uniform(-4, 4, (count, 1))], axis=-1)


def pairs(count=20):
    return random_rotated_boxes(count), random_rotated_boxes(count, seed=1)


def values(column, name, pred, target, **options):
    if name.endswith("_loss"):
        options["reduction"] = "none"
    return column(name, pred, target, **options)


# --- The distances, from the matrices ---------------------------------------------------


def test_nwd_is_from_the_wasserstein_distance(column):
    boxes = random_boxes(20), random_boxes(20, seed=1)
    expected = formulas.nwd(*boxes, constant=3.0)
    assert_allclose(column("nwd", *boxes, constant=3.0), expected, rtol=1e-6)


def test_probiou_is_from_the_bhattacharyya_distance(column):
    expected = formulas.probiou_loss(*pairs())
    assert_allclose(values(column, "probiou_loss", *pairs()), expected, rtol=1e-9)
    assert_allclose(column("probiou", *pairs()), 1 - expected, rtol=1e-9)


def test_kld_loss_is_from_the_divergence(column):
    for tau in (1.0, 2.5):
        loss = values(column, "kld_loss", *pairs(), tau=tau)
        assert_allclose(loss, formulas.kld_loss(*pairs(), tau=tau), rtol=1e-9)


def test_the_distances_are_integrals(definition):
    """The overlap of the two densities, and the mean of their log ratio, summed on a grid."""
    pred, target = [0.2, -0.3, 3.0, 1.0, 0.7], [0.0, 0.0, 2.0, 1.5, -0.2]
    axis = np.linspace(-9, 9, 721)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1)
    area = (axis[1] - axis[0]) ** 2
    p, t = (
        multivariate_normal(*formulas.gaussian(box, 12)).pdf(grid)
        for box in (pred, target)
    )
    loss = math.sqrt(1 - np.sum(np.sqrt(p * t)) * area)
    assert definition("probiou_loss", [pred], [target]) == pytest.approx(loss, rel=1e-6)
    p, t = (multivariate_normal(*formulas.gaussian(box, 4)) for box in (pred, target))
    divergence = np.sum(p.pdf(grid) * (p.logpdf(grid) - t.logpdf(grid))) * area
    loss = 1 - 1 / (1 + math.log1p(divergence))
    assert definition("kld_loss", [pred], [target]) == pytest.approx(loss, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "pred", "target", "expected"),
    [
        # Moved by 3 and 4, equal sizes: the distance is 5.
        ("nwd", [0, 0, 8, 8], [3, 4, 11, 12], math.exp(-5 / 12.8)),
        # Of equal center, 6 wider and 8 higher: half of each counts.
        ("nwd", [0, 0, 2, 2], [-3, -4, 5, 6], math.exp(-5 / 12.8)),
        # Moved by one width: B = 12 / 8.
        (
            "probiou",
            [0, 0, 2, 2, 0],
            [2, 0, 2, 2, 0],
            1 - math.sqrt(1 - math.exp(-1.5)),
        ),
        # Twice as wide: B = ln((1 + 4) / 4) / 2.
        ("probiou", [0, 0, 2, 2, 0], [0, 0, 4, 2, 0], 1 - math.sqrt(1 - 0.8**0.5)),
        # Moved by one width: D = 2; twice as wide: D = (4 - 1) / 2 - ln 2.
        ("kld_loss", [0, 0, 2, 2, 0], [2, 0, 2, 2, 0], 1 - 1 / (1 + math.log(3))),
        (
            "kld_loss",
            [0, 0, 4, 2, 0],
            [0, 0, 2, 2, 0],
            1 - 1 / (1 + math.log(2.5 - math.log(2))),
        ),
    ],
)
def test_hand_values(column, name, pred, target, expected):
    assert column(name, pred, target) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("probiou_loss", math.sqrt(1 - math.exp(-1.5))),
        ("kld_loss", 1 - 1 / (1 + math.log(3))),
    ],
)
def test_the_mean_of_a_miss_and_a_hit(column, name, expected):
    """The first pair is apart by a side, the second is one box twice; then by eps, of points."""
    for side in (2, 0):
        box, beside = [0, 0, side, side, 0], [side or 1e-6, 0, side, side, 0]
        value = column(name, [box, box], [beside, box])
        assert value == pytest.approx(expected / 2, rel=1e-6)


def test_eps_is_the_side_of_a_point(column):
    value = column("probiou", [0, 0, 0, 0, 0], [1e-6, 0, 0, 0, 0])
    assert value == pytest.approx(1 - math.sqrt(1 - math.exp(-1.5)), rel=1e-9)


def test_nwd_is_a_distance_of_corners(column):
    pred, target = random_boxes(20), random_boxes(20, seed=1)
    distance = np.linalg.norm(pred - target, axis=-1) / math.sqrt(2)
    assert_allclose(column("nwd", pred, target), np.exp(-distance / 12.8), rtol=1e-12)


def test_rotated_box_corners(column):
    eighth = math.pi / 4
    corners = column("rotated_box_corners", [[1.0, 2.0, 2.0, 2.0, eighth]])
    side = math.sqrt(2)
    expected = [[1, 2 - side], [1 + side, 2], [1, 2 + side], [1 - side, 2]]
    assert_allclose(corners, [expected], atol=1e-12)
    upright = column("rotated_box_corners", [5.0, 4.0, 6.0, 2.0, 0.0])
    assert_allclose(upright, [[2, 3], [8, 3], [8, 5], [2, 5]])


# --- What is the same box, and the same pair --------------------------------------------


@each_rotated
def test_half_a_turn_changes_nothing(column, name):
    pred, target = pairs()
    turned = pred + np.array([0, 0, 0, 0, math.pi])
    assert_allclose(
        values(column, name, turned, target), values(column, name, pred, target)
    )


@each_rotated
def test_a_quarter_turn_with_swapped_sides_changes_nothing(column, name):
    pred, target = pairs()
    swapped = pred[:, [0, 1, 3, 2, 4]] + [0, 0, 0, 0, math.pi / 2]
    assert_allclose(
        values(column, name, swapped, target), values(column, name, pred, target)
    )


@each_rotated
def test_turning_both_boxes_around_a_point_changes_nothing(column, name):
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    turned = [
        np.concatenate(
            [b[:, :2] @ turn.T, b[:, 2:4], b[:, 4:] + math.atan2(0.8, 0.6)], axis=-1
        )
        for b in pairs()
    ]
    assert_allclose(values(column, name, *turned), values(column, name, *pairs()))


@each_rotated
@pytest.mark.parametrize("factor", [1e-3, 1e3])
def test_the_unit_does_not_matter(column, name, factor):
    scaled = [box * [factor, factor, factor, factor, 1] for box in pairs()]
    expected = values(column, name, *pairs())
    assert_allclose(values(column, name, *scaled), expected, rtol=1e-5)


@each_rotated
def test_a_square_looks_the_same_at_every_angle(column, name):
    target = [[0.0, 0.0, 2.0, 2.0, 0.0]] * 3
    turned = [[0.0, 0.0, 2.0, 2.0, angle] for angle in (0.3, 0.8, 1.5)]
    same = 1 if name == "probiou" else 0
    assert_allclose(values(column, name, turned, target), same, atol=1e-9)


def test_kld_is_not_symmetric(column):
    wide, narrow = [0.0, 0.0, 8.0, 2.0, 0.0], [0.0, 0.0, 2.0, 2.0, 0.0]
    assert column("kld_loss", wide, narrow) > column("kld_loss", narrow, wide) + 0.1


# --- Where the formulas have corners ----------------------------------------------------

DTYPES = ["float64", "float32", "float16", "bfloat16"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["nwd_loss", "probiou_loss", "kld_loss"])
def test_equal_boxes_have_no_loss_and_no_gradient(trainer, name, dtype):
    boxes = random_boxes(20) if name == "nwd_loss" else random_rotated_boxes(20)
    boxes = trainer.stored(boxes, dtype)
    assert_allclose(
        values(trainer, name, boxes, boxes, dtype=dtype), 0, rtol=0, atol=1e-6
    )
    gradient = trainer.gradient(name, boxes, boxes, dtype=dtype)
    assert_allclose(gradient, 0, rtol=0, atol=1e-6)


def test_near_the_target_the_slopes_do_not_vanish(trainer):
    """NWD and ProbIoU grow like the distance, KLD like its square."""
    target = [[0.0, 0.0, 8.0, 2.0, 0.0]]
    for offset in (1e-2, 1e-4, 1e-6):
        pred = [[offset, 0.0, 8.0, 2.0, 0.0]]
        gradient = trainer.gradient("probiou_loss", pred, target, dtype="float32")
        assert gradient[0, 0] == pytest.approx(math.sqrt(1.5) / 8, rel=1e-3)
        gradient = trainer.gradient("kld_loss", pred, target, dtype="float32")
        assert gradient[0, 0] == pytest.approx(4 * offset / 64, rel=1e-3)
        corners = [[offset, 0.0, 8 + offset, 2.0]], [[0.0, 0.0, 8.0, 2.0]]
        gradient = trainer.gradient("nwd_loss", *corners)
        assert gradient[0, [0, 2]].sum() == pytest.approx(1 / 12.8, rel=1e-2)


@pytest.mark.parametrize("dtype", DTYPES[:2])
def test_far_boxes(trainer, dtype):
    """NWD and ProbIoU run out of numbers, KLD does not."""
    near, far = [[0.0, 0.0, 8.0, 8.0]], [[1e4, 0.0, 1e4 + 8, 8.0]]
    assert trainer("nwd_loss", near, far, dtype=dtype) == 1
    assert trainer.gradient("nwd_loss", near, far, dtype="float32").tolist() == [
        [0] * 4
    ]
    near, far = [[0.0, 0.0, 8.0, 8.0, 0.0]], [[1e4, 0.0, 8.0, 8.0, 0.0]]
    assert trainer("probiou_loss", near, far, dtype=dtype) == 1
    assert not trainer.gradient("probiou_loss", near, far, dtype=dtype).any()
    assert trainer.gradient("kld_loss", near, far, dtype=dtype)[0, 0] < -1e-7


WITHOUT_SIZE = [
    [0.0, 0.0, 0.0, 0.0, 0.0],
    [0.0, 0.0, 2.0, 0.0, 0.5],
    [0.0, 0.0, 0.0, 2.0, 0.5],
    [1.0, 1.0, 2.0, 0.0, 0.0],
    [1e4, 1e4, 0.0, 0.0, 0.0],
    [0.0, 0.0, 1e4, 0.0, 1.0],
    [0.0, 0.0, 1e4, 1e4, 1.0],
    [0.0, 0.0, -2.0, 1.0, 0.0],
]


@each_rotated
@pytest.mark.parametrize("dtype", DTYPES)
def test_boxes_without_size_are_finite(trainer, definition, name, dtype):
    count = len(WITHOUT_SIZE)
    pred, target = np.repeat(WITHOUT_SIZE, count, 0), np.tile(WITHOUT_SIZE, (count, 1))
    pred, target = (trainer.stored(boxes, dtype) for boxes in (pred, target))
    value = values(trainer, name, pred, target, dtype=dtype)
    expected = values(definition, name, pred, target)
    assert_allclose(value, expected, rtol=1e-5, atol=1e-6)
    assert np.isfinite(trainer.gradient(name, pred, target, dtype=dtype)).all()


@each_rotated
def test_a_negative_side_counts_as_its_size(column, name):
    pred, target = pairs()
    mirrored = pred * [1, 1, -1, 1, 1]
    assert_allclose(
        values(column, name, mirrored, target), values(column, name, pred, target)
    )


@each_rotated
def test_eps_is_a_floor_of_the_sides(column, name):
    line, square = [[0.0, 0.0, 3.0, 0.0, 0.4]], [[0.0, 0.0, 3.0, 1.0, 0.4]]
    floor = [[0.0, 0.0, math.hypot(3, 0.5), 0.5, 0.4]]
    grown = [[0.0, 0.0, math.hypot(3, 0.5), math.hypot(1, 0.5), 0.4]]
    assert_allclose(
        column(name, line, square, eps=0.5), column(name, floor, grown), rtol=1e-9
    )


def test_thin_boxes_do_not_lose_their_digits(trainer, definition):
    """From the matrices, float32 would leave nothing of these determinants."""
    thin = [[5.0, 5.0, 1000.0, 0.5, 0.7]]
    for turned in ([[5.0, 5.0, 1000.0, 0.5, 0.7005]], [[5.1, 5.0, 900.0, 0.6, 0.7]]):
        for name in ("probiou_loss", "kld_loss"):
            pred, target = (trainer.stored(b, "float32") for b in (turned, thin))
            value = trainer(name, pred, target, dtype="float32")
            expected = definition(name, pred, target)
            assert value == pytest.approx(float(expected), rel=1e-4)


# --- Arguments --------------------------------------------------------------------------


@each_rotated
def test_rotated_boxes_are_checked(column, name):
    boxes = random_rotated_boxes(3)
    with pytest.raises(ValueError, match=r"pred must have shape \(\.\.\., 5\), got"):
        column(name, random_boxes(3), boxes)
    with pytest.raises(ValueError, match=r"pred \(2, 5\), target \(3, 5\)"):
        column(name, boxes[:2], boxes)
    with pytest.raises(ValueError, match=r"eps must be above 0, got 0\.0"):
        column(name, boxes, boxes, eps=0.0)


@pytest.mark.parametrize("name", ["nwd", "nwd_loss"])
def test_constant_is_checked(column, name):
    boxes = random_boxes(3)
    with pytest.raises(ValueError, match=r"constant must be above 0, got -1"):
        column(name, boxes, boxes, constant=-1)
    with pytest.raises(ValueError, match=r"pred must have shape \(\.\.\., 4\), got"):
        column(name, random_rotated_boxes(3), boxes)


def test_tau_is_checked(column):
    with pytest.raises(ValueError, match=r"tau must be at least 1, got 0\.5"):
        column("kld_loss", *pairs(), tau=0.5)


def test_corners_need_rotated_boxes(column):
    with pytest.raises(ValueError, match=r"boxes must have shape \(\.\.\., 5\), got"):
        column("rotated_box_corners", random_boxes(2))
