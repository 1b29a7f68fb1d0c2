"""What is trained: architecture, layers, initial weights, loss."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gdstudio.core.registry import registry
from gdstudio.core.spec import ExperimentSpec
from gdstudio.gui.chooser import EntryChooser
from gdstudio.gui.session import Session
from gdstudio.gui.theme import Theme
from gdstudio.gui.widgets.layers import LayerEditor
from gdstudio.gui.widgets.network import NetworkPicture
from gdstudio.models.entry import ModelEntry


class ModelPanel(QWidget):
    """Draws the model section of the spec and edits it."""

    summary_changed = Signal(str)

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel.model")
        self._session = session
        self._model = EntryChooser("models", "model", "Model", theme, omit=("hidden",))
        self._picture = NetworkPicture(theme)
        self._layers = LayerEditor("model.hidden", theme)
        self._loss = EntryChooser("losses", "loss", "Loss", theme)
        self._initializer = EntryChooser("initializers", "initializer", "Initial weights", theme)
        layout = QVBoxLayout(self)
        for widget in (self._picture, self._model, self._layers, self._loss, self._initializer):
            layout.addWidget(widget)
        for chooser in (self._model, self._loss, self._initializer):
            chooser.edited.connect(session.edit)
        self._layers.edited.connect(self._edit_layers)
        session.spec_changed.connect(self._refresh)
        session.table_changed.connect(self._refresh)
        session.refused.connect(self._refused)
        self._refresh()

    def announce(self) -> None:
        """Emit the summary for a listener that was not there at first."""
        self._refresh()

    @Slot()
    def _refresh(self) -> None:
        spec = self._session.spec
        self._model.show_settings(spec.model)
        self._initializer.show_settings(spec.initializer)
        hidden = getattr(spec.model, "hidden", None)
        self._layers.setVisible(hidden is not None)
        self._layers.show_sizes(hidden or ())
        dataset = self._session.dataset
        fitting = [e.key for e in registry("losses").values() if dataset is None or dataset.task in e.tasks]
        self._loss.offer(fitting)
        self._loss.setVisible(spec.loss is not None)
        if spec.loss is not None:
            self._loss.show_settings(spec.loss)
        self._draw(spec)

    def _draw(self, spec: ExperimentSpec) -> None:
        """The picture and the one-line summary; they need to know the data's width."""
        dataset = self._session.dataset
        entry = cast(ModelEntry, registry("models")[spec.model.kind])
        if dataset is None or spec.loss is None:
            self._picture.clear()
            self.summary_changed.emit(entry.label)
            return
        inputs = len(dataset.feature_names)
        outputs = registry("losses")[spec.loss.kind].outputs(dataset.task, len(dataset.classes))
        self._picture.set_layers(
            entry.layers(spec.model, inputs, outputs),
            inputs=dataset.feature_names,
            outputs=dataset.classes or (str(dataset.spec.target),),
        )
        self.summary_changed.emit(entry.summary(spec.model, inputs, outputs))

    @Slot(object)
    def _edit_layers(self, sizes: tuple[int, ...]) -> None:
        self._session.edit({"model.hidden": list(sizes)})

    @Slot(str, str)
    def _refused(self, path: str, sentence: str) -> None:
        for chooser in (self._model, self._loss, self._initializer):
            chooser.show_problem(path, sentence)
