from __future__ import annotations

from pathlib import Path

import pandas as pd

from gdstudio.core.spec import ColumnSpec, DataSpec, FileSource
from gdstudio.data.dataset import Dataset, prepare
from gdstudio.data.load import data_hash, load_table
from gdstudio.data.roles import guess_columns
from gdstudio.data.table import Table


def table_of(frame: pd.DataFrame, target: str | None = None) -> Table:
    return Table(frame, guess_columns(frame, target), "a table", FileSource(), data_hash(frame))


def prepared(path: Path, **columns: ColumnSpec) -> Dataset:
    source = FileSource(path=str(path))
    return prepare(DataSpec(source=source, columns=columns), load_table(source))
