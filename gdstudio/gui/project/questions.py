"""What the window asks about a project, in one place: who answers comes back with a key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from PySide6.QtWidgets import QMessageBox, QWidget

from gdstudio.gui.dialogs.question import Answer, ask
from gdstudio.gui.dialogs.recovery import when_text

Then = Callable[[str], object]
_Role = QMessageBox.ButtonRole
_CANCEL = Answer("Cancel", _Role.RejectRole, "Change nothing")


def ask_to_leave(parent: QWidget, name: str, *, modified: bool, running: bool, then: Then) -> None:
    """Before something else takes the place of what is on screen: ``save``, ``discard`` or ``cancel``."""
    what = "Save the changes to" if modified else "Save the run that is going into"
    detail = "Without saving, what was changed since the last save is lost." if modified else ""
    if running:
        detail = f"{detail} A run is going: it is ended first, and what it has done is kept with the project.".strip()
    answers = {
        "save": Answer("&Save", _Role.AcceptRole, "Save the project, then go on"),
        "discard": Answer("&Discard", _Role.DestructiveRole, "Go on without saving"),
        "cancel": Answer("Cancel", _Role.RejectRole, "Stay with this project"),
    }
    ask(parent, "question.leave", f"{what} “{name}”?", detail, answers, then, usual="save")


def ask_about_other_content(parent: QWidget, path: Path, *, modified: bool, then: Then) -> None:
    """Another program, or another window, has written the file: ``reload`` or ``keep``."""
    detail = f"{path} has been changed, by another program or another window, since it was opened here."
    if modified:
        detail += " Reading it again takes back what you have changed since your last save."
    answers = {
        "reload": Answer("&Read it again", _Role.AcceptRole, "Show what the file holds now"),
        "keep": Answer("&Keep what is here", _Role.RejectRole, "Go on with what is on screen; saving asks again"),
    }
    ask(parent, "question.changed", "The file has changed on disk.", detail, answers, then, usual="keep")


def ask_to_overwrite(parent: QWidget, path: Path, then: Then) -> None:
    """Saving would replace what another has written: ``overwrite``, ``save_as`` or ``cancel``."""
    answers = {
        "save_as": Answer("Save &as…", _Role.AcceptRole, "Save to another file"),
        "overwrite": Answer("&Overwrite", _Role.DestructiveRole, "Replace what is in the file now"),
        "cancel": _CANCEL,
    }
    detail = f"{path} holds something else than when it was opened or saved here. Overwriting would replace that."
    ask(parent, "question.overwrite", "The file has changed on disk.", detail, answers, then, usual="save_as")


def ask_about_lock(parent: QWidget, why: str, then: Then) -> None:
    """The project cannot be written, for ``why``: ``read_only`` or ``cancel``."""
    answers = {
        "read_only": Answer("Open &read-only", _Role.AcceptRole, "Look at it; saving goes to another file"),
        "cancel": _CANCEL,
    }
    detail = "Read-only, you see what was saved last, and save your changes to another file."
    ask(parent, "question.locked", why, detail, answers, then, usual="read_only")


def ask_for_version(
    parent: QWidget, problem: str, hint: str, versions: Sequence[tuple[Path, datetime]], then: Then
) -> None:
    """A project is damaged: the key of an older version, its place in the list, or ``cancel``."""
    answers: dict[str, Answer] = {
        str(number): Answer(
            f"Open the version of {when:%d %b, %H:%M:%S}", _Role.AcceptRole, f"{path.name}, saved {when_text(when)}"
        )
        for number, (path, when) in enumerate(versions)
    }
    told: Mapping[str, Answer] = {**answers, "cancel": _CANCEL}
    detail = f"{hint} Older versions were kept; the damaged file stays as it is until you save over it.".strip()
    ask(
        parent, "question.damaged", problem, detail, told, then,
        usual="0", icon=QMessageBox.Icon.Warning,
    )  # fmt: skip
