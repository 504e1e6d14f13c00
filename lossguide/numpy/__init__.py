"""The losses in NumPy: the definition, in float64, read as the formula."""

from lossguide.numpy import (
    boxes,
    classification,
    gan,
    metric,
    perceptual,
    regression,
    segmentation,
    style,
)
from lossguide.numpy.boxes import *
from lossguide.numpy.classification import *
from lossguide.numpy.gan import *
from lossguide.numpy.metric import *
from lossguide.numpy.perceptual import *
from lossguide.numpy.regression import *
from lossguide.numpy.segmentation import *
from lossguide.numpy.style import *

__all__ = [
    "boxes",
    "classification",
    "gan",
    "metric",
    "perceptual",
    "regression",
    "segmentation",
    "style",
    *boxes.__all__,
    *classification.__all__,
    *gan.__all__,
    *metric.__all__,
    *perceptual.__all__,
    *regression.__all__,
    *segmentation.__all__,
    *style.__all__,
]
