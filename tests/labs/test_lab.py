"""What labs and chapters share."""

import json
import re
from collections import Counter

import numpy as np
import pytest
import torch

import lossguide.lab
from lossguide.lab import (
    claims,
    compare_guess,
    digits,
    judge,
    list_verdicts,
    measured,
    report,
    stored,
    table,
)
from lossguide.lab import verdicts as show_verdicts
from lossguide.lab.judging import JUDGED
from lossguide.lab.reports import MIME
from lossguide.lab.statistics import spread
from lossguide.lab.torch import assert_same, pull, set_up
from lossguide.torch import mse_loss


@pytest.fixture
def shown(monkeypatch):
    """What is displayed, in order."""
    seen = []
    monkeypatch.setattr(
        "lossguide.lab.reports.display", lambda data, raw: seen.append(data)
    )
    return seen


@pytest.fixture
def lab(monkeypatch):
    """A lab that has not judged anything yet."""
    monkeypatch.setattr("lossguide.lab.judging.JUDGED", {})


def test_digits_keep_what_is_significant():
    assert [digits(0.012345), digits(-98.7, 1), digits(0.0)] == [0.012, -100.0, 0.0]


def test_spread_is_mean_and_deviation_over_the_seeds():
    assert spread([1.0, 3.0]) == "2.0\u00a0±\u00a01"
    assert spread([1000.0, 3000.0]) == "2000\u00a0±\u00a01000"
    assert spread([0.1234, 0.1238], 3) == "0.124\u00a0±\u00a00.0002"


def test_spread_of_equal_numbers_is_zero_despite_rounding():
    assert spread([0.1 + 0.2, 0.3, 0.3]) == "0.30\u00a0±\u00a00"


def test_report_is_stored_and_long_values_are_named_only(shown, tmp_path):
    report(answer=42, curve=list(range(100)))
    assert "42" in shown[0]["text/plain"]
    assert "98" not in shown[0]["text/plain"]
    assert "also kept | curve" in shown[0]["text/plain"]

    cells = [{"outputs": [{"data": data}]} for data in shown]
    (tmp_path / "toy.ipynb").write_text(json.dumps({"cells": cells}))
    assert stored("toy", tmp_path) == {"answer": 42, "curve": list(range(100))}


def test_stored_finds_the_notebooks_from_below(monkeypatch, tmp_path):
    place = tmp_path / "notebooks" / "part"
    place.mkdir(parents=True)
    (place / "toy.ipynb").write_text('{"cells": []}')
    below = tmp_path / "book" / "part"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert stored("part/toy") == {}
    with pytest.raises(FileNotFoundError, match=r"no part/gone\.ipynb"):
        stored("part/gone")


@pytest.mark.usefixtures("lab")
@pytest.mark.parametrize(
    ("holds", "when", "verdict", "condition"),
    [
        (True, None, "holds", ""),
        (True, {"it rains": False}, "holds", ""),
        (True, {"it rains": True, "it is cold": False}, "holds when", "it rains"),
        (True, {"it rains": True, "cold": True}, "holds when", "it rains, and cold"),
        (False, {"it rains": True}, "does not hold here", ""),
    ],
)
def test_verdict_follows_from_what_was_seen(shown, holds, when, verdict, condition):
    judge(claim=13, holds=holds, when=when, evidence={"range": 0.1234})
    show_verdicts()
    (row,) = shown[-1][MIME]["verdicts"]
    assert (row["verdict"], row["condition"]) == (verdict, condition)
    assert row["text"] == claims().find(13).text
    assert row["source"] == "the IoU loss, §9.3; losses in detection, §3.2"
    assert row["evidence"] == "range: 0.12"
    assert f"{verdict} {condition}".strip() in shown[0]["text/plain"]


@pytest.mark.usefixtures("lab")
def test_verdicts_are_collected_and_a_second_run_replaces_the_first(shown):
    judge(claim=13, holds=True, evidence={})
    judge(claim=3, part="b", holds=True, evidence={})
    judge(claim=3, part="a", holds=np.bool_(True), evidence={})
    judge(claim=13, holds=False, evidence={})
    show_verdicts()
    rows = json.loads(json.dumps(shown[-1][MIME]["verdicts"]))
    assert [(row["claim"], row["part"]) for row in rows] == [
        (3, "a"),
        (3, "b"),
        (13, ""),
    ]
    assert rows[2]["verdict"] == "does not hold here"


@pytest.mark.usefixtures("lab", "shown")
def test_evidence_is_shown_by_what_it_is():
    evidence = {
        "seeds": np.array([1.0, 3.0]),
        "text": "below 1e-6",
        "by loss": {"L1": 0.5, "L2": [2.0, 2.0]},
    }
    judge(claim=13, holds=True, evidence=evidence)
    (verdict,) = lossguide.lab.judging.JUDGED.values()
    assert verdict.evidence == (
        "seeds: 2.0\u00a0±\u00a01; text: below 1e-6; by loss: L1 0.5, L2 2.0\u00a0±\u00a00"
    )


def test_a_claim_that_does_not_exist_cannot_be_judged():
    with pytest.raises(KeyError, match="no claim 3; there are 1, 2, 3a, 3b"):
        judge(claim=3, holds=True, evidence={})
    assert not JUDGED


def test_chapter_lists_verdicts_with_their_conditions():
    row = {"text": "A", "source": "B", "verdict": "holds when", "condition": "C"}
    always = row | {"verdict": "holds", "condition": ""}
    listed = list_verdicts([row, always]).data.splitlines()
    assert listed == ["- *A* (B) **Holds when** C.", "- *A* (B) **Holds**."]


def test_claims_are_numbered_without_gaps_and_come_from_known_works():
    known = claims()
    numbers = Counter(claim.number for claim in known.entries.values())
    assert list(numbers) == list(range(1, 26))
    for claim in known.entries.values():
        parts = [part for number, part in known.entries if number == claim.number]
        assert parts in ([""], ["a", "b"], ["a", "b", "c"])
        assert claim.sources.keys() <= known.works.keys()
        assert not re.search(r"\b00[0-4]\b|\.$", claim.text)


def test_table_aligns_numbers_and_rounds_floats():
    lines = table(["name", "value"], [("one", 1.23456), ("two", 2)]).data.splitlines()
    assert lines == [
        "| name | value |",
        "| --- | ---: |",
        "| one | 1.235 |",
        "| two | 2 |",
    ]


def test_a_guess_stands_beside_what_came():
    lines = compare_guess({"L1": 0.5, "L2": None}, {"L1": 0.25, "L2": 1.0}, "loss").data
    assert lines.splitlines() == [
        "| loss | your guess | what came |",
        "| --- | --- | ---: |",
        "| L1 | 0.5 | 0.25 |",
        "| L2 | ? | 1 |",
    ]


def test_a_wrong_function_is_not_the_same():
    pred, target = torch.tensor([[1.0, 3.0], [0.0, 0.0]])
    assert_same(lambda p, t: (p - t).square().mean(), mse_loss, pred, target)
    for wrong in (
        lambda p, t: (p - t).square().sum(),
        lambda p, t: (p - t).square().mean().detach() + 0 * p.sum(),
    ):
        with pytest.raises(AssertionError):
            assert_same(wrong, mse_loss, pred, target)


def test_pull_is_the_slope_at_each_error():
    errors = torch.tensor([-2.0, 0.5], requires_grad=True)
    assert pull(mse_loss, errors).tolist() == [-4.0, 1.0]
    assert not pull(mse_loss, errors).requires_grad


def test_set_up_makes_double_precision_the_default():
    before = torch.get_default_dtype(), torch.get_num_threads()
    try:
        device = set_up()
        assert torch.zeros(1).dtype == torch.float64
        assert torch.zeros(1).device.type == device.type
        assert torch.get_num_threads() == 1
    finally:
        torch.set_default_dtype(before[0])
        torch.set_default_device(None)
        torch.set_num_threads(before[1])


def test_measurements_ship_with_the_package():
    assert measured("diou_simulation")["simulation_cases"] == 5000 * 7**3
    with pytest.raises(FileNotFoundError, match=r"'gone'; it has .*diou_simulation"):
        measured("gone")
