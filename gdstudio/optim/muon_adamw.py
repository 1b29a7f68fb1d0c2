"""Muon for matrices and AdamW for everything else, as one optimizer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from torch.nn import Parameter
from torch.optim import AdamW, Muon, Optimizer
from torch.optim.optimizer import StateDict


class MuonWithAdamW(Optimizer):
    """Each parameter group belongs to one of the two; state and groups are this optimizer's own.

    Source: Liu et al. (2025), Muon is Scalable for LLM Training, equation 4: the step of an n × m matrix is scaled
    by 0.2·√max(n, m), which gives it the root mean square of AdamW's steps, so that one rate suits both.

    Args:
        parameters: Those with two dimensions go to Muon.
        lr: Learning rate of both.
        momentum: Muon's.
        nesterov: Muon's.
        newton_steps: Newton–Schulz iterations of Muon.
        betas: AdamW's.
        weight_decay: Of both, decoupled.
    """

    def __init__(
        self,
        parameters: Iterable[Parameter],
        *,
        lr: float,
        momentum: float,
        nesterov: bool,
        newton_steps: int,
        betas: tuple[float, float],
        weight_decay: float,
    ) -> None:
        parameters = list(parameters)
        matrices = [p for p in parameters if p.ndim == 2]
        rest = [p for p in parameters if p.ndim != 2]
        self._parts: list[Optimizer] = []
        if matrices:
            self._parts.append(
                Muon(
                    matrices,
                    lr=lr,
                    weight_decay=weight_decay,
                    momentum=momentum,
                    nesterov=nesterov,
                    ns_steps=newton_steps,
                    adjust_lr_fn="match_rms_adamw",
                )
            )
        if rest:
            self._parts.append(AdamW(rest, lr=lr, betas=betas, weight_decay=weight_decay, fused=True))
        super().__init__([group for part in self._parts for group in part.param_groups], {})
        self._share()

    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """One step of both."""
        loss = None if closure is None else closure()
        for part in self._parts:
            part.step()
        return loss

    def load_state_dict(self, state_dict: StateDict) -> None:
        """Go on from a state of ``state_dict``."""
        super().load_state_dict(state_dict)
        self._share()

    def _share(self) -> None:
        """Let the two work on this optimizer's groups and state, so that both can be set and saved from outside."""
        groups: list[dict[str, Any]] = self.param_groups
        for part, group in zip(self._parts, groups, strict=True):
            part.param_groups = [group]
            part.state = self.state
