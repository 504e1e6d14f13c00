"""What a chapter builds on, what builds on it, and a map of the book's ideas.

The front matter of a chapter says it: `idea` in a word or two, and `builds_on`, pages under `book/` between commas.
Both stand below the chapter's title.

    ```{idea-map}
    ```

draws all chapters, each below those that it builds on, with a link.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from textwrap import wrap

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

# In units of the drawing, which is about as wide as a phone.
WIDTH, ROW, EDGE = 360, 66, 3
NODE_WIDTH, NODE_HEIGHT, LINE = 57, 36, 13
IN_A_ROW, LETTERS = 6, 10

Place = tuple[float, float]


@dataclass(frozen=True)
class Chapter:
    page: str
    number: int
    title: str
    idea: str
    builds_on: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.number}. {self.title}"


Chapters = dict[str, Chapter]


def chapters(env: BuildEnvironment) -> Chapters:
    """The chapters by their pages, in order."""
    found = []
    for page, said in env.metadata.items():
        if "chapter" in said:
            needs = (name.strip() for name in said.get("builds_on", "").split(","))
            pages = tuple(f"book/{name}" for name in needs if name)
            title = env.titles[page].astext()
            found.append(
                Chapter(page, int(said["chapter"]), title, said["idea"], pages)
            )
    return {one.page: one for one in sorted(found, key=lambda one: one.number)}


def rows(book: Chapters) -> list[list[Chapter]]:
    """Each chapter in the first row with room below all that it builds on; a row follows the one above."""
    row_of: dict[str, int] = {}
    found: list[list[Chapter]] = []
    for chapter in book.values():
        row = max((row_of[page] + 1 for page in chapter.builds_on), default=0)
        while row < len(found) and len(found[row]) == IN_A_ROW:
            row += 1
        if row == len(found):
            found.append([])
        row_of[chapter.page] = row
        found[row].append(chapter)
    return found


def places(book: Chapters) -> dict[str, Place]:
    """The middle of each chapter's box: a row is spread evenly, in the order of what stands above."""
    found: dict[str, Place] = {}

    def above(chapter: Chapter) -> float:
        across = [found[page][0] for page in chapter.builds_on]
        return sum(across) / max(len(across), 1)

    for i, row in enumerate(rows(book)):
        for k, chapter in enumerate(sorted(row, key=above)):
            across = (k + 0.5) * WIDTH / len(row)
            found[chapter.page] = across, i * ROW + NODE_HEIGHT / 2 + EDGE
    return found


def box(chapter: Chapter, place: Place, link: str) -> str:
    lines = wrap(f"{chapter.number} {chapter.idea}", LETTERS)
    x, y = place
    first = y + LINE * (0.8 - len(lines) / 2)
    text = "".join(
        f'<tspan x="{x:.1f}" y="{first + LINE * i:.1f}">{escape(line)}</tspan>'
        for i, line in enumerate(lines)
    )
    return (
        f'<a href="{link}" aria-label="{escape(chapter.name)}"><title>{escape(chapter.name)}</title>'
        f'<rect x="{x - NODE_WIDTH / 2:.1f}" y="{y - NODE_HEIGHT / 2:.1f}" '
        f'width="{NODE_WIDTH}" height="{NODE_HEIGHT}" rx="5"/><text>{text}</text></a>'
    )


def gap(x: float, boxes: int) -> float:
    """The middle of the gap between two boxes of a row that is nearest to x."""
    return round(x * boxes / WIDTH) * WIDTH / boxes


def arrow(start: Place, end: Place, between: list[int]) -> str:
    """A line down, through gaps of the rows between, of which the numbers of boxes are given."""
    x, y = start
    step = (end[0] - x) / (len(between) + 1)
    gaps = [
        (gap(x + step * i, boxes), y + ROW * i) for i, boxes in enumerate(between, 1)
    ]
    line = f"M{x:.1f} {y + NODE_HEIGHT / 2:.1f}"
    for to_x, to_y in [*gaps, end]:
        middle, top = y + ROW / 2, to_y - NODE_HEIGHT / 2
        line += f"C{x:.1f} {middle:.1f} {to_x:.1f} {middle:.1f} {to_x:.1f} {top:.1f}"
        if (to_x, to_y) != end:
            line += f"V{to_y + NODE_HEIGHT / 2:.1f}"
        x, y = to_x, to_y
    return f'<path d="{line}"/>'


def drawing(book: Chapters, link: Callable[[str], str]) -> str:
    at = places(book)
    height = max(y for _, y in at.values()) + NODE_HEIGHT / 2 + EDGE
    boxes_in = [len(row) for row in rows(book)]
    row_of = {one.page: i for i, row in enumerate(rows(book)) for one in row}
    arrows = [
        arrow(at[need], at[page], boxes_in[row_of[need] + 1 : row_of[page]])
        for page in book
        for need in book[page].builds_on
    ]
    boxes = [box(chapter, at[page], link(page)) for page, chapter in book.items()]
    return (
        f'<svg class="idea-map" viewBox="0 0 {WIDTH} {height:g}" role="group" '
        f'aria-label="Map of the chapters">{"".join(arrows + boxes)}</svg>'
    )


def path_line(label: str, to: Iterable[Chapter], link: Callable[[str], str]) -> str:
    links = ", ".join(
        f'<a href="{link(one.page)}">{escape(one.name)}</a>' for one in to
    )
    return f"{label} {links}. " if links else ""


class MapPlace(nodes.General, nodes.Element):
    """Where the map is to stand."""


class IdeaMap(SphinxDirective):
    """The map, drawn once all chapters are known."""

    def run(self) -> list[nodes.Node]:
        return [MapPlace()]


def draw(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Draw the map, and say below a chapter's title where it stands on it."""
    is_html = app.builder.format == "html"
    book = chapters(app.env)

    def link(other: str) -> str:
        return app.builder.get_relative_uri(page, other)

    for place in [*doctree.findall(MapPlace)]:
        drawn = [nodes.raw("", drawing(book, link), format="html")] if is_html else []
        place.replace_self(drawn)
    if is_html and page in book:
        before = [book[need] for need in book[page].builds_on if need in book]
        after = [one for one in book.values() if page in one.builds_on]
        line = path_line("Builds on", before, link) + path_line("Leads to", after, link)
        title = next(doctree.findall(nodes.title))
        paragraph = f'<p class="reading-path">{line}</p>'
        title.parent.insert(1, nodes.raw("", paragraph, format="html"))


def changed(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """The chapters and the page with the map are written again when a path has changed."""
    known = getattr(env, "idea_paths", None)
    env.idea_paths = chapters(env)
    if env.idea_paths == known:
        return []
    return [*env.idea_paths, env.config.root_doc]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and what draws it."""
    app.add_node(MapPlace)
    app.add_directive("idea-map", IdeaMap)
    app.connect("env-get-updated", changed)
    # Before the reading time, which goes in between.
    app.connect("doctree-resolved", draw, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
