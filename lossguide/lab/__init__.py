"""What labs and chapters share: statistics, reports, verdicts, tables and figures.

``lossguide.lab.plots`` has the figure style and the colors, ``lossguide.lab.torch`` what a lab sets before it
computes with PyTorch, ``lossguide.lab.chapter`` what only a chapter of the book needs.
"""

from lossguide.lab.judging import Verdict, judge, list_verdicts, verdicts
from lossguide.lab.ledger import Claim, Claims, claims
from lossguide.lab.reports import measured, report, stored
from lossguide.lab.statistics import digits, spread
from lossguide.lab.tables import compare_guess, table

__all__ = ["Claim", "Claims", "Verdict", "claims", "compare_guess", "digits", "judge"]
__all__ += ["list_verdicts", "measured", "report", "spread", "stored", "table"]
__all__ += ["verdicts"]
