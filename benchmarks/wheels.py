"""Import the losses of libraries from unpacked wheels, without what else their packages import."""

import sys
from pathlib import Path
from types import ModuleType


def open_wheels(folder: Path) -> None:
    """Make the losses in a folder of unpacked wheels importable.

    torchvision's packages import compiled code and smp's import networks: of both only plain files are taken.
    """
    sys.path.append(str(folder))
    if (folder / "torchvision").exists():
        bare_package("torchvision", folder)
        bare_package("torchvision.ops", folder)
        utils = bare_package("torchvision.utils", folder)
        utils._log_api_usage_once = lambda function: None
        extension = bare_package("torchvision.extension", folder)
        extension._assert_has_ops = lambda: None
    if (folder / "segmentation_models_pytorch").exists():
        bare_package("segmentation_models_pytorch", folder)


def bare_package(name: str, folder: Path) -> ModuleType:
    """A package whose own file is not run."""
    package = ModuleType(name)
    package.__path__ = [str(folder / name.replace(".", "/"))]
    sys.modules[name] = package
    return package
