"""A loss of two tensors, item by item, computed with its slopes in one pass over pieces that fit the cache."""

import functools
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import Any

import torch
from torch import Tensor

from lossguide.torch._arguments import Reduction, reduce

# Where the slopes in either tensor go, None where they are not wanted.
Slopes = Sequence[Tensor | None]
# Of some items of both tensors the loss of each. The slopes are written where they go.
Kernel = Callable[[Tensor, Tensor, Slopes], Tensor]
# Bytes: more than what is computed from a piece.
ROOM = 2**24

# glibc gives the memory of a piece back to the system, and each page that it then gets anew takes as long as
# hundreds of numbers. Once a block has been freed it keeps twice as much.
torch.empty(ROOM, dtype=torch.uint8)


def slopes_wanted(*tensors: Tensor) -> tuple[bool, ...]:
    """Which tensors a gradient may be asked for: ``vmap`` hides whether one is, so there it is."""
    hidden = torch._C._functorch.is_batchedtensor
    return tuple(
        torch.is_grad_enabled() and (one.requires_grad or hidden(one))
        for one in tensors
    )


def in_pieces(
    kernel: Kernel,
    first: Tensor,
    second: Tensor,
    reduction: Reduction,
    numbers: int,
    axes: int = 0,
) -> Tensor:
    """Reduce the losses of items, each of which has the tensors' last axes, as many as said.

    A thread's piece has as many numbers of one tensor as said: with what is computed from them they fit its cache.
    """
    wanted = slopes_wanted(first, second)
    count = max(first.shape[: first.ndim - axes].numel(), 1)
    divisor = {"mean": count, "sum": 1}.get(reduction)
    pieces = pieces_of(first, numbers)
    loss: Tensor = apply(_Pieces, kernel, first, second, wanted, pieces, axes, divisor)[
        0
    ]
    return loss if divisor else reduce(loss, reduction)


def apply(function: Any, *inputs: Any) -> Any:
    """``function.apply``, without its preparations for ``torch.func`` where that is not at work.

    They take as long as a dozen operations, much for the loss of a few boxes.
    """
    if torch._C._are_functorch_transforms_active():
        return function.apply(*inputs)
    return super(torch.autograd.Function, function).apply(*inputs)


def pieces_of(tensor: Tensor, numbers: int) -> int:
    """In how many pieces of as many numbers in each thread a tensor is taken: in one where there is no such cache."""
    if tensor.device.type != "cpu":
        return 1
    return max(-(-tensor.numel() // (numbers * torch.get_num_threads())), 1)


def piece_of(tensor: Tensor, numbers: int) -> int:
    """How many rows of a tensor make such a piece."""
    return -(-max(len(tensor), 1) // pieces_of(tensor, numbers))


def _parts(
    tensor: Tensor | None, lead: torch.Size, pieces: int
) -> Iterable[Tensor | None]:
    """The pieces of items, or nothing for each."""
    if tensor is None:
        return repeat(None)
    items = tensor.reshape(lead.numel(), *tensor.shape[len(lead) :])
    return items.chunk(pieces) if pieces > 1 else [items]


def _total(losses: Iterable[Tensor]) -> Tensor:
    return functools.reduce(Tensor.add_, (one.sum() for one in losses))


class _Pieces(torch.autograd.Function):
    """The losses, or their sum over a divisor, and the slopes: outputs too, so that ``torch.func`` sees them."""

    @staticmethod
    def forward(
        kernel: Kernel,
        first: Tensor,
        second: Tensor,
        wanted: tuple[bool, ...],
        pieces: int,
        axes: int,
        divisor: int | None,
    ) -> tuple[Tensor, ...]:
        slopes = [
            torch.empty_like(one, memory_format=torch.contiguous_format)
            if yes
            else None
            for one, yes in zip((first, second), wanted, strict=True)
        ]
        lead = first.shape[: first.ndim - axes]
        # Without the notes that PyTorch takes of views and changes, a fifth of the time of a few boxes.
        with torch.inference_mode():
            parts = [_parts(one, lead, pieces) for one in (first, second, *slopes)]
            found = (
                kernel(one, other, where)
                for one, other, *where in zip(*parts, strict=False)
            )
            losses = _total(found) if divisor else torch.cat(list(found))
        losses = losses / divisor if divisor else losses.view(lead).clone()
        return losses, *(one for one in slopes if one is not None)

    @staticmethod
    def setup_context(
        ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]
    ) -> None:
        *_, ctx.wanted, _, ctx.axes, ctx.divisor = inputs
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*output[1:])

    @staticmethod
    def backward(ctx: Any, loss: Tensor | None, *slopes: Tensor | None) -> Any:
        first_only(*slopes)
        if loss is None:
            return (None,) * 7
        if ctx.divisor:
            loss = loss / ctx.divisor
        else:
            for _ in range(ctx.axes):
                loss = loss.unsqueeze(-1)
        over = spent(loss)
        saved = (
            one.detach().mul_(loss) if over else one * loss for one in ctx.saved_tensors
        )
        given = [next(saved) if yes else None for yes in ctx.wanted]
        return None, *given, None, None, None, None

    @staticmethod
    def vmap(
        info: Any,
        in_dims: tuple[Any, ...],
        kernel: Kernel,
        first: Tensor,
        second: Tensor,
        wanted: tuple[bool, ...],
        pieces: int,
        axes: int,
        divisor: int | None,
    ) -> tuple[Any, Any]:
        tensors = batched(info.batch_size, in_dims[1:3], first, second)
        pieces *= info.batch_size
        loss, *slopes = _Pieces.apply(kernel, *tensors, wanted, pieces, axes, None)  # type: ignore[no-untyped-call]
        if divisor:
            loss = loss.reshape(info.batch_size, -1).sum(1) / divisor
        return (loss, *slopes), (0,) * (1 + len(slopes))


def batched(size: int, axes: tuple[int | None, ...], *tensors: Tensor) -> list[Tensor]:
    """Tensors with the batch of ``vmap`` as their first axis."""
    return [
        one.expand(size, *one.shape) if axis is None else one.movedim(axis, 0)
        for one, axis in zip(tensors, axes, strict=True)
    ]


def one_by_one(
    function: Any, size: int, axes: tuple[int | None, ...], inputs: tuple[Any, ...]
) -> tuple[Any, Any]:
    """What ``vmap`` has of a function that can take only one of the batch at a time."""
    found = [
        function.apply(
            *(
                one if axis is None else one.select(axis, index)
                for one, axis in zip(inputs, axes, strict=True)
            )
        )
        for index in range(size)
    ]
    if isinstance(found[0], Tensor):
        return torch.stack(found), 0
    outputs = tuple(torch.stack(each) for each in zip(*found, strict=True))
    return outputs, (0,) * len(outputs)


def spent(gradient: Tensor) -> bool:
    """Whether no later step back wants what this one has saved, so that the gradient may be written over it.

    A hook that keeps the saved tensor itself sees it change.
    """
    return not (
        torch._C._autograd._get_current_graph_task_keep_graph()
        or torch.is_grad_enabled()
        or torch._C._are_functorch_transforms_active()
        or torch._C._functorch.is_legacy_batchedtensor(gradient)
    )


def first_only(*gradients: Tensor | None) -> None:
    """Refuse a gradient that comes to a slope: it would be of second order."""
    if any(one is not None for one in gradients):
        raise NotImplementedError(
            "lossguide.torch.fused has first derivatives only: take the loss of lossguide.torch"
        )
