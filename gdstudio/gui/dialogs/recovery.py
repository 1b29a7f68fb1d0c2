"""What a program that did not end as it should has left: offered once, with times and what would be lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gdstudio.gui.naming import named
from gdstudio.gui.theme import Theme


@dataclass(frozen=True)
class Left:
    """One thing that was left.

    Attributes:
        key: Tells it from the others, e.g. ``project.1``.
        title: What it is.
        when: When it was written.
        holds: What is in it, as a sentence.
        lost: What would be lost without it, as a sentence.
        take: Text of the button that takes it up.
    """

    key: str
    title: str
    when: datetime
    holds: str
    lost: str
    take: str


class RecoveryDialog(QDialog):
    """A card for each thing; one is taken up, discarded, or left for the next start.

    Signals:
        taken(key): It is to be opened, or gone on with.
        discarded(key): It is not wanted.
    """

    taken = Signal(str)
    discarded = Signal(str)

    def __init__(self, left: Sequence[Left], theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dialog.recovery")
        self.setWindowTitle("Take up your work")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._theme = theme
        self._cards: dict[str, QFrame] = {}
        self._first: QPushButton | None = None
        intro = QLabel("The program did not end as it should have. This was kept:", wordWrap=True)
        self._column = QVBoxLayout()
        for thing in left:
            card = self._card(thing)
            self._cards[thing.key] = card
            self._column.addWidget(card)
        buttons = QDialogButtonBox()
        later = buttons.addButton("&Later", QDialogButtonBox.ButtonRole.RejectRole)
        named(later, "recovery.later", "Later", "Keep all of this; the next start asks again")
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(round(0.7 * theme.em))
        layout.addWidget(intro)
        layout.addLayout(self._column)
        layout.addStretch(1)
        layout.addWidget(buttons)
        width = round(40 * theme.em)
        self.resize(width, self.heightForWidth(width))
        if self._first is not None:
            self._first.setFocus()

    def _card(self, thing: Left) -> QFrame:
        card = QFrame()
        card.setProperty("role", "card")
        card.setAccessibleName(thing.title)
        title = QLabel(thing.title, wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        title.setProperty("role", "title")
        column = QVBoxLayout(card)
        column.addWidget(title)
        for text, role in ((f"Kept {when_text(thing.when)}. {thing.holds}", ""), (thing.lost, "muted")):
            label = QLabel(text, wordWrap=True, textFormat=Qt.TextFormat.PlainText)
            label.setProperty("role", role)
            label.setVisible(bool(text))
            column.addWidget(label)
        take = named(QPushButton(thing.take), f"recovery.take.{thing.key}", f"{thing.take}: {thing.title}", thing.holds)
        take.setProperty("role", "primary")
        discard = named(
            QPushButton("Discard"), f"recovery.discard.{thing.key}", f"Discard: {thing.title}",
            f"Delete what was kept. {thing.lost}",
        )  # fmt: skip
        self._first = self._first or take
        take.clicked.connect(partial(self._done, thing.key, True))
        discard.clicked.connect(partial(self._done, thing.key, False))
        discard.setAutoDefault(False)  # Enter must not throw anything away
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(discard)
        row.addWidget(take)
        column.addLayout(row)
        return card

    def _done(self, key: str, take: bool, checked: bool = False) -> None:
        card = self._cards.pop(key)
        card.setEnabled(False)
        (self.taken if take else self.discarded).emit(key)
        if not self._cards:
            self.accept()


def when_text(when: datetime) -> str:
    """A time as people say it: the time of today, the day of before, and how long ago."""
    now = datetime.now(tz=when.tzinfo)
    seconds = max(0, (now - when).total_seconds())
    said = f"today at {when:%H:%M:%S}" if when.date() == now.date() else f"on {when:%A, %d %B %Y at %H:%M}"
    for length, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= length:
            count = round(seconds / length)
            return f"{said}, {count} {name}{'s' if count > 1 else ''} ago"
    return f"{said}, just now"
