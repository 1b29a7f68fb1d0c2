"""What is asked of a race down a formula: the function, its parameters, the start, who takes part."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gdstudio.core.errors import StudioError
from gdstudio.core.minimize_spec import DescentSpec, FunctionSpec
from gdstudio.core.registry import registry
from gdstudio.gui.chooser import EntryChooser
from gdstudio.gui.forms import Form
from gdstudio.gui.formulas import FormulaLabel
from gdstudio.gui.naming import named
from gdstudio.gui.race import Race, race_on
from gdstudio.gui.theme import Theme
from gdstudio.gui.widgets.explain import ExplainButton
from gdstudio.objectives.expression.latex import latex_of, name_latex

#: Hues that can be told apart.
_MOST_RACERS = 6
_MOST_AXES = 200
#: A parameter's slider goes from minus this to this, in hundredths.
_REACH = 10.0
_TICKS = 100
#: With a line per letter; the first is taken for a new racer.
_NEWCOMERS = ("adam", "rmsprop", "adagrad", "sgd")


class FunctionControls(QScrollArea):
    """Draws a race's settings and announces another one.

    Signals:
        edited(race, gesture): A person asks for this; edits of one gesture, a slider's drag, belong together.
    """

    edited = Signal(object, str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent, widgetResizable=True)
        self._theme = theme
        self._race: Race | None = None
        self._choosers: list[EntryChooser] = []
        self._axis_lists: list[QComboBox] = []
        self._parameters: dict[str, tuple[QSlider, QLabel]] = {}
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._gallery = named(QComboBox(), "function.gallery", "Function", "Functions with known minima")
        self._gallery.addItem("Your own formula", "")
        for key, entry in registry("surfaces").items():
            self._gallery.addItem(entry.label, key)
        self._gallery.activated.connect(self._choose)
        self._explain = ExplainButton(theme)
        self._formula = named(
            QLineEdit(), "function.formula", "Formula",
            "Any number of variables, e.g. x**2 + 10*y**2; the letters a b c d k p q r s are parameters with sliders",
        )  # fmt: skip
        self._formula.editingFinished.connect(self._typed)
        self._formula.textEdited.connect(self._check)
        self._problem = named(QLabel(wordWrap=True), "function.problem", "What is wrong with the formula")
        self._problem.setProperty("role", "error")
        self._problem.hide()
        self._typeset = FormulaLabel(theme)
        self._sliders = QGridLayout()
        self._axes = QWidget()
        row = QHBoxLayout(self._axes)
        row.setContentsMargins(0, 0, 0, 0)
        for number, side in enumerate(("Horizontal", "Vertical")):
            choice = named(
                QComboBox(), f"function.axis.{number}", f"{side} axis",
                "Which variable; those that are on no axis stay at their start in the map",
            )  # fmt: skip
            choice.activated.connect(self._choose_axes)
            row.addWidget(QLabel(side))
            row.addWidget(choice, 1)
            self._axis_lists.append(choice)
        self._noise = Form(FunctionSpec, "function", omit=("formula", "n"), theme=theme)
        self._noise.edited.connect(self._set_objective)
        self._descent = Form(DescentSpec, "descent", omit=("tolerance", "start_range", "threads"), theme=theme)
        self._descent.edited.connect(self._set_training)
        self._racers = QVBoxLayout()
        self._add = named(
            QPushButton("Add an optimizer"), "race.add", "Add an optimizer", "Let one more start from the same point"
        )
        self._add.setIcon(theme.icon("plus"))
        self._add.clicked.connect(self._add_racer)
        self._lay_out()

    def _lay_out(self) -> None:
        inner = QWidget()
        column = QVBoxLayout(inner)
        chosen = QHBoxLayout()
        name = QLabel("Function")
        name.setBuddy(self._gallery)
        for widget in (name, self._gallery, self._explain):
            chosen.addWidget(widget, 1 if widget is self._gallery else 0)
        column.addLayout(chosen)
        column.addWidget(self._formula)
        column.addWidget(self._problem)
        column.addWidget(self._typeset)
        column.addLayout(self._sliders)
        column.addWidget(self._axes)
        column.addWidget(self._descent)
        column.addWidget(self._noise)
        column.addLayout(self._racers)
        column.addWidget(self._add)
        column.addStretch(1)
        self.setWidget(inner)
        self.setMinimumWidth(round(21 * self._theme.em))

    # -- drawing ---------------------------------------------------------------------------------------

    def show_race(self, race: Race) -> None:
        """Draw what is asked; nothing is emitted."""
        before, self._race = self._race, race
        self._gallery.setCurrentIndex(self._gallery.findData(race.surface))
        entry: Any = registry("surfaces")[race.surface] if race.surface else None
        self._explain.setVisible(entry is not None)
        if entry is not None:
            self._explain.set_content(entry.label, entry.help, "", source=entry.source)
        if self._formula.text() != race.objective.formula:
            self._formula.setText(race.objective.formula)
        self._problem.hide()
        names = tuple(race.variables)
        shown = names if len(names) <= 4 else (*names[:3], "…")
        arguments = ", ".join(n if n == "…" else name_latex(n) for n in shown)
        self._typeset.set_formula(rf"f\left({arguments}\right) = {latex_of(race.expression.root)}")
        if before is None or before.objective.parameters.keys() != race.objective.parameters.keys():
            self._make_sliders(race)
        for name, (slider, number) in self._parameters.items():
            slider.blockSignals(True)
            slider.setValue(round(race.objective.parameters[name] * _TICKS))
            slider.blockSignals(False)
            number.setText(f"{race.objective.parameters[name]:g}")
        self._axes.setVisible(len(names) > 2)
        for choice, axis in zip(self._axis_lists, race.axes, strict=True):
            choice.clear()
            choice.addItems(names[:_MOST_AXES])
            choice.setCurrentIndex(axis)
        self._noise.show_values(race.objective)
        self._descent.show_values(race.training)
        if before is None or len(before.optimizers) != len(race.optimizers):
            self._make_racers(race)
        for chooser, optimizer in zip(self._choosers, race.optimizers, strict=True):
            chooser.show_settings(optimizer)
        self._add.setEnabled(len(race.optimizers) < _MOST_RACERS)

    def show_problem(self, error: StudioError) -> None:
        """Say in place why nothing can be drawn."""
        self._problem.setText(str(error))
        self._problem.show()

    def _make_sliders(self, race: Race) -> None:
        while (item := self._sliders.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.setParent(None)
                widget.deleteLater()
        self._parameters = {}
        for line, name in enumerate(race.objective.parameters):
            slider = named(
                QSlider(Qt.Orientation.Horizontal), f"function.parameter.{name}", f"Parameter {name}",
                f"From {-_REACH:g} to {_REACH:g}",
            )  # fmt: skip
            slider.setRange(round(-_REACH * _TICKS), round(_REACH * _TICKS))
            number = QLabel()
            number.setMinimumWidth(round(3 * self._theme.em))
            slider.valueChanged.connect(partial(self._slid, name))
            self._parameters[name] = slider, number
            for place, widget in enumerate((QLabel(name), slider, number)):
                self._sliders.addWidget(widget, line, place)

    def _make_racers(self, race: Race) -> None:
        while (item := self._racers.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.setParent(None)
                widget.deleteLater()
        self._choosers = []
        for number in range(len(race.optimizers)):
            box = QFrame()
            row = QHBoxLayout(box)
            row.setContentsMargins(0, 0, 0, 0)
            swatch = QFrame()
            swatch.setFixedWidth(round(0.35 * self._theme.em))
            swatch.setStyleSheet(f"background: {self._theme.series_color(number).name()}; border-radius: 2px;")
            chooser = EntryChooser("optimizers", f"race.{number}", "Optimizer", self._theme)
            chooser.edited.connect(partial(self._edit_racer, number))
            remove = named(QToolButton(), f"race.{number}.remove", "Take this optimizer out of the race")
            remove.setIcon(self._theme.icon("close"))
            remove.setEnabled(len(race.optimizers) > 1)
            remove.clicked.connect(partial(self._remove_racer, number))
            row.addWidget(swatch)
            row.addWidget(chooser, 1)
            row.addWidget(remove, 0, Qt.AlignmentFlag.AlignTop)
            self._choosers.append(chooser)
            self._racers.addWidget(box)

    # -- what a person asks for ------------------------------------------------------------------------

    @Slot(int)
    def _choose(self, index: int) -> None:
        key = self._gallery.itemData(index)
        if key and self._race is not None:
            self.edited.emit(race_on(key, self._race), "")
        else:
            self._formula.setFocus()
            self._formula.selectAll()

    @Slot(str)
    def _check(self, text: str) -> None:
        """Say what is wrong while it is typed, with the place under the formula."""
        try:
            if self._race is not None:
                self._race.with_formula(text)
        except StudioError as error:
            self.show_problem(error)
        else:
            self._problem.hide()

    @Slot()
    def _typed(self) -> None:
        race = self._race
        if race is None or self._formula.text() == race.objective.formula:
            return
        try:
            self.edited.emit(race.with_formula(self._formula.text()), "")
        except StudioError as error:
            self.show_problem(error)

    @Slot()
    def _choose_axes(self) -> None:
        first, second = (choice.currentIndex() for choice in self._axis_lists)
        if self._race is not None:
            # The same variable on both axes would be a line: the other one makes way.
            other = second if second != first else next(i for i in (1, 0) if i != first)
            self.edited.emit(replace(self._race, axes=(first, other)), "")

    def _slid(self, name: str, value: int) -> None:
        if self._race is not None:
            parameters = {**self._race.objective.parameters, name: value / _TICKS}
            objective = self._race.objective.model_copy(update={"parameters": parameters})
            self.edited.emit(replace(self._race, objective=objective), f"parameter {name}")

    @Slot(str, object)
    def _set_objective(self, path: str, value: object) -> None:
        if self._race is not None:
            changed = self._race.objective.model_copy(update={path.split(".")[-1]: value})
            self.edited.emit(replace(self._race, objective=changed), "")

    @Slot(str, object)
    def _set_training(self, path: str, value: object) -> None:
        race = self._race
        if race is None:
            return
        name = path.split(".")[-1]
        if name == "start" and len(tuple(value)) != len(race.variables):  # type: ignore[arg-type]
            self._descent.set_problem(path, f"One number for each of {', '.join(race.variables)}.")
            return
        changed = race.training.model_copy(update={name: tuple(value) if name == "start" else value})  # type: ignore[arg-type]
        self.edited.emit(replace(race, training=changed), "")

    def _edit_racer(self, number: int, values: dict[str, Any]) -> None:
        race = self._race
        if race is None:
            return
        prefix = f"race.{number}."
        changes = {path.removeprefix(prefix): value for path, value in values.items()}
        old = race.optimizers[number].model_dump(mode="json")
        wanted = changes if "kind" in changes and changes["kind"] != old["kind"] else {**old, **changes}
        try:
            settings = registry("optimizers").settings(wanted)
        except StudioError as error:
            self._choosers[number].show_problem(next(iter(values)), str(error))
            return
        racers = (*race.optimizers[:number], settings, *race.optimizers[number + 1 :])
        self.edited.emit(replace(race, optimizers=racers), "")

    @Slot()
    def _add_racer(self) -> None:
        race = self._race
        if race is not None:
            taken = {o.kind for o in race.optimizers}
            kind = next((k for k in _NEWCOMERS if k not in taken), _NEWCOMERS[0])
            racers = (*race.optimizers, registry("optimizers").settings(kind))
            self.edited.emit(replace(race, optimizers=racers), "")

    def _remove_racer(self, number: int, checked: bool = False) -> None:
        race = self._race
        if race is not None:
            racers = race.optimizers[:number] + race.optimizers[number + 1 :]
            self.edited.emit(replace(race, optimizers=racers), "")
