"""What a click on a person, the keys and the panel do with single people: lock, hide, name."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from PyQt5.QtCore import QPointF

from realtime_pose.app.bridge import Bridge
from realtime_pose.app.people_at import person_at
from realtime_pose.config import PeopleView, Viewport
from realtime_pose.render import zoom_onto

_LOCKED_SHARE = 0.7  # of the room is the locked person


class PeopleCommands:
    """Changes `PeopleView` of the settings.

    Args:
        bridge: Has the settings, and the scene that is shown.
        on_done: Called after each change.
    """

    def __init__(self, bridge: Bridge, on_done: Callable[[], None]) -> None:
        self._bridge, self._on_done = bridge, on_done
        self._unlocked_view: Viewport | None = None  # what was shown before somebody was locked
        self._before_click: PeopleView | None = None
        self._is_largest_locked = False  # because the inset needs somebody

    @property
    def people(self) -> PeopleView:
        """What is wanted now."""
        return self._bridge.settings.people

    def click(self, point: QPointF) -> None:
        """Lock the person at this point of the image; a locked one, or a click beside everybody, is let go."""
        drawn = self._bridge.drawn
        self._before_click = self.people
        if drawn is None or self._bridge.picture is not None:
            return
        person = person_at(drawn, point, self.people)
        self.lock(None if person == self.people.locked else person)

    def undo_click(self) -> None:
        """The click was the first half of a double click: do as if it had not been."""
        if self._before_click is not None and self._before_click != self.people:
            before, self._before_click = self._before_click, None
            self._change(has_inset=before.has_inset)
            self.lock(before.locked)

    def at(self, point: QPointF) -> int | None:
        """Who is at this point of the image; nobody in single pictures, where people are not tracked."""
        drawn = self._bridge.drawn
        return None if drawn is None or self._bridge.picture is not None else person_at(drawn, point, self.people)

    def lock(self, track_id: int | None) -> None:
        """Follow this person; None: nobody."""
        if track_id == self.people.locked:
            return
        self._is_largest_locked = False
        self._change(locked=track_id, hidden=self.people.hidden - {track_id})
        self._show_locked()
        self._on_done()

    def toggle_hidden(self, track_id: int) -> None:
        """Leave this person out of the picture, or draw the person again."""
        hidden = self.people.hidden ^ {track_id}
        if track_id in hidden and track_id == self.people.locked:
            self.lock(None)
        self._change(hidden=hidden)
        self._on_done()

    def show_all(self) -> None:
        """Hide nobody any more."""
        self._change(hidden=frozenset())
        self._on_done()

    def rename(self, track_id: int, name: str) -> None:
        """Give this person a name; an empty one takes it away."""
        clean = " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())
        others = {key: value for key, value in self.people.names.items() if key != track_id}
        self._change(names={**others, track_id: clean} if clean and clean != str(track_id) else others)
        self._on_done()

    def toggle_inset(self) -> None:
        """Show the locked person in a corner, or enlarge the picture around the person.

        If nobody is locked, the corner shows the largest person, who is let go again with it.
        """
        has_inset, largest = not self.people.has_inset, self._largest()
        is_chosen_here = has_inset and self.people.locked is None and largest is not None
        if is_chosen_here:
            self._change(locked=largest)
        elif self._is_largest_locked and not has_inset:
            self._change(locked=None)
        self._is_largest_locked = is_chosen_here
        self._change(has_inset=has_inset)
        self._show_locked()
        self._on_done()

    def forget(self) -> None:
        """A new source has other people."""
        self._unlocked_view = self._before_click = None

    def _largest(self) -> int | None:
        """The largest person in the picture; None if there is nobody, or nobody is tracked."""
        scene = self._bridge.scene
        if scene is None or scene.frame.picture is not None:
            return None
        seen = scene.tracks.seen
        shown = seen.take(~np.isin(seen.ids, list(self.people.hidden)))
        if not len(shown):
            return None
        xyxy = shown.poses.boxes.xyxy
        return int(shown.ids[int(np.argmax((xyxy[:, 2:] - xyxy[:, :2]).prod(axis=1)))])

    def _show_locked(self) -> None:
        """Enlarge the picture around the locked person, or show what was there before."""
        settings, people = self._bridge.settings, self.people
        if people.locked is None or people.has_inset:
            if self._unlocked_view is not None:
                view = replace(self._unlocked_view, is_mirrored=settings.viewport.is_mirrored)
                self._bridge.apply_settings(replace(settings, viewport=view))
            self._unlocked_view = None
            return
        self._unlocked_view = self._unlocked_view or settings.viewport
        zoom = max(self._zoom_of(people.locked), settings.viewport.zoom)
        self._bridge.apply_settings(replace(settings, viewport=replace(settings.viewport, zoom=zoom)))

    def _zoom_of(self, track_id: int) -> float:
        """The zoom at which a person fills the room well; 1 if the person is not in the picture."""
        scene, room_wh = self._bridge.scene, self._bridge.settings.display_wh
        if scene is None or room_wh is None:
            return 1.0
        boxes = scene.tracks.poses.boxes.xyxy[scene.tracks.ids == track_id].reshape(-1, 2, 2)
        if not len(boxes):
            return 1.0
        wh = np.asarray(boxes[0, 1] - boxes[0, 0], np.float32)
        return zoom_onto(wh, frame_wh=scene.frame.wh, room_wh=room_wh, share=_LOCKED_SHARE)

    def _change(self, **changes: Any) -> None:
        """Change fields of PeopleView."""
        settings = self._bridge.settings
        self._bridge.apply_settings(replace(settings, people=replace(settings.people, **changes)))
