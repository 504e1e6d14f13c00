"""The three frameworks behind one interface: NumPy arrays in, NumPy arrays out."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossguide.catalog import Card
from lossguide.numpy._slope import differences

Array = NDArray[Any]
Arrays = Mapping[str, Any]


def each(function: Callable[[Any], Any], value: Any) -> Any:
    """Apply a function to an array, or to every array of a mapping or tuple; a critic stays."""
    if callable(value):
        return value
    if isinstance(value, Mapping):
        return {key: each(function, part) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return tuple(each(function, part) for part in value)
    return function(value)


def leaves(value: Any) -> list[Any]:
    """The arrays of a mapping or tuple, or the one that the value is."""
    if isinstance(value, Mapping):
        return [leaf for part in value.values() for leaf in leaves(part)]
    if isinstance(value, tuple | list):
        return [leaf for part in value for leaf in leaves(part)]
    return [value]


def weighting(shape: tuple[int, ...]) -> Array:
    """Fixed weights that make one number of a result, to differentiate it."""
    size = int(np.prod(shape))
    return np.cos(np.arange(size)).reshape(shape)


class Framework:
    """How to hand arrays to functions of a framework, and how to differentiate and compile them."""

    name: str
    dtypes: tuple[str, ...] = ("float64", "float32", "bfloat16", "float16")
    channels_first = False

    @cached_property
    def library(self) -> Any:
        return importlib.import_module(self.name)

    @cached_property
    def column(self) -> Any:
        """The column of the grid in this framework."""
        return importlib.import_module(f"lossguide.{self.name}")

    def tensor(self, array: Any, dtype: str = "float64") -> Any:
        """An array as a tensor; whole numbers stay whole."""
        raise NotImplementedError

    def array(self, tensor: Any) -> Array:
        """A tensor as an array; half precision comes as float32."""
        raise NotImplementedError

    def is_tensor(self, value: Any) -> bool:
        raise NotImplementedError

    def dtype(self, tensor: Any) -> str:
        raise NotImplementedError

    def compile(self, function: Callable[..., Any]) -> Any:
        raise NotImplementedError

    def differentiate(
        self, function: Callable[..., Any], tensors: list[Any], wanted: list[Any]
    ) -> list[Any]:
        """Gradients of the weighted result with respect to the wanted tensors."""
        raise NotImplementedError

    def given(self, value: Any, dtype: str = "float64") -> Any:
        """An argument in this framework and its order of axes; four axes are images."""

        def ordered(array: Array) -> Array:
            swap = self.channels_first and np.ndim(array) == 4
            return np.moveaxis(array, -1, 1) if swap else array

        return each(lambda x: self.tensor(ordered(x), dtype), value)

    def returned(self, value: Any, images: bool) -> Any:
        """What came back, as arrays with channels last."""
        return each(self.array, self.channels_last(value) if images else value)

    def channels_last(self, images: Any) -> Any:
        return images


class NumPy(Framework):
    name = "numpy"
    dtypes = ("float64",)

    def tensor(self, array: Any, dtype: str = "float64") -> Array:
        array = np.asarray(array)
        whole = array.dtype.kind in "iu"
        return np.asarray(array, dtype=array.dtype if whole else "float64")

    def array(self, tensor: Any) -> Array:
        return np.asarray(tensor)

    def is_tensor(self, value: Any) -> bool:
        return isinstance(value, np.ndarray | np.generic)

    def dtype(self, tensor: Any) -> str:
        return str(tensor.dtype)

    def differentiate(
        self, function: Callable[..., Any], tensors: list[Any], wanted: list[Any]
    ) -> list[Array]:
        """Central differences, with what the definition calls constant held."""
        gradients = []
        for array in wanted:

            def total(shifted: Array, array: Array = array) -> float:
                swapped = [
                    each(lambda x: shifted if x is array else x, t) for t in tensors
                ]
                return weighted(function(*swapped))

            left, right = differences(total, array)
            gradients.append((left + right) / 2)
        return gradients


class Torch(Framework):
    name = "torch"
    channels_first = True

    def tensor(self, array: Any, dtype: str = "float64") -> Any:
        array = np.array(array)
        if array.dtype.kind in "iu":
            return self.library.tensor(array)
        return self.library.tensor(array, dtype=getattr(self.library, dtype))

    def array(self, tensor: Any) -> Array:
        tensor = self.library.as_tensor(tensor).detach()
        half = tensor.dtype in (self.library.float16, self.library.bfloat16)
        return np.asarray((tensor.float() if half else tensor).cpu().numpy())

    def is_tensor(self, value: Any) -> bool:
        return isinstance(value, self.library.Tensor)

    def dtype(self, tensor: Any) -> str:
        return str(tensor.dtype).removeprefix("torch.")

    def channels_last(self, images: Any) -> Any:
        return each(lambda x: x.movedim(1, -1) if x.ndim == 4 else x, images)

    def compile(self, function: Callable[..., Any]) -> Any:
        """The whole function as one graph, traced with its gradient, without generating code."""
        self.library.compiler.reset()
        return self.library.compile(function, fullgraph=True, backend="aot_eager")

    def differentiate(
        self, function: Callable[..., Any], tensors: list[Any], wanted: list[Any]
    ) -> list[Any]:
        for tensor in wanted:
            tensor.requires_grad_()
        total = 0
        for part in leaves(function(*tensors)):
            if part.is_floating_point():
                weights = self.tensor(weighting(tuple(part.shape)), self.dtype(part))
                total = total + (part * weights).sum()
        if not getattr(total, "requires_grad", False):
            return [self.library.zeros_like(tensor) for tensor in wanted]
        gradients = self.library.autograd.grad(total, wanted, allow_unused=True)
        return [
            self.library.zeros_like(tensor) if gradient is None else gradient
            for tensor, gradient in zip(wanted, gradients, strict=True)
        ]


class TensorFlow(Framework):
    name = "tensorflow"

    def tensor(self, array: Any, dtype: str = "float64") -> Any:
        array = np.asarray(array)
        if array.dtype.kind in "iu":
            return self.library.constant(array)
        return self.library.cast(self.library.constant(array), dtype)

    def array(self, tensor: Any) -> Array:
        tensor = self.library.convert_to_tensor(tensor)
        half = tensor.dtype in (self.library.float16, self.library.bfloat16)
        whole = self.library.cast(tensor, "float32") if half else tensor
        return np.asarray(whole.numpy())

    def is_tensor(self, value: Any) -> bool:
        return bool(self.library.is_tensor(value))

    def dtype(self, tensor: Any) -> str:
        return str(tensor.dtype.name)

    def compile(self, function: Callable[..., Any]) -> Any:
        return self.library.function(function, jit_compile=True)

    def differentiate(
        self, function: Callable[..., Any], tensors: list[Any], wanted: list[Any]
    ) -> list[Any]:
        with self.library.GradientTape() as tape:
            for tensor in wanted:
                tape.watch(tensor)
            parts = [
                part
                for part in leaves(function(*tensors))
                if getattr(part.dtype, "is_floating", False)
            ]
            total = sum(
                self.library.reduce_sum(
                    part * self.tensor(weighting(tuple(part.shape)), self.dtype(part))
                )
                for part in parts
            )
        gradients = tape.gradient(total, wanted, unconnected_gradients="zero")
        return [self.library.convert_to_tensor(gradient) for gradient in gradients]


def weighted(result: Any) -> float:
    """The result as the one number whose gradient is taken."""
    parts = [np.asarray(part) for part in leaves(result)]
    return float(
        sum((p * weighting(p.shape)).sum() for p in parts if p.dtype.kind == "f")
    )


FRAMEWORKS: dict[str, Framework] = {
    framework.name: framework for framework in (NumPy(), Torch(), TensorFlow())
}


class Subject:
    """A function with its card: called and differentiated with NumPy arrays, channels last.

    ``arrays`` go by position, in the card's order, through ``adapt`` if there is one. An option
    that is an array goes by name.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        card: Card,
        framework: Framework,
        adapt: Callable[..., tuple[Any, ...]] | None = None,
    ) -> None:
        self.function = function
        self.card = card
        self.framework = framework
        self.adapt = adapt

    def run(self, *tensors: Any, **options: Any) -> Any:
        arguments = self.adapt(*tensors) if self.adapt else tensors
        return self.function(*arguments, **options)

    def tensors(self, arrays: Arrays, dtype: str) -> list[Any]:
        return [self.framework.given(arrays[name], dtype) for name in self.card.inputs]

    def named(self, arrays: Arrays, dtype: str) -> dict[str, Any]:
        return {
            name: self.framework.tensor(array, dtype)
            for name, array in arrays.items()
            if name not in self.card.inputs
        }

    def raw(self, arrays: Arrays, dtype: str = "float64", **options: Any) -> Any:
        """What the function gives, in its framework."""
        return self.run(
            *self.tensors(arrays, dtype), **self.named(arrays, dtype), **options
        )

    def __call__(self, arrays: Arrays, dtype: str = "float64", **options: Any) -> Any:
        """What the function gives, as an array, or a tuple or mapping of them."""
        result = self.raw(arrays, dtype, **options)
        return self.framework.returned(result, self.card.images)

    def gradients(
        self, arrays: Arrays, dtype: str = "float64", **options: Any
    ) -> dict[str, Any]:
        """For each input that a network predicts, the gradient of the weighted result."""
        tensors = self.tensors(arrays, dtype)
        named = self.named(arrays, dtype)
        differentiable = {
            name: tensor
            for (name, about), tensor in zip(
                self.card.inputs.items(), tensors, strict=True
            )
            if about.gradient
        }

        def result(*inputs: Any) -> Any:
            outputs = self.run(*inputs, **named, **options)
            images = self.card.images
            return self.framework.channels_last(outputs) if images else outputs

        wanted = leaves(differentiable)
        found = iter(self.framework.differentiate(result, tensors, wanted))
        return {
            name: each(
                lambda x: self.framework.returned(next(found), x.ndim == 4), tensor
            )
            for name, tensor in differentiable.items()
        }
