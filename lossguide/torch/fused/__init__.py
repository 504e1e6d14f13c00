"""Fast twins of some losses: the same names, arguments and values, with gradients derived by hand.

    from lossguide.torch import fused

    loss = fused.ciou_loss(pred, target)

There are twins of the IoU family's losses and ``box_iou``, of ``sigmoid_focal_loss``, ``dice_loss`` and
``jaccard_loss``, of ``batch_triplet_loss``, and of ``gram_matrix`` and ``style_loss``.

The losses of ``lossguide.torch`` are the ones to read. These compute value and gradient together or one after the
other, piece by piece, so that what lies between stays in the processor's cache. Most have first derivatives only, and
say so if asked for second ones. Under ``torch.compile``, which fuses by itself, they are the readable losses.
"""

from lossguide.torch.fused import boxes, classification, metric, segmentation, style
from lossguide.torch.fused.boxes import *
from lossguide.torch.fused.classification import *
from lossguide.torch.fused.metric import *
from lossguide.torch.fused.segmentation import *
from lossguide.torch.fused.style import *

__all__ = [
    "boxes",
    "classification",
    "metric",
    "segmentation",
    "style",
    *boxes.__all__,
    *classification.__all__,
    *metric.__all__,
    *segmentation.__all__,
    *style.__all__,
]
