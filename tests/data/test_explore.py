"""What is counted of a table, against pandas and scikit-learn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gdstudio.core.registry import registry
from gdstudio.core.spec import DataSpec
from gdstudio.data.explore import Exploration, explore
from gdstudio.data.load import data_hash, load_table
from gdstudio.data.roles import guess_columns, resolve
from gdstudio.data.table import Table


def table_of(frame: pd.DataFrame, target: str) -> Table:
    source = registry("samples").settings("iris")
    return Table(frame, guess_columns(frame, target=target), "t", source, data_hash(frame))


def explored(frame: pd.DataFrame, target: str, **options: int) -> Exploration:
    table = table_of(frame, target)
    return explore(resolve(DataSpec(target=target), table), table, **options)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    draw = np.random.default_rng(0)
    y = draw.integers(0, 3, 300)
    made = pd.DataFrame(
        {
            "leak": y * 10 + draw.random(300),
            "weak": y + draw.normal(0, 2, 300),
            "city": draw.choice([f"c{i}" for i in range(40)], 300),
            "kind": np.array(["a", "b", "c"])[y],
        }
    )
    made.loc[:29, "weak"] = np.nan
    return pd.concat([made, made.iloc[50:57]], ignore_index=True)


def test_counts_statistics_and_shares_are_those_of_pandas(frame: pd.DataFrame) -> None:
    found = explored(frame, "kind")
    assert found.groups == ("a", "b", "c")
    assert list(found.balance) == list(frame["kind"].value_counts().loc[["a", "b", "c"]])
    leak, weak, city, _ = found.columns
    assert weak.missing == pytest.approx(30 / 307)
    assert weak.statistics["mean"] == pytest.approx(frame["weak"].mean())
    assert weak.statistics["deviation"] == pytest.approx(frame["weak"].std(ddof=0))
    assert weak.statistics["lower quartile"] == pytest.approx(frame["weak"].quantile(0.25))
    for group, name in enumerate(found.groups):
        rows = frame["kind"] == name
        assert list(weak.counts[group]) == list(np.histogram(frame["weak"][rows].dropna(), weak.edges)[0])
    assert leak.counts.sum() == 307
    common = frame["city"].value_counts()
    assert city.bars[-1] == "21 others"
    assert list(city.counts.sum(axis=0))[:-1] == sorted(common, reverse=True)[:19]
    assert city.counts.sum() == 307


def test_correlations_are_those_of_pandas_and_duplicates_are_counted(frame: pd.DataFrame) -> None:
    found = explored(frame, "kind")
    assert found.correlated == ("leak", "weak")
    np.testing.assert_allclose(found.correlation, frame[["leak", "weak"]].corr().to_numpy())
    assert found.duplicates == 7
    assert any(note.startswith("7 rows equal") for note in found.notes)


def test_a_feature_that_gives_the_target_away_is_named_with_the_number(frame: pd.DataFrame) -> None:
    found = explored(frame, "kind")
    scores = {column.name: column.alone for column in found.columns}
    assert scores["leak"] is not None
    assert scores["leak"] > 0.99
    assert scores["weak"] is not None
    assert scores["weak"] < 0.7
    assert [note for note in found.notes if "'leak' alone" in note and f"accuracy of {scores['leak']:.3g}." in note]
    assert not [note for note in found.notes if "'weak' alone" in note]


def test_a_numeric_target_is_given_away_too() -> None:
    draw = np.random.default_rng(0)
    y = draw.normal(0, 1, 500)
    frame = pd.DataFrame({"in euros": 1.19 * y, "noise": draw.normal(0, 1, 500), "dollars": y})
    found = explored(frame, "dollars")
    assert "'in euros' alone" in found.notes[0]
    assert len(found.notes) == 1
    assert len(found.groups) == 3
    assert found.balance.max() - found.balance.min() <= 1


@pytest.mark.parametrize("name", ["iris", "wine", "moons", "diabetes"])
def test_honest_tables_raise_no_alarm(name: str) -> None:
    table = load_table(registry("samples").settings(name))
    assert not [note for note in explore(resolve(DataSpec(), table), table).notes if "alone predicts" in note]


def test_a_big_table_is_looked_at_in_part_and_it_says_so(frame: pd.DataFrame) -> None:
    found = explored(frame, "kind", sample=100)
    assert (found.rows, found.sampled) == (307, 100)
    assert any("100 of 307 rows" in note for note in found.notes)
    assert found.balance.sum() == 100


@pytest.mark.parametrize("values", [[1e308, -1e308] * 20, [np.inf, 1.0] * 20, [np.nan, 2.0] * 20])
def test_extreme_numbers_are_no_obstacle(values: list[float]) -> None:
    draw = np.random.default_rng(0)
    explored(pd.DataFrame({"x": values, "z": draw.random(40), "y": ["a", "b", "b", "a"] * 10}), "y")
