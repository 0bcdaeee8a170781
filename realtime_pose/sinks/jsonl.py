"""Scenes to the native format: JSON lines, a header and then a line per frame.

A frame without people has a line too. For a live source, each new status adds a line as soon as it is known: the state,
and its reason in words and as a code with its values. Boxes are left, top, right, bottom in the axes of `scene`: the
centre of the first pixel is (0, 0), its left edge is -0.5. The line of a single picture has its names and its size, and
"track_id" numbers its persons.
"""

import json
import math
from dataclasses import asdict
from typing import Any

from realtime_pose.effort import Effort
from realtime_pose.files.text_output import TextOutput
from realtime_pose.reasons import Reason
from realtime_pose.scene import RECOVERED, Scene, TrackState
from realtime_pose.sinks.rows import PX_DIGITS, SCORE_DIGITS, keypoint_rows, round_to_list, visible_tracks
from realtime_pose.sinks.sink import RunHeader

SCHEMA = 1
_SYNC_S = 1.0  # media time between two syncs, the length of an MP4 fragment


class JsonlSink:
    """Writes one line per scene at once, so a killed process loses none.

    People are the tentative and confirmed tracks that are visible in the frame, each with its state. "guided" is true
    if the detector did not find the person in this frame, and the pose was estimated at the predicted place; otherwise
    the key is absent. "detector" is false in frames that the detector did not look at. Lost tracks are predictions, not
    results, and are not written. A new header follows when the frame size changes, and when other networks run or the
    detector looks more or less often; before the first frame, and for single pictures, the size is null.

    Args:
        output: The file or pipe to write; closed at the end.
        run: Content of the header.
        is_synced: Force the file to the disk every second of media time, so a power cut loses no more than that.
    """

    def __init__(self, output: TextOutput, run: RunHeader, *, is_synced: bool = False) -> None:
        self._output = output
        self._run = run
        self._header: dict[str, Any] = {}
        self._latest: tuple[float, float] | None = None  # time_s and captured_s of the latest frame
        self._status_s = -math.inf  # time_s of the latest status
        self._num_outages = 0
        self._is_synced = is_synced
        self._synced_s: float | None = None

    def write(self, scene: Scene) -> None:
        """Write one line, after a new header if the frame size has changed.

        Raises:
            SinkError: The line cannot be written.
        """
        frame = scene.frame
        # Later frames carry the same outage; the first one that arrives here names it, also if others were dropped.
        is_after_outage = frame.outage.number > self._num_outages
        line = _frame_line(scene, self._run.describe_outage(frame.outage) if is_after_outage else "")
        self._append(line, header=_header(self._run, frame.wh if frame.picture is None else None, scene.effort))
        self._num_outages = max(self._num_outages, frame.outage.number)
        self._latest = frame.time_s, frame.captured_s
        if self._is_synced:
            self._sync(frame.time_s)

    def write_status(self, state: str, reason: Reason, *, words: str, at_s: float) -> None:
        """Write one line for a new status of the source.

        Its time is media time, null before the first frame, and not before that of an earlier status.

        Raises:
            SinkError: The line cannot be written.
        """
        time_s = None
        # Media time goes on at the pace of the clock after the latest frame. If that came late, this is too early.
        if self._latest is not None:
            media_s, captured_s = self._latest
            time_s = self._status_s = max(self._status_s, round(media_s + at_s - captured_s, 6))
        why = {"reason": words, "code": reason.code, "values": dict(reason.values)}
        line = {"state": state, "time_s": time_s} | {key: value for key, value in why.items() if value}
        self._append(line, header=self._header or _header(self._run, None, Effort()))

    def close(self) -> None:
        """Close the file; may be called twice.

        Raises:
            SinkError: The disk reports an error for the last lines.
        """
        try:
            if self._is_synced:
                self._output.sync()
        finally:
            self._output.close()

    def _append(self, line: dict[str, Any], *, header: dict[str, Any]) -> None:
        """Append one line, after this header if it differs from the last one."""
        lines = [line] if header == self._header else [header, line]
        self._output.append("".join(map(_to_json, lines)))
        self._header = header

    def _sync(self, time_s: float) -> None:
        """Force the lines to the disk if the last sync was a second of media time ago."""
        if self._synced_s is None:
            self._synced_s = time_s
        if time_s - self._synced_s >= _SYNC_S:
            self._output.sync()
            self._synced_s = time_s


def _to_json(content: dict[str, Any]) -> str:
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False, allow_nan=False) + "\n"


def _header(run: RunHeader, wh: tuple[int, int] | None, effort: Effort) -> dict[str, Any]:
    skeleton = run.skeleton
    header = {
        "schema": SCHEMA,
        "source": run.source,
        "size": None if wh is None else list(wh),
        "skeleton": {"name": skeleton.name, "keypoints": skeleton.keypoints, "limbs": skeleton.limbs}
        | ({"guess_scores": skeleton.guess_scores} if skeleton.guess_scores else {}),
        "models": dict(run.models),
        # Copied first: in a live run another thread may add the network that it begins to use.
        "engines": {name: dict(engine) for name, engine in dict(run.engines).items()},
    }
    header |= {} if run.part.is_whole else {"part": run.part.describe()}
    changed = {key: value for key, value in asdict(effort).items() if value != getattr(Effort(), key)}
    return header | ({"effort": changed} if changed else {})


def _frame_line(scene: Scene, outage: str) -> dict[str, Any]:
    tracks = visible_tracks(scene)
    poses = tracks.poses
    boxes, scores = round_to_list(poses.boxes.xyxy, PX_DIGITS), round_to_list(poses.boxes.score, SCORE_DIGITS)
    is_recovered = tracks.detection == RECOVERED  # (N,)
    people = [
        {
            "track_id": track_id,
            **({"name": scene.names[track_id]} if track_id in scene.names else {}),
            "state": TrackState(tracks.state[row]).name.lower(),
            "box": boxes[row],
            "score": scores[row],
            "keypoints": keypoint_rows(poses.keypoints[row], poses.score[row]),
        }
        | ({"guided": True} if is_recovered[row] else {})
        for row, track_id in enumerate(tracks.ids.tolist())
    ]
    # "guided" and "interruption" are keys of the published format, so they keep their first names.
    frame, picture = scene.frame, scene.frame.picture
    names = {} if picture is None else {**asdict(picture), "size": list(frame.wh)}
    line = {**names, "frame": frame.index, "time_s": round(frame.time_s, 6), "people": people}
    line |= {} if scene.is_detected else {"detector": False}
    line |= {"unposed": len(scene.unposed)} if len(scene.unposed) else {}
    return line | ({"interruption": outage} if outage else {})
