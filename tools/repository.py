"""Write the repository's address into the book's configuration and into the labs.

python tools/repository.py https://github.com/OWNER/NAME
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ADDRESS = re.compile(r"https://github\.com/[\w.-]+/[\w.-]+")


def stamp(file: Path, pattern: str, address: str) -> None:
    """Replace what stands between the two groups of `pattern` by the address."""
    text = file.read_text()
    stamped, count = re.subn(
        pattern, rf"\g<1>{address}\g<2>", text, count=1, flags=re.MULTILINE
    )
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
    stamp(ROOT / "_config.yml", r'^(repository:\n  url: ")[^"]*(")$', address)
    for lab in [*ROOT.glob("notebooks/*/*.md"), *ROOT.glob("notebooks/*/*.ipynb")]:
        # The quotes are escaped in a notebook, which is JSON.
        stamp(lab, r'(REPOSITORY = \\?")[^"\\]*(\\?")', address)
    print(f"The book and the labs now name {address}")


if __name__ == "__main__":
    main(*sys.argv[1:])
