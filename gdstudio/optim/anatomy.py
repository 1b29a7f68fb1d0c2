"""One step of an optimizer, taken apart: each quantity with its formula, its numbers put in, and what comes out.

The operations are those of torch's plain kernels in their order, so that the last line is the optimizer's own next
value, to the bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """One quantity of a step.

    Attributes:
        name: What it is called.
        formula: How it comes about, in symbols; empty for what is given.
        numbers: The same with numbers put in.
        values: ``(d,)`` one for each variable.
        memory: What torch's optimizer calls it where it remembers it after the step; empty otherwise.
    """

    name: str
    formula: str
    numbers: Callable[[int], str]
    values: Array
    memory: str = ""


class _Sheet:
    """Collects lines while a step is computed anew."""

    def __init__(self, point: Array, gradient: Array, memory: Mapping[str, Any], dtype: torch.dtype) -> None:
        self.lines: list[Line] = []
        self.memory, self._dtype = memory, dtype
        self.point, self.gradient = self._tensor(point), self._tensor(gradient)
        self.note("value", "", self.point)
        self.note("gradient g", "slope of f along this variable", self.gradient)

    def note(
        self,
        name: str,
        formula: str,
        values: Tensor,
        numbers: Callable[[int], str] = lambda k: "",
        memory: str = "",
    ) -> Tensor:
        self.lines.append(Line(name, formula, numbers, values.clone().numpy(), memory))
        return values

    def _tensor(self, values: Any) -> Tensor:
        return torch.as_tensor(values, dtype=self._dtype)

    def remembered(self, name: str) -> Tensor:
        """What the optimizer remembered before the step; zeros before the first."""
        found = self.memory.get(name)
        return torch.zeros_like(self.point) if found is None else self._tensor(found)

    def decayed(self, settings: Any) -> Tensor:
        """The gradient with weight decay."""
        decay = float(settings.weight_decay)
        if not decay:
            return self.gradient
        before, point = self.gradient, self.point
        return self.note(
            "gradient with decay g",
            "g + weight decay · value",
            before.add(point, alpha=decay),
            lambda k: f"{_f(before[k])} + {decay:g} · {_f(point[k])}",
        )


def anatomy(
    settings: Any,
    *,
    rate: float,
    step: int,
    point: Array,
    gradient: Array,
    memory: Mapping[str, Any],
    dtype: torch.dtype = torch.float64,
) -> tuple[Line, ...] | None:
    """Take a step of a descent apart.

    Args:
        settings: The optimizer's.
        rate: Learning rate of the step.
        step: Its number, 1 for the first.
        point: ``(d,)``, before it.
        gradient: ``(d,)`` that the optimizer was given.
        memory: What it remembered before, name → ``(d,)`` or a number; empty before the first step.
        dtype: The precision of the descent.

    Returns:
        The lines, the next value last; None for an optimizer, or a setting of it, that is not taken apart here.
    """
    work = _KNOWN.get(settings.kind)
    if work is None or getattr(settings, "amsgrad", False) or getattr(settings, "centered", False):
        return None
    sheet = _Sheet(point, gradient, memory, dtype)
    work(sheet, settings, rate, step)
    return tuple(sheet.lines)


def _sgd(sheet: _Sheet, settings: Any, rate: float, step: int) -> None:
    g = sheet.decayed(settings)
    used, symbol = g, "g"
    if settings.momentum:
        mu, damp = settings.momentum, 1 - settings.dampening
        if step == 1:
            m = sheet.note("momentum m", "g, at the first step", g.clone(), lambda k: _f(g[k]), "momentum_buffer")
        else:
            before = sheet.remembered("momentum_buffer")
            m = sheet.note(
                "momentum m",
                "μ · m before + (1 − dampening) · g",
                before.mul(mu).add_(g, alpha=damp),
                lambda k: f"{mu:g} · {_f(before[k])} + {damp:g} · {_f(g[k])}",
                "momentum_buffer",
            )
        used, symbol = m, "m"
        if settings.nesterov:
            symbol = "d"
            used = sheet.note(
                "look ahead d", "g + μ · m", g.add(m, alpha=mu), lambda k: f"{_f(g[k])} + {mu:g} · {_f(m[k])}"
            )
    _move(sheet, sheet.point.add(used, alpha=-rate), f"value − rate · {symbol}", lambda k: f"{rate:g} · {_f(used[k])}")


def _adam(sheet: _Sheet, settings: Any, rate: float, step: int) -> None:
    b1, b2, eps = settings.beta1, settings.beta2, settings.eps
    if settings.kind == "adamw":
        g, point = sheet.gradient, sheet.point.mul(1 - rate * settings.weight_decay)
        if settings.weight_decay:
            sheet.note("decayed value", "value · (1 − rate · weight decay)", point)
    else:
        g, point = sheet.decayed(settings), sheet.point
    m0, v0 = sheet.remembered("exp_avg"), sheet.remembered("exp_avg_sq")
    m = sheet.note(
        "first moment m",
        "β₁ · m before + (1 − β₁) · g",
        m0.lerp(g, 1 - b1),
        lambda k: f"{b1:g} · {_f(m0[k])} + {1 - b1:.4g} · {_f(g[k])}",
        "exp_avg",
    )
    v = sheet.note(
        "second moment v",
        "β₂ · v before + (1 − β₂) · g²",
        v0.mul(b2).addcmul_(g, g, value=1 - b2),
        lambda k: f"{b2:g} · {_f(v0[k])} + {1 - b2:.4g} · {_f(g[k])}²",
        "exp_avg_sq",
    )
    c1, c2 = 1 - b1**step, 1 - b2**step
    sheet.note(
        "m′, corrected", "m / (1 − β₁ᵗ)", m / c1, lambda k: f"{_f(m[k])} / (1 − {b1:g}^{step}) = {_f(m[k])} / {c1:.6g}"
    )
    sheet.note(
        "v′, corrected", "v / (1 − β₂ᵗ)", v / c2, lambda k: f"{_f(v[k])} / (1 − {b2:g}^{step}) = {_f(v[k])} / {c2:.6g}"
    )
    denominator = (v.sqrt() / c2**0.5).add_(eps)
    _move(
        sheet,
        point.addcdiv(m, denominator, value=-(rate / c1)),
        "value − rate · m′ / (√v′ + ε)",
        lambda k: f"{rate:g} · {_f(m[k] / c1)} / {_f(denominator[k])}",
        point,
    )


def _adagrad(sheet: _Sheet, settings: Any, rate: float, step: int) -> None:
    g = sheet.decayed(settings)
    before = sheet.remembered("sum")
    if step == 1:
        before = torch.full_like(sheet.point, settings.initial_accumulator)
    total = sheet.note(
        "sum of squares s", "s before + g²", before.addcmul(g, g, value=1),
        lambda k: f"{_f(before[k])} + {_f(g[k])}²", "sum",
    )  # fmt: skip
    slowed = rate / (1 + (step - 1) * settings.lr_decay)
    root = total.sqrt().add_(settings.eps)
    _move(
        sheet,
        sheet.point.addcdiv(g, root, value=-slowed),
        "value − rate · g / (√s + ε)",
        lambda k: f"{slowed:g} · {_f(g[k])} / {_f(root[k])}",
    )


def _rmsprop(sheet: _Sheet, settings: Any, rate: float, step: int) -> None:
    g, alpha, mu = sheet.decayed(settings), settings.alpha, settings.momentum
    before = sheet.remembered("square_avg")
    average = sheet.note(
        "mean of squares v",
        "α · v before + (1 − α) · g²",
        before.mul(alpha).addcmul_(g, g, value=1 - alpha),
        lambda k: f"{alpha:g} · {_f(before[k])} + {1 - alpha:.4g} · {_f(g[k])}²",
        "square_avg",
    )
    root = average.sqrt().add_(settings.eps)
    if mu > 0:
        old = sheet.remembered("momentum_buffer")
        m = sheet.note(
            "momentum m",
            "μ · m before + g / (√v + ε)",
            old.mul(mu).addcdiv_(g, root),
            lambda k: f"{mu:g} · {_f(old[k])} + {_f(g[k])} / {_f(root[k])}",
            "momentum_buffer",
        )
        _move(sheet, sheet.point.add(m, alpha=-rate), "value − rate · m", lambda k: f"{rate:g} · {_f(m[k])}")
        return
    _move(
        sheet,
        sheet.point.addcdiv(g, root, value=-rate),
        "value − rate · g / (√v + ε)",
        lambda k: f"{rate:g} · {_f(g[k])} / {_f(root[k])}",
    )


def _move(
    sheet: _Sheet, after: Tensor, formula: str, change: Callable[[int], str], start: Tensor | None = None
) -> None:
    """The last two lines: how far it goes, and where that leads."""
    begin = sheet.point if start is None else start
    sheet.note("step", formula.replace("value − ", "− "), after - begin, lambda k: f"− {change(k)}")
    sheet.note("new value", formula, after, lambda k: f"{_f(begin[k])} − {change(k)}")


_KNOWN: Final[dict[str, Callable[[_Sheet, Any, float, int], None]]] = {
    "sgd": _sgd, "adam": _adam, "adamw": _adam, "adagrad": _adagrad, "rmsprop": _rmsprop,
}  # fmt: skip


def _f(value: Tensor) -> str:
    """A number in a formula: negative ones in brackets, so that signs do not meet."""
    number = float(value)
    return f"({number:.6g})" if number < 0 else f"{number:.6g}"
