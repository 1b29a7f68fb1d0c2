"""Where the numbers are computed, and with how many threads."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass

import torch

import gdstudio
from gdstudio.core.errors import StudioError


@dataclass(frozen=True)
class CudaReport:
    """Whether a graphics card can be used, and why not where it cannot."""

    available: bool
    text: str


def cuda_report() -> CudaReport:
    """What a person should know about CUDA on this machine, as a sentence."""
    if torch.cuda.is_available():
        name = torch.cuda.get_device_name(0)
        gib = torch.cuda.get_device_properties(0).total_memory / 2**30
        return CudaReport(True, f"{name}, {gib:.0f} GiB.")
    if torch.version.cuda is None:
        return CudaReport(False, "This installation has the CPU build of PyTorch, which cannot use a graphics card.")
    return CudaReport(False, "No NVIDIA graphics card with a working driver was found on this machine.")


def choose_device(name: str) -> torch.device:
    """The torch device for ``auto``, ``cpu`` or ``cuda``.

    Raises:
        StudioError: CUDA was asked for and is not there; says why.
    """
    report = cuda_report()
    if name == "cuda" and not report.available:
        raise StudioError(f"CUDA is not available: {report.text}", "Set training.device to cpu or auto.")
    return torch.device("cuda" if name == "cuda" or (name == "auto" and report.available) else "cpu")


def use_threads(count: int) -> None:
    """Set torch's threads inside one operation, for the whole process. Nothing else may set them.

    The setting is process-wide even when made from a worker thread; results are equal to the bit only for
    one and the same number.
    """
    if torch.get_num_threads() != count:
        torch.set_num_threads(count)


def environment(device: torch.device, threads: int, data_hash: str) -> dict[str, object]:
    """What environment.json holds: whatever besides the spec can change a run's last digits."""
    import numpy
    import pandas
    import sklearn

    return {
        "gdstudio": gdstudio.__version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "torch_build": f"CUDA {torch.version.cuda}" if torch.version.cuda else "CPU",
        "numpy": numpy.__version__,
        "pandas": pandas.__version__,
        "scikit-learn": sklearn.__version__,
        "system": platform.platform(),
        "processor": platform.machine(),
        "frozen": bool(getattr(sys, "frozen", False)),
        "device": str(device),
        "device_name": torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU",
        "threads": threads,
        "data_hash": data_hash,
    }
