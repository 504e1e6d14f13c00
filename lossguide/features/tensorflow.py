"""Feature networks in TensorFlow, for images ``(N, H, W, 3)``."""

from collections.abc import Iterable

import keras
import tensorflow as tf

from lossguide.features import _networks
from lossguide.features._networks import Convolution, Layer, Network, Weights
from lossguide.tensorflow._arguments import floats

__all__ = ["FeatureNetwork", "embedded", "vgg16", "vgg19"]


class FeatureNetwork:
    """A frozen network that gives its feature maps by name.

    Call it with RGB images in [0, 1], ``(N, H, W, 3)``, and the names of layers, by default all of
    them: nothing deeper than the deepest is computed. It has no variables; gradients flow to the
    images. Half precision is computed and returned in float32.

    Attributes:
        layers: the names of all layers, the deepest last.
        style_layers: layers for a style loss.
        content_layers: layers for the content that a style is given to.
        perceptual_layers: layers for a perceptual loss.
        topology_layers: layers for comparing thin structures in segmentation maps.
        provenance: where the weights come from, in a sentence.
    """

    def __init__(self, network: Network) -> None:
        self.layers = tuple(layer.name for layer in network.layers)
        self.style_layers = network.style_layers
        self.content_layers = network.content_layers
        self.perceptual_layers = network.perceptual_layers
        self.topology_layers = network.topology_layers
        self.provenance = network.provenance
        self._mean, self._deviation = network.mean, network.deviation
        self._upsample = network.upsample
        self._stages = [_Layer(layer) for layer in network.layers]

    def __call__(
        self, images: tf.Tensor, layers: Iterable[str] | None = None
    ) -> dict[str, tf.Tensor]:
        """The maps of the layers, by name."""
        (images,) = floats(images=images)
        if not images.shape.is_compatible_with([None, None, None, 3]):
            raise ValueError(
                f"images must have shape (N, H, W, 3), got {tuple(images.shape)}"
            )
        chosen = _networks.choose(layers, self.layers)
        features: dict[str, tf.Tensor] = {}
        x = (images - self._mean) / self._deviation
        for axis in (1, 2):
            x = tf.repeat(x, self._upsample, axis)
        for name, stage in zip(self.layers, self._stages, strict=True):
            if len(features) == len(chosen):
                break
            x = stage(x)
            if name in chosen:
                features[name] = x
        return features


class _Layer:
    def __init__(self, layer: Layer) -> None:
        self.name, self.pool, self.skip = layer.name, layer.pool, layer.skip
        self.convolutions = [_Convolution(part) for part in layer.convolutions]

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        if self.pool:
            if 1 in x.shape[1:3]:
                raise ValueError(f"images are too small to reach {self.name}")
            x = tf.nn.max_pool2d(x, 2, 2, "VALID")
        result = x
        for convolution in self.convolutions:
            result = convolution(result)
        return x + result if self.skip else result


class _Convolution:
    def __init__(self, convolution: Convolution) -> None:
        inputs = convolution.kernel.shape[2]
        self.depthwise = inputs == 1
        axes = (0, 1, 3, 2) if self.depthwise else (0, 1, 2, 3)
        self.kernel = tf.constant(convolution.kernel.transpose(axes))
        self.bias = tf.constant(convolution.bias)
        self.stride = convolution.stride
        self.activation = convolution.activation

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        convolve = tf.nn.depthwise_conv2d if self.depthwise else tf.nn.conv2d
        strides = [1, self.stride, self.stride, 1]
        x = convolve(x, tf.cast(self.kernel, x.dtype), strides, "SAME")
        x += tf.cast(self.bias, x.dtype)
        return x if self.activation is None else getattr(tf.nn, self.activation)(x)


def embedded(*, upsample: int = 1) -> FeatureNetwork:
    """EfficientNet-Lite0 trained on ImageNet, up to block 10; the weights are in the package.

    Its layers are ``stem`` and ``b0`` to ``b10``.

    Args:
        upsample: how many times larger the network sees the images. 1 suits comparisons; pictures
            made by optimization, as in style transfer, show a fine hatching unless it is 2.

    Example:
        >>> import tensorflow as tf
        >>> net = embedded()
        >>> features = net(tf.random.uniform((1, 64, 48, 3)), net.content_layers)
        >>> {name: tuple(map.shape) for name, map in features.items()}
        {'b4': (1, 8, 6, 40)}
        >>> print(net.provenance)
        EfficientNet-Lite0 trained on ImageNet, cut after block 10.
    """
    return FeatureNetwork(_networks.embedded(upsample))


def vgg16(weights: Weights = "imagenet", *, seed: int = 0) -> FeatureNetwork:
    """The convolutions of VGG16, trained on ImageNet (Keras's weights) or random.

    Its layers are ``relu1_1`` to ``relu5_3``: block, then place in the block, after the ReLU.

    Args:
        weights: "imagenet" comes through ``keras.applications``, which downloads 59 MB once; "random"
            is untrained.
        seed: for random weights; a seed gives the same numbers in both frameworks.

    Raises:
        RuntimeError: if the trained weights cannot be had.

    Example:
        >>> net = vgg16(weights="random")
        >>> net.perceptual_layers
        ('relu1_2', 'relu2_2', 'relu3_3', 'relu4_3', 'relu5_3')
    """
    return FeatureNetwork(_vgg(16, weights, seed))


def vgg19(weights: Weights = "imagenet", *, seed: int = 0) -> FeatureNetwork:
    """The convolutions of VGG19, trained on ImageNet (Keras's weights) or random.

    Its layers are ``relu1_1`` to ``relu5_4``: block, then place in the block, after the ReLU.

    Args:
        weights: "imagenet" comes through ``keras.applications``, which downloads 80 MB once; "random"
            is untrained.
        seed: for random weights; a seed gives the same numbers in both frameworks.

    Raises:
        RuntimeError: if the trained weights cannot be had.

    Example:
        >>> print(vgg19(weights="random", seed=1).provenance)
        VGG19 with random weights (seed 1), not trained.
    """
    return FeatureNetwork(_vgg(19, weights, seed))


def _vgg(depth: int, weights: Weights, seed: int) -> Network:
    return _networks.vgg(depth, weights, seed, _imagenet_vgg, "keras.applications")


def _imagenet_vgg(depth: int) -> Network:
    """Keras's weights expect blue, green, red in [0, 255], less the mean."""
    model = getattr(keras.applications, f"VGG{depth}")(include_top=False)
    weights = [
        tuple(layer.get_weights())
        for layer in model.layers
        if isinstance(layer, keras.layers.Conv2D)
    ]
    (kernel, bias), *others = weights
    return _networks.vgg_of(
        depth,
        [(kernel[:, :, ::-1], bias), *others],
        mean=(123.68 / 255, 116.779 / 255, 103.939 / 255),
        deviation=(1 / 255,) * 3,
        provenance=f"VGG{depth} trained on ImageNet (keras.applications).",
    )
