"""Cards of losses on embeddings, and of what chooses their triplets."""

from typing import Any

from lossguide.catalog.card import (
    INFINITY,
    NO_CLASS,
    NO_NAN,
    VALUES_DECIDE,
    Card,
    Default,
    Input,
)

EMBEDDINGS = {
    "embeddings": "``(N, D)``, one row an example.",
    "labels": "``(N,)``, integers: examples with equal labels belong together.",
}
TRIPLETS = {
    "margin": "how much farther than the positive the negative shall be, in the unit of the distance; at"
    " least 0.",
    "distance": '"euclidean", as in ``torch.nn.TripletMarginLoss``; "squared", as in FaceNet; or "cosine", 1 less'
    " the cosine. The margin means another thing for each.",
}
SOFT = {
    "soft": "whether ``log(1 + exp(.))`` takes the place of ``max(0, .)``: then a triplet that keeps the margin goes"
    " on pulling a little. With a margin of 0 it is the soft margin of Hermans et al.",
}
TRIPLET_DEFAULTS = {
    "margin": Default(0.2, "schroff2015", "section 3.3"),
    "distance": Default("euclidean", "PyTorch"),
}
SOFT_DEFAULT = {"soft": Default(False, "PyTorch")}
MINING = {
    "mining": '"hard", "semi-hard" or "all".',
}
CLASSES = {
    "embeddings": "``(N, D)``, one row an example.",
    "target": f"``(N,)``, integers: the class of each example, from 0 to K - 1. {NO_CLASS}",
}
CLASS_WEIGHTS = {
    **CLASSES,
    "weights": "``(K, D)``, one row a class: the layer that the loss trains along with the network.",
    "scale": "factor on the cosines before the softmax; above 0.",
}
TEMPERATURE = {
    "temperature": "divides the cosines; the lower, the more the nearest wrong ones count. Above 0."
}

PER_PAIR = (
    "The loss: a scalar, or one value for each pair if ``reduction`` is ``none``."
)
PER_EXAMPLE = (
    "The loss: a scalar, or one value for each example if ``reduction`` is ``none``."
)
DIRECTION = "A vector shorter than 1e-12 has no direction: its cosines are 0 and it has no gradient."
CHOICE = (
    '"hard" takes for each anchor the farthest positive and the nearest negative (Hermans). "semi-hard" takes'
    " for each anchor and positive the nearest negative that is farther than the positive, by less than the"
    " margin (FaceNet), and leaves out a pair without such a negative, where TensorFlow Addons takes the farthest"
    ' one. "all" takes every triplet. The first of equally far examples is taken. No gradient'
    " flows through the choice."
)
ROOT_AT_ZERO = (
    "A root of a squared distance has an infinite slope at zero: equal embeddings give NaN gradients."
    " tensorflow/tensorflow#30199"
)

VECTORS = Input("N D")
MORE_VECTORS = Input("N D", more=True)
FLAGS = Input("N", "binary", gradient=False, more=True)
LABELS = Input("N", "label", gradient=False)
CLASS = Input("N", "class", gradient=False)
MINED: tuple[dict[str, Any], ...] = (
    {},
    {"mining": "semi-hard", "margin": 2.0},
    {"mining": "all"},
    {"mining": "hard", "distance": "squared"},
    {"mining": "semi-hard", "margin": 5.0, "distance": "squared"},
    {"mining": "all", "margin": 1.0, "distance": "squared"},
    {"mining": "hard", "distance": "cosine"},
    {"mining": "semi-hard", "margin": 0.5, "distance": "cosine"},
    {"mining": "all", "distance": "cosine"},
)
SOFTLY: tuple[dict[str, Any], ...] = (
    {"mining": "hard", "margin": 0.0, "soft": True},
    {"mining": "semi-hard", "margin": 2.0, "soft": True},
    {"mining": "all", "soft": True},
)
DISTANCE = frozenset({"translation invariant"})
DIRECTIONS = frozenset({"scale invariant"})

CARDS = (
    Card(
        family="metric",
        name="pairwise_distances",
        summary="The distance of every embedding of one set to every embedding of another.",
        formulas=(r"d_{ij} = \lVert x_i - y_j \rVert_2",),
        about="The gradient of two equal embeddings is 0. It is computed from differences, so that it is exact"
        " for near embeddings far from 0, where ``|x|² + |y|² - 2xy`` cancels. TensorFlow and NumPy hold"
        " ``N M D`` numbers to do so; PyTorch holds ``N M``, and has no second derivative but of the cosine"
        f" distance, which forgets lengths. {DIRECTION}",
        arguments={
            "embeddings1": "``(N, D)``.",
            "embeddings2": "``(M, D)``.",
            "distance": '"euclidean", "squared" or "cosine", 1 less the cosine.',
        },
        defaults={
            "distance": Default(
                "euclidean", "ours", "a distance in the unit of the embeddings"
            )
        },
        returns="A matrix ``(N, M)``.",
        inputs={"embeddings1": VECTORS, "embeddings2": Input("M D")},
        options=({}, {"distance": "squared"}, {"distance": "cosine"}),
        properties=DISTANCE,
        bounds=(0, INFINITY),
        pitfalls={
            "gradients": ROOT_AT_ZERO,
            "edge cases": ROOT_AT_ZERO,
            "values": "Distances through a matrix product are not exactly zero on the diagonal."
            " pytorch/pytorch#123082",
            "precision": "Distances through a matrix product are not exactly zero on the diagonal."
            " pytorch/pytorch#123082",
        },
    ),
    Card(
        family="metric",
        name="contrastive_loss",
        summary="Alike pairs are pulled together, unlike pairs are pushed apart up to a margin.",
        formulas=(
            r"\ell = \tfrac12 s\, d^2 + \tfrac12 (1 - s) \max(0, m - d)^2",
            r"d = \lVert x_1 - x_2 \rVert_2",
        ),
        about="``same`` is 1 for a pair that belongs together. The paper's Y is the opposite: 0 for such a pair."
        " Two equal embeddings of an unlike pair have loss ``m²/2`` and no gradient: no direction leads apart.",
        arguments={
            "embeddings1": "one embedding of each pair, ``(..., D)``.",
            "embeddings2": "the other, of the same shape.",
            "same": "``(...)``, 1 or true where the pair belongs together, 0 or false where not.",
            "margin": "the distance from which an unlike pair has no loss; above 0.",
        },
        raises="margin is not above 0",
        defaults={"margin": Default(1.0, "TensorFlow Addons")},
        returns=PER_PAIR,
        papers=("hadsell2006", "chopra2005"),
        inputs={
            "embeddings1": MORE_VECTORS,
            "embeddings2": MORE_VECTORS,
            "same": FLAGS,
        },
        options=({}, {"margin": 6.0}),
        properties=frozenset({"symmetric", "translation invariant"}),
        bounds=(0, INFINITY),
        pitfalls={
            "values": "Hadsell's label is 0 for a pair that belongs together; many codes use 1. Swapped, the loss"
            " pushes friends apart. keras-team/keras#16935",
            "gradients": "Two equal inputs make the root's slope infinite. keras-team/keras#9097",
            "edge cases": "Two equal inputs make the root's slope infinite. keras-team/keras#9097",
        },
    ),
    Card(
        family="metric",
        name="triplet_loss",
        summary="A negative shall be farther from the anchor than a positive, by a margin.",
        formulas=(r"\ell = \max\left(0,\; d(a, p) - d(a, n) + m\right)",),
        arguments={
            "anchor": "embeddings, ``(..., D)``.",
            "positive": "an embedding that belongs with each anchor, of the same shape.",
            "negative": "an embedding that does not, of the same shape.",
            **TRIPLETS,
            **SOFT,
        },
        raises="distance is none of the three, or margin is below 0",
        defaults={**TRIPLET_DEFAULTS, **SOFT_DEFAULT},
        returns="The loss: a scalar, or one value for each triplet if ``reduction`` is ``none``.",
        papers=("schroff2015",),
        inputs=dict.fromkeys(("anchor", "positive", "negative"), MORE_VECTORS),
        options=(
            {},
            {"margin": 5.0},
            {"margin": 0.0},
            {"margin": 1.0, "distance": "squared"},
            {"margin": 0.5, "distance": "cosine"},
            {"margin": 0.0, "soft": True},
        ),
        properties=DISTANCE,
        bounds=(0, INFINITY),
        pitfalls={
            "values": "FaceNet's margin is for squared distances, PyTorch's for plain ones: the same number"
            " means another loss. davidsandberg/facenet#547",
            "gradients": ROOT_AT_ZERO,
            "edge cases": ROOT_AT_ZERO,
        },
    ),
    Card(
        family="metric",
        name="mine_triplets",
        summary="Triplets of a batch, or of a whole data set, to train on.",
        about=f"{CHOICE} {NO_NAN} The number of triplets depends on the values: XLA cannot compile this function, and"
        " ``torch.compile`` not as one graph.",
        arguments={**EMBEDDINGS, **TRIPLETS, **MINING},
        raises="mining or distance is none of its three, or margin is below 0",
        defaults={
            "mining": Default("hard", "hermans2017", "eq. 5"),
            **TRIPLET_DEFAULTS,
        },
        returns="Three integer arrays of one length: indices of anchors, positives and negatives, ordered by"
        " anchor, then positive, then negative.",
        papers=("schroff2015", "hermans2017"),
        inputs={
            "embeddings": Input("N D", gradient=False),
            "labels": LABELS,
        },
        options=MINED,
        not_compiled={"torch": VALUES_DECIDE, "tensorflow": VALUES_DECIDE},
        pitfalls={
            "values": "A semi-hard negative is farther than the positive, but by less than the margin."
            " tensorflow/tensorflow#16691",
            "edge cases": "With one example of each label there are no triplets at all."
            " KevinMusgrave/pytorch-metric-learning#110",
        },
    ),
    Card(
        family="metric",
        name="batch_triplet_loss",
        summary="The triplet loss of the triplets that a batch holds.",
        formulas=(
            r"\ell_a = \sum_{(p, n)} \max\left(0,\; d(a, p) - d(a, n) + m\right)",
            r"L = \frac{\sum_a \ell_a}{\text{triplets that count}}",
        ),
        about=f"{CHOICE} All triplets that were chosen count for the mean, an anchor without a positive or"
        ' without a negative therefore not; of "all", only those with a loss above 0 count (Hermans), which with'
        " ``soft=True`` all have. The mean is 0 if none counts."
        ' Memory grows as N² for "hard" and "semi-hard", as N³ for "all". "semi-hard" and "all" take their'
        " distances from ``pairwise_distances``, and what is said there holds here: in PyTorch they have a second"
        " derivative with the cosine distance only, as the backward of ``torch.cdist`` has no derivative.",
        arguments={**EMBEDDINGS, **TRIPLETS, **SOFT, **MINING},
        raises="mining or distance is none of its three, or margin is below 0",
        defaults={
            "mining": Default("hard", "hermans2017", "eq. 5"),
            **TRIPLET_DEFAULTS,
            **SOFT_DEFAULT,
        },
        returns="The loss: a scalar, or one value for each example if ``reduction`` is ``none``, the sum over"
        " the triplets of which it is the anchor.",
        papers=("schroff2015", "hermans2017"),
        inputs={"embeddings": VECTORS, "labels": LABELS},
        options=MINED + SOFTLY,
        bounds=(0, INFINITY),
        pitfalls={
            "values": "FaceNet's margin is for squared distances, PyTorch's for plain ones: the same number"
            " means another loss. davidsandberg/facenet#547",
            "gradients": ROOT_AT_ZERO,
            "edge cases": "A batch without a violating triplet averages over nothing: NaN instead of 0."
            " KevinMusgrave/pytorch-metric-learning#107",
        },
        against=("embeddings collapse",),
    ),
    Card(
        family="metric",
        name="info_nce_loss",
        summary="Cross-entropy of finding each query's own key among all keys.",
        formulas=(
            r"\ell_i = -\log \frac{\exp(\cos(q_i, k_i) / \tau)}{\sum_j \exp(\cos(q_i, k_j) / \tau)}",
        ),
        about=f"The paper's score is bilinear; the cosine over a temperature is what the field made of it."
        f" {DIRECTION}",
        arguments={
            "queries": "``(N, D)``.",
            "keys": "``(N, D)``: row i belongs to query i, all others are its negatives.",
            **TEMPERATURE,
        },
        raises="temperature is not above 0",
        defaults={"temperature": Default(0.07, "he2020", "section 3.3")},
        returns="The loss: a scalar, or one value for each query if ``reduction`` is ``none``.",
        papers=("oord2018",),
        inputs={"queries": VECTORS, "keys": VECTORS},
        options=({}, {"temperature": 1.0}),
        properties=DIRECTIONS,
        bounds=(0, INFINITY),
    ),
    Card(
        family="metric",
        name="siglip_loss",
        summary="Sigmoid loss of all pairs: does this query belong to this key, yes or no?",
        formulas=(
            r"\ell_i = -\sum_j \log \sigma\left(s_{ij} \left(\frac{\cos(q_i, k_j)}{\tau} + b\right)\right)",
            r"s_{ii} = 1, \quad s_{ij} = -1",
        ),
        about="The mean is over the queries, N, not over the N² pairs: as in the authors' code. Each pair is judged by"
        " itself, so that a batch can be cut into pieces whose losses add up. Temperature and bias are"
        f" learned in the paper, from these values; tensors can be given. {DIRECTION}",
        arguments={
            "queries": "``(N, D)``.",
            "keys": "``(N, D)``: row i belongs to query i, all others are its negatives.",
            **TEMPERATURE,
            "bias": "added to the scaled cosines. Below 0, it says that most pairs do not belong together.",
        },
        raises="temperature is not above 0",
        defaults={
            "temperature": Default(
                0.1, "zhai2023", "section 3.2, where training starts"
            ),
            "bias": Default(-10.0, "zhai2023", "section 3.2, where training starts"),
        },
        returns="The loss: a scalar, or one value for each query if ``reduction`` is ``none``.",
        papers=("zhai2023",),
        inputs={"queries": VECTORS, "keys": VECTORS},
        options=({}, {"temperature": 1.0, "bias": 0.0}, {"bias": -2.0}),
        properties=DIRECTIONS,
        bounds=(0, INFINITY),
        pitfalls={
            "values": "A mean over the pairs is the loss over N: the rate of another batch size then means another"
            " step.",
        },
    ),
    Card(
        family="metric",
        name="nt_xent_loss",
        summary="SimCLR's loss: each view of an image shall find the other among all views of the batch.",
        formulas=(
            (
                r"\ell_i = -\frac12 \sum_{(a, b)} \log \frac{\exp(\cos(a_i, b_i) / \tau)}{\sum_{z \ne "
                r"a_i} \exp(\cos(a_i, z) / \tau)}"
            ),
        ),
        about="(a, b) are the two views in both orders; z runs over all 2N embeddings but ``a_i`` itself. The"
        f" mean over pairs is the mean over all views. {DIRECTION}",
        arguments={
            "view1": "``(N, D)``, the embeddings of one view of each image.",
            "view2": "``(N, D)``, those of another view of the same images.",
            **TEMPERATURE,
        },
        raises="temperature is not above 0",
        defaults={"temperature": Default(0.5, "chen2020", "appendix B.9")},
        returns="The loss: a scalar, or one value for each pair, the mean of its two directions, if"
        " ``reduction`` is ``none``.",
        papers=("chen2020",),
        inputs={"view1": VECTORS, "view2": VECTORS},
        options=({}, {"temperature": 0.07}),
        properties=DIRECTIONS | {"symmetric"},
        bounds=(0, INFINITY),
        pitfalls={
            "gradients": "Subtracting e^(1/t) for the pair of a view with itself corrects the value but leaves"
            " its gradient: mask it. Lightning-Universe/lightning-bolts#695",
            "edge cases": "A batch without negatives crashed a library."
            " KevinMusgrave/pytorch-metric-learning#272",
        },
    ),
    Card(
        family="metric",
        name="supervised_contrastive_loss",
        summary="Each example shall find the others of its label among all others of the batch.",
        formulas=(
            (
                r"\ell_i = -\frac{1}{|P(i)|} \sum_{p \in P(i)} \log \frac{\exp(\cos(z_i, z_p) / "
                r"\tau)}{\sum_{a \ne i} \exp(\cos(z_i, z_a) / \tau)}"
            ),
        ),
        about="P(i) are the others with the label of i. This is the paper's form with the sum outside of the"
        " logarithm; all positives of i stand in the denominator too, which ``NTXentLoss`` of"
        " pytorch-metric-learning leaves out. An example without others of its label has loss 0 and does not count"
        " for the mean, which is 0 if none counts. A batch of one label has a loss: the positives compete with each"
        f" other. {DIRECTION}",
        arguments={**EMBEDDINGS, **TEMPERATURE},
        raises="temperature is not above 0",
        defaults={"temperature": Default(0.1, "khosla2020", "section 4")},
        returns=PER_EXAMPLE,
        papers=("khosla2020",),
        inputs={"embeddings": VECTORS, "labels": LABELS},
        options=({}, {"temperature": 0.5}),
        properties=DIRECTIONS,
        bounds=(0, INFINITY),
        pitfalls={
            "edge cases": "An anchor without a positive divides by zero: leave it out of the mean."
            " HobbitLong/SupContrast#141",
            "large values": "Embeddings that are not normalized make logits of thousands, and log(exp) fails."
            " HobbitLong/SupContrast#104",
        },
    ),
    Card(
        family="metric",
        name="n_pair_loss",
        summary="Cross-entropy of finding each anchor's positive among the positives of all, by inner product.",
        formulas=(
            (
                r"\ell_i = \log\left(1 + \sum_{j \ne i} \exp(a_i^\top p_j - a_i^\top p_i)\right) + "
                r"\frac{\lambda}{2}\left(\lVert a_i \rVert^2 + \lVert p_i \rVert^2\right)"
            ),
        ),
        about="The pairs are of N different classes. As the embeddings are not normalized, the paper keeps them"
        " short by the second term.",
        arguments={
            "anchors": "``(N, D)``.",
            "positives": "``(N, D)``: row i belongs with anchor i, all others are its negatives.",
            "l2": "the weight of the squared lengths; at least 0.",
        },
        raises="l2 is below 0",
        defaults={
            "l2": Default(0.0, "ours", "the length of the embeddings is left alone")
        },
        returns=PER_PAIR,
        papers=("sohn2016",),
        inputs={"anchors": VECTORS, "positives": VECTORS},
        options=({}, {"l2": 0.02}),
        bounds=(0, INFINITY),
    ),
    Card(
        family="metric",
        name="arcface_loss",
        summary="Softmax over cosines, with the angle to the right class made wider by a margin.",
        formulas=(
            (
                r"\ell = -\log \frac{e^{s \cos(\theta_y + m)}}{e^{s \cos(\theta_y + m)} + \sum_{k \ne "
                r"y} e^{s \cos\theta_k}}"
            ),
            r"\cos\theta_k = \cos(x, w_k)",
        ),
        about="Where the wider angle would exceed a half turn, its cosine would rise again: there"
        r" :math:`\cos\theta_y - m \sin m` takes its place, as in the authors' code. The sine comes from the"
        " chords of the two vectors, so that the gradient is finite where they are parallel, unlike that of the"
        f" arc cosine. {DIRECTION}",
        arguments={
            **CLASS_WEIGHTS,
            "margin": "the angle added, in radians; at least 0.",
        },
        raises="margin is below 0, or scale is not above 0",
        defaults={
            "margin": Default(0.5, "deng2019", "section 3.1"),
            "scale": Default(64.0, "deng2019", "section 3.1"),
        },
        returns=PER_EXAMPLE,
        papers=("deng2019",),
        inputs={"embeddings": VECTORS, "weights": Input("K D"), "target": CLASS},
        options=({}, {"margin": 0.3, "scale": 8.0}),
        properties=DIRECTIONS,
        bounds=(0, INFINITY),
        pitfalls={
            "values": "Class weights must be normalized over the feature axis of their own layout."
            " ronghuaiyang/arcface-pytorch#68",
            "gradients": "The arc cosine, and the root of 1 - cos², have infinite slopes at cos = 1; clamping to"
            " [-1, 1] does not help. pytorch/pytorch#8069",
            "edge cases": "The arc cosine, and the root of 1 - cos², have infinite slopes at cos = 1; clamping to"
            " [-1, 1] does not help. pytorch/pytorch#8069",
        },
    ),
    Card(
        family="metric",
        name="cosface_loss",
        summary="Softmax over cosines, with a margin taken off the cosine of the right class.",
        formulas=(
            (
                r"\ell = -\log \frac{e^{s (\cos\theta_y - m)}}{e^{s (\cos\theta_y - m)} + \sum_{k \ne "
                r"y} e^{s \cos\theta_k}}"
            ),
            r"\cos\theta_k = \cos(x, w_k)",
        ),
        about=DIRECTION,
        arguments={
            **CLASS_WEIGHTS,
            "margin": "what is taken off the cosine; at least 0.",
        },
        raises="margin is below 0, or scale is not above 0",
        defaults={
            "margin": Default(0.35, "wang2018", "its experiments"),
            "scale": Default(64.0, "wang2018", "its experiments"),
        },
        returns=PER_EXAMPLE,
        papers=("wang2018",),
        inputs={"embeddings": VECTORS, "weights": Input("K D"), "target": CLASS},
        options=({}, {"margin": 0.2, "scale": 8.0}),
        properties=DIRECTIONS,
        bounds=(0, INFINITY),
    ),
    Card(
        family="metric",
        name="center_loss",
        summary="Half the squared distance of each embedding to the center of its class.",
        formulas=(r"\ell = \tfrac12 \lVert x - c_y \rVert^2",),
        about="The paper sums over the batch and adds the result to a cross-entropy, with a small weight. It"
        " moves each center by the average of its examples' differences, divided by one more than their number;"
        " the gradient that flows to ``centers`` here is their sum.",
        arguments={
            **CLASSES,
            "centers": "``(K, D)``, one row a class.",
        },
        returns=PER_EXAMPLE,
        papers=("wen2016",),
        inputs={"embeddings": VECTORS, "centers": Input("K D"), "target": CLASS},
        properties=DISTANCE,
        bounds=(0, INFINITY),
        pitfalls={
            "values": "There is one center for each class, and each embedding is compared with its own only."
            " davidsandberg/facenet#65",
            "reductions": "The paper sums half the squared distances; most codes average them without the half."
            " KaiyangZhou/pytorch-center-loss#5",
        },
    ),
)
