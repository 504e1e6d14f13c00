"""Feature networks in PyTorch, for images ``(N, 3, H, W)``."""

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lossguide.features import _networks
from lossguide.features._networks import Convolution, Layer, Network, Weights
from lossguide.torch._arguments import floats

__all__ = ["FeatureNetwork", "embedded", "vgg16", "vgg19"]


class FeatureNetwork(nn.Module):
    """A frozen network that gives its feature maps by name.

    Call it with RGB images in [0, 1], ``(N, 3, H, W)``, and the names of layers, by default all of
    them: nothing deeper than the deepest is computed. It has no parameters; gradients flow to the
    images. Half precision is computed and returned in float32, also under autocast.

    Attributes:
        layers: the names of all layers, the deepest last.
        style_layers: layers for a style loss.
        content_layers: layers for the content that a style is given to.
        perceptual_layers: layers for a perceptual loss.
        topology_layers: layers for comparing thin structures in segmentation maps.
        provenance: where the weights come from, in a sentence.
    """

    _mean: Tensor
    _deviation: Tensor

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.layers = tuple(layer.name for layer in network.layers)
        self.style_layers = network.style_layers
        self.content_layers = network.content_layers
        self.perceptual_layers = network.perceptual_layers
        self.topology_layers = network.topology_layers
        self.provenance = network.provenance
        self._upsample = network.upsample
        self._stages = nn.ModuleList(map(_Layer, network.layers))
        mean = torch.tensor(network.mean).view(3, 1, 1)
        deviation = torch.tensor(network.deviation).view(3, 1, 1)
        self.register_buffer("_mean", mean, persistent=False)
        self.register_buffer("_deviation", deviation, persistent=False)

    def forward(
        self, images: Tensor, layers: Iterable[str] | None = None
    ) -> dict[str, Tensor]:
        """The maps of the layers, by name."""
        (images,) = floats(images=images)
        if images.ndim != 4 or images.shape[1] != 3:
            raise ValueError(
                f"images must have shape (N, 3, H, W), got {tuple(images.shape)}"
            )
        chosen = _networks.choose(layers, self.layers)
        features: dict[str, Tensor] = {}
        with torch.autocast(images.device.type, enabled=False):
            x = (images - self._mean.to(images)) / self._deviation.to(images)
            for axis in (2, 3):
                x = x.repeat_interleave(self._upsample, axis)
            for name, stage in zip(self.layers, self._stages, strict=True):
                if len(features) == len(chosen):
                    break
                x = stage(x)
                if name in chosen:
                    features[name] = x
        return features


class _Layer(nn.Module):
    def __init__(self, layer: Layer) -> None:
        super().__init__()
        self.name, self.pool, self.skip = layer.name, layer.pool, layer.skip
        self.convolutions = nn.Sequential(*map(_Convolution, layer.convolutions))

    def forward(self, x: Tensor) -> Tensor:
        if self.pool:
            if min(x.shape[2:]) < 2:
                raise ValueError(f"images are too small to reach {self.name}")
            x = F.max_pool2d(x, 2)
        result: Tensor = self.convolutions(x)
        return x + result if self.skip else result


class _Convolution(nn.Module):
    kernel: Tensor
    bias: Tensor

    def __init__(self, convolution: Convolution) -> None:
        super().__init__()
        kernel = torch.tensor(convolution.kernel).permute(3, 2, 0, 1).contiguous()
        self.register_buffer("kernel", kernel, persistent=False)
        self.register_buffer("bias", torch.tensor(convolution.bias), persistent=False)
        self.stride = convolution.stride
        self.activation = convolution.activation

    def forward(self, x: Tensor) -> Tensor:
        _, inputs, size, _ = self.kernel.shape
        x = F.conv2d(
            _pad(x, size, self.stride),
            self.kernel.to(x),
            self.bias.to(x),
            self.stride,
            groups=x.shape[1] // inputs,
        )
        return x if self.activation is None else getattr(F, self.activation)(x)


def _pad(x: Tensor, size: int, stride: int) -> Tensor:
    """Zeros around the map, an odd one at its right and lower edge."""
    padding: list[int] = []
    for length in (x.shape[3], x.shape[2]):
        missing = max((-(-length // stride) - 1) * stride + size - length, 0)
        padding += [missing // 2, missing - missing // 2]
    return F.pad(x, padding)


def embedded(*, upsample: int = 1) -> FeatureNetwork:
    """EfficientNet-Lite0 trained on ImageNet, up to block 10; the weights are in the package.

    Its layers are ``stem`` and ``b0`` to ``b10``.

    Args:
        upsample: how many times larger the network sees the images. 1 suits comparisons; pictures
            made by optimization, as in style transfer, show a fine hatching unless it is 2.

    Example:
        >>> import torch
        >>> net = embedded()
        >>> features = net(torch.rand(1, 3, 64, 48), net.content_layers)
        >>> {name: tuple(map.shape) for name, map in features.items()}
        {'b4': (1, 40, 8, 6)}
        >>> print(net.provenance)
        EfficientNet-Lite0 trained on ImageNet, cut after block 10.
    """
    return FeatureNetwork(_networks.embedded(upsample))


def vgg16(weights: Weights = "imagenet", *, seed: int = 0) -> FeatureNetwork:
    """The convolutions of VGG16, trained on ImageNet (torchvision's weights) or random.

    Its layers are ``relu1_1`` to ``relu5_3``: block, then place in the block, after the ReLU.

    Args:
        weights: "imagenet" needs torchvision, which downloads 528 MB once; "random" is untrained.
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
    """The convolutions of VGG19, trained on ImageNet (torchvision's weights) or random.

    Its layers are ``relu1_1`` to ``relu5_4``: block, then place in the block, after the ReLU.

    Args:
        weights: "imagenet" needs torchvision, which downloads 548 MB once; "random" is untrained.
        seed: for random weights; a seed gives the same numbers in both frameworks.

    Raises:
        RuntimeError: if the trained weights cannot be had.

    Example:
        >>> print(vgg19(weights="random", seed=1).provenance)
        VGG19 with random weights (seed 1), not trained.
    """
    return FeatureNetwork(_vgg(19, weights, seed))


def _vgg(depth: int, weights: Weights, seed: int) -> Network:
    source = "torchvision (pip install torchvision)"
    return _networks.vgg(depth, weights, seed, _imagenet_vgg, source)


def _imagenet_vgg(depth: int) -> Network:
    from torchvision import models

    model = getattr(models, f"vgg{depth}")(weights="IMAGENET1K_V1")
    values = [value.detach().numpy() for value in model.features.parameters()]
    kernels, biases = values[::2], values[1::2]
    return _networks.vgg_of(
        depth,
        zip((kernel.transpose(2, 3, 1, 0) for kernel in kernels), biases, strict=True),
        mean=_networks.IMAGENET_MEAN,
        deviation=_networks.IMAGENET_DEVIATION,
        provenance=f"VGG{depth} trained on ImageNet (torchvision, IMAGENET1K_V1).",
    )
