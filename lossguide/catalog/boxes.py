"""Cards of what compares, codes and suppresses boxes."""

import math

from lossguide.catalog.card import (
    INFINITY,
    LOSS,
    NO_NAN,
    VALUES_DECIDE,
    Card,
    Default,
    Input,
)

BOX_PAIR = {
    "pred": "predicted boxes, ``(..., 4)`` as ``x1, y1, x2, y2`` in any one unit.",
    "target": "true boxes, of the same shape and in the same unit.",
}
BOX_SET = {"boxes": "``(N, 4)`` as ``x1, y1, x2, y2``."}
BOX_SETS = {
    "boxes1": "``(N, 4)`` as ``x1, y1, x2, y2``.",
    "boxes2": "``(M, 4)``, in the same unit.",
}
ROTATED_PAIR = {
    "pred": "predicted boxes, ``(..., 5)`` as ``cx, cy, w, h, angle``: lengths in any one unit, the angle in"
    " radians from the x axis toward the y axis.",
    "target": "true boxes, of the same shape and in the same units.",
    "eps": "a length in the unit of the boxes; its square is added to that of every side, so that a box"
    " without width or height has a Gaussian too. Above 0.",
}
ROTATED_RAISES = "eps is not above 0"
QUALITY = {
    "logits": "class scores before the sigmoid, of any shape.",
    "quality": "the IoU that the box achieved, in [0, 1], at its class, and 0 elsewhere; of the same shape. It"
    " is a target: detach it if it was computed from predicted boxes.",
}
SCORES = {"scores": "one score a box, ``(N,)``."}
CODING = {
    "anchors": "the reference boxes, ``(..., 4)`` as ``x1, y1, x2, y2``.",
    "weights": "factors on the four offsets.",
}
NO_AREA_EPS = {
    "eps": Default(1e-12, "ours", "lost in the rounding, unless a box has no area")
}
SIDE_EPS = {
    "eps": Default(1e-6, "ours", "lost in the rounding, unless a box has no side")
}
KEEPS_SOME = {"torch": VALUES_DECIDE, "tensorflow": VALUES_DECIDE}

BOX_LOSS = (
    "The loss: a scalar, or one value for each pair if ``reduction`` is ``none``."
)
MEASURE = "One value for each pair of boxes, of shape ``pred.shape[:-1]``."
PAIRWISE = (
    "A matrix ``(N, M)``: entry ``[i, j]`` compares ``boxes1[i]`` with ``boxes2[j]``."
)

BOX = frozenset(
    {"symmetric", "translation invariant", "scale invariant", "zero at target"}
)

TWO_BOXES = {
    "pred": Input("N 4", "box", more=True),
    "target": Input("N 4", "box", gradient=False, more=True),
}
TWO_ROTATED_BOXES = {
    "pred": Input("N 5", "rotated box", more=True),
    "target": Input("N 5", "rotated box", gradient=False, more=True),
}
TWO_SETS = {
    "boxes1": Input("N 4", "box"),
    "boxes2": Input("M 4", "box", gradient=False),
}
CLASS_SCORES = {
    "logits": Input("N K", more=True),
    "quality": Input("N K", "unit", gradient=False, more=True),
}
SCORED_BOXES = {
    "boxes": Input("N 4", "box", gradient=False),
    "scores": Input("N", "unit", gradient=False),
}

IOU = (r"\mathrm{IoU} = \frac{|A \cap B|}{|A \cup B|}",)
GIOU = (r"\mathrm{GIoU} = \mathrm{IoU} - \frac{|C| - |A \cup B|}{|C|}",)
DIOU = (r"\mathrm{DIoU} = \mathrm{IoU} - \frac{\rho^2}{c^2}",)
CIOU = (
    r"\mathrm{CIoU} = \mathrm{DIoU} - \alpha v",
    r"v = \frac{4}{\pi^2}\left(\arctan\frac{w^*}{h^*} - \arctan\frac{w}{h}\right)^2",
    r"\alpha = \frac{v}{1 - \mathrm{IoU} + v}",
)
EIOU = (
    r"\mathrm{EIoU} = \mathrm{DIoU} - \frac{(w - w^*)^2}{w_C^2} - \frac{(h - h^*)^2}{h_C^2}",
)
ENCLOSING = "C is the smallest box around both."
DIAGONAL = "rho is the distance of the centers, c the diagonal of the smallest box around both."
ASPECT = "The gradient takes alpha as a constant, as the paper does. A point has no aspect ratio: its v is 0."
ENCLOSING_SIDES = "Width and height of the smallest box around both are the units of the two penalties."
WASSERSTEIN = (
    r"W^2 = \Delta c_x^2 + \Delta c_y^2 + \tfrac14 \Delta w^2 + \tfrac14 \Delta h^2"
)
BHATTACHARYYA = (
    (
        r"B = \tfrac18\, d^\top \Sigma^{-1} d + \tfrac12 \ln \frac{|\Sigma|}{\sqrt{|\Sigma_1| "
        r"|\Sigma_2|}}"
    ),
    r"\Sigma = \tfrac12 (\Sigma_1 + \Sigma_2)",
)

GAP = (
    "A gap is a negative overlap: cut each to 0 before multiplying, or IoU leaves [0, 1]."
    " MathGaron/mean_average_precision#24"
)
NO_AREA = (
    "Predicted boxes without area occur early in training; 0/0 makes the loss NaN."
    " open-mmlab/mmdetection#3394"
)
NO_HEIGHT = "The aspect ratio w/h of a box without height is a division by zero. ultralytics/yolov5#8539"
HELD_ALPHA = "Alpha is a weight: hold it constant, no gradient flows through it. open-mmlab/mmdetection#5818"
NOT_PAIRWISE = (
    "A pairwise function that compares boxes one to one fails for sets of different sizes."
    " pytorch/vision#6317"
)

CARDS = (
    Card(
        family="boxes",
        name="box_area",
        summary="Area of boxes.",
        formulas=("A = (x_2 - x_1)(y_2 - y_1)",),
        arguments={"boxes": "``(..., 4)`` as ``x1, y1, x2, y2``."},
        returns="Areas, of shape ``boxes.shape[:-1]``, in the squared unit of the boxes.",
        inputs={"boxes": Input("N 4", "box", more=True)},
    ),
    Card(
        family="boxes",
        name="box_convert",
        summary="Boxes from one format to another.",
        arguments={
            "boxes": "``(..., 4)``.",
            "in_fmt": '"xyxy" (two corners), "xywh" (first corner and size) or "cxcywh" (center and size).',
            "out_fmt": "one of the same three.",
        },
        raises="a format is not one of the three",
        returns="The boxes in the new format, of the same shape.",
        inputs={"boxes": Input("N 4", "box", more=True)},
        options=(
            {"in_fmt": "xyxy", "out_fmt": "cxcywh"},
            {"in_fmt": "xywh", "out_fmt": "xyxy"},
            {"in_fmt": "cxcywh", "out_fmt": "xywh"},
        ),
    ),
    Card(
        family="boxes",
        name="rotated_box_corners",
        summary="The four corners of rotated boxes.",
        formulas=(
            (
                r"\begin{pmatrix} c_x \\ c_y \end{pmatrix} + \begin{pmatrix} \cos\theta & -\sin\theta "
                r"\\ \sin\theta & \cos\theta \end{pmatrix} \begin{pmatrix} \pm w/2 \\ \pm h/2 "
                r"\end{pmatrix}"
            ),
        ),
        arguments={
            "boxes": "``(..., 5)`` as ``cx, cy, w, h, angle``, the angle in radians from the x axis toward the"
            " y axis.",
        },
        returns="Points ``(..., 4, 2)``, around the box; first the corner that angle 0 has at ``x1, y1``.",
        inputs={"boxes": Input("N 5", "rotated box", more=True)},
    ),
    Card(
        family="boxes",
        name="iou",
        summary="Intersection over union of boxes, pair by pair.",
        formulas=IOU,
        about="Two boxes of zero area have IoU 0.",
        arguments=BOX_PAIR,
        defaults=NO_AREA_EPS,
        returns=MEASURE,
        papers=("jaccard1912",),
        inputs=TWO_BOXES,
        properties=BOX - {"zero at target"},
        bounds=(0, 1),
        pitfalls={
            "values": GAP,
            "edge cases": NO_AREA,
        },
    ),
    Card(
        family="boxes",
        name="giou",
        summary="IoU less the share of the enclosing box that neither box fills.",
        formulas=GIOU,
        about=ENCLOSING,
        arguments=BOX_PAIR,
        defaults=NO_AREA_EPS,
        returns=MEASURE,
        papers=("rezatofighi2019",),
        inputs=TWO_BOXES,
        properties=BOX - {"zero at target"},
        bounds=(-1, 1),
    ),
    Card(
        family="boxes",
        name="diou",
        summary="IoU less the squared distance of the centers, in units of the enclosing diagonal.",
        formulas=DIOU,
        about=DIAGONAL,
        arguments=BOX_PAIR,
        defaults=NO_AREA_EPS,
        returns=MEASURE,
        papers=("zheng2020",),
        inputs=TWO_BOXES,
        properties=BOX - {"zero at target"},
        bounds=(-1, 1),
    ),
    Card(
        family="boxes",
        name="ciou",
        summary="DIoU less a penalty on the difference of aspect ratios.",
        formulas=CIOU,
        about=ASPECT,
        arguments=BOX_PAIR,
        defaults=NO_AREA_EPS,
        returns=MEASURE,
        papers=("zheng2020",),
        inputs=TWO_BOXES,
        properties=BOX - {"zero at target"},
        bounds=(-2, 1),
        pitfalls={
            "edge cases": NO_HEIGHT,
            "gradients": HELD_ALPHA,
        },
    ),
    Card(
        family="boxes",
        name="eiou",
        summary="DIoU less a penalty on width and one on height.",
        formulas=EIOU,
        about=ENCLOSING_SIDES,
        arguments=BOX_PAIR,
        defaults=NO_AREA_EPS,
        returns=MEASURE,
        papers=("zhang2022",),
        inputs=TWO_BOXES,
        properties=BOX - {"zero at target"},
        bounds=(-3, 1),
    ),
    Card(
        family="boxes",
        name="box_iou",
        summary="IoU of every box of one set with every box of another.",
        arguments=BOX_SETS,
        defaults=NO_AREA_EPS,
        returns=PAIRWISE,
        papers=("jaccard1912",),
        inputs=TWO_SETS,
    ),
    Card(
        family="boxes",
        name="generalized_box_iou",
        summary="GIoU of every box of one set with every box of another.",
        arguments=BOX_SETS,
        defaults=NO_AREA_EPS,
        returns=PAIRWISE,
        papers=("rezatofighi2019",),
        inputs=TWO_SETS,
    ),
    Card(
        family="boxes",
        name="distance_box_iou",
        summary="DIoU of every box of one set with every box of another.",
        arguments=BOX_SETS,
        defaults=NO_AREA_EPS,
        returns=PAIRWISE,
        papers=("zheng2020",),
        inputs=TWO_SETS,
        pitfalls={
            "values": NOT_PAIRWISE,
        },
    ),
    Card(
        family="boxes",
        name="complete_box_iou",
        summary="CIoU of every box of one set with every box of another.",
        arguments=BOX_SETS,
        defaults=NO_AREA_EPS,
        returns=PAIRWISE,
        papers=("zheng2020",),
        inputs=TWO_SETS,
        pitfalls={
            "values": NOT_PAIRWISE,
        },
    ),
    Card(
        family="boxes",
        name="iou_loss",
        summary="One minus IoU.",
        formulas=(r"\ell = 1 - \mathrm{IoU}", *IOU),
        about="Boxes that do not overlap have loss 1 and no gradient. UnitBox's form is ``log_iou_loss``.",
        arguments=BOX_PAIR,
        defaults=NO_AREA_EPS,
        returns=BOX_LOSS,
        papers=("yu2016",),
        inputs=TWO_BOXES,
        properties=BOX,
        bounds=(0, 1),
        pitfalls={
            "values": GAP,
            "edge cases": NO_AREA,
        },
    ),
    Card(
        family="boxes",
        name="log_iou_loss",
        summary="The negative logarithm of IoU: UnitBox's loss.",
        formulas=(r"\ell = -\ln \max(\mathrm{IoU}, \varepsilon)", *IOU),
        about="Its gradient is that of ``iou_loss`` divided by the IoU: the poorer the overlap, the harder it pulls."
        " Boxes whose IoU is below ``eps`` have the loss ``-ln eps``, 13.8, and no gradient, as in MMDetection.",
        arguments={**BOX_PAIR, "eps": "an IoU below this counts as this; above 0."},
        raises="eps is not above 0",
        defaults={"eps": Default(1e-6, "MMDetection")},
        returns=BOX_LOSS,
        papers=("yu2016",),
        inputs=TWO_BOXES,
        properties=BOX,
        bounds=(0, INFINITY),
        options=({}, {"eps": 0.1}),
        pitfalls={
            "values": "Two losses are called IoU loss: 1 - IoU, and -ln IoU, which is MMDetection's."
            " open-mmlab/mmdetection#2518",
            "edge cases": NO_AREA,
        },
    ),
    Card(
        family="boxes",
        name="smooth_iou_loss",
        summary="IoU loss with a constant added to intersection and union.",
        formulas=(r"\ell = 1 - \frac{|A \cap B| + s}{|A \cup B| + s}",),
        about="Without overlap its gradient is not zero, but it only shrinks the predicted box; it does not move it.",
        arguments={
            **BOX_PAIR,
            "smooth": "the constant s, in the squared unit of the boxes; above 0.",
        },
        raises="smooth is not above 0",
        defaults={"smooth": Default(1.0, "ours", "one squared pixel")},
        returns=BOX_LOSS,
        inputs=TWO_BOXES,
        properties=BOX - {"scale invariant"},
        bounds=(0, 1),
        options=({}, {"smooth": 30.0}),
    ),
    Card(
        family="boxes",
        name="giou_loss",
        summary="One minus GIoU.",
        formulas=(r"\ell = 1 - \mathrm{GIoU}", *GIOU),
        about=ENCLOSING,
        arguments=BOX_PAIR,
        defaults=NO_AREA_EPS,
        returns=BOX_LOSS,
        papers=("rezatofighi2019",),
        inputs=TWO_BOXES,
        properties=BOX,
        bounds=(0, 2),
        pitfalls={
            "values": GAP,
            "edge cases": "Two points at one place enclose no area: the penalty is 0/0. pytorch/vision#7746",
            "large values": "Widths and heights that are not positive can make the loss NaN."
            " generalized-iou/g-tensorflow-models#3",
        },
        against=(
            "boxes do not overlap",
            "no gradient far out",
        ),
    ),
    Card(
        family="boxes",
        name="diou_loss",
        summary="One minus DIoU.",
        formulas=(r"\ell = 1 - \mathrm{DIoU}", *DIOU),
        about=DIAGONAL,
        arguments=BOX_PAIR,
        defaults=NO_AREA_EPS,
        returns=BOX_LOSS,
        papers=("zheng2020",),
        inputs=TWO_BOXES,
        properties=BOX,
        bounds=(0, 2),
        pitfalls={
            "values": GAP,
            "edge cases": NO_AREA,
        },
        against=("one box lies in the other",),
    ),
    Card(
        family="boxes",
        name="ciou_loss",
        summary="One minus CIoU.",
        formulas=(r"\ell = 1 - \mathrm{CIoU}", *CIOU),
        about=ASPECT,
        arguments=BOX_PAIR,
        defaults=NO_AREA_EPS,
        returns=BOX_LOSS,
        papers=("zheng2020",),
        inputs=TWO_BOXES,
        properties=BOX,
        bounds=(0, 3),
        pitfalls={
            "edge cases": NO_HEIGHT,
            "gradients": HELD_ALPHA,
            "zero at target": "Alpha is 0/0 for identical boxes. ultralytics/yolov5#541",
            "large values": "A mask over boxes without height does not stop their NaN gradients."
            " Zzh-tju/DIoU-pytorch-detectron#19",
        },
    ),
    Card(
        family="boxes",
        name="eiou_loss",
        summary="One minus EIoU.",
        formulas=(r"\ell = 1 - \mathrm{EIoU}", *EIOU),
        about=ENCLOSING_SIDES,
        arguments=BOX_PAIR,
        defaults=NO_AREA_EPS,
        returns=BOX_LOSS,
        papers=("zhang2022",),
        inputs=TWO_BOXES,
        properties=BOX,
        bounds=(0, 4),
        pitfalls={
            "values": GAP,
            "edge cases": NO_AREA,
        },
        against=(
            "boxes do not overlap",
            "one box lies in the other",
            "no gradient far out",
        ),
    ),
    Card(
        family="boxes",
        name="alpha_iou_loss",
        summary="One minus a power of IoU.",
        formulas=(r"\ell = 1 - \mathrm{IoU}^\alpha",),
        about="A power above 1 makes the loss steeper for boxes that already overlap well.",
        arguments={
            **BOX_PAIR,
            "alpha": "the power, at least 1: below 1 the gradient is infinite at IoU 0.",
        },
        raises="alpha is below 1",
        defaults={"alpha": Default(3.0, "he2021", "its experiments"), **NO_AREA_EPS},
        returns=BOX_LOSS,
        papers=("he2021",),
        inputs=TWO_BOXES,
        properties=BOX,
        bounds=(0, 1),
        options=({}, {"alpha": 1.0}, {"alpha": 2.5}),
        pitfalls={
            "values": GAP,
            "edge cases": NO_AREA,
        },
    ),
    Card(
        family="boxes",
        name="nwd",
        summary="Normalized Wasserstein distance of boxes as Gaussians: a similarity for tiny boxes.",
        formulas=(
            r"\mathrm{NWD} = e^{-W/C}",
            WASSERSTEIN,
        ),
        about="W is the 2-Wasserstein distance of the Gaussians with the boxes' centers as means and a quarter of"
        " their squared sides as variances. It is also the distance of the corners over the root of 2. For"
        " equal boxes the gradient is taken as 0. In float32, NWD and its gradient vanish"
        " for distances above about a hundred C.",
        arguments={
            **BOX_PAIR,
            "constant": "C, a length in the unit of the boxes, about the size of the objects; above 0. The"
            " default, in pixels, suits objects of about 13 pixels.",
        },
        raises="constant is not above 0",
        defaults={"constant": Default(12.8, "wang2021", "its code, for AI-TOD")},
        returns=MEASURE,
        papers=("wang2021",),
        inputs=TWO_BOXES,
        properties=BOX - {"scale invariant", "zero at target"},
        bounds=(0, 1),
        options=({}, {"constant": 3.0}),
    ),
    Card(
        family="boxes",
        name="nwd_loss",
        summary="One minus NWD: a box loss that a pixel costs as much for small boxes as for large ones.",
        formulas=(
            r"\ell = 1 - e^{-W/C}",
            WASSERSTEIN,
        ),
        about="For equal boxes the gradient is taken as 0. In float32 the loss is 1 and without gradient for"
        " distances above about a hundred C.",
        arguments={
            **BOX_PAIR,
            "constant": "C, a length in the unit of the boxes, about the size of the objects; above 0. The"
            " default, in pixels, suits objects of about 13 pixels.",
        },
        raises="constant is not above 0",
        defaults={"constant": Default(12.8, "wang2021", "its code, for AI-TOD")},
        returns=BOX_LOSS,
        papers=("wang2021",),
        inputs=TWO_BOXES,
        properties=BOX - {"scale invariant"},
        bounds=(0, 1),
        options=({}, {"constant": 3.0}),
        pitfalls={
            "values": "C belongs to the data set and has the unit of the boxes; left at 1 it makes every box"
            " look wrong. Krasjet-Yu/YOLO-FaceV2#38",
        },
        against=("objects are tiny",),
    ),
    Card(
        family="boxes",
        name="probiou",
        summary="Probabilistic IoU of rotated boxes: one minus the Hellinger distance of their Gaussians.",
        formulas=(
            r"\mathrm{ProbIoU} = 1 - \sqrt{1 - e^{-B}}",
            *BHATTACHARYYA,
        ),
        about="A box is the Gaussian around its center that has the variances of the box, a twelfth of its"
        " squared sides. d is the offset of the centers. A square has the same Gaussian at every angle.",
        arguments=ROTATED_PAIR,
        raises=ROTATED_RAISES,
        defaults=SIDE_EPS,
        returns=MEASURE,
        papers=("llerena2021",),
        inputs=TWO_ROTATED_BOXES,
        properties=BOX - {"zero at target"},
        bounds=(0, 1),
    ),
    Card(
        family="boxes",
        name="probiou_loss",
        summary="One minus ProbIoU: a loss for rotated boxes, the Hellinger distance of their Gaussians.",
        formulas=(
            r"\ell = \sqrt{1 - e^{-B}}",
            *BHATTACHARYYA,
        ),
        about="This is the first of the paper's two losses; the second is B itself, ``-log1p(-loss**2)``."
        " For equal boxes the gradient is taken as 0. Boxes far apart have loss 1 and hardly a gradient.",
        arguments=ROTATED_PAIR,
        raises=ROTATED_RAISES,
        defaults=SIDE_EPS,
        returns=BOX_LOSS,
        papers=("llerena2021",),
        inputs=TWO_ROTATED_BOXES,
        properties=BOX,
        bounds=(0, 1),
        pitfalls={
            "edge cases": "A determinant that rounds to a negative number, or a negative side, makes its root"
            " NaN. ultralytics/ultralytics#14249",
            "large values": "Boxes much thinner than a pixel have nearly singular covariances and exploding"
            " gradients. ultralytics/ultralytics#25007",
            "half precision": "Under mixed precision a loss for rotated boxes became NaN."
            " ultralytics/ultralytics#18119",
        },
    ),
    Card(
        family="boxes",
        name="kld_loss",
        summary="Loss for rotated boxes from the Kullback-Leibler divergence of their Gaussians.",
        formulas=(
            r"\ell = 1 - \frac{1}{\tau + \ln(1 + D)}",
            (
                r"D = \tfrac12 \left( d^\top \Sigma_*^{-1} d + \operatorname{tr}(\Sigma_*^{-1} \Sigma) "
                r"+ \ln \frac{|\Sigma_*|}{|\Sigma|} \right) - 1"
            ),
        ),
        about="D goes from the prediction to the target. A box is the Gaussian around its center with a quarter"
        " of its squared sides as variances. d is the offset of the centers. Of the paper's two forms this is"
        " the logarithmic one. A square has the same Gaussian at every angle.",
        arguments={
            **ROTATED_PAIR,
            "tau": "at least 1; with 1, the loss of equal boxes is 0.",
        },
        raises="tau is below 1, or " + ROTATED_RAISES,
        defaults={"tau": Default(1.0, "MMRotate"), **SIDE_EPS},
        returns=BOX_LOSS,
        papers=("yang2021",),
        inputs=TWO_ROTATED_BOXES,
        options=({}, {"tau": 2.0}),
        properties=BOX - {"symmetric"},
        bounds=(0, 1),
        pitfalls={
            "values": "Code that takes the root of the divergence before the logarithm computes another loss"
            " than the paper's. zhanggefan/rotmmdet#10",
            "edge cases": "Covariances without a floor made training end in NaN. open-mmlab/mmrotate#183",
            "large values": "A determinant of a covariance must not come out negative. open-mmlab/mmrotate#238",
        },
        against=(
            "boxes do not overlap",
            "no gradient far out",
        ),
    ),
    Card(
        family="boxes",
        name="iou_aware_loss",
        summary="Cross-entropy between a predicted IoU and the IoU that the box achieved.",
        formulas=(
            r"\ell = -\left[u \log \sigma(z) + (1 - u)\log(1 - \sigma(z))\right]",
            r"u = \mathrm{IoU}(\text{pred}, \text{target})",
        ),
        about="The achieved IoU is a constant: the gradient reaches the logits, not the boxes.",
        arguments={
            **BOX_PAIR,
            "iou_logits": "the predicted IoU before the sigmoid, one number a box.",
        },
        defaults=NO_AREA_EPS,
        returns=BOX_LOSS,
        papers=("wu2020",),
        bounds=(0, INFINITY),
        inputs={
            "iou_logits": Input("N", more=True),
            "pred": Input("N 4", "box", more=True),
            "target": Input("N 4", "box", gradient=False, more=True),
        },
        against=("good scores on bad boxes",),
    ),
    Card(
        family="boxes",
        name="distribution_focal_loss",
        summary="Cross-entropy of an edge's place among bins: the two nearest share the truth by their distance.",
        formulas=(
            r"\ell = -\sum_{k=0}^{n} w_k \log p_k",
            r"p = \mathrm{softmax}(\text{logits})",
            r"w_k = \max(0, 1 - |y - k|)",
        ),
        about="An edge's distance y from the anchor point, in strides, is predicted as a distribution over the bins 0"
        " to n, and read off as its mean. A target beyond the bins counts as the nearest bin.",
        arguments={
            "logits": "one logit a bin, ``(..., n + 1)``, for at least 2 bins.",
            "target": "the true distances y, ``(...)``, in the unit of the bins.",
        },
        returns="The loss: a scalar, or one value for each distance if ``reduction`` is ``none``.",
        papers=("li2020",),
        inputs={
            "logits": Input("N K"),
            "target": Input("N", "positive", gradient=False),
        },
        bounds=(0, INFINITY),
        pitfalls={
            "values": "A target at the last bin has none to its right. Code that looks for it anyway clamps to"
            " n - 0.01, and so moves the truth. ultralytics/ultralytics#16258",
        },
    ),
    Card(
        family="boxes",
        name="quality_focal_loss",
        summary="Cross-entropy between a class score and the IoU of its box, focused on scores that are far off.",
        formulas=(
            (
                r"\ell = -|y - \sigma(z)|^\beta \left[y \log \sigma(z) + (1 - y) \log(1 - "
                r"\sigma(z))\right]"
            ),
        ),
        about="y is the quality. The gradient flows through the power too, as in the authors' code. Detectors"
        " divide the sum by the number of boxes that have an object.",
        arguments={
            **QUALITY,
            "beta": "the focus, 0 or at least 1: between, the gradient is infinite where the score is right."
            " 0 is plain cross-entropy.",
        },
        raises="beta is neither 0 nor at least 1",
        defaults={"beta": Default(2.0, "li2020", "section 3")},
        returns=LOSS,
        papers=("li2020",),
        inputs=CLASS_SCORES,
        images=True,
        bounds=(0, INFINITY),
        options=({}, {"beta": 0.0}, {"beta": 1.0}, {"beta": 2.5}),
        pitfalls={
            "values": "The factor is the distance of score and quality: the weights of focal loss are made for"
            " targets 0 and 1. ultralytics/yolov5#1482",
        },
        against=("good scores on bad boxes",),
    ),
    Card(
        family="boxes",
        name="varifocal_loss",
        summary="Cross-entropy between a class score and the IoU of its box; only negatives are weighted down.",
        formulas=(
            r"\ell = w \left[-q \log p - (1 - q) \log(1 - p)\right]",
            r"p = \sigma(z)",
            (
                r"w = \begin{cases} q & \text{if } q > 0, \\ \alpha p^\gamma & \text{if } q = 0. "
                r"\end{cases}"
            ),
        ),
        about="q is the quality. The gradient flows through the power too, as in the authors' code. Detectors"
        " divide the sum by the number of boxes that have an object.",
        arguments={
            **QUALITY,
            "alpha": "weight of the negatives, those of quality 0; at least 0.",
            "gamma": "how strongly easy negatives are weighted down; at least 0.",
        },
        raises="alpha or gamma is below 0",
        defaults={
            "alpha": Default(0.75, "zhang2021", "its experiments"),
            "gamma": Default(2.0, "zhang2021", "its experiments"),
        },
        returns=LOSS,
        papers=("zhang2021",),
        inputs=CLASS_SCORES,
        images=True,
        bounds=(0, INFINITY),
        options=({}, {"alpha": 0.3, "gamma": 0.5}, {"gamma": 0.0}),
        pitfalls={
            "values": "Positives are weighted by their quality alone; only negatives get alpha p^gamma."
            " hyz-xmaster/VarifocalNet#8",
            "gradients": "The quality is a target: no gradient flows to the boxes that it was computed from."
            " hyz-xmaster/VarifocalNet#30",
        },
        against=("good scores on bad boxes",),
    ),
    Card(
        family="boxes",
        name="fuse_scores",
        summary="One score from the class probability and the predicted IoU, for ranking.",
        formulas=(r"s = p^\alpha \, \mathrm{IoU}^{1 - \alpha}",),
        about="For inference: the gradient is infinite where an input is 0.",
        arguments={
            "scores": "class probabilities in [0, 1].",
            "ious": "predicted IoU in [0, 1], of the same shape.",
            "alpha": "1 uses the probability alone, 0 the IoU alone.",
        },
        raises="alpha is outside [0, 1]",
        defaults={"alpha": Default(0.5, "ours", "score and IoU count alike")},
        returns="The fused scores, of the same shape.",
        papers=("wu2020",),
        inputs={
            "scores": Input("N", "unit", gradient=False, more=True),
            "ious": Input("N", "unit", gradient=False, more=True),
        },
        options=({}, {"alpha": 1.0}, {"alpha": 0.3}),
        bounds=(0, 1),
    ),
    Card(
        family="boxes",
        name="encode_boxes",
        summary="Boxes as the offsets from their anchors that a detector regresses.",
        formulas=(
            r"t_x = \frac{x - x_a}{w_a}",
            r"t_y = \frac{y - y_a}{h_a}",
            r"t_w = \log\frac{w}{w_a}",
            r"t_h = \log\frac{h}{h_a}",
        ),
        about="x and y are centers.",
        arguments={
            "boxes": "``(..., 4)`` as ``x1, y1, x2, y2``.",
            **CODING,
            "eps": "sizes below it are taken as it, so that the logarithm is finite.",
        },
        defaults={
            "weights": Default((1.0, 1.0, 1.0, 1.0), "girshick2014", "appendix C"),
            **NO_AREA_EPS,
        },
        returns="The offsets, of the same shape.",
        papers=("girshick2014",),
        inputs={
            "boxes": Input("N 4", "box", more=True),
            "anchors": Input("N 4", "box", gradient=False, more=True),
        },
        options=({}, {"weights": (10.0, 10.0, 5.0, 5.0)}),
    ),
    Card(
        family="boxes",
        name="decode_boxes",
        summary="Boxes from their offsets: the inverse of ``encode_boxes``.",
        formulas=(
            "x = x_a + t_x w_a",
            "y = y_a + t_y h_a",
            "w = w_a e^{t_w}",
            "h = h_a e^{t_h}",
        ),
        arguments={
            "deltas": "offsets ``(..., 4)``.",
            **CODING,
            "max_log_scale": "the largest log size ratio; larger ones are cut to it, so that exp stays finite.",
        },
        defaults={
            "weights": Default((1.0, 1.0, 1.0, 1.0), "girshick2014", "appendix C"),
            "max_log_scale": Default(math.log(1000 / 16), "torchvision"),
        },
        returns="Boxes as ``x1, y1, x2, y2``, of the same shape.",
        papers=("girshick2014",),
        inputs={
            "deltas": Input("N 4", more=True),
            "anchors": Input("N 4", "box", gradient=False, more=True),
        },
        options=({}, {"weights": (10.0, 10.0, 5.0, 5.0)}, {"max_log_scale": 1.0}),
    ),
    Card(
        family="boxes",
        name="nms",
        summary="Non-maximum suppression: keep the best box of each crowd.",
        about=NO_NAN,
        arguments={
            **BOX_SET,
            **SCORES,
            "iou_threshold": "a box that overlaps a kept one by more than this is dropped.",
        },
        returns="Indices of the kept boxes, best score first; equal scores keep their order.",
        papers=("girshick2014",),
        inputs=SCORED_BOXES,
        options=({"iou_threshold": 0.5}, {"iou_threshold": 0.2}),
        not_compiled=KEEPS_SOME,
    ),
    Card(
        family="boxes",
        name="diou_nms",
        summary="Suppression by DIoU: neighbors with distant centers survive.",
        about=NO_NAN,
        arguments={
            **BOX_SET,
            **SCORES,
            "diou_threshold": "a box whose DIoU with a kept one is above this is dropped.",
        },
        returns="Indices of the kept boxes, best score first; equal scores keep their order.",
        papers=("zheng2020",),
        inputs=SCORED_BOXES,
        options=({"diou_threshold": 0.5}, {"diou_threshold": 0.2}),
        not_compiled=KEEPS_SOME,
    ),
    Card(
        family="boxes",
        name="iou_guided_nms",
        summary="Suppression ranked by predicted IoU; a kept box takes the best class score of its cluster.",
        about="A dropped box belongs to the first kept box, in rank order, that it overlaps by more than the"
        f" threshold. {NO_NAN}",
        arguments={
            **BOX_SET,
            **SCORES,
            "predicted_ious": "the IoU that the detector predicts for each box, ``(N,)``.",
            "iou_threshold": "a box that overlaps a kept one by more than this is dropped.",
        },
        returns="Indices of the kept boxes, best predicted IoU first, and their scores.",
        papers=("jiang2018",),
        inputs={
            **SCORED_BOXES,
            "predicted_ious": Input("N", "unit", gradient=False),
        },
        options=({"iou_threshold": 0.5}, {"iou_threshold": 0.2}),
        not_compiled=KEEPS_SOME,
    ),
    Card(
        family="boxes",
        name="soft_nms",
        summary="Suppression that lowers the scores of overlapping boxes instead of dropping them.",
        formulas=(
            r"s_j \leftarrow s_j \, e^{-\mathrm{IoU}^2/\sigma} \quad\text{(gaussian)}",
            (
                r"s_j \leftarrow s_j (1 - \mathrm{IoU}) \ \text{if}\ \mathrm{IoU} > N_t "
                r"\quad\text{(linear)}"
            ),
        ),
        about=NO_NAN,
        arguments={
            **BOX_SET,
            **SCORES,
            "method": '"gaussian" or "linear".',
            "sigma": "width of the gaussian; above 0.",
            "iou_threshold": "the overlap above which the linear method lowers a score.",
            "score_threshold": "boxes whose final score is not above this are left out.",
        },
        raises="method is not one of the two, or sigma is not above 0",
        defaults={
            "method": Default("gaussian", "bodla2017", "section 3"),
            "sigma": Default(0.5, "bodla2017", "its experiments"),
            "iou_threshold": Default(0.3, "bodla2017", "its experiments"),
            "score_threshold": Default(1e-3, "bodla2017", "its code"),
        },
        returns="Indices, best final score first, and the final scores.",
        papers=("bodla2017",),
        inputs=SCORED_BOXES,
        options=(
            {},
            {"sigma": 0.2, "score_threshold": 0.1},
            {"method": "linear"},
            {"method": "linear", "iou_threshold": 0.5},
        ),
        not_compiled=KEEPS_SOME,
    ),
)
