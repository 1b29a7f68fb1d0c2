"""From a source to a table: the one way rows come into the program."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gdstudio.core.control import Cancelled
from gdstudio.core.errors import StudioError
from gdstudio.core.registry import Settings, registry
from gdstudio.core.spec import FileSource
from gdstudio.data.entry import IsCancelled, Progress, ReaderEntry, Reading, SampleEntry
from gdstudio.data.opening import check_file, offered_reader, unpacked
from gdstudio.data.roles import guess_columns
from gdstudio.data.table import Table
from gdstudio.data.values import factorized

_CHUNK_BYTES = 1 << 22


def load_table(
    source: Settings,
    *,
    progress: Progress | None = None,
    cancelled: IsCancelled | None = None,
    verify: bool = True,
) -> Table:
    """Read a sample or a file.

    Args:
        source: A sample's settings or a :class:`FileSource`; without a reader the best for the content is taken.
        progress: Called with the share that is done, 0 … 1.
        cancelled: Asked now and then; once true, :class:`Cancelled` is raised.
        verify: Whether a hash in ``source`` must be that of the file.

    Returns:
        The table; its ``source`` carries the file's hash and the reader with every guess filled in.

    Raises:
        StudioError: The file cannot be read, is not the one that the hash was taken of, or holds no rows.
        Cancelled: ``cancelled`` said so.
    """
    report: Progress = progress or (lambda share: None)
    stop: IsCancelled = cancelled or (lambda: False)
    if isinstance(source, FileSource):
        return _file(source, report, stop, verify)
    entry = cast(SampleEntry, registry("samples")[source.kind])
    frame = entry.build(source)
    columns = guess_columns(frame, target=entry.target, known=entry.columns)
    report(1.0)
    return Table(frame, columns, entry.label, source, data_hash(frame), description=entry.help)


def _file(source: FileSource, report: Progress, stop: IsCancelled, verify: bool) -> Table:
    path = Path(source.path).expanduser()
    check_file(path)
    before = _state(path)
    if verify and source.sha256 and source.sha256 != file_hash(path, stop):
        raise StudioError(
            f"{path} is not the file that this experiment was made with: its content has changed.",
            "Put the old file back, or open the new one as new data.",
        )
    if source.reader is None:
        entry = offered_reader(path)
        settings = entry.settings(kind=entry.key)
    else:
        settings = source.reader
        entry = cast(ReaderEntry, registry("readers")[settings.kind])
    # Hashing releases the interpreter lock, so a second core does it while this one parses.
    with ThreadPoolExecutor(1) as pool, unpacked(path, entry) as local:
        hashing = pool.submit(file_hash, path, stop)
        reading: Reading = entry.build(settings, local, lambda share: report(0.85 * share), stop)
        digest = hashing.result()
    if _state(path) != before:
        raise StudioError(f"{path} changed while it was read.", "Open it again when it is finished.")
    frame = reading.frame
    if not len(frame):
        raise StudioError(f"{path} holds no rows.", "Choose another file, or check which row holds the column names.")
    notes = reading.notes
    if 0 < source.sample_rows < len(frame):
        notes = (
            *notes,
            f"{source.sample_rows:,} of {len(frame):,} rows, drawn at random; rows are numbered within this sample.",
        )
        kept = np.sort(np.random.default_rng(0).choice(len(frame), source.sample_rows, replace=False))
        frame = frame.iloc[kept].reset_index(drop=True)
    if stop():
        raise Cancelled
    report(0.85)
    found = _factorized(frame)
    counts = {name: (int((codes < 0).sum()), len(values)) for name, (codes, values) in found.items()}
    with ThreadPoolExecutor(1) as pool:
        hashing = pool.submit(data_hash, frame, found)
        columns = guess_columns(frame, target=_stated_target(reading), known=reading.columns, counts=counts)
        report(0.95)
        hashed = hashing.result()
    table = Table(
        frame=frame,
        columns=columns,
        name=path.name,
        source=source.model_copy(update={"path": str(path), "sha256": digest, "reader": reading.settings}),
        data_hash=hashed,
        notes=notes,
        details=dict(reading.details),
    )
    report(1.0)
    return table


def _stated_target(reading: Reading) -> str | None:
    """The column that the file itself calls the target."""
    return next((name for name, column in reading.columns.items() if column.role == "target"), None)


def _state(path: Path) -> tuple[int, int]:
    """Size and time of the last change."""
    try:
        stat = path.stat()
    except OSError as error:
        raise StudioError(f"{path} cannot be read: {error.strerror or error}.") from None
    return stat.st_size, stat.st_mtime_ns


def file_hash(path: Path, cancelled: IsCancelled = lambda: False) -> str:
    """SHA-256 of a file's bytes in hexadecimal.

    Raises:
        StudioError: It cannot be read.
        Cancelled: ``cancelled`` said so.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                if cancelled():
                    raise Cancelled
                digest.update(chunk)
    except OSError as error:
        raise StudioError(f"{path} cannot be read: {error.strerror or error}.") from None
    return digest.hexdigest()


#: Codes and values of a column, as ``pandas.factorize`` gives them.
_Factors = tuple[NDArray[np.intp], Any]


def _factorized(frame: pd.DataFrame) -> dict[str, _Factors]:
    """The columns that are neither numbers nor truth values; finding equal texts costs, and is needed twice."""
    return {
        str(name): factorized(frame[name]) for name, dtype in frame.dtypes.items() if isinstance(dtype, pd.StringDtype)
    }


def data_hash(frame: pd.DataFrame, factorized: Mapping[str, _Factors] | None = None) -> str:
    """SHA-256 over column names, types and values in hexadecimal; equal on every machine.

    Numbers enter as 64-bit little-endian, missing ones as one NaN; everything else by its text. ``factorized`` has
    the codes and values of columns of text where they are known.
    """
    digest = hashlib.sha256(f"{len(frame)} x {frame.shape[1]}".encode())
    for name in frame.columns:
        series = frame[name]
        digest.update(f"\0{len(str(name))}:{name}".encode("utf-8", "surrogatepass"))
        for chunk in _bytes_of(series, (factorized or {}).get(str(name))):
            digest.update(chunk)
    return digest.hexdigest()


def _bytes_of(series: pd.Series[Any], factors: _Factors | None) -> tuple[bytes | memoryview, ...]:
    if pd.api.types.is_bool_dtype(series) and not series.hasnans:
        return b"?", series.to_numpy(dtype=np.uint8).data
    if pd.api.types.is_integer_dtype(series) and not series.hasnans:
        kind = "<u8" if pd.api.types.is_unsigned_integer_dtype(series) else "<i8"
        return b"i", np.ascontiguousarray(series.to_numpy(), dtype=kind).data.cast("B")
    if pd.api.types.is_float_dtype(series):
        values = np.array(series.to_numpy(dtype=np.float64, na_value=np.nan), dtype="<f8")
        values[np.isnan(values)] = np.nan
        return b"f", values.data.cast("B")
    codes, found = factors if factors is not None else factorized(series)
    texts = [str(v).encode("utf-8", "surrogatepass") for v in found]
    lengths = ",".join(str(len(t)) for t in texts).encode()
    return b"s", np.ascontiguousarray(codes, dtype="<i8").data.cast("B"), lengths, b";", *texts
