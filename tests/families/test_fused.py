"""The fused twins: equal to the readable losses in signature, value and gradient."""

import inspect
import subprocess
import sys
from functools import partial

import pytest

torch = pytest.importorskip("torch")

import lossguide.torch as readable  # noqa: E402
from lossguide.torch import fused  # noqa: E402

FUSED = [name for name in fused.__all__ if inspect.isfunction(getattr(fused, name))]
BOX_LOSSES = ["iou_loss", "giou_loss", "diou_loss", "ciou_loss", "eiou_loss"]
each_box_loss = pytest.mark.parametrize("name", BOX_LOSSES)

# Each with the first as target: identical, sharing edges, touching, apart, inside, a corner in common, then
# boxes without height, without width, and points, one of them inside.
SPECIAL = [
    [0.0, 0, 4, 3],
    [0, 0, 4, 5],
    [4, 0, 6, 3],
    [9, 9, 12, 11],
    [1, 1, 2, 2],
    [4, 3, 5, 5],
    [0, 1, 4, 1],
    [2, 0, 2, 3],
    [1, 1, 1, 1],
    [0, 0, 0, 0],
]


def special_boxes():
    """Every special box with every other, itself included."""
    boxes = torch.tensor(SPECIAL, dtype=torch.float64)
    count = len(boxes)
    return boxes.repeat_interleave(count, 0), boxes.repeat(count, 1)


def random_boxes(count=50, dtype=torch.float64):
    torch.manual_seed(0)
    corner, size = torch.rand(2, 2 * count, 2, dtype=dtype) * 10
    return torch.cat([corner, corner + 0.5 + size], 1).split(count)


def value_and_gradients(loss, *inputs, **options):
    inputs = [one.clone().requires_grad_() for one in inputs]
    found = loss(*inputs, **options)
    found.backward(
        torch.linspace(1, 2, found.numel(), dtype=found.dtype).view_as(found)
    )
    return found.detach(), *(one.grad for one in inputs)


def same(name, *inputs, **options):
    ours, theirs = (
        value_and_gradients(getattr(module, name), *inputs, **options)
        for module in (fused, readable)
    )
    torch.testing.assert_close(ours, theirs, equal_nan=True, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", FUSED)
def test_a_twin_has_the_signature_of_its_readable_version(name):
    ours, theirs = (inspect.signature(getattr(one, name)) for one in (fused, readable))
    assert ours == theirs


def test_the_package_does_not_import_the_twins():
    code = (
        "import sys, lossguide.torch; sys.exit('lossguide.torch.fused' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@each_box_loss
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("boxes", [random_boxes, special_boxes])
def test_box_losses_equal_the_readable_ones(name, reduction, boxes):
    same(name, *boxes(), reduction=reduction)
    same(name, *boxes(), reduction=reduction, eps=0.1)


@each_box_loss
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_box_losses_are_the_same_in_pieces(name, reduction, monkeypatch):
    monkeypatch.setattr(fused.boxes, "PIECE", 4 * 7)
    same(name, *random_boxes(), reduction=reduction)
    pred, target = (boxes.view(5, 10, 4) for boxes in random_boxes())
    same(name, pred, target, reduction=reduction)


@each_box_loss
@pytest.mark.parametrize("threads", [2, 3])
def test_box_losses_are_the_same_in_shares(name, threads, monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    for count in (48, 49):
        same(name, *random_boxes(count))


@each_box_loss
def test_box_losses_are_the_same_for_none_and_half_precision(name):
    same(name, torch.zeros(0, 4), torch.zeros(0, 4))
    pred, target = random_boxes()
    ours, theirs = (
        getattr(module, name)(pred.half(), target.half())
        for module in (fused, readable)
    )
    torch.testing.assert_close(ours, theirs)


@each_box_loss
def test_what_is_not_a_number_stays_so(name):
    pred, target = random_boxes(3)
    pred[1, 2] = torch.nan
    loss = getattr(fused, name)(pred, target, reduction="none")
    assert loss.isnan().tolist() == [False, True, False]


# CIoU counts its alpha as constant, so that its slope is no difference of values.
@pytest.mark.parametrize("name", sorted({*BOX_LOSSES} - {"ciou_loss"}))
def test_gradients_of_box_losses_are_those_of_differences(name):
    boxes = [one.requires_grad_() for one in random_boxes(10)]
    loss = getattr(fused, name)
    assert torch.autograd.gradcheck(lambda p, t: loss(p, t, reduction="none"), boxes)


@each_box_loss
def test_box_losses_work_under_torch_func(name):
    pred, target = (boxes.view(5, 10, 4) for boxes in random_boxes())
    ours, theirs = (getattr(module, name) for module in (fused, readable))
    for transform in (
        torch.func.grad,
        lambda loss: torch.func.vmap(loss, in_dims=(1, 1)),
        lambda loss: torch.func.vmap(torch.func.grad(loss, argnums=(0, 1))),
        lambda loss: torch.func.grad(
            lambda p, t: torch.func.vmap(loss, (0, None))(p, t[0]).sum()
        ),
    ):
        torch.testing.assert_close(
            transform(ours)(pred, target), transform(theirs)(pred, target)
        )


def test_a_second_derivative_is_refused():
    pred, target = random_boxes(3)
    pred.requires_grad_()
    (slope,) = torch.autograd.grad(
        fused.giou_loss(pred, target), pred, create_graph=True
    )
    with pytest.raises(NotImplementedError, match="first derivatives only"):
        slope.square().sum().backward()


@pytest.mark.slow
def test_a_compiled_twin_is_the_readable_loss_in_one_graph():
    pred, target = random_boxes()
    ours = torch.compile(fused.ciou_loss, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(ours(pred, target), readable.ciou_loss(pred, target))
    logits, labels = maps("classes")
    ours = torch.compile(fused.dice_loss, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(ours(logits, labels), readable.dice_loss(logits, labels))


@pytest.mark.parametrize("block", [100, 2**16])
@pytest.mark.parametrize("eps", [1e-12, 0.1])
def test_pairwise_iou_equals_the_readable_one(block, eps, monkeypatch):
    monkeypatch.setattr(fused.boxes, "BLOCK", block)
    for first, second in (
        random_boxes(),
        special_boxes(),
        (torch.zeros(0, 4), torch.ones(3, 4)),
        (torch.ones(3, 4), torch.zeros(0, 4)),
    ):
        same("box_iou", first, second[:30], eps=eps)
        torch.testing.assert_close(
            fused.box_iou(first.half(), second), readable.box_iou(first.half(), second)
        )


def test_gradients_of_pairwise_iou_are_those_of_differences():
    first, second = (one.requires_grad_() for one in random_boxes(10))
    assert torch.autograd.gradcheck(fused.box_iou, (first, second[:7]))
    (slope,) = torch.autograd.grad(
        fused.box_iou(first, second).sum(), first, create_graph=True
    )
    with pytest.raises(NotImplementedError, match="first derivatives only"):
        slope.sum().backward()


def test_pairwise_iou_keeps_what_is_not_a_number():
    first, second = random_boxes(5)
    first[2, 1] = torch.nan
    same("box_iou", first, second)


def test_pairwise_iou_works_under_torch_func():
    first, second = (boxes.view(5, 10, 4) for boxes in random_boxes())
    weights = torch.rand(10, 10).double()
    moved = second.movedim(0, 1)
    for transform in (
        lambda iou: torch.func.vmap(iou)(first, second),
        lambda iou: torch.func.vmap(
            torch.func.grad(lambda p, t: (iou(p, t) * weights).sum(), argnums=(0, 1)),
            in_dims=(0, None),
        )(first, second[0]),
        lambda iou: torch.func.grad(
            lambda p: (torch.func.vmap(iou, in_dims=(0, 1))(p, moved) * weights).sum()
        )(first),
    ):
        torch.testing.assert_close(
            transform(fused.box_iou), transform(readable.box_iou)
        )


FOCAL = [
    {},
    {"alpha": None},
    {"gamma": 0.0},
    {"gamma": 0.5, "alpha": 0.9},
    {"gamma": 1.0},
    {"gamma": 3.0, "label_smoothing": 0.2},
]


def scores(count=40):
    """Some ordinary, some so sure, right or wrong, that their sigmoid rounds to 0 or 1; targets of all kinds."""
    torch.manual_seed(0)
    logits = torch.randn(count, 3, dtype=torch.float64)
    logits[:8] = torch.tensor([0.0, 40.0, -800.0])
    target = torch.rand(count, 3, dtype=torch.float64)
    return logits, torch.where(target < 0.7, (target < 0.2).double(), target)


@pytest.mark.parametrize("options", FOCAL)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_focal_loss_equals_the_readable_one(options, reduction, monkeypatch):
    same("sigmoid_focal_loss", *scores(), reduction=reduction, **options)
    monkeypatch.setattr(fused.classification, "PIECE", 21)
    same("sigmoid_focal_loss", *scores(), reduction=reduction, **options)


def test_focal_loss_takes_weights_and_masks():
    logits, target = scores()
    options = {"mask": target < 0.9, "sample_weight": torch.linspace(0, 1, 40)}
    same("sigmoid_focal_loss", logits, target, **options)


def test_gradients_of_focal_loss_are_those_of_differences():
    inputs = [one[8:].requires_grad_() for one in scores()]
    assert torch.autograd.gradcheck(fused.sigmoid_focal_loss, inputs)


def test_focal_loss_works_under_torch_func():
    gradients = [
        torch.func.vmap(torch.func.grad(one.sigmoid_focal_loss))(*scores())
        for one in (fused, readable)
    ]
    torch.testing.assert_close(*gradients)


REGIONS = [
    {},
    {"smooth": 0.1, "per_image": False},
    {"per_class": False},
    {"classes": "present", "class_weight": torch.tensor([0.0, 1, 2, 3]).double()},
]
each_region_loss = pytest.mark.parametrize("name", ["dice_loss", "jaccard_loss"])


def maps(kind):
    """Three images of four classes, one of them nowhere, or of soft masks, of which one image has a single one."""
    torch.manual_seed(0)
    logits = torch.randn(3, 4, 6, 5, dtype=torch.float64)
    logits[0, 0] = torch.tensor([0.0, 40.0, -800.0, 2.0, 2.0])
    if kind == "classes":
        return logits, torch.randint(3, (3, 6, 5))
    target = torch.rand(3, 4, 6, 5, dtype=torch.float64).round(decimals=1)
    return (logits, target) if kind == "masks" else (logits[:, 0], target[:, 0])


def value_and_logits_gradient(module, name, logits, target, **options):
    return value_and_gradients(
        lambda z: getattr(module, name)(z, target, **options), logits
    )


def same_regions(name, logits, target, **options):
    ours, theirs = (
        value_and_logits_gradient(module, name, logits, target, **options)
        for module in (fused, readable)
    )
    torch.testing.assert_close(ours, theirs, equal_nan=True)


@each_region_loss
@pytest.mark.parametrize("options", REGIONS)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("piece", [2**18, 2 * 4 * 6 * 5, 1])
def test_region_losses_equal_the_readable_ones(
    name, options, reduction, masked, piece, monkeypatch
):
    monkeypatch.setattr(fused.segmentation, "PIECE", piece)
    options = {**options, "reduction": reduction}
    for kind in ("classes", "masks", "mask"):
        if kind == "mask":
            options.pop("class_weight", None)
        logits, target = maps(kind)
        if masked:
            mask = torch.rand(3, 6, 5) < 0.7
            logits = logits.where(mask if kind == "mask" else mask[:, None], torch.nan)
            target = target.where(mask if target.ndim == 3 else mask[:, None], 255)
            options["mask"] = mask
        for squared in [{}, {"squared": True}] if name == "dice_loss" else [{}]:
            same_regions(name, logits, target, **options, **squared)


@pytest.mark.parametrize("squared", [False, True])
def test_soft_masks_have_gradients_too(squared):
    same("dice_loss", *maps("masks"), squared=squared)
    inputs = [one.requires_grad_() for one in maps("mask")]
    assert torch.autograd.gradcheck(
        lambda z, t: fused.dice_loss(z, t, squared=squared), inputs
    )


@each_region_loss
def test_region_losses_take_what_is_empty_not_a_number_or_of_half_precision(name):
    logits, target = maps("classes")
    same_regions(name, logits[:0], target[:0])
    same_regions(name, logits[:, :, :0], target[:, :0])
    same_regions(name, logits.half(), target)
    same_regions(name, logits.to(memory_format=torch.channels_last), target)
    logits[1, 2, 3, 4] = torch.nan
    same_regions(name, logits, target, reduction="none")
    with pytest.raises((RuntimeError, IndexError)):
        getattr(fused, name)(logits, target + 4)


@each_region_loss
@pytest.mark.parametrize("kind", ["classes", "masks", "mask"])
def test_region_losses_work_under_torch_func(name, kind):
    logits, target = (torch.stack([one, one.flip(0)], 1) for one in maps(kind))
    mask = torch.rand(3, 6, 5) < 0.7
    ours, theirs = (getattr(module, name) for module in (fused, readable))
    for transform in (
        lambda loss: lambda z, t: torch.func.grad(loss)(z[:, 0], t[:, 0]),
        lambda loss: torch.func.vmap(loss, in_dims=(1, 1)),
        lambda loss: torch.func.vmap(torch.func.grad(loss), in_dims=(1, 1)),
        lambda loss: torch.func.grad(
            lambda z, t: torch.func.vmap(
                lambda one, mask: loss(one, t[:, 0], mask=mask), in_dims=(1, None)
            )(z, mask).sum()
        ),
    ):
        torch.testing.assert_close(
            transform(ours)(logits, target), transform(theirs)(logits, target)
        )


def test_a_second_derivative_of_a_region_loss_is_refused():
    logits, target = maps("classes")
    logits.requires_grad_()
    loss = fused.dice_loss(logits, target)
    (slope,) = torch.autograd.grad(loss, logits, create_graph=True)
    with pytest.raises(NotImplementedError, match="first derivatives only"):
        slope.square().sum().backward()


def embeddings(count=40, dtype=torch.float64):
    """Some of them equal; the last has a label of its own."""
    torch.manual_seed(0)
    labels = torch.randint(4, (count,))
    labels[-1] = 7
    vectors = torch.randint(-3, 4, (count, 3)).to(dtype)
    vectors[5:9] = vectors[4]
    return vectors, labels


@pytest.mark.parametrize("distance", ["euclidean", "squared", "cosine"])
@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("mining", ["hard", "semi-hard", "all"])
def test_triplet_loss_equals_the_readable_one(
    distance, soft, reduction, mining, monkeypatch
):
    monkeypatch.setattr(fused.metric, "PIECE", 3 * 40)
    options = {"distance": distance, "soft": soft, "reduction": reduction}
    for dtype in (torch.float64, torch.float32, torch.float16):
        vectors, labels = embeddings(dtype=dtype)
        ours, theirs = (
            value_and_gradients(
                lambda x, module=module, labels=labels: module.batch_triplet_loss(
                    x, labels, mining=mining, margin=1.0, **options
                ),
                vectors,
            )
            for module in (fused, readable)
        )
        torch.testing.assert_close(ours, theirs)


def test_triplet_loss_takes_what_is_empty_alike_or_not_a_number():
    vectors, labels = embeddings()
    vectors[3, 1] = torch.nan
    for count in (0, 1, 40):
        for some in (labels[:count], labels[:count] * 0, torch.arange(count)):
            ours, theirs = (
                module.batch_triplet_loss(vectors[:count], some, reduction="none")
                for module in (fused, readable)
            )
            torch.testing.assert_close(ours, theirs, equal_nan=True)


def test_near_embeddings_far_from_zero_are_told_apart():
    vectors = torch.randn(30, 4, dtype=torch.float64) * 1e-6 + 1e3
    labels = torch.arange(30) % 3
    ours, theirs = (
        module.batch_triplet_loss(vectors, labels, margin=1e-6, reduction="none")
        for module in (fused, readable)
    )
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=0)


def test_triplet_loss_works_under_torch_func():
    torch.manual_seed(0)
    vectors = torch.randn(3, 20, 4, dtype=torch.float64)
    labels = torch.randint(3, (20, 3))
    ours, theirs = (module.batch_triplet_loss for module in (fused, readable))
    for transform in (
        lambda loss: torch.func.grad(loss)(vectors[0], labels[:, 0]),
        lambda loss: torch.func.vmap(loss, in_dims=(0, 1))(vectors, labels),
        lambda loss: torch.func.vmap(torch.func.grad(loss), in_dims=(0, 1))(
            vectors, labels
        ),
        lambda loss: torch.func.vmap(torch.func.grad(loss), in_dims=(0, None))(
            vectors, labels[:, 0]
        ),
    ):
        torch.testing.assert_close(transform(ours), transform(theirs))
    assert torch.autograd.gradcheck(
        lambda x: ours(x, labels[:, 0], margin=1.0), vectors[0].requires_grad_()
    )


def features(size=5):
    torch.manual_seed(size)
    shapes = {"a": (3, 4, size, 6), "b": (3, 8, 3, size)}
    return {name: torch.randn(shape).double() for name, shape in shapes.items()}


@pytest.mark.parametrize("normalization", ["gatys", "johnson", "none"])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_style_loss_equals_the_readable_one(normalization, reduction):
    names = list(features())
    for weights in (None, {"b": 3.0}):
        options = {
            "weights": weights,
            "normalization": normalization,
            "reduction": reduction,
        }

        def loss(module, *maps, options=options):
            pairs = (dict(zip(names, two, strict=True)) for two in (maps[:2], maps[2:]))
            return module.style_loss(*pairs, **options)

        maps = *features().values(), *features(7).values()
        ours, theirs = (
            value_and_gradients(partial(loss, module), *maps)
            for module in (fused, readable)
        )
        torch.testing.assert_close(ours, theirs)


def test_gram_matrix_equals_the_readable_one():
    for maps in (features()["a"], features()["a"][:0], features()["a"].half()):
        same("gram_matrix", maps)
    inputs = (features()["a"].requires_grad_(),)
    assert torch.autograd.gradcheck(fused.gram_matrix, inputs)
    assert torch.autograd.gradgradcheck(fused.gram_matrix, inputs)


def test_style_loss_works_under_torch_func():
    style = features(7)["a"]
    ours, theirs = (
        lambda maps, module=module: module.style_loss({"a": maps}, {"a": style})
        for module in (fused, readable)
    )
    maps = torch.stack([features(size)["a"][..., :3, :] for size in (3, 5)])
    for transform in (
        lambda loss: torch.func.vmap(loss)(maps),
        lambda loss: torch.func.vmap(torch.func.grad(loss))(maps),
        lambda loss: torch.func.grad(lambda some: torch.func.vmap(loss)(some).sum())(
            maps
        ),
    ):
        torch.testing.assert_close(transform(ours), transform(theirs))


def kept_for_the_way_back():
    """Losses that write their gradient over what they keep, with what they take."""
    torch.manual_seed(0)
    logits = torch.randn(2, 3, 5, 4, dtype=torch.float64)
    masks = torch.rand(2, 3, 5, 4, dtype=torch.float64)
    classes = masks.argmax(1)
    return [
        (fused.giou_loss, random_boxes()),
        (fused.sigmoid_focal_loss, scores()),
        (fused.dice_loss, (logits, classes)),
        (fused.dice_loss, (logits, masks)),
    ]


@pytest.mark.parametrize(("loss", "inputs"), kept_for_the_way_back())
def test_a_graph_can_be_walked_again(loss, inputs):
    pred, target = inputs[0].clone().requires_grad_(), inputs[1]
    (once,) = torch.autograd.grad(loss(pred, target), pred)
    value = loss(pred, target)
    total = value + 3 * value.square()
    expected = once * (1 + 6 * value.detach())
    for walked in (1, 2, 3):
        total.backward(retain_graph=walked < 3)
        torch.testing.assert_close(pred.grad, walked * expected)


@pytest.mark.parametrize(("loss", "inputs"), kept_for_the_way_back())
def test_a_gradient_stays_when_the_loss_is_taken_again(loss, inputs):
    pred, target = inputs[0].clone().requires_grad_(), inputs[1]
    (first,) = torch.autograd.grad(loss(pred, target), pred)
    before = first.clone()
    torch.autograd.grad(2 * loss(pred, target), pred)
    torch.testing.assert_close(first, before, rtol=0, atol=0)


@each_box_loss
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_boxes_that_are_equal_or_next_to_it_have_what_the_readable_losses_have(
    name, dtype
):
    pred = random_boxes(1000, torch.float32)[0].to(dtype)
    for boxes in (pred, pred.round()):
        beside = torch.nextafter(boxes, torch.full_like(boxes, 99))
        for target in (boxes, beside):
            ours, theirs = (
                value_and_gradients(
                    getattr(module, name), boxes, target, reduction="none"
                )
                for module in (fused, readable)
            )
            torch.testing.assert_close(ours[0], theirs[0], rtol=1e-4, atol=1e-6)
            torch.testing.assert_close(ours[1], theirs[1], rtol=1e-2, atol=1e-4)


@pytest.mark.parametrize("loss", [fused.ciou_loss, fused.sigmoid_focal_loss])
def test_gradients_can_be_taken_in_a_batch(loss):
    pred, target = random_boxes(6) if loss is fused.ciou_loss else scores(6)
    pred.requires_grad_()
    value = loss(pred, target, reduction="none")
    above = torch.rand(3, *value.shape, dtype=value.dtype)
    expected = torch.stack(
        [torch.autograd.grad(value, pred, one, retain_graph=True)[0] for one in above]
    )
    (found,) = torch.autograd.grad(value, pred, above, is_grads_batched=True)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("loss", [fused.ciou_loss, fused.sigmoid_focal_loss])
def test_losses_can_be_weighted_in_place(loss):
    pred, target = random_boxes(6) if loss is fused.ciou_loss else scores(6)
    pred.requires_grad_()
    value = loss(pred, target, reduction="none")
    (expected,) = torch.autograd.grad(2 * value.sum(), pred, retain_graph=True)
    value *= 2
    value.sum().backward()
    torch.testing.assert_close(pred.grad, expected)
