"""Say below a chapter's title how long it takes to read.

Prose is what a reader reads in a row: no code, formulas, tables or what is folded. A page with `chapter` in its front
matter keeps the number of its words in `data-words`, where a test finds it.
"""

from docutils import nodes
from sphinx.application import Sphinx

WORDS_A_MINUTE = 210
NOT_PROSE = (
    nodes.Invisible,
    nodes.FixedTextElement,
    nodes.math_block,
    nodes.raw,
    nodes.table,
)
FOLDED = {"dropdown", "sd-dropdown"}


def words(node: nodes.Node) -> int:
    """How many words of prose there are in a part of a page."""
    if isinstance(node, nodes.Text):
        return sum(any(map(str.isalnum, word)) for word in node.split())
    if isinstance(node, nodes.math):
        return 1
    if isinstance(node, NOT_PROSE) or FOLDED & set(node["classes"]):
        return 0
    return sum(map(words, node.children))


def add(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Add the time below the title."""
    if "chapter" in app.env.metadata[page]:
        count = words(doctree)
        text = f"{max(1, round(count / WORDS_A_MINUTE))} minutes to read"
        title = next(doctree.findall(nodes.title))
        line = f'<p class="reading-time" data-words="{count}">{text}</p>'
        title.parent.insert(1, nodes.raw("", line, format="html"))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("doctree-resolved", add)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
