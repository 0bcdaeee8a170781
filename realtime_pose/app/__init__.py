"""The Qt window: `has_display` says whether it can be shown here, `run_window` shows it until it is closed.

PyQt5 is imported by `run_window` only, and cv2 before it: `realtime_pose._cv2` makes the two good neighbours.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from realtime_pose.app.display import has_display, why_no_display
from realtime_pose.config import Config

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
    from realtime_pose.app.application import show_until_closed

    if build is None:
        from realtime_pose.pipeline.build import build as build_pipeline

        build = build_pipeline
    return show_until_closed(config, build)
