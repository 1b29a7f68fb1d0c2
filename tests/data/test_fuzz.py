"""Damaged files of every format are read or refused in words; nothing else."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from corpus_cases import cases
from format_files import ARFF, RECORDS, ROWS, TEXT, parquet_file, sqlite_file, workbook, zipped

from gdstudio.core.errors import StudioError
from gdstudio.core.spec import DataSpec, FileSource
from gdstudio.data.dataset import prepare
from gdstudio.data.describe import description, write_clean_csv
from gdstudio.data.load import load_table

_PIECES = [b'"', b"'", b"\n", b"\r", b",", b";", b"\t", b"\0", b"\xff", b"\x80", b"\\", b"{", b"[", b"1e999", b"NaN",
           b"-inf", b'"' * 9, b"," * 50, b"\n" * 20, b"9" * 400, b"\xff\xfe", b"#", b"@data", b"?"]  # fmt: skip


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("originals")
    np.save(folder / "a.npy", np.arange(60.0).reshape(20, 3))
    np.savez_compressed(folder / "b.npz", X=np.ones((20, 3)), y=np.arange(20))
    formats = [
        workbook(folder / "w.xlsx", Empty=[], One=[["Our stock"], [], *ROWS]).read_bytes(),
        parquet_file(folder / "p.parquet", pd.DataFrame(RECORDS)).read_bytes(),
        sqlite_file(folder / "s.db").read_bytes(),
        json.dumps(RECORDS).encode(),
        "\n".join(map(json.dumps, RECORDS)).encode(),
        ARFF.encode(),
        (folder / "a.npy").read_bytes(),
        (folder / "b.npz").read_bytes(),
        zipped(TEXT, "a.csv"),
    ]
    kept = [path.read_bytes() for path in sorted((Path(__file__).parent / "corpus").iterdir()) if _is_original(path)]
    return [c.content for c in cases() if len(c.content) < 50_000] + kept + formats * 20


def _is_original(path: Path) -> bool:
    return not path.name.startswith(".") and not path.name.endswith(".expected.json")


def _mutated(content: bytes, draw: random.Random, others: list[bytes]) -> bytes:
    data = bytearray(content)
    for _ in range(draw.choice([1, 1, 2, 3, 8, 30])):
        place = draw.randrange(len(data) + 1)
        end = min(len(data), place + draw.randrange(1, 100))
        match draw.randrange(6):
            case 0:
                data[place : place + 1] = bytes([draw.randrange(256)])
            case 1:
                data[place:place] = draw.choice(_PIECES)
            case 2:
                del data[place:end]
            case 3:
                data[place:place] = data[place:end]
            case 4:
                other = draw.choice(others)
                start = draw.randrange(len(other))
                data[place:place] = other[start : start + 60]
            case 5:
                data = data[: max(place, 1)] if draw.random() < 0.2 else data
    return bytes(data) or b"x"


def _try(content: bytes, folder: Path, name: str) -> None:
    path = folder / name
    path.write_bytes(content)
    began = time.process_time()
    try:
        table = load_table(FileSource(path=str(path)))
        json.dumps(description(table, path), allow_nan=False)
        write_clean_csv(table, folder / "clean.csv")
        prepare(DataSpec(source=table.source), table)
    except StudioError as error:
        assert error.message  # noqa: PT017 - either outcome is right
    # Of the processor, not of a clock: a machine that is busy is no fault of the file.
    assert time.process_time() - began < 10


def _many(seed: int, count: int, originals: list[bytes], folder: Path) -> None:
    draw = random.Random(seed)
    for number in range(count):
        content = _mutated(draw.choice(originals), draw, originals)
        _try(content, folder, f"f{number}{draw.choice(['.csv', '.txt', '.xlsx', '', '.tab', '.json'])}")


@pytest.mark.parametrize("seed", range(10))
def test_damaged_files_are_read_or_refused_in_words(seed: int, originals: list[bytes], tmp_path: Path) -> None:
    _many(seed, 15, originals, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 150))
def test_five_thousand_damaged_files(seed: int, originals: list[bytes], tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="memory is measured on POSIX")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _many(seed, 100, originals, tmp_path)
    # Kilobytes on Linux; the largest of so small files may unfold to some hundred megabytes.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1 << 20
