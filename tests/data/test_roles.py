from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from data_helpers import table_of

from gdstudio.core.errors import StudioError
from gdstudio.core.spec import ColumnSpec, DataSpec
from gdstudio.data.guess import guess_column
from gdstudio.data.roles import guess_columns, resolve, task_of
from gdstudio.data.values import affirmative, labels

N = 60


@pytest.mark.parametrize(
    ("name", "values", "kind", "role"),
    [
        ("age", [*range(20, 50)] * 2, "numeric", "feature"),
        ("price", np.arange(N) * 0.25, "numeric", "feature"),
        ("x", np.arange(N), "numeric", "feature"),
        ("id", np.arange(N), "identifier", "ignore"),
        ("customer_id", np.arange(N) * 7 % 1009, "identifier", "ignore"),
        ("customerId", np.arange(N) * 7 % 1009, "identifier", "ignore"),
        ("column 1", np.arange(N), "identifier", "ignore"),
        ("flag", [0, 1] * 30, "boolean", "feature"),
        ("flag", [True, False] * 30, "boolean", "feature"),
        ("smoker", ["Yes", "No"] * 30, "boolean", "feature"),
        ("side", ["left", "right"] * 30, "category", "feature"),
        ("level", ["high", "low", "medium"] * 20, "ordered", "feature"),
        ("colour", ["red", "green", "blue"] * 20, "category", "feature"),
        ("code", [f"K{i:04d}" for i in range(N)], "identifier", "ignore"),
        ("day", [f"2024-01-{i % 28 + 1:02d}" for i in range(N)], "datetime", "ignore"),
        ("day", [f"{i % 28 + 1}. März 2024" for i in range(N)], "datetime", "ignore"),
        ("day", [f"{i % 12 + 1}/{i % 28 + 1}/2024 10:30 PM" for i in range(N)], "datetime", "ignore"),
        ("when", pd.date_range("2024-01-01", periods=N), "datetime", "ignore"),
        ("note", [f"the {i} quick brown foxes jump over {i} lazy dogs, again and again and again" for i in range(N)],
         "text", "ignore"),
        ("same", ["x"] * N, "category", "ignore"),
        ("same", [3] * N, "numeric", "ignore"),
        ("empty", [None] * N, "numeric", "ignore"),
        ("mostly", ["1.5"] * 29 + ["x"] + ["2"] * 30, "numeric", "feature"),
        ("codes", ["1", "2", "A", "B"] * 15, "category", "feature"),
    ],
)  # fmt: skip
def test_a_columns_type_and_role_are_guessed(name: str, values: Any, kind: str, role: str) -> None:
    column = guess_column(pd.Series(values), name)
    assert (column.type, column.role) == (kind, role)
    assert bool(column.reason) or role == "feature"


def test_a_scale_of_words_is_ordered_from_low_to_high() -> None:
    assert guess_column(pd.Series(["High", "Low", "Medium"] * 9), "level").categories == ("Low", "Medium", "High")


@pytest.mark.parametrize(
    ("names", "target"),
    [
        (["a", "Target", "b"], "Target"),
        (["class", "a", "b"], "class"),
        (["y", "x"], "y"),
        (["a", "b", "c"], "c"),
        (["label", "a", "y"], "label"),
    ],
)
def test_the_target_is_guessed_by_name_then_by_place(names: list[str], target: str) -> None:
    frame = pd.DataFrame({name: np.random.RandomState(i).normal(size=N) for i, name in enumerate(names)})
    columns = guess_columns(frame)
    assert [c.name for c in columns if c.role == "target"] == [target]
    assert next(c for c in columns if c.name == target).reason.startswith("Taken as the target because")


def test_an_identifier_or_constant_last_column_is_not_the_target() -> None:
    frame = pd.DataFrame({"a": np.arange(N) % 7, "b": np.arange(N) % 5, "id": np.arange(N), "same": 1})
    assert [c.name for c in guess_columns(frame) if c.role == "target"] == ["b"]


def test_few_whole_numbers_as_a_target_are_classes_and_said_so() -> None:
    target = guess_column(pd.Series([3, 4, 5] * 20), "quality", as_target=True)
    assert target.type == "category"
    assert "3 whole numbers are taken as classes" in target.reason
    assert guess_column(pd.Series(np.arange(11).tolist() * 6), "y", as_target=True).type == "numeric"
    assert guess_column(pd.Series([0.5, 1.5] * 30), "y", as_target=True).type == "numeric"
    assert guess_column(pd.Series([3, 4, 5, 6]), "y", as_target=True).type == "numeric"


def _frame() -> pd.DataFrame:
    return pd.DataFrame(
        {"id": np.arange(N), "a": np.arange(N) % 7, "rank": [1, 2, 3] * 20, "city": ["Rome", "Oslo"] * 30}
    )


def test_resolving_fills_everything_and_is_idempotent() -> None:
    table = table_of(_frame())
    spec = resolve(DataSpec(), table)
    assert spec.target == "city"
    assert spec.positive_class == "Rome"
    assert {n: (c.role, c.type) for n, c in spec.columns.items()} == {
        "id": ("ignore", "identifier"),
        "a": ("feature", "numeric"),
        "rank": ("feature", "numeric"),
        "city": ("target", "category"),
    }
    assert spec.source == table.source
    assert resolve(spec, table) == spec


def test_another_target_turns_the_guessed_one_into_a_feature() -> None:
    spec = resolve(DataSpec(target="rank"), table_of(_frame()))
    assert spec.columns["rank"] == ColumnSpec(role="target", type="category")
    assert spec.columns["city"].role == "feature"
    assert spec.positive_class is None
    again = resolve(spec.model_copy(update={"target": "a"}), table_of(_frame()))
    assert again.columns["rank"].role == "feature"
    assert [n for n, c in again.columns.items() if c.role == "target"] == ["a"]


def test_what_a_person_says_of_a_column_wins_and_the_rest_is_guessed() -> None:
    columns = {"a": ColumnSpec(type="category"), "id": ColumnSpec(role="feature"), "city": ColumnSpec(role="ignore")}
    spec = resolve(DataSpec(columns=columns, target="rank"), table_of(_frame()))
    assert spec.columns["a"] == ColumnSpec(role="feature", type="category")
    assert spec.columns["id"] == ColumnSpec(role="feature", type="identifier")
    assert spec.columns["city"] == ColumnSpec(role="ignore", type="category")


def test_naming_a_type_that_is_no_reason_to_ignore_makes_a_feature() -> None:
    spec = resolve(DataSpec(columns={"id": ColumnSpec(type="numeric")}), table_of(_frame()))
    assert spec.columns["id"].role == "feature"


def test_the_order_of_categories_is_kept_and_completed() -> None:
    frame = _frame().assign(level=["b", "a", "c"] * 20)
    columns = {"level": ColumnSpec(type="ordered", categories=("c", "b"))}
    spec = resolve(DataSpec(columns=columns), table_of(frame, "city"))
    assert spec.columns["level"].categories == ("c", "b", "a")


def test_the_task_follows_the_targets_type() -> None:
    table = table_of(_frame())
    for target, kind, task in (
        ("city", "category", "binary"),
        ("rank", "category", "multiclass"),
        ("rank", "numeric", "regression"),
    ):
        spec = resolve(DataSpec(target=target, columns={target: ColumnSpec(type=kind)}), table)
        assert task_of(spec, table) == task


@pytest.mark.parametrize(
    ("names", "positive"),
    [
        (["no", "yes"], "yes"),
        (["True", "False"], "True"),
        (["1", "0"], "1"),
        (["-1", "1"], "1"),
        (["bought", "not bought"], "bought"),
        (["unstable", "stable"], "stable"),
        (["setosa", "virginica"], None),
        (["a", "b", "c"], None),
    ],
)
def test_of_two_names_the_affirmative_one_is_found(names: list[str], positive: str | None) -> None:
    assert affirmative(names) == positive


def test_labels_of_numbers_are_as_in_the_file() -> None:
    codes, names = labels(pd.Series([2, 1, np.nan, 2.5, 1]))
    assert names == ["2", "1", "2.5"]
    assert codes.tolist() == [0, 1, -1, 2, 1]


def test_values_of_two_kinds_with_one_name_are_one_category() -> None:
    codes, names = labels(pd.Series([1, "1", "x"], dtype=object))
    assert names == ["1", "x"]
    assert codes.tolist() == [0, 0, 1]


def test_a_table_without_a_fit_target_says_so() -> None:
    frame = pd.DataFrame({"a": [1.0] * N, "b": ["x"] * N})
    with pytest.raises(StudioError, match="No column of a table is fit to be predicted"):
        resolve(DataSpec(), table_of(frame))
