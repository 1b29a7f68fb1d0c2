"""Samples of each layer's gradient, weights and idle units, taken beside the loop and never in it."""

from __future__ import annotations

import time
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gdstudio.core.history import RunHistory

#: Rows that activations are looked at with; evenly spaced over the training part.
PROBE_ROWS: Final = 128
#: From one sample to the next the step grows by this share, so that a million steps give about 300 samples.
_SPACING: Final = 0.04
#: A sample is left out where it would take more than this share of the time of training so far …
_SHARE: Final = 0.02
#: … beyond so many seconds, which let the first steps of a run be seen.
_ALLOWANCE: Final = 0.005
#: A unit counts as saturated on a row where its slope is below this share of the steepest.
_FLAT_SLOPE: Final = 0.05
#: … and altogether where that holds on this share of the rows.
_MOST_ROWS: Final = 0.95


class HealthProbe:
    """Measures around single steps: weights before, gradients after backward, weights after.

    Nothing that training reads is written: activations are looked at in evaluation mode, where dropout draws nothing
    and batch normalization keeps its averages. Which steps are sampled depends on the step alone, unless a sample
    would cost too much: then it is left out.

    Args:
        model: What is trained.
        history: Where the rows go.
        features: ``(n, d)``, prepared, of the training part.
        device: Where the model is.

    Attributes:
        next_step: The next step (1-based) that may be sampled.
    """

    def __init__(
        self, model: nn.Module, history: RunHistory, features: NDArray[np.float32], device: torch.device
    ) -> None:
        self._model, self._history = model, history
        self._layers = layers_of(model)
        history.health_layers = tuple(name for name, _, _ in self._layers)
        rows = np.unique(np.linspace(0, len(features) - 1, min(PROBE_ROWS, len(features))).astype(np.int64))
        self._inputs = torch.from_numpy(np.ascontiguousarray(features[rows])).to(device)
        self._parameters = [list(layer.parameters(recurse=False)) for _, layer, _ in self._layers]
        self._before: list[list[Tensor]] = []
        self._gradients: list[float] | None = None
        self._step = 0
        self._last = 0.0
        self._began = 0.0
        self.next_step = 1

    def before_step(self, step: int, elapsed: float) -> bool:
        """Begin a sample at ``step``, or leave it out; ``elapsed`` is the time of training so far in seconds."""
        self.next_step = step + max(1, int(step * _SPACING))
        if self._history.health_seconds + self._last > _SHARE * elapsed + _ALLOWANCE:
            return False
        self._began = time.perf_counter()
        self._step, self._gradients = step, None
        self._before = [[p.detach().clone() for p in parameters] for parameters in self._parameters]
        self._spend()
        return True

    def after_backward(self) -> None:
        """Measure the gradients before something clips them; without this call, they are measured after the step."""
        self._began = time.perf_counter()
        self._gradients = [_norm([p.grad for p in parameters if p.grad is not None]) for parameters in self._parameters]
        self._spend()

    def after_step(self) -> None:
        """End the sample: one row a layer."""
        self._began = time.perf_counter()
        if self._gradients is None:
            self._gradients = [_norm([p.grad for p in ps if p.grad is not None]) for ps in self._parameters]
        weights = [_norm(before) for before in self._before]
        updates = [
            _norm([p.detach() - b for p, b in zip(parameters, before, strict=True)])
            for parameters, before in zip(self._parameters, self._before, strict=True)
        ]
        count = len(self._layers)
        self._history.health.append(
            {
                "step": np.full(count, float(self._step)),
                "layer": np.arange(1, count + 1, dtype=float),
                "gradient_norm": self._gradients,
                "weight_norm": weights,
                "update_ratio": [u / w if w else np.nan for u, w in zip(updates, weights, strict=True)],
                "idle_units": idle_units(self._model, self._inputs),
            }
        )
        self._before = []
        self._last = self._spend() + self._last / 2

    def _spend(self) -> float:
        spent = time.perf_counter() - self._began
        self._history.health_seconds += spent
        return spent


def layers_of(model: nn.Module) -> list[tuple[str, nn.Linear, nn.Module | None]]:
    """Name, layer and the activation behind it, from the inputs to the output."""
    found: list[tuple[str, nn.Linear, nn.Module | None]] = []
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear):
            found.append((name or "output", module, None))
        elif isinstance(module, nn.ReLU | nn.Tanh | nn.Sigmoid) and found:
            found[-1] = (*found[-1][:2], module)
    return found


def idle_units(model: nn.Module, inputs: Tensor) -> list[float]:
    """The share of each layer's units that cannot learn: dead behind a ReLU, saturated behind tanh or sigmoid.

    A dead unit gives 0 for every row. A saturated one has less than 5 % of its activation's steepest slope on at least
    95 % of the rows (after Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward neural
    networks, who watch the same quantity).

    Args:
        model: Its mode is put back; no buffer of it changes.
        inputs: ``(n, d)``.

    Returns:
        A share a layer, as :func:`layers_of` orders them; NaN where no such activation follows.
    """
    outputs: dict[nn.Module, Tensor] = {}

    def keep(module: nn.Module, _: Any, output: Tensor) -> None:
        outputs[module] = output

    layers = layers_of(model)
    watched = [activation for _, _, activation in layers if activation is not None]
    if not watched:
        return [float("nan")] * len(layers)
    handles = [activation.register_forward_hook(keep) for activation in watched]
    modes = [(module, module.training) for module in model.modules()]
    try:
        model.eval()
        with torch.no_grad():
            model(inputs)
    finally:
        for module, mode in modes:
            module.training = mode
        for handle in handles:
            handle.remove()
    return [
        float("nan") if activation is None else _idle_share(activation, outputs[activation])
        for _, _, activation in layers
    ]


def _idle_share(activation: nn.Module, output: Tensor) -> float:
    if isinstance(activation, nn.ReLU):
        return float((output <= 0).all(dim=0).float().mean())
    slope = 1 - output**2 if isinstance(activation, nn.Tanh) else 4 * output * (1 - output)
    return float(((slope < _FLAT_SLOPE).float().mean(dim=0) >= _MOST_ROWS).float().mean())


def _norm(tensors: list[Tensor]) -> float:
    """Euclidean norm of all values together."""
    if not tensors:
        return float("nan")
    return float(torch.linalg.vector_norm(torch.stack(torch._foreach_norm(tensors))))
