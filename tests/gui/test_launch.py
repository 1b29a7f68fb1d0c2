"""What a person reads where no window can open, instead of Qt's abort."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gdstudio.__main__ import WINDOW_OPTIONS, is_command_line
from gdstudio.cli.app import app
from gdstudio.gui import launch
from gdstudio.gui.launch import missing_for_a_window
from gdstudio.gui.splash import splash

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for Linux's displays and libraries")
Lacking = Callable[..., None]

#: Every Linux that runs Python and its package manager has these.
ALWAYS_THERE = {
    "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1", "libc.so.6", "libm.so.6", "libgcc_s.so.1", "libstdc++.so.6",
    "libpthread.so.0", "libdl.so.2", "librt.so.1", "libz.so.1", "libzstd.so.1", "linux-vdso.so.1",
}  # fmt: skip


@pytest.fixture
def lacking(monkeypatch: pytest.MonkeyPatch) -> Lacking:
    """A Linux with an X server, without some libraries and with one package manager."""

    def prepare(*libraries: str, manager: str = "apt-get") -> None:
        monkeypatch.setattr(sys, "platform", "linux")
        monkeypatch.setattr(launch, "_loads", lambda name: name not in libraries)
        monkeypatch.setattr(launch, "_x_answers", lambda display: True)
        monkeypatch.setattr(launch, "_has_platform", lambda name: True)
        monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if name == manager else None)

    return prepare


def headless(environment: dict[str, str]) -> dict[str, str]:
    """The environment without anything that a window could open on."""
    return {k: v for k, v in environment.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}


def test_with_a_display_and_its_libraries_nothing_is_missing(lacking: Lacking) -> None:
    lacking()
    assert missing_for_a_window({"DISPLAY": ":0"}) == ""


def test_a_missing_library_is_named_with_the_command_that_installs_it(lacking: Lacking) -> None:
    lacking("libxcb-cursor.so.0", "libEGL.so.1")
    problem, command = missing_for_a_window({"DISPLAY": ":0"}).splitlines()
    assert "libEGL.so.1, libxcb-cursor.so.0" in problem
    assert command.endswith("sudo apt-get install libegl1 libxcb-cursor0")


def test_fedora_is_told_its_own_command(lacking: Lacking) -> None:
    lacking("libxcb-cursor.so.0", "libEGL.so.1", manager="dnf")
    assert missing_for_a_window({"DISPLAY": ":0"}).endswith("sudo dnf install libglvnd-egl xcb-util-cursor")


def test_without_a_display_the_headless_command_is_named(lacking: Lacking) -> None:
    lacking()
    problem = missing_for_a_window({})
    assert "no display" in problem
    assert "gdstudio train --sample purchase --out" in problem


def test_offscreen_needs_no_display_and_nothing_of_the_x_server_s(lacking: Lacking) -> None:
    lacking("libxcb-cursor.so.0")
    assert missing_for_a_window({"QT_QPA_PLATFORM": "offscreen"}) == ""
    lacking("libEGL.so.1")
    assert "libegl1" in missing_for_a_window({"QT_QPA_PLATFORM": "offscreen"})


def test_a_display_that_does_not_answer_is_said_before_qt_aborts(
    lacking: Lacking, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking()
    monkeypatch.setattr(launch, "_x_answers", lambda display: False)
    problem = missing_for_a_window({"DISPLAY": "far:0"})
    assert "far:0" in problem
    assert "gdstudio train" in problem


def test_wayland_alone_is_enough_where_its_socket_is(lacking: Lacking, tmp_path: Path) -> None:
    lacking("libxcb-cursor.so.0")
    environment = {"WAYLAND_DISPLAY": "w", "XDG_RUNTIME_DIR": str(tmp_path)}
    assert "no display" in missing_for_a_window(environment)
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(tmp_path)  # a socket's whole path may have 107 bytes at most
        try:
            server.bind("w")
        finally:
            os.chdir(here)
        assert missing_for_a_window(environment) == ""
        assert missing_for_a_window({**environment, "DISPLAY": ":0"}) == ""
        assert "no display" in missing_for_a_window({**environment, "QT_QPA_PLATFORM": "xcb"})
        lacking("libwayland-client.so.0")
        assert "libwayland-client0" in missing_for_a_window(environment)


def test_other_systems_bring_their_libraries_with_qt(lacking: Lacking, monkeypatch: pytest.MonkeyPatch) -> None:
    lacking("libEGL.so.1")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert missing_for_a_window({}) == ""


@linux
def test_a_platform_that_qt_does_not_have_is_said_so() -> None:
    assert "offscren" in missing_for_a_window({"QT_QPA_PLATFORM": "offscren"})
    assert launch._has_platform("offscreen")
    assert launch._has_platform("wayland-egl")
    assert not launch._has_platform("../platforms/libqxcb")


@linux
def test_a_real_x_server_answers_and_a_missing_one_does_not() -> None:
    assert not launch._x_answers(":4711")
    server = shutil.which("Xvfb")
    if server is None:
        pytest.skip("Xvfb is not installed")
    ready, done = os.pipe()
    with subprocess.Popen(
        [server, "-displayfd", str(done), "-nolisten", "tcp"], pass_fds=[done], stderr=subprocess.DEVNULL
    ) as process:
        os.close(done)
        try:
            with os.fdopen(ready) as pipe:
                assert launch._x_answers(f":{pipe.readline().strip()}")
        finally:
            process.terminate()


@linux
@pytest.mark.parametrize(
    ("objects", "known"),
    [
        (["lib/libQt6Core.so.6", "lib/libQt6Gui.so.6", "lib/libQt6Widgets.so.6", "lib/libQt6DBus.so.6"], {}),
        (["plugins/platforms/libqxcb.so", "lib/libQt6XcbQpa.so.6"], launch._XCB_LIBRARIES),
        (["plugins/platforms/libqwayland.so"], launch._WAYLAND_LIBRARIES),
    ],
)
def test_the_libraries_looked_for_are_those_that_qt_links(objects: list[str], known: Iterable[str]) -> None:
    readelf = shutil.which("readelf")
    spec = importlib.util.find_spec("PySide6")
    assert spec is not None
    assert spec.origin is not None
    qt = Path(spec.origin).parent / "Qt"
    if readelf is None or not qt.is_dir():
        pytest.skip("needs readelf and a Qt from a wheel")
    dynamic = subprocess.run(
        [readelf, "-d", *(qt / name for name in objects)], capture_output=True, text=True, check=True
    ).stdout
    needed = set(re.findall(r"\(NEEDED\).*\[(.+)\]", dynamic))
    assert needed
    bundled = {path.name for path in (qt / "lib").iterdir()}
    assert needed - bundled - ALWAYS_THERE <= {*launch._BASE_LIBRARIES, *known}


@linux
@pytest.mark.parametrize("variables", [{}, {"DISPLAY": ":4711"}, {"QT_QPA_PLATFORM": "offscren"}])
def test_without_a_display_it_ends_at_once_with_a_sentence(variables: dict[str, str]) -> None:
    code = (
        "import sys; from gdstudio.__main__ import main; code = main([]); "
        "print(sorted({'torch', 'PySide6', 'pandas'} & set(sys.modules))); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**headless(dict(os.environ)), **variables},
        capture_output=True, text=True, timeout=20,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.strip().splitlines()) == 2
    assert done.stderr.startswith("gdstudio: ")
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        ("raise ModuleNotFoundError(\"No module named 'PySide6'\", name='PySide6')", ["PySide6", "pip install"]),
        ("raise ImportError('libEGL.so.1: cannot open shared object file')", ["libEGL.so.1"]),
    ],
)
def test_an_import_that_fails_is_a_sentence(failure: str, words: list[str], tmp_path: Path) -> None:
    package = tmp_path / "PySide6"
    package.mkdir()
    (package / "__init__.py").write_text(failure)
    done = subprocess.run(
        [sys.executable, "-m", "gdstudio"],
        env={**os.environ, "PYTHONPATH": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


def test_what_is_said_to_the_window_is_no_command(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("a\n1\n")
    assert not is_command_line([])
    assert not is_command_line(["--portable", str(table), "--reset-settings"])
    assert is_command_line(["--portable", "train"])
    assert is_command_line(["--version"])
    helped = CliRunner().invoke(app, ["--help"], terminal_width=200).output
    assert [name for name in WINDOW_OPTIONS if name not in helped] == ["--splash"]


def test_the_options_of_a_start_act_before_the_window(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: list[list[str]] = []
    monkeypatch.setattr("gdstudio.gui.app.run", lambda files, shown: seen.append(list(files)) or 0)
    monkeypatch.setattr("gdstudio.paths.program_folder", lambda: tmp_path)
    config = tmp_path / "config"
    config.mkdir()
    (config / "settings.json").write_text('{"scheme": "dark"}')
    assert launch.launch(["--reset-settings", "t.csv"]) == 0
    assert [path.name for path in config.iterdir()] == ["settings.json.old"]
    assert launch.launch(["--portable"]) == 0
    assert seen == [["t.csv"], []]
    assert (tmp_path / "gdstudio-data").is_dir()
    monkeypatch.setattr("gdstudio.paths.program_folder", lambda: tmp_path / "gone")
    assert launch.launch(["--portable"]) == 2
    assert len(seen) == 2


def test_on_windows_pytorch_comes_first_behind_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    class Process:
        def __init__(self, command: list[str], **_: object) -> None:
            order.append(command[-1])

        def kill(self) -> None:
            order.append("taken away")

        def wait(self) -> None:
            pass

    def run(files: list[str], shown: Callable[[], object]) -> int:
        order.append("window")
        shown()
        return 0

    def load() -> None:
        order.append("torch")

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr("gdstudio.gui.splash.subprocess.Popen", Process)
    monkeypatch.setattr("gdstudio.gui.launch._import_torch", load)
    monkeypatch.setattr("gdstudio.gui.app.run", run)
    assert launch.launch([]) == 0
    assert order == ["--splash", "torch", "window", "taken away"]

    def fail() -> None:
        raise OSError("[WinError 1114] A dynamic link library (DLL) initialization routine failed")

    order.clear()
    monkeypatch.setattr("gdstudio.gui.launch._import_torch", fail)
    assert launch.launch([]) == 2
    assert order == ["--splash", "taken away"]


def test_the_picture_is_shown_until_it_is_taken_away() -> None:
    with splash() as shown:
        process = shown._process
        assert process is not None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(3)  # it would have ended by now if it could not draw
    assert process.returncode != 0
    shown.end()
