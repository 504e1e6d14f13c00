"""Losses on embeddings: alike together, unlike apart."""

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from lossguide._arguments import not_negative, positive
from lossguide.catalog import documented
from lossguide.torch._arguments import (
    Reduction,
    floats,
    integers,
    reduce,
    same_shape,
)

__all__ = [
    "arcface_loss",
    "batch_triplet_loss",
    "center_loss",
    "contrastive_loss",
    "cosface_loss",
    "info_nce_loss",
    "mine_triplets",
    "n_pair_loss",
    "nt_xent_loss",
    "pairwise_distances",
    "supervised_contrastive_loss",
    "triplet_loss",
]

Mining = Literal["all", "hard", "semi-hard"]

# A vector that is shorter has no direction.
SHORTEST = 1e-12


def _vectors(**tensors: Tensor) -> tuple[Tensor, ...]:
    """Return embeddings of one shape ``(..., D)`` in one dtype."""
    checked = same_shape(**tensors)
    if checked[0].ndim == 0:
        raise ValueError(f"{next(iter(tensors))} must have shape (..., D), got ()")
    return checked


def _sets(**tensors: Tensor) -> tuple[Tensor, ...]:
    """Return sets of embeddings, each ``(N, D)`` with one D, in one dtype."""
    checked = floats(**tensors)
    for name, tensor in zip(tensors, checked, strict=True):
        if tensor.ndim != 2:
            raise ValueError(
                f"{name} must have shape (N, D), got {tuple(tensor.shape)}"
            )
        if tensor.shape[1] != checked[0].shape[1]:
            raise ValueError(
                f"{name} must have shape (N, {checked[0].shape[1]}), got {tuple(tensor.shape)}"
            )
    return checked


def _pairs(**tensors: Tensor) -> tuple[Tensor, ...]:
    """Return two sets of equally many embeddings, each ``(N, D)``, in one dtype."""
    checked = _sets(**tensors)
    return same_shape(**dict(zip(tensors, checked, strict=True)))


def _per_embedding(embeddings: Tensor, **given: Tensor) -> Tensor:
    """Return a whole number for each embedding."""
    ((name, numbers),) = zip(given, integers(**given), strict=True)
    if numbers.shape != embeddings.shape[:1]:
        raise ValueError(
            f"{name} must have shape ({len(embeddings)},), one an embedding, got {tuple(numbers.shape)}"
        )
    return numbers


def _flags(same: Tensor, distance: Tensor) -> Tensor:
    """Return 1 or 0 for each pair."""
    if not isinstance(same, Tensor):
        raise TypeError(f"same must be a tensor, got {type(same).__name__}")
    if same.is_complex():
        raise TypeError(f"same must hold truth values or numbers, got {same.dtype}")
    if same.shape != distance.shape:
        raise ValueError(
            f"same must have shape {tuple(distance.shape)}, one a pair, got {tuple(same.shape)}"
        )
    return same.to(distance.dtype)


def _known(mining: str) -> None:
    if mining not in ("all", "hard", "semi-hard"):
        raise ValueError(f'mining must be "all", "hard" or "semi-hard", got {mining!r}')


def _mean_of(loss: Tensor, counted: Tensor, reduction: Reduction) -> Tensor:
    """Apply the reduction; the mean is over what counts."""
    if reduction == "mean":
        return loss.sum() / counted.sum().clamp(min=1)
    return reduce(loss, reduction)


def _distance(first: Tensor, second: Tensor, squared: bool = False) -> Tensor:
    """The distance along the last axis; its gradient at 0 is 0."""
    between = first - second
    return between.square().sum(-1) if squared else between.norm(dim=-1)


def _unit(vectors: Tensor) -> Tensor:
    """The vectors at length 1; 0 for one without a direction, with no gradient."""
    length = vectors.norm(dim=-1, keepdim=True)
    long = length > SHORTEST
    return torch.where(long, vectors / torch.where(long, length, 1), 0)


def _products(first: Tensor, second: Tensor) -> Tensor:
    """The inner products of each with each, in full precision under autocast too."""
    with torch.autocast(first.device.type, enabled=False):
        return first @ second.T


def _cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    return F.cross_entropy(logits, target, reduction="none")


def _own_key(logits: Tensor) -> Tensor:
    """Cross-entropy where the target of row i is column i."""
    return logits.logsumexp(1) - logits.diagonal()


@documented
def pairwise_distances(
    embeddings1: Tensor, embeddings2: Tensor, *, squared: bool = False
) -> Tensor:
    """
    >>> pairwise_distances(torch.zeros(1, 2), torch.tensor([[3.0, 4.0], [0.0, 0.0]]))
    tensor([[5., 0.]])
    """
    first, second = _sets(embeddings1=embeddings1, embeddings2=embeddings2)
    # By differences: a product of matrices would lose what two near embeddings differ in.
    mode = "donot_use_mm_for_euclid_dist"
    distances = torch.cdist(first, second, compute_mode=mode)
    return distances.square() if squared else distances


@documented
def contrastive_loss(
    embeddings1: Tensor,
    embeddings2: Tensor,
    same: Tensor,
    *,
    margin: float = 1.0,
    reduction: Reduction = "mean",
) -> Tensor:
    """
    >>> first, second = torch.zeros(2, 2), torch.tensor([[0.3, 0.4], [0.3, 0.4]])
    >>> contrastive_loss(first, second, torch.tensor([1.0, 0.0]), reduction="none")
    tensor([0.1250, 0.1250])
    """
    positive(margin=margin)
    first, second = _vectors(embeddings1=embeddings1, embeddings2=embeddings2)
    distance = _distance(first, second)
    same = _flags(same, distance)
    together = _distance(first, second, squared=True) / 2
    apart = F.relu(margin - distance).square() / 2
    return reduce(same * together + (1 - same) * apart, reduction)


@documented
def triplet_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    margin: float = 0.2,
    squared: bool = False,
    reduction: Reduction = "mean",
) -> Tensor:
    """
    >>> anchor = torch.zeros(1, 2)
    >>> positive, negative = torch.tensor([[[3.0, 4.0]], [[0.0, 4.5]]])
    >>> triplet_loss(anchor, positive, negative, margin=1.0)
    tensor(1.5000)
    """
    not_negative(margin=margin)
    anchor, positive, negative = _vectors(
        anchor=anchor, positive=positive, negative=negative
    )
    far = _distance(anchor, positive, squared)
    near = _distance(anchor, negative, squared)
    return reduce(F.relu(far - near + margin), reduction)


def _friends_and_foes(labels: Tensor) -> tuple[Tensor, Tensor]:
    """For each anchor, a row: who else has its label, and who has another."""
    alike = labels[:, None] == labels
    return alike & ~torch.eye(
        len(labels), dtype=torch.bool, device=labels.device
    ), ~alike


def _mining_distances(embeddings: Tensor, squared: bool) -> Tensor:
    """The distances to choose triplets by, without a gradient."""
    embeddings = embeddings.detach()
    if embeddings.dtype == torch.float64:
        return pairwise_distances(embeddings, embeddings, squared=squared)
    # Faster: in float64, a product of matrices loses less than float32 has lost already.
    embeddings = embeddings.double()
    squares = embeddings.square().sum(1)
    distances = torch.addmm(squares, embeddings, embeddings.T, alpha=-2)
    distances = distances.add_(squares[:, None]).clamp_(min=0)
    return distances if squared else distances.sqrt_()


def _hard(distances: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """For each anchor: the farthest positive, the nearest negative, and whether it has both."""
    if not len(labels):
        return labels, labels, labels.bool()
    friends, foes = _friends_and_foes(labels)
    positives = distances.masked_fill(~friends, -math.inf).argmax(1)
    # In place, as the distances are not needed again: large tensors are slow to make.
    negatives = distances.masked_fill_(~foes, math.inf).argmin(1)
    anchors = torch.arange(len(labels), device=labels.device)
    return positives, negatives, friends[anchors, positives] & foes[anchors, negatives]


def _semi_hard(
    distances: Tensor, labels: Tensor, margin: float
) -> tuple[Tensor, Tensor]:
    """For each anchor and positive: the nearest of the semi-hard negatives, and whether there is one."""
    friends, foes = _friends_and_foes(labels)
    near, order = torch.where(foes, distances, math.inf).sort(dim=1, stable=True)
    # Where the negatives that are farther than the positive begin.
    first = torch.searchsorted(near, distances, right=True)
    mined = friends & (near.gather(1, first) < distances + margin)
    return order.gather(1, first), mined


@documented
def mine_triplets(
    embeddings: Tensor,
    labels: Tensor,
    *,
    mining: Mining = "hard",
    margin: float = 0.2,
    squared: bool = False,
) -> tuple[Tensor, Tensor, Tensor]:
    """
    >>> embeddings = torch.tensor([[0.0], [1.0], [1.1], [5.0]])
    >>> anchors, positives, negatives = mine_triplets(
    ...     embeddings, torch.tensor([0, 0, 1, 1])
    ... )
    >>> negatives
    tensor([2, 2, 1, 1])
    """
    _known(mining)
    not_negative(margin=margin)
    (embeddings,) = _sets(embeddings=embeddings)
    labels = _per_embedding(embeddings, labels=labels)
    distances = _mining_distances(embeddings, squared)
    if mining == "hard":
        positives, negatives, mined = _hard(distances, labels)
        (anchors,) = mined.nonzero(as_tuple=True)
        return anchors, positives[anchors], negatives[anchors]
    if mining == "semi-hard":
        negatives, mined = _semi_hard(distances, labels, margin)
        anchors, positives = mined.nonzero(as_tuple=True)
        return anchors, positives, negatives[anchors, positives]
    friends, foes = _friends_and_foes(labels)
    triplets = friends[:, :, None] & foes[:, None, :]
    anchors, positives, negatives = triplets.nonzero(as_tuple=True)
    return anchors, positives, negatives


@documented
def batch_triplet_loss(
    embeddings: Tensor,
    labels: Tensor,
    *,
    mining: Mining = "hard",
    margin: float = 0.2,
    squared: bool = False,
    reduction: Reduction = "mean",
) -> Tensor:
    """
    >>> embeddings = torch.tensor([[0.0], [1.0], [1.5], [5.0]])
    >>> labels = torch.tensor([0, 0, 1, 1])
    >>> batch_triplet_loss(embeddings, labels, margin=1.0, reduction="none")
    tensor([0.5000, 1.5000, 4.0000, 0.5000])
    """
    _known(mining)
    not_negative(margin=margin)
    (embeddings,) = _sets(embeddings=embeddings)
    labels = _per_embedding(embeddings, labels=labels)
    if mining == "hard":
        distances = _mining_distances(embeddings, squared=True)
        positives, negatives, mined = _hard(distances, labels)
        far = _distance(embeddings, embeddings[positives], squared)
        near = _distance(embeddings, embeddings[negatives], squared)
        loss = torch.where(mined, F.relu(far - near + margin), 0)
        return _mean_of(loss, mined, reduction)
    distances = pairwise_distances(embeddings, embeddings, squared=squared)
    if mining == "semi-hard":
        negatives, mined = _semi_hard(
            _mining_distances(embeddings, squared), labels, margin
        )
        near = distances.gather(1, negatives)
        loss = torch.where(mined, F.relu(distances - near + margin), 0)
        return _mean_of(loss.sum(1), mined, reduction)
    friends, foes = _friends_and_foes(labels)
    mined = friends[:, :, None] & foes[:, None, :]
    far, near = distances[:, :, None], distances[:, None, :]
    loss = torch.where(mined, F.relu(far - near + margin), 0)
    return _mean_of(loss.sum((1, 2)), loss > 0, reduction)


@documented
def info_nce_loss(
    queries: Tensor,
    keys: Tensor,
    *,
    temperature: float = 0.07,
    reduction: Reduction = "mean",
) -> Tensor:
    """
    >>> keys = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    >>> info_nce_loss(torch.eye(2), keys, temperature=1.0)
    tensor(0.6931)
    """
    positive(temperature=temperature)
    queries, keys = _pairs(queries=queries, keys=keys)
    logits = _products(_unit(queries), _unit(keys)) / temperature
    return reduce(_own_key(logits), reduction)


def _without_self(logits: Tensor) -> Tensor:
    """The logits of each embedding with all others; finite, as a single embedding has none."""
    itself = torch.eye(len(logits), dtype=torch.bool, device=logits.device)
    return logits.masked_fill(itself, torch.finfo(logits.dtype).min)


@documented
def nt_xent_loss(
    view1: Tensor,
    view2: Tensor,
    *,
    temperature: float = 0.5,
    reduction: Reduction = "mean",
) -> Tensor:
    """
    >>> nt_xent_loss(torch.eye(2), torch.eye(2))
    tensor(0.2395)
    """
    positive(temperature=temperature)
    view1, view2 = _pairs(view1=view1, view2=view2)
    both = _unit(torch.cat([view1, view2]))
    logits = _without_self(_products(both, both) / temperature)
    own = logits.diagonal(len(view1))
    loss = logits.logsumexp(1).reshape(2, len(view1)).mean(0) - own
    return reduce(loss, reduction)


@documented
def supervised_contrastive_loss(
    embeddings: Tensor,
    labels: Tensor,
    *,
    temperature: float = 0.1,
    reduction: Reduction = "mean",
) -> Tensor:
    """
    >>> embeddings = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> labels = torch.tensor([0, 0, 1])
    >>> supervised_contrastive_loss(embeddings, labels, temperature=1.0, reduction="none")
    tensor([0.3133, 0.3133, 0.0000])
    """
    positive(temperature=temperature)
    (embeddings,) = _sets(embeddings=embeddings)
    friends, _ = _friends_and_foes(_per_embedding(embeddings, labels=labels))
    direction = _unit(embeddings)
    logits = _without_self(_products(direction, direction) / temperature)
    surprise = torch.where(friends, logits.logsumexp(1, keepdim=True) - logits, 0)
    count = friends.sum(1)
    loss = surprise.sum(1) / count.clamp(min=1)
    return _mean_of(loss, count > 0, reduction)


@documented
def n_pair_loss(
    anchors: Tensor,
    positives: Tensor,
    *,
    l2: float = 0.0,
    reduction: Reduction = "mean",
) -> Tensor:
    """
    >>> n_pair_loss(torch.eye(2), torch.eye(2))
    tensor(0.3133)
    """
    not_negative(l2=l2)
    anchors, positives = _pairs(anchors=anchors, positives=positives)
    loss = _own_key(_products(anchors, positives))
    squares = (anchors.square() + positives.square()).sum(1) / 2
    return reduce(loss + l2 * squares, reduction)


@documented
def arcface_loss(
    embeddings: Tensor,
    weights: Tensor,
    target: Tensor,
    *,
    margin: float = 0.5,
    scale: float = 64.0,
    reduction: Reduction = "mean",
) -> Tensor:
    """
    >>> arcface_loss(torch.ones(1, 2), torch.eye(2), torch.tensor([0]), scale=1.0)
    tensor(0.9284)
    """
    not_negative(margin=margin)
    positive(scale=scale)
    embeddings, weights = _sets(embeddings=embeddings, weights=weights)
    target = _per_embedding(embeddings, target=target)
    embeddings, weights = _unit(embeddings), _unit(weights)
    cosines = _products(embeddings, weights)
    own = weights[target]
    cosine = (embeddings * own).sum(1)
    # Unlike the root of 1 - cosine², this has a gradient where the two are parallel.
    sine = _distance(embeddings, own) * _distance(embeddings, -own) / 2
    widened = torch.where(
        cosine > -math.cos(margin),
        cosine * math.cos(margin) - sine * math.sin(margin),
        cosine - margin * math.sin(margin),
    )
    hit = target[:, None] == torch.arange(len(weights), device=target.device)
    logits = scale * torch.where(hit, widened[:, None], cosines)
    return reduce(_cross_entropy(logits, target), reduction)


@documented
def cosface_loss(
    embeddings: Tensor,
    weights: Tensor,
    target: Tensor,
    *,
    margin: float = 0.35,
    scale: float = 64.0,
    reduction: Reduction = "mean",
) -> Tensor:
    """
    >>> cosface_loss(torch.ones(1, 2), torch.eye(2), torch.tensor([0]), scale=1.0)
    tensor(0.8834)
    """
    not_negative(margin=margin)
    positive(scale=scale)
    embeddings, weights = _sets(embeddings=embeddings, weights=weights)
    target = _per_embedding(embeddings, target=target)
    cosines = _products(_unit(embeddings), _unit(weights))
    hit = target[:, None] == torch.arange(len(weights), device=target.device)
    logits = scale * torch.where(hit, cosines - margin, cosines)
    return reduce(_cross_entropy(logits, target), reduction)


@documented
def center_loss(
    embeddings: Tensor,
    centers: Tensor,
    target: Tensor,
    *,
    reduction: Reduction = "mean",
) -> Tensor:
    """
    >>> centers = torch.tensor([[0.0, 0.0], [1.0, 0.0]])
    >>> center_loss(torch.tensor([[1.0, 2.0]]), centers, torch.tensor([1]))
    tensor(2.)
    """
    embeddings, centers = _sets(embeddings=embeddings, centers=centers)
    target = _per_embedding(embeddings, target=target)
    return reduce(_distance(embeddings, centers[target], True) / 2, reduction)
