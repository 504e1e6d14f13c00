"""``Loss``, which makes a PyTorch module and a Keras loss of any function: one number in both."""

import copy
import pickle
from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lossguide.catalog import find, losses
from lossguide.conformance.samples import plain_options, typical

keras = pytest.importorskip("keras")
torch = pytest.importorskip("torch")
lt = pytest.importorskip("lossguide.torch")
ltf = pytest.importorskip("lossguide.tensorflow")

LOGITS = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
CLASSES = np.array([0, 1, 2, 2, 1, 0])
WEIGHTS = np.array([1.0, 2.0, 5.0], "float32")
PAIRED = [card for card in losses() if len(card.inputs) == 2]
# The mean of a class-weighted loss, of what is not ignored, and of what was mined.
OWN_MEANS = [
    ("cross_entropy_loss", LOGITS, {"weight": WEIGHTS}),
    ("cross_entropy_loss", LOGITS, {"ignore_index": 1}),
    ("cross_entropy_loss", LOGITS, {"weight": WEIGHTS, "label_smoothing": 0.1}),
    ("batch_triplet_loss", LOGITS, {"mining": "all"}),
    ("batch_triplet_loss", LOGITS[::-1].copy(), {"mining": "hard"}),
]


def label(value):
    return getattr(value, "name", None)


def torch_loss(name, /, **options):
    tensors = {k: torch.tensor(v) if k == "weight" else v for k, v in options.items()}
    return lt.Loss(getattr(lt, name), **tensors)


def keras_loss(name, /, **options):
    return ltf.Loss(getattr(ltf, name), **options)


@pytest.mark.parametrize("card", PAIRED, ids=label)
def test_both_adaptors_give_the_functions_number(columns, card):
    for options in card.options:
        sample, plain = typical(card, options), plain_options(options)
        expected = columns["numpy"].subject(card.name)(sample, **plain)
        for name, swapped in (("torch", False), ("tensorflow", True)):
            subject = columns[name].subject(card.name)
            first, second = subject.tensors(sample, "float32")
            named = subject.named(sample, "float32")
            loss = columns[name].module.Loss(subject.function, **named, **plain)
            value = loss(second, first) if swapped else loss(first, second)
            assert_allclose(
                columns[name].framework.array(value), expected, rtol=1e-4, atol=1e-5
            )


@pytest.mark.parametrize(("name", "inputs", "options"), OWN_MEANS)
@pytest.mark.parametrize("reduction", ["mean", "sum_over_batch_size", "sum"])
def test_equal_weights_change_no_mean(name, inputs, options, reduction):
    own = {"reduction": "sum" if reduction == "sum" else "mean"}
    expected = torch_loss(name, **options, **own)(
        torch.tensor(inputs), torch.tensor(CLASSES)
    )
    loss = keras_loss(name, reduction=reduction, **options)
    assert_allclose(loss(CLASSES, inputs), expected, rtol=1e-5)
    for shape in ((6,), (6, 1)):
        weighted = loss(CLASSES, inputs, sample_weight=np.ones(shape))
        assert_allclose(weighted, expected, rtol=1e-5)


def test_a_sample_weight_weighs_the_functions_own_mean():
    of_samples = np.array([1.0, 0.0, 2.0, 1.0, 1.0, 3.0])
    loss = keras_loss("cross_entropy_loss", weight=WEIGHTS)
    each = ltf.cross_entropy_loss(LOGITS, CLASSES, weight=WEIGHTS, reduction="none")
    expected = (of_samples * each.numpy()).sum() / WEIGHTS[CLASSES].sum()
    assert_allclose(loss(CLASSES, LOGITS, of_samples), expected, rtol=1e-5)


@pytest.mark.parametrize("reduction", ["sum", "sum_over_batch_size", "none", None])
def test_a_keras_loss_weights_and_reduces(columns, reduction):
    y_pred, y_true = typical(find("huber_loss"), {}, 12).values()
    weights = np.arange(12.0)
    loss = keras_loss("huber_loss", delta=0.5, name="fit", reduction=reduction)
    each = columns["numpy"]("huber_loss", y_pred, y_true, delta=0.5, reduction="none")
    reduced = {"sum": np.sum, "sum_over_batch_size": np.mean}
    assert loss.name == "fit"
    for weight in (None, weights):
        expected = reduced.get(reduction, np.asarray)(
            each if weight is None else each * weights
        )
        assert_allclose(loss(y_true, y_pred, weight), expected, rtol=1e-5)


def test_a_weighted_mean_is_divided_by_its_weights(columns):
    y_pred, y_true = np.arange(6.0).reshape(3, 2), np.ones((3, 2))
    weights = np.array([1.0, 0.0, 2.0])
    loss = keras_loss("mse_loss", reduction="mean_with_sample_weight")
    expected = np.average((y_pred - y_true) ** 2, axis=0, weights=weights).mean()
    assert_allclose(loss(y_true, y_pred, weights), expected, rtol=1e-6)


def test_a_weight_of_a_sample_weighs_all_its_values():
    """Keras would lay three weights along the last axis, which has three entries too."""
    y_pred, y_true = np.arange(9.0).reshape(3, 3), np.zeros((3, 3))
    loss = keras_loss("mse_loss", reduction="none")
    expected = y_pred**2 * np.array([[1.0], [0.0], [2.0]])
    assert_allclose(loss(y_true, y_pred, np.array([1.0, 0.0, 2.0])), expected)
    with pytest.raises(ValueError, match=r"sample_weight must weigh values of shape"):
        loss(y_true, y_pred, np.ones((3, 3, 3)))


@pytest.mark.parametrize("options", [{}, {"weight": WEIGHTS}], ids=["", "weight"])
def test_a_mask_leaves_out_what_it_hides(options):
    """As with a layer that masks: the mean is that of what is left."""
    tf = pytest.importorskip("tensorflow")
    kept = np.array([True, True, False, True, False, True])
    loss = keras_loss("cross_entropy_loss", **options)
    y_pred = tf.constant(LOGITS)
    y_pred._keras_mask = tf.constant(kept)
    each = ltf.cross_entropy_loss(LOGITS, CLASSES, **options, reduction="none").numpy()
    share = WEIGHTS[CLASSES].mean() if options else 1.0
    assert_allclose(loss(CLASSES, y_pred), each[kept].mean() / share, rtol=1e-5)
    weights = np.arange(6.0)
    weighted = (each * weights)[kept].sum() / kept.sum() / share
    assert_allclose(loss(CLASSES, y_pred, weights), weighted, rtol=1e-5)


def test_labels_stay_whole():
    """As floats, these three would be one."""
    labels = np.array([2**24, 2**24 + 1, 2**24, 2**24 + 1, 2**24 + 2, 2**24 + 2])
    expected = ltf.batch_triplet_loss(LOGITS, CLASSES[[0, 1, 0, 1, 2, 2]])
    loss = keras_loss("batch_triplet_loss")
    assert_allclose(loss(labels, LOGITS), expected, rtol=1e-6)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile("adam", loss)
    history = model.fit(LOGITS, labels, epochs=2, verbose=0).history["loss"]
    assert np.all(np.array(history) > 0)


def test_whole_numbers_may_be_a_binary_target():
    target = (LOGITS > 0.3).astype("int64")
    loss = keras_loss("binary_cross_entropy_loss")
    assert_allclose(
        loss(target, LOGITS),
        ltf.binary_cross_entropy_loss(LOGITS, target.astype("float32")),
    )


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("triplet_loss", {}, "triplet_loss cannot be called .* argument: 'negative'"),
        ("total_variation_loss", {}, "total_variation_loss cannot be called"),
        ("huber_loss", {"detla": 1.0}, "unexpected keyword argument 'detla'"),
    ],
)
def test_what_keras_cannot_call_is_refused_at_once(name, options, message):
    with pytest.raises(TypeError, match=message):
        keras_loss(name, **options)


def test_an_option_that_no_function_has_is_refused_at_once():
    with pytest.raises(TypeError, match="unexpected keyword argument 'detla'"):
        torch_loss("huber_loss", detla=1.0)


def test_an_empty_batch():
    for shape in ((0,), (0, 3)):
        y = np.zeros(shape)
        assert keras_loss("mse_loss")(y, y) == 0
        assert keras_loss("mse_loss")(y, y, np.zeros(0)) == 0


def test_a_torch_module():
    criterion = torch_loss("huber_loss", delta=2.0, reduction="sum")
    assert criterion(torch.tensor([1.0, 5.0]), torch.zeros(2)) == 8.5
    assert repr(criterion) == "Loss(huber_loss, delta=2.0, reduction='sum')"
    assert repr(lt.Loss(partial(lt.huber_loss, delta=2.0), reduction="sum")) == repr(
        criterion
    )


def test_tensor_options_move_and_are_saved_with_the_module():
    criterion = torch_loss("cross_entropy_loss", weight=WEIGHTS, label_smoothing=0.1)
    arguments = torch.tensor(LOGITS), torch.tensor(CLASSES)
    expected = criterion(*arguments)
    assert repr(criterion) == (
        "Loss(cross_entropy_loss, label_smoothing=0.1, weight=tensor([1., 2., 5.]))"
    )
    assert list(criterion.state_dict()) == ["weight"]
    other = torch_loss("cross_entropy_loss", weight=WEIGHTS[::-1].copy())
    other.load_state_dict(criterion.state_dict())
    assert torch.equal(other.weight, criterion.weight)
    assert copy.deepcopy(criterion).to("meta").weight.is_meta
    for twin in (
        copy.deepcopy(criterion),
        pickle.loads(pickle.dumps(criterion)),
        copy.deepcopy(criterion).double(),
        copy.deepcopy(criterion).half(),
        lt.Loss(
            partial(lt.cross_entropy_loss, weight=torch.tensor(WEIGHTS)),
            label_smoothing=0.1,
        ),
        torch.compile(criterion, fullgraph=True, backend="aot_eager"),
    ):
        assert_allclose(twin(*arguments), expected, rtol=1e-6)


def test_a_parameter_is_trained_with_the_module():
    temperature = torch.nn.Parameter(torch.tensor(0.5))
    criterion = lt.Loss(lt.info_nce_loss, temperature=temperature)
    assert list(criterion.parameters()) == [temperature]
    keys = torch.tensor(LOGITS)
    criterion(keys, keys.flip(0)).backward()
    assert temperature.grad != 0


def test_a_torch_module_ends_a_sequence():
    model = torch.nn.Sequential(torch.nn.Identity(), lt.Loss(lt.total_variation_loss))
    images = torch.arange(4.0).reshape(1, 1, 2, 2)
    assert model(images) == lt.total_variation_loss(images)


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
def test_a_keras_loss_trains(columns, policy):
    x, y = typical(find("giou_loss"), {}, 12).values()
    model = keras_model(policy)
    history = model.fit(x, y, epochs=20, verbose=0).history["loss"]
    assert history[-1] < 0.9 * history[0]
    expected = columns["numpy"]("giou_loss", model.predict(x, verbose=0), y)
    assert model.evaluate(x, y, verbose=0) == pytest.approx(expected, rel=1e-5)
    weights = np.arange(12.0)
    each = columns["numpy"](
        "giou_loss", model.predict(x, verbose=0), y, reduction="none"
    )
    weighted = model.evaluate(x, y, sample_weight=weights, verbose=0)
    assert weighted == pytest.approx((each * weights).mean(), rel=1e-4)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("giou_loss", {"eps": 1e-6}),
        ("cross_entropy_loss", {"weight": np.array([1.0, 2.0, 5.0, 1.0])}),
    ],
)
def test_a_keras_loss_is_saved_with_its_model(tmp_path, name, options):
    model = keras_model("float32", keras_loss(name, dtype="float64", **options))
    model.save(tmp_path / "model.keras")
    loss = keras.saving.load_model(tmp_path / "model.keras").loss
    assert loss.function is getattr(ltf, name)
    assert loss.dtype == "float64"
    assert loss.name == name
    assert_allclose(loss.options[next(iter(options))], next(iter(options.values())))


def test_a_loss_of_ones_own_is_saved_with_its_model(tmp_path):
    @keras.saving.register_keras_serializable("tests")
    def mine(pred, target, *, reduction):
        return ltf.mse_loss(pred, target, reduction=reduction)

    keras_model("float32", ltf.Loss(mine)).save(tmp_path / "model.keras")
    assert keras.saving.load_model(tmp_path / "model.keras").loss.function is mine


@pytest.mark.parametrize("name", ["lossguide>giou_loss", "giou_loss"])
def test_keras_knows_no_bare_function_by_name(name):
    """It would call it with its arguments swapped."""
    with pytest.raises((ValueError, TypeError)):
        keras.losses.get(name)


def keras_model(policy, loss=None):
    """A model that gives back the box it is given, before it is trained."""
    layer = keras.layers.Dense(4, kernel_initializer="identity", dtype=policy)
    model = keras.Sequential([keras.Input((4,)), layer])
    model.compile(keras.optimizers.Adam(0.03), loss or ltf.Loss(ltf.giou_loss))
    return model
