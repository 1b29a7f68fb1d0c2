"""Why a run diverged, stalled or oscillates: every cause is measured on the run's own weights and rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from gdstudio.evaluation.curvature import curvature
from gdstudio.evaluation.diagnosis import Diagnosis, Finding, outcome_of
from gdstudio.training import doctor_findings as said
from gdstudio.training.health import idle_units, layers_of
from gdstudio.training.modules import module_with
from gdstudio.training.objective import make_criterion
from gdstudio.training.result import RunResult

#: Rows that gradients and curvature are measured on, evenly spaced over the training part.
_ROWS: Final = 1_000
_BATCHES, _CURVED_BATCHES = 32, 16
#: Share of the batches that a rate may overshoot on: the others lead back.
_OVERSHOOTING: Final = 0.2
#: Learning rate as a share of what curvature allows, and update as a share of the weights: too little, too much.
_SLOW_SHARE, _SLOW_UPDATE, _FAST_UPDATE = 0.02, 2e-4, 0.1
#: … and too much for even a single step.
_LEAP_UPDATE: Final = 1.0
#: A column this many times wider than the middle one, or than the narrowest.
_WIDER, _WIDEST = 30.0, 1e3
_TARGET_WIDTH: Final = 30.0
_DEAD, _SATURATED, _APART = 0.9, 0.5, 1e3
_SHRUNK, _PENALTY_SHARE, _NOISE = 0.2, 0.5, 3.0
_RARE: Final = 0.15


def diagnose(result: RunResult, cancelled: Callable[[], bool] = lambda: False) -> Diagnosis:
    """What went wrong; no findings where nothing did, or where no cause could be measured.

    Args:
        result: A run that has ended; nothing of it is changed.
        cancelled: Is asked between measurements; what was found until then is returned.
    """
    patient = _Patient(result)
    outcome = patient.outcome
    findings = list(_rare_classes(result))
    if outcome == "healthy":
        return Diagnosis("stalled" if findings else "healthy", tuple(findings))
    measures: list[Callable[[_Patient], Iterator[Finding]]] = [_symmetry, _scales, _penalty, _units, _rate, _noise]
    found: list[Finding] = []
    for measure in measures:
        if cancelled():
            break
        with np.errstate(all="ignore"):
            found += measure(patient)
    found += findings
    return Diagnosis(outcome, tuple(sorted(found, key=lambda finding: patient.rank(finding.cause))))


class _Patient:
    """A run with its first and last weights, and rows to measure on."""

    def __init__(self, result: RunResult) -> None:
        self.result, self.spec = result, result.spec
        dataset = result.dataset
        self.criterion = make_criterion(self.spec, dataset, torch.device("cpu"))
        count = len(dataset.train)
        rows = np.unique(np.linspace(0, count - 1, min(_ROWS, count)).astype(np.int64))
        self.inputs = torch.from_numpy(dataset.train.features[rows])
        self.target = torch.from_numpy(dataset.train.target[rows])
        self.first = self._prepared(module_with(result.snapshots[0], self.spec, dataset))
        last = module_with(result.snapshots[0], self.spec, dataset)
        last.load_state_dict(result.model.state_dict())
        self.last = self._prepared(last)
        if self.first(self.inputs[:2]).shape[1] == 1 and self.spec.training.class_weights == "none":
            self.target = self.target.float()
        self.steps = result.history.steps.snapshot()
        self.start_loss = float(self.loss(self.first).detach())
        epochs = result.history.epochs.snapshot()["train_loss"]
        diverged = result.status == "diverged"
        self.constant_loss = self._constant_loss()
        self.outcome = outcome_of(self.start_loss, epochs, self.constant_loss, diverged=diverged)
        self.idle_first = np.nan_to_num(idle_units(self.first, self.inputs))
        self.idle_last = np.nan_to_num(idle_units(self.last, self.inputs))
        self.activation = str(getattr(self.spec.model, "activation", ""))
        self.lr = float(self.spec.get("optimizer.lr"))
        self.sick_from_birth = bool(self.idle_first.size and self.idle_first.max() >= _SATURATED)

    @staticmethod
    def _prepared(model: nn.Module) -> nn.Module:
        """As it trains, with dropout off: a fresh model's averages say nothing of its rows."""
        model.eval()
        for module in model.modules():
            if isinstance(module, nn.BatchNorm1d):
                module.train()
        return model

    def loss(self, model: nn.Module, rows: Tensor | None = None) -> Tensor:
        inputs, target = (self.inputs, self.target) if rows is None else (self.inputs[rows], self.target[rows])
        return self.criterion(model(inputs), target)

    def gradient(self, model: nn.Module, rows: Tensor | None = None) -> Tensor:
        """The gradient of the loss without penalties, in one vector."""
        found = torch.autograd.grad(self.loss(model, rows), list(model.parameters()))
        return torch.cat([g.reshape(-1) for g in found])

    def _constant_loss(self) -> float:
        """The lowest loss of one answer for all rows, found by L-BFGS on that answer."""
        width = self.first(self.inputs[:2]).shape[1]
        answer = torch.zeros(1, width, requires_grad=True)
        optimizer = torch.optim.LBFGS([answer], max_iter=60, line_search_fn="strong_wolfe")

        def closure() -> Tensor:
            optimizer.zero_grad()
            loss = self.criterion(answer.expand(len(self.inputs), width), self.target)
            loss.backward()
            return loss

        optimizer.step(closure)
        return float(self.criterion(answer.detach().expand(len(self.inputs), width), self.target))

    def limit(self, model: nn.Module, rows: Tensor | None = None) -> float | None:
        """The largest rate that gradient descent on these rows, with the run's momentum, bears at these weights.

        Source: LeCun et al. (1998), Efficient BackProp, section 5.1; with momentum β it is 2(1+β)/λmax (Goh 2017,
        Why Momentum Really Works).
        """
        parameters = list(model.parameters())
        measured = curvature(lambda: self.loss(model, rows), parameters, probes=2)
        rate = None if measured is None else measured.largest_rate
        return None if rate is None or not np.isfinite(rate) else rate * (1 + self.momentum)

    @property
    def momentum(self) -> float:
        return float(getattr(self.spec.optimizer, "momentum", 0.0) or 0.0)

    @property
    def descends_plainly(self) -> bool:
        """Whether 2/λmax is the yardstick of its optimizer."""
        return str(self.spec.optimizer.kind) == "sgd"

    def rank(self, cause: str) -> int:
        """Causes before their consequences: units that die on the way are a consequence of the rate."""
        units = 3 if self.sick_from_birth else 6
        ranks = {
            "symmetric_weights": 0, "target_scale": 1, "feature_scale": 1, "penalty": 2, "dead_units": units,
            "saturated_units": units, "rate_too_high": 4, "rate_too_low": 7, "vanishing_gradients": 5,
            "batch_noise": 8, "class_imbalance": 9,
        }  # fmt: skip
        return ranks[cause]


def _symmetry(patient: _Patient) -> Iterator[Finding]:
    hidden = [layer for _, layer, _ in layers_of(patient.first)][:-1]
    for number, layer in enumerate(hidden, start=1):
        weight = layer.weight.detach()
        if len(weight) > 1 and bool((weight == weight[0]).all()):
            yield said.symmetric(number, len(weight))
            return


def _scales(patient: _Patient) -> Iterator[Finding]:
    dataset = patient.result.dataset
    widths = dataset.train.features.std(axis=0, dtype=np.float64)
    known = widths[widths > 0]
    if len(known) > 1:
        widest = int(widths.argmax())
        if widths[widest] > _WIDER * np.median(known) or widths[widest] > _WIDEST * known.min():
            narrow = int(np.where(widths > 0, widths, np.inf).argmin())
            names = dataset.feature_names
            yield said.feature_scale(
                names[widest], widths[widest], names[narrow], widths[narrow], patient.spec.data.preparation.scale
            )
    if dataset.task == "regression":
        width = float(np.sqrt(np.mean(np.square(dataset.train.target, dtype=np.float64))))
        if width > _TARGET_WIDTH:
            yield said.target_scale(dataset.spec.target or "", width)


def _penalty(patient: _Patient) -> Iterator[Finding]:
    l1, l2 = patient.spec.regularization.l1, patient.spec.regularization.l2
    decay = float(getattr(patient.spec.optimizer, "weight_decay", 0.0) or 0.0)
    if not (l1 or l2 or decay):
        return
    weights = [torch.cat([p.detach().ravel() for p in m.parameters() if p.ndim > 1]).double()
               for m in (patient.first, patient.last)]  # fmt: skip
    before, after = (float(w.norm()) for w in weights)
    size = float(l1 * weights[0].abs().sum() + (l2 + decay / 2) * weights[0].square().sum())
    share = size / (size + patient.start_loss)
    shrunk = patient.outcome == "stalled" and after < _SHRUNK * before
    if shrunk or share > _PENALTY_SHARE:
        yield said.penalty(share, before, after, {"regularization.l1": l1, "regularization.l2": l2,
                                                  "optimizer.weight_decay": decay})  # fmt: skip


def _units(patient: _Patient) -> Iterator[Finding]:
    saturates = patient.activation in ("tanh", "sigmoid")
    idle = np.maximum(patient.idle_first, patient.idle_last) if saturates else patient.idle_last
    if idle.size and idle.max() >= (_SATURATED if saturates else _DEAD):
        layer = int(idle.argmax())
        at_start = float(patient.idle_first[layer])
        yield said.idle(layer + 1, at_start, float(patient.idle_last[layer]), saturates, patient.lr)
    layers = [layer for _, layer, _ in layers_of(patient.first)]
    if patient.outcome != "stalled" or len(layers) < 3 or patient.spec.initializer.kind == "zeros":
        return
    gradients = torch.autograd.grad(patient.loss(patient.first), [layer.weight for layer in layers])
    first, last = float(gradients[0].norm()), float(gradients[-1].norm())
    if last > _APART * first:
        yield said.vanishing(first, last, len(layers))


def _rate(patient: _Patient) -> Iterator[Finding]:
    stirs = float(patient.gradient(patient.first).norm()) > 0
    if patient.descends_plainly:
        for model, where in ((patient.first, "at the start"), (patient.last, "at the last weights")):
            limit = patient.limit(model)
            if limit is None:
                continue
            if patient.lr > limit:
                yield said.too_high(patient.lr, limit, patient.momentum, where)
                return
            slow = patient.lr / (1 - min(patient.momentum, 0.999)) < _SLOW_SHARE * limit
            if patient.outcome == "stalled" and slow and stirs:
                yield said.too_low(patient.lr, limit, patient.momentum)
                return
        return
    health = patient.result.history.health.snapshot()
    ratios, steps = health["update_ratio"], health["step"]
    known = ratios[np.isfinite(ratios)]
    for step in np.unique(steps):
        layers = ratios[(steps == step) & np.isfinite(ratios)]
        if len(layers) and np.median(layers) > _LEAP_UPDATE:
            yield said.updates_too_large(patient.lr, float(np.median(layers)), f"at step {step:.0f}")
            return
    if len(known) and np.median(known) > _FAST_UPDATE:
        yield said.updates_too_large(patient.lr, float(np.median(known)), "over the run")
        return
    if patient.outcome == "stalled" and stirs and len(known) and np.median(known) < _SLOW_UPDATE:
        yield said.updates_too_small(patient.lr, float(np.median(known)))


def _noise(patient: _Patient) -> Iterator[Finding]:
    size, count = patient.spec.training.batch_size, len(patient.result.dataset.train)
    if not size or size * 8 > count or _normalizes(patient.last):
        return
    generator = torch.Generator().manual_seed(0)
    batches = [torch.randperm(len(patient.inputs), generator=generator)[:size] for _ in range(_BATCHES)]
    if patient.descends_plainly and patient.outcome != "stalled":
        whole = patient.limit(patient.first)
        found = [patient.limit(patient.first, rows) for rows in batches[:_CURVED_BATCHES]]
        known = [limit for limit in found if limit is not None]
        over = [limit for limit in known if limit < patient.lr]
        if whole is not None and patient.lr <= whole and len(over) > _OVERSHOOTING * len(known):
            yield said.batch_limit(size, patient.lr, whole, len(over), len(known), min(over), patient.momentum)
            return
    worse = float(patient.loss(patient.last).detach()) >= patient.constant_loss
    if patient.outcome == "oscillating" or (patient.outcome == "stalled" and worse):
        full = patient.gradient(patient.last)
        spread = sum(float((patient.gradient(patient.last, rows) - full).square().sum()) for rows in batches)
        ratio = (spread / _BATCHES) ** 0.5 / max(float(full.norm()), 1e-30)
        if ratio > _NOISE:
            yield said.batch_noise(size, ratio)


def _normalizes(model: nn.Module) -> bool:
    return any(isinstance(module, nn.BatchNorm1d) for module in model.modules())


def _rare_classes(result: RunResult) -> Iterator[Finding]:
    dataset = result.dataset
    if dataset.task == "regression" or result.status == "diverged" or result.spec.training.class_weights != "none":
        return
    counts = np.bincount(dataset.train.target.astype(np.int64), minlength=len(dataset.classes))
    shares = counts / counts.sum()
    predicted: set[Any] = {str(p) for p in result.predictions["train"].prediction}
    rarest = int(shares.argmin())
    if shares[rarest] < _RARE and counts[rarest] and str(dataset.classes[rarest]) not in predicted:
        yield said.rare_class(dataset.classes[rarest], float(shares[rarest]), int(counts[rarest]))
