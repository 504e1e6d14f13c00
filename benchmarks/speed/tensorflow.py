"""The focal and the Dice loss of Keras, and ours for TensorFlow: as graphs, and compiled by XLA.

Keras's Dice loss pools all images and classes, where ours takes each by itself: they do the same work on the same
pixels, but their values differ.
"""

from pathlib import Path

import keras
import tensorflow as tf

import lossguide.tensorflow as ltf
from benchmarks.speed.timing import Loss, Race


def in_graph(loss: Loss, compiled: bool = False) -> Loss:
    """The loss with its gradient, in one graph."""

    @tf.function(jit_compile=compiled)
    def value_and_gradient(logits: tf.Tensor, target: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(logits)
            value = loss(logits, target)
        return [value, tape.gradient(value, logits)]

    return lambda *inputs: value_and_gradient(*inputs)[0].numpy()


def contenders(ours: Loss, theirs: Loss) -> dict[str, Loss]:
    return {
        "readable": in_graph(ours),
        "compiled": in_graph(ours, compiled=True),
        "keras": in_graph(theirs),
        "keras, compiled": in_graph(theirs, compiled=True),
    }


def focal_inputs() -> tuple[tf.Tensor, ...]:
    """One class score for each of 100,000 anchors in 64 images, one anchor in a hundred positive."""
    tf.random.set_seed(0)
    logits, chance = tf.random.normal([64, 100_000]), tf.random.uniform([64, 100_000])
    return logits, tf.cast(chance < 0.01, tf.float32)


def focal() -> Race:
    loss = keras.losses.BinaryFocalCrossentropy(True, from_logits=True)
    found = contenders(ltf.sigmoid_focal_loss, lambda logits, y: loss(y, logits))
    name = "sigmoid_focal_loss, TensorFlow"
    return Race(name, 6_400_000, 15, found, focal_inputs)


def region_inputs() -> tuple[tf.Tensor, ...]:
    """Twenty-one classes on eight images of 256 x 256 pixels."""
    tf.random.set_seed(0)
    classes = tf.random.uniform([8, 256, 256], maxval=21, dtype=tf.int32)
    return tf.random.normal([8, 256, 256, 21]), classes


def dice() -> Race:
    loss = keras.losses.Dice()

    def theirs(logits: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
        return loss(tf.one_hot(target, logits.shape[-1]), tf.nn.softmax(logits))

    found = contenders(ltf.dice_loss, theirs)
    name, size = "dice_loss, TensorFlow", 8 * 21 * 256 * 256
    return Race(name, size, 15, found, region_inputs, same=False)


def races(peers: Path) -> list[Race]:
    return [focal(), dice()]
