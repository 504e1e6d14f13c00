"""Losses of class scores: hand values, identities, saturation, peers, and errors."""

import math
from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose

import formulas
from lossguide.catalog import Input, find, losses
from lossguide.conformance.samples import typical

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(scale=3, size=(7, 4))
CLASSES = RNG.integers(0, 4, 7)
SOFT = RNG.dirichlet(np.ones(4), 7)
UNIT = RNG.uniform(size=(7, 4))
BINARY = (UNIT > 0.5).astype(float)
WEIGHT = np.array([0.2, 1.0, 3.0, 0.7])
IGNORING = [
    "cross_entropy_loss",
    "softmax_focal_loss",
    "generalized_cross_entropy_loss",
]
HUGE = np.array([-1e4, -200.0, -40.0, 0.0, 40.0, 200.0, 1e4])


@pytest.mark.parametrize(
    ("name", "scores", "target", "options", "expected"),
    [
        ("cross_entropy_loss", [[0.0, 0.0]], [1], {}, math.log(2)),
        ("cross_entropy_loss", [[1e4, 0.0]], [1], {}, 1e4),
        ("soft_cross_entropy_loss", [[0.0, 0.0]], [[0.3, 0.7]], {}, math.log(2)),
        ("binary_cross_entropy_loss", [40.0], [0.0], {}, 40.0),
        ("binary_cross_entropy_loss", [0.0], [1.0], {"pos_weight": 3.0}, math.log(8)),
        ("binary_cross_entropy_loss", [2.0], [1.0], {}, math.log1p(math.exp(-2))),
        (
            "binary_cross_entropy_loss",
            [2.0],
            [1.0],
            {"label_smoothing": 0.5},
            math.log1p(math.exp(-2)) + 0.25 * 2,
        ),
        ("hinge_loss", [0.25], [-1.0], {}, 1.25),
        ("hinge_loss", [1.5], [1.0], {}, 0.0),
        ("squared_hinge_loss", [0.5], [-1.0], {}, 2.25),
        ("crammer_singer_loss", [[2.0, 3.0, 1.5]], [0], {}, 2.0),
        ("crammer_singer_loss", [[2.0, 3.0, 1.5]], [0], {"margin": 0.25}, 1.25),
        ("weston_watkins_loss", [[2.0, 3.0, 1.5]], [0], {}, 2.5),
        ("weston_watkins_loss", [[2.0, 3.0, 1.5]], [1], {}, 0.0),
        ("sigmoid_focal_loss", [0.0], [1.0], {}, 0.25 * math.log(2) / 4),
        ("sigmoid_focal_loss", [0.0], [0.0], {}, 0.75 * math.log(2) / 4),
        ("sigmoid_focal_loss", [0.0], [0.0], {"alpha": None}, math.log(2) / 4),
        ("sigmoid_focal_loss", [-1e4], [1.0], {}, 0.25 * 1e4),
        ("softmax_focal_loss", [[0.0, 0.0]], [0], {}, math.log(2) / 4),
        ("softmax_focal_loss", [[0.0, 0.0], [0.0, 1e4]], [0, 1], {}, math.log(2) / 8),
        ("generalized_cross_entropy_loss", [[0, 0]], [0], {}, (1 - 0.5**0.7) / 0.7),
        ("generalized_cross_entropy_loss", [[0.0, 0.0]], [0], {"q": 1.0}, 0.5),
        ("generalized_cross_entropy_loss", [[1e4, 0.0]], [1], {"q": 0.5}, 2.0),
        ("asymmetric_loss", [0.0], [1.0], {}, math.log(2)),
        ("asymmetric_loss", [0.0], [0.0], {}, 0.45**4 * -math.log(0.55)),
        ("asymmetric_loss", [1e4], [0.0], {}, 0.95**4 * -math.log(0.05)),
        ("asymmetric_loss", [1e4], [0.0], {"margin": 0.0}, 1e4),
    ],
)
def test_hand_values(column, name, scores, target, options, expected):
    value = column(name, scores, target, **options)
    assert value == pytest.approx(expected, rel=1e-9, abs=1e-12)


# --- Cross-entropy --------------------------------------------------------------------------

CROSS_ENTROPY_OPTIONS = [
    {"weight": weight, "label_smoothing": smoothing, "reduction": reduction}
    for weight in (None, WEIGHT)
    for smoothing in (0.0, 0.3)
    for reduction in ("mean", "sum", "none")
]


def given(options):
    return {name: value for name, value in options.items() if value is not None}


@pytest.mark.parametrize("options", CROSS_ENTROPY_OPTIONS, ids=str)
@pytest.mark.parametrize("ignore_index", [-100, 2])
def test_cross_entropy_against_torch(columns, options, ignore_index):
    against_torch(columns, CLASSES, {**options, "ignore_index": ignore_index})


@pytest.mark.parametrize("options", CROSS_ENTROPY_OPTIONS, ids=str)
def test_soft_cross_entropy_against_torch(columns, options):
    against_torch(columns, SOFT, options)


def against_torch(columns, target, options):
    torch = columns["torch"].library
    weight = options["weight"]
    peer = torch.nn.functional.cross_entropy(
        torch.tensor(LOGITS),
        torch.tensor(target),
        **{**options, "weight": None if weight is None else torch.tensor(weight)},
    )
    name = "soft_cross_entropy_loss" if target.ndim > 1 else "cross_entropy_loss"
    for column in columns.values():
        value = column(name, LOGITS, target, **given(options))
        assert_allclose(value, peer, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_one_hot_targets_are_class_indices(column, smoothing):
    hard = column("cross_entropy_loss", LOGITS, CLASSES, label_smoothing=smoothing)
    one_hot = np.eye(4)[CLASSES]
    soft = column("soft_cross_entropy_loss", LOGITS, one_hot, label_smoothing=smoothing)
    assert_allclose(hard, soft, rtol=1e-12)


def test_smoothing_is_a_soft_target(column):
    smooth = 0.8 * np.eye(4)[CLASSES] + 0.2 / 4
    assert_allclose(
        column("cross_entropy_loss", LOGITS, CLASSES, label_smoothing=0.2),
        column("soft_cross_entropy_loss", LOGITS, smooth),
        rtol=1e-12,
    )


def test_ignored_examples_might_as_well_be_missing(column):
    options = {"weight": WEIGHT, "label_smoothing": 0.1}
    target = np.where(np.arange(7) < 3, -1, CLASSES)
    assert_allclose(
        column("cross_entropy_loss", LOGITS, target, ignore_index=-1, **options),
        column("cross_entropy_loss", LOGITS[3:], CLASSES[3:], **options),
        rtol=1e-12,
    )


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_all_ignored(trainer, reduction):
    target = np.full(7, -100)
    options = {"weight": WEIGHT, "label_smoothing": 0.1, "reduction": reduction}
    assert np.all(trainer("cross_entropy_loss", LOGITS, target, **options) == 0)
    slope = trainer.gradient("cross_entropy_loss", LOGITS, target, **options)
    assert np.all(slope == 0)


def test_equal_weights_leave_the_mean_as_it_is(column):
    weighted = column("cross_entropy_loss", LOGITS, CLASSES, weight=np.full(4, 5.0))
    assert_allclose(weighted, column("cross_entropy_loss", LOGITS, CLASSES))


def test_keras_divides_by_the_number_of_examples(column):
    """keras-team/keras#19740: its weighted mean is another, unless the sums are compared."""
    keras = pytest.importorskip("keras")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype="float64")
    keras_mean = loss(CLASSES, LOGITS, sample_weight=WEIGHT[CLASSES])
    ours = column("cross_entropy_loss", LOGITS, CLASSES, weight=WEIGHT)
    total = WEIGHT[CLASSES].sum()
    assert_allclose(keras_mean, ours * total / len(CLASSES), rtol=1e-6)
    assert abs(keras_mean - ours) > 0.1


# --- Images: classes on axis 1 in PyTorch, last elsewhere -------------------------------------

IMAGES = RNG.normal(scale=3, size=(2, 3, 5, 4))
MASK = RNG.integers(0, 4, (2, 3, 5))
PIXELS = IMAGES.reshape(-1, 4)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("cross_entropy_loss", {"weight": WEIGHT, "label_smoothing": 0.1}),
        ("crammer_singer_loss", {}),
        ("weston_watkins_loss", {}),
        ("softmax_focal_loss", {"alpha": WEIGHT}),
        ("generalized_cross_entropy_loss", {}),
    ],
)
def test_a_pixel_is_an_example(column, name, options):
    function = getattr(column.module, name)
    options = {key: option(column, value) for key, value in options.items()}
    value = function(image(column, IMAGES), column.tensor(MASK), **options)
    expected = function(column.tensor(PIXELS), column.tensor(MASK.ravel()), **options)
    assert_allclose(value, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("soft_cross_entropy_loss", {"weight": WEIGHT}),
        ("binary_cross_entropy_loss", {"pos_weight": WEIGHT}),
    ],
)
def test_weights_go_along_the_class_axis(column, name, options):
    function = getattr(column.module, name)
    options = {key: option(column, value) for key, value in options.items()}
    target = RNG.uniform(size=IMAGES.shape)
    value = function(image(column, IMAGES), image(column, target), **options)
    flat = column.tensor(PIXELS), column.tensor(target.reshape(-1, 4))
    assert_allclose(value, function(*flat, **options), rtol=1e-12)


def image(column, array):
    last = column.name != "torch"
    return column.tensor(array if last else np.moveaxis(array, -1, 1))


def option(column, value):
    return column.tensor(value) if isinstance(value, np.ndarray) else value


# --- Yes or no --------------------------------------------------------------------------------


@pytest.mark.parametrize("pos_weight", [1.0, 2.5, WEIGHT], ids=str)
def test_binary_cross_entropy_against_torch(columns, pos_weight):
    torch = columns["torch"].library
    expected = torch.nn.functional.binary_cross_entropy_with_logits(
        torch.tensor(LOGITS), torch.tensor(UNIT), pos_weight=torch.as_tensor(pos_weight)
    )
    for column in columns.values():
        value = column("binary_cross_entropy_loss", LOGITS, UNIT, pos_weight=pos_weight)
        assert_allclose(value, expected, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_confident_mistake_still_teaches(trainer, dtype):
    """From the probability, sigmoid(40) = 1, the value is clipped to 100 and the slope is 0."""
    logits, target = np.array([40.0, -40.0]), np.array([0.0, 1.0])
    options = {"dtype": dtype, "reduction": "sum"}
    assert trainer("binary_cross_entropy_loss", logits, target, **options) == 80
    slope = trainer.gradient("binary_cross_entropy_loss", logits, target, **options)
    assert_allclose(slope, [1, -1])


def test_the_slope_at_a_logit_of_zero(trainer):
    """tf.nn.weighted_cross_entropy_with_logits, written with abs, gives 1 and 0 here."""
    slope = trainer.gradient(
        "binary_cross_entropy_loss", np.zeros(2), np.array([0.0, 1.0]), reduction="sum"
    )
    assert_allclose(slope, [0.5, -0.5])


def test_confident_and_right_keeps_its_digits(column):
    value = column("binary_cross_entropy_loss", [-20.0], [0.0], dtype="float32")
    assert value == pytest.approx(math.exp(-20), rel=1e-5)


SIGNS = 2 * BINARY - 1


@pytest.mark.parametrize(
    ("name", "peer"),
    [("hinge_loss", "Hinge"), ("squared_hinge_loss", "SquaredHinge")],
)
def test_hinge_against_keras(column, name, peer):
    keras = pytest.importorskip("keras")
    expected = getattr(keras.losses, peer)(dtype="float64")(SIGNS, LOGITS)
    assert_allclose(column(name, LOGITS, SIGNS), expected, rtol=1e-6)


# --- Multi-class hinge ------------------------------------------------------------------------


@pytest.mark.parametrize("margin", [0.0, 1.0, 4.0])
@pytest.mark.parametrize("name", ["crammer_singer_loss", "weston_watkins_loss"])
def test_multi_class_hinge_by_loops(column, name, margin):
    value = column(name, LOGITS, CLASSES, margin=margin, reduction="none")
    expected = getattr(formulas, name)(LOGITS, CLASSES, margin=margin)
    assert_allclose(value, expected, atol=1e-12)


def test_torch_divides_by_the_number_of_classes(columns):
    torch = columns["torch"].library
    peer = torch.nn.MultiMarginLoss()(torch.tensor(LOGITS), torch.tensor(CLASSES))
    for column in columns.values():
        value = column("weston_watkins_loss", LOGITS, CLASSES)
        assert_allclose(value / 4, peer, rtol=1e-12)


def test_keras_categorical_hinge_is_crammer_singer(column):
    keras = pytest.importorskip("keras")
    loss = keras.losses.CategoricalHinge(dtype="float64")
    # Keras leaves the right class among its rivals as 0, not as minus infinity.
    scores = LOGITS - LOGITS.min() + 1
    expected = loss(np.eye(4)[CLASSES], scores)
    assert_allclose(column("crammer_singer_loss", scores, CLASSES), expected, rtol=1e-6)


# --- Focal losses -----------------------------------------------------------------------------


@pytest.mark.parametrize("target", [BINARY, UNIT], ids=["hard", "soft"])
@pytest.mark.parametrize("alpha", [None, 0.0, 0.25, 0.9])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 3.5])
def test_sigmoid_focal_formula(column, target, alpha, gamma):
    """torchvision's formula, also for targets between 0 and 1."""
    expected = formulas.sigmoid_focal_loss(LOGITS, target, alpha=alpha, gamma=gamma)
    options = {"alpha": alpha, "gamma": gamma, "reduction": "none"}
    value = column("sigmoid_focal_loss", LOGITS, target, **options)
    assert_allclose(value, expected, rtol=1e-9, atol=1e-14)


def test_without_focus_it_is_weighted_cross_entropy(column):
    focal = column("sigmoid_focal_loss", LOGITS, UNIT, alpha=None, gamma=0.0)
    entropy = column("binary_cross_entropy_loss", LOGITS, UNIT)
    assert_allclose(focal, entropy, rtol=1e-12)
    positives = np.ones_like(LOGITS)
    entropy = column("binary_cross_entropy_loss", LOGITS, positives)
    focal = column("sigmoid_focal_loss", LOGITS, positives, alpha=0.25, gamma=0.0)
    assert_allclose(focal, 0.25 * entropy, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("gamma", [0.0, 1e-3, 0.5, 0.99, 1.0, 1.5, 2.0])
def test_focal_slopes_at_saturation(trainer, gamma, dtype):
    for target in (np.zeros(7), np.ones(7), np.full(7, 0.5)):
        options = {"gamma": gamma, "reduction": "sum", "alpha": None, "dtype": dtype}
        slope = trainer.gradient("sigmoid_focal_loss", HUGE, target, **options)
        assert np.all(np.isfinite(slope))
    # The target was 0.5 last: 1 - p_t is 0.5 too, so the slope is cross-entropy's times a constant.
    assert_allclose(slope[[0, -1]], np.array([-1, 1]) * 0.5 ** (gamma + 1), rtol=1e-5)
    logits = np.stack([HUGE, np.zeros(7)], axis=-1)
    options = {"gamma": gamma, "reduction": "sum", "dtype": dtype}
    target = np.zeros(7, int)
    slope = trainer.gradient("softmax_focal_loss", logits, target, **options)
    assert np.all(np.isfinite(slope))
    assert_allclose(slope[0], [-1, 1], rtol=1e-5)
    assert_allclose(slope[-1], [0, 0], atol=1e-12)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_softmax_focal_formula(column, gamma):
    options = {"alpha": WEIGHT, "gamma": gamma}
    expected = formulas.softmax_focal_loss(LOGITS, CLASSES, **options)
    value = column("softmax_focal_loss", LOGITS, CLASSES, reduction="none", **options)
    assert_allclose(value, expected, rtol=1e-9)


def test_two_classes_are_one_logit(column):
    """A softmax over (0, x) is the sigmoid of x, alpha per class is (1 - alpha, alpha)."""
    pairs = np.stack([np.zeros(7), HUGE], axis=-1)
    target = np.arange(7) % 2
    for gamma in (0.5, 2.0):
        options = {"gamma": gamma, "reduction": "none"}
        softmax = column(
            "softmax_focal_loss", pairs, target, alpha=np.array([0.75, 0.25]), **options
        )
        sigmoid = column("sigmoid_focal_loss", HUGE, target, alpha=0.25, **options)
        assert_allclose(softmax, sigmoid, rtol=1e-6, atol=1e-15)


def test_focal_against_kornia(column):
    torch = pytest.importorskip("torch")
    kornia = pytest.importorskip("kornia")
    logits = torch.tensor(LOGITS)
    options = {"gamma": 2.0, "reduction": "none"}
    multi = kornia.losses.focal_loss(logits, torch.tensor(CLASSES), None, **options)
    value = column("softmax_focal_loss", LOGITS, CLASSES, **options)
    assert_allclose(value, multi.sum(1), rtol=1e-6)
    target = torch.tensor(BINARY)
    binary = kornia.losses.binary_focal_loss_with_logits(
        logits, target, 0.25, **options
    )
    value = column("sigmoid_focal_loss", LOGITS, BINARY, **options)
    assert_allclose(value, binary, rtol=1e-6, atol=1e-7)


# --- Noise, many labels, class weights --------------------------------------------------------


@pytest.mark.parametrize("q", [0.1, 0.7, 1.0])
def test_generalized_cross_entropy_formula(column, q):
    options = {"q": q, "reduction": "none"}
    value = column("generalized_cross_entropy_loss", LOGITS, CLASSES, **options)
    expected = formulas.generalized_cross_entropy_loss(LOGITS, CLASSES, q=q)
    assert_allclose(value, expected, rtol=1e-9)


@pytest.mark.parametrize("q", [0.0, 1e-9])
def test_generalized_cross_entropy_tends_to_cross_entropy(column, q):
    value = column("generalized_cross_entropy_loss", LOGITS, CLASSES, q=q)
    assert_allclose(value, column("cross_entropy_loss", LOGITS, CLASSES), rtol=1e-6)


def test_an_impossible_label_does_not_pull(trainer):
    logits, target = np.array([[0.0, 1e4], [0.0, 200.0]]), np.array([0, 0])
    slope = trainer.gradient(
        "generalized_cross_entropy_loss", logits, target, dtype="float32"
    )
    assert_allclose(slope, 0, atol=1e-30)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"gamma_pos": 1.0, "gamma_neg": 4.0, "margin": 0.05},
        {"gamma_pos": 0.5, "gamma_neg": 0.5, "margin": 0.3},
        {"gamma_pos": 1.0, "gamma_neg": 2.0, "margin": 0.0},
    ],
    ids=str,
)
def test_asymmetric_formula(column, options):
    expected = formulas.asymmetric_loss(LOGITS, BINARY, **options)
    value = column("asymmetric_loss", LOGITS, BINARY, reduction="none", **options)
    assert_allclose(value, expected, rtol=1e-9, atol=1e-14)


def test_asymmetric_without_asymmetry_is_focal(column):
    options = {"gamma_pos": 2.0, "gamma_neg": 2.0, "margin": 0.0}
    value = column("asymmetric_loss", LOGITS, BINARY, **options)
    focal = column("sigmoid_focal_loss", LOGITS, BINARY, alpha=None)
    assert_allclose(value, focal, rtol=1e-9)


def test_asymmetric_drops_easy_negatives(trainer):
    logits = np.log([0.04 / 0.96, 0.06 / 0.94])
    slope = trainer.gradient("asymmetric_loss", logits, np.zeros(2), reduction="sum")
    assert slope[0] == 0
    assert slope[1] > 0


@pytest.mark.parametrize("margin", [0.0, 1e-9, 0.05, 1.0])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 4.0])
def test_asymmetric_slopes_at_saturation(trainer, gamma, margin):
    options = {"gamma_pos": gamma, "gamma_neg": gamma, "margin": margin}
    for target in (np.zeros(7), np.ones(7)):
        for function in (trainer, trainer.gradient):
            single, double = (
                function(
                    "asymmetric_loss",
                    HUGE,
                    target,
                    dtype=dtype,
                    reduction="none",
                    **options,
                )
                for dtype in ("float32", "float64")
            )
            assert np.all(np.isfinite(single))
            assert_allclose(single, double, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("beta", [0.0, 0.9, 0.9999])
def test_class_balanced_formula(column, beta):
    counts = np.array([5000.0, 100.0, 3.0, 1.0])
    expected = formulas.class_balanced_weights(counts, beta=beta)
    value = column("class_balanced_weights", counts, beta=beta)
    assert_allclose(value, expected, rtol=1e-9)
    single = column("class_balanced_weights", counts, beta=beta, dtype="float32")
    assert_allclose(single, expected, rtol=1e-5)


def test_class_balanced_limits(column):
    counts = np.array([10.0, 20.0, 40.0])
    assert_allclose(column("class_balanced_weights", counts, beta=0.0), 1)
    inverse = column("class_balanced_weights", counts, beta=1 - 1e-9)
    assert_allclose(inverse * counts, (inverse * counts)[0], rtol=1e-6)


def test_an_absent_class_changes_nothing_for_the_others(column):
    weights = column("class_balanced_weights", np.array([90.0, 0.0, 10.0]))
    others = column("class_balanced_weights", np.array([90.0, 10.0]))
    assert weights[1] == 0
    assert_allclose(weights[[0, 2]], others)
    assert np.all(column("class_balanced_weights", np.zeros(3)) == 0)


def test_counts_may_be_integers(column):
    counts = column.tensor(np.array([900, 100, 0]))
    weights = column.framework.array(column.module.class_balanced_weights(counts))
    expected = column("class_balanced_weights", np.array([900.0, 100.0, 0.0]))
    assert_allclose(weights, expected, rtol=1e-5)


# --- What counts, and how much ------------------------------------------------------------------

COUNTED = RNG.random((7, 4)) > 0.3
EACH = RNG.uniform(0.1, 3, 7)
BINARY_LOSSES = ["binary_cross_entropy_loss", "sigmoid_focal_loss", "asymmetric_loss"]
WEIGHED = [
    *[(name, BINARY) for name in BINARY_LOSSES],
    *[(name, CLASSES) for name in IGNORING],
    ("soft_cross_entropy_loss", SOFT),
]
each_binary = pytest.mark.parametrize("name", BINARY_LOSSES)
each_ignoring = pytest.mark.parametrize("name", IGNORING)
each_weighed = pytest.mark.parametrize(("name", "target"), WEIGHED)


@each_binary
def test_what_is_masked_might_as_well_be_missing(column, name):
    """Whatever stands there."""
    logits, target = LOGITS.copy(), BINARY.copy()
    logits[~COUNTED], target[~COUNTED] = math.nan, 255
    logits.flat[np.flatnonzero(~COUNTED)[:3]] = math.inf
    value = column(name, logits, target, mask=COUNTED)
    assert_allclose(value, column(name, LOGITS[COUNTED], BINARY[COUNTED]), rtol=1e-12)
    each = column(name, logits, target, mask=COUNTED, reduction="none")
    expected = column(name, LOGITS, BINARY, reduction="none")
    assert_allclose(each, np.where(COUNTED, expected, 0), rtol=1e-12)
    total = column(name, logits, target, mask=COUNTED, reduction="sum")
    assert_allclose(total, each.sum(), rtol=1e-12)


@each_binary
@pytest.mark.parametrize("spoiled", [math.nan, math.inf, -math.inf])
def test_what_is_masked_has_no_slope(trainer, name, spoiled):
    logits, target = LOGITS.copy(), BINARY.copy()
    logits[~COUNTED], target[~COUNTED] = spoiled, spoiled
    weight = np.where(COUNTED, EACH[:, None], spoiled)
    slope = trainer.gradient(name, logits, target, mask=COUNTED, sample_weight=weight)
    options = {"sample_weight": weight[COUNTED]}
    expected = trainer.gradient(name, LOGITS[COUNTED], BINARY[COUNTED], **options)
    assert np.all(slope[~COUNTED] == 0)
    assert_allclose(slope[COUNTED], expected, rtol=1e-12)


@each_binary
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_all_masked(trainer, name, reduction):
    spoiled = np.full_like(LOGITS, math.nan)
    options = {"mask": np.zeros((7, 4), bool), "reduction": reduction}
    for weight in (None, EACH):
        options = {**options, **given({"sample_weight": weight})}
        assert np.all(trainer(name, spoiled, spoiled, **options) == 0)
        assert np.all(trainer.gradient(name, spoiled, spoiled, **options) == 0)


@each_binary
def test_a_mask_may_have_the_leading_axes_alone(column, name):
    rows = np.arange(7) % 2 == 0
    expected = column(name, LOGITS[rows], BINARY[rows])
    for mask in (rows, rows[:, None], np.repeat(rows[:, None], 4, 1)):
        assert_allclose(column(name, LOGITS, BINARY, mask=mask), expected, rtol=1e-12)
    # Also where the number of examples is that of the classes.
    rows = rows[:4]
    value = column(name, LOGITS[:4], BINARY[:4], mask=rows)
    assert_allclose(value, column(name, LOGITS[:4][rows], BINARY[:4][rows]), rtol=1e-12)


def test_a_label_value_is_ignored_by_a_mask(column):
    target = np.where(COUNTED, BINARY, 255)
    value = column("binary_cross_entropy_loss", LOGITS, target, mask=target != 255)
    expected = column("binary_cross_entropy_loss", LOGITS[COUNTED], BINARY[COUNTED])
    assert_allclose(value, expected, rtol=1e-12)


@each_ignoring
@pytest.mark.parametrize("spoiled", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("ignore_index", [-100, 255, 1])
def test_what_is_ignored_has_no_slope(trainer, definition, name, spoiled, ignore_index):
    ignored = (np.arange(7) % 3 == 0) | np.equal(CLASSES, ignore_index)
    target = np.where(ignored, ignore_index, CLASSES)
    logits = np.where(ignored[:, None], spoiled, LOGITS)
    options = {} if ignore_index == -100 else {"ignore_index": ignore_index}
    rest = LOGITS[~ignored], CLASSES[~ignored]
    with np.errstate(invalid="ignore"):
        expected = definition(name, logits, target, sample_weight=EACH, **options)
    weight = {"sample_weight": EACH[~ignored]}
    assert_allclose(expected, definition(name, *rest, **weight), rtol=1e-12)
    value = trainer(name, logits, target, sample_weight=EACH, **options)
    assert_allclose(value, expected, rtol=1e-12)
    slope = trainer.gradient(name, logits, target, sample_weight=EACH, **options)
    assert np.all(slope[ignored] == 0)
    expected = trainer.gradient(name, *rest, **weight)
    assert_allclose(slope[~ignored], expected, rtol=1e-12)


@each_ignoring
def test_every_target_ignored(trainer, name):
    target = np.full(7, -100)
    for reduction in ("mean", "sum", "none"):
        options = {"sample_weight": EACH, "reduction": reduction}
        assert np.all(trainer(name, LOGITS, target, **options) == 0)
        assert np.all(trainer.gradient(name, LOGITS, target, **options) == 0)


@each_weighed
def test_a_weight_of_two_is_an_example_twice(column, name, target):
    counts = np.array([2, 0, 1, 3, 1, 2, 1])
    value = column(name, LOGITS, target, sample_weight=counts.astype(float))
    repeated = (np.repeat(array, counts, axis=0) for array in (LOGITS, target))
    assert_allclose(value, column(name, *repeated), rtol=1e-12)


@each_weighed
def test_weights_of_examples_multiply(column, name, target):
    each = column(name, LOGITS, target, reduction="none")
    weights = EACH[:, None] if each.ndim > 1 else EACH
    options = {"sample_weight": EACH}
    value = column(name, LOGITS, target, reduction="none", **options)
    assert_allclose(value, weights * each, rtol=1e-12)
    total = column(name, LOGITS, target, reduction="sum", **options)
    assert_allclose(total, value.sum(), rtol=1e-12)
    mean = column(name, LOGITS, target, **options)
    shares = np.broadcast_to(weights, each.shape)
    assert_allclose(mean, value.sum() / shares.sum(), rtol=1e-12)
    assert column(name, LOGITS, target, sample_weight=0 * EACH) == 0
    assert np.isnan(column(name, LOGITS, target, sample_weight=math.nan * EACH))


@each_binary
def test_weights_of_values(column, name):
    weights = RNG.uniform(0.1, 3, LOGITS.shape)
    each = column(name, LOGITS, BINARY, reduction="none")
    value = column(name, LOGITS, BINARY, sample_weight=weights, mask=COUNTED)
    expected = np.average(each[COUNTED], weights=weights[COUNTED])
    assert_allclose(value, expected, rtol=1e-12)
    full = np.repeat(EACH[:, None], 4, axis=1)
    assert_allclose(
        column(name, LOGITS, BINARY, sample_weight=full),
        column(name, LOGITS, BINARY, sample_weight=EACH),
        rtol=1e-12,
    )


def test_weights_of_examples_and_of_classes(column):
    options = {"weight": WEIGHT, "label_smoothing": 0.1}
    each = column("cross_entropy_loss", LOGITS, CLASSES, reduction="none", **options)
    value = column("cross_entropy_loss", LOGITS, CLASSES, sample_weight=EACH, **options)
    expected = (EACH * each).sum() / (EACH * WEIGHT[CLASSES]).sum()
    assert_allclose(value, expected, rtol=1e-12)


@pytest.mark.parametrize("name", [*IGNORING, "soft_cross_entropy_loss"])
def test_weights_of_pixels_and_of_images(column, name):
    """The axis of the classes is not among them."""
    function = getattr(column.module, name)
    soft = "soft_" in name
    target = np.eye(4)[MASK] if soft else MASK
    weights = RNG.uniform(0.1, 3, MASK.shape)
    place = image(column, target) if soft else column.tensor(target)
    flat = column.tensor(PIXELS), column.tensor(target.reshape(-1, *target.shape[3:]))
    value = function(image(column, IMAGES), place, sample_weight=column.tensor(weights))
    expected = function(*flat, sample_weight=column.tensor(weights.ravel()))
    assert_allclose(value, expected, rtol=1e-12)
    per_image = weights[:, 0, 0]
    spread = np.broadcast_to(per_image[:, None, None], weights.shape)
    value = function(
        image(column, IMAGES), place, sample_weight=column.tensor(per_image)
    )
    expected = function(*flat, sample_weight=column.tensor(spread.ravel()))
    assert_allclose(value, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "peer", "fixed"),
    [
        ("binary_cross_entropy_loss", "BinaryCrossentropy", {}),
        (
            "sigmoid_focal_loss",
            "BinaryFocalCrossentropy",
            {"apply_class_balancing": True, "alpha": 0.25, "gamma": 2.0},
        ),
    ],
)
def test_smoothing_of_yes_and_no_against_keras(column, name, peer, fixed):
    keras = pytest.importorskip("keras")
    options = {"from_logits": True, "label_smoothing": 0.2, "dtype": "float64"}
    expected = getattr(keras.losses, peer)(**options, **fixed)(BINARY, LOGITS)
    value = column(name, LOGITS, BINARY, label_smoothing=0.2)
    assert_allclose(value, expected, rtol=1e-6)
    smooth = 0.8 * BINARY + 0.1
    assert_allclose(value, column(name, LOGITS, smooth), rtol=1e-12)


def test_smoothed_softmax_focal_loss_against_keras(column):
    keras = pytest.importorskip("keras")
    options = {"from_logits": True, "label_smoothing": 0.2, "dtype": "float64"}
    loss = keras.losses.CategoricalFocalCrossentropy(alpha=1.0, **options)
    expected = loss(np.eye(4)[CLASSES], LOGITS)
    value = column("softmax_focal_loss", LOGITS, CLASSES, label_smoothing=0.2)
    assert_allclose(value, expected, rtol=1e-5)


def test_a_focal_loss_without_focus_is_smoothed_cross_entropy(column):
    options = {"label_smoothing": 0.2, "ignore_index": 1, "sample_weight": EACH}
    focal = column("softmax_focal_loss", LOGITS, CLASSES, gamma=0.0, **options)
    entropy = column("cross_entropy_loss", LOGITS, CLASSES, **options)
    assert_allclose(focal, entropy, rtol=1e-12)


def test_weights_against_torch_and_keras(columns):
    """Both divide by the number of values, whatever the weights."""
    torch, keras = columns["torch"].library, pytest.importorskip("keras")
    weights = np.repeat(EACH[:, None], 4, axis=1)
    theirs = torch.nn.functional.binary_cross_entropy_with_logits(
        torch.tensor(LOGITS), torch.tensor(BINARY), torch.tensor(weights)
    )
    loss = keras.losses.BinaryCrossentropy(from_logits=True, dtype="float64")
    assert_allclose(loss(BINARY, LOGITS, EACH), theirs, rtol=1e-6)
    options = {"from_logits": True, "dtype": "float64"}
    reduction = "mean_with_sample_weight"
    loss = keras.losses.BinaryCrossentropy(reduction=reduction, **options)
    for column in columns.values():
        value = column("binary_cross_entropy_loss", LOGITS, BINARY, sample_weight=EACH)
        assert_allclose(value * EACH.mean(), theirs, rtol=1e-12)
        assert_allclose(value, loss(BINARY, LOGITS, EACH), rtol=1e-6)


@each_weighed
def test_weights_in_another_precision(trainer, name, target):
    function = getattr(trainer.module, name)
    logits = trainer.tensor(LOGITS, "float32")
    target = trainer.tensor(target, "float32")
    for dtype in ("float16", "bfloat16", "float32", "float64"):
        value = function(logits, target, sample_weight=trainer.tensor(EACH, dtype))
        wide = "float64" if dtype == "float64" else "float32"
        assert trainer.framework.dtype(value) == wide
        expected = function(
            logits, target, sample_weight=trainer.tensor(trainer.stored(EACH, dtype))
        )
        assert_allclose(value, expected, rtol=1e-5)


@pytest.mark.parametrize("compiled", [False, True], ids=["graph", "xla"])
def test_masks_and_weights_of_unknown_shape(columns, compiled):
    column, tf = columns["tensorflow"], columns["tensorflow"].library
    tensors = [column.tensor(array) for array in (LOGITS, BINARY, COUNTED, EACH)]
    specs = [tf.TensorSpec([None] * tensor.ndim, tensor.dtype) for tensor in tensors]
    for name in BINARY_LOSSES:

        def run(logits, target, mask, weight, name=name):
            function = getattr(column.module, name)
            return function(logits, target, mask=mask, sample_weight=weight)

        graph = tf.function(run, input_signature=specs, jit_compile=compiled)
        assert_allclose(graph(*tensors), run(*tensors), rtol=1e-12)
        logits, target, mask, weight = tensors
        for wrong in ((mask[:3], weight), (mask, weight[:3])):
            with pytest.raises(tf.errors.InvalidArgumentError):
                graph(logits, target, *wrong)


@each_weighed
def test_one_example_at_a_time(columns, name, target):
    """Gradients of each example, by torch.func."""
    torch, column = columns["torch"].library, columns["torch"]
    function = getattr(column.module, name)

    def one(logits, target, weight):
        return function(logits, target, sample_weight=weight, reduction="sum")

    tensors = [column.tensor(array) for array in (LOGITS, target, EACH)]
    slopes = torch.func.vmap(torch.func.grad(one))(*tensors)
    options = {"sample_weight": EACH, "reduction": "sum"}
    expected = column.gradient(name, LOGITS, target, **options)
    assert_allclose(slopes, expected, rtol=1e-12)


@each_binary
def test_a_mask_of_one_example_at_a_time(columns, name):
    torch, column = columns["torch"].library, columns["torch"]
    function = getattr(column.module, name)

    def one(logits, target, mask):
        return function(logits, target, mask=mask)

    tensors = [column.tensor(array) for array in (LOGITS, BINARY, COUNTED)]
    values = torch.func.vmap(one)(*tensors)
    rows = zip(LOGITS, BINARY, COUNTED, strict=True)
    expected = [column(name, x, y, mask=mask) for x, y, mask in rows]
    assert_allclose(values, expected, rtol=1e-12)


@each_binary
def test_a_mask_holds_booleans_of_the_right_shape(column, name):
    function = getattr(column.module, name)
    tensors = column.tensor(LOGITS), column.tensor(BINARY)
    with pytest.raises(TypeError, match=r"mask must hold booleans, got .*float64"):
        function(*tensors, mask=column.tensor(BINARY))
    shape = r"mask must have shape \(7, 4\) or that of its leading axes, got "
    for wrong in (COUNTED[:, :3], COUNTED[0], COUNTED[..., None]):
        with pytest.raises(ValueError, match=shape):
            function(*tensors, mask=column.tensor(wrong))


@each_weighed
def test_weights_have_the_right_shape(column, name, target):
    wrong = EACH[:3] if target.ndim == 1 or "soft_" in name else WEIGHT
    message = r"sample_weight must have shape \(7,.*\) or that of its leading axes, got"
    with pytest.raises(ValueError, match=message):
        column(name, LOGITS, target, sample_weight=wrong)


def test_a_list_is_no_mask(columns):
    column = columns["torch"]
    tensors = column.tensor(LOGITS), column.tensor(BINARY)
    with pytest.raises(TypeError, match="mask must be a tensor, got list"):
        column.module.binary_cross_entropy_loss(*tensors, mask=[True] * 7)


# --- Errors -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("cross_entropy_loss", {"label_smoothing": 1.5}, "label_smoothing .* 0 to 1"),
        (
            "cross_entropy_loss",
            {"weight": np.ones(3)},
            r"weight must have shape \(4,\)",
        ),
        ("cross_entropy_loss", {"reduction": "average"}, "reduction must be"),
        ("crammer_singer_loss", {"margin": -1.0}, "margin must be at least 0"),
        ("weston_watkins_loss", {"margin": -1.0}, "margin must be at least 0"),
        ("softmax_focal_loss", {"gamma": -1.0}, "gamma must be at least 0"),
        ("softmax_focal_loss", {"alpha": np.ones(3)}, r"alpha must have shape \(4,\)"),
        ("generalized_cross_entropy_loss", {"q": 1.5}, "q must be from 0 to 1"),
    ],
)
def test_options_are_checked(column, name, options, message):
    with pytest.raises(ValueError, match=message):
        column(name, LOGITS, CLASSES, **options)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("soft_cross_entropy_loss", {"label_smoothing": -0.1}, "label_smoothing"),
        (
            "binary_cross_entropy_loss",
            {"pos_weight": np.ones(3)},
            "pos_weight .* shape",
        ),
        ("sigmoid_focal_loss", {"alpha": -1.0}, "alpha must be from 0 to 1, got -1"),
        ("sigmoid_focal_loss", {"gamma": -1.0}, "gamma must be at least 0"),
        ("asymmetric_loss", {"gamma_neg": -1.0}, "gamma_neg must be at least 0"),
        ("asymmetric_loss", {"margin": 2.0}, "margin must be from 0 to 1"),
    ],
)
def test_options_on_binary_targets_are_checked(column, name, options, message):
    with pytest.raises(ValueError, match=message):
        column(name, LOGITS, BINARY, **options)


@pytest.mark.parametrize("beta", [-0.1, 1.0])
def test_beta_is_below_one(column, beta):
    with pytest.raises(ValueError, match="beta must be at least 0 and below 1"):
        column("class_balanced_weights", np.ones(3), beta=beta)


def test_target_has_no_class_axis(column):
    message = (
        r"target must have the shape of logits without the class axis, got \(7, 1\)"
    )
    with pytest.raises(ValueError, match=message):
        column("cross_entropy_loss", LOGITS, CLASSES[:, None])


@pytest.mark.parametrize("name", ["numpy", "torch"])
def test_class_indices_are_integers(columns, name):
    """In TensorFlow they may be floats, as Keras hands them over."""
    column = columns[name]
    logits, target = column.tensor(LOGITS), column.tensor(CLASSES.astype(float))
    with pytest.raises(TypeError, match=r"target must hold integers, got .*float64"):
        column.module.cross_entropy_loss(logits, target)


@pytest.mark.parametrize("dtype", ["int32", "uint8", "int64"])
def test_integers_of_any_size(column, dtype):
    tensors = column.tensor(LOGITS), column.tensor(CLASSES.astype(dtype))
    value = column.module.cross_entropy_loss(*tensors)
    assert_allclose(value, column("cross_entropy_loss", LOGITS, CLASSES))


@pytest.mark.parametrize("wrong", [4, -1])
def test_the_definition_knows_its_classes(definition, wrong):
    with pytest.raises(ValueError, match="target must hold class indices from 0 to 3"):
        definition("cross_entropy_loss", LOGITS, np.full(7, wrong))


def test_keras_trains_on_class_indices(columns):
    keras = pytest.importorskip("keras")
    ltf = columns["tensorflow"].module
    loss = ltf.Loss(ltf.cross_entropy_loss, label_smoothing=0.1)
    peer = columns["numpy"]("cross_entropy_loss", LOGITS, CLASSES, label_smoothing=0.1)
    assert_allclose(loss(CLASSES, LOGITS), peer, rtol=1e-5)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4)])
    model.compile(keras.optimizers.Adam(0.1), loss)
    history = model.fit(LOGITS, CLASSES, epochs=15, verbose=0).history["loss"]
    assert history[-1] < history[0]


# --- No wrong number in silence ---------------------------------------------------------------

ON_INDICES = [
    "cross_entropy_loss",
    "crammer_singer_loss",
    "weston_watkins_loss",
    "softmax_focal_loss",
    "generalized_cross_entropy_loss",
]
NAN_OPTIONS = [
    (card.name, options)
    for card in losses("classification")
    for options in card.options
    if not any(isinstance(value, Input) for value in options.values())
]


def torch_compiled(columns, name, **how):
    torch = columns["torch"].library
    torch.compiler.reset()
    function = getattr(columns["torch"].module, name)
    return torch.compile(function, fullgraph=True, backend="aot_eager", **how)


@pytest.mark.parametrize("dynamic", [None, True])
def test_compiled_focal_loss_follows_its_options(columns, dynamic):
    """The alpha of torch.add is forgotten once the compiler makes a symbol of it."""
    torch, column = columns["torch"].library, columns["torch"]
    compiled = torch_compiled(columns, "sigmoid_focal_loss", dynamic=dynamic)
    logits, target = column.tensor(LOGITS).requires_grad_(), column.tensor(UNIT)
    for alpha, gamma in ((0.25, 2.0), (0.5, 2.0), (0.75, 1.5)):
        options = {"alpha": alpha, "gamma": gamma}
        loss = compiled(logits, target, **options)
        assert_allclose(
            loss.detach(),
            columns["numpy"]("sigmoid_focal_loss", LOGITS, UNIT, **options),
        )
        assert_allclose(
            torch.autograd.grad(loss, logits)[0],
            column.gradient("sigmoid_focal_loss", LOGITS, UNIT, **options),
        )


@pytest.mark.parametrize(("name", "options"), NAN_OPTIONS, ids=str)
def test_nan_comes_out(column, name, options):
    sample = typical(find(name), options, count=3)
    options = {**options, "ignore_index": -1} if "ignore_index" in options else options
    for key in ("logits", "scores", "target"):
        if key in sample and sample[key].dtype.kind == "f":
            spoiled = sample | {key: sample[key].copy()}
            spoiled[key].flat[-1] = math.nan
            for reduction in ("mean", "sum"):
                value = column(name, *spoiled.values(), reduction=reduction, **options)
                assert np.isnan(value)
            value = column(name, *spoiled.values(), reduction="none", **options)
            assert np.isnan(value.flat[-1])
            assert not np.isnan(value.flat[0])


def test_nan_among_the_weights_comes_out(column):
    weight = np.array([1.0, math.nan, 1.0, 1.0])
    assert 1 in CLASSES
    for name, option in [
        ("cross_entropy_loss", "weight"),
        ("softmax_focal_loss", "alpha"),
    ]:
        value = column(name, LOGITS, CLASSES, **{option: weight})
        assert np.isnan(value)
    loss = column("soft_cross_entropy_loss", LOGITS, SOFT, weight=weight)
    assert np.isnan(loss)
    loss = column("binary_cross_entropy_loss", LOGITS, UNIT, pos_weight=weight)
    assert np.isnan(loss)
    counts = np.array([4.0, math.nan, 0.0])
    assert np.isnan(column("class_balanced_weights", counts)).any()


def test_nan_comes_out_where_all_weights_are_zero(column):
    options = {"weight": np.zeros(4)}
    assert column("cross_entropy_loss", LOGITS, CLASSES, **options) == 0
    spoiled = np.where(LOGITS[0, 0] == LOGITS, math.nan, LOGITS)
    assert np.isnan(column("cross_entropy_loss", spoiled, CLASSES, **options))


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
def test_what_is_ignored_may_be_nan(column, label_smoothing):
    spoiled, target = LOGITS.copy(), CLASSES.copy()
    spoiled[2], target[2] = math.nan, -100
    rest = np.arange(7) != 2
    options = {"label_smoothing": label_smoothing, "weight": WEIGHT}
    assert_allclose(
        column("cross_entropy_loss", spoiled, target, **options),
        column("cross_entropy_loss", LOGITS[rest], CLASSES[rest], **options),
        rtol=1e-12,
    )


def test_nan_comes_out_of_xla(columns):
    """XLA's largest of NaN and 1 is 1."""
    tf = columns["tensorflow"].library
    column = columns["tensorflow"]
    spoiled = LOGITS.copy()
    spoiled[0, (CLASSES[0] + 1) % 4] = math.nan
    function = partial(column.module.crammer_singer_loss, reduction="none")
    compiled = tf.function(function, jit_compile=True)
    value = compiled(column.tensor(spoiled), column.tensor(CLASSES)).numpy()
    assert np.isnan(value).tolist() == [True] + 6 * [False]


@pytest.mark.parametrize("name", [*ON_INDICES, "soft_cross_entropy_loss"])
def test_one_class_has_no_rival(column, name):
    """A softmax over one logit is 1 whatever the logit: nothing would be learned."""
    target = SOFT[:, :1] if "soft_" in name else 0 * CLASSES
    with pytest.raises(ValueError, match="must have at least 2 classes, got 1"):
        column(name, LOGITS[:, :1], target)


WRONG = [4, -1, -100]


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("name", ON_INDICES)
def test_a_class_that_there_is_not_is_an_error(column, name, wrong):
    target = CLASSES.copy()
    target[3] = wrong
    options = {"ignore_index": -7} if name in IGNORING else {}
    kind = {
        "numpy": ValueError,
        "torch": (IndexError, RuntimeError),
        "tensorflow": column.name == "tensorflow"
        and column.library.errors.InvalidArgumentError,
    }[column.name]
    with pytest.raises(kind, match=r"(?i)target|index"):
        column(name, LOGITS, target, **options)


def test_a_class_that_there_is_not_makes_nan_under_xla(columns):
    """XLA drops assertions and takes the nearest class."""
    column, tf = columns["tensorflow"], columns["tensorflow"].library
    function = partial(column.module.cross_entropy_loss, reduction="none")
    compiled = tf.function(function, jit_compile=True)
    target = CLASSES.copy()
    target[:4] = [4, -1, -100, 3]
    value = compiled(column.tensor(LOGITS), column.tensor(target)).numpy()
    assert np.isnan(value).tolist() == [True, True, False, *4 * [False]]
    assert value[2] == 0


@pytest.mark.parametrize("wrong", [0.5, -0.25, math.nan])
def test_a_class_in_floats_is_a_whole_number(columns, wrong):
    column = columns["tensorflow"]
    target = CLASSES.astype(float)
    expected = column("cross_entropy_loss", LOGITS, CLASSES)
    function = column.module.cross_entropy_loss
    assert_allclose(function(LOGITS, target), expected)
    target[3] = wrong
    with pytest.raises(column.library.errors.InvalidArgumentError, match="target must"):
        function(LOGITS, target)


MASKED = np.insert(LOGITS, 0, -np.inf, axis=1)


@pytest.mark.parametrize("name", ON_INDICES)
def test_a_masked_class_might_as_well_be_missing(trainer, definition, name):
    for column in (trainer, definition):
        value = column(name, MASKED, CLASSES + 1, reduction="none")
        expected = column(name, LOGITS, CLASSES, reduction="none")
        assert_allclose(value, expected, rtol=1e-12)
        assert_allclose(column(name, MASKED, CLASSES + 1), expected.mean(), rtol=1e-12)
    slope = trainer.gradient(name, MASKED, CLASSES + 1)
    expected = trainer.gradient(name, LOGITS, CLASSES)
    assert_allclose(slope, np.insert(expected, 0, 0, axis=1), rtol=1e-12, atol=1e-15)


def test_a_masked_class_without_a_share_might_as_well_be_missing(trainer, definition):
    target = np.insert(SOFT, 0, 0, axis=1)
    weight = np.insert(WEIGHT, 0, 2.0)
    for column in (trainer, definition):
        assert_allclose(
            column("soft_cross_entropy_loss", MASKED, target, weight=weight),
            column("soft_cross_entropy_loss", LOGITS, SOFT, weight=WEIGHT),
            rtol=1e-12,
        )
    slope = trainer.gradient("soft_cross_entropy_loss", MASKED, target)
    expected = trainer.gradient("soft_cross_entropy_loss", LOGITS, SOFT)
    assert_allclose(slope, np.insert(expected, 0, 0, axis=1), rtol=1e-12, atol=1e-15)


def test_a_masked_class_that_has_a_share_costs_infinity(column):
    options = {"label_smoothing": 0.1}
    assert column("cross_entropy_loss", MASKED, CLASSES + 1, **options) == math.inf
    assert column("cross_entropy_loss", MASKED, 0 * CLASSES) == math.inf
    target = np.insert(SOFT, 0, 0, axis=1)
    assert column("soft_cross_entropy_loss", MASKED, target, **options) == math.inf


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_second_derivatives_at_saturation(columns, dtype):
    torch, column = columns["torch"].library, columns["torch"]

    def finite(name, logits, target, **options):
        function = partial(
            getattr(column.module, name), target=target, reduction="sum", **options
        )
        second = torch.autograd.functional.hessian(function, logits)
        assert torch.isfinite(second).all(), (name, options)

    logits = column.tensor([-1e4, -200, -90, -40, -10, 0, 10, 40, 90, 200, 1e4], dtype)
    pairs = torch.stack([logits, torch.zeros_like(logits)], 1)
    for gamma in (0.0, 1e-3, 0.5, 1.0, 1.5, 2.0):
        for target in (0.0, 1.0, 0.5):
            truth = torch.full_like(logits, target)
            finite("sigmoid_focal_loss", logits, truth, gamma=gamma)
            for margin in (0.0, 0.05):
                powers = {"gamma_pos": gamma, "gamma_neg": gamma, "margin": margin}
                finite("asymmetric_loss", logits, truth, **powers)
        for target in (0, 1):
            truth = torch.full((len(pairs),), target)
            finite("softmax_focal_loss", pairs, truth, gamma=gamma)
    for target in (0, 1):
        truth = torch.full((len(pairs),), target)
        for name in ON_INDICES:
            finite(name, pairs, truth)
        finite("soft_cross_entropy_loss", pairs, torch.eye(2)[truth])
        finite("binary_cross_entropy_loss", logits, torch.full_like(logits, target))


@pytest.mark.parametrize("beta", [1 - 1e-6, 1 - 1e-12, 1 - 2**-53])
def test_class_balanced_weights_near_the_inverse_counts(column, beta):
    """1 - beta ** n has lost its digits there."""
    counts = np.array([3.0, 20.0, 7000.0])
    effective = [-np.expm1(n * np.log1p(beta - 1)) / (1 - beta) for n in counts]
    weights = 3 / np.array(effective) / np.sum(1 / np.array(effective))
    value = column("class_balanced_weights", counts, beta=beta)
    assert_allclose(value, weights, rtol=1e-9)


def test_there_are_no_fewer_than_no_examples(columns):
    counts = np.array([3.0, -1.0])
    with pytest.raises(ValueError, match=r"counts must be at least 0, got -1"):
        columns["numpy"]("class_balanced_weights", counts)
    for name in ("torch", "tensorflow"):
        assert np.isnan(columns[name]("class_balanced_weights", counts)).all()
