"""One bridge for what the program has to say: from any thread, from logging and from Qt, to whoever shows it."""

from __future__ import annotations

import contextlib
import logging
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, Slot, qInstallMessageHandler

from gdstudio.core.errors import StudioError

_LEVELS = ((logging.ERROR, "error"), (logging.WARNING, "warning"))
_QT_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}
qt_log = logging.getLogger("qt")


class Notices(QObject):
    """Passes messages on in its own thread, whichever thread they come from.

    Signals:
        message(level, text, hint): Level is info, success, warning or error.
    """

    message = Signal(str, str, str)
    _arrived = Signal(str, str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        # Through a slot of this object, so that Qt queues what comes from another thread.
        self._arrived.connect(self._pass_on)

    def tell(self, level: str, text: str, hint: str = "") -> None:
        """Say something; may be called from any thread."""
        self._arrived.emit(level, text, hint)

    def tell_error(self, error: BaseException) -> None:
        """Say what went wrong: a StudioError in its own words, anything else as unexpected."""
        if isinstance(error, StudioError):
            self.tell("error", error.message, error.hint)
        else:
            self.tell("error", f"Something unexpected went wrong: {type(error).__name__}: {error}")

    @Slot(str, str, str)
    def _pass_on(self, level: str, text: str, hint: str) -> None:
        self.message.emit(level, text, hint)


class LogBridge(logging.Handler):
    """Passes the log's warnings and errors on to the person."""

    def __init__(self, notices: Notices, level: int = logging.WARNING) -> None:
        super().__init__(level)
        self._notices = notices

    def emit(self, record: logging.LogRecord) -> None:
        """Pass one record on, without its traceback."""
        level = next((name for number, name in _LEVELS if record.levelno >= number), "info")
        cause = record.exc_info[1] if record.exc_info else None
        said = f"{record.getMessage()}: {cause}" if cause is not None else record.getMessage()
        # Raised where the window is gone already; the log's other handlers have the record all the same.
        with contextlib.suppress(RuntimeError):
            self._notices.tell(level, said)

    def __enter__(self) -> LogBridge:
        logging.getLogger("gdstudio").addHandler(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        logging.getLogger("gdstudio").removeHandler(self)


def log_qt_messages() -> None:
    """Send what Qt itself has to say to the log ``qt`` instead of the terminal."""
    qInstallMessageHandler(_log_qt_message)


def _log_qt_message(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    where = f" ({context.category})" if context.category and context.category != "default" else ""
    qt_log.log(_QT_LEVELS.get(kind, logging.WARNING), "%s%s", text, where)
