"""``gdstudio export``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def gdstudio(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gdstudio", *map(str, arguments)], capture_output=True, text=True, encoding="utf-8"
    )


def test_a_run_is_exported_as_a_script_that_proves_itself(tmp_path: Path) -> None:
    run, script = tmp_path / "run", tmp_path / "purchase.py"
    trained = gdstudio("train", "--sample", "purchase", "--set", "training.epochs=3", "--set", "training.device=cpu",
                       "--out", run)  # fmt: skip
    assert trained.returncode == 0, trained.stderr
    done = gdstudio("export", run, "--format", "script", "--out", script, "--verify")
    assert done.returncode == 0, done.stderr
    assert "Bit-equal" in done.stderr
    assert (tmp_path / "purchase_data.csv").exists()

    unknown = gdstudio("export", run, "--format", "scrip", "--out", script)
    assert (unknown.returncode, "script" in unknown.stderr) == (2, True)
    nowhere = gdstudio("export", run, "--format", "script", "--out", tmp_path / "no" / "x.py")
    assert (nowhere.returncode, "does not exist" in nowhere.stderr) == (2, True)
