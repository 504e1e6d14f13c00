"""Serve MathJax with the book, so that its pages ask nothing of the network.

The files come from the Python package django-static-mathjax at build time.
"""

import shutil
from importlib.resources import as_file, files

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


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("builder-inited", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
