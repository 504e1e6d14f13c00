"""Execute a chapter again when what it runs on has changed, and only then.

MyST-NB keeps executed chapters in a cache whose key is the chapter's own code. What the code runs on is not in
the key, so each chapter has a cache of its own, in a folder that is named by a digest of that.
"""

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from chapter_inputs import Inputs, code_of


def digest(env: BuildEnvironment, page: str, source: str) -> str:
    """Name the present state of what a page's code runs on; nothing where it has no code."""
    code = code_of(source)
    if not code:
        return ""
    folder = Path(env.doc2path(page)).parent
    return Inputs(Path(env.srcdir), code, folder).digest()


def outdated(
    app: Sphinx,
    env: BuildEnvironment,
    added: set[str],
    changed: set[str],
    removed: set[str],
) -> list[str]:
    """The pages that Sphinx would not read, though what their code runs on has changed."""
    known: dict[str, str] = getattr(env, "execution_digests", {})
    return [
        page
        for page, before in known.items()
        if page in env.found_docs
        and digest(env, page, Path(env.doc2path(page)).read_text()) != before
    ]


def choose_cache(app: Sphinx, page: str, source: list[str]) -> None:
    """Point MyST-NB at the cache of a page that is about to be read."""
    name = digest(app.env, page, source[0])
    if name:
        if not hasattr(app.env, "execution_digests"):
            app.env.execution_digests = {}
        app.env.execution_digests[page] = name
        cache = Path(app.srcdir) / "_build" / ".jupyter_cache" / page / name
        app.env.mystnb_config = app.env.mystnb_config.copy(
            execution_cache_path=str(cache)
        )


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("env-get-outdated", outdated)
    app.connect("source-read", choose_cache)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
