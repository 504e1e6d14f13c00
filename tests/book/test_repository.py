"""The repository's own promises: what imports what, and files that must agree."""

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import jupytext
import pytest
import yaml

import lossguide

ROOT = Path(__file__).resolve().parents[2]
LABS = sorted(ROOT.glob("notebooks/*/*.md"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WORKFLOWS = ROOT / ".github" / "workflows"
FORMS = ROOT / ".github" / "ISSUE_TEMPLATE"
HEAVY = {"matplotlib", "numpy", "tensorflow", "torch"}
labs = pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.stem)


@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        ("lossguide", set()),
        ("lossguide.catalog", set()),
        ("lossguide.lab", {"matplotlib", "numpy"}),
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
    assert f"python{PROJECT['requires-python']},<{after_the_last()}" in conda


def pythons():
    start = "Programming Language :: Python :: "
    return [
        line.removeprefix(start)
        for line in PROJECT["classifiers"]
        if line.startswith(start)
    ]


def after_the_last():
    major, minor = pythons()[-1].split(".")
    return f"{major}.{int(minor) + 1}"


def test_one_range_of_pythons_is_said_and_tested():
    first, *_, last = pythons()
    workflow = yaml.safe_load((WORKFLOWS / "test.yml").read_text())
    assert workflow["jobs"]["test"]["strategy"]["matrix"]["python"] == pythons()
    assert PROJECT["requires-python"] == f">={first}"

    # soupsieve, one of the tested versions, needs 3.11.5.
    check = f"(3, 11, 5) <= sys.version_info < ({after_the_last().replace('.', ', ')})"
    assert check in (ROOT / "Makefile").read_text()
    for name in ("Makefile", "README.md", ".ci/run"):
        assert f"Python 3.11.5 to {last}" in (ROOT / name).read_text()


def test_a_citation_names_the_packages_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == lossguide.__version__


@pytest.mark.parametrize("file", sorted(WORKFLOWS.glob("*.yml")), ids=lambda f: f.stem)
def test_a_workflow_only_runs_what_a_contributor_can_run(file):
    jobs = yaml.safe_load(file.read_text())["jobs"].values()
    commands = [step["run"] for job in jobs for step in job["steps"] if "run" in step]
    assert commands
    assert all(command.startswith((".ci/run", "make ")) for command in commands)


@pytest.mark.parametrize("file", sorted(FORMS.glob("*.yml")), ids=lambda f: f.stem)
def test_an_issue_form_asks_for_something(file):
    form = yaml.safe_load(file.read_text())
    assert form["name"]
    assert form["description"]
    asked = [part["id"] for part in form["body"]]
    assert len(set(asked)) == len(asked) > 1


def test_the_guide_for_contributors_is_short():
    assert len((ROOT / "CONTRIBUTING.md").read_text().split()) < 900


def test_the_guides_example_of_a_loss_works():
    torch = pytest.importorskip("torch")
    from lossguide._arguments import fraction
    from lossguide.catalog import regression as cards
    from lossguide.torch import regression as functions

    text = (ROOT / "CONTRIBUTING.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    card, function, row = map(textwrap.dedent, blocks)
    (card,) = eval(f"({card})", dict(vars(cards)))
    exec(function, namespace := {**vars(functions), "fraction": fraction})
    (row,) = eval(f"({row})")

    name, options, error, expected = row
    assert name == card.name
    assert options in card.options
    loss = namespace[name]
    defaults = {option: default.value for option, default in card.defaults.items()}
    assert loss.__kwdefaults__ == {**defaults, "reduction": "mean"}
    value = loss(torch.tensor([error]), torch.zeros(1), **options)
    assert value.item() == pytest.approx(expected)


def test_hooks_need_nothing_from_elsewhere():
    text = (ROOT / ".pre-commit-config.yaml").read_text()
    for source in yaml.safe_load(text)["repos"]:
        assert source["repo"] == "local"
        assert all(hook["language"] == "system" for hook in source["hooks"])


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
    shown = (cell.metadata.get(key) for key in ("tags", "mystnb"))
    return cell.cell_type, cell.source, *shown


@labs
def test_lab_has_stored_outputs(lab):
    cells = json.loads(lab.with_suffix(".ipynb").read_text())["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))


@labs
def test_first_code_cell_is_the_same_in_every_lab(lab):
    """But for TensorFlow, which is installed only where the lab uses it."""
    cells = [c for c in jupytext.read(lab).cells if c.cell_type == "code"]
    install, *rest = (cell.source for cell in cells)
    uses = any(
        re.search(r"^\s*import .*tensorflow", code, re.MULTILINE) for code in rest
    )
    assert install.count(",tensorflow]") == 2 * uses
    without = first_code_cell(LABS[0]).replace(",tensorflow]", "]")
    assert install.replace(",tensorflow]", "]") == without


def first_code_cell(lab):
    return next(
        cell.source for cell in jupytext.read(lab).cells if cell.cell_type == "code"
    )


def addresses(root):
    """The repository's address at every place that has one, empty where it is unset."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    (picture,) = re.findall(
        r"\(([^()]*)book/.*?\.png\)", (root / "README.md").read_text()
    )
    return {
        yaml.safe_load((root / "_config.yml").read_text())["repository"]["url"],
        project.get("urls", {}).get("Repository", ""),
        picture.removesuffix("/raw/HEAD/"),
        *(
            re.search(r'^REPOSITORY = "(.*)"$', first_code_cell(lab), re.MULTILINE)[1]
            for lab in [
                *root.glob("notebooks/*/*.md"),
                *root.glob("notebooks/*/*.ipynb"),
            ]
        ),
    }


def test_every_place_names_the_same_repository():
    assert len(addresses(ROOT)) == 1


@pytest.mark.skipif("GITHUB_REPOSITORY" not in os.environ, reason="only on GitHub")
def test_the_committed_address_is_that_of_the_repository():
    """Colab opens what is committed, so no other repository may stand there."""
    (committed,) = addresses(ROOT)
    if not committed:
        pytest.skip("no address yet: `make repository URL=...` writes it; commit it")
    here = "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}".format(**os.environ)
    assert committed.lower() == here.lower(), f"make repository URL={here}"


@pytest.fixture
def copy(tmp_path):
    for part in ("tools", "notebooks"):
        shutil.copytree(ROOT / part, tmp_path / part)
    for file in ("_config.yml", "pyproject.toml", "README.md"):
        shutil.copy(ROOT / file, tmp_path)
    return tmp_path


def stamp(copy, address):
    command = [sys.executable, "tools/repository.py", address]
    return subprocess.run(
        command, cwd=copy, capture_output=True, text=True, check=False
    )


def test_repository_address_is_stamped(copy):
    address = "https://github.com/reader/loss-guide"
    assert stamp(copy, "https://github.com/first/address").returncode == 0
    assert addresses(copy) == {"https://github.com/first/address"}
    assert stamp(copy, f"{address}.git").returncode == 0
    assert addresses(copy) == {address}
    assert "first/address" not in (copy / "pyproject.toml").read_text()


@pytest.mark.parametrize(
    "address", ["", "reader/loss-guide", "https://example.org/a/b"]
)
def test_stamping_refuses_what_is_no_repository(copy, address):
    before = addresses(copy)
    assert stamp(copy, address).returncode != 0
    assert addresses(copy) == before
