"""L1 and L2 over a path of strengths: weights, zeros, and which strength to take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings
from gdstudio.labs.entry import Lab, LabEntry, LabResult, Progress

if TYPE_CHECKING:
    from gdstudio.core.control import RunControl
    from gdstudio.core.spec import ExperimentSpec
    from gdstudio.data.dataset import Dataset

#: A gradient step never lands on zero exactly: weights below this share of the largest count as zero.
_ZERO_SHARE = 1e-2


class PenaltiesSettings(Settings):
    """Kind and strengths of the penalty."""

    kind: Literal["penalties"] = "penalties"
    penalty: Literal["l1", "l2", "elastic_net"] = setting(
        "l2", label="Penalty", help="Elastic net takes both at the same strength.",
        labels={"l1": "L1", "l2": "L2", "elastic_net": "Elastic net"},
    )  # fmt: skip
    strengths: tuple[Annotated[float, Field(ge=0)], ...] = setting(
        (0.0, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3),
        label="Strengths", help="Values of λ.", max_length=100,
    )  # fmt: skip
    seeds: int = setting(5, label="Seeds", help="Runs for each strength; their spread decides ties.", ge=1, le=50)


def _build(settings: PenaltiesSettings) -> Lab:
    def run(spec: ExperimentSpec, dataset: Dataset, control: RunControl, progress: Progress) -> LabResult:
        import numpy as np

        from gdstudio.labs import measures
        from gdstudio.training.ensemble import run_many

        measures.check_runs(len(settings.strengths) * settings.seeds)
        first = spec.training.seed
        names = ("l1", "l2") if settings.penalty == "elastic_net" else (settings.penalty,)
        cases = [(strength, first + k) for strength in settings.strengths for k in range(settings.seeds)]
        specs = [
            spec.with_values({**{f"regularization.{n}": strength for n in names}, "training.seed": seed})
            for strength, seed in cases
        ]
        members = run_many(specs, dataset, control=control, on_progress=progress)
        per_epoch = measures.steps_per_epoch(members[0], len(dataset.train))
        runs: list[dict[str, Any]] = []
        curves = []
        for number, ((strength, seed), member) in enumerate(zip(cases, members, strict=True)):
            values = measures.epoch_means(member, per_epoch)
            weights = np.concatenate([w.ravel() for w in member.state.values() if w.ndim > 1])
            zeros = int((np.abs(weights) < _ZERO_SHARE * np.abs(weights).max()).sum())
            runs.append(measures.run_row(
                number, member, values, strength=strength, seed=seed, weight_norm=float(np.linalg.norm(weights)),
                near_zero=zeros, weights=len(weights),
            ))  # fmt: skip
            curves += measures.curve_rows(number, values)
        rows = []
        for strength in settings.strengths:
            mine = [row for row in runs if row["strength"] == strength]
            found = [row["validation_loss"] for row in mine if row.get("validation_loss") is not None]
            rows.append({
                "strength": strength,
                **{k: measures.middle([row.get(k) for row in mine])
                   for k in ("train_loss", "weight_norm", "near_zero")},
                "validation_loss": float(np.mean(found)) if found else None,
                "standard_error": float(np.std(found, ddof=1) / np.sqrt(len(found))) if len(found) > 1 else 0.0,
            })  # fmt: skip
        chosen, sentences = _choose(rows)
        return LabResult("penalties", settings, spec, rows, runs, curves, {"chosen_strength": chosen}, sentences)

    return run


def _choose(rows: list[dict[str, Any]]) -> tuple[float | None, list[str]]:
    """The one-standard-error rule: the strongest penalty within one standard error of the best validation loss.

    Source: Breiman et al. (1984), Classification and Regression Trees, section 3.4.3.
    """
    known = [row for row in rows if row["validation_loss"] is not None]
    if not known:
        return None, ["There are no validation rows to choose by."]
    best = min(known, key=lambda row: row["validation_loss"])
    limit = best["validation_loss"] + best["standard_error"]
    chosen = max((row for row in known if row["validation_loss"] <= limit), key=lambda row: row["strength"])
    return chosen["strength"], [
        f"The lowest mean validation loss is {best['validation_loss']:.4g} at strength {best['strength']:g}.",
        f"{chosen['strength']:g} is the strongest within one standard error of it ({limit:.4g}).",
    ]


ENTRY = LabEntry(
    key="penalties",
    label="Penalties",
    settings=PenaltiesSettings,
    build=_build,
    question="How strongly should weights be held back?",
    help=(
        "Trains along a path of penalties. L2 shrinks all weights, L1 pulls many of them towards zero; too little "
        "overfits, too much forgets the data. Plain gradient steps bring weights near zero, never exactly to it, so "
        "weights below a hundredth of the largest are counted."
    ),
    order=50,
)
