"""The optimizer's step of stacked runs, in which each run has its own rate and penalties.

Where all runs share a rate, the optimizer works on their parameters as on those of one run. Where not, it works with
the rate 1 on zeros, which so become the step that each run's rate is taken of.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn

from gdstudio.core.registry import registry
from gdstudio.core.spec import ExperimentSpec
from gdstudio.training.direct import DirectStep, direct_step
from gdstudio.training.stacked_model import StackedModel

log = logging.getLogger(__name__)

#: ``(inputs, targets, *noises) -> (losses, *gradients)``.
Gradients = Callable[..., tuple[Tensor, ...]]


class StackedUpdate:
    """Takes the optimizer's steps for all runs, singly or several in one call.

    What a step does beside the optimizer is written down once, in TorchScript, for both.

    Args:
        specs: Of the runs; their rates and penalties may differ.
        model: Its parameters are changed, its gradients are read.
        state: Of the optimizer, from an earlier update of these runs.
    """

    def __init__(
        self, specs: Sequence[ExperimentSpec], model: StackedModel, state: dict[str, Any] | None = None
    ) -> None:
        self._model = model
        self._rates = [float(spec.get("optimizer.lr")) for spec in specs]
        self._shared = len(set(self._rates)) == 1
        settings = specs[0].optimizer
        if not self._shared:
            settings = settings.model_copy(update={"lr": 1.0})
        changed = model.flat if self._shared else torch.zeros_like(model.flat)
        self._changed = nn.Parameter(changed)
        self._changed.grad = model.gradient
        self._optimizer: torch.optim.Optimizer = registry("optimizers")[settings.kind].build(settings, [self._changed])
        if state:
            self._optimizer.state[self._changed] = state
        (self._group,) = self._optimizer.param_groups
        self._own = {"flat": model.flat, "gradient": model.gradient, "moved": changed}
        self._before, self._after = self._lines(specs)
        self._update = direct_step(self._optimizer)
        self._loops: dict[torch.jit.ScriptModule, Callable[..., list[Tensor]] | None] = {}

    def keep(self, positions: list[int], specs: Sequence[ExperimentSpec]) -> StackedUpdate:
        """Go on with some of the runs, in the model as well; their update."""
        rows = torch.tensor(positions, device=self._model.flat.device)
        state = {
            name: self._model.chosen(value, rows) if torch.is_tensor(value) and value.ndim else value
            for name, value in self._optimizer.state[self._changed].items()
        }
        self._model.keep(positions)
        return StackedUpdate(specs, self._model, state)

    def _lines(self, specs: Sequence[ExperimentSpec]) -> tuple[list[str], list[str]]:
        """What is done before and after the optimizer's step.

        In them, ``loss`` is the losses ``(r,)``, ``factor`` the schedule's, and every other name one of ``_own``.
        """
        regularization, device = specs[0].regularization, self._model.flat.device
        before, after = [], []
        l1 = torch.tensor([spec.regularization.l1 for spec in specs], device=device)
        l2 = torch.tensor([spec.regularization.l2 for spec in specs], device=device)
        rates = self._model.spread(torch.tensor(self._rates, device=device))
        weights = {f"weight_{n}": weight for n, weight in enumerate(self._model.weights)}
        if l1.any() or l2.any():
            self._own |= weights
        if l1.any():
            self._own |= {"l1": l1, "absolute": self._model.spread(l1, biases=False)}
            total = " + ".join(f"torch.sum(torch.abs({name}), 1)" for name in weights)
            before.append(f"loss = loss + l1 * ({total})")
            if not regularization.proximal:
                before.append("gradient.addcmul_(torch.sign(flat), absolute)")
        if l2.any():
            self._own |= {"l2": l2, "square": self._model.spread(2 * l2, biases=False)}
            total = " + ".join(f"torch.sum({name} * {name}, 1)" for name in weights)
            before += [f"loss = loss + l2 * ({total})", "gradient.addcmul_(flat, square)"]
        if not self._shared:
            # What draws parameters towards zero looks at the parameters themselves and not at the zeros.
            decay = float(self._group.get("weight_decay", 0.0))
            self._group["weight_decay"] = 0.0
            decoupled = specs[0].optimizer.kind == "adamw" or self._group.get("decoupled_weight_decay", False)
            if decay and not decoupled:
                before.append(f"gradient.add_(flat, alpha={decay!r})")
            if decay and decoupled:
                after.append(f"moved.sub_(flat, alpha={decay!r})")
            self._own["each_rate"] = rates
            after += ["flat.addcmul_(moved, each_rate, value=factor)", "moved.zero_()"]
        if regularization.proximal and l1.any():
            self._own["threshold"] = self._own["absolute"] * rates
            after.append("flat.copy_(torch.sign(flat) * torch.clamp_min(torch.abs(flat) - threshold * factor, 0.0))")
        return before, after

    def steps(
        self,
        gradients: Gradients,
        module: torch.jit.ScriptModule | None,
        inputs: Sequence[Tensor],
        targets: Sequence[Tensor],
        noises: Sequence[list[Tensor]],
        factors: Sequence[float],
    ) -> list[Tensor]:
        """A step for each of some batches.

        Args:
            gradients: Computes losses, and gradients into the model's.
            module: The same, recorded.
            inputs: ``(r, b, d)`` each.
            targets: ``(r, b)`` each.
            noises: Of dropout, for each batch.
            factors: The schedule's, for each batch.

        Returns:
            The losses ``(r,)`` of each batch with their penalties, before its step.
        """
        kernel = self._update.kernel if isinstance(self._update, DirectStep) else None
        rates = [self._rates[0] * factor if self._shared else 1.0 for factor in factors]
        if module is not None and kernel is not None:
            if module not in self._loops:
                self._loops[module] = self._loop(module, kernel.text, len(noises[0]))
            loop = self._loops[module]
            if loop is not None:
                changed = kernel.values, [self._model.gradient], kernel.state, kernel.counter
                return loop(list(inputs), list(targets), list(noises), rates, list(factors), *changed, self._own)
        losses: list[Tensor] = []
        around = _around("\n".join(_unpacked(self._own)), "\n".join(self._before), "\n".join(self._after))
        for x, y, noise, rate, factor in zip(inputs, targets, noises, rates, factors, strict=True):
            loss = (module or gradients)(x, y, *noise)[0]
            with torch.no_grad():
                loss = around.before(loss, factor, self._own)
                self._group["lr"] = rate
                self._update()
                around.after(loss, factor, self._own)
            losses.append(loss)
        return losses

    def _loop(self, module: torch.jit.ScriptModule, kernel: str, noises: int) -> Callable[..., list[Tensor]] | None:
        """The loop over batches of the module's size; None where it cannot be compiled."""
        try:
            module.define(_loop(kernel, noises, self._own, self._before, self._after))
        except Exception as error:  # whatever TorchScript cannot express: single steps give the same numbers
            log.debug("Stacked steps cannot be taken in blocks: %s", error)
            return None
        loop: Callable[..., list[Tensor]] = module.steps
        return loop


def _unpacked(own: dict[str, Tensor]) -> list[str]:
    return [f'{name} = own["{name}"]' for name in own]


@lru_cache(maxsize=64)
def _around(unpacked: str, before: str, after: str) -> torch.jit.CompilationUnit:
    """``before`` and ``after`` of a step, each ``(loss, factor, own) -> loss``."""
    return torch.jit.CompilationUnit(
        "\n".join(
            f"def {name}(loss: Tensor, factor: float, own: Dict[str, Tensor]) -> Tensor:\n"
            + _indented([unpacked, lines, "return loss"])
            for name, lines in (("before", before), ("after", after))
        )
    )


def _loop(kernel: str, noises: int, own: dict[str, Tensor], before: list[str], after: list[str]) -> str:
    """The loop over batches in TorchScript."""
    given = ", ".join(["inputs[i]", "targets[i]", *[f"noises[i][{n}]" for n in range(noises)]])
    body = [
        f"loss = self.forward({given})[0]",
        *before,
        "losses.append(loss)",
        "lr = rates[i]",
        kernel,
        *after,
    ]
    lines = [
        *_unpacked(own),
        "losses: List[Tensor] = []",
        "for i in range(len(inputs)):",
        "    factor = factors[i]",
        _indented(body),
        "return losses",
    ]
    return (
        "def steps(self, inputs: List[Tensor], targets: List[Tensor], noises: List[List[Tensor]], rates: List[float], "
        "factors: List[float], values: List[Tensor], gradients: List[Tensor], state: List[List[Tensor]], "
        "counter: List[Tensor], own: Dict[str, Tensor]) -> List[Tensor]:\n" + _indented(lines)
    )


def _indented(lines: Sequence[str]) -> str:
    return "".join(f"    {line}\n" for line in "\n".join(lines).split("\n") if line)
