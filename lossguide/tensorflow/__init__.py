"""The losses in TensorFlow, and ``Loss``, which makes a Keras loss of any of them."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

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

    The function gives one value for each element or box; Keras weights and reduces them.
    Keras's own mean of an empty batch is 0 too, unless its shape is ``(0,)``: that is returned as it is.

    Args:
        function: a loss of this package, or any function of ``pred, target`` with a ``reduction``.
        name: what Keras calls the loss, by default the function's name.
        reduction: Keras's: "sum_over_batch_size" (the mean), "sum", "none" or another that Keras knows.
        dtype: what Keras casts both arguments to, by default ``keras.config.floatx()``.
        options: keyword arguments for every call.

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
        super().__init__(
            name=name or function.__name__, reduction=reduction, dtype=dtype
        )
        self.function = function
        self.options = options

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        return self.function(y_pred, y_true, reduction="none", **self.options)

    def get_config(self) -> dict[str, Any]:
        function = keras.saving.serialize_keras_object(self.function)
        return {**super().get_config(), "function": function, **self.options}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Loss":
        return cls(**keras.saving.deserialize_keras_object(config))


for _name in __all__:
    if _name.endswith("_loss"):
        keras.saving.register_keras_serializable("lossguide")(globals()[_name])
