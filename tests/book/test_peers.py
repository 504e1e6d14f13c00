"""The losses of other libraries: those at hand agree to 1e-5, and what is stored about all is whole."""

import importlib
import importlib.util
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from lossguide.catalog import find
from lossguide.conformance.frameworks import FRAMEWORKS, Subject, leaves
from lossguide.conformance.samples import plain_options, typical
from lossguide.conformance.trial import parameters

RESULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "results" / "peers.json"
if not RESULTS.exists():
    pytest.skip("the repository's benchmarks are not here", allow_module_level=True)

PEERS = importlib.import_module("benchmarks.peers").PEERS
STORED = json.loads(RESULTS.read_text())
VERDICTS = {"same", "differs by definition", "fault"}


def key(peer):
    return peer.library, peer.function, peer.like, peer.how


FOUND = {
    (one["library"], one["function"], one["like"], one["how"]): one
    for one in STORED["peers"]
}
AT_HAND = [
    peer
    for peer in PEERS
    if importlib.util.find_spec(peer.library)
    and FOUND.get(key(peer), {}).get("verdict") != "fault"
    and (peer.bridge or not peer.theirs)
]


@pytest.mark.parametrize(
    "peer", AT_HAND, ids=lambda peer: " ".join(filter(None, key(peer)))
)
def test_a_peer_of_the_same_definition_agrees(peer):
    """Value and gradient, on ordinary inputs, where what differs by definition is taken back."""
    card, framework = find(peer.like), FRAMEWORKS[peer.framework]
    path, _, name = f"{peer.library}.{peer.function}".rpartition(".")
    function = peer.reconciled(getattr(importlib.import_module(path), name))
    sample, options = typical(card, peer.options), plain_options(peer.options)
    ours = Subject(getattr(framework.column, card.name), card, framework)
    theirs = Subject(function, card, framework)
    shared = {k: v for k, v in options.items() if k in parameters(function)}
    if card.is_loss and "reduction" in parameters(function):
        shared["reduction"] = "mean"
    close(theirs(sample, **shared), ours(sample, **options))
    close(theirs.gradients(sample, **shared), ours.gradients(sample, **options))


def close(came, expected):
    for one, other in zip(leaves(came), leaves(expected), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_every_entry_of_the_list_is_stored_once():
    missing = STORED["missing"]
    listed = Counter(key(peer) for peer in PEERS if peer.library not in missing)
    assert listed == Counter(FOUND.keys())
    assert len(FOUND) == len(STORED["peers"])


@pytest.mark.parametrize("one", FOUND.values(), ids=lambda one: one["function"])
def test_a_stored_verdict_follows_from_what_was_found(one):
    assert one["version"] == STORED["versions"][one["library"]]
    assert find(one["like"]).family == one["like"].split(".")[0]
    assert one["verdict"] in VERDICTS
    assert (one["verdict"] == "fault") == bool(one["failures"])
    assert one["passed"] == (one["verdict"] == "same")
    for fault in one["failures"]:
        assert fault["problem"]
        assert fault["inputs"]
    if one["verdict"] == "differs by definition":
        assert one["differs"]["theirs"] != one["differs"]["ours"]
        assert one["differs"]["seen"]["problem"]


def test_what_differs_without_being_taken_back_says_where():
    for peer in PEERS:
        if peer.theirs and not peer.bridge:
            assert peer.shows, key(peer)
