"""What is compared: a list of other libraries' losses, each with the definition that it is like.

``use`` turns what the library offers into a function of the definition's arguments; ``bridge`` does the same
and takes back what the two definitions do differently, so that all the rest can be compared.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lossguide.catalog import Input, find
from lossguide.conformance.checks import CHECKS

Function = Callable[..., Any]

SMALL_EPS = {"eps": 1e-12}
EVERYWHERE = tuple(check for check in CHECKS if check != "empty input")

BINARY = {"target": Input("N K", "binary", gradient=False)}
MASKS = {
    "logits": Input("N H W"),
    "target": Input("N H W", "binary", gradient=False),
}


def as_it_is(function: Function) -> Function:
    return function


@dataclass(frozen=True)
class Peer:
    """Another library's loss and the definition it is like.

    ``how`` says which of its options are set. ``theirs`` and ``ours`` are one sentence each, where the
    definitions differ on purpose; where no ``bridge`` takes that back, ``shows`` names the checks that see it.
    """

    library: str
    function: str
    like: str
    use: Callable[[Any], Function] = as_it_is
    how: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    theirs: str = ""
    ours: str = ""
    bridge: Callable[[Any], Function] | None = None
    shows: tuple[str, ...] = ()

    @property
    def framework(self) -> str:
        return "tensorflow" if self.library == "keras" else "torch"


def reduced(values: Any, reduction: str) -> Any:
    return values if reduction == "none" else getattr(values, reduction)()


# --- PyTorch ------------------------------------------------------------------------------


def of_probabilities(loss: Function) -> Function:
    return lambda logits, target, reduction="mean": loss(
        logits.sigmoid(), target, reduction=reduction
    )


def times_classes(loss: Function) -> Function:
    return lambda scores, target, reduction="mean": (
        loss(scores, target, reduction=reduction) * scores.shape[1]
    )


def hinge_of_ranking(loss: Function) -> Function:
    return lambda scores, target, reduction="mean": loss(
        scores, 0 * scores.detach(), target, margin=1.0, reduction=reduction
    )


def labeled(label: float) -> Callable[[Function], Function]:
    """Cross-entropy of logits that all have one label."""
    return lambda loss: (
        lambda logits, reduction="mean": loss(
            logits, label + 0 * logits.detach(), reduction=reduction
        )
    )


def real_and_fake(loss: Function) -> Function:
    real, fake = labeled(1.0)(loss), labeled(0.0)(loss)
    return lambda a, b, reduction="mean": real(a, reduction) + fake(b, reduction)


def exact_triplets(loss: Function) -> Function:
    return lambda anchor, positive, negative, margin, reduction="mean": loss(
        anchor, positive, negative, margin=margin, eps=0.0, reduction=reduction
    )


OF_LOGITS = "Computed from logits: value and gradient go on, however large the mistake."
CUT_LOGARITHM = (
    "The logarithm of a probability is cut at -100: a worse mistake costs no more."
)

TORCH = (
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
        options=find("cross_entropy_loss").options[-1],
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
        use=labeled(1.0),
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

# --- Keras --------------------------------------------------------------------------------

KERAS_REDUCTION = {"mean": "sum_over_batch_size", "sum": "sum", "none": None}


def keras(prepare: Function, **fixed: Any) -> Callable[[Any], Function]:
    """The loss class called with what ``prepare`` makes of the arguments, in their precision.

    Keras computes in float32 unless told otherwise.
    """

    def use(loss_class: Any) -> Function:
        def loss(*arguments: Any, reduction: str = "mean") -> Any:
            dtype = "float64" if arguments[0].dtype == "float64" else None
            loss = loss_class(
                reduction=KERAS_REDUCTION[reduction], dtype=dtype, **fixed
            )
            return loss(*prepare(*arguments))

        return loss

    return use


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

KERAS = (
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

# --- torchvision --------------------------------------------------------------------------

STEEP = "Where the box around both has no area, the gradient is about 1 / eps."
FLAT = "Where the box around both has no area, it adds no gradient."

TORCHVISION = (
    Peer("torchvision", "ops.boxes.box_area", "boxes.box_area"),
    Peer(
        "torchvision",
        "ops.boxes.box_convert",
        "boxes.box_convert",
        how="xyxy to cxcywh",
        options={"in_fmt": "xyxy", "out_fmt": "cxcywh"},
    ),
    Peer("torchvision", "ops.boxes.box_iou", "boxes.box_iou"),
    Peer("torchvision", "ops.boxes.generalized_box_iou", "boxes.generalized_box_iou"),
    Peer("torchvision", "ops.boxes.distance_box_iou", "boxes.distance_box_iou"),
    Peer("torchvision", "ops.boxes.complete_box_iou", "boxes.complete_box_iou"),
    Peer(
        "torchvision",
        "ops.giou_loss.generalized_box_iou_loss",
        "boxes.giou_loss",
        how="eps=1e-12",
        options=SMALL_EPS,
        theirs=STEEP,
        ours=FLAT,
        shows=("edge cases",),
    ),
    Peer(
        "torchvision",
        "ops.diou_loss.distance_box_iou_loss",
        "boxes.diou_loss",
        how="eps=1e-12",
        options=SMALL_EPS,
    ),
    Peer(
        "torchvision",
        "ops.ciou_loss.complete_box_iou_loss",
        "boxes.ciou_loss",
        how="eps=1e-12",
        options=SMALL_EPS,
        theirs="1e-7 is added to the denominators of IoU and distance, whatever eps is.",
        ours="eps is added to every denominator.",
        shows=("reductions",),
    ),
    Peer(
        "torchvision",
        "ops.focal_loss.sigmoid_focal_loss",
        "classification.sigmoid_focal_loss",
    ),
    Peer(
        "torchvision",
        "ops.focal_loss.sigmoid_focal_loss",
        "classification.sigmoid_focal_loss",
        how="gamma=0.5",
        options={"gamma": 0.5},
    ),
)

# --- Regions of PyTorch libraries -----------------------------------------------------------


def and_sure_pixels(logits: Any, target: Any) -> tuple[Any, Any]:
    """Images with one pixel more for each class, predicted right beyond doubt."""
    import torch

    images, classes = logits.shape[:2]
    sure = 1e4 * torch.eye(classes, dtype=logits.dtype).expand(images, -1, -1)
    labels = torch.arange(classes).expand(images, -1)
    return (
        torch.cat([logits.flatten(2), sure], 2)[:, :, None],
        torch.cat([target.flatten(1), labels], 1)[:, None],
    )


def with_sure_pixels(loss: Function, **fixed: Any) -> Function:
    return lambda logits, target: loss(*and_sure_pixels(logits, target), **fixed)


def image_by_image(loss: Function) -> Function:
    """The mean of the losses of each image by itself."""

    def mean(logits: Any, target: Any) -> Any:
        pairs = zip(logits.split(1), target.split(1), strict=True)
        return sum(loss(*pair) for pair in pairs) / len(logits)

    return mean


# --- kornia -------------------------------------------------------------------------------


def kornia_focal(loss: Function) -> Function:
    return lambda logits, target, reduction="mean": loss(
        logits, target, alpha=None, reduction=reduction
    )


def kornia_focal_of_class(loss: Function) -> Function:
    """Without the slots of the other classes, which are 0."""
    return lambda logits, target, reduction="mean": reduced(
        loss(logits, target, alpha=None, reduction="none").sum(1), reduction
    )


def one_channel(loss: Function) -> Function:
    return lambda logits, target: loss(logits[:, None], target)


def robust(alpha: float) -> dict[str, Any]:
    return {"alpha": alpha, "scale": 1.0}


KORNIA = (
    Peer(
        "kornia",
        "losses.charbonnier_loss",
        "regression.general_robust_loss",
        how="alpha=1 of the general loss",
        options=robust(1.0),
    ),
    Peer(
        "kornia",
        "losses.charbonnier_loss",
        "regression.charbonnier_loss",
        how="eps=1 of the definition",
        options={"eps": 1.0},
        theirs="1 is subtracted, so that the least value is 0.",
        ours="The root as it is: the least value is eps.",
        bridge=lambda loss: (
            lambda pred, target, reduction="mean": reduced(
                loss(pred, target) + 1, reduction
            )
        ),
    ),
    Peer(
        "kornia",
        "losses.cauchy_loss",
        "regression.general_robust_loss",
        how="alpha=0 of the general loss",
        options=robust(0.0),
    ),
    Peer(
        "kornia",
        "losses.geman_mcclure_loss",
        "regression.general_robust_loss",
        how="alpha=-2 of the general loss",
        options=robust(-2.0),
    ),
    Peer(
        "kornia",
        "losses.welsch_loss",
        "regression.general_robust_loss",
        how="alpha=-inf of the general loss",
        options=robust(-float("inf")),
    ),
    Peer(
        "kornia",
        "losses.binary_focal_loss_with_logits",
        "classification.sigmoid_focal_loss",
        how="targets 0 and 1",
        options=BINARY,
    ),
    Peer(
        "kornia",
        "losses.binary_focal_loss_with_logits",
        "classification.sigmoid_focal_loss",
        how="targets 0 and 1, gamma=0.5",
        options={"gamma": 0.5, **BINARY},
    ),
    Peer(
        "kornia",
        "losses.binary_focal_loss_with_logits",
        "classification.sigmoid_focal_loss",
        how="targets between 0 and 1",
        theirs="The loss of a target between 0 and 1 mixes the focused losses of 1 and 0.",
        ours="The focus is on p_t = y p + (1 - y)(1 - p), a mix of the probabilities.",
        shows=EVERYWHERE,
    ),
    Peer(
        "kornia",
        "losses.focal_loss",
        "classification.softmax_focal_loss",
        use=kornia_focal,
        how="alpha=None",
        theirs="There is a slot for each class, 0 but at the target; the mean counts them all.",
        ours="There is one value for each example; the mean is over the examples.",
        bridge=kornia_focal_of_class,
    ),
    Peer(
        "kornia",
        "metrics.mean_iou_bbox",
        "boxes.box_iou",
        theirs="Boxes without width or height are refused, with an error.",
        ours="Boxes without area have IoU 0 with any other.",
        shows=("edge cases", "large values"),
    ),
    Peer(
        "kornia",
        "losses.dice_loss",
        "segmentation.dice_loss",
        how='average="macro"',
        use=lambda loss: lambda logits, target: loss(logits, target, average="macro"),
        theirs="The classes that an image lacks are left out; nothing smooths.",
        ours="Each class counts in each image, with one pixel more in each overlap.",
        bridge=lambda loss: with_sure_pixels(loss, average="macro"),
    ),
    Peer(
        "kornia",
        "losses.tversky_loss",
        "segmentation.tversky_loss",
        how="alpha=0.9, beta=0.1",
        options={"alpha": 0.9, "beta": 0.1},
        theirs="The classes that an image lacks are left out; nothing smooths.",
        ours="Each class counts in each image, with one pixel more in each overlap.",
        bridge=lambda loss: with_sure_pixels(loss, alpha=0.9, beta=0.1),
    ),
    Peer(
        "kornia",
        "losses.lovasz_hinge_loss",
        "segmentation.lovasz_hinge_loss",
        use=one_channel,
    ),
    Peer(
        "kornia",
        "losses.lovasz_softmax_loss",
        "segmentation.lovasz_softmax_loss",
        how='classes="all" of the definition',
        options={"classes": "all"},
    ),
    Peer(
        "kornia",
        "metrics.ssim",
        "perceptual.ssim",
        use=lambda ssim: (
            lambda pred, target, window_size: ssim(
                pred, target, window_size, eps=0.0, padding="valid"
            ).mean((1, 2, 3))
        ),
        how='window_size=5, eps=0, padding="valid"',
        options={"window_size": 5},
    ),
    Peer(
        "kornia",
        "losses.ssim_loss",
        "perceptual.ssim_loss",
        how="window_size=5, eps=0",
        options={"window_size": 5},
        use=lambda loss: (
            lambda pred, target, window_size: loss(pred, target, window_size, eps=0.0)
        ),
        theirs="Half of 1 - SSIM, cut to [0, 1] pixel by pixel; the image is mirrored at its border.",
        ours="1 - SSIM, of the windows that lie within the image.",
        bridge=lambda loss: (
            lambda pred, target, window_size: (
                2 * loss(pred, target, window_size, eps=0.0, padding="valid")
            )
        ),
    ),
    Peer(
        "kornia",
        "losses.total_variation",
        "style.total_variation_loss",
        use=lambda variation: (
            lambda images, reduction="mean": reduced(
                variation(images).sum(1), reduction
            )
        ),
        how="summed over channels",
    ),
)

# --- MONAI --------------------------------------------------------------------------------


def monai(**fixed: Any) -> Callable[[Any], Function]:
    """A loss class with options, called with a class axis on the target."""

    def use(loss_class: Any) -> Function:
        def loss(logits: Any, target: Any, reduction: str = "mean") -> Any:
            values = loss_class(reduction=reduction, **fixed)(logits, target[:, None])
            return values.flatten(1) if reduction == "none" else values

        return loss

    return use


def pairs_of(**fixed: Any) -> Callable[[Any], Function]:
    """A loss class with options, called with the arguments as they are."""

    def use(loss_class: Any) -> Function:
        def loss(first: Any, second: Any, reduction: str = "mean") -> Any:
            return loss_class(reduction=reduction, **fixed)(first, second)

        return loss

    return use


def monai_similarity(loss_class: Any) -> Function:
    similarity = pairs_of(spatial_dims=2, win_size=5)(loss_class)

    def loss(pred: Any, target: Any, reduction: str = "mean") -> Any:
        values = similarity(pred, target, reduction)
        return values.flatten() if reduction == "none" else values

    return loss


def monai_focal(loss_class: Any) -> Function:
    """MONAI wants an axis of places; here it has length 1."""
    focal = pairs_of(alpha=0.25)(loss_class)

    def loss(logits: Any, target: Any, reduction: str = "mean") -> Any:
        values = focal(logits[..., None], target[..., None], reduction)
        return values[..., 0] if reduction == "none" else values

    return loss


def with_direction(vectors: Any) -> Any:
    """Vectors, without a gradient for those that are too short to have a direction."""
    import torch

    length = torch.linalg.vector_norm(vectors.detach(), dim=1, keepdim=True)
    return torch.where(length > 1e-12, vectors, 0)


def monai_masks(**fixed: Any) -> Callable[[Any], Function]:
    """A loss class with options, called with masks that have one channel."""

    def use(loss_class: Any) -> Function:
        def loss(logits: Any, target: Any, reduction: str = "mean") -> Any:
            values = loss_class(reduction=reduction, sigmoid=True, **fixed)(
                logits[:, None], target[:, None]
            )
            return values.flatten() if reduction == "none" else values

        return loss

    return use


def monai_focal_of_class(loss_class: Any) -> Function:
    focal = monai(use_softmax=True, to_onehot_y=True)(loss_class)
    return lambda logits, target, reduction="mean": reduced(
        focal(logits, target, reduction="none").sum(1), reduction
    )


def adversarial(criterion: str, **fixed: Any) -> Callable[[Any], Function]:
    """What the generator minimizes."""
    return lambda loss_class: (
        lambda fake: loss_class(criterion=criterion, **fixed)(
            fake, target_is_real=True, for_discriminator=False
        )
    )


NO_DIRECTION = (
    "A vector shorter than 1e-12 has no direction: its cosines and its gradient are 0."
)
TINY = "A vector of length 0 is divided by {}, which makes its gradient huge."
ONE_OF_EQUALS = "Where neighboring pixels are equal, one of them has the gradient."
EQUALS_SHARE = "Where neighboring pixels are equal, they share the gradient."
ONE_HOT = {"softmax": True, "to_onehot_y": True}

MONAI = (
    Peer(
        "monai",
        "losses.BoxGIoULoss",
        "boxes.giou_loss",
        use=pairs_of(),
        theirs="The boxes are taken as float32, and eps is 1.2e-7: where the box around both has"
        " no area, the gradient is millions.",
        ours=FLAT,
        shows=("edge cases", "reductions", "translation invariant"),
    ),
    Peer(
        "monai",
        "losses.FocalLoss",
        "classification.sigmoid_focal_loss",
        use=monai_focal,
        how="alpha=0.25, targets 0 and 1",
        options=BINARY,
    ),
    Peer(
        "monai",
        "losses.FocalLoss",
        "classification.softmax_focal_loss",
        use=lambda loss_class: (
            lambda logits, target: monai(use_softmax=True, to_onehot_y=True)(
                loss_class
            )(logits, target)
        ),
        how="use_softmax=True",
        theirs="There is a slot for each class, 0 but at the target; the mean counts them all.",
        ours="There is one value for each example; the mean is over the examples.",
        bridge=monai_focal_of_class,
    ),
    Peer(
        "monai",
        "losses.DiceLoss",
        "segmentation.dice_loss",
        use=monai(**ONE_HOT, smooth_nr=2, smooth_dr=2),
        how="softmax=True, smooth_nr=smooth_dr=2",
    ),
    Peer(
        "monai",
        "losses.DiceLoss",
        "segmentation.dice_loss",
        use=monai_masks(smooth_nr=2, smooth_dr=2),
        how="sigmoid=True, smooth_nr=smooth_dr=2",
        options=MASKS,
    ),
    Peer(
        "monai",
        "losses.DiceLoss",
        "segmentation.jaccard_loss",
        use=monai(**ONE_HOT, jaccard=True, smooth_nr=2, smooth_dr=2),
        how="softmax=True, jaccard=True, smooth_nr=smooth_dr=2",
    ),
    Peer(
        "monai",
        "losses.TverskyLoss",
        "segmentation.tversky_loss",
        use=monai(**ONE_HOT, alpha=0.9, beta=0.1, smooth_nr=1, smooth_dr=1),
        how="softmax=True, alpha=0.9, beta=0.1, smooth_nr=smooth_dr=1",
        options={"alpha": 0.9, "beta": 0.1},
    ),
    Peer(
        "monai",
        "losses.cldice.soft_skel",
        "segmentation.soft_skeleton",
        use=lambda skeleton: lambda masks: skeleton(masks[:, None], 3)[:, 0],
        how="iter_=3",
        theirs=ONE_OF_EQUALS,
        ours=EQUALS_SHARE,
        shows=("gradients", "edge cases"),
    ),
    Peer(
        "monai",
        "losses.SoftclDiceLoss",
        "segmentation.cldice_loss",
        use=monai_masks(iter_=3, smooth=1e-12),
        how="sigmoid=True, smooth=1e-12",
        theirs=ONE_OF_EQUALS,
        ours=EQUALS_SHARE,
        shows=("gradients", "edge cases"),
    ),
    Peer(
        "monai",
        "losses.SSIMLoss",
        "perceptual.ssim_loss",
        use=monai_similarity,
        how="win_size=5",
        options={"window_size": 5},
    ),
    Peer(
        "monai",
        "losses.PatchAdversarialLoss",
        "gan.non_saturating_generator_loss",
        use=adversarial("bce"),
        how='criterion="bce"',
        theirs=CUT_LOGARITHM,
        ours=OF_LOGITS,
        shows=("edge cases",),
    ),
    Peer(
        "monai",
        "losses.PatchAdversarialLoss",
        "gan.least_squares_generator_loss",
        use=adversarial("least_squares"),
        how='criterion="least_squares"',
        theirs="The square, of the score after a leaky ReLU.",
        ours="Half the square, of the score as it is.",
        bridge=lambda loss_class: (
            lambda fake: (
                adversarial("least_squares", no_activation_leastsq=True)(loss_class)(
                    fake
                )
                / 2
            )
        ),
    ),
    Peer(
        "monai",
        "losses.PatchAdversarialLoss",
        "gan.hinge_generator_loss",
        use=adversarial("hinge"),
        how='criterion="hinge"',
        theirs="The generator has a margin too: max(0, 1 - tanh(score)).",
        ours="Minus the score: the margin is the discriminator's alone.",
        shows=EVERYWHERE,
    ),
    Peer(
        "monai",
        "losses.ContrastiveLoss",
        "metric.nt_xent_loss",
        use=lambda loss_class: lambda a, b: loss_class(temperature=0.5)(a, b),
        how="temperature=0.5",
        theirs=TINY.format("1e-8"),
        ours=NO_DIRECTION,
        bridge=lambda loss_class: (
            lambda a, b: loss_class(temperature=0.5)(
                with_direction(a), with_direction(b)
            )
        ),
    ),
)

# --- segmentation-models-pytorch ----------------------------------------------------------


def smp(mode: str, **fixed: Any) -> Callable[[Any], Function]:
    return lambda loss_class: (
        lambda logits, target: loss_class(mode, **fixed)(logits, target)
    )


def smp_regions(**fixed: Any) -> Callable[[Any], Function]:
    return lambda loss_class: image_by_image(
        with_sure_pixels(smp("multiclass", **fixed)(loss_class))
    )


def smp_cross_entropy(**fixed: Any) -> Callable[[Any], Function]:
    def use(loss_class: Any) -> Function:
        cross_entropy = pairs_of(**fixed)(loss_class)

        def loss(logits: Any, target: Any, reduction: str = "mean") -> Any:
            values = cross_entropy(logits, target, reduction)
            return values.flatten() if reduction == "none" else values

        return loss

    return use


def in_single(loss: Function) -> Function:
    return lambda logits, target: loss(logits.float(), target)


SMP_REGIONS = (
    "The pixels of a batch are one image; a class that it lacks counts with loss 0."
)

SMP = (
    Peer(
        "segmentation_models_pytorch",
        "losses.SoftBCEWithLogitsLoss",
        "classification.binary_cross_entropy_loss",
        use=pairs_of(),
    ),
    Peer(
        "segmentation_models_pytorch",
        "losses.SoftCrossEntropyLoss",
        "classification.cross_entropy_loss",
        use=smp_cross_entropy(),
    ),
    Peer(
        "segmentation_models_pytorch",
        "losses.SoftCrossEntropyLoss",
        "classification.cross_entropy_loss",
        use=smp_cross_entropy(smooth_factor=0.1),
        how="smooth_factor=0.1",
        options={"label_smoothing": 0.1},
    ),
    Peer(
        "segmentation_models_pytorch",
        "losses.FocalLoss",
        "classification.sigmoid_focal_loss",
        use=smp("multilabel", alpha=0.25),
        how='mode="multilabel", alpha=0.25, targets 0 and 1',
        options=BINARY,
    ),
    Peer(
        "segmentation_models_pytorch",
        "losses.FocalLoss",
        "classification.sigmoid_focal_loss",
        use=smp("multilabel", alpha=0.25, gamma=0.5),
        how='mode="multilabel", alpha=0.25, gamma=0.5, targets 0 and 1',
        options={"gamma": 0.5, **BINARY},
    ),
    Peer(
        "segmentation_models_pytorch",
        "losses.DiceLoss",
        "segmentation.dice_loss",
        use=smp("multiclass", smooth=1.0),
        how='mode="multiclass", smooth=1',
        theirs=SMP_REGIONS,
        ours="Each class counts in each image.",
        bridge=smp_regions(),
    ),
    Peer(
        "segmentation_models_pytorch",
        "losses.JaccardLoss",
        "segmentation.jaccard_loss",
        use=smp("multiclass", smooth=1.0),
        how='mode="multiclass", smooth=1',
        theirs=SMP_REGIONS,
        ours="Each class counts in each image.",
        bridge=smp_regions(),
    ),
    Peer(
        "segmentation_models_pytorch",
        "losses.TverskyLoss",
        "segmentation.tversky_loss",
        use=smp("multiclass", smooth=1.0, alpha=0.9, beta=0.1),
        how='mode="multiclass", smooth=1, alpha=0.9, beta=0.1',
        options={"alpha": 0.9, "beta": 0.1},
        theirs=SMP_REGIONS,
        ours="Each class counts in each image.",
        bridge=smp_regions(alpha=0.9, beta=0.1),
    ),
    Peer(
        "segmentation_models_pytorch",
        "losses.LovaszLoss",
        "segmentation.lovasz_hinge_loss",
        use=lambda loss_class: in_single(smp("binary", per_image=True)(loss_class)),
        how='mode="binary", per_image=True, logits in float32, which it needs',
    ),
    Peer(
        "segmentation_models_pytorch",
        "losses.LovaszLoss",
        "segmentation.lovasz_softmax_loss",
        use=lambda loss_class: in_single(smp("multiclass", per_image=True)(loss_class)),
        how='mode="multiclass", per_image=True, logits in float32, which it needs',
    ),
)

# --- pytorch-metric-learning ----------------------------------------------------------------


def plain_distance() -> Any:
    from pytorch_metric_learning.distances import LpDistance

    return LpDistance(normalize_embeddings=False)


def mean_reducer() -> Any:
    from pytorch_metric_learning.reducers import MeanReducer

    return MeanReducer()


def all_triplets(loss_class: Any) -> Function:
    return lambda embeddings, labels: loss_class(margin=1.0, distance=plain_distance())(
        embeddings, labels
    )


def hard_triplets(loss_class: Any) -> Function:
    from pytorch_metric_learning.miners import BatchHardMiner

    def loss(embeddings: Any, labels: Any) -> Any:
        mined = BatchHardMiner(distance=plain_distance())(embeddings, labels)
        batch_hard = loss_class(
            margin=1.0, distance=plain_distance(), reducer=mean_reducer()
        )
        return batch_hard(embeddings, labels, mined)

    return loss


def two_views(
    prepare: Function = as_it_is, symmetric: bool = True, **fixed: Any
) -> Callable[[Any], Function]:
    def use(loss_class: Any) -> Function:
        from pytorch_metric_learning.losses import SelfSupervisedLoss

        loss = SelfSupervisedLoss(loss_class(**fixed), symmetric=symmetric)
        return lambda first, second: loss(prepare(first), prepare(second))

    return use


def pairs(first: Any, second: Any) -> tuple[Any, Any]:
    """The two members of each pair as one batch, with a label for each pair."""
    import torch

    labels = torch.arange(len(first))
    return torch.cat([first, second]), torch.cat([labels, labels])


def n_pairs(**fixed: Any) -> Callable[[Any], Function]:
    def use(loss_class: Any) -> Function:
        from pytorch_metric_learning.distances import DotProductSimilarity

        loss = loss_class(distance=DotProductSimilarity(**fixed))
        return lambda anchors, positives: loss(*pairs(anchors, positives))

    return use


def contrastive(loss_class: Any) -> Function:
    """The pairs of the definition, as the library's indices of alike and of unlike pairs."""
    import torch

    def loss(first: Any, second: Any, same: Any) -> Any:
        index = torch.arange(len(first))
        alike, unlike = index[same > 0.5], index[same < 0.5]
        chosen = (alike, alike + len(first), unlike, unlike + len(first))
        return loss_class(neg_margin=1.0, distance=plain_distance())(
            *pairs(first, second), chosen
        )

    return loss


def contrastive_squared(loss_class: Any) -> Function:
    """Half the squares of the library's losses of pairs, and their mean over all pairs."""

    def loss(first: Any, second: Any, same: Any) -> Any:
        squares = type(
            "Squares",
            (loss_class,),
            {
                "pos_calc": lambda self, *a: loss_class.pos_calc(self, *a) ** 2 / 2,
                "neg_calc": lambda self, *a: loss_class.neg_calc(self, *a) ** 2 / 2,
                "get_default_reducer": lambda self: sum_reducer(),
            },
        )
        return contrastive(squares)(first, second, same) / len(first)

    return loss


def sum_reducer() -> Any:
    from pytorch_metric_learning.reducers import SumReducer

    return SumReducer()


def angular(prepare: Function = as_it_is, **fixed: Any) -> Callable[[Any], Function]:
    """The layer's weights come as an argument, so that they have a gradient to compare."""

    def use(loss_class: Any) -> Function:
        from torch.func import functional_call

        def loss(embeddings: Any, weights: Any, target: Any) -> Any:
            classes, length = weights.shape
            layer = loss_class(classes, length, reducer=mean_reducer(), **fixed)
            parameters = {"W": prepare(weights).T}
            arguments = prepare(embeddings), target
            return functional_call(layer.to(weights.dtype), parameters, arguments)

        return loss

    return use


PML = (
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
        use=lambda loss_class: (
            lambda embeddings, labels: loss_class(temperature=0.1)(embeddings, labels)
        ),
        how="temperature=0.1, labels 0 and 1",
        options={"labels": Input("N", "class", gradient=False)},
        theirs="A batch whose labels are all equal has loss 0.",
        ours="Examples of one label still have to find each other.",
        shows=("values", "gradients", "precision"),
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

PEERS = (*TORCH, *KERAS, *TORCHVISION, *KORNIA, *MONAI, *SMP, *PML)
