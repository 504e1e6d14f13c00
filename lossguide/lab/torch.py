"""What a lab sets before it computes with PyTorch."""

import torch

__all__ = ["set_up"]


def set_up(dtype: torch.dtype = torch.float64) -> torch.device:
    """Compute on CUDA where there is one, else on the CPU, and return that device.

    In double precision every machine gives the same digits once they are rounded; Apple's GPUs lack it. More
    threads than one would only wait for each other on the small tensors of a lab.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.set_default_device(device)
    torch.set_default_dtype(dtype)
    torch.set_num_threads(1)
    return device
