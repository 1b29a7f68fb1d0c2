"""Reading ARFF: https://waikato.github.io/weka-wiki/formats_and_processing/arff_stable/."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from gdstudio.core.errors import StudioError
from gdstudio.core.spec import ColumnSpec
from gdstudio.data.entry import IsCancelled, Progress
from gdstudio.data.streams import open_plain
from gdstudio.data.text.encoding import find_encoding
from gdstudio.data.tidy import unique_names

_ATTRIBUTE = re.compile(r"""@attribute\s+('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\S+)\s+(.+)""", re.IGNORECASE)
_VALUE = re.compile(r"""\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^,\t]*))\s*(?:[,\t]|$)""")
_SPARSE = re.compile(r"""\s*(\d+)\s+(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^,]*))\s*(?:,|$)""")
_NUMERIC = ("numeric", "real", "integer")


@dataclass(frozen=True)
class _Attribute:
    name: str
    numeric: bool
    classes: tuple[str, ...] = ()


def read_arff(
    path: Path, progress: Progress, cancelled: IsCancelled
) -> tuple[pd.DataFrame, dict[str, ColumnSpec], list[str]]:
    """The frame, what the file says of its columns, and notes.

    Raises:
        StudioError: A line is none of the format's; names it.
    """
    with open_plain(path) as stream:
        encoding = find_encoding(stream.read(1 << 18))
    attributes: list[_Attribute] = []
    rows: list[list[str | None]] = []
    in_data = False
    with open_plain(path, progress, cancelled) as stream:
        text = io.TextIOWrapper(stream, encoding=encoding, errors="replace")
        for number, line in enumerate(text, 1):
            line = line.strip()
            if not line or line.startswith("%"):
                continue
            if in_data:
                rows.append(_row(line, attributes, number, path))
            elif line.lower().startswith("@attribute"):
                attributes.append(_attribute(line, number, path))
            elif line.lower().startswith("@data"):
                in_data = True
        text.detach()
    if not attributes or not in_data:
        raise StudioError(f"{path} has no @attribute or no @data line.", "It is cut off, or no ARFF file.")
    names, notes = unique_names([a.name for a in attributes])
    frame, columns = _frame(names, attributes, rows, path)
    return frame, columns, notes


def _frame(
    names: list[str], attributes: list[_Attribute], rows: list[list[str | None]], path: Path
) -> tuple[pd.DataFrame, dict[str, ColumnSpec]]:
    series: dict[str, pd.Series[Any]] = {}
    columns: dict[str, ColumnSpec] = {}
    for index, (name, attribute) in enumerate(zip(names, attributes, strict=True)):
        values = [row[index] for row in rows]
        if attribute.numeric:
            try:
                series[name] = pd.Series(pd.to_numeric(pd.Series(values, dtype=object)))
            except (ValueError, TypeError) as error:
                raise StudioError(
                    f"The numeric attribute {name!r} of {path} holds text: {error}.", "Mend it."
                ) from None
            columns[name] = ColumnSpec(type="numeric")
        else:
            series[name] = pd.Series(values, dtype="str")
            if attribute.classes:
                columns[name] = ColumnSpec(type="boolean" if len(attribute.classes) == 2 else "category")
    nominal = [name for name, a in zip(names, attributes, strict=True) if a.classes]
    target = next(
        (n for n in names if n.lower() == "class"), nominal[-1] if nominal and nominal[-1] == names[-1] else None
    )
    if target:
        columns[target] = columns.get(target, ColumnSpec()).model_copy(update={"role": "target"})
    return pd.DataFrame(series, index=pd.RangeIndex(len(rows))), columns


def _attribute(line: str, number: int, path: Path) -> _Attribute:
    match = _ATTRIBUTE.match(line)
    if not match:
        raise StudioError(f"Line {number} of {path} is no attribute: {line[:60]!r}.", "Write @attribute name type.")
    kind = match.group(2).strip()
    name = _unquoted(match.group(1))
    if kind.startswith("{"):
        return _Attribute(name, False, tuple(v or "" for v in _values(kind.strip("{} "))))
    return _Attribute(name, kind.split()[0].lower() in _NUMERIC)


def _row(line: str, attributes: list[_Attribute], number: int, path: Path) -> list[str | None]:
    if line.startswith("{"):
        row: list[str | None] = ["0" if a.numeric else (a.classes[0] if a.classes else "") for a in attributes]
        for match in _SPARSE.finditer(line.split("}")[0].lstrip("{")):
            index = int(match.group(1))
            if index >= len(attributes):
                raise StudioError(f"Line {number:,} of {path} names attribute {index}; there are {len(attributes)}.")
            row[index] = _cell(match.group(2), match.group(3), match.group(4))
        return row
    values = _values(line)
    if len(values) == len(attributes) + 1 and re.fullmatch(r"\{[\d.]+\}", values[-1] or ""):
        values.pop()
    if len(values) != len(attributes):
        raise StudioError(
            f"Line {number:,} of {path} has {len(values)} values for {len(attributes)} attributes.", "Mend the line."
        )
    return values


def _values(text: str) -> list[str | None]:
    values: list[str | None] = []
    position = 0
    while position <= len(text):
        match = _VALUE.match(text, position)
        if not match:
            # An unclosed quote: the rest is one value.
            values.append(text[position:].strip())
            break
        values.append(_cell(*match.groups()))
        if match.end() == len(text) and not text.endswith((",", "\t")):
            break
        if match.end() == position:
            break
        position = match.end()
    return values


def _cell(single: str | None, double: str | None, plain: str | None) -> str | None:
    quoted = single if single is not None else double
    if quoted is not None:
        return re.sub(r"\\(.)", r"\1", quoted)
    plain = (plain or "").strip()
    return None if plain in ("?", "") else plain


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text[:1] in "'\"" and len(text) > 1 else text
