"""PyTorch's losses."""

from typing import Any

from benchmarks.peers.peer import Adapter, Function, Peer
from lossguide.catalog.classification import PER_CLASS


def of_probabilities(
    loss: Function, logits: Any, target: Any, reduction: str = "mean"
) -> Any:
    return loss(logits.sigmoid(), target, reduction=reduction)


def times_classes(
    loss: Function, scores: Any, target: Any, reduction: str = "mean"
) -> Any:
    return loss(scores, target, reduction=reduction) * scores.shape[1]


def hinge_of_ranking(
    loss: Function, scores: Any, target: Any, reduction: str = "mean"
) -> Any:
    zeros = 0 * scores.detach()
    return loss(scores, zeros, target, margin=1.0, reduction=reduction)


def labeled(label: float) -> Adapter:
    """Cross-entropy of logits that all have one label."""

    def cross_entropy(loss: Function, logits: Any, reduction: str = "mean") -> Any:
        return loss(logits, label + 0 * logits.detach(), reduction=reduction)

    return cross_entropy


real, fake = labeled(1.0), labeled(0.0)


def real_and_fake(
    loss: Function, real_logits: Any, fake_logits: Any, reduction: str = "mean"
) -> Any:
    return real(loss, real_logits, reduction) + fake(loss, fake_logits, reduction)


def exact_triplets(
    loss: Function,
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float,
    reduction: str = "mean",
) -> Any:
    return loss(anchor, positive, negative, margin=margin, eps=0.0, reduction=reduction)


OF_LOGITS = "Computed from logits: value and gradient go on, however large the mistake."
CUT_LOGARITHM = (
    "The logarithm of a probability is cut at -100: a worse mistake costs no more."
)

PEERS = (
    Peer("torch", "nn.functional.mse_loss", "regression.mse_loss"),
    Peer("torch", "nn.functional.l1_loss", "regression.l1_loss"),
    Peer("torch", "nn.functional.huber_loss", "regression.huber_loss"),
    Peer(
        "torch",
        "nn.functional.smooth_l1_loss",
        "regression.smooth_l1_loss",
        how="beta=0.3",
        options={"beta": 0.3},
    ),
    Peer("torch", "nn.functional.cross_entropy", "classification.cross_entropy_loss"),
    Peer(
        "torch",
        "nn.functional.cross_entropy",
        "classification.cross_entropy_loss",
        how="weight, label_smoothing, ignore_index",
        options={"weight": PER_CLASS, "label_smoothing": 0.2, "ignore_index": 1},
        theirs="If every target is ignored, the mean is 0/0: NaN.",
        ours="If every target is ignored, the mean is 0, and so is its gradient.",
        shows=("gradients", "edge cases", "large values", "reductions"),
    ),
    Peer(
        "torch",
        "nn.functional.cross_entropy",
        "classification.soft_cross_entropy_loss",
        how="probabilities as targets, label_smoothing",
        options={"label_smoothing": 0.1},
    ),
    Peer(
        "torch",
        "nn.functional.binary_cross_entropy_with_logits",
        "classification.binary_cross_entropy_loss",
    ),
    Peer(
        "torch",
        "nn.functional.binary_cross_entropy",
        "classification.binary_cross_entropy_loss",
        use=of_probabilities,
        how="of sigmoid(logits)",
        theirs=CUT_LOGARITHM,
        ours=OF_LOGITS,
        shows=("edge cases",),
    ),
    Peer(
        "torch",
        "nn.functional.margin_ranking_loss",
        "classification.hinge_loss",
        use=hinge_of_ranking,
        how="of scores and 0, margin=1",
    ),
    Peer(
        "torch",
        "nn.functional.multi_margin_loss",
        "classification.weston_watkins_loss",
        theirs="The sum over the rivals is divided by the number of classes.",
        ours="It is the sum over the rivals, as in the paper.",
        bridge=times_classes,
    ),
    Peer(
        "torch",
        "nn.functional.binary_cross_entropy_with_logits",
        "gan.minimax_discriminator_loss",
        use=real_and_fake,
        how="label 1 for real, 0 for fake",
    ),
    Peer(
        "torch",
        "nn.functional.binary_cross_entropy_with_logits",
        "gan.non_saturating_generator_loss",
        use=real,
        how="label 1",
    ),
    Peer(
        "torch",
        "nn.functional.triplet_margin_loss",
        "metric.triplet_loss",
        how="margin=1",
        options={"margin": 1.0},
        theirs="1e-6 is added to each difference before the distance is taken.",
        ours="The distance is that of the embeddings as they are.",
        bridge=exact_triplets,
    ),
    Peer("torch", "cdist", "metric.pairwise_distances"),
)
