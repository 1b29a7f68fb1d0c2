"""Each bad input is one sentence that says what and where, or rows left out and said so."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from data_helpers import prepared, table_of

from gdstudio.core.control import Cancelled
from gdstudio.core.errors import StudioError
from gdstudio.core.spec import ColumnSpec, DataSpec, FileSource, PreparationSpec, SplitSpec
from gdstudio.data.dataset import prepare
from gdstudio.data.load import load_table

Write = Callable[..., Path]


def _lines(n: int = 40) -> list[str]:
    return [f"{i % 7},{i * 1.5},{'yes' if i % 3 else 'no'}" for i in range(n)]


def _text(n: int = 40, **replaced: str) -> str:
    """A good table, with lines replaced: ``line5="…"`` is data row 5, counted from 1."""
    lines = _lines(n)
    for key, line in replaced.items():
        lines[int(key.removeprefix("line")) - 1] = line
    return "\n".join(["a,b,bought", *lines]) + "\n"


def _refused(path: Path, **columns: ColumnSpec) -> str:
    with pytest.raises(StudioError) as caught:
        prepared(path, **columns)
    assert caught.value.message
    return str(caught.value)


def test_the_good_table_is_good(write: Write) -> None:
    assert len(prepared(write(_text())).train) == 24


def test_an_empty_file(write: Write) -> None:
    assert "is empty" in _refused(write(""))


@pytest.mark.parametrize("text", ["\n\n\n", "   \n \t \n", "\ufeff", "a,b,c\n"])
def test_a_file_without_rows(write: Write, text: str) -> None:
    assert "no" in _refused(write(text))


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    assert "There is no file" in _refused(tmp_path / "gone.csv")
    assert "is a folder" in _refused(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="devices have other names there")
def test_a_device() -> None:
    assert "device" in _refused(Path("/dev/zero"))


def test_binary_garbage(write: Write) -> None:
    assert "binary" in _refused(write(bytes(range(256)) * 50))
    assert "binary" in _refused(write(np.random.RandomState(0).bytes(5000)))


def test_one_column(write: Write) -> None:
    said = _refused(write("a\n1\n2\n3\n"))
    assert "only one column, 'a'" in said
    assert "delimiter" in said


def test_a_target_with_a_single_class(write: Write) -> None:
    text = _text().replace("no", "yes")
    with pytest.raises(StudioError, match="same value, 'yes'"):
        prepared(write(text), bought=ColumnSpec(role="target"))


def test_an_unknown_target_names_the_nearest(write: Write) -> None:
    source = FileSource(path=str(write(_text())))
    with pytest.raises(StudioError, match="Did you mean bought"):
        prepare(DataSpec(source=source, target="bougth"), load_table(source))
    with pytest.raises(StudioError, match="Did you mean bought"):
        prepare(DataSpec(source=source, columns={"bougt": ColumnSpec(role="ignore")}), load_table(source))


def test_text_in_a_numeric_column_names_column_row_and_value(write: Write) -> None:
    said = _refused(write(_text(line7="3,unclear,yes")))
    assert "'b'" in said
    assert "'unclear'" in said
    assert "row 7" in said
    assert "category" in said
    assert prepared(write(_text(line7="3,unclear,yes")), b=ColumnSpec(role="ignore")).feature_names == ("a",)


def test_infinities_name_column_and_row(write: Write) -> None:
    said = _refused(write(_text(line9="3,inf,yes")))
    assert "'b'" in said
    assert "infinite" in said
    assert "row 9" in said


def test_a_value_beyond_32_bits_is_refused(write: Write) -> None:
    frame = pd.DataFrame({"a": np.arange(30.0), "b": [1e300, *np.arange(29.0)], "y": ["u", "v"] * 15})
    spec = DataSpec(target="y").model_copy()
    unscaled = spec.model_copy(update={"preparation": spec.preparation.model_copy(update={"scale": "none"})})
    with pytest.raises(StudioError, match="'b' holds 1e\\+300 in row 1"):
        prepare(unscaled, table_of(frame))


def test_an_infinite_target_is_refused() -> None:
    frame = pd.DataFrame({"a": np.arange(30.0), "y": [math.inf, *np.arange(29.0)]})
    with pytest.raises(StudioError, match="'y' holds an infinite value in row 1"):
        prepare(DataSpec(target="y"), table_of(frame))


def test_missing_targets_are_left_out_and_said(write: Write) -> None:
    dataset = prepared(write(_text(line3="1,2,", line4="1,3,NA")))
    rows = np.concatenate([part.rows for part in dataset.parts.values()])
    assert sorted(rows) == [i for i in range(40) if i not in (2, 3)]
    assert "2 rows left out because the target 'bought' is missing there." in dataset.notes


def test_all_missing_columns_are_ignored_with_a_reason(write: Write) -> None:
    lines = [f"{line},," for line in _lines()]
    text = "\n".join(["a,b,bought,empty,also empty", *lines])
    dataset = prepared(write(text), bought=ColumnSpec(role="target"))
    assert dataset.feature_names == ("a", "b")
    assert any("empty" in note and "no values" in note for note in dataset.notes)
    with pytest.raises(StudioError, match="'empty' has no values at all"):
        prepared(write(text), empty=ColumnSpec(role="target"))


@pytest.mark.parametrize("kind", ["category", "numeric"])
def test_an_all_missing_target_is_refused_whatever_its_type(kind: str) -> None:
    frame = pd.DataFrame({"a": np.arange(30.0), "b": np.arange(30.0) % 7, "y": [None] * 30})
    spec = DataSpec(target="y", columns={"y": ColumnSpec(type=kind)})
    with pytest.raises(StudioError, match="'y' has no values"):
        prepare(spec, table_of(frame))


def test_an_all_missing_feature_chosen_by_hand_is_left_out_and_said() -> None:
    frame = pd.DataFrame({"a": np.arange(30.0), "e": [None] * 30, "y": ["u", "v"] * 15})
    spec = DataSpec(target="y", columns={"e": ColumnSpec(role="feature")})
    dataset = prepare(spec, table_of(frame))
    assert dataset.feature_names == ("a",)
    assert any("'e' is left out" in note for note in dataset.notes)


def test_a_class_for_every_row_is_refused() -> None:
    frame = pd.DataFrame({"a": np.arange(30.0) % 7, "b": np.arange(30.0) % 5, "name": [f"n{i}" for i in range(30)]})
    with pytest.raises(StudioError, match="30 classes in 30 rows"):
        prepare(DataSpec(target="name"), table_of(frame))


def test_no_features_left(write: Write) -> None:
    said = _refused(write(_text()), a=ColumnSpec(role="ignore"), b=ColumnSpec(role="ignore"))
    assert "No feature is left" in said


def test_too_few_rows(write: Write) -> None:
    said = _refused(write("a,b,y\n1,2,u\n3,4,v\n5,6,u\n"))
    assert "3 usable rows are too few" in said


def test_a_class_with_one_member_falls_back_to_a_plain_split() -> None:
    frame = pd.DataFrame({"a": np.arange(30.0) % 7, "y": ["u", "v"] * 14 + ["u", "w"]})
    dataset = prepare(DataSpec(target="y"), table_of(frame))
    assert sum(map(len, dataset.parts.values())) == 30
    assert any("a class has only 1 row" in note for note in dataset.notes)
    others = [prepare(DataSpec(target="y", split=SplitSpec(seed=s)), table_of(frame)) for s in range(20)]
    assert any("No training row is of the class 'w'" in " ".join(d.notes) for d in others)


def test_duplicate_column_names_are_renamed_and_said(write: Write) -> None:
    table = load_table(FileSource(path=str(write("a,a,b,a (2),a\n1,2,x,3,4\n5,6,y,7,8\n"))))
    assert list(table.frame.columns) == ["a", "a (3)", "b", "a (2)", "a (4)"]
    assert "Two columns are called 'a'; the later one is now 'a (3)'." in table.notes


def test_a_changed_file_is_refused_by_its_hash_unless_told_otherwise(write: Write) -> None:
    table = load_table(FileSource(path=str(write(_text()))))
    write(_text(41))
    with pytest.raises(StudioError, match="content has changed"):
        load_table(table.source)
    assert len(load_table(table.source, verify=False).frame) == 41


def test_a_yes_no_column_with_three_values_is_refused() -> None:
    frame = pd.DataFrame({"a": list("xyz") * 10, "y": ["u", "v"] * 15})
    with pytest.raises(StudioError, match="3 different values"):
        prepare(DataSpec(target="y", columns={"a": ColumnSpec(type="boolean")}), table_of(frame))


def test_an_unknown_positive_class_is_refused() -> None:
    frame = pd.DataFrame({"a": np.arange(30.0) % 7, "y": ["left", "right"] * 15})
    with pytest.raises(StudioError, match="Did you mean right"):
        prepare(DataSpec(target="y", positive_class="rigth"), table_of(frame))


def test_two_targets_are_refused() -> None:
    frame = pd.DataFrame({"a": np.arange(30.0) % 7, "b": [1, 2] * 15, "y": ["u", "v"] * 15})
    columns = {"b": ColumnSpec(role="target"), "y": ColumnSpec(role="target")}
    with pytest.raises(StudioError, match="Two columns are targets: b, y"):
        prepare(DataSpec(columns=columns), table_of(frame))


def test_a_category_for_every_row_does_not_fill_the_memory() -> None:
    frame = pd.DataFrame({"a": [f"n{i}" for i in range(50_000)], "y": ["u", "v"] * 25_000})
    spec = DataSpec(target="y", columns={"a": ColumnSpec(role="feature", type="category")})
    assert len(prepare(spec, table_of(frame)).feature_names) == 100
    unbounded = spec.model_copy(update={"preparation": PreparationSpec(max_categories=0)})
    with pytest.raises(StudioError, match="would take 30,000 inputs"):
        prepare(unbounded, table_of(frame))


def test_cancelling_a_load(write: Write) -> None:
    asked = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 2

    with pytest.raises(Cancelled):
        load_table(FileSource(path=str(write(_text(5000)))), cancelled=cancelled)


def test_progress_rises_to_one(write: Write) -> None:
    seen: list[float] = []
    load_table(FileSource(path=str(write(_text(20_000)))), progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert len(seen) > 3


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_tiny_tables_are_refused_in_words(rows: int) -> None:
    frame = pd.DataFrame({"a": np.arange(float(rows)), "y": ["u", "v"][:rows]})
    with pytest.raises(StudioError):
        prepare(DataSpec(target="y"), table_of(frame))


def test_a_whole_number_of_hundreds_of_digits_is_refused_in_words(write: Write) -> None:
    path = write("a,b,y\n" + "".join(f"{i},{'9' * 400 if i == 7 else i},{i % 2}\n" for i in range(40)))
    table = load_table(FileSource(path=str(path)))
    with pytest.raises(StudioError, match="infinite value in row 8"):
        prepare(DataSpec(source=table.source, columns={"b": ColumnSpec(type="numeric", role="feature")}), table)


def test_a_file_that_grows_while_it_is_read_is_refused(write: Write) -> None:
    path = write(_text())

    def append(share: float) -> None:
        if path.stat().st_size < 1_000_000:
            with path.open("a") as file:
                file.write("1,2,yes\n")

    with pytest.raises(StudioError, match="changed while it was read"):
        load_table(FileSource(path=str(path)), progress=append)
    assert len(load_table(FileSource(path=str(path))).frame) > 40


def test_a_line_of_ten_million_columns_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="memory is measured on POSIX")
    path = tmp_path / "wide.csv"
    path.write_bytes(b",".join([b"a"] * 10_000_000) + b"\n" + b",".join([b"1"] * 10_000_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "at most 100,000 can be read" in _refused(path)
    # Kilobytes on Linux.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


@pytest.mark.parametrize("content", [b"a,b,y\n1,\x002,u\n3,4,v\n" * 50, bytes(1_000_000)])
def test_zero_bytes_are_no_text(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "zero.csv"
    path.write_bytes(content)
    assert "binary" in _refused(path)
