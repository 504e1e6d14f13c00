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
    if getattr(env, "numbered", None) == env.all_docs:  # pages, and when each was read
        return []
    env.numbered = {**env.all_docs}
    before = getattr(env, "chapter_numbers", {})
    for page in env.found_docs:
        chapter = env.metadata[page].get("chapter")
        references = list(env.tocs[page].findall(nodes.reference))
        numbered = {"": (int(chapter),)} if chapter else {}
        env.toc_secnumbers[page] = {
            reference["anchorname"]: numbered.get(reference["anchorname"], ())
            for reference in references
        }
        for node in (*references[:1], env.titles[page], env.longtitles[page]):
            node["secnumber"] = numbered.get("")
    TocTreeCollector().assign_figure_numbers(env)
    for page, kinds in env.toc_fignumbers.items():
        if not env.metadata[page].get("chapter"):
            for numbers in kinds.values():
                numbers.update({name: (i,) for i, name in enumerate(numbers, 1)})
    env.chapter_numbers = {
        page: (env.toc_secnumbers[page], env.toc_fignumbers.get(page))
        for page in env.found_docs
    }
    return [
        page
        for page, numbers in env.chapter_numbers.items()
        if numbers != before.get(page)
    ]


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
