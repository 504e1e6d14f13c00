"""Losses on embeddings: alike together, unlike apart."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lossguide._arguments import not_negative, positive
from lossguide.catalog import documented
from lossguide.numpy._arguments import (
    Array,
    Reduction,
    floats,
    integers,
    reduce,
    same_shape,
)
from lossguide.numpy._slope import constant

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

Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]
Mining = Literal["all", "hard", "semi-hard"]

# A vector that is shorter has no direction.
SHORTEST = 1e-12
# The logit of what a softmax leaves out; finite, so that it may leave out everything.
LOWEST = np.finfo(np.float64).min


def _vectors(**arrays: Any) -> tuple[Array, ...]:
    """Return embeddings of one shape ``(..., D)`` in float64."""
    checked = same_shape(**arrays)
    if checked[0].ndim == 0:
        raise ValueError(f"{next(iter(arrays))} must have shape (..., D), got ()")
    return checked


def _sets(**arrays: Any) -> tuple[Array, ...]:
    """Return sets of embeddings, each ``(N, D)`` with one D, in float64."""
    checked = floats(**arrays)
    for name, array in zip(arrays, checked, strict=True):
        if array.ndim != 2:
            raise ValueError(f"{name} must have shape (N, D), got {array.shape}")
        if array.shape[1] != checked[0].shape[1]:
            raise ValueError(
                f"{name} must have shape (N, {checked[0].shape[1]}), got {array.shape}"
            )
    return checked


def _pairs(**arrays: Any) -> tuple[Array, ...]:
    """Return two sets of equally many embeddings, each ``(N, D)``, in float64."""
    checked = _sets(**arrays)
    return same_shape(**dict(zip(arrays, checked, strict=True)))


def _per_embedding(embeddings: Array, **given: Any) -> Indices:
    """Return a whole number for each embedding."""
    ((name, numbers),) = zip(given, integers(**given), strict=True)
    if numbers.shape != embeddings.shape[:1]:
        raise ValueError(
            f"{name} must have shape {embeddings.shape[:1]}, one an embedding, got {numbers.shape}"
        )
    return numbers


def _classes(target: Any, embeddings: Array, centers: Array) -> Indices:
    """Return the class of each embedding, one of the centers."""
    classes = _per_embedding(embeddings, target=target)
    if np.any((classes < 0) | (classes >= len(centers))):
        raise ValueError(
            f"target must hold classes from 0 to {len(centers) - 1},"
            f" got {classes.min()} to {classes.max()}"
        )
    return classes


def _flags(same: Any, distance: Array) -> Array:
    """Return 1 or 0 for each pair."""
    same = np.asarray(same)
    if same.dtype.kind not in "biuf":
        raise TypeError(f"same must hold truth values or numbers, got {same.dtype}")
    if same.shape != distance.shape:
        raise ValueError(
            f"same must have shape {distance.shape}, one a pair, got {same.shape}"
        )
    return np.asarray(same, dtype=np.float64)


def _known(mining: str) -> None:
    if mining not in ("all", "hard", "semi-hard"):
        raise ValueError(f'mining must be "all", "hard" or "semi-hard", got {mining!r}')


def _mean_of(loss: Array, counted: Mask, reduction: Reduction) -> Array:
    """Apply the reduction; the mean is over what counts."""
    if reduction == "mean":
        return np.asarray(loss.sum() / max(counted.sum(), 1))
    return reduce(loss, reduction)


def _distance(first: Array, second: Array, squared: bool = False) -> Array:
    """The distance along the last axis."""
    squares: Array = ((first - second) ** 2).sum(axis=-1)
    return squares if squared else np.asarray(np.sqrt(squares))


def _unit(vectors: Array) -> Array:
    """The vectors at length 1; 0 for one without a direction, with no gradient."""
    length = np.sqrt((vectors**2).sum(axis=-1, keepdims=True))
    long = constant(length > SHORTEST)
    return np.where(long, vectors / np.where(long, length, 1), 0)


def _log_sum_exp(logits: Array) -> Array:
    return np.asarray(np.logaddexp.reduce(logits, axis=1))


def _cross_entropy(logits: Array, target: Indices) -> Array:
    return _log_sum_exp(logits) - logits[np.arange(len(logits)), target]


@documented
def pairwise_distances(
    embeddings1: Any, embeddings2: Any, *, squared: bool = False
) -> Array:
    """
    >>> pairwise_distances([[0.0, 0.0]], [[3.0, 4.0], [0.0, 0.0]])
    array([[5., 0.]])
    """
    first, second = _sets(embeddings1=embeddings1, embeddings2=embeddings2)
    return _distance(first[:, None], second[None, :], squared)


@documented
def contrastive_loss(
    embeddings1: Any,
    embeddings2: Any,
    same: Any,
    *,
    margin: float = 1.0,
    reduction: Reduction = "mean",
) -> Array:
    """
    >>> first, second = [[0.0, 0.0], [0.0, 0.0]], [[0.3, 0.4], [0.3, 0.4]]
    >>> contrastive_loss(first, second, [1.0, 0.0], reduction="none")
    array([0.125, 0.125])
    """
    positive(margin=margin)
    first, second = _vectors(embeddings1=embeddings1, embeddings2=embeddings2)
    distance = _distance(first, second)
    same = _flags(same, distance)
    together = distance**2 / 2
    apart = np.maximum(margin - distance, 0) ** 2 / 2
    return reduce(same * together + (1 - same) * apart, reduction)


@documented
def triplet_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    margin: float = 0.2,
    squared: bool = False,
    reduction: Reduction = "mean",
) -> Array:
    """
    >>> triplet_loss([[0.0, 0.0]], [[3.0, 4.0]], [[0.0, 4.5]], margin=1.0)
    array(1.5)
    """
    not_negative(margin=margin)
    anchor, positive, negative = _vectors(
        anchor=anchor, positive=positive, negative=negative
    )
    far = _distance(anchor, positive, squared)
    near = _distance(anchor, negative, squared)
    return reduce(np.maximum(far - near + margin, 0), reduction)


def _friends_and_foes(labels: Indices) -> tuple[Mask, Mask]:
    """For each anchor, a row: who else has its label, and who has another."""
    alike = labels[:, None] == labels
    return alike & ~np.eye(len(labels), dtype=bool), ~alike


def _nearest(distances: Array, allowed: Mask) -> Indices:
    """Where in each row the least allowed distance is, the first of equals."""
    candidates = np.where(allowed, distances, np.inf)
    # A last column, which is never chosen, lets an empty row through.
    padding = [(0, 0)] * (candidates.ndim - 1) + [(0, 1)]
    padded = np.pad(candidates, padding, constant_values=np.inf)
    return np.asarray(padded.argmin(axis=-1))


def _hard(distances: Array, labels: Indices) -> tuple[Indices, Indices, Mask]:
    """For each anchor: the farthest positive, the nearest negative, and whether it has both."""
    friends, foes = _friends_and_foes(labels)
    mined = np.logical_and(friends.any(axis=1), foes.any(axis=1))
    return _nearest(-distances, friends), _nearest(distances, foes), mined


def _semi_hard(
    distances: Array, labels: Indices, margin: float
) -> tuple[Indices, Mask]:
    """For each anchor and positive: the nearest of the semi-hard negatives, and whether there is one."""
    friends, foes = _friends_and_foes(labels)
    far, near = distances[:, :, None], distances[:, None, :]
    allowed = foes[:, None, :] & (far < near) & (near < far + margin)
    return _nearest(near, allowed), friends & allowed.any(axis=2)


@documented
def mine_triplets(
    embeddings: Any,
    labels: Any,
    *,
    mining: Mining = "hard",
    margin: float = 0.2,
    squared: bool = False,
) -> tuple[Indices, Indices, Indices]:
    """
    >>> anchors, positives, negatives = mine_triplets(
    ...     [[0.0], [1.0], [1.1], [5.0]], [0, 0, 1, 1]
    ... )
    >>> negatives
    array([2, 2, 1, 1])
    """
    _known(mining)
    not_negative(margin=margin)
    (embeddings,) = _sets(embeddings=embeddings)
    labels = _per_embedding(embeddings, labels=labels)
    distances = pairwise_distances(embeddings, embeddings, squared=squared)
    if mining == "hard":
        positives, negatives, mined = _hard(distances, labels)
        (anchors,) = np.nonzero(mined)
        return anchors, positives[anchors], negatives[anchors]
    if mining == "semi-hard":
        negatives, mined = _semi_hard(distances, labels, margin)
        anchors, positives = np.nonzero(mined)
        return anchors, positives, negatives[anchors, positives]
    friends, foes = _friends_and_foes(labels)
    anchors, positives, negatives = np.nonzero(friends[:, :, None] & foes[:, None, :])
    return anchors, positives, negatives


@documented
def batch_triplet_loss(
    embeddings: Any,
    labels: Any,
    *,
    mining: Mining = "hard",
    margin: float = 0.2,
    squared: bool = False,
    reduction: Reduction = "mean",
) -> Array:
    """
    >>> embeddings, labels = [[0.0], [1.0], [1.5], [5.0]], [0, 0, 1, 1]
    >>> batch_triplet_loss(embeddings, labels, margin=1.0, reduction="none")
    array([0.5, 1.5, 4. , 0.5])
    """
    _known(mining)
    not_negative(margin=margin)
    (embeddings,) = _sets(embeddings=embeddings)
    labels = _per_embedding(embeddings, labels=labels)
    distances = pairwise_distances(embeddings, embeddings, squared=squared)
    if mining == "hard":
        positives, negatives, mined = _hard(distances, labels)
        anchors = np.arange(len(embeddings))
        far = distances[anchors, constant(positives)]
        near = distances[anchors, constant(negatives)]
        loss = np.where(mined, np.maximum(far - near + margin, 0), 0)
        return _mean_of(loss, mined, reduction)
    if mining == "semi-hard":
        chosen, found = _semi_hard(distances, labels, margin)
        negatives, mined = constant(chosen), constant(found)
        near = np.take_along_axis(distances, negatives, axis=1)
        loss = np.where(mined, np.maximum(distances - near + margin, 0), 0)
        return _mean_of(loss.sum(axis=1), mined, reduction)
    friends, foes = _friends_and_foes(labels)
    mined = friends[:, :, None] & foes[:, None, :]
    far, near = distances[:, :, None], distances[:, None, :]
    loss = np.where(mined, np.maximum(far - near + margin, 0), 0)
    return _mean_of(loss.sum(axis=(1, 2)), constant(loss > 0), reduction)


@documented
def info_nce_loss(
    queries: Any,
    keys: Any,
    *,
    temperature: float = 0.07,
    reduction: Reduction = "mean",
) -> Array:
    """
    >>> info_nce_loss([[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [1.0, 0.0]], temperature=1.0).round(4)
    np.float64(0.6931)
    """
    positive(temperature=temperature)
    queries, keys = _pairs(queries=queries, keys=keys)
    logits = _unit(queries) @ _unit(keys).T / temperature
    return reduce(_cross_entropy(logits, np.arange(len(queries))), reduction)


def _without_self(logits: Array) -> Array:
    """The logits of each embedding with all others."""
    return np.where(np.eye(len(logits), dtype=bool), LOWEST, logits)


@documented
def nt_xent_loss(
    view1: Any,
    view2: Any,
    *,
    temperature: float = 0.5,
    reduction: Reduction = "mean",
) -> Array:
    """
    >>> print(f"{nt_xent_loss([[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]):.4f}")
    0.2395
    """
    positive(temperature=temperature)
    view1, view2 = _pairs(view1=view1, view2=view2)
    both = _unit(np.concatenate([view1, view2]))
    logits = _without_self(both @ both.T / temperature)
    own = logits.diagonal(len(view1))
    loss = _log_sum_exp(logits).reshape(2, len(view1)).mean(axis=0) - own
    return reduce(loss, reduction)


@documented
def supervised_contrastive_loss(
    embeddings: Any,
    labels: Any,
    *,
    temperature: float = 0.1,
    reduction: Reduction = "mean",
) -> Array:
    """
    >>> embeddings = [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    >>> supervised_contrastive_loss(embeddings, [0, 0, 1], temperature=1.0, reduction="none").round(4)
    array([0.3133, 0.3133, 0.    ])
    """
    positive(temperature=temperature)
    (embeddings,) = _sets(embeddings=embeddings)
    friends, _ = _friends_and_foes(_per_embedding(embeddings, labels=labels))
    direction = _unit(embeddings)
    logits = _without_self(direction @ direction.T / temperature)
    surprise = np.where(friends, _log_sum_exp(logits)[:, None] - logits, 0)
    count = friends.sum(axis=1)
    loss = surprise.sum(axis=1) / np.maximum(count, 1)
    return _mean_of(loss, count > 0, reduction)


@documented
def n_pair_loss(
    anchors: Any,
    positives: Any,
    *,
    l2: float = 0.0,
    reduction: Reduction = "mean",
) -> Array:
    """
    >>> print(f"{n_pair_loss([[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]):.4f}")
    0.3133
    """
    not_negative(l2=l2)
    anchors, positives = _pairs(anchors=anchors, positives=positives)
    loss = _cross_entropy(anchors @ positives.T, np.arange(len(anchors)))
    squares = (anchors**2 + positives**2).sum(axis=1) / 2
    return reduce(loss + l2 * squares, reduction)


@documented
def arcface_loss(
    embeddings: Any,
    weights: Any,
    target: Any,
    *,
    margin: float = 0.5,
    scale: float = 64.0,
    reduction: Reduction = "mean",
) -> Array:
    """
    >>> embeddings, weights = [[1.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]
    >>> print(f"{arcface_loss(embeddings, weights, [0], scale=1.0):.4f}")
    0.9284
    """
    not_negative(margin=margin)
    positive(scale=scale)
    embeddings, weights = _sets(embeddings=embeddings, weights=weights)
    target = _classes(target, embeddings, weights)
    embeddings, weights = _unit(embeddings), _unit(weights)
    cosines = embeddings @ weights.T
    own = weights[target]
    cosine = (embeddings * own).sum(axis=1)
    sine = _distance(embeddings, own) * _distance(embeddings, -own) / 2
    widened = np.where(
        cosine > -np.cos(margin),
        cosine * np.cos(margin) - sine * np.sin(margin),
        cosine - margin * np.sin(margin),
    )
    hit = target[:, None] == np.arange(len(weights))
    logits = scale * np.where(hit, widened[:, None], cosines)
    return reduce(_cross_entropy(logits, target), reduction)


@documented
def cosface_loss(
    embeddings: Any,
    weights: Any,
    target: Any,
    *,
    margin: float = 0.35,
    scale: float = 64.0,
    reduction: Reduction = "mean",
) -> Array:
    """
    >>> embeddings, weights = [[1.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]
    >>> print(f"{cosface_loss(embeddings, weights, [0], scale=1.0):.4f}")
    0.8834
    """
    not_negative(margin=margin)
    positive(scale=scale)
    embeddings, weights = _sets(embeddings=embeddings, weights=weights)
    target = _classes(target, embeddings, weights)
    cosines = _unit(embeddings) @ _unit(weights).T
    hit = target[:, None] == np.arange(len(weights))
    logits = scale * np.where(hit, cosines - margin, cosines)
    return reduce(_cross_entropy(logits, target), reduction)


@documented
def center_loss(
    embeddings: Any, centers: Any, target: Any, *, reduction: Reduction = "mean"
) -> Array:
    """
    >>> center_loss([[1.0, 2.0]], [[0.0, 0.0], [1.0, 0.0]], [1])
    array(2.)
    """
    embeddings, centers = _sets(embeddings=embeddings, centers=centers)
    target = _classes(target, embeddings, centers)
    return reduce(_distance(embeddings, centers[target], True) / 2, reduction)
