"""Losses on embeddings: alike together, unlike apart."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lossguide._arguments import not_negative, numbers, one_of, positive
from lossguide.numpy._arguments import (
    Array,
    Reduction,
    floats,
    integers,
    no_nan,
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
    "siglip_loss",
    "supervised_contrastive_loss",
    "triplet_loss",
]

Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]
Distance = Literal["euclidean", "squared", "cosine"]
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
    one_of("all", "hard", "semi-hard", mining=mining)


def _known_distance(distance: str) -> None:
    one_of("euclidean", "squared", "cosine", distance=distance)


def _mean_of(loss: Array, counted: Mask, reduction: Reduction) -> Array:
    """Apply the reduction; the mean is over what counts."""
    if reduction == "mean":
        return np.asarray(loss.sum() / max(counted.sum(), 1))
    return reduce(loss, reduction)


def _distance(first: Array, second: Array, distance: Distance = "euclidean") -> Array:
    """The distance along the last axis."""
    if distance == "cosine":
        return np.asarray(1 - (_unit(first) * _unit(second)).sum(axis=-1))
    squares: Array = ((first - second) ** 2).sum(axis=-1)
    return squares if distance == "squared" else np.asarray(np.sqrt(squares))


def _shortfall(far: Array, near: Array, margin: float, soft: bool) -> Array:
    """What the negative lacks to be farther than the positive by the margin."""
    lack = far - near + margin
    return np.asarray(np.logaddexp(0, lack) if soft else np.maximum(lack, 0))


def _unit(vectors: Array) -> Array:
    """The vectors at length 1; 0 for one without a direction, with no gradient."""
    length = np.sqrt((vectors**2).sum(axis=-1, keepdims=True))
    long = constant(~(length <= SHORTEST))
    return np.where(long, vectors / np.where(long, length, 1), 0)


def _log_sum_exp(logits: Array) -> Array:
    return np.asarray(np.logaddexp.reduce(logits, axis=1))


def _cross_entropy(logits: Array, target: Indices) -> Array:
    return _log_sum_exp(logits) - logits[np.arange(len(logits)), target]


def pairwise_distances(
    embeddings1: Any, embeddings2: Any, *, distance: Distance = "euclidean"
) -> Array:
    r"""The distance of every embedding of one set to every embedding of another.

    .. math::

        d_{ij} = \lVert x_i - y_j \rVert_2

    The gradient of two equal embeddings is 0. It is computed from differences, so that
    it is exact for near embeddings far from 0, where ``|x|² + |y|² - 2xy`` cancels.
    TensorFlow and NumPy hold ``N M D`` numbers to do so; PyTorch holds ``N M``, and has
    no second derivative but of the cosine distance, which forgets lengths. A vector
    shorter than 1e-12 has no direction: its cosines are 0 and it has no gradient.

    Args:
        embeddings1: ``(N, D)``.
        embeddings2: ``(M, D)``.
        distance: "euclidean", "squared" or "cosine", 1 less the cosine. Default:
            "euclidean" (a distance in the unit of the embeddings).

    Returns:
        A matrix ``(N, M)``.

    Raises:
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above.

    Example:
        >>> pairwise_distances([[0.0, 0.0]], [[3.0, 4.0], [0.0, 0.0]])
        array([[5., 0.]])
    """
    _known_distance(distance)
    first, second = _sets(embeddings1=embeddings1, embeddings2=embeddings2)
    return _distance(first[:, None], second[None, :], distance)


def contrastive_loss(
    embeddings1: Any,
    embeddings2: Any,
    same: Any,
    *,
    margin: float = 1.0,
    reduction: Reduction = "mean",
) -> Array:
    r"""Alike pairs are pulled together, unlike pairs are pushed apart up to a margin.

    .. math::

        \begin{gathered}
        \ell = \tfrac12 s\, d^2 + \tfrac12 (1 - s) \max(0, m - d)^2 \\
        d = \lVert x_1 - x_2 \rVert_2
        \end{gathered}

    ``same`` is 1 for a pair that belongs together. The paper's Y is the opposite: 0 for
    such a pair. Two equal embeddings of an unlike pair have loss ``m²/2`` and no
    gradient: no direction leads apart.

    Args:
        embeddings1: one embedding of each pair, ``(..., D)``.
        embeddings2: the other, of the same shape.
        same: ``(...)``, 1 or true where the pair belongs together, 0 or false where
            not.
        margin: the distance from which an unlike pair has no loss; above 0. Default:
            1.0 (as in TensorFlow Addons).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each pair if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above, or margin is not above 0.

    References:
        - Hadsell et al., Dimensionality Reduction by Learning an Invariant Mapping,
          CVPR 2006, eq. 4.
        - Chopra et al., Learning a Similarity Metric Discriminatively, CVPR 2005.

    Example:
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


def triplet_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    margin: float = 0.2,
    soft: bool = False,
    distance: Distance = "euclidean",
    reduction: Reduction = "mean",
) -> Array:
    r"""A negative shall be farther from the anchor than a positive, by a margin.

    .. math::

        \ell = \max\left(0,\; d(a, p) - d(a, n) + m\right)

    Args:
        anchor: embeddings, ``(..., D)``.
        positive: an embedding that belongs with each anchor, of the same shape.
        negative: an embedding that does not, of the same shape.
        margin: how much farther than the positive the negative shall be, in the unit of
            the distance; at least 0. Default: 0.2 (Schroff et al. 2015, section 3.3).
        soft: whether ``log(1 + exp(.))`` takes the place of ``max(0, .)``: then a
            triplet that keeps the margin goes on pulling a little. With a margin of 0
            it is the soft margin of Hermans et al. Default: False (as in PyTorch).
        distance: "euclidean", as in ``torch.nn.TripletMarginLoss``; "squared", as in
            FaceNet; or "cosine", 1 less the cosine. The margin means another thing for
            each. Default: "euclidean" (as in PyTorch).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each triplet if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above, or distance is none of
            the three, or margin is below 0.

    References:
        Schroff et al., FaceNet, CVPR 2015, eq. 2.

    Example:
        >>> triplet_loss([[0.0, 0.0]], [[3.0, 4.0]], [[0.0, 4.5]], margin=1.0)
        array(1.5)
    """
    _known_distance(distance)
    not_negative(margin=margin)
    anchor, positive, negative = _vectors(
        anchor=anchor, positive=positive, negative=negative
    )
    far = _distance(anchor, positive, distance)
    near = _distance(anchor, negative, distance)
    return reduce(_shortfall(far, near, margin, soft), reduction)


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
    """For each anchor and positive: the nearest of the semi-hard negatives, and whether there is one.

    A distance that is NaN may be any: it is allowed, so that it comes out.
    """
    friends, foes = _friends_and_foes(labels)
    far, near = distances[:, :, None], distances[:, None, :]
    excluded = (near <= far) | (near >= far + margin)
    allowed = foes[:, None, :] & ~excluded
    return _nearest(near, allowed), friends & allowed.any(axis=2)


def mine_triplets(
    embeddings: Any,
    labels: Any,
    *,
    mining: Mining = "hard",
    margin: float = 0.2,
    distance: Distance = "euclidean",
) -> tuple[Indices, Indices, Indices]:
    """Triplets of a batch, or of a whole data set, to train on.

    "hard" takes for each anchor the farthest positive and the nearest negative
    (Hermans). "semi-hard" takes for each anchor and positive the nearest negative that
    is farther than the positive, by less than the margin (FaceNet), and leaves out a
    pair without such a negative, where TensorFlow Addons takes the farthest one. "all"
    takes every triplet. The first of equally far examples is taken. No gradient flows
    through the choice. A NaN has no place in an order: it is an error. The number of
    triplets depends on the values: XLA cannot compile this function, and
    ``torch.compile`` not as one graph.

    Args:
        embeddings: ``(N, D)``, one row an example.
        labels: ``(N,)``, integers: examples with equal labels belong together.
        mining: "hard", "semi-hard" or "all". Default: "hard" (Hermans et al. 2017, eq.
            5).
        margin: how much farther than the positive the negative shall be, in the unit of
            the distance; at least 0. Default: 0.2 (Schroff et al. 2015, section 3.3).
        distance: "euclidean", as in ``torch.nn.TripletMarginLoss``; "squared", as in
            FaceNet; or "cosine", 1 less the cosine. The margin means another thing for
            each. Default: "euclidean" (as in PyTorch).

    Returns:
        Three integer arrays of one length: indices of anchors, positives and negatives,
            ordered by anchor, then positive, then negative.

    Raises:
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above, or mining or distance is
            none of its three, or margin is below 0.

    References:
        - Schroff et al., FaceNet, CVPR 2015, eq. 2.
        - Hermans et al., In Defense of the Triplet Loss for Person Re-Identification,
          2017, eq. 5.

    Example:
        >>> anchors, positives, negatives = mine_triplets(
        ...     [[0.0], [1.0], [1.1], [5.0]], [0, 0, 1, 1]
        ... )
        >>> negatives
        array([2, 2, 1, 1])
    """
    _known(mining)
    _known_distance(distance)
    not_negative(margin=margin)
    (embeddings,) = _sets(embeddings=embeddings)
    no_nan(embeddings=embeddings)
    labels = _per_embedding(embeddings, labels=labels)
    distances = pairwise_distances(embeddings, embeddings, distance=distance)
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


def batch_triplet_loss(
    embeddings: Any,
    labels: Any,
    *,
    mining: Mining = "hard",
    margin: float = 0.2,
    soft: bool = False,
    distance: Distance = "euclidean",
    reduction: Reduction = "mean",
) -> Array:
    r"""The triplet loss of the triplets that a batch holds.

    .. math::

        \begin{gathered}
        \ell_a = \sum_{(p, n)} \max\left(0,\; d(a, p) - d(a, n) + m\right) \\
        L = \frac{\sum_a \ell_a}{\text{triplets that count}}
        \end{gathered}

    "hard" takes for each anchor the farthest positive and the nearest negative
    (Hermans). "semi-hard" takes for each anchor and positive the nearest negative that
    is farther than the positive, by less than the margin (FaceNet), and leaves out a
    pair without such a negative, where TensorFlow Addons takes the farthest one. "all"
    takes every triplet. The first of equally far examples is taken. No gradient flows
    through the choice. All triplets that were chosen count for the mean, an anchor
    without a positive or without a negative therefore not; of "all", only those with a
    loss above 0 count (Hermans), which with ``soft=True`` all have. The mean is 0 if
    none counts. Memory grows as N² for "hard" and "semi-hard", as N³ for "all".
    "semi-hard" and "all" take their distances from ``pairwise_distances``, and what is
    said there holds here: in PyTorch they have a second derivative with the cosine
    distance only, as the backward of ``torch.cdist`` has no derivative.

    Args:
        embeddings: ``(N, D)``, one row an example.
        labels: ``(N,)``, integers: examples with equal labels belong together.
        mining: "hard", "semi-hard" or "all". Default: "hard" (Hermans et al. 2017, eq.
            5).
        margin: how much farther than the positive the negative shall be, in the unit of
            the distance; at least 0. Default: 0.2 (Schroff et al. 2015, section 3.3).
        soft: whether ``log(1 + exp(.))`` takes the place of ``max(0, .)``: then a
            triplet that keeps the margin goes on pulling a little. With a margin of 0
            it is the soft margin of Hermans et al. Default: False (as in PyTorch).
        distance: "euclidean", as in ``torch.nn.TripletMarginLoss``; "squared", as in
            FaceNet; or "cosine", 1 less the cosine. The margin means another thing for
            each. Default: "euclidean" (as in PyTorch).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each example if ``reduction`` is ``none``,
            the sum over the triplets of which it is the anchor.

    Raises:
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above, or mining or distance is
            none of its three, or margin is below 0.

    References:
        - Schroff et al., FaceNet, CVPR 2015, eq. 2.
        - Hermans et al., In Defense of the Triplet Loss for Person Re-Identification,
          2017, eq. 5.

    Example:
        >>> embeddings, labels = [[0.0], [1.0], [1.5], [5.0]], [0, 0, 1, 1]
        >>> batch_triplet_loss(embeddings, labels, margin=1.0, reduction="none")
        array([0.5, 1.5, 4. , 0.5])
    """
    _known(mining)
    _known_distance(distance)
    not_negative(margin=margin)
    (embeddings,) = _sets(embeddings=embeddings)
    labels = _per_embedding(embeddings, labels=labels)
    distances = pairwise_distances(embeddings, embeddings, distance=distance)
    if mining == "hard":
        positives, negatives, mined = _hard(distances, labels)
        anchors = np.arange(len(embeddings))
        far = distances[anchors, constant(positives)]
        near = distances[anchors, constant(negatives)]
        loss = np.where(mined, _shortfall(far, near, margin, soft), 0)
        return _mean_of(loss, mined, reduction)
    if mining == "semi-hard":
        chosen, found = _semi_hard(distances, labels, margin)
        negatives, mined = constant(chosen), constant(found)
        near = np.take_along_axis(distances, negatives, axis=1)
        loss = np.where(mined, _shortfall(distances, near, margin, soft), 0)
        return _mean_of(loss.sum(axis=1), mined, reduction)
    friends, foes = _friends_and_foes(labels)
    mined = friends[:, :, None] & foes[:, None, :]
    far, near = distances[:, :, None], distances[:, None, :]
    loss = np.where(mined, _shortfall(far, near, margin, soft), 0)
    counted = mined if soft else constant(loss > 0)
    return _mean_of(loss.sum(axis=(1, 2)), counted, reduction)


def info_nce_loss(
    queries: Any,
    keys: Any,
    *,
    temperature: float = 0.07,
    reduction: Reduction = "mean",
) -> Array:
    r"""Cross-entropy of finding each query's own key among all keys.

    .. math::

        \ell_i = -\log \frac{\exp(\cos(q_i, k_i) / \tau)}{\sum_j \exp(\cos(q_i, k_j) /
        \tau)}

    The paper's score is bilinear; the cosine over a temperature is what the field made
    of it. A vector shorter than 1e-12 has no direction: its cosines are 0 and it has no
    gradient.

    Args:
        queries: ``(N, D)``.
        keys: ``(N, D)``: row i belongs to query i, all others are its negatives.
        temperature: divides the cosines; the lower, the more the nearest wrong ones
            count. Above 0. Default: 0.07 (He et al. 2020, section 3.3).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each query if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above, or temperature is not
            above 0.

    References:
        van den Oord et al., Representation Learning with Contrastive Predictive Coding,
        2018, eq. 4.

    Example:
        >>> info_nce_loss([[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [1.0, 0.0]], temperature=1.0).round(4)
        np.float64(0.6931)
    """
    positive(temperature=temperature)
    queries, keys = _pairs(queries=queries, keys=keys)
    logits = _unit(queries) @ _unit(keys).T / temperature
    return reduce(_cross_entropy(logits, np.arange(len(queries))), reduction)


def siglip_loss(
    queries: Any,
    keys: Any,
    *,
    temperature: float = 0.1,
    bias: float = -10.0,
    reduction: Reduction = "mean",
) -> Array:
    r"""Sigmoid loss of all pairs: does this query belong to this key, yes or no?

    .. math::

        \begin{gathered}
        \ell_i = -\sum_j \log \sigma\left(s_{ij} \left(\frac{\cos(q_i, k_j)}{\tau} +
        b\right)\right) \\
        s_{ii} = 1, \quad s_{ij} = -1
        \end{gathered}

    The mean is over the queries, N, not over the N² pairs: as in the authors' code.
    Each pair is judged by itself, so that a batch can be cut into pieces whose losses
    add up. Temperature and bias are learned in the paper, from these values; tensors
    can be given. A vector shorter than 1e-12 has no direction: its cosines are 0 and it
    has no gradient.

    Args:
        queries: ``(N, D)``.
        keys: ``(N, D)``: row i belongs to query i, all others are its negatives.
        temperature: divides the cosines; the lower, the more the nearest wrong ones
            count. Above 0. Default: 0.1 (Zhai et al. 2023, section 3.2, where training
            starts).
        bias: added to the scaled cosines. Below 0, it says that most pairs do not
            belong together. Default: -10.0 (Zhai et al. 2023, section 3.2, where
            training starts).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each query if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above, or temperature is not
            above 0.

    References:
        Zhai et al., Sigmoid Loss for Language Image Pre-Training, ICCV 2023, eq. 1.

    Example:
        >>> vectors = np.eye(2)
        >>> print(f"{siglip_loss(vectors, vectors, temperature=1.0, bias=0.0):.4f}")
        1.0064
    """
    positive(temperature=temperature)
    numbers(bias=bias)
    queries, keys = _pairs(queries=queries, keys=keys)
    logits = _unit(queries) @ _unit(keys).T / temperature + bias
    sign = 2 * np.eye(len(logits)) - 1
    return reduce(np.logaddexp(0, -sign * logits).sum(axis=1), reduction)


def _without_self(logits: Array) -> Array:
    """The logits of each embedding with all others."""
    return np.where(np.eye(len(logits), dtype=bool), LOWEST, logits)


def nt_xent_loss(
    view1: Any,
    view2: Any,
    *,
    temperature: float = 0.5,
    reduction: Reduction = "mean",
) -> Array:
    r"""SimCLR's loss: each view of an image shall find the other among all views of the
    batch.

    .. math::

        \ell_i = -\frac12 \sum_{(a, b)} \log \frac{\exp(\cos(a_i, b_i) / \tau)}{\sum_{z
        \ne a_i} \exp(\cos(a_i, z) / \tau)}

    (a, b) are the two views in both orders; z runs over all 2N embeddings but ``a_i``
    itself. The mean over pairs is the mean over all views. A vector shorter than 1e-12
    has no direction: its cosines are 0 and it has no gradient.

    Args:
        view1: ``(N, D)``, the embeddings of one view of each image.
        view2: ``(N, D)``, those of another view of the same images.
        temperature: divides the cosines; the lower, the more the nearest wrong ones
            count. Above 0. Default: 0.5 (Chen et al. 2020, appendix B.9).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each pair, the mean of its two directions,
            if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above, or temperature is not
            above 0.

    References:
        Chen et al., A Simple Framework for Contrastive Learning of Visual
        Representations, ICML 2020, eq. 1.

    Example:
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


def supervised_contrastive_loss(
    embeddings: Any,
    labels: Any,
    *,
    temperature: float = 0.1,
    reduction: Reduction = "mean",
) -> Array:
    r"""Each example shall find the others of its label among all others of the batch.

    .. math::

        \ell_i = -\frac{1}{|P(i)|} \sum_{p \in P(i)} \log \frac{\exp(\cos(z_i, z_p) /
        \tau)}{\sum_{a \ne i} \exp(\cos(z_i, z_a) / \tau)}

    P(i) are the others with the label of i. This is the paper's form with the sum
    outside of the logarithm; all positives of i stand in the denominator too, which
    ``NTXentLoss`` of pytorch-metric-learning leaves out. An example without others of
    its label has loss 0 and does not count for the mean, which is 0 if none counts. A
    batch of one label has a loss: the positives compete with each other. A vector
    shorter than 1e-12 has no direction: its cosines are 0 and it has no gradient.

    Args:
        embeddings: ``(N, D)``, one row an example.
        labels: ``(N,)``, integers: examples with equal labels belong together.
        temperature: divides the cosines; the lower, the more the nearest wrong ones
            count. Above 0. Default: 0.1 (Khosla et al. 2020, section 4).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each example if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above, or temperature is not
            above 0.

    References:
        Khosla et al., Supervised Contrastive Learning, NeurIPS 2020, eq. 2.

    Example:
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


def n_pair_loss(
    anchors: Any,
    positives: Any,
    *,
    l2: float = 0.0,
    reduction: Reduction = "mean",
) -> Array:
    r"""Cross-entropy of finding each anchor's positive among the positives of all, by inner
    product.

    .. math::

        \ell_i = \log\left(1 + \sum_{j \ne i} \exp(a_i^\top p_j - a_i^\top p_i)\right) +
        \frac{\lambda}{2}\left(\lVert a_i \rVert^2 + \lVert p_i \rVert^2\right)

    The pairs are of N different classes. As the embeddings are not normalized, the
    paper keeps them short by the second term.

    Args:
        anchors: ``(N, D)``.
        positives: ``(N, D)``: row i belongs with anchor i, all others are its
            negatives.
        l2: the weight of the squared lengths; at least 0. Default: 0.0 (the length of
            the embeddings is left alone).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each pair if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above, or l2 is below 0.

    References:
        Sohn, Improved Deep Metric Learning with Multi-class N-pair Loss Objective,
        NeurIPS 2016.

    Example:
        >>> print(f"{n_pair_loss([[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]):.4f}")
        0.3133
    """
    not_negative(l2=l2)
    anchors, positives = _pairs(anchors=anchors, positives=positives)
    loss = _cross_entropy(anchors @ positives.T, np.arange(len(anchors)))
    squares = (anchors**2 + positives**2).sum(axis=1) / 2
    return reduce(loss + l2 * squares, reduction)


def arcface_loss(
    embeddings: Any,
    weights: Any,
    target: Any,
    *,
    margin: float = 0.5,
    scale: float = 64.0,
    reduction: Reduction = "mean",
) -> Array:
    r"""Softmax over cosines, with the angle to the right class made wider by a margin.

    .. math::

        \begin{gathered}
        \ell = -\log \frac{e^{s \cos(\theta_y + m)}}{e^{s \cos(\theta_y + m)} + \sum_{k
        \ne y} e^{s \cos\theta_k}} \\
        \cos\theta_k = \cos(x, w_k)
        \end{gathered}

    Where the wider angle would exceed a half turn, its cosine would rise again: there
    :math:`\cos\theta_y - m \sin m` takes its place, as in the authors' code. The sine
    comes from the chords of the two vectors, so that the gradient is finite where they
    are parallel, unlike that of the arc cosine. A vector shorter than 1e-12 has no
    direction: its cosines are 0 and it has no gradient.

    Args:
        embeddings: ``(N, D)``, one row an example.
        weights: ``(K, D)``, one row a class: the layer that the loss trains along with
            the network.
        target: ``(N,)``, integers: the class of each example, from 0 to K - 1. Another
            number is an error; on a GPU PyTorch's is an assertion of the device, and
            under XLA, which has no errors, the loss is NaN.
        margin: the angle added, in radians; at least 0. Default: 0.5 (Deng et al. 2019,
            section 3.1).
        scale: factor on the cosines before the softmax; above 0. Default: 64.0 (Deng et
            al. 2019, section 3.1).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each example if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above, or margin is below 0, or
            scale is not above 0.

    References:
        Deng et al., ArcFace, CVPR 2019, eq. 3.

    Example:
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


def cosface_loss(
    embeddings: Any,
    weights: Any,
    target: Any,
    *,
    margin: float = 0.35,
    scale: float = 64.0,
    reduction: Reduction = "mean",
) -> Array:
    r"""Softmax over cosines, with a margin taken off the cosine of the right class.

    .. math::

        \begin{gathered}
        \ell = -\log \frac{e^{s (\cos\theta_y - m)}}{e^{s (\cos\theta_y - m)} + \sum_{k
        \ne y} e^{s \cos\theta_k}} \\
        \cos\theta_k = \cos(x, w_k)
        \end{gathered}

    A vector shorter than 1e-12 has no direction: its cosines are 0 and it has no
    gradient.

    Args:
        embeddings: ``(N, D)``, one row an example.
        weights: ``(K, D)``, one row a class: the layer that the loss trains along with
            the network.
        target: ``(N,)``, integers: the class of each example, from 0 to K - 1. Another
            number is an error; on a GPU PyTorch's is an assertion of the device, and
            under XLA, which has no errors, the loss is NaN.
        margin: what is taken off the cosine; at least 0. Default: 0.35 (Wang et al.
            2018, its experiments).
        scale: factor on the cosines before the softmax; above 0. Default: 64.0 (Wang et
            al. 2018, its experiments).
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each example if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above, or margin is below 0, or
            scale is not above 0.

    References:
        Wang et al., CosFace, CVPR 2018, eq. 4.

    Example:
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


def center_loss(
    embeddings: Any, centers: Any, target: Any, *, reduction: Reduction = "mean"
) -> Array:
    r"""Half the squared distance of each embedding to the center of its class.

    .. math::

        \ell = \tfrac12 \lVert x - c_y \rVert^2

    The paper sums over the batch and adds the result to a cross-entropy, with a small
    weight. It moves each center by the average of its examples' differences, divided by
    one more than their number; the gradient that flows to ``centers`` here is their
    sum.

    Args:
        embeddings: ``(N, D)``, one row an example.
        centers: ``(K, D)``, one row a class.
        target: ``(N,)``, integers: the class of each example, from 0 to K - 1. Another
            number is an error; on a GPU PyTorch's is an assertion of the device, and
            under XLA, which has no errors, the loss is NaN.
        reduction: "mean" (0 for an empty input, with a zero gradient), "sum" or "none".
            Default: "mean" (as in PyTorch).

    Returns:
        The loss: a scalar, or one value for each example if ``reduction`` is ``none``.

    Raises:
        TypeError: an input does not hold numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Wen et al., A Discriminative Feature Learning Approach for Deep Face
        Recognition, ECCV 2016, eq. 2.

    Example:
        >>> center_loss([[1.0, 2.0]], [[0.0, 0.0], [1.0, 0.0]], [1])
        array(2.)
    """
    embeddings, centers = _sets(embeddings=embeddings, centers=centers)
    target = _classes(target, embeddings, centers)
    return reduce(_distance(embeddings, centers[target], "squared") / 2, reduction)
