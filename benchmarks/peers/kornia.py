"""kornia's losses."""

from typing import Any

from benchmarks.peers.peer import BINARY, EVERYWHERE, Function, Peer, reduced
from benchmarks.peers.regions import with_sure_pixels


def charbonnier_and_one(
    loss: Function, pred: Any, target: Any, reduction: str = "mean"
) -> Any:
    return reduced(loss(pred, target) + 1, reduction)


def focal(loss: Function, logits: Any, target: Any, reduction: str = "mean") -> Any:
    return loss(logits, target, alpha=None, reduction=reduction)


def focal_of_class(
    loss: Function, logits: Any, target: Any, reduction: str = "mean"
) -> Any:
    """Without the slots of the other classes, which are 0."""
    slots = loss(logits, target, alpha=None, reduction="none")
    return reduced(slots.sum(1), reduction)


def macro_dice(loss: Function, logits: Any, target: Any) -> Any:
    return loss(logits, target, average="macro")


def tversky(loss: Function, logits: Any, target: Any) -> Any:
    return loss(logits, target, alpha=0.9, beta=0.1)


def one_channel(loss: Function, logits: Any, target: Any) -> Any:
    return loss(logits[:, None], target)


def ssim_of_whole_windows(
    ssim: Function, pred: Any, target: Any, window_size: int
) -> Any:
    maps = ssim(pred, target, window_size, eps=0.0, padding="valid")
    return maps.mean((1, 2, 3))


def ssim_loss(loss: Function, pred: Any, target: Any, window_size: int) -> Any:
    return loss(pred, target, window_size, eps=0.0)


def twice_of_whole_windows(
    loss: Function, pred: Any, target: Any, window_size: int
) -> Any:
    return 2 * loss(pred, target, window_size, eps=0.0, padding="valid")


def summed_over_channels(
    variation: Function, images: Any, reduction: str = "mean"
) -> Any:
    return reduced(variation(images).sum(1), reduction)


def robust(alpha: float) -> dict[str, Any]:
    return {"alpha": alpha, "scale": 1.0}


PEERS = (
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
        bridge=charbonnier_and_one,
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
        use=focal,
        how="alpha=None",
        theirs="There is a slot for each class, 0 but at the target; the mean counts them all.",
        ours="There is one value for each example; the mean is over the examples.",
        bridge=focal_of_class,
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
        use=macro_dice,
        theirs="The classes that an image lacks are left out; nothing smooths.",
        ours="Each class counts in each image, with one pixel more in each overlap.",
        bridge=with_sure_pixels(macro_dice),
    ),
    Peer(
        "kornia",
        "losses.tversky_loss",
        "segmentation.tversky_loss",
        how="alpha=0.9, beta=0.1",
        options={"alpha": 0.9, "beta": 0.1},
        theirs="The classes that an image lacks are left out; nothing smooths.",
        ours="Each class counts in each image, with one pixel more in each overlap.",
        bridge=with_sure_pixels(tversky),
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
        use=ssim_of_whole_windows,
        how='window_size=5, eps=0, padding="valid"',
        options={"window_size": 5},
    ),
    Peer(
        "kornia",
        "losses.ssim_loss",
        "perceptual.ssim_loss",
        how="window_size=5, eps=0",
        options={"window_size": 5},
        use=ssim_loss,
        theirs="Half of 1 - SSIM, cut to [0, 1] pixel by pixel; the image is mirrored at its border.",
        ours="1 - SSIM, of the windows that lie within the image.",
        bridge=twice_of_whole_windows,
    ),
    Peer(
        "kornia",
        "losses.total_variation",
        "style.total_variation_loss",
        use=summed_over_channels,
        how="summed over channels",
    ),
)
