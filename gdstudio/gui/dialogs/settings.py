"""What a person may set about the program, as a form of the settings' own declaration."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from gdstudio.core.errors import StudioError
from gdstudio.gui.forms import Form
from gdstudio.gui.naming import named
from gdstudio.gui.preferences.model import SECTIONS
from gdstudio.gui.preferences.store import PreferenceStore
from gdstudio.gui.theme import Theme
from gdstudio.gui.widgets.messages import Banner

#: Of the controls' names: ``settings.scheme``.
PATH = "settings"


class SettingsDialog(QDialog):
    """Every setting in its section; each acts as soon as it is set, and what the lab has locked says why.

    Args:
        store: Holds the settings.
        theme: Colours.
    """

    def __init__(self, store: PreferenceStore, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dialog.settings")
        self.setWindowTitle("Settings")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._store = store
        self._forms: list[Form] = []
        self._banner = Banner(theme)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setSpacing(round(0.6 * theme.em))
        for title, section in SECTIONS.items():
            heading = QLabel(title)
            heading.setProperty("role", "title")
            column.addWidget(heading)
            form = Form(store.model(section), PATH, theme=theme)
            form.edited.connect(self._edit)
            self._forms.append(form)
            column.addWidget(form)
            for name, reason in store.locked.items():
                if name in section.model_fields:
                    form.lock(f"{PATH}.{name}", reason)
                    column.addWidget(_locked_note(section.model_fields[name].title or name, reason))
            if "folder" in section.model_fields:
                column.addWidget(self._folder_button(theme), 0, Qt.AlignmentFlag.AlignLeft)
        where = QLabel(f"Kept in {store.folder}.", wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        where.setProperty("role", "muted")
        where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(where)
        column.addStretch(1)
        area = QScrollArea(widgetResizable=True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(page)
        buttons = QDialogButtonBox()
        self._reset = buttons.addButton("&Reset all", QDialogButtonBox.ButtonRole.ResetRole)
        named(self._reset, "settings.reset", "Reset all", "Take back everything that you have set here")
        self._reset.clicked.connect(self._take_back)
        close = buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
        named(close, "settings.close", "Close", "Close; what was set holds already")
        close.setDefault(True)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self._banner)
        layout.addWidget(area, 1)
        layout.addWidget(buttons)
        room = self.screen().availableSize()
        self.resize(
            min(round(34 * theme.em), room.width()),
            min(page.sizeHint().height() + round(5 * theme.em), round(0.9 * room.height())),
        )
        store.changed.connect(self._refresh)
        self._refresh()

    def _folder_button(self, theme: Theme) -> QPushButton:
        button = named(
            QPushButton("Choose the folder…"),
            "settings.choose_folder",
            "Choose the folder",
            "Find the folder for files",
        )
        button.setIcon(theme.icon("folder-open-outline"))
        button.setEnabled("folder" not in self._store.locked)
        button.clicked.connect(self._choose_folder)
        return button

    @Slot()
    def _refresh(self) -> None:
        for form in self._forms:
            form.show_values(self._store.values)
        self._reset.setEnabled(not self._store.untouched)

    @Slot(str, object)
    def _edit(self, path: str, value: object) -> None:
        name = path.rpartition(".")[2]
        if name == "folder" and value and not Path(str(value)).expanduser().is_dir():
            for form in self._forms:
                form.set_problem(path, "There is no such folder.")
            return
        try:
            self._store.change(name, value)
        except StudioError as error:
            self._banner.show_message("warning", error.message, error.hint)
        # What was refused is drawn as it was.
        self._refresh()

    @Slot()
    def _choose_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Folder for files", self._store.values.folder)
        if folder:
            self._edit(f"{PATH}.folder", folder)

    @Slot()
    def _take_back(self) -> None:
        try:
            self._store.reset()
        except StudioError as error:
            self._banner.show_message("warning", error.message, error.hint)
        self._refresh()


def _locked_note(label: str, reason: str) -> QLabel:
    note = QLabel(f"{label} cannot be set here: {reason}", wordWrap=True, textFormat=Qt.TextFormat.PlainText)
    note.setProperty("role", "muted")
    return note
