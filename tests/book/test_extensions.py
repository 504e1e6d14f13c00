"""The book's own Sphinx extensions, in small books made for the test."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXTENSIONS = Path(__file__).resolve().parents[2] / "book" / "_ext"

CONF = f"""
import sys
sys.path.append({str(EXTENSIONS)!r})
extensions = ["myst_nb", "sphinx_design", "sphinx_book_theme"]
extensions += ["chapter_numbers", "execution_cache", "explorables", "extra_pages"]
extensions += ["mended_html", "notebook_download", "reading_time"]
extensions += ["loss_source", "published_address"]
numfig = True
html_theme = "sphinx_book_theme"
templates_path = [{str(EXTENSIONS.with_name("_templates"))!r}]
exclude_patterns = ["_build"]
"""

TOY = '''
def toy_loss(pred, target):
    """Say what it is."""

    # The distance.
    return pred - target


@decorated
class Box:
    size: float
'''


@pytest.fixture
def book(tmp_path):
    for column in ("numpy", "torch", "tensorflow"):
        module = tmp_path / "lossguide" / column / "toy.py"
        module.parent.mkdir(parents=True)
        module.write_text(TOY.replace("The distance", f"The {column} distance"))
    lab = tmp_path / "notebooks" / "01_toy.ipynb"
    lab.parent.mkdir()
    lab.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    (tmp_path / "conf.py").write_text(CONF)
    return tmp_path


def build(book, text, *options):
    """Build a book of one page; return the page and the warnings."""
    (book / "index.md").write_text(text)
    command = [sys.executable, "-m", "sphinx", "-q", *options, ".", "_build/html"]
    run = subprocess.run(command, cwd=book, capture_output=True, text=True, check=True)
    page = book / "_build" / "html" / "index.html"
    return page.read_text() if page.exists() else "", run.stderr


FIGURE = """
```{{figure}} {name}.svg
:name: {name}
Of {name}.
```
"""


def figures(page):
    """The numbers of a page's figures, in order."""
    return re.findall(r'caption-number">Fig. (.*?) <', page)


def test_chapters_and_their_figures_are_numbered_as_the_front_matter_says(book):
    (book / "sixth.md").write_text(
        "---\nchapter: 6\n---\n# Sixth\n"
        + FIGURE.format(name="one")
        + "\n## Section\n"
        + FIGURE.format(name="two")
    )
    (book / "lab.md").write_text("# Lab\n" + FIGURE.format(name="own"))
    first = "# Start\n\n{numref}`two`\n\n```{toctree}\nlab\nsixth\n```\n"
    start, _ = build(book, first + FIGURE.format(name="start"))
    read = (book / "_build" / "html").joinpath
    sixth, lab = read("sixth.html").read_text(), read("lab.html").read_text()
    assert '<h1><span class="section-number">6. </span>Sixth' in sixth
    assert "<h2>Section" in sixth
    assert figures(sixth) == ["6.1", "6.2"]
    assert (figures(start), figures(lab)) == (["1"], ["1"])
    assert "Fig. 6.2" in start
    assert ">6. Sixth</a>" in start
    assert "<h1>Lab" in lab

    (book / "sixth.md").write_text((book / "sixth.md").read_text().replace("6", "8"))
    start, _ = build(book, first + FIGURE.format(name="start"))
    assert "Fig. 8.2" in start


def test_chapters_are_numbered_in_print_too(book):
    for name, header in (("plain", ""), ("sixth", "---\nchapter: 6\n---\n")):
        file = book / "book" / f"{name}.md"
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"{header}# The {name} page\n")
    build(book, "# Start\n```{toctree}\nbook/plain\nbook/sixth\n```\n", "-b", "latex")
    (file,) = (book / "_build" / "html").glob("*.tex")
    text = file.read_text()
    plain = text.index(r"\setcounter{secnumdepth}{-2}")
    sixth = text.index(r"\setcounter{secnumdepth}{1}\setcounter{chapter}{5}")
    assert plain < text.index("The plain page") < sixth < text.index("The sixth page")


def test_loss_source_shows_code_without_documentation(book):
    page, _ = build(book, "# Toy\n\n```{loss-source} toy.toy_loss toy.Box\n```\n")
    for column, title in {
        "torch": "PyTorch",
        "tensorflow": "TensorFlow",
        "numpy": "NumPy",
    }.items():
        assert f"{title}</label>" in page
        assert f"# The {column} distance." in page
    assert page.count("toy_loss") == 3
    assert page.count("decorated") == 3
    assert "Say what it is" not in page


@pytest.mark.parametrize("name", ["toy.gone", "gone.toy_loss", "gone"])
def test_loss_source_warns_of_an_unknown_name(book, name):
    _, warnings = build(book, f"# Toy\n\n```{{loss-source}} {name}\n```\n")
    assert "does not define" in warnings


EXPLORABLE = "# Toy\n\n```{{{kind}}} html\n<box-playground></box-playground>\n```\n"


@pytest.mark.parametrize("kind", ["raw", "code-block"])
def test_only_pages_with_an_explorable_load_its_scripts(kind, book):
    page, _ = build(book, EXPLORABLE.format(kind=kind))
    assert ("explorables/common.js" in page) == (kind == "raw")
    assert ("explorables/box-playground.js" in page) == (kind == "raw")
    assert "explorables/robust-fit.js" not in page


CHAPTER = "---\nlab: {}\n---\n\n# Toy\n"
ADDRESS = "html_theme_options.repository_url=https://github.com/Reader/book"


def test_chapter_opens_its_lab_in_colab(book):
    page, _ = build(book, CHAPTER.format("notebooks/01_toy.ipynb"), "-D", ADDRESS)
    assert (
        "colab.research.google.com/github/Reader/book/blob/main/notebooks/01_toy.ipynb"
        in page
    )
    assert (
        '<link rel="canonical" href="https://reader.github.io/book/index.html"' in page
    )


def test_no_launch_button_without_an_address_or_a_lab(book):
    page, _ = build(book, CHAPTER.format("notebooks/01_toy.ipynb"))
    assert "colab" not in page
    page, _ = build(book, "# Toy\n", "-D", ADDRESS)
    assert "colab" not in page


def test_missing_lab_is_reported(book):
    _, warnings = build(book, CHAPTER.format("notebooks/gone.ipynb"))
    assert "notebooks/gone.ipynb" in warnings


# The beginning of a page whose cells are run.
WITH_CELLS = """\
---
kernelspec:
  name: python3
  display_name: Python 3
jupytext:
  text_representation:
    format_name: myst
---

# Toy

"""
HIDDEN = """\
```{code-cell}
:tags: [hide-input]
print(6 * 7)
```

![A picture](toy.svg)
"""


def test_hidden_code_stands_below_its_output_and_images_wait(book):
    page, _ = build(book, WITH_CELLS + HIDDEN)
    assert page.index("42") < page.index('<details class="hide"><summary>')
    assert page.index("</summary>") < page.index(">print</span>")
    assert '<img loading="lazy" alt="A picture"' in page


def test_a_cell_may_be_hidden_whole(book):
    page, _ = build(book, WITH_CELLS + HIDDEN.replace("hide-input", "hide-cell"))
    assert page.index('<details class="hide"><summary>') < page.index(">print</span>")
    assert page.index(">print</span>") < page.index("42")


def test_buttons_of_the_sidebar_have_names(book):
    (book / "part.md").write_text("# Part\n\n```{toctree}\nnotebooks/01_toy\n```\n")
    lab = '{"cells": [{"cell_type": "markdown", "metadata": {}, "source": "# Lab"}],'
    lab += ' "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    (book / "notebooks" / "01_toy.ipynb").write_text(lab)
    page, _ = build(book, "# Toy\n\n```{toctree}\npart\n```\n")
    assert '<summary aria-label="Part: pages">' in page
    assert "download-notebook" not in page
    lab = (book / "_build" / "html" / "notebooks" / "01_toy.html").read_text()
    (source,) = re.findall(r'href="\.\./(_sources/\S*)"[^>]*download-notebook', lab)
    assert (book / "_build" / "html" / source).is_file()


PROSE = """\
---
chapter: 1
---

# Three short words

One two {math}`x + y` `four`.

```python
not counted
```

| no | table |
| --- | --- |
| at | all |

```{dropdown} Not this
Nor this.
```
"""


def test_reading_time_counts_prose(book):
    page, _ = build(book, PROSE + "\nword" * 623)
    assert 'data-words="630">3 minutes to read</p>' in page
    assert page.index("Three short") < page.index("630") < page.index("One two")
    assert "reading-time" not in build(book, "# Toy\n\nNo chapter.\n")[0]


def test_a_page_that_is_not_found_leads_back(book):
    build(book, "# Toy\n", "-D", ADDRESS)
    page = (book / "_build" / "html" / "404.html").read_text()
    assert '<base href="https://reader.github.io/book/">' in page
    assert 'href="index.html"' in page


EXECUTED = """\
```{code-cell}
from pathlib import Path

def later():
    import lossguide.torch.toy

print((Path() / ("num" + "ber")).read_text())
```
"""


def test_chapter_is_executed_again_when_what_it_imports_changed(book):
    cached = ("-D", "nb_execution_mode=cache")
    (book / "number").write_text("first")
    assert "first" in build(book, WITH_CELLS + EXECUTED, *cached)[0]
    (book / "number").write_text("second")
    (book / "lossguide" / "numpy" / "toy.py").write_text("# changed")
    (book / "lossguide" / "torch" / "other.py").write_text("# new")
    assert "first" in build(book, WITH_CELLS + EXECUTED + "\nMore.\n", *cached)[0]
    (book / "lossguide" / "torch" / "toy.py").write_text("# changed")
    assert "second" in build(book, WITH_CELLS + EXECUTED + "\nMore.\n", *cached)[0]
