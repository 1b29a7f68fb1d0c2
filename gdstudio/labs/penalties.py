"""Penalties along a path of strengths: weights, their zeros, and what the validation rows say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings
from gdstudio.labs.entry import Lab, LabEntry, LabResult, Progress
from gdstudio.labs.picture import Picture, PictureSeries

if TYPE_CHECKING:
    from gdstudio.core.control import RunControl
    from gdstudio.core.spec import ExperimentSpec
    from gdstudio.data.dataset import Dataset
    from gdstudio.training.ensemble import Member

#: A weight below this share of the largest one counts as near zero.
_ZERO_SHARE = 0.01
#: Inputs whose weights are drawn: those that are largest anywhere on the path.
_DRAWN = 8
_STEPS = {"gradient": "gradient steps", "proximal": "proximal steps"}


class PenaltiesSettings(Settings):
    """Strengths that are tried."""

    kind: Literal["penalties"] = "penalties"
    penalty: Literal["l1", "l2", "elastic_net"] = setting(
        "l2", label="Penalty", help="Elastic net takes both at the same strength.",
        labels={"l1": "L1", "l2": "L2", "elastic_net": "Elastic net"},
    )  # fmt: skip
    l1_steps: Literal["gradient", "proximal", "both"] = setting(
        "both", label="How L1 is taken", visible_when=("penalty", ("l1", "elastic_net")),
        labels={"gradient": "By gradient steps", "proximal": "By proximal steps: exact zeros", "both": "Both ways"},
        help="Gradient steps jump back and forth over zero; proximal steps stop at it, so weights become exactly zero.",
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

        ways: tuple[str, ...] = ("gradient",)
        if settings.penalty != "l2":
            ways = ("gradient", "proximal") if settings.l1_steps == "both" else (settings.l1_steps,)
        strengths = sorted(set(settings.strengths))
        measures.check_runs(len(strengths) * settings.seeds * len(ways))
        first = spec.training.seed
        names = ("l1", "l2") if settings.penalty == "elastic_net" else (settings.penalty,)
        cases = [(way, strength, first + k) for way in ways for strength in strengths for k in range(settings.seeds)]
        specs = [
            spec.with_values({
                **{f"regularization.{n}": strength for n in names}, "training.seed": seed,
                "regularization.proximal": way == "proximal",
            }) for way, strength, seed in cases
        ]  # fmt: skip
        members = run_many(specs, dataset, control=control, on_progress=progress)
        per_epoch = measures.steps_per_epoch(members[0], len(dataset.train))
        runs: list[dict[str, Any]] = []
        curves = []
        for number, ((way, strength, seed), member) in enumerate(zip(cases, members, strict=True)):
            values = measures.epoch_means(member, per_epoch)
            weights = np.concatenate([w.ravel() for w in member.state.values() if w.ndim > 1])
            runs.append(measures.run_row(
                number, member, values, steps_taken=_STEPS[way], strength=strength, seed=seed,
                weight_norm=float(np.linalg.norm(weights)), exact_zeros=int((weights == 0).sum()),
                near_zero=int((np.abs(weights) < _ZERO_SHARE * np.abs(weights).max()).sum()), weights=len(weights),
            ))  # fmt: skip
            curves += measures.curve_rows(number, values)
        rows = [
            _row([row for row in runs if (row["steps_taken"], row["strength"]) == (_STEPS[way], strength)], way,
                 strength, len(ways) > 1)
            for way in ways for strength in strengths
        ]  # fmt: skip
        chosen, sentences = _choose(
            [row for row in rows if row.get("steps_taken", _STEPS[ways[-1]]) == _STEPS[ways[-1]]]
        )
        if settings.penalty != "l2":
            sentences[0] = sentences[0].replace(" at strength", f" by {_STEPS[ways[-1]]} at strength")
            sentences.append(_difference(rows, ways))
        findings = {"chosen_strength": chosen}
        pictures = [_losses(rows, chosen), _path(cases, members, dataset, ways[-1]), _zeros(rows, ways)]
        return LabResult("penalties", settings, spec, rows, runs, curves, findings, sentences, *_split(pictures))

    return run


def _row(mine: list[dict[str, Any]], way: str, strength: float, named: bool) -> dict[str, Any]:
    """What the seeds of one strength say together."""
    import numpy as np

    from gdstudio.labs import measures

    found = [row["validation_loss"] for row in mine if row.get("validation_loss") is not None]
    return {
        **({"steps_taken": _STEPS[way]} if named else {}),
        "strength": strength,
        **{k: measures.middle([row.get(k) for row in mine])
           for k in ("train_loss", "weight_norm", "exact_zeros", "near_zero")},
        "validation_loss": float(np.mean(found)) if found else None,
        "standard_error": float(np.std(found, ddof=1) / np.sqrt(len(found))) if len(found) > 1 else 0.0,
        "weights": mine[0]["weights"] if mine else 0,
    }  # fmt: skip


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


def _difference(rows: list[dict[str, Any]], ways: tuple[str, ...]) -> str:
    """What the two ways of taking L1 do to zeros, with the numbers of the strongest penalty."""
    why = (
        "The slope of |w| is −1 or 1 and never 0: gradient steps jump over zero from side to side, proximal steps move "
        "each weight by learning rate × λ and stop at zero."
    )
    strongest = {way: max((r for r in rows if r.get("steps_taken", _STEPS[way]) == _STEPS[way]),
                          key=lambda r: r["strength"]) for way in ways}  # fmt: skip
    said = [
        f"{row['exact_zeros'] or 0:.0f} of {row['weights']} weights are exactly zero by {_STEPS[way]}"
        for way, row in strongest.items()
    ]
    return f"At strength {strongest[ways[0]]['strength']:g}, {' and '.join(said)}. {why}"


def _split(pictures: list[Picture]) -> tuple[Picture, tuple[Picture, ...]]:
    return pictures[0], tuple(pictures[1:])


def _axis(rows: list[dict[str, Any]]) -> float:
    """Where strength 0 is drawn on a logarithmic axis: a third of a decade below the weakest."""
    return min((row["strength"] for row in rows if row["strength"] > 0), default=1.0) / 3


def _losses(rows: list[dict[str, Any]], chosen: float | None) -> Picture:
    series = []
    floor = _axis(rows)
    for way in dict.fromkeys(row.get("steps_taken", "") for row in rows):
        mine = [row for row in rows if row.get("steps_taken", "") == way]
        x = [max(row["strength"], floor) for row in mine]
        suffix = f", {way}" if way else ""
        series.append(PictureSeries(f"training{suffix}", x, [row["train_loss"] for row in mine]))
        known = [row for row in mine if row["validation_loss"] is not None]
        series.append(PictureSeries(
            f"validation{suffix} (bars: one standard error)", [max(row["strength"], floor) for row in known],
            [row["validation_loss"] for row in known],
            [row["validation_loss"] - row["standard_error"] for row in known],
            [row["validation_loss"] + row["standard_error"] for row in known],
        ))  # fmt: skip
    marks = [(max(chosen, floor), "chosen: strongest within one standard error")] if chosen is not None else []
    return Picture(
        "Loss without penalties by the penalty's strength", f"Strength λ (0 is drawn at {floor:.2g})", "Loss", series,
        x_log=True, marks=marks, name="Losses",
    )  # fmt: skip


def _path(cases: list[tuple[str, float, int]], members: tuple[Member, ...], dataset: Dataset, way: str) -> Picture:
    """How large the weights that leave each input are; a linear model's weight itself."""
    import numpy as np

    found: dict[float, list[Any]] = {}
    single = False
    for (taken, strength, _), member in zip(cases, members, strict=True):
        if taken != way:
            continue
        first = next(w for w in member.state.values() if w.ndim > 1)
        single = len(first) == 1
        found.setdefault(strength, []).append(first[0] if single else np.linalg.norm(first, axis=0))
    strengths = sorted(found)
    middle = np.array([np.median(found[strength], axis=0) for strength in strengths])
    floor = _axis([{"strength": strength} for strength in strengths])
    order = np.argsort(-np.nan_to_num(np.abs(middle)).max(0), kind="stable")[:_DRAWN]
    x = [max(strength, floor) for strength in strengths]
    series = [
        PictureSeries(str(dataset.feature_names[k]), x, [float(v) if np.isfinite(v) else None for v in middle[:, k]])
        for k in order
    ]
    what = "Weight of each input" if single else "Length of the weights that leave each input"
    few = f", the {_DRAWN} largest" if middle.shape[1] > _DRAWN else ""
    return Picture(
        f"{what}{few} ({_STEPS[way]}, median of the seeds)", f"Strength λ (0 is drawn at {floor:.2g})",
        "Weight" if single else "Length", series, x_log=True, name="Weights",
    )  # fmt: skip


def _zeros(rows: list[dict[str, Any]], ways: tuple[str, ...]) -> Picture:
    floor = _axis(rows)
    series = []
    for way in ways:
        mine = [row for row in rows if row.get("steps_taken", _STEPS[way]) == _STEPS[way]]
        x = [max(row["strength"], floor) for row in mine]
        for key, label in (("exact_zeros", "exactly zero"), ("near_zero", "below 1 % of the largest")):
            shares = [None if row[key] is None else 100 * row[key] / max(row["weights"], 1) for row in mine]
            series.append(PictureSeries(f"{label}, {_STEPS[way]}", x, shares))
    return Picture(
        "Weights that are zero, or nearly", f"Strength λ (0 is drawn at {floor:.2g})", "Share of the weights / %",
        series, x_log=True, name="Zeros",
    )  # fmt: skip


ENTRY = LabEntry(
    key="penalties",
    label="Penalties",
    settings=PenaltiesSettings,
    build=_build,
    question="How strongly should weights be held back?",
    help=(
        "Trains along a path of penalties. L2 shrinks all weights, L1 makes many of them zero; too little overfits, "
        "too much forgets the data. Plain gradient steps bring weights near zero, never exactly to it; proximal steps "
        "reach exact zeros, and the two can be compared. The chosen strength is the strongest whose validation loss "
        "lies within one standard error of the best."
    ),
    order=50,
)
