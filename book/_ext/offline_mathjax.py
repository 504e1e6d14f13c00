"""Serve MathJax with the book, so that its pages ask nothing of the network.

The files come from the Python package django-static-mathjax at build time.
"""

import shutil
from importlib.resources import as_file, files

from sphinx.application import Sphinx

FILES = "static/mathjax/es5"
SCRIPT = "tex-chtml-full.js"
FONTS = "output/chtml/fonts/woff-v2"


def copy_mathjax(app: Sphinx) -> None:
    """Copy MathJax's script and fonts beside the book's other static files."""
    if app.builder.format != "html":
        return
    target = app.outdir / "_static" / "mathjax"
    target.mkdir(parents=True, exist_ok=True)
    with as_file(files("mathjax").joinpath(FILES)) as source:
        shutil.copy(source / SCRIPT, target)
        shutil.copytree(source / FONTS, target / FONTS, dirs_exist_ok=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("builder-inited", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
