"""Number chapters as their front matter says, and what stands in them within them.

A page with `chapter: 6` is chapter 6, in its title, in the sidebar and in the links to it; its figures, tables,
exercises and equations are 6.1, 6.2 and so on. Elsewhere they are counted page by page.
"""

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.environment.collectors.toctree import TocTreeCollector


def number(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Write the numbers where Sphinx looks for them; return the pages that are to be written again."""
    before = getattr(env, "chapter_numbers", {})
    known = getattr(env, "numbered", {})  # pages, and when each was read
    env.chapter_numbers = {
        page: before[page]
        if known.get(page) == read
        else (section_numbers(env, page), figure_numbers(env, page))
        for page, read in env.all_docs.items()
    }
    env.numbered = {**env.all_docs}
    for page, numbers in env.chapter_numbers.items():
        env.toc_secnumbers[page], env.toc_fignumbers[page] = numbers
    return [
        page
        for page, numbers in env.chapter_numbers.items()
        if numbers != before.get(page)
    ]


def chapter_of(env: BuildEnvironment, page: str) -> tuple[int, ...]:
    chapter = env.metadata[page].get("chapter")
    return (int(chapter),) if chapter else ()


def section_numbers(env: BuildEnvironment, page: str) -> dict[str, tuple[int, ...]]:
    """That of the title, in a chapter; none of the sections."""
    chapter = chapter_of(env, page)
    references = list(env.tocs[page].findall(nodes.reference))
    for node in (*references[:1], env.titles[page], env.longtitles[page]):
        node["secnumber"] = chapter or None
    places = [reference["anchorname"] for reference in references]
    return {place: () if place else chapter for place in places}


def figure_numbers(
    env: BuildEnvironment, page: str
) -> dict[str, dict[str, tuple[int, ...]]]:
    """Figures, tables and the like, each kind counted in the order of the page."""
    standard = env.get_domain("std")
    found: dict[str, dict[str, tuple[int, ...]]] = {}
    for node in env.get_doctree(page).findall(nodes.Element):
        kind = standard.get_enumerable_node_type(node)
        if kind and node["ids"] and standard.get_numfig_title(node):
            numbers = found.setdefault(kind, {})
            numbers[node["ids"][0]] = (*chapter_of(env, page), len(numbers) + 1)
    return found


def number_in_print(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """The same in LaTeX, which counts for itself; what is no chapter has no number there."""
    if app.builder.name != "latex":
        return
    for file in doctree.findall(addnodes.start_of_file):
        if file["docname"].startswith("book/"):
            chapter = app.env.metadata[file["docname"]].get("chapter")
            counters = {"secnumdepth": -2}
            if chapter:
                counters = {"secnumdepth": 1, "chapter": int(chapter) - 1}
            code = "".join(rf"\setcounter{{{k}}}{{{v}}}" for k, v in counters.items())
            file.insert(0, nodes.raw("", code, format="latex"))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension, which counts in Sphinx's place."""
    for listener in app.events.listeners["env-get-updated"]:
        if isinstance(getattr(listener.handler, "__self__", None), TocTreeCollector):
            app.disconnect(listener.id)
    app.connect("env-get-updated", number)
    app.connect("doctree-resolved", number_in_print)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
