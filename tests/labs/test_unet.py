"""The U-Net that the labs on segmentation train."""

import pytest
import torch

from lossguide.lab.unet import UNet


@pytest.mark.parametrize("widths", [(4,), (4, 6), (3, 5, 7, 9)])
def test_each_pixel_has_its_logits(widths):
    images = torch.rand(2, 3, 16, 24)
    assert UNet(5, 3, widths)(images).shape == (2, 5, 16, 24)


def test_a_pixel_sees_far_and_near():
    torch.manual_seed(0)
    network = UNet(1).double().eval()
    images = torch.rand(1, 1, 32, 32, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(network(images)[0, 0, 16, 16], images)
    seen = slope[0, 0] != 0
    rows, columns = seen.nonzero().T
    assert seen[16, 16]
    # Two convolutions at the full size see 5 pixels.
    assert rows.max() - rows.min() > 10
    assert columns.max() - columns.min() > 10


def test_it_learns_what_stands_where():
    torch.manual_seed(0)
    network = UNet(1)
    images = torch.rand(8, 1, 16, 16)
    target = (images[:, 0] > 0.5).float()
    optimizer = torch.optim.Adam(network.parameters(), 1e-2)
    losses = []
    for _ in range(40):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            network(images)[:, 0], target
        )
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[-1] < 0.3 * losses[0]
