"""What is compared: a list of other libraries' losses, one file a library."""

from benchmarks.peers import (
    keras,
    kornia,
    monai,
    pytorch_metric_learning,
    segmentation_models_pytorch,
    torch,
    torchvision,
)
from benchmarks.peers.peer import Peer

__all__ = ["PEERS", "Peer"]

PEERS = (
    *torch.PEERS,
    *keras.PEERS,
    *torchvision.PEERS,
    *kornia.PEERS,
    *monai.PEERS,
    *segmentation_models_pytorch.PEERS,
    *pytorch_metric_learning.PEERS,
)
