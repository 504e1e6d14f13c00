"""Cards of the losses on masks: pixels, regions and thin structures."""

from typing import Any

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
MASK = (
    "booleans ``(N, H, W)``: where one is False the pixel counts nowhere, whatever its logits and target hold; value"
    " and gradient are 0 there. ``mask=target != 255`` ignores the label 255."
)
CLASS_WEIGHT = (
    "one number for each class, ``(K,)``: the weight of its losses, by whose sum the mean is divided. 0 leaves a class"
    " out, as is common for the background."
)
PER_IMAGE = (
    "score each image by itself; if False, all pixels of the batch are one image."
)
PER_CLASS = "score each class by itself; if False, the pixels of all classes are counted together."
OVER_CLASSES = {
    "mask": MASK,
    "class_weight": CLASS_WEIGHT,
    "classes": 'which classes of an image count: "all", or those "present" in its target. Where none does, the loss is'
    " 0 and so is its gradient.",
    "per_image": PER_IMAGE,
    "per_class": PER_CLASS,
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
MASK_DEFAULT = {"mask": Default(None, "ours", "every pixel counts")}
EQUAL_CLASSES = {"class_weight": Default(None, "ours", "all classes count alike")}
PER_IMAGE_DEFAULT = {"per_image": Default(True, "ours", "an image is an example")}
OVER_CLASSES_DEFAULTS = {
    **MASK_DEFAULT,
    **EQUAL_CLASSES,
    "classes": Default("all", "ours", "an absent class is to stay empty"),
    **PER_IMAGE_DEFAULT,
    "per_class": Default(True, "ours", "a small class counts as much as a large one"),
}
ITERATIONS = "how often the mask is thinned; at least 0. Half the width of the widest structure, in pixels, is enough."

PER_PIXEL = "The loss: a scalar, or one value for each pixel, ``(N, H, W)``, if ``reduction`` is ``none``."
PER_REGION = (
    "The loss: a scalar, or one value for each image and class, ``(N, K)``, if ``reduction`` is ``none``;"
    " ``(N,)`` for one mask an image or all classes together, N = 1 for all images together."
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

PER_PIXEL_WEIGHT = Input("N H W", "positive", gradient=False)
MASKED = Input("N H W", "mask", gradient=False)
OF_CLASS = Input("K", "positive", gradient=False)
SOFT_CLASSES = {
    "logits": Input("N H W K"),
    "target": Input("N H W K", "simplex", gradient=False),
}
POOLED: tuple[dict[str, Any], ...] = (
    {"mask": MASKED, "class_weight": OF_CLASS, "classes": "present"},
    {"per_image": False, "class_weight": OF_CLASS},
    {"per_class": False, "mask": MASKED},
    {**MASK_PAIRS, "mask": MASKED, "classes": "present"},
)

SHIFTED = frozenset({"translation invariant"})

CARDS = (
    Card(
        family="segmentation",
        name="pixel_cross_entropy_loss",
        summary="Cross-entropy of each pixel's class, weighted by a map.",
        formulas=(
            r"\ell_i = -w_i v_{y_i} \log p_{i, y_i}",
            r"p_i = \mathrm{softmax}(\text{logits}_i)",
        ),
        about="The mean is over the pixels that the mask counts, each with the weight v of its class, not over the sum"
        " of the map: a pixel of weight 0 in it counts as a pixel of loss 0, and a map of zeros gives 0.",
        arguments={
            **CLASSES,
            "weight_map": "a weight w for each pixel, ``(N, H, W)``; 1 everywhere if None. See ``border_weights``.",
            "class_weight": "a weight v for each class, ``(K,)``; the mean is divided by the sum of those of the pixels"
            " that count, as PyTorch does.",
            "mask": MASK,
        },
        defaults={
            "weight_map": Default(None, "ours", "every pixel counts alike"),
            **EQUAL_CLASSES,
            **MASK_DEFAULT,
        },
        returns=PER_PIXEL,
        papers=("ronneberger2015",),
        inputs=CLASS_MAPS,
        options=(
            {},
            {"weight_map": PER_PIXEL_WEIGHT},
            {"class_weight": OF_CLASS},
            {"weight_map": PER_PIXEL_WEIGHT, "class_weight": OF_CLASS, "mask": MASKED},
        ),
        properties=SHIFTED,
        bounds=(0, INFINITY),
        pitfalls={
            "edge cases": "A mean over the pixels that are not ignored is 0/0 if all are. pytorch/pytorch#70348",
        },
        against=(
            "overconfident scores",
            "neighbors melt into one mask",
        ),
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
        arguments={**REGIONS, **OVER_CLASSES},
        raises="smooth is not above 0, or class_weight has no classes to weigh",
        defaults={**SMOOTH_DEFAULT, **OVER_CLASSES_DEFAULTS},
        returns=PER_REGION,
        papers=("rahman2016",),
        inputs=CLASS_MAPS,
        options=({}, {"smooth": 0.1}, MASK_PAIRS, MANY_MASKS, *POOLED),
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
        " With ``squared=True``, ``FP`` sums ``p (p - y)`` and ``FN`` sums ``y (y - p)``.",
        arguments={
            **REGIONS,
            "squared": "whether the pixels of the denominator are squared, p and y: Milletari et al. do so, most others"
            " do not.",
            **OVER_CLASSES,
        },
        raises="smooth is not above 0, or class_weight has no classes to weigh",
        defaults={
            **SMOOTH_DEFAULT,
            "squared": Default(False, "ours", "as most of the field"),
            **OVER_CLASSES_DEFAULTS,
        },
        returns=PER_REGION,
        papers=("milletari2016",),
        inputs=CLASS_MAPS,
        options=(
            {},
            {"smooth": 0.1},
            MASK_PAIRS,
            MANY_MASKS,
            {"squared": True},
            {"squared": True, **MASK_PAIRS},
            *POOLED,
        ),
        bounds=(0, 1),
        pitfalls={
            "values": "Flattened over the batch, one Dice of all pixels stands for the mean Dice per image."
            " keras-team/keras#19637",
            "edge cases": "An empty prediction for an empty mask is right, yet an unsmoothed Dice loss gives 1."
            " Project-MONAI/MONAI#7883",
            "half precision": "Sums over 512 x 512 pixels overflow float16, whose largest number is 65,504."
            " qubvel-org/segmentation_models.pytorch#463",
        },
        against=(
            "few positives or rare classes",
            "thin masks break",
        ),
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
        arguments={**REGIONS, **WEIGHTS, **OVER_CLASSES},
        raises="alpha or beta is below 0, smooth is not above 0, or class_weight has no classes to weigh",
        defaults={**TVERSKY_DEFAULTS, **SMOOTH_DEFAULT, **OVER_CLASSES_DEFAULTS},
        returns=PER_REGION,
        papers=("salehi2017",),
        inputs=CLASS_MAPS,
        options=(
            {},
            {"alpha": 0.9, "beta": 0.1, "smooth": 2.0},
            MASK_PAIRS,
            MANY_MASKS,
            *POOLED,
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
            **OVER_CLASSES,
        },
        raises="alpha or beta is below 0, gamma or smooth is not above 0, or class_weight has no classes to weigh",
        defaults={
            **TVERSKY_DEFAULTS,
            "gamma": Default(4 / 3, "abraham2019", "its experiments"),
            **SMOOTH_DEFAULT,
            **OVER_CLASSES_DEFAULTS,
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
            *POOLED,
        ),
        bounds=(0, 1),
    ),
    Card(
        family="segmentation",
        name="jaccard_metric_loss",
        summary="The Jaccard loss for soft labels: least where the prediction is the label, not where it is sure.",
        formulas=(
            r"\ell = 1 - \frac{\sum_i \min(p_i, y_i) + s}{\sum_i \max(p_i, y_i) + s}",
        ),
        about="On labels of 0 and 1 it is ``jaccard_loss``. On soft ones that loss errs: for a label of one half its"
        " least is at a probability of 1. The paper writes the sum of the smaller numbers as"
        " ``(|p| + |y| - |p - y|) / 2``; of its two losses this is the first. Where ``p`` equals ``y``, the slope of"
        " ``|p - y|`` is taken as 0.",
        arguments={
            "logits": "one logit a pixel, ``(N, H, W)``, of which a sigmoid is taken; or one a class and pixel,"
            " ``(N, K, H, W)`` in PyTorch, ``(N, H, W, K)`` in TensorFlow and NumPy, of which a softmax is taken.",
            "target": "soft labels from 0 to 1 of the same shape; those of the classes of a pixel sum to 1.",
            "smooth": "pixels added to the overlap of each image and class; above 0.",
            **OVER_CLASSES,
        },
        raises="smooth is not above 0, or class_weight has no classes to weigh",
        defaults={**SMOOTH_DEFAULT, **OVER_CLASSES_DEFAULTS},
        returns=PER_REGION,
        papers=("wang2023",),
        inputs={
            "logits": Input("N H W"),
            "target": Input("N H W", "unit", gradient=False),
        },
        options=(
            {},
            {"smooth": 0.1},
            {"mask": MASKED, "classes": "present"},
            {"per_image": False},
            SOFT_CLASSES,
            {**SOFT_CLASSES, "class_weight": OF_CLASS, "mask": MASKED},
            {**SOFT_CLASSES, "per_class": False},
        ),
        bounds=(0, 1),
    ),
    Card(
        family="segmentation",
        name="dice_ce_loss",
        summary="Dice plus cross-entropy: the compound that most medical segmentation starts from.",
        formulas=(r"\ell = a\,\ell_\mathrm{Dice} + b\,\ell_\mathrm{CE}",),
        about="Of each image: the mean of ``dice_loss`` over its classes and the mean of the cross-entropy over the"
        " pixels that count. nnU-Net adds the two 1 : 1; its Dice leaves out the background and smooths by 1e-5.",
        arguments={
            "logits": REGIONS["logits"],
            "target": f"{CLASS_TARGET} Or masks of 0. and 1. in the shape of ``logits``, which may overlap: then the"
            " cross-entropy, too, is that of a sigmoid.",
            "dice_weight": "the weight a; at least 0.",
            "ce_weight": "the weight b; at least 0.",
            "smooth": "pixels added to the overlap in the Dice loss; above 0.",
            "mask": MASK,
        },
        raises="dice_weight or ce_weight is below 0, or smooth is not above 0",
        defaults={
            "dice_weight": Default(1.0, "isensee2021", "its code"),
            "ce_weight": Default(1.0, "isensee2021", "its code"),
            **SMOOTH_DEFAULT,
            **MASK_DEFAULT,
        },
        returns="The loss: a scalar, or one value for each image, ``(N,)``, if ``reduction`` is ``none``.",
        papers=("isensee2021", "milletari2016"),
        inputs=CLASS_MAPS,
        options=(
            {},
            {"dice_weight": 0.3, "ce_weight": 2.0, "smooth": 0.1},
            {"mask": MASKED},
            MASK_PAIRS,
            {**MASK_PAIRS, "mask": MASKED},
            MANY_MASKS,
        ),
        bounds=(0, INFINITY),
        against=(
            "few positives or rare classes",
            "overconfident scores",
        ),
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
            "mask": MASK,
            "class_weight": "one number for each class, ``(K,)``: its weight in the mean over the classes of an image."
            " 0 leaves a class out.",
            "classes": 'which classes C an image is averaged over: those "present" in its target, or "all".',
            "per_image": PER_IMAGE,
        },
        raises='classes is not "present" or "all"',
        defaults={
            **MASK_DEFAULT,
            **EQUAL_CLASSES,
            "classes": Default("present", "berman2018", "its code"),
            **PER_IMAGE_DEFAULT,
        },
        returns="The loss: a scalar, or one value for each image, ``(N,)``, if ``reduction`` is ``none``.",
        papers=("berman2018",),
        inputs=CLASS_MAPS,
        options=(
            {},
            {"classes": "all"},
            {"per_image": False},
            {"mask": MASKED, "class_weight": OF_CLASS},
            {"mask": MASKED, "classes": "all", "per_image": False},
        ),
        properties=SHIFTED,
        bounds=(0, 1),
        pitfalls={
            "values": "Counting absent classes pushes their scores down; average over the present ones."
            " bermanmaxim/LovaszSoftmax#20",
            "edge cases": "Where nothing is left to average over, the loss is 0 with a zero gradient, not an error."
            " bermanmaxim/LovaszSoftmax#14",
        },
        against=("few positives or rare classes",),
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
        arguments={**MASKS, "mask": MASK, "per_image": PER_IMAGE},
        defaults={**MASK_DEFAULT, **PER_IMAGE_DEFAULT},
        returns="The loss: a scalar, or one value for each mask, ``(N,)`` or ``(N, K)``, if ``reduction`` is"
        " ``none``.",
        papers=("berman2018",),
        inputs=MASK_PAIRS,
        options=(
            {},
            {"per_image": False},
            {"mask": MASKED},
            {"mask": MASKED, "per_image": False},
            {"logits": Input("N H W K"), **MANY_MASKS},
            {"logits": Input("N H W K"), **MANY_MASKS, "mask": MASKED},
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
        against=("thin masks break",),
    ),
)
