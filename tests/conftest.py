"""What the package's tests share: the three columns behind one interface."""

import importlib
from functools import cached_property

import numpy as np
import pytest
from hypothesis import settings

settings.register_profile("lossguide", max_examples=12, deadline=None)
settings.load_profile("lossguide")


class Column:
    """A column of the grid that takes and gives NumPy arrays.

    Its functions are called by name. Gradients are those of the sum of what a function gives, with
    respect to its first argument.
    """

    def __init__(self, name):
        self.name = name

    @cached_property
    def module(self):
        return importlib.import_module(f"lossguide.{self.name}")

    @cached_property
    def framework(self):
        return pytest.importorskip(self.name)

    def __call__(self, function, *arrays, dtype="float64", **options):
        tensors = [self.tensor(array, dtype) for array in arrays]
        result = getattr(self.module, function)(*tensors, **options)
        if isinstance(result, tuple):
            return tuple(np.asarray(part) for part in result)
        return np.asarray(result)

    def stored(self, array, dtype):
        """What is left of an array when it is kept in that dtype."""
        return self.float64(self.tensor(array, dtype))


class NumPy(Column):
    """The definition, always in float64; its gradients are central differences."""

    def tensor(self, array, dtype):
        return np.asarray(array, dtype="float64")

    def float64(self, tensor):
        return tensor

    def gradient(self, function, first, *others, **options):
        return self.slope(
            lambda shifted: self(function, shifted, *others, **options).sum(), first
        )

    def slope(self, function, array, step=1e-6):
        """Central differences of any function that gives a number."""
        array = self.tensor(array, "float64")
        result = np.zeros_like(array)
        for index in np.ndindex(array.shape):
            shift = np.zeros_like(array)
            shift[index] = step
            result[index] = (function(array + shift) - function(array - shift)) / step
        return result / 2


class Torch(Column):
    def tensor(self, array, dtype):
        torch = self.framework
        return torch.tensor(np.asarray(array, "float64"), dtype=getattr(torch, dtype))

    def float64(self, tensor):
        return tensor.detach().double().numpy()

    def gradient(self, function, *arrays, dtype="float64", **options):
        first, *others = (self.tensor(array, dtype) for array in arrays)
        first.requires_grad_()
        result = getattr(self.module, function)(first, *others, **options)
        result.sum().backward()
        return self.float64(first.grad)


class TensorFlow(Column):
    def tensor(self, array, dtype):
        tf = self.framework
        return tf.cast(tf.constant(np.asarray(array, "float64")), dtype)

    def float64(self, tensor):
        return self.framework.cast(tensor, "float64").numpy()

    def gradient(self, function, *arrays, dtype="float64", **options):
        tf = self.framework
        first, *others = (self.tensor(array, dtype) for array in arrays)
        with tf.GradientTape() as tape:
            tape.watch(first)
            result = getattr(self.module, function)(first, *others, **options)
        return self.float64(tape.gradient(result, first, unconnected_gradients="zero"))


COLUMNS = {
    "numpy": NumPy("numpy"),
    "torch": Torch("torch"),
    "tensorflow": TensorFlow("tensorflow"),
}


@pytest.fixture(scope="session", params=COLUMNS)
def column(request):
    """Each of the three columns in turn."""
    return COLUMNS[request.param]


@pytest.fixture(scope="session", params=["torch", "tensorflow"])
def trainer(request):
    """Each of the two columns that differentiate, in turn."""
    return COLUMNS[request.param]


@pytest.fixture(scope="session")
def columns():
    """The three columns by name."""
    return COLUMNS


@pytest.fixture(scope="session")
def definition(columns):
    """The NumPy column."""
    return columns["numpy"]
