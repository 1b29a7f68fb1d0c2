"""What a laboratory declares, and what it brings."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gdstudio.core.files import make_folder, write_text
from gdstudio.core.registry import Entry, Settings
from gdstudio.core.spec import ExperimentSpec
from gdstudio.labs.picture import Picture
from gdstudio.labs.scene import Scene

Progress = Callable[[float], None]
#: ``(spec, dataset, control, progress) -> LabResult``; the dataset is None for one that does not want data.
Lab = Callable[..., "LabResult"]


@dataclass(frozen=True)
class LabResult:
    """What a laboratory found.

    Attributes:
        lab: Key of the laboratory.
        settings: What was asked.
        spec: The experiment that was varied.
        summary: One row a case, e.g. a learning rate: column → value; None where there is none.
        runs: One row a run.
        curves: ``(run, epoch, loss)`` rows: mean loss of each epoch's batches.
        findings: Numbers that the sentences rest on.
        sentences: What was found, in words; the first is the conclusion.
        picture: What to draw; None draws the curves.
        more: Further pictures, each with a name of its own.
        scene: A race as it can be looked at step by step; None for other laboratories.
    """

    lab: str
    settings: Settings
    spec: ExperimentSpec
    summary: Sequence[Mapping[str, Any]]
    runs: Sequence[Mapping[str, Any]]
    curves: Sequence[tuple[int, int, float]] = ()
    findings: Mapping[str, Any] = field(default_factory=dict)
    sentences: Sequence[str] = ()
    picture: Picture | None = None
    more: Sequence[Picture] = ()
    scene: Scene | None = None

    def document(self) -> dict[str, Any]:
        """Everything but the curves, as JSON values."""
        return {
            "lab": self.lab,
            "settings": self.settings.model_dump(mode="json"),
            "summary": [dict(row) for row in self.summary],
            "runs": [dict(row) for row in self.runs],
            "findings": dict(self.findings),
            "sentences": list(self.sentences),
        }

    def save(self, folder: Path) -> None:
        """Write ``result.json``, ``spec.json`` and the tables summary, runs, curves, picture, picture_2 ….

        A race with a scene also writes ``paths.csv`` and what :meth:`Scene.save` does.

        Raises:
            StudioError: The folder cannot be written.
        """
        import pandas as pd

        make_folder(folder)
        write_text(folder / "spec.json", self.spec.to_json())
        tables = {
            "summary": pd.DataFrame(list(self.summary)),
            "runs": pd.DataFrame(list(self.runs)),
            "curves": pd.DataFrame(list(self.curves), columns=["run", "epoch", "loss"]),
        }
        if self.picture is not None:
            tables["picture"] = pd.DataFrame(self.picture.rows())
        for number, picture in enumerate(self.more, 2):
            tables[f"picture_{number}"] = pd.DataFrame(picture.rows())
        if self.scene is not None:
            tables["paths"] = pd.DataFrame(self.scene.rows())
            self.scene.save(folder)
        for name, table in tables.items():
            write_text(folder / f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))
        write_text(folder / "result.json", json.dumps(self.document(), indent=2, ensure_ascii=False) + "\n")


@dataclass(frozen=True, kw_only=True)
class LabEntry(Entry):
    """A laboratory: ``build(settings) -> Lab``.

    Attributes:
        question: What it answers, as a question.
        needs_data: Whether it works on data; one that does not works on a formula.
        progressive: Whether its lab takes a fifth argument, which it calls with ever finer pictures on the way.
    """

    question: str
    needs_data: bool = True
    progressive: bool = False

    def wants_data(self, settings: Settings) -> bool:
        """Whether it will look at the data with these settings; a formula takes their place."""
        return self.needs_data and not getattr(settings, "formula", "")
