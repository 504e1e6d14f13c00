"""Faults of what the players of an adversarial game minimize."""

from mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "1 - sigmoid(x) taken for sigmoid(1 - x)",
        "gan.minimax_discriminator_loss",
        "logsigmoid(-fake)",
        "logsigmoid(1 - fake)",
        {"values"},
    ),
    Mutant(
        "logarithm of a sigmoid written out",
        "gan.minimax_discriminator_loss",
        "-logsigmoid(real)",
        "-real.sigmoid().log()",
        {"edge cases", "large values"},
    ),
    Mutant(
        "saturating game with its sign flipped",
        "gan.non_saturating_generator_loss",
        "-logsigmoid(fake)",
        "logsigmoid(-fake)",
        {"values", "bounds"},
    ),
    Mutant(
        "one hinge for both scores",
        "gan.hinge_discriminator_loss",
        "relu(1 - real) + relu(1 + fake)",
        "relu(2 - real + fake)",
        {"values"},
    ),
    Mutant(
        "critic trained against itself",
        "gan.wasserstein_critic_loss",
        "fake - real",
        "real - fake",
        {"values"},
    ),
    Mutant(
        "norm over the channels alone",
        "gan.gradient_penalty_loss",
        "root(_rows(gradient).square().sum(dim=1))",
        "_rows(gradient.norm(dim=1)).mean(dim=1)",
        {"values"},
    ),
    Mutant(
        "root without a slope at zero",
        "gan.gradient_penalty_loss",
        "root(_image_sum(tf.square(gradient)))",
        "tf.sqrt(_image_sum(tf.square(gradient)))",
        {"edge cases"},
        framework="tensorflow",
    ),
    Mutant(
        "squares averaged over the pixels",
        "gan.r1_loss",
        ".sum(dim=1)",
        ".mean(dim=1)",
        {"values"},
    ),
    Mutant(
        "real and fake exchanged",
        "gan.interpolate_pairs",
        "weight * real + (1 - weight) * fake",
        "weight * fake + (1 - weight) * real",
        {"values"},
    ),
    Mutant(
        "identity weight multiplied by the cycle weight",
        "gan.cyclegan_generator_loss",
        "identity_weight * identity",
        "cycle_weight * identity_weight * identity",
        {"values"},
    ),
    Mutant(
        "an input changed in place",
        "gan.cycle_consistency_loss",
        "(reconstructed - real).abs()",
        "real.sub_(reconstructed).abs()",
        {"inputs kept"},
    ),
    # What the kit once let through.
    Mutant(
        "slope without a slope of its own",
        "gan.input_gradient",
        "create_graph=True, ",
        "",
        {"gradients"},
        helper="_slope",
    ),
]
