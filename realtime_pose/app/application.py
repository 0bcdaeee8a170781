"""The Qt application around the window: theme, Ctrl-C, failures that nobody caught, and an end without threads."""

import logging
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType

from PyQt5.QtCore import QObject, Qt, QTimer, pyqtSignal
from PyQt5.QtWidgets import QApplication

from realtime_pose.app.bridge import LivePipeline
from realtime_pose.app.icons import app_icon
from realtime_pose.app.theme import apply_theme
from realtime_pose.app.window import Window
from realtime_pose.config import Config
from realtime_pose.errors import RealtimePoseError

_log = logging.getLogger(__name__)
_JOIN_S = 0.5  # the window has waited for the pipeline already


class _Relay(QObject):
    """Carries words from any thread to the GUI thread."""

    came = pyqtSignal(str)


def show_until_closed(config: Config, build: Callable[[Config], LivePipeline]) -> int:
    """Show the window until it is closed; see `realtime_pose.app.run_window`."""
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_EnableHighDpiScaling)
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_UseHighDpiPixmaps)
    QApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    app = QApplication([sys.argv[0]])
    app.setApplicationName("realtime-pose")
    app.setWindowIcon(app_icon())
    apply_theme(app)
    window = Window(config, build=build)
    window.bridge.closed.connect(app.quit)
    app.setQuitOnLastWindowClosed(False)
    with failures_shown(window.show_failure), _signals_close(window):
        window.show()
        window.open(config.source.uri)
        app.exec()
    window.bridge.tasks.wait(_JOIN_S)
    return 1 if window.has_failed else 0


@contextmanager
def failures_shown(show: Callable[[str], None]) -> Iterator[None]:
    """Log and show what nobody caught, in any thread, instead of ending the process, as Qt does otherwise.

    Args:
        show: Gets the words, on the thread that entered.
    """
    relay = _Relay()
    relay.came.connect(show)
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        _log.error("unexpected failure", exc_info=(kind, error, traceback))
        relay.came.emit(str(error) if isinstance(error, RealtimePoseError) else f"Unexpected {kind.__name__}: {error}")

    sys.excepthook = hook
    try:
        yield
    finally:
        sys.excepthook = before


@contextmanager
def _signals_close(window: Window) -> Iterator[None]:
    """Close the window on Ctrl-C and on SIGTERM; the bridge's timer lets Python see the signal within a few ms."""

    def close(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - Python's signature
        QTimer.singleShot(0, window.leave)

    before = {number: signal.signal(number, close) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
