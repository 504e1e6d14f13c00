"""A loss of pairs on two processes is that of one, if gradients return."""

import json
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def found():
    run = "torch.distributed.run --standalone --nproc-per-node 2 -m lossguide.lab.processes"
    command = [sys.executable, "-m", *run.split()]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def test_gathered_with_gradients_it_is_the_gradient_of_one_process(found):
    same = {
        "length": pytest.approx(1, rel=1e-12),
        "cosine": pytest.approx(1, rel=1e-12),
    }
    assert found["gathered, with gradients"] == same


def test_without_them_it_has_half_the_length(found):
    half = {
        "length": pytest.approx(0.5, rel=1e-12),
        "cosine": pytest.approx(1, rel=1e-12),
    }
    assert found["gathered, without gradients"] == half


def test_alone_the_processes_learn_something_else(found):
    assert found["each process alone"]["cosine"] < 0.9
