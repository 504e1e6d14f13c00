"""Put a button above a lab that downloads its notebook."""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx


def add_button(
    app: Sphinx,
    page: str,
    template: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Add the button to the page of a notebook."""
    source = context.get("sourcename") or ""
    if source.endswith(".ipynb"):
        context["header_buttons"].append(
            {
                "type": "link",
                "url": context["pathto"](f"_sources/{source}", 1),
                "text": "Download",
                "tooltip": "Download the notebook of this lab",
                "icon": "fa-solid fa-download",
                "label": "download-notebook",
            }
        )


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    # The theme makes its list of header buttons at the default priority of 500.
    app.connect("html-page-context", add_button, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
