"""The image of a scene for each outlet, by that outlet's mode: window, recording with overlay, clean recording.

Nobody else takes an image out of a scene for a person to see, so this is where persons are made anonymous. A snapshot
is the window's image at the size of the frame.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from realtime_pose import render
from realtime_pose.channels import Channel
from realtime_pose.config import LiveSettings, RenderConfig, Viewport
from realtime_pose.counts import counted
from realtime_pose.errors import ChannelClosedError
from realtime_pose.pipeline.stats import Statistics
from realtime_pose.render import FollowedPlace, Inset, Privacy
from realtime_pose.scene import Float, Image, Scene

_REPEAT_S = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class DrawnScene:
    """A scene as the window shows it.

    Attributes:
        scene: What is known of the frame.
        image: (H, W, 3) uint8 BGR image with the overlay, at the size of the window.
        draw_snapshot: Draws all of the picture at the size of the frame.
        to_image: (2, 3) map from the pixels of the frame to those of the image.
        is_analysed: Whether people were looked for in the frame; not yet, if a file is shown ahead of its analysis.
        inset: The followed person enlarged, for a corner of the window; None without it.
    """

    scene: Scene
    image: Image
    draw_snapshot: Callable[[], Image]
    to_image: Float = field(default_factory=lambda: np.eye(2, 3, dtype=np.float32))
    is_analysed: bool = True
    inset: Inset | None = None


@dataclass(frozen=True, slots=True)
class OutletImages:
    """Makes the images of one pipeline.

    Attributes:
        statistics: Statistics of this pipeline, for the figures in the corner of the overlay.
        devices: The device that runs each stage's network.
        is_live: Whether to show the age of the frame; for a file it has no meaning.
        recorded: What is drawn in a recording with overlay.
        window_privacy: How persons are made anonymous in the window and in snapshots.
        recording_privacy: How persons are made anonymous in recordings.
        is_pictures: Whether the scenes are single pictures, for which a rate has no meaning.
    """

    statistics: Statistics
    devices: Mapping[str, str]
    is_live: bool
    recorded: RenderConfig
    window_privacy: Privacy = Privacy.NONE
    recording_privacy: Privacy = Privacy.NONE
    is_pictures: bool = False
    _followed: FollowedPlace = field(default_factory=FollowedPlace)

    def for_window(self, scene: Scene, settings: LiveSettings) -> DrawnScene:
        """The scene with its image for the window: the part and what else the settings show, at their size."""
        people, style = settings.people, settings.shown
        if scene.names != people.names:  # a name acts in a pause too
            scene = replace(scene, names=people.names)
        self._followed.update(scene, people.locked)
        viewport, room_wh = self._follow(scene, settings), settings.display_wh or scene.frame.wh
        visible = self._anonymous(scene, self.window_privacy)
        looked_at = render.look_at(visible, room_wh, viewport)
        hud = self._hud_lines(scene, style) if style.hud else ()
        with render.on_screen(settings.pixel_ratio):
            image = render.draw_people(looked_at, style, people, wh=render.image_room(room_wh, viewport), hud=hud)
        to_image = render.view_affine(scene.frame.wh, room_wh, viewport)
        snapshot = partial(self._draw_snapshot, visible, settings)
        inset = None
        if people.has_inset:
            hidden = render.without_hidden(visible, people)
            with render.on_screen(settings.pixel_ratio):
                inset = render.draw_inset(hidden, settings, self._followed, room_wh=room_wh, to_image=to_image)
        return DrawnScene(scene, image, snapshot, to_image=to_image, inset=inset)

    def for_recording(self, scene: Scene, kind: str) -> Image:
        """The image for a kind of recorded video, at the size of the frame: overlay, or clean."""
        if kind == "overlay":
            lines = self._hud_lines(scene, self.recorded) if self.recorded.hud else ()
            return render.draw(scene, self.recorded, hud=lines, privacy=self.recording_privacy)
        return render.anonymize(scene, self.recording_privacy)

    def _draw_snapshot(self, visible: Scene, settings: LiveSettings) -> Image:
        """All of the picture at the size of the frame, mirrored as in the window; nothing is faded."""
        whole, people = render.look_at(visible, None, settings.viewport), replace(settings.people, locked=None)
        hud = self._hud_lines(visible, settings.shown) if settings.shown.hud else ()
        return render.draw_people(whole, settings.shown, people, hud=hud)

    def _follow(self, scene: Scene, settings: LiveSettings) -> Viewport:
        """What is shown: around the locked person, unless that one has an inset."""
        centre, viewport = self._followed.centre, settings.viewport
        if centre is None or settings.people.has_inset:
            return viewport
        width, height = scene.frame.wh
        return replace(viewport, centre=(float(centre[0]) / width, float(centre[1]) / height))

    def _anonymous(self, scene: Scene, privacy: Privacy) -> Scene:
        """The scene with its persons made anonymous, also those whom the user hides."""
        return replace(scene, frame=replace(scene.frame, image=render.anonymize(scene, privacy)))

    def _hud_lines(self, scene: Scene, style: RenderConfig) -> tuple[str, ...]:
        """Rate, age of a live frame, number of persons who are drawn and without a pose, device."""
        shown = scene.tracks.seen.poses
        num_persons = int(render.has_skeleton(shown, threshold=style.keypoint_threshold).sum())
        lines = [] if self.is_pictures else [f"{self.statistics.rate_hz:.1f} fps"]
        age_s = self.statistics.age_s
        if self.is_live and age_s is not None:
            lines.append(format_age(age_s))
        lines.append(counted(num_persons, "person"))
        if len(scene.unposed):
            lines.append(f"{len(scene.unposed)} more: no time")
        # One name if all networks run on the same device.
        return (*lines, " + ".join(sorted(set(self.devices.values()))))


def format_age(age_s: float) -> str:
    """The age of a frame as text.

    >>> format_age(0.0843), format_age(62.31)
    ('age 84 ms', 'age 62.3 s')
    """
    return f"age {age_s * 1000:.0f} ms" if age_s < 1 else f"age {age_s:.1f} s"


def repeat_latest(scenes: Channel[Scene], *, is_wanted: Callable[[], bool]) -> Iterator[Scene]:
    """The scenes; while none arrives, the latest one again twice a second.

    It is repeated only while ``is_wanted``. The window needs this during an outage: the image stays the same, but its
    age grows.
    """
    scene: Scene | None = None
    while True:
        try:
            scene = scenes.get(timeout_s=_REPEAT_S)
        except TimeoutError:  # keep the latest scene and yield it again
            if scene is None or not is_wanted():
                continue
        except ChannelClosedError:
            return
        yield scene
