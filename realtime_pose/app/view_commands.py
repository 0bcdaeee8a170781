"""What the keys, the wheel and the mouse do with the part of the picture that is shown."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PyQt5.QtCore import QPointF

from realtime_pose.app.bridge import Bridge
from realtime_pose.app.people_at import frame_point
from realtime_pose.app.translation import tr
from realtime_pose.app.viewport_control import ZOOM_STEP, fitted, full_size, pan_by, zoom_by
from realtime_pose.app.views.image_view import ImageView
from realtime_pose.config import Viewport


class ViewCommands:
    """The commands of keys.VIEW_COMMANDS, and those of the mouse.

    Args:
        bridge: Has the settings, and the scene that is shown.
        on_done: Called after each.
    """

    def __init__(self, bridge: Bridge, on_done: Callable[[], None]) -> None:
        self._bridge, self._on_done = bridge, on_done

    def show_in(self, view: ImageView) -> None:
        """Take the wheel and the drags of this picture."""
        view.wheel_turned.connect(self.turn_wheel)
        view.dragged.connect(self.drag)

    def callbacks(self) -> dict[str, Callable[[], None]]:
        """What each command does, by its name."""
        return {
            "mirror": self._toggle_mirror,
            "zoom_in": partial(self._zoom_at_centre, ZOOM_STEP),
            "zoom_out": partial(self._zoom_at_centre, 1 / ZOOM_STEP),
            "fit": self.fit,
            "full_size": self._show_full_size,
        }

    def zoom_text(self) -> str:
        """The zoom for a badge; "" while all of the picture is shown."""
        zoom = self._bridge.settings.viewport.zoom
        return "" if zoom == 1.0 else tr("Zoom {zoom}×").format(zoom=f"{zoom:.1f}")

    def turn_wheel(self, point: QPointF, steps: float) -> None:
        """Zoom at this point of the image."""
        if (sizes := self._sizes()) is not None:
            at = self._to_frame(point)
            self._apply(zoom_by(self._viewport, ZOOM_STEP**steps, at=at, frame_wh=sizes[0], room_wh=sizes[1]))

    def drag(self, moved: QPointF) -> None:
        """Move the picture by so many pixels of the image."""
        sizes = self._sizes()
        if sizes is None or self._viewport.zoom <= 1.0 or self._is_following:
            return
        start, end = self._to_frame(QPointF(0.0, 0.0)), self._to_frame(moved)
        shift = end[0] - start[0], end[1] - start[1]
        self._apply(pan_by(self._viewport, shift, frame_wh=sizes[0], room_wh=sizes[1]))

    def fit(self) -> None:
        """Show all of the picture."""
        self._apply(fitted(self._viewport))

    @property
    def _viewport(self) -> Viewport:
        return self._bridge.settings.viewport

    @property
    def _is_following(self) -> bool:
        """Whether a person decides which part of the picture is shown."""
        people = self._bridge.settings.people
        return people.locked is not None and not people.has_inset

    def _toggle_mirror(self) -> None:
        self._apply(replace(self._viewport, is_mirrored=not self._viewport.is_mirrored))

    def _zoom_at_centre(self, factor: float) -> None:
        if (sizes := self._sizes()) is not None:
            frame_wh, room_wh = sizes
            centre = self._viewport.centre[0] * frame_wh[0], self._viewport.centre[1] * frame_wh[1]
            self._apply(zoom_by(self._viewport, factor, at=centre, frame_wh=frame_wh, room_wh=room_wh))

    def _show_full_size(self) -> None:
        if (sizes := self._sizes()) is not None:
            self._apply(full_size(self._viewport, frame_wh=sizes[0], room_wh=sizes[1]))

    def _sizes(self) -> tuple[tuple[int, int], tuple[int, int]] | None:
        """Width and height of the frame, and of the space for the picture; None without a picture."""
        scene, room_wh = self._bridge.scene, self._bridge.settings.display_wh
        return None if scene is None or room_wh is None else (scene.frame.wh, room_wh)

    def _to_frame(self, point: QPointF) -> tuple[float, float]:
        """A point of the image in pixels of the frame."""
        drawn = self._bridge.drawn
        return (0.0, 0.0) if drawn is None else frame_point(drawn, point)

    def _apply(self, viewport: Viewport) -> None:
        self._bridge.apply_settings(replace(self._bridge.settings, viewport=viewport))
        self._on_done()
