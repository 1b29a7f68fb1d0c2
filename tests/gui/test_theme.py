from __future__ import annotations

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot
from qtawesome.iconic_font import IconicFont

from gdstudio.gui import icons
from gdstudio.gui.theme import DARK, LIGHT, Theme, Tokens, contrast


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["surface", "raised"])
@pytest.mark.parametrize("token", ["text", "muted", "accent", "success", "warning", "danger"])
def test_texts_reach_a_contrast_of_4_5(tokens: Tokens, ground: str, token: str) -> None:
    assert contrast(QColor(getattr(tokens, token)), QColor(getattr(tokens, ground))) >= 4.5


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_texts_on_the_accent_and_on_selections_reach_a_contrast_of_4_5(tokens: Tokens) -> None:
    assert contrast(QColor(tokens.on_accent), QColor(tokens.accent)) >= 4.5
    assert contrast(QColor(tokens.on_accent), QColor(tokens.accent_hover)) >= 4.5
    assert contrast(QColor(tokens.text), QColor(tokens.selection)) >= 4.5


def test_contrast_of_black_on_white_is_21() -> None:
    assert contrast(QColor("black"), QColor("white")) == pytest.approx(21.0)


def test_series_are_eight_hues_that_stand_out(any_theme: Theme) -> None:
    colors = [any_theme.series_color(i) for i in range(8)]
    assert len({c.name() for c in colors}) == 8
    assert all(contrast(c, any_theme.color("raised")) >= 2.8 for c in colors)
    assert any_theme.series_color(8) == colors[0]


def test_parts_have_fixed_line_styles(theme: Theme) -> None:
    assert theme.series_pen(0, "train").style() == Qt.PenStyle.SolidLine
    dashes = theme.series_pen(0, "validation").dashPattern(), theme.series_pen(0, "test").dashPattern()
    assert dashes[0]
    assert dashes[0] != dashes[1]


def test_a_change_is_announced_once_and_reaches_the_palette(qapp: QApplication, qtbot: QtBot, theme: Theme) -> None:
    heard: list[bool] = []
    theme.changed.connect(lambda: heard.append(theme.is_dark))
    theme.set_scheme("dark")
    theme.set_scheme("dark")
    assert heard == [True]
    assert qapp.palette().window().color().name() == DARK.surface
    assert DARK.accent in qapp.styleSheet()
    assert LIGHT.accent not in qapp.styleSheet()


def test_the_system_is_followed_only_when_asked(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch, theme: Theme
) -> None:
    system = Qt.ColorScheme.Dark

    class Hints:
        def colorScheme(self) -> Qt.ColorScheme:  # noqa: N802 - Qt's name
            return system

    class Application:
        def __getattr__(self, name: str) -> object:
            return getattr(qapp, name)

        def styleHints(self) -> Hints:  # noqa: N802 - Qt's name
            return Hints()

    monkeypatch.setattr(theme, "_application", Application())
    theme._system_changed()
    assert not theme.is_dark  # insists on light
    theme.set_scheme("system")
    assert theme.is_dark
    system = Qt.ColorScheme.Light
    qapp.styleHints().colorSchemeChanged.emit(system)
    assert not theme.is_dark


def test_an_unknown_scheme_is_refused(theme: Theme) -> None:
    with pytest.raises(ValueError, match="sepia"):
        theme.set_scheme("sepia")  # type: ignore[arg-type]


def test_icons_take_the_colour_in_force(theme: Theme) -> None:
    icon = theme.icon("play")

    def darkest() -> float:
        image = icon.pixmap(QSize(32, 32)).toImage()
        pixels = [image.pixelColor(x, y) for x in range(32) for y in range(32)]
        return min(p.lightnessF() for p in pixels if p.alpha() > 200)

    assert darkest() < 0.3
    theme.set_scheme("dark")
    assert darkest() > 0.7


@pytest.mark.parametrize("side", [16, 24, 40])
def test_icons_are_those_of_qtawesome(theme: Theme, side: int) -> None:
    files = {path.suffix: path.name for path in icons._fonts().glob("materialdesignicons6-*")}
    font = IconicFont(("mdi6", files[".ttf"], files[".json"]))
    for name in ("play", "cog-outline", "chevron-right"):
        ours = theme.icon(name, "accent").pixmap(QSize(side, side)).toImage()
        theirs = font.icon(f"mdi6.{name}", color=theme.color("accent")).pixmap(QSize(side, side)).toImage()
        assert ours == theirs


def test_a_copy_of_an_icon_can_be_painted(theme: Theme, qtbot: QtBot) -> None:
    button = QPushButton()
    qtbot.addWidget(button)
    button.setIcon(theme.icon("stop", "danger"))
    assert not button.icon().pixmap(QSize(16, 16)).isNull()
