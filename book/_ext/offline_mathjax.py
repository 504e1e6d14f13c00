"""Serve MathJax with the book, so that its pages ask nothing of the network, and only pages with formulas load it.

The files come from the Python package django-static-mathjax at build time.
"""

import shutil
from importlib.resources import as_file, files
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

FILES = "static/mathjax/es5"
# A page asks for the script, which asks for the parts that _config.yml names.
SCRIPT = "startup.js"
PARTS = (
    "core.js",
    "a11y/assistive-mml.js",
    "input/tex.js",
    "input/tex/extensions",
    "output/chtml.js",
    "output/chtml/fonts",
)


def copy_mathjax(app: Sphinx) -> None:
    """Copy MathJax's scripts and fonts beside the book's other static files."""
    if app.builder.format != "html":
        return
    target = app.outdir / "_static" / "mathjax"
    with as_file(files("mathjax").joinpath(FILES)) as source:
        for part in (SCRIPT, *PARTS):
            (target / part).parent.mkdir(parents=True, exist_ok=True)
            if (source / part).is_dir():
                shutil.copytree(source / part, target / part, dirs_exist_ok=True)
            else:
                shutil.copy(source / part, target / part)


def leave_out(
    app: Sphinx,
    page: str,
    template: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Take MathJax from a page without formulas, which has it for those of the pages that it lists."""
    if not app.env.domaindata["math"]["has_equations"].get(page):
        context["script_files"] = [
            script
            for script in context["script_files"]
            if "mathjax" not in f"{script.filename} {script.attributes}".lower()
        ]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("builder-inited", copy_mathjax)
    # Sphinx adds it at the default priority of 500.
    app.connect("html-page-context", leave_out, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
