"""Python to read: coloured lightly, with the lines that an edit has changed standing out."""

from __future__ import annotations

import difflib
import keyword
import re

from PySide6.QtCore import Slot
from PySide6.QtGui import (
    QFont,
    QFontDatabase,
    QSyntaxHighlighter,
    QTextBlock,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from gdstudio.gui.theme import Theme, blend

#: In one pass, so that a word inside a string is no keyword and a quote inside a comment opens nothing.
_PARTS = re.compile(
    r"(?P<comment>#[^\n]*)"
    r"|(?P<string>[rfbu]{0,2}(?:\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'))"
    r"|(?P<name>\b[A-Za-z_]\w*)"
    r"|(?P<number>(?<![\w.])-?\d[\d_]*\.?\d*(?:[eE][+-]?\d+)?)"
)
_TRIPLE = '"""'
#: What a part is drawn with: a colour of the theme, and whether it is bold.
_LOOKS = {
    "comment": ("muted", False), "string": ("success", False),
    "keyword": ("accent", True), "number": ("warning", False),
}  # fmt: skip


class _Colours(QSyntaxHighlighter):
    """Comments, strings, keywords and numbers of Python."""

    def __init__(self, document: QTextDocument, theme: Theme) -> None:
        super().__init__(document)
        self._theme = theme
        self.follow()

    @Slot()
    def follow(self) -> None:
        """Take the colours that are in force."""
        self._formats = {}
        for part, (token, bold) in _LOOKS.items():
            look = QTextCharFormat()
            look.setForeground(self._theme.color(token))
            if bold:
                look.setFontWeight(QFont.Weight.DemiBold)
            self._formats[part] = look
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        """Colour one line; state 1 is "inside a text of three quotes"."""
        start = 0
        if self.previousBlockState() == 1 or text.lstrip().startswith(_TRIPLE):
            opened = 0 if self.previousBlockState() == 1 else text.index(_TRIPLE)
            end = text.find(_TRIPLE, opened if self.previousBlockState() == 1 else opened + 3)
            start = len(text) if end < 0 else end + 3
            self.setFormat(opened, start - opened, self._formats["string"])
            self.setCurrentBlockState(1 if end < 0 else 0)
        else:
            self.setCurrentBlockState(0)
        for found in _PARTS.finditer(text, start):
            kind = str(found.lastgroup)
            if kind == "name":
                if not keyword.iskeyword(found.group()):
                    continue
                kind = "keyword"
            self.setFormat(found.start(), found.end() - found.start(), self._formats[kind])


class CodeView(QPlainTextEdit):
    """Read-only code; a new text marks the lines in which it differs from the one before."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent, readOnly=True)
        self._theme = theme
        self._changed: list[int] = []
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._colours = _Colours(self.document(), theme)
        self._follow()
        theme.changed.connect(self._follow)

    @property
    def changed_lines(self) -> list[int]:
        """0-based numbers of the lines that stand out."""
        return self._changed

    def show_code(self, text: str, *, compare: bool = True) -> None:
        """Another text, which stays where it was scrolled to unless nothing of what has changed could be seen.

        Args:
            text: The code.
            compare: Whether what differs from the text before stands out.
        """
        before = self.toPlainText()
        if text == before:
            return
        across, down = self.horizontalScrollBar().value(), self.verticalScrollBar().value()
        self.setPlainText(text)
        self._changed = _changed_lines(before, text) if compare and before else []
        self.horizontalScrollBar().setValue(across)
        self.verticalScrollBar().setValue(down)
        self._mark()
        if self._changed and not any(self._is_seen(line) for line in self._changed):
            self._go_to(self._changed[0])

    def show_next_change(self) -> None:
        """Go to the next place that an edit has changed; from the last one back to the first."""
        starts = [line for line in self._changed if line - 1 not in self._changed]
        if not starts:
            return
        here = self.textCursor().blockNumber()
        self._go_to(next((line for line in starts if line > here), starts[0]))

    def _go_to(self, line: int) -> None:
        self.setTextCursor(QTextCursor(self.document().findBlockByNumber(line)))
        self.centerCursor()

    def _is_seen(self, line: int) -> bool:
        first, block = self.firstVisibleBlock().blockNumber(), self.document().findBlockByNumber(line)
        return line >= first and self._top_of(block) < self.viewport().height()

    def _top_of(self, block: QTextBlock) -> float:
        return self.blockBoundingGeometry(block).translated(self.contentOffset()).top()

    def _mark(self) -> None:
        look = QTextCharFormat()
        look.setBackground(blend(self._theme.color("warning"), self._theme.color("raised"), 0.8))
        look.setProperty(QTextFormat.Property.FullWidthSelection, True)
        marks = []
        for line in self._changed:
            mark = QTextEdit.ExtraSelection()
            mark.format = look
            mark.cursor = QTextCursor(self.document().findBlockByNumber(line))
            marks.append(mark)
        self.setExtraSelections(marks)

    @Slot()
    def _follow(self) -> None:
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPointSizeF(self.font().pointSizeF())
        self.document().setDefaultFont(font)
        self.setTabStopDistance(4 * self.fontMetrics().horizontalAdvance(" "))
        self._colours.follow()
        self._mark()


def _changed_lines(before: str, after: str) -> list[int]:
    """Lines of ``after`` that are new or other; where lines were only taken away, the one that follows."""
    old, new = before.splitlines(), after.splitlines()
    lines: list[int] = []
    for kind, _, _, first, last in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            lines += range(first, last) if last > first else [min(first, len(new) - 1)]
    return lines
