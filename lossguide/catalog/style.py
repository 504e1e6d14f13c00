"""Cards of what compares, measures and moves style."""

from lossguide.catalog.card import INFINITY, Card, Default, Input

MAPS = "``(N, C, H, W)`` in PyTorch, ``(N, H, W, C)`` in TensorFlow and NumPy."
PRED_FEATURES = {
    "pred_features": f"the image's feature maps, a mapping from layer names to {MAPS}"
    " It may hold more layers than are compared.",
}
CONTENT_FEATURES = {
    "content_features": "the content image's feature maps; each layer's of the shape of the image's.",
}
STYLE_FEATURES = {
    "style_features": "the style image's feature maps; each layer's with the N and C of the image's, of any height"
    " and width.",
}
WEIGHTS = "the layers to compare, a mapping from their names to factors; ``None`` takes every layer of"
NORMALIZATION = {
    "normalization": 'what the Gram matrices are divided by: "gatys", "johnson" or "none".'
}
EPS = {"eps": "added to the variance, under the root, so that flat maps have a slope."}
EVERY_LAYER = Default(None, "ours", "every layer counts alike")
GATYS = {"normalization": Default("gatys", "gatys2016", "eq. 4")}
VARIANCE_EPS = {"eps": Default(1e-5, "PyTorch")}
MISSING = "a layer is missing, or none is left"

PER_IMAGE = (
    "The loss: a scalar, or one value for each image if ``reduction`` is ``none``."
)

LAYERS = ("shallow", "deep")
PRED = {"pred_features": Input("N H W C", layers=LAYERS)}
CONTENT = {"content_features": Input("N H W C", gradient=False, layers=LAYERS)}
STYLE = {"style_features": Input("N P Q C", gradient=False, layers=LAYERS)}

CARDS = (
    Card(
        family="style",
        name="gram_matrix",
        summary="Which features occur together, wherever in the image.",
        formulas=(
            r"G_{ij} = \frac{1}{d} \sum_k F_{ik} F_{jk}",
            r"d_\text{gatys} = 2CHW",
            r"d_\text{johnson} = CHW",
            r"d_\text{none} = 1",
        ),
        about="F is the feature map with its places in a row, (C, H W). The divisors make one rule of the papers'"
        ' losses: the sum of squared differences of two matrices. Gatys et al. call G what is "none" here and'
        " divide the loss by 4 C^2 (H W)^2, which is the square of 2 C H W.",
        arguments={"features": f"feature maps, {MAPS}", **NORMALIZATION},
        raises="normalization is not one of the three",
        defaults=GATYS,
        returns="The Gram matrices, ``(N, C, C)``.",
        papers=("gatys2015", "johnson2016"),
        inputs={"features": Input("N H W C")},
        options=({}, {"normalization": "johnson"}, {"normalization": "none"}),
        pitfalls={
            "values": "Dividing by H W, by C H W or not at all changes the loss by up to C squared."
            " leongatys/PytorchNeuralStyleTransfer#14"
        },
    ),
    Card(
        family="style",
        name="channel_statistics",
        summary="Mean and standard deviation of each channel of each feature map.",
        formulas=(
            r"\mu_c = \frac{1}{HW} \sum_k F_{ck}",
            r"\sigma_c = \sqrt{\frac{1}{HW} \sum_k (F_{ck} - \mu_c)^2 + \varepsilon}",
        ),
        arguments={"features": f"feature maps, {MAPS}", **EPS},
        raises="eps is not above 0",
        defaults=VARIANCE_EPS,
        returns="The means and the standard deviations, each ``(N, C)``.",
        papers=("huang2017",),
        inputs={"features": Input("N H W C")},
        options=({}, {"eps": 0.1}),
        pitfalls={
            "gradients": "The small number belongs under the root, with the variance, or flat features give NaN"
            " gradients. naoto0804/pytorch-AdaIN#4"
        },
    ),
    Card(
        family="style",
        name="adain",
        summary="Adaptive instance normalization: content features with the statistics of style features.",
        formulas=(r"\sigma(s)\, \frac{c - \mu(c)}{\sigma(c)} + \mu(s)",),
        arguments={
            "content": f"feature maps, {MAPS}",
            "style": "feature maps with the same N and C, of any height and width.",
            **EPS,
        },
        raises="eps is not above 0",
        defaults=VARIANCE_EPS,
        returns="Feature maps of the shape of ``content``.",
        papers=("huang2017",),
        inputs={"content": Input("N H W C"), "style": Input("N P Q C")},
        # With a smaller one, flat maps of 10,000 bend too sharply for the slopes of the definition.
        options=({"eps": 1.0}, {"eps": 0.5}),
        images=True,
    ),
    Card(
        family="style",
        name="content_loss",
        summary="Half the squared error between feature maps, summed.",
        formulas=(
            r"\ell = \frac12 \sum_l w_l \sum_{ik} \left(F^l_{ik} - P^l_{ik}\right)^2",
        ),
        about="A sum over channels and places: ``feature_reconstruction_loss`` is the mean, without the half.",
        arguments={
            **PRED_FEATURES,
            **CONTENT_FEATURES,
            "weights": f"{WEIGHTS} ``content_features`` with factor 1.",
        },
        raises=MISSING,
        defaults={"weights": EVERY_LAYER},
        returns=PER_IMAGE,
        papers=("gatys2016",),
        inputs={**PRED, **CONTENT},
        options=({}, {"weights": {"deep": 0.5}}),
        properties=frozenset({"symmetric", "translation invariant", "zero at target"}),
        bounds=(0, INFINITY),
    ),
    Card(
        family="style",
        name="style_loss",
        summary="Texture loss: the squared difference between the Gram matrices of two images.",
        formulas=(r"\ell = \sum_l w_l \sum_{ij} \left(G^l_{ij} - A^l_{ij}\right)^2",),
        about='With "gatys" it is the papers\' sum of E over layers, whose 1/(4 C^2 (H W)^2) is in the Gram matrices;'
        ' with "johnson" four times as much. Only ``weights`` of 1/L make it the mean over L layers.'
        " Moving the features about in the image does not change it.",
        arguments={
            **PRED_FEATURES,
            **STYLE_FEATURES,
            "weights": f"{WEIGHTS} ``style_features`` with factor 1.",
            **NORMALIZATION,
        },
        raises=MISSING,
        defaults={"weights": EVERY_LAYER, **GATYS},
        returns=PER_IMAGE,
        papers=("gatys2015", "gatys2016", "johnson2016"),
        inputs={**PRED, **STYLE},
        options=(
            {},
            {"weights": {"shallow": 0.5}, "normalization": "johnson"},
            {"normalization": "none"},
        ),
        properties=frozenset({"symmetric", "zero at target"}),
        bounds=(0, INFINITY),
        pitfalls={
            "values": "A Gram matrix that is divided by its size already must not have its loss divided again."
            " lengstrom/fast-style-transfer#102"
        },
    ),
    Card(
        family="style",
        name="statistics_loss",
        summary="The squared difference between the channel statistics of two images.",
        formulas=(
            (
                r"\ell = \sum_l w_l \left( \left\lVert \mu^l(\hat y) - \mu^l(s) \right\rVert_2^2 + "
                r"\left\lVert \sigma^l(\hat y) - \sigma^l(s) \right\rVert_2^2 \right)"
            ),
        ),
        about="Cheaper than Gram matrices: 2 C numbers a layer, not C^2. The paper prints the norms without their"
        " squares; its authors' code squares them, as is done here.",
        arguments={
            **PRED_FEATURES,
            **STYLE_FEATURES,
            "weights": f"{WEIGHTS} ``style_features`` with factor 1.",
            **EPS,
        },
        raises=f"{MISSING}, or eps is not above 0",
        defaults={"weights": EVERY_LAYER, **VARIANCE_EPS},
        returns=PER_IMAGE,
        papers=("huang2017",),
        inputs={**PRED, **STYLE},
        options=({}, {"weights": {"deep": 0.5}, "eps": 0.1}),
        properties=frozenset({"symmetric", "translation invariant", "zero at target"}),
        bounds=(0, INFINITY),
    ),
    Card(
        family="style",
        name="content_style_loss",
        summary="The weighted sum that style transfer minimizes: one image's content, another's style.",
        formulas=(r"\ell = \alpha\, \ell_\text{content} + \beta\, \ell_\text{style}",),
        about="Add ``total_variation_loss`` of the image, with a factor of its own, for smoothness.",
        arguments={
            **PRED_FEATURES,
            **CONTENT_FEATURES,
            **STYLE_FEATURES,
            "alpha": "factor of ``content_loss``.",
            "beta": "factor of ``style_loss``.",
            "content_weights": f"{WEIGHTS} ``content_features`` with factor 1.",
            "style_weights": f"{WEIGHTS} ``style_features`` with factor 1.",
            **NORMALIZATION,
        },
        raises=MISSING,
        defaults={
            "alpha": Default(1.0, "ours", "the content is the unit"),
            "beta": Default(1e3, "gatys2016", "section 3"),
            "content_weights": EVERY_LAYER,
            "style_weights": EVERY_LAYER,
            **GATYS,
        },
        returns=PER_IMAGE,
        papers=("gatys2016",),
        inputs={**PRED, **CONTENT, **STYLE},
        options=(
            {},
            {
                "alpha": 0.5,
                "beta": 2.0,
                "content_weights": {"deep": 1.0},
                "style_weights": {"shallow": 0.5, "deep": 0.5},
                "normalization": "johnson",
            },
        ),
        bounds=(0, INFINITY),
    ),
    Card(
        family="style",
        name="total_variation_loss",
        summary="How much an image changes from pixel to pixel.",
        formulas=(
            r"\ell = \sum_p |d_p| + |r_p| \ \text{(anisotropic)}",
            r"\sum_p \sqrt{d_p^2 + r_p^2} \ \text{(isotropic)}",
            r"\sum_p d_p^2 + r_p^2 \ \text{(squared)}",
        ),
        about="d is the step to the pixel below, r to the one on the right; both are 0 at the border. It is a sum"
        " over pixels and channels: divide its factor by C H W to use it for another size. The isotropic"
        " form has gradient 0 where the image is flat. The squared form is no total variation: it smooths"
        " edges too.",
        arguments={
            "images": f"{MAPS}",
            "kind": '"anisotropic", "isotropic" or "squared".',
        },
        raises="kind is not one of the three",
        defaults={"kind": Default("anisotropic", "TensorFlow")},
        returns=PER_IMAGE,
        papers=("rudin1992", "mahendran2015"),
        inputs={"images": Input("N H W C")},
        slack=1e-4,  # 1e-12 under the root of every pixel.
        options=({}, {"kind": "isotropic"}, {"kind": "squared"}),
        properties=frozenset({"translation invariant"}),
        bounds=(0, INFINITY),
        pitfalls={
            "values": "Squared differences are another regularizer than the total variation."
            " jxgu1016/Total_Variation_Loss.pytorch#2",
            "gradients": "A square root has an infinite slope wherever the image is flat."
            " pytorch/pytorch#2421",
            "reductions": "A loss that had averaged already returned the same number for mean and sum."
            " photosynthesis-team/piq#65",
            "edge cases": "An image one pixel high has no differences downwards, and their mean is NaN."
            " kornia/kornia#4547",
        },
        against=("pictures come out striped or speckled",),
    ),
)
