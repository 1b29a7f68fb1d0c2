"""Choosing one entry of a registry and its settings: a list, what it is, its formula, its form."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gdstudio.core.registry import Registry, Settings, registry
from gdstudio.gui.forms import Form
from gdstudio.gui.naming import named
from gdstudio.gui.theme import Theme
from gdstudio.gui.widgets.explain import ExplainButton


class EntryChooser(QWidget):
    """A labelled list of a family's entries with the form of the chosen one below.

    Args:
        family: The registry.
        path: Dotted path of the spec's section, e.g. ``"optimizer"``; the list is named ``optimizer.kind``.
        label: What stands beside the list.
        theme: Colours of the formula.
        omit: Fields that another widget edits.

    Signals:
        edited(values): Dotted paths and values that a person set.
    """

    edited = Signal(dict)

    def __init__(
        self, family: str, path: str, label: str, theme: Theme, omit: Sequence[str] = (), parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._registry: Registry = registry(family)
        self._path = path
        self._theme = theme
        self._omit = tuple(omit)
        self._form: Form | None = None
        self._kind = ""
        self._offered: tuple[str, ...] = ()

        self.list = named(QComboBox(), f"{path}.kind", label)
        # Otherwise the longest label of a family decides how narrow the whole column can be.
        self.list.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.list.setMinimumContentsLength(6)
        self.list.activated.connect(self._chosen)
        name = QLabel(label)
        name.setBuddy(self.list)
        self._explain = ExplainButton(theme)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(name)
        row.addWidget(self.list, 1)
        row.addWidget(self._explain)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.addLayout(row)
        self.offer(tuple(self._registry))

    def offer(self, keys: Collection[str]) -> None:
        """List these entries only, in the registry's order."""
        offered = tuple(key for key in self._registry if key in keys)
        if offered == self._offered:
            return
        self._offered = offered
        self.list.clear()
        for key in offered:
            self.list.addItem(self._registry[key].label, key)
        self.list.setCurrentIndex(self.list.findData(self._kind))

    def show_settings(self, settings: Settings) -> None:
        """Draw the chosen entry and its values; nothing is emitted."""
        if settings.kind != self._kind:
            self._kind = settings.kind
            self._rebuild(settings)
        self.list.setCurrentIndex(self.list.findData(settings.kind))
        if self._form is not None:
            self._form.show_values(settings)

    def show_problem(self, path: str, sentence: str) -> None:
        """Say in place why a value was refused."""
        if self._form is not None and path.startswith(f"{self._path}."):
            self._form.set_problem(path, sentence)

    def _rebuild(self, settings: Settings) -> None:
        """A new form: an old one must not stay, or two controls would carry one name."""
        if self._form is not None:
            self._layout.removeWidget(self._form)
            self._form.setParent(None)
            self._form.deleteLater()
        entry = self._registry[settings.kind]
        self.list.setToolTip(entry.help)
        self._explain.set_content(
            entry.label, entry.help, entry.formula, symbols=getattr(entry, "symbols", ()), source=entry.source
        )
        self._form = Form(entry.settings, self._path, theme=self._theme, omit=self._omit)
        self._form.edited.connect(self._edited)
        self._layout.addWidget(self._form)
        self._form.setVisible(not self._form.is_empty)

    @Slot(int)
    def _chosen(self, index: int) -> None:
        key = self.list.itemData(index)
        if key != self._kind:
            self.edited.emit({f"{self._path}.kind": key})

    @Slot(str, object)
    def _edited(self, path: str, value: object) -> None:
        self.edited.emit({path: value})
