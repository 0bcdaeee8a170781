"""The Qt application around the window: theme, Ctrl-C, unexpected exceptions, and the end of all threads."""

import logging
import signal
import sys
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from types import FrameType, TracebackType

from PyQt5.QtCore import QObject, Qt, QTimer, pyqtSignal
from PyQt5.QtWidgets import QApplication

from realtime_pose.app.icon_loader import app_icon
from realtime_pose.app.live_pipeline import LivePipeline
from realtime_pose.app.theme import apply_theme
from realtime_pose.app.translation import tr
from realtime_pose.app.window import Window
from realtime_pose.config import Config
from realtime_pose.errors import RealtimePoseError
from realtime_pose.redaction import redact_text
from realtime_pose.system import termination_signals
from realtime_pose.system.standard_streams import leave_lost_terminal

_log = logging.getLogger(__name__)
_JOIN_TIMEOUT_S = 0.5  # short, because the window has already waited for the pipeline
_NAMES_TIMEOUT_S = 120.0  # to write the names of people into large files


class _MessageSignal(QObject):
    """Carries a message from any thread to the GUI thread."""

    received = pyqtSignal(str)


def show_until_closed(config: Config, build: Callable[[Config], LivePipeline], *, given: Set[str] = frozenset()) -> int:
    """Show the window until it is closed; see `realtime_pose.app.run_window`."""
    # Qt accepts these only before the application exists. PassThrough keeps fractional pixel ratios such as 1.25.
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_EnableHighDpiScaling)
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_UseHighDpiPixmaps)
    QApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    app = QApplication([sys.argv[0]])
    app.setApplicationName("realtime-pose")
    app.setWindowIcon(app_icon())
    apply_theme(app)
    window = Window(config, build=build, given=given)
    # The window may be hidden before its threads have ended, so Qt must not quit by itself.
    window.bridge.closed.connect(app.quit)
    app.setQuitOnLastWindowClosed(False)
    with show_exceptions(window.show_error), _close_on_signals(window):
        window.show()
        window.start(config.source.uri)
        app.exec()
    # A source that hangs while it opens may still have a thread. It ends with the process.
    window.bridge.tasks.wait(_NAMES_TIMEOUT_S if window.bridge.is_writing_names else _JOIN_TIMEOUT_S)
    return 1 if window.has_failed else 0


@contextmanager
def show_exceptions(show: Callable[[str], None]) -> Iterator[None]:
    """Log and show unexpected exceptions of any thread. Without this, PyQt ends the process.

    Args:
        show: Gets the message, on the thread that entered the context.
    """
    message_signal = _MessageSignal()
    message_signal.received.connect(show)
    previous_hook = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        _log.error("unexpected failure", exc_info=(kind, error, traceback))
        message = (
            str(error)
            if isinstance(error, RealtimePoseError)
            else tr("Unexpected {kind}: {error}").format(kind=kind.__name__, error=error)
        )
        # A signal, because this hook may run on any thread, and widgets belong to the GUI thread.
        message_signal.received.emit(redact_text(message))

    sys.excepthook = hook
    try:
        yield
    finally:
        sys.excepthook = previous_hook


@contextmanager
def _close_on_signals(window: Window) -> Iterator[None]:
    """Close the window on Ctrl-C, on SIGTERM, and when its terminal is closed (SIGHUP).

    Python handles a signal only when it runs Python code. The timers of the bridge make sure of that every few ms.
    """

    def close(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - Python's signature
        leave_lost_terminal()
        QTimer.singleShot(0, window.request_close)

    previous = {number: signal.signal(number, close) for number in (signal.SIGINT, *termination_signals())}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
