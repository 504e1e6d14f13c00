"""Compiled functions give the number of the plain ones, whatever the options and the batch."""

import inspect

import pytest
from numpy.testing import assert_allclose

from lossguide.catalog import CARDS
from lossguide.conformance.frameworks import leaves
from lossguide.conformance.samples import plain_options, typical

pytestmark = pytest.mark.slow

NAMES = {card.name for card in CARDS}
# Not the measures that a loss contains.
COMPILED = [
    card
    for card in CARDS
    if "torch" not in card.not_compiled and f"{card.name}_loss" not in NAMES
]
# Fewer turns of a loop, which is compiled turn by turn.
SHORT = {"cldice_loss": {"iterations": 1}}


def spelled_out(function, options):
    """All options that are plain numbers, given by name: so torch.compile takes them for variables."""
    numbers = {
        name: parameter.default
        for name, parameter in inspect.signature(function).parameters.items()
        if type(parameter.default) in (int, float) and name not in options
    }
    return {**numbers, **options}


def value_and_gradients(subject, function, sample, options):
    """What the function gives and the gradients of its inputs, from one call."""
    came = []

    def run(*tensors):
        named = subject.named(sample, "float64")
        came.append(function(*tensors, **named, **options))
        return came[-1]

    tensors = subject.tensors(sample, "float64")
    wanted = [
        tensor
        for argument, about in zip(tensors, subject.card.inputs.values(), strict=True)
        if about.gradient
        for tensor in leaves(argument)
    ]
    if not wanted:
        return leaves(run(*tensors))
    gradients = subject.framework.differentiate(run, tensors, wanted)
    return [tensor.detach() for tensor in leaves(came[0])] + gradients


@pytest.mark.parametrize("card", COMPILED, ids=lambda card: card.name)
def test_torch_compile_with_other_options_and_lengths(columns, card):
    torch = columns["torch"].library
    subject = columns["torch"].subject(card.name)
    plain = subject.function
    torch.compiler.reset()
    compiled = torch.compile(plain, fullgraph=True, backend="aot_eager", dynamic=True)
    for options, count in [(card.options[0], 4), (card.options[-1], 7)]:
        sample = typical(card, options, count)
        numbers = plain_options(spelled_out(plain, options))
        numbers |= SHORT.get(card.name, {})
        came, expected = (
            value_and_gradients(subject, function, sample, numbers)
            for function in (compiled, plain)
        )
        for one, other in zip(came, expected, strict=True):
            assert_allclose(one, other, rtol=1e-9, atol=1e-12)
