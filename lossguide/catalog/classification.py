"""Cards of the losses of class scores."""

from lossguide.catalog.card import INFINITY, LOSS, NO_CLASS, Card, Default, Input

LOGITS = {
    "logits": "unnormalized scores, the class axis last, ``(N, K)`` or ``(N, H, W, K)``; in PyTorch axis 1,"
    " ``(N, K, H, W)``. K is at least 2.",
    "target": "the index of the right class, integers from 0 to K - 1 of the shape of logits without the class"
    f" axis. {NO_CLASS}",
}
SCORES = {
    "scores": "any real numbers, the class axis last, ``(N, K)`` or ``(N, H, W, K)``; in PyTorch axis 1,"
    " ``(N, K, H, W)``. K is at least 2.",
    "target": "the index of the right class, integers from 0 to K - 1 of the shape of scores without the class"
    f" axis. {NO_CLASS}",
    "margin": "the lead that the right class should have; at least 0.",
}
BINARY_LOGITS = {
    "logits": "log-odds, of any shape, not probabilities: no sigmoid comes before this loss.",
    "target": "of the same shape: 1 where the class is present, 0 where it is not, or a probability between.",
}
SIGNED = {
    "scores": "any real numbers, of any shape; their sign is the prediction.",
    "target": "of the same shape: +1 or -1.",
}
PER_EXAMPLE = "The loss: a scalar, or one value for each example or pixel if ``reduction`` is ``none``."
WEIGHT = "one number for each class, ``(K,)``; all 1 by default."
SMOOTHING = (
    "the share s of the target that is spread evenly over all classes, from 0 to 1."
)
BINARY_SMOOTHING = (
    "the share s of the target that is spread evenly over yes and no, from 0 to 1: y becomes (1 - s) y + s/2,"
    " as in Keras."
)
IGNORE_INDEX = (
    "a target that is not to count, NaN and infinite logits included; it need not be a"
    " class."
)
BINARY_MASK = (
    "booleans of the shape of logits, or of its leading axes. Where it is False nothing counts, NaN and infinity"
    " included: value and gradient are 0. ``mask=target != 255`` ignores the label 255."
)
SAMPLE_WEIGHT = (
    "one number for each example, or one for each value of the loss: of the shape that"
    ' ``reduction="none"`` gives, or of its leading axes.'
)
WEIGHED_MEAN = (
    " With a sample_weight the mean divides by the sum of what it weighs: weight 2 is an example twice. Keras's"
    " ``sample_weight`` and PyTorch's ``weight`` of a binary loss leave the number of values as divisor."
)
GAMMA = "the focusing power; at least 0. 0 takes the focus away."

MULTI_CLASS = {
    "logits": Input("N K", more=True),
    "target": Input("N", "class", gradient=False, more=True),
}
MULTI_CLASS_SCORES = {
    "scores": Input("N K", more=True),
    "target": Input("N", "class", gradient=False, more=True),
}
MULTI_LABEL = {
    "logits": Input("N K", more=True),
    "target": Input("N K", "unit", gradient=False, more=True),
}
TWO_CLASSES = {
    "scores": Input("N", more=True),
    "target": Input("N", "sign", gradient=False, more=True),
}
PER_CLASS = Input("K", "positive", gradient=False)
PER_ROW = Input("N", "positive", gradient=False)
PER_TARGET = Input("N", "positive", gradient=False, more=True)
MASK = Input("N K", "mask", gradient=False, more=True)

NO_SMOOTHING = Default(0.0, "Keras")
NO_MASK = Default(None, "ours", "everything counts")
NO_SAMPLE_WEIGHT = Default(None, "Keras")
NO_CLASS_IGNORED = Default(-100, "PyTorch")

# Adding one number to the scores of all classes changes nothing.
SHIFTS = frozenset({"translation invariant"})

CARDS = (
    Card(
        family="classification",
        name="cross_entropy_loss",
        summary="Negative log-probability of the right class, from logits.",
        formulas=(
            (
                r"\ell = -w_y \left[(1 - s) \log p_y + \frac{s}{K} \sum_k \frac{w_k}{w_y} \log "
                r"p_k\right]"
            ),
            r"p = \mathrm{softmax}(\text{logits})",
        ),
        about="The mean divides by the sum of the weights of the targets that count, as PyTorch does; Keras divides by"
        " their number. A sample_weight multiplies the weight of its target, in that sum too: weight 2 is an example"
        " twice. An ignored target counts nowhere; if all are, the loss is 0 and so is its gradient. A logit of -inf"
        " masks a class, but with label smoothing, which gives every class a share, its loss is infinite. Soft targets"
        " go to ``soft_cross_entropy_loss``.",
        arguments={
            **LOGITS,
            "weight": WEIGHT,
            "label_smoothing": SMOOTHING,
            "ignore_index": IGNORE_INDEX,
            "sample_weight": SAMPLE_WEIGHT,
        },
        defaults={
            "weight": Default(None, "PyTorch"),
            "label_smoothing": Default(0.0, "PyTorch"),
            "ignore_index": NO_CLASS_IGNORED,
            "sample_weight": NO_SAMPLE_WEIGHT,
        },
        returns=PER_EXAMPLE,
        papers=("szegedy2016",),
        inputs=MULTI_CLASS,
        properties=SHIFTS,
        bounds=(0, INFINITY),
        options=(
            {},
            {"label_smoothing": 0.1},
            {"ignore_index": 0},
            {"weight": PER_CLASS},
            {"weight": PER_CLASS, "label_smoothing": 0.2},
            {
                "weight": PER_CLASS,
                "label_smoothing": 0.2,
                "ignore_index": 1,
                "sample_weight": PER_TARGET,
            },
        ),
        pitfalls={
            "values": "A softmax before a loss that takes logits is applied twice and flattens the loss."
            " keras-team/keras#6143",
            "edge cases": "When every target is the ignored index, a mean over nothing is 0/0: NaN, unless"
            " the case is treated. pytorch/pytorch#70348",
            "large values": "exp of a large logit overflows; log-softmax subtracts the largest one first."
            " keras-team/keras#6143",
            "reductions": "Keras divides a weighted loss by the number of examples, not by the sum of their"
            " weights. keras-team/keras#19740",
        },
    ),
    Card(
        family="classification",
        name="soft_cross_entropy_loss",
        summary="Cross-entropy against a distribution over the classes, from logits.",
        formulas=(
            r"\ell = -\sum_k w_k \left[(1 - s)\, y_k + \tfrac{s}{K}\right] \log p_k",
            r"p = \mathrm{softmax}(\text{logits})",
        ),
        about="For targets that are themselves uncertain: mixed images, several annotators, a teacher network."
        " The mean divides by the number of examples, whatever the class weights, as PyTorch does for such targets."
        " A class with a logit of -inf costs nothing where its share is 0, and infinity where it has one."
        + WEIGHED_MEAN,
        arguments={
            **LOGITS,
            "target": "a probability for each class, of the shape of logits.",
            "weight": WEIGHT,
            "label_smoothing": SMOOTHING,
            "sample_weight": SAMPLE_WEIGHT,
        },
        defaults={
            "weight": Default(None, "PyTorch"),
            "label_smoothing": Default(0.0, "PyTorch"),
            "sample_weight": NO_SAMPLE_WEIGHT,
        },
        returns=PER_EXAMPLE,
        papers=("szegedy2016",),
        inputs={
            "logits": Input("N K", more=True),
            "target": Input("N K", "simplex", gradient=False, more=True),
        },
        properties=SHIFTS,
        bounds=(0, INFINITY),
        options=(
            {},
            {"label_smoothing": 0.1},
            {"weight": PER_CLASS},
            {"weight": PER_CLASS, "label_smoothing": 0.2, "sample_weight": PER_TARGET},
        ),
        pitfalls={
            "values": "With class weights, label smoothing spreads probability by weight, so a rare heavy class"
            " can win every prediction. pytorch/pytorch#104776",
        },
    ),
    Card(
        family="classification",
        name="binary_cross_entropy_loss",
        summary="Cross-entropy of yes or no, from logits: each class is judged for itself.",
        formulas=(
            r"\ell = -w\, y \log p - (1 - y) \log(1 - p)",
            r"p = \sigma(\text{logit})",
        ),
        about="Computed from the logit by log-sigmoid: a confident mistake keeps its value and its slope, where"
        " the logarithm of a rounded probability has lost both." + WEIGHED_MEAN,
        arguments={
            **BINARY_LOGITS,
            "pos_weight": "the w of the formula, the weight of what is present: a number, or one for each class,"
            " ``(K,)``, along the last axis, in PyTorch axis 1.",
            "label_smoothing": BINARY_SMOOTHING,
            "mask": BINARY_MASK,
            "sample_weight": SAMPLE_WEIGHT,
        },
        defaults={
            "pos_weight": Default(1.0, "PyTorch"),
            "label_smoothing": NO_SMOOTHING,
            "mask": NO_MASK,
            "sample_weight": NO_SAMPLE_WEIGHT,
        },
        returns=LOSS,
        inputs=MULTI_LABEL,
        images=True,
        bounds=(0, INFINITY),
        options=(
            {},
            {"pos_weight": 3.0},
            {"pos_weight": PER_CLASS},
            {"label_smoothing": 0.2},
            {"pos_weight": 3.0, "mask": MASK, "sample_weight": PER_ROW},
        ),
        pitfalls={
            "values": "A sigmoid before a loss that takes logits is applied twice: no score can fall below one"
            " half. hustvl/YOLOP#117",
            "gradients": "From probabilities, a saturated wrong prediction is clipped to 100 and learns nothing;"
            " logits keep value and slope. pytorch/pytorch#49844",
            "edge cases": "Written with abs, the stable form has a wrong slope at a logit of exactly 0."
            " pytorch/pytorch#2195",
            "large values": "From probabilities, a saturated wrong prediction is clipped to 100 and learns"
            " nothing. pytorch/pytorch#49844",
            "half precision": "In half precision a probability rounds to 0 or 1, so PyTorch refuses BCELoss under"
            " autocast. pytorch/pytorch#61098",
        },
        against=("overconfident scores",),
    ),
    Card(
        family="classification",
        name="hinge_loss",
        summary="Wants each score on the right side of 0, with a margin of 1.",
        formulas=(
            r"\ell = \max(0, 1 - y\,s)",
            r"y \in \{-1, +1\}",
        ),
        about="Its slope is constant until the margin is won, then 0.",
        arguments=SIGNED,
        returns=LOSS,
        papers=("cortes1995",),
        inputs=TWO_CLASSES,
        bounds=(0, INFINITY),
        pitfalls={
            "values": "The hinge wants targets -1 and +1; targets 0 and 1 give another loss, without an error."
            " keras-team/keras#15665",
        },
    ),
    Card(
        family="classification",
        name="squared_hinge_loss",
        summary="The square of the hinge: a smooth corner, and a far mistake counts more.",
        formulas=(
            r"\ell = \max(0, 1 - y\,s)^2",
            r"y \in \{-1, +1\}",
        ),
        arguments=SIGNED,
        returns=LOSS,
        papers=("cortes1995",),
        inputs=TWO_CLASSES,
        bounds=(0, INFINITY),
        pitfalls={
            "values": "The hinge wants targets -1 and +1; targets 0 and 1 give another loss, without an error."
            " keras-team/keras#15665",
        },
    ),
    Card(
        family="classification",
        name="crammer_singer_loss",
        summary="Multi-class hinge: the right class should lead its strongest rival by a margin.",
        formulas=(r"\ell = \max_k \left(s_k + m\,[k \neq y]\right) - s_y",),
        arguments=SCORES,
        defaults={"margin": Default(1.0, "crammer2001", "section 3")},
        returns=PER_EXAMPLE,
        papers=("crammer2001",),
        inputs=MULTI_CLASS_SCORES,
        properties=SHIFTS,
        bounds=(0, INFINITY),
        options=({}, {"margin": 0.3}),
        pitfalls={
            "values": "Crammer-Singer takes the largest margin violation, Weston-Watkins adds them all: two"
            " losses under one name. tensorflow/tensorflow#36807",
        },
    ),
    Card(
        family="classification",
        name="weston_watkins_loss",
        summary="Multi-class hinge: the right class should lead every rival by a margin.",
        formulas=(r"\ell = \sum_{k \neq y} \max(0, s_k + m - s_y)",),
        about="``torch.nn.MultiMarginLoss`` is this divided by the number of classes.",
        arguments=SCORES,
        defaults={"margin": Default(1.0, "PyTorch")},
        returns=PER_EXAMPLE,
        papers=("weston1999",),
        inputs=MULTI_CLASS_SCORES,
        properties=SHIFTS,
        bounds=(0, INFINITY),
        options=({}, {"margin": 0.3}),
        pitfalls={
            "values": "Crammer-Singer takes the largest margin violation, Weston-Watkins adds them all: two"
            " losses under one name. tensorflow/tensorflow#36807",
        },
    ),
    Card(
        family="classification",
        name="sigmoid_focal_loss",
        summary="Binary cross-entropy that turns away from what is easy.",
        formulas=(
            r"\ell = -\alpha_t (1 - p_t)^\gamma \left[y \log p + (1 - y) \log(1 - p)\right]",
            r"p_t = y\,p + (1 - y)(1 - p)",
            r"\alpha_t = \alpha\,y + (1 - \alpha)(1 - y)",
        ),
        about="p is the sigmoid of the logit, p_t the probability given to the truth. A detector commonly takes"
        ' the sum and divides it by the number of its positives, not the "mean" over all its anchors.'
        + WEIGHED_MEAN,
        arguments={
            **BINARY_LOGITS,
            "alpha": "the weight of what is present, from 0 to 1; what is absent has 1 - alpha, so that 0.25 weighs"
            " positives down. ``None`` weighs both 1.",
            "gamma": GAMMA,
            "label_smoothing": BINARY_SMOOTHING,
            "mask": BINARY_MASK,
            "sample_weight": SAMPLE_WEIGHT,
        },
        defaults={
            "alpha": Default(0.25, "lin2017", "section 4.1"),
            "gamma": Default(2.0, "lin2017", "section 4.1"),
            "label_smoothing": NO_SMOOTHING,
            "mask": NO_MASK,
            "sample_weight": NO_SAMPLE_WEIGHT,
        },
        returns=LOSS,
        papers=("lin2017",),
        inputs=MULTI_LABEL,
        images=True,
        bounds=(0, INFINITY),
        options=(
            {},
            {"gamma": 0.5},
            {"gamma": 0.0, "alpha": 0.5},
            {"gamma": 1.5, "alpha": 0.75},
            {"label_smoothing": 0.2},
            {"gamma": 1.5, "mask": MASK, "sample_weight": PER_ROW},
        ),
        pitfalls={
            "values": "Alpha belongs to the positives and 1 - alpha to the negatives; alpha on both only scales"
            " the loss. qubvel/segmentation_models#187",
            "gradients": "With gamma below 1, the power has an infinite slope where the prediction saturates:"
            " NaN gradients. kornia/kornia#918",
            "edge cases": "Even gamma = 0 gave NaN gradients, by raising zero to the power of zero."
            " google-deepmind/optax#1267",
            "large values": "With gamma below 1, the power has an infinite slope where the prediction saturates:"
            " NaN gradients. kornia/kornia#918",
            "reductions": "A detector divides the summed focal loss by its positives; a mean over all anchors is"
            " thousands of times smaller. open-mmlab/mmdetection#289",
        },
        against=("few positives or rare classes",),
    ),
    Card(
        family="classification",
        name="softmax_focal_loss",
        summary="Cross-entropy of classes that exclude each other, turned away from what is easy.",
        formulas=(
            r"\ell = (1 - s)\, f_y + \frac{s}{K} \sum_k f_k",
            r"f_k = -\alpha_k (1 - p_k)^\gamma \log p_k",
            r"p = \mathrm{softmax}(\text{logits})",
        ),
        about="Label smoothing gives every class its share of a focal loss of its own, as Keras does. The mean divides"
        " by the number of examples that count, whatever alpha." + WEIGHED_MEAN,
        arguments={
            **LOGITS,
            "alpha": WEIGHT,
            "gamma": GAMMA,
            "label_smoothing": SMOOTHING,
            "ignore_index": IGNORE_INDEX,
            "sample_weight": SAMPLE_WEIGHT,
        },
        defaults={
            "alpha": Default(None, "ours", "no class counts more than another"),
            "gamma": Default(2.0, "lin2017", "section 4.1"),
            "label_smoothing": NO_SMOOTHING,
            "ignore_index": NO_CLASS_IGNORED,
            "sample_weight": NO_SAMPLE_WEIGHT,
        },
        returns=PER_EXAMPLE,
        papers=("lin2017",),
        inputs=MULTI_CLASS,
        properties=SHIFTS,
        bounds=(0, INFINITY),
        options=(
            {},
            {"gamma": 0.5},
            {"gamma": 0.0},
            {"alpha": PER_CLASS, "gamma": 1.5},
            {"label_smoothing": 0.2},
            {
                "alpha": PER_CLASS,
                "label_smoothing": 0.1,
                "ignore_index": 1,
                "sample_weight": PER_TARGET,
            },
        ),
        pitfalls={
            "values": "One scalar alpha cannot weigh more than two classes: take one weight per class."
            " Project-MONAI/MONAI#8601",
            "gradients": "With gamma below 1, the power has an infinite slope where the prediction saturates:"
            " NaN gradients. kornia/kornia#918",
            "edge cases": "With gamma below 1, the power has an infinite slope where the prediction saturates:"
            " NaN gradients. kornia/kornia#918",
        },
        against=("few positives or rare classes",),
    ),
    Card(
        family="classification",
        name="generalized_cross_entropy_loss",
        summary="Between cross-entropy and one minus the probability: wrong labels pull less.",
        formulas=(
            r"\ell = \frac{1 - p_y^q}{q}",
            r"p = \mathrm{softmax}(\text{logits})",
        ),
        about="``q = 0`` is the limit, cross-entropy; ``q = 1`` is half the L1 distance of p to the one-hot target."
        " Computed as ``-expm1(q log p) / q``. A label that the network finds impossible has next to no gradient:"
        " this is what makes the loss robust, and slow to learn from scratch."
        + WEIGHED_MEAN,
        arguments={
            **LOGITS,
            "q": "from 0 to 1; the larger, the less a label counts that disagrees with the network.",
            "ignore_index": IGNORE_INDEX,
            "sample_weight": SAMPLE_WEIGHT,
        },
        defaults={
            "q": Default(0.7, "zhang2018", "section 4"),
            "ignore_index": NO_CLASS_IGNORED,
            "sample_weight": NO_SAMPLE_WEIGHT,
        },
        returns=PER_EXAMPLE,
        papers=("zhang2018",),
        inputs=MULTI_CLASS,
        properties=SHIFTS,
        bounds=(0, INFINITY),
        options=(
            {},
            {"q": 0.0},
            {"q": 1e-3},
            {"q": 1.0},
            {"ignore_index": 1, "sample_weight": PER_TARGET},
        ),
        pitfalls={
            "values": "A detached weight times cross-entropy has the right gradient but not the right value."
            " alinlab/LfF#3",
        },
        against=("outliers or wrong labels",),
    ),
    Card(
        family="classification",
        name="asymmetric_loss",
        summary="Focal loss for many labels, few of them present: absent ones are focused more and, if easy, dropped.",
        formulas=(
            r"\ell = -y\,(1 - p)^{\gamma_+} \log p - (1 - y)\, p_m^{\gamma_-} \log(1 - p_m)",
            r"p_m = \max(p - m, 0)",
        ),
        about="p is the sigmoid of the logit. The gradient goes through the focusing powers too, as the paper"
        " derives it; the authors' code can also hold them constant. An absent label that is given a probability"
        " of at most ``margin`` costs nothing. One that is given almost 1 has next to no gradient: it may be a"
        " label that was missed; one that is known to be unknown is for the mask."
        + WEIGHED_MEAN,
        arguments={
            **BINARY_LOGITS,
            "gamma_pos": "the focusing power for present labels; at least 0.",
            "gamma_neg": "the focusing power for absent labels; at least 0.",
            "margin": "the m of the formula, from 0 to 1: how far the probability of an absent label is shifted down.",
            "mask": BINARY_MASK,
            "sample_weight": SAMPLE_WEIGHT,
        },
        defaults={
            "gamma_pos": Default(
                0.0, "ours", "present labels keep plain cross-entropy"
            ),
            "gamma_neg": Default(4.0, "ridnik2021", "its code"),
            "margin": Default(0.05, "ridnik2021", "its code"),
            "mask": NO_MASK,
            "sample_weight": NO_SAMPLE_WEIGHT,
        },
        returns=LOSS,
        papers=("ridnik2021",),
        inputs={
            "logits": Input("N K", more=True),
            "target": Input("N K", "binary", gradient=False, more=True),
        },
        images=True,
        bounds=(0, INFINITY),
        options=(
            {},
            {"gamma_pos": 1.0, "gamma_neg": 2.0, "margin": 0.2},
            {"gamma_pos": 0.5, "gamma_neg": 0.5, "margin": 0.0},
            {"gamma_pos": 0.0, "gamma_neg": 0.0, "margin": 0.0},
            {"mask": MASK, "sample_weight": PER_ROW},
        ),
        pitfalls={
            "values": "The margin shifts the negatives' probability down, max(p - m, 0); code that shifts 1 - p up"
            " says the same. Alibaba-MIIL/ASL#58",
            "half precision": "Probabilities computed in half precision gave NaN for logits of moderate size."
            " Alibaba-MIIL/ASL#53",
        },
        against=("few positives or rare classes",),
    ),
    Card(
        family="classification",
        name="class_balanced_weights",
        summary="Class weights from how many examples there are: the inverse of the effective number.",
        formulas=(r"w_k \propto \frac{1 - \beta}{1 - \beta^{n_k}}",),
        about="They are scaled to sum to the number of classes that have examples. A class without any gets weight"
        " 0 and changes nothing for the others. ``beta = 0`` gives equal weights, ``beta`` near 1 the inverse of"
        " the counts.",
        arguments={
            "counts": "how many examples each class has, ``(K,)``, integers or floats. A negative one is an error in"
            " NumPy and gives NaN in PyTorch and TensorFlow.",
            "beta": "how fast further examples stop to count; at least 0 and below 1.",
        },
        raises="beta is not at least 0 and below 1",
        defaults={"beta": Default(0.999, "cui2019", "its experiments on ImageNet")},
        returns="Weights of the classes, ``(K,)``: the ``weight`` of ``cross_entropy_loss``.",
        papers=("cui2019",),
        inputs={"counts": Input("K", "positive", gradient=False)},
        bounds=(0, INFINITY),
        options=({}, {"beta": 0.0}, {"beta": 0.5}, {"beta": 0.99999}),
        pitfalls={
            "values": "The weights are scaled to sum to the number of classes, so that the loss keeps its usual"
            " size. richardaecn/class-balanced-loss#7",
        },
    ),
)
