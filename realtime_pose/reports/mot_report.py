"""The tracks of a sequence to pictures in a folder: a timeline, and the frames around each exchange of ids."""

from pathlib import Path

import numpy as np

from realtime_pose._cv2 import cv2
from realtime_pose.config import RenderConfig
from realtime_pose.errors import SinkError
from realtime_pose.evaluate import mot
from realtime_pose.evaluate.boxes import TrackedBoxes
from realtime_pose.evaluate.mot_folders import MotSequence, image_paths
from realtime_pose.render.colours import person_colours
from realtime_pose.render.draw import draw
from realtime_pose.reports.id_timeline import draw_timeline, marked, side_by_side
from realtime_pose.scene import Boxes, Frame, Image, Int, Poses, Scene, Tracks
from realtime_pose.skeletons import COCO17

_STYLE = RenderConfig(skeletons=False, boxes=True, ids=True, hud=True)
_PANEL_WH = (560, 420)
_AROUND = (-1, 0, 1, 2)  # frames beside a switch, besides the last that had the old id
_GREY = 60  # of a frame that has no picture


def plot(sequence: MotSequence, given: TrackedBoxes, folder: Path) -> int:
    """Write NAME_timeline.png, and NAME_switch_FRAME.jpg for every frame with a switch; the number of switches.

    In a strip stand the last frame that had the old id, the frame before the switch, that of the switch and two more;
    whoever gets another id has a white frame.

    Raises:
        SinkError: They cannot be written.
        MissingPackageError: The scorer, which also says who is who, is not installed.
    """
    matches = mot.matches(sequence.truth, given)
    num_frames = max(sequence.num_frames, given.num_frames)
    num_switches = int(matches.is_switch.sum())
    title = f"{sequence.name}: {num_switches} switches, {len(np.unique(matches.ids))} ids, {num_frames} frames"
    picture = draw_timeline(
        matches, lambda track_id: person_colours(track_id).middle, num_frames=num_frames, title=title
    )
    _write(folder / f"{sequence.name}_timeline.png", picture)
    for frame in np.unique(matches.frame[matches.is_switch]).tolist():
        people = matches.person[matches.is_switch & (matches.frame == frame)]
        shown = _frames_around(matches, frame, people, num_frames)
        strip = side_by_side([_panel(sequence, given, people, each) for each in shown])
        _write(folder / f"{sequence.name}_switch_{frame + 1:06d}.jpg", strip)
    return num_switches


def _frames_around(matches: mot.Matches, frame: int, people: Int, num_frames: int) -> list[int]:
    """The frames of a strip: rising, each once, none beyond the sequence."""
    is_before = np.isin(matches.person, people) & (matches.frame < frame)
    frames = {int(matches.frame[is_before].max()), *(frame + step for step in _AROUND)}
    return sorted(each for each in frames if 0 <= each < num_frames)


def _panel(sequence: MotSequence, given: TrackedBoxes, people: Int, index: int) -> Image:
    """One frame with the given boxes and ids, and a white frame around the true boxes of these people."""
    truth = sequence.truth.in_frame(index)
    image = _image(sequence, index)
    for xyxy in truth.take(np.isin(truth.ids, people)).xyxy:
        image = marked(image, xyxy.astype(np.float32))
    frame = Frame(image, index, index / sequence.rate_hz, 0.0, sequence.name)
    scene = Scene(frame, tracks=_as_tracks(given.in_frame(index)))
    return draw(scene, _STYLE, wh=_PANEL_WH, hud=(f"frame {index + 1}",))


def _image(sequence: MotSequence, index: int) -> Image:
    """The picture of a frame; an even ground where there is none."""
    paths = image_paths(sequence.pictures)
    image = cv2.imread(str(paths[index])) if index < len(paths) else None
    if image is None:
        return np.full((sequence.wh[1], sequence.wh[0], 3), _GREY, np.uint8)
    return image.astype(np.uint8, copy=False)


def _as_tracks(given: TrackedBoxes) -> Tracks:
    """Boxes with ids as the tracks of a frame, all confirmed and seen; without keypoints."""
    boxes = Boxes(given.xyxy.astype(np.float32), given.score.astype(np.float32))
    nowhere = np.zeros((len(given), len(COCO17), 2), np.float32)
    return Tracks.at_rest(Poses(nowhere, np.zeros(nowhere.shape[:2], np.float32), boxes, COCO17), given.ids.copy())


def _write(path: Path, picture: Image) -> None:
    """Encode a picture by the ending of its path, and write it."""
    _, content = cv2.imencode(path.suffix, picture)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.tobytes())
    except OSError as error:
        raise SinkError(f"{path}: the picture cannot be written ({error.strerror}); check the folder") from error
