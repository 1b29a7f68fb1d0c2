"""How the loss curves at a point: extreme eigenvalues and trace of the Hessian, and what they say."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Verdict = Literal["minimum", "maximum", "saddle", "plateau", "descending"]

#: Up to so many parameters the whole Hessian is made, and its eigenvalues are exact.
_WHOLE = 64
_TOLERANCE = 1e-3
_MAX_PRODUCTS = 400
#: A step down the gradient that gains less than this share of the loss no longer counts as descending.
_GAIN = 1e-4
#: An eigenvalue below this share of the largest one counts as zero.
_FLAT = 1e-3
#: Curvature that is none at all.
_NOTHING = 1e-10


@dataclass(frozen=True)
class Curvature:
    """The second derivatives at a point, in numbers.

    Attributes:
        loss: The value there.
        gradient_norm: Euclidean.
        largest, smallest: Extreme eigenvalues of the Hessian.
        trace: Sum of all eigenvalues; estimated, with :attr:`trace_error`, where there are many.
        trace_error: Standard error of the trace.
        parameters: Number of weights.
    """

    loss: float
    gradient_norm: float
    largest: float
    smallest: float
    trace: float
    trace_error: float
    parameters: int

    @property
    def largest_rate(self) -> float | None:
        """``2/λmax``: above it, full-batch gradient descent moves away along the steepest direction.

        Source: LeCun, Bottou, Orr, Müller (1998), Efficient BackProp, section 5.1. None where nothing curves up.
        """
        return 2 / self.largest if self.largest > _NOTHING else None

    @property
    def verdict(self) -> Verdict:
        """What kind of point it is.

        ``descending`` where a step of length ``1/|λ|`` down the gradient gains ``|g|²/(2|λ|)`` of at least 1e-4 of
        the loss, as the descent lemma has it; else the signs of the extreme eigenvalues decide, those below 1e-3 of
        the largest counting as zero (Nocedal and Wright 2006, Numerical Optimization, section 2.1).
        """
        steepest = max(abs(self.largest), abs(self.smallest))
        if steepest <= _NOTHING:
            return "descending" if self.gradient_norm > 1e-6 * max(abs(self.loss), 1.0) else "plateau"
        # Near a loss of zero a share of it is no yardstick; then the numbers' own precision is.
        if self.gradient_norm**2 / (2 * steepest) > max(_GAIN * abs(self.loss), 1e-10):
            return "descending"
        if self.smallest < -_FLAT * steepest:
            return "saddle" if self.largest > _FLAT * steepest else "maximum"
        return "minimum"

    def sentences(self, rate: float | None = None) -> list[str]:
        """The verdict and the learning rate's limit in words, with the numbers.

        Args:
            rate: The learning rate of the run, to compare with the limit.
        """
        numbers = f"gradient norm {self.gradient_norm:.3g}, eigenvalues from {self.smallest:.3g} to {self.largest:.3g}"
        said = [f"{_WORDS[self.verdict]} ({numbers})."]
        limit = self.largest_rate
        if limit is not None:
            said.append(f"2/λmax = {limit:.3g}: learning rates above it make full-batch gradient descent diverge here.")
            if rate is not None:
                side = "above" if rate > limit else "below"
                said.append(f"The run's learning rate, {rate:.3g}, is {side} it.")
        return said


_WORDS: Final[dict[Verdict, str]] = {
    "minimum": "A minimum: the loss rises, or stays level, in every direction",
    "maximum": "A maximum: the loss falls in every direction that it changes in",
    "saddle": "A saddle: the gradient is nearly zero, but in some directions the loss falls",
    "plateau": "A plateau: neither slope nor curvature can be measured",
    "descending": "Still descending: a step down the gradient would lower the loss noticeably",
}


def curvature(
    loss: Callable[[], Tensor],
    parameters: Sequence[Tensor],
    *,
    seed: int = 0,
    probes: int = 24,
    cancelled: Callable[[], bool] = lambda: False,
) -> Curvature | None:
    """Measure the curvature of ``loss`` in ``parameters``.

    Products with the Hessian are gradients of the gradient's product with a vector (Pearlmutter 1994, Fast Exact
    Multiplication by the Hessian). The extremes come from Lanczos' method, which is power iteration that keeps all of
    its vectors: it finds both ends at once, and converges where power iteration crawls. The trace is Hutchinson's
    (1990) estimate from random signs.

    Args:
        loss: ``() -> scalar`` with a graph to ``parameters``.
        parameters: Leaves that require gradients.
        seed: Of the first vector and the signs.
        probes: Random vectors for the trace.
        cancelled: Is asked before each product; the answer is None once it says so.
    """
    value = loss()
    gradients = torch.autograd.grad(value, parameters, create_graph=True, allow_unused=True)
    flat = torch.cat(
        [(torch.zeros_like(p) if g is None else g).reshape(-1) for g, p in zip(gradients, parameters, strict=True)]
    )
    count = len(flat)
    generator = np.random.default_rng(seed)

    def product(vector: NDArray[Any]) -> NDArray[np.float64]:
        if cancelled():
            raise _CancelledError
        along = torch.as_tensor(np.asarray(vector).reshape(-1), dtype=flat.dtype)
        if not flat.requires_grad:
            return np.zeros(count)
        found = torch.autograd.grad(flat, parameters, along, retain_graph=True, allow_unused=True)
        pieces = [(torch.zeros_like(p) if g is None else g) for g, p in zip(found, parameters, strict=True)]
        return np.asarray(torch.cat([p.reshape(-1) for p in pieces]).double().numpy())

    try:
        if count <= _WHOLE:
            hessian = np.stack([product(row) for row in np.eye(count)])
            values = np.linalg.eigvalsh((hessian + hessian.T) / 2)
            smallest, largest, trace, error = float(values[0]), float(values[-1]), float(values.sum()), 0.0
        else:
            smallest, largest = _extremes(product, count, generator)
            samples = []
            for _ in range(probes):
                signs = generator.choice([-1.0, 1.0], count)
                samples.append(float(signs @ product(signs)))
            trace, error = float(np.mean(samples)), float(np.std(samples, ddof=1) / math.sqrt(probes))
    except _CancelledError:
        return None
    norm = float(flat.detach().double().norm())
    return Curvature(float(value.detach()), norm, largest, smallest, trace, error, count)


class _CancelledError(Exception):
    """Leaves the numerical library from within."""


@torch.enable_grad()
def sharpness(loss: Callable[[], Tensor], parameters: Sequence[Tensor], radius: float = 0.05) -> float:
    """How far the loss rises by a step of length ``radius`` straight up its gradient.

    Source: Foret, Kleiner, Mobahi, Neyshabur (2021), Sharpness-Aware Minimization, equations 1 and 2: the largest loss
    within the radius, to first order, less the loss itself.

    Args:
        loss: ``() -> scalar`` with a graph to ``parameters``, which are back in their place afterwards.
        parameters: Leaves that require gradients.
        radius: Euclidean length of the step.
    """
    value = loss()
    if not value.requires_grad:
        return 0.0
    found = torch.autograd.grad(value, parameters, allow_unused=True)
    gradients = [torch.zeros_like(p) if g is None else g for g, p in zip(found, parameters, strict=True)]
    length = math.sqrt(sum(float((g.double() ** 2).sum()) for g in gradients))
    if not length:
        return 0.0
    before = [p.detach().clone() for p in parameters]
    with torch.no_grad():
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.add_(gradient, alpha=radius / length)
        above = float(loss())
        for parameter, old in zip(parameters, before, strict=True):
            parameter.copy_(old)
    return above - float(value.detach())


def _extremes(
    product: Callable[[NDArray[Any]], NDArray[np.float64]], count: int, generator: np.random.Generator
) -> tuple[float, float]:
    """Smallest and largest eigenvalue."""
    from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh  # type: ignore[import-untyped]

    operator = LinearOperator((count, count), matvec=product, dtype=np.float64)
    start = generator.normal(size=count)
    if not product(start).any():
        return 0.0, 0.0
    ends = []
    for which in ("SA", "LA"):
        try:
            found = eigsh(
                operator, k=1, which=which, v0=start, tol=_TOLERANCE, maxiter=_MAX_PRODUCTS, ncv=min(count, 20),
                return_eigenvectors=False,
            )  # fmt: skip
        except ArpackNoConvergence as error:
            # What it has found lies inside the true range; without anything the quotient of the start stands in.
            found = error.eigenvalues
            if not len(found):
                found = np.array([start @ product(start) / (start @ start)])
        ends.append(float(found[0]))
    return ends[0], ends[1]
