"""What the keys and sliders do with what is drawn and how it is found; it acts at once."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from realtime_pose.app.bridge import Bridge
from realtime_pose.app.keys import DRAW_TOGGLES
from realtime_pose.app.views.control_bar import ControlBar
from realtime_pose.config import SmoothConfig


class DrawingCommands:
    """The commands of keys.DRAW_TOGGLES, and those of the sliders.

    Args:
        bridge: Has the settings.
        on_done: Called after each command of a key.
    """

    def __init__(self, bridge: Bridge, on_done: Callable[[], None]) -> None:
        self._bridge, self._on_done = bridge, on_done
        self._controls: ControlBar

    def show_in(self, controls: ControlBar) -> None:
        """Take what these sliders say."""
        self._controls = controls
        controls.detector.moved.connect(self.set_detector_threshold)
        controls.keypoints.moved.connect(self.set_keypoint_threshold)
        controls.cutoff.moved.connect(self.set_cutoff)

    def show_settings(self) -> None:
        """Show settings that were changed elsewhere in the sliders and buttons."""
        self._controls.show_settings(self._bridge.settings)
        self._on_done()

    def callbacks(self) -> dict[str, Callable[[], None]]:
        """What each command does, by its name."""
        return {name: partial(self._toggle, name) for name in DRAW_TOGGLES}

    def set_keypoint_threshold(self, value: float) -> None:
        """Draw keypoints from this score on."""
        self._change(keypoint_threshold=value)

    def set_detector_threshold(self, value: float) -> None:
        """Take detections from this score on."""
        self._bridge.apply_settings(replace(self._bridge.settings, detector_threshold=value))

    def set_cutoff(self, value_hz: float) -> None:
        """Smooth less or more: the least cutoff frequency."""
        settings = self._bridge.settings
        smooth = replace(settings.smooth or SmoothConfig(), min_cutoff_hz=value_hz)
        self._bridge.apply_settings(replace(settings, smooth=smooth))

    def _toggle(self, name: str) -> None:
        self._change(**{name: not getattr(self._bridge.settings.shown, name)})
        self._on_done()

    def _change(self, **changes: Any) -> None:
        """Change fields of RenderConfig."""
        settings = self._bridge.settings
        self._bridge.apply_settings(replace(settings, shown=replace(settings.shown, **changes)))
