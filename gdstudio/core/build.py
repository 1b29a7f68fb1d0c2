"""Which build of PyTorch there is, told from its files: importing it would take seconds."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

#: ``name = 'text'`` on a line of its own, with or without a type.
_TEXT: Final = re.compile(r"""^(\w+)(?:\s*:[^=\n]*)?\s*=\s*(["'])([^"'\n]*)\2\s*(?:#.*)?$""", re.MULTILINE)


@dataclass(frozen=True)
class TorchBuild:
    """A build of PyTorch.

    Attributes:
        version: E.g. ``"2.13.0+cpu"``.
        accelerator: E.g. ``"CUDA 13.0"``; empty for the build that knows the processor alone.
    """

    version: str
    accelerator: str

    def __str__(self) -> str:
        return f"{self.version}, {f'{self.accelerator} build' if self.accelerator else 'CPU build'}"


def torch_build() -> TorchBuild | None:
    """The build that ``import torch`` would find; None where there is none."""
    found = importlib.util.find_spec("torch")
    if found is None or not found.submodule_search_locations:
        return None
    said = _literals(Path(found.submodule_search_locations[0]) / "version.py")
    version = said.get("__version__", "")
    if version:
        named = ((label, said.get(name, "")) for label, name in (("CUDA", "cuda"), ("ROCm", "hip"), ("XPU", "xpu")))
        return TorchBuild(version, next((f"{label} {number}" for label, number in named if number), ""))
    try:
        return TorchBuild(metadata.version("torch"), "")
    except metadata.PackageNotFoundError:
        return None


def _literals(path: Path) -> dict[str, str]:
    """The names that a module sets to a text; empty where it cannot be read.

    WORKAROUND: Told by the lines, not by ``ast``: in Python 3.11, trees that are made in two threads at once fail with
    a SystemError (cpython #106905), and recording a step makes some.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return {}
    return {name: value for name, _, value in _TEXT.findall(text)}
