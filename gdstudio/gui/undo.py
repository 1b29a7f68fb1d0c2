"""What can be taken back, and done again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic
from typing import Generic, TypeVar

_State = TypeVar("_State")
_DEPTH = 200
#: Edits of one gesture, a drag or typing, follow one another at most so many seconds apart.
_PAUSE = 1.0


@dataclass(frozen=True)
class _Entry(Generic[_State]):
    text: str
    state: _State
    gesture: str = ""
    time: float = 0.0


class UndoStack(Generic[_State]):
    """Two stacks of states with a text each; states are immutable, so keeping one costs a reference."""

    def __init__(self) -> None:
        self._undo: list[_Entry[_State]] = []
        self._redo: list[_Entry[_State]] = []

    @property
    def undo_text(self) -> str:
        """What undo would take back; empty where there is nothing."""
        return self._undo[-1].text if self._undo else ""

    @property
    def redo_text(self) -> str:
        """What redo would do again; empty where there is nothing."""
        return self._redo[-1].text if self._redo else ""

    def before(self, gesture: str) -> _State | None:
        """The state before a gesture that is still going; None where an edit of it would be the first."""
        if not gesture or not self._undo or self._redo:
            return None
        last = self._undo[-1]
        return last.state if last.gesture == gesture and monotonic() - last.time <= _PAUSE else None

    def remember(self, text: str, state: _State, gesture: str = "") -> None:
        """Keep the state before an edit; what could be done again is forgotten.

        Args:
            text: What undo says of the edit.
            state: How it was before.
            gesture: Edits of one gesture that is still going are taken back together.
        """
        if self.before(gesture) is not None:
            self._undo[-1] = replace(self._undo[-1], text=text, time=monotonic())
            return
        self._undo.append(_Entry(text, state, gesture, monotonic()))
        del self._undo[:-_DEPTH]
        self._redo.clear()

    def forget_last(self) -> None:
        """The last edit has come back to where it began."""
        self._undo.pop()

    def clear(self) -> None:
        """Nothing can be taken back any more: something else was opened."""
        self._undo.clear()
        self._redo.clear()

    def everywhere(self, change: Callable[[_State], _State]) -> None:
        """Change all states that are kept, by what is no edit and stays whatever is taken back."""
        for stack in (self._undo, self._redo):
            stack[:] = [replace(entry, state=change(entry.state)) for entry in stack]

    def undo(self, current: _State) -> _State | None:
        """The state before the last edit, for which ``current`` can be had back by :meth:`redo`."""
        return self._swap(self._undo, self._redo, current)

    def redo(self, current: _State) -> _State | None:
        """The state that the last undo took back."""
        return self._swap(self._redo, self._undo, current)

    def _swap(self, source: list[_Entry[_State]], target: list[_Entry[_State]], current: _State) -> _State | None:
        if not source:
            return None
        entry = source.pop()
        target.append(_Entry(entry.text, current))
        return entry.state
