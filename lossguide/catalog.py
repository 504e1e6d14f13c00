"""One card for every public function of the grid: its meaning, formula, arguments, source and properties.

The docstrings of all columns, the tables of the book and the tests derive from these cards.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeVar

__all__ = ["CARDS", "Card", "documented", "find", "losses"]

Function = TypeVar("Function", bound=Callable[..., object])


@dataclass(frozen=True)
class Card:
    """What is true of a function in every column.

    ``inputs`` says what a loss compares, so that tests know what to feed it. ``properties`` are the
    invariances that the tests check; ``bounds`` the range of a single value, closed.
    """

    family: str
    name: str
    summary: str
    returns: str
    formula: str = ""
    about: str = ""
    arguments: dict[str, str] = field(default_factory=dict)
    raises: str = ""
    papers: tuple[str, ...] = ()
    inputs: Literal["numbers", "boxes", "other"] = "other"
    properties: frozenset[str] = frozenset()
    bounds: tuple[float, float] = (-float("inf"), float("inf"))

    @property
    def is_loss(self) -> bool:
        return self.name.endswith("_loss")


PAPERS = {
    "barron2019": "Barron, A General and Adaptive Robust Loss Function, CVPR 2019, eq. 1 and 8",
    "bodla2017": "Bodla et al., Soft-NMS: Improving Object Detection With One Line of Code, ICCV 2017",
    "charbonnier1994": "Charbonnier et al., Two Deterministic Half-Quadratic Regularization Algorithms, ICIP 1994",
    "girshick2014": "Girshick et al., Rich Feature Hierarchies, CVPR 2014, appendix C",
    "girshick2015": "Girshick, Fast R-CNN, ICCV 2015, eq. 3",
    "he2021": "He et al., Alpha-IoU, NeurIPS 2021",
    "huber1964": "Huber, Robust Estimation of a Location Parameter, 1964",
    "jaccard1912": "Jaccard, The Distribution of the Flora in the Alpine Zone, 1912",
    "jiang2018": "Jiang et al., Acquisition of Localization Confidence (IoU-Net), ECCV 2018, algorithm 1",
    "lai2017": "Lai et al., Deep Laplacian Pyramid Networks, CVPR 2017",
    "rezatofighi2019": "Rezatofighi et al., Generalized Intersection over Union, CVPR 2019",
    "wu2020": "Wu et al., IoU-aware Single-stage Object Detector, 2020",
    "yu2016": "Yu et al., UnitBox: An Advanced Object Detection Network, ACM Multimedia 2016",
    "zhang2022": "Zhang et al., Focal and Efficient IOU Loss, Neurocomputing 2022",
    "zheng2020": "Zheng et al., Distance-IoU Loss, AAAI 2020",
}

ARGUMENTS = {
    "pred": "the prediction.",
    "target": "what it should be, of the same shape.",
    "reduction": '"mean" (0 for an empty input, with a zero gradient), "sum" or "none".',
    "eps": "added to every denominator, so that 0/0 is 0.",
    "boxes1": "``(N, 4)`` as ``x1, y1, x2, y2``.",
    "boxes2": "``(M, 4)``, in the same unit.",
    "scores": "one score a box, ``(N,)``.",
    "anchors": "the reference boxes, ``(..., 4)`` as ``x1, y1, x2, y2``.",
    "weights": "factors on the four offsets.",
}
BOX_PAIR = {
    "pred": "predicted boxes, ``(..., 4)`` as ``x1, y1, x2, y2`` in any one unit.",
    "target": "true boxes, of the same shape and in the same unit.",
}
BOX_SET = {"boxes": "``(N, 4)`` as ``x1, y1, x2, y2``."}

LOSS = "The loss: a scalar, or one value for each element if ``reduction`` is ``none``."
BOX_LOSS = (
    "The loss: a scalar, or one value for each pair if ``reduction`` is ``none``."
)
MEASURE = "One value for each pair of boxes, of shape ``pred.shape[:-1]``."
PAIRWISE = (
    "A matrix ``(N, M)``: entry ``[i, j]`` compares ``boxes1[i]`` with ``boxes2[j]``."
)

ERROR = frozenset({"symmetric", "translation invariant", "zero at target"})
BOX = frozenset(
    {"symmetric", "translation invariant", "scale invariant", "zero at target"}
)

CARDS = (
    Card(
        family="regression",
        name="mse_loss",
        summary="Squared error (L2 loss).",
        formula=r"\ell = (\hat y - y)^2",
        returns=LOSS,
        inputs="numbers",
        properties=ERROR,
        bounds=(0, float("inf")),
    ),
    Card(
        family="regression",
        name="l1_loss",
        summary="Absolute error (L1 loss).",
        formula=r"\ell = |\hat y - y|",
        returns=LOSS,
        inputs="numbers",
        properties=ERROR,
        bounds=(0, float("inf")),
    ),
    Card(
        family="regression",
        name="huber_loss",
        summary="Squared for small errors, linear for large ones.",
        formula=r"\ell = \begin{cases} \tfrac12 d^2 & |d| \le \delta \\ \delta(|d| - \tfrac12\delta)"
        r" & \text{otherwise} \end{cases} \qquad d = \hat y - y",
        about="It equals ``delta`` times ``smooth_l1_loss`` with ``beta = delta``.",
        arguments={
            "delta": "where the square gives way to the line, in the unit of the target; above 0."
        },
        raises="delta is not above 0",
        returns=LOSS,
        papers=("huber1964",),
        inputs="numbers",
        properties=ERROR,
        bounds=(0, float("inf")),
    ),
    Card(
        family="regression",
        name="smooth_l1_loss",
        summary="L1 with a rounded tip.",
        formula=r"\ell = \begin{cases} \tfrac12 d^2 / \beta & |d| < \beta \\ |d| - \tfrac12\beta"
        r" & \text{otherwise} \end{cases} \qquad d = \hat y - y",
        about="Fast R-CNN's form has ``beta = 1``. The slope far from the target is 1 for every ``beta``.",
        arguments={
            "beta": "half width of the rounded tip, in the unit of the target; above 0."
        },
        raises="beta is not above 0",
        returns=LOSS,
        papers=("girshick2015",),
        inputs="numbers",
        properties=ERROR,
        bounds=(0, float("inf")),
    ),
    Card(
        family="regression",
        name="charbonnier_loss",
        summary="A smooth L1 without a seam: the square root of a shifted square.",
        formula=r"\ell = \sqrt{(\hat y - y)^2 + \varepsilon^2}",
        about="Its least value is ``eps``, not 0.",
        arguments={
            "eps": "width of the rounded tip, in the unit of the target; above 0."
        },
        raises="eps is not above 0",
        returns=LOSS,
        papers=("charbonnier1994", "lai2017"),
        inputs="numbers",
        properties=ERROR - {"zero at target"},
        bounds=(0, float("inf")),
    ),
    Card(
        family="regression",
        name="log_cosh_loss",
        summary="Half the square near 0, L1 less a constant far away, with no parameter.",
        formula=r"\ell = \log\cosh(\hat y - y)",
        about="Computed as ``|d| + log1p(expm1(-2|d|) / 2)``, which does not overflow.",
        returns=LOSS,
        inputs="numbers",
        properties=ERROR,
        bounds=(0, float("inf")),
    ),
    Card(
        family="regression",
        name="general_robust_loss",
        summary="One family from the square to losses that ignore outliers.",
        formula=r"\ell = \frac{|\alpha - 2|}{\alpha}\left[\left(\frac{(d/c)^2}{|\alpha - 2|} + 1\right)^{\alpha/2}"
        r" - 1\right] \qquad d = \hat y - y",
        about="The limits are taken exactly: ``alpha`` 2 is half the square, 1 a Charbonnier loss, 0 the Cauchy"
        " (Lorentzian) loss, -2 Geman-McClure, ``-inf`` Welsch.",
        arguments={
            "alpha": "shape; the smaller, the less an outlier counts. ``-math.inf`` is allowed.",
            "scale": "the c of the formula: width of the quadratic bowl, in the unit of the target; above 0.",
        },
        raises="scale is not above 0, or alpha is not below infinity",
        returns=LOSS,
        papers=("barron2019",),
        inputs="numbers",
        properties=ERROR,
        bounds=(0, float("inf")),
    ),
    Card(
        family="boxes",
        name="box_area",
        summary="Area of boxes.",
        formula=r"A = (x_2 - x_1)(y_2 - y_1)",
        arguments={"boxes": "``(..., 4)`` as ``x1, y1, x2, y2``."},
        returns="Areas, of shape ``boxes.shape[:-1]``, in the squared unit of the boxes.",
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
    ),
    Card(
        family="boxes",
        name="iou",
        summary="Intersection over union of boxes, pair by pair.",
        formula=r"\mathrm{IoU} = \frac{|A \cap B|}{|A \cup B|}",
        about="Two boxes of zero area have IoU 0.",
        arguments=BOX_PAIR,
        returns=MEASURE,
        papers=("jaccard1912",),
        inputs="boxes",
        properties=BOX - {"zero at target"},
        bounds=(0, 1),
    ),
    Card(
        family="boxes",
        name="giou",
        summary="IoU less the share of the enclosing box that neither box fills.",
        formula=r"\mathrm{GIoU} = \mathrm{IoU} - \frac{|C| - |A \cup B|}{|C|}",
        about="C is the smallest box around both.",
        arguments=BOX_PAIR,
        returns=MEASURE,
        papers=("rezatofighi2019",),
        inputs="boxes",
        properties=BOX - {"zero at target"},
        bounds=(-1, 1),
    ),
    Card(
        family="boxes",
        name="diou",
        summary="IoU less the squared distance of the centers, in units of the enclosing diagonal.",
        formula=r"\mathrm{DIoU} = \mathrm{IoU} - \frac{\rho^2}{c^2}",
        about=r"rho is the distance of the centers, c the diagonal of the smallest box around both.",
        arguments=BOX_PAIR,
        returns=MEASURE,
        papers=("zheng2020",),
        inputs="boxes",
        properties=BOX - {"zero at target"},
        bounds=(-1, 1),
    ),
    Card(
        family="boxes",
        name="ciou",
        summary="DIoU less a penalty on the difference of aspect ratios.",
        formula=r"\mathrm{CIoU} = \mathrm{DIoU} - \alpha v, \qquad"
        r" v = \frac{4}{\pi^2}\left(\arctan\frac{w^*}{h^*} - \arctan\frac{w}{h}\right)^2, \qquad"
        r" \alpha = \frac{v}{1 - \mathrm{IoU} + v}",
        about="The gradient takes alpha as a constant, as the paper does. A point has no aspect ratio: its v is 0.",
        arguments=BOX_PAIR,
        returns=MEASURE,
        papers=("zheng2020",),
        inputs="boxes",
        properties=BOX - {"zero at target"},
        bounds=(-2, 1),
    ),
    Card(
        family="boxes",
        name="eiou",
        summary="DIoU less a penalty on width and one on height.",
        formula=r"\mathrm{EIoU} = \mathrm{DIoU} - \frac{(w - w^*)^2}{w_C^2} - \frac{(h - h^*)^2}{h_C^2}",
        about="Width and height of the smallest box around both are the units of the two penalties.",
        arguments=BOX_PAIR,
        returns=MEASURE,
        papers=("zhang2022",),
        inputs="boxes",
        properties=BOX - {"zero at target"},
        bounds=(-3, 1),
    ),
    Card(
        family="boxes",
        name="box_iou",
        summary="IoU of every box of one set with every box of another.",
        returns=PAIRWISE,
        papers=("jaccard1912",),
    ),
    Card(
        family="boxes",
        name="generalized_box_iou",
        summary="GIoU of every box of one set with every box of another.",
        returns=PAIRWISE,
        papers=("rezatofighi2019",),
    ),
    Card(
        family="boxes",
        name="distance_box_iou",
        summary="DIoU of every box of one set with every box of another.",
        returns=PAIRWISE,
        papers=("zheng2020",),
    ),
    Card(
        family="boxes",
        name="complete_box_iou",
        summary="CIoU of every box of one set with every box of another.",
        returns=PAIRWISE,
        papers=("zheng2020",),
    ),
    Card(
        family="boxes",
        name="iou_loss",
        summary="One minus IoU.",
        formula=r"\ell = 1 - \mathrm{IoU}",
        about="Boxes that do not overlap have loss 1 and no gradient. UnitBox's form is ``-log(IoU)``, which is"
        " infinite there.",
        arguments=BOX_PAIR,
        returns=BOX_LOSS,
        papers=("yu2016",),
        inputs="boxes",
        properties=BOX,
        bounds=(0, 1),
    ),
    Card(
        family="boxes",
        name="smooth_iou_loss",
        summary="IoU loss with a constant added to intersection and union.",
        formula=r"\ell = 1 - \frac{|A \cap B| + s}{|A \cup B| + s}",
        about="Without overlap its gradient is not zero, but it only shrinks the predicted box; it does not move it.",
        arguments={
            **BOX_PAIR,
            "smooth": "the constant s, in the squared unit of the boxes; above 0.",
        },
        raises="smooth is not above 0",
        returns=BOX_LOSS,
        inputs="boxes",
        properties=BOX - {"scale invariant"},
        bounds=(0, 1),
    ),
    Card(
        family="boxes",
        name="giou_loss",
        summary="One minus GIoU.",
        formula=r"\ell = 1 - \mathrm{GIoU}",
        arguments=BOX_PAIR,
        returns=BOX_LOSS,
        papers=("rezatofighi2019",),
        inputs="boxes",
        properties=BOX,
        bounds=(0, 2),
    ),
    Card(
        family="boxes",
        name="diou_loss",
        summary="One minus DIoU.",
        formula=r"\ell = 1 - \mathrm{DIoU}",
        arguments=BOX_PAIR,
        returns=BOX_LOSS,
        papers=("zheng2020",),
        inputs="boxes",
        properties=BOX,
        bounds=(0, 2),
    ),
    Card(
        family="boxes",
        name="ciou_loss",
        summary="One minus CIoU.",
        formula=r"\ell = 1 - \mathrm{CIoU}",
        about="The gradient takes alpha as a constant, as the paper does. A point has no aspect ratio: its v is 0.",
        arguments=BOX_PAIR,
        returns=BOX_LOSS,
        papers=("zheng2020",),
        inputs="boxes",
        properties=BOX,
        bounds=(0, 3),
    ),
    Card(
        family="boxes",
        name="eiou_loss",
        summary="One minus EIoU.",
        formula=r"\ell = 1 - \mathrm{EIoU}",
        arguments=BOX_PAIR,
        returns=BOX_LOSS,
        papers=("zhang2022",),
        inputs="boxes",
        properties=BOX,
        bounds=(0, 4),
    ),
    Card(
        family="boxes",
        name="alpha_iou_loss",
        summary="One minus a power of IoU.",
        formula=r"\ell = 1 - \mathrm{IoU}^\alpha",
        about="A power above 1 makes the loss steeper for boxes that already overlap well.",
        arguments={
            **BOX_PAIR,
            "alpha": "the power, at least 1: below 1 the gradient is infinite at IoU 0.",
        },
        raises="alpha is below 1",
        returns=BOX_LOSS,
        papers=("he2021",),
        inputs="boxes",
        properties=BOX,
        bounds=(0, 1),
    ),
    Card(
        family="boxes",
        name="iou_aware_loss",
        summary="Cross-entropy between a predicted IoU and the IoU that the box achieved.",
        formula=r"\ell = -\left[u \log \sigma(z) + (1 - u)\log(1 - \sigma(z))\right], \qquad"
        r" u = \mathrm{IoU}(\text{pred}, \text{target})",
        about="The achieved IoU is a constant: the gradient reaches the logits, not the boxes.",
        arguments={
            **BOX_PAIR,
            "iou_logits": "the predicted IoU before the sigmoid, one number a box.",
        },
        returns=BOX_LOSS,
        papers=("wu2020",),
        bounds=(0, float("inf")),
    ),
    Card(
        family="boxes",
        name="fuse_scores",
        summary="One score from the class probability and the predicted IoU, for ranking.",
        formula=r"s = p^\alpha \, \mathrm{IoU}^{1 - \alpha}",
        about="For inference: the gradient is infinite where an input is 0.",
        arguments={
            "scores": "class probabilities in [0, 1].",
            "ious": "predicted IoU in [0, 1], of the same shape.",
            "alpha": "1 uses the probability alone, 0 the IoU alone.",
        },
        raises="alpha is outside [0, 1]",
        returns="The fused scores, of the same shape.",
        papers=("wu2020",),
    ),
    Card(
        family="boxes",
        name="encode_boxes",
        summary="Boxes as the offsets from their anchors that a detector regresses.",
        formula=r"t_x = \frac{x - x_a}{w_a}, \quad t_y = \frac{y - y_a}{h_a}, \quad"
        r" t_w = \log\frac{w}{w_a}, \quad t_h = \log\frac{h}{h_a}",
        about="x and y are centers.",
        arguments={
            "boxes": "``(..., 4)`` as ``x1, y1, x2, y2``.",
            "anchors": "the reference boxes, of the same shape.",
            "eps": "sizes below it are taken as it, so that the logarithm is finite.",
        },
        returns="The offsets, of the same shape.",
        papers=("girshick2014",),
    ),
    Card(
        family="boxes",
        name="decode_boxes",
        summary="Boxes from their offsets: the inverse of ``encode_boxes``.",
        formula=r"x = x_a + t_x w_a, \quad y = y_a + t_y h_a, \quad w = w_a e^{t_w}, \quad h = h_a e^{t_h}",
        arguments={
            "deltas": "offsets ``(..., 4)``.",
            "anchors": "the reference boxes, of the same shape.",
            "max_log_scale": "the largest log size ratio; larger ones are cut to it, so that exp stays finite.",
        },
        returns="Boxes as ``x1, y1, x2, y2``, of the same shape.",
        papers=("girshick2014",),
    ),
    Card(
        family="boxes",
        name="nms",
        summary="Non-maximum suppression: keep the best box of each crowd.",
        arguments={
            **BOX_SET,
            "iou_threshold": "a box that overlaps a kept one by more than this is dropped.",
        },
        returns="Indices of the kept boxes, best score first; equal scores keep their order.",
        papers=("girshick2014",),
    ),
    Card(
        family="boxes",
        name="diou_nms",
        summary="Suppression by DIoU: neighbors with distant centers survive.",
        arguments={
            **BOX_SET,
            "diou_threshold": "a box whose DIoU with a kept one is above this is dropped.",
        },
        returns="Indices of the kept boxes, best score first; equal scores keep their order.",
        papers=("zheng2020",),
    ),
    Card(
        family="boxes",
        name="iou_guided_nms",
        summary="Suppression ranked by predicted IoU; a kept box takes the best class score of its cluster.",
        about="A dropped box belongs to the first kept box, in rank order, that it overlaps by more than the"
        " threshold.",
        arguments={
            **BOX_SET,
            "predicted_ious": "the IoU that the detector predicts for each box, ``(N,)``.",
            "iou_threshold": "a box that overlaps a kept one by more than this is dropped.",
        },
        returns="Indices of the kept boxes, best predicted IoU first, and their scores.",
        papers=("jiang2018",),
    ),
    Card(
        family="boxes",
        name="soft_nms",
        summary="Suppression that lowers the scores of overlapping boxes instead of dropping them.",
        formula=r"s_j \leftarrow s_j \, e^{-\mathrm{IoU}^2/\sigma} \quad\text{(gaussian)}, \qquad"
        r" s_j \leftarrow s_j (1 - \mathrm{IoU}) \ \text{if}\ \mathrm{IoU} > N_t \quad\text{(linear)}",
        arguments={
            **BOX_SET,
            "method": '"gaussian" or "linear".',
            "sigma": "width of the gaussian; above 0.",
            "iou_threshold": "the overlap above which the linear method lowers a score.",
            "score_threshold": "boxes whose final score is not above this are left out.",
        },
        raises="method is not one of the two, or sigma is not above 0",
        returns="Indices, best final score first, and the final scores.",
        papers=("bodla2017",),
    ),
)

_BY_NAME = {card.name: card for card in CARDS}


def find(name: str) -> Card:
    """The card of a function, by its name."""
    if name not in _BY_NAME:
        raise LookupError(f"{name} has no Card in CARDS, lossguide/catalog.py")
    return _BY_NAME[name]


def losses(family: str | None = None) -> list[Card]:
    """The cards of all losses, or of one family's."""
    return [card for card in CARDS if card.is_loss and family in (None, card.family)]


def documented(function: Function) -> Function:
    """Write a function's docstring from its card; what the function states itself is its example."""
    card = find(function.__name__)
    arguments = {**ARGUMENTS, **card.arguments}
    names = inspect.signature(function).parameters
    if unknown := [name for name in names if name not in arguments]:
        raise LookupError(
            f"the card of {card.name} does not describe {unknown}: add to its `arguments`"
        )
    if unknown := [key for key in card.papers if key not in PAPERS]:
        raise LookupError(f"the card of {card.name} names {unknown}: add to PAPERS")
    lines = [card.summary, ""]
    if card.formula:
        lines += [".. math::", "", f"    {card.formula}", ""]
    if card.about:
        lines += [card.about, ""]
    lines += ["Args:"]
    lines += [f"    {name}: {arguments[name]}" for name in names]
    lines += ["", "Returns:", f"    {card.returns}", "", "Raises:"]
    lines += [
        "    TypeError: an input does not hold numbers; in PyTorch and TensorFlow, floating-point numbers."
    ]
    lines += [
        f"    ValueError: a shape or an option is not as said above{', or ' + card.raises if card.raises else ''}."
    ]
    if card.papers:
        lines += ["", "References:", *(f"    {PAPERS[key]}." for key in card.papers)]
    lines += [
        "",
        "Example:",
        *(
            f"    {line}"
            for line in inspect.cleandoc(function.__doc__ or "").splitlines()
        ),
    ]
    function.__doc__ = "\n".join(lines)
    return function
