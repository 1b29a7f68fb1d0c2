"""A process that imports the program once, then lets windows live and kills them, for the test of kills.

Run as ``python kill_nursery.py FOLDER COUNT SEED LONGEST PLATFORM``; LONGEST is the longest life of a window in
seconds. Each window is a fork with a folder of its own, opens the project that was copied there, works by a timer, and
is killed at a random moment without being asked. What it did, and when, is in the folder's ``journal``: one line a
deed, with the monotonic time, written before the next one begins.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

MODES = ("train", "save", "edit")
#: Half while training, a third in a save, the rest while editing.
SHARES = (3, 2, 1)
TICK_MILLISECONDS = 40
AUTOSAVE_MILLISECONDS = 300


def live(folder: Path, mode: str) -> None:
    """A window that works until it is killed."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from gdstudio import paths
    from gdstudio.gui.app import create_main_window
    from gdstudio.gui.settings import WindowSettings

    paths.user_state = lambda: folder / "state"
    paths.user_config = lambda: folder / "config"
    journal = os.open(folder / "journal", os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def tell(deed: str, number: int) -> None:
        os.write(journal, f"{time.monotonic()} {deed} {number}\n".encode())

    application = QApplication([])
    window = create_main_window(WindowSettings(folder / "config"), folder / "work.gdstudio")
    window.project.attended = False
    window.autosaver.interval = AUTOSAVE_MILLISECONDS
    window.show()
    session = window.session
    state = {"edits": 0, "begun": 0}

    def work() -> None:
        look()
        if session.dataset is None or window.project.place is None:
            return
        if not state["edits"]:
            tell("ready", 0)
            if mode == "train":
                session.edit({"training.epochs": 1_000_000, "training.checkpoint_seconds": 1})
                session.start()
        state["edits"] += 1
        session.edit({"training.seed": state["edits"]})
        tell("edit", state["edits"])
        if mode == "train":
            tell("step", len(session.history.steps))
        if mode == "save" and not window.project.saving:
            state["begun"] = state["edits"]
            tell("begin", state["begun"])
            window.project.save()

    def look() -> None:
        if window.autosaver.done is not None:
            tell("kept", window.autosaver.done.spec.training.seed)

    window.project.saved.connect(lambda: tell("saved", state["begun"]))
    timer = QTimer(window)
    timer.setInterval(TICK_MILLISECONDS)
    timer.timeout.connect(work)
    timer.start()
    application.exec()


def wait_until_ready(folder: Path, child: int) -> None:
    """Until the window works; one that died before would make the test say nothing."""
    journal = folder / "journal"
    while not (journal.exists() and "ready" in journal.read_text()):
        if os.waitpid(child, os.WNOHANG)[0]:
            raise RuntimeError(f"The window in {folder} ended by itself.")
        time.sleep(0.02)


def main(root: Path, count: int, seed: int, longest: float, platform: str) -> None:
    """Let windows live and die; writes a line of JSON on each."""
    os.environ["QT_QPA_PLATFORM"] = platform
    # Imported once for all windows; an optimizer's first step would import the compiler each time.
    import torch._dynamo  # noqa: F401

    import gdstudio.gui.app
    import gdstudio.training.run  # noqa: F401
    from gdstudio.gui.project.store import Store

    Store().read(root / "base.gdstudio", None)

    chance = random.Random(seed)
    for number in range(count):
        folder = root / f"kill-{seed}-{number}"
        folder.mkdir()
        shutil.copy(root / "base.gdstudio", folder / "work.gdstudio")
        (mode,) = chance.choices(MODES, SHARES)
        child = os.fork()
        if not child:
            live(folder, mode)
            os._exit(1)
        wait_until_ready(folder, child)
        time.sleep(chance.uniform(0.0, longest))
        killed = time.monotonic()
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        sys.stdout.write(json.dumps({"folder": folder.name, "mode": mode, "killed": killed}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), sys.argv[5])
