"""torchvision's losses."""

from benchmarks.peers.peer import SMALL_EPS, Peer

STEEP = "Where the box around both has no area, the gradient is about 1 / eps."
FLAT = "Where the box around both has no area, it adds no gradient."

PEERS = (
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
