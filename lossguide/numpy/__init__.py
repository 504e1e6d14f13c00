"""The losses in NumPy: the definition, in float64, read as the formula."""

from lossguide.numpy import boxes, regression
from lossguide.numpy.boxes import *
from lossguide.numpy.regression import *

__all__ = ["boxes", "regression", *boxes.__all__, *regression.__all__]
