"""Number chapters as their front matter says, and what stands in them within them.

A page with `chapter: 6` is chapter 6, in its title, in the sidebar and in the links to it; its figures, tables,
exercises and equations are 6.1, 6.2 and so on. Elsewhere they are counted page by page.
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.environment.collectors.toctree import TocTreeCollector


def number(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Write the numbers where Sphinx looks for them; return the pages that are to be written again."""
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


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    # Sphinx counts all figures of the book at the default priority of 500.
    app.connect("env-get-updated", number, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
