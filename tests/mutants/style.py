"""Faults of what compares and moves style."""

from mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "not normalised",
        "style.gram_matrix",
        "maps @ maps.mT / divisor",
        "maps @ maps.mT",
        {"values"},
    ),
    Mutant(
        "products of pixels, not of channels",
        "style.gram_matrix",
        "maps @ maps.mT",
        "maps.mT @ maps",
        {"values", "edge cases"},
    ),
    Mutant(
        "features of different images multiplied",
        "style.gram_matrix",
        "features.flatten(2)",
        "features.flatten(2).flatten(0, 1)[None]",
        {"values"},
    ),
    Mutant(
        "unbiased variance",
        "style.channel_statistics",
        "(features - mean[..., None, None]).square().mean((2, 3))",
        "features.var((2, 3))",
        {"values"},
    ),
    Mutant(
        "eps outside the root",
        "style.channel_statistics",
        "(variance + eps).sqrt()",
        "variance.sqrt() + eps",
        {"gradients", "edge cases"},
    ),
    Mutant(
        "divided by the variance, not by its root",
        "style.adain",
        "/ std * new_std",
        "/ std.square() * new_std",
        {"values"},
        options={"eps": 1.0},
    ),
    Mutant(
        "weights of the layers ignored",
        "style.content_loss",
        "weight * (pred - content)",
        "(pred - content)",
        {"values"},
        options={"weights": {"deep": 0.5}},
    ),
    Mutant(
        "style and prediction normalised differently",
        "style.style_loss",
        "gram_matrix(pred, normalization=normalization)",
        "gram_matrix(pred)",
        {"values", "symmetric", "zero at target"},
        framework="tensorflow",
        options={"normalization": "none"},
    ),
    Mutant(
        "image wrapped around",
        "style.total_variation_loss",
        "F.pad(images.diff(dim=2), (0, 0, 0, 1))",
        "images.roll(-1, 2) - images",
        {"values"},
    ),
    Mutant(
        "NaN gradient of the branch not taken",
        "style.total_variation_loss",
        "root(squares)",
        "torch.where(squares != 0, squares.sqrt(), 0)",
        {"edge cases"},
        options={"kind": "isotropic"},
    ),
    Mutant(
        "averaged before the reduction",
        "style.total_variation_loss",
        "variation.sum((1, 2, 3))",
        "variation.mean((1, 2, 3))",
        {"values", "reductions"},
    ),
    # What the kit once let through.
    Mutant(
        "mean of the squares less the square of the mean",
        "style.channel_statistics",
        "(features - mean[..., None, None]).square().mean((2, 3))",
        "(features.square().mean((2, 3)) - mean.square()).clamp(min=0)",
        {"large values"},
    ),
]
