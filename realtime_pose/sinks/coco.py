"""Scenes to COCO keypoint results: one JSON list, an object a person and frame.

``image_id`` is the index of the frame. ``bbox`` is [left, top, width, height] with edges counted from the picture's
corner; keypoints are flat x, y, score with the centre of the first pixel at 0, as COCO's annotators clicked them.
"""

import json
from itertools import chain
from pathlib import Path

from realtime_pose.files.output_file import OutputFile
from realtime_pose.scene import Scene
from realtime_pose.sinks.rows import SCORE_DIGITS, corner_boxes, keypoint_rows, rounded, visible_tracks

_PERSON = 1  # category_id


class CocoSink:
    """A list that is closed by a bracket after each scene: the file is valid JSON whenever the process ends.

    People are the tentative and the confirmed tracks that the frame's detections support: poses are judged by their
    scores, not by how long somebody has been followed. ``track_id`` is ours; COCO's tools pass over it.

    Args:
        path: Where to; a file that stands there is replaced.

    Raises:
        SinkError: The file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self._file = OutputFile(path, head="[", tail="\n]\n")
        self._is_first = True

    def write(self, scene: Scene) -> None:
        """Add the people of one scene.

        Raises:
            SinkError: They cannot be written.
        """
        people = _people(scene)
        text = "".join(f"{'' if self._is_first and row == 0 else ','}\n{person}" for row, person in enumerate(people))
        self._file.append(text)
        self._is_first = self._is_first and not people

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._file.close()


def _people(scene: Scene) -> list[str]:
    """One JSON object each."""
    tracks = visible_tracks(scene)
    boxes = tracks.poses.boxes
    columns = zip(
        tracks.ids.tolist(),
        corner_boxes(boxes.xyxy, corner=0),
        rounded(boxes.score, SCORE_DIGITS),
        map(keypoint_rows, tracks.poses.keypoints, tracks.poses.score),
        strict=True,
    )
    return [
        json.dumps(
            {
                "image_id": scene.frame.index,
                "category_id": _PERSON,
                "track_id": track_id,
                "bbox": box,
                "score": score,
                "keypoints": list(chain.from_iterable(keypoints)),
            },
            separators=(",", ":"),
            allow_nan=False,
        )
        for track_id, box, score, keypoints in columns
    ]
