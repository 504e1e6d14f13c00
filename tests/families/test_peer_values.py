"""Numbers that the tests of other libraries expect, typed in from there.

Each names the library, the file and the test that states it. Where a library means something else by a loss, the
change into ours stands beside its numbers.
"""

from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.testing import assert_allclose


class Stated(NamedTuple):
    """What a test of a library expects of a loss, and how many digits it prints."""

    suite: str
    function: str
    arrays: dict[str, Any]
    expected: Any
    options: dict[str, Any] | None = None
    within: float = 5e-5


def logits(probabilities):
    """Logits of probabilities; of 0 and 1, large ones."""
    p = np.clip(probabilities, 1e-30, 1)
    q = np.clip(1 - np.asarray(probabilities, float), 1e-30, 1)
    return np.log(p) - np.log(q)


def signs(labels):
    return 2.0 * np.asarray(labels) - 1


def channels_last(images):
    return np.moveaxis(np.asarray(images, float), 1, -1)


# --- Regression -----------------------------------------------------------------------------

KERAS = "keras losses_test.py "
OPTAX = "optax _regression_test.py "
KORNIA = "kornia tests/losses/"
NINES = {
    "pred": [[4.0, 8, 12], [8, 1, 3]],
    "target": [[1.0, 9, 2], [-5, -2, 6]],
}
HUBER = {
    "pred": [-2.0, 0.5, 0.0, 0.5, 2.0, 4.0, 132.0],
    "target": [0.0, -0.5, 0.0, 1.0, 1.0, 2.0, 0.3],
}
LARGE = [500.0, -2, -1, 0.5, 1]
ONE = {"pred": [1.0], "target": [0.0]}

REGRESSION = [
    Stated(KERAS + "MeanSquaredErrorTest.test_unweighted", "mse_loss", NINES, 49.5),
    Stated(KERAS + "MeanAbsoluteErrorTest.test_unweighted", "l1_loss", NINES, 5.5),
    Stated(
        OPTAX + "HuberLossTest.test_batched",
        "huber_loss",
        HUBER,
        [1.5, 0.5, 0.0, 0.125, 0.5, 1.5, 131.2],
        {"reduction": "none"},
        1e-12,
    ),
    Stated(
        OPTAX + "LogCoshTest.test_batched",
        "log_cosh_loss",
        {"pred": LARGE, "target": [-200.0, -1.5, 0, -1, 1]},
        [699.3068, 0.12011445, 0.4337809, 0.85544014, 0.0],
        {"reduction": "none"},
    ),
    Stated(
        OPTAX + "LogCoshTest.test_batched_predictions_only",
        "log_cosh_loss",
        {"pred": LARGE, "target": [0.0] * 5},
        [499.30685, 1.3250027, 0.4337809, 0.12011451, 0.43378082],
        {"reduction": "none"},
        1e-5,
    ),
    *(
        Stated(
            f"{KORNIA}{file}.py test_perfect_prediction",
            "general_robust_loss",
            ONE,
            expected,
            {"alpha": alpha},
            1e-10,
        )
        for file, alpha, expected in [
            ("test_charbonnier", 1.0, 0.41421356237),
            ("test_cauchy", 0.0, 0.405465108),
            ("test_welcsh", -np.inf, 0.39346934028),
        ]
    ),
]

# --- Classification -------------------------------------------------------------------------

OPTAX = "optax _classification_test.py "
MONAI = "MONAI tests/losses/"
METRICS = "torchmetrics functional/classification/hinge.py doctest of "
NINE_LOGITS = [[8.0, 1.0, 1.0], [0.0, 9.0, 1.0], [2.0, 3.0, 5.0]]
# Keras divides rows of probabilities by their sum, as a softmax of their logarithms does.
LOG_OF_ROWS = np.log([[0.9, 0.05, 0.05], [0.5, 0.89, 0.6], [0.05, 0.01, 0.94]])
IN_ORDER = [0, 1, 2]
TENS = {"logits": [[10.0, -10, 10], [10, 10, -10]], "target": [[1.0, 0, 1], [0, 1, 1]]}
# Labels of 0 and 1, which Keras turns into signs.
HINGED = {"scores": [[0.6, 0.4], [0.4, 0.6]], "target": signs([[0, 1], [0, 0]])}
FOUR = {
    "logits": logits([[0.9, 0.8], [0.7, 0.2]]),
    "target": [[1.0, 0], [1, 0]],
}
FOCAL_LOGITS = channels_last([[[[1.0, 1.0], [0.5, 0.0]]] * 3])
FOCAL_CLASSES = np.array([[[0, 1], [2, 0]]])
FOCAL_ON_CHANNELS = {"logits": FOCAL_LOGITS, "target": np.eye(3)[FOCAL_CLASSES]}
FOCAL_ON_CLASSES = {"logits": FOCAL_LOGITS, "target": FOCAL_CLASSES}

CLASSIFICATION = [
    *(
        Stated(
            f"{KERAS}{test}",
            name,
            {"logits": given, "target": target},
            expected,
            options,
            within,
        )
        for name, target in [
            ("cross_entropy_loss", IN_ORDER),
            ("soft_cross_entropy_loss", np.eye(3)),
        ]
        for test, given, expected, options, within in [
            (
                "CategoricalCrossentropyTest.test_unweighted, logits",
                NINE_LOGITS,
                0.0573,
                {},
                1e-4,
            ),
            (
                "CategoricalCrossentropyTest.test_unweighted, probabilities",
                LOG_OF_ROWS,
                0.3239,
                {},
                1e-4,
            ),
            (
                "CategoricalCrossentropyTest.test_no_reduction",
                NINE_LOGITS,
                [0.001822, 0.000459, 0.169846],
                {"reduction": "none"},
                1e-6,
            ),
        ]
    ),
    Stated(
        KERAS + "CategoricalCrossentropyTest.test_label_smoothing",
        "cross_entropy_loss",
        {"logits": [[100.0, -100.0, -100.0]], "target": [0]},
        400 * 0.1 / 3,
        {"label_smoothing": 0.1},
        1e-12,
    ),
    Stated(
        KERAS + "SparseCategoricalCrossentropyTest.test_ignore_class",
        "cross_entropy_loss",
        {
            "logits": [[0.854, 0.698, 0.598], [0.088, 0.86, 0.018]],
            "target": [-1, 2],
        },
        [0.0, 1.480129],
        {"ignore_index": -1, "reduction": "none"},
        1e-6,
    ),
    Stated(
        OPTAX + "SoftmaxCrossEntropyTest.test_batched",
        "soft_cross_entropy_loss",
        {
            "logits": [[10.0, 1.0, -2.0], [1.0, 4.0, 0.2]],
            "target": [[0.0, 1, 0], [1, 0, 0]],
        },
        [9.00013, 3.0696733],
        {"reduction": "none"},
        1e-5,
    ),
    Stated(
        OPTAX + "SafeSoftmaxCrossEntropyTest.test_batched, where it is finite",
        "soft_cross_entropy_loss",
        {
            "logits": [[-np.inf, 0.0, 0.0], [-np.inf, 0.0, -np.inf]],
            "target": [[0.0, 0.5, 0.5], [0.0, 1.0, 0.0]],
        },
        [0.693147, 0.0],
        {"reduction": "none"},
        1e-6,
    ),
    Stated(
        OPTAX + "PolyLossTest.test_scalar, eps 0",
        "soft_cross_entropy_loss",
        {
            "logits": [[0.14, 1.456, 2.356, -0.124, -2.47]],
            "target": [[0.1, 0.15, 0.2, 0.25, 0.3]],
        },
        2.8990,
    ),
    Stated(
        OPTAX + "PolyLossTest.test_batched, eps 0",
        "soft_cross_entropy_loss",
        {
            "logits": [[4.0, 2.0, 1.0], [0.0, 5.0, 1.0]],
            "target": [[1.0, 0, 0], [0, 0.8, 0.2]],
        },
        [0.1698, 0.8247],
        {"reduction": "none"},
        1e-4,
    ),
    *(
        Stated(
            OPTAX + "SigmoidCrossEntropyTest.test_sigmoid_cross_entropy",
            "binary_cross_entropy_loss",
            {"logits": given, "target": target},
            expected,
            {},
            1e-6,
        )
        for given, target, expected in [
            ([-1e9, -1e-9], [1.0, 0], 5e8),
            ([-1e9, -1e-9], [0.0, 1], 0.3465736),
            ([1e9, 1e-9], [1.0, 0], 0.3465736),
            ([1e9, 1e-9], [0.0, 1], 5e8),
            ([-1e9, 1e-9], [1.0, 0], 5e8),
            ([-1e9, 1e-9], [0.0, 1], 0.3465736),
            ([1e9, -1e-9], [1.0, 0], 0.3465736),
            ([1e9, -1e-9], [0.0, 1], 5e8),
            ([0.0, 0.0], [1.0, 0], 0.6931472),
            ([0.0, 0.0], [0.0, 1], 0.6931472),
        ]
    ),
    Stated(
        KERAS + "BinaryCrossentropyTest.test_unweighted, logits",
        "binary_cross_entropy_loss",
        TENS,
        3.3333,
        {},
        1e-4,
    ),
    Stated(
        KERAS + "BinaryCrossentropyTest.test_unweighted, probabilities",
        "binary_cross_entropy_loss",
        {
            "logits": logits([[0.9, 0.1, 0.2], [0.3, 0.8, 0.1], [0.1, 0.2, 0.7]]),
            "target": np.eye(3),
        },
        0.20046903,
        {},
        1e-6,
    ),
    Stated(KERAS + "HingeTest.test_unweighted", "hinge_loss", HINGED, 1.3, {}, 1e-12),
    Stated(
        KERAS + "SquaredHingeTest.test_unweighted",
        "squared_hinge_loss",
        HINGED,
        1.86,
        {},
        1e-12,
    ),
    Stated(
        KERAS + "CategoricalHingeTest.test_unweighted, the row with a class",
        "crammer_singer_loss",
        {"scores": [[0.6, 0.4]], "target": [1]},
        1.2,
        {},
        1e-12,
    ),
    *(
        Stated(
            METRICS + "binary_hinge_loss",
            name,
            {
                "scores": [0.25, 0.25, 0.55, 0.75, 0.75],
                "target": signs([0, 0, 1, 1, 1]),
            },
            expected,
        )
        for name, expected in [("hinge_loss", 0.69), ("squared_hinge_loss", 0.6905)]
    ),
    Stated(
        METRICS + "hinge_loss",
        "hinge_loss",
        {"scores": [0.5, 0.7, 0.1], "target": signs([0, 1, 1])},
        0.9,
        {},
        1e-12,
    ),
    Stated(
        METRICS + "multiclass_hinge_loss",
        "crammer_singer_loss",
        {
            "scores": [
                [0.25, 0.20, 0.55],
                [0.55, 0.05, 0.40],
                [0.10, 0.30, 0.60],
                [0.90, 0.05, 0.05],
            ],
            "target": [0, 1, 2, 0],
        },
        0.9125,
        {},
        1e-12,
    ),
    Stated(
        KERAS + "BinaryFocalCrossentropyTest.test_unweighted, logits",
        "sigmoid_focal_loss",
        {
            "logits": [[1.5, -2.7, 2.9], [-3.8, 1.2, -4.5]],
            "target": [[1.0, 1, 0], [0, 1, 0]],
        },
        0.799,
        {"alpha": None, "gamma": 3.0},
        1e-3,
    ),
    Stated(
        KERAS + "BinaryFocalCrossentropyTest.test_unweighted, probabilities",
        "sigmoid_focal_loss",
        FOUR,
        0.268,
        {"alpha": None},
        1e-4,
    ),
    Stated(
        MONAI + "test_focal_loss.py test_result",
        "sigmoid_focal_loss",
        FOCAL_ON_CHANNELS,
        0.34959,
        {"alpha": None},
        1e-5,
    ),
    Stated(
        MONAI + "test_focal_loss.py test_result, alpha",
        "sigmoid_focal_loss",
        FOCAL_ON_CHANNELS,
        0.08423,
        {"alpha": 0.8},
        1e-5,
    ),
    Stated(
        MONAI + "test_focal_loss.py test_result, no reduction",
        "sigmoid_focal_loss",
        {name: x.reshape(4, 3) for name, x in FOCAL_ON_CHANNELS.items()},
        [
            [0.02266, 0.70187, 0.70187],
            [0.70187, 0.02266, 0.70187],
            [0.37741, 0.37741, 0.06757],
            [0.17329, 0.17329, 0.17329],
        ],
        {"alpha": None, "reduction": "none"},
        1e-5,
    ),
    # The mean is over the classes too, of which all but the true one have no loss.
    Stated(
        MONAI + "test_focal_loss.py test_result, softmax",
        "softmax_focal_loss",
        FOCAL_ON_CLASSES,
        3 * 0.16276,
        {},
        3e-5,
    ),
    Stated(
        MONAI + "test_focal_loss.py test_result, softmax and alpha",
        "softmax_focal_loss",
        FOCAL_ON_CLASSES | {"alpha": np.array([0.2, 0.8, 0.8])},
        3 * 0.08138,
        {},
        3e-5,
    ),
    Stated(
        KERAS + "CategoricalFocalCrossentropyTest.test_unweighted, probabilities",
        "softmax_focal_loss",
        {"logits": LOG_OF_ROWS, "target": IN_ORDER, "alpha": np.full(3, 0.25)},
        0.02059,
        {},
        1e-5,
    ),
    Stated(
        KERAS + "CategoricalFocalCrossentropyTest.test_no_reduction",
        "softmax_focal_loss",
        {"logits": NINE_LOGITS, "target": IN_ORDER, "alpha": np.full(3, 0.25)},
        [1.5096224e-09, 2.4136547e-11, 1.0360638e-03],
        {"reduction": "none"},
        1e-9,
    ),
]

# --- Boxes ----------------------------------------------------------------------------------

VISION = "torchvision test_ops.py "
ADDONS = "tensorflow-addons giou_loss_test.py "
METRICS = "torchmetrics functional/detection/"
BOXES = [[0.0, 0, 100, 100], [0, 0, 50, 50], [200, 200, 300, 300], [0, 0, 25, 25]]
THREE = BOXES[:3]
REAL_BOXES = [
    [285.3538, 185.5758, 1193.5110, 851.4551],
    [285.1472, 188.7374, 1192.4984, 851.0669],
    [279.2440, 197.9812, 1189.4746, 849.2019],
]
QUARTER, BESIDE, DIAGONAL, AROUND = (
    [[0.0, 0, 1, 1]],
    [[0.0, 1, 1, 2]],
    [[1.0, 1, 2, 2]],
    [[-1.0, -1, 1, 1]],
)
CORNERS = [[0.0, 0, 100, 100], [0, 0, 0, 0], [10, 15, 30, 35], [23, 35, 93, 95]]
SIZES = [[0.0, 0, 100, 100], [0, 0, 0, 0], [10, 15, 20, 20], [23, 35, 70, 60]]
CENTERS = [[50.0, 50, 100, 100], [0, 0, 0, 0], [20, 25, 20, 20], [58, 65, 70, 60]]
NEAR = [[4.0, 3, 7, 5], [5, 6, 10, 7]]
FAR = [[3.0, 4, 6, 8], [14, 14, 15, 15]]
DETECTED = [
    [296.55, 93.96, 314.97, 152.79],
    [328.94, 97.05, 342.49, 122.98],
    [356.62, 95.47, 372.33, 147.55],
]
TRUE = [
    [300.00, 100.00, 315.00, 150.00],
    [330.00, 100.00, 350.00, 125.00],
    [350.00, 100.00, 375.00, 150.00],
]
DIOUS = [
    [1.0, 0.1875, -0.4444],
    [0.1875, 1.0, -0.5625],
    [-0.4444, -0.5625, 1.0],
    [-0.0781, 0.1875, -0.6267],
]
NONE = {"reduction": "none"}

BOXED = [
    Stated(
        VISION + "TestBoxArea.test_float_boxes",
        "box_area",
        {"boxes": REAL_BOXES},
        [604723.0806, 600965.4666, 592761.0085],
        {},
        1e-4,
    ),
    *(
        Stated(
            f"{VISION}TestBoxConvert.test_bbox_{in_fmt}_{out_fmt}",
            "box_convert",
            {"boxes": given},
            expected,
            {"in_fmt": in_fmt, "out_fmt": out_fmt},
            1e-12,
        )
        for in_fmt, out_fmt, given, expected in [
            ("xyxy", "xywh", CORNERS, SIZES),
            ("xyxy", "cxcywh", CORNERS, CENTERS),
            ("xywh", "cxcywh", SIZES, CENTERS),
        ]
    ),
    *(
        Stated(
            f"{VISION}{test}.test_iou",
            name,
            {"boxes1": BOXES, "boxes2": THREE},
            expected,
        )
        for test, name, expected in [
            (
                "TestBoxIou",
                "box_iou",
                [[1, 0.25, 0], [0.25, 1, 0], [0, 0, 1], [0.0625, 0.25, 0]],
            ),
            (
                "TestGeneralizedBoxIou",
                "generalized_box_iou",
                [
                    [1, 0.25, -0.7778],
                    [0.25, 1, -0.8611],
                    [-0.7778, -0.8611, 1],
                    [0.0625, 0.25, -0.8819],
                ],
            ),
            ("TestDistanceBoxIoU", "distance_box_iou", DIOUS),
            ("TestCompleteBoxIou", "complete_box_iou", DIOUS),
        ]
    ),
    *(
        Stated(
            f"{VISION}{test}",
            name,
            {"pred": pred, "target": target},
            [expected],
            NONE,
        )
        for test, name, pred, target, expected in [
            ("test_giou_loss", "giou_loss", AROUND, AROUND, 0),
            ("test_giou_loss", "giou_loss", AROUND, QUARTER, 0.75),
            ("test_giou_loss", "giou_loss", QUARTER, BESIDE, 1),
            ("test_giou_loss", "giou_loss", QUARTER, DIAGONAL, 1.5),
            ("test_distance_iou_loss", "diou_loss", AROUND, QUARTER, 0.8125),
            ("test_distance_iou_loss", "diou_loss", AROUND, BESIDE, 1.1923),
            ("test_distance_iou_loss", "diou_loss", AROUND, DIAGONAL, 1.25),
            ("test_ciou_loss", "ciou_loss", AROUND, QUARTER, 0.8125),
            ("test_ciou_loss", "ciou_loss", AROUND, BESIDE, 1.1923),
            ("test_ciou_loss", "ciou_loss", AROUND, DIAGONAL, 1.25),
        ]
    ),
    Stated(
        ADDONS + "test_iou",
        "iou_loss",
        {"pred": NEAR, "target": FAR},
        [0.875, 1.0],
        NONE,
        1e-9,
    ),
    Stated(
        ADDONS + "test_giou_loss",
        "giou_loss",
        {"pred": NEAR, "target": FAR},
        [1.075, 1.9333333373069763],
        NONE,
        1e-8,
    ),
    Stated(
        ADDONS + "test_different_shapes",
        "giou_loss",
        {"pred": NEAR, "target": [FAR[0], FAR[0]]},
        [1.075, 1.366071],
        NONE,
        1e-6,
    ),
    Stated(
        ADDONS + "test_keras_model",
        "giou_loss",
        {"pred": NEAR, "target": FAR},
        1.5041667222976685,
        {},
        1e-6,
    ),
    *(
        Stated(
            METRICS + file,
            name,
            {"boxes1": DETECTED, "boxes2": TRUE},
            expected,
        )
        for file, name, expected in [
            (
                "iou.py doctest",
                "box_iou",
                [[0.6898, 0, 0], [0, 0.5086, 0], [0, 0, 0.5654]],
            ),
            (
                "giou.py doctest",
                "generalized_box_iou",
                [
                    [0.6895, -0.4964, -0.4944],
                    [-0.5105, 0.4673, -0.3434],
                    [-0.6024, -0.4021, 0.5345],
                ],
            ),
            (
                "diou.py doctest",
                "distance_box_iou",
                [
                    [0.6883, -0.2043, -0.3351],
                    [-0.2214, 0.4886, -0.1913],
                    [-0.3971, -0.1510, 0.5609],
                ],
            ),
            (
                "ciou.py doctest",
                "complete_box_iou",
                [
                    [0.6883, -0.2072, -0.3352],
                    [-0.2217, 0.4881, -0.1913],
                    [-0.3971, -0.1543, 0.5606],
                ],
            ),
        ]
    ),
    Stated(
        "mmdetection test_iou2d_calculator.py test_bbox_overlaps_2d",
        "giou",
        {
            "pred": [[0.0, 0, 10, 10], [10, 10, 20, 20], [32, 32, 38, 42]],
            "target": [[0.0, 0, 10, 20], [0, 10, 10, 19], [10, 10, 20, 20]],
        },
        [0.5, -0.05, -0.8214],
    ),
    Stated(
        "detectron2 tests/structures/test_boxes.py test_pairwise_iou",
        "box_iou",
        {
            "boxes1": QUARTER,
            "boxes2": [
                [0.0, 0, 1, 1],
                [0, 0, 0.5, 1],
                [0, 0, 1, 0.5],
                [0, 0, 0.5, 0.5],
                [0.5, 0.5, 1, 1],
                [0.5, 0.5, 1.5, 1.5],
            ],
        },
        [[1, 0.5, 0.5, 0.25, 0.25, 1 / 7]],
        {},
        1e-9,
    ),
    Stated(
        "keras bounding_boxes/iou_test.py test_compute_iou",
        "box_iou",
        {
            "boxes1": [[100.0, 101, 200, 201], [0, 2, 1, 3], [1300, 1400, 1500, 1401]],
            "boxes2": [[101.0, 102, 201, 202], [0, 2, 1, 3], [1000, 1400, 1200, 1401]],
        },
        [[0.96097656633, 0, 0], [0, 1, 0], [0, 0, 0]],
        {},
        1e-10,
    ),
    Stated(
        "keras bounding_boxes/iou_test.py test_compute_single_ciou, test_compute_ciou",
        "ciou",
        {
            "pred": [
                [100.0, 101, 200, 201],
                [100, 101, 200, 201],
                [1000, 1000, 1500, 1500],
            ],
            "target": [
                [101.0, 102, 201, 202],
                [150, 150, 250, 250],
                [2000, 2000, 2500, 2500],
            ],
        },
        [0.96087853672, 0.036492417, -0.44444444435],
        {},
        1e-6,
    ),
    Stated(
        "kornia tests/geometry/test_bbox.py TestNMS.test_smoke",
        "nms",
        {
            "boxes": [
                [10.0, 10, 20, 20],
                [15, 5, 15, 25],
                [100, 100, 200, 200],
                [100, 100, 200, 200],
            ],
            "scores": [0.9, 0.8, 0.7, 0.9],
        },
        [0, 3, 1],
        {"iou_threshold": 0.8},
        0,
    ),
]

# --- Segmentation ---------------------------------------------------------------------------

SMP = "segmentation_models_pytorch tests/test_losses.py "
LOGITS = [[1.0, -1.0], [-1.0, 1.0]]
ONE_MASK = {"logits": [LOGITS], "target": [[[1.0, 0], [1, 1]]]}
TWO_MASKS = {
    "logits": [LOGITS, LOGITS],
    "target": [[[1.0, 1], [1, 1]], [[1.0, 0], [1, 0]]],
}
# Two channels of three pixels in a row.
ROWS = channels_last(
    [[[[-1.0, 0.0, 1.0]], [[1.0, 0.0, -1.0]]], [[[0.0] * 3], [[0.0] * 3]]]
)
ROW_CLASSES = np.array([[[1, 0, 0]], [[1, 1, 0]]])
TWO_CHANNELS = {"logits": ROWS, "target": np.eye(2)[ROW_CLASSES]}
TWO_CLASSES = {"logits": ROWS, "target": ROW_CLASSES}
STRIPES = {
    "logits": [100.0 * np.array([[0, 1, 0, 1], [1, 0, 1, 1]] * 2) - 50],
    "target": [[[1.0, 0, 1, 0], [0, 1, 0, 1]] * 2],
}
PAIR = {
    "logits": logits([[[0.0, 1], [0, 1]], [[0.4, 0], [0, 0.9]]]),
    "target": [[[1.0, 1], [0, 0]]] * 2,
}


def row_of_masks(predicted, true):
    """Predictions without a doubt, and their targets."""
    return {
        "logits": 100.0 * np.array([predicted]) - 50,
        "target": np.array([true], float),
    }


HALF = row_of_masks([[1, 1, 0, 0]], [[1, 1, 1, 1]])
CROSSED = row_of_masks([[0, 1, 1, 0]], [[1, 1, 0, 0]])
WRONG = row_of_masks([[1, 0, 1]], [[0, 1, 0]])
RIGHT = row_of_masks([[1, 0, 1]], [[1, 0, 1]])
EMPTY = row_of_masks([[0, 0, 0]], [[0, 0, 0]])

SEGMENTATION = [
    # MONAI adds to twice the overlap and to the sum of both areas: its smoothing is twice ours.
    *(
        Stated(
            f"{MONAI}test_dice_loss.py test_shape, {case}",
            name,
            arrays,
            expected,
            {"smooth": smooth, **options},
            1e-5,
        )
        for name, case, arrays, expected, smooth, options in [
            ("dice_loss", "one mask", ONE_MASK, 0.307576, 5e-7, {}),
            ("dice_loss", "two masks", TWO_MASKS, 0.416657, 5e-5, {}),
            ("dice_loss", "two channels", TWO_CHANNELS, 0.435050, 5e-5, {}),
            (
                "dice_loss",
                "no reduction",
                TWO_CHANNELS,
                [[0.296529, 0.415136], [0.599976, 0.428559]],
                5e-5,
                NONE,
            ),
            ("dice_loss", "softmax", TWO_CLASSES, 0.383713, 5e-5, {}),
            ("dice_loss", "sum", TWO_CLASSES, 1.534853, 5e-5, {"reduction": "sum"}),
            ("jaccard_loss", "jaccard", ONE_MASK, 0.470451, 5e-6, {}),
        ]
    ),
    *(
        Stated(
            f"{MONAI}test_tversky_loss.py test_shape, {case}",
            "tversky_loss",
            arrays,
            expected,
            {"alpha": alpha, "beta": 1 - alpha, "smooth": smooth, **options},
            5e-5,
        )
        for case, arrays, expected, alpha, smooth, options in [
            ("two masks", TWO_MASKS, 0.416657, 0.5, 1e-4, {}),
            ("sum", TWO_CHANNELS, 1.74013, 0.5, 1e-4, {"reduction": "sum"}),
            (
                "no reduction",
                TWO_CLASSES,
                [[0.210961, 0.295339], [0.599952, 0.428547]],
                0.5,
                1e-4,
                NONE,
            ),
            ("alpha 0.3", ONE_MASK, 0.358900, 0.3, 1e-6, {}),
            ("alpha 0.7", ONE_MASK, 0.247366, 0.7, 1e-6, {}),
        ]
    ),
    *(
        Stated(
            f"{KERAS}{test}",
            name,
            arrays,
            expected,
            {"smooth": 1e-9, "reduction": reduction, **options},
            1e-6,
        )
        for test, name, arrays, expected, reduction, options in [
            (
                "DiceTest.test_binary_segmentation",
                "dice_loss",
                STRIPES,
                0.77777773,
                "mean",
                {},
            ),
            (
                "DiceTest.test_binary_segmentation_with_axis",
                "dice_loss",
                PAIR,
                [0.5, 0.75757575],
                "none",
                {},
            ),
            (
                "TverskyTest.test_binary_segmentation_custom_coefficients",
                "tversky_loss",
                STRIPES,
                0.76190472,
                "mean",
                {"alpha": 0.2, "beta": 0.8},
            ),
            (
                "TverskyTest.test_binary_segmentation_custom_coefficients_with_axis",
                "tversky_loss",
                PAIR,
                [0.5, 0.78494626],
                "none",
                {"alpha": 0.2, "beta": 0.8},
            ),
        ]
    ),
    *(
        Stated(
            SMP + test,
            name,
            arrays,
            expected,
            {"smooth": 1e-7, **options},
            1e-6,
        )
        for test, name, arrays, expected, options in [
            ("test_soft_jaccard_score", "jaccard_loss", HALF, 0.5, {}),
            ("test_multilabel_jaccard_loss", "jaccard_loss", CROSSED, 2 / 3, {}),
            ("test_binary_jaccard_loss", "jaccard_loss", WRONG, 1, {}),
            ("test_binary_jaccard_loss", "jaccard_loss", RIGHT, 0, {}),
            ("test_binary_jaccard_loss", "jaccard_loss", EMPTY, 0, {}),
            ("test_soft_dice_score", "dice_loss", HALF, 1 / 3, {}),
            ("test_dice_loss_binary", "dice_loss", WRONG, 1, {}),
            (
                "test_soft_tversky_score",
                "tversky_loss",
                HALF,
                1 / 3,
                {"alpha": 0.5, "beta": 0.5},
            ),
        ]
    ),
    Stated(
        KORNIA + "test_dice.py test_weight, class by class",
        "dice_loss",
        {
            "logits": 100.0 * np.eye(3)[[[[0, 2, 2, 2]]]],
            "target": [[[0, 1, 2, 2]]],
        },
        [[0.0, 1.0, 0.2]],
        {"smooth": 1e-9, **NONE},
        1e-6,
    ),
    Stated(
        MONAI + "test_cldice_loss.py test_result",
        "cldice_loss",
        {"logits": np.full((7, 11, 10), 50.0), "target": np.ones((7, 11, 10))},
        0.0,
    ),
]

# --- Style ----------------------------------------------------------------------------------

# Kornia gives one number a channel: here each channel is an image.
STYLE = [
    Stated(
        KORNIA + "test_total_variation.py test_tv_on_3d",
        "total_variation_loss",
        {
            "images": np.array(
                [
                    [0.09094203, 0.32630223, 0.8066123],
                    [0.10921168, 0.09534764, 0.48588026],
                ]
            ).reshape(1, 2, 3, 1)
        },
        [1.6900],
        NONE,
        1e-4,
    ),
    Stated(
        KORNIA + "test_total_variation.py test_tv_on_4d, two by two",
        "total_variation_loss",
        {
            "images": np.array(
                [
                    [[0.8756, 0.0920], [0.8034, 0.3107]],
                    [[0.3069, 0.2981], [0.9399, 0.7944]],
                    [[0.6269, 0.1494], [0.2493, 0.8490]],
                    [[0.3256, 0.9923], [0.2856, 0.9104]],
                    [[0.4107, 0.4387], [0.2742, 0.0095]],
                    [[0.7064, 0.3674], [0.6139, 0.2487]],
                ]
            )[..., None]
        },
        [1.5672, 1.2836, 2.1544, 1.4134, 0.8584, 0.9154],
        NONE,
        1e-4,
    ),
    Stated(
        KORNIA + "test_total_variation.py test_tv_on_4d, two by three",
        "total_variation_loss",
        {
            "images": np.array(
                [
                    [[0.1104, 0.2284, 0.4371], [0.4569, 0.1906, 0.8035]],
                    [[0.0552, 0.6831, 0.8310], [0.3589, 0.5044, 0.0802]],
                    [[0.5078, 0.5703, 0.9110], [0.4765, 0.8401, 0.2754]],
                ]
            )[..., None]
        },
        [1.9566, 2.5787, 2.2682],
        NONE,
        1e-4,
    ),
    Stated(
        KORNIA + "test_total_variation.py test_tv_reduction",
        "total_variation_loss",
        {"images": np.tile(np.arange(5.0)[:, None], 5).reshape(1, 5, 5, 1)},
        20,
        {},
        1e-12,
    ),
]

# --- Adversarial ----------------------------------------------------------------------------

TFGAN = "tensorflow-gan losses_impl_test.py "
REAL, FAKE = [-5.0, 1.4, 12.5, 2.7], [10.0, 4.4, -5.5, 3.6]
BOTH_SCORES = {"real_scores": REAL, "fake_scores": FAKE}

GAN = [
    Stated(TFGAN + test, name, arrays, expected, {}, 1e-5)
    for test, name, arrays, expected in [
        (
            "LeastSquaresLossTest",
            "least_squares_generator_loss",
            {"fake_scores": FAKE},
            17.69625,
        ),
        (
            "LeastSquaresLossTest",
            "least_squares_discriminator_loss",
            BOTH_SCORES,
            41.73375,
        ),
        (
            "ModifiedLossTest",
            "non_saturating_generator_loss",
            {"fake_logits": FAKE},
            1.38582,
        ),
        (
            "WassersteinLossTest",
            "wasserstein_generator_loss",
            {"fake_scores": FAKE},
            -3.125,
        ),
        ("WassersteinLossTest", "wasserstein_critic_loss", BOTH_SCORES, 0.225),
        (
            "HingeWassersteinLossTest",
            "hinge_generator_loss",
            {"fake_scores": FAKE},
            -3.125,
        ),
        (
            "HingeWassersteinLossTest",
            "hinge_discriminator_loss",
            BOTH_SCORES,
            6.75,
        ),
        # The critic there is twice its input, of four numbers.
        ("GradientPenaltyTest", "gradient_penalty_loss", {"gradient": [[2.0] * 4]}, 9),
    ]
]
# Its smoothing of 0.25 draws the label of 1 to 0.875, half as far.
GAN.append(
    Stated(
        TFGAN + "MinimaxLossTest",
        "minimax_discriminator_loss",
        {"real_logits": REAL, "fake_logits": FAKE},
        6.19637,
        {"label_smoothing": 0.125},
        1e-5,
    )
)

# --- Metric learning ------------------------------------------------------------------------

ADDONS = "tensorflow-addons contrastive_test.py "
OPTAX = "optax _self_supervised_test.py NtxentTest.test_batched, "
# The distances of six pairs, the first, second and fifth of which are unlike.
PAIRS = {
    "embeddings1": [[0.1], [0.3], [1.3], [0.7], [1.1], [0.5]],
    "embeddings2": [[0.0]] * 6,
    "same": [0.0, 0, 1, 1, 0, 1],
}
TURNED = [[-1.9540, 1.0780], [0.2380, -0.5703], [1.8745, -0.0195], [-0.6719, -1.9210]]
WITHOUT_DIRECTION = [[0.0, 0.0], *TURNED[1:]]
ALIKE = [[1.0, 1, 0, 0]]

METRIC = [
    # Without the half of Hadsell et al.
    Stated(
        ADDONS + "test_no_reduction",
        "contrastive_loss",
        PAIRS,
        np.array([0.81, 0.49, 1.69, 0.49, 0.0, 0.25]) / 2,
        NONE,
        1e-9,
    ),
    Stated(
        ADDONS + "test_unweighted", "contrastive_loss", PAIRS, 0.621666 / 2, {}, 1e-6
    ),
    Stated(
        ADDONS + "test_zero_loss",
        "contrastive_loss",
        {
            "embeddings1": [[1.0], [1], [0], [0], [1], [0]],
            "embeddings2": [[0.0]] * 6,
            "same": [0.0, 0, 1, 1, 0, 1],
        },
        0.0,
    ),
    Stated(
        ADDONS + "test_non_default_margin",
        "contrastive_loss",
        PAIRS,
        1.623333 / 2,
        {"margin": 2.0},
        1e-6,
    ),
    *(
        Stated(
            OPTAX + case,
            "supervised_contrastive_loss",
            {"embeddings": embeddings, "labels": [0, 0, 1, 1]},
            expected,
            {"temperature": 0.07},
            1e-4,
        )
        for case, embeddings, expected in [
            ("the first", TURNED, 14.01032),
            ("the third", WITHOUT_DIRECTION, 9.2889),
        ]
    ),
    *(
        Stated(
            MONAI + "test_contrastive_loss.py test_result",
            "nt_xent_loss",
            {"view1": first, "view2": second},
            expected,
            {"temperature": temperature},
            1e-4,
        )
        for first, second, expected, temperature in [
            (ALIKE, ALIKE, 0.0, 0.5),
            (ALIKE * 2, ALIKE * 2, 1.0986, 0.5),
            ([[1.0, 2, 3, 4], *ALIKE], [[0.0] * 4, *ALIKE], 0.8719, 0.5),
            ([[0.0, 0, 1, 1]], ALIKE, 0.0, 0.5),
            ([[0.0, 0, 1, 1]], ALIKE, 0.0, 0.05),
        ]
    ),
]

ALL = [
    *REGRESSION,
    *CLASSIFICATION,
    *BOXED,
    *SEGMENTATION,
    *STYLE,
    *GAN,
    *METRIC,
]


@pytest.mark.parametrize("stated", ALL, ids=lambda s: f"{s.function}, {s.suite}")
def test_what_a_peer_expects(column, stated):
    arrays = {name: np.asarray(value) for name, value in stated.arrays.items()}
    value = column.subject(stated.function)(arrays, **(stated.options or {}))
    assert_allclose(value, stated.expected, rtol=1e-6, atol=stated.within)


# --- Numbers for images that PyTorch draws -----------------------------------------------------


def drawn(shape):
    """Two images in [0, 1], as MONAI's tests draw them."""
    torch = pytest.importorskip("torch")
    generator = torch.Generator().manual_seed(0)
    pair = [torch.randn(shape, generator=generator).abs() for _ in range(2)]
    return [channels_last(image / image.max()) for image in pair]


def test_ssim_of_drawn_images(column):
    """MONAI tests/losses/test_ssim_loss.py test_shape."""
    loss = column("ssim_loss", *drawn((2, 3, 16, 16)), reduction="none")
    assert_allclose(loss, [0.9121, 0.9971], atol=5e-5)


def test_ms_ssim_of_drawn_images(column):
    """MONAI tests/metrics/test_compute_multiscalessim_metric.py test2d_gaussian."""
    value = column("ms_ssim", *drawn((1, 1, 64, 64)), weights=(0.5, 0.5))
    assert_allclose(value, 0.023176, atol=5e-5)


def test_both_cycles(column):
    """tensorflow-gan losses_impl_test.py CycleConsistencyLossTest: the mean of the two domains."""
    pairs = [
        ([[1.0, 2, 3], [4, 5, 6]], [[7.0, 8, 9], [10, 11, 12]]),
        ([[1.0, 9]], [[-2.0, 3]]),
    ]
    losses = [column("cycle_consistency_loss", *pair) for pair in pairs]
    assert np.mean(losses) == pytest.approx(5.25, rel=1e-6)
