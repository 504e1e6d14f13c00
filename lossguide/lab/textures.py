"""Textures out of scikit-image's photographs, and what tells them apart without a network."""

from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from skimage.feature import local_binary_pattern
from torch import Tensor

from lossguide.lab.photographs import photograph

__all__ = ["TEXTURES", "brightness", "fine_detail", "nearest", "patterns"]
__all__ += ["quarters", "random_phase", "shuffle_pixels"]

Array = NDArray[np.float64]

# The photographs, and whether they are colored.
TEXTURES = {
    "brick": False,
    "grass": False,
    "gravel": False,
    "immunohistochemistry": True,
    "hubble_deep_field": True,
    "page": False,
    "coins": False,
    "moon": False,
}
# Of red, green and blue in the brightness that one sees (ITU-R BT.601).
BRIGHTNESS = (0.299, 0.587, 0.114)


def brightness(images: Tensor) -> Tensor:
    """The brightness ``(N, 1, H, W)`` of images with three channels or one."""
    if images.shape[1] == 1:
        return images
    return (images * images.new_tensor(BRIGHTNESS).view(3, 1, 1)).sum(1, keepdim=True)


@cache
def quarters(name: str, size: int = 128) -> tuple[Tensor, ...]:
    """The four quarters of a texture, each ``(1, C, size, size)``, with one channel where it has no color."""
    whole = photograph(name, 2 * size)
    if not TEXTURES[name]:
        whole = whole[:, :1]
    rows = whole.chunk(2, dim=2)
    return tuple(part.contiguous() for row in rows for part in row.chunk(2, dim=3))


def patterns(image: Tensor) -> Array:
    """How often each local binary pattern occurs: around a pixel, which neighbors are brighter than it?

    Three histograms in a row, for 8 neighbors at a distance of 1 pixel, 16 at 2 and 24 at 4; patterns that differ by
    a turn are one.
    """
    gray = brightness(image)[0, 0].clamp(0, 1).mul(255).round().byte().cpu().numpy()
    found = []
    for neighbors, radius in ((8, 1), (16, 2), (24, 4)):
        codes = local_binary_pattern(  # type: ignore[no-untyped-call]
            gray, neighbors, radius, "uniform"
        )
        counts = np.bincount(codes.astype(int).ravel(), minlength=neighbors + 2)
        found.append(counts / counts.sum())
    return np.concatenate(found)


@cache
def _patterns_of(name: str, quarter: int) -> Array:
    return patterns(quarters(name)[quarter])


def nearest(image: Tensor, quarter: int) -> str:
    """The texture whose local binary patterns are nearest to the image's, in any quarter but one.

    Args:
        image: ``(1, C, H, W)``.
        quarter: the one left out, because the image was made from it.
    """
    mine = patterns(image)
    distances = {}
    for name in TEXTURES:
        for other in set(range(4)) - {quarter}:
            theirs = _patterns_of(name, other)
            total = np.maximum(mine + theirs, 1e-12)
            distances[name, other] = float(((mine - theirs) ** 2 / total).sum())
    return min(distances, key=lambda key: distances[key])[0]


def shuffle_pixels(image: Tensor, seed: int) -> Tensor:
    """The same pixels in random order."""
    generator = torch.Generator().manual_seed(seed)
    pixels = image.flatten(2)
    order = torch.randperm(pixels.shape[2], generator=generator)
    return pixels[..., order].reshape(image.shape)


def random_phase(image: Tensor, seed: int) -> Tensor:
    """An image with the spectrum of another, random phases, and then its values.

    What a texture model of two numbers a pixel keeps: how often each value occurs, and how pixels at each distance
    go together.
    """
    generator = torch.Generator().manual_seed(seed)
    noise = torch.rand(image.shape[2:], generator=generator)
    phase = torch.fft.fft2(noise).angle()
    mixed = torch.fft.ifft2(torch.fft.fft2(image) * torch.exp(1j * phase)).real
    order = mixed.flatten(2).argsort(-1)
    values = image.flatten(2).sort(-1).values
    return torch.zeros_like(values).scatter_(2, order, values).reshape(image.shape)


def fine_detail(image: Tensor) -> float:
    """How strong the waves shorter than four pixels are in the brightness: their root mean square."""
    gray = brightness(image)[0, 0].double().cpu()
    window = [torch.hann_window(n, dtype=gray.dtype, device="cpu") for n in gray.shape]
    power = torch.fft.fft2((gray - gray.mean()) * torch.outer(*window)).abs().square()
    waves = [torch.fft.fftfreq(n, dtype=gray.dtype, device="cpu") for n in gray.shape]
    short = torch.hypot(*torch.meshgrid(*waves, indexing="ij")) > 0.25
    return float(power[short].sum().sqrt() / gray.numel())
