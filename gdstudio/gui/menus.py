"""The menus: which action is found where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QDockWidget, QMenu, QMenuBar

from gdstudio.core.registry import registry
from gdstudio.gui.project.controller import ProjectController
from gdstudio.gui.project.recent import RecentMenu
from gdstudio.gui.session import Session
from gdstudio.gui.theme import Scheme, Theme

#: A title and the actions below it by id, None for a line between them; ``data.sample`` is the samples' own menu, and
#: ``export`` that of all exports.
_MENUS: dict[str, tuple[str | None, ...]] = {
    "&File": (
        "project.new",
        "project.open",
        "project.recent",
        "project.save",
        "project.save_as",
        None,
        "data.open",
        "data.paste",
        "data.sample",
        None,
        "run.save",
        "export",
        None,
        "app.quit",
    ),
    "&Edit": ("edit.undo", "edit.redo", None, "view.settings"),
    "&Run": (
        "run.start",
        "run.pause",
        "run.step",
        "run.stop",
        None,
        "run.resume",
        "run.recover",
        "run.reproduce",
        None,
        "run.reset",
    ),
}


def fill_menus(bar: QMenuBar, actions: Mapping[str, QAction], session: Session, project: ProjectController) -> None:
    """File, Edit and Run."""
    for title, names in _MENUS.items():
        menu = bar.addMenu(title)
        for name in names:
            if name is None:
                menu.addSeparator()
            elif name == "data.sample":
                menu.addMenu(_samples_menu(menu, session))
            elif name == "project.recent":
                recent = menu.addMenu("Open &recent")
                recent.menuAction().setObjectName(name)
                RecentMenu(recent, project.recent, project.open_path)
            elif name == "export":
                exports = menu.addMenu("E&xport the last run")
                exports.setToolTipsVisible(True)
                exports.addActions([action for key, action in actions.items() if key.startswith("export.")])
            else:
                menu.addAction(actions[name])


def fill_view_menu(
    bar: QMenuBar,
    docks: Iterable[QDockWidget],
    theme: Theme,
    reset: QAction,
    choose_scheme: Callable[[Scheme], object],
    locked: str = "",
) -> None:
    """Docks to show and hide, the colours, and the way back to the first layout.

    Args:
        bar: Gets the menu.
        docks: Each gets a row to show or hide it.
        theme: Says which colours are chosen now.
        reset: Puts the docks back.
        choose_scheme: Called with ``system``, ``light`` or ``dark``.
        locked: Why the colours cannot be chosen; empty where they can.
    """
    view = bar.addMenu("&View")
    for dock in docks:
        view.addAction(dock.toggleViewAction())
    view.addSeparator()
    schemes = QActionGroup(view)
    for scheme, label in (("system", "Colours of the system"), ("light", "Light"), ("dark", "Dark")):
        action = QAction(label, view, checkable=True)
        action.setObjectName(f"view.{scheme}")
        action.setData(scheme)
        action.setEnabled(not locked)
        action.setToolTip(locked or f"Draw the window in these colours: {label.lower()}")
        schemes.addAction(action)
        view.addAction(action)
    schemes.triggered.connect(lambda action: choose_scheme(action.data()))
    view.setToolTipsVisible(True)

    def show_chosen() -> None:
        for action in schemes.actions():
            action.setChecked(action.data() == theme.scheme)

    show_chosen()
    view.aboutToShow.connect(show_chosen)
    view.addSeparator()
    view.addAction(reset)


def _samples_menu(parent: QMenu, session: Session) -> QMenu:
    """The samples, each an action of its own."""
    menu = QMenu("Open a &sample", parent)
    menu.menuAction().setObjectName("data.sample")
    for key, entry in registry("samples").items():
        action = menu.addAction(entry.label)
        action.setObjectName(f"data.sample.{key}")
        action.setToolTip(entry.help)
        action.triggered.connect(partial(_open_sample, session, key))
    return menu


def _open_sample(session: Session, key: str, checked: bool = False) -> None:
    session.load(registry("samples").settings(key))
