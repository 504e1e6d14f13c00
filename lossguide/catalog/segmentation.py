"""Cards of the losses on masks: pixels, regions and thin structures."""

from lossguide.catalog.card import INFINITY, NO_CLASS, Card, Default, Input

CLASS_LOGITS = (
    "one logit a class and pixel, ``(N, K, H, W)`` in PyTorch, ``(N, H, W, K)`` in TensorFlow"
    " and NumPy, for at least 2 classes: over one, a softmax is always 1."
)
CLASS_TARGET = (
    f"the true class of each pixel, ``(N, H, W)``: integers from 0 to K - 1. {NO_CLASS}"
)
CLASSES = {"logits": CLASS_LOGITS, "target": CLASS_TARGET}
MASKS = {
    "logits": "one logit a pixel, ``(N, H, W)``; or, for K masks that may overlap, ``(N, K, H, W)`` in PyTorch,"
    " ``(N, H, W, K)`` in TensorFlow and NumPy.",
    "target": "the true masks, 0. or 1., of the same shape.",
}
REGIONS = {
    "logits": f"{CLASS_LOGITS} Or, for one mask an image, ``(N, H, W)``.",
    "target": f"{CLASS_TARGET} Or masks of 0. and 1. in the shape of ``logits``, which may overlap: then each is"
    " compared with a sigmoid of its logits, where classes share a softmax. One mask may have its channel, if"
    " logits and target both do.",
    "smooth": "pixels added to the overlap of each image and class; above 0. An empty prediction of an empty mask"
    " so has loss 0.",
}
WEIGHTS = {
    "alpha": "weight of false positives; at least 0.",
    "beta": "weight of false negatives; at least 0.",
}
SMOOTH_DEFAULT = {"smooth": Default(1.0, "ours", "one pixel")}
TVERSKY_DEFAULTS = {
    "alpha": Default(0.3, "salehi2017", "its experiments"),
    "beta": Default(0.7, "salehi2017", "its experiments"),
}
PER_IMAGE_DEFAULT = {"per_image": Default(True, "ours", "as the other losses of masks")}
PER_IMAGE = (
    "score each image by itself; if False, all pixels of the batch are one image."
)
ITERATIONS = "how often the mask is thinned; at least 0. Half the width of the widest structure, in pixels, is enough."

PER_PIXEL = "The loss: a scalar, or one value for each pixel, ``(N, H, W)``, if ``reduction`` is ``none``."
PER_REGION = (
    "The loss: a scalar, or one value for each image and class, ``(N, K)``, if ``reduction`` is ``none``;"
    " ``(N,)`` for one mask an image."
)
COUNTS = (
    r"\mathrm{TP} = \sum_i p_i y_i",
    r"\mathrm{FP} = \sum_i p_i (1 - y_i)",
    r"\mathrm{FN} = \sum_i (1 - p_i) y_i",
)
ABSENT = (
    "The sums run over the pixels of one image. A class that the image lacks counts too: its loss is near 1 unless"
    " hardly a pixel is predicted, and its gradient lowers the prediction."
)

CLASS_MAPS = {
    "logits": Input("N H W K"),
    "target": Input("N H W", "class", gradient=False),
}
MASK_PAIRS = {
    "logits": Input("N H W"),
    "target": Input("N H W", "binary", gradient=False),
}
MANY_MASKS = {"target": Input("N H W K", "binary", gradient=False)}

SHIFTED = frozenset({"translation invariant"})

CARDS = (
    Card(
        family="segmentation",
        name="pixel_cross_entropy_loss",
        summary="Cross-entropy of each pixel's class, weighted by a map.",
        formulas=(
            r"\ell_i = -w_i \log p_{i, y_i}",
            r"p_i = \mathrm{softmax}(\text{logits}_i)",
        ),
        about="The mean is over all pixels, not over the sum of the weights: a pixel of weight 0 counts as a pixel"
        " of loss 0, and a map of zeros gives 0. No class is ignored: a pixel without one gets any class, and the"
        " weight 0.",
        arguments={
            **CLASSES,
            "weight_map": "a weight for each pixel, ``(N, H, W)``; 1 everywhere if None. See ``border_weights``.",
        },
        defaults={"weight_map": Default(None, "ours", "every pixel counts alike")},
        returns=PER_PIXEL,
        papers=("ronneberger2015",),
        inputs=CLASS_MAPS,
        options=({}, {"weight_map": Input("N H W", "positive", gradient=False)}),
        properties=SHIFTED,
        bounds=(0, INFINITY),
        pitfalls={
            "edge cases": "A mean over the pixels that are not ignored is 0/0 if all are. pytorch/pytorch#70348",
        },
    ),
    Card(
        family="segmentation",
        name="border_weights",
        summary="U-Net's weight map: pixels between two instances that nearly touch weigh most.",
        formulas=(
            r"w_i = w_c(i) + w_0 \exp\left(-\frac{(d_1(i) + d_2(i))^2}{2\sigma^2}\right)",
        ),
        about="d1 and d2 are the distances to the nearest and the second nearest instance, 0 inside one. An image"
        " with fewer than two instances has no border: its weights are those of the classes. Memory grows with"
        " H W (2 H + W), so weigh large images one by one. PyTorch and TensorFlow give float32, NumPy float64.",
        arguments={
            "labels": "which instance each pixel belongs to, ``(..., H, W)``: integers, 0 for the background.",
            "w0": "the weight added where two instances touch.",
            "sigma": "how fast it falls with the distance, in pixels; above 0.",
            "class_weights": "the weight w_c of the background and of the foreground.",
        },
        raises="sigma is not above 0",
        defaults={
            "w0": Default(10.0, "ronneberger2015", "section 3"),
            "sigma": Default(5.0, "ronneberger2015", "section 3"),
            "class_weights": Default(
                (1.0, 1.0), "ours", "both kinds of pixels count alike"
            ),
        },
        returns="Weights of the same shape.",
        papers=("ronneberger2015",),
        inputs={"labels": Input("N H W", "label", gradient=False)},
        options=(
            {},
            {"w0": 4.0, "sigma": 1.5, "class_weights": (0.5, 2.0)},
        ),
        bounds=(0, INFINITY),
    ),
    Card(
        family="segmentation",
        name="jaccard_loss",
        summary="One less the soft intersection over union of masks.",
        formulas=(
            r"\ell = 1 - \frac{\mathrm{TP} + s}{\mathrm{TP} + \mathrm{FP} + \mathrm{FN} + s}",
            *COUNTS,
        ),
        about=f"{ABSENT} It is ``tversky_loss`` with ``alpha = beta = 1``.",
        arguments=REGIONS,
        raises="smooth is not above 0",
        defaults=SMOOTH_DEFAULT,
        returns=PER_REGION,
        papers=("rahman2016",),
        inputs=CLASS_MAPS,
        options=({}, {"smooth": 0.1}, MASK_PAIRS, MANY_MASKS),
        bounds=(0, 1),
        pitfalls={
            "values": "Averaged over the classes with the background, a prediction of background everywhere is not"
            " the worst. qubvel-org/segmentation_models.pytorch#884",
        },
    ),
    Card(
        family="segmentation",
        name="dice_loss",
        summary="One less the soft Dice coefficient, the F1 score of masks.",
        formulas=(
            (
                r"\ell = 1 - \frac{\mathrm{TP} + s}{\mathrm{TP} + \tfrac12 \mathrm{FP} + \tfrac12 "
                r"\mathrm{FN} + s}"
            ),
            *COUNTS,
        ),
        about=f"{ABSENT} It is ``tversky_loss`` with ``alpha = beta = 1/2``. Written as"
        " ``1 - (2 TP + t) / (P + Y + t)``, with the pixels P of the prediction and Y of the mask, it has ``t = 2 s``."
        " Milletari et al. square the pixels in the denominator; here, as in most of the field, they are not.",
        arguments=REGIONS,
        raises="smooth is not above 0",
        defaults=SMOOTH_DEFAULT,
        returns=PER_REGION,
        papers=("milletari2016",),
        inputs=CLASS_MAPS,
        options=({}, {"smooth": 0.1}, MASK_PAIRS, MANY_MASKS),
        bounds=(0, 1),
        pitfalls={
            "values": "Flattened over the batch, one Dice of all pixels stands for the mean Dice per image."
            " keras-team/keras#19637",
            "edge cases": "An empty prediction for an empty mask is right, yet an unsmoothed Dice loss gives 1."
            " Project-MONAI/MONAI#7883",
            "half precision": "Sums over 512 x 512 pixels overflow float16, whose largest number is 65,504."
            " qubvel-org/segmentation_models.pytorch#463",
        },
    ),
    Card(
        family="segmentation",
        name="tversky_loss",
        summary="Dice with different prices for false positives and false negatives.",
        formulas=(
            (
                r"\ell = 1 - \frac{\mathrm{TP} + s}{\mathrm{TP} + \alpha \mathrm{FP} + \beta "
                r"\mathrm{FN} + s}"
            ),
            *COUNTS,
        ),
        about=f"{ABSENT} ``alpha = beta = 1/2`` gives ``dice_loss``, ``alpha = beta = 1`` gives ``jaccard_loss``.",
        arguments={**REGIONS, **WEIGHTS},
        raises="alpha or beta is below 0, or smooth is not above 0",
        defaults={**TVERSKY_DEFAULTS, **SMOOTH_DEFAULT},
        returns=PER_REGION,
        papers=("salehi2017",),
        inputs=CLASS_MAPS,
        options=(
            {},
            {"alpha": 0.9, "beta": 0.1, "smooth": 2.0},
            MASK_PAIRS,
            MANY_MASKS,
        ),
        bounds=(0, 1),
        pitfalls={
            "values": "Alpha weighs false positives and beta false negatives; libraries have shipped them swapped."
            " keras-team/keras#23333",
        },
    ),
    Card(
        family="segmentation",
        name="focal_tversky_loss",
        summary="A root of the Tversky loss, which steepens it where the mask is nearly right.",
        formulas=(
            (
                r"\ell = \left(1 - \frac{\mathrm{TP} + s}{\mathrm{TP} + \alpha \mathrm{FP} + \beta "
                r"\mathrm{FN} + s}\right)^{1/\gamma}"
            ),
            *COUNTS,
        ),
        about=f"{ABSENT} The exponent is the paper's, ``1 / gamma``: ``gamma`` above 1 raises the slope of small"
        " losses, and codes that raise to ``gamma`` mean the inverse number. At a loss of exactly 0 the slope is"
        " taken as 0; next to it, with ``gamma`` above 2, second derivatives can overflow float32.",
        arguments={
            **REGIONS,
            **WEIGHTS,
            "gamma": "the root; 1 gives ``tversky_loss``; above 0.",
        },
        raises="alpha or beta is below 0, or gamma or smooth is not above 0",
        defaults={
            **TVERSKY_DEFAULTS,
            "gamma": Default(4 / 3, "abraham2019", "its experiments"),
            **SMOOTH_DEFAULT,
        },
        returns=PER_REGION,
        papers=("abraham2019",),
        inputs=CLASS_MAPS,
        options=(
            {},
            {"gamma": 0.7},
            {"gamma": 2.0, "alpha": 0.9, "beta": 0.1, "smooth": 2.0},
            MASK_PAIRS,
            MANY_MASKS,
        ),
        bounds=(0, 1),
    ),
    Card(
        family="segmentation",
        name="lovasz_softmax_loss",
        summary="The Jaccard loss of classes, extended from right-or-wrong pixels to their probabilities.",
        formulas=(
            r"\ell = \frac{1}{|C|} \sum_{c \in C} \overline{\Delta_{J_c}}(m(c))",
            "m_i(c) = |[y_i = c] - p_{i,c}|",
        ),
        about="The overlined term is the Lovász extension: with the errors m in descending order, each is weighted by"
        " what its pixel adds to ``1 - IoU`` once it is wrong after the larger ones. Errors of 0 and 1 give"
        " exactly ``1 - IoU``. Equal errors count in the order of their pixels, row by row. A class that the"
        ' image lacks has its largest probability as its loss; ``classes="present"`` leaves it out.',
        arguments={
            **CLASSES,
            "classes": 'which classes C an image is averaged over: those "present" in its target, or "all".',
            "per_image": PER_IMAGE,
        },
        raises='classes is not "present" or "all"',
        defaults={
            "classes": Default("present", "berman2018", "its code"),
            **PER_IMAGE_DEFAULT,
        },
        returns="The loss: a scalar, or one value for each image, ``(N,)``, if ``reduction`` is ``none``.",
        papers=("berman2018",),
        inputs=CLASS_MAPS,
        options=({}, {"classes": "all"}, {"per_image": False}),
        properties=SHIFTED,
        bounds=(0, 1),
        pitfalls={
            "values": "Counting absent classes pushes their scores down; average over the present ones."
            " bermanmaxim/LovaszSoftmax#20",
            "edge cases": "Where nothing is left to average over, the loss is 0 with a zero gradient, not an error."
            " bermanmaxim/LovaszSoftmax#14",
        },
    ),
    Card(
        family="segmentation",
        name="lovasz_hinge_loss",
        summary="The Jaccard loss of a mask, extended to the hinge errors of its logits.",
        formulas=(
            r"\ell = \overline{\Delta_J}(m)",
            r"m_i = \max(0, 1 - x_i (2 y_i - 1))",
        ),
        about="The overlined term is the Lovász extension, as in ``lovasz_softmax_loss``. Pixels right by a margin of"
        " 1 cost nothing. For an empty mask the loss is the largest hinge error; for a full one, the mean.",
        arguments={**MASKS, "per_image": PER_IMAGE},
        defaults=PER_IMAGE_DEFAULT,
        returns="The loss: a scalar, or one value for each mask, ``(N,)`` or ``(N, K)``, if ``reduction`` is"
        " ``none``.",
        papers=("berman2018",),
        inputs=MASK_PAIRS,
        options=(
            {},
            {"per_image": False},
            {"logits": Input("N H W K"), **MANY_MASKS},
        ),
        bounds=(0, INFINITY),
    ),
    Card(
        family="segmentation",
        name="soft_skeleton",
        summary="The center lines of soft masks, by thinning.",
        formulas=(
            r"S \leftarrow S + (1 - S)\,\max(0, I - \mathrm{dilate}(\mathrm{erode}(I)))",
            r"I \leftarrow \mathrm{erode}(I)",
        ),
        about="Starts from S = 0 and runs ``iterations + 1`` times. Erosion takes the smallest of a pixel and its"
        " four neighbors, dilation the largest of the 3 x 3 around it; pixels beyond the border are neither, so a"
        " mask that fills the image is never thinned and has no skeleton. Where pixels are equal, the smallest or"
        " largest of them share the gradient evenly.",
        arguments={
            "masks": "probabilities in [0, 1], not logits: ``(N, H, W)``; or ``(N, K, H, W)`` in PyTorch,"
            " ``(N, H, W, K)`` in TensorFlow and NumPy.",
            "iterations": ITERATIONS,
        },
        raises="iterations is below 0",
        defaults={"iterations": Default(3, "shit2021", "its code")},
        returns="Skeletons in [0, 1], of the same shape.",
        papers=("shit2021",),
        inputs={"masks": Input("N H W", "unit")},
        options=({}, {"iterations": 0}, {"iterations": 1}),
        bounds=(0, 1),
        pitfalls={
            "values": "Erosion by a cross and by a square leave different skeletons, and frameworks have disagreed."
            " jocpae/clDice#7",
        },
    ),
    Card(
        family="segmentation",
        name="cldice_loss",
        summary="One less the soft clDice of thin structures: do the center lines lie in each other's masks?",
        formulas=(
            (
                r"\ell = 1 - \frac{2\,T_\mathrm{prec}\,T_\mathrm{sens}}{T_\mathrm{prec} + "
                r"T_\mathrm{sens}}"
            ),
            r"T_\mathrm{prec} = \frac{\sum S_p\, y + s}{\sum S_p + s}",
            r"T_\mathrm{sens} = \frac{\sum S_y\, p + s}{\sum S_y + s}",
        ),
        about="``S`` is ``soft_skeleton``, ``p`` the sigmoid of the logits. The sums run over the pixels of one mask."
        " Two empty masks have loss 0. It says nothing about width: the paper adds it to a Dice loss.",
        arguments={
            **MASKS,
            "iterations": ITERATIONS,
            "smooth": "pixels added to both parts of each fraction; above 0.",
        },
        raises="smooth is not above 0, or iterations is below 0",
        defaults={
            "iterations": Default(3, "shit2021", "its code"),
            "smooth": Default(1.0, "shit2021", "its code"),
        },
        returns="The loss: a scalar, or one value for each mask, ``(N,)`` or ``(N, K)``, if ``reduction`` is"
        " ``none``.",
        papers=("shit2021",),
        inputs=MASK_PAIRS,
        options=(
            {},
            {"iterations": 1, "smooth": 0.1},
            {"logits": Input("N H W K"), **MANY_MASKS},
        ),
        bounds=(0, 1),
        pitfalls={
            "values": "The skeleton needs probabilities; of logits it is meaningless, without a warning."
            " Project-MONAI/MONAI#8239",
            "edge cases": "Without foreground both skeletons are empty, and an unsmoothed ratio is 0/0."
            " jocpae/clDice#5",
        },
    ),
)
