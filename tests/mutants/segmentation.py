"""Faults of the losses on masks."""

from lossguide.catalog import Input
from lossguide.catalog.segmentation import MASK_PAIRS
from mutants.mutant import Mutant

PER_PIXEL = Input("N H W", "positive", gradient=False)

MUTANTS = [
    Mutant(
        "all images of a batch taken as one",
        "segmentation.dice_loss",
        "axis=(HEIGHT, WIDTH)",
        "axis=(0, HEIGHT, WIDTH)",
        {"values", "reductions"},
        helper="_sum",
        framework="tensorflow",
    ),
    Mutant(
        "0/0 for an empty mask",
        "segmentation.dice_loss",
        "(overlap + wrong + smooth)",
        "(overlap + wrong)",
        {"values", "edge cases"},
        helper="_tversky",
        options=MASK_PAIRS,
    ),
    Mutant(
        "softmax over the width",
        "segmentation.dice_loss",
        "logits.softmax(1)",
        "logits.softmax(-1)",
        {"values"},
        helper="_overlap",
    ),
    Mutant(
        "Dice taken for Jaccard",
        "segmentation.jaccard_loss",
        "_tversky(logits, target, 1.0, 1.0, smooth)",
        "_tversky(logits, target, 0.5, 0.5, smooth)",
        {"values"},
    ),
    Mutant(
        "alpha and beta exchanged",
        "segmentation.tversky_loss",
        "_tversky(logits, target, alpha, beta, smooth)",
        "_tversky(logits, target, beta, alpha, smooth)",
        {"values"},
    ),
    Mutant(
        "gamma for 1 / gamma",
        "segmentation.focal_tversky_loss",
        ".pow(1 / gamma)",
        ".pow(gamma)",
        {"values"},
    ),
    Mutant(
        "NaN gradient of the branch not taken",
        "segmentation.focal_tversky_loss",
        "torch.where(imperfect, loss, 1).pow(1 / gamma)",
        "loss.pow(1 / gamma)",
        {"edge cases"},
        options=MASK_PAIRS,
    ),
    Mutant(
        "absent classes averaged in",
        "segmentation.lovasz_softmax_loss",
        "tf.reduce_any(masks > 0, -1)",
        "tf.reduce_any(masks >= 0, -1)",
        {"values"},
        framework="tensorflow",
    ),
    Mutant(
        "errors sorted upwards",
        "segmentation.lovasz_hinge_loss",
        "descending=True",
        "descending=False",
        {"values"},
        helper="_lovasz",
    ),
    Mutant(
        "weights normalised away",
        "segmentation.pixel_cross_entropy_loss",
        "weight_map * each",
        "weight_map * each / weight_map.mean()",
        {"values", "reductions"},
        options={"weight_map": PER_PIXEL},
    ),
    Mutant(
        "logits taken for probabilities",
        "segmentation.cldice_loss",
        "logits.sigmoid()",
        "logits",
        {"values", "bounds"},
    ),
    Mutant(
        "skeleton of the prediction detached",
        "segmentation.cldice_loss",
        "_skeleton(predicted, iterations)",
        "_skeleton(predicted.detach(), iterations)",
        {"gradients"},
    ),
]
