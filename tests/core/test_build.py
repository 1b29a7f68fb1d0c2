from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gdstudio.core.build import TorchBuild, torch_build


def test_the_build_is_told_without_importing_it() -> None:
    code = """
import sys
from gdstudio.core.build import torch_build
build = torch_build()
assert "torch" not in sys.modules
import torch
print(build.version == torch.__version__, bool(build.accelerator) == bool(torch.version.cuda))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True"]


@pytest.mark.parametrize(
    ("text", "build"),
    [
        ("__version__ = '2.13.0+cpu'\ncuda: Optional[str] = None\n", TorchBuild("2.13.0+cpu", "")),
        (
            "__version__ = '2.13.0'\ncuda: Optional[str] = '13.0'\nhip: Optional[str] = None",
            TorchBuild("2.13.0", "CUDA 13.0"),
        ),
    ],
)
def test_cpu_and_cuda_are_told_apart(
    text: str, build: TorchBuild, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("")
    (tmp_path / "torch" / "version.py").write_text(text)
    monkeypatch.setattr("sys.path", [str(tmp_path)])
    monkeypatch.setattr("sys.modules", {k: v for k, v in sys.modules.items() if k.partition(".")[0] != "torch"})
    assert torch_build() == build
    assert ("CUDA 13.0 build" if build.accelerator else "CPU build") in str(build)


def test_the_build_is_told_without_making_a_syntax_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    """In Python 3.11 that fails now and then while another thread makes one, as recording a step does."""

    def fail(*args: object, **kwargs: object) -> None:
        raise SystemError("AST constructor recursion depth mismatch (before=171, after=54)")

    monkeypatch.setattr("ast.parse", fail)
    assert torch_build() is not None
