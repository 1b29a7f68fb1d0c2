"""Time until the window is visible, beside ``python -c "import torch"``, in turn.

Run: ``python tests/benchmarks/start_up.py [rounds]``, on a screen or with ``QT_QPA_PLATFORM=offscreen``.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time

WINDOW = """
import os, sys
from PySide6.QtWidgets import QApplication

def seen():
    QApplication.processEvents()
    shown = [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()]
    print("visible", len(shown), "torch" in sys.modules, flush=True)
    os._exit(0)

QApplication.exec = staticmethod(seen)
from gdstudio.__main__ import main
main([])
"""


def seconds(code: str, cache: str) -> tuple[float, str]:
    """Wall time of a fresh interpreter that keeps its byte code in ``cache``, and what it printed."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    return time.perf_counter() - began, done.stdout.strip()


def main() -> None:
    """Print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    window, torch, said = [], [], ""
    with tempfile.TemporaryDirectory() as cache:
        seconds(WINDOW, cache), seconds("import torch", cache)
        for _ in range(rounds):
            taken, said = seconds(WINDOW, cache)
            window.append(taken)
            torch.append(seconds("import torch", cache)[0])
    print(f"time to window   median {statistics.median(window):.2f} s")
    print(f"import torch     median {statistics.median(torch):.2f} s")
    print(f"ratio            median {statistics.median(a / b for a, b in zip(window, torch, strict=True)):.2f}")
    print(f"torch was imported before the window was visible: {said.split()[-1]}")


if __name__ == "__main__":
    main()
