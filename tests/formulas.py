"""The functions of the catalog once more, slowly: loops, sums and matrices, as the papers write them.

Each has the name, the arguments and the defaults of one in the catalog and gives one value after another, without a
reduction. Nothing here looks at the package, so that what is compared with it is held to something else than itself.
"""

import functools
import itertools
import math
from decimal import Decimal

import numpy as np
from scipy.linalg import sqrtm


def each(function):
    """Let a function of numbers take arrays, entry by entry; options may be arrays of one number a class."""

    @functools.wraps(function)
    def of_arrays(*arrays, **options):
        given = {k: v for k, v in options.items() if isinstance(v, np.ndarray)}
        rest = {k: v for k, v in options.items() if k not in given}

        def one(*numbers):
            named = dict(zip(given, numbers[len(arrays) :], strict=True))
            return function(*numbers[: len(arrays)], **named, **rest)

        return np.vectorize(one, otypes=[float])(*arrays, *given.values())

    return of_arrays


def rows(function):
    """Let a function of one item take a batch of them, item by item."""

    @functools.wraps(function)
    def of_batches(*batches, **options):
        return np.array([function(*x, **options) for x in zip(*batches, strict=True)])

    return of_batches


def weighed(function):
    """Let a formula weigh every example, and give 0 where a mask is False or a target ignored."""

    @functools.wraps(function)
    def of_some(
        logits, target, *, mask=True, ignore_index=None, sample_weight=1.0, **options
    ):
        losses = function(logits, target, **options)
        losses = (losses.T * np.transpose(sample_weight)).T
        if ignore_index is not None:
            mask = mask & np.not_equal(target, ignore_index)
        return np.where(mask, losses, 0)

    return of_some


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def softmax(scores):
    powers = [math.exp(score - max(scores)) for score in scores]
    return [power / sum(powers) for power in powers]


# --- Regression -----------------------------------------------------------------------------


@each
def mse_loss(pred, target):
    return (pred - target) ** 2


@each
def l1_loss(pred, target):
    return abs(pred - target)


@each
def huber_loss(pred, target, delta=1.0):
    error = abs(pred - target)
    return error**2 / 2 if error <= delta else delta * (error - delta / 2)


@each
def smooth_l1_loss(pred, target, beta=1.0):
    error = abs(pred - target)
    return error**2 / (2 * beta) if error < beta else error - beta / 2


@each
def charbonnier_loss(pred, target, eps=1e-3):
    return math.hypot(pred - target, eps)


@each
def log_cosh_loss(pred, target):
    return math.log(math.cosh(pred - target))


@each
def general_robust_loss(pred, target, alpha=1.0, scale=1.0):
    """Barron 2019, equation 8."""
    squared = ((pred - target) / scale) ** 2
    if alpha == 2:
        return squared / 2
    if alpha == 0:
        return math.log(squared / 2 + 1)
    if alpha == -math.inf:
        return 1 - math.exp(-squared / 2)
    squared, alpha = Decimal(squared), Decimal(alpha)
    bend = abs(alpha - 2)
    return float(bend / alpha * ((squared / bend + 1) ** (alpha / 2) - 1))


# --- Classification -------------------------------------------------------------------------


@weighed
@rows
def soft_cross_entropy_loss(logits, target, weight=None, label_smoothing=0.0):
    count = len(logits)
    weight = [1] * count if weight is None else weight
    smooth = [(1 - label_smoothing) * y + label_smoothing / count for y in target]
    logs = [math.log(p) for p in softmax(logits)]
    return -sum(w * y * log for w, y, log in zip(weight, smooth, logs, strict=True))


@weighed
@rows
def cross_entropy_loss(logits, target, weight=None, label_smoothing=0.0):
    hits = [k == target for k in range(len(logits))]
    options = {"weight": weight, "label_smoothing": label_smoothing}
    return soft_cross_entropy_loss([logits], [hits], **options)[0]


@weighed
@each
def binary_cross_entropy_loss(logits, target, pos_weight=1.0, label_smoothing=0.0):
    p = sigmoid(logits)
    target = (1 - label_smoothing) * target + label_smoothing / 2
    return -pos_weight * target * math.log(p) - (1 - target) * math.log(1 - p)


@each
def hinge_loss(scores, target):
    return max(0, 1 - target * scores)


@each
def squared_hinge_loss(scores, target):
    return max(0, 1 - target * scores) ** 2


def violations(scores, right, margin):
    rivals = (score for k, score in enumerate(scores) if k != right)
    return [max(0, rival + margin - scores[right]) for rival in rivals]


@rows
def crammer_singer_loss(scores, target, margin=1.0):
    return max(violations(scores, target, margin))


@rows
def weston_watkins_loss(scores, target, margin=1.0):
    return sum(violations(scores, target, margin))


@weighed
@each
def sigmoid_focal_loss(logits, target, alpha=0.25, gamma=2.0, label_smoothing=0.0):
    """Lin et al. 2017, equation 5, with the cross-entropy of a target between 0 and 1 too."""
    p = sigmoid(logits)
    target = (1 - label_smoothing) * target + label_smoothing / 2
    right = p * target + (1 - p) * (1 - target)
    balance = 1 if alpha is None else alpha * target + (1 - alpha) * (1 - target)
    entropy = -target * math.log(p) - (1 - target) * math.log(1 - p)
    return balance * (1 - right) ** gamma * entropy


@weighed
@rows
def softmax_focal_loss(logits, target, alpha=None, gamma=2.0, label_smoothing=0.0):
    loss = 0
    for k, p in enumerate(softmax(logits)):
        share = (1 - label_smoothing) * (k == target) + label_smoothing / len(logits)
        balance = 1 if alpha is None else alpha[k]
        loss -= share * balance * (1 - p) ** gamma * math.log(p)
    return loss


@weighed
@rows
def generalized_cross_entropy_loss(logits, target, q=0.7):
    p = softmax(logits)[target]
    return (1 - p**q) / q if q else -math.log(p)


@weighed
@each
def asymmetric_loss(logits, target, gamma_pos=0.0, gamma_neg=4.0, margin=0.05):
    p = sigmoid(logits)
    shifted = max(p - margin, 0)
    if target == 1:
        return -((1 - p) ** gamma_pos) * math.log(p)
    return -(shifted**gamma_neg) * math.log(1 - shifted)


def class_balanced_weights(counts, beta=0.999):
    """One over the effective number of examples, so that the weights add up to the number of classes."""
    weights = [(1 - beta) / (1 - beta**count) if count else 0 for count in counts]
    return np.array([weight * len(counts) / sum(weights) for weight in weights])


# --- Boxes ----------------------------------------------------------------------------------


@rows
def box_area(box):
    return (box[2] - box[0]) * (box[3] - box[1])


def span(a, b, axis):
    """How far two boxes overlap along an axis, and how far they reach together."""
    low, high = axis, axis + 2
    overlap = min(a[high], b[high]) - max(a[low], b[low])
    return max(overlap, 0), max(a[high], b[high]) - min(a[low], b[low])


def areas(a, b):
    """Of the intersection, of the union and of the smallest box around both."""
    (width, across), (height, along) = (span(a, b, axis) for axis in (0, 1))
    both = width * height
    return both, box_area([a])[0] + box_area([b])[0] - both, across * along


def center_penalty(a, b):
    apart = sum(((a[k] + a[k + 2]) / 2 - (b[k] + b[k + 2]) / 2) ** 2 for k in (0, 1))
    return apart / sum(span(a, b, axis)[1] ** 2 for axis in (0, 1))


def sides(box):
    return box[2] - box[0], box[3] - box[1]


@rows
def iou(pred, target):
    both, either, _ = areas(pred, target)
    return both / either


@rows
def giou(pred, target):
    both, either, around = areas(pred, target)
    return both / either - (around - either) / around


@rows
def diou(pred, target):
    return iou([pred], [target])[0] - center_penalty(pred, target)


@rows
def ciou(pred, target):
    (w, h), (tw, th) = sides(pred), sides(target)
    v = 4 / math.pi**2 * (math.atan(tw / th) - math.atan(w / h)) ** 2
    alpha = v / (1 - iou([pred], [target])[0] + v) if v else 0
    return diou([pred], [target])[0] - alpha * v


@rows
def eiou(pred, target):
    value = diou([pred], [target])[0]
    for axis, (side, true) in enumerate(zip(sides(pred), sides(target), strict=True)):
        value -= ((side - true) / span(pred, target, axis)[1]) ** 2
    return value


def every_pair(measure):
    def of_sets(boxes1, boxes2):
        return np.array([[measure([a], [b])[0] for b in boxes2] for a in boxes1])

    return of_sets


box_iou, generalized_box_iou = every_pair(iou), every_pair(giou)
distance_box_iou, complete_box_iou = every_pair(diou), every_pair(ciou)


def loss_of(measure):
    def loss(pred, target, **options):
        return 1 - measure(pred, target, **options)

    return loss


iou_loss, giou_loss, diou_loss = loss_of(iou), loss_of(giou), loss_of(diou)
ciou_loss, eiou_loss = loss_of(ciou), loss_of(eiou)


@rows
def log_iou_loss(pred, target, eps=1e-6):
    return -math.log(max(iou([pred], [target])[0], eps))


@rows
def smooth_iou_loss(pred, target, smooth=1.0):
    both, either, _ = areas(pred, target)
    return 1 - (both + smooth) / (either + smooth)


def alpha_iou_loss(pred, target, alpha=3.0):
    return 1 - iou(pred, target) ** alpha


def gaussian(box, squared_sides_over):
    """Mean and covariance of a rotated box."""
    x, y, w, h, angle = box
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    variances = np.array([w, h]) ** 2 / squared_sides_over
    return np.array([x, y]), turn @ np.diag(variances) @ turn.T


def wasserstein(pred, target):
    """The 2-Wasserstein distance of two rotated boxes as Gaussians."""
    (mean, cov), (mean2, cov2) = (gaussian(box, 4) for box in (pred, target))
    root = sqrtm(cov2)
    across = np.trace(cov + cov2 - 2 * np.real(sqrtm(root @ cov @ root)))
    return math.sqrt(np.sum((mean - mean2) ** 2) + across)


def bhattacharyya(pred, target):
    (mean, cov), (mean2, cov2) = (gaussian(box, 12) for box in (pred, target))
    middle, offset = (cov + cov2) / 2, mean - mean2
    volume = np.linalg.det(middle) / math.sqrt(np.linalg.det(cov) * np.linalg.det(cov2))
    return offset @ np.linalg.inv(middle) @ offset / 8 + math.log(volume) / 2


def kl_divergence(pred, target):
    (mean, cov), (mean2, cov2) = (gaussian(box, 4) for box in (pred, target))
    inverse, offset = np.linalg.inv(cov2), mean - mean2
    volume = np.linalg.det(cov2) / np.linalg.det(cov)
    spread = offset @ inverse @ offset + np.trace(inverse @ cov)
    return (spread - 2 + math.log(volume)) / 2


@rows
def nwd(pred, target, constant=12.8):
    upright = [
        [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1, 0]
        for x1, y1, x2, y2 in (pred, target)
    ]
    return math.exp(-wasserstein(*upright) / constant)


nwd_loss = loss_of(nwd)


@rows
def probiou_loss(pred, target):
    return math.sqrt(1 - math.exp(-bhattacharyya(pred, target)))


def probiou(pred, target):
    return 1 - probiou_loss(pred, target)


@rows
def kld_loss(pred, target, tau=1.0):
    return 1 - 1 / (tau + math.log(1 + kl_divergence(pred, target)))


@rows
def rotated_box_corners(box):
    x, y, w, h, angle = box
    corners = [(-w / 2, -h / 2), (w / 2, -h / 2), (w / 2, h / 2), (-w / 2, h / 2)]
    return [
        (
            x + math.cos(angle) * u - math.sin(angle) * v,
            y + math.sin(angle) * u + math.cos(angle) * v,
        )
        for u, v in corners
    ]


def iou_aware_loss(iou_logits, pred, target):
    return binary_cross_entropy_loss(iou_logits, iou(pred, target))


def distribution_focal_loss(logits, target):
    """Li et al. 2020, equation 6: the bins left and right of the truth, each by its distance from the other."""
    losses = []
    for row, y in zip(logits, target, strict=True):
        total = sum(math.exp(x) for x in row)
        y = min(max(y, 0), len(row) - 1)
        left = min(math.floor(y), len(row) - 2)
        p_left, p_right = (math.exp(row[k]) / total for k in (left, left + 1))
        losses.append(
            -((left + 1 - y) * math.log(p_left) + (y - left) * math.log(p_right))
        )
    return np.array(losses)


@each
def quality_focal_loss(logits, quality, beta=2.0):
    """Li et al. 2020, equation 4."""
    p = sigmoid(logits)
    entropy = (1 - quality) * math.log(1 - p) + quality * math.log(p)
    return -(abs(quality - p) ** beta) * entropy


@each
def varifocal_loss(logits, quality, alpha=0.75, gamma=2.0):
    """Zhang et al. 2021, equation 2."""
    p = sigmoid(logits)
    if quality > 0:
        return -quality * (quality * math.log(p) + (1 - quality) * math.log(1 - p))
    return -alpha * p**gamma * math.log(1 - p)


@each
def fuse_scores(scores, ious, alpha=0.5):
    return scores**alpha * ious ** (1 - alpha)


@rows
def encode_boxes(boxes, anchors, weights=(1.0, 1.0, 1.0, 1.0)):
    """Girshick et al. 2014, appendix C."""
    moved = [
        ((boxes[k] + boxes[k + 2]) / 2 - (anchors[k] + anchors[k + 2]) / 2) / side
        for k, side in enumerate(sides(anchors))
    ]
    pairs = zip(sides(boxes), sides(anchors), strict=True)
    grown = [math.log(side / anchor) for side, anchor in pairs]
    return [w * offset for w, offset in zip(weights, moved + grown, strict=True)]


LARGEST_GROWTH = math.log(1000 / 16)


@rows
def decode_boxes(
    deltas, anchors, weights=(1.0, 1.0, 1.0, 1.0), max_log_scale=LARGEST_GROWTH
):
    low, high = [], []
    for axis, side in enumerate(sides(anchors)):
        moved = deltas[axis] / weights[axis]
        grown = min(deltas[axis + 2] / weights[axis + 2], max_log_scale)
        center = (anchors[axis] + anchors[axis + 2]) / 2 + moved * side
        low.append(center - math.exp(grown) * side / 2)
        high.append(center + math.exp(grown) * side / 2)
    return low + high


# --- Segmentation ---------------------------------------------------------------------------


def over_masks(logits, target):
    """Probabilities and truth of every mask, ``(N, K, H, W)``, and the shape of their losses."""
    p, y = probabilities(logits, target)
    shape = (len(p), *p.shape[3:])
    planes = [np.moveaxis(x, (1, 2), (-2, -1)) for x in (p, y)]
    return [x.reshape(-1, *x.shape[-2:]) for x in planes], shape


def probabilities(logits, target):
    """Probabilities and truth of one shape, classes last."""
    logits, target = np.asarray(logits, float), np.asarray(target)
    if logits.ndim == target.ndim:
        return np.vectorize(sigmoid)(logits), target
    p = np.apply_along_axis(softmax, -1, logits)
    return p, np.equal(target[..., None], np.arange(logits.shape[-1]))


def mask_by_mask(function):
    """Let a function of probabilities and truth of one mask take logits of many masks or classes."""

    @functools.wraps(function)
    def of_logits(logits, target, **options):
        (predicted, true), shape = over_masks(logits, target)
        losses = [
            function(p, y, **options) for p, y in zip(predicted, true, strict=True)
        ]
        return np.reshape(losses, shape)

    return of_logits


def region_by_region(function):
    """Let a function of the probabilities and truths of a list of pixels take logits, and options of averaging."""

    @functools.wraps(function)
    def of_logits(
        logits,
        target,
        mask=None,
        class_weight=None,
        classes="all",
        per_image=True,
        per_class=True,
        soft=False,
        **options,
    ):
        counted = np.ones(np.shape(logits)[:3], bool) if mask is None else mask
        p, y = probabilities(logits, target)
        if soft and np.ndim(logits) == 4:
            p = np.apply_along_axis(softmax, -1, np.asarray(logits, float))
        alone = p.ndim == 3
        if alone:
            p, y = p[..., None], y[..., None]
        count = p.shape[-1]
        groups = [[n] for n in range(len(p))] if per_image else [list(range(len(p)))]
        columns = [[k] for k in range(count)] if per_class else [list(range(count))]
        losses = np.zeros((len(groups), len(columns)))
        weights = np.zeros_like(losses)
        for row, images in enumerate(groups):
            for column, kinds in enumerate(columns):
                pixels = [
                    (p[n, i, j, k], y[n, i, j, k])
                    for n in images
                    for i, j in np.ndindex(p.shape[1:3])
                    for k in kinds
                    if counted[n, i, j]
                ]
                losses[row, column] = function(pixels, **options)
                there = any(true > 0 for _, true in pixels)
                weight = 1 if class_weight is None else class_weight[kinds[0]]
                weights[row, column] = weight if there or classes == "all" else 0
        if alone or not per_class:
            losses, weights = losses[:, 0], weights[:, 0]
        return losses * weights

    return of_logits


def pixel_cross_entropy_loss(
    logits, target, weight_map=None, class_weight=None, mask=None
):
    losses, weights = np.zeros(np.shape(target)), np.zeros(np.shape(target))
    for place in np.ndindex(losses.shape):
        if mask is None or mask[place]:
            scale = 1 if weight_map is None else weight_map[place]
            losses[place] = -scale * math.log(softmax(logits[place])[target[place]])
            weights[place] = 1 if class_weight is None else class_weight[target[place]]
    return losses * weights


def border_weights(labels, w0=10.0, sigma=5.0, class_weights=(1.0, 1.0)):
    """Ronneberger et al. 2015, equation 2, every distance by brute force."""
    labels = np.asarray(labels)
    weights = np.zeros(labels.shape)
    for *image, row, column in np.ndindex(labels.shape):
        picture = labels[tuple(image)]
        nearest = {}
        for other in np.ndindex(picture.shape):
            if picture[other] > 0:
                away = math.dist((row, column), other)
                label = picture[other]
                nearest[label] = min(nearest.get(label, math.inf), away)
        first, second, *_ = [*sorted(nearest.values()), math.inf, math.inf]
        border = w0 * math.exp(-((first + second) ** 2) / (2 * sigma**2))
        place = (*image, row, column)
        weights[place] = class_weights[int(labels[place] > 0)] + border
    return weights


@region_by_region
def tversky_loss(pixels, alpha=0.3, beta=0.7, smooth=1.0):
    overlap = wrong = 0.0
    for predicted, true in pixels:
        overlap += predicted * true
        wrong += alpha * predicted * (1 - true) + beta * (1 - predicted) * true
    return 1 - (overlap + smooth) / (overlap + wrong + smooth)


def jaccard_loss(logits, target, **options):
    return tversky_loss(logits, target, alpha=1, beta=1, **options)


@region_by_region
def dice_loss(pixels, smooth=1.0, squared=False):
    overlap = sum(predicted * true for predicted, true in pixels)
    power = 2 if squared else 1
    size = sum(predicted**power + true**power for predicted, true in pixels)
    return 1 - (2 * overlap + 2 * smooth) / (size + 2 * smooth)


@region_by_region
def focal_tversky_loss(pixels, alpha=0.3, beta=0.7, gamma=4 / 3, smooth=1.0):
    loss = tversky_loss.__wrapped__(pixels, alpha, beta, smooth)
    return loss ** (1 / gamma)


@region_by_region
def soft_jaccard(pixels, smooth=1.0):
    smaller = sum(min(pair) for pair in pixels)
    larger = sum(max(pair) for pair in pixels)
    return 1 - (smaller + smooth) / (larger + smooth)


def jaccard_metric_loss(logits, target, **options):
    return soft_jaccard(logits, target, soft=True, **options)


def dice_ce_loss(logits, target, dice_weight=1.0, ce_weight=1.0, smooth=1.0, mask=None):
    """Image by image, as the sum of two means."""
    p, y = probabilities(logits, target)
    if p.ndim == 3:
        p, y = p[..., None], y[..., None]
    losses = []
    for n in range(len(p)):
        places = [
            place
            for place in np.ndindex(p.shape[1:3])
            if mask is None or mask[n][place]
        ]
        dice = []
        for k in range(p.shape[-1]):
            pixels = [(p[(n, *place, k)], y[(n, *place, k)]) for place in places]
            dice.append(dice_loss.__wrapped__(pixels, smooth))
        logs = []
        for place in places:
            if np.ndim(logits) == np.ndim(target):
                logs += [
                    -math.log(q if true else 1 - q)
                    for q, true in zip(p[(n, *place)], y[(n, *place)], strict=True)
                ]
            else:
                logs.append(-math.log(p[(n, *place, target[(n, *place)])]))
        entropy = sum(logs) / len(logs) if logs else 0.0
        losses.append(dice_weight * sum(dice) / len(dice) + ce_weight * entropy)
    return np.array(losses)


def discrete_jaccard(wrong, true):
    """1 - IoU of the mask that is wrong in these pixels."""
    predicted = true ^ wrong
    union = (predicted | true).sum()
    return 1 - (predicted & true).sum() / union if union else 0.0


def lovasz(errors, true):
    """The Lovász extension as an integral over thresholds of the discrete loss."""
    levels = np.unique(np.concatenate([[0.0], np.ravel(errors)]))
    return sum(
        (b - a) * discrete_jaccard(errors >= b, true)
        for a, b in itertools.pairwise(levels)
    )


def lovasz_softmax_loss(
    logits, target, mask=None, class_weight=None, classes="present", per_image=True
):
    counted = np.ones(np.shape(target), bool) if mask is None else mask
    images = list(zip(logits, target, counted, strict=True))
    if not per_image:
        images = [[np.concatenate(x) for x in zip(*images, strict=True)]]
    losses = []
    for image, truth, some in images:
        p = np.apply_along_axis(softmax, -1, image)[some]
        truth = truth[some]
        total = weights = 0.0
        for k in range(image.shape[-1]):
            if classes == "all" or np.any(truth == k):
                weight = 1 if class_weight is None else class_weight[k]
                error = np.abs((truth == k) - p[:, k])
                total += weight * lovasz(error, truth == k)
                weights += weight
        losses.append(total / weights if weights else 0.0)
    return np.array(losses)


def lovasz_hinge_loss(logits, target, mask=None, per_image=True):
    counted = np.ones(np.shape(target)[:3], bool) if mask is None else mask
    if not per_image:
        logits, target, counted = (
            np.concatenate(x)[None] for x in (logits, target, counted)
        )
    losses = []
    for one, truth, some in zip(logits, target, counted, strict=True):
        errors = np.maximum(1 - one * (2 * truth - 1), 0)[some]
        true = truth[some] == 1
        if true.ndim == 1:
            losses.append(lovasz(errors, true))
        else:
            losses.append(
                [lovasz(*pair) for pair in zip(errors.T, true.T, strict=True)]
            )
    return np.array(losses)


def around(image, choose, steps):
    """The smallest or the largest pixel among those that are some steps away from each."""
    height, width = image.shape
    result = np.zeros_like(image)
    for i, j in np.ndindex(image.shape):
        places = ((i + down, j + right) for down, right in steps)
        result[i, j] = choose(
            image[k, m] for k, m in places if 0 <= k < height and 0 <= m < width
        )
    return result


CROSS = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]
SQUARE = list(itertools.product((-1, 0, 1), repeat=2))


def skeleton(image, iterations):
    """Shit et al. 2021, algorithm 1: what an opening takes away, as the mask is worn down."""
    lines = np.zeros_like(image)
    for _ in range(iterations + 1):
        eroded = around(image, min, CROSS)
        lost = np.maximum(image - around(eroded, max, SQUARE), 0)
        lines = lines + np.maximum(lost - lines * lost, 0)
        image = eroded
    return lines


def soft_skeleton(masks, iterations=3):
    masks = np.asarray(masks, float)
    planes = np.moveaxis(masks, (1, 2), (-2, -1))
    lines = [skeleton(planes[i], iterations) for i in np.ndindex(planes.shape[:-2])]
    return np.moveaxis(np.reshape(lines, planes.shape), (-2, -1), (1, 2))


@mask_by_mask
def cldice_loss(p, y, iterations=3, smooth=1.0):
    """Shit et al. 2021, algorithm 2."""

    def share(lines, mask):
        return ((lines * mask).sum() + smooth) / (lines.sum() + smooth)

    precision = share(skeleton(p, iterations), y)
    sensitivity = share(skeleton(np.asarray(y, float), iterations), p)
    return 1 - 2 * precision * sensitivity / (precision + sensitivity)


# --- What images look like ------------------------------------------------------------------


def feature_reconstruction_loss(pred_features, target_features, weights=None):
    weights = dict.fromkeys(target_features, 1.0) if weights is None else weights
    losses = 0
    for layer, weight in weights.items():
        squares = [
            [(a - b) ** 2 for a, b in zip(one.flat, other.flat, strict=True)]
            for one, other in zip(
                pred_features[layer], target_features[layer], strict=True
            )
        ]
        losses = losses + weight * np.array([sum(x) / len(x) for x in squares])
    return losses


def topology_aware_loss(
    logits, target, pred_features, target_features, mu=0.1, weights=None
):
    entropy = binary_cross_entropy_loss(logits, target).mean(axis=(1, 2))
    features = feature_reconstruction_loss(pred_features, target_features, weights)
    return entropy + mu * features


def windows(x, y, window_size, sigma, data_range, k1, k2):
    """Luminance and contrast-structure of one channel, window by window: Wang et al. 2004, section III-B."""
    steps = np.arange(window_size) - (window_size - 1) / 2
    window = np.exp(-(steps[:, None] ** 2 + steps**2) / (2 * sigma**2))
    window /= window.sum()
    c1, c2 = (k1 * data_range) ** 2, (k2 * data_range) ** 2
    luminance, structure = [], []
    for i in range(x.shape[0] - window_size + 1):
        for j in range(x.shape[1] - window_size + 1):
            a, b = (z[i : i + window_size, j : j + window_size] for z in (x, y))
            mean_a, mean_b = (window * a).sum(), (window * b).sum()
            var_a = (window * (a - mean_a) ** 2).sum()
            var_b = (window * (b - mean_b) ** 2).sum()
            cov = (window * (a - mean_a) * (b - mean_b)).sum()
            luminance.append((2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1))
            structure.append((2 * cov + c2) / (var_a + var_b + c2))
    return np.array(luminance), np.array(structure)


def channel_by_channel(function):
    """The mean over the channels of what a function says of one, image by image."""

    @rows
    @functools.wraps(function)
    def of_images(pred, target, **options):
        channels = range(pred.shape[-1])
        return np.mean(
            [function(pred[..., c], target[..., c], **options) for c in channels]
        )

    return of_images


@channel_by_channel
def ssim(x, y, window_size=11, sigma=1.5, data_range=1.0, k1=0.01, k2=0.03):
    luminance, structure = windows(x, y, window_size, sigma, data_range, k1, k2)
    return np.mean(luminance * structure)


ssim_loss = loss_of(ssim)


def halved(x):
    """Means of two by two pixels; a last odd row or column is left out."""
    h, w = x.shape[0] // 2, x.shape[1] // 2
    blocks = [
        [x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].mean() for j in range(w)]
        for i in range(h)
    ]
    return np.array(blocks)


@channel_by_channel
def ms_ssim(
    x,
    y,
    weights=(0.0448, 0.2856, 0.3001, 0.2363, 0.1333),
    window_size=11,
    sigma=1.5,
    data_range=1.0,
    k1=0.01,
    k2=0.03,
):
    """Wang et al. 2003, equation 7; a scale below zero counts as zero."""
    value = 1.0
    for scale, weight in enumerate(weights, start=1):
        luminance, structure = windows(x, y, window_size, sigma, data_range, k1, k2)
        both = luminance * structure if scale == len(weights) else structure
        value *= max(0, np.mean(both)) ** weight
        x, y = halved(x), halved(y)
    return value


ms_ssim_loss = loss_of(ms_ssim)


# --- Style ----------------------------------------------------------------------------------


@rows
def gram_matrix(features, normalization="gatys"):
    """Gatys et al. 2015, equation 1, entry by entry."""
    h, w, c = features.shape
    divisor = {"gatys": 2 * c * h * w, "johnson": c * h * w, "none": 1}[normalization]
    gram = np.zeros((c, c))
    for i, j, row, column in itertools.product(range(c), range(c), range(h), range(w)):
        gram[i, j] += features[row, column, i] * features[row, column, j]
    return gram / divisor


def channel_statistics(features, eps=1e-5):
    means, deviations = [], []
    for image in features:
        channels = [image[..., c].ravel() for c in range(image.shape[-1])]
        mean = [sum(x) / len(x) for x in channels]
        variance = [
            sum((x - m) ** 2) / len(x) for x, m in zip(channels, mean, strict=True)
        ]
        means.append(mean)
        deviations.append([math.sqrt(v + eps) for v in variance])
    return np.array(means), np.array(deviations)


def adain(content, style, eps=1e-5):
    mean, std = channel_statistics(content, eps)
    new_mean, new_std = channel_statistics(style, eps)
    result = np.zeros(content.shape)
    for n, row, column, c in np.ndindex(content.shape):
        normal = (content[n, row, column, c] - mean[n, c]) / std[n, c]
        result[n, row, column, c] = normal * new_std[n, c] + new_mean[n, c]
    return result


def over_layers(one_layer):
    """Let a loss of two feature maps take mappings of them, with a weight for each layer."""

    @functools.wraps(one_layer)
    def of_mappings(pred_features, other_features, weights=None, **options):
        weights = dict.fromkeys(other_features, 1.0) if weights is None else weights
        return sum(
            weight * one_layer(pred_features[layer], other_features[layer], **options)
            for layer, weight in weights.items()
        )

    return of_mappings


@over_layers
def content_loss(pred, content):
    """Gatys et al. 2016, equation 1."""
    return ((pred - content) ** 2).sum(axis=(1, 2, 3)) / 2


@over_layers
def style_loss(pred, style, normalization="gatys"):
    apart = gram_matrix(pred, normalization=normalization) - gram_matrix(
        style, normalization=normalization
    )
    return (apart**2).sum(axis=(1, 2))


@over_layers
def statistics_loss(pred, style, eps=1e-5):
    (mean, std), (mean2, std2) = (channel_statistics(x, eps) for x in (pred, style))
    return ((mean - mean2) ** 2 + (std - std2) ** 2).sum(axis=1)


def content_style_loss(
    pred_features,
    content_features,
    style_features,
    alpha=1.0,
    beta=1e3,
    content_weights=None,
    style_weights=None,
    normalization="gatys",
):
    content = content_loss(pred_features, content_features, content_weights)
    style = style_loss(
        pred_features, style_features, style_weights, normalization=normalization
    )
    return alpha * content + beta * style


@rows
def total_variation_loss(image, kind="anisotropic"):
    height, width, channels = image.shape
    size = {
        "anisotropic": lambda down, right: abs(down) + abs(right),
        "isotropic": math.hypot,
        "squared": lambda down, right: down**2 + right**2,
    }[kind]
    total = 0
    for i, j, c in np.ndindex(height, width, channels):
        here = image[i, j, c]
        down = image[i + 1, j, c] - here if i + 1 < height else 0
        right = image[i, j + 1, c] - here if j + 1 < width else 0
        total += size(down, right)
    return total


# --- Adversarial ----------------------------------------------------------------------------


@each
def minimax_discriminator_loss(real_logits, fake_logits, label_smoothing=0.0):
    real, fake = sigmoid(real_logits), sigmoid(fake_logits)
    label = 1 - label_smoothing
    on_real = label * math.log(real) + (1 - label) * math.log(1 - real)
    return -on_real - math.log(1 - fake)


@each
def minimax_generator_loss(fake_logits):
    return math.log(1 - sigmoid(fake_logits))


@each
def non_saturating_generator_loss(fake_logits):
    return -math.log(sigmoid(fake_logits))


@each
def least_squares_discriminator_loss(real_scores, fake_scores, a=0.0, b=1.0):
    return (real_scores - b) ** 2 / 2 + (fake_scores - a) ** 2 / 2


@each
def least_squares_generator_loss(fake_scores, c=1.0):
    return (fake_scores - c) ** 2 / 2


@each
def wasserstein_critic_loss(real_scores, fake_scores):
    return fake_scores - real_scores


@each
def wasserstein_generator_loss(fake_scores):
    return -fake_scores


hinge_generator_loss = wasserstein_generator_loss


@each
def hinge_discriminator_loss(real_scores, fake_scores):
    return max(0, 1 - real_scores) + max(0, 1 + fake_scores)


@each
def relativistic_discriminator_loss(real_logits, fake_logits):
    return -math.log(sigmoid(real_logits - fake_logits))


@each
def relativistic_generator_loss(real_logits, fake_logits):
    return -math.log(1 - sigmoid(real_logits - fake_logits))


@each
def clip_weights(weights, limit=0.01):
    return max(-limit, min(limit, weights))


@rows
def interpolate_pairs(real, fake, weight):
    return weight * real + (1 - weight) * fake


def length(gradient):
    return math.sqrt(sum(entry**2 for entry in gradient.flat))


@rows
def gradient_penalty_loss(gradient, center=1.0):
    return (length(gradient) - center) ** 2


@rows
def r1_loss(gradient):
    return length(gradient) ** 2 / 2


r2_loss = r1_loss


@rows
def cycle_consistency_loss(real, reconstructed):
    pairs = zip(real.flat, reconstructed.flat, strict=True)
    return sum(abs(a - b) for a, b in pairs) / real.size


identity_loss = cycle_consistency_loss


def cyclegan_generator_loss(
    fake_scores,
    real,
    reconstructed,
    translated,
    cycle_weight=10.0,
    identity_weight=5.0,
):
    adversarial = [np.mean((scores - 1) ** 2) for scores in fake_scores]
    cycle = cycle_consistency_loss(real, reconstructed)
    identity = identity_loss(real, translated)
    return adversarial + cycle_weight * cycle + identity_weight * identity


# --- Metric learning ------------------------------------------------------------------------


def distance(x, y, distance="euclidean"):
    kinds = {
        "euclidean": math.dist,
        "squared": lambda x, y: math.dist(x, y) ** 2,
        "cosine": lambda x, y: 1 - cosine(x, y),
    }
    return kinds[distance](x, y)


def pairwise_distances(embeddings1, embeddings2, **kind):
    return np.array(
        [[distance(x, y, **kind) for y in embeddings2] for x in embeddings1]
    )


@rows
def contrastive_loss(embeddings1, embeddings2, same, margin=1.0):
    apart = distance(embeddings1, embeddings2)
    return apart**2 / 2 if same else max(0, margin - apart) ** 2 / 2


@rows
def triplet_loss(anchor, positive, negative, margin=0.2, soft=False, **kind):
    lack = (
        distance(anchor, positive, **kind) - distance(anchor, negative, **kind) + margin
    )
    return math.log1p(math.exp(lack)) if soft else max(0, lack)


def every_triplet(labels):
    return [
        (a, p, n)
        for a, p, n in itertools.product(range(len(labels)), repeat=3)
        if a != p and labels[a] == labels[p] != labels[n]
    ]


def chosen_triplets(embeddings, labels, mining="hard", margin=0.2, **kind):
    """What each strategy chooses; of equally far examples, the first."""

    def d(i, j):
        return distance(embeddings[i], embeddings[j], **kind)

    every = every_triplet(labels)
    if mining == "all":
        return every
    if mining == "hard":
        return [
            (a, max(p, key=lambda i: d(a, i)), min(n, key=lambda i: d(a, i)))
            for a in range(len(labels))
            if (p := sorted({p for b, p, _ in every if b == a}))
            and (n := sorted({n for b, _, n in every if b == a}))
        ]
    semi_hard = [(a, p, n) for a, p, n in every if d(a, p) < d(a, n) < d(a, p) + margin]
    pairs = sorted({(a, p) for a, p, _ in semi_hard})
    return [
        (
            a,
            p,
            min(
                (n for b, q, n in semi_hard if (b, q) == (a, p)), key=lambda n: d(a, n)
            ),
        )
        for a, p in pairs
    ]


def mine_triplets(embeddings, labels, **options):
    chosen = chosen_triplets(embeddings, labels, **options)
    return tuple(np.array(chosen, int).reshape(-1, 3).T)


def batch_triplet_loss(
    embeddings, labels, mining="hard", margin=0.2, soft=False, **kind
):
    """One value for each anchor: the sum over its triplets."""
    losses = np.zeros(len(labels))
    for triplet in chosen_triplets(embeddings, labels, mining, margin, **kind):
        points = [[embeddings[i]] for i in triplet]
        losses[triplet[0]] += triplet_loss(*points, margin=margin, soft=soft, **kind)[0]
    return losses


def cosine(x, y):
    return sum(x * y) / math.sqrt(sum(x**2) * sum(y**2))


def cosines(x, y):
    return np.array([[cosine(a, b) for b in y] for a in x])


def softmax_losses(logits, target):
    return np.array(
        [-math.log(softmax(row)[hit]) for row, hit in zip(logits, target, strict=True)]
    )


def info_nce_loss(queries, keys, temperature=0.07):
    """Each query against all keys: van den Oord et al. 2018, equation 4, of cosines."""
    return softmax_losses(cosines(queries, keys) / temperature, range(len(keys)))


def siglip_loss(queries, keys, temperature=0.1, bias=-10.0):
    """Zhai et al. 2023, equation 1, of cosines: each pair by itself, right or wrong."""
    similarity = cosines(queries, keys)

    def ell(i, j):
        z = 1 if i == j else -1
        logit = z * (similarity[i, j] / temperature + bias)
        return -math.log(1 / (1 + math.exp(-logit)))

    return np.array(
        [sum(ell(i, j) for j in range(len(keys))) for i in range(len(keys))]
    )


def nt_xent_loss(view1, view2, temperature=0.5):
    """Chen et al. 2020, algorithm 1: 2N embeddings, of which 2k and 2k + 1 are views of one image."""
    z = [embedding for pair in zip(view1, view2, strict=True) for embedding in pair]
    similarity = cosines(z, z) / temperature

    def ell(i, j):
        others = sum(math.exp(similarity[i, k]) for k in range(len(z)) if k != i)
        return -math.log(math.exp(similarity[i, j]) / others)

    pairs = [(2 * k, 2 * k + 1) for k in range(len(view1))]
    return np.array([(ell(i, j) + ell(j, i)) / 2 for i, j in pairs])


def supervised_contrastive_loss(embeddings, labels, temperature=0.1):
    """Khosla et al. 2020, equation 2; an example without a friend has no loss."""
    similarity = cosines(embeddings, embeddings) / temperature
    losses = np.zeros(len(labels))
    for i in range(len(labels)):
        others = [j for j in range(len(labels)) if j != i]
        if friends := [j for j in others if labels[j] == labels[i]]:
            total = math.log(sum(math.exp(similarity[i, j]) for j in others))
            losses[i] = -sum(similarity[i, j] - total for j in friends) / len(friends)
    return losses


def n_pair_loss(anchors, positives, l2=0.0):
    products = [[sum(x * y) for y in positives] for x in anchors]
    lengths = [
        (sum(x**2) + sum(y**2)) / 2 for x, y in zip(anchors, positives, strict=True)
    ]
    return softmax_losses(products, range(len(anchors))) + l2 * np.array(lengths)


def arcface_loss(embeddings, weights, target, margin=0.5, scale=64.0):
    """By the angles themselves; past a half turn, the straight line of the authors' code."""
    logits = cosines(embeddings, weights)
    for row, hit in enumerate(target):
        angle = math.acos(logits[row, hit])
        line = logits[row, hit] - margin * math.sin(margin)
        past = angle + margin > math.pi
        logits[row, hit] = line if past else math.cos(angle + margin)
    return softmax_losses(scale * logits, target)


def cosface_loss(embeddings, weights, target, margin=0.35, scale=64.0):
    logits = cosines(embeddings, weights)
    for row, hit in enumerate(target):
        logits[row, hit] -= margin
    return softmax_losses(scale * logits, target)


def center_loss(embeddings, centers, target):
    """Wen et al. 2016, equation 2."""
    pairs = zip(embeddings, target, strict=True)
    return np.array([distance(x, centers[hit], "squared") / 2 for x, hit in pairs])
