"""health.csv: what was sampled of a run's layers, written and read back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from gdstudio.core.errors import StudioError
from gdstudio.core.history import RunHistory
from gdstudio.evaluation.health import MEASURES, Health


def health_of(history: RunHistory) -> Health:
    """What a run has sampled so far; may be called from any thread."""
    return Health(history.health_layers, history.health.snapshot())


def write_health(history: RunHistory, path: Path) -> None:
    """A row a sample and layer; floats read back to the same bits, NaN is an empty cell."""
    health = health_of(history)
    frame = pd.DataFrame({name: health.columns[name] for name in ("step", "layer", *MEASURES)})
    frame = frame.astype({"step": np.int64, "layer": np.int64})
    frame.insert(2, "name", [health.layers[number - 1] for number in frame["layer"]])
    frame.to_csv(path, index=False, lineterminator="\n")


def read_health(path: Path) -> Health:
    """What :func:`write_health` wrote; empty where there is no file.

    Raises:
        StudioError: The file cannot be read or is damaged.
    """
    empty = {name: np.empty(0) for name in ("step", "layer", *MEASURES)}
    if not path.exists():
        return Health((), empty)
    try:
        frame = pd.read_csv(path, keep_default_na=False, na_values=[""])
        names = frame.drop_duplicates("layer").sort_values("layer")["name"]
        columns = {name: frame[name].to_numpy(np.float64) for name in empty}
    except OSError as error:
        raise StudioError(f"{path} cannot be read: {error.strerror or error}.") from None
    except (ValueError, KeyError):
        raise StudioError(f"{path} is damaged.", "Train the run again from its spec.json.") from None
    return Health(tuple(names.astype(str)), columns)
