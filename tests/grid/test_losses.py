"""What every function of the catalog promises beyond what the conformance kit checks."""

import shutil
from functools import partial

import pytest
from numpy.testing import assert_allclose

from lossguide.catalog import CARDS, find, losses
from lossguide.conformance.frameworks import each, leaves
from lossguide.conformance.samples import plain_options, typical

# Not input_gradient: its definition is a finite difference, which test_gan.py knows.
COMPARED = [card for card in CARDS if card.name != "input_gradient"]
CASES = [(card, options) for card in COMPARED for options in card.options]
TRAINED = [
    (card, options)
    for card, options in CASES
    if any(about.gradient for about in card.inputs.values())
]
# Losses that treat every item alone and take any number of axes before it.
ITEMWISE = [card for card in losses() if card.family in ("regression", "boxes")]
# CIoU's gradient takes a part of the loss as constant, the scores' losses take more.
HELD = {"ciou_loss", "iou_aware_loss", "quality_focal_loss", "varifocal_loss"}


def label(value):
    if isinstance(value, dict):
        return ",".join(value) or "defaults"
    return getattr(value, "name", None)


each_case = pytest.mark.parametrize(("card", "options"), CASES, ids=label)
each_trained = pytest.mark.parametrize(("card", "options"), TRAINED, ids=label)
each_loss = pytest.mark.parametrize("card", losses(), ids=label)
each_itemwise = pytest.mark.parametrize("card", ITEMWISE, ids=label)


def first_options(card):
    return plain_options(card.options[0])


def whole_only(card):
    return all(about.values in ("class", "label") for about in card.inputs.values())


def inputs(name, count=4):
    """Arguments for a loss with its first options."""
    return tuple(typical(find(name), {}, count).values())


def first_predicted(card):
    names = [name for name, about in card.inputs.items() if about.gradient]
    return list(card.inputs).index(names[0])


@each_case
def test_value_is_the_definitions(trainer, definition, card, options):
    sample, plain = typical(card, options), plain_options(options)
    expected = definition.subject(card.name)(sample, **plain)
    for dtype in ("float64", "float32"):
        value = trainer.subject(card.name)(sample, dtype, **plain)
        for one, other in zip(leaves(value), leaves(expected), strict=True):
            if other.dtype.kind == "f" and not whole_only(card):
                assert one.dtype == dtype
            tolerance = {"float64": 1e-9, "float32": 1e-4}.get(str(one.dtype), 0)
            assert_allclose(one, other, rtol=tolerance, atol=tolerance)


@each_trained
def test_gradients_of_both_frameworks_agree(columns, card, options):
    sample, plain = typical(card, options), plain_options(options)
    first, second = (
        columns[framework].subject(card.name).gradients(sample, **plain)
        for framework in ("torch", "tensorflow")
    )
    for one, other in zip(leaves(first), leaves(second), strict=True):
        assert_allclose(one, other, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("card", COMPARED, ids=label)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_computed_in_float32(trainer, definition, card, dtype):
    options = card.options[0]
    subject = trainer.subject(card.name)
    sample = each(lambda x: trainer.stored(x, dtype), typical(card, options))
    value = subject(sample, dtype, **options)
    expected = definition.subject(card.name)(sample, **options)
    for one, other in zip(leaves(value), leaves(expected), strict=True):
        if other.dtype.kind == "f":
            assert one.dtype == "float32"
        assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@each_loss
def test_float64_wins_over_float32(trainer, card):
    wide, narrow = (
        trainer.subject(card.name).tensors(typical(card, {}), dtype)
        for dtype in ("float64", "float32")
    )
    at = first_predicted(card)
    mixed = [*narrow[:at], wide[at], *narrow[at + 1 :]]
    value = getattr(trainer.module, card.name)(*mixed, **first_options(card))
    assert trainer.framework.dtype(value) == "float64"


@each_itemwise
def test_more_axes(column, card):
    sample = typical(card, {}, count=12)
    each_item = column(card.name, *sample.values(), reduction="none")
    folded = [array.reshape(3, 4, *array.shape[1:]) for array in sample.values()]
    assert_allclose(
        column(card.name, *folded, reduction="none"),
        each_item.reshape(3, 4, *each_item.shape[1:]),
        rtol=1e-15,
    )


@each_loss
def test_empty_input_leaves_a_zero_gradient_to_the_parameters(trainer, card):
    subject = trainer.subject(card.name)
    tensors = subject.tensors(typical(card, {}, count=0), "float64")
    at = first_predicted(card)

    def loss(weight):
        predicted = each(lambda x: weight * x, tensors[at])
        arguments = [*tensors[:at], predicted, *tensors[at + 1 :]]
        return subject.function(*arguments, **first_options(card))

    (gradient,) = trainer.framework.differentiate(loss, *[[trainer.tensor(1.0)]] * 2)
    assert trainer.framework.array(gradient) == 0


@each_loss
def test_unknown_reduction(column, card):
    message = 'reduction must be "mean", "sum" or "none", got \'average\''
    options = {**first_options(card), "reduction": "average"}
    with pytest.raises(ValueError, match=message):
        column(card.name, *inputs(card.name), **options)


@each_loss
def test_whole_numbers_are_refused(trainer, card):
    tensors = trainer.subject(card.name).tensors(typical(card, {}), "float64")
    at = first_predicted(card)
    tensors[at] = each(
        lambda x: trainer.tensor(trainer.framework.array(x).astype("int64")),
        tensors[at],
    )
    with pytest.raises(
        TypeError, match=r"must hold floating-point numbers, got .*int64"
    ):
        getattr(trainer.module, card.name)(*tensors, **first_options(card))


@each_loss
def test_batches_must_be_equal(column, card):
    sample = typical(card, {})
    batched = [n for n, about in card.inputs.items() if about.shape.startswith("N")]
    if len(batched) < 2:
        pytest.skip("takes one batch")
    sample[batched[0]] = each(lambda x: x[:3], sample[batched[0]])
    with pytest.raises(ValueError, match=r"got .*\([34]"):
        column.subject(card.name)(sample, **first_options(card))


@pytest.mark.skipif(not shutil.which("c++"), reason="no C++ compiler")
def test_torch_compile_to_machine_code(columns):
    torch = columns["torch"].library
    function = columns["torch"].module.ciou_loss
    tensors = torch_inputs(columns, find("ciou_loss"))
    compiled = torch.compile(function, fullgraph=True)
    (slope,) = torch.autograd.grad(compiled(*tensors), tensors[0])
    (expected,) = torch.autograd.grad(function(*tensors), tensors[0])
    torch.testing.assert_close(slope, expected)


@each_itemwise
def test_torch_func(columns, card):
    torch, function = torch_and(columns, card)
    tensors = torch_inputs(columns, card)
    total = partial(function, reduction="sum")
    slopes = torch.func.vmap(torch.func.grad(total))(*tensors)
    expected = torch.autograd.grad(function(*tensors, reduction="sum"), tensors[0])
    torch.testing.assert_close(slopes, *expected)


@pytest.mark.parametrize(
    "card", [card for card in ITEMWISE if card.name not in HELD], ids=label
)
def test_torch_second_derivatives(columns, card):
    torch, function = torch_and(columns, card)
    assert torch.autograd.gradcheck(function, torch_inputs(columns, card))
    assert torch.autograd.gradgradcheck(function, torch_inputs(columns, card))


@each_loss
def test_torch_autocast(columns, card):
    torch, function = torch_and(columns, card)
    tensors = columns["torch"].subject(card.name).tensors(typical(card, {}), "bfloat16")
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = function(*tensors, **first_options(card))
    assert value.dtype == torch.float32
    torch.testing.assert_close(value, function(*tensors, **first_options(card)))


def torch_and(columns, card):
    return columns["torch"].library, getattr(columns["torch"].module, card.name)


def torch_inputs(columns, card):
    first, *others = (
        columns["torch"].subject(card.name).tensors(typical(card, {}), "float64")
    )
    return first.requires_grad_(), *others


@pytest.mark.parametrize("card", COMPARED, ids=label)
def test_torch_meta_tensors(columns, card):
    """Shapes without numbers, as a model is made before its weights are loaded."""
    subject = columns["torch"].subject(card.name)
    for options in card.options:
        sample, plain = typical(card, options), plain_options(options)
        tensors = subject.tensors(sample, "float32")
        named = subject.named(sample, "float32")
        expected = subject.function(*tensors, **named, **plain)
        tensors = each(lambda x: x.to("meta"), tensors)
        named = each(lambda x: x.to("meta"), named)
        if "torch" in card.not_compiled:
            with pytest.raises(RuntimeError, match="cannot be called on meta tensors"):
                subject.function(*tensors, **named, **plain)
            continue
        value = subject.function(*tensors, **named, **plain)
        for one, other in zip(leaves(value), leaves(expected), strict=True):
            assert one.is_meta
            assert (one.shape, one.dtype) == (other.shape, other.dtype)
