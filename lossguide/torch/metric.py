"""Losses on embeddings: alike together, unlike apart."""

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from lossguide._arguments import not_negative, numbers, one_of, positive
from lossguide.torch._arguments import (
    Reduction,
    floats,
    full_precision,
    integers,
    no_nan,
    reduce,
    root,
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
    "siglip_loss",
    "supervised_contrastive_loss",
    "triplet_loss",
]

Distance = Literal["euclidean", "squared", "cosine"]
Mining = Literal["all", "hard", "semi-hard"]

# A vector that is shorter has no direction.
SHORTEST = 1e-12
# A product of matrices would lose what two near embeddings differ in.
BY_DIFFERENCES = "donot_use_mm_for_euclid_dist"


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


def _own(rows: Tensor, target: Tensor) -> Tensor:
    """The row of each class. Unlike ``rows[target]``, this counts no class from the end."""
    return rows.index_select(0, target)


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
    one_of("all", "hard", "semi-hard", mining=mining)


def _known_distance(distance: str) -> None:
    one_of("euclidean", "squared", "cosine", distance=distance)


def _mean_of(loss: Tensor, counted: Tensor, reduction: Reduction) -> Tensor:
    """Apply the reduction; the mean is over what counts."""
    if reduction == "mean":
        return loss.sum() / counted.sum().clamp(min=1)
    return reduce(loss, reduction)


def _distance(
    first: Tensor, second: Tensor, distance: Distance = "euclidean"
) -> Tensor:
    """The distance along the last axis; its gradient at 0 is 0."""
    if distance == "cosine":
        return 1 - (_unit(first) * _unit(second)).sum(-1)
    squares = (first - second).square().sum(-1)
    return squares if distance == "squared" else root(squares)


def _shortfall(far: Tensor, near: Tensor, margin: float, soft: bool) -> Tensor:
    """What the negative lacks to be farther than the positive by the margin."""
    lack = far - near + margin
    return F.softplus(lack) if soft else F.relu(lack)


def _unit(vectors: Tensor) -> Tensor:
    """The vectors at length 1; 0 for one without a direction, with no gradient."""
    length = root(vectors.square().sum(-1, keepdim=True))
    long = ~(length <= SHORTEST)
    return torch.where(long, vectors / torch.where(long, length, 1), 0)


def _products(first: Tensor, second: Tensor) -> Tensor:
    """The inner products of each with each, in full precision under autocast too."""
    with full_precision(first.device):
        return first @ second.T


def _cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """Unlike PyTorch's, this leaves out no class, not even -100."""
    return -logits.log_softmax(1).gather(1, target[:, None]).squeeze(1)


def _own_key(logits: Tensor) -> Tensor:
    """Cross-entropy where the target of row i is column i."""
    return -logits.log_softmax(1).diagonal()


def pairwise_distances(
    embeddings1: Tensor, embeddings2: Tensor, *, distance: Distance = "euclidean"
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    Example:
        >>> pairwise_distances(torch.zeros(1, 2), torch.tensor([[3.0, 4.0], [0.0, 0.0]]))
        tensor([[5., 0.]])
    """
    _known_distance(distance)
    first, second = _sets(embeddings1=embeddings1, embeddings2=embeddings2)
    if distance == "cosine":
        return 1 - _products(_unit(first), _unit(second))
    distances = torch.cdist(first, second, compute_mode=BY_DIFFERENCES)
    return distances.square() if distance == "squared" else distances


def contrastive_loss(
    embeddings1: Tensor,
    embeddings2: Tensor,
    same: Tensor,
    *,
    margin: float = 1.0,
    reduction: Reduction = "mean",
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or margin is not above 0.

    References:
        - Hadsell et al., Dimensionality Reduction by Learning an Invariant Mapping,
          CVPR 2006, eq. 4.
        - Chopra et al., Learning a Similarity Metric Discriminatively, CVPR 2005.

    Example:
        >>> first, second = torch.zeros(2, 2), torch.tensor([[0.3, 0.4], [0.3, 0.4]])
        >>> contrastive_loss(first, second, torch.tensor([1.0, 0.0]), reduction="none")
        tensor([0.1250, 0.1250])
    """
    positive(margin=margin)
    first, second = _vectors(embeddings1=embeddings1, embeddings2=embeddings2)
    distance = _distance(first, second)
    same = _flags(same, distance)
    together = _distance(first, second, "squared") / 2
    apart = F.relu(margin - distance).square() / 2
    return reduce(same * together + (1 - same) * apart, reduction)


def triplet_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    margin: float = 0.2,
    soft: bool = False,
    distance: Distance = "euclidean",
    reduction: Reduction = "mean",
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or distance is none of
            the three, or margin is below 0.

    References:
        Schroff et al., FaceNet, CVPR 2015, eq. 2.

    Example:
        >>> anchor = torch.zeros(1, 2)
        >>> positive, negative = torch.tensor([[[3.0, 4.0]], [[0.0, 4.5]]])
        >>> triplet_loss(anchor, positive, negative, margin=1.0)
        tensor(1.5000)
    """
    _known_distance(distance)
    not_negative(margin=margin)
    anchor, positive, negative = _vectors(
        anchor=anchor, positive=positive, negative=negative
    )
    far = _distance(anchor, positive, distance)
    near = _distance(anchor, negative, distance)
    return reduce(_shortfall(far, near, margin, soft), reduction)


def _friends_and_foes(labels: Tensor) -> tuple[Tensor, Tensor]:
    """For each anchor, a row: who else has its label, and who has another."""
    alike = labels[:, None] == labels
    return alike & ~torch.eye(
        len(labels), dtype=torch.bool, device=labels.device
    ), ~alike


def _mining_distances(embeddings: Tensor, distance: Distance) -> Tensor:
    """The distances to choose triplets by, without a gradient."""
    exact = embeddings.dtype == torch.float64
    embeddings = embeddings.detach().double()
    if exact or distance == "cosine":
        return pairwise_distances(embeddings, embeddings, distance=distance)
    # Faster: in float64, a product of matrices loses less than float32 has lost already.
    squares = embeddings.square().sum(1)
    distances = torch.addmm(squares, embeddings, embeddings.T, alpha=-2)
    distances = distances.add_(squares[:, None]).clamp_(min=0)
    return distances if distance == "squared" else distances.sqrt_()


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
    # NaN has no place in an order, and what is infinite is not farther than what is no foe.
    distances = distances.nan_to_num()
    near, order = torch.where(foes, distances, math.inf).sort(dim=1, stable=True)
    # Where the negatives that are farther than the positive begin.
    first = torch.searchsorted(near, distances, right=True)
    mined = friends & (near.gather(1, first) < distances + margin)
    return order.gather(1, first), mined


def _unknown(distances: Tensor, labels: Tensor) -> Tensor:
    """Which anchors with a positive and a negative have a distance that is NaN: their loss is too."""
    friends, foes = _friends_and_foes(labels)
    return friends.any(1) & foes.any(1) & distances.isnan().any(1)


def mine_triplets(
    embeddings: Tensor,
    labels: Tensor,
    *,
    mining: Mining = "hard",
    margin: float = 0.2,
    distance: Distance = "euclidean",
) -> tuple[Tensor, Tensor, Tensor]:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or mining or distance is
            none of its three, or margin is below 0.

    References:
        - Schroff et al., FaceNet, CVPR 2015, eq. 2.
        - Hermans et al., In Defense of the Triplet Loss for Person Re-Identification,
          2017, eq. 5.

    Example:
        >>> embeddings = torch.tensor([[0.0], [1.0], [1.1], [5.0]])
        >>> anchors, positives, negatives = mine_triplets(
        ...     embeddings, torch.tensor([0, 0, 1, 1])
        ... )
        >>> negatives
        tensor([2, 2, 1, 1])
    """
    _known(mining)
    _known_distance(distance)
    not_negative(margin=margin)
    (embeddings,) = _sets(embeddings=embeddings.detach())
    no_nan(embeddings=embeddings)
    labels = _per_embedding(embeddings, labels=labels)
    if mining == "hard":
        distances = _mining_distances(embeddings, distance)
        positives, negatives, mined = _hard(distances, labels)
        (anchors,) = mined.nonzero(as_tuple=True)
        return anchors, positives[anchors], negatives[anchors]
    if mining == "semi-hard":
        distances = pairwise_distances(embeddings, embeddings, distance=distance)
        negatives, mined = _semi_hard(distances, labels, margin)
        anchors, positives = mined.nonzero(as_tuple=True)
        return anchors, positives, negatives[anchors, positives]
    friends, foes = _friends_and_foes(labels)
    triplets = friends[:, :, None] & foes[:, None, :]
    anchors, positives, negatives = triplets.nonzero(as_tuple=True)
    return anchors, positives, negatives


def batch_triplet_loss(
    embeddings: Tensor,
    labels: Tensor,
    *,
    mining: Mining = "hard",
    margin: float = 0.2,
    soft: bool = False,
    distance: Distance = "euclidean",
    reduction: Reduction = "mean",
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or mining or distance is
            none of its three, or margin is below 0.

    References:
        - Schroff et al., FaceNet, CVPR 2015, eq. 2.
        - Hermans et al., In Defense of the Triplet Loss for Person Re-Identification,
          2017, eq. 5.

    Example:
        >>> embeddings = torch.tensor([[0.0], [1.0], [1.5], [5.0]])
        >>> labels = torch.tensor([0, 0, 1, 1])
        >>> batch_triplet_loss(embeddings, labels, margin=1.0, reduction="none")
        tensor([0.5000, 1.5000, 4.0000, 0.5000])
    """
    _known(mining)
    _known_distance(distance)
    not_negative(margin=margin)
    (embeddings,) = _sets(embeddings=embeddings)
    labels = _per_embedding(embeddings, labels=labels)
    if mining == "hard":
        # The farthest and the nearest are the same by squares, without N² roots.
        by = "squared" if distance == "euclidean" else distance
        distances = _mining_distances(embeddings, by)
        positives, negatives, mined = _hard(distances, labels)
        far = _distance(embeddings, embeddings[positives], distance)
        near = _distance(embeddings, embeddings[negatives], distance)
        loss = torch.where(mined, _shortfall(far, near, margin, soft), 0)
        return _mean_of(loss, mined, reduction)
    distances = pairwise_distances(embeddings, embeddings, distance=distance)
    if mining == "semi-hard":
        unknown = _unknown(distances, labels)
        negatives, mined = _semi_hard(distances.detach(), labels, margin)
        near = distances.gather(1, negatives)
        loss = torch.where(mined, _shortfall(distances, near, margin, soft), 0)
        return _mean_of(loss.sum(1).masked_fill(unknown, math.nan), mined, reduction)
    friends, foes = _friends_and_foes(labels)
    mined = friends[:, :, None] & foes[:, None, :]
    far, near = distances[:, :, None], distances[:, None, :]
    loss = torch.where(mined, _shortfall(far, near, margin, soft), 0)
    return _mean_of(loss.sum((1, 2)), mined if soft else loss > 0, reduction)


def info_nce_loss(
    queries: Tensor,
    keys: Tensor,
    *,
    temperature: float = 0.07,
    reduction: Reduction = "mean",
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or temperature is not
            above 0.

    References:
        van den Oord et al., Representation Learning with Contrastive Predictive Coding,
        2018, eq. 4.

    Example:
        >>> keys = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
        >>> info_nce_loss(torch.eye(2), keys, temperature=1.0)
        tensor(0.6931)
    """
    positive(temperature=temperature)
    queries, keys = _pairs(queries=queries, keys=keys)
    logits = _products(_unit(queries), _unit(keys)) / temperature
    return reduce(_own_key(logits), reduction)


def siglip_loss(
    queries: Tensor,
    keys: Tensor,
    *,
    temperature: float = 0.1,
    bias: float = -10.0,
    reduction: Reduction = "mean",
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or temperature is not
            above 0.

    References:
        Zhai et al., Sigmoid Loss for Language Image Pre-Training, ICCV 2023, eq. 1.

    Example:
        >>> vectors = torch.eye(2)
        >>> print(f"{siglip_loss(vectors, vectors, temperature=1.0, bias=0.0):.4f}")
        1.0064
    """
    positive(temperature=temperature)
    numbers(bias=bias)
    queries, keys = _pairs(queries=queries, keys=keys)
    logits = _products(_unit(queries), _unit(keys)) / temperature + bias
    own = torch.eye(len(logits), dtype=torch.bool, device=logits.device)
    return reduce(F.softplus(torch.where(own, -logits, logits)).sum(1), reduction)


def _without_self(logits: Tensor) -> Tensor:
    """The logits of each embedding with all others; finite, as a single embedding has none."""
    itself = torch.eye(len(logits), dtype=torch.bool, device=logits.device)
    return logits.masked_fill(itself, torch.finfo(logits.dtype).min)


def nt_xent_loss(
    view1: Tensor,
    view2: Tensor,
    *,
    temperature: float = 0.5,
    reduction: Reduction = "mean",
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or temperature is not
            above 0.

    References:
        Chen et al., A Simple Framework for Contrastive Learning of Visual
        Representations, ICML 2020, eq. 1.

    Example:
        >>> nt_xent_loss(torch.eye(2), torch.eye(2))
        tensor(0.2395)
    """
    positive(temperature=temperature)
    view1, view2 = _pairs(view1=view1, view2=view2)
    both = _unit(torch.cat([view1, view2]))
    logits = _without_self(_products(both, both) / temperature)
    found = logits.log_softmax(1)
    own = found.diagonal(len(view1)) + found.diagonal(-len(view1))
    return reduce(-own / 2, reduction)


def supervised_contrastive_loss(
    embeddings: Tensor,
    labels: Tensor,
    *,
    temperature: float = 0.1,
    reduction: Reduction = "mean",
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or temperature is not
            above 0.

    References:
        Khosla et al., Supervised Contrastive Learning, NeurIPS 2020, eq. 2.

    Example:
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
    surprise = torch.where(friends, -logits.log_softmax(1), 0)
    count = friends.sum(1)
    loss = surprise.sum(1) / count.clamp(min=1)
    return _mean_of(loss, count > 0, reduction)


def n_pair_loss(
    anchors: Tensor,
    positives: Tensor,
    *,
    l2: float = 0.0,
    reduction: Reduction = "mean",
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or l2 is below 0.

    References:
        Sohn, Improved Deep Metric Learning with Multi-class N-pair Loss Objective,
        NeurIPS 2016.

    Example:
        >>> n_pair_loss(torch.eye(2), torch.eye(2))
        tensor(0.3133)
    """
    not_negative(l2=l2)
    anchors, positives = _pairs(anchors=anchors, positives=positives)
    loss = _own_key(_products(anchors, positives))
    squares = (anchors.square() + positives.square()).sum(1) / 2
    return reduce(loss + l2 * squares, reduction)


def arcface_loss(
    embeddings: Tensor,
    weights: Tensor,
    target: Tensor,
    *,
    margin: float = 0.5,
    scale: float = 64.0,
    reduction: Reduction = "mean",
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or margin is below 0, or
            scale is not above 0.

    References:
        Deng et al., ArcFace, CVPR 2019, eq. 3.

    Example:
        >>> arcface_loss(torch.ones(1, 2), torch.eye(2), torch.tensor([0]), scale=1.0)
        tensor(0.9284)
    """
    not_negative(margin=margin)
    positive(scale=scale)
    embeddings, weights = _sets(embeddings=embeddings, weights=weights)
    target = _per_embedding(embeddings, target=target)
    embeddings, weights = _unit(embeddings), _unit(weights)
    cosines = _products(embeddings, weights)
    own = _own(weights, target)
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


def cosface_loss(
    embeddings: Tensor,
    weights: Tensor,
    target: Tensor,
    *,
    margin: float = 0.35,
    scale: float = 64.0,
    reduction: Reduction = "mean",
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above, or margin is below 0, or
            scale is not above 0.

    References:
        Wang et al., CosFace, CVPR 2018, eq. 4.

    Example:
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


def center_loss(
    embeddings: Tensor,
    centers: Tensor,
    target: Tensor,
    *,
    reduction: Reduction = "mean",
) -> Tensor:
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
        TypeError: an input is not a tensor of floating-point numbers.
        ValueError: a shape or an option is not as said above.

    References:
        Wen et al., A Discriminative Feature Learning Approach for Deep Face
        Recognition, ECCV 2016, eq. 2.

    Example:
        >>> centers = torch.tensor([[0.0, 0.0], [1.0, 0.0]])
        >>> center_loss(torch.tensor([[1.0, 2.0]]), centers, torch.tensor([1]))
        tensor(2.)
    """
    embeddings, centers = _sets(embeddings=embeddings, centers=centers)
    target = _per_embedding(embeddings, target=target)
    return reduce(
        _distance(embeddings, _own(centers, target), "squared") / 2, reduction
    )
