"""Faults of the losses on real numbers."""

from mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "absolute value left out",
        "regression.l1_loss",
        "(pred - target).abs()",
        "(pred - target)",
        {"values", "symmetric", "bounds"},
    ),
    Mutant(
        "mean taken whatever the reduction",
        "regression.mse_loss",
        "reduce((pred - target).square(), reduction)",
        "(pred - target).square().mean()",
        {"values", "reductions", "empty input"},
    ),
    Mutant(
        "half a square left out of the linear part",
        "regression.huber_loss",
        "near * (error - 0.5 * near)",
        "torch.where(error < delta, 0.5 * error.square(), delta * error)",
        {"values"},
    ),
    Mutant(
        "not divided by beta",
        "regression.smooth_l1_loss",
        "near * (error - 0.5 * near) / beta",
        "near * (error - 0.5 * near)",
        {"values"},
        framework="tensorflow",
        options={"beta": 2.0},
    ),
    Mutant(
        "eps outside the root",
        "regression.charbonnier_loss",
        "((pred - target).square() + eps**2).sqrt()",
        "(pred - target).square().sqrt() + eps",
        {"gradients", "edge cases", "large values"},
    ),
    Mutant(
        "overflows before the logarithm",
        "regression.log_cosh_loss",
        "error + torch.log1p(torch.expm1(-2 * error) / 2)",
        "error.cosh().log()",
        {"edge cases", "large values"},
    ),
    Mutant(
        "division truncated to integers",
        "regression.general_robust_loss",
        "(pred - target) / scale",
        "(pred - target) // scale",
        {"values"},
    ),
]
