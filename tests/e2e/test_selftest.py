"""The program's test of itself, from source, in a process of its own; and that it can fail."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gdstudio.core.errors import StudioError
from gdstudio.selftest import run as selftest
from gdstudio.selftest.run import Outcome, run_selftest
from gdstudio.selftest.step import NotHere, Step, Unmet, expect


def test_everything_holds_from_source(tmp_path: Path) -> None:
    report = tmp_path / "bericht é.json"
    # Qt's own platform is not asked for, so that the command has to choose one without a screen itself.
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "QT_QPA_PLATFORM")}
    done = subprocess.run(
        [sys.executable, "-m", "gdstudio", "selftest", "--out", report],
        env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert report.exists(), done.stderr
    document = json.loads(report.read_text(encoding="utf-8"))
    assert {s["key"]: s["said"] for s in document["steps"] if s["verdict"] == "failed"} == {}
    assert done.returncode == 0
    assert document["passed"]
    assert done.stdout == ""
    tried = {step["key"] for step in document["steps"] if step["verdict"] == "passed"}
    assert {"files", "training", "resume", "network"} <= tried
    assert {"window", "charts"} <= tried or importlib.util.find_spec("gdstudio.gui") is None
    assert all(step["seconds"] >= 0 and step["said"] for step in document["steps"])


def only(monkeypatch: pytest.MonkeyPatch, *steps: Step) -> None:
    monkeypatch.setattr(selftest, "steps", lambda: list(steps))
    # The hook of sys.addaudithook cannot be taken out again.
    monkeypatch.setattr(sys, "addaudithook", lambda hook: None)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")


def fails(error: Exception) -> Step:
    def run(_: Path) -> str:
        raise error

    return Step(key="one", label="One", run=run)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Unmet("The loss is 3, not 2."), "The loss is 3, not 2."),
        (StudioError("It cannot be read.", "Mend it."), "It cannot be read. Mend it."),
        (ImportError("libQt6Svg.so is missing"), "ImportError: libQt6Svg.so is missing"),
    ],
)
def test_a_step_that_does_not_hold_fails_the_whole_and_the_others_still_run(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = Step(key="two", label="Two", run=lambda folder: f"{folder.is_dir()} {folder.name}")
    only(monkeypatch, fails(error), good)
    heard: list[Outcome] = []
    document = run_selftest(heard.append)
    assert not document["passed"]
    first, second, network = document["steps"]
    assert (first["verdict"], second["verdict"], network["verdict"]) == ("failed", "passed", "passed")
    assert first["said"].startswith(said)
    assert second["said"] == "True two"
    assert [outcome.key for outcome in heard] == ["one", "two", "network"]


def test_what_does_not_apply_is_let_pass_from_source_and_is_a_lack_in_a_frozen_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    only(monkeypatch, fails(NotHere("There is no such list.")))
    assert run_selftest()["passed"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert not run_selftest()["passed"]


def test_a_socket_is_heard() -> None:
    code = """
import json, socket
from gdstudio.selftest import run
from gdstudio.selftest.step import Step
def reach(folder):
    socket.socket().close()
    return "reached"
run.steps = lambda: [Step(key="reach", label="Reach", run=reach)]
print(json.dumps(run.run_selftest()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    document = json.loads(done.stdout)
    assert not document["passed"]
    assert document["steps"][-1]["key"] == "network"
    assert "socket.__new__" in document["steps"][-1]["said"]


def test_expect_says_what_does_not_hold() -> None:
    expect(True, "never said")
    with pytest.raises(Unmet, match="two and two"):
        expect(False, "two and two are five")


def test_the_command_ends_with_one_where_something_does_not_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from gdstudio.cli import run_command_line

    only(monkeypatch, fails(Unmet("The disk is made of cheese.")))
    assert run_command_line(["selftest", "--out", str(tmp_path / "r.json")]) == 1
    assert "made of cheese" in capsys.readouterr().err
    assert not json.loads((tmp_path / "r.json").read_text())["passed"]
