"""The Qt window: `has_display` checks whether a window can be shown here, `run_window` shows it until it is closed.

PyQt5 is imported by `run_window` only. cv2 is imported here, before Qt can start: `realtime_pose._cv2` corrects the
environment variables that cv2 sets and that would break Qt.
"""

from collections.abc import Callable, Set
from typing import TYPE_CHECKING

from realtime_pose import _cv2  # noqa: F401 - its import corrects the environment
from realtime_pose.app.display import display_problem, has_display
from realtime_pose.config import Config
from realtime_pose.errors import RealtimePoseError

if TYPE_CHECKING:
    from realtime_pose.app.live_pipeline import LivePipeline

__all__ = ["display_problem", "has_display", "run_window"]


def run_window(
    config: Config, *, build: "Callable[[Config], LivePipeline] | None" = None, given: Set[str] = frozenset()
) -> int:
    """Show the window until the user closes it, or presses Ctrl-C in the terminal.

    Args:
        config: The source to open first, what is drawn at first, and where recordings go.
        build: Makes a pipeline from a configuration; None for the real one.
        given: Dotted names of the values that count although they are the defaults, such as ``detect.model``: they
            come before what the window has kept, as do all that are not the defaults.

    Returns:
        The exit code: 0, or 1 if the source had failed when the window was closed.

    Raises:
        RealtimePoseError: No window can be shown here; the message has the reason.
    """
    if problem := display_problem():
        raise RealtimePoseError(f"no window can be shown: {problem}; to run without a window, use --headless")
    from realtime_pose.app.application import show_until_closed
    from realtime_pose.app.real_pipeline import build_pipeline

    return show_until_closed(config, build or build_pipeline, given=given)
