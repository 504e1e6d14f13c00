"""Photographs as images, and what tells textures apart without a network."""

import pytest
import torch

from lossguide.lab.photographs import photograph
from lossguide.lab.textures import (
    TEXTURES,
    fine_detail,
    nearest,
    quarters,
    random_phase,
    shuffle_pixels,
)


@pytest.mark.parametrize("name", ["chelsea", "brick", "stereo_motorcycle"])
def test_photograph_is_a_square_image(name):
    image = photograph(name, 32)
    assert image.shape == (1, 3, 32, 32)
    assert image.is_contiguous()
    assert image.min() >= 0
    assert 0.2 < image.max() <= 1


def test_part_of_a_photograph_is_where_it_was_asked_for():
    whole = photograph("astronaut", 128)
    corner = photograph("astronaut", 64, part=0.5, at=(0, 1))
    torch.testing.assert_close(corner, whole[..., :64, 64:], atol=0.2, rtol=0)
    assert (corner - whole[..., 64:, :64]).abs().mean() > 0.2


def test_quarters_have_one_channel_where_there_is_no_color():
    assert [part.shape for part in quarters("brick")] == [(1, 1, 128, 128)] * 4
    assert quarters("hubble_deep_field", 16)[3].shape == (1, 3, 16, 16)


def test_quarters_are_nearest_to_their_own_texture():
    found = [nearest(quarters(name)[1], 1) for name in TEXTURES]
    assert sum(map(str.__eq__, found, TEXTURES)) >= 7


@pytest.mark.parametrize("change", [shuffle_pixels, random_phase])
def test_changed_texture_has_the_same_values_and_is_another(change):
    image = quarters("brick")[0]
    changed = change(image, 0)
    assert changed.flatten().sort().values.equal(image.flatten().sort().values)
    assert nearest(changed, 0) != "brick"
    assert change(image, 0).equal(changed)
    assert not change(image, 1).equal(changed)


def test_random_phase_keeps_the_spectrum():
    image = quarters("gravel")[0]
    spectra = [torch.fft.fft2(one).abs() for one in (image, random_phase(image, 0))]
    assert torch.corrcoef(torch.stack(spectra).flatten(1).log())[0, 1] > 0.8


def test_fine_detail_is_of_waves_shorter_than_four_pixels():
    def wave(length):
        row = torch.sin(2 * torch.pi * torch.arange(64) / length)
        return row.expand(1, 3, 64, 64) / 4 + 0.5

    # The window of Hann keeps 3/8 of the power of a wave, along each axis.
    assert fine_detail(wave(3)) == pytest.approx(3 / 8 * (1 / 32) ** 0.5, rel=0.05)
    assert fine_detail(wave(16)) < 1e-3
