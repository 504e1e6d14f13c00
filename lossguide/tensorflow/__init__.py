"""The losses in TensorFlow, and ``Loss``, which makes a Keras loss of any of them.

``model.compile(loss=Loss(giou_loss))``, never ``model.compile(loss=giou_loss)``: Keras calls a loss with
``y_true, y_pred``, and the functions take the prediction first. A bare function would train on its arguments
in the wrong order, which many losses cannot notice.
"""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

try:
    import keras
    import tensorflow as tf
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        'lossguide.tensorflow needs TensorFlow: pip install "lossguide[tensorflow]"',
        name="tensorflow",
    ) from error

from lossguide._arguments import name_of, taken_apart
from lossguide.tensorflow import (
    boxes,
    classification,
    gan,
    metric,
    perceptual,
    regression,
    segmentation,
    style,
)
from lossguide.tensorflow.boxes import *
from lossguide.tensorflow.classification import *
from lossguide.tensorflow.gan import *
from lossguide.tensorflow.metric import *
from lossguide.tensorflow.perceptual import *
from lossguide.tensorflow.regression import *
from lossguide.tensorflow.segmentation import *
from lossguide.tensorflow.style import *

__all__ = [
    "Loss",
    "boxes",
    "classification",
    "gan",
    "metric",
    "perceptual",
    "regression",
    "segmentation",
    "style",
    *boxes.__all__,
    *classification.__all__,
    *gan.__all__,
    *metric.__all__,
    *perceptual.__all__,
    *regression.__all__,
    *segmentation.__all__,
    *style.__all__,
]


@keras.saving.register_keras_serializable("lossguide")
class Loss(keras.losses.Loss):  # type: ignore[misc]
    """A loss function with its options, as a Keras loss: called with ``y_true, y_pred``.

    It gives the number that the function gives, and ``lossguide.torch.Loss`` with it: the mean of class
    weights or of what is not ignored is the function's own. A ``sample_weight`` or a mask weighs the values of
    that mean, and a mask also leaves out of its divisor what it hides; both may lack the last axes of the
    values. Class indices and labels stay whole numbers, where Keras's own losses make floats of them.

    A model is saved with the name of the function, and of the options, and finds them again. The functions
    themselves are not registered with Keras, which would call them with swapped arguments: give Keras this
    class, never a function.

    Args:
        function: a loss of this package, or any function of ``pred, target`` with a ``reduction``.
        name: what Keras calls the loss, by default the function's name.
        reduction: Keras's: "sum_over_batch_size" (the mean), "sum", "none" or another that Keras knows.
        dtype: what Keras computes with, by default ``keras.config.floatx()``; half precision is
            computed in float32.
        options: keyword arguments for every call.

    Raises:
        TypeError: the function does not take two inputs, a ``reduction`` and the options. What takes
            one or three, such as ``triplet_loss``, is called in a ``train_step``.

    Example:
        >>> loss = Loss(huber_loss, delta=2.0, reduction="sum")
        >>> print(f"{loss([0.0, 0.0], [1.0, 5.0]):.1f}")
        8.5
    """

    def __init__(
        self,
        function: Callable[..., tf.Tensor],
        *,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: str | None = None,
        **options: object,
    ) -> None:
        function, options = taken_apart(function, options)
        called = name_of(function)
        try:
            inspect.signature(function).bind("pred", "target", reduction="", **options)
        except TypeError as error:
            raise TypeError(
                f"{called} cannot be called with pred, target, reduction and"
                f" {list(options)}, as Loss calls it: {error}"
            ) from error
        super().__init__(name=name or called, reduction=reduction, dtype=dtype)
        self.function = function
        self.options = options

    def call(
        self, y_true: tf.Tensor, y_pred: tf.Tensor, reduction: str = "none"
    ) -> tf.Tensor:
        loss = partial(self.function, y_pred, reduction=reduction, **self.options)
        try:
            return loss(y_true)
        except TypeError:
            # Whole numbers that are no classes or labels: binary targets, pixels.
            return loss(keras.tree.map_structure(self._cast, y_true))

    def __call__(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> tf.Tensor:
        mask = getattr(y_pred, "_keras_mask", None)
        with tf.name_scope(self.name):
            y_true = keras.tree.map_structure(self._whole_or_cast, y_true)
            y_pred = keras.tree.map_structure(self._cast, y_pred)
            if sample_weight is None and mask is None:
                loss = self.call(y_true, y_pred, _OWN.get(self.reduction, "mean"))
            else:
                loss = self._weighted(y_true, y_pred, sample_weight, mask)
            if self.reduction not in _OWN:
                # Keras adds up what the replicas of a distributed model give.
                loss /= tf.distribute.get_strategy().num_replicas_in_sync
            return self._cast(loss)

    def _weighted(
        self, y_true: tf.Tensor, y_pred: tf.Tensor, sample_weight: Any, mask: Any
    ) -> tf.Tensor:
        values = self.call(y_true, y_pred)
        kept = _spread("mask", mask, values)
        weights = kept * _spread("sample_weight", sample_weight, values)
        if self.reduction in (None, "none"):
            return weights * values
        total = tf.reduce_sum(weights * values)
        if self.reduction == "sum":
            return total
        # What the function's own mean divides by, beside the number of its values.
        mean, whole = (self.call(y_true, y_pred, each) for each in ("mean", "sum"))
        scale = mean * tf.cast(tf.size(values), mean.dtype) / whole
        usable = tf.math.is_finite(scale)
        scale = tf.stop_gradient(tf.where(usable, scale, 1))
        divisor = weights if self.reduction == "mean_with_sample_weight" else kept
        return tf.math.divide_no_nan(scale * total, tf.reduce_sum(divisor))

    def _cast(self, tensor: Any) -> tf.Tensor:
        return tf.cast(tf.convert_to_tensor(tensor), self.dtype)

    def _whole_or_cast(self, tensor: Any) -> tf.Tensor:
        tensor = tf.convert_to_tensor(tensor)
        return tensor if tensor.dtype.is_integer else self._cast(tensor)

    def get_config(self) -> dict[str, Any]:
        name = name_of(self.function)
        ours = name in __all__ and globals()[name] is self.function
        function = name if ours else keras.saving.serialize_keras_object(self.function)
        config = {**super().get_config(), "dtype": self.dtype, "function": function}
        return {**config, **self.options}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Loss":
        given = keras.saving.deserialize_keras_object(config)
        function = given.pop("function")
        return cls(globals().get(function, function), **given)


# Keras's reductions that are the functions' own; its others are means.
_OWN = {"sum": "sum", "none": "none", None: "none"}


def _spread(name: str, weight: Any, values: tf.Tensor) -> tf.Tensor:
    """Weights of the shape of the values, from weights that may lack the last axes or have one of length 1 more."""
    weight = tf.cast(1 if weight is None else weight, values.dtype)
    missing = values.shape.rank - weight.shape.rank
    if missing == -1 and weight.shape[-1] == 1:
        weight, missing = tf.squeeze(weight, -1), 0
    if missing < 0:
        raise ValueError(
            f"{name} must weigh values of shape {tuple(values.shape)}, got {tuple(weight.shape)}"
        )
    ones = tf.ones(missing, tf.int32)
    weight = tf.reshape(weight, tf.concat([tf.shape(weight), ones], 0))
    return tf.broadcast_to(weight, tf.shape(values))
