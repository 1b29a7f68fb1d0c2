"""A file is the old one or the new one."""

from __future__ import annotations

from pathlib import Path

import pytest

from gdstudio.core.errors import StudioError
from gdstudio.core.files import make_folder, write_atomic, write_text


def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")

    def fail(temporary: Path) -> None:
        temporary.write_text("half")
        raise RuntimeError("cut")

    with pytest.raises(RuntimeError):
        write_atomic(path, fail)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [tmp_path / "a.txt"]


def test_a_full_disk_is_a_sentence_and_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")

    def fail(temporary: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(StudioError, match="No space left"):
        write_atomic(path, fail)
    assert path.read_text() == "old"


def test_text_is_utf8_with_unix_line_ends(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "ä\nb\n")
    assert (tmp_path / "a").read_bytes() == b"\xc3\xa4\nb\n"


def test_a_file_in_the_way_of_a_folder_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(StudioError, match="is a file"):
        make_folder(tmp_path / "a")
    with pytest.raises(StudioError, match="cannot be written"):
        make_folder(tmp_path / "a" / "b")
