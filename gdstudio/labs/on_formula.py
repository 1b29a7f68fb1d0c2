"""Learning rates and races on a formula: descents one after another, each of them the engine's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdstudio.labs import measures
from gdstudio.labs.entry import LabResult, Progress
from gdstudio.labs.formulas import descent_of, point_name
from gdstudio.labs.picture import Picture, PictureSeries

if TYPE_CHECKING:
    from gdstudio.core.control import RunControl
    from gdstudio.core.minimize_spec import MinimizeSpec
    from gdstudio.core.spec import ExperimentSpec
    from gdstudio.training.minimize import MinimizeResult

#: A descent has arrived when its gradient is no longer than this.
TOLERANCE = 1e-3
#: The loss turns at more than this share of the steps: it oscillates.
_TURNS = 0.3
#: Points of a curve that are drawn.
_DRAWN = 500


@dataclass(frozen=True)
class Case:
    """One descent of many: what its row says of it, and its spec."""

    row: dict[str, Any]
    spec: MinimizeSpec


def cases_of(
    spec: ExperimentSpec, formula: str, steps: int, reach: float, seeds: int, varied: Sequence[dict[str, Any]]
) -> list[Case]:
    """Every variation from every random start; all of them from the same starts.

    Args:
        spec: Optimizer, schedule and the first seed are its.
        formula: What is minimized.
        steps: The most of each.
        reach: Starts lie between minus this and this.
        seeds: Starts.
        varied: For each variation, dotted spec paths → values, and under ``row`` what its row says.
    """
    first = spec.training.seed
    cases = []
    for variation in varied:
        values = {k: v for k, v in variation.items() if k != "row"}
        for k in range(seeds):
            descent = descent_of(spec, formula, steps, TOLERANCE).with_values(
                {**values, "training.seed": first + k, "training.start_range": reach}
            )
            cases.append(Case({**variation["row"], "seed": first + k}, descent))
    return cases


def descend(cases: Sequence[Case], control: RunControl, progress: Progress) -> list[MinimizeResult]:
    """One after another; fewer after a cancel."""
    from gdstudio.training.minimize import minimize

    found: list[MinimizeResult] = []
    for number, case in enumerate(cases):
        if control.cancelled:
            break
        found.append(minimize(case.spec, control=control))
        progress((number + 1) / len(cases))
    return found


def run_rows(cases: Sequence[Case], results: Sequence[MinimizeResult]) -> list[dict[str, Any]]:
    """A row a descent."""
    rows = []
    for number, (case, result) in enumerate(zip(cases, results, strict=False)):
        last = float(result.values[-1])
        broken = result.status == "diverged" or not last <= float(result.values[0])
        rows.append({
            "run": number, **case.row, "status": "diverged" if broken else result.status, "steps": result.steps,
            "iterations": result.steps if result.status == "converged" else None,
            "value": last if np.isfinite(last) else None,
            "end": point_name(result.variables, result.points[-1]), "turns": measures.oscillation(result.values),
        })  # fmt: skip
    return rows


def zone(row: dict[str, Any]) -> str:
    """Of one rate, by the same criteria as on data."""
    if 2 * row["diverged_runs"] > row["runs"]:
        return "diverged"
    if row["turns"] > _TURNS:
        return "oscillating"
    return "slow" if row["iterations"] is None else "stable"


def learning_rates(settings: Any, spec: ExperimentSpec, control: RunControl, progress: Progress) -> LabResult:
    """Steps to a flat gradient for each rate, and 2/λmax where the best descent ended."""
    from gdstudio.training.minimize import make_objective

    rates = sorted(set(settings.rates))
    varied = [{"optimizer.lr": rate, "row": {"learning_rate": rate}} for rate in rates]
    cases = cases_of(spec, settings.formula, settings.steps, settings.start_range, settings.seeds, varied)
    results = descend(cases, control, progress)
    runs = run_rows(cases, results)
    rows = []
    for rate in rates:
        mine = [row for row in runs if row["learning_rate"] == rate]
        if not mine:
            continue
        known = [row["iterations"] for row in mine if row["iterations"] is not None]
        row = {
            "learning_rate": rate, "iterations": measures.middle([row["iterations"] for row in mine]),
            "iterations_low": min(known, default=None), "iterations_high": max(known, default=None),
            "diverged_runs": sum(row["status"] == "diverged" for row in mine), "runs": len(mine),
            "turns": measures.middle([row["turns"] for row in mine]) or 0.0,
        }  # fmt: skip
        rows.append({"learning_rate": rate, "zone": zone(row), **row})
    limit = None
    done = [result for result in results if result.status == "converged"]
    if done:
        best = min(done, key=lambda result: float(result.values[-1]))
        objective = make_objective(best.spec.objective)
        if objective.dimensions <= 50:
            import torch

            largest = float(torch.linalg.eigvalsh(objective.hessian(torch.from_numpy(best.points[-1])))[-1])
            limit = 2 / largest if largest > 0 else None
    findings: dict[str, Any] = {"largest_rate": limit, "suggested_rate": None, "boundary": None}
    reached = [row for row in rows if row["iterations"] is not None and row["zone"] != "diverged"]
    if reached:
        fastest = min(reached, key=lambda row: row["iterations"])
        findings["suggested_rate"] = fastest["learning_rate"]
        sentences = [
            f"Learning rate {fastest['learning_rate']:g} made the gradient shorter than {TOLERANCE:g} in "
            f"{fastest['iterations']:.0f} steps, the fewest of all rates."
        ]
    else:
        sentences = [f"No rate made the gradient shorter than {TOLERANCE:g}: give more steps, or other rates."]
    broken = [row["learning_rate"] for row in rows if row["zone"] == "diverged"]
    if broken:
        sentences.append(f"From {min(broken):g} on the value grew instead of falling.")
    if limit is not None:
        sentences.append(
            f"At the lowest point that was reached, 2 divided by the largest curvature is {limit:.4g}: beyond that, "
            "plain descent cannot stay there."
        )
    return LabResult("learning_rate", settings, spec, rows, runs, curves(results), findings, sentences)


def race(settings: Any, spec: ExperimentSpec, control: RunControl, progress: Progress,
         varied: Sequence[dict[str, Any]]) -> LabResult:  # fmt: skip
    """Every optimizer from one start; the paths where there are two variables, the values otherwise."""
    cases = cases_of(spec, settings.formula, settings.steps, settings.start_range, 1, varied)
    results = descend(cases, control, progress)
    rows = run_rows(cases, results)
    sentences = [f"All started from {point_name(results[0].variables, results[0].points[0])}."] if results else []
    arrived = [row for row in rows if row["iterations"] is not None]
    if arrived:
        first = min(arrived, key=lambda row: row["iterations"])
        sentences.append(
            f"{first['optimizer']} with learning rate {first['learning_rate']:g} was first at a gradient shorter than "
            f"{TOLERANCE:g}, after {first['iterations']} steps, at {first['end']}."
        )
    else:
        sentences.append(f"None made its gradient shorter than {TOLERANCE:g} within {settings.steps:,} steps.")
    found = curves(results)
    names = [f"{row['optimizer']} {row['learning_rate']:g}" for row in rows]
    from gdstudio.labs.computing.race_scene import scene_on_formula

    return LabResult("race", settings, spec, rows, rows, found, {"tolerance": TOLERANCE}, sentences,
                     values_picture(names, results), scene=scene_on_formula(names, results))  # fmt: skip


def curves(results: Sequence[MinimizeResult]) -> list[tuple[int, int, float]]:
    """``(run, step, value)`` rows."""
    return [
        (number, int(step), float(result.values[step]))
        for number, result in enumerate(results)
        for step in _some(len(result.values))
        if np.isfinite(result.values[step])
    ]


def values_picture(names: Sequence[str], results: Sequence[MinimizeResult]) -> Picture | None:
    """How far above the lowest value that any reached each descent is, step by step."""
    finite = [r.values[np.isfinite(r.values)] for r in results]
    if not any(len(values) for values in finite):
        return None
    floor = min(float(values.min()) for values in finite if len(values))
    series = []
    for name, result in zip(names, results, strict=True):
        steps = _some(len(result.values))
        above = result.values[steps] - floor
        shown = [float(v) if np.isfinite(v) and v > 0 else None for v in above]
        series.append(PictureSeries(name, [float(s) for s in steps], shown, style="curve"))
    return Picture("Height above the lowest value that was reached", "Step", "f above the lowest", series, y_log=True)


def _some(count: int) -> NDArray[np.intp]:
    """Evenly spaced places, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, _DRAWN)).round().astype(np.intp))
