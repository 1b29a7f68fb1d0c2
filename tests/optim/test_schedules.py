"""Factors against torch.optim.lr_scheduler, step by step."""

from __future__ import annotations

import pytest
import torch
from torch.optim import lr_scheduler as torchs

from gdstudio.core.errors import StudioError
from gdstudio.core.registry import registry

SCHEDULES = registry("schedules")
TOTAL, PER_EPOCH = 60, 6


def ours(key, total=TOTAL, **chosen):
    entry = SCHEDULES[key]
    factor = entry.build(entry.settings(**chosen), total, PER_EPOCH)
    return [factor(step) for step in range(total)]


def theirs(make, total=TOTAL, lr=1.0):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    schedule = make(optimizer)
    rates = []
    for _ in range(total):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return rates


CASES = {
    "constant": ({}, lambda o: torchs.ConstantLR(o, factor=1.0)),
    "step": ({"every": 3, "gamma": 0.5}, lambda o: torchs.StepLR(o, 18, 0.5)),
    "multi_step": ({"milestones": (2, 7), "gamma": 0.3}, lambda o: torchs.MultiStepLR(o, [12, 42], 0.3)),
    "exponential": ({"gamma": 0.8}, lambda o: torchs.ExponentialLR(o, 0.8 ** (1 / PER_EPOCH))),
    "polynomial": ({"power": 2.5}, lambda o: torchs.PolynomialLR(o, TOTAL, 2.5)),
    "cosine": ({"final": 0.1}, lambda o: torchs.CosineAnnealingLR(o, TOTAL, 0.1)),
    "cosine_restarts": (
        {"first": 1, "multiplier": 2, "final": 0.05},
        lambda o: torchs.CosineAnnealingWarmRestarts(o, PER_EPOCH, 2, 0.05),
    ),
    "one_cycle": ({}, lambda o: torchs.OneCycleLR(o, 1.0, TOTAL, cycle_momentum=False)),
}


def test_every_schedule_is_compared():
    assert set(CASES) | {"plateau"} == set(SCHEDULES)  # which watches the loss; compared at the end


@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step")
@pytest.mark.parametrize("key", CASES)
def test_factors_are_torchs(key):
    chosen, make = CASES[key]
    assert ours(key, **chosen) == pytest.approx(theirs(make), abs=1e-9)


@pytest.mark.parametrize("key", CASES)
def test_warm_up_comes_first_and_the_schedule_follows_over_what_is_left(key):
    chosen, _ = CASES[key]
    warm = ours(key, total=TOTAL, warmup_steps=20, warmup_start=0.2, **chosen)
    linear = theirs(lambda o: torchs.LinearLR(o, 0.2, 1.0, 20), total=20)
    assert warm[:20] == pytest.approx(linear, abs=1e-9)
    assert warm[20:] == pytest.approx(ours(key, total=TOTAL - 20, **chosen), abs=1e-12)


def test_one_cycle_in_straight_lines():
    chosen = {"shape": "linear", "rise": 0.4, "start_divisor": 10, "end_divisor": 100}
    make = lambda o: torchs.OneCycleLR(  # noqa: E731
        o,
        1.0,
        TOTAL,
        pct_start=0.4,
        anneal_strategy="linear",
        div_factor=10,
        final_div_factor=100,
        cycle_momentum=False,
    )
    assert ours("one_cycle", **chosen) == pytest.approx(theirs(make), abs=1e-9)


@pytest.mark.parametrize("key", CASES)
@pytest.mark.parametrize("total", [1, 2, 3, 7])
@pytest.mark.parametrize("warmup", [0, 2, 100])
def test_short_runs_keep_a_usable_rate(key, total, warmup):
    factors = ours(key, total=total, warmup_steps=warmup)
    assert all(0 <= f <= 1 for f in factors)
    assert factors[0] > 0


@pytest.mark.parametrize("key", CASES)
def test_a_step_past_the_end_has_a_factor(key):
    entry = SCHEDULES[key]
    assert 0 <= entry.build(entry.settings(), TOTAL, PER_EPOCH)(10 * TOTAL) <= 1


@pytest.mark.parametrize("milestones", [[5, 5], [9, 3], [0]])
def test_epochs_that_do_not_rise_are_refused(milestones):
    with pytest.raises(StudioError, match=r"milestones|rise"):
        SCHEDULES.settings({"kind": "multi_step", "milestones": milestones})


@pytest.mark.parametrize(
    "chosen",
    [{}, {"patience": 0}, {"patience": 2, "cooldown": 3}, {"threshold": 0.2, "patience": 1}, {"lowest": 0.2}],
    ids=str,
)
def test_on_plateau_falls_where_torchs_does(chosen):
    entry = SCHEDULES["plateau"]
    settings = entry.settings(**chosen)
    factor = entry.build(settings, TOTAL, PER_EPOCH)
    generator = torch.Generator().manual_seed(0)
    losses = (1 / torch.arange(1, 81) + 0.05 * torch.rand(80, generator=generator)).tolist()
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule = torchs.ReduceLROnPlateau(
        optimizer,
        factor=settings.gamma,
        patience=settings.patience,
        threshold=settings.threshold,
        cooldown=settings.cooldown,
        min_lr=settings.lowest,
        eps=0,
    )
    rates, expected = [], []
    for number, loss in enumerate(losses):
        if number == 30:  # a run that goes on from here remembers all that it needs
            state = factor.state()
            factor = entry.build(settings, TOTAL, PER_EPOCH)
            factor.load_state(state)
        factor.observe(loss)
        schedule.step(loss)
        rates.append(factor(number * PER_EPOCH))
        expected.append(optimizer.param_groups[0]["lr"])
    assert rates == expected
    assert min(rates) < 1
