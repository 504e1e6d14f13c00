"""Losses on style: loops that follow the papers, invariances, and peers."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import formulas
from lossguide.conformance.frameworks import leaves

RNG = np.random.default_rng(0)
FEATURES, OTHERS = RNG.normal(size=(2, 2, 4, 3, 5))
PIXELS = 4 * 3


def products(features):
    return formulas.gram_matrix(features, normalization="none")


@pytest.mark.parametrize(
    ("normalization", "divisor"),
    [("none", 1), ("johnson", 5 * PIXELS), ("gatys", 2 * 5 * PIXELS)],
)
def test_gram_matrix(column, normalization, divisor):
    gram = column("gram_matrix", FEATURES, normalization=normalization)
    assert_allclose(gram, products(FEATURES) / divisor, rtol=1e-12, atol=1e-14)


def test_style_of_single_pixels(column):
    """Pixels of 3 and 1 have Gram matrices of 9/2 and 1/2; the second image is right."""
    pred, true = ({"a": np.reshape(x, (2, 1, 1, 1))} for x in ([3.0, 1.0], [1.0, 1.0]))
    assert_allclose(column("gram_matrix", pred["a"]).ravel(), [9 / 2, 1 / 2])
    assert column("content_loss", pred, true) == pytest.approx(2 / 2)
    assert column("style_loss", pred, true) == pytest.approx(16 / 2)
    assert column("statistics_loss", pred, true) == pytest.approx(4 / 2)
    both = column("content_style_loss", pred, true, true)
    assert both == pytest.approx((2 + 1000 * 16) / 2)


def test_style_loss_is_the_papers_equation(column):
    """Gatys et al. 2016, eq. 4 and 5, and Johnson et al. 2016, section 3.2."""
    squares = ((products(FEATURES) - products(OTHERS)) ** 2).sum(axis=(1, 2))
    pred, style = {"a": FEATURES, "b": FEATURES}, {"a": OTHERS, "b": FEATURES}
    for normalization, factor in (
        ("none", 1),
        ("gatys", 1 / (4 * 5**2 * PIXELS**2)),
        ("johnson", 1 / (5 * PIXELS) ** 2),
    ):
        value = column(
            "style_loss",
            pred,
            style,
            weights={"a": 0.5, "b": 0.5},
            normalization=normalization,
            reduction="none",
        )
        assert_allclose(value, 0.5 * factor * squares, rtol=1e-9)


def test_gatys_published_code_has_the_value_of_johnsons_paper(column):
    """leongatys/PytorchNeuralStyleTransfer#14: divided by H W, and a mean over the C x C entries."""
    code = np.mean((products(FEATURES) - products(OTHERS)) ** 2) / PIXELS**2
    pair = {"a": FEATURES}, {"a": OTHERS}
    value = column("style_loss", *pair, normalization="johnson")
    assert_allclose(value, code, rtol=1e-9)
    assert_allclose(value, 4 * column("style_loss", *pair), rtol=1e-12)


def test_where_features_are_does_not_matter_for_style(column):
    shifted = {"a": np.roll(FEATURES, (1, 2), axis=(1, 2))}
    shuffled = FEATURES.reshape(2, -1, 5)[:, RNG.permutation(PIXELS)]
    for moved in (shifted, {"a": shuffled.reshape(FEATURES.shape)}):
        here = {"a": FEATURES}
        assert_allclose(column("style_loss", moved, here), 0, atol=1e-28)
        assert_allclose(column("statistics_loss", moved, here), 0, atol=1e-28)
        assert column("content_loss", moved, here) > 1


@pytest.mark.parametrize("name", ["style_loss", "statistics_loss"])
def test_a_texture_repeated_has_the_same_style(column, name):
    repeated = {"a": np.tile(FEATURES, (1, 2, 3, 1))}
    here = {"a": FEATURES}
    assert_allclose(column(name, repeated, here), 0, atol=1e-28)
    assert_allclose(column(name, here, repeated), 0, atol=1e-28)


def test_only_the_gram_matrix_sees_what_occurs_together(column):
    apart = FEATURES.copy()
    apart[..., 0] = np.roll(apart[..., 0], 1, axis=1)
    pair = {"a": apart}, {"a": FEATURES}
    assert_allclose(column("statistics_loss", *pair), 0, atol=1e-28)
    assert column("style_loss", *pair) > 1e-4


def test_content_loss_is_the_papers_equation(column):
    """Gatys et al. 2016, eq. 1; the mean that Johnson et al. take is 2 / (C H W) times it."""
    expected = [
        0.5 * np.sum((a - b) ** 2) for a, b in zip(FEATURES, OTHERS, strict=True)
    ]
    pair = {"a": FEATURES}, {"a": OTHERS}
    assert_allclose(column("content_loss", *pair, reduction="none"), expected)
    assert_allclose(
        column("feature_reconstruction_loss", *pair, reduction="none"),
        2 * np.array(expected) / (5 * PIXELS),
    )


@pytest.mark.parametrize("normalization", ["gatys", "johnson", "none"])
def test_content_style_is_the_weighted_sum(column, normalization):
    pred = {"a": FEATURES, "b": OTHERS, "c": FEATURES + OTHERS}
    content, style = {"c": FEATURES}, {"a": OTHERS[:, :2], "b": FEATURES[:, :, :1]}
    options = {"reduction": "none"}
    weights = {"a": 0.25, "b": 4.0}
    parts = [
        column("content_loss", pred, content, weights={"c": 3.0}, **options),
        column(
            "style_loss",
            pred,
            style,
            weights=weights,
            normalization=normalization,
            **options,
        ),
    ]
    value = column(
        "content_style_loss",
        pred,
        content,
        style,
        alpha=0.7,
        beta=20.0,
        content_weights={"c": 3.0},
        style_weights=weights,
        normalization=normalization,
        **options,
    )
    assert_allclose(value, 0.7 * parts[0] + 20 * parts[1], rtol=1e-12)


# --- Channel statistics -------------------------------------------------------------------


def test_statistics_loss_is_the_papers_equation(column):
    """Huang and Belongie 2017, eq. 13, with squared norms as in their code."""
    pair = {"a": FEATURES}, {"a": OTHERS[:, :2]}
    value = column("statistics_loss", *pair, reduction="none")
    assert_allclose(value, formulas.statistics_loss(*pair), rtol=1e-12)


def test_adain_gives_content_the_statistics_of_style(column):
    result = column("adain", FEATURES, OTHERS[:, :2], eps=1e-12)
    mean, std = column("channel_statistics", result, eps=1e-12)
    new_mean, new_std = column("channel_statistics", OTHERS[:, :2], eps=1e-12)
    assert_allclose(mean, new_mean, rtol=1e-9)
    assert_allclose(std, new_std, rtol=1e-9)


def test_adain_against_torch(column):
    torch = pytest.importorskip("torch")
    images = torch.tensor(FEATURES).movedim(-1, 1)
    normal = torch.nn.functional.instance_norm(images, eps=1e-5).movedim(1, -1)
    mean, std = column("channel_statistics", OTHERS)
    expected = normal.numpy() * std[:, None, None] + mean[:, None, None]
    assert_allclose(column("adain", FEATURES, OTHERS), expected, rtol=1e-9)


@pytest.mark.parametrize("level", [0.0, 1.0, 1e4])
def test_flat_maps_have_a_slope(trainer, level):
    flat = np.full((1, 2, 2, 1), level)
    for dtype in ("float64", "float32"):
        slopes = trainer.gradients("adain", flat, FEATURES[:1, ..., :1], dtype=dtype)
        std = np.sqrt(FEATURES[:1, ..., :1].var() + 1e-5)
        weights = np.cos(np.arange(4))
        expected = (weights - weights.mean()) * std / np.sqrt(1e-5)
        assert_allclose(slopes["content"].ravel(), expected, rtol=1e-4)
        _, std = trainer("channel_statistics", flat, dtype=dtype)
        assert_allclose(std, np.sqrt(1e-5), rtol=1e-6)


def test_statistics_of_one_pixel(trainer):
    pixel = np.full((1, 1, 1, 2), 3.0)
    mean, std = trainer("channel_statistics", pixel)
    assert_allclose(mean, [[3, 3]])
    assert_allclose(std, np.sqrt(1e-5), rtol=1e-9)
    style = FEATURES[:1, ..., :2]
    slope = trainer.gradient("statistics_loss", {"a": pixel}, {"a": style})
    assert_allclose(slope["a"].ravel(), 2 * (3 - style.mean(axis=(0, 1, 2))))


# --- Total variation ----------------------------------------------------------------------

CORNER = np.array([[0.0, 0.0, 0.0], [0.0, 3.0, 4.0]]).reshape(1, 2, 3, 1)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("anisotropic", 3 + 4 + 3 + 1), ("isotropic", 3 + 4 + 3 + 1), ("squared", 35)],
)
def test_total_variation_of_steps(column, kind, expected):
    """No pixel has a step both down and to the right here."""
    assert column("total_variation_loss", CORNER, kind=kind) == expected


def test_isotropic_variation_does_not_favour_straight_edges(column):
    """One pixel apart below and on the right: 3 + 4 against 5."""
    image = np.array([[0.0, 4.0], [3.0, 3.0]]).reshape(1, 2, 2, 1)
    assert column("total_variation_loss", image) == 3 + 4 + 1
    flat = np.concatenate([image, 0 * image])
    assert column("total_variation_loss", flat) == (3 + 4 + 1) / 2
    assert column("total_variation_loss", image, kind="isotropic") == 5 + 1


@pytest.mark.parametrize("kind", ["anisotropic", "isotropic", "squared"])
def test_total_variation_of_a_flat_image(trainer, kind):
    flat = np.full((2, 3, 3, 2), 0.3)
    assert trainer("total_variation_loss", flat, kind=kind) == 0
    assert np.all(trainer.gradient("total_variation_loss", flat, kind=kind) == 0)


@pytest.mark.parametrize("kind", ["anisotropic", "isotropic"])
@pytest.mark.parametrize("shape", [(1, 1, 5, 2), (1, 5, 1, 2), (1, 1, 1, 2)])
def test_total_variation_of_one_row(column, kind, shape):
    line = RNG.normal(size=shape)
    expected = np.abs(np.diff(line.reshape(-1, 2), axis=0)).sum()
    value = column("total_variation_loss", line, kind=kind)
    assert_allclose(value, expected, rtol=1e-12)


def test_total_variation_against_tensorflow(column):
    tf = pytest.importorskip("tensorflow")
    value = column("total_variation_loss", FEATURES, reduction="none")
    assert_allclose(value, tf.image.total_variation(tf.constant(FEATURES)), rtol=1e-12)


def test_total_variation_against_kornia(column):
    torch, kornia = pytest.importorskip("torch"), pytest.importorskip("kornia")
    peer = kornia.losses.total_variation(torch.tensor(FEATURES).movedim(-1, 1))
    value = column("total_variation_loss", FEATURES, reduction="none")
    assert_allclose(value, peer.sum(1), rtol=1e-9)


# --- Edges and errors ---------------------------------------------------------------------


@pytest.mark.parametrize("normalization", ["gatys", "johnson", "none"])
def test_large_features_in_float32(trainer, normalization):
    large = {"a": np.full((1, 32, 32, 16), 1e4)}
    zero = {"a": np.zeros((1, 1, 1, 16))}
    for function in (trainer, trainer.gradient):
        single, double = (
            function(
                "style_loss", large, zero, normalization=normalization, dtype=dtype
            )
            for dtype in ("float32", "float64")
        )
        for one, other in zip(leaves(single), leaves(double), strict=True):
            assert_allclose(one, other, rtol=1e-5)


def test_autocast_does_not_reach_the_gram_matrix(columns):
    """Half precision ends at 65,504: a product of features is soon beyond."""
    torch, module = columns["torch"].library, columns["torch"].module
    features = torch.full((1, 4, 8, 8), 100.0, dtype=torch.float16)
    with torch.autocast("cpu", torch.bfloat16):
        gram = module.gram_matrix(features, normalization="none")
    assert gram.dtype == torch.float32
    assert torch.all(gram == 64 * 100.0**2)


@pytest.mark.parametrize(
    ("name", "arrays", "options", "message"),
    [
        ("gram_matrix", [FEATURES[0]], {}, "features must have shape .N"),
        ("gram_matrix", [FEATURES], {"normalization": "x"}, '"gatys", "johnson" or'),
        ("total_variation_loss", [FEATURES], {"kind": "l2"}, 'kind must be "anisotr'),
        ("channel_statistics", [FEATURES], {"eps": 0.0}, "eps must be above 0"),
        (
            "adain",
            [FEATURES, OTHERS[..., :4]],
            {},
            "N and C must be equal, got content",
        ),
        (
            "style_loss",
            [{"a": FEATURES}, {"a": OTHERS[:1]}],
            {},
            r"got pred_features\['",
        ),
        ("style_loss", [{"a": FEATURES}, {"b": OTHERS}], {}, "pred_features must have"),
        ("content_loss", [{"a": FEATURES}, {"a": OTHERS[:, :2]}], {}, "must be equal"),
        (
            "content_style_loss",
            [{"a": FEATURES}, {"a": FEATURES}, {"a": OTHERS}],
            {"style_weights": {"b": 1.0}},
            "pred_features must have the layers",
        ),
    ],
)
def test_what_does_not_fit(column, name, arrays, options, message):
    with pytest.raises(ValueError, match=message):
        column(name, *arrays, **options)
