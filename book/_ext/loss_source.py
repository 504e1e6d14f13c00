"""Show the package's source in a chapter, one tab per framework.

    ```{loss-source} boxes.iou boxes.giou_loss
    ```

shows the present source of these functions in PyTorch, TensorFlow and NumPy. Docstrings are left out:
the chapter says in prose what they say. The source is read, not imported.
"""

import ast
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

COLUMNS = {"torch": "PyTorch", "tensorflow": "TensorFlow", "numpy": "NumPy"}

TAB_SET = """\
~~~~~~{{tab-set}}
:sync-group: framework

{tabs}
~~~~~~
"""

TAB = """\
~~~~~{{tab-item}} {title}
:sync: {column}

~~~~{{code-block}} python
{code}
~~~~
~~~~~
"""


def definition(source: str, name: str) -> str | None:
    """Return the source of a top-level function or class without its docstring."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            break
    else:
        return None
    lines = source.splitlines()
    shown = []
    for decorator in node.decorator_list:
        shown += lines[decorator.lineno - 1 : decorator.end_lineno]
    if ast.get_docstring(node) is None:
        shown += lines[node.lineno - 1 : node.end_lineno]
    else:
        docstring = node.body[0]
        shown += lines[node.lineno - 1 : docstring.lineno - 1]
        shown += (
            "\n".join(lines[docstring.end_lineno : node.end_lineno])
            .lstrip("\n")
            .splitlines()
        )
    return "\n".join(shown)


class LossSource(SphinxDirective):
    """The `loss-source` directive; its arguments are `module.name` pairs."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Return a tab set, one tab per column."""
        objects = self.arguments[0].split()
        tabs = [
            TAB.format(title=title, column=column, code=self.code(column, objects))
            for column, title in COLUMNS.items()
        ]
        return self.parse_text_to_nodes(TAB_SET.format(tabs="\n".join(tabs)))

    def code(self, column: str, objects: list[str]) -> str:
        """Return the source of all `objects` in one column."""
        found = [self.find(column, *dotted.rsplit(".", 1)) for dotted in objects]
        return "\n\n\n".join(code for code in found if code)

    def find(self, column: str, module: str, name: str = "") -> str | None:
        """Return one object's source, or warn that there is none."""
        file = Path(self.env.srcdir) / "lossguide" / column / f"{module}.py"
        self.env.note_dependency(str(file))
        code = definition(file.read_text(), name) if file.is_file() else None
        if code is None:
            self.state.document.reporter.warning(
                f"loss-source: lossguide/{column}/{module}.py does not define {name!r}",
                line=self.lineno,
            )
        return code


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("loss-source", LossSource)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
