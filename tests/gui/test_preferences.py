"""What a person sets, what a lab sets below it, and what becomes of files that are damaged or foreign."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from gdstudio import paths
from gdstudio.core.errors import StudioError
from gdstudio.core.fields import describe
from gdstudio.core.spec import ExperimentSpec
from gdstudio.gui.dialogs.settings import SettingsDialog
from gdstudio.gui.preferences.files import set_settings_aside
from gdstudio.gui.preferences.model import SECTIONS, Preferences
from gdstudio.gui.preferences.store import PreferenceStore
from gdstudio.gui.settings import WindowSettings
from gdstudio.gui.theme import Theme


def written(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    return document


@pytest.fixture
def lab(tmp_path: Path) -> Callable[..., list[Path]]:
    """Writes a lab's file."""

    def write(**parts: Any) -> list[Path]:
        path = tmp_path / "lab" / "lab-defaults.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(parts), encoding="utf-8")
        return [path]

    return write


def test_what_is_set_is_found_at_the_next_start_and_the_rest_is_not_written(tmp_path: Path, qtbot: QtBot) -> None:
    store = PreferenceStore(tmp_path / "new")
    with qtbot.waitSignal(store.changed) as signal:
        store.change("text_scale", 130)
    assert signal.args == ["text_scale"]
    assert written(tmp_path / "new") == {"schema_version": 1, "text_scale": 130}
    assert PreferenceStore(tmp_path / "new").values == Preferences(text_scale=130)
    store.change("text_scale", 100)
    assert store.untouched
    assert written(tmp_path / "new") == {"schema_version": 1}


@pytest.mark.parametrize(("name", "value"), [("text_scale", 5), ("scheme", "sepia"), ("redraws", "many"), ("x", 1)])
def test_what_is_no_value_of_a_setting_is_refused_and_changes_nothing(tmp_path: Path, name: str, value: Any) -> None:
    store = PreferenceStore(tmp_path)
    with pytest.raises(StudioError, match=name):
        store.change(name, value)
    assert store.values == Preferences()
    assert not (tmp_path / "settings.json").exists()


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1]", b"\xff\xfe\x00", b"[" * 100_000, b"{" + b" " * 1_000_001 + b"}"], ids=len
)
def test_a_damaged_file_is_set_aside_with_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "settings.json").write_bytes(content)
    store = PreferenceStore(tmp_path)
    assert store.values == Preferences()
    assert len(store.problems) == 1
    assert "settings.json.damaged" in store.problems[0]
    assert (tmp_path / "settings.json.damaged").read_bytes() == content
    store.change("redraws", 10)
    assert PreferenceStore(tmp_path).values.redraws == 10


def test_what_this_version_does_not_know_is_said_and_kept(tmp_path: Path) -> None:
    foreign = {"schema_version": 7, "hologram": {"depth": 3}, "redraws": 900, "text_scale": 120}
    (tmp_path / "settings.json").write_text(json.dumps(foreign), encoding="utf-8")
    store = PreferenceStore(tmp_path)
    assert store.values == Preferences(text_scale=120)
    said = " ".join(store.problems)
    assert "newer version" in said
    assert "hologram" in said
    assert "redraws" in said
    store.change("scheme", "dark")
    assert written(tmp_path) == {**foreign, "scheme": "dark"}


def test_two_windows_do_not_take_back_each_other_s_settings(tmp_path: Path) -> None:
    first, second = PreferenceStore(tmp_path), PreferenceStore(tmp_path)
    first.change("scheme", "dark")
    second.change("redraws", 10)
    assert PreferenceStore(tmp_path).values == Preferences(scheme="dark", redraws=10)


@pytest.mark.skipif(sys.platform == "win32", reason="a folder's rights are another matter there")
def test_settings_that_cannot_be_kept_hold_until_the_end(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = PreferenceStore(tmp_path / "file" / "config")
    with pytest.raises(StudioError, match="cannot be"):
        store.change("scheme", "dark")
    assert store.values.scheme == "dark"


def test_the_lab_s_values_hold_for_whoever_has_not_set_them(tmp_path: Path, lab: Callable[..., list[Path]]) -> None:
    first = PreferenceStore(tmp_path, lab(settings={"text_scale": 130, "redraws": 5}))
    assert (first.values.text_scale, first.values.redraws) == (130, 5)
    first.change("redraws", 30)
    later = PreferenceStore(tmp_path, lab(settings={"text_scale": 150, "redraws": 6}))
    assert (later.values.text_scale, later.values.redraws) == (150, 30)
    later.reset()
    assert (later.values.text_scale, later.values.redraws) == (150, 6)


def test_what_the_lab_has_locked_cannot_be_set_not_even_in_the_file(
    tmp_path: Path, lab: Callable[..., list[Path]]
) -> None:
    (tmp_path / "settings.json").write_text('{"device": "cuda"}', encoding="utf-8")
    files = lab(settings={"device": "cpu"}, locked={"device": "The cards are for research."})
    store = PreferenceStore(tmp_path, files)
    assert store.values.device == "cpu"
    with pytest.raises(StudioError, match="for research"):
        store.change("device", "cuda")
    assert store.first_spec().training.device == "cpu"


def test_a_new_experiment_begins_with_what_the_lab_and_the_person_have_set(
    tmp_path: Path, lab: Callable[..., list[Path]]
) -> None:
    assert PreferenceStore(tmp_path).first_spec() == ExperimentSpec()
    files = lab(experiment={"optimizer.momentum": 0.9, "optimizer.kind": "sgd", "training.threads": 3})
    store = PreferenceStore(tmp_path, files)
    assert store.problems == []
    spec = store.first_spec()
    assert (spec.optimizer.kind, spec.optimizer.model_dump()["momentum"], spec.training.threads) == ("sgd", 0.9, 3)
    store.change("threads", 2)
    assert store.first_spec().training.threads == 2


def test_what_is_wrong_in_the_lab_s_file_is_said_and_the_rest_holds(
    tmp_path: Path, lab: Callable[..., list[Path]]
) -> None:
    files = lab(
        settings={"text_scale": 130, "redraws": 0},
        experiment={"optimizer.kind": "sgdd", "training.epochs": 7},
        locked={"nothing": "", "scheme": 3},
        more=1,
    )
    store = PreferenceStore(tmp_path, files)
    assert store.values == Preferences(text_scale=130)
    assert store.first_spec().training.epochs == 7
    assert store.locked == {"scheme": "The lab has set this."}
    assert len(store.problems) == 1
    for word in ("redraws", "sgdd", "nothing", "more", str(files[0])):
        assert word in store.problems[0]
    files[0].write_text("{", encoding="utf-8")
    assert "are not used" in PreferenceStore(tmp_path, files).problems[0]
    assert files[0].read_text(encoding="utf-8") == "{"


def test_colours_of_the_first_version_are_taken_over_once(tmp_path: Path) -> None:
    old = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    old.setValue("scheme", "dark")
    old.sync()
    assert WindowSettings(tmp_path).preferences.values.scheme == "dark"
    settings = WindowSettings(tmp_path)
    settings.preferences.change("scheme", "light")
    assert WindowSettings(tmp_path).preferences.values.scheme == "light"


def test_settings_are_set_aside_and_not_lost(tmp_path: Path) -> None:
    PreferenceStore(tmp_path).change("scheme", "dark")
    assert set_settings_aside(tmp_path) == [tmp_path / "settings.json"]
    assert PreferenceStore(tmp_path).untouched
    assert (tmp_path / "settings.json.old").exists()
    assert set_settings_aside(tmp_path) == []


def test_a_portable_program_keeps_everything_beside_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.undo()  # the folders of tests stand in for the person's own
    monkeypatch.setattr(paths, "program_folder", lambda: tmp_path)
    assert tmp_path not in paths.user_config().parents
    assert paths.lab_defaults()[0] == tmp_path / "lab-defaults.json"
    (tmp_path / "portable.txt").write_text("")
    assert paths.user_config() == tmp_path / "gdstudio-data" / "config"
    (tmp_path / "portable.txt").unlink()
    assert paths.make_portable() == paths.portable_folder()
    assert paths.user_state() == tmp_path / "gdstudio-data" / "state"
    monkeypatch.setattr(paths, "program_folder", lambda: tmp_path / "gone")
    with pytest.raises(StudioError, match="portable"):
        paths.make_portable()


def test_the_program_s_folder_frozen_is_the_executable_s_or_the_bundle_s(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert (paths.program_folder() / "pyproject.toml").is_file()
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    for inside, folder in (("gdstudio/gdstudio", "gdstudio"), ("Studio.app/Contents/MacOS/gdstudio", ".")):
        executable = tmp_path / inside
        executable.parent.mkdir(parents=True)
        monkeypatch.setattr(sys, "executable", str(executable))
        assert paths.program_folder() == (tmp_path / folder).resolve()


def test_the_dialog_has_every_setting_acts_at_once_and_says_what_is_locked(
    tmp_path: Path, theme: Theme, shown: Callable[[Any], Any], lab: Callable[..., list[Path]]
) -> None:
    store = PreferenceStore(
        tmp_path, lab(settings={"text_scale": 130}, locked={"device": "The cards are for research."})
    )
    dialog = shown(SettingsDialog(store, theme))
    controls = {field.name: dialog.findChild(QWidget, f"settings.{field.name}") for field in describe(Preferences)}
    assert None not in controls.values()
    assert {name for section in SECTIONS.values() for name in section.model_fields} == set(controls)
    assert {name for name, control in controls.items() if not control.isEnabled()} == {"device"}
    assert "for research" in controls["device"].toolTip()
    assert any("for research" in label.text() and label.isVisible() for label in dialog.findChildren(QLabel))
    assert "130" in controls["text_scale"].toolTip()

    reset = dialog.findChild(QPushButton, "settings.reset")
    assert not reset.isEnabled()
    controls["redraws"].setValue(12)
    assert store.values.redraws == 12
    controls["folder"].setText(str(tmp_path / "missing"))
    controls["folder"].commit()
    assert store.values.folder == ""
    assert dialog.findChild(QLabel, "settings.folder.problem").isVisible()
    assert reset.isEnabled()
    reset.click()
    assert store.untouched
    assert controls["redraws"].value() == 25


def test_text_and_lines_grow_and_shrink_again(theme: Theme) -> None:
    small, thin = theme.em, theme.series_pen(0).widthF()
    theme.set_text_scale(150)
    theme.set_line_width(3.6)
    assert theme.em == pytest.approx(1.5 * small, rel=0.1)
    assert theme.series_pen(0).widthF() == pytest.approx(2 * thin)
    theme.set_text_scale(100)
    assert theme.em == small


def test_the_lab_pack_s_file_is_one_and_its_description_names_every_setting(tmp_path: Path) -> None:
    pack = paths.resources() / "installer" / "lab-pack"
    store = PreferenceStore(tmp_path, [pack / "lab-defaults.json"])
    assert store.problems == []
    assert store.values == Preferences()
    text = (pack / "README.md").read_text(encoding="utf-8")
    assert [name for name in Preferences.model_fields if f"`{name}`" not in text] == []
