"""What labs learn from, and the networks that they train side by side."""

import numpy as np
import pytest
import torch

from lossguide.lab.data import halve, mnist
from lossguide.lab.ensemble import Ensemble


def test_mnist_holds_as_many_digits_of_each_class_in_mixed_order():
    images, labels = mnist()
    assert images.shape == (5000, 28, 28)
    assert images.dtype == np.float32
    assert (images.min(), images.max()) == (0, 1)
    assert np.bincount(labels).tolist() == [500] * 10
    assert len(set(labels[:50])) == 10


def test_mnist_cannot_be_changed_by_one_who_uses_it():
    images, _ = mnist()
    with pytest.raises(ValueError, match="read-only"):
        images[0] = 0


def test_halving_keeps_what_is_even_and_averages_the_rest():
    image = np.kron(np.arange(6.0).reshape(2, 3), np.ones((2, 2)))
    assert halve(image).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert halve(np.eye(4)[None]).tolist() == [[[0.5, 0], [0, 0.5]]]


def test_each_network_is_the_one_that_its_seed_makes_alone():
    together = Ensemble([3, 8], [5, 4, 2])
    x = torch.randn(7, 5)
    for i, seed in enumerate((3, 8)):
        alone = Ensemble([seed], [5, 4, 2])
        torch.testing.assert_close(alone(x[None])[0], together(x.expand(2, 7, 5))[i])


def test_networks_are_perceptrons_that_begin_as_those_of_pytorch_do():
    network = Ensemble([0], [400, 100, 2])
    weight, last = (one.detach()[0] for one in network.weights)
    bias, end = (one.detach()[0] for one in network.biases)
    x = torch.randn(3, 400)
    expected = (x @ weight + bias).relu() @ last + end
    torch.testing.assert_close(network(x[None])[0], expected)
    assert weight.abs().max() <= 1 / 20
    assert weight.std() == pytest.approx(1 / 20 / 3**0.5, rel=0.05)


def test_networks_do_not_learn_of_each_other():
    networks = Ensemble([0, 1], [3, 4, 2])
    networks(torch.ones(2, 5, 3))[0].sum().backward()
    assert all(
        parameter.grad[1].abs().sum() == 0 for parameter in networks.parameters()
    )
