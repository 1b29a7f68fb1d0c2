"""How a text's letters are stored, from its bytes."""

from __future__ import annotations

import codecs

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: Control characters that no text holds.
_NEVER_TEXT = bytes(c for c in range(32) if c not in b"\t\n\v\f\r\x1a\x1b\x1c\x1d\x1e\x1f")


def find_encoding(head: bytes) -> str:
    """The likeliest encoding of a text from its first bytes; a cut-off last letter does not matter."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    sixteen = _without_mark(head)
    if sixteen:
        return sixteen
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(head)
        return "utf-8"
    except UnicodeDecodeError:
        return "cp1252" if not any(byte in head for byte in b"\x81\x8d\x8f\x90\x9d") else "latin-1"


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
