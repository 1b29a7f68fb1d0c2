"""Formats other than plain text: the right reader by content, the right table, and a sentence for damage."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import sqlite3
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from format_files import ARFF, RECORDS, TEXT, check, load, parquet_file, sqlite_file, zipped

from gdstudio.core.errors import StudioError
from gdstudio.core.registry import registry
from gdstudio.core.spec import FileSource
from gdstudio.data.describe import describe_source, write_clean_csv
from gdstudio.data.load import load_table
from gdstudio.data.opening import offered_reader

Write = Callable[..., Path]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, lambda b: zipped(b.decode(), "t.csv")])
@pytest.mark.parametrize("name", ["table.csv", "no_ending", "lies.xlsx"])
def test_compressed_text_is_told_by_its_content(write: Write, pack: Callable[[bytes], bytes], name: str) -> None:
    check(load(write(pack(TEXT.encode()), name)), "csv")


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, lambda b: zipped(b.decode(), "t.csv")])
def test_cut_off_compressed_text_is_refused(write: Write, pack: Callable[[bytes], bytes]) -> None:
    whole = pack((TEXT * 50).encode())
    with pytest.raises(StudioError, match="damaged or cut-off"):
        load(write(whole[: len(whole) // 2], "table.csv.gz"))


def test_an_archive_of_several_files_is_refused(write: Write) -> None:
    with pytest.raises(StudioError):
        load(write(zipped(TEXT, "a.csv", "b.csv"), "both.zip"))


def test_a_bomb_is_refused_before_it_fills_the_memory(write: Write) -> None:
    path = write(gzip.compress(b"a,b\n" + b"0" * (80 << 20)), "bomb.csv.gz")
    with pytest.raises(StudioError, match="unfolds to more than"):
        load(path)


def test_parquet(tmp_path: Path) -> None:
    path = parquet_file(tmp_path / "t[1].anything", pd.DataFrame(RECORDS))
    check(load(path), "parquet")
    cut = tmp_path / "cut.parquet"
    cut.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(StudioError, match=r"cut\.parquet cannot be read as Parquet"):
        load(cut)


def test_parquet_with_missing_values_dates_and_lists(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT 1 a, DATE '2024-01-31' d, [1, 2] l, 1.25::DECIMAL(5,2) m, true b UNION ALL "
            f"SELECT NULL, NULL, NULL, NULL, NULL) TO '{path}' (FORMAT parquet)"
        )
    frame = load(path).frame
    assert frame["a"].tolist()[0] == 1.0
    assert np.isnan(frame["a"].tolist()[1])
    assert frame["d"][0] == pd.Timestamp("2024-01-31")
    assert frame["l"][0] == "[1, 2]"
    assert frame["m"][0] == 1.25
    assert frame["b"][0] == "True"


@pytest.mark.parametrize(
    "document",
    [
        json.dumps(RECORDS),
        json.dumps(RECORDS, indent=2),
        "\n".join(json.dumps(r) for r in RECORDS),
        "\ufeff" + json.dumps(RECORDS),
        json.dumps({"data": RECORDS, "page": 1}),
        json.dumps({k: [r[k] for r in RECORDS] for k in RECORDS[0]}),
        json.dumps({k: {str(i): r[k] for i, r in enumerate(RECORDS)} for k in RECORDS[0]}),
        json.dumps([list(RECORDS[0]), *[list(r.values()) for r in RECORDS]]),
        json.dumps({"columns": list(RECORDS[0]), "data": [list(r.values()) for r in RECORDS]}),
    ],
)
def test_json_in_its_layouts(write: Write, document: str) -> None:
    check(load(write(document, "table.json")), "json")
    check(load(write(gzip.compress(document.encode()), "table.txt")), "json")


def test_json_with_nested_and_missing_values(write: Write) -> None:
    records = [{"a": {"b": 1, "c": {"d": "x"}}, "l": [1, 2]}, {"a": {"b": None}, "e": 2**70}]
    frame = load(write(json.dumps(records), "t.json")).frame
    assert list(frame.columns) == ["a.b", "a.c.d", "l", "e"]
    assert frame["l"][0] == "[1, 2]"
    assert frame["e"][1] == float(2**70)


@pytest.mark.parametrize("document", ["[1, 2", '{"a": 1}\n{"a": \n', "[" * 100_000, "[]", "{}", '{"a": NaN'])
def test_broken_json_is_refused_in_words(write: Write, document: str) -> None:
    with pytest.raises(StudioError):
        load(write(document, "t.json"))


def test_sqlite_tables_and_views_with_any_name(tmp_path: Path) -> None:
    path = sqlite_file(tmp_path / "t.csv")
    before = path.read_bytes()
    table = load(path)
    check(table, "sqlite")
    assert table.details["tables"] == ['x"; DROP TABLE y', "other", "some"]
    reader = registry("readers").settings({"kind": "sqlite", "table": "some"})
    assert load_table(FileSource(path=str(path), reader=reader)).frame.shape == (30, 2)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    wrong = registry("readers").settings({"kind": "sqlite", "table": "othr"})
    with pytest.raises(StudioError, match="Did you mean other"):
        load_table(FileSource(path=str(path), reader=wrong))


def test_a_locked_or_cut_data_base_is_refused(tmp_path: Path) -> None:
    path = sqlite_file(tmp_path / "t.db")
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StudioError, match="in use by another program"):
        load(path)
    connection.close()
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(StudioError):
        load(path)


def test_arff(write: Write) -> None:
    table = load(write(ARFF, "t.txt"))
    assert table.source.reader.kind == "arff"  # type: ignore[attr-defined]
    assert table.frame["full name"].tolist() == ["Ann, Lee", "Bob", "Cy"]
    assert table.frame["qty"].isna().tolist() == [False, True, False]
    assert table.frame["colour"].tolist() == ["red", "dark blue", "red"]
    assert table.column("class").role == "target"
    assert table.column("colour").type == "boolean"


def test_sparse_arff(write: Write) -> None:
    text = (
        "@relation r\n@attribute a numeric\n@attribute b {x,y}\n@attribute c numeric\n@data\n{0 2.5, 2 3}\n{1 y}\n{}\n"
    )
    frame = load(write(text, "t.arff")).frame
    assert frame["a"].tolist() == [2.5, 0, 0]
    assert frame["b"].tolist() == ["x", "y", "x"]
    assert frame["c"].tolist() == [3, 0, 0]


@pytest.mark.parametrize(
    "text", ["@relation r\n@attribute a numeric\n", "@relation r\n@attribute\n@data\n1\n",
             "@relation r\n@attribute a numeric\n@data\n1,2\n", "@relation r\n@attribute a numeric\n@data\nx\n"],
)  # fmt: skip
def test_broken_arff_is_refused_in_words(write: Write, text: str) -> None:
    with pytest.raises(StudioError):
        load(write(text, "t.arff"))


def test_an_orange_table_brings_types_and_roles(write: Write) -> None:
    rows = ["name\tage\tkind\tgroup", "string\tcontinuous\td\tgood bad", "meta\t\t\tclass"]
    rows += [f"n{i}\t{i % 9}\t{i % 2}\t{'good' if i % 3 else 'bad'}" for i in range(30)]
    table = load(write("\n".join(rows) + "\n", "t.csv"))
    assert table.source.reader.kind == "orange"  # type: ignore[attr-defined]
    assert [(c.name, c.type, c.role) for c in table.columns] == [
        ("name", "text", "ignore"), ("age", "numeric", "feature"), ("kind", "category", "feature"),
        ("group", "category", "target"),
    ]  # fmt: skip
    flagged = ["mS#name\tC#age\tcD#group", *[f"n{i}\t{i % 9}\t{'good' if i % 3 else 'bad'}" for i in range(30)]]
    table = load(write("\n".join(flagged) + "\n", "t.tab"))
    assert [(c.name, c.role) for c in table.columns] == [("name", "ignore"), ("age", "feature"), ("group", "target")]
    assert len(table.frame) == 30


@pytest.mark.parametrize("third", ["http://a.b/c?d=1;alpha", "key=value;alpha"])
def test_words_cut_by_semicolons_are_not_orange(write: Write, third: str) -> None:
    table = load(write("\n".join(["age;income", "alpha;two words", third, *["alpha;alpha"] * 3])))
    assert table.source.reader.kind == "csv"
    assert [column.name for column in table.columns] == ["age", "income"]


def test_a_plain_table_of_tabs_is_not_orange(write: Write) -> None:
    assert offered_reader(write(TEXT.replace(",", "\t"), "t.tab")).key == "csv"


def test_numpy_arrays(tmp_path: Path) -> None:
    draw = np.random.RandomState(0)
    features, target = draw.normal(size=(40, 3)), draw.randint(2, size=40)
    np.save(tmp_path / "a.npy", features)
    assert np.array_equal(load(tmp_path / "a.npy").frame.to_numpy(), features)
    np.save(tmp_path / "f.npy", np.asfortranarray(features.astype(">f4")))
    assert np.allclose(load(tmp_path / "f.npy").frame.to_numpy(), features, atol=1e-6)
    np.savez_compressed(tmp_path / "b.npz", X=features, y=target)
    table = load(tmp_path / "b.npz")
    assert np.array_equal(table.frame[["x1", "x2", "x3"]].to_numpy(), features)
    assert [c.name for c in table.columns if c.role == "target"] == ["y"]
    np.savez(tmp_path / "one.npz", features)
    assert load(tmp_path / "one.npz").frame.shape == (40, 3)
    np.save(tmp_path / "s.npy", np.array([(1, "a"), (2, "b")], dtype=[("n", "i4"), ("s", "U5")]))
    assert load(tmp_path / "s.npy").frame["s"].tolist() == ["a", "b"]


def test_pickled_and_lying_arrays_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "o.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(StudioError, match="could run code"):
        load(tmp_path / "o.npy")
    np.save(tmp_path / "a.npy", np.zeros((10, 2)))
    lying = (tmp_path / "a.npy").read_bytes().replace(b"(10, 2)", b"(10000000, 2)").replace(b"      \n", b"\n", 1)
    (tmp_path / "l.npy").write_bytes(lying)
    with pytest.raises(StudioError):
        load(tmp_path / "l.npy")


def test_a_description_says_what_was_detected(write: Write) -> None:
    found = describe_source(write(TEXT.replace(",", ";"), "t.csv"))
    assert (found["reader"], found["encoding"], found["delimiter"], found["quote"]) == ("csv", "utf-8", ";", '"')
    assert (found["rows"], found["header"]) == (30, 1)
    assert [c["name"] for c in found["columns"]] == ["name", "qty", "price", "ok"]
    json.dumps(found, allow_nan=False)


def test_a_copy_of_typed_values_reads_back_the_same(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [0.1, 1 / 3, np.nan], "n": [1, 2, 3], "s": ['a "b"', "c,d", "e\nf"]})
    table = load(parquet_file(tmp_path / "t.parquet", frame))
    write_clean_csv(table, tmp_path / "out.csv")
    raw = (tmp_path / "out.csv").read_bytes()
    assert raw.startswith(b"x,n,s\r\n0.1,1,")
    back = pd.read_csv(tmp_path / "out.csv")
    assert back["x"].equals(frame["x"])
    assert back["s"].tolist() == frame["s"].tolist()


def test_a_copy_never_replaces_its_source(write: Write) -> None:
    path = write(TEXT)
    with pytest.raises(StudioError, match="is the file that is read"):
        write_clean_csv(load(path), path)
    assert path.read_text() == TEXT
