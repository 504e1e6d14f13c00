"""The conformance kit: our own losses pass it, and what it says is right and readable."""

import subprocess
import sys
from functools import partial

import pytest
from hypothesis import given, settings

import lossguide
from lossguide.__main__ import main
from lossguide.catalog import CARDS, losses
from lossguide.conformance import Outcome, Report, check
from lossguide.conformance.checks import edge_cases, gradients, non_finite, values
from lossguide.conformance.samples import samples
from lossguide.conformance.trial import trial_of

torch = pytest.importorskip("torch")

OTHER_OPTIONS = [(card, options) for card in CARDS for options in card.options[1:]]


def label(value):
    if isinstance(value, dict):
        return ",".join(value) or "defaults"
    return getattr(value, "name", None)


# --- Our own losses -----------------------------------------------------------------------


@pytest.mark.parametrize("card", CARDS, ids=label)
def test_our_own_pass(column, card):
    function = column.subject(card.name).function
    report = check(function, card.name, framework=column.name, examples=12)
    assert report.passed, str(report)


@pytest.mark.parametrize(("card", "options"), OTHER_OPTIONS, ids=label)
def test_our_own_pass_with_other_options(trainer, card, options):
    function = trainer.subject(card.name).function
    trial = trial_of(
        function, card, options=options, framework=trainer.name, examples=12
    )
    checks = [values, gradients] if trial.trains else [values]
    if trainer.name == "torch":  # quick, and TensorFlow gives the same numbers
        checks.append(edge_cases)
    for one in checks:
        assert one(trial) is None


@pytest.mark.parametrize("card", losses(), ids=label)
def test_no_value_or_gradient_is_infinite_or_nan(columns, card):
    drawn = draw(card, examples=200)
    assert len(drawn) >= 200
    for column in columns.values():
        function = column.subject(card.name).function
        if column.name == "tensorflow":
            function = graph_of(function, card, column.library)
        trial = trial_of(function, card, framework=column.name)
        fault = non_finite(trial, "float32")
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
        shape = [int(axis) if axis.isdigit() else None for axis in about.shape.split()]
        whole = about.values in ("class", "label")
        one = tf.TensorSpec(shape, tf.int64 if whole else tf.float32)
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


def test_a_right_function_fails_only_where_it_departs_from_the_house():
    report = check(l1, "regression.l1_loss")
    assert report.failures == ["empty input"]
    assert not report.passed


def test_the_smallest_failing_input_is_shown():
    def swapped(pred, target):
        return (target - pred).mean()

    report = check(swapped, "regression.l1_loss")
    outcome = next(o for o in report.outcomes if o.check == "values")
    assert outcome.problem == "got -1., expected 1."
    assert outcome.inputs == "pred = [1.], target = [0.]"


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
    outcome = next(o for o in report.outcomes if o.check == "values")
    assert outcome.pitfall


def test_what_a_function_raises_is_reported():
    def broken(pred, target):
        raise RuntimeError("no luck\nat all")

    report = check(broken, "regression.l1_loss", framework="torch")
    assert report.outcomes[0].problem == "raised RuntimeError: no luck"


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
    assert failures(huber, like, options={"delta": 2.0}) == ["empty input"]


def test_an_option_of_the_same_name_is_passed_on():
    huber = torch.nn.functional.huber_loss
    report = check(huber, "regression.huber_loss", options={"delta": 2.0})
    assert report.failures == ["empty input"]


def test_a_reduction_of_another_default_is_no_fault():
    def loss(pred, target, reduction="none"):
        return torch.nn.functional.l1_loss(pred, target, reduction=reduction)

    assert failures(loss) == ["empty input"]


def test_a_module_is_a_function():
    assert failures(torch.nn.L1Loss()) == ["empty input"]
    assert (
        failures(torch.nn.L1Loss(reduction="sum"), options={"reduction": "sum"}) == []
    )


def test_the_framework_is_found():
    import numpy as np

    tf = pytest.importorskip("tensorflow")

    def in_numpy(pred, target):
        return np.abs(np.asarray(pred) - np.asarray(target)).mean()

    def in_tensorflow(pred, target):
        return tf.reduce_mean(tf.abs(pred - target))

    for function, name in [
        (l1, "torch"),
        (in_numpy, "numpy"),
        (in_tensorflow, "tensorflow"),
    ]:
        assert check(function, "regression.l1_loss", examples=3).framework == name


def test_wrong_calls_are_explained():
    with pytest.raises(LookupError, match=r"did you mean boxes\.giou_loss"):
        check(l1, "boxes.giou_los")
    with pytest.raises(ValueError, match="framework must be one of numpy, torch, ten"):
        check(l1, "regression.l1_loss", framework="jax")
    with pytest.raises(TypeError, match=r"must take .*l1_loss\(pred, target\)"):
        check(lambda pred: pred, "regression.l1_loss")


def test_check_is_at_the_top_of_the_package():
    assert lossguide.check is check
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        lossguide.nothing  # noqa: B018


# --- Its report ---------------------------------------------------------------------------


def test_report_as_text():
    text = str(check(l1, "regression.l1_loss"))
    lines = text.splitlines()
    assert lines[0] == "l1 (torch) against regression.l1_loss: fails 1 check"
    assert any(line.split() == ["values", "pass"] for line in lines)
    assert any(line.split() == ["empty", "input", "FAIL"] for line in lines)
    assert "got nan, expected 0." in text
    assert max(map(len, lines)) <= 120


def test_report_as_html():
    def a_to_b(pred, target):
        raise ValueError("a < b")

    report = check(a_to_b, "regression.l1_loss", framework="torch")
    page = report._repr_html_()
    assert page.startswith("<table")
    assert page.count("<tr") == 1 + len(report.outcomes)
    assert page.count("✗ FAIL") == len(report.failures)
    assert "a &lt; b" in page


def test_report_links_the_known_pitfall():
    outcome = Outcome("values", False, "got 1, expected 2", "x = 0", "Why. a/b.c#12")
    page = Report("f", "boxes.iou", "torch", (outcome,))._repr_html_()
    assert '<a href="https://github.com/a/b.c/issues/12">a/b.c#12</a>' in page


# --- Its command line ---------------------------------------------------------------------


def test_command_line_passes_and_fails(capsys):
    function = "torch.nn.functional:huber_loss"
    ours = "lossguide.torch:huber_loss"
    like = ["--like", "regression.huber_loss"]
    assert main(["check", ours, *like]) == 0
    assert "passes every check" in capsys.readouterr().out
    assert main(["check", function, *like, "--option", "delta=2.0"]) == 1
    assert "empty input            FAIL" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["torch:abs", "--like", "l1_los"], "did you mean"),
        (["nowhere_at_all:l1", "--like", "l1_loss"], "No module named"),
        (["torch:nothing", "--like", "l1_loss"], "torch has no nothing"),
        (["torch", "--like", "l1_loss"], "must be module:name, got 'torch'"),
        (["torch:float32", "--like", "l1_loss"], "is not a function"),
        (["torch:abs", "--like", "l1_loss", "--option", "a"], "must be NAME=VALUE"),
        (["torch:abs", "--like", "l1_loss"], "function must take the arguments"),
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
