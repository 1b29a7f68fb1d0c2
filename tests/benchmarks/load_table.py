"""How long a large table takes to load and what it takes of memory, beside ``pandas.read_csv``.

    python tests/benchmarks/load_table.py [--rows 1000000] [--rounds 3] [--file KEPT.csv]

Each load is a process of its own, since peak memory is one; ours and pandas' take turns, so that a busy machine slows
both. Memory counts from what the imports take to the peak.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

_WORK = """
import json, resource, sys, time
import pandas as pd
from gdstudio.core.spec import FileSource
from gdstudio.core.registry import registry
from gdstudio.data.load import load_table
from gdstudio.data.preview import preview
from pathlib import Path
registry("readers"), registry("samples")
path, how = sys.argv[1:]
with open(path, "rb") as file:
    while file.read(1 << 24):
        pass
resident = int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()
began = time.perf_counter()
if how == "preview":
    preview(Path(path))
    print(json.dumps({"seconds": time.perf_counter() - began}))
    sys.exit()
frame = pd.read_csv(path) if how == "pandas" else load_table(FileSource(path=path)).frame
seconds = time.perf_counter() - began
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - resident
print(json.dumps({"seconds": seconds, "peak": peak, "table": int(frame.memory_usage(deep=True).sum())}))
"""


def _one(path: Path, how: str) -> dict[str, float]:
    made = subprocess.run(
        [sys.executable, "-c", _WORK, str(path), how], capture_output=True, text=True, check=True, timeout=600
    )
    measured: dict[str, float] = json.loads(made.stdout)
    return measured


def write_table(path: Path, rows: int) -> None:
    """28 columns: twenty of numbers, four of whole numbers, two of words, a date, a class."""
    import numpy as np
    import pandas as pd

    draw = np.random.default_rng(0)
    columns = {f"x{i}": draw.normal(size=rows) for i in range(20)}
    columns |= {f"k{i}": draw.integers(0, 1000, rows) for i in range(4)}
    columns |= {
        "city": draw.choice(["Köln", "Málaga", "Besançon", "Århus"], rows),
        "day": draw.choice(pd.date_range("2020", "2024").strftime("%Y-%m-%d"), rows),
        "word": draw.choice([f"word {i}" for i in range(500)], rows),
        "y": draw.integers(0, 2, rows),
    }
    pd.DataFrame(columns).to_csv(path, index=False, float_format="%.9g")


def main() -> None:
    """Write a table unless one is given, load it in turns, print the figures and their bounds."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--file", type=Path)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path: Path = given.file or Path(folder) / "table.csv"
        if not path.exists():
            write_table(path, given.rows)
        print(f"{path.stat().st_size / 1e6:.0f} MB, load average {os.getloadavg()[0]:.2f}")
        found: dict[str, list[dict[str, float]]] = {"pandas": [], "ours": [], "preview": []}
        for _ in range(given.rounds):
            for how, results in found.items():
                results.append(_one(path, how))
        seconds = {how: statistics.median(r["seconds"] for r in results) for how, results in found.items()}
        peak = statistics.median(r["peak"] / r["table"] for r in found["ours"])
        print(f"pandas {seconds['pandas']:.2f} s, ours {seconds['ours']:.2f} s")
        print(f"time: {seconds['ours'] / seconds['pandas']:.2f} x pandas.read_csv (bound 1.5)")
        print(f"peak memory: {peak:.2f} x the table (bound 3)")
        print(f"preview: {seconds['preview']:.2f} s (bound 0.5)")
        print(f"load average {os.getloadavg()[0]:.2f}")


if __name__ == "__main__":
    main()
