"""The three frameworks behind one interface: NumPy arrays in, NumPy arrays out."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossguide.catalog import Card, Input
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


def rebuilt(like: Any, arrays: Iterator[Any]) -> Any:
    """What is built like a value, with other arrays, which are taken in order."""
    return each(lambda _: next(arrays), like)


def array_options(card: Card) -> dict[str, Input]:
    """The options of a card that are arrays."""
    return {
        name: about
        for options in card.options
        for name, about in options.items()
        if isinstance(about, Input) and name not in card.inputs
    }


def weighting(shape: tuple[int, ...]) -> Array:
    """Fixed weights that make one number of a result, to differentiate it."""
    size = int(np.prod(shape))
    return np.cos(np.arange(size)).reshape(shape)


def shortened(line: str, length: int = 160) -> str:
    """The line, or the words of it that fit and an ellipsis."""
    if len(line) <= length:
        return line
    return line[:length].rsplit(" ", 1)[0] + " ..."


class WrongCall(TypeError):
    """The kit was not called as it can be; the message says what to change."""


class Raised(Exception):
    """What a function under test raised."""

    def __init__(self, error: Exception) -> None:
        lines = (str(error).strip() or repr(error)).splitlines()
        # TensorFlow begins with "in user code:" and ends with what went wrong.
        line = lines[-1] if lines[0].endswith(":") else lines[0]
        super().__init__(f"raised {type(error).__name__}: {shortened(line.strip())}")


@contextmanager
def blamed() -> Iterator[None]:
    """Within it, an error is the fault of the function under test."""
    try:
        yield
    except (Raised, WrongCall):
        raise
    except Exception as error:
        raise Raised(error) from error


ANY_IMAGES = Input("N H W C")
PLAIN = Input("D")


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
        """An array as a tensor; whole numbers and booleans stay what they are."""
        raise NotImplementedError

    def array(self, tensor: Any) -> Array:
        """A tensor as an array; half precision comes as float32."""
        raise NotImplementedError

    def is_tensor(self, value: Any) -> bool:
        raise NotImplementedError

    def dtype(self, tensor: Any) -> str:
        raise NotImplementedError

    def validating(self, function: Callable[..., Any]) -> AbstractContextManager[None]:
        """Within it, a function is called as when a network is validated."""
        return nullcontext()

    def compile(self, function: Callable[..., Any]) -> Any:
        raise NotImplementedError

    def traced(
        self, function: Callable[..., Any], tensors: Any, axes: list[tuple[str, ...]]
    ) -> Any:
        """The function as a graph for any number of items."""
        raise NotImplementedError

    def differentiate(
        self, function: Callable[..., Any], tensors: list[Any], wanted: list[Any]
    ) -> list[Any]:
        """Gradients of the weighted result with respect to the wanted tensors."""
        raise NotImplementedError

    def given(
        self, value: Any, about: Input = ANY_IMAGES, dtype: str = "float64"
    ) -> Any:
        """An argument in this framework and its order of axes."""

        def tensor(array: Array) -> Any:
            if self.channels_first and about.images and np.ndim(array) == 4:
                array = np.moveaxis(array, -1, 1)
            return self.tensor(array, dtype)

        return each(tensor, value)

    def returned(self, value: Any, images: bool) -> Any:
        """What came back, as arrays; four axes of images come with the channels last."""
        return each(self.array, self.channels_last(value) if images else value)

    def channels_last(self, images: Any) -> Any:
        return images


class NumPy(Framework):
    name = "numpy"
    dtypes = ("float64",)

    def tensor(self, array: Any, dtype: str = "float64") -> Array:
        array = np.asarray(array)
        whole = array.dtype.kind in "biu"
        return np.array(array, dtype=array.dtype if whole else "float64")

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
        if array.dtype.kind in "biu":
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

    @contextmanager
    def validating(self, function: Callable[..., Any]) -> Iterator[None]:
        """Without gradients; a module, and what is in it, is no longer in training."""
        modules = function.modules() if hasattr(function, "modules") else ()
        trained = [module for module in modules if module.training]
        for module in trained:
            module.training = False
        try:
            with self.library.no_grad():
                yield
        finally:
            for module in trained:
                module.training = True

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
        if array.dtype.kind in "biu":
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

    def traced(
        self, function: Callable[..., Any], tensors: Any, axes: list[tuple[str, ...]]
    ) -> Any:
        def signature(tensor: Any, axes: tuple[str, ...]) -> Any:
            shape = [
                None if axis in ("N", "M") else length
                for axis, length in zip(axes, tensor.shape, strict=True)
            ]
            return self.library.TensorSpec(shape, tensor.dtype)

        specs = [
            each(partial(signature, axes=letters), tensor)
            for tensor, letters in zip(tensors, axes, strict=True)
        ]
        return self.library.function(function).get_concrete_function(*specs)

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
    that is an array goes by name. What the function raises comes as ``Raised``.
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

    def with_function(self, function: Callable[..., Any]) -> Subject:
        return Subject(function, self.card, self.framework, self.adapt)

    def is_image(self, name: str) -> bool:
        return name in self.card.inputs and self.card.inputs[name].images

    def run(self, *tensors: Any, **options: Any) -> Any:
        arguments = self.adapted(tensors)
        with blamed():
            return self.function(*arguments, **options)

    def adapted(self, tensors: tuple[Any, ...]) -> tuple[Any, ...]:
        if self.adapt is None:
            return tensors
        takes = f"adapt({', '.join(self.card.inputs)})"
        try:
            arguments = self.adapt(*tensors)
        except Exception as error:
            raise WrongCall(f"{takes} {Raised(error)}") from error
        if not isinstance(arguments, tuple):
            kind = type(arguments).__name__
            raise WrongCall(f"{takes} must give a tuple of arguments, got {kind}")
        return arguments

    def tensors(self, arrays: Arrays, dtype: str) -> list[Any]:
        return [
            self.framework.given(arrays[name], about, dtype)
            for name, about in self.card.inputs.items()
        ]

    def named(self, arrays: Arrays, dtype: str) -> dict[str, Any]:
        kinds = array_options(self.card)
        return {
            name: self.framework.given(array, kinds.get(name, PLAIN), dtype)
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
        with blamed():
            return self.framework.returned(result, self.card.images)

    def gradients(
        self,
        arrays: Arrays,
        dtype: str = "float64",
        upstream: float = 1,
        **options: Any,
    ) -> dict[str, Any]:
        """For each input that a network predicts, the gradient of the weighted result.

        The result is multiplied by ``upstream`` first.
        """
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
            if self.card.images:
                outputs = self.framework.channels_last(outputs)
            return outputs if upstream == 1 else each(lambda x: upstream * x, outputs)

        with blamed():
            found = self.framework.differentiate(
                result, tensors, leaves(differentiable)
            )
        gradients = rebuilt(differentiable, iter(found))
        return {
            name: self.framework.returned(gradient, self.card.inputs[name].images)
            for name, gradient in gradients.items()
        }
