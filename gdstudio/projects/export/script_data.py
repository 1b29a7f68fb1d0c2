"""The first part of an exported script: reading and splitting, with the numbers of the program itself."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gdstudio.core.errors import StudioError
from gdstudio.core.seeds import stream_seed
from gdstudio.core.spec import FileSource
from gdstudio.data.dataset import Dataset
from gdstudio.data.preparation import NumericColumn
from gdstudio.data.table import Table
from gdstudio.data.transforms import TransformedColumn
from gdstudio.data.values import labels, numbers

#: Samples that scikit-learn's own loaders read, and the call.
_LOADERS = {
    "iris": "load_iris()",
    "wine": "load_wine()",
    "breast_cancer": "load_breast_cancer()",
    "digits": "load_digits()",
    "diabetes": "load_diabetes(scaled=False)",
}


@dataclass(frozen=True)
class DataPart:
    """How the script comes to its rows.

    Attributes:
        code: Python that makes ``frame``.
        table: What is to be written beside the script; None where the rows can be read elsewhere.
    """

    code: str
    table: pd.DataFrame | None = None


def reading(dataset: Dataset, data_name: str) -> DataPart:
    """Code that makes ``frame`` with the columns that are used, every row in its place.

    Args:
        dataset: Whose table is to be read.
        data_name: Name of the file beside the script that rows are written to where nothing else has them.
    """
    table, source = dataset.table, dataset.table.source
    if source.kind in _LOADERS:
        code = _loader(table, _LOADERS[source.kind])
        numeric = numeric_columns(dataset)
        named = [n for n in used_columns(dataset) if n not in numeric and pd.api.types.is_numeric_dtype(table.frame[n])]
        if all((table.frame[name] % 1 == 0).all() for name in named):
            for name in named:
                code += f"frame[{name!r}] = frame[{name!r}].astype(int).astype(str)  # numbers that name a category\n"
            return DataPart(code)
    if isinstance(source, FileSource) and source.reader is not None and source.reader.kind == "csv":
        own = _csv(dataset, source)
        if own is not None:
            return DataPart(own)
    frame, missing = _plain(dataset)
    texts = [name for name in frame.columns if not pd.api.types.is_float_dtype(frame[name])]
    code = f"""\
# Every used column of the table, row by row as the studio read it: numbers as numbers, categories as text.
# pandas 3.1 and later read numbers back to the very bits.
frame = pd.read_csv(
    Path(__file__).resolve().with_name({data_name!r}),
    encoding="utf-8",
    dtype={dict.fromkeys(texts, "str")!r},
    keep_default_na=False,
    na_values=[{missing!r}],
    skip_blank_lines=False,
)
"""
    return DataPart(code, frame.astype(object).where(frame.notna(), missing))


def _loader(table: Table, call: str) -> str:
    """scikit-learn's copy of a sample, with the names that the studio shows."""
    from sklearn import datasets

    features = [str(name) for name in table.frame.columns[:-1]]
    target = str(table.frame.columns[-1])
    code = f"""\
bunch = datasets.{call}  # a table that comes with scikit-learn
frame = pd.DataFrame(np.asarray(bunch.data, dtype=np.float64), columns={features!r})
"""
    if pd.api.types.is_float_dtype(table.frame[target]):
        return code + f"frame[{target!r}] = np.asarray(bunch.target, dtype=np.float64)\n"
    numbers_of = getattr(datasets, call.split("(")[0])().target
    names = [str(table.frame[target].iloc[int(np.argmax(numbers_of == i))]) for i in range(numbers_of.max() + 1)]
    return code + f"frame[{target!r}] = np.array({names!r})[bunch.target]\n"


def used_columns(dataset: Dataset) -> list[str]:
    """The features that are learned from, and the target, in the table's order."""
    wanted = {*dataset.preparation.raw_columns, dataset.preparation.target}
    return [str(name) for name in dataset.table.frame.columns if name in wanted]


def numeric_columns(dataset: Dataset) -> set[str]:
    """The used columns that are understood as numbers."""
    found = {c.name for c in dataset.preparation.columns if isinstance(c, NumericColumn | TransformedColumn)}
    return found | {dataset.preparation.target} if dataset.task == "regression" else found


def _plain(dataset: Dataset) -> tuple[pd.DataFrame, str]:
    """The used columns as float64 or text, and a word for missing values that is none of the texts."""
    numeric = numeric_columns(dataset)
    columns: dict[str, Any] = {}
    texts: set[str] = set()
    for name in used_columns(dataset):
        series = dataset.table.frame[name]
        if name in numeric:
            columns[name] = numbers(series, name)
        else:
            codes, found = labels(series)
            texts.update(found)
            columns[name] = pd.Series(np.array([*found, None], dtype=object)[codes], dtype="str")
    missing = next(word for word in ("", "NA", "missing", *(f"missing {i}" for i in range(10**6))) if word not in texts)
    return pd.DataFrame(columns), missing


def _csv(dataset: Dataset, source: FileSource) -> str | None:
    """Code that has pandas read the person's own file; None where that would not give the very same values."""
    reader: Any = source.reader
    numeric = numeric_columns(dataset)
    used = used_columns(dataset)
    frame = dataset.table.frame
    if any(pd.api.types.is_numeric_dtype(frame[n]) != (n in numeric) or pd.api.types.is_bool_dtype(frame[n])
           for n in used):  # fmt: skip
        return None
    if len(reader.delimiter) != 1 or reader.skip_footer or reader.header not in (0, 1):
        return None
    path = Path(source.path).expanduser().resolve()
    options: dict[str, Any] = {
        "encoding": reader.encoding,
        "sep": reader.delimiter,
        "decimal": reader.decimal or ".",
        "na_values": list(reader.missing_words or ()),
        "keep_default_na": False,
    }
    options |= {"header": 0} if reader.header else {"header": None, "names": [str(c) for c in frame.columns]}
    if reader.skip_rows:
        options["skiprows"] = reader.skip_rows
    options |= {"quotechar": reader.quote} if reader.quote else {"quoting": int(csv.QUOTE_NONE)}
    if reader.escape:
        options |= {"escapechar": reader.escape, "doublequote": False}
    options["dtype"] = {name: "str" for name in used if name not in numeric}
    try:
        again = pd.read_csv(path, **options)
    except (OSError, ValueError, LookupError):
        return None
    if not _same(frame, again, used, numeric):
        return None
    arguments = "".join(f"    {name}={value!r},\n" for name, value in options.items())
    return f"frame = pd.read_csv(\n    {str(path)!r},\n{arguments})\n"


def _same(frame: pd.DataFrame, again: pd.DataFrame, used: list[str], numeric: set[str]) -> bool:
    """Whether the columns that are used hold the same values, to the bit."""
    if len(again) != len(frame) or any(name not in again.columns for name in used):
        return False
    for name in used:
        if name in numeric:
            if not pd.api.types.is_numeric_dtype(again[name]):
                return False
            if not np.array_equal(numbers(frame[name], name), numbers(again[name], name), equal_nan=True):
                return False
        elif not frame[name].equals(again[name]):
            return False
    return True


# -- split ------------------------------------------------------------------------------------------------


def splitting(dataset: Dataset) -> str:
    """Code that draws the same rows for the three parts.

    Raises:
        StudioError: It would draw others.
    """
    spec, target = dataset.spec.split, dataset.preparation.target
    rows = np.sort(np.concatenate([part.rows for part in dataset.parts.values()]))
    test, validation = len(dataset.test), len(dataset.validation)
    classes = None
    if dataset.classes:
        classes = dataset.preparation.encode_target(dataset.table.frame[target].iloc[rows])
    for kept in (classes, None):
        if kept is not None and not spec.stratify:
            continue
        parts = _drawn(spec.seed, rows, validation, test, kept)
        if parts is not None and np.array_equal(parts[0], dataset.train.rows) and \
                np.array_equal(parts[2], dataset.test.rows):  # fmt: skip
            return _split_code(dataset, kept is not None)
    raise StudioError("The script would split the rows in another way than the studio did.", "Please report this.")


def _drawn(
    seed: int, rows: NDArray[np.int64], validation: int, test: int, classes: NDArray[Any] | None
) -> tuple[NDArray[np.int64], ...] | None:
    """What the script's own lines draw."""
    from sklearn.model_selection import train_test_split

    random = np.random.RandomState(stream_seed(seed, "split") % 2**32)
    parts = [np.arange(len(rows))]
    try:
        for size in (test, validation):
            kept = None if classes is None else classes[parts[0]]
            cut = train_test_split(parts[0], test_size=size, random_state=random, stratify=kept) if size else None
            parts = [cut[0], cut[1], *parts[1:]] if cut else [parts[0], parts[0][:0], *parts[1:]]
    except ValueError:
        return None
    return tuple(np.sort(rows[p]) for p in parts)


def _split_code(dataset: Dataset, stratified: bool) -> str:
    spec = dataset.spec.split
    kept = "classes" if stratified else "None"
    why = "Each class keeps its share in every part." if stratified else "The draw takes no regard to classes."
    code = """\
# Rows whose target is missing can teach nothing.
rows = np.flatnonzero(frame[TARGET].notna())
"""
    if stratified:
        code += "classes = np.array([CLASSES.index(name) for name in frame[TARGET].iloc[rows]], dtype=np.int64)\n"
    code += f"""
# The training part teaches, the validation part judges while training, the test part is kept to the end.
# {why}
random = np.random.RandomState(stream_seed({spec.seed}, "split") % 2**32)
train = np.arange(len(rows))
validation = test = train[:0]
"""
    for name, size in (("test", len(dataset.test)), ("validation", len(dataset.validation))):
        if size:
            chosen = "classes[train]" if stratified else kept
            code += (
                f"train, {name} = train_test_split(train, test_size={size}, random_state=random, stratify={chosen})\n"
            )
    return code + "train, validation, test = (np.sort(rows[part]) for part in (train, validation, test))\n"
