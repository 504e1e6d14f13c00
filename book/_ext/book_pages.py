"""The book's own pages, for the extensions that gather what stands in several of them."""

from collections.abc import Iterator
from pathlib import Path

from sphinx.environment import BuildEnvironment
from sphinx_external_toc.parsing import parse_toc_yaml


def book_pages(env: BuildEnvironment) -> Iterator[tuple[str, str]]:
    """Name and text of each page under `book/`, in the order of the table of contents.

    The page that asks is read again when one of them changes.
    """
    source = Path(env.srcdir)
    for name in parse_toc_yaml(source / "_toc.yml"):
        file = source / f"{name}.md"
        if name.startswith("book/") and file.exists():
            env.note_dependency(str(file))
            yield name, file.read_text("utf-8")
