"""What can be taken back, and done again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

_State = TypeVar("_State")
_DEPTH = 200


@dataclass(frozen=True)
class _Entry(Generic[_State]):
    text: str
    state: _State


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

    def remember(self, text: str, state: _State) -> None:
        """Keep the state before an edit; what could be done again is forgotten."""
        self._undo.append(_Entry(text, state))
        del self._undo[:-_DEPTH]
        self._redo.clear()

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
