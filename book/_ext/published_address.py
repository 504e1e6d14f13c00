"""Everything on a page that needs the book's published address.

The book reads it from `repository.url` in _config.yml; `make repository` writes it there and into
whatever else must name it. From it follow the address of the
pages (for the sitemap and the social cards), the link to the repository, and the launch buttons: a
lab opens itself in Colab, a chapter opens the lab that its front matter names as `lab`. Unset,
pages have none of these.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

logger = logging.getLogger(__name__)


def pages_address(repository: str) -> str:
    """Return where GitHub Pages serves a repository's book."""
    owner, name = urlsplit(repository).path.strip("/").split("/")
    return f"https://{owner.lower()}.github.io/{name}/"


def set_addresses(app: Sphinx, config: Config) -> None:
    """Derive the addresses that other extensions ask for."""
    repository = config.html_theme_options.get("repository_url")
    if not repository:
        return
    config.html_theme_options["use_repository_button"] = True
    config.html_baseurl = config.html_baseurl or pages_address(repository)
    config.ogp_site_url = config.html_baseurl


def lab_of(app: Sphinx, page: str) -> str | None:
    """Return the path of the notebook that a page's launch button opens."""
    source = Path(app.env.doc2path(page))
    if source.suffix == ".ipynb":
        return source.relative_to(app.srcdir).as_posix()
    lab = app.env.metadata[page].get("lab")
    if lab and not (Path(app.srcdir) / lab).is_file():
        logger.warning(
            "the lab %r named in the front matter does not exist", lab, location=page
        )
        return None
    return lab


def add_launch_button(
    app: Sphinx,
    page: str,
    template: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Put a Colab button at the top of a lab and of a chapter that has a lab."""
    options = app.config.html_theme_options
    lab = lab_of(app, page) if doctree else None
    if not (lab and options.get("repository_url")):
        return
    repository = urlsplit(options["repository_url"]).path.strip("/")
    branch = options.get("repository_branch", "main")
    context["header_buttons"].insert(
        0,
        {
            "type": "link",
            "url": f"https://colab.research.google.com/github/{repository}/blob/{branch}/{lab}",
            "text": "Open the lab in Colab",
            "tooltip": "Run this lab in your browser",
            "icon": "_static/images/logo_colab.png",
            "label": "launch-colab",
        },
    )


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("config-inited", set_addresses)
    # The theme makes its list of header buttons at the default priority of 500.
    app.connect("html-page-context", add_launch_button, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
