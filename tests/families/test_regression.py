"""Losses on real numbers: hand values, limits, special cases, and peers."""

import math
from functools import partial

import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import formulas
from lossguide.catalog import find, losses

ERRORS = np.array([-1e4, -30.0, -2.0, -1.0, -0.3, 0.0, 1e-3, 0.5, 1.0, 7.0, 200.0])
NAMES = [card.name for card in losses("regression")]
each_loss = pytest.mark.parametrize("name", NAMES)


def of_errors(column, name, errors=ERRORS, **options):
    return column(name, errors, np.zeros_like(errors), reduction="none", **options)


@pytest.mark.parametrize(
    ("name", "options", "error", "expected"),
    [
        ("mse_loss", {}, -3.0, 9.0),
        ("l1_loss", {}, -3.0, 3.0),
        ("huber_loss", {}, 0.5, 0.125),
        ("huber_loss", {}, 3.0, 2.5),
        ("huber_loss", {"delta": 2.0}, -3.0, 4.0),
        ("smooth_l1_loss", {}, 0.5, 0.125),
        ("smooth_l1_loss", {}, 3.0, 2.5),
        ("smooth_l1_loss", {"beta": 2.0}, -3.0, 2.0),
        ("charbonnier_loss", {"eps": 4.0}, -3.0, 5.0),
        ("charbonnier_loss", {}, 0.0, 1e-3),
        ("log_cosh_loss", {}, -1.0, math.log(math.cosh(1))),
        ("log_cosh_loss", {}, 1e4, 1e4 - math.log(2)),
        ("general_robust_loss", {"scale": 0.5}, 1.0, math.sqrt(5) - 1),
    ],
)
def test_hand_values(column, name, options, error, expected):
    assert column(name, [error], [0.0], **options) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mse_loss", (0.25 + 9) / 2),
        ("l1_loss", (0.5 + 3) / 2),
        ("huber_loss", (0.125 + 2.5) / 2),
        ("smooth_l1_loss", (0.125 + 2.5) / 2),
        ("charbonnier_loss", (math.hypot(0.5, 1e-3) + math.hypot(3, 1e-3)) / 2),
        ("log_cosh_loss", math.log(math.cosh(0.5) * math.cosh(3)) / 2),
        ("general_robust_loss", (math.sqrt(1.25) + math.sqrt(10)) / 2 - 1),
    ],
)
def test_the_mean_of_two_errors(column, name, expected):
    value = column(name, [0.5, -3.0], [0.0, 0.0])
    assert value == pytest.approx(expected, rel=1e-12)


def test_house_prices(column):
    """Source 003, section 4.1: each of five houses is missed by 10,000."""
    price = np.array([200e3, 250e3, 300e3, 350e3, 400e3])
    predicted = np.array([210e3, 240e3, 290e3, 360e3, 390e3])
    assert np.all(column("mse_loss", predicted, price, reduction="none") == 1e8)
    assert column("mse_loss", predicted, price) == 1e8
    assert np.sqrt(column("mse_loss", predicted, price)) == 10_000


@given(delta=st.floats(1e-3, 1e3))
def test_huber_is_delta_times_smooth_l1(column, delta):
    assert_allclose(
        of_errors(column, "huber_loss", delta=delta),
        delta * of_errors(column, "smooth_l1_loss", beta=delta),
        rtol=1e-12,
    )


@pytest.mark.parametrize("delta", [1e5, math.inf])
def test_huber_with_a_large_delta_is_half_the_square(column, delta):
    half = of_errors(column, "mse_loss") / 2
    assert_allclose(of_errors(column, "huber_loss", delta=delta), half, rtol=1e-12)


def test_huber_with_a_small_delta_is_delta_times_l1(column):
    delta = 1e-9
    huber = of_errors(column, "huber_loss", delta=delta)
    assert_allclose(huber / delta, of_errors(column, "l1_loss"), rtol=1e-6)


def test_charbonnier_is_a_general_robust_loss(column):
    eps = 0.2
    robust = of_errors(column, "general_robust_loss", alpha=1.0, scale=eps)
    assert_allclose(
        of_errors(column, "charbonnier_loss", eps=eps), eps * (robust + 1), rtol=1e-12
    )


SQUARED = (ERRORS / 2) ** 2
SPECIAL_CASES = {
    2.0: SQUARED / 2,
    1.0: np.sqrt(SQUARED + 1) - 1,
    0.0: np.log(SQUARED / 2 + 1),
    -2.0: 2 * SQUARED / (SQUARED + 4),
    -math.inf: 1 - np.exp(-SQUARED / 2),
}


@pytest.mark.parametrize("alpha", SPECIAL_CASES)
def test_general_robust_special_cases(column, alpha):
    value = of_errors(column, "general_robust_loss", alpha=alpha, scale=2.0)
    assert_allclose(value, SPECIAL_CASES[alpha], rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("alpha", [-7.0, -0.5, 0.3, 1.5, 2.5])
def test_general_robust_formula(column, alpha):
    options = {"alpha": alpha, "scale": 2.0}
    expected = formulas.general_robust_loss(ERRORS, 0 * ERRORS, **options)
    value = of_errors(column, "general_robust_loss", **options)
    assert_allclose(value, expected, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize(
    ("alpha", "neighbours"),
    [(2.0, [2 - 1e-9, 2 + 1e-9]), (0.0, [-1e-9, 1e-9]), (-math.inf, [-1e12])],
)
def test_general_robust_is_continuous_in_alpha(column, alpha, neighbours):
    at = of_errors(column, "general_robust_loss", alpha=alpha)
    for neighbour in neighbours:
        near = of_errors(column, "general_robust_loss", alpha=neighbour)
        assert_allclose(near, at, rtol=1e-6, atol=1e-15)


@each_loss
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_no_error_no_gradient(trainer, name, dtype):
    zero = np.zeros(3)
    assert np.all(trainer.gradient(name, zero, zero, dtype=dtype) == 0)


@pytest.mark.parametrize(
    ("name", "options"),
    [("huber_loss", {"delta": 0.5}), ("smooth_l1_loss", {"beta": 0.5})],
)
def test_no_step_in_the_gradient_at_the_seam(trainer, name, options):
    seam = 0.5 + np.array([-1e-12, 0, 1e-12])
    slope = trainer.gradient(name, seam, np.zeros(3), reduction="sum", **options)
    assert_allclose(slope, slope[1], rtol=1e-9)


@each_loss
@pytest.mark.parametrize(
    ("dtype", "largest"), [("float32", 1e6), ("float16", 1.6e4), ("bfloat16", 1e6)]
)
def test_large_errors(trainer, definition, name, dtype, largest):
    pred = trainer.stored([-largest, largest], dtype)
    target = trainer.stored([0.0, -largest], dtype)
    value = trainer(name, pred, target, dtype=dtype, reduction="none")
    assert_allclose(value, definition(name, pred, target, reduction="none"), rtol=1e-5)
    slope = trainer.gradient(name, pred, target, dtype=dtype, reduction="sum")
    expected = trainer.gradient(name, pred, target, reduction="sum")
    assert_allclose(slope, expected, rtol=0.01 if "16" in dtype else 1e-5)


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan])
@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("huber_loss", "delta"),
        ("smooth_l1_loss", "beta"),
        ("charbonnier_loss", "eps"),
        ("general_robust_loss", "scale"),
    ],
)
def test_widths_must_be_positive(column, name, option, value):
    with pytest.raises(ValueError, match=f"{option} must be above 0, got {value}"):
        column(name, [1.0], [0.0], **{option: value})


def test_alpha_must_be_below_infinity(column):
    with pytest.raises(ValueError, match="alpha must be below infinity, got inf"):
        column("general_robust_loss", [1.0], [0.0], alpha=math.inf)


@pytest.mark.parametrize("value", [["a"], [True], [1j]])
def test_the_definition_takes_real_numbers(definition, value):
    with pytest.raises(TypeError, match="pred must hold real numbers, got"):
        definition.module.mse_loss(value, [1.0])


def test_torch_takes_tensors(columns):
    with pytest.raises(TypeError, match="pred must be a tensor, got list"):
        columns["torch"].module.mse_loss([1.0], [1.0])


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("mse_loss", {}),
        ("l1_loss", {}),
        ("huber_loss", {"delta": 0.5}),
        ("smooth_l1_loss", {"beta": 0.5}),
    ],
)
def test_against_torch(columns, name, options):
    torch, ours = columns["torch"].library, columns["torch"].module
    peer = getattr(torch.nn.functional, name)
    pred = torch.tensor(ERRORS, requires_grad=True)
    target = torch.zeros_like(pred)
    values, slopes = [], []
    for function in (getattr(ours, name), peer):
        value = function(pred, target, reduction="none", **options)
        values.append(value)
        slopes += torch.autograd.grad(value.sum(), pred)
    torch.testing.assert_close(*values)
    torch.testing.assert_close(*slopes)


@pytest.mark.parametrize(
    ("name", "peer", "options"),
    [
        ("mse_loss", "MeanSquaredError", {}),
        ("l1_loss", "MeanAbsoluteError", {}),
        ("huber_loss", "Huber", {"delta": 0.5}),
        ("log_cosh_loss", "LogCosh", {}),
    ],
)
def test_against_keras(column, name, peer, options):
    keras = pytest.importorskip("keras")
    loss = getattr(keras.losses, peer)(dtype="float64", **options)
    expected = loss(np.zeros_like(ERRORS), ERRORS)
    value = column(name, ERRORS, np.zeros_like(ERRORS), **options)
    assert_allclose(value, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("alpha", "peer"),
    [
        (1.0, "charbonnier_loss"),
        (0.0, "cauchy_loss"),
        (-2.0, "geman_mcclure_loss"),
        (-math.inf, "welsch_loss"),
    ],
)
def test_against_kornia(column, alpha, peer):
    torch = pytest.importorskip("torch")
    kornia = pytest.importorskip("kornia")
    errors = torch.tensor(ERRORS)
    expected = getattr(kornia.losses, peer)(errors, torch.zeros_like(errors))
    value = of_errors(column, "general_robust_loss", alpha=alpha)
    assert_allclose(value, expected, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("delta", [0.3, 1.0, 20.0])
def test_against_scipy(column, delta):
    expected = scipy.special.huber(delta, ERRORS)
    assert_allclose(of_errors(column, "huber_loss", delta=delta), expected, rtol=1e-12)


# --- No wrong number in silence ---------------------------------------------------------------


@each_loss
def test_nan_comes_out(column, name):
    for options in find(name).options:
        for pred, target in ((math.nan, 0.0), (0.0, math.nan)):
            arrays = [[0.5, pred], [0.0, target]]
            for reduction in ("mean", "sum"):
                assert np.isnan(column(name, *arrays, reduction=reduction, **options))
            value = column(name, *arrays, reduction="none", **options)
            assert np.isnan(value).tolist() == [False, True]


@pytest.mark.parametrize(
    ("name", "options", "curvature"),
    [
        ("mse_loss", {}, 2.0),
        ("huber_loss", {"delta": 0.6}, 1.0),
        ("smooth_l1_loss", {"beta": 0.6}, 1 / 0.6),
        ("charbonnier_loss", {"eps": 0.5}, 2.0),
        ("log_cosh_loss", {}, 1.0),
        *(
            ("general_robust_loss", {"alpha": alpha, "scale": 0.5}, 4.0)
            for alpha in (2.5, 2.0, 0.0, -2.0, -math.inf)
        ),
    ],
)
def test_second_derivative_where_there_is_no_error(columns, name, options, curvature):
    """Written with abs, the bowl of Huber or log-cosh is flat at its bottom."""
    torch = columns["torch"].library
    function = partial(
        getattr(columns["torch"].module, name),
        target=torch.zeros(()),
        **options,
    )
    second = torch.func.grad(torch.func.grad(function))(torch.zeros(()))
    assert_allclose(second, curvature, rtol=1e-6)
    tf = columns["tensorflow"].library
    with tf.GradientTape() as outer, tf.GradientTape() as inner:
        pred = tf.constant(0.0)
        outer.watch(pred)
        inner.watch(pred)
        loss = getattr(columns["tensorflow"].module, name)(pred, 0.0, **options)
        slope = inner.gradient(loss, pred)
    assert_allclose(outer.gradient(slope, pred), curvature, rtol=1e-6)


@pytest.mark.parametrize("alpha", [1e-300, -1e-40, -1e300, -1e31])
def test_general_robust_near_its_limits(trainer, definition, alpha):
    """Numbers that float32 does not hold are taken for the limit that they are next to."""
    value = of_errors(trainer, "general_robust_loss", alpha=alpha, dtype="float32")
    limit = 0.0 if abs(alpha) < 1 else -math.inf
    expected = of_errors(definition, "general_robust_loss", alpha=limit)
    assert_allclose(value, expected, rtol=1e-5)
    slope = trainer.gradient(
        "general_robust_loss", ERRORS, 0 * ERRORS, alpha=alpha, dtype="float32"
    )
    assert np.all(np.isfinite(slope))


def test_compiled_general_robust_loss_follows_alpha(columns):
    """To the compiler of PyTorch, a symbol that stands for -inf is not equal to -inf."""
    torch, column = columns["torch"].library, columns["torch"]
    torch.compiler.reset()
    compiled = torch.compile(
        column.module.general_robust_loss,
        fullgraph=True,
        backend="aot_eager",
        dynamic=True,
    )
    pred, target = column.tensor(ERRORS).requires_grad_(), column.tensor(0 * ERRORS)
    for alpha in (1.0, -math.inf, 0.5, 0.0, 2.0, -2.0):
        loss = compiled(pred, target, alpha=alpha)
        expected = column.module.general_robust_loss(pred, target, alpha=alpha)
        torch.testing.assert_close(loss, expected)
        torch.testing.assert_close(
            *(torch.autograd.grad(value, pred)[0] for value in (loss, expected))
        )
