"""How the window looks: colours that read in light and dark, sizes from the font, icons that follow.

One :class:`Theme` is made by the composition root and handed to whoever draws. Nothing looks it up globally.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Final, Literal, get_args

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFontMetricsF, QIcon, QPalette, QPen
from PySide6.QtWidgets import QApplication

from gdstudio.gui.icons import CharacterIcon
from gdstudio.gui.stylesheet import stylesheet
from gdstudio.paths import resources

Scheme = Literal["system", "light", "dark"]
#: Of a curve, in device-independent pixels, unless a person wants it wider.
LINE_WIDTH: Final = 1.8
#: Where the application keeps the size of text that the system has given it.
_OWN_SIZE = "gdstudio.own_text_size"
#: What the rows of a series were used for; always the same line style.
PartName = Literal["train", "validation", "test"]
PART_STYLES: Final = {
    "train": Qt.PenStyle.SolidLine,
    "validation": Qt.PenStyle.DashLine,
    "test": Qt.PenStyle.DotLine,
}


@dataclass(frozen=True)
class Tokens:
    """The colours of one scheme, as ``#rrggbb``.

    Text colours reach a contrast of 4.5 on both surfaces (WCAG AA), lines that mean something 3.
    """

    surface: str
    raised: str
    sunken: str
    text: str
    muted: str
    line: str
    grid: str
    accent: str
    accent_hover: str
    on_accent: str
    selection: str
    success: str
    warning: str
    danger: str


LIGHT: Final = Tokens(
    surface="#f5f6f8",
    raised="#ffffff",
    sunken="#eceef2",
    text="#1b2027",
    muted="#56606d",
    line="#c9cfd8",
    grid="#e7eaef",
    accent="#006aa6",
    accent_hover="#005a8d",
    on_accent="#ffffff",
    selection="#d3e7f5",
    success="#006b4f",
    warning="#8a5200",
    danger="#b3261e",
)
DARK: Final = Tokens(
    surface="#1c1f24",
    raised="#25292f",
    sunken="#16181c",
    text="#e8ebef",
    muted="#a7b0bc",
    line="#464d58",
    grid="#333942",
    accent="#56b4e9",
    accent_hover="#7cc6ef",
    on_accent="#0b1720",
    selection="#22455c",
    success="#5fcfa9",
    warning="#f2b84b",
    danger="#ff9187",
)

#: Okabe and Ito (2008), Color Universal Design. On white, yellow and the light hues are darkened and on a dark ground
#: blue and black are lightened, so that a line of each keeps a contrast of about 3 with what it lies on.
_SERIES_LIGHT: Final = ("#0072b2", "#d55e00", "#009068", "#b8588c", "#c08400", "#3a9bd6", "#948a00", "#3b424c")
_SERIES_DARK: Final = ("#3f9ddb", "#e8742c", "#1fb58a", "#d991b8", "#e69f00", "#8ccdf2", "#f0e442", "#d5dae1")
#: Orange against blue first: the pair that stays apart under every colour-vision deficiency.
_CLASS_ORDER: Final = (1, 0, 2, 3, 4, 5, 6, 7)


class Theme(QObject):
    """The look of an application; follows the system's light and dark while it runs.

    Args:
        application: Whose style, palette and style sheet are set.
        scheme: ``light`` or ``dark`` to insist, ``system`` to follow.
        text_scale: Size of the text in percent of the system's.
        line_width: Of the curves in charts, in pixels.

    Signals:
        changed: Another scheme is in force; whoever paints with colours of this theme repaints.
    """

    changed = Signal()

    def __init__(
        self,
        application: QApplication,
        scheme: Scheme = "system",
        parent: QObject | None = None,
        *,
        text_scale: int = 100,
        line_width: float = LINE_WIDTH,
    ) -> None:
        super().__init__(parent)
        self._application = application
        self._scheme: Scheme = scheme
        self._line_width = line_width
        # A second theme must not scale what the first has scaled.
        if application.property(_OWN_SIZE) is None:
            application.setProperty(_OWN_SIZE, application.font().pointSizeF())
        self._scale_font(text_scale)
        application.setStyle("Fusion")
        application.styleHints().colorSchemeChanged.connect(self._system_changed)
        self._dark = self._wants_dark()
        self._apply()

    @property
    def scheme(self) -> Scheme:
        """What was asked for: ``system``, ``light`` or ``dark``."""
        return self._scheme

    @property
    def is_dark(self) -> bool:
        """What is in force."""
        return self._dark

    @property
    def tokens(self) -> Tokens:
        """The colours in force."""
        return DARK if self._dark else LIGHT

    def set_scheme(self, scheme: Scheme) -> None:
        """Follow the system, or insist on light or dark.

        Raises:
            ValueError: ``scheme`` is none of the three.
        """
        if scheme not in get_args(Scheme):
            raise ValueError(scheme)
        self._scheme = scheme
        self._refresh()

    def set_text_scale(self, percent: int) -> None:
        """Text of another size, on top of the system's own scaling."""
        self._scale_font(percent)
        self._apply()
        self.changed.emit()

    def set_line_width(self, pixels: float) -> None:
        """Curves of another width."""
        self._line_width = pixels
        self.changed.emit()

    @contextmanager
    def unstyled(self) -> Iterator[None]:
        """While a window is made: Qt styles a widget anew each time it gets another parent.

        Styling all of them once, at the end, halves the time that a window takes to be made.
        """
        self._application.setStyleSheet("")
        try:
            yield
        finally:
            self._apply()

    def color(self, token: str) -> QColor:
        """The colour of a token, e.g. ``"accent"``."""
        return QColor(getattr(self.tokens, token))

    def series_color(self, index: int) -> QColor:
        """The hue of the run or series with that number; repeats after eight."""
        hues = _SERIES_DARK if self._dark else _SERIES_LIGHT
        return QColor(hues[index % len(hues)])

    def class_color(self, index: int) -> QColor:
        """The colour of points of the class with that number; repeats after eight."""
        return self.series_color(_CLASS_ORDER[index % len(_CLASS_ORDER)])

    def series_pen(
        self, index: int, part: PartName = "train", *, faint: bool = False, width: float = LINE_WIDTH
    ) -> QPen:
        """The pen of a line: hue by run, style by part.

        ``faint`` blends it towards the ground rather than making it transparent, since transparent wide lines leave
        Qt's fast path.
        """
        color = self.series_color(index)
        width *= self._line_width / LINE_WIDTH
        if faint:
            color = blend(color, self.color("raised"), 0.62)
            width = 1.0
        # A cosmetic pen counts in the screen's own pixels: at 200 % an unscaled line would be a hair.
        pen = QPen(color, width * self._application.devicePixelRatio(), PART_STYLES[part])
        pen.setCosmetic(True)
        if part == "validation":
            pen.setDashPattern([5.0, 3.0])
        elif part == "test":
            pen.setDashPattern([1.2, 2.6])
        return pen

    def icon(self, name: str, token: str = "text") -> QIcon:
        """An icon that is drawn in the colours in force whenever it is painted.

        Args:
            name: One of Material Design Icons, e.g. ``"play"``.
            token: Its colour.
        """

        def colors() -> tuple[QColor, QColor]:
            return self.color(token), blend(self.color("muted"), self.color("surface"), 0.5)

        return QIcon(CharacterIcon(name, colors))

    @property
    def em(self) -> float:
        """Height of a line of text in device-independent pixels; every size is a multiple of it."""
        return QFontMetricsF(self._application.font()).height()

    @Slot()
    def _system_changed(self) -> None:
        if self._scheme == "system":
            self._refresh()

    def _wants_dark(self) -> bool:
        if self._scheme == "system":
            return self._application.styleHints().colorScheme() == Qt.ColorScheme.Dark
        return self._scheme == "dark"

    def _scale_font(self, percent: int) -> None:
        size = self._application.property(_OWN_SIZE)
        font = self._application.font()
        if size > 0 and font.pointSizeF() != size * percent / 100:
            font.setPointSizeF(size * percent / 100)
            self._application.setFont(font)

    def _refresh(self) -> None:
        dark = self._wants_dark()
        if dark != self._dark:
            self._dark = dark
            self._apply()
            self.changed.emit()

    def _apply(self) -> None:
        self._application.setPalette(palette(self.tokens))
        values = {field.name: getattr(self.tokens, field.name) for field in fields(self.tokens)}
        # A sheet takes pictures from files only; the chevron's grey reads on both grounds.
        files = {"down_image": "chevron-down", "check_image": "check-dark" if self._dark else "check-light"}
        images = {name: (resources() / "icons" / f"{file}.svg").as_posix() for name, file in files.items()}
        self._application.setStyleSheet(stylesheet(values, self.em, images))


def palette(tokens: Tokens) -> QPalette:
    """Qt's palette for the tokens."""
    roles = QPalette.ColorRole
    made = QPalette()
    for role, value in {
        roles.Window: tokens.surface,
        roles.WindowText: tokens.text,
        roles.Base: tokens.raised,
        roles.AlternateBase: tokens.surface,
        roles.Text: tokens.text,
        roles.Button: tokens.raised,
        roles.ButtonText: tokens.text,
        roles.BrightText: tokens.danger,
        roles.ToolTipBase: tokens.raised,
        roles.ToolTipText: tokens.text,
        roles.PlaceholderText: tokens.muted,
        roles.Highlight: tokens.accent,
        roles.HighlightedText: tokens.on_accent,
        roles.Accent: tokens.accent,
        roles.Link: tokens.accent,
        roles.LinkVisited: tokens.accent,
        roles.Light: tokens.raised,
        roles.Midlight: tokens.grid,
        roles.Mid: tokens.line,
        roles.Dark: tokens.line,
        roles.Shadow: tokens.line,
    }.items():
        made.setColor(role, QColor(value))
    off = blend(QColor(tokens.text), QColor(tokens.surface), 0.55)
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, role, off)
    made.setColor(QPalette.ColorGroup.Disabled, roles.Highlight, QColor(tokens.line))
    return made


def blend(color: QColor, ground: QColor, share: float) -> QColor:
    """``color`` with ``share`` of ``ground`` mixed in, opaque."""
    keep = 1.0 - share
    return QColor.fromRgbF(
        keep * color.redF() + share * ground.redF(),
        keep * color.greenF() + share * ground.greenF(),
        keep * color.blueF() + share * ground.blueF(),
    )


def contrast(first: QColor, second: QColor) -> float:
    """Contrast ratio of two opaque colours, 1 … 21 (WCAG 2.2, "contrast ratio")."""

    def luminance(color: QColor) -> float:
        red, green, blue = (
            c / 12.92 if c <= 0.04045 else float(((c + 0.055) / 1.055) ** 2.4)
            for c in (color.redF(), color.greenF(), color.blueF())
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)
