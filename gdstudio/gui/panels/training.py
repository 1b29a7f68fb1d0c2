"""How long, in what portions, on what."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gdstudio.core.fields import describe
from gdstudio.core.spec import ExperimentSpec, TrainingSpec
from gdstudio.gui.fields.number import NumberField
from gdstudio.gui.forms import Form
from gdstudio.gui.naming import named
from gdstudio.gui.session import Session
from gdstudio.gui.theme import Theme

_MODES = {
    "full": "Full batch",
    "mini": "Mini-batch",
    "single": "Stochastic, one row a step",
}
_USUAL_BATCH = 32


class TrainingPanel(QWidget):
    """Draws the training section of the spec and edits it."""

    summary_changed = Signal(str)

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel.training")
        self._session = session
        self._mode = named(
            QComboBox(),
            "training.batch_mode",
            "Batch mode",
            "Full batch uses every row for each step; stochastic a single one; a mini-batch lies between: "
            "noisier steps, many more of them for the same work.",
        )
        for key, label in _MODES.items():
            self._mode.addItem(label, key)
        self._mode.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._mode.setMinimumContentsLength(6)
        self._mode.activated.connect(self._choose_mode)
        name = QLabel("Batch")
        name.setBuddy(self._mode)
        size = next(field for field in describe(TrainingSpec) if field.name == "batch_size")
        self._size = NumberField(size, "training.batch_size")
        self._size.committed.connect(self._choose_size)
        row = QHBoxLayout()
        row.addWidget(name)
        row.addWidget(self._mode, 1)
        row.addWidget(self._size)
        self._form = Form(TrainingSpec, "training", theme=theme, omit=("batch_size",))
        self._form.edited.connect(self._edit)
        self._device_note = QLabel(wordWrap=True)
        self._device_note.setProperty("role", "muted")
        self._device_note.hide()
        layout = QVBoxLayout(self)
        layout.addLayout(row)
        layout.addWidget(self._form)
        layout.addWidget(self._device_note)
        session.spec_changed.connect(self._refresh)
        session.table_changed.connect(self._refresh)
        session.refused.connect(self._form.set_problem)
        self._refresh()

    def show_device_note(self, text: str) -> None:
        """Say why CUDA can or cannot be used, once that is known."""
        self._device_note.setText(text)
        self._device_note.setVisible(bool(text))

    def announce(self) -> None:
        """Emit the summary for a listener that was not there at first."""
        self._refresh()

    @Slot()
    def _refresh(self) -> None:
        spec = self._session.spec
        self._form.show_values(spec.training)
        size = spec.training.batch_size
        mode = "full" if size == 0 else "single" if size == 1 else "mini"
        self._mode.setCurrentIndex(self._mode.findData(mode))
        self._size.show_value(size)
        self._size.setVisible(mode == "mini")
        self.summary_changed.emit(self._summary(spec))

    @Slot(int)
    def _choose_mode(self, index: int) -> None:
        mode = self._mode.itemData(index)
        current = self._session.spec.training.batch_size
        size = {"full": 0, "single": 1, "mini": current if current > 1 else _USUAL_BATCH}[mode]
        self._session.edit({"training.batch_size": size}, f"batch: {_MODES[mode].lower()}")

    @Slot(object)
    def _choose_size(self, size: object) -> None:
        self._session.edit({"training.batch_size": size})

    @Slot(str, object)
    def _edit(self, path: str, value: object) -> None:
        self._session.edit({path: value})

    def _summary(self, spec: ExperimentSpec) -> str:
        """E.g. "30 epochs, batches of 32, 570 steps"."""
        size = spec.training.batch_size
        text = f"{spec.training.epochs} epochs, "
        text += "full batch" if size == 0 else "single rows" if size == 1 else f"batches of {size}"
        dataset = self._session.dataset
        if dataset is not None:
            rows = len(dataset.train)
            steps = spec.training.epochs * (1 if size == 0 else -(-rows // size))
            text += f", {steps:,} steps"
        return text
