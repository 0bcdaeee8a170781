"""Saves the picture of the window with its overlay, off the GUI thread."""

from realtime_pose.app.bridge import Bridge
from realtime_pose.app.error_reports import ErrorReports
from realtime_pose.app.views.image_view import save_png


def save_snapshot(bridge: Bridge, reports: ErrorReports) -> None:
    """Save the scene that is shown as PNG, at the size of its frame, and say where; nothing without a scene."""
    drawn, path = bridge.drawn, bridge.snapshots.next_path(".png")
    if drawn is None:
        return
    bridge.tasks.start(
        lambda: save_png(drawn.draw_snapshot(), path),
        on_done=lambda _: reports.show_saved(path),
        on_failed=reports.show_error,
    )
