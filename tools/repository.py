"""Write the repository's address wherever it stands: into the book's configuration, the labs, the
package's metadata and the README.

python tools/repository.py https://github.com/OWNER/NAME
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ADDRESS = re.compile(r"https://github\.com/[\w.-]+/[\w.-]+")


def stamp(file: Path, place: str, text: str) -> None:
    """Replace the one place in a file that the pattern describes."""
    stamped, count = re.subn(place, text, file.read_text(), count=1, flags=re.MULTILINE)
    if not count:
        sys.exit(f"{file.relative_to(ROOT)} has no place for the repository's address")
    file.write_text(stamped)


def main(address: str) -> None:
    """Stamp every file that holds the address."""
    address = address.rstrip("/").removesuffix(".git")
    if not ADDRESS.fullmatch(address):
        sys.exit(
            "Say whose repository it is: make repository URL=https://github.com/OWNER/NAME"
        )
    stamp(
        ROOT / "_config.yml",
        r'^(repository:\n  url: ")[^"]*',
        rf"\g<1>{address}",
    )
    for text in ROOT.glob("notebooks/*/*.md"):
        for lab in (text, text.with_suffix(".ipynb")):
            # The quotes are escaped in a notebook, which is JSON.
            stamp(lab, r'(REPOSITORY = \\?")[^"\\]*', rf"\g<1>{address}")
    stamp(
        ROOT / "pyproject.toml",
        r"(^\[project\.urls\]\n(.+\n)+\n)?(?=^\[project\.optional-dependencies\])",
        "[project.urls]\n"
        f'Repository = "{address}"\n'
        f'Changelog = "{address}/blob/HEAD/CHANGELOG.md"\n\n',
    )
    # Absolute, since the package's page on PyPI shows the README without the repository's files.
    stamp(
        ROOT / "README.md",
        r"\([^()]*(book/_static/screenshot\.png\))",
        rf"({address}/raw/HEAD/\g<1>",
    )
    print(
        f"Book, labs, package and README now name {address}.\n"
        "Commit these files: Colab opens a lab as it is committed."
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
