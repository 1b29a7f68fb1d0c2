"""Undo and redo: whatever is walked through, the same specs and the same forms come back."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from PySide6.QtWidgets import QAbstractSpinBox, QCheckBox, QComboBox, QLineEdit, QSlider, QTableView, QWidget
from pytestqt.qtbot import QtBot

from gdstudio.core.errors import StudioError
from gdstudio.core.registry import registry
from gdstudio.core.spec import ColumnSpec, ExperimentSpec
from gdstudio.gui.document import Document
from gdstudio.gui.jobs import Jobs
from gdstudio.gui.panels.data import DataPanel
from gdstudio.gui.panels.model import ModelPanel
from gdstudio.gui.panels.optimizer import OptimizerPanel
from gdstudio.gui.panels.runs import RunsPanel
from gdstudio.gui.panels.training import TrainingPanel
from gdstudio.gui.race import race_on
from gdstudio.gui.runs import Run
from gdstudio.gui.session import Session
from gdstudio.gui.tabs.functions import FunctionsTab
from gdstudio.gui.theme import Theme
from gdstudio.training.result import RunResult
from gdstudio.training.run import run_experiment

LONG = 60_000


@pytest.fixture(scope="module")
def result() -> RunResult:
    return run_experiment(ExperimentSpec().with_values({"training.epochs": 1}))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """A clock that stands still until it is told to go on by some seconds."""
    now = [0.0]
    monkeypatch.setattr("gdstudio.gui.undo.monotonic", lambda: now[0])

    def pass_time(seconds: float) -> None:
        now[0] += seconds

    return pass_time


class Desk(QWidget):
    """All forms of the window beside each other, without the window."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.jobs = Jobs()
        self.session = Session(self.jobs)
        panels = (
            DataPanel(self.session, theme, self.jobs),
            ModelPanel(self.session, theme),
            OptimizerPanel(self.session, theme),
            TrainingPanel(self.session, theme),
            RunsPanel(self.session, theme),
            FunctionsTab(self.session, theme, self.jobs),
        )
        for panel in panels:
            panel.setParent(self)

    def forms(self) -> dict[str, Any]:
        """What every control shows, by its name."""
        shown: dict[str, Any] = {}
        for widget in self.findChildren(QWidget):
            name = widget.objectName()
            if isinstance(widget, QComboBox):
                shown[name] = widget.currentText()
            elif isinstance(widget, QAbstractSpinBox):
                shown[name] = widget.lineEdit().text()
            elif isinstance(widget, QLineEdit) and name and not name.startswith("qt_"):
                shown[name] = widget.text()
            elif isinstance(widget, QCheckBox):
                shown[name] = widget.isChecked()
            elif isinstance(widget, QSlider):
                shown[name] = widget.value()
            elif isinstance(widget, QTableView) and name in ("runs", "data.columns"):
                model = widget.model()
                shown[name] = [
                    [model.index(r, c).data() for c in range(model.columnCount())] for r in range(model.rowCount())
                ]
        return shown

    def close_down(self) -> None:
        self.session.shut_down()
        self.deleteLater()


@pytest.fixture
def desk(qtbot: QtBot, theme: Theme, result: RunResult) -> Iterator[Desk]:
    made = make_desk(qtbot, theme, result)
    yield made
    made.close_down()


def make_desk(qtbot: QtBot, theme: Theme, result: RunResult) -> Desk:
    made = Desk(theme)
    runs = tuple(Run(number, f"Run {number}", number - 1, replace(result)) for number in (1, 2, 3))
    made.session.open_document(Document(result.spec, result.dataset.table, runs))
    settle(qtbot, made)
    return made


def settle(qtbot: QtBot, desk: Desk) -> None:
    qtbot.waitUntil(lambda: not desk.session._loader.busy, timeout=LONG)


# -- the names -------------------------------------------------------------------------------------------


def test_undo_names_the_field_by_its_label_with_both_values(desk: Desk) -> None:
    session = desk.session
    session.edit({"optimizer.lr": 0.01})
    session.edit({"optimizer.lr": 0.1})
    assert session.undo_text == "learning rate 0.01 → 0.1"
    session.undo()
    assert session.redo_text == "learning rate 0.01 → 0.1"
    session.edit({"optimizer.kind": "sgd"})
    assert session.undo_text == "optimizer Adam → SGD"
    session.edit({"model.hidden": [8, 4]})
    assert session.undo_text == "hidden layers 32, 16 → 8, 4"
    session.edit({"regularization.l2": 0.5})
    assert session.undo_text == "L2 penalty 0 → 0.5"
    session.edit({"data.preparation.impute": "mean"})
    assert session.undo_text == "missing numbers Median → Mean"
    columns = dict(session.spec.data.columns)
    columns["age"] = columns["age"].model_copy(update={"role": "ignore"})
    session.edit_columns(columns)
    assert session.undo_text == "age: role Feature → Ignore"
    session.choose_target("income")
    assert session.undo_text == "target bought → income"
    session.edit({"training.epochs": 7, "training.seed": 3})
    assert session.undo_text == "epochs 1 → 7 and 1 more"


def test_undo_names_what_was_done_to_runs_and_formulas(desk: Desk) -> None:
    session = desk.session
    session.delete_run(3)
    assert session.undo_text == "delete run 3"
    session.rename_run(1, "slow & steady")
    assert session.undo_text == "rename run 1 to slow & steady"
    session.delete_run(1, 2)
    assert session.undo_text == "delete 2 runs"
    assert session.runs == ()
    session.undo()
    assert [run.name for run in session.runs] == ["slow & steady", "Run 2"]
    session.edit_race(session.race.with_formula("a*x**2"))
    assert session.undo_text == "function Rosenbrock → a*x**2"
    first, *rest = session.race.optimizers
    session.edit_race(replace(session.race, optimizers=(first.model_copy(update={"lr": 0.5}), *rest)))
    assert session.undo_text == "learning rate 0.001 → 0.5"
    session.edit_race(session.race.with_start(2.0, 0.0))
    assert session.undo_text.startswith("start ")
    session.edit_race(replace(session.race, optimizers=session.race.optimizers[:1]))
    assert session.undo_text == "take Adam out"


def test_a_drag_is_taken_back_in_one_and_one_that_comes_back_leaves_nothing(
    desk: Desk, clock: Callable[[float], None]
) -> None:
    session = desk.session
    session.edit_race(session.race.with_formula("a*x**2"))
    slider = desk.findChild(QSlider, "function.parameter.a")
    for value in (150, 200, 250):
        slider.setValue(value)
        clock(0.3)
    assert session.undo_text == "parameter a 1 → 2.5"
    session.undo()
    assert session.race.objective.parameters == {"a": 1.0}
    assert desk.findChild(QSlider, "function.parameter.a").value() == 100
    for value in (300, 100):
        slider.setValue(value)
    assert session.undo_text.startswith("function")
    slider.setValue(300)
    clock(5)
    slider.setValue(400)
    assert session.undo_text == "parameter a 3 → 4"


def test_a_run_that_ends_is_never_taken_back_with_an_older_edit(desk: Desk, qtbot: QtBot) -> None:
    session = desk.session
    session.edit({"training.epochs": 2})
    session.show_run(1, False)
    session.start()
    qtbot.waitUntil(lambda: session.state == "Done", timeout=LONG)
    session.undo()
    assert session.spec.training.epochs == 1
    assert [run.name for run in session.runs] == ["Run 1", "Run 2", "Run 3", "Run 4"]
    assert not session.runs[0].shown
    session.redo()
    assert len(session.runs) == 4


def test_what_is_modified_follows_undo_and_saving_empties_nothing(desk: Desk, qtbot: QtBot) -> None:
    session = desk.session
    assert not session.modified
    session.choose_target("income")
    settle(qtbot, desk)
    assert session.modified
    session.mark_saved(session.document)
    assert not session.modified
    session.undo()
    settle(qtbot, desk)
    assert session.modified
    assert session.spec.data.target == "bought"
    session.redo()
    settle(qtbot, desk)
    assert not session.modified
    session.write_notes("Age matters most.")
    assert session.modified
    session.undo()
    assert not session.modified


def test_two_hundred_edits_can_be_taken_back(desk: Desk) -> None:
    session = desk.session
    for number in range(250):
        session.edit({"training.seed": number + 1})
    count = 0
    while session.undo_text:
        session.undo()
        count += 1
    assert count == 200
    assert session.spec.training.seed == 50


# -- the walk --------------------------------------------------------------------------------------------

NUMBERS = {
    "optimizer.lr": st.sampled_from([1e-3, 0.01, 0.1, 0.5]),
    "training.epochs": st.integers(1, 50),
    "training.batch_size": st.sampled_from([0, 1, 8, 32]),
    "training.seed": st.integers(0, 9),
    "regularization.l1": st.sampled_from([0.0, 0.1]),
    "model.dropout": st.sampled_from([0.0, 0.2]),
    "model.hidden": st.lists(st.integers(1, 20), max_size=4),
    "data.preparation.scale": st.sampled_from(["standard", "min_max", "none"]),
    "data.split.seed": st.integers(0, 3),
    "optimizer.kind": st.sampled_from(["sgd", "adam", "rmsprop", "lbfgs"]),
    "schedule.kind": st.sampled_from(["constant", "cosine", "step"]),
    "model.kind": st.sampled_from(["mlp", "linear"]),
    "initializer.kind": st.sampled_from(["default", "zeros"]),
}
FORMULAS = ("x**2 + y**2", "a*x**2", "sin(x) + b*y**2 + z**2", "x**4 - x**2")


class Walk(RuleBasedStateMachine):
    """Keeps every state that an edit has left; undo and redo walk along them."""

    desk: Desk
    qtbot: QtBot

    def __init__(self) -> None:
        super().__init__()
        self.desk = self.make()
        self.session = self.desk.session
        self.states = [self.seen()]
        self.place = 0

    @staticmethod
    def make() -> Desk:
        raise NotImplementedError

    def seen(self) -> tuple[Any, ...]:
        settle(self.qtbot, self.desk)
        session = self.session
        runs = [(run.id, run.name) for run in session.runs]
        return session.spec, session.race, runs, session.notes, self.desk.forms()

    def edited(self) -> None:
        seen = self.seen()
        if seen[:4] != self.states[self.place][:4]:
            self.place += 1
            self.states[self.place :] = [seen]

    @rule(data=st.data(), path=st.sampled_from(sorted(NUMBERS)))
    def set_a_field(self, data: st.DataObject, path: str) -> None:
        self.session.edit({path: data.draw(NUMBERS[path])})
        self.edited()

    @rule(place=st.integers(0, 5), role=st.sampled_from(["feature", "ignore"]))
    def set_a_role(self, place: int, role: str) -> None:
        columns = dict(self.session.spec.data.columns)
        name = sorted(columns)[place % len(columns)]
        if columns[name].role != "target":
            columns[name] = ColumnSpec.model_validate({**columns[name].model_dump(), "role": role})
            self.session.edit_columns(columns)
            self.edited()

    @rule(name=st.sampled_from(["bought", "income"]))
    def predict_another_column(self, name: str) -> None:
        self.session.choose_target(name)
        self.edited()

    @rule(text=st.sampled_from(FORMULAS))
    def type_a_formula(self, text: str) -> None:
        self.session.edit_race(self.session.race.with_formula(text))
        self.edited()

    @rule(key=st.sampled_from(["rosenbrock", "himmelblau", "double_well"]))
    def choose_a_function(self, key: str) -> None:
        self.session.edit_race(race_on(key, self.session.race))
        self.edited()

    @rule(place=st.integers(0, 1), value=st.sampled_from([0.5, 2.0]))
    def move_a_parameter(self, place: int, value: float) -> None:
        objective = self.session.race.objective
        if objective.parameters:
            names = sorted(objective.parameters)
            parameters = {**objective.parameters, names[place % len(names)]: value}
            changed = objective.model_copy(update={"parameters": parameters})
            self.session.edit_race(replace(self.session.race, objective=changed))
            self.edited()

    @rule(kinds=st.lists(st.sampled_from(["sgd", "adam"]), min_size=1, max_size=3))
    def choose_who_walks(self, kinds: list[str]) -> None:
        racers = tuple(registry("optimizers").settings(kind) for kind in kinds)
        self.session.edit_race(replace(self.session.race, optimizers=racers))
        self.edited()

    @precondition(lambda self: self.session.runs)
    @rule(place=st.integers(0, 2))
    def delete_a_run(self, place: int) -> None:
        runs = self.session.runs
        self.session.delete_run(runs[place % len(runs)].id)
        self.edited()

    @precondition(lambda self: self.session.runs)
    @rule(place=st.integers(0, 2), name=st.sampled_from(["a", "b"]))
    def rename_a_run(self, place: int, name: str) -> None:
        runs = self.session.runs
        self.session.rename_run(runs[place % len(runs)].id, name)
        self.edited()

    @rule(text=st.sampled_from(["", "good", "better"]))
    def write_notes(self, text: str) -> None:
        self.session.write_notes(text)
        self.edited()

    @rule()
    def undo(self) -> None:
        assert bool(self.session.undo_text) == (self.place > 0)
        self.session.undo()
        self.place = max(0, self.place - 1)
        self.comes_back()

    @rule()
    def redo(self) -> None:
        assert bool(self.session.redo_text) == (self.place < len(self.states) - 1)
        self.session.redo()
        self.place = min(self.place + 1, len(self.states) - 1)
        self.comes_back()

    def comes_back(self) -> None:
        *now, forms = self.seen()
        *then, old_forms = self.states[self.place]
        assert now == then
        differing = {n: (forms.get(n), old_forms.get(n)) for n in forms | old_forms if forms.get(n) != old_forms.get(n)}
        assert not differing

    def teardown(self) -> None:
        while self.place:
            self.undo()
        while self.place < len(self.states) - 1:
            self.redo()
        self.desk.close_down()


@pytest.mark.parametrize(("walks", "steps"), [(2, 40), pytest.param(4, 500, marks=pytest.mark.slow)])
def test_a_walk_of_edits_undos_and_redos_comes_back_to_the_same_specs_and_forms(
    qtbot: QtBot, theme: Theme, result: RunResult, monkeypatch: pytest.MonkeyPatch, walks: int, steps: int
) -> None:
    ticks = itertools.count(step=10)
    monkeypatch.setattr("gdstudio.gui.undo.monotonic", lambda: next(ticks))
    monkeypatch.setattr("gdstudio.gui.undo._DEPTH", steps)  # so that the walk can go all the way back
    machine = type(
        "BoundWalk", (Walk,), {"qtbot": qtbot, "make": staticmethod(lambda: make_desk(qtbot, theme, result))}
    )
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=walks,
            stateful_step_count=steps,
            deadline=None,
            phases=(Phase.generate,),  # shrinking hundreds of steps takes minutes
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_refused_edit_is_no_step_of_undo(desk: Desk) -> None:
    said: list[str] = []
    desk.session.refused.connect(lambda path, sentence: said.append(path))
    assert not desk.session.edit({"optimizer.lr": -1})
    assert said == ["optimizer.lr"]
    assert desk.session.undo_text == ""
    with pytest.raises(StudioError):
        desk.session.race.with_formula("x +")
