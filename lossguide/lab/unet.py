"""A small U-Net: what the labs on segmentation train."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

__all__ = ["UNet"]


class UNet(nn.Module):
    """A network that halves the image, sees it whole, and doubles it again, with each size handed across.

    Args:
        classes: logits a pixel.
        channels: of the images.
        widths: channels at each size, the full one first; each next size is half of the one before.

    Example:
        >>> network = UNet(classes=3)
        >>> network(torch.zeros(2, 1, 32, 32)).shape
        torch.Size([2, 3, 32, 32])
        >>> sum(weights.numel() for weights in network.parameters())
        29795
    """

    def __init__(
        self, classes: int, channels: int = 1, widths: Sequence[int] = (8, 16, 32)
    ) -> None:
        super().__init__()
        before = (channels, *widths)
        self.down = nn.ModuleList(map(block, before, widths))
        below = reversed(widths[1:])
        self.up = nn.ModuleList(
            block(wide + width, width)
            for wide, width in zip(below, reversed(widths[:-1]), strict=True)
        )
        self.last = nn.Conv2d(widths[0], classes, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Logits ``(N, classes, H, W)`` of images ``(N, channels, H, W)``, whose sides can be halved that often."""
        maps = [self.down[0](images)]
        for layer in self.down[1:]:
            maps.append(layer(nn.functional.max_pool2d(maps[-1], 2)))
        x = maps.pop()
        for layer in self.up:
            x = torch.cat([nn.functional.interpolate(x, scale_factor=2), maps.pop()], 1)
            x = layer(x)
        logits: Tensor = self.last(x)
        return logits


def block(channels: int, width: int) -> nn.Sequential:
    """Two convolutions of 3 x 3."""
    return nn.Sequential(*convolution(channels, width), *convolution(width, width))


def convolution(channels: int, width: int) -> tuple[nn.Module, ...]:
    """A convolution, normalized over the batch, and ReLU."""
    convolved = nn.Conv2d(channels, width, 3, padding=1, bias=False)
    return convolved, nn.BatchNorm2d(width), nn.ReLU()
