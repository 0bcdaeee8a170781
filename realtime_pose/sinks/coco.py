"""Scenes to COCO keypoint results: a JSON list, one object per person and frame.

``image_id`` is the frame index; of a single picture its id, with its ``file_name``. ``bbox`` is [left, top,
width, height], measured from the upper left corner of the image. Keypoints are a flat list of x, y, score; the centre
of the first pixel is 0, as in COCO's annotations.
"""

import json
from dataclasses import asdict
from itertools import chain

from realtime_pose.files.text_output import TextOutput
from realtime_pose.scene import Scene
from realtime_pose.sinks.rows import SCORE_DIGITS, corner_boxes, keypoint_rows, round_to_list, visible_tracks

_PERSON_CATEGORY = 1  # COCO's category_id


class CocoSink:
    """Writes a JSON list that is valid after each scene, also in a killed process.

    It holds the tentative and confirmed tracks that are visible in the frame: COCO judges poses by their score, not by
    the length of a track. ``track_id`` (of videos) and ``file_name`` (of pictures) are our own keys; COCO's tools
    ignore them.

    Args:
        output: The file to write; closed at the end.

    Raises:
        SinkError: The start of the list cannot be written.
    """

    def __init__(self, output: TextOutput) -> None:
        self._output = output
        output.begin("[", footer="\n]\n")
        self._is_first = True

    def write(self, scene: Scene) -> None:
        """Append the people of one scene.

        Raises:
            SinkError: They cannot be written.
        """
        people = _people(scene)
        # A comma precedes each object except the first of the file.
        text = "".join(f"{'' if self._is_first and row == 0 else ','}\n{person}" for row, person in enumerate(people))
        self._output.append(text)
        self._is_first = self._is_first and not people

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._output.close()


def _people(scene: Scene) -> list[str]:
    """One JSON object per visible person."""
    tracks, picture = visible_tracks(scene), scene.frame.picture
    boxes = tracks.poses.boxes
    columns = zip(
        tracks.ids.tolist(),
        corner_boxes(boxes.xyxy, corner=0),
        round_to_list(boxes.score, SCORE_DIGITS),
        map(keypoint_rows, tracks.poses.keypoints, tracks.poses.score),
        strict=True,
    )
    return [
        json.dumps(
            {
                **({"image_id": scene.frame.index} if picture is None else asdict(picture)),
                "category_id": _PERSON_CATEGORY,
                **({"track_id": track_id} if picture is None else {}),
                "bbox": box,
                "score": score,
                "keypoints": list(chain.from_iterable(keypoints)),  # K * (x, y, score)
            },
            separators=(",", ":"),
            allow_nan=False,
        )
        for track_id, box, score, keypoints in columns
    ]
