"""Preparation chosen for all columns or for one, against scikit-learn; everything is fitted on training rows alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer
from sklearn.model_selection import KFold
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler, TargetEncoder

from gdstudio.core.registry import registry
from gdstudio.core.spec import ColumnSpec, DataSpec, PreparationSpec
from gdstudio.data.dataset import Dataset, prepare
from gdstudio.data.load import data_hash
from gdstudio.data.preparation import Preparation
from gdstudio.data.roles import guess_columns
from gdstudio.data.table import Table


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    draw = np.random.default_rng(3)
    n = 240
    x = np.exp(draw.normal(0, 2, n))
    x[::9] = np.nan
    city = np.array([f"c{i}" for i in range(12)])[np.minimum(draw.geometric(0.25, n) - 1, 11)].astype(object)
    city[4::17] = None
    when = pd.date_range("2020-01-01 06:00", periods=n, freq="37h")
    return pd.DataFrame(
        {
            "x": x,
            "z": draw.normal(0, 1, n),
            "city": city,
            "when": when.strftime("%d.%m.%Y %H:%M"),
            "y": draw.choice(["no", "yes"], n),
            "amount": draw.normal(10, 3, n),
            "three": draw.choice(["a", "b", "c"], n),
        }
    )


def prepared(
    frame: pd.DataFrame, columns: dict[str, ColumnSpec] | None = None, target: str = "y", **how: Any
) -> Dataset:
    table = Table(
        frame, guess_columns(frame, target=target), "t", registry("samples").settings("iris"), data_hash(frame)
    )
    return prepare(DataSpec(target=target, columns=columns or {}, preparation=PreparationSpec(**how)), table)


def inputs(dataset: Dataset, part: str, start: str) -> np.ndarray:
    names = dataset.feature_names
    return dataset.parts[part].features[:, [i for i, name in enumerate(names) if name.startswith(start)]]


def test_a_constant_an_indicator_and_the_logarithm(frame: pd.DataFrame) -> None:
    data = prepared(frame[["x", "z", "y"]], impute="constant", constant=7.0, indicator=True, log=True)
    train, test = frame.iloc[data.train.rows][["x"]], frame.iloc[data.test.rows][["x"]]
    fill = SimpleImputer(strategy="constant", fill_value=7.0, add_indicator=True).fit(train)
    log = FunctionTransformer(lambda v: np.sign(v) * np.log1p(np.abs(v)))
    scale = StandardScaler().fit(log.transform(fill.transform(train)[:, :1]))
    for part, rows in (("train", train), ("test", test)):
        filled = fill.transform(rows)
        expected = np.column_stack([scale.transform(log.transform(filled[:, :1])), filled[:, 1]])
        np.testing.assert_allclose(inputs(data, part, "x"), expected, rtol=1e-5, atol=1e-6)
    assert data.feature_names == ("x", "x = missing", "z")


@pytest.mark.parametrize("clip", ["quantiles", "fences"])
def test_outliers_are_clipped_to_bounds_of_the_training_rows(frame: pd.DataFrame, clip: str) -> None:
    data = prepared(frame[["x", "z", "y"]], clip=clip, scale="none")
    train = frame["x"].iloc[data.train.rows]
    low, high = train.quantile([0.01, 0.99])
    if clip == "fences":
        q1, q3 = train.quantile([0.25, 0.75])
        low, high = q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)
    expected = frame["x"].iloc[data.test.rows].fillna(train.median()).clip(low, high)
    np.testing.assert_allclose(inputs(data, "test", "x")[:, 0], expected, rtol=1e-6)


def test_rare_categories_share_one_input(frame: pd.DataFrame) -> None:
    data = prepared(frame[["city", "z", "y"]], max_categories=5)
    known = frame.dropna()
    train = frame["city"].iloc[data.train.rows]
    fill = train.mode()[0]
    encoder = OneHotEncoder(max_categories=5, sparse_output=False, handle_unknown="infrequent_if_exist")
    encoder.fit(train.fillna(fill).to_frame())
    assert len(known)
    for part in ("train", "test"):
        rows = frame["city"].iloc[data.parts[part].rows].fillna(fill).to_frame()
        np.testing.assert_array_equal(inputs(data, part, "city"), encoder.transform(rows))
    assert data.feature_names[4] == "city = (other)"
    new = pd.DataFrame({"city": ["nowhere", "c0"], "z": 0.0})
    assert data.preparation.transform(new)[:, 4].tolist() == [1, 0]
    assert data.preparation.unseen(new) == {"city": 1}


def test_places_of_categories(frame: pd.DataFrame) -> None:
    data = prepared(frame[["three", "z", "y"]], encode="ordinal", scale="none")
    train = frame[["three"]].iloc[data.train.rows]
    expected = OrdinalEncoder().fit(train).transform(frame[["three"]].iloc[data.test.rows])
    np.testing.assert_array_equal(inputs(data, "test", "three"), expected)


@pytest.mark.parametrize(("target", "kind"), [("y", "binary"), ("three", "multiclass"), ("amount", "continuous")])
def test_means_of_the_target_are_cross_fitted(frame: pd.DataFrame, target: str, kind: str) -> None:
    data = prepared(frame[["city", "z", target]], target=target, encode="target_mean", scale="none")
    train, test = (frame[["city"]].iloc[part.rows] for part in (data.train, data.test))
    wanted = frame[target].iloc[data.train.rows]
    if target != "amount":
        wanted = pd.Series([data.classes.index(v) for v in wanted])
    # The folds are drawn by place, so that the codes of the categories do not matter.
    encoder = TargetEncoder(target_type=kind, cv=KFold(5, shuffle=True, random_state=0))
    crossed = encoder.fit_transform(train, wanted)
    np.testing.assert_allclose(inputs(data, "train", "city"), crossed, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(inputs(data, "test", "city"), encoder.transform(test), rtol=1e-5, atol=1e-6)
    # A row whose own target went into its feature would have the mean that new rows get.
    as_new = data.preparation.transform(frame)[data.train.rows, : crossed.shape[1]]
    assert np.abs(inputs(data, "train", "city") - as_new).max() > 1e-3


def test_a_date_becomes_the_parts_that_vary(frame: pd.DataFrame) -> None:
    data = prepared(frame[["when", "z", "y"]], {"when": ColumnSpec(role="feature")}, scale="none")
    assert data.feature_names[:-1] == ("when: year", "when: month", "when: day", "when: weekday", "when: hour")
    dates = pd.to_datetime(frame["when"], format="%d.%m.%Y %H:%M").iloc[data.test.rows]
    expected = np.column_stack([getattr(dates.dt, part) for part in ("year", "month", "day", "day_of_week", "hour")])
    np.testing.assert_array_equal(inputs(data, "test", "when"), expected)
    iso = pd.DataFrame({"when": ["2021-03-04 05:00", None, "nonsense"], "z": 0.0})
    assert data.preparation.transform(iso)[0, :5].tolist() == [2021, 3, 4, 3, 5]
    assert data.preparation.unseen(iso) == {"when": 1}


def test_dates_are_left_out_unless_asked_for(frame: pd.DataFrame) -> None:
    assert prepared(frame[["when", "z", "y"]]).feature_names == ("z",)


def test_one_column_can_differ_and_all_of_it_can_be_saved(frame: pd.DataFrame) -> None:
    data = prepared(
        frame[["x", "z", "city", "when", "three", "y"]],
        {
            "x": ColumnSpec(scale="none", impute="mean"),
            "city": ColumnSpec(encode="target_mean"),
            "when": ColumnSpec(role="feature"),
            "three": ColumnSpec(max_categories=2),
        },
    )
    train = frame.iloc[data.train.rows]
    np.testing.assert_allclose(inputs(data, "train", "x")[:, 0], train["x"].fillna(train["x"].mean()), rtol=1e-6)
    np.testing.assert_allclose(inputs(data, "train", "z")[:, 0].std(), 1, rtol=1e-5)
    again = Preparation.model_validate_json(data.preparation.model_dump_json())
    np.testing.assert_array_equal(again.transform(frame), data.preparation.transform(frame))
    assert prepare(data.spec, data.table).feature_names == data.feature_names
