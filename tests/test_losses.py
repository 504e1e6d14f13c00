"""What every loss of the catalog promises, in each column that trains."""

import shutil

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lossguide.catalog import losses

# Options beside the defaults that are worth the same tests.
OPTIONS = {
    "alpha_iou_loss": [{"alpha": 1.0}, {"alpha": 2.5}],
    "charbonnier_loss": [{"eps": 0.5}],
    "general_robust_loss": [
        {"alpha": alpha, "scale": 0.7}
        for alpha in (2.5, 2.0, 1.99, 0.5, 0.0, 1e-6, -2.0, -1e6, -np.inf)
    ],
    "giou_loss": [{"eps": 0.5}],
    "huber_loss": [{"delta": 0.6}],
    "smooth_iou_loss": [{"smooth": 30.0}],
    "smooth_l1_loss": [{"beta": 0.3}],
}
NAMES = [card.name for card in losses()]
CASES = [(name, options) for name in NAMES for options in [{}, *OPTIONS.get(name, [])]]


def label(value):
    if isinstance(value, str):
        return value
    return ",".join(f"{k}={v}" for k, v in value.items()) or "defaults"


each_loss = pytest.mark.parametrize("name", NAMES)
each_case = pytest.mark.parametrize(("name", "options"), CASES, ids=label)
# CIoU's gradient takes a part of the loss as constant: test_boxes.py has its own test.
each_slope = pytest.mark.parametrize(
    ("name", "options"), [case for case in CASES if case[0] != "ciou_loss"], ids=label
)


def inputs(name, count=12):
    """Arguments for a loss, by the catalog: some easy, some far apart."""
    rng = np.random.default_rng(0)
    family = next(card.family for card in losses() if card.name == name)
    if family == "regression":
        return tuple(rng.normal(scale=2, size=(2, count)))
    corner, size = rng.uniform(0, 10, (2, 2, count, 2))
    boxes = tuple(np.concatenate([corner, corner + 0.5 + size], axis=-1))
    return (rng.normal(size=count), *boxes) if name == "iou_aware_loss" else boxes


@each_case
def test_value_is_the_definitions(trainer, definition, name, options):
    arrays = inputs(name)
    expected = definition(name, *arrays, reduction="none", **options)
    for dtype, tolerance in [("float64", 1e-12), ("float32", 1e-5)]:
        value = trainer(name, *arrays, dtype=dtype, reduction="none", **options)
        assert value.dtype == dtype
        assert_allclose(value, expected, rtol=tolerance, atol=tolerance)


@each_slope
def test_gradient_is_the_definitions_slope(trainer, definition, name, options):
    arrays = inputs(name)
    expected = definition.gradient(name, *arrays, reduction="sum", **options)
    for dtype, tolerance in [("float64", 1e-6), ("float32", 1e-5)]:
        gradient = trainer.gradient(
            name, *arrays, dtype=dtype, reduction="sum", **options
        )
        assert_allclose(gradient, expected, rtol=tolerance, atol=tolerance)


@each_case
def test_gradients_of_both_frameworks_agree(columns, name, options):
    first, second = (
        columns[framework].gradient(name, *inputs(name), **options)
        for framework in ("torch", "tensorflow")
    )
    assert_allclose(first, second, rtol=1e-12, atol=1e-15)


@each_loss
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_computed_in_float32(trainer, definition, name, dtype):
    arrays = [trainer.stored(array, dtype) for array in inputs(name)]
    value = trainer(name, *arrays, dtype=dtype)
    assert value.dtype == "float32"
    assert_allclose(value, definition(name, *arrays), rtol=1e-5)


@each_loss
def test_float64_wins_over_float32(trainer, name):
    first, *others = inputs(name)
    mixed = [trainer.tensor(first, "float64")]
    mixed += [trainer.tensor(other, "float32") for other in others]
    assert np.asarray(getattr(trainer.module, name)(*mixed)).dtype == "float64"


@each_loss
def test_reductions(column, name):
    each = column(name, *inputs(name), reduction="none")
    assert each.shape == (12,)
    assert_allclose(column(name, *inputs(name), reduction="sum"), each.sum())
    assert_allclose(column(name, *inputs(name), reduction="mean"), each.mean())
    assert_allclose(column(name, *inputs(name)), each.mean())


@each_loss
def test_more_axes(column, name):
    each = column(name, *inputs(name), reduction="none")
    folded = [array.reshape(3, 4, *array.shape[1:]) for array in inputs(name)]
    assert_allclose(
        column(name, *folded, reduction="none"), each.reshape(3, 4), rtol=1e-15
    )


@each_loss
def test_empty_input(column, name):
    nothing = inputs(name, count=0)
    assert column(name, *nothing) == 0
    assert column(name, *nothing, reduction="sum") == 0
    assert column(name, *nothing, reduction="none").shape == (0,)
    assert column.gradient(name, *nothing).shape == nothing[0].shape


@each_loss
def test_empty_input_leaves_a_zero_gradient_to_the_parameters(columns, name):
    torch, tf = columns["torch"].library, columns["tensorflow"].library
    first, *others = inputs(name, count=0)
    weight = torch.ones(1, requires_grad=True)
    tensors = (torch.tensor(other) for other in others)
    getattr(columns["torch"].module, name)(
        weight * torch.tensor(first), *tensors
    ).backward()
    assert weight.grad == 0
    weight = tf.Variable([1.0], dtype="float64")
    with tf.GradientTape() as tape:
        loss = getattr(columns["tensorflow"].module, name)(weight * first, *others)
    assert tape.gradient(loss, weight).numpy() == 0


@each_loss
def test_unknown_reduction(column, name):
    message = 'reduction must be "mean", "sum" or "none", got \'average\''
    with pytest.raises(ValueError, match=message):
        column(name, *inputs(name), reduction="average")


@each_loss
def test_integers_are_refused(trainer, name):
    *others, target = inputs(name)
    tensors = [trainer.tensor(other, "float32") for other in others]
    tensors.append(trainer.tensor(target, "int64"))
    message = "target must hold floating-point numbers, got .*int64"
    with pytest.raises(TypeError, match=message):
        getattr(trainer.module, name)(*tensors)


@each_loss
def test_shapes_must_be_equal(column, name):
    first, *others = inputs(name)
    with pytest.raises(ValueError, match=r"shape.* got .*\(11"):
        column(name, first[:11], *others)


@each_loss
def test_torch_compile(columns, name):
    check_compiled(columns, name, backend="aot_eager")


@pytest.mark.skipif(not shutil.which("c++"), reason="no C++ compiler")
def test_torch_compile_to_machine_code(columns):
    check_compiled(columns, "ciou_loss", backend="inductor")


def check_compiled(columns, name, backend):
    torch, function = torch_and(columns, name)
    tensors = torch_inputs(columns, name)
    compiled = torch.compile(function, fullgraph=True, backend=backend)
    (slope,) = torch.autograd.grad(compiled(*tensors), tensors[0])
    (expected,) = torch.autograd.grad(function(*tensors), tensors[0])
    torch.testing.assert_close(slope, expected)


@each_loss
def test_torch_func(columns, name):
    torch, function = torch_and(columns, name)
    tensors = torch_inputs(columns, name)
    slopes = torch.func.vmap(torch.func.grad(function))(*tensors)
    expected = torch.autograd.grad(function(*tensors, reduction="sum"), tensors[0])
    torch.testing.assert_close(slopes, *expected)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "ciou_loss"])
def test_torch_second_derivatives(columns, name):
    torch, function = torch_and(columns, name)
    assert torch.autograd.gradcheck(function, torch_inputs(columns, name))
    assert torch.autograd.gradgradcheck(function, torch_inputs(columns, name))


@each_loss
def test_torch_autocast(columns, name):
    torch, function = torch_and(columns, name)
    tensors = [tensor.bfloat16() for tensor in torch_inputs(columns, name)]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = function(*tensors)
    assert value.dtype == torch.float32
    torch.testing.assert_close(value, function(*tensors))


def torch_and(columns, name):
    return columns["torch"].library, getattr(columns["torch"].module, name)


def torch_inputs(columns, name):
    first, *others = (columns["torch"].tensor(x, "float64") for x in inputs(name))
    return first.requires_grad_(), *others


def test_torch_module(columns):
    torch, huber_loss = torch_and(columns, "huber_loss")
    criterion = columns["torch"].module.Loss(huber_loss, delta=2.0, reduction="sum")
    pred, target = torch_inputs(columns, "huber_loss")
    expected = huber_loss(pred, target, delta=2.0, reduction="sum")
    assert torch.equal(criterion(pred, target), expected)
    assert repr(criterion) == "Loss(huber_loss, delta=2.0, reduction='sum')"


@each_loss
def test_tensorflow_function_of_unknown_length(columns, name):
    tf, function = tensorflow_and(columns, name)
    arrays = inputs(name)
    signature = [tf.TensorSpec([None, *x.shape[1:]], tf.float64) for x in arrays]
    traced = tf.function(function, input_signature=signature)
    assert_allclose(traced(*arrays), function(*arrays), rtol=1e-12)
    assert traced(*inputs(name, count=0)) == 0


@each_loss
def test_tensorflow_jit(columns, name):
    tf, function = tensorflow_and(columns, name)
    arrays = inputs(name)

    @tf.function(jit_compile=True)
    def value_and_slope(first, *others):
        with tf.GradientTape() as tape:
            tape.watch(first)
            value = function(first, *others)
        return value, tape.gradient(value, first)

    value, slope = value_and_slope(*map(tf.constant, arrays))
    assert_allclose(value, function(*arrays), rtol=1e-12)
    expected = columns["tensorflow"].gradient(name, *arrays)
    assert_allclose(slope, expected, rtol=1e-9, atol=1e-12)


def tensorflow_and(columns, name):
    column = columns["tensorflow"]
    return column.library, getattr(column.module, name)


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
def test_keras_loss_trains(columns, policy):
    x, y = inputs("giou_loss")
    model = keras_model(columns, policy)
    history = model.fit(x, y, epochs=20, verbose=0).history["loss"]
    assert history[-1] < 0.9 * history[0]
    expected = columns["numpy"]("giou_loss", model.predict(x, verbose=0), y)
    assert model.evaluate(x, y, verbose=0) == pytest.approx(expected, rel=1e-5)


def test_keras_loss_is_saved_with_its_model(columns, tmp_path):
    keras = pytest.importorskip("keras")
    model = keras_model(columns, "float32", eps=1e-6)
    model.save(tmp_path / "model.keras")
    loss = keras.saving.load_model(tmp_path / "model.keras").loss
    assert loss.get_config() == model.loss.get_config()
    assert loss.function is columns["tensorflow"].module.giou_loss
    assert loss.options == {"eps": 1e-6}


@pytest.mark.parametrize("reduction", ["sum", "sum_over_batch_size", "none"])
def test_keras_loss_weights_and_reduces(columns, reduction):
    pytest.importorskip("keras")
    ltf = columns["tensorflow"].module
    y_pred, y_true = inputs("huber_loss")
    weights = np.arange(12.0)
    loss = ltf.Loss(ltf.huber_loss, delta=0.5, name="fit", reduction=reduction)
    each = columns["numpy"]("huber_loss", y_pred, y_true, delta=0.5, reduction="none")
    reduced = {"sum": np.sum, "sum_over_batch_size": np.mean, "none": np.asarray}
    assert loss.name == "fit"
    assert_allclose(
        loss(y_true, y_pred, sample_weight=weights),
        reduced[reduction](each * weights),
        rtol=1e-5,
    )


def test_keras_loss_of_an_empty_batch(columns):
    pytest.importorskip("keras")
    ltf = columns["tensorflow"].module
    assert ltf.Loss(ltf.mse_loss)(np.zeros((0, 3)), np.zeros((0, 3))) == 0
    assert ltf.Loss(ltf.giou_loss)(np.zeros((0, 4)), np.zeros((0, 4))).shape == (0,)


def keras_model(columns, policy, **options):
    """A model that gives back the box it is given, before it is trained."""
    keras = pytest.importorskip("keras")
    ltf = columns["tensorflow"].module
    layer = keras.layers.Dense(4, kernel_initializer="identity", dtype=policy)
    model = keras.Sequential([keras.Input((4,)), layer])
    model.compile(keras.optimizers.Adam(0.03), ltf.Loss(ltf.giou_loss, **options))
    return model
