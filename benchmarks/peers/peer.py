"""One entry of the list: another library's loss and the definition that it is like."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from lossguide.catalog import Input
from lossguide.conformance.checks import CHECKS

__all__ = ["BINARY", "EVERYWHERE", "MASKS", "SMALL_EPS"]
__all__ += ["Adapter", "Function", "Peer", "reduced"]

Function = Callable[..., Any]
# Called with the library's loss and then with the definition's arguments.
Adapter = Callable[..., Any]

SMALL_EPS = {"eps": 1e-12}
EVERYWHERE = tuple(check for check in CHECKS if check != "empty input")

BINARY = {"target": Input("N K", "binary", gradient=False)}
MASKS = {
    "logits": Input("N H W"),
    "target": Input("N H W", "binary", gradient=False),
}


@dataclass(frozen=True)
class Peer:
    """Another library's loss and the definition it is like.

    ``use`` is an adapter where the loss does not take the definition's arguments; ``bridge`` is one that also
    takes back what the two definitions do differently, so that all the rest can be compared. ``how`` says which
    of the library's options are set. ``theirs`` and ``ours`` are one sentence each, where the definitions differ
    on purpose; where no ``bridge`` takes that back, ``shows`` names the checks that see it.
    """

    library: str
    function: str
    like: str
    use: Adapter | None = None
    how: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    theirs: str = ""
    ours: str = ""
    bridge: Adapter | None = None
    shows: tuple[str, ...] = ()

    @property
    def framework(self) -> str:
        return "tensorflow" if self.library == "keras" else "torch"

    def as_it_comes(self, loss: Any) -> Function:
        """The loss as a function of the definition's arguments."""
        return partial(self.use, loss) if self.use else loss

    def reconciled(self, loss: Any) -> Function:
        """The same, with the difference of the definitions taken back where that can be done."""
        return partial(self.bridge, loss) if self.bridge else self.as_it_comes(loss)


def reduced(values: Any, reduction: str) -> Any:
    return values if reduction == "none" else getattr(values, reduction)()
