"""A scene as results of AlphaPose, one object per person.

``image_id`` is the name that AlphaPose gives a frame of a video: its index and .jpg; of a single picture it is the name
of the file. ``box``, ``keypoints`` and ``name`` are those of COCO results; ``idx`` is the track id, which pictures do
not have.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from realtime_pose.scene import Scene
from realtime_pose.sinks.coco import coco_results
from realtime_pose.sinks.sink import RunHeader


def alphapose_results(scene: Scene, run: RunHeader) -> Iterator[dict[str, Any]]:
    """The confirmed tracks that were detected in the frame."""
    picture = scene.frame.picture
    for result in coco_results(replace(scene, tracks=scene.tracks.seen), run):
        yield {
            "image_id": f"{scene.frame.index}.jpg" if picture is None else picture.file_name,
            "category_id": result["category_id"],
            "keypoints": result["keypoints"],
            "score": result["score"],
            "box": result["bbox"],
            **({"idx": result["track_id"]} if "track_id" in result else {}),
            **({"name": result["name"]} if "name" in result else {}),
        }
