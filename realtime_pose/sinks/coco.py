"""A scene as COCO keypoint results, one object per person.

``image_id`` is the frame index; of a single picture its id, with its ``file_name``. ``bbox`` is [left, top,
width, height], measured from the upper left corner of the image. Keypoints are a flat list of x, y, score; the centre
of the first pixel is 0, as in COCO's annotations.
"""

from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain
from typing import Any

from realtime_pose.scene import Scene
from realtime_pose.sinks.rows import SCORE_DIGITS, corner_boxes, keypoint_rows, round_to_list, visible_tracks
from realtime_pose.sinks.sink import RunHeader

PERSON_CATEGORY = 1  # COCO's category_id


def coco_results(scene: Scene, run: RunHeader) -> Iterator[dict[str, Any]]:
    """The tentative and confirmed tracks that are visible in the frame.

    COCO judges poses by their score, not by the length of a track. ``track_id`` (of tracked people), ``name`` (of those
    whom somebody has named) and ``file_name`` (of pictures) are our own keys; COCO's tools ignore them.
    """
    tracks, picture = visible_tracks(scene), scene.frame.picture
    has_ids = run.is_tracked and picture is None
    boxes = tracks.poses.boxes
    columns = zip(
        tracks.ids.tolist(),
        corner_boxes(boxes.xyxy, corner=0),
        round_to_list(boxes.score, SCORE_DIGITS),
        map(keypoint_rows, tracks.poses.keypoints, tracks.poses.score),
        strict=True,
    )
    for track_id, box, score, keypoints in columns:
        yield {
            **({"image_id": scene.frame.index} if picture is None else asdict(picture)),
            "category_id": PERSON_CATEGORY,
            **({"track_id": track_id} if has_ids else {}),
            **({"name": scene.names[track_id]} if track_id in scene.names else {}),
            "bbox": box,
            "score": score,
            "keypoints": list(chain.from_iterable(keypoints)),  # K * (x, y, score)
        }
