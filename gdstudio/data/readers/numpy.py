"""NumPy's .npy and .npz."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gdstudio.core.errors import StudioError, nearest
from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings
from gdstudio.core.spec import ColumnSpec
from gdstudio.data.entry import IsCancelled, Progress, ReaderEntry, Reading

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FEATURES = ("X", "x", "data", "features", "x_train")
_TARGETS = ("y", "Y", "target", "labels", "label", "y_train")
_MOST_BYTES = 8 << 30


class NumpySettings(Settings):
    """Which array."""

    kind: Literal["numpy"] = "numpy"
    array: str = setting("", label="Array", help="The array that is read; X with y, or the first, when empty.")


def offers(path: Path, head: bytes) -> float:
    """The magic of .npy, also where it stands in an archive."""
    if head.startswith(b"\x93NUMPY"):
        return 1.0
    return 1.0 if head.startswith(b"PK\x03\x04") and b".npy" in head[:300] else 0.0


def build(settings: NumpySettings, path: Path, progress: Progress, cancelled: IsCancelled) -> Reading:
    """Read one array, or X and y of an archive; pickled objects are refused."""
    import zipfile
    import zlib

    import numpy as np

    try:
        with path.open("rb") as file:
            if file.read(6) == b"\x93NUMPY":
                file.seek(0)
                return _reading({"": _array(file, path)}, settings, path)
        with zipfile.ZipFile(path) as archive:
            arrays = {}
            for info in archive.infolist():
                if info.filename.endswith(".npy"):
                    with archive.open(info) as member:
                        arrays[info.filename.removesuffix(".npy")] = _array(member, path)
            return _reading(arrays, settings, path)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, MemoryError) as error:
        if "pickle" in str(error) or "Object arrays" in str(error):
            raise StudioError(
                f"{path} holds Python objects, which could run code when they are read.",
                "Save it as numbers or text, without pickle.",
            ) from None
        raise StudioError(f"{path} cannot be read as a NumPy file: {error}.", "Save it again.") from None
    except (np.exceptions.DTypePromotionError, TypeError, SyntaxError) as error:
        raise StudioError(f"{path} cannot be read as a NumPy file: {error}.", "Save it again.") from None


def _array(file: Any, path: Path) -> NDArray[Any]:
    import math

    import numpy as np

    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    try:
        shape, fortran, dtype = read(file)
    # A damaged header fails in the tokenizer, the literal parser or the type's own, each in its way.
    except Exception as error:
        raise ValueError(f"its header is damaged ({type(error).__name__})") from None
    if dtype.hasobject:
        raise ValueError("Object arrays")
    size = math.prod(shape) * dtype.itemsize
    if size > _MOST_BYTES:
        raise StudioError(f"{path} holds an array of {size >> 20:,} MB: too large.", "Save a part of it.")
    data = bytearray()
    while len(data) < size:
        chunk = file.read(min(1 << 24, size - len(data)))
        if not chunk:
            raise ValueError("it ends too early")
        data += chunk
    flat = np.frombuffer(bytes(data), dtype=dtype, count=math.prod(shape))
    return flat.reshape(shape, order="F" if fortran else "C")


def _reading(arrays: dict[str, NDArray[Any]], settings: NumpySettings, path: Path) -> Reading:
    import pandas as pd

    from gdstudio.data.tidy import tidy

    names = list(arrays)
    if not names:
        raise StudioError(f"{path} holds no arrays.", "Choose another file.")
    if settings.array and settings.array not in names:
        raise StudioError(f"{path} has no array called {settings.array!r}.", nearest(settings.array, names))
    features = next((n for n in _FEATURES if n in names), None)
    target = next((n for n in _TARGETS if n in names), None)
    known: dict[str, ColumnSpec] = {}
    if not settings.array and features and target and len(arrays[features]) == arrays[target].size:
        frame = _frame(arrays[features], path)
        frame[target] = arrays[target].reshape(-1)
        known[target] = ColumnSpec(role="target")
    else:
        frame = _frame(arrays[settings.array or features or names[0]], path)
    frame, notes = tidy(pd.DataFrame(frame))
    return Reading(frame, settings, tuple(notes), {"arrays": names}, known)


def _frame(array: NDArray[Any], path: Path) -> Any:
    import pandas as pd

    if array.dtype.names:
        return pd.DataFrame({name: list(array[name].reshape(-1)) for name in array.dtype.names})
    if array.ndim == 0:
        raise StudioError(f"{path} holds a single value, not a table.", "An array of rows and columns is needed.")
    flat = array.reshape(len(array), -1)
    if flat.dtype.byteorder == ">":
        flat = flat.astype(flat.dtype.newbyteorder("="))
    if flat.dtype.kind in "SU":
        flat = flat.astype(str).astype(object)
    return pd.DataFrame(flat, columns=[f"x{i + 1}" for i in range(flat.shape[1])])


ENTRY = ReaderEntry(
    key="numpy",
    label="NumPy",
    settings=NumpySettings,
    build=build,
    offers=offers,
    extensions=(".npy", ".npz"),
    help="An array of rows and columns; in an archive, X and y belong together. Pickled objects are refused.",
    order=80,
    unpacks=("zip",),
)
