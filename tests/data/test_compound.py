"""An old workbook whose sectors refer to each other in a circle is refused instead of read for ever."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdstudio.core.errors import StudioError
from gdstudio.core.spec import FileSource
from gdstudio.data.compound import chains_loop, has_loop
from gdstudio.data.load import load_table

BOOK = Path(__file__).parent / "corpus" / "book.xls"


def test_a_whole_workbook_has_no_circle() -> None:
    assert not chains_loop(BOOK)


@pytest.mark.parametrize("first", [0, 1])
def test_a_workbook_with_a_circle_is_refused_in_words(tmp_path: Path, first: int) -> None:
    content = bytearray(BOOK.read_bytes())
    table = (int.from_bytes(content[76:80], "little") + 1) * 512
    content[table + 4 * first : table + 4 * first + 4] = bytes(4)
    path = tmp_path / "circle.xls"
    path.write_bytes(content)
    assert chains_loop(path)
    with pytest.raises(StudioError, match="in a circle"):
        load_table(FileSource(path=str(path)))


def test_other_and_short_files_are_no_concern_of_it(tmp_path: Path) -> None:
    for content in (b"", b"a,b\n1,2\n" * 200, BOOK.read_bytes()[:300], BOOK.read_bytes()[:700]):
        path = tmp_path / "other"
        path.write_bytes(content)
        assert not chains_loop(path)


@given(st.lists(st.integers(0, 12), max_size=10))
def test_a_circle_is_found_where_a_walk_of_more_steps_than_numbers_has_not_ended(following: list[int]) -> None:
    def endless(start: int) -> bool:
        at = start
        for _ in range(len(following) + 1):
            if at >= len(following):
                return False
            at = following[at]
        return True

    assert has_loop(following) == any(endless(start) for start in range(len(following)))
