"""Scenes to the native format: JSON lines, a header first, then a line a frame, also where nobody is seen.

Between the frames of a live source stands a line for each new state of it, with its reason, as soon as it is there.

Boxes are left, top, right, bottom in the axes of `scene`: the centre of the first pixel is (0, 0), its left edge -0.5.
"""

import json
from pathlib import Path
from typing import Any

from realtime_pose.files.output_file import OutputFile
from realtime_pose.scene import RECOVERED, Scene, TrackState
from realtime_pose.sinks.rows import PX_DIGITS, SCORE_DIGITS, keypoint_rows, rounded, visible_tracks
from realtime_pose.sinks.sink import RunHeader

SCHEMA = 1
_SYNC_S = 1.0  # of media time, as the fragments of a movie


class JsonlSink:
    """A line a scene, each written at once, so that a killed process loses none.

    People are the tentative and the confirmed tracks that the frame supports; their state stands beside them. Where the
    detector missed a person and the pose was found at the predicted place, "guided" is true; else it is left out. A
    lost track was not seen but predicted, and a prediction is no result: it is not written, and its id comes back when
    the person does. A new header follows when the size of the frames changes; it is null before the first frame.

    Args:
        path: Where to; a file that stands there is replaced.
        run: What the header says.
        is_synced: Whether each second of media time is forced to the disk, so that a power cut costs no more.

    Raises:
        SinkError: The file cannot be made.
    """

    def __init__(self, path: Path, run: RunHeader, *, is_synced: bool = False) -> None:
        self._file = OutputFile(path)
        self._run = run
        self._header: dict[str, Any] = {}
        self._newest: tuple[float, float] | None = None  # media time and capture of the newest frame
        self._num_gaps = 0
        self._is_synced = is_synced
        self._synced_s: float | None = None

    def write(self, scene: Scene) -> None:
        """Write one line, and a header before it where one is due.

        Raises:
            SinkError: It cannot be written.
        """
        frame = scene.frame
        line = _frame(scene, is_after_gap=frame.outage.number > self._num_gaps)
        self._append(line, header=_header(self._run, frame.wh))
        self._num_gaps = max(self._num_gaps, frame.outage.number)
        self._newest = frame.time_s, frame.captured_s
        if self._is_synced:
            self._sync(frame.time_s)

    def note_state(self, state: str, reason: str, *, at_s: float) -> None:
        """Write one line for a new state of the source; its time is media time too, null before the first frame.

        Raises:
            SinkError: It cannot be written.
        """
        time_s = None
        if self._newest is not None:
            media_s, captured_s = self._newest
            time_s = round(media_s + at_s - captured_s, 6)
        line = {"state": state, "time_s": time_s} | ({"reason": reason} if reason else {})
        self._append(line, header=self._header or _header(self._run, None))

    def close(self) -> None:
        """Close the file; may be called twice.

        Raises:
            SinkError: The disk says that it cannot keep the end.
        """
        try:
            if self._is_synced and not (self._file.closed or self._file.has_failed):
                self._file.sync()
        finally:
            self._file.close()

    def _append(self, line: dict[str, Any], *, header: dict[str, Any]) -> None:
        """One line, after this header where another one or none stands above."""
        lines = [line] if header == self._header else [header, line]
        self._file.append("".join(map(_line, lines)))
        self._header = header

    def _sync(self, time_s: float) -> None:
        """Have the disk keep all lines, where the last time was a second ago."""
        if self._synced_s is None:
            self._synced_s = time_s
        if time_s - self._synced_s >= _SYNC_S:
            self._file.sync()
            self._synced_s = time_s


def _line(content: dict[str, Any]) -> str:
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False, allow_nan=False) + "\n"


def _header(run: RunHeader, wh: tuple[int, int] | None) -> dict[str, Any]:
    skeleton = run.skeleton
    return {
        "schema": SCHEMA,
        "source": run.source,
        "size": None if wh is None else list(wh),
        "skeleton": {"name": skeleton.name, "keypoints": skeleton.keypoints, "limbs": skeleton.limbs},
        "models": dict(run.models),
    }


def _frame(scene: Scene, *, is_after_gap: bool) -> dict[str, Any]:
    tracks = visible_tracks(scene)
    poses = tracks.poses
    boxes, scores = rounded(poses.boxes.xyxy, PX_DIGITS), rounded(poses.boxes.score, SCORE_DIGITS)
    guided = tracks.detection == RECOVERED
    people = [
        {
            "track_id": track_id,
            "state": TrackState(tracks.state[row]).name.lower(),
            "box": boxes[row],
            "score": scores[row],
            "keypoints": keypoint_rows(poses.keypoints[row], poses.score[row]),
        }
        | ({"guided": True} if guided[row] else {})
        for row, track_id in enumerate(tracks.ids.tolist())
    ]
    line = {"frame": scene.frame.index, "time_s": round(scene.frame.time_s, 6), "people": people}
    return line | ({"interruption": scene.frame.outage} if is_after_gap else {})
