"""The conformance kit: our own losses pass it, and what it says is right and readable."""

import inspect
import re
import subprocess
import sys
from dataclasses import replace
from functools import partial
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings

import lossguide
import lossguide.numpy
import lossguide.torch
from lossguide.__main__ import main
from lossguide.catalog import CARDS, find, losses
from lossguide.catalog.card import CHECK_NAMES, CheckName
from lossguide.conformance import Outcome, Report, check, checks, definition
from lossguide.conformance import samples as drawing
from lossguide.conformance.checks import CHECKS
from lossguide.conformance.compare import (
    FLAT,
    GRAPH,
    NOTHING,
    SHORT,
    UNNAMED,
    WIDER,
    finite_fault,
)
from lossguide.conformance.report import Verdict
from lossguide.conformance.samples import samples
from lossguide.conformance.trial import trials_of

torch = pytest.importorskip("torch")


def label(value):
    return getattr(value, "name", None)


# --- Our own losses -----------------------------------------------------------------------


@pytest.mark.parametrize("card", CARDS, ids=label)
def test_our_own_pass(columns, card):
    """In all columns, with all options: what the definition gives is computed once."""
    for column in columns.values():
        function = column.subject(card.name).function
        report = check(function, card.name, framework=column.name, examples=12)
        assert report.passed, str(report)
        assert report.conventions == {}
        assert len(report.tried) == len(card.options)


@pytest.mark.parametrize("card", losses(), ids=label)
def test_no_value_or_gradient_is_infinite_or_nan(columns, card):
    drawn = draw(card, examples=200)
    assert len(drawn) >= 200
    for column in columns.values():
        function = column.subject(card.name).function
        if column.name == "tensorflow":
            function = graph_of(function, card, column.library)
        (trial,), _ = trials_of(
            function, card, options=card.options[0], framework=column.name
        )
        fault = finite_fault(trial, "float32")
        found = [(one, problem) for one in drawn if (problem := fault(one))]
        assert found == []


def draw(card, examples):
    """What hypothesis thinks of, up to 1e4."""
    drawn = []

    @settings(max_examples=examples, derandomize=True, database=None)
    @given(samples(card, card.options[0], size=1e4))
    def collect(sample):
        drawn.append(sample)

    collect()
    return drawn


def graph_of(function, card, tf):
    """The function as one graph for every shape, in which TensorFlow reorders sums as it likes."""

    def spec(about):
        shape = [int(axis) if axis.isdigit() else None for axis in about.axes]
        one = tf.TensorSpec(shape, tf.int64 if about.whole else tf.float32)
        return dict.fromkeys(about.layers, one) if about.layers else one

    graph = tf.function(
        partial(function, **card.options[0]),
        input_signature=[spec(about) for about in card.inputs.values()],
    )
    return lambda *inputs: graph(*inputs)


# --- What the kit sees --------------------------------------------------------------------


def l1(pred, target):
    return (pred - target).abs().mean()


def failures(function, like="regression.l1_loss", **arguments):
    return check(function, like, examples=10, **arguments).failures


def test_the_smallest_failing_input_is_shown():
    def swapped(pred, target):
        return (target - pred).mean()

    outcome = check(swapped, "regression.l1_loss")["values"]
    assert outcome.problem == "got -1., expected 1."
    assert outcome.inputs == "pred = [1.], target = [0.]"
    assert outcome.code == "pred = np.array([1.0])\ntarget = np.array([0.0])"


def test_images_are_described_and_can_be_pasted():
    def brightness(pred, target):
        return 1 - (pred.mean((1, 2, 3)) - target.mean((1, 2, 3))).abs().mean()

    outcome = check(brightness, "perceptual.ssim_loss")["values"]
    assert re.match(r"pred = \d x 12 x 11 x \d", outcome.inputs)
    scope = {"np": np}
    exec(outcome.code, scope)
    assert scope["pred"].shape[1:3] == (12, 11)
    expected = lossguide.numpy.ssim_loss(scope["pred"], scope["target"])
    assert f"expected {expected:.3g}"[:12] in outcome.problem


def test_the_pitfall_is_named():
    def no_clamp(pred, target):
        low, high = torch.maximum(pred, target), torch.minimum(pred, target)
        x, y = high[..., 2] - low[..., 0], high[..., 3] - low[..., 1]
        intersection = x * y
        area = (pred[..., 2:] - pred[..., :2]).prod(-1)
        other = (target[..., 2:] - target[..., :2]).prod(-1)
        return (1 - intersection / (area + other - intersection)).mean()

    report = check(no_clamp, "boxes.iou_loss")
    assert {"values", "edge cases", "bounds"} <= set(report.failures)
    assert report["values"].pitfall


def test_what_a_function_raises_is_reported():
    def broken(pred, target):
        if len(pred) == 3:
            raise RuntimeError("no luck\nat all")
        return l1(pred, target)

    assert check(broken, "regression.l1_loss")["values"].problem == (
        "raised RuntimeError: no luck"
    )


def test_a_long_message_is_cut_between_words():
    def broken(pred, target):
        if len(pred) == 3:
            raise RuntimeError("no luck " * 30)
        return l1(pred, target)

    problem = check(broken, "regression.l1_loss")["values"].problem
    assert problem.startswith("raised RuntimeError: no luck no luck")
    assert problem.endswith(("no ...", "luck ..."))
    assert len(problem) < 190


def test_adapt_brings_arguments_into_another_order_and_format():
    from lossguide.torch import box_convert, giou_loss, iou_loss

    def target_first(target, pred):
        return giou_loss(pred, target)

    def centers(pred, target):
        return iou_loss(*(box_convert(b, "cxcywh", "xyxy") for b in (pred, target)))

    def to_centers(*boxes):
        return tuple(box_convert(b, "xyxy", "cxcywh") for b in boxes)

    def swap(pred, target):
        return target, pred

    assert failures(target_first, "boxes.giou_loss", adapt=swap) == []
    assert "values" in failures(centers, "boxes.iou_loss")
    assert "values" not in failures(centers, "boxes.iou_loss", adapt=to_centers)


def test_options_are_those_of_the_definition():
    def huber(pred, target):
        return torch.nn.functional.huber_loss(pred, target, delta=2.0)

    like = "regression.huber_loss"
    assert "values" in failures(huber, like)
    assert failures(huber, like, options={"delta": 2.0}) == []


def test_an_option_of_the_same_name_is_passed_on():
    huber = torch.nn.functional.huber_loss
    report = check(huber, "regression.huber_loss", options={"delta": 2.0})
    assert report.passed
    assert report.tried == ("delta = 2.",)


def test_a_reduction_of_another_default_is_named_and_no_fault():
    def loss(pred, target, reduction="sum"):
        return torch.nn.functional.l1_loss(pred, target, reduction=reduction)

    report = check(loss, "regression.l1_loss")
    assert report.passed
    assert report.conventions["reductions"] == UNNAMED


def test_a_module_is_a_function():
    assert failures(torch.nn.L1Loss()) == []
    assert (
        failures(torch.nn.L1Loss(reduction="sum"), options={"reduction": "sum"}) == []
    )


def test_the_framework_is_found():
    """What only uses operators is taken for one that has gradients."""
    tf = pytest.importorskip("tensorflow")

    def in_numpy(pred, target):
        return np.abs(np.asarray(pred) - np.asarray(target)).mean()

    def in_numpy_only(pred, target):
        return np.abs(pred - target).mean()

    def in_tensorflow(pred, target):
        return tf.reduce_mean(tf.abs(pred - target))

    def in_any(pred, target):
        return abs(pred - target)

    for function, name in [
        (l1, "torch"),
        (in_numpy, "numpy"),
        (in_numpy_only, "numpy"),
        (in_tensorflow, "tensorflow"),
        (in_any, "torch"),
    ]:
        report = check(
            function,
            "regression.l1_loss",
            options={"reduction": "none"},
            examples=3,
        )
        assert report.framework == name


def test_wrong_calls_are_explained():
    with pytest.raises(LookupError, match=r"did you mean boxes\.giou_loss"):
        check(l1, "boxes.giou_los")
    with pytest.raises(ValueError, match="framework must be one of numpy, torch, ten"):
        check(l1, "regression.l1_loss", framework="jax")
    with pytest.raises(ValueError, match="examples must be at least 1, got 0"):
        check(l1, "regression.l1_loss", examples=0)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            lambda pred: pred,
            r"must take the arguments of .*l1_loss\(pred, target\): `ad",
        ),
        (torch.zeros(3), "the function to check must be callable, got Tensor"),
        (lambda pred, target: None, "gave nothing .*: is a `return` missing"),
        (lambda pred, target: {"loss": pred}, "gave a dict for .*must give a tensor"),
        (lambda pred, target: (pred - target).mean().item(), "gave a float for"),
        (
            lambda pred, target: 1 // 0,
            "raised ZeroDivisionError: integer division or modulo by zero for",
        ),
    ],
)
def test_what_cannot_be_run_is_explained(function, message):
    with pytest.raises(TypeError, match=message):
        check(function, "regression.l1_loss")


def test_exchanged_arguments_that_cannot_be_run_are_explained():
    def loss(target, logits):
        return torch.nn.functional.cross_entropy(logits, target)

    with pytest.raises(TypeError, match=r"adapt=lambda logits, target: \(target, logi"):
        check(loss, "classification.cross_entropy_loss")


@pytest.mark.parametrize(
    ("function", "like", "cause"),
    [
        (
            lambda t, x: lossguide.torch.binary_cross_entropy_loss(x, t),
            "binary_cross_entropy_loss",
            "adapt=lambda logits, target: (target, logits)",
        ),
        (
            lambda p, t: (p - t).square().mean() / 2,
            "mse_loss",
            "half of the definition",
        ),
        (lambda p, t: 3 * (p - t).abs().mean(), "l1_loss", "3 times the definition"),
        (
            lambda p, t: (-1 - (p - t) ** 2).log().mean(),
            "l1_loss",
            "not finite for ord",
        ),
        (
            lambda pred, target, delta=2.0: torch.nn.functional.huber_loss(
                pred, target, delta=delta
            ),
            "huber_loss",
            "its default delta is 2.0, the definition's 1.0",
        ),
    ],
)
def test_the_likely_cause_is_named(function, like, cause):
    report = check(function, like)
    assert cause in report["values"].cause
    assert cause in str(report)


# --- Whose fault it is --------------------------------------------------------------------


def test_an_option_that_the_definition_has_not_is_not_the_functions_fault():
    nwd_loss = lossguide.torch.nwd_loss
    with pytest.raises(
        ValueError, match=r"no option 'konstant'; did you mean constant"
    ):
        check(nwd_loss, like="boxes.nwd_loss", options={"konstant": 2})
    with pytest.raises(ValueError, match=r"with constant = -1, nwd_loss of lossguide"):
        check(nwd_loss, like="boxes.nwd_loss", options={"constant": -1})


def test_what_adapt_raises_is_not_the_functions_fault():
    def adapt(pred, target):
        return pred, missing  # noqa: F821

    with pytest.raises(TypeError, match=r"adapt\(pred, target\) raised NameError"):
        check(l1, "regression.l1_loss", adapt=adapt)
    with pytest.raises(TypeError, match="must give a tuple of arguments, got Tensor"):
        check(l1, "regression.l1_loss", adapt=lambda pred, target: pred)


def test_an_error_of_the_samplers_is_not_held_back(monkeypatch):
    monkeypatch.setitem(drawing.LENGTHS, "N", (3, 1))
    with pytest.raises(ValueError, match="high <= 0"):
        check(l1, "regression.l1_loss", options={"reduction": "mean"})


def test_a_check_that_tries_nothing_is_no_pass(monkeypatch):
    monkeypatch.setitem(checks.CHECKS, "values", lambda trial: iter(()))
    outcome = check(l1, "regression.l1_loss", examples=2)["values"]
    assert outcome.verdict is Verdict.NONE
    assert outcome.problem == "nothing tried"


def test_names_of_checks_and_properties_are_known():
    assert tuple(CHECKS) == get_args(CheckName) == CHECK_NAMES
    card = find("l1_loss")
    with pytest.raises(
        ValueError, match="cannot hold 'symetric'; did you mean symmetr"
    ):
        replace(card, properties=frozenset({"symetric"}))
    with pytest.raises(ValueError, match="cannot hold 'colours drift'; did you mean"):
        replace(card, against=("colours drift",))
    with pytest.raises(ValueError, match="cannot hold 'value'; did you mean values"):
        replace(card, pitfalls={"value": ""})


# --- Conventions --------------------------------------------------------------------------


def test_a_convention_is_no_failure_unless_asked_for():
    report = check(l1, "regression.l1_loss")
    assert report.passed
    assert report.conventions == {"empty input": NOTHING}
    assert report["empty input"].problem == "got nan, expected 0."
    strict = check(l1, "regression.l1_loss", strict=True)
    assert not strict.passed
    assert strict.failures == ["empty input"]


def test_a_cut_of_short_vectors_is_a_convention():
    def cosine_info_nce(queries, keys, temperature=0.07):
        cosines = torch.cosine_similarity(queries[:, None], keys[None], dim=-1)
        right = torch.arange(len(queries), device=queries.device)
        return torch.nn.functional.cross_entropy(cosines / temperature, right)

    report = check(cosine_info_nce, "metric.info_nce_loss")
    assert report.passed, str(report)
    assert SHORT in report.conventions.values()


def test_no_half_precision_is_a_dash():
    def refuses(pred, target):
        if pred.dtype in (torch.float16, torch.bfloat16):
            raise RuntimeError("\"loss\" not implemented for 'BFloat16'")
        return l1(pred, target)

    outcome = check(refuses, "regression.l1_loss")["half precision"]
    assert outcome.verdict is Verdict.NONE
    assert "bfloat16 is not supported: raised RuntimeError" in outcome.problem


def test_a_result_in_double_precision_is_named():
    report = check(lambda pred, target: l1(pred, target).double(), "regression.l1_loss")
    assert report.passed
    assert report.conventions["precision"] == WIDER


def test_an_eps_or_another_slope_at_boxes_without_area_is_a_convention():
    """As torchvision writes it: clamp has a slope where a side is 0, and eps is in the union."""

    def giou_loss(pred, target, eps=1e-7):
        low, high = pred[..., :2], pred[..., 2:]
        inner = (
            torch.minimum(high, target[..., 2:]) - torch.maximum(low, target[..., :2])
        ).clamp(min=0)
        outer = torch.maximum(high, target[..., 2:]) - torch.minimum(
            low, target[..., :2]
        )
        intersection, enclosing = inner.prod(-1), outer.prod(-1)
        areas = (high - low).prod(-1) + (target[..., 2:] - target[..., :2]).prod(-1)
        union = areas - intersection
        iou = intersection / (union + eps)
        return (1 - iou + (enclosing - union) / (enclosing + eps)).mean()

    report = check(giou_loss, "boxes.giou_loss")
    assert set(report.failures) <= {"half precision"}, str(report)
    assert FLAT in report.conventions.values()


def test_a_fault_of_solid_boxes_is_no_convention_beside_boxes_without_area():
    def first_target_for_all(pred, target):
        if len(pred) > 4:
            target = target[:1].expand_as(target)
        return lossguide.torch.iou_loss(pred, target)

    assert "edge cases" in failures(first_target_for_all, "boxes.iou_loss")


# --- Plain formulas that are right --------------------------------------------------------


def plain_ssim_loss(pred, target):
    """By means of squares less squares of means, with a window in single precision."""
    places = torch.arange(11) - 5.0
    row = torch.exp(-places.square() / (2 * 1.5**2))
    window = (row[:, None] * row / row.sum() ** 2).to(pred)
    channels = pred.shape[1]
    window = window.expand(channels, 1, 11, 11)

    def blur(images):
        return torch.nn.functional.conv2d(images, window, groups=channels)

    x, y = blur(pred), blur(target)
    xx, yy, xy = blur(pred * pred), blur(target * target), blur(pred * target)
    luminance = (2 * x * y + 0.01**2) / (x * x + y * y + 0.01**2)
    spread = xx - x * x + yy - y * y + 0.03**2
    return 1 - (luminance * (2 * (xy - x * y) + 0.03**2) / spread).mean()


def plain_total_variation(images):
    right = torch.nn.functional.pad(images.diff(dim=3), (0, 1))
    down = torch.nn.functional.pad(images.diff(dim=2), (0, 0, 0, 1))
    return (right**2 + down**2 + 1e-12).sqrt().sum((1, 2, 3)).mean()


def ssim_loss_of_tensorflow(pred, target):
    tf = pytest.importorskip("tensorflow")
    return 1 - tf.reduce_mean(tf.image.ssim(pred, target, max_val=1.0))


@pytest.mark.parametrize(
    ("function", "like", "options"),
    [
        (plain_ssim_loss, "perceptual.ssim_loss", None),
        (ssim_loss_of_tensorflow, "perceptual.ssim_loss", None),
        (plain_total_variation, "style.total_variation_loss", {"kind": "isotropic"}),
    ],
)
def test_a_plain_right_formula_passes(function, like, options):
    report = check(function, like, options=options)
    assert report.passed, str(report)
    assert set(report.conventions) <= {"empty input", "precision"}


# --- Its samples --------------------------------------------------------------------------


def test_noise_holds_what_random_examples_may_lack(monkeypatch):
    """Faults of every kind of input are seen without the odd samples."""
    monkeypatch.setattr(definition, "Odd", partial(drawing.Noise, crowded=True))
    definition.stated.cache_clear()

    def in_chunks(pred, target):
        parts = (pred - target).abs().split(4)
        return torch.stack([part.mean() for part in parts]).mean()

    def first_eight(pred, target):
        return l1(pred[:8], target[:8])

    def no_clamp(pred, target):
        inner = (
            torch.minimum(pred, target)[..., 2:] - torch.maximum(pred, target)[..., :2]
        )
        areas = [(b[..., 2:] - b[..., :2]).prod(-1) for b in (pred, target)]
        intersection = inner.prod(-1).clamp(min=0)
        return (1 - intersection / (sum(areas) - intersection)).mean()

    try:
        for function in (in_chunks, first_eight):
            assert "values" in failures(function)
        assert "values" in check(no_clamp, "boxes.iou_loss").failures
    finally:
        definition.stated.cache_clear()


def nms(boxes, scores, overlaps, beyond):
    """Keep a box unless an earlier one is too near; ``beyond`` and ``overlaps`` say what that is."""
    kept = []
    for index in scores.argsort(descending=True).tolist():
        near = [overlaps(boxes[index], boxes[other]) for other in kept]
        if not any(map(beyond, near)):
            kept.append(index)
    return torch.tensor(kept, dtype=torch.int64)


def iou(box, other):
    (x1, y1, x2, y2), (a1, b1, a2, b2) = box.tolist(), other.tolist()
    overlap = max(min(x2, a2) - max(x1, a1), 0) * max(min(y2, b2) - max(y1, b1), 0)
    union = (x2 - x1) * (y2 - y1) + (a2 - a1) * (b2 - b1) - overlap
    return overlap / union if union else 0


def diou(box, other):
    (x1, y1, x2, y2), (a1, b1, a2, b2) = box.tolist(), other.tolist()
    apart = (x1 + x2 - a1 - a2) ** 2 + (y1 + y2 - b1 - b2) ** 2
    diagonal = (max(x2, a2) - min(x1, a1)) ** 2 + (max(y2, b2) - min(y1, b1)) ** 2
    return iou(box, other) - (apart / diagonal / 4 if diagonal else 0)


@pytest.mark.parametrize(
    ("like", "overlaps", "right"),
    [
        ("boxes.nms", iou, True),
        ("boxes.diou_nms", diou, True),
        ("boxes.diou_nms", iou, False),
    ],
)
def test_suppression_is_tried_on_crowds(like, overlaps, right):
    def above(boxes, scores):
        return nms(boxes, scores, overlaps, lambda near: near > 0.5)

    def at_least(boxes, scores):
        return nms(boxes, scores, overlaps, lambda near: near >= 0.5)

    def best_only(boxes, scores):
        best = boxes[scores.argmax()] if len(boxes) else None
        return nms(
            boxes,
            scores,
            lambda box, kept: overlaps(box, best),
            lambda near: near > 0.5,
        )

    assert check(above, like).passed is right
    assert not check(at_least, like).passed
    assert not check(best_only, like).passed


def test_another_shape_is_a_failure_of_every_check_that_meets_it():
    def per_entry(logits, target, reduction="mean"):
        one_hot = torch.nn.functional.one_hot(target, logits.shape[-1])
        loss = -logits.log_softmax(-1) * one_hot
        return loss if reduction == "none" else loss.sum() / max(len(loss), 1)

    report = check(per_entry, "classification.cross_entropy_loss")
    assert "expected (" in report["values"].problem
    assert {"values", "reductions", "NaN in"} <= set(report.failures)


def test_a_fault_of_long_axes_is_seen():
    def first_hundred(pred, target):
        return l1(pred[:100], target[:100])

    def ten_classes(logits, target):
        return torch.nn.functional.cross_entropy(logits[:, :10], target.clamp(max=9))

    assert failures(first_hundred) == ["values"]
    assert "values" in failures(ten_classes, "classification.cross_entropy_loss")


def test_chance_is_seen():
    def dropped(pred, target):
        return torch.nn.functional.dropout((pred - target).abs(), 0.01).mean()

    assert "values" in failures(dropped)


def test_another_value_in_validation_is_seen():
    class Loss(torch.nn.Module):
        def forward(self, pred, target):
            return l1(pred, target) * (1 if self.training else 2)

    def only_with_gradients(pred, target):
        return l1(pred, target) * (1 if torch.is_grad_enabled() else 2)

    module = Loss()
    assert "values" in failures(module)
    assert module.training
    assert "values" in failures(only_with_gradients)


def test_layers_come_in_any_order():
    def by_order(pred_features, target_features):
        pairs = zip(pred_features.values(), target_features.values(), strict=True)
        return sum((x - y).square().mean() for x, y in pairs)

    def by_name(pred_features, target_features):
        pairs = [(x, target_features[name]) for name, x in pred_features.items()]
        return sum((x - y).square().mean() for x, y in pairs)

    like = "perceptual.feature_reconstruction_loss"
    assert "values" in failures(by_order, like)
    assert "values" not in failures(by_name, like)


def test_what_is_no_graph_is_a_convention():
    def branches(pred, target):
        if pred.numel() and (pred - target).abs().max() > 1:
            return l1(pred, target)
        return l1(pred, target)

    report = check(branches, "regression.l1_loss")
    assert report.passed, str(report)
    assert report.conventions["compilation"] == GRAPH


def test_a_compiled_function_that_keeps_its_first_number_is_seen():
    kept = {}

    def huber(pred, target, delta=1.0):
        if torch.compiler.is_compiling():
            delta = kept.setdefault("delta", delta)
        return lossguide.torch.huber_loss(pred, target, delta=delta)

    report = check(huber, "regression.huber_loss")
    assert report.failures == ["compilation"]
    start = "compiled with the defaults, then called with delta = 0.6: got "
    assert report["compilation"].problem.startswith(start)


def test_another_slope_at_a_kink_is_no_fault_of_the_compiler():
    def per_class(scores, target, margin=1.0):
        loss = torch.nn.functional.multi_margin_loss(scores, target, margin=margin)
        return scores.shape[-1] * loss

    report = check(per_class, "classification.weston_watkins_loss")
    assert report["compilation"].verdict is Verdict.PASS, str(report)


def test_a_tensorflow_graph_that_keeps_its_first_number_is_seen():
    tf = pytest.importorskip("tensorflow")
    import lossguide.tensorflow

    kept = {}

    def huber(pred, target, delta=1.0):
        if tf.inside_function():
            delta = kept.setdefault("delta", delta)
        return lossguide.tensorflow.huber_loss(pred, target, delta=delta)

    report = check(huber, "regression.huber_loss", framework="tensorflow")
    assert report.failures == ["compilation"]


def test_an_alpha_that_the_compiler_drops_is_seen():
    """Where PyTorch does so: https://github.com/pytorch/pytorch/pull/189547."""

    def focal(logits, target, alpha=0.25, gamma=2.0):
        weight = torch.add(1 - alpha, target, alpha=2 * alpha - 1)
        options = {"alpha": None, "gamma": gamma, "reduction": "none"}
        loss = lossguide.torch.sigmoid_focal_loss(logits, target, **options)
        return (weight * loss).mean()

    torch.compiler.reset()
    compiled = torch.compile(focal, fullgraph=True, backend="aot_eager")
    logits, target = torch.tensor([0.5, -0.5]), torch.tensor([1.0, 0.0])
    compiled(logits, target, alpha=0.25)
    came, expected = (f(logits, target, alpha=0.75) for f in (compiled, focal))
    seen = "compilation" in failures(focal, "classification.sigmoid_focal_loss")
    assert seen is not bool(torch.isclose(came, expected))


def test_wrong_values_of_a_function_of_critics_are_shown():
    def halved(critic, images):
        return lossguide.torch.input_gradient(critic, images) / 2

    assert "values" in failures(halved, "gan.input_gradient")


def test_a_mean_that_leaves_nan_out_is_seen():
    def nan_mean(pred, target, reduction="mean"):
        error = np.abs(pred - target)
        return {"mean": np.nanmean, "sum": np.sum, "none": np.asarray}[reduction](error)

    assert failures(nan_mean) == ["NaN in"]


def test_images_are_as_large_as_the_usual_window():
    def ssim_loss(pred, target):
        return lossguide.torch.ssim_loss(pred, target, window_size=11)

    assert failures(ssim_loss, "perceptual.ssim_loss") == []
    options = {"data_range": 255.0}
    assert (
        failures(lossguide.torch.ssim_loss, "perceptual.ssim_loss", options=options)
        == []
    )


# --- Options ------------------------------------------------------------------------------


def test_every_set_of_options_that_a_function_takes_is_tried():
    def huber(pred, target, delta=1.0):
        error = (pred - target).abs()
        return torch.where(error < delta, error.square() / 2, error - 0.5).mean()

    report = check(huber, "regression.huber_loss")
    assert report.tried == ("the defaults", "delta = 0.6")
    assert report["values"].options == "delta = 0.6"
    assert "options tried: the defaults; delta = 0.6" in str(report)


def test_options_that_a_function_does_not_take_are_named():
    def plain(logits, target, label_smoothing=0.0):
        return torch.nn.functional.cross_entropy(
            logits, target, label_smoothing=label_smoothing
        )

    report = check(plain, "classification.cross_entropy_loss")
    assert report.passed, str(report)
    assert report.tried == ("the defaults", "label_smoothing = 0.1")
    assert len(report.refused) == 4
    assert report.refused[0] == "ignore_index = 0"


@pytest.mark.parametrize(
    "weight", [[1.0, 2.0, 5.0], np.array([1.0, 2, 5]), torch.tensor([1.0, 2, 5])]
)
def test_class_weights_can_be_given(weight):
    cross_entropy = torch.nn.functional.cross_entropy
    like, options = "classification.cross_entropy_loss", {"weight": weight}
    assert failures(cross_entropy, like, options=options) == []

    def fixed(logits, target):
        return cross_entropy(
            logits, target, weight=torch.tensor([1, 2, 5.0]).to(logits)
        )

    assert failures(fixed, like, options=options) == []
    assert failures(fixed, like, options={"weight": [1, 2, 4]}) != []
    with pytest.raises(ValueError, match=r"weight must have the axes \(K\), got sh"):
        failures(cross_entropy, like, options={"weight": [[1.0], [2.0]]})


def test_check_is_at_the_top_of_the_package():
    assert lossguide.check is check
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        lossguide.nothing  # noqa: B018


def test_a_joint_set_is_tried_with_the_options_that_a_function_has():
    """Sigma is wrong, and stands in no set without the size of the window."""

    def loss(pred, target, sigma=1.5):
        return lossguide.torch.ssim_loss(pred, target, sigma=1.5)

    report = check(loss, "perceptual.ssim_loss")
    assert "sigma = 0.8" in report.tried
    assert report["values"].options == "sigma = 0.8"


def test_every_option_is_varied():
    for card in CARDS:
        signature = inspect.signature(getattr(lossguide.numpy, card.name))
        names = {
            p.name for p in signature.parameters.values() if p.kind is p.KEYWORD_ONLY
        }
        varied = {name for options in card.options for name in options}
        assert names - varied <= {"reduction", "eps"}, card.name


# --- Its report ---------------------------------------------------------------------------


def test_report_as_text():
    text = str(check(l1, "regression.l1_loss"))
    lines = text.splitlines()
    assert lines[0] == (
        "l1 (torch) against regression.l1_loss: passes every check,"
        " differs by convention in 1"
    )
    assert any(line.split() == ["values", "pass"] for line in lines)
    assert any(line.split() == ["empty", "input", "differs"] for line in lines)
    assert f"by convention {NOTHING}" in text
    assert "got nan, expected 0." in text
    assert max(map(len, lines)) <= 120


def test_report_as_html():
    def a_to_b(pred, target):
        if len(pred) == 3:
            raise ValueError("a < b")
        return l1(pred, target)

    report = check(a_to_b, "regression.l1_loss")
    assert repr(report) == str(report)
    page = report._repr_html_()
    assert page.startswith("<table")
    assert page.count("<tr") == 1 + len(report.outcomes)
    assert page.count("✗ FAIL") == len(report.failures) > 0
    assert page.count("≈ differs") == len(report.conventions) == 2
    assert "a &lt; b" in page


def test_report_links_the_known_pitfall():
    outcome = Outcome("values", Verdict.FAIL, "got 1", pitfall="Why. a/b.c#12")
    page = Report("f", "boxes.iou", "torch", (outcome,))._repr_html_()
    assert '<a href="https://github.com/a/b.c/issues/12">a/b.c#12</a>' in page


# --- Its command line ---------------------------------------------------------------------


def test_command_line_passes_and_fails(capsys):
    like = ["--like", "regression.huber_loss", "--examples", "5"]
    assert main(["check", "lossguide.torch:huber_loss", *like]) == 0
    assert "passes every check" in capsys.readouterr().out
    theirs = ["check", "torch.nn.functional:huber_loss", *like, "--option", "delta=2.0"]
    assert main(theirs) == 0
    assert f"by convention {NOTHING}" in capsys.readouterr().out
    assert main([*theirs, "--strict"]) == 1
    assert main(["check", "torch.nn.functional:l1_loss", *like]) == 1
    assert "values                 FAIL" in capsys.readouterr().out


def test_command_line_takes_arrays_and_adapt(capsys, tmp_path, monkeypatch):
    (tmp_path / "my_losses.py").write_text(
        "import torch\n"
        "def loss(target, logits, weight):\n"
        "    return torch.nn.functional.cross_entropy(logits, target, weight)\n"
        "def exchanged(logits, target):\n"
        "    return target, logits\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    command = ["check", "my_losses:loss", "--adapt", "my_losses:exchanged"]
    command += ["--like", "classification.cross_entropy_loss", "--examples", "5"]
    assert main([*command, "--option", "weight=[1, 2, 5]"]) == 0
    assert "options tried: weight = [1., 2., 5.]" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["torch:abs", "--like", "l1_los"], "did you mean"),
        (["nowhere_at_all:l1", "--like", "l1_loss"], "No module named"),
        (["torch:nothing", "--like", "l1_loss"], "torch has no nothing"),
        (["torch", "--like", "l1_loss"], "must be module:name, got 'torch'"),
        (["torch:float32", "--like", "l1_loss"], "is not a function"),
        (["torch:abs", "--like", "l1_loss", "--option", "a"], "must be NAME=VALUE"),
        (["torch:abs", "--like", "l1_loss", "--option", "a=1"], "has no option 'a'"),
        (["torch:abs", "--like", "l1_loss"], "abs raised TypeError: abs() takes 1"),
    ],
)
def test_command_line_explains_mistakes(capsys, arguments, message):
    assert main(["check", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_command_line_lists_the_catalog(capsys):
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(CARDS)
    assert main(["list", "regression"]) == 0
    assert "regression.l1_loss" in capsys.readouterr().out


def test_the_module_runs():
    listing = subprocess.run(
        [sys.executable, "-m", "lossguide", "list", "style"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "style.gram_matrix" in listing.stdout


def test_command_line_tells_its_version(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"lossguide {lossguide.__version__}\n"


def test_an_incoming_gradient_is_taken_with_its_sign():
    class Distance(torch.autograd.Function):
        @staticmethod
        def forward(context, error):
            context.save_for_backward(error)
            return error.abs()

        @staticmethod
        def backward(context, incoming):
            (error,) = context.saved_tensors
            return incoming.abs() * error.sign()

    def loss(pred, target):
        return Distance.apply(pred - target).mean()

    assert "gradients" in failures(loss)


def test_what_can_only_be_given_by_position_is_not_passed_by_name():
    def loss(pred, target, reduction="mean", /):
        return (pred - target).abs().mean()

    assert check(loss, "regression.l1_loss", examples=5).passed
