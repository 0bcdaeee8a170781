"""The report of `eval mot`: the tracks of a sequence to images of a timeline and of the frames around each switch."""

from pathlib import Path

import numpy as np

from realtime_pose._cv2 import cv2
from realtime_pose.config import RenderConfig
from realtime_pose.counts import counted
from realtime_pose.evaluate import mot
from realtime_pose.evaluate.boxes import TrackedBoxes
from realtime_pose.evaluate.mot_folders import MotSequence, image_paths
from realtime_pose.render.colours import person_colours
from realtime_pose.render.draw import draw
from realtime_pose.reports.id_timeline import draw_timeline, mark_box, place_side_by_side
from realtime_pose.reports.report_file import write_report_file
from realtime_pose.scene import Boxes, Frame, Image, Int, Poses, Scene, Tracks
from realtime_pose.skeletons import COCO17

_STYLE = RenderConfig(skeletons=False, boxes=True, ids=True, hud=True)
_PANEL_WH = (560, 420)
_AROUND = (-1, 0, 1, 2)  # frames relative to a switch; the last frame with the old id comes first
_GREY = 60  # of a frame without an image


def plot(sequence: MotSequence, tracked: TrackedBoxes, folder: Path) -> int:
    """Write NAME_timeline.png, and NAME_switch_FRAME.jpg for each frame with a switch; the number of switches.

    A strip shows the last frame with the old id, the frame before the switch, the frame of the switch, and two more. A
    person whose id switches has a white frame.

    Raises:
        SinkError: A file cannot be written.
    """
    matches = mot.match_boxes(sequence.truth, tracked)
    num_frames = max(sequence.num_frames, tracked.num_frames)
    num_switches = int(matches.is_switch.sum())
    title = ", ".join(
        (
            f"{sequence.name}: {counted(num_switches, 'switch', 'switches')}",
            counted(len(np.unique(matches.ids)), "id"),
            counted(num_frames, "frame"),
        )
    )
    timeline = draw_timeline(
        matches, lambda track_id: person_colours(track_id).middle, num_frames=num_frames, title=title
    )
    _write_image(folder / f"{sequence.name}_timeline.png", timeline)
    for frame in np.unique(matches.frame[matches.is_switch]).tolist():
        persons = matches.person[matches.is_switch & (matches.frame == frame)]
        frames = _frames_around(matches, frame, persons, num_frames)
        strip = place_side_by_side([_panel(sequence, tracked, persons, each) for each in frames])
        _write_image(folder / f"{sequence.name}_switch_{frame + 1:06d}.jpg", strip)
    return num_switches


def _frames_around(matches: mot.Matches, frame: int, persons: Int, num_frames: int) -> list[int]:
    """The frames of a strip: rising, each once, all inside the sequence."""
    is_before = np.isin(matches.person, persons) & (matches.frame < frame)
    frames = {int(matches.frame[is_before].max()), *(frame + step for step in _AROUND)}
    return sorted(each for each in frames if 0 <= each < num_frames)


def _panel(sequence: MotSequence, tracked: TrackedBoxes, persons: Int, index: int) -> Image:
    """One frame with the tracked boxes and ids, and white frames around the true boxes of these persons."""
    truth = sequence.truth.in_frame(index)
    image = _read_frame(sequence, index)
    for xyxy in truth.take(np.isin(truth.ids, persons)).xyxy:
        image = mark_box(image, xyxy.astype(np.float32))
    frame = Frame(image, index, index / sequence.rate_hz, 0.0, sequence.name)
    scene = Scene.from_tracks(frame, _as_tracks(tracked.in_frame(index)))
    return draw(scene, _STYLE, wh=_PANEL_WH, hud=(f"frame {index + 1}",))


def _read_frame(sequence: MotSequence, index: int) -> Image:
    """The image of a frame; plain grey if it is missing or cannot be read."""
    paths = image_paths(sequence.image_folder)
    image = cv2.imread(str(paths[index])) if index < len(paths) else None
    if image is None:
        return np.full((sequence.wh[1], sequence.wh[0], 3), _GREY, np.uint8)
    return image.astype(np.uint8, copy=False)


def _as_tracks(tracked: TrackedBoxes) -> Tracks:
    """Boxes with ids as confirmed tracks of a frame, with keypoints of score 0."""
    boxes = Boxes(tracked.xyxy.astype(np.float32), tracked.score.astype(np.float32))
    keypoints = np.zeros((len(tracked), len(COCO17), 2), np.float32)
    poses = Poses(keypoints, np.zeros(keypoints.shape[:2], np.float32), boxes, COCO17)
    return Tracks.at_rest(poses, tracked.ids.copy())


def _write_image(path: Path, image: Image) -> None:
    """Encode an image in the format of the file name, and write it."""
    write_report_file(path, cv2.imencode(path.suffix, image)[1].tobytes())
