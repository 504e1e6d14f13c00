"""The conformance kit sees what people get wrong: each fault, put into one of our losses, fails `check`."""

import importlib
import importlib.util
import inspect
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest

from lossguide import conformance
from lossguide.catalog import CARDS, Input
from lossguide.catalog.classification import PER_CLASS
from lossguide.catalog.segmentation import MASK_PAIRS
from lossguide.conformance import checks, search
from lossguide.conformance.checks import CHECKS


@dataclass
class Mutant:
    """One fault: in the source of a loss, or of a helper of its family, ``right`` becomes ``wrong``.

    ``seen_in`` are the checks that must fail.
    """

    fault: str
    loss: str
    right: str
    wrong: str
    seen_in: set[str]
    helper: str | None = None
    framework: str = "torch"
    options: dict[str, Any] = field(default_factory=dict)

    def __str__(self):
        return f"{self.framework}-{self.loss}-{self.fault.replace(' ', '_')}"


PER_PIXEL = Input("N H W", "positive", gradient=False)

REGRESSION = [
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

CLASSIFICATION = [
    Mutant(
        "sigmoid taken twice",
        "classification.binary_cross_entropy_loss",
        "same_shape(logits=logits, target=target)",
        "same_shape(logits=logits.sigmoid(), target=target)",
        {"values"},
    ),
    Mutant(
        "logarithm of a sigmoid written out",
        "classification.binary_cross_entropy_loss",
        "F.logsigmoid(-logits)",
        "(1 - logits.sigmoid()).log()",
        {"edge cases", "large values"},
    ),
    Mutant(
        "weight of the positives on both classes",
        "classification.binary_cross_entropy_loss",
        "(1 - target) * F.logsigmoid(-logits)",
        "pos_weight * (1 - target) * F.logsigmoid(-logits)",
        {"values", "reductions"},
        options={"pos_weight": 3.0},
    ),
    Mutant(
        "softmax taken twice",
        "classification.cross_entropy_loss",
        "_classes(target, logits=logits)",
        "_classes(target, logits=logits.softmax(-1))",
        {"values"},
    ),
    Mutant(
        "mean over all examples, ignored ones too",
        "classification.cross_entropy_loss",
        "torch.where(total != 0, total, 1)",
        "max(loss.numel(), 1)",
        {"reductions"},
        options={"ignore_index": 0},
    ),
    Mutant(
        "weighted mean divided by the number of examples",
        "classification.cross_entropy_loss",
        "_weight_of(weight, target.where(counted, 0)).where(counted, 0).sum()",
        "counted.sum()",
        {"reductions"},
        options={"weight": PER_CLASS},
    ),
    Mutant(
        "mean over nothing where all are ignored",
        "classification.cross_entropy_loss",
        "torch.where(total != 0, total, 1)",
        "total",
        {"edge cases", "empty input"},
        options={"ignore_index": 0},
    ),
    Mutant(
        "label smoothing over ignored examples",
        "classification.cross_entropy_loss",
        "tf.where(counted, loss, 0)",
        "tf.where(counted, loss, -label_smoothing * tf.reduce_mean(log_p, -1))",
        {"values", "reductions"},
        framework="tensorflow",
        options={"label_smoothing": 0.2, "ignore_index": 0},
    ),
    Mutant(
        "smoothed labels that do not sum to one",
        "classification.soft_cross_entropy_loss",
        "label_smoothing * uniform",
        "label_smoothing",
        {"values"},
        framework="tensorflow",
        options={"label_smoothing": 0.1},
    ),
    Mutant(
        "not cut off at zero",
        "classification.hinge_loss",
        "F.relu(1 - target * scores)",
        "1 - target * scores",
        {"values", "bounds"},
    ),
    Mutant(
        "targets of 0 and 1 expected",
        "classification.hinge_loss",
        "F.relu(1 - target * scores)",
        "F.relu(1 - (2 * target - 1) * scores)",
        {"values"},
    ),
    Mutant(
        "Python asks a tensor",
        "classification.squared_hinge_loss",
        "F.relu(1 - target * scores).square()",
        "F.relu(1 - target * scores).square() if scores.any() else (scores - 1).square()",
        {"compilation"},
    ),
    Mutant(
        "margin given to the right class too",
        "classification.crammer_singer_loss",
        "(scores + margin).scatter(axis, target, right)",
        "(scores + margin)",
        {"values", "edge cases"},
        helper="_lead",
    ),
    Mutant(
        "largest violation taken for the sum of them",
        "classification.weston_watkins_loss",
        "violations.sum(_class_axis(scores))",
        "violations.amax(_class_axis(scores))",
        {"values"},
    ),
    Mutant(
        "alpha on both classes",
        "classification.sigmoid_focal_loss",
        "(target * (2 * alpha - 1)).add_(1 - alpha)",
        "alpha",
        {"values"},
    ),
    Mutant(
        "alpha and 1 - alpha exchanged",
        "classification.sigmoid_focal_loss",
        "1 - alpha + (2 * alpha - 1) * target",
        "alpha + (1 - 2 * alpha) * target",
        {"values"},
        framework="tensorflow",
    ),
    Mutant(
        "negatives focused like positives",
        "classification.sigmoid_focal_loss",
        "torch.addcmul(target, sign, torch.sigmoid(logits))",
        "torch.sigmoid(-logits)",
        {"values"},
    ),
    Mutant(
        "focal weight of the mean",
        "classification.sigmoid_focal_loss",
        "missing**gamma * cross_entropy",
        "missing.mean() ** gamma * cross_entropy",
        {"values"},
    ),
    Mutant(
        "infinite slope of a power where the sigmoid saturates",
        "classification.sigmoid_focal_loss",
        "missing.clamp(min=TINY)",
        "missing",
        {"edge cases"},
        options={"gamma": 0.5},
    ),
    Mutant(
        "sigmoid taken for softmax",
        "classification.softmax_focal_loss",
        "logits.log_softmax(_class_axis(logits))",
        "F.logsigmoid(logits)",
        {"values", "translation invariant"},
    ),
    Mutant(
        "focal weight detached",
        "classification.softmax_focal_loss",
        "-torch.expm1(log_p)",
        "-torch.expm1(log_p.detach())",
        {"gradients"},
    ),
    Mutant(
        "right gradient with another value",
        "classification.generalized_cross_entropy_loss",
        "-torch.expm1(q * log_p) / q",
        "-(q * log_p).exp().detach() * log_p",
        {"values"},
    ),
    Mutant(
        "probability margin left out",
        "classification.asymmetric_loss",
        "F.relu(torch.sigmoid(logits) - margin)",
        "torch.sigmoid(logits)",
        {"values"},
    ),
    Mutant(
        "weights that do not sum to the number of classes",
        "classification.class_balanced_weights",
        "weights * present.sum() / weights.sum().clamp(min=1 - beta)",
        "weights",
        {"values"},
    ),
]

BOXES = [
    Mutant(
        "overlap of disjoint boxes not cut off at zero",
        "boxes.iou_loss",
        "g.overlap_width.relu() * g.overlap_height.relu()",
        "g.overlap_width * g.overlap_height",
        {"values", "edge cases", "bounds"},
        helper="_intersection_and_union",
    ),
    Mutant(
        "corners read as sizes",
        "boxes.iou_loss",
        "width, height = x2 - x1, y2 - y1",
        "width, height = x2, y2",
        {"values", "translation invariant", "zero at target"},
        helper="_geometry",
    ),
    Mutant(
        "sizes counted in whole pixels",
        "boxes.iou_loss",
        "width, height = x2 - x1, y2 - y1",
        "width, height = x2 - x1 + 1, y2 - y1 + 1",
        {"values", "scale invariant", "zero at target"},
        helper="_geometry",
    ),
    Mutant(
        "smoothed below the line only",
        "boxes.smooth_iou_loss",
        "(intersection + smooth) / (union + smooth)",
        "intersection / (union + smooth)",
        {"values", "zero at target"},
    ),
    Mutant(
        "sum of the widths taken for the enclosing width",
        "boxes.giou_loss",
        "width + target_width - overlap_width",
        "width + target_width",
        {"values", "zero at target"},
        helper="_geometry",
    ),
    Mutant(
        "sign of the penalty flipped",
        "boxes.giou_loss",
        "(union + eps) - torch.where",
        "(union + eps) + torch.where",
        {"values"},
        helper="_giou",
    ),
    Mutant(
        "slope of 0/0 for boxes on one line",
        "boxes.giou_loss",
        "torch.where(enclosing != 0, waste, 0)",
        "waste",
        {"edge cases"},
        helper="_giou",
    ),
    Mutant(
        "distance over the diagonal, not squared",
        "boxes.diou_loss",
        "/ (diagonal + eps)",
        "/ (diagonal + eps).sqrt()",
        {"values", "scale invariant"},
        helper="_center_penalty",
    ),
    Mutant(
        "distance of the corners taken for that of the centers",
        "boxes.diou_loss",
        "center_dx=((x1 - tx1) + (x2 - tx2)) / 2",
        "center_dx=x1 - tx1",
        {"values"},
        helper="_geometry",
    ),
    Mutant(
        "gradient through alpha",
        "boxes.ciou_loss",
        "with torch.no_grad():",
        "if True:",
        {"gradients"},
        helper="_ciou",
    ),
    Mutant(
        "gradient through alpha",
        "boxes.ciou_loss",
        "tf.stop_gradient(v / ((1 - iou) + (v + eps)))",
        "v / ((1 - iou) + (v + eps))",
        {"gradients"},
        helper="_ciou",
        framework="tensorflow",
    ),
    Mutant(
        "aspect ratio detached",
        "boxes.ciou_loss",
        "alpha * v",
        "alpha * v.detach()",
        {"gradients"},
        helper="_ciou",
    ),
    Mutant(
        "alpha of 0/0 for equal boxes",
        "boxes.ciou_loss",
        "v / (1 - iou + v + eps)",
        "v / (1 - iou + v)",
        {"edge cases"},
        helper="_ciou",
    ),
    Mutant(
        "width and height exchanged in one arctangent",
        "boxes.ciou_loss",
        "g.target_width * g.height - g.width * g.target_height",
        "g.target_height * g.height - g.width * g.target_width",
        {"values", "zero at target"},
        helper="_ciou",
    ),
    Mutant(
        "computed in half precision",
        "boxes.ciou_loss",
        "_geometry(*box_pairs(pred=pred, target=target))",
        "_geometry(pred, target)",
        {"precision"},
        helper="ciou",
    ),
    Mutant(
        "width over the target's, not the enclosing width",
        "boxes.eiou_loss",
        "g.enclosing_width.square()",
        "g.target_width.square()",
        {"values", "symmetric", "bounds"},
        helper="_eiou",
    ),
    Mutant(
        "power of the loss, not of the overlap",
        "boxes.alpha_iou_loss",
        "1 - iou(pred, target, eps=eps) ** alpha",
        "(1 - iou(pred, target, eps=eps)) ** alpha",
        {"values"},
    ),
    Mutant(
        "root without a slope at zero",
        "boxes.nwd_loss",
        "root(squared)",
        "squared.sqrt()",
        {"gradients", "edge cases"},
        helper="nwd",
    ),
    Mutant(
        "root left out",
        "boxes.nwd_loss",
        "root(squared)",
        "squared",
        {"values"},
        helper="nwd",
    ),
    Mutant(
        "box turned the other way",
        "boxes.probiou_loss",
        "u = dx * angle.cos() + dy * angle.sin()",
        "u = dx * angle.cos() - dy * angle.sin()",
        {"values"},
        helper="_rotated_pair",
    ),
    Mutant(
        "achieved IoU not held constant",
        "boxes.iou_aware_loss",
        ".detach()",
        "",
        {"gradients"},
    ),
    Mutant(
        "power of a signed distance",
        "boxes.quality_focal_loss",
        "(quality - logits.sigmoid()).abs() ** beta",
        "(quality - logits.sigmoid()) ** beta",
        {"values", "bounds"},
        options={"beta": 1.0},
    ),
    Mutant(
        "positives weighted down too",
        "boxes.varifocal_loss",
        "torch.where(quality > 0, quality, negative_weight)",
        "quality + (1 - quality) * negative_weight",
        {"values"},
    ),
    Mutant(
        "exponential not bounded",
        "boxes.decode_boxes",
        "tw.clamp(max=max_log_scale).exp()",
        "tw.exp()",
        {"values", "edge cases", "large values"},
    ),
]

SEGMENTATION = [
    Mutant(
        "all images of a batch taken as one",
        "segmentation.dice_loss",
        "axis=(HEIGHT, WIDTH)",
        "axis=(0, HEIGHT, WIDTH)",
        {"values", "reductions"},
        helper="_sum",
        framework="tensorflow",
    ),
    Mutant(
        "0/0 for an empty mask",
        "segmentation.dice_loss",
        "(overlap + wrong + smooth)",
        "(overlap + wrong)",
        {"values", "edge cases"},
        helper="_tversky",
        options=MASK_PAIRS,
    ),
    Mutant(
        "softmax over the width",
        "segmentation.dice_loss",
        "logits.softmax(1)",
        "logits.softmax(-1)",
        {"values"},
        helper="_overlap",
    ),
    Mutant(
        "Dice taken for Jaccard",
        "segmentation.jaccard_loss",
        "_tversky(logits, target, 1.0, 1.0, smooth)",
        "_tversky(logits, target, 0.5, 0.5, smooth)",
        {"values"},
    ),
    Mutant(
        "alpha and beta exchanged",
        "segmentation.tversky_loss",
        "_tversky(logits, target, alpha, beta, smooth)",
        "_tversky(logits, target, beta, alpha, smooth)",
        {"values"},
    ),
    Mutant(
        "gamma for 1 / gamma",
        "segmentation.focal_tversky_loss",
        ".pow(1 / gamma)",
        ".pow(gamma)",
        {"values"},
    ),
    Mutant(
        "NaN gradient of the branch not taken",
        "segmentation.focal_tversky_loss",
        "torch.where(imperfect, loss, 1).pow(1 / gamma)",
        "loss.pow(1 / gamma)",
        {"edge cases"},
        options=MASK_PAIRS,
    ),
    Mutant(
        "absent classes averaged in",
        "segmentation.lovasz_softmax_loss",
        "tf.reduce_any(masks > 0, -1)",
        "tf.reduce_any(masks >= 0, -1)",
        {"values"},
        framework="tensorflow",
    ),
    Mutant(
        "errors sorted upwards",
        "segmentation.lovasz_hinge_loss",
        "descending=True",
        "descending=False",
        {"values"},
        helper="_lovasz",
    ),
    Mutant(
        "weights normalised away",
        "segmentation.pixel_cross_entropy_loss",
        "weight_map * each",
        "weight_map * each / weight_map.mean()",
        {"values", "reductions"},
        options={"weight_map": PER_PIXEL},
    ),
    Mutant(
        "logits taken for probabilities",
        "segmentation.cldice_loss",
        "logits.sigmoid()",
        "logits",
        {"values", "bounds"},
    ),
    Mutant(
        "skeleton of the prediction detached",
        "segmentation.cldice_loss",
        "_skeleton(predicted, iterations)",
        "_skeleton(predicted.detach(), iterations)",
        {"gradients"},
    ),
]

PERCEPTUAL = [
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

STYLE = [
    Mutant(
        "not normalised",
        "style.gram_matrix",
        "maps @ maps.mT / divisors[normalization]",
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
]

GAN = [
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
        {"gradients", "edge cases"},
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
]

METRIC = [
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
]

MUTANTS = [
    *REGRESSION,
    *CLASSIFICATION,
    *BOXES,
    *SEGMENTATION,
    *PERCEPTUAL,
    *STYLE,
    *GAN,
    *METRIC,
]
FIRST_OF_A_FAMILY = {
    (mutant.framework, mutant.loss.partition(".")[0]): mutant
    for mutant in reversed(MUTANTS)
}.values()


def mutate(mutant):
    """The one expression replaced, where the module holds it."""

    def change(module, source):
        name = mutant.helper or mutant.loss.rpartition(".")[2]
        place = inspect.getsource(getattr(module, name))
        assert source.count(place) == 1
        assert place.count(mutant.right) == 1, f"{name} has not one {mutant.right}"
        return source.replace(place, place.replace(mutant.right, mutant.wrong))

    return change


def unchanged(module, source):
    return source


@pytest.fixture
def make(tmp_path):
    """Import a family's module from its own source, or from what became of it."""

    def make(framework, family, change):
        pytest.importorskip(framework)
        module = importlib.import_module(f"lossguide.{framework}.{family}")
        path = tmp_path / f"{family}.py"
        path.write_text(change(module, inspect.getsource(module)), "utf-8")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        made = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(made)
        return made

    return make


@pytest.fixture
def failures(make, monkeypatch):
    """Which of a mutant's checks fail. The first failing input is enough, however large."""
    monkeypatch.setattr(search, "SHRINKS", 1)

    def failures(mutant, change):
        family, _, name = mutant.loss.partition(".")
        function = getattr(make(mutant.framework, family, change), name)
        kept = {key: checks.CHECKS[key] for key in mutant.seen_in}
        monkeypatch.setattr(conformance, "CHECKS", kept)
        report = conformance.check(
            function,
            mutant.loss,
            options=mutant.options or None,
            framework=mutant.framework,
            strict=True,
        )
        return set(report.failures)

    return failures


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_the_fault_is_seen(failures, mutant):
    assert failures(mutant, mutate(mutant)) == mutant.seen_in


@pytest.mark.parametrize("mutant", FIRST_OF_A_FAMILY, ids=str)
def test_without_the_fault_nothing_is_seen(failures, mutant):
    assert failures(mutant, unchanged) == set()


def test_mutants_are_many_and_everywhere():
    families = {card.family for card in CARDS}
    kinds = {(mutant.framework, mutant.loss.partition(".")[0]) for mutant in MUTANTS}
    assert len(MUTANTS) >= 50
    assert kinds == set(product(["torch", "tensorflow"], families))
    assert {check for mutant in MUTANTS for check in mutant.seen_in} == set(CHECKS)
