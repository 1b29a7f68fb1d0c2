"""The whole window, never on a screen: it loads, trains in its thread, pauses, steps, goes on, saves and closes."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QThread

from gdstudio.gui.app import create_main_window
from gdstudio.gui.exports import save_run
from gdstudio.gui.selftest.events import application, settle, wait_until
from gdstudio.gui.settings import WindowSettings
from gdstudio.selftest.step import Step, expect
from gdstudio.training.run_folder import load_run

_EPOCHS = 40


def _run(folder: Path) -> str:
    application()
    window = create_main_window(WindowSettings(folder))
    session = window.session
    problems: list[str] = []
    said: list[str] = []
    session.message.connect(lambda level, text, hint: (problems if level == "error" else said).append(text))
    window.show()
    try:
        wait_until(lambda: session.dataset is not None, "reading the purchase data")
        session.edit({"training.epochs": _EPOCHS})
        session.step()
        wait_until(lambda: session.state == "Paused" and len(session.history.steps) == 1, "the first step")
        threads = [thread for thread in window.findChildren(QThread) if thread.isRunning()]
        expect(any(thread.objectName() == "training" for thread in threads), "No thread of the window's trains.")
        session.step()
        wait_until(lambda: len(session.history.steps) == 2, "a single step")
        expect(session.state == "Paused", f"After a single step the run is {session.state}.")
        session.start()
        wait_until(lambda: session.state in ("Done", "Failed"), "the end of the run")
        expect(session.state == "Done", f"The run has {session.state.lower()}: {' '.join(problems)}")
        expect(not window.grab().isNull(), "The window could not be drawn.")
        result = session.result
        expect(result is not None, "The run left no result.")
        assert result is not None
        place = folder / "run"
        session.in_background(partial(save_run, session.runs[-1], place))
        wait_until(lambda: bool(problems) or any(str(place) in text for text in said), "saving the run")
        expect(not problems, " ".join(problems))
        settle()
        accuracy = load_run(place).evaluate()["test"]["accuracy"]
        expect(accuracy == result.metrics["test"]["accuracy"], "Read back, the run has another accuracy.")
        return f"{result.steps} steps in the window's thread, two of them single; accuracy {accuracy:.3f}."
    finally:
        if session.busy:
            session.stop()
            wait_until(lambda: not session.busy, "the end of the thread")
        window.close()
        window.deleteLater()
        settle()


STEP = Step(key="window", label="The window trains, pauses, steps, saves", run=_run, order=60)
