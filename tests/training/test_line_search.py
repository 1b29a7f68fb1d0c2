"""L-BFGS evaluates a batch several times a step; its losses are those of a plain loop with a closure."""

from __future__ import annotations

import pytest
import torch
from sklearn.linear_model import LogisticRegression

from gdstudio.core.history import RunHistory
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import prepare
from gdstudio.data.load import load_table
from gdstudio.training.modules import build_model
from gdstudio.training.run import complete, run_experiment

SPEC = ExperimentSpec().with_values(
    {
        "model.kind": "linear",
        "optimizer.kind": "lbfgs",
        "optimizer.max_iterations": 5,
        "training.batch_size": 0,
        "training.epochs": 12,
        "regularization.l2": 0.01,
    }
)


@pytest.mark.parametrize("capture", ["on", "off"])
def test_losses_equal_a_loop_with_a_closure(capture):
    dataset = prepare(SPEC.data, load_table(SPEC.data.source))
    x, y = torch.from_numpy(dataset.train.features), torch.from_numpy(dataset.train.target).float()
    model = build_model(complete(SPEC, dataset), dataset)
    optimizer = torch.optim.LBFGS(model.parameters(), 1, 5, history_size=10, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(model(x)[:, 0], y)
        loss = loss + 0.01 * model.output.weight.square().sum()
        loss.backward()
        return loss.item()

    expected = [optimizer.step(closure) for _ in range(12)]
    history = RunHistory()
    run_experiment(SPEC.with_values({"training.capture": capture}), dataset=dataset, history=history)
    assert history.steps.snapshot()["train_loss"].tolist() == pytest.approx(expected, rel=1e-5)


def test_it_reaches_the_minimum_that_scikit_learn_finds():
    dataset = prepare(SPEC.data, load_table(SPEC.data.source))
    result = run_experiment(SPEC, dataset=dataset)
    features, target = dataset.train.features, dataset.train.target
    # Ours is the mean loss plus l2·Σw²; scikit-learn's is C times the sum plus Σw²/2.
    reference = LogisticRegression(C=1 / (2 * 0.01 * len(target)), tol=1e-8, max_iter=1000).fit(features, target)
    weights = result.model.output.weight.detach().numpy()
    assert weights == pytest.approx(reference.coef_, abs=1e-3)
