"""MONAI's losses."""

from typing import Any

from benchmarks.peers.peer import (
    BINARY,
    EVERYWHERE,
    MASKS,
    Adapter,
    Function,
    Peer,
    reduced,
)
from benchmarks.peers.torch import CUT_LOGARITHM, OF_LOGITS
from benchmarks.peers.torchvision import FLAT
from benchmarks.peers.vectors import NO_DIRECTION, TINY, with_direction


def with_class_axis(**fixed: Any) -> Adapter:
    """A loss class with options, called with a class axis on the target."""

    def call(loss_class: Any, logits: Any, target: Any, reduction: str = "mean") -> Any:
        values = loss_class(reduction=reduction, **fixed)(logits, target[:, None])
        return values.flatten(1) if reduction == "none" else values

    return call


def masks(**fixed: Any) -> Adapter:
    """A loss class with options, called with masks that have one channel."""

    def call(loss_class: Any, logits: Any, target: Any, reduction: str = "mean") -> Any:
        loss = loss_class(reduction=reduction, sigmoid=True, **fixed)
        values = loss(logits[:, None], target[:, None])
        return values.flatten() if reduction == "none" else values

    return call


def boxes(loss_class: Any, pred: Any, target: Any, reduction: str = "mean") -> Any:
    return loss_class(reduction=reduction)(pred, target)


def similarity(loss_class: Any, pred: Any, target: Any, reduction: str = "mean") -> Any:
    values = loss_class(spatial_dims=2, win_size=5, reduction=reduction)(pred, target)
    return values.flatten() if reduction == "none" else values


def focal(loss_class: Any, logits: Any, target: Any, reduction: str = "mean") -> Any:
    """MONAI wants an axis of places; here it has length 1."""
    loss = loss_class(alpha=0.25, reduction=reduction)
    values = loss(logits[..., None], target[..., None])
    return values[..., 0] if reduction == "none" else values


def softmax_focal_slots(
    loss_class: Any, logits: Any, target: Any, reduction: str = "mean"
) -> Any:
    loss = loss_class(reduction=reduction, use_softmax=True, to_onehot_y=True)
    return loss(logits, target[:, None])


def softmax_focal(loss_class: Any, logits: Any, target: Any) -> Any:
    return softmax_focal_slots(loss_class, logits, target)


def softmax_focal_of_class(
    loss_class: Any, logits: Any, target: Any, reduction: str = "mean"
) -> Any:
    """Without the slots of the other classes, which are 0."""
    slots = softmax_focal_slots(loss_class, logits, target, reduction="none")
    return reduced(slots.sum(1), reduction)


def soft_skeleton(skeleton: Function, masks: Any) -> Any:
    return skeleton(masks[:, None], 3)[:, 0]


def adversarial(criterion: str, **fixed: Any) -> Adapter:
    """What the generator minimizes."""

    def call(loss_class: Any, fake: Any) -> Any:
        loss = loss_class(criterion=criterion, **fixed)
        return loss(fake, target_is_real=True, for_discriminator=False)

    return call


plain_squares = adversarial("least_squares", no_activation_leastsq=True)


def half_of_plain_squares(loss_class: Any, fake: Any) -> Any:
    return plain_squares(loss_class, fake) / 2


def two_views(loss_class: Any, a: Any, b: Any) -> Any:
    return loss_class(temperature=0.5)(a, b)


def two_views_with_direction(loss_class: Any, a: Any, b: Any) -> Any:
    return two_views(loss_class, with_direction(a), with_direction(b))


ONE_OF_EQUALS = "Where neighboring pixels are equal, one of them has the gradient."
EQUALS_SHARE = "Where neighboring pixels are equal, they share the gradient."
ONE_HOT = {"softmax": True, "to_onehot_y": True}

PEERS = (
    Peer(
        "monai",
        "losses.BoxGIoULoss",
        "boxes.giou_loss",
        use=boxes,
        theirs="The boxes are taken as float32, and eps is 1.2e-7: where the box around both has"
        " no area, the gradient is millions.",
        ours=FLAT,
        shows=("edge cases", "reductions", "translation invariant"),
    ),
    Peer(
        "monai",
        "losses.FocalLoss",
        "classification.sigmoid_focal_loss",
        use=focal,
        how="alpha=0.25, targets 0 and 1",
        options=BINARY,
    ),
    Peer(
        "monai",
        "losses.FocalLoss",
        "classification.softmax_focal_loss",
        use=softmax_focal,
        how="use_softmax=True",
        theirs="There is a slot for each class, 0 but at the target; the mean counts them all.",
        ours="There is one value for each example; the mean is over the examples.",
        bridge=softmax_focal_of_class,
    ),
    Peer(
        "monai",
        "losses.DiceLoss",
        "segmentation.dice_loss",
        use=with_class_axis(**ONE_HOT, smooth_nr=2, smooth_dr=2),
        how="softmax=True, smooth_nr=smooth_dr=2",
    ),
    Peer(
        "monai",
        "losses.DiceLoss",
        "segmentation.dice_loss",
        use=masks(smooth_nr=2, smooth_dr=2),
        how="sigmoid=True, smooth_nr=smooth_dr=2",
        options=MASKS,
    ),
    Peer(
        "monai",
        "losses.DiceLoss",
        "segmentation.jaccard_loss",
        use=with_class_axis(**ONE_HOT, jaccard=True, smooth_nr=2, smooth_dr=2),
        how="softmax=True, jaccard=True, smooth_nr=smooth_dr=2",
    ),
    Peer(
        "monai",
        "losses.TverskyLoss",
        "segmentation.tversky_loss",
        use=with_class_axis(**ONE_HOT, alpha=0.9, beta=0.1, smooth_nr=1, smooth_dr=1),
        how="softmax=True, alpha=0.9, beta=0.1, smooth_nr=smooth_dr=1",
        options={"alpha": 0.9, "beta": 0.1},
    ),
    Peer(
        "monai",
        "losses.cldice.soft_skel",
        "segmentation.soft_skeleton",
        use=soft_skeleton,
        how="iter_=3",
        theirs=ONE_OF_EQUALS,
        ours=EQUALS_SHARE,
        shows=("gradients", "edge cases"),
    ),
    Peer(
        "monai",
        "losses.SoftclDiceLoss",
        "segmentation.cldice_loss",
        use=masks(iter_=3, smooth=1e-12),
        how="sigmoid=True, smooth=1e-12",
        theirs=ONE_OF_EQUALS,
        ours=EQUALS_SHARE,
        shows=("gradients", "edge cases"),
    ),
    Peer(
        "monai",
        "losses.SSIMLoss",
        "perceptual.ssim_loss",
        use=similarity,
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
        bridge=half_of_plain_squares,
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
        use=two_views,
        how="temperature=0.5",
        theirs=TINY.format("1e-8"),
        ours=NO_DIRECTION,
        bridge=two_views_with_direction,
    ),
)
