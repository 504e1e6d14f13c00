"""The companion package of Loss Guide: the losses of computer vision, three times over.

``lossguide.numpy`` is the definition, ``lossguide.torch`` and ``lossguide.tensorflow`` are for training.
The three have the same modules, names and signatures; ``lossguide.catalog`` describes every function once.
"""

__version__ = "0.1.0"
