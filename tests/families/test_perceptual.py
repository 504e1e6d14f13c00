"""Losses on what images look like: hand values, loops that follow the papers, and peers."""

import functools
import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

import formulas

WANG = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def maps(rng):
    """Feature maps of two layers."""
    return {"shallow": rng.normal(size=(2, 4, 3, 2)), "deep": rng.random((2, 2, 3, 5))}


def smooth(rng, n, height, width, channels):
    """An image with structure at every scale."""
    noise = rng.normal(size=(n, height, width, channels)).cumsum(1).cumsum(2)
    low, high = (f(noise, axis=(1, 2), keepdims=True) for f in (np.min, np.max))
    return (noise - low) / (high - low)


# --- Feature reconstruction ---------------------------------------------------------------


def test_feature_reconstruction_is_the_papers_sum(column, rng):
    pred, target = maps(rng), maps(rng)
    expected = formulas.feature_reconstruction_loss(pred, target)
    value = column("feature_reconstruction_loss", pred, target, reduction="none")
    assert_allclose(value, expected, rtol=1e-12)


def test_weights_choose_the_layers(column, rng):
    pred, target = maps(rng), maps(rng)
    both = column(
        "feature_reconstruction_loss",
        pred,
        target,
        weights={"shallow": 2.0, "deep": 0.5},
    )
    each = [np.mean((pred[x] - target[x]) ** 2) for x in ("shallow", "deep")]
    assert_allclose(both, 2 * each[0] + 0.5 * each[1], rtol=1e-12)
    only = column("feature_reconstruction_loss", pred, target, weights={"deep": 1.0})
    assert_allclose(only, each[1], rtol=1e-12)


def test_the_layers_of_the_target_count(column, rng):
    pred, target = maps(rng), maps(rng)
    deep = {"deep": target["deep"]}
    assert_allclose(
        column("feature_reconstruction_loss", pred, deep),
        np.mean((pred["deep"] - target["deep"]) ** 2),
        rtol=1e-12,
    )


@pytest.mark.parametrize(
    ("pred", "target", "options", "error", "message"),
    [
        ({"a": 4}, {"b": 4}, {}, ValueError, r"pred_features must have the layers"),
        ({"a": 4}, {"a": 4}, {"weights": {"b": 1.0}}, ValueError, r"\['b'\], got \['a"),
        ({"a": 4}, {"a": 4}, {"weights": {}}, ValueError, "at least one layer"),
        (
            {"a": 4},
            {"a": 3},
            {},
            ValueError,
            r"pred_features\['a'\] \(1, .*shape|equal",
        ),
        ({"a": 4}, None, {}, TypeError, "target_features must map layer names"),
    ],
)
def test_layers_that_do_not_fit(columns, pred, target, options, error, message):
    for column in columns.values():
        made = [
            side and {x: column.tensor(np.ones((1, 2, 2, n))) for x, n in side.items()}
            for side in (pred, target)
        ]
        with pytest.raises(error, match=message):
            column.module.feature_reconstruction_loss(*made, **options)


def test_maps_have_four_axes(columns):
    for column in columns.values():
        flat = {"a": column.tensor(np.ones((2, 3, 3)))}
        with pytest.raises(
            ValueError, match=r"pred_features\['a'\] must have shape \(N"
        ):
            column.module.feature_reconstruction_loss(flat, flat)


# --- Topology -----------------------------------------------------------------------------


def test_topology_aware_is_cross_entropy_and_features(column, rng):
    logits = rng.normal(size=(2, 3, 4))
    target = (rng.random((2, 3, 4)) > 0.5).astype("float64")
    pred, true = maps(rng), maps(rng)
    p = 1 / (1 + np.exp(-logits))
    entropy = -(target * np.log(p) + (1 - target) * np.log(1 - p)).mean(axis=(1, 2))
    features = column("feature_reconstruction_loss", pred, true, reduction="none")
    value = column(
        "topology_aware_loss", logits, target, pred, true, mu=0.3, reduction="none"
    )
    assert_allclose(value, entropy + 0.3 * features, rtol=1e-12)


def test_topology_aware_at_its_default(column):
    """Of two images, the second has the features that it should have."""
    features, ones = np.zeros((2, 1, 1, 2)), np.ones((2, 1, 1, 2))
    features[1] = 1
    logits = np.zeros((2, 2, 2))
    value = column("topology_aware_loss", logits, logits, {"a": features}, {"a": ones})
    assert value == pytest.approx(math.log(2) + 0.1 / 2, rel=1e-12)


def test_topology_aware_on_saturated_logits(trainer):
    logits, target = np.full((1, 2, 2), 1e4), np.zeros((1, 2, 2))
    same = {"a": np.ones((1, 2, 2, 2))}
    arrays = (logits, target, same, same)
    assert trainer("topology_aware_loss", *arrays, dtype="float32") == 1e4
    slope = trainer.gradient("topology_aware_loss", *arrays, dtype="float32")
    assert_allclose(slope, 0.25)


@pytest.mark.parametrize(
    ("logits", "count", "message"),
    [
        ((2, 3, 4), 3, r"shapes must be equal, got pixels \(2,\), features \(3,\)"),
        ((2, 1, 3, 4), 2, r"logits must have shape \(N, H, W\), got \(2, 1, 3, 4\)"),
    ],
)
def test_delineations_that_do_not_fit(columns, logits, count, message):
    for column in columns.values():
        mask = column.tensor(np.ones(logits))
        features = {"a": column.tensor(np.ones((count, 2, 2, 2)))}
        with pytest.raises(ValueError, match=message):
            column.module.topology_aware_loss(mask, mask, features, features)


# --- Structural similarity ----------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"window_size": 8, "sigma": 2.0},
        {"data_range": 3.0, "k1": 0.1, "k2": 0.2},
        {"window_size": 1},
    ],
)
def test_ssim_follows_wang(column, options, rng):
    x, y = rng.random((2, 13, 12, 3)), rng.random((2, 13, 12, 3))
    expected = formulas.ssim(x, y, **options)
    assert_allclose(column("ssim", x, y, **options), expected, rtol=1e-9)
    loss = column("ssim_loss", x, y, reduction="none", **options)
    assert_allclose(loss, 1 - expected, rtol=1e-9)


def test_ssim_of_black_and_white(column):
    black, white = np.zeros((1, 11, 11, 1)), np.ones((1, 11, 11, 1))
    assert_allclose(column("ssim", black, white), 1e-4 / (1 + 1e-4), rtol=1e-9)
    assert_allclose(column("ssim", white, white), 1, rtol=1e-12)


def test_the_loss_of_a_black_image_for_a_white_one(column):
    """The second image is right. Without contrast, only the coarsest scale sees the luminance."""
    for name, side, power in (("ssim_loss", 11, 1), ("ms_ssim_loss", 176, 0.1333)):
        white = np.ones((2, side, side, 1))
        black = white * np.array([0, 1]).reshape(2, 1, 1, 1)
        expected = (1 - (1e-4 / (1 + 1e-4)) ** power) / 2
        assert column(name, black, white) == pytest.approx(expected, rel=1e-9)


def test_ssim_of_a_negative_is_below_zero(column, rng):
    image = smooth(rng, 1, 16, 16, 1)
    assert column("ssim", image, 1 - image) < -0.3
    assert column("ssim_loss", image, 1 - image) > 1.3


def test_ssim_does_not_depend_on_the_unit(column, rng):
    x, y = smooth(rng, 1, 16, 16, 2), smooth(rng, 1, 16, 16, 2)
    assert_allclose(
        column("ssim", 255 * x, 255 * y, data_range=255.0),
        column("ssim", x, y),
        rtol=1e-9,
    )
    wrong = column("ssim", 255 * x, 255 * y)
    assert abs(wrong - column("ssim", x, y)) > 0.01


def test_ssim_ranks_a_brighter_image_above_a_blurred_one(column, rng):
    image = smooth(rng, 1, 32, 32, 1)
    blurred = (image + np.roll(image, 1, 1) + np.roll(image, 1, 2)) / 3
    size = np.sqrt(np.mean((blurred - image) ** 2))
    brighter = image + size
    assert_allclose(np.mean((brighter - image) ** 2), size**2)
    assert column("ssim", brighter, image) > column("ssim", blurred, image)


@pytest.mark.parametrize("name", ["ssim_loss", "ms_ssim_loss"])
@pytest.mark.parametrize("level", [0.0, 0.7, 1.0])
def test_float32_on_nearly_flat_images(trainer, definition, name, level, rng):
    x = trainer.stored(level + 1e-2 * rng.random((1, 24, 24, 1)), "float32")
    y = trainer.stored(level + 1e-2 * rng.random((1, 24, 24, 1)), "float32")
    options = {"weights": (0.4, 0.6)} if name == "ms_ssim_loss" else {}
    value = trainer(name, x, y, dtype="float32", **options)
    assert_allclose(value, definition(name, x, y, **options), rtol=1e-4)


@pytest.mark.parametrize("level", [1e4, -1e4])
def test_pixels_far_outside_the_range(trainer, level, rng):
    x = level + 100 * rng.random((1, 12, 12, 1))
    y = level * rng.random((1, 12, 12, 1))
    for pair in ((x, y), (x, np.full_like(x, level)), (x, -x)):
        pair = [trainer.stored(image, "float32") for image in pair]
        for function, rounding in ((trainer, 1e-7), (trainer.gradient, 1e-9)):
            single, double = (
                function("ssim_loss", *pair, dtype=dtype)
                for dtype in ("float32", "float64")
            )
            assert_allclose(single, double, rtol=1e-4, atol=rounding)


@pytest.mark.parametrize(
    "weights", [(1.0,), (0.3, 0.7), (0.2, 0.3, 0.5)], ids=["1", "2", "3"]
)
def test_ms_ssim_follows_wang(column, weights, rng):
    x = smooth(rng, 2, 21, 18, 2)
    y = np.clip(x + 0.1 * rng.normal(size=x.shape), 0, 1)
    options = {"weights": weights, "window_size": 4, "sigma": 1.0}
    expected = formulas.ms_ssim(x, y, **options)
    assert_allclose(column("ms_ssim", x, y, **options), expected, rtol=1e-9)
    loss = column("ms_ssim_loss", x, y, reduction="none", **options)
    assert_allclose(loss, 1 - expected, rtol=1e-9)


@functools.cache
def large():
    """An image of the least size for five scales, a noisy one, and their MS-SSIM by loops."""
    rng = np.random.default_rng(0)
    image = smooth(rng, 1, 176, 176, 1)
    noisy = np.clip(image + 0.1 * rng.normal(size=image.shape), 0, 1)
    return image, noisy, formulas.ms_ssim(image, noisy)


def test_five_scales_follow_wang(column):
    image, noisy, expected = large()
    assert_allclose(column("ms_ssim", image, noisy), expected, rtol=1e-9)
    assert_allclose(column("ms_ssim_loss", image, noisy), *(1 - expected), rtol=1e-9)


def test_a_negative_scale_counts_as_zero(column, rng):
    image = smooth(rng, 1, 24, 24, 1)
    assert column("ms_ssim", image, 1 - image, weights=(0.4, 0.6)) == 0
    assert column("ms_ssim_loss", image, 1 - image, weights=(0.4, 0.6)) == 1


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_no_gradient_where_a_scale_is_negative(trainer, dtype, rng):
    image = smooth(rng, 1, 24, 24, 1)
    slope = trainer.gradient(
        "ms_ssim_loss", image, 1 - image, weights=(0.4, 0.6), dtype=dtype
    )
    assert np.all(slope == 0)


@pytest.mark.parametrize(
    ("name", "shape", "options", "message"),
    [
        ("ssim", (10, 20), {}, "at least 11 x 11 .* scales 1, got 10 x 20"),
        ("ms_ssim", (200, 175), {}, "at least 176 x 176 .* scales 5, got 200 x 175"),
        ("ms_ssim", (9, 9), {"weights": (1.0, 0.0)}, r"weights\[1\] must be above 0"),
        ("ssim", (12, 12), {"sigma": 0.0}, "sigma must be above 0"),
        ("ssim", (12, 12), {"data_range": -1.0}, "data_range must be above 0"),
    ],
)
def test_images_and_options_that_do_not_fit(column, name, shape, options, message):
    image = np.zeros((1, *shape, 1))
    with pytest.raises(ValueError, match=message):
        column(name, image, image, **options)


@pytest.mark.parametrize("size", [5, 11])
def test_against_kornia(column, size, rng):
    torch, kornia = pytest.importorskip("torch"), pytest.importorskip("kornia")
    x, y = rng.random((2, 13, 14, 3)), rng.random((2, 13, 14, 3))
    images = [torch.tensor(z).movedim(-1, 1) for z in (x, y)]
    peer = kornia.metrics.ssim(*images, window_size=size, padding="valid")
    assert_allclose(
        column("ssim", x, y, window_size=size), peer.mean((1, 2, 3)), rtol=1e-8
    )


def test_against_tensorflow(column, rng):
    tf = pytest.importorskip("tensorflow")
    x = smooth(rng, 2, 16, 18, 3).astype("float32")
    y = np.clip(x + 0.1 * rng.normal(size=x.shape), 0, 1).astype("float32")
    assert_allclose(column("ssim", x, y), tf.image.ssim(x, y, 1.0), rtol=1e-5)


def test_five_scales_against_tensorflow(column, rng):
    tf = pytest.importorskip("tensorflow")
    x = smooth(rng, 1, 176, 192, 1).astype("float32")
    y = np.clip(x + 0.1 * rng.normal(size=x.shape), 0, 1).astype("float32")
    peer = tf.image.ssim_multiscale(x, y, 1.0)
    assert_allclose(column("ms_ssim", x, y), peer, rtol=1e-5)
    assert_allclose(column("ms_ssim", x, y, weights=WANG), peer, rtol=1e-5)


def test_autocast_does_not_reach_the_windows(columns):
    torch, module = columns["torch"].library, columns["torch"].module
    x, y = (torch.rand(1, 3, 16, 16, generator=torch.manual_seed(s)) for s in (0, 1))
    plain = module.ssim_loss(x, y)
    with torch.autocast("cpu", torch.bfloat16):
        assert module.ssim_loss(x, y).item() == plain.item()
