"""Faults of the losses on embeddings."""

from mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "alike and unlike exchanged",
        "metric.contrastive_loss",
        "same * together + (1 - same) * apart",
        "(1 - same) * together + same * apart",
        {"values"},
    ),
    Mutant(
        "margin less the squared distance",
        "metric.contrastive_loss",
        "F.relu(margin - distance).square()",
        "F.relu(margin - distance.square())",
        {"values"},
        options={"margin": 6.0},
    ),
    Mutant(
        "root without a slope at zero",
        "metric.contrastive_loss",
        "root(squares)",
        "squares.sqrt()",
        {"gradients", "edge cases"},
        helper="_distance",
    ),
    Mutant(
        "hinge left out",
        "metric.triplet_loss",
        "F.relu(far - near + margin)",
        "far - near + margin",
        {"values", "bounds"},
    ),
    Mutant(
        "squared distances taken for plain ones",
        "metric.triplet_loss",
        "tf.nn.relu(far - near + margin)",
        "tf.nn.relu(far**2 - near**2 + margin)",
        {"values"},
        framework="tensorflow",
    ),
    Mutant(
        "mean over nothing where no triplet is left",
        "metric.batch_triplet_loss",
        "counted.sum().clamp(min=1)",
        "counted.sum()",
        {"edge cases", "empty input"},
        helper="_mean_of",
    ),
    Mutant(
        "multiplied by the temperature",
        "metric.info_nce_loss",
        "/ temperature",
        "* temperature",
        {"values"},
    ),
    Mutant(
        "each embedding compared with itself",
        "metric.nt_xent_loss",
        "_without_self(_products(both, both) / temperature)",
        "_products(both, both) / temperature",
        {"values"},
    ),
    Mutant(
        "anchors without a friend averaged in",
        "metric.supervised_contrastive_loss",
        "_mean_of(loss, count > 0, reduction)",
        "reduce(loss, reduction)",
        {"reductions"},
    ),
    Mutant(
        "infinite slope of the sine of two parallel vectors",
        "metric.arcface_loss",
        "_distance(embeddings, own) * _distance(embeddings, -own) / 2",
        "(1 - cosine.square()).clamp(min=0).sqrt()",
        {"gradients", "edge cases"},
        options={"margin": 0.3, "scale": 8.0},
    ),
    Mutant(
        "margin taken from every class",
        "metric.cosface_loss",
        "torch.where(hit, cosines - margin, cosines)",
        "cosines - margin",
        {"values"},
    ),
    # What the kit once let through.
    Mutant(
        "distances by a product of matrices",
        "metric.pairwise_distances",
        "torch.cdist(first, second, compute_mode=mode)",
        "torch.cdist(first, second, compute_mode=mode.removeprefix('donot_'))",
        {"large values"},
    ),
]
