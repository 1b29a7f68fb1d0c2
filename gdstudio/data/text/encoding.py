"""How a text's letters are stored, from its bytes."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from gdstudio.data.streams import open_plain

_TELLING_BYTES = 1 << 21

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: Control characters that no text holds.
_NEVER_TEXT = bytes(c for c in range(32) if c not in b"\t\n\v\f\r\x01\x02\x1a\x1b\x1c\x1d\x1e\x1f")
_HIGH_RUNS = re.compile(rb"[\x80-\xff]+")
#: Two-byte letters of the EUC family: both bytes high.
_HIGH_PAIRS = re.compile(rb"([\xa1-\xfe])[\xa1-\xfe]")
_SHIFT_JIS_PAIRS = re.compile(rb"([\x81-\x9f\xe0-\xfc])[\x40-\x7e\x80-\xfc]")
_BIG5_PAIRS = re.compile(rb"[\xa4-\xc6\xc9-\xf9]([\x40-\x7e\xa1-\xfe])")


def find_encoding(head: bytes) -> str:
    """The likeliest encoding of a text from its first bytes; a cut-off last letter does not matter."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    sixteen = _without_mark(head)
    if sixteen:
        return sixteen
    if _decodes(head, "utf-8"):
        return "iso2022_jp" if b"\x1b$" in head and _decodes(head, "iso2022_jp") else "utf-8"
    return _of_two_bytes(head) or _of_one_byte(head)


def find_encoding_of_file(path: Path) -> str:
    """The likeliest encoding of a whole file, from its parts that are not plain ASCII (at most some megabytes)."""
    found = bytearray()
    with open_plain(path) as stream:
        while len(found) < _TELLING_BYTES and (chunk := stream.read(1 << 16)):
            if not chunk.isascii():
                # Cut at line ends: a letter of several bytes must not be torn.
                lines = chunk.split(b"\n")[1:-1]
                found += b"\n".join(line for line in lines if not line.isascii()) + b"\n"
    return find_encoding(bytes(found)) if found else "cp1252"


def _decodes(head: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _of_two_bytes(head: bytes) -> str:
    """An East Asian encoding, or empty.

    Each has letters that its everyday text is full of: Shift-JIS and EUC-JP the kana rows, EUC-KR the hangul rows
    B0 to C8, Big5 second bytes below 80, GB2312 the rest. Western text has single high bytes amid plain letters.
    """
    runs = [len(run) for run in _HIGH_RUNS.findall(head)]
    high = sum(runs)
    if high < 4:
        return ""
    japanese = [pair[0] for pair in _SHIFT_JIS_PAIRS.findall(head)]
    if japanese and _decodes(head, "cp932"):
        kana = sum(lead in (0x82, 0x83) for lead in japanese)
        low = sum(lead <= 0x9F for lead in japanese)
        if low > 0.6 * len(japanese) and (kana > 0.15 * len(japanese) or 2 * low > 0.8 * high):
            return "cp932"
    if sum(run == 1 for run in runs) > 0.4 * len(runs):
        # Big5 and GBK mix high and low second bytes; Western text has low bytes behind nearly every high one.
        big5 = _BIG5_PAIRS.findall(head)
        mixed = sum(trail[0] >= 0xA1 for trail in big5)
        is_big5 = len(big5) > 3 and mixed > 0.3 * len(big5) and 2 * len(big5) > 0.9 * high and _decodes(head, "big5")
        return "big5" if is_big5 else ""
    pairs = [pair[0] for pair in _HIGH_PAIRS.findall(head)]
    if not pairs or 2 * len(pairs) < 0.6 * high:
        return ""
    if sum(lead in (0xA4, 0xA5) for lead in pairs) > 0.2 * len(pairs) and _decodes(head, "euc_jp"):
        return "euc_jp"
    big5 = _BIG5_PAIRS.findall(head)
    if big5 and sum(trail[0] < 0x80 for trail in big5) > 0.2 * len(big5) and _decodes(head, "big5"):
        return "big5"
    if sum(0xB0 <= lead <= 0xC8 for lead in pairs) > 0.95 * len(pairs) and _decodes(head, "cp949"):
        return "cp949"
    if all(run % 2 == 0 for run in runs[:-1]) and _decodes(head, "gb18030"):
        return "gb18030"
    return ""


def _of_one_byte(head: bytes) -> str:
    """cp1251 or KOI8-R where words are made of high bytes, else cp1252, or Latin-1 where that has gaps."""
    runs = _HIGH_RUNS.findall(head)
    if sum(len(run) for run in runs if len(run) > 2) > 0.6 * sum(map(len, runs)):
        letters = b"".join(runs)
        capitals = sum(0xC0 <= byte <= 0xDF for byte in letters)
        small = sum(byte >= 0xE0 for byte in letters)
        # KOI8-R has its small letters where cp1251 has its capitals; words are mostly small letters.
        if capitals + small > 0.8 * len(letters):
            return "cp1251" if small >= capitals else "koi8_r"
    return "latin-1" if any(byte in head for byte in b"\x81\x8d\x8f\x90\x9d") else "cp1252"


def _without_mark(head: bytes) -> str:
    """UTF-16 without a mark: every other byte of Western text is zero."""
    even, odd = head[0:2000:2], head[1:2000:2]
    if len(odd) >= 2 and odd.count(0) > 0.4 * len(odd) and even.count(0) < 0.1 * len(even):
        return "utf-16-le"
    if len(odd) >= 2 and even.count(0) > 0.4 * len(even) and odd.count(0) < 0.1 * len(odd):
        return "utf-16-be"
    return ""


def looks_binary(head: bytes) -> bool:
    """Whether the bytes are no text in any encoding."""
    if find_encoding(head).startswith(("utf-16", "utf-32")):
        return False
    sample = head[:8192]
    return sum(sample.count(c) for c in _NEVER_TEXT) > 0.005 * len(sample)
