"""Simple models against scikit-learn, fitted here on the same arrays; the most confused classes by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression, Ridge

from gdstudio.core.registry import registry
from gdstudio.core.spec import DataSpec
from gdstudio.data.dataset import Dataset, prepare
from gdstudio.data.load import load_table
from gdstudio.evaluation.baseline import baseline
from gdstudio.evaluation.confusion import most_confused


def sample(name: str) -> Dataset:
    source = registry("samples").settings({"kind": name})
    return prepare(DataSpec(source=source), load_table(source))


@pytest.mark.parametrize("name", ["breast_cancer", "iris", "wine"])
def test_classes_equal_scikit_learn(name):
    data = sample(name)
    linear = LogisticRegression(max_iter=500).fit(data.train.features.astype(float), data.train.target)
    constant = DummyClassifier(strategy="prior").fit(data.train.features, data.train.target)
    for kind, model in (("linear", linear), ("constant", constant)):
        found = baseline(data, kind)
        for part, rows in data.parts.items():
            got, x = found.metrics[part], rows.features.astype(float)
            assert got["accuracy"] == pytest.approx(sk.accuracy_score(rows.target, model.predict(x)), abs=1e-12)
            shares = model.predict_proba(x)
            assert got["log_loss"] == pytest.approx(sk.log_loss(rows.target, shares), abs=1e-9)
            assert found.predictions[part].probabilities == pytest.approx(shares, abs=1e-9)
        assert not found.note


def test_numbers_equal_scikit_learn_in_their_own_unit():
    data = sample("diabetes")
    model = Ridge().fit(data.train.features.astype(float), data.train.target)
    target = data.table.frame[data.preparation.target].to_numpy(float)
    predicted = data.preparation.decode_target(model.predict(data.test.features.astype(float)))
    got = baseline(data, "linear").metrics["test"]
    assert got["rmse"] == pytest.approx(sk.root_mean_squared_error(target[data.test.rows], predicted), rel=1e-6)
    mean = baseline(data, "constant")
    # The target is scaled in single precision.
    assert mean.predictions["test"].prediction == pytest.approx(target[data.train.rows].mean(), rel=1e-6)
    assert mean.metrics["train"]["r2"] == pytest.approx(0, abs=1e-6)


def test_the_most_confused_classes_by_hand():
    matrix = [[50, 3, 0], [3, 10, 1], [0, 0, 9]]
    found = [(m.target, m.predicted, m.count) for m in most_confused(matrix)]
    # 3 of 14 weigh more than 3 of 53.
    assert found == [(1, 0, 3), (0, 1, 3), (1, 2, 1)]
    assert most_confused(matrix, 1)[0].share == pytest.approx(3 / 14)
    assert most_confused(np.diag([4, 5])) == []
