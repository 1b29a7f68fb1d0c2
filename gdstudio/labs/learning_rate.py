"""Which learning rate: too slow, stable, oscillating, diverged, each by a measured criterion."""

from __future__ import annotations

from dataclasses import replace
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

_DEFAULT_RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
#: The loss to reach lies at this share of the best fall that any rate achieved.
_SHARE_OF_FALL = 0.9
#: A curve that turns at more than this share of its epochs oscillates.
_TURNS = 0.3
#: What each zone means, as it is measured.
_ZONES = (
    ("slow", "the loss to reach was not reached within the epochs"),
    ("stable", "it was reached, and the loss turned at no more than 30 % of the epochs"),
    ("oscillating", "the loss turned, by more than 1 % of its fall, at more than 30 % of the epochs"),
    ("overshooting", "not reached, though smaller rates did"),
    ("diverged", "in most runs the loss was no number any more, ended above its start, or rose in every one of the "
     "last quarter of the epochs"),
)  # fmt: skip


class LearningRateSettings(Settings):
    """Rates and seeds that are tried."""

    kind: Literal["learning_rate"] = "learning_rate"
    method: Literal["runs", "range_test"] = setting(
        "runs", label="Method", labels={"runs": "Runs at fixed rates", "range_test": "Range test: one growing rate"},
        help="Whole runs for each rate, or one short run whose rate grows at every step.",
    )  # fmt: skip
    rates: tuple[Annotated[float, Field(gt=0, le=1000)], ...] = setting(
        _DEFAULT_RATES,
        label="Learning rates",
        help="The rates that are tried.",
        max_length=200,
        visible_when=("method", ("runs",)),
    )
    seeds: int = setting(
        3, label="Seeds", help="Runs for each rate, each with its own initial weights or start.", ge=1, le=100,
        visible_when=("method", ("runs",)),
    )  # fmt: skip
    target_loss: float | None = setting(
        None, label="Loss to reach", help="Counts the steps to this loss; empty takes 90 % of the best fall.",
        visible_when=("method", ("runs",)),
    )  # fmt: skip
    lowest: float = setting(
        1e-5, label="From", help="Range test: the rate of the first step.", gt=0, le=1000, log=True,
        visible_when=("method", ("range_test",)),
    )  # fmt: skip
    highest: float = setting(
        10.0, label="To", help="Range test: the rate of the last step.", gt=0, le=1000, log=True,
        visible_when=("method", ("range_test",)),
    )  # fmt: skip
    test_steps: int = setting(
        300, label="Steps", help="Range test: how many, each with a larger rate.", ge=20, le=100_000,
        visible_when=("method", ("range_test",)),
    )  # fmt: skip
    formula: str = setting(
        "", label="Formula", help="Descend this function rather than train on the data; empty takes the data.",
        max_length=2_000, visible_when=("method", ("runs",)),
    )  # fmt: skip
    steps: int = setting(
        1_000, label="Steps", help="On a formula: the most of each descent.", ge=1, le=100_000,
        visible_when=("formula", ()),
    )  # fmt: skip
    start_range: float = setting(
        2.0, label="Starts within", help="On a formula: starts lie between minus this and this.", gt=0, le=1e6,
        visible_when=("formula", ()),
    )  # fmt: skip


def _build(settings: LearningRateSettings) -> Lab:
    def run(spec: ExperimentSpec, dataset: Dataset, control: RunControl, progress: Progress) -> LabResult:
        from gdstudio.core.errors import StudioError
        from gdstudio.labs import measures
        from gdstudio.labs.stability import edge_of, rate_limit
        from gdstudio.training.ensemble import run_many

        if settings.method == "range_test":
            return _range_test(settings, spec, dataset, control, progress)
        if not settings.rates:
            raise StudioError("There is no learning rate to try.", "Give at least one, e.g. lab.rates=[0.01,0.1].")
        measures.check_runs(len(settings.rates) * settings.seeds)
        if settings.formula:
            from gdstudio.labs.on_formula import learning_rates

            found = learning_rates(settings, spec, control, progress)
            return replace(found, picture=_picture([dict(row) for row in found.summary], dict(found.findings)))
        rates = sorted(set(settings.rates))
        first = spec.training.seed
        cases = [(rate, first + k) for rate in rates for k in range(settings.seeds)]
        specs = [spec.with_values({"optimizer.lr": rate, "training.seed": seed}) for rate, seed in cases]
        members = run_many(specs, dataset, control=control, on_progress=lambda share: progress(0.8 * share))
        per_epoch = measures.steps_per_epoch(members[0], len(dataset.train))
        means = [measures.epoch_means(m, per_epoch) for m in members]
        bad = [measures.grows(m, values) for m, values in zip(members, means, strict=True)]
        target = settings.target_loss
        if target is None:
            target = measures.target_loss(members, means, _SHARE_OF_FALL)
        rows, runs, curves = [], [], []
        for rate in rates:
            indices = [i for i, (r, _) in enumerate(cases) if r == rate]
            counts = [
                None if bad[i] or target is None else measures.iterations_to(means[i], target, per_epoch)
                for i in indices
            ]
            turns = measures.middle([measures.oscillation(means[i]) for i in indices]) or 0.0
            broken = sum(bad[i] for i in indices)
            steps = measures.middle(counts)
            zone = (
                "diverged" if 2 * broken > len(indices) else "oscillating" if turns > _TURNS
                else "slow" if steps is None else "stable"
            )  # fmt: skip
            known = [c for c in counts if c is not None]
            rows.append({
                "learning_rate": rate, "zone": zone, "iterations": steps,
                "iterations_low": min(known, default=None), "iterations_high": max(known, default=None),
                "diverged_runs": broken, "runs": len(indices), "turns": turns,
            })  # fmt: skip
        for number, (member, values, (rate, seed)) in enumerate(zip(members, means, cases, strict=True)):
            runs.append(measures.run_row(number, member, values, learning_rate=rate, seed=seed))
            curves += measures.curve_rows(number, values)
        suggested, sentences = _suggest(rows, target)
        edge = None
        if not control.cancelled:
            edge = edge_of(
                spec, dataset, rates, [row["zone"] == "diverged" for row in rows], control,
                lambda share: progress(0.8 + 0.2 * share),
            )  # fmt: skip
        limit = rate_limit(members[0].spec, dataset)
        findings: dict[str, Any] = {
            "target_loss": target, "suggested_rate": suggested, "largest_rate": limit, "zones": dict(_ZONES),
            "last_stable_rate": edge and edge[0], "first_diverged_rate": edge and edge[1],
            "boundary": edge and (edge[0] * edge[1]) ** 0.5,
        }  # fmt: skip
        sentences += _edge_sentences(edge, limit)
        progress(1.0)
        picture = _picture(rows, findings)
        return LabResult("learning_rate", settings, spec, rows, runs, curves, findings, sentences, picture)

    return run


def _range_test(
    settings: LearningRateSettings, spec: ExperimentSpec, dataset: Dataset, control: RunControl, progress: Progress
) -> LabResult:
    from gdstudio.core.errors import StudioError
    from gdstudio.labs.range_test import range_test

    if settings.formula:
        raise StudioError("The range test works on data.", "Leave the formula out, or take runs at fixed rates.")
    if not settings.lowest < settings.highest:
        raise StudioError(
            f"The rates of the range test go from {settings.lowest:g} to {settings.highest:g}, which is no range.",
            "Give lab.highest a larger value than lab.lowest.",
        )
    return range_test(
        settings, spec, dataset, control, progress,
        lowest=settings.lowest, highest=settings.highest, steps=settings.test_steps,
    )  # fmt: skip


def _edge_sentences(edge: tuple[float, float] | None, limit: float | None) -> list[str]:
    said = []
    if edge is not None:
        said.append(f"The boundary, searched ever more finely: {edge[0]:.4g} was stable, {edge[1]:.4g} diverged.")
    if limit is not None:
        said.append(
            f"Measured at the initial weights, 2 divided by the largest curvature is {limit:.4g}: the boundary of "
            "plain descent with full batches, exactly so where the loss is a bowl (least squares, linear model)."
        )
    if edge is not None and limit is not None:
        middle = (edge[0] * edge[1]) ** 0.5
        said.append(f"The boundary that was found is {middle / limit:.3g} times as large.")
    return said


def _picture(rows: list[dict[str, Any]], findings: dict[str, Any]) -> Picture:
    """Steps over rates, the zones as marks of their own on a line below."""
    counted = [row for row in rows if row["iterations"] is not None]
    series = [
        PictureSeries(
            "Steps to the loss (median, bars: all seeds)",
            [row["learning_rate"] for row in counted], [row["iterations"] for row in counted],
            [row["iterations_low"] for row in counted], [row["iterations_high"] for row in counted],
        )
    ] if counted else []  # fmt: skip
    floor = min((row["iterations_low"] for row in counted), default=1) * 0.5
    for zone in ("slow", "stable", "oscillating", "overshooting", "diverged"):
        mine = [row["learning_rate"] for row in rows if row["zone"] == zone]
        if mine:
            series.append(PictureSeries(zone, mine, [floor] * len(mine), style="points"))
    marks = [
        (findings[key], label) for key, label in (
            ("largest_rate", "2/λmax, measured"), ("boundary", "boundary, found"), ("suggested_rate", "suggested"),
        ) if findings[key] is not None
    ]  # fmt: skip
    return Picture(
        "Steps to the loss for each learning rate", "Learning rate", "Steps", series, x_log=True, y_log=True,
        marks=marks,
    )  # fmt: skip


def _suggest(rows: list[dict[str, Any]], target: float | None) -> tuple[float | None, list[str]]:
    """The rate that got there in the fewest steps without diverging, with the numbers it rests on."""
    reached = [row for row in rows if row["zone"] in ("stable", "oscillating") and row["iterations"] is not None]
    sentences = []
    suggested = None
    if reached:
        best = min(reached, key=lambda row: (row["iterations"], row["turns"]))
        suggested = best["learning_rate"]
        largest = max(row["learning_rate"] for row in reached)
        for row in rows:
            if row["zone"] == "slow" and row["learning_rate"] > largest:
                row["zone"] = "overshooting"
        sentences.append(
            f"Learning rate {suggested:g} reached a loss of {target:.4g} in {best['iterations']:.0f} steps, "
            "the fewest of all rates."
        )
    else:
        sentences.append(
            "No rate reached the loss within the epochs that were given: give more epochs, or other rates."
        )
    broken = [row["learning_rate"] for row in rows if row["zone"] == "diverged"]
    if broken:
        sentences.append(f"From {min(broken):g} on the loss grew instead of falling.")
    over = [row["learning_rate"] for row in rows if row["zone"] == "overshooting"]
    if over:
        sentences.append(f"From {min(over):g} on the steps overshoot: the loss stays above what smaller rates reach.")
    slow = [row["learning_rate"] for row in rows if row["zone"] == "slow"]
    if slow:
        sentences.append(f"Up to {max(slow):g} the steps are too small for the epochs that were given.")
    return suggested, sentences


ENTRY = LabEntry(
    key="learning_rate",
    label="Learning rate",
    settings=LearningRateSettings,
    build=_build,
    question="Which learning rate is fast without falling apart?",
    help=(
        "Trains the same model with many learning rates and seeds and counts the steps to a loss. Small rates are "
        "slow, larger ones faster, until the steps overshoot: the loss swings, then grows. Try full batches and least "
        "squares to see the sharp edge at 2 divided by the largest curvature. The range test (Smith 2017) takes one "
        "short run in which the rate grows at each step, and shows where the loss falls and where it blows up."
    ),
    order=10,
)
