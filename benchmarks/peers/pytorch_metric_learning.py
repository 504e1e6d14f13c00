"""pytorch-metric-learning's losses."""

from typing import Any

from benchmarks.peers.peer import Adapter, Function, Peer
from benchmarks.peers.vectors import NO_DIRECTION, TINY, as_it_is, with_direction
from lossguide.catalog import Input


def plain_distance() -> Any:
    from pytorch_metric_learning.distances import LpDistance

    return LpDistance(normalize_embeddings=False)


def mean_reducer() -> Any:
    from pytorch_metric_learning.reducers import MeanReducer

    return MeanReducer()


def sum_reducer() -> Any:
    from pytorch_metric_learning.reducers import SumReducer

    return SumReducer()


def all_triplets(loss_class: Any, embeddings: Any, labels: Any) -> Any:
    return loss_class(margin=1.0, distance=plain_distance())(embeddings, labels)


def hard_triplets(loss_class: Any, embeddings: Any, labels: Any) -> Any:
    from pytorch_metric_learning.miners import BatchHardMiner

    mined = BatchHardMiner(distance=plain_distance())(embeddings, labels)
    loss = loss_class(margin=1.0, distance=plain_distance(), reducer=mean_reducer())
    return loss(embeddings, labels, mined)


def two_views(
    prepare: Function = as_it_is, symmetric: bool = True, **fixed: Any
) -> Adapter:
    def call(loss_class: Any, first: Any, second: Any) -> Any:
        from pytorch_metric_learning.losses import SelfSupervisedLoss

        loss = SelfSupervisedLoss(loss_class(**fixed), symmetric=symmetric)
        return loss(prepare(first), prepare(second))

    return call


def supervised_contrastive(loss_class: Any, embeddings: Any, labels: Any) -> Any:
    return loss_class(temperature=0.1)(embeddings, labels)


def pairs(first: Any, second: Any) -> tuple[Any, Any]:
    """The two members of each pair as one batch, with a label for each pair."""
    import torch

    labels = torch.arange(len(first))
    return torch.cat([first, second]), torch.cat([labels, labels])


def n_pairs(**fixed: Any) -> Adapter:
    def call(loss_class: Any, anchors: Any, positives: Any) -> Any:
        from pytorch_metric_learning.distances import DotProductSimilarity

        loss = loss_class(distance=DotProductSimilarity(**fixed))
        return loss(*pairs(anchors, positives))

    return call


def contrastive(loss_class: Any, first: Any, second: Any, same: Any) -> Any:
    """The pairs of the definition, as the library's indices of alike and of unlike pairs."""
    import torch

    index = torch.arange(len(first))
    alike, unlike = index[same > 0.5], index[same < 0.5]
    chosen = (alike, alike + len(first), unlike, unlike + len(first))
    loss = loss_class(neg_margin=1.0, distance=plain_distance())
    return loss(*pairs(first, second), chosen)


def contrastive_squared(loss_class: Any, first: Any, second: Any, same: Any) -> Any:
    """Half the squares of the library's losses of pairs, and their mean over all pairs."""

    class Squares(loss_class):  # type: ignore[misc]
        def pos_calc(self, *arguments: Any) -> Any:
            return super().pos_calc(*arguments) ** 2 / 2

        def neg_calc(self, *arguments: Any) -> Any:
            return super().neg_calc(*arguments) ** 2 / 2

        def get_default_reducer(self) -> Any:
            return sum_reducer()

    return contrastive(Squares, first, second, same) / len(first)


def angular(prepare: Function = as_it_is, **fixed: Any) -> Adapter:
    """The layer's weights come as an argument, so that they have a gradient to compare."""

    def call(loss_class: Any, embeddings: Any, weights: Any, target: Any) -> Any:
        from torch.func import functional_call

        classes, length = weights.shape
        layer = loss_class(classes, length, reducer=mean_reducer(), **fixed)
        parameters = {"W": prepare(weights).T}
        arguments = prepare(embeddings), target
        return functional_call(layer.to(weights.dtype), parameters, arguments)

    return call


PEERS = (
    Peer(
        "pytorch_metric_learning",
        "losses.ContrastiveLoss",
        "metric.contrastive_loss",
        use=contrastive,
        how="LpDistance(normalize_embeddings=False)",
        theirs="d of an alike pair and max(0, m - d) of an unlike one, each averaged over those above 0.",
        ours="Half the square of d or of max(0, m - d), averaged over all pairs.",
        bridge=contrastive_squared,
    ),
    Peer(
        "pytorch_metric_learning",
        "losses.TripletMarginLoss",
        "metric.batch_triplet_loss",
        use=all_triplets,
        how="margin=1, LpDistance(normalize_embeddings=False)",
        options={"mining": "all", "margin": 1.0},
    ),
    Peer(
        "pytorch_metric_learning",
        "losses.TripletMarginLoss",
        "metric.batch_triplet_loss",
        use=hard_triplets,
        how="BatchHardMiner, MeanReducer, margin=1, LpDistance(normalize_embeddings=False)",
        options={"mining": "hard", "margin": 1.0},
    ),
    Peer(
        "pytorch_metric_learning",
        "losses.NTXentLoss",
        "metric.nt_xent_loss",
        use=two_views(temperature=0.5),
        how="SelfSupervisedLoss, temperature=0.5",
        theirs=TINY.format("1e-12"),
        ours=NO_DIRECTION,
        bridge=two_views(with_direction, temperature=0.5),
    ),
    Peer(
        "pytorch_metric_learning",
        "losses.NTXentLoss",
        "metric.info_nce_loss",
        use=two_views(symmetric=False, temperature=0.07),
        how="SelfSupervisedLoss(symmetric=False), temperature=0.07",
    ),
    Peer(
        "pytorch_metric_learning",
        "losses.SupConLoss",
        "metric.supervised_contrastive_loss",
        use=supervised_contrastive,
        how="temperature=0.1, labels 0 and 1",
        options={"labels": Input("N", "class", gradient=False)},
        theirs="A batch whose labels are all equal has loss 0.",
        ours="Examples of one label still have to find each other.",
        shows=("values", "gradients", "precision", "half precision"),
    ),
    Peer(
        "pytorch_metric_learning",
        "losses.NPairsLoss",
        "metric.n_pair_loss",
        use=n_pairs(normalize_embeddings=True),
        theirs="The embeddings are normalised, unless the distance is told not to.",
        ours="The inner product is that of the embeddings as they are.",
        bridge=n_pairs(normalize_embeddings=False),
    ),
    Peer(
        "pytorch_metric_learning",
        "losses.ArcFaceLoss",
        "metric.arcface_loss",
        use=angular(margin=28.64788975654116, scale=64),
        how="margin of 0.5 in degrees, scale=64, vectors of positive numbers",
        options={
            "embeddings": Input("N D", "positive"),
            "weights": Input("K D", "positive"),
        },
    ),
    Peer(
        "pytorch_metric_learning",
        "losses.CosFaceLoss",
        "metric.cosface_loss",
        use=angular(margin=0.35, scale=64),
        how="margin=0.35, scale=64",
        theirs=TINY.format("1e-12"),
        ours=NO_DIRECTION,
        bridge=angular(with_direction, margin=0.35, scale=64),
    ),
)
