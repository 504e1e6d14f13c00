"""Cards of the losses on what images look like."""

from typing import Any

from lossguide.catalog.card import INFINITY, Card, Default, Input

FEATURES = {
    "pred_features": "the prediction's feature maps, a mapping from layer names to ``(N, C, H, W)`` in PyTorch,"
    " ``(N, H, W, C)`` in TensorFlow and NumPy. It may hold more layers than are compared.",
    "target_features": "the target's feature maps; each layer's of the shape of the prediction's.",
    "weights": "the layers to compare, a mapping from their names to factors; ``None`` takes every layer of"
    " ``target_features`` with factor 1.",
}
IMAGES = {
    "pred": "predicted images, ``(N, C, H, W)`` in PyTorch, ``(N, H, W, C)`` in TensorFlow and NumPy, from 0 to"
    " ``data_range``.",
    "target": "the images they should be, of the same shape.",
    "window_size": "side of the window; the image must be at least as large.",
    "sigma": "standard deviation of the Gaussian weights in the window, in pixels; above 0.",
    "data_range": "largest value less smallest value that a pixel can have: 1, or 255; above 0.",
    "k1": "keeps the luminance term from 0/0, relative to ``data_range``; above 0.",
    "k2": "keeps the contrast and structure term from 0/0, relative to ``data_range``; above 0.",
}
SCALES = {
    "weights": "the exponent of each scale, the finest first; their number is the number of scales; above 0.",
    "window_size": "side of the window. The image must be at least ``window_size`` times 2 to the power of the"
    " number of scales less one: 176 pixels by default.",
}
SSIM_RAISES = "an option is not above 0, or an image is smaller than the window"
MS_SSIM_RAISES = (
    "an option is not above 0, or the coarsest scale is smaller than the window"
)

EVERY_LAYER = {"weights": Default(None, "ours", "every layer counts alike")}
WINDOW_DEFAULTS = {
    "window_size": Default(11, "wang2004", "section III-C"),
    "sigma": Default(1.5, "wang2004", "section III-C"),
    "data_range": Default(1.0, "ours", "images are in [0, 1]"),
    "k1": Default(0.01, "wang2004", "section III-C"),
    "k2": Default(0.03, "wang2004", "section III-C"),
}

LAYERS = ("shallow", "deep")
TWO_FEATURES = {
    "pred_features": Input("N H W C", layers=LAYERS),
    "target_features": Input("N H W C", gradient=False, layers=LAYERS),
}
SMALL = {
    "pred": Input("N 12 11 C", "unit"),
    "target": Input("N 12 11 C", "unit", gradient=False),
}
SMALL_OPTIONS: tuple[dict[str, float], ...] = (
    {},
    {"window_size": 3, "sigma": 0.8, "k1": 0.1, "k2": 0.1},
    {"data_range": 255.0},
)
LARGER = {
    "pred": Input("N 8 7 C", "unit"),
    "target": Input("N 8 7 C", "unit", gradient=False),
}
LARGER_OPTIONS: tuple[dict[str, Any], ...] = (
    {"window_size": 3, "weights": (0.4, 0.6)},
    {
        "window_size": 3,
        "weights": (0.6, 0.4),
        "sigma": 0.8,
        "data_range": 2.0,
        "k1": 0.1,
        "k2": 0.1,
    },
)

# The mean of squares less the square of the mean, in single precision, beside the smallest constant.
CANCELLATION = 3e-3

PER_IMAGE = (
    "The loss: a scalar, or one value for each image if ``reduction`` is ``none``."
)

CARDS = (
    Card(
        family="perceptual",
        name="feature_reconstruction_loss",
        summary="Perceptual loss: the mean squared error between the feature maps of two images.",
        formulas=(
            (
                r"\ell = \sum_l \frac{w_l}{C_l H_l W_l} \left\lVert \phi_l(\hat y) - \phi_l(y) "
                r"\right\rVert_2^2"
            ),
        ),
        about="The features come from a frozen network, such as those of ``lossguide.features``. Each expects its"
        " own pixel range and channel order.",
        arguments=FEATURES,
        raises="a layer is missing, or none is left",
        defaults=EVERY_LAYER,
        returns=PER_IMAGE,
        papers=("johnson2016",),
        inputs=TWO_FEATURES,
        options=({}, {"weights": {"deep": 0.5}}),
        properties=frozenset({"symmetric", "translation invariant", "zero at target"}),
        bounds=(0, INFINITY),
        pitfalls={
            "values": "A network trained on normalized images sees other features when fed pixels of another"
            " range. NVIDIA/pix2pixHD#136"
        },
        against=("pictures come out blurred",),
    ),
    Card(
        family="perceptual",
        name="topology_aware_loss",
        summary="Cross-entropy of a delineation, and the distance of its feature maps from the true one's.",
        formulas=(
            (
                r"\ell = -\frac{1}{HW} \sum_i \left[y_i \log \sigma(z_i) + (1 - y_i)\log(1 - "
                r"\sigma(z_i))\right] + \mu \sum_l \frac{w_l}{C_l H_l W_l} \left\lVert "
                r"\phi_l(\sigma(z)) - \phi_l(y) \right\rVert_2^2"
            ),
        ),
        about="The second term is ``feature_reconstruction_loss`` between the images of two delineations: feed the"
        " network ``sigmoid(logits)`` and the target, repeated to three channels. It sees gaps that cost"
        " the cross-entropy a few pixels only.",
        arguments={
            **FEATURES,
            "logits": "one logit a pixel, ``(N, H, W)``.",
            "target": "1 on the structures and 0 elsewhere, of the same shape.",
            "pred_features": FEATURES["pred_features"].replace(
                "the prediction's", "the predicted delineation's"
            ),
            "target_features": "the true delineation's; each layer's of the shape of the prediction's.",
            "mu": "factor of the feature term; choose it so that both terms are of like size.",
        },
        raises="a layer is missing, or none is left",
        defaults={
            "mu": Default(0.1, "ours", "the pixels lead, the features correct"),
            **EVERY_LAYER,
        },
        returns=PER_IMAGE,
        papers=("mosinska2018",),
        inputs={
            "logits": Input("N H W"),
            "target": Input("N H W", "binary", gradient=False),
            "pred_features": Input("N P Q C", layers=LAYERS),
            "target_features": Input("N P Q C", gradient=False, layers=LAYERS),
        },
        options=({}, {"mu": 0.01, "weights": {"shallow": 1.0}}),
        bounds=(0, INFINITY),
    ),
    Card(
        family="perceptual",
        name="ssim",
        summary="Structural similarity: how alike two images are in luminance, contrast and structure.",
        formulas=(
            (
                r"\mathrm{SSIM} = \operatorname{mean}\ \frac{(2\mu_x\mu_y + C_1)(2\sigma_{xy} + "
                r"C_2)}{(\mu_x^2 + \mu_y^2 + C_1)(\sigma_x^2 + \sigma_y^2 + C_2)}"
            ),
            "C_i = (k_i R)^2",
        ),
        about="Means, variances and the covariance are weighted by a Gaussian window; the mean is over the places"
        " where the whole window fits and over the channels. The greater, the more alike.",
        arguments=IMAGES,
        raises=SSIM_RAISES,
        defaults=WINDOW_DEFAULTS,
        returns="One value in [-1, 1] for each image: 1 for equal ones.",
        papers=("wang2004",),
        inputs=SMALL,
        options=SMALL_OPTIONS,
        properties=frozenset({"symmetric"}),
        slack=CANCELLATION,
        bounds=(-1, 1),
    ),
    Card(
        family="perceptual",
        name="ssim_loss",
        summary="One minus the structural similarity.",
        formulas=(r"\ell = 1 - \mathrm{SSIM}(\hat y, y)",),
        about="It lies in [0, 2]: 1 for images with nothing in common, more where one is the other's negative.",
        arguments=IMAGES,
        raises=SSIM_RAISES,
        defaults=WINDOW_DEFAULTS,
        returns=PER_IMAGE,
        papers=("wang2004", "zhao2017"),
        inputs=SMALL,
        options=SMALL_OPTIONS,
        properties=frozenset({"symmetric", "zero at target"}),
        slack=CANCELLATION,
        bounds=(0, 2),
        pitfalls={
            "values": "The constants grow with the data range: one that does not fit the pixels gives another"
            " measure. FoundationVision/LlamaGen#72",
        },
    ),
    Card(
        family="perceptual",
        name="ms_ssim",
        summary="Structural similarity at several scales, each half as fine as the one before.",
        formulas=(
            (
                r"\text{MS-SSIM} = \left[\overline{l \cdot cs}\,\right]_M^{w_M} \prod_{j=1}^{M-1} "
                r"\left[\,\overline{cs}\,\right]_j^{w_j}"
            ),
        ),
        about="l is SSIM's luminance, cs its contrast and structure, the bar a mean over places. The images are"
        " halved by averaging 2 x 2 pixels; channels are averaged at the end. Where a mean is negative, as for"
        " a negative of the target, its power is not a real number: it counts as 0, with gradient 0.",
        arguments={**IMAGES, **SCALES},
        raises=MS_SSIM_RAISES,
        defaults={
            "weights": Default(
                (0.0448, 0.2856, 0.3001, 0.2363, 0.1333), "wang2003", "section 3.2"
            ),
            **WINDOW_DEFAULTS,
        },
        returns="One value in [0, 1] for each image: 1 for equal ones.",
        papers=("wang2003",),
        inputs=LARGER,
        options=LARGER_OPTIONS,
        properties=frozenset({"symmetric"}),
        slack=CANCELLATION,
        bounds=(0, 1),
    ),
    Card(
        family="perceptual",
        name="ms_ssim_loss",
        summary="One minus the structural similarity at several scales.",
        formulas=(r"\ell = 1 - \text{MS-SSIM}(\hat y, y)",),
        about="Where the mean of a scale is negative, the loss is 1 with gradient 0. To train from there, add a"
        " pixel loss: Zhao et al. add L1.",
        arguments={**IMAGES, **SCALES},
        raises=MS_SSIM_RAISES,
        defaults={
            "weights": Default(
                (0.0448, 0.2856, 0.3001, 0.2363, 0.1333), "wang2003", "section 3.2"
            ),
            **WINDOW_DEFAULTS,
        },
        returns=PER_IMAGE,
        papers=("wang2003", "zhao2017"),
        inputs=LARGER,
        options=LARGER_OPTIONS,
        properties=frozenset({"symmetric", "zero at target"}),
        slack=CANCELLATION,
        bounds=(0, 1),
        pitfalls={
            "edge cases": "A fractional power of a negative contrast term is NaN."
            " jorge-pessoa/pytorch-msssim#2"
        },
    ),
)
