"""What a chapter's code runs on: found in the source, without running it.

These are the modules of the package that it imports, and those that they import; the data that it or they
name, such as a lab's stored outputs; and the versions of the other packages. From a package that only gathers
names, such as `lossguide.torch`, follow only the modules whose names are used.
"""

import ast
import hashlib
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions, version
from pathlib import Path

PACKAGE = "lossguide"
CELL = re.compile(r"^```\{code-cell\}.*?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OPTIONS = re.compile(r"\A(---\n.*?\n---\n|(:[^\n]*\n)*)", re.DOTALL)


def code_of(chapter: str) -> str:
    """The code of a chapter's cells, without their options."""
    return "\n".join(OPTIONS.sub("", cell) for cell in CELL.findall(chapter))


class Inputs:
    """The files and packages that a chapter's code runs on."""

    def __init__(self, root: Path, code: str, folder: Path) -> None:
        self.root = root.resolve()
        self.files: set[Path] = set()
        self.packages = {"python"}
        self.followed: set[tuple[Path, frozenset[str]]] = set()
        tree = ast.parse(code)
        self.read(tree, folder, used(tree) | spelled(tree))

    def digest(self) -> str:
        """Name the present state of all of them."""
        state = hashlib.sha256()
        for file in sorted(self.files):
            state.update(file.relative_to(self.root).as_posix().encode())
            state.update(hashlib.sha256(file.read_bytes()).digest())
        for package in sorted(self.packages):
            state.update(f"{package} {installed(package)}".encode())
        return state.hexdigest()[:12]

    def read(self, tree: ast.AST, folder: Path, names: set[str]) -> None:
        """Add what some code imports and what it reads."""
        for module in imports(tree):
            self.add(module, names)
        for text in strings(tree):
            if len(text) < 100 and "\n" not in text:
                self.packages |= {text} & packages_distributions_of().keys()
                for file in (
                    folder / text,
                    self.root / "notebooks" / f"{text}.ipynb",
                    self.root / PACKAGE / "lab" / "measurements" / f"{text}.json",
                ):
                    if file.is_file() and file.resolve().is_relative_to(self.root):
                        self.files.add(file.resolve())
        if "import_module" in names:  # which one is not known before it runs
            self.files |= set((self.root / PACKAGE).rglob("*.py"))

    def add(self, module: str, names: set[str]) -> None:
        """Add a module, given the names that its importer uses, with the packages it is in."""
        top, *rest = module.split(".")
        if top != PACKAGE:
            self.packages.add(top)
            return
        for depth in range(len(rest) + 1):
            place = self.root.joinpath(PACKAGE, *rest[:depth])
            if (file := place / "__init__.py").is_file():
                self.follow(file, names)
            elif (file := place.with_suffix(".py")).is_file():
                self.follow(file, set())

    def follow(self, file: Path, names: set[str]) -> None:
        """Add what a module runs on; of a package, only what belongs to the names that are used."""
        if (file, frozenset(names)) in self.followed:
            return
        self.followed.add((file, frozenset(names)))
        self.files.add(file)
        tree = parsed(file.read_text())
        if file.name == "__init__.py":
            tree = self.needed(tree, file.parent, names)
            names = names | used(tree)
        else:
            names = used(tree)
        self.read(tree, file.parent, names)

    def needed(self, tree: ast.Module, folder: Path, names: set[str]) -> ast.Module:
        """A package without the definitions and the own modules that its importer does not use."""
        own = ".".join(folder.relative_to(self.root).parts)
        kept = [
            node
            for node in tree.body
            if not (isinstance(node, ast.If | ast.FunctionDef | ast.ClassDef))
            or getattr(node, "name", None) in names
        ]
        kept = [node for node in kept if not defines_all(node)]
        wanted = names | used(ast.Module(kept, []), imported=False)
        body: list[ast.stmt] = []
        for node in kept:
            if isinstance(node, ast.ImportFrom) and node.module:
                if node.module == own:
                    aliases = [one for one in node.names if one.name in wanted]
                    node = ast.ImportFrom(node.module, aliases, 0)
                elif node.module.startswith(f"{own}."):
                    offered = {one.name for one in node.names}
                    if "*" in offered:
                        offered = self.public(node.module)
                    if not offered & wanted:
                        continue
            body.append(node)
        for node in tree.body:  # what is loaded when it is first asked for
            if isinstance(node, ast.FunctionDef) and node.name == "__getattr__":
                body += [
                    one
                    for one in ast.walk(node)
                    if isinstance(one, ast.ImportFrom)
                    and {alias.name for alias in one.names} & names
                ]
        return ast.Module(body, [])

    def public(self, module: str) -> set[str]:
        """The names that a module lists in `__all__`."""
        file = self.root.joinpath(*module.split(".")).with_suffix(".py")
        body = parsed(file.read_text()).body
        return {text for node in body if defines_all(node) for text in strings(node)}


parsed = cache(ast.parse)


def defines_all(node: ast.stmt) -> bool:
    targets = getattr(node, "targets", [getattr(node, "target", None)])
    return any(isinstance(one, ast.Name) and one.id == "__all__" for one in targets)


def imports(tree: ast.AST) -> Iterator[str]:
    """The modules that are imported, and what may be one: `a` and `a.b` of `from a import b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def used(tree: ast.AST, imported: bool = True) -> set[str]:
    """The names that code uses and does not assign, with those that it imports unless told otherwise."""
    found, assigned = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (found if isinstance(node.ctx, ast.Load) else assigned).add(node.id)
    found -= assigned
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.alias) and imported:
            found.add(node.name)
    return found


def strings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def spelled(tree: ast.AST) -> set[str]:
    """Names that code may put together for `getattr`: of "GIoU" in a list, `giou` and `giou_loss`."""
    if "getattr" not in used(tree):
        return set()
    options = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.keyword)
    }
    words = {
        word.lower()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if id(node) not in options
        for word in re.findall(r"\w+", node.value)
    }
    return words | {f"{word}_loss" for word in words}


@cache
def packages_distributions_of() -> dict[str, list[str]]:
    """The distributions that each importable package comes from."""
    return dict(packages_distributions())


def installed(package: str) -> str:
    """The version of a package; nothing for the standard library."""
    if package == "python":
        return sys.version
    return " ".join(map(version, packages_distributions_of().get(package, [])))
