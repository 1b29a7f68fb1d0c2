"""A question that does not stop the program: the window goes on while it waits for the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QMessageBox, QWidget

from gdstudio.gui.naming import named

_Role = QMessageBox.ButtonRole


class Answer(NamedTuple):
    """A button: what it says, and what kind it is; ``tip`` says what it does."""

    label: str
    role: QMessageBox.ButtonRole
    tip: str


def ask(
    parent: QWidget,
    name: str,
    text: str,
    detail: str,
    answers: Mapping[str, Answer],
    then: Callable[[str], object],
    *,
    usual: str = "",
    icon: QMessageBox.Icon = QMessageBox.Icon.Question,
) -> QMessageBox:
    """Show a question and return at once.

    Args:
        parent: The window that waits.
        name: Object name; its buttons are ``name.<key>``.
        text: The question, one sentence.
        detail: What hangs on the answer.
        answers: Key → button; the one with the role of a rejection is also Escape's.
        then: Gets the key of the answer, once.
        usual: The answer of the Enter key.
        icon: What kind of question it is.
    """
    box = QMessageBox(parent)
    box.setObjectName(name)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowModality(Qt.WindowModality.WindowModal)
    box.setIcon(icon)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(text)
    box.setInformativeText(detail)
    escape = ""
    buttons: dict[QAbstractButton, str] = {}
    for key, answer in answers.items():
        button = box.addButton(answer.label, answer.role)
        named(button, f"{name}.{key}", answer.label.replace("&", ""), answer.tip)
        buttons[button] = key
        if answer.role == _Role.RejectRole:
            escape = key
            box.setEscapeButton(button)
        if key == usual:
            box.setDefaultButton(button)

    def finished() -> None:
        then(buttons.get(box.clickedButton(), escape))

    box.finished.connect(finished)
    box.open()
    return box
