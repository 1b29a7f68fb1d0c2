"""From a settings model to a form: the declaration is read, nothing is written twice."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic import BaseModel
from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QLineEdit, QMenu, QToolButton, QVBoxLayout, QWidget

from gdstudio.core.fields import FieldDescription, describe
from gdstudio.gui.fields.choice import ChoiceField
from gdstudio.gui.fields.control import value_text
from gdstudio.gui.fields.number import NumberField
from gdstudio.gui.fields.switch import SwitchField
from gdstudio.gui.fields.text import IntegersField, NumbersField, TextField, TextsField
from gdstudio.gui.theme import Theme

_CONTROLS: dict[str, Callable[[FieldDescription, str], Any]] = {
    "number": NumberField,
    "integer": NumberField,
    "choice": ChoiceField,
    "switch": SwitchField,
    "text": TextField,
    "integers": IntegersField,
    "numbers": NumbersField,
    "texts": TextsField,
}
_LABEL_CHARACTERS = 18


@dataclass
class _Row:
    """The widgets of one setting."""

    field: FieldDescription
    control: Any
    label: QLabel | None
    unit: QLabel | None
    mark: QFrame
    problem: QLabel

    def set_visible(self, visible: bool) -> None:
        for widget in (self.control, self.label, self.unit, self.mark):
            if widget is not None:
                widget.setVisible(visible)
        self.problem.setVisible(visible and bool(self.problem.text()))


class Form(QWidget):
    """The fields of a settings model, one row each; advanced ones under "More".

    Holds no state: it draws the settings that it is shown and announces what a person sets.

    Args:
        model: The settings model.
        path: Dotted path of the section, e.g. ``"optimizer"``; a control is named ``optimizer.lr``.
        theme: Gives the disclosure its icon; without one it has none.
        omit: Names of fields that another widget edits.

    Signals:
        edited(path, value): A person has committed a value that the field can have.
    """

    edited = Signal(str, object)

    def __init__(
        self,
        model: type[BaseModel],
        path: str = "",
        parent: QWidget | None = None,
        *,
        theme: Theme | None = None,
        omit: Collection[str] = (),
    ) -> None:
        super().__init__(parent)
        self.model = model
        self._path = path
        self._theme = theme
        self._rows: dict[str, _Row] = {}
        self._settings: BaseModel | None = None
        self._mark_changes = True
        fields = [f for f in describe(model) if not f.hidden and f.kind in _CONTROLS and f.name not in omit]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._plain, self._advanced = QWidget(), QWidget()
        self._more = QToolButton()
        self._more.setCheckable(True)
        self._more.setProperty("role", "disclosure")
        self._more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._more.setObjectName(f"{path}.more" if path else "more")
        self._more.setAccessibleName("More settings")
        self._more.setToolTip("Settings that rarely need a change")
        self._more.toggled.connect(self._unfold)
        for widget in (self._plain, self._more, self._advanced):
            layout.addWidget(widget)
        layout.addStretch(1)
        self._fill(self._plain, [f for f in fields if not f.advanced])
        self._fill(self._advanced, [f for f in fields if f.advanced])
        self._plain.setVisible(any(not f.advanced for f in fields))
        self._more.setVisible(any(f.advanced for f in fields))
        self._unfold(False)
        self._follow_conditions()

    @property
    def is_empty(self) -> bool:
        """Whether the model has nothing that a form could edit."""
        return not self._rows

    def control(self, path: str) -> QWidget:
        """The control of a dotted path; KeyError where there is none."""
        control: QWidget = self._rows[self._name(path)].control
        return control

    def show_values(self, settings: BaseModel) -> None:
        """Draw every value; nothing is emitted, and problems that were shown are gone."""
        self._settings = settings
        for name, row in self._rows.items():
            row.control.show_value(getattr(settings, name))
            self._set_problem(row, "")
        self._follow_conditions()
        self._refresh_marks()

    def set_problem(self, path: str, sentence: str) -> None:
        """Say under a field why its value was refused; an empty sentence takes it away.

        Paths of other forms are passed over, so that every form can hear of every refusal.
        """
        name = self._name(path)
        if name in self._rows:
            row = self._rows[name]
            self._set_problem(row, sentence)
            if sentence and row.field.advanced:
                self._more.setChecked(True)

    def lock(self, path: str, reason: str) -> None:
        """Let a field be seen and not be set; hovering says why. Paths of other forms are passed over."""
        row = self._rows.get(self._name(path))
        if row is None:
            return
        for widget in (row.control, row.label):
            if widget is not None:
                widget.setEnabled(False)
                widget.setToolTip(f"<p>{reason}</p>")
        row.control.setAccessibleDescription(reason)

    def set_reset_highlight(self, on: bool) -> None:
        """Whether values that differ from their default carry a mark."""
        self._mark_changes = on
        self._refresh_marks()

    def _name(self, path: str) -> str:
        head, _, name = path.rpartition(".")
        return name if head == self._path else ""

    def _fill(self, place: QWidget, fields: list[FieldDescription]) -> None:
        grid = QGridLayout(place)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(2, 1)
        # Forms below each other line up.
        grid.setColumnMinimumWidth(1, self.fontMetrics().averageCharWidth() * _LABEL_CHARACTERS)
        grid.setHorizontalSpacing(self.fontMetrics().height() // 2)
        grid.setVerticalSpacing(self.fontMetrics().height() // 3)
        for number, field in enumerate(fields):
            self._add_row(grid, 2 * number, field)

    def _add_row(self, grid: QGridLayout, line: int, field: FieldDescription) -> None:
        path = f"{self._path}.{field.name}" if self._path else field.name
        control = _CONTROLS[field.kind](field, path)
        mark = QFrame()
        mark.setFixedWidth(max(3, self.fontMetrics().height() // 6))
        mark.setProperty("role", "mark")
        label = unit = None
        grid.addWidget(mark, line, 0)
        if field.kind == "switch":
            grid.addWidget(control, line, 1, 1, 3, Qt.AlignmentFlag.AlignLeft)
        else:
            label = QLabel(field.label)
            label.setBuddy(control)
            label.setToolTip(control.toolTip())
            grid.addWidget(label, line, 1)
            grid.addWidget(control, line, 2, 1, 1 if field.unit else 2)
            if field.unit:
                unit = QLabel(field.unit)
                unit.setProperty("role", "muted")
                grid.addWidget(unit, line, 3)
        problem = QLabel(wordWrap=True)
        problem.setObjectName(f"{path}.problem")
        problem.setProperty("role", "error")
        problem.hide()
        grid.addWidget(problem, line + 1, 1, 1, 3)
        row = _Row(field, control, label, unit, mark, problem)
        self._rows[field.name] = row
        control.committed.connect(partial(self._committed, path))
        control.refused.connect(partial(self._set_problem, row))
        for widget in (control, label):
            if widget is not None:
                widget.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
                widget.customContextMenuRequested.connect(partial(self._show_menu, row, widget))

    def _committed(self, path: str, value: object) -> None:
        self.edited.emit(path, value)

    def _set_problem(self, row: _Row, sentence: str) -> None:
        if row.problem.text() == sentence:
            return
        row.problem.setText(sentence)
        row.problem.setVisible(bool(sentence) and not row.control.isHidden())
        row.control.setProperty("problem", bool(sentence))
        row.control.style().unpolish(row.control)
        row.control.style().polish(row.control)

    def _follow_conditions(self) -> None:
        """Show the fields whose condition holds, as far as the field is shown that it is about."""
        for name, row in self._rows.items():
            if row.field.visible_when is not None:
                row.set_visible(self._is_wanted(name))

    def _is_wanted(self, name: str) -> bool:
        condition = self._rows[name].field.visible_when if name in self._rows else None
        if condition is None:
            return True
        other, values = condition
        source = self._settings
        value = getattr(source, other) if source is not None else self.model.model_fields[other].get_default()
        return (value in values if values else bool(value)) and self._is_wanted(other)

    def _refresh_marks(self) -> None:
        for name, row in self._rows.items():
            differs = (
                self._mark_changes and self._settings is not None and getattr(self._settings, name) != row.field.default
            )
            if bool(row.mark.property("on")) != differs:
                row.mark.setProperty("on", differs)
                row.mark.style().unpolish(row.mark)
                row.mark.style().polish(row.mark)
                row.mark.setToolTip(f"Default: {value_text(row.field, row.field.default)}" if differs else "")

    def _show_menu(self, row: _Row, widget: QWidget, where: QPoint) -> None:
        """The control's own menu, and a way back to the default."""
        control = row.control
        line = control if isinstance(control, QLineEdit) else control.findChild(QLineEdit)
        menu = line.createStandardContextMenu() if line is not None else QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        first = menu.actions()[0] if menu.actions() else None
        reset = self.reset_action(row.field.name, menu)
        menu.insertAction(first, reset) if first is not None else menu.addAction(reset)
        if first is not None:
            menu.insertSeparator(first)
        menu.popup(widget.mapToGlobal(where))

    def reset_action(self, name: str, parent: QWidget) -> QAction:
        """An action that sets a field back to its default."""
        row = self._rows[name]
        action = QAction(f"Reset to default ({value_text(row.field, row.field.default)})", parent)
        shown = self._settings
        action.setEnabled(shown is not None and getattr(shown, name) != row.field.default)
        path = f"{self._path}.{name}" if self._path else name
        action.triggered.connect(partial(self._reset, path, row.field.default))
        return action

    def _reset(self, path: str, default: object, checked: bool = False) -> None:
        self.edited.emit(path, default)

    @Slot(bool)
    def _unfold(self, on: bool) -> None:
        self._advanced.setVisible(on and any(row.field.advanced for row in self._rows.values()))
        icon = "chevron-down" if on else "chevron-right"
        self._more.setIcon(self._theme.icon(icon, "muted") if self._theme is not None else QIcon())
        self._more.setText("Less" if on else "More")
