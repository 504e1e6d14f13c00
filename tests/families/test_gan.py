"""Adversarial losses: hand values, optima of the games, second-order gradients, and peers."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.spatial.distance import jensenshannon
from scipy.special import expit
from scipy.stats import wasserstein_distance

import formulas

LOGITS = np.array([-1e4, -90.0, -3.0, -0.2, 0.0, 0.7, 25.0, 1e4])
# What a discriminator's loss charges for a real score, and for a fake one.
CHARGES = {
    "hinge_discriminator_loss": (
        lambda real: np.maximum(0, 1 - real),
        lambda fake: np.maximum(0, 1 + fake),
    ),
    "least_squares_discriminator_loss": (
        lambda real: (real - 1) ** 2 / 2,
        lambda fake: fake**2 / 2,
    ),
    "minimax_discriminator_loss": (
        lambda real: -np.log(expit(real)),
        lambda fake: -np.log(1 - expit(fake)),
    ),
    "wasserstein_critic_loss": (lambda real: -real, lambda fake: fake),
}
# How often each of ten kinds of images occurs.
REAL_COUNTS = np.ones(10, int)
FAKE_COUNTS = np.array([4, 2, 1, 1, 1, 1, 0, 0, 0, 0])


@pytest.mark.parametrize(
    ("name", "options", "scores", "expected"),
    [
        ("minimax_discriminator_loss", {}, (math.log(3), 0.0), math.log(8 / 3)),
        (
            "minimax_discriminator_loss",
            {"label_smoothing": 0.1},
            (math.log(3), 0.0),
            0.9 * math.log(4 / 3) + 0.1 * math.log(4) + math.log(2),
        ),
        ("minimax_generator_loss", {}, (math.log(3),), -math.log(4)),
        ("relativistic_discriminator_loss", {}, (5.0, 5.0), math.log(2)),
        (
            "relativistic_discriminator_loss",
            {},
            (2 + math.log(3), 2.0),
            math.log(4 / 3),
        ),
        ("relativistic_generator_loss", {}, (2 + math.log(3), 2.0), math.log(4)),
        ("non_saturating_generator_loss", {}, (math.log(3),), math.log(4 / 3)),
        ("least_squares_discriminator_loss", {}, (3.0, -1.0), 2.5),
        ("least_squares_discriminator_loss", {"a": -1.0, "b": 2.0}, (3.0, 1.0), 2.5),
        ("least_squares_generator_loss", {}, (3.0,), 2.0),
        ("least_squares_generator_loss", {"c": 0.0}, (3.0,), 4.5),
        ("wasserstein_critic_loss", {}, (3.0, -1.0), -4.0),
        ("wasserstein_generator_loss", {}, (3.0,), -3.0),
        ("hinge_discriminator_loss", {}, (0.25, -0.5), 1.25),
        ("hinge_discriminator_loss", {}, (3.0, -2.0), 0.0),
        ("hinge_discriminator_loss", {}, (-1.0, 1.0), 4.0),
        ("hinge_generator_loss", {}, (3.0,), -3.0),
    ],
)
def test_hand_values(column, name, options, scores, expected):
    """Of one score, and the mean of that score twice."""
    for count in (1, 2):
        value = column(name, *([score] * count for score in scores), **options)
        assert value == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", CHARGES)
def test_the_mean_is_that_over_real_plus_that_over_fake(column, name):
    real, fake = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    charge_real, charge_fake = CHARGES[name]
    expected = charge_real(real).mean() + charge_fake(fake).mean()
    assert_allclose(column(name, real, fake), expected, rtol=1e-12)


# --- Logits ---------------------------------------------------------------------------------


def test_logits_against_torch(column):
    """The discriminator's loss is the cross-entropy of calling real images 1 and fakes 0."""
    torch = pytest.importorskip("torch")
    peer = torch.nn.functional.binary_cross_entropy_with_logits
    real, fake = torch.tensor(LOGITS), torch.tensor(LOGITS[::-1].copy())
    called_real = peer(fake, torch.ones_like(fake))
    called_fake = peer(fake, torch.zeros_like(fake))
    both = peer(real, torch.ones_like(real)) + called_fake
    fake = fake.numpy()
    for name, arrays, expected in [
        ("minimax_discriminator_loss", (LOGITS, fake), both),
        ("minimax_generator_loss", (fake,), -called_fake),
        ("non_saturating_generator_loss", (fake,), called_real),
    ]:
        assert_allclose(column(name, *arrays), expected, rtol=1e-12)


def test_logits_against_keras(column):
    keras = pytest.importorskip("keras")
    peer = keras.losses.BinaryCrossentropy(from_logits=True, dtype="float64")
    expected = peer(np.ones((8, 1)), LOGITS[:, None])
    value = column("non_saturating_generator_loss", LOGITS)
    assert_allclose(value, expected, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_saturated_logits_are_exact(trainer, dtype):
    tolerance = {"float64": 1e-12, "float32": 1e-6}[dtype]
    logits = trainer.stored(LOGITS, dtype)
    values = {
        "minimax_generator_loss": -np.logaddexp(0, logits),
        "non_saturating_generator_loss": np.logaddexp(0, -logits),
    }
    slopes = {
        "minimax_generator_loss": -expit(logits),
        "non_saturating_generator_loss": -expit(-logits),
    }
    for name in values:
        value = trainer(name, logits, dtype=dtype, reduction="none")
        assert_allclose(value, values[name], rtol=tolerance, atol=1e-37)
        slope = sum_gradient(trainer, name, logits, dtype)
        assert_allclose(slope, slopes[name], rtol=tolerance, atol=1e-37)


def sum_gradient(trainer, name, scores, dtype="float64"):
    """The gradient of the sum, the scores given one by one."""
    each = [trainer.gradient(name, [score], dtype=dtype) for score in scores]
    return np.concatenate(each)


def test_a_sure_discriminator_stops_the_minimax_generator_alone(trainer):
    """Both point the same way, and their slopes add up to -1."""
    minimax = sum_gradient(trainer, "minimax_generator_loss", LOGITS)
    other = sum_gradient(trainer, "non_saturating_generator_loss", LOGITS)
    assert np.all(minimax <= 0)
    assert np.all(other <= 0)
    assert_allclose(minimax + other, -1, rtol=1e-12)
    assert (minimax[0], other[0]) == (0, -1)


def test_smoothing_is_one_sided(trainer):
    """The best logit of real images has the probability 0.9; that of fakes stays as far down as it can."""
    best = np.array([math.log(9)])
    arrays = best, np.array([-30.0])
    options = {"label_smoothing": 0.1}
    slopes = trainer.gradients("minimax_discriminator_loss", *arrays, **options)
    assert_allclose(slopes["real_logits"], 0, atol=1e-12)
    assert 0 < slopes["fake_logits"] < 1e-12


def test_smoothed_labels_against_torch(column):
    torch = pytest.importorskip("torch")
    peer = torch.nn.functional.binary_cross_entropy_with_logits
    real, fake = torch.tensor(LOGITS), torch.tensor(LOGITS[::-1].copy())
    expected = peer(real, torch.full_like(real, 0.75)) + peer(
        fake, torch.zeros_like(fake)
    )
    value = column(
        "minimax_discriminator_loss", LOGITS, fake.numpy(), label_smoothing=0.25
    )
    assert_allclose(value, expected, rtol=1e-12)


# --- Pairs of a real and a generated image ---------------------------------------------------


def test_relativistic_losses_see_differences_alone(column):
    """R3GAN: softplus of the fake less the real logit, and of the real less the fake one."""
    real, fake = LOGITS, LOGITS[::-1]
    for name, lag in [
        ("relativistic_discriminator_loss", fake - real),
        ("relativistic_generator_loss", real - fake),
    ]:
        value = column(name, real, fake, reduction="none")
        assert_allclose(value, np.logaddexp(0, lag), rtol=1e-12, atol=1e-300)


def test_relativistic_losses_against_their_author(column):
    """BCEWithLogitsLoss of the difference of the two, as the code of Jolicoeur-Martineau has it."""
    torch = pytest.importorskip("torch")
    real, fake = torch.randn(2, 6, 3, dtype=torch.float64)
    peer, ones = torch.nn.BCEWithLogitsLoss(), torch.ones(6, 3, dtype=torch.float64)
    for name, ahead in [
        ("relativistic_discriminator_loss", real - fake),
        ("relativistic_generator_loss", fake - real),
    ]:
        value = column(name, real.numpy(), fake.numpy())
        assert_allclose(value, peer(ahead, ones), rtol=1e-12)


def test_pairs_are_not_averages(column):
    """Each logit against the mean of the other kind, RaGAN, would give another number."""
    real, fake = np.array([0.0, 4.0]), np.array([0.0, 4.0])
    value = column("relativistic_discriminator_loss", real, fake)
    assert value == pytest.approx(math.log(2), rel=1e-12)
    assert np.logaddexp(0, fake.mean() - real).mean() > 1


@pytest.mark.parametrize("name", ["discriminator", "generator"])
def test_a_pair_far_apart_has_a_finite_slope(trainer, name):
    slopes = trainer.gradients(
        f"relativistic_{name}_loss", [1e4, -1e4], [-1e4, 1e4], reduction="sum"
    )
    behind = [0, -1] if name == "discriminator" else [1, 0]
    assert_allclose(slopes["real_logits"], behind)
    assert_allclose(slopes["fake_logits"], [-x for x in behind])


# --- Optima of the games --------------------------------------------------------------------


def drawn(values, counts):
    """A batch in which each kind of image occurs as often as counted."""
    return np.repeat(values, counts)


def test_the_best_discriminator_measures_the_jensen_shannon_divergence(trainer):
    """Goodfellow et al. 2014, theorem 1: the value of the game is 2 JSD - log 4."""
    best = np.log(REAL_COUNTS / np.maximum(FAKE_COUNTS, 1e-300))
    loss = trainer(
        "minimax_discriminator_loss",
        drawn(best, REAL_COUNTS),
        drawn(best, FAKE_COUNTS),
    )
    divergence = jensenshannon(REAL_COUNTS, FAKE_COUNTS) ** 2
    assert -loss == pytest.approx(2 * divergence - math.log(4), rel=1e-12)
    for step in (-0.1, 0.1):
        for kind in range(10):
            other = best + step * (np.arange(10) == kind)
            moved = trainer(
                "minimax_discriminator_loss",
                drawn(other, REAL_COUNTS),
                drawn(other, FAKE_COUNTS),
            )
            assert moved >= loss


def test_labels_that_make_a_pearson_divergence(column):
    """Mao et al. 2017: if b - c = 1 and b - a = 2."""
    a, b, c = -1.0, 1.0, 0.0
    p, q = REAL_COUNTS / 10, FAKE_COUNTS / 10
    best = (b * p + a * q) / (p + q)
    generator = "least_squares_generator_loss"
    value = column(generator, drawn(best, REAL_COUNTS), c=c)
    value += column(generator, drawn(best, FAKE_COUNTS), c=c)
    pearson = ((2 * q - (p + q)) ** 2 / (p + q)).sum()
    assert 2 * value == pytest.approx(pearson, rel=1e-12)


def test_the_best_critic_measures_the_wasserstein_distance(column):
    """For samples moved by a step, the best critic of slope 1 is a straight line."""
    real = np.random.default_rng(0).normal(size=12)
    fake = np.random.default_rng(1).permutation(real) + 3
    loss = column("wasserstein_critic_loss", -real, -fake)
    assert -loss == pytest.approx(wasserstein_distance(real, fake), rel=1e-12)


def test_a_hinge_discriminator_ignores_what_is_beyond_the_margin(trainer):
    scores = np.array([1.5, 0.5, -2.0])
    slopes = trainer.gradients(
        "hinge_discriminator_loss", scores, -scores, reduction="mean"
    )
    assert_allclose(slopes["real_scores"], [0, -1 / 3, -1 / 3], rtol=1e-12)
    assert_allclose(slopes["fake_scores"], [0, 1 / 3, 1 / 3], rtol=1e-12)


# --- Weights, points between, slopes --------------------------------------------------------


def test_clipped_weights(column):
    weights = np.array([[0.3, -0.005], [0.0, -7.0]])
    kept = weights.copy()
    assert_allclose(column("clip_weights", weights), [[0.01, -0.005], [0, -0.01]])
    assert_allclose(
        column("clip_weights", weights, limit=1.0), [[0.3, -0.005], [0, -1]]
    )
    assert np.all(weights == kept)


def test_points_between(column):
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(2, 3, 4, 2, 3))
    weight = np.array([0.0, 0.25, 1.0])
    points = column("interpolate_pairs", real, fake, weight)
    assert np.all(points[0] == fake[0])
    assert np.all(points[2] == real[2])
    assert_allclose(points[1], 0.25 * real[1] + 0.75 * fake[1], rtol=1e-12)


def slope(column, critic, images, dtype="float64"):
    """``input_gradient`` with NumPy arrays."""
    gradient = column.module.input_gradient(critic, column.tensor(images, dtype))
    return column.framework.array(gradient)


def test_slope_of_a_critic(column):
    """The gradient of the summed score; scores may be a number, a row or a map an image."""
    rng = np.random.default_rng(0)
    images, weight = rng.normal(size=(2, 3, 4, 2))
    shared = column.tensor(weight)
    value = slope(column, lambda x: shared * x**2, images)
    assert_allclose(value, 2 * weight * images, rtol=1e-6)


def test_a_critic_that_ignores_a_pixel(column):
    value = slope(column, lambda x: 3 * x[:, 0], np.ones((2, 3)))
    assert_allclose(value, [[3, 0, 0], [3, 0, 0]], rtol=1e-6)


@pytest.mark.parametrize("center", [0.0, 1.0, 2.5])
def test_gradient_penalty_takes_the_norm_over_whole_images(column, center):
    gradient = np.random.default_rng(0).normal(size=(3, 4, 5, 2))
    value = column("gradient_penalty_loss", gradient, center=center, reduction="none")
    expected = formulas.gradient_penalty_loss(gradient, center=center)
    assert_allclose(value, expected, rtol=1e-12)


@pytest.mark.parametrize("name", ["r1_loss", "r2_loss"])
def test_r1_and_r2_of_two_slopes(column, name):
    assert column(name, [[3.0, 4.0], [0.0, 1.0]]) == pytest.approx((25 + 1) / 4)


def test_r1_is_half_the_penalty_around_zero(column):
    gradient = np.random.default_rng(0).normal(size=(3, 4, 5, 2))
    penalty = column("gradient_penalty_loss", gradient, center=0.0, reduction="none")
    value = column("r1_loss", gradient, reduction="none")
    assert_allclose(value, penalty / 2, rtol=1e-12)


@pytest.mark.parametrize("size", [0.0, 1e-30, 1e-12])
def test_penalty_where_the_critic_is_flat(trainer, size):
    """Nine equal entries share a slope of -2; where their squares are 0 in float32, there is none."""
    gradient = np.full((2, 3, 3, 1), size)
    slopes = trainer.gradient("gradient_penalty_loss", gradient, dtype="float32")
    expected = -2 / 3 / 2 if size > 1e-15 else 0
    assert_allclose(slopes, expected, rtol=1e-6)
    assert trainer("gradient_penalty_loss", gradient, dtype="float32") == 1


# --- A penalty trains the critic: gradients of gradients ------------------------------------


def trained(trainer, penalty, *weights, dtype="float64"):
    """A penalty, and its gradients for the weights of the critic."""
    tensors = [trainer.tensor(weight, dtype) for weight in weights]
    gradients = trainer.framework.differentiate(penalty, tensors, tensors)
    return [trainer.framework.array(x) for x in (penalty(*tensors), *gradients)]


def test_penalty_of_a_linear_critic(trainer):
    """D(x) = w x has slope w everywhere: the penalty is (|w| - 1)^2."""
    images, w = trainer.tensor(np.ones((3, 2))), np.array([[3.0], [4.0]])

    def penalty(w):
        gradient = trainer.module.input_gradient(lambda x: x @ w, images)
        return trainer.module.gradient_penalty_loss(gradient)

    value, slope = trained(trainer, penalty, w)
    assert value == pytest.approx(16, rel=1e-12)
    assert_allclose(slope, 2 * (5 - 1) * w / 5, rtol=1e-12)


@pytest.mark.parametrize("loss", ["gradient_penalty_loss", "r1_loss", "r2_loss"])
def test_penalty_of_a_curved_critic(trainer, definition, loss):
    """Against differences of the penalty with the slope worked out by hand."""
    rng = np.random.default_rng(0)
    images, a, v = rng.normal(size=(5, 3)), rng.normal(size=(3, 4)), rng.normal(size=4)

    def by_hand(a, v):
        gradient = (3 * v * (images @ a) ** 2) @ a.T
        return float(definition(loss, gradient))

    def penalty(a, v):
        gradient = trainer.module.input_gradient(
            lambda x: v * (x @ a) ** 3, trainer.tensor(images)
        )
        return getattr(trainer.module, loss)(gradient)

    value, slope_a, slope_v = trained(trainer, penalty, a, v)
    assert value == pytest.approx(by_hand(a, v), rel=1e-12)
    expected = trainer.slope(lambda a: by_hand(a, v), a)
    assert_allclose(slope_a, expected, rtol=1e-6, atol=1e-7)
    expected = trainer.slope(lambda v: by_hand(a, v), v)
    assert_allclose(slope_v, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_critic_of_zeros_can_be_trained(trainer, dtype):
    """Its slope is exactly 0, where the norm has none: the gradient is 0, not NaN."""
    images = trainer.tensor(np.ones((3, 2)), dtype)

    def penalty(w):
        gradient = trainer.module.input_gradient(lambda x: x @ w, images)
        return trainer.module.gradient_penalty_loss(gradient)

    value, slope = trained(trainer, penalty, np.zeros((2, 1)), dtype=dtype)
    assert value == 1
    assert np.all(slope == 0)


def test_the_images_are_constants(trainer):
    """A penalty on generated images trains the critic, not the generator."""

    def penalty(generated, w):
        slope = trainer.module.input_gradient(lambda x: w * x**3, generated * w)
        return trainer.module.r1_loss(slope)

    # r1 is (3 w x^2)^2 / 2 at x = 2; a slope that reached x would be 432 for w.
    value, generated, w = trained(trainer, penalty, [[2.0]], [[1.0]])
    assert (value, generated, w) == (72, 0, 144)


def test_slope_in_the_precision_of_the_images(trainer):
    for dtype in ("float64", "float32", "bfloat16"):
        images = trainer.tensor(np.ones((2, 3)), dtype)
        gradient = trainer.module.input_gradient(lambda x: x * x, images)
        assert trainer.framework.dtype(gradient) == dtype


def test_torch_slope_leaves_the_images_as_they_are(columns):
    torch, ours = columns["torch"].library, columns["torch"].module
    images = torch.ones(2, 3)
    with torch.no_grad():
        gradient = ours.input_gradient(lambda x: x.square(), images)
    assert not images.requires_grad
    assert torch.equal(gradient, torch.full((2, 3), 2.0))


def test_torch_slope_in_a_compiled_step(columns):
    """It runs as written there: PyTorch cannot differentiate twice what it compiled."""
    torch, ours = columns["torch"].library, columns["torch"].module
    torch.manual_seed(0)
    images, w = torch.randn(3, 2), torch.randn(2, 1, requires_grad=True)

    def penalty(w):
        gradient = ours.input_gradient(lambda x: (x @ w) ** 3, images)
        return ours.gradient_penalty_loss(gradient)

    compiled = torch.compile(penalty, backend="aot_eager")
    came, expected = (torch.autograd.grad(step(w), w) for step in (compiled, penalty))
    torch.testing.assert_close(came, expected)


def test_torch_module_as_a_critic(columns):
    """Convolutions, and a step that makes the penalty smaller."""
    torch, ours = columns["torch"].library, columns["torch"].module
    torch.manual_seed(0)
    critic = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3), torch.nn.LeakyReLU(0.2), torch.nn.Conv2d(4, 1, 3)
    )
    images = torch.randn(2, 3, 8, 8)

    def penalty():
        return ours.gradient_penalty_loss(ours.input_gradient(critic, images))

    before = penalty()
    before.backward()
    assert critic[0].weight.grad.abs().sum() > 0
    with torch.no_grad():
        for weight in critic.parameters():
            if weight.grad is not None:
                weight -= 1e-3 * weight.grad
    assert penalty() < before


def test_keras_model_as_a_critic_in_a_compiled_step(columns):
    tf, ours = columns["tensorflow"].library, columns["tensorflow"].module
    tf.keras.utils.set_random_seed(0)
    layers = tf.keras.layers
    critic = tf.keras.Sequential(
        [tf.keras.Input([4]), layers.Dense(5, "tanh"), layers.Dense(1)]
    )
    images = tf.random.normal([3, 4])

    def slopes():
        with tf.GradientTape() as tape:
            gradient = ours.input_gradient(critic, images)
            penalty = ours.gradient_penalty_loss(gradient)
        return tape.gradient(penalty, critic.trainable_variables[:3])

    for came, expected in zip(
        tf.function(slopes, jit_compile=True)(), slopes(), strict=True
    ):
        assert_allclose(came, expected, rtol=1e-5, atol=1e-7)
    assert np.abs(expected).sum() > 0


# --- Cycle consistency ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def cycle():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(2, 4, 3))
    real, reconstructed, translated = rng.uniform(-1, 1, (3, 2, 6, 5, 3))
    return scores, real, reconstructed, translated


@pytest.mark.parametrize("name", ["cycle_consistency_loss", "identity_loss"])
def test_translations_are_compared_by_mean_absolute_difference(column, cycle, name):
    _, real, made, _ = cycle
    each = [np.abs(a - b).mean() for a, b in zip(real, made, strict=True)]
    assert_allclose(column(name, real, made, reduction="none"), each, rtol=1e-12)
    assert_allclose(column(name, real, made), column("l1_loss", real, made))


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_cyclegan_is_the_sum_of_its_terms(column, cycle, reduction):
    scores, real, reconstructed, translated = cycle
    options = {"cycle_weight": 3.0, "identity_weight": 0.5}
    value = column("cyclegan_generator_loss", *cycle, reduction=reduction, **options)
    adversarial = 2 * column("least_squares_generator_loss", scores, reduction="none")
    adversarial = adversarial.mean(axis=(1, 2))
    if reduction != "none":
        adversarial = getattr(adversarial, reduction)()
    terms = [
        adversarial,
        3 * column("cycle_consistency_loss", real, reconstructed, reduction=reduction),
        0.5 * column("identity_loss", real, translated, reduction=reduction),
    ]
    assert_allclose(value, sum(terms), rtol=1e-12)


def test_cyclegan_against_its_official_formula(column, cycle):
    """MSELoss to 1, ten times L1Loss, and L1Loss times lambda_identity times lambda."""
    torch = pytest.importorskip("torch")
    scores, real, reconstructed, translated = map(torch.tensor, cycle)
    mse, l1 = torch.nn.MSELoss(), torch.nn.L1Loss()
    expected = (
        mse(scores, torch.ones_like(scores))
        + 10 * l1(reconstructed, real)
        + 10 * 0.5 * l1(translated, real)
    )
    assert_allclose(column("cyclegan_generator_loss", *cycle), expected, rtol=1e-12)


def test_cyclegan_with_one_score_an_image(column, cycle):
    _, *images = cycle
    scores = np.array([0.5, -1.0])
    value = column("cyclegan_generator_loss", scores, *images, reduction="none")
    terms = column("cyclegan_generator_loss", np.ones(2), *images, reduction="none")
    assert_allclose(value - terms, [0.25, 4.0], rtol=1e-12)


# --- Errors ---------------------------------------------------------------------------------


def test_the_discriminator_takes_as_many_real_as_fake(column):
    for name in CHARGES:
        with pytest.raises(ValueError, match="shapes must be equal, got real_"):
            column(name, np.zeros(3), np.zeros(2))


@pytest.mark.parametrize("weight", [np.zeros(3), np.zeros((2, 1))])
def test_one_weight_an_image(column, weight):
    images = np.zeros((2, 4))
    with pytest.raises(ValueError, match=r"batches must be|weight must have shape \("):
        column("interpolate_pairs", images, images, weight)


@pytest.mark.parametrize("name", ["gradient_penalty_loss", "r1_loss", "r2_loss"])
def test_a_slope_has_a_batch(column, name):
    function = getattr(column.module, name)
    with pytest.raises(ValueError, match=r"gradient must have shape \(N, ...\), got"):
        function(column.tensor(1.0))


def test_cyclegan_checks_its_batches(column, cycle):
    scores, real, reconstructed, translated = cycle
    with pytest.raises(ValueError, match="batches must be of equal size, got fake_sc"):
        column("cyclegan_generator_loss", scores[:1], real, reconstructed, translated)
    with pytest.raises(ValueError, match=r"shapes must be equal, got real .* transl"):
        column(
            "cyclegan_generator_loss", scores, real, reconstructed, translated[:, :2]
        )


@pytest.mark.parametrize(
    ("name", "option", "value", "message"),
    [
        ("clip_weights", "limit", 0.0, "limit must be above 0, got 0.0"),
        ("minimax_discriminator_loss", "label_smoothing", 1.5, "from 0 to 1, got 1.5"),
        ("gradient_penalty_loss", "center", -1.0, "center must be at least 0"),
        ("cyclegan_generator_loss", "cycle_weight", -1.0, "cycle_weight must be"),
        ("cyclegan_generator_loss", "identity_weight", math.nan, "identity_weight"),
    ],
)
def test_options_out_of_range(column, cycle, name, option, value, message):
    arrays = cycle if name == "cyclegan_generator_loss" else [np.ones((2, 2))]
    arrays = arrays * 2 if name == "minimax_discriminator_loss" else arrays
    with pytest.raises(ValueError, match=message):
        column(name, *arrays, **{option: value})


def test_images_must_be_numbers(trainer):
    whole = trainer.framework.tensor(np.ones((2, 2), dtype="int64"))
    with pytest.raises(TypeError, match="images must hold floating-point numbers, got"):
        trainer.module.input_gradient(lambda x: x, whole)
