"""The repository's own promises: what imports what, and files that must agree."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import jupytext
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
LABS = sorted(ROOT.glob("notebooks/*/*.md"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
HEAVY = {"matplotlib", "numpy", "tensorflow", "torch"}
labs = pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.stem)


@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        ("lossguide", set()),
        ("lossguide.catalog", set()),
        ("lossguide.numpy", {"numpy"}),
        ("lossguide.torch", {"numpy", "torch"}),
        # Keras imports matplotlib by itself where there is one.
        ("lossguide.tensorflow", {"matplotlib", "numpy", "tensorflow"}),
    ],
)
def test_imports(module, allowed):
    code = f"import sys, {module}; print(*{HEAVY} & sys.modules.keys())"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert set(run.stdout.split()) <= allowed


def test_environment_agrees_with_pyproject():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    *conda, pip = environment["dependencies"]
    (package,) = pip["pip"]
    extras = set(re.fullmatch(r"-e \.\[(.*)\]", package)[1].split(","))

    assert environment["name"] == PROJECT["name"]
    assert extras <= PROJECT["optional-dependencies"].keys()
    assert any(
        part.startswith(f"python{PROJECT['requires-python']},") for part in conda
    )


def test_constraints_pin_every_direct_dependency():
    pins = re.findall(
        r"^([\w.-]+)==", (ROOT / "constraints.txt").read_text(), re.MULTILINE
    )
    groups = [
        PROJECT["optional-dependencies"][extra]
        for extra in ("book", "dev", "labs", "test")
    ]
    needed = {
        re.match(r"[\w.-]+", requirement)[0]
        for group in [PROJECT["dependencies"], *groups]
        for requirement in group
        if "!=" not in requirement  # what other platforms take instead
    } - {PROJECT["name"]}
    assert needed <= {normal(pin) for pin in pins}


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def tracked():
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout")
def test_no_file_names_a_place_on_someones_machine():
    places = re.compile(rb"(?<![\w.])/(home|Users|root|work|tmp)/\w")
    assert [file for file in tracked() if places.search(file.read_bytes())] == []


@labs
def test_pair_is_in_sync(lab):
    text = jupytext.read(lab)
    notebook = jupytext.read(lab.with_suffix(".ipynb"))
    assert list(map(essence, text.cells)) == list(map(essence, notebook.cells))


def essence(cell):
    return cell.cell_type, cell.source, cell.metadata.get("tags", [])


@labs
def test_lab_has_stored_outputs(lab):
    cells = json.loads(lab.with_suffix(".ipynb").read_text())["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))


@labs
def test_first_code_cell_is_the_same_in_every_lab(lab):
    assert first_code_cell(lab) == first_code_cell(LABS[0])


def first_code_cell(lab):
    return next(
        cell.source for cell in jupytext.read(lab).cells if cell.cell_type == "code"
    )


@pytest.fixture
def copy(tmp_path):
    for part in ("tools", "notebooks"):
        shutil.copytree(ROOT / part, tmp_path / part)
    shutil.copy(ROOT / "_config.yml", tmp_path)
    return tmp_path


def stamp(copy, address):
    command = [sys.executable, "tools/repository.py", address]
    return subprocess.run(
        command, cwd=copy, capture_output=True, text=True, check=False
    )


def test_repository_address_is_stamped(copy):
    address = "https://github.com/reader/loss-guide"
    assert stamp(copy, "https://github.com/first/address").returncode == 0
    assert stamp(copy, f"{address}.git").returncode == 0

    assert (
        yaml.safe_load((copy / "_config.yml").read_text())["repository"]["url"]
        == address
    )
    for lab in [*copy.glob("notebooks/*/*.md"), *copy.glob("notebooks/*/*.ipynb")]:
        assert f'REPOSITORY = "{address}"' in first_code_cell(lab)


@pytest.mark.parametrize(
    "address", ["", "reader/loss-guide", "https://example.org/a/b"]
)
def test_stamping_refuses_what_is_no_repository(copy, address):
    before = (copy / "_config.yml").read_text()
    assert stamp(copy, address).returncode != 0
    assert (copy / "_config.yml").read_text() == before
