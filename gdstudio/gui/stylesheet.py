"""The style sheet over Fusion: rounded fields, flat headers, one clear primary button, a visible focus.

Widgets choose a look with a dynamic property: ``setProperty("role", …)`` with ``muted``, ``error``, ``warning``,
``success`` or ``title`` on a label, ``primary`` or ``flat`` on a button, ``card`` on a frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Template

_SHEET = Template("""
QToolTip {
  background: $raised; color: $text; border: 1px solid $line; padding: ${gap}px;
}
QLabel[role="muted"], QCheckBox[role="muted"] { color: $muted; }
QLabel[role="error"] { color: $danger; }
QLabel[role="warning"] { color: $warning; }
QLabel[role="success"] { color: $success; }
QLabel[role="title"] { font-weight: 600; }
QLabel[role="readout"] { background: $raised; color: $text; border: 1px solid $line; border-radius: ${radius}px;
  padding: ${tight}px; }
QFrame[role="panel"] { border: none; border-bottom: 1px solid $line; }
QFrame[role="banner"] { background: $raised; border: 1px solid $line; border-left: ${stripe}px solid $accent;
  border-radius: ${radius}px; }
QFrame[role="banner"][level="success"] { border-left-color: $success; }
QFrame[role="banner"][level="warning"] { border-left-color: $warning; }
QFrame[role="banner"][level="error"] { border-left-color: $danger; }
QFrame[role="card"] { background: $raised; border: 1px solid $line; border-radius: ${radius}px; }
QFrame[role="mark"][on="true"] { background: $accent; border-radius: 1px; }

QLineEdit, QAbstractSpinBox, QPlainTextEdit, QTextEdit {
  background: $raised; color: $text; border: 1px solid $line; border-radius: ${radius}px;
  padding: ${tight}px ${gap}px; selection-background-color: $accent; selection-color: $on_accent;
}
QLineEdit:hover, QAbstractSpinBox:hover { border-color: $muted; }
QLineEdit:focus, QAbstractSpinBox:focus, QPlainTextEdit:focus, QTextEdit:focus { border: 2px solid $accent;
  padding: ${tighter}px ${gap_less}px; }
QLineEdit[problem="true"], QAbstractSpinBox[problem="true"] { border: 2px solid $danger;
  padding: ${tighter}px ${gap_less}px; }
QLineEdit:disabled, QAbstractSpinBox:disabled { background: $surface; color: $muted; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 0; border: none; }
QAbstractSpinBox > QLineEdit, QAbstractSpinBox > QLineEdit:focus, QAbstractSpinBox > QLineEdit:hover,
QComboBox > QLineEdit, QAbstractItemView QLineEdit {
  border: none; padding: 0; background: transparent; border-radius: 0;
}
QAbstractItemView QLineEdit { background: $raised; }

QComboBox {
  background: $raised; color: $text; border: 1px solid $line; border-radius: ${radius}px;
  padding: ${tight}px ${gap}px;
}
QComboBox:hover { border-color: $muted; }
QComboBox:focus { border: 2px solid $accent; padding: ${tighter}px ${gap_less}px; }
QComboBox:disabled { background: $surface; color: $muted; }
QComboBox::drop-down { border: none; width: ${arrow}px; }
QComboBox::down-arrow { image: url("$down_image"); width: ${glyph}px; height: ${glyph}px; }
QComboBox QAbstractItemView { border: 1px solid $line; background: $raised; color: $text;
  selection-background-color: $selection; selection-color: $text; outline: none; }

QPushButton {
  background: $raised; color: $text; border: 1px solid $line; border-radius: ${radius}px;
  padding: ${tight}px ${wide}px;
}
QPushButton:hover { border-color: $muted; background: $surface; }
QPushButton:pressed { background: $sunken; }
QPushButton:focus { border: 2px solid $accent; padding: ${tighter}px ${wide_less}px; }
QPushButton:disabled { color: $muted; background: $surface; border-color: $grid; }
QPushButton[role="primary"] { background: $accent; color: $on_accent; border-color: $accent; font-weight: 600; }
QPushButton[role="primary"]:hover, QPushButton[role="primary"]:pressed { background: $accent_hover; }
QPushButton[role="primary"]:focus { border: 2px solid $text; }
QPushButton[role="primary"]:disabled { background: $sunken; color: $muted; border-color: $line; }
QPushButton[role="flat"] { background: transparent; border: 2px solid transparent; }
QPushButton[role="flat"]:hover { background: $sunken; }
QPushButton[role="flat"]:focus { border-color: $accent; }

QToolButton { background: transparent; color: $text; border: 2px solid transparent; border-radius: ${radius}px;
  padding: ${tighter}px; }
QToolButton:hover { background: $sunken; }
QToolButton:pressed, QToolButton:checked { background: $selection; }
QToolButton:focus { border-color: $accent; }
QToolButton:disabled { color: $muted; }
QToolButton[role="primary"] { background: $accent; color: $on_accent; font-weight: 600;
  padding: ${tighter}px ${gap}px; }
QToolButton[role="primary"]:hover { background: $accent_hover; }
QToolButton[role="primary"]:focus { border-color: $text; }
QToolButton[role="primary"]:disabled { background: $sunken; color: $muted; }
QToolButton[role="header"] { font-weight: 600; padding: ${gap}px; border-radius: 0; }
QToolButton[role="header"]:checked, QToolButton[role="disclosure"]:checked { background: transparent; }
QToolButton[role="disclosure"] { color: $muted; }
QToolButton[role="header"]:hover { background: $sunken; }

QCheckBox { spacing: ${gap}px; border: 2px solid transparent; border-radius: ${radius}px; }
QCheckBox::indicator, QTableView::indicator { width: ${glyph}px; height: ${glyph}px; background: $raised;
  border: 1px solid $muted; border-radius: ${tight}px; }
QCheckBox::indicator:hover { border-color: $accent; }
QCheckBox::indicator:checked, QTableView::indicator:checked { background: $accent; border-color: $accent;
  image: url("$check_image"); }
QCheckBox::indicator:disabled { background: $surface; border-color: $line; }
QCheckBox:focus, QRadioButton:focus { border-color: $accent; }

QTabWidget::pane { border: none; border-top: 1px solid $line; }
QTabBar::tab { background: transparent; color: $muted; padding: ${tight}px ${wide}px; border: none;
  border-bottom: 2px solid transparent; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabBar::tab:focus { color: $accent; }

QHeaderView { background: $surface; border: none; }
QHeaderView::section { background: $surface; color: $muted; border: none; padding: ${tighter}px ${gap}px; }
QHeaderView::section:horizontal { border-bottom: 1px solid $line; }
QTableCornerButton::section { background: $surface; border: none; border-bottom: 1px solid $line; }
QTableView, QListView, QTreeView { background: $raised; alternate-background-color: $surface; border: 1px solid $line;
  border-radius: ${radius}px; gridline-color: $grid; selection-background-color: $selection; selection-color: $text; }
QTableView[role="table"]::item { padding: 0 ${gap}px; }
QTableView:focus, QListView:focus, QTreeView:focus { border-color: $accent; }

QToolBar { border: none; border-bottom: 1px solid $line; background: $raised; spacing: ${tight}px;
  padding: ${tight}px; }
QDockWidget::title { background: $surface; padding: ${tight}px ${gap}px; border-bottom: 1px solid $line; }
QStatusBar { border-top: 1px solid $line; color: $muted; }
QSplitter::handle { background: transparent; }
QSplitter::handle:hover { background: $line; }
QScrollArea { border: none; background: transparent; }
QMenu { background: $raised; color: $text; border: 1px solid $line; padding: ${tighter}px; }
QMenu::item { padding: ${tight}px ${wide}px; border-radius: ${radius}px; }
QMenu::item:selected { background: $selection; }
QMenu::item:disabled { color: $muted; }
QMenu::separator { height: 1px; background: $line; margin: ${tight}px; }
QProgressBar { background: $sunken; border: none; border-radius: ${radius}px; text-align: center; color: $text; }
QProgressBar::chunk { background: $accent; border-radius: ${radius}px; }
QScrollBar:vertical { background: transparent; width: ${bar}px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: ${bar}px; margin: 0; }
QScrollBar::handle { background: $line; border-radius: ${tight}px; margin: 2px; min-height: ${arrow}px;
  min-width: ${arrow}px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
""")


def stylesheet(colors: Mapping[str, str], em: float, images: Mapping[str, str]) -> str:
    """The sheet in the given colours.

    Args:
        colors: Token → ``#rrggbb``.
        em: Height of a line of text in device-independent pixels; lengths are shares of it.
        images: Name → file of the small pictures that a sheet can only take from a file.
    """
    tight = max(2, round(0.2 * em))
    gap, wide = round(0.4 * em), round(0.8 * em)
    sizes = {
        "tight": tight,
        "tighter": tight - 1,
        "gap": gap,
        "gap_less": gap - 1,
        "wide": wide,
        "wide_less": wide - 1,
        "stripe": max(3, round(0.25 * em)),
        "radius": max(3, round(0.28 * em)),
        "arrow": round(1.3 * em),
        "glyph": round(0.8 * em),
        "bar": round(0.7 * em),
    }
    return _SHEET.substitute(sizes, **colors, **images)
