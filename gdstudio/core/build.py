"""Which build of PyTorch there is, told from its files: importing it would take seconds."""

from __future__ import annotations

import ast
import importlib.util
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path


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
    """The names that a module sets to a text; empty where it cannot be read."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError):
        return {}
    said = {}
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if isinstance(target, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str):
            said[target.id] = value.value
    return said
