"""Against scikit-learn's own imputers, encoders and scalers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from data_helpers import table_of
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, RobustScaler, StandardScaler

from gdstudio.core.errors import StudioError
from gdstudio.core.spec import ColumnSpec, DataSpec, PreparationSpec
from gdstudio.data.dataset import Dataset, prepare
from gdstudio.data.preparation import Preparation

SIZES = ("low", "mid", "high")


def _frame(n: int = 200, seed: int = 0) -> pd.DataFrame:
    draw = np.random.RandomState(seed)
    frame = pd.DataFrame(
        {
            "age": np.where(draw.uniform(size=n) < 0.1, np.nan, draw.randint(18, 80, n)),
            "income": np.exp(draw.normal(10, 1, n)),
            "city": draw.choice(["Rome", "Oslo", "Bonn"], n),
            "size": draw.choice(SIZES, n),
            "member": draw.choice(["yes", "no"], n),
        }
    )
    frame.loc[draw.uniform(size=n) < 0.1, "city"] = None
    frame["bought"] = np.where(draw.uniform(size=n) < 0.4, "yes", "no")
    return frame


def _prepare(frame: pd.DataFrame, target: str = "bought", **values: object) -> Dataset:
    return prepare(DataSpec(target=target, preparation=PreparationSpec(**values)), table_of(frame, target))


@pytest.mark.parametrize("impute", ["median", "mean", "most_frequent"])
@pytest.mark.parametrize("scale", ["standard", "min_max", "robust", "none"])
def test_features_equal_scikit_learns_fitted_on_the_training_rows(impute: str, scale: str) -> None:
    frame = _frame()
    dataset = _prepare(frame, impute=impute, scale=scale)
    scalers = {"standard": StandardScaler(), "min_max": MinMaxScaler(), "robust": RobustScaler(), "none": "passthrough"}
    reference = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy=impute), scalers[scale]), ["age", "income"]),
            ("city", make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder()), ["city"]),
            ("size", make_pipeline(OrdinalEncoder(categories=[SIZES]), scalers[scale]), ["size"]),
            ("member", OrdinalEncoder(categories=[["no", "yes"]]), ["member"]),
        ]
    )
    frame = frame.astype(dict.fromkeys(("city", "size", "member"), object)).replace({None: np.nan})
    reference.fit(frame.iloc[dataset.train.rows])
    for part in dataset.parts.values():
        expected = reference.transform(frame.iloc[part.rows])
        assert np.array_equal(part.features, expected.astype(np.float32)) or np.allclose(
            part.features, expected, rtol=1e-6, atol=1e-6
        )
    assert dataset.feature_names == (
        "age", "income", "city = Bonn", "city = Oslo", "city = Rome", "size", "member = yes",
    )  # fmt: skip


def test_nothing_is_learned_from_validation_or_test_rows() -> None:
    frame = _frame()
    dataset = _prepare(frame)
    held = np.concatenate([dataset.validation.rows, dataset.test.rows])
    changed = frame.copy()
    changed.loc[held, ["age", "income"]] = 1e6
    other = prepare(dataset.spec, table_of(changed, "bought"))
    assert other.preparation == dataset.preparation
    assert np.array_equal(other.train.features, dataset.train.features)


def test_it_says_what_it_filled() -> None:
    frame = _frame()
    dataset = _prepare(frame)
    median = frame["age"].iloc[dataset.train.rows].median()
    missing = int(frame["age"].isna().sum())
    assert f"{missing} missing values in 'age' filled with the median {median:.6g}." in dataset.notes
    assert any("in 'city' filled with the most frequent category" in note for note in dataset.notes)


def test_unseen_categories_are_zeros_and_counted() -> None:
    dataset = _prepare(_frame())
    new = pd.DataFrame(
        {
            "age": [30, 31],
            "income": [1e4, 2e4],
            "city": ["Rome", "Lima"],
            "size": ["low", "huge"],
            "member": ["no", "?"],
        }
    )
    preparation = dataset.preparation
    assert preparation.unseen(new) == {"city": 1, "size": 1, "member": 1}
    names = list(preparation.feature_names)
    cities = preparation.transform(new)[:, [i for i, n in enumerate(names) if n.startswith("city")]]
    assert cities.tolist() == [[0, 0, 1], [0, 0, 0]]


def test_a_new_table_needs_the_raw_columns_only_in_any_order() -> None:
    frame = _frame()
    preparation = _prepare(frame).preparation
    assert preparation.raw_columns == ("age", "income", "city", "size", "member")
    shuffled = frame[["member", "size", "income", "city", "age"]].assign(more=1)
    assert np.array_equal(preparation.transform(shuffled), preparation.transform(frame))
    with pytest.raises(StudioError, match="column 'income' is missing"):
        preparation.transform(frame.drop(columns="income"))
    with pytest.raises(StudioError, match="columns 'age', 'city' are missing"):
        preparation.transform(frame.drop(columns=["age", "city"]))


def test_text_in_a_new_tables_numbers_is_refused() -> None:
    frame = _frame()
    preparation = _prepare(frame).preparation
    with pytest.raises(StudioError, match="'income' holds the text 'rich' in row 2"):
        preparation.transform(frame.astype({"income": object}).assign(income=["1", "rich"] + ["2"] * 198))


def test_binary_targets_go_to_and_fro_with_the_positive_class_last() -> None:
    frame = _frame()
    dataset = _prepare(frame)
    assert dataset.classes == ("no", "yes")
    assert dataset.spec.positive_class == "yes"
    numbers = dataset.preparation.encode_target(frame["bought"])
    assert numbers.dtype == np.int64
    assert np.array_equal(numbers, (frame["bought"] == "yes").astype(int))
    assert dataset.preparation.decode_target(numbers).tolist() == frame["bought"].tolist()
    flipped = prepare(DataSpec(target="bought", positive_class="no"), table_of(frame, "bought"))
    assert flipped.classes == ("yes", "no")


def test_numeric_targets_go_to_and_fro() -> None:
    frame = _frame().drop(columns="bought")
    dataset = _prepare(frame, target="income")
    raw = frame["income"].to_numpy()
    train = raw[dataset.train.rows]
    assert dataset.train.target.dtype == np.float32
    assert np.allclose(dataset.train.target, (train - train.mean()) / train.std(), atol=1e-6)
    assert np.allclose(dataset.preparation.decode_target(dataset.test.target), raw[dataset.test.rows], rtol=1e-4)
    plain = _prepare(frame, target="income", scale_target=False)
    assert np.allclose(plain.train.target, train, rtol=1e-6)


def test_a_missing_or_unknown_target_is_named() -> None:
    preparation = _prepare(_frame()).preparation
    with pytest.raises(StudioError, match="missing in row 2"):
        preparation.encode_target(pd.Series(["yes", None]))
    with pytest.raises(StudioError, match="'maybe' in row 1, a class that training never saw"):
        preparation.encode_target(pd.Series(["maybe", "no"]))
    assert preparation.known_target(pd.Series(["maybe", None, "no"])).tolist() == [False, False, True]


def test_classes_of_whole_numbers_are_named_as_in_the_file() -> None:
    frame = pd.DataFrame({"a": np.arange(40) % 7, "y": [1.0, 2.0, 10.0, np.nan] * 10})
    dataset = prepare(DataSpec(target="y"), table_of(frame, "y"))
    assert dataset.classes == ("1", "2", "10")
    assert dataset.preparation.encode_target(pd.Series([10, 1])).tolist() == [2, 0]


def test_the_type_of_a_numeric_target_says_what_is_asked() -> None:
    frame = pd.DataFrame({"a": np.arange(40) % 7, "y": [0, 1] * 20})
    table = table_of(frame, "y")
    assert prepare(DataSpec(), table).task == "binary"
    numeric = DataSpec(columns={"y": ColumnSpec(type="numeric")})
    assert prepare(numeric, table).task == "regression"
    many = frame.assign(y=np.arange(40) * 0.5)
    assert prepare(DataSpec(), table_of(many, "y")).task == "regression"


@given(
    values=st.lists(st.one_of(st.none(), st.floats(-1e30, 1e30)), min_size=12, max_size=40),
    scale=st.sampled_from(["standard", "min_max", "robust", "none"]),
)
@settings(max_examples=60)
def test_any_numbers_become_finite_inputs_and_the_preparation_survives_json(
    values: list[float | None], scale: str
) -> None:
    frame = pd.DataFrame({"a": pd.Series(values, dtype=float), "b": np.arange(len(values)) % 3.5})
    frame["y"] = ["u", "v"] * (len(values) // 2) + ["u"] * (len(values) % 2)
    try:
        dataset = _prepare(frame, target="y", scale=scale)
    except StudioError as error:
        assert "too large" in error.message  # noqa: PT017 - a refusal is one of two right answers
        return
    assert np.isfinite(dataset.train.features).all()
    again = Preparation.model_validate_json(dataset.preparation.model_dump_json())
    assert again == dataset.preparation
    assert np.array_equal(again.transform(frame), dataset.preparation.transform(frame))
