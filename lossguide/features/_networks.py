"""The feature networks as data: their layers, their numbers and what they are good for."""

import hashlib
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Weights = Literal["imagenet", "random"]

EMBEDDED_SHA256 = "ed73442630c607b6b2ab2befca6846d0e8e398c1ea0c1ca7ad42040f7b79a2b7"


@dataclass(frozen=True, eq=False)
class Convolution:
    """A convolution with zero padding as TensorFlow's "SAME": size n becomes ceil(n / stride).

    The kernel is (height, width, channels in, channels out); with one channel in, each channel of
    the map is convolved by itself.
    """

    kernel: Array
    bias: Array
    stride: int = 1
    activation: Literal["relu", "relu6"] | None = "relu"


@dataclass(frozen=True, eq=False)
class Layer:
    """Convolutions in a row, whose result has a name.

    ``pool`` halves the map before them, by the largest of each 2 x 2 pixels; ``skip`` adds their
    input to their result.
    """

    name: str
    convolutions: tuple[Convolution, ...]
    pool: bool = False
    skip: bool = False


@dataclass(frozen=True, eq=False)
class Network:
    """Layers, the normalization before them, and which of them suit which use.

    The normalized image is ``(image - mean) / deviation``, channel by channel, with each pixel
    repeated ``upsample`` times along both axes.
    """

    layers: tuple[Layer, ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    style_layers: tuple[str, ...]
    content_layers: tuple[str, ...]
    perceptual_layers: tuple[str, ...]
    topology_layers: tuple[str, ...]
    provenance: str
    upsample: int = 1


def choose(layers: Iterable[str] | None, known: Sequence[str]) -> set[str]:
    """The layers asked for, by default all."""
    chosen = set(known if layers is None else layers)
    if not chosen <= set(known):
        unknown = ", ".join(sorted(chosen - set(known)))
        raise ValueError(
            f"layers must be among {', '.join(known)}; there is no {unknown}"
        )
    return chosen


def embedded(upsample: int) -> Network:
    """The network in the package's file of weights."""
    data = resources.files("lossguide.features").joinpath("embedded.npz").read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != EMBEDDED_SHA256:
        raise RuntimeError(
            f"embedded.npz is damaged: its SHA-256 is {digest}, not {EMBEDDED_SHA256};"
            " install lossguide again"
        )
    with np.load(io.BytesIO(data)) as arrays:
        return efficientnet_lite0(arrays, upsample)


def efficientnet_lite0(arrays: Mapping[str, Any], upsample: int = 1) -> Network:
    """EfficientNet-Lite0 up to block 10, batch normalization folded into the convolutions.

    Block 0 has two convolutions: one for each channel by itself, one across the channels. The others
    have one more before them, which widens the map.
    """
    if not (isinstance(upsample, int) and upsample >= 1):
        raise ValueError(f"upsample must be a whole number from 1, got {upsample!r}")

    def convolution(name: str, **options: Any) -> Convolution:
        kernel, bias = arrays[f"{name}.kernel"], arrays[f"{name}.bias"]
        return Convolution(
            kernel.astype(np.float32), bias.astype(np.float32), **options
        )

    def block(number: int) -> Layer:
        stride = 2 if number in (1, 3, 5) else 1
        parts = [
            convolution(f"b{number}.depthwise", stride=stride, activation="relu6"),
            convolution(f"b{number}.project", activation=None),
        ]
        if number > 0:
            parts.insert(0, convolution(f"b{number}.expand", activation="relu6"))
        same_width = parts[0].kernel.shape[2] == parts[-1].kernel.shape[3]
        return Layer(f"b{number}", tuple(parts), skip=stride == 1 and same_width)

    stem = Layer("stem", (convolution("stem", stride=2, activation="relu6"),))
    enlarged = (
        f" It sees images at {upsample} times their size." if upsample > 1 else ""
    )
    return Network(
        layers=(stem, *map(block, range(11))),
        mean=(127 / 255,) * 3,
        deviation=(128 / 255,) * 3,
        style_layers=("stem", "b0", "b2", "b4", "b7"),
        content_layers=("b4",),
        perceptual_layers=("b0", "b2", "b4", "b7", "b10"),
        topology_layers=("b2", "b4", "b7", "b10"),
        provenance=f"EfficientNet-Lite0 trained on ImageNet, cut after block 10.{enlarged}",
        upsample=upsample,
    )


VGG_WIDTHS = (64, 128, 256, 512, 512)
VGG_REPEATS = {16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
# Of the images of ImageNet, red, green and blue.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)


def vgg(
    depth: int,
    weights: Weights,
    seed: int,
    imagenet: Callable[[int], Network],
    source: str,
) -> Network:
    """VGG16 or VGG19, trained (got by ``imagenet`` from ``source``) or with random weights."""
    if weights == "random":
        return random_vgg(depth, seed)
    if weights != "imagenet":
        raise ValueError(f'weights must be "imagenet" or "random", got {weights!r}')
    try:
        return imagenet(depth)
    except Exception as error:
        raise RuntimeError(
            f'vgg{depth}(weights="imagenet") cannot be loaded: {error}. It needs {source} and, the first'
            " time, a connection to download the weights; embedded() needs neither"
        ) from error


def random_vgg(depth: int, seed: int) -> Network:
    """A VGG that has learned nothing: weights that keep the scale of the maps, no bias."""
    rng = np.random.default_rng(seed)

    def draw(inputs: int, outputs: int) -> tuple[Array, Array]:
        normal = rng.standard_normal((3, 3, inputs, outputs), dtype=np.float32)
        scale = np.float32(np.sqrt(2 / (9 * inputs)))
        return normal * scale, np.zeros(outputs, np.float32)

    widths = [
        width
        for width, count in zip(VGG_WIDTHS, VGG_REPEATS[depth], strict=True)
        for _ in range(count)
    ]
    return vgg_of(
        depth,
        list(map(draw, [3, *widths[:-1]], widths)),
        mean=IMAGENET_MEAN,
        deviation=IMAGENET_DEVIATION,
        provenance=f"VGG{depth} with random weights (seed {seed}), not trained.",
    )


def vgg_of(
    depth: int,
    weights: Iterable[tuple[Array, Array]],
    *,
    mean: tuple[float, ...],
    deviation: tuple[float, ...],
    provenance: str,
) -> Network:
    """VGG16 or VGG19 with these kernels and biases, in their order."""
    repeats = VGG_REPEATS[depth]
    names = [
        (block, place)
        for block, count in enumerate(repeats, start=1)
        for place in range(1, count + 1)
    ]
    last = tuple(f"relu{block}_{count}" for block, count in enumerate(repeats, start=1))
    return Network(
        layers=tuple(
            Layer(
                f"relu{block}_{place}",
                (Convolution(kernel, bias),),
                pool=block > 1 and place == 1,
            )
            for (block, place), (kernel, bias) in zip(names, weights, strict=True)
        ),
        mean=mean,
        deviation=deviation,
        style_layers=tuple(f"relu{block}_1" for block in range(1, 6)),
        content_layers=("relu4_2",),
        perceptual_layers=last,
        topology_layers=last[:3],
        provenance=provenance,
    )
