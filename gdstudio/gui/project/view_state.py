"""How the window is looked at: the tab in front, what charts show. Kept with a project, and no edit of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QAbstractButton, QCheckBox, QComboBox, QTabWidget, QToolButton, QWidget

#: Controls in tabs that edit the experiment, or say what is to be computed; those are kept as what they edit.
_NO_VIEW = ("function.gallery", "function.axis", "function.more", "race.", "descent.", "lab.")


def view_of(tabs: QTabWidget) -> dict[str, Any]:
    """What is chosen in all tabs, as plain values by the controls' names."""
    view: dict[str, Any] = {}
    for control in _controls(tabs):
        name = control.objectName()
        if isinstance(control, QTabWidget):
            view[name] = _page_name(control, control.currentIndex())
        elif isinstance(control, QComboBox):
            if control.currentIndex() >= 0:
                view[name] = control.currentText()
        elif isinstance(control, QAbstractButton):
            view[name] = control.isChecked()
    return view


def show_view(tabs: QTabWidget, view: Mapping[str, Any]) -> None:
    """Choose what is named; what is not there (any more) is passed over."""
    for control in _controls(tabs):
        wanted = view.get(control.objectName())
        if isinstance(control, QTabWidget) and isinstance(wanted, str):
            pages = [_page_name(control, i) for i in range(control.count())]
            if wanted in pages:
                control.setCurrentIndex(pages.index(wanted))
        elif isinstance(control, QComboBox) and isinstance(wanted, str):
            index = control.findText(wanted)
            if index >= 0 and index != control.currentIndex():
                control.setCurrentIndex(index)
                control.activated.emit(index)
        elif isinstance(control, QAbstractButton) and isinstance(wanted, bool) and control.isChecked() != wanted:
            control.click()


def _page_name(pages: QTabWidget, index: int) -> str:
    """A page's own name where it has one; its heading otherwise."""
    page = pages.widget(index)
    return "" if page is None else page.objectName() or pages.tabText(index)


def _controls(tabs: QTabWidget) -> list[QWidget]:
    """Every named control of the tabs, the tabs themselves first."""
    found: list[QWidget] = [tabs]
    for control in tabs.findChildren(QWidget):
        name = control.objectName()
        if not name or name.startswith((*_NO_VIEW, "qt_")):
            continue
        is_choice = isinstance(control, QComboBox | QCheckBox | QTabWidget)
        is_switch = isinstance(control, QToolButton) and control.isCheckable() and ".view." in name
        if is_choice or is_switch:
            found.append(control)
    return found
