"""Losses on masks: counting, discrete measures, thinned lines, and peers."""

import itertools
import math
from functools import partial

import numpy as np
import pytest
import scipy.ndimage
from numpy.testing import assert_allclose

import formulas

REGIONS = ["jaccard_loss", "dice_loss", "tversky_loss", "focal_tversky_loss"]
ON_CLASSES = ["pixel_cross_entropy_loss", *REGIONS, "lovasz_softmax_loss"]
ON_MASKS = [*REGIONS, "lovasz_hinge_loss", "cldice_loss"]
each_region = pytest.mark.parametrize("name", REGIONS)
each_on_masks = pytest.mark.parametrize("name", ON_MASKS)


def classes(seed=0, shape=(3, 5, 4), count=3):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(*shape, count)), rng.integers(0, count, shape)


def masks(seed=0, shape=(3, 5, 4)):
    rng = np.random.default_rng(seed)
    return rng.normal(size=shape), rng.integers(0, 2, shape).astype(float)


def of_masks(column, name, logits, target, **options):
    """A loss of masks; where the catalog has its classes first, this is its other form."""
    arrays = {"logits": np.asarray(logits, float), "target": np.asarray(target, float)}
    return column.subject(name)(arrays, **options)


def slopes_of_masks(column, name, logits, target, dtype="float64", **options):
    arrays = {"logits": np.asarray(logits, float), "target": np.asarray(target, float)}
    return column.subject(name).gradients(arrays, dtype, **options)["logits"]


def softmax(logits):
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def sigmoid(logits):
    return 1 / (1 + np.exp(-logits))


# --- Pixels -------------------------------------------------------------------------------


def test_pixel_cross_entropy_of_even_logits(column):
    value = column(
        "pixel_cross_entropy_loss", np.zeros((1, 2, 2, 4)), [[[0, 1], [2, 3]]]
    )
    assert value == pytest.approx(math.log(4), rel=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_pixel_cross_entropy_against_torch(column, weighted):
    torch = pytest.importorskip("torch")
    logits, target = classes()
    weights = np.linspace(0, 5, 60).reshape(3, 5, 4) if weighted else np.ones((3, 5, 4))
    expected = torch.nn.functional.cross_entropy(
        torch.tensor(logits).movedim(-1, 1), torch.tensor(target), reduction="none"
    )
    options = {"weight_map": weights} if weighted else {}
    value = column(
        "pixel_cross_entropy_loss", logits, target, reduction="none", **options
    )
    assert_allclose(value, weights * expected.numpy(), rtol=1e-12)


def test_pixel_cross_entropy_against_keras(column):
    keras = pytest.importorskip("keras")
    logits, target = classes()
    peer = keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype="float64")
    expected = peer(target.astype(float), logits)
    value = column("pixel_cross_entropy_loss", logits, target)
    assert_allclose(value, expected, rtol=1e-6)


def test_a_map_of_zeros_gives_zero(trainer):
    logits, target = classes()
    nothing = np.zeros(target.shape)
    for function in (trainer, trainer.gradient):
        value = function("pixel_cross_entropy_loss", logits, target, weight_map=nothing)
        assert np.all(value == 0)


def instances():
    labels = np.zeros((2, 24, 30), int)
    labels[0, 2:9, 3:10] = 7
    labels[0, 4:12, 12:20] = 1
    labels[0, 15:22, 5:9] = 3
    labels[0, 20, 20] = 12
    labels[1, 3:20, 3:9] = 2
    labels[1, 3:20, 11:15] = 1
    return labels


@pytest.mark.parametrize("sigma", [1.5, 5.0])
def test_border_weights_against_scipy(column, sigma):
    for image in instances():
        away = [
            scipy.ndimage.distance_transform_edt(image != label)
            for label in np.unique(image[image > 0])
        ]
        first, second = np.sort(away, axis=0)[:2]
        expected = np.where(image > 0, 2.0, 0.5)
        expected += 4 * np.exp(-((first + second) ** 2) / (2 * sigma**2))
        options = {"w0": 4.0, "sigma": sigma, "class_weights": (0.5, 2.0)}
        assert_allclose(column("border_weights", image, **options), expected, rtol=1e-5)


def test_border_weights_by_brute_force(column):
    options = {"w0": 4.0, "sigma": 1.5, "class_weights": (0.5, 2.0)}
    labels = instances()[:, 1:11, 2:16]
    expected = formulas.border_weights(labels, **options)
    assert_allclose(column("border_weights", labels, **options), expected, rtol=1e-5)


def test_border_weights_of_a_batch(column):
    each = [column("border_weights", image) for image in instances()]
    assert_allclose(column("border_weights", instances()), each, rtol=1e-6)


@pytest.mark.parametrize("labels", [np.zeros((4, 5), int), np.full((4, 5), 3)])
def test_without_two_instances_there_is_no_border(column, labels):
    weights = column("border_weights", labels, class_weights=(0.5, 2.0))
    assert np.all(weights == (2.0 if labels.any() else 0.5))


def test_the_gap_weighs_most(column):
    weights = column("border_weights", instances()[1])
    expected = 1 + 10 * math.exp(-(3**2) / (2 * 5**2))
    assert weights.max() == pytest.approx(expected, rel=1e-6)
    assert_allclose(weights[3:20, 8:12], expected, rtol=1e-6)


# --- Regions ------------------------------------------------------------------------------


@pytest.mark.parametrize("smooth", [1e-9, 1.0])
@each_region
def test_regions_by_counting(column, name, smooth):
    options = {"smooth": smooth}
    expected = getattr(formulas, name)(*classes(), **options)
    value = column(name, *classes(), reduction="none", **options)
    assert_allclose(value, expected, rtol=1e-12)
    assert_allclose(column(name, *classes(), **options), np.mean(expected))


@pytest.mark.parametrize("shape", [(3, 5, 4), (3, 5, 4, 2)])
@each_region
def test_regions_of_masks_by_counting(column, name, shape):
    logits, target = masks(shape=shape)
    value = of_masks(column, name, logits, target, reduction="none")
    expected = getattr(formulas, name)(logits, target)
    assert value.shape == (shape[0], *shape[3:])
    assert_allclose(value, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("jaccard_loss", 1 - 2 / 5),
        ("dice_loss", 1 - 4 / 7),
        ("tversky_loss", 1 - 2 / (2 + 0.3 * 1 + 0.7 * 2)),
        ("focal_tversky_loss", (1 - 2 / (2 + 0.3 * 1 + 0.7 * 2)) ** 0.75),
    ],
)
def test_hand_values(column, name, expected):
    """Source 002, section 5, on masks of zeros and ones: 3 pixels predicted, 4 true, 2 of them both."""
    predicted = np.array([[[1, 1, 1], [0, 0, 0]]])
    target = np.array([[[0, 1, 1], [1, 1, 0]]])
    value = of_masks(column, name, 100 * predicted - 50, target, smooth=1e-12)
    assert value == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("smooth", [1e-3, 1.0])
def test_relatives(column, smooth):
    def of(name, **options):
        return column(name, *classes(), smooth=smooth, reduction="none", **options)

    jaccard, dice = 1 - of("jaccard_loss"), 1 - of("dice_loss")
    assert_allclose(dice, 2 * jaccard / (1 + jaccard), rtol=1e-12)
    assert_allclose(1 - of("tversky_loss", alpha=1.0, beta=1.0), jaccard, rtol=1e-12)
    assert_allclose(1 - of("tversky_loss", alpha=0.5, beta=0.5), dice, rtol=1e-12)
    tversky = of("tversky_loss")
    assert_allclose(of("focal_tversky_loss", gamma=1.0), tversky, rtol=1e-12)
    assert_allclose(of("focal_tversky_loss"), tversky**0.75, rtol=1e-12)


def test_alpha_prices_false_positives_and_beta_false_negatives(column):
    target = np.array([[[1, 1, 0, 0]]])
    more, less = (
        100 * np.array([[mask]]) - 50 for mask in ([1, 1, 1, 1], [1, 0, 0, 0])
    )

    def loss(logits, **prices):
        return of_masks(column, "tversky_loss", logits, target, smooth=1e-9, **prices)

    assert loss(more, alpha=0.0, beta=1.0) == pytest.approx(0, abs=1e-12)
    assert loss(less, alpha=0.0, beta=1.0) == pytest.approx(0.5)
    assert loss(more, alpha=1.0, beta=0.0) == pytest.approx(0.5)
    assert loss(less, alpha=1.0, beta=0.0) == pytest.approx(0, abs=1e-12)


@each_region
def test_two_classes_are_a_mask(column, name):
    """Softmax of two logits is the sigmoid of their difference."""
    logits, target = classes(count=2)
    both = column(name, logits, target, reduction="none")
    mask = of_masks(
        column, name, logits[..., 1] - logits[..., 0], target, reduction="none"
    )
    assert_allclose(both[:, 1], mask, rtol=1e-12)


@each_region
def test_images_are_scored_one_by_one(column, name):
    logits, target = classes()
    each = [column(name, logits[[n]], target[[n]]) for n in range(3)]
    assert_allclose(column(name, logits, target), np.mean(each), rtol=1e-12)


@each_region
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_empty_and_full_masks(trainer, name, dtype):
    """A right prediction costs nothing, a wrong one its pixels; both leave finite gradients."""
    size, price = 4, {"dice_loss": 0.5, "jaccard_loss": 1.0}.get(name)
    empty, full = np.zeros((1, 2, 2)), np.ones((1, 2, 2))
    for target, right in ((empty, -1e4), (full, 1e4)):
        for logits, expected in ((right, 0), (-right, None)):
            if expected is None:
                weight = price or (0.7 if target.all() else 0.3)
                expected = size * weight / (size * weight + 1)
                expected **= 0.75 if name.startswith("focal") else 1
            arrays = {"logits": np.full((1, 2, 2), logits), "target": target}
            value = trainer.subject(name)(arrays, dtype)
            assert value == pytest.approx(expected, rel=1e-6)
            assert np.all(slopes_of_masks(trainer, name, *arrays.values(), dtype) == 0)


@each_region
def test_an_absent_class_is_pushed_down(trainer, name):
    logits, _ = classes()
    target = np.zeros(logits.shape[:3])
    value = trainer(name, logits, target, reduction="none")
    assert np.all(value[:, 1:] > 0.5)
    slope = trainer.gradient(name, logits, target)
    assert np.all(np.isfinite(slope))
    assert np.all(slope[..., 0] < 0)
    assert np.all(slope[..., 1:].sum(-1) > 0)


def test_sums_do_not_overflow_half_precision(trainer):
    """Half of 512 x 512 pixels are more than float16 can count."""
    arrays = {"logits": np.zeros((1, 512, 512)), "target": np.ones((1, 512, 512))}
    value = trainer.subject("dice_loss")(arrays, "float16")
    assert value == pytest.approx(1 - (131072 + 1) / (131072 + 65536 + 1), rel=1e-6)


def test_a_perfect_mask_has_a_finite_focal_slope(trainer):
    """The root's own slope is infinite there."""
    target = np.array([[[1.0, 1.0], [0.0, 0.0]]])
    for size in (5, 20, 30, 40, 100, 800):
        slope = slopes_of_masks(
            trainer, "focal_tversky_loss", size * (2 * target - 1), target, gamma=3.0
        )
        assert np.all(np.isfinite(slope))
        assert np.all(np.abs(slope) < 0.1)


@pytest.mark.parametrize("name", ["dice_loss", "tversky_loss"])
def test_regions_against_kornia(column, name):
    torch, kornia = pytest.importorskip("torch"), pytest.importorskip("kornia")
    logits, target = classes()
    given = torch.tensor(logits).movedim(-1, 1), torch.tensor(target)
    if name == "dice_loss":
        expected = kornia.losses.dice_loss(*given, average="macro")
    else:
        expected = kornia.losses.tversky_loss(*given, alpha=0.3, beta=0.7)
    assert np.all([len(np.unique(image)) == 3 for image in target])
    assert_allclose(column(name, logits, target, smooth=1e-9), expected, rtol=1e-5)


@pytest.mark.parametrize("name", ["dice_loss", "tversky_loss"])
def test_regions_against_keras(column, name):
    """On one mask, since Keras sums over the batch, and with equal prices, since it has swapped them."""
    keras = pytest.importorskip("keras")
    logits, target = masks(shape=(1, 5, 4))
    peer = {
        "dice_loss": keras.losses.Dice(dtype="float64"),
        "tversky_loss": keras.losses.Tversky(alpha=0.8, beta=0.8, dtype="float64"),
    }[name]
    options = {"smooth": 1e-9}
    if name == "tversky_loss":
        options |= {"alpha": 0.8, "beta": 0.8}
    value = of_masks(column, name, logits, target, **options)
    assert_allclose(value, peer(target, sigmoid(logits)), rtol=1e-5)


# --- The Lovasz extension -----------------------------------------------------------------


@pytest.mark.parametrize("true", [[0, 0, 0, 0, 0], [1, 0, 0, 1, 0], [1, 1, 1, 1, 1]])
def test_the_extension_is_the_jaccard_loss_of_right_and_wrong_pixels(column, true):
    wrong = np.array(list(itertools.product([False, True], repeat=5)))
    true = np.broadcast_to(true, wrong.shape).astype(bool)
    # A logit of 0 has hinge error 1; a logit of the right sign and size 1 has none.
    logits = np.where(wrong, 0, 2.0 * true - 1)
    value = column(
        "lovasz_hinge_loss", logits[:, None], true[:, None], reduction="none"
    )
    expected = [
        formulas.discrete_jaccard(*pair) for pair in zip(wrong, true, strict=True)
    ]
    assert_allclose(value, expected, rtol=1e-12)


def test_lovasz_softmax_of_certain_classes_is_one_less_the_mean_iou(column):
    _, target = classes(1, (8, 3, 3))
    _, predicted = classes(2, (8, 3, 3))
    value = column(
        "lovasz_softmax_loss", 200.0 * np.eye(3)[predicted], target, reduction="none"
    )
    expected = [
        np.mean(
            [
                formulas.discrete_jaccard((p == k) ^ (t == k), t == k)
                for k in np.unique(t)
            ]
        )
        for p, t in zip(predicted, target, strict=True)
    ]
    assert_allclose(value, expected, rtol=1e-12)


@pytest.mark.parametrize("classes_counted", ["present", "all"])
def test_lovasz_softmax_by_thresholds(column, classes_counted):
    logits, target = classes()
    target = np.minimum(target, 1)
    options = {"classes": classes_counted}
    expected = formulas.lovasz_softmax_loss(logits, target, **options)
    value = column("lovasz_softmax_loss", logits, target, reduction="none", **options)
    assert_allclose(value, expected, rtol=1e-12)


@pytest.mark.parametrize("shape", [(3, 5, 4), (3, 5, 4, 2)])
def test_lovasz_hinge_by_thresholds(column, shape):
    logits, target = masks(shape=shape)
    value = of_masks(column, "lovasz_hinge_loss", logits, target, reduction="none")
    expected = formulas.lovasz_hinge_loss(logits, target)
    assert_allclose(value, expected, rtol=1e-12)


@pytest.mark.parametrize("name", ["lovasz_softmax_loss", "lovasz_hinge_loss"])
def test_a_batch_as_one_image(column, name):
    logits, target = classes() if "softmax" in name else masks()
    whole = column(name, logits, target, per_image=False, reduction="none")
    joined = (x.reshape(1, 15, *x.shape[2:]) for x in (logits, target))
    assert whole.shape == (1,)
    assert_allclose(whole, column(name, *joined, reduction="none"), rtol=1e-12)


def test_absent_classes_cost_their_largest_probability(column):
    logits, _ = classes()
    target = np.zeros(logits.shape[:3])
    predicted = softmax(logits)
    error = 1 - predicted[..., 0].mean((1, 2))
    absent = predicted[..., 1:].max((1, 2)).sum(-1)
    options = {"reduction": "none"}
    present = column("lovasz_softmax_loss", logits, target, **options)
    every = column("lovasz_softmax_loss", logits, target, classes="all", **options)
    assert_allclose(present, error, rtol=1e-12)
    assert_allclose(every, (error + absent) / 3, rtol=1e-12)


@pytest.mark.parametrize(("mask", "expected"), [(0.0, 4.0), (1.0, 1.375)])
def test_lovasz_hinge_of_empty_and_full_masks(column, mask, expected):
    """The largest hinge error of an empty mask, the mean hinge error of a full one."""
    logits = np.array([[[3.0, 0.0], [-2.0, -0.5]]])
    target = np.full((1, 2, 2), mask)
    value = column("lovasz_hinge_loss", logits, target)
    assert value == pytest.approx(expected, rel=1e-12)


def test_equal_errors_count_row_by_row(trainer):
    """Of an empty mask, the first of the largest errors takes the whole gradient."""
    zeros = np.zeros((2, 3, 3))
    slope = trainer.gradient("lovasz_hinge_loss", zeros, zeros, reduction="sum")
    expected = zeros.copy()
    expected[:, 0, 0] = 1
    assert_allclose(slope, expected, rtol=1e-12)


@pytest.mark.parametrize("name", ["lovasz_softmax_loss", "lovasz_hinge_loss"])
def test_lovasz_slopes_agree_where_errors_are_equal(columns, name):
    logits, target = classes() if "softmax" in name else masks()
    first, second = (
        columns[framework].gradient(name, logits.round(), target)
        for framework in ("torch", "tensorflow")
    )
    assert_allclose(first, second, rtol=1e-12, atol=1e-15)


def test_lovasz_against_kornia(column):
    torch, kornia = pytest.importorskip("torch"), pytest.importorskip("kornia")
    logits, target = classes()
    expected = kornia.losses.lovasz_softmax_loss(
        torch.tensor(logits).movedim(-1, 1), torch.tensor(target)
    )
    value = column("lovasz_softmax_loss", logits, target, classes="all")
    assert_allclose(value, expected, rtol=1e-9)
    logits, target = masks()
    expected = kornia.losses.lovasz_hinge_loss(
        torch.tensor(logits)[:, None], torch.tensor(target)
    )
    assert_allclose(column("lovasz_hinge_loss", logits, target), expected, rtol=1e-9)


# --- Center lines -------------------------------------------------------------------------


@pytest.mark.parametrize("iterations", [0, 2])
@pytest.mark.parametrize("size", [(1, 1), (1, 6), (6, 1), (2, 3), (9, 8)])
def test_soft_skeleton_by_loops(column, size, iterations):
    soft = np.random.default_rng(0).uniform(size=(3, *size))
    for given in (soft, soft.round()):
        skeleton = column("soft_skeleton", given, iterations=iterations)
        assert_allclose(skeleton, formulas.soft_skeleton(given, iterations), atol=1e-15)


def test_soft_skeleton_of_many_masks(columns):
    torch, tf = columns["torch"].library, columns["tensorflow"].library
    soft = np.random.default_rng(0).uniform(size=(2, 6, 7, 3))
    expected = [columns["numpy"].module.soft_skeleton(soft[..., k]) for k in range(3)]
    ours = columns["torch"].module.soft_skeleton(torch.tensor(soft).movedim(-1, 1))
    assert_allclose(ours.movedim(1, 0), expected, atol=1e-15)
    for name, given in (("numpy", soft), ("tensorflow", tf.constant(soft))):
        skeleton = np.asarray(columns[name].module.soft_skeleton(given))
        assert_allclose(np.moveaxis(skeleton, -1, 0), expected, atol=1e-15)


def test_a_bar_is_thinned_to_its_middle(column):
    bar, middle = np.zeros((2, 1, 7, 11))
    bar[0, 2:5, 2:9] = 1
    middle[0, 3, 3:8] = 1
    assert np.all(column("soft_skeleton", bar, iterations=0) == 0)
    assert np.all(column("soft_skeleton", bar, iterations=1) == middle)
    assert np.all(column("soft_skeleton", bar) == middle)


def bar(height):
    """A mask of a bar four pixels longer than high, with a pixel of background around."""
    return np.pad(np.ones((1, height, height + 4)), ((0, 0), (1, 1), (1, 1)))


def test_three_rounds_thin_a_bar_of_seven_pixels_and_not_one_of_nine(column):
    middle = np.zeros((1, 9, 13))
    middle[0, 4, 4:9] = 1
    assert np.all(column("soft_skeleton", bar(7)) == middle)
    assert np.all(column("soft_skeleton", bar(9)) == 0)


def test_equal_pixels_share_the_gradient(trainer):
    """One pixel is lost to its 3 x 3 surroundings, all eroded to the same 0."""
    point = np.zeros((1, 3, 3))
    point[0, 1, 1] = 1
    slope = trainer.gradient("soft_skeleton", point, iterations=0)
    assert slope[0, 1, 1] == pytest.approx(math.cos(4), rel=1e-12)
    turned = trainer.gradient("soft_skeleton", point.transpose(0, 2, 1), iterations=0)
    assert_allclose(slope, turned.transpose(0, 2, 1), rtol=1e-12, atol=1e-15)


def test_cldice_by_its_formula(column):
    options = {"iterations": 2, "smooth": 0.1}
    value = column("cldice_loss", *masks(), reduction="none", **options)
    assert_allclose(value, formulas.cldice_loss(*masks(), **options), rtol=1e-9)


def test_cldice_of_a_missed_bar(column):
    """Its line of five pixels is missed: a sensitivity of 1 in 6. A bar of nine pixels has no line.

    The second image is empty, as predicted.
    """
    for height, sensitivity in ((7, 1 / 6), (9, 1)):
        target = np.concatenate([bar(height), 0 * bar(height)])
        value = column("cldice_loss", np.full(target.shape, -1e4), target)
        expected = 1 - 2 * sensitivity / (1 + sensitivity)
        assert value == pytest.approx(expected / 2, rel=1e-12)


def test_cldice_sees_a_gap_and_not_the_width(column):
    def logits(mask):
        return 40.0 * mask - 20

    road = np.zeros((1, 9, 15))
    road[0, 3:6, 1:14] = 1
    broken, wider = road.copy(), road.copy()
    broken[..., 7] = 0
    wider[0, 2:7, 1:14] = 1
    gap = column("cldice_loss", logits(broken), road)
    width = column("cldice_loss", logits(wider), road)
    assert column("cldice_loss", logits(road), road) == pytest.approx(0, abs=1e-6)
    assert gap > 5 * width
    assert of_masks(column, "dice_loss", logits(broken), road) < of_masks(
        column, "dice_loss", logits(wider), road
    )


# --- What counts, and how it is averaged --------------------------------------------------

POOLED = [*REGIONS, "jaccard_metric_loss"]
WITH_MASK = [*ON_CLASSES, "lovasz_hinge_loss", "jaccard_metric_loss", "dice_ce_loss"]
CLASS_LOSSES = [*ON_CLASSES, "dice_ce_loss"]


def inputs_of(name, seed=0):
    """Logits and a target of the first form that a loss takes, with an image that lacks a class."""
    if name in CLASS_LOSSES:
        logits, target = classes(seed)
        return logits, np.where(
            (target == 2) & (np.arange(3) == 1)[:, None, None], 0, target
        )
    return masks(seed)


@pytest.mark.parametrize("name", WITH_MASK)
def test_pixels_that_do_not_count_might_as_well_be_missing(column, name):
    """The right half of each image is ignored: by a label that is no class, with logits that are no numbers."""
    logits, target = inputs_of(name)
    counted = np.zeros(target.shape, bool)
    counted[:, :, :2] = True
    seen = np.where(counted, target, 255 if name in CLASS_LOSSES else np.nan)
    broken = np.where(
        counted[..., None] if logits.ndim == 4 else counted, logits, np.nan
    )
    expected = column(name, logits[:, :, :2], target[:, :, :2])
    seen = seen.astype(target.dtype)
    assert_allclose(column(name, broken, seen, mask=counted), expected, rtol=1e-12)


@pytest.mark.parametrize("name", WITH_MASK)
def test_no_gradient_comes_from_pixels_that_do_not_count(trainer, name):
    logits, target = inputs_of(name)
    counted = np.zeros(target.shape, bool)
    counted[:, :, :2] = True
    broken = np.where(
        counted[..., None] if logits.ndim == 4 else counted, logits, np.inf
    )
    slope = trainer.gradient(name, broken, target, mask=counted)
    expected = trainer.gradient(name, logits[:, :, :2], target[:, :, :2])
    assert_allclose(slope[:, :, :2], expected, rtol=1e-9, atol=1e-12)
    assert np.all(slope[:, :, 2:] == 0)
    nothing = trainer.gradient(name, broken, target, mask=np.zeros_like(counted))
    assert np.all(nothing == 0)
    assert trainer(name, broken, target, mask=np.zeros_like(counted)) == 0


@each_region
def test_a_class_of_weight_zero_is_left_out(column, name):
    logits, target = classes()
    each = column(name, logits, target, reduction="none")
    value = column(name, logits, target, class_weight=np.array([0.0, 1.0, 1.0]))
    assert value == pytest.approx(each[:, 1:].mean(), rel=1e-12)
    weight = np.array([1.0, 2.0, 5.0])
    value = column(name, logits, target, class_weight=weight)
    assert value == pytest.approx((each * weight).sum() / 24, rel=1e-12)
    weighed = column(name, logits, target, class_weight=weight, reduction="none")
    assert_allclose(weighed, each * weight, rtol=1e-12)


def test_class_weights_of_pixels_against_torch(column):
    torch = pytest.importorskip("torch")
    logits, target = classes()
    weight = np.array([0.5, 1.0, 4.0])
    ignored = np.where(target == 1, -100, target)
    expected = torch.nn.functional.cross_entropy(
        torch.tensor(logits).movedim(-1, 1), torch.tensor(ignored), torch.tensor(weight)
    )
    value = column(
        "pixel_cross_entropy_loss",
        logits,
        ignored,
        class_weight=weight,
        mask=ignored != -100,
    )
    assert value == pytest.approx(expected.item(), rel=1e-12)


@each_region
def test_absent_classes_may_be_left_out(column, name):
    logits, target = inputs_of(name)
    each = column(name, logits, target, reduction="none")
    there = np.array([[(image == k).any() for k in range(3)] for image in target])
    assert there.sum() == 8
    value = column(name, logits, target, classes="present")
    assert value == pytest.approx(each[there].mean(), rel=1e-12)
    kept = column(name, logits, target, classes="present", reduction="none")
    assert_allclose(kept, np.where(there, each, 0), rtol=1e-12)


@each_region
def test_empty_masks_may_be_left_out(trainer, name):
    logits, target = masks()
    target[1:] = 0
    value = of_masks(trainer, name, logits, target, classes="present")
    first = of_masks(trainer, name, logits[:1], target[:1])
    assert value == pytest.approx(first, rel=1e-12)
    options = {"classes": "present"}
    assert of_masks(trainer, name, logits[1:], target[1:], **options) == 0
    slope = slopes_of_masks(trainer, name, logits[1:], target[1:], **options)
    assert np.all(slope == 0)


@each_region
def test_a_batch_pooled_is_one_image(column, name):
    logits, target = classes()
    together = column(name, logits, target, per_image=False, reduction="none")
    tall = column(
        name, logits.reshape(1, 15, 4, 3), target.reshape(1, 15, 4), reduction="none"
    )
    assert together.shape == (1, 3)
    assert_allclose(together, tall, rtol=1e-12)


@each_region
def test_classes_pooled_are_one_mask(column, name):
    """What a softmax gives is read as one tall mask of all classes."""
    logits, target = classes()
    p = softmax(logits)
    tall = np.log(p / (1 - p)).transpose(0, 3, 1, 2).reshape(3, 15, 4)
    truth = np.eye(3)[target].transpose(0, 3, 1, 2).reshape(3, 15, 4)
    value = column(name, logits, target, per_class=False, reduction="none")
    expected = of_masks(column, name, tall, truth, reduction="none")
    assert value.shape == (3,)
    assert_allclose(value, expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("library", "options"),
    [
        ("lossguide", {}),
        ("monai", {"smooth": 1e-7}),
        ("segmentation_models_pytorch", {"smooth": 1e-7, "per_image": False}),
        ("kornia", {"smooth": 1e-8, "per_class": False}),
        ("keras", {"smooth": 1e-8, "per_class": False, "per_image": False}),
    ],
)
def test_the_averages_of_other_libraries(column, library, options):
    """What they give for the same images, as they come: benchmarks/peers/dice.py."""
    lab = pytest.importorskip("lossguide.lab")
    stored = lab.measured("dice_conventions")
    logits = stored["confidence"] * np.eye(3)[np.array(stored["given"])]
    value = column("dice_loss", logits, np.array(stored["true"]), **options)
    assert value == pytest.approx(stored["losses"][library], rel=2e-5)


def test_squared_dice_by_hand(column):
    """Probabilities of one half: 2 p y / (p^2 + y^2), each over two true and two false pixels."""
    value = of_masks(
        column,
        "dice_loss",
        np.zeros((1, 2, 2)),
        [[[1, 1], [0, 0]]],
        squared=True,
        smooth=0.5,
    )
    assert value == pytest.approx(1 - (2 * 1 + 1) / (4 * 0.25 + 2 + 1), rel=1e-12)


def test_squared_dice_is_least_at_soft_labels(column):
    target = np.full((1, 2, 2), 0.3)

    def loss(p, **options):
        logits = np.full((1, 2, 2), np.log(p / (1 - p)))
        return of_masks(column, "dice_loss", logits, target, smooth=1e-9, **options)

    assert loss(0.3, squared=True) == pytest.approx(0, abs=1e-6)
    assert loss(0.9) < loss(0.3)


@pytest.mark.parametrize("smooth", [1e-6, 1.0])
def test_the_jaccard_metric_of_hard_labels_is_jaccard(column, smooth):
    logits, target = masks()
    value = column("jaccard_metric_loss", logits, target, smooth=smooth)
    expected = of_masks(column, "jaccard_loss", logits, target, smooth=smooth)
    assert value == pytest.approx(expected, rel=1e-12)
    logits, target = classes()
    value = of_masks(column, "jaccard_metric_loss", logits, np.eye(3)[target])
    assert value == pytest.approx(column("jaccard_loss", logits, target), rel=1e-12)


@pytest.mark.parametrize("label", [0.2, 0.5, 0.7])
def test_soft_labels_are_where_the_jaccard_metric_is_least(column, label):
    """Where the Jaccard loss of products prefers certainty."""
    steps = np.array([0.01, 0.1, label, 0.9, 0.99])
    logits = np.log(steps / (1 - steps))[:, None, None] + np.zeros((5, 2, 2))
    target = np.full((5, 2, 2), label)
    metric = column(
        "jaccard_metric_loss", logits, target, smooth=1e-9, reduction="none"
    )
    assert metric.argmin() == 2
    assert metric[2] == pytest.approx(0, abs=1e-9)
    product = of_masks(
        column, "jaccard_loss", logits, target, smooth=1e-9, reduction="none"
    )
    assert product.argmin() == 4


def test_dice_and_cross_entropy_are_added(column):
    logits, target = inputs_of("dice_ce_loss")
    dice = column("dice_loss", logits, target, smooth=0.1)
    entropy = column("pixel_cross_entropy_loss", logits, target)
    value = column(
        "dice_ce_loss", logits, target, dice_weight=2.0, ce_weight=3.0, smooth=0.1
    )
    assert value == pytest.approx(2 * dice + 3 * entropy, rel=1e-12)
    images = column("dice_ce_loss", logits, target, reduction="none")
    alone = [column("dice_ce_loss", logits[[n]], target[[n]]) for n in range(3)]
    assert_allclose(images, alone, rtol=1e-12)


def test_dice_and_binary_cross_entropy_are_added(column):
    logits, target = masks()
    p = sigmoid(logits)
    entropy = -(target * np.log(p) + (1 - target) * np.log(1 - p)).mean()
    dice = of_masks(column, "dice_loss", logits, target)
    value = of_masks(column, "dice_ce_loss", logits, target)
    assert value == pytest.approx(dice + entropy, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "options", "error", "message"),
    [
        (
            "dice_loss",
            {"mask": np.ones((3, 5), bool)},
            ValueError,
            r"mask must have shape \(3, 5, 4\), .* got \(3, 5\)",
        ),
        (
            "lovasz_softmax_loss",
            {"mask": np.ones((3, 5, 4))},
            TypeError,
            "mask must hold booleans, got",
        ),
        (
            "dice_loss",
            {"class_weight": np.ones(2)},
            ValueError,
            r"class_weight must have shape \(3,\), .* got \(2,\)",
        ),
        (
            "pixel_cross_entropy_loss",
            {"class_weight": np.ones(2)},
            ValueError,
            r"class_weight must have shape \(3,\)",
        ),
        (
            "tversky_loss",
            {"class_weight": np.ones(3), "per_class": False},
            ValueError,
            "class_weight weighs the losses of several",
        ),
        (
            "jaccard_loss",
            {"classes": "some"},
            ValueError,
            """classes must be "present" or "all", got 'some'""",
        ),
        (
            "dice_ce_loss",
            {"ce_weight": -1.0},
            ValueError,
            "ce_weight must be at least 0, got -1.0",
        ),
    ],
)
def test_options_of_averaging_are_checked(column, name, options, error, message):
    with pytest.raises(error, match=message):
        column(name, *classes(), **options)


@each_on_masks
@pytest.mark.parametrize("size", [(1, 1), (1, 4), (3, 3)])
def test_saturated_logits_have_finite_losses_and_slopes(trainer, name, size):
    pairs = np.array(list(itertools.product((-1e4, 0.0, 1e4), (0.0, 1.0))))
    logits, target = np.broadcast_to(pairs.T[..., None, None], (2, 6, *size))
    arrays = {"logits": logits, "target": target}
    assert np.all(np.isfinite(trainer.subject(name)(arrays, "float32")))
    slope = slopes_of_masks(trainer, name, logits, target, "float32", reduction="sum")
    assert np.all(np.isfinite(slope))


def test_two_empty_masks_have_no_cldice_loss(column):
    nothing = np.zeros((1, 4, 4))
    assert column("cldice_loss", nothing - 1e4, nothing) == 0


# --- What is refused ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ON_CLASSES)
def test_classes_must_fit_their_logits(column, name):
    logits, target = classes()
    with pytest.raises(ValueError, match=r"target must have shape \(3, 5, 4\), .* got"):
        column(name, logits, target[:2])
    with pytest.raises(ValueError, match=r"logits must have shape .* got"):
        column(name, logits[..., 0], target[0])


@each_on_masks
def test_masks_must_fit_their_logits(column, name):
    logits, target = masks()
    with pytest.raises(ValueError, match="shapes must be equal, got"):
        of_masks(column, name, logits, target[:2])
    with pytest.raises(
        ValueError, match=r"logits must have shape \(N, H, W\) or .* got"
    ):
        of_masks(column, name, logits[0], target[0])


@pytest.mark.parametrize("name", ON_CLASSES)
def test_the_definition_knows_the_classes(definition, name):
    logits, target = classes()
    with pytest.raises(ValueError, match="target must hold classes from 0 to 2, got"):
        definition(name, logits, target + 1)


@pytest.mark.parametrize("name", ON_CLASSES)
def test_classes_must_be_integers(columns, name):
    logits, target = classes()
    message = "target must hold integers, got .*float64"
    with pytest.raises(TypeError, match=message):
        getattr(columns["numpy"].module, name)(logits, target.astype(float))
    torch = columns["torch"].library
    given = torch.tensor(logits).movedim(-1, 1), torch.tensor(target).double()
    with pytest.raises(TypeError, match=message):
        getattr(columns["torch"].module, name)(*given)


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8"])
def test_integers_of_any_size_are_classes(column, dtype):
    logits, target = classes()
    expected = column("dice_loss", logits, target)
    given = column.framework.given(logits), column.tensor(target.astype(dtype))
    assert_allclose(column.module.dice_loss(*given), expected, rtol=1e-12)


def test_keras_gives_classes_as_floats(columns):
    ltf = columns["tensorflow"].module
    logits, target = classes()
    expected = columns["numpy"]("dice_loss", logits, target)
    assert_allclose(ltf.Loss(ltf.dice_loss)(target, logits), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("dice_loss", {"smooth": 0.0}, "smooth must be above 0, got 0.0"),
        ("tversky_loss", {"alpha": -0.1}, "alpha must be at least 0, got -0.1"),
        ("focal_tversky_loss", {"gamma": 0}, "gamma must be above 0, got 0"),
        ("lovasz_softmax_loss", {"classes": "some"}, "classes must be .* got 'some'"),
        (
            "pixel_cross_entropy_loss",
            {"weight_map": np.ones((3, 5))},
            r"weight_map must have shape \(3, 5, 4\), .* got \(3, 5\)",
        ),
    ],
)
def test_options_are_checked(column, name, options, message):
    with pytest.raises(ValueError, match=message):
        column(name, *classes(), **options)


def test_iterations_are_checked(column):
    with pytest.raises(ValueError, match="iterations must be at least 0, got -1"):
        column("cldice_loss", *masks(), iterations=-1)
    with pytest.raises(ValueError, match="iterations must be at least 0, got -1"):
        column("soft_skeleton", masks()[1], iterations=-1)


def test_labels_are_checked(column):
    with pytest.raises(ValueError, match=r"labels must have shape \(..., H, W\), got"):
        column("border_weights", np.ones(3, int))
    with pytest.raises(ValueError, match="sigma must be above 0, got 0"):
        column("border_weights", np.ones((2, 2), int), sigma=0)
    with pytest.raises(TypeError, match="labels must hold integers, got"):
        column.module.border_weights(column.tensor(np.ones((2, 2))))


# --- Inside the frameworks ----------------------------------------------------------------


@pytest.mark.parametrize("name", ON_CLASSES)
def test_torch_func(columns, name):
    torch, function = columns["torch"].library, getattr(columns["torch"].module, name)
    batches = [classes(seed) for seed in range(2)]
    logits = torch.tensor(np.stack([x for x, _ in batches])).movedim(-1, 2)
    target = torch.tensor(np.stack([y for _, y in batches]))
    slopes = torch.func.vmap(torch.func.grad(function))(logits, target)
    for slope, x, y in zip(slopes, logits, target, strict=True):
        torch.testing.assert_close(slope, torch.func.grad(function)(x, y))


@pytest.mark.parametrize("name", sorted({*ON_CLASSES, *ON_MASKS, "soft_skeleton"}))
def test_tensorflow_function_of_unknown_size(columns, name):
    tf = columns["tensorflow"].library
    function = getattr(columns["tensorflow"].module, name)
    if name == "cldice_loss":
        function = partial(function, iterations=1)
    arrays = classes() if name in ON_CLASSES else masks()
    arrays = arrays[1:] if name == "soft_skeleton" else arrays
    signature = [tf.TensorSpec([None] * x.ndim, x.dtype) for x in arrays]
    traced = tf.function(function, input_signature=signature)
    assert_allclose(traced(*arrays), function(*arrays), rtol=1e-12)


def test_tensorflow_border_weights_of_unknown_size(columns):
    tf = columns["tensorflow"].library
    function = columns["tensorflow"].module.border_weights
    signature = [tf.TensorSpec([None, None], tf.int64)]
    traced = tf.function(function, input_signature=signature)
    assert_allclose(traced(instances()[0]), function(instances()[0]), rtol=1e-6)


# --- No wrong number in silence -----------------------------------------------------------


@pytest.mark.parametrize("name", ON_CLASSES)
def test_nan_comes_out_of_classes(column, name):
    logits, target = classes()
    logits[-1, -1, -1, -1] = math.nan
    value = column(name, logits, target, reduction="none")
    assert np.isnan(value[-1]).any()
    assert not np.isnan(value[0]).any()
    for reduction in ("mean", "sum"):
        assert np.isnan(column(name, logits, target, reduction=reduction))
    if column.name != "numpy":
        assert np.isnan(column.gradient(name, logits, target)).any()


@each_on_masks
def test_nan_comes_out_of_masks(column, name):
    for spoiled in range(2):
        arrays = masks()
        arrays[spoiled][-1, -1, -1] = math.nan
        value = of_masks(column, name, *arrays, reduction="none")
        assert np.isnan(value).tolist() == [False, False, True]
        for reduction in ("mean", "sum"):
            assert np.isnan(of_masks(column, name, *arrays, reduction=reduction))


def test_nan_comes_out_of_skeletons_and_weights(column):
    _, soft = masks()
    soft[-1, -1, -1] = math.nan
    value = column("soft_skeleton", soft)
    assert np.isnan(value[-1, -1, -1])
    assert not np.isnan(value[0]).any()
    logits, target = classes()
    weights = np.where(np.arange(60).reshape(target.shape) == 7, math.nan, 1)
    value = column(
        "pixel_cross_entropy_loss",
        logits,
        target,
        weight_map=weights,
        reduction="none",
    )
    assert np.array_equal(np.isnan(value), np.isnan(weights))


@pytest.mark.parametrize("name", ON_CLASSES)
def test_one_channel_is_a_mask_and_no_class(column, name):
    """A softmax over one class is 1 everywhere: nothing would be learned."""
    logits, target = classes(count=1)
    with pytest.raises(ValueError, match="logits must have at least 2 classes, got 1"):
        column(name, logits, target)
    if name in REGIONS:
        _, mask = masks()
        value = of_masks(column, name, logits, mask[..., None])
        assert_allclose(value, of_masks(column, name, logits[..., 0], mask), rtol=1e-12)


@pytest.mark.parametrize("wrong", [3, -1, -100])
@pytest.mark.parametrize("name", ON_CLASSES)
def test_a_class_that_there_is_not_is_an_error(column, name, wrong):
    logits, target = classes()
    target[1, 2, 3] = wrong
    kind = {
        "numpy": ValueError,
        "torch": (IndexError, RuntimeError),
        "tensorflow": column.name == "tensorflow"
        and column.library.errors.InvalidArgumentError,
    }[column.name]
    message = r"(?i)target|label value|index -?\d+ is out of bounds"
    with pytest.raises(kind, match=message):
        column(name, logits, target)
    if column.name == "tensorflow":
        traced = column.library.function(getattr(column.module, name))
        with pytest.raises(kind, match=message):
            traced(logits, target)


@pytest.mark.parametrize(
    "name", ["pixel_cross_entropy_loss", "dice_loss", "lovasz_softmax_loss"]
)
def test_a_class_that_there_is_not_makes_nan_under_xla(columns, name):
    """XLA drops assertions, and its one-hot mask of such a class is empty."""
    tf = columns["tensorflow"].library
    function = getattr(columns["tensorflow"].module, name)
    compiled = tf.function(partial(function, reduction="none"), jit_compile=True)
    logits, target = classes()
    assert np.isfinite(compiled(logits, target)).all()
    target[1, 2, 3] = -1
    bad = np.isnan(compiled(logits, target)).reshape(3, -1).any(1)
    assert bad.tolist() == [False, True, False]


@pytest.mark.parametrize("name", ON_CLASSES)
def test_a_masked_class_has_a_finite_loss_and_slope(trainer, definition, name):
    logits, target = classes()
    masked = np.concatenate([logits, np.full((3, 5, 4, 1), -np.inf)], -1)
    far = np.concatenate([logits, np.full((3, 5, 4, 1), -1e4)], -1)
    for column in (trainer, definition):
        assert_allclose(column(name, masked, target), column(name, far, target))
    slope = trainer.gradient(name, masked, target)
    assert_allclose(slope, trainer.gradient(name, far, target), atol=1e-15)
    assert np.all(slope[..., -1] == 0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_second_derivatives_at_saturation(columns, dtype):
    torch, column = columns["torch"].library, columns["torch"]

    def finite(name, logits, target):
        function = partial(getattr(column.module, name), target=target)
        second = torch.autograd.functional.hessian(function, logits)
        assert torch.isfinite(second).all(), name

    target = column.tensor(
        np.array([[[1.0, 0.0], [0.0, 0.0]], np.zeros((2, 2))]), dtype
    )
    for size in (-1e4, -60.0, -30.0, 0.0, 30.0, 60.0, 1e4):
        for logits in (size * (2 * target - 1), torch.full_like(target, size)):
            for name in ON_MASKS:
                finite(name, logits, target)
            both = torch.stack([torch.zeros_like(logits), logits], 1)
            for name in ON_CLASSES:
                finite(name, both, target.long())


@pytest.mark.parametrize("name", ["lovasz_hinge_loss", "lovasz_softmax_loss"])
def test_lovasz_slopes_over_many_pixels_in_float32(trainer, name):
    """Each is what a pixel adds to the Jaccard loss, a millionth and less: no difference of numbers near 1."""
    shape = (1, 1024, 1024)
    logits, target = masks(shape=shape)
    if name == "lovasz_softmax_loss":
        logits, target = np.stack([logits, -logits], -1), target.astype(int)
    logits = logits.astype("float32")
    slope = trainer.gradient(name, logits, target, dtype="float32")
    expected = trainer.gradient(name, logits, target)
    assert np.linalg.norm(slope - expected) < 1e-4 * np.linalg.norm(expected)


def test_a_background_and_a_foreground_are_weighted(column):
    message = r"class_weights must be two numbers, got \(1.0, 2.0, 3.0\)"
    with pytest.raises(ValueError, match=message):
        column("border_weights", instances()[0], class_weights=(1.0, 2.0, 3.0))
