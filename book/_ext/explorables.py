"""Load the script of an explorable on the pages that hold its element, and on no other.

The file `_static/explorables/NAME.js` defines the element `<NAME>`; `common.js` is what all of them share.
"""

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

FOLDER = Path(__file__).parents[1] / "_static" / "explorables"
NAMES = sorted(file.stem for file in FOLDER.glob("*.js") if file.stem != "common")


def load_scripts(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Add the scripts that a page needs."""
    used = [name for name in NAMES if f"<{name}" in context.get("body", "")]
    for name in ["common", *used] if used else []:
        app.add_js_file(f"explorables/{name}.js", loading_method="defer")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("html-page-context", load_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
