"""One fault of one of our losses."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Mutant:
    """One fault: in the source of a loss, or of a helper of its family, ``right`` becomes ``wrong``.

    ``seen_in`` are the checks that must fail.
    """

    fault: str
    loss: str
    right: str
    wrong: str
    seen_in: set[str]
    helper: str | None = None
    framework: str = "torch"
    options: dict[str, Any] = field(default_factory=dict)

    def __str__(self):
        return f"{self.framework}-{self.loss}-{self.fault.replace(' ', '_')}"
