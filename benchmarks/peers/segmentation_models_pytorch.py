"""segmentation-models-pytorch's losses."""

from typing import Any

from benchmarks.peers.peer import BINARY, Adapter, Peer
from benchmarks.peers.regions import image_by_image, with_sure_pixels


def mode(mode: str, **fixed: Any) -> Adapter:
    def call(loss_class: Any, logits: Any, target: Any) -> Any:
        return loss_class(mode, **fixed)(logits, target)

    return call


def in_single(name: str, **fixed: Any) -> Adapter:
    def call(loss_class: Any, logits: Any, target: Any) -> Any:
        return loss_class(name, **fixed)(logits.float(), target)

    return call


def regions(**fixed: Any) -> Adapter:
    return image_by_image(with_sure_pixels(mode("multiclass", **fixed)))


def binary_cross_entropy(
    loss_class: Any, logits: Any, target: Any, reduction: str = "mean"
) -> Any:
    return loss_class(reduction=reduction)(logits, target)


def cross_entropy(**fixed: Any) -> Adapter:
    def call(loss_class: Any, logits: Any, target: Any, reduction: str = "mean") -> Any:
        values = loss_class(reduction=reduction, **fixed)(logits, target)
        return values.reshape(target.shape) if reduction == "none" else values

    return call


WHOLE_BATCH = (
    "The pixels of a batch are one image; a class that it lacks counts with loss 0."
)

PEERS = (
    Peer(
        "segmentation_models_pytorch",
        "losses.SoftBCEWithLogitsLoss",
        "classification.binary_cross_entropy_loss",
        use=binary_cross_entropy,
    ),
    Peer(
        "segmentation_models_pytorch",
        "losses.SoftCrossEntropyLoss",
        "classification.cross_entropy_loss",
        use=cross_entropy(),
    ),
    Peer(
        "segmentation_models_pytorch",
        "losses.SoftCrossEntropyLoss",
        "classification.cross_entropy_loss",
        use=cross_entropy(smooth_factor=0.1),
        how="smooth_factor=0.1",
        options={"label_smoothing": 0.1},
    ),
    Peer(
        "segmentation_models_pytorch",
        "losses.FocalLoss",
        "classification.sigmoid_focal_loss",
        use=mode("multilabel", alpha=0.25),
        how='mode="multilabel", alpha=0.25, targets 0 and 1',
        options=BINARY,
    ),
    Peer(
        "segmentation_models_pytorch",
        "losses.FocalLoss",
        "classification.sigmoid_focal_loss",
        use=mode("multilabel", alpha=0.25, gamma=0.5),
        how='mode="multilabel", alpha=0.25, gamma=0.5, targets 0 and 1',
        options={"gamma": 0.5, **BINARY},
    ),
    Peer(
        "segmentation_models_pytorch",
        "losses.DiceLoss",
        "segmentation.dice_loss",
        use=mode("multiclass", smooth=1.0),
        how='mode="multiclass", smooth=1',
        theirs=WHOLE_BATCH,
        ours="Each class counts in each image.",
        bridge=regions(),
    ),
    Peer(
        "segmentation_models_pytorch",
        "losses.JaccardLoss",
        "segmentation.jaccard_loss",
        use=mode("multiclass", smooth=1.0),
        how='mode="multiclass", smooth=1',
        theirs=WHOLE_BATCH,
        ours="Each class counts in each image.",
        bridge=regions(),
    ),
    Peer(
        "segmentation_models_pytorch",
        "losses.TverskyLoss",
        "segmentation.tversky_loss",
        use=mode("multiclass", smooth=1.0, alpha=0.9, beta=0.1),
        how='mode="multiclass", smooth=1, alpha=0.9, beta=0.1',
        options={"alpha": 0.9, "beta": 0.1},
        theirs=WHOLE_BATCH,
        ours="Each class counts in each image.",
        bridge=regions(alpha=0.9, beta=0.1),
    ),
    Peer(
        "segmentation_models_pytorch",
        "losses.LovaszLoss",
        "segmentation.lovasz_hinge_loss",
        use=in_single("binary", per_image=True),
        how='mode="binary", per_image=True, logits in float32, which it needs',
    ),
    Peer(
        "segmentation_models_pytorch",
        "losses.LovaszLoss",
        "segmentation.lovasz_softmax_loss",
        use=in_single("multiclass", per_image=True),
        how='mode="multiclass", per_image=True, logits in float32, which it needs',
    ),
)
