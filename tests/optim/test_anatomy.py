"""A step that is taken apart adds up to the optimizer's own next value, to the bit."""

from __future__ import annotations

import numpy as np
import pytest

from gdstudio.core.minimize_spec import MinimizeSpec
from gdstudio.optim.anatomy import anatomy
from gdstudio.training.minimize import minimize

CASES = {
    "sgd": {},
    "momentum": {"kind": "sgd", "momentum": 0.9},
    "nesterov": {"kind": "sgd", "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    "dampened": {"kind": "sgd", "momentum": 0.8, "dampening": 0.3},
    "adam": {"kind": "adam", "lr": 0.1},
    "adam with decay": {"kind": "adam", "weight_decay": 0.1},
    "adamw": {"kind": "adamw", "lr": 0.1},
    "adagrad": {"kind": "adagrad", "lr": 0.5, "lr_decay": 0.01},
    "rmsprop": {"kind": "rmsprop", "lr": 0.01},
    "rmsprop with momentum": {"kind": "rmsprop", "lr": 0.001, "momentum": 0.9},
}


@pytest.mark.parametrize("name", CASES)
def test_every_step_recomputes_to_the_stored_next_value(name: str) -> None:
    spec = MinimizeSpec.parse(
        {
            "objective": {"formula": "(1 - x)**2 + 3*(y - x**2)**2 + sin(z)", "noise": 0.1},
            "optimizer": {"kind": "sgd", "lr": 0.003, **CASES[name]},
            "training": {"steps": 60, "start": [-1.5, 2.0, 0.3]},
        }
    )
    result = minimize(spec)
    assert result.steps == 60
    for step in range(60):
        lines = anatomy(
            result.spec.optimizer,
            rate=result.learning_rates[step],
            step=step + 1,
            point=result.points[step],
            gradient=result.used_gradients[step],
            memory=result.states[step - 1] if step else {},
        )
        assert lines is not None
        assert np.array_equal(lines[-1].values, result.points[step + 1]), f"step {step + 1}"
        assert np.array_equal(lines[0].values + 0, result.points[step])


def test_the_numbers_in_a_line_are_those_of_the_step() -> None:
    settings = MinimizeSpec.parse({"optimizer": {"kind": "sgd", "lr": 0.1, "momentum": 0.5}}).optimizer
    lines = anatomy(
        settings, rate=0.1, step=2, point=np.array([3.0]), gradient=np.array([-2.0]),
        memory={"momentum_buffer": np.array([4.0])},
    )  # fmt: skip
    assert lines is not None
    assert [line.name for line in lines] == ["value", "gradient g", "momentum m", "step", "new value"]
    assert lines[2].numbers(0) == "0.5 · 4 + 1 · (-2)"
    assert lines[2].values.tolist() == [0.0]
    assert lines[-1].values.tolist() == [3.0]


def test_an_optimizer_that_is_not_taken_apart_says_so() -> None:
    settings = MinimizeSpec.parse({"optimizer": {"kind": "lbfgs"}}).optimizer
    assert anatomy(settings, rate=0.1, step=1, point=np.ones(1), gradient=np.ones(1), memory={}) is None
