"""Execute chapters again when what they run on has changed.

MyST-NB keeps executed chapters in a cache whose key is the chapter's own code. Chapters also depend
on the package and on the stored results of labs and benchmarks, so the cache's folder is named by a
digest of these.
"""

import hashlib
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config


def digest(root: Path) -> str:
    """Name the present state of what chapters run on and read."""
    files = [
        *root.glob("lossguide/**/*.py"),
        *root.glob("notebooks/**/*.ipynb"),
        *root.glob("benchmarks/results/*.json"),
    ]
    state = hashlib.sha256()
    for file in sorted(files):
        state.update(file.relative_to(root).as_posix().encode())
        state.update(file.read_bytes())
    return state.hexdigest()[:12]


def set_cache_path(app: Sphinx, config: Config) -> None:
    """Point MyST-NB at the cache of this state; Sphinx reads all pages again when it changes."""
    cache = Path(app.outdir).parent / ".jupyter_cache" / digest(Path(app.srcdir))
    config.nb_execution_cache_path = str(cache)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("config-inited", set_cache_path)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
