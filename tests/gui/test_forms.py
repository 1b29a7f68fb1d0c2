from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLabel, QMenu, QWidget
from pytestqt.qtbot import QtBot

from gdstudio.core.fields import describe, setting
from gdstudio.core.registry import FAMILIES, Entry, Settings, registry
from gdstudio.gui.fields.number import NumberField
from gdstudio.gui.forms import Form
from gdstudio.gui.theme import Theme


class Example(Settings):
    """One setting of each kind."""

    kind: Literal["example"] = "example"
    lr: float = setting(0.001, label="Rate", help="How far a step goes.", log=True, gt=0, le=10)
    share: float = setting(0.2, label="Share", help="A share.", ge=0, lt=1)
    epochs: int = setting(30, label="Epochs", help="How often.", ge=1, le=1000, unit="times")
    nesterov: bool = setting(False, label="Nesterov", help="Looks ahead.")
    mode: Literal["a", "b"] = setting("a", label="Mode", help="Which.", labels={"a": "First", "b": "Second"})
    only_b: int = setting(1, label="Only for b", help="Of b.", visible_when=("mode", ("b",)))
    note: str = setting("", label="Note", help="Of b.", visible_when=("mode", ("b",)))
    of_note: int = setting(1, label="Of the note", help="Of a note.", visible_when=("note", ()))
    hidden_layers: tuple[Annotated[int, Field(ge=1)], ...] = setting((64, 32), label="Layers", help="Sizes.")
    name: str = setting("x", label="Name", help="A name.")
    limit: float | None = setting(None, label="Limit", help="A limit.", gt=0, advanced=True)
    secret: int = setting(0, label="Secret", help="Not shown.", hidden=True)


Heard = list[tuple[str, Any]]


@pytest.fixture
def form(shown: Callable[[Any], Any], theme: Theme) -> Form:
    made: Form = shown(Form(Example, "part", theme=theme))
    made.show_values(Example())
    return made


@pytest.fixture
def heard(form: Form) -> Heard:
    found: Heard = []
    form.edited.connect(lambda path, value: found.append((path, value)))
    return found


def type_into(control: QWidget, text: str) -> None:
    control.setFocus()
    line = control.lineEdit() if isinstance(control, NumberField) else control
    line.selectAll()  # type: ignore[attr-defined]
    QTest.keyClicks(control, text)
    QTest.keyClick(control, Qt.Key.Key_Return)


def problem(form: Form, name: str) -> str:
    label = form.findChild(QLabel, f"part.{name}.problem")
    return label.text() if label.isVisible() else ""


def wheel(control: QWidget) -> bool:
    place = QPointF(5, 5)
    event = QWheelEvent(
        place, control.mapToGlobal(place), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(control, event)
    return event.isAccepted()


def test_every_control_has_its_names_and_explains_itself(form: Form) -> None:
    for field in describe(Example):
        control = form.findChild(QWidget, f"part.{field.name}")
        if field.hidden:
            assert control is None
            continue
        assert control.accessibleName() == field.label
        assert field.help in control.toolTip()
        assert "Default:" in control.toolTip()
    assert "greater than 0 and at most 10" in form.control("part.lr").toolTip()
    buddies = {label.buddy() for label in form.findChildren(QLabel)}
    assert form.control("part.lr") in buddies


@pytest.mark.parametrize("text", ["0.01", "1e-2", "0,01"])
def test_a_typed_number_is_announced_once(form: Form, heard: Heard, text: str) -> None:
    type_into(form.control("part.lr"), text)
    assert heard == [("part.lr", 0.01)]


def test_leaving_a_field_commits_it(form: Form, heard: Heard) -> None:
    control = form.control("part.lr")
    control.setFocus()
    control.lineEdit().selectAll()  # type: ignore[attr-defined]
    QTest.keyClicks(control, "0.5")
    assert heard == []
    form.control("part.share").setFocus()
    assert heard == [("part.lr", 0.5)]


def test_showing_values_announces_nothing(form: Form, heard: Heard) -> None:
    form.show_values(Example(lr=0.5, nesterov=True, mode="b", hidden_layers=(3,), name="y", limit=2.0))
    assert heard == []
    assert form.control("part.lr").value() == 0.5  # type: ignore[attr-defined]
    assert form.findChild(QCheckBox, "part.nesterov").isChecked()
    assert form.findChild(QComboBox, "part.mode").currentText() == "Second"
    assert form.control("part.hidden_layers").text() == "3"  # type: ignore[attr-defined]


def test_what_is_out_of_range_is_refused_in_place_and_escape_takes_it_back(form: Form, heard: Heard) -> None:
    control = form.control("part.lr")
    type_into(control, "-1")
    assert heard == []
    assert problem(form, "lr") == "Rate must be greater than 0 and at most 10."
    assert control.property("problem") is True
    QTest.keyClick(control, Qt.Key.Key_Escape)
    assert control.lineEdit().text() == "0.001"  # type: ignore[attr-defined]
    assert problem(form, "lr") == ""


def test_what_cannot_be_read_is_refused_in_place(form: Form, heard: Heard) -> None:
    type_into(form.control("part.epochs"), "many")
    assert problem(form, "epochs") == "This is not a number."
    type_into(form.control("part.epochs"), "2.5")
    assert problem(form, "epochs") == "A whole number is needed here."
    assert heard == []
    type_into(form.control("part.epochs"), "40")
    assert problem(form, "epochs") == ""
    assert heard == [("part.epochs", 40)]


def test_switch_choice_text_and_lists(form: Form, heard: Heard) -> None:
    form.findChild(QCheckBox, "part.nesterov").click()
    combo = form.findChild(QComboBox, "part.mode")
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_Down)
    type_into(form.control("part.hidden_layers"), "8, 4 2")
    type_into(form.control("part.name"), "new")
    assert heard == [
        ("part.nesterov", True), ("part.mode", "b"), ("part.hidden_layers", (8, 4, 2)), ("part.name", "new"),
    ]  # fmt: skip


def test_a_list_with_something_else_in_it_is_refused(form: Form, heard: Heard) -> None:
    type_into(form.control("part.hidden_layers"), "8, many")
    assert "many" in problem(form, "hidden_layers")
    assert heard == []


def test_an_optional_number_may_be_empty(form: Form, heard: Heard) -> None:
    form.show_values(Example(limit=3.0))
    type_into(form.control("part.limit"), "")
    control = form.control("part.limit")
    control.lineEdit().clear()  # type: ignore[attr-defined]
    control.commit()  # type: ignore[attr-defined]
    assert heard == [("part.limit", None)]


def test_arrow_keys_step(form: Form, heard: Heard) -> None:
    control = form.control("part.lr")
    control.setFocus()
    QTest.keyClick(control, Qt.Key.Key_Up)
    QTest.keyClick(control, Qt.Key.Key_Up)
    QTest.keyClick(form.control("part.epochs"), Qt.Key.Key_Down)
    assert heard == [("part.lr", 0.003), ("part.lr", 0.01), ("part.epochs", 29)]


@pytest.mark.parametrize("name", ["lr", "epochs", "mode"])
def test_the_wheel_changes_only_what_has_the_focus(form: Form, heard: Heard, name: str) -> None:
    form.show_values(Example(mode="b"))
    control = form.control(f"part.{name}")
    form.control("part.name").setFocus()
    assert not wheel(control)  # left to the area that scrolls
    assert heard == []
    control.setFocus()
    wheel(control)
    assert [path for path, _ in heard] == [f"part.{name}"]


def test_fields_follow_their_condition(form: Form) -> None:
    assert form.control("part.only_b").isHidden()
    form.show_values(Example(mode="b"))
    assert form.control("part.only_b").isVisible()
    form.show_values(Example(mode="a"))
    assert form.control("part.only_b").isHidden()


def test_advanced_fields_unfold(form: Form) -> None:
    assert not form.control("part.limit").isVisible()
    form.findChild(QWidget, "part.more").click()  # type: ignore[attr-defined]
    assert form.control("part.limit").isVisible()


def test_a_refusal_from_elsewhere_is_shown_and_unfolds(form: Form) -> None:
    form.set_problem("part.limit", "Too large for this table.")
    assert problem(form, "limit") == "Too large for this table."
    form.set_problem("other.limit", "Not for this form.")
    assert problem(form, "limit") == "Too large for this table."
    form.show_values(Example())
    assert problem(form, "limit") == ""


def test_changed_values_are_marked_and_can_be_reset(form: Form, heard: Heard) -> None:
    menu = QMenu(form)
    assert not form.reset_action("lr", menu).isEnabled()
    form.show_values(Example(lr=0.5))
    row = form._rows["lr"]
    assert row.mark.property("on") is True
    reset = form.reset_action("lr", menu)
    assert reset.text() == "Reset to default (0.001)"
    reset.trigger()
    assert heard == [("part.lr", 0.001)]
    form.set_reset_highlight(False)
    assert not row.mark.property("on")


@pytest.mark.parametrize(
    ("name", "key", "edited", "kept"),
    [
        ("nesterov", Qt.Key.Key_Space, False, True),
        ("mode", Qt.Key.Key_Space, False, True),
        ("lr", Qt.Key.Key_Escape, False, False),
        ("lr", Qt.Key.Key_Escape, True, True),
        ("name", Qt.Key.Key_Escape, True, True),
    ],
)
def test_keys_that_a_field_needs_do_not_reach_the_window(
    form: Form, name: str, key: Qt.Key, edited: bool, kept: bool
) -> None:
    control = form.control(f"part.{name}")
    if edited:
        control.setFocus()
        QTest.keyClicks(control, "5")
    event = QKeyEvent(QEvent.Type.ShortcutOverride, key, Qt.KeyboardModifier.NoModifier)
    event.ignore()
    QApplication.sendEvent(control, event)
    assert event.isAccepted() is kept


def test_omitted_fields_and_empty_forms(shown: Callable[[Any], Any]) -> None:
    form = Form(Example, "part", omit=("lr",))
    assert form.findChild(QWidget, "part.lr") is None
    assert not form.is_empty

    class Nothing(Settings):
        """None."""

        kind: Literal["nothing"] = "nothing"

    assert Form(Nothing, "part").is_empty


ENTRIES = [pytest.param(entry, id=f"{family}-{key}") for family in FAMILIES for key, entry in registry(family).items()]


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_entry_builds_its_form_and_gives_back_its_default(entry: Entry, qtbot: QtBot) -> None:
    form = Form(entry.settings, "entry")
    qtbot.addWidget(form)
    defaults = entry.settings(kind=entry.key)
    heard: Heard = []
    form.edited.connect(lambda path, value: heard.append((path, value)))
    form.show_values(defaults)
    for field in describe(entry.settings):
        if field.hidden or field.kind in ("other", "switch", "choice"):
            continue
        form.control(f"entry.{field.name}").commit()  # type: ignore[attr-defined]
    assert heard == []  # what is shown reads back to the very same values


def test_a_field_about_what_is_not_filled_in_or_not_shown_is_hidden(form: Form) -> None:
    seen = []
    for values in ({"mode": "b"}, {"mode": "b", "note": "x"}, {"mode": "a", "note": "x"}):
        form.show_values(Example.model_validate({"kind": "example", **values}))
        seen.append(form.control("part.of_note").isVisible())
    assert seen == [False, True, False]
