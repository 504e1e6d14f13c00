"""Keras's losses."""

from typing import Any

from benchmarks.peers.peer import Adapter, Function, Peer
from benchmarks.peers.torch import OF_LOGITS

REDUCTION = {"mean": "sum_over_batch_size", "sum": "sum", "none": None}


def keras(prepare: Function, **fixed: Any) -> Adapter:
    """The loss class called with what ``prepare`` makes of the arguments, in their precision.

    Keras computes in float32 unless told otherwise.
    """

    def call(loss_class: Any, *arguments: Any, reduction: str = "mean") -> Any:
        dtype = "float64" if arguments[0].dtype == "float64" else None
        loss = loss_class(reduction=REDUCTION[reduction], dtype=dtype, **fixed)
        return loss(*prepare(*arguments))

    return call


def each_by_itself(pred: Any, target: Any) -> tuple[Any, Any]:
    """Target first. Keras averages over the last axis: here it has length 1."""
    return target[..., None], pred[..., None]


def target_first(pred: Any, target: Any) -> tuple[Any, Any]:
    return target, pred


def one_hot(scores: Any, target: Any) -> tuple[Any, Any]:
    import tensorflow as tf

    return tf.one_hot(target, scores.shape[-1], dtype=scores.dtype), scores


def one_hot_above_zero(scores: Any, target: Any) -> tuple[Any, Any]:
    import tensorflow as tf

    least = tf.stop_gradient(tf.reduce_min(scores, -1, keepdims=True))
    return one_hot(scores - least + 1, target)


def softmax(logits: Any, target: Any) -> tuple[Any, Any]:
    import tensorflow as tf

    return target, tf.nn.softmax(logits)


def sigmoid(logits: Any, target: Any) -> tuple[Any, Any]:
    import tensorflow as tf

    return each_by_itself(tf.sigmoid(logits), target)


def regions(logits: Any, target: Any) -> tuple[Any, Any]:
    """One-hot targets and probabilities, (N, pixels, K)."""
    import tensorflow as tf

    truth, scores = one_hot(logits, target)
    flat = (tf.shape(scores)[0], -1, scores.shape[-1])
    return tf.reshape(truth, flat), tf.nn.softmax(tf.reshape(scores, flat))


def regions_and_a_pixel(logits: Any, target: Any) -> tuple[Any, Any]:
    import tensorflow as tf

    truth, pred = regions(logits, target)
    right = tf.ones_like(pred[:, :1])
    return tf.concat([truth, right], 1), tf.concat([pred, right], 1)


WHOLE_BATCH = (
    "One score of all images and classes; in the denominator, 1e-7 to smooth it."
)
EACH_REGION = "One score for each image and class, with one pixel more in each overlap."

PEERS = (
    Peer(
        "keras",
        "losses.MeanSquaredError",
        "regression.mse_loss",
        use=keras(each_by_itself),
    ),
    Peer(
        "keras",
        "losses.MeanAbsoluteError",
        "regression.l1_loss",
        use=keras(each_by_itself),
    ),
    Peer("keras", "losses.Huber", "regression.huber_loss", use=keras(each_by_itself)),
    Peer(
        "keras",
        "losses.LogCosh",
        "regression.log_cosh_loss",
        use=keras(each_by_itself),
    ),
    Peer(
        "keras",
        "losses.SparseCategoricalCrossentropy",
        "classification.cross_entropy_loss",
        use=keras(target_first, from_logits=True),
        how="from_logits=True",
    ),
    Peer(
        "keras",
        "losses.CategoricalCrossentropy",
        "classification.soft_cross_entropy_loss",
        use=keras(target_first, from_logits=True, label_smoothing=0.1),
        how="from_logits=True, label_smoothing=0.1",
        options={"label_smoothing": 0.1},
    ),
    Peer(
        "keras",
        "losses.BinaryCrossentropy",
        "classification.binary_cross_entropy_loss",
        use=keras(each_by_itself, from_logits=True),
        how="from_logits=True",
    ),
    Peer(
        "keras",
        "losses.BinaryCrossentropy",
        "classification.binary_cross_entropy_loss",
        use=keras(each_by_itself, from_logits=True, label_smoothing=0.2),
        how="from_logits=True, label_smoothing=0.2",
        options={"label_smoothing": 0.2},
    ),
    Peer(
        "keras",
        "losses.BinaryCrossentropy",
        "classification.binary_cross_entropy_loss",
        use=keras(sigmoid),
        how="of sigmoid(logits)",
        theirs="Probabilities are cut to [1e-7, 1 - 1e-7]: a worse mistake costs no more and has no gradient.",
        ours=OF_LOGITS,
        shows=("edge cases",),
    ),
    Peer(
        "keras",
        "losses.Hinge",
        "classification.hinge_loss",
        use=keras(each_by_itself),
    ),
    Peer(
        "keras",
        "losses.SquaredHinge",
        "classification.squared_hinge_loss",
        use=keras(each_by_itself),
    ),
    Peer(
        "keras",
        "losses.CategoricalHinge",
        "classification.crammer_singer_loss",
        use=keras(one_hot),
        theirs="The strongest rival counts with a score of at least 0.",
        ours="The strongest rival counts with its score.",
        bridge=keras(one_hot_above_zero),
    ),
    Peer(
        "keras",
        "losses.BinaryFocalCrossentropy",
        "classification.sigmoid_focal_loss",
        use=keras(each_by_itself, from_logits=True, apply_class_balancing=True),
        how="from_logits=True, apply_class_balancing=True",
    ),
    Peer(
        "keras",
        "losses.BinaryFocalCrossentropy",
        "classification.sigmoid_focal_loss",
        use=keras(
            each_by_itself,
            from_logits=True,
            apply_class_balancing=True,
            label_smoothing=0.2,
        ),
        how="from_logits=True, apply_class_balancing=True, label_smoothing=0.2",
        options={"label_smoothing": 0.2},
    ),
    Peer(
        "keras",
        "losses.CategoricalFocalCrossentropy",
        "classification.softmax_focal_loss",
        use=keras(one_hot, from_logits=True, alpha=1.0),
        how="from_logits=True, alpha=1",
    ),
    Peer(
        "keras",
        "losses.CategoricalGeneralizedCrossEntropy",
        "classification.generalized_cross_entropy_loss",
        use=keras(softmax, q=0.7),
        how="of softmax(logits), q=0.7",
        options={"q": 0.7},
    ),
    Peer(
        "keras",
        "losses.Dice",
        "segmentation.dice_loss",
        use=keras(regions),
        how="of softmax(logits)",
        theirs=WHOLE_BATCH,
        ours=EACH_REGION,
        bridge=keras(regions_and_a_pixel, axis=1),
    ),
    Peer(
        "keras",
        "losses.Tversky",
        "segmentation.tversky_loss",
        use=keras(regions, alpha=0.9, beta=0.1),
        how="of softmax(logits), alpha=0.9, beta=0.1",
        options={"alpha": 0.9, "beta": 0.1},
        theirs=WHOLE_BATCH,
        ours=EACH_REGION,
        bridge=keras(regions_and_a_pixel, alpha=0.9, beta=0.1, axis=1),
    ),
    Peer(
        "keras",
        "losses.Tversky",
        "segmentation.tversky_loss",
        use=keras(regions, alpha=0.1, beta=0.9),
        how="of softmax(logits), alpha and beta exchanged",
        options={"alpha": 0.9, "beta": 0.1},
        theirs=WHOLE_BATCH,
        ours=EACH_REGION,
        bridge=keras(regions_and_a_pixel, alpha=0.1, beta=0.9, axis=1),
    ),
)
