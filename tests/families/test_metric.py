"""Losses on embeddings: hand values, loops as in the papers, peers, and batches without triplets."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import formulas

RNG = np.random.default_rng(0)
COUNT, WIDTH = 12, 5
EMBEDDINGS = RNG.normal(size=(COUNT, WIDTH))
OTHERS = EMBEDDINGS + RNG.normal(scale=0.7, size=(COUNT, WIDTH))
LABELS = RNG.integers(0, 4, COUNT)
CENTERS = RNG.normal(size=(4, WIDTH))
MINING = ("hard", "semi-hard", "all")
# One label is alone, so that its example has no positive.
LINE = np.array([[0.0], [1.0], [1.5], [5.0], [20.0]])
LINE_LABELS = np.array([0, 0, 1, 1, 2])

each_mining = pytest.mark.parametrize("mining", MINING)
each_distance = pytest.mark.parametrize("distance", ["euclidean", "squared", "cosine"])
each_soft = pytest.mark.parametrize("soft", [False, True])


# --- Distances, pairs and triplets ---------------------------------------------------------


@each_distance
def test_pairwise_distances(column, distance):
    expected = formulas.pairwise_distances(EMBEDDINGS, CENTERS, distance=distance)
    value = column("pairwise_distances", EMBEDDINGS, CENTERS, distance=distance)
    assert_allclose(value, expected, rtol=1e-12)


def test_cosine_distances(column):
    """Along, across and against; of any length but 0, which has no direction."""
    first, second = [[2.0, 0.0], [0.0, 0.0]], [[5.0, 0.0], [0.0, 0.1], [-3.0, 0.0]]
    value = column("pairwise_distances", first, second, distance="cosine")
    assert_allclose(value, [[0, 1, 2], [1, 1, 1]], atol=1e-15)


def test_a_vector_without_direction_has_no_gradient(trainer):
    zeros = np.zeros((4, 2))
    for mining in MINING:
        options = {"mining": mining, "distance": "cosine", "margin": 0.5}
        slope = trainer.gradient("batch_triplet_loss", zeros, [0, 0, 1, 1], **options)
        assert np.all(slope == 0)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("pairwise_distances", [EMBEDDINGS, OTHERS]),
        ("triplet_loss", [EMBEDDINGS, OTHERS, EMBEDDINGS]),
        ("mine_triplets", [EMBEDDINGS, LABELS]),
        ("batch_triplet_loss", [EMBEDDINGS, LABELS]),
    ],
)
def test_a_distance_is_one_of_three(column, name, given):
    with pytest.raises(ValueError, match='distance must be "euclidean", "squared" or'):
        column(name, *given, distance="manhattan")


def test_distances_far_from_zero_are_exact(trainer):
    """|x|² + |y|² - 2xy would give 0 or more than 1 in float32."""
    near = 1e4 + np.array([[0.0, 0.0], [0.03125, 0.0], [0.03125, 0.0625]])
    value = trainer("pairwise_distances", near, near, dtype="float32")
    expected = [[math.dist(x, y) for y in near] for x in near]
    assert_allclose(value, expected, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_equal_embeddings_have_no_gradient(trainer, dtype):
    same = np.ones((3, 2))
    assert np.all(trainer.gradient("pairwise_distances", same, same, dtype=dtype) == 0)
    for flag in (np.zeros(3), np.ones(3)):
        slope = trainer.gradient("contrastive_loss", same, same, flag, dtype=dtype)
        assert np.all(slope == 0)
    for slope in trainer.gradients(
        "triplet_loss", same, same, same, dtype=dtype
    ).values():
        assert np.all(slope == 0)


@each_mining
def test_a_collapsed_batch_stays_at_the_margin(trainer, mining):
    same, labels = np.ones((4, 2)), np.array([0, 0, 1, 1])
    options = {"mining": mining, "margin": 0.5}
    expected = 0 if mining == "semi-hard" else 0.5
    assert trainer("batch_triplet_loss", same, labels, **options) == expected
    slope = trainer.gradient("batch_triplet_loss", same, labels, **options)
    assert np.all(slope == 0)


@pytest.mark.parametrize(
    ("distance", "same", "expected"),
    [
        (0.5, 1.0, 0.125),
        (0.5, 0.0, 0.125),
        (3.0, 1.0, 4.5),
        (3.0, 0.0, 0.0),
        (0.0, 0.0, 0.5),
        (0.0, 1.0, 0.0),
    ],
)
def test_contrastive_loss(column, distance, same, expected):
    first, second = np.zeros((1, 2)), np.array([[0.6 * distance, 0.8 * distance]])
    value = column("contrastive_loss", first, second, [same])
    assert value == pytest.approx(expected, rel=1e-12)


def test_hadsell_counts_the_other_way(column):
    """Equation 4 with its Y, which is 0 for a pair that belongs together, and a margin of 3."""
    y = (LABELS[::-1] != LABELS).astype(float)
    d = np.linalg.norm(EMBEDDINGS - OTHERS, axis=1)
    expected = (1 - y) * d**2 / 2 + y * np.maximum(0, 3 - d) ** 2 / 2
    value = column(
        "contrastive_loss", EMBEDDINGS, OTHERS, 1 - y, margin=3.0, reduction="none"
    )
    assert_allclose(value, expected, rtol=1e-12)


def test_same_may_be_true_or_false(column):
    same = LABELS[::-1] == LABELS
    first, second = column.tensor(EMBEDDINGS), column.tensor(OTHERS)
    flags = column.framework.tensor(same.astype(int)) > 0
    value = column.module.contrastive_loss(first, second, flags)
    assert value == column("contrastive_loss", EMBEDDINGS, OTHERS, same)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, 0.7),
        ({"margin": 1.0}, 1.5),
        ({"distance": "squared"}, 4.95),
        ({"distance": "squared", "margin": 0.0}, 4.75),
        ({"soft": True, "margin": 0.0}, math.log1p(math.exp(0.5))),
        ({"soft": True}, math.log1p(math.exp(0.7))),
    ],
)
def test_triplet_loss(column, options, expected):
    anchor, positive, negative = [[0.0, 0.0]], [[3.0, 4.0]], [[0.0, 4.5]]
    value = column("triplet_loss", anchor, positive, negative, **options)
    assert value == pytest.approx(expected, rel=1e-12)
    assert column("triplet_loss", anchor, negative, positive) == 0


@each_distance
def test_pairs_may_have_more_axes(column, distance):
    module = column.module
    shape = (3, 4, WIDTH)
    x, y = (column.tensor(z.reshape(shape)) for z in (EMBEDDINGS, OTHERS))
    same = column.tensor((LABELS == 0).astype(float).reshape(3, 4))
    options = {"reduction": "none"}
    value = module.triplet_loss(x, y, x, distance=distance, **options)
    flat = column(
        "triplet_loss", EMBEDDINGS, OTHERS, EMBEDDINGS, distance=distance, **options
    )
    assert_allclose(value, flat.reshape(3, 4), rtol=1e-12)
    assert module.contrastive_loss(x, y, same, **options).shape == (3, 4)


def test_triplet_loss_against_torch(columns):
    torch = columns["torch"].library
    triplet = [torch.tensor(x) for x in (EMBEDDINGS, OTHERS, EMBEDDINGS[::-1].copy())]
    peer = torch.nn.TripletMarginLoss(margin=1.3, eps=0)
    value = columns["torch"].module.triplet_loss(*triplet, margin=1.3)
    torch.testing.assert_close(value, peer(*triplet))


def test_the_soft_margin_against_torch(columns):
    """Hermans et al., section 2: log(1 + exp(.)) of the distances' difference."""
    torch = columns["torch"].library
    x, y, z = (torch.tensor(x) for x in (EMBEDDINGS, OTHERS, EMBEDDINGS[::-1].copy()))
    lead = (x - z).norm(dim=1) - (x - y).norm(dim=1)
    expected = torch.nn.SoftMarginLoss()(lead, torch.ones(COUNT))
    value = columns["torch"].module.triplet_loss(x, y, z, margin=0.0, soft=True)
    torch.testing.assert_close(value, expected)


def test_cosine_triplets_against_torch(columns):
    torch = columns["torch"].library
    triplet = [torch.tensor(x) for x in (EMBEDDINGS, OTHERS, EMBEDDINGS[::-1].copy())]
    peer = torch.nn.TripletMarginWithDistanceLoss(
        distance_function=lambda x, y: 1 - torch.cosine_similarity(x, y), margin=0.3
    )
    loss = columns["torch"].module.triplet_loss
    value = loss(*triplet, margin=0.3, distance="cosine")
    torch.testing.assert_close(value, peer(*triplet))


# --- Mining --------------------------------------------------------------------------------


def test_which_triplets_of_a_line(column):
    """Distances on the line: 0 to 1 is 1, 0 to 1.5 is 1.5, and so on."""
    hard = column("mine_triplets", LINE, LINE_LABELS)
    assert_array_equal(hard, [[0, 1, 2, 3], [1, 0, 3, 2], [2, 2, 1, 1]])
    semi = column("mine_triplets", LINE, LINE_LABELS, mining="semi-hard", margin=1.0)
    assert_array_equal(semi, [[0, 3], [1, 2], [2, 1]])
    every = column("mine_triplets", LINE, LINE_LABELS, mining="all")
    assert_array_equal(np.transpose(every), formulas.every_triplet(LINE_LABELS))


def test_the_margin_of_mining_is_a_fifth(column):
    """From 0.1, the negative at 0.31 is farther than the positive by 0.11; from 0, by 0.21."""
    line, labels = [[0.0], [0.1], [0.31]], [0, 0, 1]
    mined = column("mine_triplets", line, labels, mining="semi-hard")
    assert_array_equal(mined, [[1], [0], [2]])
    value = column("batch_triplet_loss", line, labels)
    assert value == pytest.approx(0.09 / 2, rel=1e-9)


@each_mining
@each_distance
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_mining_against_loops(column, mining, distance, dtype):
    embeddings = EMBEDDINGS.astype("float32").astype("float64")
    options = {"mining": mining, "margin": 0.6, "distance": distance}
    expected = formulas.chosen_triplets(embeddings, LABELS, **options)
    mined = column("mine_triplets", embeddings, LABELS, dtype=dtype, **options)
    assert_array_equal(np.transpose(mined), expected)


@each_mining
@each_distance
@each_soft
def test_the_batch_loss_is_that_of_the_mined_triplets(column, mining, distance, soft):
    options = {"margin": 0.6, "distance": distance}
    triplets = formulas.chosen_triplets(EMBEDDINGS, LABELS, mining, **options)
    assert triplets
    anchors, positives, negatives = np.transpose(triplets)
    options["soft"] = soft
    each = column(
        "triplet_loss",
        *(EMBEDDINGS[i] for i in (anchors, positives, negatives)),
        reduction="none",
        **options,
    )
    counted = np.count_nonzero(each) if mining == "all" else len(each)
    options["mining"] = mining
    for reduction, expected in {
        "sum": each.sum(),
        "mean": each.sum() / counted,
        "none": np.bincount(anchors, each, COUNT),
    }.items():
        value = column(
            "batch_triplet_loss", EMBEDDINGS, LABELS, reduction=reduction, **options
        )
        assert_allclose(value, expected, rtol=1e-12, atol=1e-15)


@each_mining
@pytest.mark.parametrize(
    "labels", [[0], [3, 3, 3, 3], [0, 1, 2, 3]], ids=["one", "alike", "unlike"]
)
def test_batches_without_a_triplet(column, mining, labels):
    """An anchor without a positive or without a negative does not count: the mean is 0, not NaN."""
    arrays = EMBEDDINGS[: len(labels)], np.array(labels)
    assert column("batch_triplet_loss", *arrays, mining=mining) == 0
    each = column("batch_triplet_loss", *arrays, mining=mining, reduction="none")
    assert_array_equal(each, np.zeros(len(labels)))
    mined = column("mine_triplets", *arrays, mining=mining)
    assert [part.shape for part in mined] == [(0,)] * 3
    if column.name != "numpy":
        slope = column.gradient("batch_triplet_loss", *arrays, mining=mining)
        assert np.all(slope == 0)


def test_an_anchor_alone_does_not_count(column):
    each = column("batch_triplet_loss", LINE, LINE_LABELS, margin=1.0, reduction="none")
    assert_allclose(each, [0.5, 1.5, 4.0, 0.5, 0.0])
    mean = column("batch_triplet_loss", LINE, LINE_LABELS, margin=1.0)
    assert mean == pytest.approx(6.5 / 4)


@each_mining
def test_no_triplet_in_an_empty_batch(column, mining):
    nothing = np.zeros((0, 3)), np.zeros(0, "int64")
    mined = column("mine_triplets", *nothing, mining=mining)
    assert [part.shape for part in mined] == [(0,)] * 3
    assert column("batch_triplet_loss", *nothing, mining=mining) == 0


def test_the_first_of_equally_far_examples_is_chosen(column):
    embeddings = np.array([[0.0], [2.0], [-2.0], [1.0], [-1.0], [1.0]])
    labels = np.array([0, 0, 0, 1, 1, 1])
    _, positives, negatives = column("mine_triplets", embeddings, labels)
    assert (positives[0], negatives[0]) == (1, 3)
    options = {"mining": "semi-hard", "margin": 5.0}
    anchors, positives, negatives = column(
        "mine_triplets", embeddings, labels, **options
    )
    pair = (anchors == 3) & (positives == 5)
    assert_array_equal(negatives[pair], [0])


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_labels_of_any_integer_kind(column, dtype):
    labels = LABELS - 7
    embeddings = column.tensor(EMBEDDINGS)
    given = column.framework.tensor(labels.astype(dtype))
    value = column.module.batch_triplet_loss(embeddings, given)
    assert value == column("batch_triplet_loss", EMBEDDINGS, LABELS)


# --- Softmax over similarities -------------------------------------------------------------


def test_info_nce_loss(column):
    options = {"temperature": 0.3}
    expected = formulas.info_nce_loss(EMBEDDINGS, OTHERS, **options)
    value = column("info_nce_loss", EMBEDDINGS, OTHERS, reduction="none", **options)
    assert_allclose(value, expected, rtol=1e-12)


@pytest.mark.parametrize("options", [{}, {"temperature": 0.3, "bias": 0.7}])
def test_siglip_loss(column, options):
    expected = formulas.siglip_loss(EMBEDDINGS, OTHERS, **options)
    value = column("siglip_loss", EMBEDDINGS, OTHERS, reduction="none", **options)
    assert_allclose(value, expected, rtol=1e-9)


def test_siglip_loss_is_that_of_the_authors(column):
    """big_vision divides the sum over all pairs by the number of rows; pieces of a batch add up to it."""
    logits = 10 * np.array([[1.0, 0.8], [0.8, 1.0]]) - 10
    labels = 2 * np.eye(2) - 1
    expected = np.logaddexp(0, -labels * logits).sum() / 2
    assert_allclose(column("siglip_loss", FAN[:2], FAN[:2]), expected, rtol=1e-12)


def test_nt_xent_loss(column):
    options = {"temperature": 0.3}
    expected = formulas.nt_xent_loss(EMBEDDINGS, OTHERS, **options)
    value = column("nt_xent_loss", EMBEDDINGS, OTHERS, **options)
    assert_allclose(value, expected.mean(), rtol=1e-12)
    each = column("nt_xent_loss", EMBEDDINGS, OTHERS, reduction="none", **options)
    assert_allclose(each, expected, rtol=1e-12)


def test_supervised_contrastive_loss(column):
    arrays, options = (EMBEDDINGS, np.append(LABELS[:-1], 9)), {"temperature": 0.3}
    expected = formulas.supervised_contrastive_loss(*arrays, **options)
    counted = np.count_nonzero(expected)
    assert 0 < counted < COUNT
    each = column("supervised_contrastive_loss", *arrays, reduction="none", **options)
    assert_allclose(each, expected, rtol=1e-12)
    value = column("supervised_contrastive_loss", *arrays, **options)
    assert_allclose(value, expected.sum() / counted, rtol=1e-12)


def log1pexp(x):
    return math.log(1 + math.exp(x))


# Cosines of the first with the others: 0.8 and 0.6; of these: 0.96.
FAN = [[1.0, 0.0], [0.8, 0.6], [0.6, 0.8]]


@pytest.mark.parametrize(
    ("name", "arrays", "expected"),
    [
        (
            "info_nce_loss",
            ([FAN[0], FAN[0]], FAN[:0:-1]),
            (log1pexp(0.2 / 0.07) + log1pexp(-0.2 / 0.07)) / 2,
        ),
        ("siglip_loss", (np.eye(2), np.eye(2)), log1pexp(0) + log1pexp(-10)),
        ("nt_xent_loss", (np.eye(2), np.eye(2)), math.log(1 + 2 * math.exp(-2))),
        (
            "supervised_contrastive_loss",
            (FAN, [0, 0, 1]),
            (log1pexp(-0.2 / 0.1) + log1pexp(0.16 / 0.1)) / 2,
        ),
        ("n_pair_loss", (np.eye(2), np.eye(2)), log1pexp(-1)),
    ],
)
def test_similarities_by_hand(column, name, arrays, expected):
    assert column(name, *arrays) == pytest.approx(expected, rel=1e-9)


def test_two_views_of_each_image_are_classes_of_two(column):
    """With no other labels, the supervised loss is NT-Xent."""
    both = np.concatenate([EMBEDDINGS, OTHERS])
    labels = np.tile(np.arange(COUNT), 2)
    value = column("supervised_contrastive_loss", both, labels, temperature=0.5)
    expected = column("nt_xent_loss", EMBEDDINGS, OTHERS)
    assert_allclose(value, expected, rtol=1e-12)


@pytest.mark.parametrize("labels", [[0], [0, 1, 2]])
def test_supervised_contrastive_without_positives(column, labels):
    arrays = EMBEDDINGS[: len(labels)], np.array(labels)
    assert column("supervised_contrastive_loss", *arrays) == 0
    if column.name != "numpy":
        slope = column.gradient("supervised_contrastive_loss", *arrays)
        assert np.all(slope == 0)


@pytest.mark.parametrize("name", ["info_nce_loss", "nt_xent_loss", "n_pair_loss"])
def test_a_batch_of_one_pair_has_nothing_to_tell_apart(column, name):
    assert_allclose(column(name, EMBEDDINGS[:1], OTHERS[:1]), 0, atol=1e-15)


@pytest.mark.parametrize("l2", [0.0, 0.1])
def test_n_pair_loss(column, l2):
    expected = formulas.n_pair_loss(EMBEDDINGS, OTHERS, l2)
    value = column("n_pair_loss", EMBEDDINGS, OTHERS, l2=l2, reduction="none")
    assert_allclose(value, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "name",
    ["info_nce_loss", "siglip_loss", "nt_xent_loss", "supervised_contrastive_loss"],
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_zero_vector_has_no_direction(trainer, name, dtype):
    embeddings = np.array([[0.0, 0.0], [3.0, 4.0]])
    other = np.zeros(2, int) if "supervised" in name else np.zeros((2, 2))
    value = trainer(name, embeddings, other, dtype=dtype, reduction="none")
    assert np.all(np.isfinite(value))
    for slope in trainer.gradients(name, embeddings, other, dtype=dtype).values():
        assert np.all(np.isfinite(slope))
        assert np.all(slope[0] == 0)


def test_similarities_stay_precise_under_autocast(columns):
    torch, module = columns["torch"].library, columns["torch"].module
    x, y = torch.tensor(EMBEDDINGS).float(), torch.tensor(OTHERS).float()
    labels = torch.tensor(LABELS)
    weights = torch.tensor(CENTERS).float()
    calls = [
        (module.info_nce_loss, x, y),
        (module.siglip_loss, x, y),
        (module.nt_xent_loss, x, y),
        (module.n_pair_loss, x, y),
        (module.supervised_contrastive_loss, x, labels),
        (module.batch_triplet_loss, x, labels),
        (module.arcface_loss, x, weights, labels),
        (module.cosface_loss, x, weights, labels),
    ]
    for function, *arguments in calls:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            value = function(*arguments)
        torch.testing.assert_close(value, function(*arguments))


# --- Margins on classes --------------------------------------------------------------------


@pytest.mark.parametrize("margin", [0.0, 0.5, 1.2])
def test_arcface_loss(column, margin):
    arrays, options = (EMBEDDINGS, CENTERS, LABELS), {"margin": margin, "scale": 10.0}
    value = column("arcface_loss", *arrays, reduction="none", **options)
    assert_allclose(value, formulas.arcface_loss(*arrays, **options), rtol=1e-9)


def test_margins_by_hand(column):
    """An embedding halfway between two classes; one right on its class has hardly a loss."""
    half = math.sqrt(1 / 2)
    embeddings, target = [[half, half], [1.0, 0.0]], [0, 0]
    arcface = column("arcface_loss", embeddings, np.eye(2), target)
    lag = half - math.cos(math.pi / 4 + 0.5)
    assert arcface == pytest.approx(log1pexp(64 * lag) / 2, rel=1e-9)
    cosface = column("cosface_loss", embeddings, np.eye(2), target)
    assert cosface == pytest.approx(log1pexp(64 * 0.35) / 2, rel=1e-9)
    contrastive = column("contrastive_loss", [[0.0], [3.0]], [[0.5], [0.0]], [0, 1])
    assert contrastive == pytest.approx((0.5**2 + 3**2) / 4)
    center = column("center_loss", [[3.0, 4.0], [0.0, 1.0]], np.zeros((1, 2)), target)
    assert center == pytest.approx((25 + 1) / 4)


def test_arcface_past_a_half_turn(column):
    """A vector opposite to its class: angle pi, wider than pi by any margin."""
    value = column("arcface_loss", [[-2.0, 0.0]], np.eye(2), [0], scale=1.0)
    own = -1 - 0.5 * math.sin(0.5)
    assert value == pytest.approx(math.log(1 + math.exp(0 - own)), rel=1e-12)


@pytest.mark.parametrize("name", ["arcface_loss", "cosface_loss"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("factor", [1.0, -1.0, 1 + 1e-7, 0.0])
def test_parallel_vectors_have_a_finite_gradient(trainer, name, dtype, factor):
    embeddings = factor * CENTERS[LABELS]
    arrays = embeddings, CENTERS, LABELS
    for slope in trainer.gradients(name, *arrays, dtype=dtype).values():
        assert np.all(np.isfinite(slope))
        assert np.max(np.abs(slope)) < 64 / np.linalg.norm(CENTERS, axis=1).min()


def test_cosface_loss(column):
    arrays, options = (EMBEDDINGS, CENTERS, LABELS), {"margin": 0.2, "scale": 10.0}
    value = column("cosface_loss", *arrays, reduction="none", **options)
    assert_allclose(value, formulas.cosface_loss(*arrays, **options), rtol=1e-9)


@pytest.mark.parametrize("name", ["arcface_loss", "cosface_loss"])
def test_without_margin_it_is_cross_entropy_on_cosines(columns, name):
    torch, module = columns["torch"].library, columns["torch"].module
    x, w, y = (torch.tensor(z) for z in (EMBEDDINGS, CENTERS, LABELS))
    logits = torch.cosine_similarity(x[:, None], w[None], dim=-1)
    expected = torch.nn.functional.cross_entropy(64 * logits, y)
    torch.testing.assert_close(getattr(module, name)(x, w, y, margin=0.0), expected)


def test_center_loss(column):
    arrays = EMBEDDINGS, CENTERS, LABELS
    value = column("center_loss", *arrays, reduction="none")
    assert_allclose(value, formulas.center_loss(*arrays), rtol=1e-12)


def test_center_loss_moves_each_center_by_its_own_examples(trainer):
    slopes = trainer.gradients(
        "center_loss", EMBEDDINGS, CENTERS, LABELS, reduction="sum"
    )
    expected = [(CENTERS[k] - EMBEDDINGS[k == LABELS]).sum(axis=0) for k in range(4)]
    assert_allclose(slopes["centers"], expected, rtol=1e-9, atol=1e-12)
    assert_allclose(slopes["embeddings"], EMBEDDINGS - CENTERS[LABELS], rtol=1e-12)


# --- Peers ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def peer(columns):
    """pytorch-metric-learning, on embeddings of PyTorch."""
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    torch = columns["torch"].library
    return losses, torch.tensor(EMBEDDINGS), torch.tensor(LABELS)


@each_mining
def test_triplets_against_metric_learning(peer, column, mining):
    losses, x, y = peer
    miners = pytest.importorskip("pytorch_metric_learning.miners")
    distances = pytest.importorskip("pytorch_metric_learning.distances")
    plain = distances.LpDistance(normalize_embeddings=False)
    loss = losses.TripletMarginLoss(margin=0.6, distance=plain)
    options = {"mining": mining, "margin": 0.6}
    if mining == "all":
        value = column("batch_triplet_loss", EMBEDDINGS, LABELS, **options)
        assert_allclose(value, loss(x, y), rtol=1e-5)
        return
    triplets = column("mine_triplets", EMBEDDINGS, LABELS, **options)
    if mining == "hard":
        expected = miners.BatchHardMiner(distance=plain)(x, y)
        assert_array_equal(np.transpose(triplets), np.transpose(expected))
    else:
        miner = miners.TripletMarginMiner(
            margin=0.6, type_of_triplets="semihard", distance=plain
        )
        every = set(map(tuple, np.transpose(miner(x, y))))
        assert set(map(tuple, np.transpose(triplets))) <= every


def test_softmax_losses_against_metric_learning(peer, column):
    losses, x, y = peer
    both = x.new_tensor(np.concatenate([EMBEDDINGS, OTHERS]))
    pairs = y.new_tensor(np.tile(np.arange(COUNT), 2))
    for name, loss, arrays in [
        ("nt_xent_loss", losses.NTXentLoss(0.3)(both, pairs), (EMBEDDINGS, OTHERS)),
        (
            "supervised_contrastive_loss",
            losses.SupConLoss(0.3)(x, y),
            (EMBEDDINGS, LABELS),
        ),
    ]:
        assert_allclose(column(name, *arrays, temperature=0.3), loss, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "margin", "theirs"),
    [("arcface_loss", 0.5, math.degrees(0.5)), ("cosface_loss", 0.35, 0.35)],
)
def test_margins_against_metric_learning(peer, column, name, margin, theirs):
    losses, x, y = peer
    kind = {"arcface_loss": "ArcFaceLoss", "cosface_loss": "CosFaceLoss"}[name]
    loss = getattr(losses, kind)(4, WIDTH, margin=theirs, scale=16)
    loss.W.data = x.new_tensor(CENTERS.T)
    value = column(name, EMBEDDINGS, CENTERS, LABELS, margin=margin, scale=16.0)
    assert_allclose(value, loss(x, y).item(), rtol=1e-5)


# --- What is refused -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "arrays", "options", "message"),
    [
        ("contrastive_loss", 3, {"margin": 0.0}, "margin must be above 0"),
        ("triplet_loss", 3, {"margin": -1.0}, "margin must be at least 0"),
        ("info_nce_loss", 2, {"temperature": 0.0}, "temperature must be above 0"),
        ("siglip_loss", 2, {"temperature": 0.0}, "temperature must be above 0"),
        ("siglip_loss", 2, {"bias": float("nan")}, "bias must be a number"),
        ("nt_xent_loss", 2, {"temperature": -1.0}, "temperature must be above 0"),
        ("n_pair_loss", 2, {"l2": -1.0}, "l2 must be at least 0"),
    ],
)
def test_options_out_of_range(column, name, arrays, options, message):
    given = [EMBEDDINGS, OTHERS, OTHERS][:arrays]
    if name == "contrastive_loss":
        given[2] = np.ones(COUNT)
    with pytest.raises(ValueError, match=message):
        column(name, *given, **options)


@pytest.mark.parametrize("name", ["mine_triplets", "batch_triplet_loss"])
def test_unknown_mining(column, name):
    message = 'mining must be "all", "hard" or "semi-hard", got \'easy\''
    with pytest.raises(ValueError, match=message):
        column(name, EMBEDDINGS, LABELS, mining="easy")


@pytest.mark.parametrize(
    ("name", "arrays", "message"),
    [
        (
            "pairwise_distances",
            (EMBEDDINGS, CENTERS[:, :3]),
            r"embeddings2 .*\(N, 5\).* \(4, 3\)",
        ),
        (
            "pairwise_distances",
            (EMBEDDINGS[0], CENTERS),
            r"embeddings1 .*\(N, D\).* \(5,\)",
        ),
        (
            "info_nce_loss",
            (EMBEDDINGS, OTHERS[:3]),
            r"shapes must be equal.*keys \(3, 5\)",
        ),
        (
            "triplet_loss",
            (EMBEDDINGS, OTHERS, OTHERS[:1]),
            r"shapes must be equal.*\(1, 5\)",
        ),
        ("triplet_loss", (1.0, 1.0, 1.0), r"anchor must have shape \(\.\.\., D\)"),
        (
            "contrastive_loss",
            (EMBEDDINGS, OTHERS, np.ones(3)),
            r"same .*\(12,\).* \(3,\)",
        ),
        ("batch_triplet_loss", (EMBEDDINGS, LABELS[:3]), r"labels .*\(12,\).* \(3,\)"),
        (
            "center_loss",
            (EMBEDDINGS, CENTERS, LABELS[:3]),
            r"target .*\(12,\).* \(3,\)",
        ),
    ],
)
def test_shapes_that_do_not_fit(column, name, arrays, message):
    with pytest.raises(ValueError, match=message):
        column(name, *arrays)


@pytest.mark.parametrize("name", ["numpy", "torch"])
def test_labels_are_integers(columns, name):
    """In TensorFlow they may be floats, as Keras makes of all targets."""
    column = columns[name]
    labels = column.tensor(LABELS.astype(float))
    with pytest.raises(TypeError, match=r"labels must hold integers, got .*float64"):
        column.module.batch_triplet_loss(column.tensor(EMBEDDINGS), labels)


@pytest.mark.parametrize("name", ["arcface_loss", "cosface_loss", "center_loss"])
@pytest.mark.parametrize("outside", [-1, 4])
def test_the_definition_knows_its_classes(definition, name, outside):
    target = np.full(COUNT, outside)
    with pytest.raises(ValueError, match="target must hold classes from 0 to 3"):
        definition(name, EMBEDDINGS, CENTERS, target)
