"""The Qt window: `has_display` says whether it can be shown here, `run_window` shows it until it is closed.

PyQt5 is imported by `run_window` only. cv2 is imported here, before Qt can start: `realtime_pose._cv2` puts the
variables right with which cv2 would lead Qt astray.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from realtime_pose import _cv2  # noqa: F401 - for what its import does to the environment
from realtime_pose.app.display import has_display, why_no_display
from realtime_pose.config import Config
from realtime_pose.errors import RealtimePoseError

if TYPE_CHECKING:
    from realtime_pose.app.bridge import LivePipeline

__all__ = ["has_display", "run_window", "why_no_display"]


def run_window(config: Config, *, build: "Callable[[Config], LivePipeline] | None" = None) -> int:
    """Show the window until it is closed, by its user or by Ctrl-C in the terminal.

    Args:
        config: The source to open first, what is drawn at first, and where recordings go.
        build: Makes a pipeline of a configuration; None: the real one.

    Returns:
        The exit code: 0, or 1 where the window was closed on a source that had failed.

    Raises:
        RealtimePoseError: No window can be shown here; the message says why.
    """
    if reason := why_no_display():
        raise RealtimePoseError(f"no window can be shown: {reason}; or run without one: --headless")
    from realtime_pose.app.application import show_until_closed

    return show_until_closed(config, build or _build)


def _build(config: Config) -> "LivePipeline":
    """The real pipeline; its rooms take seconds to import, so that is done off the GUI thread too."""
    from realtime_pose.pipeline.build import build

    return build(config)
