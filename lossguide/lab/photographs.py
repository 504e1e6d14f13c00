"""Photographs that ship with scikit-image, as images for a network."""

import numpy as np
import torch
from skimage import data
from skimage.transform import resize
from torch import Tensor

__all__ = ["photograph"]


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
