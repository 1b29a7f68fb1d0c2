"""A teacher's path: open a function, let optimizers race, step back, read the numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton, QTableWidget, QToolButton
from pytestqt.qtbot import QtBot

from gdstudio.core.minimize_spec import MinimizeSpec
from gdstudio.gui.jobs import Jobs
from gdstudio.gui.race import map_of, race_on
from gdstudio.gui.session import Session
from gdstudio.gui.tabs.functions import FunctionsTab
from gdstudio.gui.theme import Theme
from gdstudio.training.minimize import minimize

LONG = 60_000


@pytest.fixture
def tab(qtbot: QtBot, shown: Callable[[Any], Any], theme: Theme) -> Iterator[FunctionsTab]:
    jobs = Jobs()
    session = Session(jobs)
    made = FunctionsTab(session, theme, jobs)
    made.resize(1200, 800)
    shown(made)
    settled(qtbot, made)
    yield made
    session.shut_down()


def settled(qtbot: QtBot, tab: FunctionsTab) -> None:
    qtbot.waitUntil(lambda: bool(tab.results) and tab._job is None and not tab._wait.isActive(), timeout=LONG)


def type_formula(tab: FunctionsTab, text: str) -> None:
    line = tab.findChild(QLineEdit, "function.formula")
    line.setText(text)
    line.textEdited.emit(text)
    line.editingFinished.emit()


def test_the_first_look_is_a_race_whose_paths_are_the_engine_s(tab: FunctionsTab) -> None:
    assert tab.race.surface == "rosenbrock"
    for optimizer, result in zip(tab.race.optimizers, tab.results, strict=True):
        alone = minimize(tab.race.spec(optimizer))
        assert np.array_equal(result.points, alone.points)
    frame = tab.chart.data()
    assert frame["optimizer"].nunique() == 2
    assert frame["x"].iloc[0] == -1.5


def test_stepping_back_shows_the_very_point_that_was_there(tab: FunctionsTab) -> None:
    tab.show_step(41)
    tab.findChild(QToolButton, "function.back").click()
    table = tab.findChild(QTableWidget, "anatomy.table")
    last = table.item(table.rowCount() - 1, 2)
    assert table.item(table.rowCount() - 1, 0).text() == "new value"
    assert float(last.toolTip()) == tab.results[0].points[40, 0]
    variable = tab.findChild(QComboBox, "anatomy.variable")
    variable.setCurrentIndex(1)
    variable.activated.emit(1)
    assert float(table.item(table.rowCount() - 1, 2).toolTip()) == tab.results[0].points[40, 1]


def test_a_start_that_is_placed_by_hand_is_where_all_begin(tab: FunctionsTab, qtbot: QtBot) -> None:
    tab.chart.start_chosen.emit(0.5, -0.25)
    settled(qtbot, tab)
    assert [r.points[0].tolist() for r in tab.results] == [[0.5, -0.25]] * 2


def test_a_mistake_in_a_formula_is_pointed_at_and_changes_nothing(tab: FunctionsTab) -> None:
    before = tab.race
    type_formula(tab, "x**2 + foo(y)")
    problem = tab.findChild(QLabel, "function.problem")
    assert problem.isVisible()
    assert "foo" in problem.text()
    for hostile in ("3", "\uff58**2", "__import__('os')", "9**9**9**9", "(" * 10_000 + "x" + ")" * 10_000, "x.real"):
        type_formula(tab, hostile)
        assert problem.text().startswith("Column ")
        assert len(problem.text()) < 400
    assert tab.race is before


def test_own_formulas_have_sliders_for_their_parameters_and_any_number_of_variables(
    tab: FunctionsTab, qtbot: QtBot
) -> None:
    type_formula(tab, "a*x**2 + y**2 + (z - 1)**2")
    settled(qtbot, tab)
    assert tab.race.variables == ("x", "y", "z")
    slider = tab.findChild(object, "function.parameter.a")
    slider.setValue(250)
    settled(qtbot, tab)
    assert tab.race.objective.parameters == {"a": 2.5}
    made = map_of(tab.race, tab.race.ranges)
    z = tab.race.training.start[2]
    assert made.values[0, 0] == pytest.approx(2.5 * made.x[0] ** 2 + made.y[0] ** 2 + (z - 1) ** 2)


def test_optimizers_are_added_changed_and_taken_out(tab: FunctionsTab, qtbot: QtBot) -> None:
    tab.findChild(QPushButton, "race.add").click()
    settled(qtbot, tab)
    assert [o.kind for o in tab.race.optimizers] == ["sgd", "adam", "rmsprop"]
    kind = tab.findChild(QComboBox, "race.2.kind")
    kind.setCurrentIndex(kind.findData("adagrad"))
    kind.activated.emit(kind.currentIndex())
    settled(qtbot, tab)
    assert tab.race.optimizers[2].kind == "adagrad"
    tab.findChild(QToolButton, "race.0.remove").click()
    settled(qtbot, tab)
    assert [o.kind for o in tab.race.optimizers] == ["adam", "adagrad"]
    assert len(tab.results) == 2


def test_a_function_of_one_variable_shows_its_curve_and_one_that_diverges_says_when(
    tab: FunctionsTab, qtbot: QtBot
) -> None:
    tab._session.edit_race(race_on("double_well", tab.race))
    tab.views.choose("surface")
    settled(qtbot, tab)
    assert tab.chart.is_line
    assert not tab.views.surface.isVisible()
    tab._session.edit_race(race_on("himmelblau", tab.race))
    settled(qtbot, tab)
    assert (tab.views.surface.title, tab.views.surface._names[:2]) == ("Himmelblau", ("x", "y"))
    assert np.array_equal(tab.views.surface._values, tab.chart._values)
    assert [t.name for t in tab.views.surface._tracks] == [p.name for p in tab.chart._paths]
    type_formula(tab, "x**4")
    settled(qtbot, tab)
    tab.chart.start_chosen.emit(30.0, 0.0)
    tab.controls._edit_racer(0, {"race.0.lr": 1.0})
    settled(qtbot, tab)
    assert "Diverged at step" in tab.findChild(QLabel, "function.said").text()


@pytest.mark.parametrize("key", ["himmelblau", "saddle", "plateau", "noisy_bowl"])
def test_the_map_is_the_function(key: str) -> None:
    race = race_on(key)
    made = map_of(race, race.ranges)
    spec = MinimizeSpec.parse(
        {"objective": {"formula": race.objective.formula}, "training": {"start": [made.x[7], made.y[3]], "steps": 1}}
    )
    assert made.values[3, 7] == minimize(spec).values[0]


def test_a_late_result_is_drawn_as_the_race_that_it_belongs_to(tab: FunctionsTab, qtbot: QtBot) -> None:
    shown, results = tab._shown, tab.results
    tab.controls._remove_racer(0)
    tab._computed((shown, tab._map, results, tab._mapped))
    assert tab.anatomy._optimizers == shown.optimizers
    settled(qtbot, tab)
    assert len(tab.results) == 1


def test_a_start_without_a_value_leaves_nothing_of_the_race_before(tab: FunctionsTab, qtbot: QtBot) -> None:
    type_formula(tab, "log(x) + y**2")
    qtbot.waitUntil(lambda: not tab._wait.isActive() and tab._job is None, timeout=LONG)
    assert "no finite real value" in tab.findChild(QLabel, "function.problem").text()
    assert tab.results == []
    assert tab.findChild(QLabel, "function.said").text() == ""


def test_any_two_of_many_variables_are_the_axes(tab: FunctionsTab, qtbot: QtBot) -> None:
    type_formula(tab, "x**2 + 2*y**2 + 3*z**2")
    settled(qtbot, tab)
    choice = tab.findChild(QComboBox, "function.axis.1")
    choice.setCurrentIndex(2)
    choice.activated.emit(2)
    settled(qtbot, tab)
    assert tab.race.axes == (0, 2)
    assert tab.chart.data()["y"].iloc[0] == tab.race.training.start[2]
