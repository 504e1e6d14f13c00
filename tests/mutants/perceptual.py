"""Faults of the losses on what images look like."""

from mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "sum taken for the mean",
        "perceptual.feature_reconstruction_loss",
        ".mean((1, 2, 3))",
        ".sum((1, 2, 3))",
        {"values"},
    ),
    Mutant(
        "mean over the batch",
        "perceptual.feature_reconstruction_loss",
        "tf.reduce_mean(tf.square(pred - target), (1, 2, 3))",
        "tf.reduce_mean(tf.square(pred - target))",
        {"values", "reductions", "empty input"},
        framework="tensorflow",
    ),
    Mutant(
        "similarity maximised by minimising its negative",
        "perceptual.ssim_loss",
        "reduce(1 - similarity, reduction)",
        "reduce(-similarity, reduction)",
        {"values", "zero at target", "bounds"},
        options={"window_size": 5},
    ),
    Mutant(
        "mean left in the covariance",
        "perceptual.ssim_loss",
        "_blurred(x * y, window) - mean_x * mean_y",
        "_blurred(x * y, window)",
        {"values", "zero at target"},
        helper="_similarity",
        options={"window_size": 5},
    ),
    Mutant(
        "data range ignored",
        "perceptual.ssim_loss",
        "(k1 * data_range) ** 2, (k2 * data_range) ** 2",
        "k1**2, k2**2",
        {"values"},
        helper="_similarity",
        options={"window_size": 5, "data_range": 255.0},
    ),
    Mutant(
        "fractional power of a negative number",
        "perceptual.ms_ssim_loss",
        "_power(local.mean((2, 3)), weight)",
        "local.mean((2, 3)) ** weight",
        {"values"},
        helper="ms_ssim",
        options={"window_size": 3, "weights": (0.4, 0.6)},
    ),
    Mutant(
        "learns nothing from a saturated probability",
        "perceptual.topology_aware_loss",
        'F.binary_cross_entropy_with_logits(logits, target, reduction="none")',
        'F.binary_cross_entropy(logits.sigmoid(), target, reduction="none")',
        {"edge cases"},
    ),
]
