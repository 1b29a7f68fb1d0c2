"""The report is one file that needs nothing else, says the run's own numbers, and trusts no name in the data."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.load import load_table
from gdstudio.projects.export.report import export_report
from gdstudio.training.run import run_experiment
from gdstudio.training.run_folder import load_run


class Tags(HTMLParser):
    """Every opening tag with its attributes, and whether all are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gdstudio.projects.export.report._RESAMPLES", 20)
    monkeypatch.setattr("gdstudio.projects.export.report_parts.GRID", 11)


def report(tmp_path: Path, **values: object) -> tuple[str, Path]:
    spec = ExperimentSpec().with_values({"training.epochs": 4, **values})
    run_experiment(spec).save(tmp_path / "run")
    export_report(tmp_path / "run", tmp_path / "report.html")
    return (tmp_path / "report.html").read_text(encoding="utf-8"), tmp_path / "run"


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"data.source": {"kind": "iris"}, "loss": {"kind": "cross_entropy"}},
        {"data.source": {"kind": "diabetes"}, "loss": {"kind": "mse"}},
        {"data.split.test": 0.0, "training.evaluate_every": 3},
    ],
)
def test_it_is_whole_and_needs_no_network(tmp_path: Path, values: dict[str, object]) -> None:
    text, _ = report(tmp_path, **values)
    tags = Tags()
    tags.feed(text)
    assert tags.open == []
    assert not re.search(r'(src|href)="(?!data:)', text)
    assert "url(" not in text
    assert "<script" not in text
    assert sum(tag == "svg" for tag, _ in tags.found) >= 3
    assert "nan" not in "".join(re.findall(r'd="([^"]*)"', text))


def test_its_scores_are_those_of_the_run(tmp_path: Path) -> None:
    text, folder = report(tmp_path)
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    for score in ("accuracy", "roc_auc", "log_loss"):
        assert f"<td>{metrics['test'][score]:.4g}</td>" in text


def test_it_shows_the_network_the_columns_and_a_map_with_axes(tmp_path: Path) -> None:
    text, folder = report(tmp_path, **{"model.hidden": [12, 5], "model.dropout": 0.25})
    tags = Tags()
    tags.feed(text)
    circles = [a["class"] for tag, a in tags.found if tag == "circle" and "class" in a]
    assert (circles.count("input"), circles.count("unit"), circles.count("dot")) == (3, 6 + 5 + 1, 3)
    assert "ReLU, dropout 0.25" in text
    data = load_run(folder).spec.data.source
    frame = load_table(data).frame
    low, middle, high = (f"{q:.6g}" for q in frame["income"].quantile([0, 0.5, 1]))
    missing = frame["income"].isna().sum()
    assert f"<td>{missing}</td><td>{low} to {high}, median {middle}</td>" in text
    assert "1,000 rows: 600 to train, 200 to validate, 200 to test." in text
    assert "of the path" in text
    assert sum(tag == "line" and a.get("class") == "tick" for tag, a in tags.found) >= 4


def test_without_its_data_it_says_so(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    pd.DataFrame({"a": range(60), "t": ["no", "yes"] * 30}).to_csv(path, index=False)
    _, folder = report(tmp_path, **{"data.source": {"kind": "file", "path": str(path)}, "data.target": "t"})
    path.unlink()
    export_report(folder, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "What its columns hold cannot be said" in text
    assert "It could not be drawn" in text


def test_names_from_a_file_are_text_and_nothing_else(tmp_path: Path) -> None:
    evil = '"><img src=x onerror=alert(1)>'
    frame = pd.DataFrame({evil: range(60), "b": [i % 7 for i in range(60)], "t": ["<b>no", "yes"] * 30})
    path = tmp_path / "evil.csv"
    frame.to_csv(path, index=False)
    text, _ = report(tmp_path, **{"data.source": {"kind": "file", "path": str(path)}, "data.target": "t"})
    tags = Tags()
    tags.feed(text)
    assert not any("onerror" in attributes for _, attributes in tags.found)
    assert "<b>no" not in text
