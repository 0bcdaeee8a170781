"""The first start of the window: the page with what was found, shown once, and again when the user asks for it."""

from collections.abc import Callable, Sequence
from functools import partial

from PyQt5.QtWidgets import QWidget

from realtime_pose.app.bridge import Bridge
from realtime_pose.app.first_look import FirstLook, look_around
from realtime_pose.app.preferences import WINDOW, Preferences
from realtime_pose.app.source_choice import ask_for_file
from realtime_pose.app.translation import tr
from realtime_pose.app.views.first_page import FirstPage
from realtime_pose.config import SourceConfig
from realtime_pose.sources.webcam import Webcam

_UNSCALED = 0.05  # a difference from 1 that comes from a rounded resolution
_WAS_SHOWN = f"{WINDOW}first_page_shown"


class FirstStart:
    """Shows the page.

    Args:
        bridge: Has the configuration, and runs what takes long.
        preferences: Keep that the page was shown.
        cameras: Lists the cameras; called off the GUI thread.
        is_named: Whether the user has named the source to open first.

    Attributes:
        page: The page while it is shown; None otherwise.
    """

    def __init__(
        self, bridge: Bridge, preferences: Preferences, cameras: Callable[[], Sequence[Webcam]], *, is_named: bool
    ) -> None:
        self._bridge, self._preferences, self._cameras, self._is_named = bridge, preferences, cameras, is_named
        self.page: FirstPage | None = None
        self._found: FirstLook | None = None  # kept: it holds the networks until a source has them

    def is_due(self, uri: str) -> bool:
        """Whether the page comes before this source: at the first start, if the user has named no source."""
        return uri == SourceConfig().uri and not self._is_named and not self._preferences.get(_WAS_SHOWN)

    def show(
        self, window: QWidget, open_source: Callable[[str], None], edit_address: Callable[[], None], fallback: str = ""
    ) -> None:
        """Show the page.

        Args:
            window: Its owner.
            open_source: Opens an address.
            edit_address: Lets the user type one.
            fallback: Opened if the user closes the page without a choice; "" for nothing.
        """
        self._preferences.keep({_WAS_SHOWN: True})
        actions: dict[str, Callable[[], None]] = {
            "file": partial(ask_for_file, window, open_source),
            "address": edit_address,
        }
        self.page = page = FirstPage(_describe_display(window), actions, open_source, window)
        page.rejected.connect(lambda: open_source(fallback) if fallback else None)
        page.finished.connect(self._forget)
        page.open()
        work = partial(look_around, self._bridge.config, self._cameras)
        self._bridge.tasks.start(work, on_done=self._take, on_failed=self._log)

    def _take(self, found: FirstLook) -> None:
        self._found = found
        if self.page is not None:
            self.page.show_found(found)

    def _log(self, error: str) -> None:
        """The cameras could not be listed."""
        self._take(FirstLook((), error, "", ""))

    def _forget(self) -> None:
        self.page = None


def _describe_display(window: QWidget) -> str:
    """Size, rate and scale of the screen with the window."""
    screen = window.screen()
    if screen is None:
        return ""
    size, ratio = screen.size(), screen.devicePixelRatio()
    text = tr("{width} x {height} at {rate} Hz").format(
        width=round(size.width() * ratio), height=round(size.height() * ratio), rate=f"{screen.refreshRate():.0f}"
    )
    return text if abs(ratio - 1) < _UNSCALED else text + tr(", scaled by {scale}").format(scale=f"{ratio:g}")
