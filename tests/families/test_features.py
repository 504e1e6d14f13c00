"""Feature networks: one interface in two frameworks, and the same numbers."""

import importlib
import importlib.util
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from lossguide.features import _networks

ROOT = Path(__file__).resolve().parents[2]
FRAMEWORKS = ("torch", "tensorflow")
NETWORKS = [
    ("embedded", {}),
    ("embedded", {"upsample": 2}),
    ("vgg16", {"weights": "random"}),
    ("vgg19", {"weights": "random"}),
]

LABELS = ["embedded", "enlarged", "vgg16", "vgg19"]

each_network = pytest.mark.parametrize(("name", "options"), NETWORKS, ids=LABELS)
# One with every kind of step, one with pooling.
each_kind = pytest.mark.parametrize(("name", "options"), NETWORKS[1:3], ids=LABELS[1:3])


class Torch:
    """The networks in PyTorch, with images and maps as NumPy arrays ``(N, H, W, C)``."""

    def __init__(self):
        self.torch = pytest.importorskip("torch")
        self.module = importlib.import_module("lossguide.features.torch")

    def images(self, array, dtype="float32"):
        tensor = self.torch.tensor(array, dtype=getattr(self.torch, dtype))
        return tensor.permute(0, 3, 1, 2).contiguous()

    def maps(self, net, array, *layers, dtype="float32"):
        features = net(self.images(array, dtype), *layers)
        return {name: map.permute(0, 2, 3, 1).numpy() for name, map in features.items()}

    def gradient(self, net, array, dtype="float32"):
        images = self.images(array, dtype).requires_grad_()
        sum(map.square().mean() for map in net(images).values()).backward()
        return images.grad.permute(0, 2, 3, 1).numpy()

    def stored(self, array, dtype):
        return self.images(array, dtype).permute(0, 2, 3, 1).float().numpy()


class TensorFlow:
    """The same in TensorFlow."""

    def __init__(self):
        self.tf = pytest.importorskip("tensorflow")
        self.module = importlib.import_module("lossguide.features.tensorflow")

    def images(self, array, dtype="float32"):
        return self.tf.cast(self.tf.constant(array), dtype)

    def maps(self, net, array, *layers, dtype="float32"):
        features = net(self.images(array, dtype), *layers)
        return {name: map.numpy() for name, map in features.items()}

    def gradient(self, net, array, dtype="float32"):
        images = self.images(array, dtype)
        with self.tf.GradientTape() as tape:
            tape.watch(images)
            maps = net(images).values()
            loss = sum(self.tf.reduce_mean(map**2) for map in maps)
        assert not tape.watched_variables()
        return tape.gradient(loss, images).numpy()

    def stored(self, array, dtype):
        return self.tf.cast(self.images(array, dtype), "float32").numpy()


@cache
def framework(name):
    return {"torch": Torch, "tensorflow": TensorFlow}[name]()


@pytest.fixture(params=FRAMEWORKS)
def frame(request):
    """Each of the two frameworks in turn."""
    return framework(request.param)


@cache
def network(frame, name, **options):
    return getattr(frame.module, name)(**options)


def waves(height, width):
    """An image by formula, with edges of every direction and color."""
    y, x = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
    channels = [0.5 + 0.5 * np.sin(x / 3 + y / (5 + c) + c) for c in range(3)]
    return np.stack(channels, axis=-1)[None]


def close(actual, expected, tolerance):
    """Equal up to a share of the largest number."""
    assert_allclose(actual, expected, rtol=0, atol=tolerance * np.abs(expected).max())


# --- The same numbers --------------------------------------------------------------------


@each_network
def test_frameworks_agree(name, options):
    images = np.concatenate([waves(33, 46), waves(33, 46)[:, ::-1]])
    torch, tf = map(framework, FRAMEWORKS)
    nets = [network(frame, name, **options) for frame in (torch, tf)]
    expected = tf.maps(nets[1], images)
    actual = torch.maps(nets[0], images)
    assert list(actual) == list(expected) == list(nets[0].layers)
    for layer in expected:
        close(actual[layer], expected[layer], 1e-5)


@each_network
def test_gradients_agree(name, options):
    """In float64: in float32 a unit near 0 may be on in one framework and off in the other."""
    gradients = [
        frame.gradient(network(frame, name, **options), waves(18, 17), dtype="float64")
        for frame in map(framework, FRAMEWORKS)
    ]
    assert np.isfinite(gradients).all()
    assert (gradients[0] != 0).any(axis=(1, 2)).all()
    close(*gradients, 1e-6)


@each_network
def test_frameworks_describe_their_networks_alike(name, options):
    torch, tf = (network(framework(frame), name, **options) for frame in FRAMEWORKS)
    for use in ("style", "content", "perceptual", "topology"):
        layers = getattr(torch, f"{use}_layers")
        assert layers == getattr(tf, f"{use}_layers")
        assert set(layers) <= set(torch.layers)
    assert torch.provenance == tf.provenance
    assert torch.provenance.endswith(".")


# Means of the first six channels of the original network, in full precision. The second test
# below computes them again.
ORIGINAL = {
    "stem": [2.9224, 3.1619, 3.0050, 0.9004, 2.6813, 2.9532],
    "b4": [8.8252, -3.5310, -3.4808, 7.8722, 11.1716, -2.5898],
    "b10": [9.0907, 1.5213, 4.3348, -0.0475, 28.2005, 2.1952],
}


def test_embedded_is_the_original_up_to_rounding(frame):
    maps = frame.maps(network(frame, "embedded"), waves(64, 64))
    for layer, means in ORIGINAL.items():
        close(maps[layer].mean(axis=(0, 1, 2))[:6], means, 2e-3)


def test_embedded_is_made_of_the_published_weights():
    """Needs the extra `embed`."""
    for package in ("efficientnet_lite_pytorch", "skimage", "sklearn"):
        pytest.importorskip(package)
    tool = script("embed_features")
    original = tool.original()
    image = framework("torch").images(waves(64, 64))
    maps = tool.feature_maps(original, image)
    for layer, means in ORIGINAL.items():
        assert_allclose(maps[layer].mean((0, 2, 3))[:6], means, atol=1e-4)
    with np.load(tool.FILE) as shipped:
        weights = tool.arrays(original)
        assert shipped.files == list(weights)
        for name, array in weights.items():
            close(shipped[name], array, 1e-3)
    for number, photograph in tool.photographs().items():
        assert original(tool.normalized(photograph)).argmax() == number


def script(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_pixels_are_repeated_inside(frame):
    larger = np.repeat(np.repeat(waves(9, 8), 3, axis=1), 3, axis=2)
    expected = frame.maps(network(frame, "embedded"), larger)
    net = network(frame, "embedded", upsample=3)
    for layer, map in frame.maps(net, waves(9, 8)).items():
        close(map, expected[layer], 1e-6)


@pytest.mark.parametrize("seed", [0, 7])
def test_random_weights_follow_the_seed(seed):
    first, again, other = (
        _networks.random_vgg(16, number).layers[-1].convolutions[0].kernel
        for number in (seed, seed, seed + 1)
    )
    assert_array_equal(first, again)
    assert (first != other).any()


# --- VGG with trained weights, played by VGG with other weights --------------------------


def close_to_model(frame, net, images, expected):
    actual = frame.maps(net, images)
    for map, layer in zip(expected, net.layers, strict=True):
        close(actual[layer], map, 1e-5)


@pytest.mark.parametrize("depth", [16, 19])
def test_torchvision_weights_and_their_normalization(monkeypatch, depth):
    frame = framework("torch")
    torch = frame.torch
    torch.manual_seed(0)
    stages, width = [], 3
    for block, count in enumerate(_networks.VGG_REPEATS[depth]):
        for _ in range(count):
            after = _networks.VGG_WIDTHS[block]
            stages += [torch.nn.Conv2d(width, after, 3, padding=1), torch.nn.ReLU()]
            width = after
        stages.append(torch.nn.MaxPool2d(2))
    features = torch.nn.Sequential(*stages)
    models = SimpleNamespace(
        **{f"vgg{depth}": lambda weights: SimpleNamespace(features=features)}
    )
    monkeypatch.setitem(sys.modules, "torchvision", SimpleNamespace(models=models))
    net = getattr(frame.module, f"vgg{depth}")()
    assert "torchvision" in net.provenance

    images = waves(32, 32)
    x = (images - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    x = frame.images(x)
    expected = []
    with torch.no_grad():
        for stage in features:
            x = stage(x)
            if isinstance(stage, torch.nn.ReLU):
                expected.append(x.permute(0, 2, 3, 1).numpy())
    close_to_model(frame, net, images, expected)


@pytest.mark.parametrize("depth", [16, 19])
def test_keras_weights_and_their_normalization(monkeypatch, depth):
    frame = framework("tensorflow")
    keras = pytest.importorskip("keras")
    module = getattr(keras.applications, f"vgg{depth}")
    model = getattr(module, f"VGG{depth}")(weights=None, include_top=False)
    layers = [layer for layer in model.layers if "conv" in layer.name]
    rng = np.random.default_rng(0)
    for layer in layers:
        kernel, bias = layer.get_weights()
        layer.set_weights([kernel, rng.normal(size=bias.shape)])
    monkeypatch.setattr(
        keras.applications, f"VGG{depth}", lambda include_top: model, raising=True
    )
    net = getattr(frame.module, f"vgg{depth}")()
    assert "keras" in net.provenance

    images = waves(32, 32)
    outputs = keras.Model(model.input, [layer.output for layer in layers])
    expected = outputs(module.preprocess_input(255 * images))
    close_to_model(frame, net, images, [map.numpy() for map in expected])


def test_weights_that_cannot_be_had_are_an_error(frame, monkeypatch):
    def unreachable(**_):
        raise OSError("no route to host")

    if frame is framework("torch"):
        monkeypatch.setitem(sys.modules, "torchvision", None)
    else:
        monkeypatch.setattr(frame.module.keras.applications, "VGG19", unreachable)
    with pytest.raises(RuntimeError, match=r'vgg19\(weights="imagenet"\).*embedded'):
        frame.module.vgg19()


# --- What the networks promise -----------------------------------------------------------


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (33, 64)])
def test_sizes_are_rounded_up(frame, size):
    net = network(frame, "embedded")
    maps = frame.maps(net, waves(*size))
    for layer, stride in {"stem": 2, "b0": 2, "b2": 4, "b4": 8, "b10": 16}.items():
        expected = tuple(-(-length // stride) for length in size)
        assert maps[layer].shape[1:3] == expected


def test_only_the_layers_asked_for(frame):
    vgg = network(frame, "vgg16", weights="random")
    maps = frame.maps(vgg, waves(2, 3), ["relu2_1", "relu1_2", "relu1_2"])
    assert {name: map.shape for name, map in maps.items()} == {
        "relu1_2": (1, 2, 3, 64),
        "relu2_1": (1, 1, 1, 128),
    }
    assert frame.maps(vgg, waves(2, 3), []) == {}
    with pytest.raises(ValueError, match="images are too small to reach relu3_1"):
        vgg(frame.images(waves(2, 3)))


def test_nothing_can_be_trained():
    net = network(framework("torch"), "embedded")
    assert list(net.parameters()) == []
    assert net.state_dict() == {}
    assert not any(buffer.requires_grad for buffer in net.buffers())


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_computed_in_float32(frame, dtype):
    net = network(frame, "embedded")
    images = waves(20, 20)
    maps = frame.maps(net, images, dtype=dtype)
    for layer, map in frame.maps(net, frame.stored(images, dtype)).items():
        assert maps[layer].dtype == "float32"
        assert_array_equal(maps[layer], map)


def test_autocast_changes_nothing():
    frame = framework("torch")
    net = network(frame, "embedded")
    with frame.torch.autocast("cpu", frame.torch.bfloat16):
        maps = frame.maps(net, waves(20, 20))
    for layer, map in frame.maps(net, waves(20, 20)).items():
        assert_array_equal(maps[layer], map)


@each_network
def test_float64_stays_float64(frame, name, options):
    net = network(frame, name, **options)
    maps = frame.maps(net, waves(20, 20), dtype="float64")
    for layer, map in frame.maps(net, waves(20, 20)).items():
        assert maps[layer].dtype == "float64"
        close(map, maps[layer], 1e-5)


def test_gradient_is_the_slope(frame):
    net = network(frame, "embedded", upsample=2)
    images = waves(9, 8)
    gradient = frame.gradient(net, images, dtype="float64")
    direction = np.random.default_rng(0).normal(size=images.shape)

    def loss(array):
        maps = frame.maps(net, array, dtype="float64").values()
        return sum((map**2).mean() for map in maps)

    step = 1e-7 * direction
    slope = (loss(images + step) - loss(images - step)) / 2e-7
    assert_allclose((gradient * direction).sum(), slope, rtol=1e-5)


@pytest.mark.skipif(not shutil.which("g++"), reason="no C++ compiler")
@each_kind
def test_torch_compile(name, options):
    frame = framework("torch")
    net = network(frame, name, **options)
    frame.torch.compiler.reset()
    compiled = frame.torch.compile(net, fullgraph=True, backend="aot_eager")
    images = waves(17, 18)
    gradients = [frame.gradient(each, images, "float64") for each in (compiled, net)]
    close(*gradients, 1e-9)


@each_kind
def test_tf_function_of_any_size(name, options):
    frame = framework("tensorflow")
    net = network(frame, name, **options)
    spec = frame.tf.TensorSpec((None, None, None, 3), "float64")
    compiled = frame.tf.function(net, input_signature=[spec])
    for size in [(17, 18), (32, 21)]:
        gradients = [
            frame.gradient(each, waves(*size), "float64") for each in (compiled, net)
        ]
        close(*gradients, 1e-9)


def test_xla():
    frame = framework("tensorflow")
    net = network(frame, "embedded", upsample=2)
    compiled = frame.tf.function(net, jit_compile=True)
    maps = frame.maps(compiled, waves(17, 18))
    for layer, map in frame.maps(net, waves(17, 18)).items():
        close(maps[layer], map, 1e-5)


# --- Wrong input -------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(8, 8, 3), (1, 8, 8, 1), (1, 3, 8, 8), (1, 8, 8, 4)])
def test_images_of_a_wrong_shape(frame, shape):
    images = np.zeros(shape, "float32")
    if images.ndim == 4:
        images = frame.images(images)
    elif frame is framework("torch"):
        images = frame.torch.tensor(images)
    with pytest.raises(ValueError, match="images must have shape"):
        network(frame, "embedded")(images)


def test_images_of_whole_numbers(frame):
    images = frame.images(np.zeros((1, 8, 8, 3)), "uint8")
    with pytest.raises(TypeError, match="images must hold floating-point numbers"):
        network(frame, "embedded")(images)


@pytest.mark.parametrize("layers", [["b2", "b11"], "b2"])
def test_unknown_layers(frame, layers):
    with pytest.raises(ValueError, match="layers must be among stem, b0, b1"):
        network(frame, "embedded")(frame.images(waves(8, 8)), layers)


def test_wrong_options(frame):
    with pytest.raises(ValueError, match="weights must be"):
        frame.module.vgg16("caffe")
    for upsample in (0, 1.5):
        with pytest.raises(ValueError, match="upsample must be"):
            frame.module.embedded(upsample=upsample)


def test_a_damaged_file_is_noticed(frame, monkeypatch):
    monkeypatch.setattr(_networks, "EMBEDDED_SHA256", "0" * 64)
    with pytest.raises(RuntimeError, match=r"embedded\.npz is damaged"):
        frame.module.embedded()


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("lossguide.features", {"numpy", "tensorflow", "torch"}),
        ("lossguide.features.torch", {"keras", "tensorflow", "torchvision"}),
        ("lossguide.features.tensorflow", {"torch"}),
    ],
)
def test_imports(module, absent):
    code = f"import sys, {module}; print(*{absent} & sys.modules.keys())"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == []
