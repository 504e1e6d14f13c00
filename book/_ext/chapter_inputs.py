"""What a chapter's code runs on: found in the source, without running it.

These are the modules of the package that it imports, and those that they import; the data that it or they
name, such as a lab's stored outputs; and the versions of the other packages. From a package that only gathers
names, such as `lossguide.torch`, follow only the modules whose names are used.
"""

import ast
import hashlib
import os
import re
import sys
from functools import cache
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import NamedTuple

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

    def read(self, tree: ast.AST, folder: Path, names: frozenset[str]) -> None:
        """Add what some code imports and what it reads."""
        for module in imports(tree):
            self.add(module, names)
        for text in strings(tree):
            if len(text) < 100 and "\n" not in text:
                self.packages |= {text} & packages_distributions_of().keys()
                for path in (
                    f"{folder}/{text}",
                    f"{self.root}/notebooks/{text}.ipynb",
                    f"{self.root}/{PACKAGE}/lab/measurements/{text}.json",
                ):
                    if os.path.isfile(path):
                        file = Path(path).resolve()
                        if file.is_relative_to(self.root):
                            self.files.add(file)
        if "import_module" in names:  # which one is not known before it runs
            self.files |= set((self.root / PACKAGE).rglob("*.py"))

    def add(self, module: str, names: frozenset[str]) -> None:
        """Add a module, given the names that its importer uses, with the packages it is in."""
        top = module.partition(".")[0]
        if top != PACKAGE:
            self.packages.add(top)
            return
        for file in files_of(self.root, module):
            self.follow(file, names if file.name == "__init__.py" else frozenset())

    def follow(self, file: Path, names: frozenset[str]) -> None:
        """Add what a module runs on; of a package, only what belongs to the names that are used."""
        if (file, names) in self.followed:
            return
        self.followed.add((file, names))
        self.files.add(file)
        tree = parsed(file.read_text())
        if file.name == "__init__.py":
            tree = self.needed(tree, file.parent, names)
            names = names | used(tree)
        else:
            names = used(tree)
        self.read(tree, file.parent, names)

    def needed(
        self, tree: ast.Module, folder: Path, names: frozenset[str]
    ) -> ast.Module:
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


@cache
def files_of(root: Path, module: str) -> list[Path]:
    """A module's file, and those of the packages it is in."""
    found, place = [], root
    for name in module.split("."):
        place /= name
        files = place / "__init__.py", place.with_suffix(".py")
        found += [file for file in files if file.is_file()][:1]
    return found


def defines_all(node: ast.stmt) -> bool:
    targets = getattr(node, "targets", [getattr(node, "target", None)])
    return any(isinstance(one, ast.Name) and one.id == "__all__" for one in targets)


def parts(tree: ast.AST) -> list[ast.AST]:
    """Statements, each of which is searched once, whatever package is made of them."""
    return [*tree.body] if isinstance(tree, ast.Module) else [tree]


def imports(tree: ast.AST) -> frozenset[str]:
    """The modules that are imported, and what may be one: `a` and `a.b` of `from a import b`."""
    return frozenset().union(*map(imports_of, parts(tree)))


@cache
def imports_of(part: ast.AST) -> frozenset[str]:
    found: set[str] = set()
    for node in ast.walk(part):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
            found.add(node.module)
    return frozenset(found)


class Names(NamedTuple):
    read: frozenset[str]
    assigned: frozenset[str]
    attributes: frozenset[str]
    imported: frozenset[str]


@cache
def names_of(part: ast.AST) -> Names:
    read, assigned, attributes, imported = set(), set(), set(), set()
    for node in ast.walk(part):
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else assigned).add(node.id)
        elif isinstance(node, ast.Attribute):
            attributes.add(node.attr)
        elif isinstance(node, ast.alias):
            imported.add(node.name)
    return Names(*map(frozenset, (read, assigned, attributes, imported)))


def used(tree: ast.AST, imported: bool = True) -> frozenset[str]:
    """The names that code uses and does not assign, with those that it imports unless told otherwise."""
    found = Names(*map(frozenset, ((), (), (), ())))
    for part in parts(tree):
        found = Names(*map(frozenset.union, found, names_of(part)))
    names = (found.read - found.assigned) | found.attributes
    return names | found.imported if imported else names


def strings(tree: ast.AST) -> frozenset[str]:
    return frozenset().union(*map(strings_of, parts(tree)))


@cache
def strings_of(part: ast.AST) -> frozenset[str]:
    return frozenset(
        node.value
        for node in ast.walk(part)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


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
