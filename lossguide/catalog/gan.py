"""Cards of what the players of an adversarial game minimize, and of cycle consistency."""

from lossguide.catalog.card import INFINITY, LOSS, Card, Default, Input

TWO_LOGITS = {
    "real_logits": "the discriminator's logits of real images, of any shape.",
    "fake_logits": "its logits of as many generated images, of the same shape.",
}
FAKE_LOGITS = {
    "fake_logits": "the discriminator's logits of generated images, of any shape."
}
TWO_SCORES = {
    "real_scores": "scores of real images, any real numbers, of any shape.",
    "fake_scores": "scores of as many generated images, of the same shape.",
}
FAKE_SCORES = {
    "fake_scores": "scores of generated images, any real numbers, of any shape."
}
GRADIENT = {
    "gradient": "the slope of each image's score, ``(N, ...)`` as the images: what ``input_gradient`` returns."
}
FAKE_GRADIENT = {
    "gradient": "the slope of each generated image's score, ``(N, ...)``: what ``input_gradient`` returns there."
}

PAIRED = (
    "The loss: a scalar, or one value for each pair of a real and a fake score if ``reduction`` is"
    " ``none``."
)
PER_IMAGE = (
    "The loss: a scalar, or one value for each image if ``reduction`` is ``none``."
)
TWO_MEANS = "The mean over pairs is the mean over the real scores plus the mean over the fake ones."
PAIRING = (
    "Each real image is paired with one generated image, in the order of the batch: RSGAN of the first paper, RpGAN"
    " of the second. The relativistic average GAN is another loss, which compares each image with the mean logit of"
    " the other kind."
)
LOG_OF_ZERO = (
    "log(sigmoid(x)) written out is log(0) far out; softplus(-x) is the same loss without it."
    " IshmaelBelghazi/ALI#12"
)

IMAGES = Input("N H W C", gradient=False)
PREDICTED_IMAGES = Input("N H W C")
ANY = Input("N", more=True)
LOGITS = {"real_logits": ANY, "fake_logits": ANY}
SCORES = {"real_scores": ANY, "fake_scores": ANY}
ABSOLUTE = frozenset({"symmetric", "translation invariant", "zero at target"})

CARDS = (
    Card(
        family="gan",
        name="minimax_discriminator_loss",
        summary="The discriminator's cross-entropy: real images are to be called real, generated ones fake.",
        formulas=(
            r"\ell = -\log D(x) - \log\left(1 - D(G(z))\right)",
            r"D = \sigma(\text{logit})",
        ),
        about=f"{TWO_MEANS} It is the same whether the generator plays the minimax or the non-saturating game. With"
        r" ``label_smoothing`` s, :math:`-(1 - s) \log D(x) - s \log(1 - D(x))` takes the place of the first term;"
        " fake images keep their label of 0, so that the discriminator is not told to call poor ones a little real"
        " (Salimans). TF-GAN's 0.25 moves the label half as far, to 0.875: here that is 0.125.",
        arguments={
            **TWO_LOGITS,
            "label_smoothing": "s: what is taken off the label 1 of real images; from 0 to 1.",
        },
        raises="label_smoothing is not from 0 to 1",
        defaults={
            "label_smoothing": Default(
                0.0, "goodfellow2014", "eq. 1, without smoothing"
            )
        },
        returns=PAIRED,
        papers=("goodfellow2014", "salimans2016"),
        inputs=LOGITS,
        options=({}, {"label_smoothing": 0.1}),
        bounds=(0, INFINITY),
        pitfalls={
            "values": "log(1 - sigmoid(x)) is log(sigmoid(-x)), not log(sigmoid(1 - x))."
            " POSTECH-CVLab/PyTorch-StudioGAN#209",
            "edge cases": LOG_OF_ZERO,
            "large values": LOG_OF_ZERO,
        },
    ),
    Card(
        family="gan",
        name="minimax_generator_loss",
        summary="What the generator minimizes in the minimax game: the log-probability of being called fake.",
        formulas=(
            r"\ell = \log\left(1 - D(G(z))\right)",
            r"D = \sigma(\text{logit})",
        ),
        about="It saturates: where the discriminator is sure of a fake, the gradient is about 0. Training"
        " commonly uses ``non_saturating_generator_loss``.",
        arguments=FAKE_LOGITS,
        returns=LOSS,
        papers=("goodfellow2014",),
        inputs={"fake_logits": ANY},
        bounds=(-INFINITY, 0),
        pitfalls={
            "values": "The minimax and the non-saturating loss point the same way but differ where the"
            " discriminator wins. ronny3050/AdvFaces#5",
        },
    ),
    Card(
        family="gan",
        name="non_saturating_generator_loss",
        summary="Minus the log-probability that generated images are called real.",
        formulas=(
            r"\ell = -\log D(G(z))",
            r"D = \sigma(\text{logit})",
        ),
        about="Its gradient is largest where the discriminator is sure of a fake.",
        arguments=FAKE_LOGITS,
        returns=LOSS,
        papers=("goodfellow2014",),
        inputs={"fake_logits": ANY},
        bounds=(0, INFINITY),
        pitfalls={
            "edge cases": LOG_OF_ZERO,
            "large values": LOG_OF_ZERO,
        },
        against=("no gradient far out",),
    ),
    Card(
        family="gan",
        name="least_squares_discriminator_loss",
        summary="Half the squared distance of real scores from one label and of fake scores from another.",
        formulas=(
            r"\ell = \tfrac12 \left(D(x) - b\right)^2 + \tfrac12 \left(D(G(z)) - a\right)^2",
        ),
        about=f"{TWO_MEANS} D is the bare score, without a sigmoid. With ``b - c = 1`` and ``b - a = 2``, such as"
        " a = -1, b = 1, c = 0, the game minimizes a Pearson chi-square divergence; a = 0, b = c = 1 is the"
        " common choice.",
        arguments={
            **TWO_SCORES,
            "a": "the label of generated images.",
            "b": "the label of real images.",
        },
        defaults={
            "a": Default(0.0, "mao2017", "eq. 9"),
            "b": Default(1.0, "mao2017", "eq. 9"),
        },
        returns=PAIRED,
        papers=("mao2017",),
        inputs=SCORES,
        options=({}, {"a": -1.0, "b": 1.0}, {"b": 0.9}),
        bounds=(0, INFINITY),
    ),
    Card(
        family="gan",
        name="least_squares_generator_loss",
        summary="Half the squared distance of fake scores from the label that the generator wants.",
        formulas=(r"\ell = \tfrac12 \left(D(G(z)) - c\right)^2",),
        about="Its gradient grows with the distance from c, on both sides: also a fake that is called too real is"
        " pulled back.",
        arguments={
            **FAKE_SCORES,
            "c": "the label that the discriminator is to give generated images.",
        },
        defaults={"c": Default(1.0, "mao2017", "eq. 9")},
        returns=LOSS,
        papers=("mao2017",),
        inputs={"fake_scores": ANY},
        options=({}, {"c": 0.0}),
        bounds=(0, INFINITY),
    ),
    Card(
        family="gan",
        name="wasserstein_critic_loss",
        summary="Scores of generated images less those of real ones.",
        formulas=(r"\ell = D(G(z)) - D(x)",),
        about=f"{TWO_MEANS} If the critic's slope is nowhere above 1, minus the loss of the best such critic is the"
        " Wasserstein-1 distance: bound the slope with ``clip_weights`` or ``gradient_penalty_loss``.",
        arguments=TWO_SCORES,
        returns=PAIRED,
        papers=("arjovsky2017",),
        inputs=SCORES,
        properties=frozenset({"translation invariant"}),
        against=("no gradient far out",),
    ),
    Card(
        family="gan",
        name="wasserstein_generator_loss",
        summary="Minus the critic's scores of generated images.",
        formulas=(r"\ell = -D(G(z))",),
        arguments=FAKE_SCORES,
        returns=LOSS,
        papers=("arjovsky2017",),
        inputs={"fake_scores": ANY},
        against=("no gradient far out",),
    ),
    Card(
        family="gan",
        name="hinge_discriminator_loss",
        summary="How far real scores are below 1 and fake scores above -1.",
        formulas=(
            r"\ell = \max\left(0, 1 - D(x)\right) + \max\left(0, 1 + D(G(z))\right)",
        ),
        about=f"{TWO_MEANS} Scores beyond the margin have no gradient.",
        arguments=TWO_SCORES,
        returns=PAIRED,
        papers=("lim2017", "miyato2018"),
        inputs=SCORES,
        bounds=(0, INFINITY),
    ),
    Card(
        family="gan",
        name="hinge_generator_loss",
        summary="Minus the scores of generated images: the generator's side has no margin.",
        formulas=(r"\ell = -D(G(z))",),
        about="It equals ``wasserstein_generator_loss``; the hinge is the discriminator's alone.",
        arguments=FAKE_SCORES,
        returns=LOSS,
        papers=("lim2017", "miyato2018"),
        inputs={"fake_scores": ANY},
    ),
    Card(
        family="gan",
        name="relativistic_discriminator_loss",
        summary="Minus the log-probability that a real image is more real than the generated one beside it.",
        formulas=(r"\ell = -\log \sigma\left(D(x) - D(G(z))\right)",),
        about=f"{PAIRING} D is the bare logit. The gradient for a real image vanishes where it is far ahead of its"
        " partner, whatever its own logit is.",
        arguments=TWO_LOGITS,
        returns=PAIRED,
        papers=("jolicoeur2019", "huang2024"),
        inputs=LOGITS,
        properties=frozenset({"translation invariant"}),
        bounds=(0, INFINITY),
        pitfalls={"edge cases": LOG_OF_ZERO, "large values": LOG_OF_ZERO},
    ),
    Card(
        family="gan",
        name="relativistic_generator_loss",
        summary="Minus the log-probability that a generated image is more real than the real one beside it.",
        formulas=(r"\ell = -\log \sigma\left(D(G(z)) - D(x)\right)",),
        about=f"{PAIRING} It is ``relativistic_discriminator_loss`` with the roles exchanged, so that the generator"
        " needs real images too.",
        arguments=TWO_LOGITS,
        returns=PAIRED,
        papers=("jolicoeur2019", "huang2024"),
        inputs=LOGITS,
        properties=frozenset({"translation invariant"}),
        bounds=(0, INFINITY),
        pitfalls={"edge cases": LOG_OF_ZERO, "large values": LOG_OF_ZERO},
    ),
    Card(
        family="gan",
        name="clip_weights",
        summary="Weights cut to an interval around 0, which bounds the slope of a Wasserstein critic.",
        formulas=(r"w \leftarrow \min(\max(w, -c), c)",),
        about="Apply it to each weight of the critic after each of its steps, outside the gradient.",
        arguments={
            "weights": "weights of a layer, of any shape.",
            "limit": "the c of the formula; above 0.",
        },
        raises="limit is not above 0",
        defaults={"limit": Default(0.01, "arjovsky2017", "algorithm 1")},
        returns="The clipped weights, of the same shape; the argument stays as it is.",
        papers=("arjovsky2017",),
        inputs={"weights": Input("N M", gradient=False)},
        options=({}, {"limit": 0.5}),
    ),
    Card(
        family="gan",
        name="interpolate_pairs",
        summary="A point on the line from each generated image to a real one, where the gradient is penalized.",
        formulas=(r"\hat x = \varepsilon x + (1 - \varepsilon)\, G(z)",),
        about="The paper draws the weights uniformly from [0, 1].",
        arguments={
            "real": "real images, ``(N, ...)``.",
            "fake": "generated images, of the same shape.",
            "weight": "the epsilon of the formula, one number an image, ``(N,)``: 1 gives the real image.",
        },
        returns="Points of the same shape as the images.",
        papers=("gulrajani2017",),
        inputs={
            "real": IMAGES,
            "fake": PREDICTED_IMAGES,
            "weight": Input("N", "unit", gradient=False),
        },
        images=True,
    ),
    Card(
        family="gan",
        name="input_gradient",
        summary="The slope of each image's score: how fast it changes with each pixel.",
        formulas=(r"g_n = \nabla_{x_n} D(x_n)",),
        about="What is differentiated is the sum of all scores. That gives each image the slope of its own score"
        " only if no image's score depends on another image: critics with a gradient penalty leave out batch"
        " normalization. A loss of the result trains the critic's weights; the images count as constants. PyTorch"
        " and TensorFlow differentiate; NumPy takes central differences. ``torch.compile`` leaves the function and"
        " the critic in it as they are, for what it compiles cannot be differentiated twice; a critic must not be"
        " compiled by itself.",
        arguments={
            "critic": "a function that takes the images and returns their scores, of any shape.",
            "images": "where to take the slope, ``(N, ...)``. The critic gets them in their own precision.",
        },
        returns="The gradient, of the shape of the images.",
        papers=("gulrajani2017", "mescheder2018"),
        inputs={
            "critic": Input("", "critic", gradient=False),
            "images": Input("N H W C", gradient=False),
        },
        not_compiled={"torch": "PyTorch takes no gradient inside one compiled graph"},
        images=True,
        pitfalls={
            "values": "The slope is that of the score, not of the loss or of softplus of the score."
            " rosinality/style-based-gan-pytorch#34",
        },
    ),
    Card(
        family="gan",
        name="gradient_penalty_loss",
        summary="Squared distance of the slope of a critic's score from 1.",
        formulas=(r"\ell = \left(\lVert g_n \rVert_2 - c\right)^2",),
        about="The norm is over all axes but the first. Where the slope is exactly 0 the norm has no gradient; it"
        " is taken as 0. The paper takes the slope at ``interpolate_pairs`` and adds 10 times the penalty to"
        " ``wasserstein_critic_loss``.",
        arguments={
            **GRADIENT,
            "center": "the c of the formula, the slope to aim at; at least 0.",
        },
        raises="center is below 0",
        defaults={"center": Default(1.0, "gulrajani2017", "eq. 3")},
        returns=PER_IMAGE,
        papers=("gulrajani2017",),
        inputs={"gradient": PREDICTED_IMAGES},
        options=({}, {"center": 0.0}),
        bounds=(0, INFINITY),
        pitfalls={
            "values": "The norm is over all of an image's pixels and channels, not over the channels alone."
            " Zeleni9/pytorch-wgan#40",
            "edge cases": "The root of a sum of squares has no slope at a zero gradient: NaN. pytorch/pytorch#2534",
        },
    ),
    Card(
        family="gan",
        name="r1_loss",
        summary="Half the squared slope of the discriminator's score at real images.",
        formulas=(r"\ell = \tfrac12 \lVert g_n \rVert_2^2",),
        about="The paper adds gamma = 10 times it to the discriminator's loss. ``r2_loss`` is the same at generated"
        " images.",
        arguments=GRADIENT,
        returns=PER_IMAGE,
        papers=("mescheder2018",),
        inputs={"gradient": PREDICTED_IMAGES},
        bounds=(0, INFINITY),
        pitfalls={
            "values": "The slope is that of the score, not of the loss or of softplus of the score."
            " rosinality/style-based-gan-pytorch#34",
        },
        against=("generated samples are all alike",),
    ),
    Card(
        family="gan",
        name="r2_loss",
        summary="Half the squared slope of the discriminator's score at generated images.",
        formulas=(r"\ell = \tfrac12 \lVert g_n \rVert_2^2",),
        about="The formula is that of ``r1_loss``; what differs is where ``input_gradient`` takes the slope. R3GAN"
        " adds the two, each times one gamma, to ``relativistic_discriminator_loss``.",
        arguments=FAKE_GRADIENT,
        returns=PER_IMAGE,
        papers=("mescheder2018", "huang2024"),
        inputs={"gradient": PREDICTED_IMAGES},
        bounds=(0, INFINITY),
        pitfalls={
            "values": "The slope is that of the score, not of the loss or of softplus of the score."
            " rosinality/style-based-gan-pytorch#34",
        },
    ),
    Card(
        family="gan",
        name="cycle_consistency_loss",
        summary="Mean absolute difference of images from what comes back after both translations.",
        formulas=(r"\ell = |F(G(x)) - x|",),
        about="G translates from A to B, F from B to A; images of B are compared with G(F(y)). The paper writes the"
        " sum over an image's pixels; its code takes the mean, as is done here.",
        arguments={
            "real": "images of one domain, ``(N, ...)``.",
            "reconstructed": "the same images, there and back, of the same shape.",
        },
        returns=PER_IMAGE,
        papers=("zhu2017",),
        images=True,
        inputs={"real": IMAGES, "reconstructed": PREDICTED_IMAGES},
        properties=ABSOLUTE,
        bounds=(0, INFINITY),
    ),
    Card(
        family="gan",
        name="identity_loss",
        summary="Mean absolute difference of images from their translation into the domain they are of already.",
        formulas=(r"\ell = |G(y) - y|",),
        about="G translates from A to B: y is of B, and G is asked to leave it as it is. The"
        " paper uses it to keep colors when paintings become photographs.",
        arguments={
            "real": "images of the domain that the generator translates into, ``(N, ...)``.",
            "translated": "what the generator makes of them, of the same shape.",
        },
        returns=PER_IMAGE,
        papers=("taigman2017", "zhu2017"),
        images=True,
        inputs={"real": IMAGES, "translated": PREDICTED_IMAGES},
        properties=ABSOLUTE,
        bounds=(0, INFINITY),
        pitfalls={
            "values": "A translator from A to B is asked to leave an image of B as it is, not one of A."
            " LynnHo/CycleGAN-Tensorflow-2#18",
        },
        against=("colors drift",),
    ),
    Card(
        family="gan",
        name="cyclegan_generator_loss",
        summary="What CycleGAN's generators minimize for one domain: adversarial, cycle and identity terms.",
        formulas=(
            (
                r"\ell = \left(D(F(y)) - 1\right)^2 + \lambda\, |F(G(x)) - x| + \lambda_\text{id}\, "
                "|F(x) - x|"
            ),
        ),
        about="x is of domain A, y of B, G translates from A to B, F from B to A, and D judges images of A. The three"
        " terms are means over an image; the last two are ``cycle_consistency_loss`` and ``identity_loss``. The"
        " whole loss is that of A plus that of B. The adversarial term has no 1/2, as in the paper; the"
        " discriminators minimize ``least_squares_discriminator_loss``.",
        arguments={
            "fake_scores": "the discriminator's scores of images translated into the domain, ``(N, ...)``.",
            "real": "images of the domain, ``(N, ...)``.",
            "reconstructed": "the same images after both translations, of the same shape.",
            "translated": "the same images after the translation into their own domain, of the same shape.",
            "cycle_weight": "the lambda of the formula; at least 0.",
            "identity_weight": "the lambda_id of the formula, half of lambda in the paper; at least 0.",
        },
        raises="a weight is below 0",
        defaults={
            "cycle_weight": Default(10.0, "zhu2017", "section 4"),
            "identity_weight": Default(5.0, "zhu2017", "appendix 7.1"),
        },
        returns=PER_IMAGE,
        papers=("zhu2017",),
        inputs={
            "fake_scores": Input("N P Q"),
            "real": IMAGES,
            "reconstructed": PREDICTED_IMAGES,
            "translated": PREDICTED_IMAGES,
        },
        options=({}, {"cycle_weight": 1.0, "identity_weight": 0.0}),
        bounds=(0, INFINITY),
        pitfalls={
            "values": "The official code multiplies the identity weight by the cycle weight: 0.5 there is 5 here."
            " Shaofanl/CycleGAN-keras#3",
        },
    ),
)
