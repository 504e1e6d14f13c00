"""Photographs that ship with scikit-image, as images for a network, and ways to damage them."""

import io
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from skimage import data
from skimage.transform import resize
from torch import Tensor

__all__ = ["blur", "equally_wrong", "photograph"]


def photograph(
    name: str,
    size: int,
    *,
    part: float = 1.0,
    at: tuple[float, float] = (0.5, 0.5),
) -> Tensor:
    """A square of a photograph, ``(1, 3, size, size)`` in [0, 1].

    Args:
        name: of the photograph in ``skimage.data``.
        size: pixels of the result.
        part: how much of the largest square is taken.
        at: where, from 0 (top, left) to 1 (bottom, right).
    """
    image = getattr(data, name)()
    if isinstance(image, tuple):  # a stereo pair
        image = image[0]
    if image.ndim == 2:
        image = np.stack([image] * 3, axis=-1)
    side = int(min(image.shape[:2]) * part)
    y, x = (
        int((length - side) * place)
        for length, place in zip(image.shape, at, strict=False)
    )
    square = resize(  # type: ignore[no-untyped-call]
        image[y : y + side, x : x + side] / 255, (size, size), anti_aliasing=True
    )
    pixels = torch.tensor(square, dtype=torch.float32)
    return pixels.permute(2, 0, 1)[None].contiguous()


def blur(image: Tensor, sigma: float) -> Tensor:
    """An image ``(N, 3, H, W)`` under a Gaussian blur of so many pixels, mirrored at its edges."""
    reach = int(4 * sigma) + 1
    place = torch.arange(-reach, reach + 1.0, device=image.device)
    kernel = torch.exp(-place.square() / (2 * sigma**2))
    kernel = (kernel / kernel.sum()).view(1, 1, 1, -1).expand(3, 1, 1, -1).to(image)
    image = F.pad(image, (reach,) * 4, mode="reflect")
    return F.conv2d(F.conv2d(image, kernel, groups=3), kernel.mT, groups=3)


def equally_wrong(image: Tensor) -> dict[str, Tensor]:
    """Five damaged versions of an image ``(1, 3, H, W)``, all with the mean squared error of a one-pixel shift.

    Example:
        >>> image = photograph("coffee", 32)
        >>> for name, damaged in equally_wrong(image).items():
        ...     print(f"{name}: {(damaged - image).square().mean():.4f}")
        shift: 0.0104
        blur: 0.0104
        noise: 0.0104
        JPEG: 0.0104
        paler: 0.0104
    """
    shifted = image.roll(1, 3)
    error = _error(shifted, image)
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(image.shape, generator=generator, device="cpu").to(image)
    squeezed = [_jpeg(image, quality) - image for quality in range(1, 96)]
    nearest = min(squeezed, key=lambda d: abs(d.square().mean().item() - error))
    directions = {
        "blur": lambda s: blur(image, 8 * s + 1e-3),
        "noise": lambda s: image + s * noise,
        "JPEG": lambda s: image + 2 * s * nearest,
        "paler": lambda s: image + s * (image.mean() - image),
    }
    return {"shift": shifted} | {
        name: _as_wrong(image, damage, error) for name, damage in directions.items()
    }


def _error(one: Tensor, other: Tensor) -> float:
    return (one - other).square().mean().item()


def _as_wrong(image: Tensor, damage: Callable[[float], Tensor], error: float) -> Tensor:
    """The damage, of a strength from 0 to 1, that gives this mean squared error: found by halving."""
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = (low + high) / 2
        if _error(damage(middle), image) < error:
            low = middle
        else:
            high = middle
    return damage(high)


def _jpeg(image: Tensor, quality: int) -> Tensor:
    file = io.BytesIO()
    pixels = (255 * image[0].permute(1, 2, 0)).round().byte().cpu().numpy()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    back = torch.tensor(np.array(Image.open(file)) / 255)
    return back.permute(2, 0, 1)[None].to(image)
