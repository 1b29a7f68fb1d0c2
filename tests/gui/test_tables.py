from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication

from gdstudio.core.errors import StudioError
from gdstudio.data.spreadsheet import has_dangerous_text, made_safe
from gdstudio.gui.tables.frame import FrameModel
from gdstudio.gui.tables.numbers import exact_text, formatter
from gdstudio.gui.tables.ordering import permutation
from gdstudio.gui.tables.view import TableView
from gdstudio.gui.theme import Theme

Role = Qt.ItemDataRole
UP, DOWN = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "age": [41.0, np.nan, 38.75, 7.0],
            "n": [2, 10, 1, 2**53 + 1],
            "city": pd.Series(["Ulm", None, "=1+1", "Bern"], dtype=object),
            "yes": [True, False, True, False],
        }
    )


@pytest.fixture
def model(theme: Theme) -> FrameModel:
    return FrameModel(frame(), theme, {"age": ("target", "Predicted")})


@pytest.fixture
def view(shown: Callable[[Any], Any], theme: Theme, model: FrameModel) -> TableView:
    made = shown(TableView(theme))
    made.set_model(model)
    return made


def column(model: FrameModel, number: int, role: int = Role.DisplayRole) -> list[Any]:
    return [model.index(row, number).data(role) for row in range(model.rowCount())]


def test_the_model_keeps_qts_rules(model: FrameModel) -> None:
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Warning)
    model.sort(1, DOWN)
    model.sort(-1)
    assert tester.model() is model


def test_cells_show_few_digits_and_tell_all_of_them(model: FrameModel, theme: Theme) -> None:
    assert column(model, 0) == ["41.00", "–", "38.75", "7.00"]
    assert column(model, 0, Role.ToolTipRole) == ["41", "missing", "38.75", "7"]
    assert column(model, 2) == ["Ulm", "–", "=1+1", "Bern"]
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    assert model.index(0, 0).data(Role.TextAlignmentRole) == right
    assert model.index(0, 2).data(Role.TextAlignmentRole) != right
    assert model.index(1, 0).data(Role.ForegroundRole) == theme.color("muted")
    assert model.index(0, 0).data(Role.ForegroundRole) is None
    assert model.index(3, 1).data(Role.ToolTipRole) == str(2**53 + 1)


def test_headings_carry_names_and_decoration(model: FrameModel) -> None:
    horizontal = Qt.Orientation.Horizontal
    assert model.headerData(0, horizontal) == "age"
    assert model.headerData(0, horizontal, Role.ToolTipRole) == "Predicted"
    assert not model.headerData(0, horizontal, Role.DecorationRole).isNull()
    assert model.headerData(1, horizontal, Role.DecorationRole) is None
    model.set_header("n", "numeric", "Feature")
    assert model.headerData(1, horizontal, Role.ToolTipRole) == "Feature"
    assert model.headerData(2, Qt.Orientation.Vertical) == "2"


@pytest.mark.parametrize(
    ("number", "order", "rows"),
    [
        (0, UP, [3, 2, 0, 1]), (0, DOWN, [0, 2, 3, 1]),
        (1, UP, [2, 0, 1, 3]), (1, DOWN, [3, 1, 0, 2]),
        (2, UP, [2, 3, 0, 1]), (2, DOWN, [0, 3, 2, 1]),
        (3, UP, [1, 3, 0, 2]), (3, DOWN, [0, 2, 1, 3]),
    ],
)  # fmt: skip
def test_sorting_is_stable_with_missing_values_last(
    model: FrameModel, number: int, order: Qt.SortOrder, rows: list[int]
) -> None:
    model.sort(number, order)
    assert [model.source_row(row) for row in range(4)] == rows
    model.sort(-1)
    assert [model.source_row(row) for row in range(4)] == [0, 1, 2, 3]


def test_whole_numbers_that_doubles_cannot_tell_apart_are_sorted() -> None:
    model = FrameModel(pd.DataFrame({"n": [2**53 + 1, 2**53, 2**53 + 2]}))
    model.sort(0, UP)
    assert [model.source_row(row) for row in range(3)] == [1, 0, 2]


def test_a_column_of_texts_and_numbers_can_be_sorted() -> None:
    model = FrameModel(pd.DataFrame({"x": pd.Series(["b", 2, None, "a"], dtype=object)}))
    model.sort(0, UP)
    assert [model.source_row(row) for row in range(4)] == [1, 3, 0, 2]


def test_a_selection_stays_with_its_row_when_sorted(view: TableView, model: FrameModel) -> None:
    view.selectionModel().setCurrentIndex(model.index(2, 0), QItemSelectionModel.SelectionFlag.ClearAndSelect)
    model.sort(0, UP)
    assert model.source_row(view.currentIndex().row()) == 2


def test_a_click_on_a_heading_sorts_up_then_down_then_as_it_was(view: TableView, model: FrameModel) -> None:
    header = view.horizontalHeader()
    orders = []
    for _ in range(3):
        QTest.mouseClick(
            header.viewport(), Qt.MouseButton.LeftButton, pos=header.viewport().rect().topLeft() + _inside(header)
        )
        orders.append([model.source_row(row) for row in range(4)])
    assert orders == [[3, 2, 0, 1], [0, 2, 3, 1], [0, 1, 2, 3]]


def _inside(header: Any) -> Any:
    from PySide6.QtCore import QPoint

    return QPoint(header.sectionViewportPosition(0) + 10, 5)


def test_copying_gives_every_digit_in_the_order_on_screen(view: TableView, model: FrameModel) -> None:
    model.sort(0, UP)
    view.selectAll()
    QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QApplication.clipboard().text().split("\n")
    assert lines[0] == "age\tn\tcity\tyes"
    assert lines[1] == f"7.0\t{2**53 + 1}\tBern\tFalse"
    assert lines[4] == "\t10\t\tFalse"
    view.clearSelection()
    view.selectionModel().select(model.index(1, 0), QItemSelectionModel.SelectionFlag.Select)
    view.copy()
    assert QApplication.clipboard().text() == "38.75"


def test_saving_protects_spreadsheets_only_when_asked(view: TableView, tmp_path: Path) -> None:
    assert has_dangerous_text(frame())
    assert not has_dangerous_text(pd.DataFrame({"a": [-1.5], "b": ["-2.5"], "c": ["x=1"]}))
    view.save_csv(tmp_path / "plain.csv")
    view.save_csv(tmp_path / "safe.csv", spreadsheet_safe=True)
    plain, safe = (pd.read_csv(tmp_path / name) for name in ("plain.csv", "safe.csv"))
    assert plain["city"][2] == "=1+1"
    assert safe["city"][2] == "'=1+1"
    assert safe["city"].isna().tolist() == [False, True, False, False]
    assert plain["age"].equals(safe["age"])
    assert list(made_safe(pd.DataFrame({"@x": [1]})).columns) == ["'@x"]
    with pytest.raises(StudioError, match="cannot be written"):
        view.save_csv(tmp_path / "missing" / "x.csv")


def test_another_frame_replaces_the_first(view: TableView, theme: Theme) -> None:
    other = FrameModel(pd.DataFrame({"x": [1.0]}), theme)
    view.set_model(other)
    assert view.model() is other
    assert view.model().rowCount() == 1


def test_an_empty_frame(view: TableView, theme: Theme) -> None:
    view.set_model(FrameModel(pd.DataFrame({"x": []}), theme))
    view.model().sort(0)
    assert view.model().rowCount() == 0
    assert view.selected_frame() is None
    view.set_model(FrameModel(pd.DataFrame(), theme))
    assert view.model().columnCount() == 0


def test_children_have_no_rows(model: FrameModel) -> None:
    assert model.rowCount(model.index(0, 0)) == 0
    assert model.rowCount(QModelIndex()) == 4


def test_a_million_rows_are_shown_and_sorted_at_once(shown: Callable[[Any], Any], theme: Theme) -> None:
    n = 1_000_000
    rng = np.random.default_rng(0)
    large = pd.DataFrame({f"c{i}": rng.normal(size=n) for i in range(4)})
    large["text"] = pd.Series(rng.choice(["a", "b", "c"], n))
    view = TableView(theme)
    started = time.perf_counter()
    model = FrameModel(large, theme)
    view.set_model(model)
    shown(view)
    assert time.perf_counter() - started < 1.0  # about 0.1 measured
    started = time.perf_counter()
    model.sort(0)
    model.sort(4, DOWN)
    assert time.perf_counter() - started < 2.0  # about 0.3 measured
    first = large["c0"].to_numpy()
    model.sort(0)
    assert model.value(0, 0) == first.min()
    assert model.value(n - 1, 0) == first.max()


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0.5, 0.25], ["0.50", "0.25"]),
        ([1.0, 2.0], ["1", "2"]),
        ([123.456789, 1.0], ["123.46", "1.00"]),
        ([1e-7, 2.5e-7], ["1e-07", "2.5e-07"]),
        ([1e12, 1.0], ["1e+12", "1"]),
        ([1 / 3, 100.0], ["0.33", "100.00"]),
    ],
)
def test_a_columns_numbers_line_up_with_digits_that_mean_something(values: list[float], texts: list[str]) -> None:
    write = formatter(pd.Series(values))
    assert [write(value) for value in values] == texts


def test_whole_numbers_and_others() -> None:
    write = formatter(pd.Series([1, 2]))
    assert [write(7), write(99_999), write(1_234_567)] == ["7", "99999", "1,234,567"]
    assert exact_text(np.float32(0.1)) == "0.1"
    assert exact_text(0.1 + 0.2) == "0.30000000000000004"
    assert exact_text(pd.Timestamp("2020-01-02")) == "2020-01-02"
    assert exact_text(pd.NA) == exact_text(None) == exact_text(float("nan")) == ""


@pytest.mark.parametrize("order", [UP, DOWN])
def test_many_texts_are_sorted_as_python_sorts_them(order: Qt.SortOrder) -> None:
    random = np.random.default_rng(0)
    long = "the same forty characters, more or less. "
    texts = [
        f"{long}{n}" if n % 3 else ("Ünal", "ulm", "Zoë", "\U0001f600")[n % 4] + str(n % 97) for n in range(12_000)
    ]
    texts = [texts[i] for i in random.permutation(len(texts))]
    texts[5] = texts[77] = texts[11_000] = None
    got = permutation(pd.Series(texts, dtype="str"), order).tolist()
    there = [i for i, text in enumerate(texts) if text is not None]
    # A stable sort downwards keeps equal ones as they stand.
    expected = sorted(there, key=lambda i: texts[i], reverse=order == DOWN)
    assert [texts[i] for i in got[:-3]] == [texts[i] for i in expected]
    assert got[-3:] == [5, 77, 11_000]
    equal = [i for i in got[:-3] if texts[i] == texts[got[0]]]
    assert equal == sorted(equal)
