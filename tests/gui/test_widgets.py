from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QToolButton, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from gdstudio.core.registry import FAMILIES, registry
from gdstudio.gui.formulas import FormulaLabel, typeset
from gdstudio.gui.theme import Theme
from gdstudio.gui.widgets.collapsible import CollapsiblePanel
from gdstudio.gui.widgets.explain import ExplainButton
from gdstudio.gui.widgets.layers import MOST_LAYERS, LayerEditor
from gdstudio.gui.widgets.messages import Banner, EmptyState
from gdstudio.gui.widgets.network import NetworkPicture
from gdstudio.models.entry import Layer

LAYERS = (Layer(6), Layer(32, "ReLU", 224, 0.2), Layer(2, "Output", 66))
Shown = Callable[[Any], Any]

FORMULAS = [
    pytest.param(entry.formula, id=f"{family}-{key}")
    for family in FAMILIES
    for key, entry in registry(family).items()
    if entry.formula
]


def test_nothing_shows_itself_before_it_has_a_place(theme: Theme, qtbot: QtBot) -> None:
    """A widget that is shown without a parent flashes up as a window of its own."""
    widgets = [
        FormulaLabel(theme, "x^2"), NetworkPicture(theme), LayerEditor("x"), Banner(theme), ExplainButton(theme, "X"),
        EmptyState(theme, "table", "Nothing.", "Go"), CollapsiblePanel(theme, "X", "table", QWidget()),
    ]  # fmt: skip
    for widget in widgets:
        qtbot.addWidget(widget)
    assert not [w for w in widgets if w.isVisible()]
    assert not [w for w in QApplication.topLevelWidgets() if w.isVisible()]


# -- formulas ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("formula", FORMULAS)
def test_every_formula_of_a_registry_can_be_drawn(formula: str, shown: Shown, theme: Theme) -> None:
    label = shown(FormulaLabel(theme, formula))
    assert label.sizeHint().height() > 8
    image = label.grab().toImage()
    dark = sum(image.pixelColor(x, y).lightnessF() < 0.4 for x in range(image.width()) for y in range(image.height()))
    assert dark > 20


def test_a_formula_follows_the_theme_and_its_place(shown: Shown, theme: Theme) -> None:
    label = shown(FormulaLabel(theme, r"\theta_t = \theta_{t-1} - \eta g_t"))
    assert label.accessibleDescription() == r"\theta_t = \theta_{t-1} - \eta g_t"
    before = label.grab().toImage()
    theme.set_scheme("dark")
    assert label.grab().toImage() != before
    natural = label.sizeHint()
    assert label.heightForWidth(natural.width() // 2) == pytest.approx(natural.height() / 2, abs=2)
    assert label.heightForWidth(10 * natural.width()) == natural.height()
    label.set_formula("")
    assert label.isHidden()


def test_what_is_no_formula_is_refused() -> None:
    with pytest.raises(ValueError, match="frac"):
        typeset(r"\frac{1}{", "#000000")


# -- the network ---------------------------------------------------------------------------------------


def test_the_network_is_drawn_described_and_counted(shown: Shown, theme: Theme) -> None:
    picture = shown(NetworkPicture(theme))
    empty = picture.grab().toImage()
    picture.set_layers(LAYERS, inputs=("age", "income"), outputs=("no", "yes"))
    assert picture.grab().toImage() != empty
    assert picture.parameters == 290
    assert "6 inputs: age, income." in picture.accessibleName()
    assert "290 parameters" in picture.accessibleName()
    assert picture.layer_text(1) == "Hidden layer 1: 32 units, ReLU, dropout 0.2. 224 parameters lead into it."
    drawn = picture.grab().toImage()
    theme.set_scheme("dark")
    assert picture.grab().toImage() != drawn
    picture.clear()
    assert picture.parameters == 0


def test_large_layers_are_shortened(shown: Shown, theme: Theme) -> None:
    picture = shown(NetworkPicture(theme))
    picture.set_layers((Layer(10), Layer(4096, "ReLU", 1), Layer(1, "Output", 1)))
    columns = picture._columns()
    assert [len(c.units) for c in columns] == [10, 8, 1]
    assert columns[1].gap is not None
    for column in columns:
        assert all(unit.y() - column.radius >= 0 for unit in column.units)
        assert all(unit.y() + column.radius <= picture.height() for unit in column.units)


def test_layers_can_be_clicked_and_explain_themselves(shown: Shown, theme: Theme, qtbot: QtBot) -> None:
    picture = shown(NetworkPicture(theme))
    picture.set_layers(LAYERS)
    place = QPoint(picture.width() // 2, 20)
    with qtbot.waitSignal(picture.layer_clicked) as clicked:
        QTest.mouseClick(picture, Qt.MouseButton.LeftButton, pos=place)
    assert clicked.args == [1]
    QApplication.sendEvent(picture, QHelpEvent(QEvent.Type.ToolTip, place, picture.mapToGlobal(place)))
    assert QToolTip.text() == picture.layer_text(1)
    QToolTip.hideText()


# -- layers --------------------------------------------------------------------------------------------


@pytest.fixture
def editor(shown: Shown, theme: Theme) -> LayerEditor:
    made = shown(LayerEditor("model.hidden", theme))
    made.show_sizes((32, 16, 8))
    return made


@pytest.mark.parametrize(
    ("button", "sizes"),
    [
        ("add", (32, 16, 8, 8)), ("1.up", (16, 32, 8)), ("1.down", (32, 8, 16)), ("1.remove", (32, 8)),
    ],
)  # fmt: skip
def test_layers_are_added_moved_and_removed(editor: LayerEditor, button: str, sizes: tuple[int, ...]) -> None:
    heard: list[tuple[int, ...]] = []
    editor.edited.connect(heard.append)
    name = f"model.hidden.{button}"
    found = editor.findChild(QPushButton, name) or editor.findChild(QToolButton, name)
    assert found.accessibleName()
    assert found.toolTip()
    found.click()
    assert heard == [sizes]
    assert editor.sizes == (32, 16, 8)  # it draws what it is shown, and nothing else
    editor.show_sizes(sizes)
    assert [row.units.value() for row in editor._rows] == list(sizes)


def test_layers_are_resized_within_bounds(editor: LayerEditor) -> None:
    heard: list[tuple[int, ...]] = []
    editor.edited.connect(heard.append)
    field = editor.findChild(QWidget, "model.hidden.1")
    field.setValue(64)
    field.setValue(0)
    assert heard == [(32, 64, 8)]
    assert "Units of layer 2 must be from 1 to 4096" in [
        label.text().rstrip(".") for label in editor.findChildren(QLabel)
    ]


def test_the_ends_cannot_be_moved_outwards_and_a_full_network_says_so(editor: LayerEditor) -> None:
    assert not editor.findChild(QToolButton, "model.hidden.0.up").isEnabled()
    assert not editor.findChild(QToolButton, "model.hidden.2.down").isEnabled()
    editor.show_sizes((1,) * MOST_LAYERS)
    add = editor.findChild(QPushButton, "model.hidden.add")
    assert not add.isEnabled()
    assert "32" in add.toolTip()


# -- folding -------------------------------------------------------------------------------------------


def test_a_panel_folds_to_its_summary_by_mouse_and_keyboard(shown: Shown, theme: Theme) -> None:
    content = QLabel("content")
    content.setObjectName("panel.data")
    panel = shown(CollapsiblePanel(theme, "Data", "table", content))
    panel.set_summary("purchase, 1,000 rows")
    summary = next(label for label in panel.findChildren(QLabel) if label.text() == "purchase, 1,000 rows")
    heard: list[bool] = []
    panel.toggled.connect(heard.append)
    assert content.isVisible()
    assert not summary.isVisible()
    panel.header.click()
    assert not content.isVisible()
    assert summary.isVisible()
    assert panel.header.accessibleName() == "Data, closed. purchase, 1,000 rows"
    panel.header.setFocus()
    for key, expanded in (
        (Qt.Key.Key_Return, True), (Qt.Key.Key_Space, False), (Qt.Key.Key_Right, True), (Qt.Key.Key_Left, False),
    ):  # fmt: skip
        QTest.keyClick(panel.header, key)
        assert panel.is_expanded is expanded
    assert heard == [False, True, False, True, False]


def test_space_on_a_title_does_not_reach_the_windows_shortcuts(shown: Shown, theme: Theme) -> None:
    panel = shown(CollapsiblePanel(theme, "Data", "table", QWidget()))
    event = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier)
    event.ignore()
    QApplication.sendEvent(panel.header, event)
    assert event.isAccepted()


# -- words ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", ["info", "success", "warning", "error"])
def test_a_banner_says_what_happened_and_what_to_do(shown: Shown, any_theme: Theme, level: Any, qtbot: QtBot) -> None:
    place = QWidget()
    place.resize(600, 100)
    banner = Banner(any_theme, place)
    shown(place)
    assert not banner.isVisible()
    banner.show_message(level, "The file is empty.", "Choose another.", action="Choose…")
    assert banner.isVisible()
    assert banner.text == "The file is empty. Choose another."
    assert banner.accessibleName() == f"{level.capitalize()}: The file is empty. Choose another."
    with qtbot.waitSignal(banner.triggered):
        banner.action.click()
    with qtbot.waitSignal(banner.closed):
        banner._close.click()
    assert not banner.isVisible()
    banner.show_message(level, "Without action.")
    assert not banner.action.isVisible()


def test_an_empty_place_offers_what_fills_it(shown: Shown, theme: Theme, qtbot: QtBot) -> None:
    place = shown(EmptyState(theme, "chart-line", "Press Start to see the curves.", "Start", name="empty.start"))
    button = place.findChild(QPushButton, "empty.start")
    assert button.isVisible()
    with qtbot.waitSignal(place.triggered):
        button.click()
    sentence = next(label for label in place.findChildren(QLabel) if label.text().startswith("Press"))
    assert sentence.height() >= sentence.heightForWidth(sentence.width())
    theme.set_scheme("dark")
    assert not shown(EmptyState(theme, "table", "Nothing to do.")).button.isVisible()


def test_an_explanation_pops_up_with_text_formula_and_advice(shown: Shown, theme: Theme) -> None:
    button = ExplainButton(theme)
    assert not button.isEnabled()
    button.set_content(
        "Adam", "Gives every parameter a step of its own.", r"\theta_t", symbols=((r"\eta", "learning rate"),),
        advice="Try 0.001.", source="Kingma and Ba (2015)",
    )  # fmt: skip
    shown(button)
    assert button.accessibleName() == "Explain Adam"
    button.click()
    popup = button._popup
    texts = [label.text() for label in popup.findChildren(QLabel)]
    for wanted in ("Adam", "Gives every parameter a step of its own.", "learning rate", "Kingma and Ba (2015)"):
        assert wanted in texts
    assert any("Try 0.001." in text for text in texts)
    assert {label.formula for label in popup.findChildren(FormulaLabel)} == {r"\theta_t", r"\eta"}
    popup.close()
    assert button.popup is None
