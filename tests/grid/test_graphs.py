"""TensorFlow graphs: shapes that are unknown while tracing change no number and hide no mistake."""

from functools import partial

import pytest
from numpy.testing import assert_allclose

from lossguide.catalog import CARDS
from lossguide.conformance.frameworks import each, leaves
from lossguide.conformance.samples import plain_options, typical

pytestmark = pytest.mark.slow
NAMES = {card.name for card in CARDS}
# Not the measures that a loss contains.
COMPILED = [
    card
    for card in CARDS
    if "tensorflow" not in card.not_compiled and f"{card.name}_loss" not in NAMES
]

each_card = pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)


def batched(card):
    """The arguments with the batch axis first."""
    return [name for name, about in card.inputs.items() if about.shape.startswith("N")]


def graph(columns, card, shape, **settings):
    """The function with its first options, traced for what ``shape`` makes of a sample's shapes."""
    tf = columns["tensorflow"].library
    function = columns["tensorflow"].subject(card.name).function
    inputs = given(columns, card)
    critics = [value for value in inputs if callable(value)]
    function = partial(function, *critics, **plain_options(card.options[0]))
    signature = each(lambda x: tf.TensorSpec(shape(x.shape), x.dtype), arrays(inputs))
    return tf.function(function, input_signature=signature, **settings)


def given(columns, card, **changed):
    sample = {**typical(card, card.options[0]), **changed}
    return columns["tensorflow"].subject(card.name).tensors(sample, "float64")


def arrays(inputs):
    return [value for value in inputs if not callable(value)]


def unknown(shape):
    return [None] * len(shape)


@each_card
def test_unknown_lengths_change_no_number(columns, card):
    traced = graph(columns, card, unknown)
    function = columns["tensorflow"].subject(card.name).function
    options = plain_options(card.options[0])
    for count in (4, 7, 0) if card.is_loss else (4, 7):
        inputs = given(columns, card, **typical(card, card.options[0], count))
        value, expected = traced(*arrays(inputs)), function(*inputs, **options)
        for one, other in zip(leaves(value), leaves(expected), strict=True):
            assert_allclose(one, other, rtol=1e-12)


@pytest.mark.parametrize("card", COMPILED, ids=lambda card: card.name)
def test_xla_with_other_options_and_unknown_lengths(columns, card):
    """In value and gradient, with the card's last options."""
    tf = columns["tensorflow"].library
    subject = columns["tensorflow"].subject(card.name)
    sample = typical(card, card.options[-1], 5)
    options = plain_options(card.options[-1])
    named = subject.named(sample, "float64")
    inputs = subject.tensors(sample, "float64")
    critics = [value for value in inputs if callable(value)]
    tensors = arrays(inputs)

    def both(*tensors):
        parts = [t for t in leaves(tensors) if t.dtype.is_floating]
        with tf.GradientTape() as tape:
            tape.watch(parts)
            value = leaves(subject.function(*critics, *tensors, **named, **options))
            total = sum(tf.reduce_sum(part) for part in value if part.dtype.is_floating)
        gradients = tape.gradient(total, parts, unconnected_gradients="zero")
        return value + [tf.convert_to_tensor(gradient) for gradient in gradients]

    signature = each(lambda x: tf.TensorSpec(unknown(x.shape), x.dtype), tensors)
    traced = tf.function(both, input_signature=signature, jit_compile=True)
    for came, expected in zip(traced(*tensors), both(*tensors), strict=True):
        assert_allclose(came, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("settings", [{}, {"jit_compile": True}], ids=["graph", "xla"])
@pytest.mark.parametrize(
    "card", [card for card in CARDS if len(batched(card)) > 1], ids=lambda c: c.name
)
def test_batches_that_differ_when_run_are_refused(columns, card, settings):
    if settings and "tensorflow" in card.not_compiled:
        pytest.skip(card.not_compiled["tensorflow"])
    tf = columns["tensorflow"].library
    traced = graph(columns, card, unknown, **settings)
    for name in batched(card):
        one = each(lambda x: x[:1], typical(card, card.options[0])[name])
        with pytest.raises(tf.errors.InvalidArgumentError):
            traced(*arrays(given(columns, card, **{name: one})))


@each_card
def test_an_unknown_rank_is_refused(columns, card):
    traced = graph(columns, card, lambda shape: None)
    with pytest.raises(ValueError, match=r"the rank of .* must be known"):
        traced(*arrays(given(columns, card)))
