"""The companion package of Loss Guide: the losses of computer vision, three times over.

``lossguide.numpy`` is the definition, ``lossguide.torch`` and ``lossguide.tensorflow`` are for training.
The three have the same modules, names and signatures; ``lossguide.catalog`` describes every function once.
``lossguide.check`` holds anyone's loss against these definitions.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lossguide.conformance import check

__all__ = ["check"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Load the conformance kit when it is first asked for: `import lossguide` stays fast."""
    if name == "check":
        from lossguide.conformance import check

        return check
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
