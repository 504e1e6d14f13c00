"""What comes in broken does not come out whole, and what is degenerate stays finite: boxes, metric, perceptual,
style and gan."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from lossguide.catalog import CARDS, find
from lossguide.conformance.edges import edges
from lossguide.conformance.frameworks import leaves
from lossguide.conformance.samples import plain_options, typical

FAMILIES = ("boxes", "metric", "perceptual", "style", "gan")
# NumPy's input_gradient is a finite difference of the whole batch.
CASES = [
    (card, options)
    for card in CARDS
    for options in card.options
    if card.family in FAMILIES and card.name != "input_gradient"
]
# What gives indices, for which there is no NaN.
ORDERED = ("nms", "diou_nms", "iou_guided_nms", "soft_nms", "mine_triplets")
VALUED = [case for case in CASES if case[0].name not in ORDERED]
TRAINED = [
    case for case in CASES if any(about.gradient for about in case[0].inputs.values())
]


def label(value):
    if isinstance(value, dict):
        return ",".join(map(str, value.values())) or "defaults"
    return value.name


# --- NaN in, NaN out -----------------------------------------------------------------------


def floating(sample):
    """The float arrays of a sample, with the layers of a mapping one by one."""
    for name, value in sample.items():
        for layer, array in value.items() if isinstance(value, dict) else [("", value)]:
            if array.dtype.kind == "f":
                yield name, layer, array


def with_entry(sample, name, layer, index, number):
    """The sample with one number of one array changed."""
    value = sample[name]
    array = (value[layer] if layer else value).copy()
    array[index] = number
    return {**sample, name: {**value, layer: array} if layer else array}


def depends(function, sample, place, entry):
    """Which numbers of the result change when that entry of the arguments does."""
    before = leaves(function(sample))
    changed = [np.zeros(part.shape, bool) for part in before]
    for number in (entry - 0.1, entry + 0.1, -100.0, 0.0, 0.5, 3.0, 100.0):
        after = leaves(function(with_entry(sample, *place, number)))
        for marks, one, other in zip(changed, before, after, strict=True):
            marks |= ~np.isclose(one, other, rtol=1e-13, atol=0)
    return changed


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize(("card", "options"), VALUED, ids=label)
def test_nan_comes_out(columns, card, options):
    """It does in each number of the result that depends on it, by the definition."""
    plain = plain_options(options)
    sample = typical(card, options, count=6 if card.family == "metric" else 3)
    rng = np.random.default_rng(0)
    for reduction in ("none", "mean") if card.is_loss else (None,):
        if reduction:
            plain["reduction"] = reduction
        for name, layer, array in floating(sample):
            place = name, layer, tuple(rng.integers(0, array.shape))
            broken = with_entry(sample, *place, np.nan)
            expected = depends(
                lambda s: columns["numpy"].subject(card.name)(s, **plain),
                sample,
                place,
                array[place[2]],
            )
            for column in columns.values():
                value = leaves(column.subject(card.name)(broken, **plain))
                for part, marks in zip(value, expected, strict=True):
                    assert np.all(np.isnan(part)[marks]), (column.name, place)


@pytest.mark.parametrize("name", ORDERED)
@pytest.mark.parametrize("at", [0, 1])
def test_nan_has_no_place_in_an_order(column, name, at):
    card = find(name)
    sample = typical(card, card.options[0])
    argument = list(card.inputs)[at]
    if sample[argument].dtype.kind != "f":
        pytest.skip("holds whole numbers")
    broken = {**sample, argument: np.full_like(sample[argument], np.nan)}
    refused = getattr(column.library, "errors", None)
    refused = refused.InvalidArgumentError if refused else ValueError
    with pytest.raises(refused, match=f"{argument} must not hold NaN"):
        column.subject(name)(broken, **card.options[0])


@pytest.mark.filterwarnings("ignore:(invalid value|overflow):RuntimeWarning")
@pytest.mark.parametrize("mining", ["hard", "semi-hard", "all"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_mining_survives_what_has_no_distance(column, mining, dtype):
    """Where there is no triplet, NaN matters not; a square may overflow."""
    for labels in ([0, 0], [0, 1]):
        broken = [[np.nan, 1.0], [2.0, 3.0]]
        each = column(
            "batch_triplet_loss",
            broken,
            labels,
            mining=mining,
            reduction="none",
            dtype=dtype,
        )
        assert_array_equal(each, [0, 0])
    far = (
        [[1e200], [-1e200], [2e200]]
        if dtype == "float64"
        else [[9e18], [-2e19], [3e19]]
    )
    value = column(
        "batch_triplet_loss",
        far,
        [0, 0, 1],
        mining=mining,
        distance="squared",
        dtype=dtype,
    )
    assert value.shape == ()


# --- Classes -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["arcface_loss", "cosface_loss", "center_loss"])
@pytest.mark.parametrize("wrong", [-1, -100, 3])
def test_a_class_that_is_none_is_an_error(column, name, wrong):
    """A negative number is not counted from the end, nor is -100 left out."""
    sample = typical(find(name), {})
    sample["target"] = np.array([0, 1, wrong, 2])
    errors = (ValueError, IndexError, RuntimeError)
    if column.name == "tensorflow":
        errors = column.library.errors.InvalidArgumentError
    with pytest.raises(errors, match=r"target must hold classes|out of"):
        column.subject(name)(sample)


@pytest.mark.parametrize("name", ["arcface_loss", "cosface_loss", "center_loss"])
def test_tensorflow_takes_the_classes_that_keras_hands_over(columns, name):
    """Keras makes floats of targets; where there can be no error, in XLA, no class is NaN."""
    tf, column = columns["tensorflow"].library, columns["tensorflow"]
    sample = typical(find(name), {})
    embeddings, rows, target = column.subject(name).tensors(sample, "float32")
    function = getattr(column.module, name)
    value = function(embeddings, rows, target)
    assert function(embeddings, rows, tf.cast(target, tf.float32)) == value
    compiled = tf.function(function, jit_compile=True)
    assert_allclose(compiled(embeddings, rows, target), value, rtol=1e-5)
    assert np.isnan(compiled(embeddings, rows, target - 3))


def test_tensorflow_takes_the_labels_that_keras_hands_over(columns):
    tf, module = columns["tensorflow"].library, columns["tensorflow"].module
    embeddings = tf.constant(np.random.default_rng(0).normal(size=(6, 3)))
    labels = tf.constant([0, 1, -1, 0, 1, -1])
    for function in (module.batch_triplet_loss, module.supervised_contrastive_loss):
        value = function(embeddings, tf.cast(labels, tf.float32))
        assert value == function(embeddings, labels)
        with pytest.raises(tf.errors.InvalidArgumentError, match="whole numbers"):
            function(embeddings, [0.0, 1.0, 0.5, 0.7, np.nan, 1.0])


# --- Second derivatives --------------------------------------------------------------------


@pytest.mark.parametrize(("card", "options"), TRAINED, ids=label)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_second_derivatives_are_finite(columns, card, options, dtype):
    """They are at zero distance, at zero vectors, for boxes without area and where all is saturated."""
    torch, column = columns["torch"].library, columns["torch"]
    of_all_pairs = card.name == "pairwise_distances" or options.get("mining") in (
        "semi-hard",
        "all",
    )
    once = of_all_pairs and options.get("distance") != "cosine"
    for sample in [*edges(card, options)][:14]:
        tensors = column.subject(card.name).tensors(sample, dtype)
        wanted = [
            leaf.requires_grad_()
            for about, tensor in zip(card.inputs.values(), tensors, strict=True)
            if about.gradient
            for leaf in leaves(tensor)
        ]
        value = column.subject(card.name).run(*tensors, **plain_options(options))
        slopes = torch.autograd.grad(
            total(torch, value), wanted, create_graph=True, allow_unused=True
        )
        slopes = [slope for slope in slopes if slope is not None]
        assert all(slope.isfinite().all() for slope in slopes)
        if not total(torch, slopes).requires_grad:
            continue
        if once:
            with pytest.raises(NotImplementedError, match="cdist"):
                torch.autograd.grad(total(torch, slopes), wanted)
        else:
            curves = torch.autograd.grad(
                total(torch, slopes), wanted, materialize_grads=True
            )
            assert all(curve.isfinite().all() for curve in curves), sample


def total(torch, value):
    """All numbers as one, each with a weight of its own."""
    return sum(
        (part * torch.linspace(0.3, 1, part.numel()).reshape(part.shape)).sum()
        for part in leaves(value)
    )


# --- Digits --------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("size", [300.0, 2e4])
def test_the_area_of_a_large_box_does_not_overflow(column, dtype, size):
    """In float16, 300 times 300 is infinite."""
    whole, half = [[0.0, 0.0, size, size]], [[0.0, 0.0, size, size / 2]]
    assert column("box_area", whole, dtype=dtype) == pytest.approx(size**2, rel=0.01)
    assert column("iou_loss", whole, whole, dtype=dtype) == pytest.approx(0, abs=1e-6)
    for name in ("iou_loss", "smooth_iou_loss", "giou_loss", "alpha_iou_loss"):
        expected = 1 - 0.5**3 if name == "alpha_iou_loss" else 0.5
        value = column(name, whole, half, dtype=dtype)
        assert value == pytest.approx(expected, abs=0.01), name
    for name in ("diou_loss", "ciou_loss", "eiou_loss", "nwd_loss"):
        assert np.isfinite(column(name, whole, half, dtype=dtype)), name
    keep = column("nms", whole + half, [0.5, 0.9], iou_threshold=0.4, dtype=dtype)
    assert_array_equal(keep, [1])


@pytest.mark.parametrize("side", [1e-3, 1e-7, 1e-12])
def test_ciou_of_tiny_boxes(trainer, definition, side):
    """The angle between two diagonals does not depend on eps, as that of boxes in parts of the image would."""
    pair = [[0.0, 0.0, side, side]], [[0.0, 0.0, side, 2 * side]]
    for options in ({}, {"eps": 1e-30}):
        expected = definition("ciou", *pair, **options)
        assert_allclose(trainer("ciou", *pair, **options), expected, rtol=1e-12)
        value = trainer("ciou", *pair, dtype="float32", **options)
        assert_allclose(value, expected, rtol=1e-5)
        slope = trainer.gradient("ciou", *pair, dtype="float32", **options)
        assert np.all(np.isfinite(slope))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_large_vectors_do_not_overflow(trainer, dtype):
    """In float16, the square of 300 and the sum of a thousand hundreds are infinite."""
    vectors = np.full((2, 8), 300.0) * [[1], [-1]]
    distance = np.sqrt(8 * 600**2)
    options = {"dtype": dtype}
    assert_allclose(
        trainer("pairwise_distances", vectors, vectors, **options),
        distance * (1 - np.eye(2)),
        rtol=0.01,
    )
    assert trainer(
        "triplet_loss", vectors, -vectors, vectors, **options
    ) == pytest.approx(distance + 0.2, rel=0.01)
    assert trainer(
        "center_loss", vectors, -vectors, [0, 1], **options
    ) == pytest.approx(distance**2 / 2, rel=0.01)
    assert_allclose(trainer("info_nce_loss", vectors, vectors, **options), 0, atol=1e-6)
    features = np.full((1, 8, 8, 2), 300.0)
    gram = trainer("gram_matrix", features, normalization="none", **options)
    assert_allclose(gram, 64 * 300.0**2 * np.ones((1, 2, 2)), rtol=0.01)
    assert trainer("r1_loss", features, **options) == pytest.approx(
        64 * 300.0**2, rel=0.01
    )
    mean, std = trainer("channel_statistics", features, **options)
    assert_allclose(mean, 300 * np.ones((1, 2)), rtol=0.01)
    assert_allclose(std, 0.003 * np.ones((1, 2)), atol=0.001)


@pytest.mark.parametrize("far", [0.0, 1e3, 1e5])
def test_equal_rows_are_at_no_distance(trainer, far):
    """Not even for mining: a twin of the positive is not farther than the positive."""
    rng = np.random.default_rng(0)
    half = np.float32(far + rng.normal(size=(33, 7))).astype("float64")
    twins, labels = np.concatenate([half, half[::-1]]), np.arange(66) % 2
    options = {"dtype": "float32", "reduction": "none"}
    for mining in ("semi-hard", "hard", "all"):
        expected = trainer("batch_triplet_loss", twins, labels, mining=mining)
        value = trainer("batch_triplet_loss", twins, labels, mining=mining, **options)
        exact = trainer(
            "batch_triplet_loss", twins, labels, mining=mining, reduction="none"
        )
        assert_allclose(value, exact, rtol=1e-5, atol=1e-5 * (1 + expected))
    distances = trainer("pairwise_distances", twins, twins, dtype="float32")
    same = np.all(twins[:, None] == twins, axis=-1)
    assert np.all(distances[same] == 0)
    slope = trainer.gradient("pairwise_distances", twins, twins, dtype="float32")
    assert np.all(np.isfinite(slope))


@pytest.mark.parametrize(
    ("name", "arrays", "options"),
    [
        ("info_nce_loss", (np.eye(3), np.eye(3)), {}),
        ("nt_xent_loss", (np.eye(3), np.eye(3)), {"temperature": 0.07}),
        ("supervised_contrastive_loss", (np.eye(3)[[0, 0, 1, 1]], [0, 0, 1, 1]), {}),
        ("n_pair_loss", (5 * np.eye(3), 3 * np.eye(3)), {}),
        ("arcface_loss", (np.eye(3), np.eye(3), [0, 1, 2]), {"scale": 30.0}),
        ("cosface_loss", (np.eye(3), np.eye(3), [0, 1, 2]), {"scale": 20.0}),
    ],
)
def test_a_small_cross_entropy_keeps_its_digits(
    trainer, definition, name, arrays, options
):
    """The log of a sum less a logit of 15 would leave a multiple of 1e-6."""
    value = trainer(name, *arrays, dtype="float32", **options)
    expected = definition(name, *arrays, **options)
    assert_allclose(value, expected, rtol=1e-5, atol=2e-7)


# --- Suppression ---------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_overlap_at_the_threshold_is_kept(column, dtype):
    """A box is dropped for more than the threshold, as in torchvision: the overlaps here are a half and a third."""
    boxes = [[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 2.0, 1.0]]
    arrays = boxes, [0.9, 0.8]
    half = 0.5 + 1e-6
    for threshold, kept in ((0.5, [0, 1]), (half, [0, 1]), (0.5 - 1e-6, [0])):
        options = {"iou_threshold": threshold, "dtype": dtype}
        assert_array_equal(column("nms", *arrays, **options), kept)
        keep, _ = column("iou_guided_nms", *arrays, arrays[1], **options)
        assert_array_equal(keep, kept)
        _, scores = column("soft_nms", *arrays, method="linear", **options)
        lowered = 0.8 if len(kept) == 2 else 0.4
        assert_allclose(scores, [0.9, lowered], rtol=1e-6)
