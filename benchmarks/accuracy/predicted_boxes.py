"""What do boxes that the tracker predicted cost a pose estimator, and does a localisation network (--sstn) help?

    python benchmarks/accuracy/predicted_boxes.py VIDEO [VIDEO ...] [--pose NAME|PATH ...] [--sstn NAME|PATH ...]
        [--frames 200] [--json PATH]

The detector sees every frame. The boxes that the tracker predicts over 2, 4 and 8 frames take the place of the
detector's, as they do with --detect-every. Figures are the mean OKS, times 100, of a person's pose in the predicted box
with the pose of the same person in the detector's box. Prints Markdown.
"""

import argparse
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.accuracy.dataset_arguments import write_json
from benchmarks.accuracy.moved_boxes import Way, table, ways_of
from realtime_pose.config import Config, DetectConfig, PoseConfig, SourceConfig
from realtime_pose.geometry import area, oks
from realtime_pose.pipeline.networks import Networks, load_networks
from realtime_pose.pipeline.perception import expected_people
from realtime_pose.pipeline.stream_perception import FramePerception
from realtime_pose.scene import Scene
from realtime_pose.sources import open_source

INTERVALS = (2, 4, 8)


def scenes_of(clip: str, config: Config, networks: Networks, max_frames: int) -> Iterator[Scene]:
    """The scenes of a clip, with the detector at every frame."""
    perception = FramePerception(config, networks)
    source = open_source(SourceConfig(uri=clip))
    try:
        for frame, _ in zip(source, range(max_frames), strict=False):
            yield perception.scene(frame)
    finally:
        source.close()


def clip_rows(clip: str, ways: Sequence[Way], max_frames: int) -> list[dict[str, Any]]:
    """Agreement of each way with the poses in the detector's boxes, for each interval."""
    config = Config(detect=DetectConfig(detect_every=1))
    values: dict[tuple[int, str], list[float]] = {}
    earlier: deque[Scene] = deque(maxlen=max(INTERVALS) + 1)
    for scene in scenes_of(clip, config, load_networks(config), max_frames):
        earlier.append(scene)
        for interval in INTERVALS:
            if len(earlier) > interval:
                for way in ways:
                    values.setdefault((interval, way.name), []).extend(
                        agreement(earlier[-1 - interval], scene, ways[0], way)
                    )
    return [
        {
            "boxes": f"{Path(clip).stem}, predicted over {interval} frames",
            "way": way,
            "value": 100 * float(np.mean(found or [np.nan])),
            "persons": len(found),
        }
        for (interval, way), found in values.items()
    ]


def agreement(earlier: Scene, scene: Scene, plain: Way, way: Way) -> list[float]:
    """OKS of each followed person's pose in the predicted box with that in the detector's box."""
    ids, expected = expected_people(scene.frame, earlier)
    tracks = scene.tracks
    rows = {int(tracks.ids[row]): row for row in np.flatnonzero(tracks.detection >= 0)}
    both = [(row, rows[int(number)]) for row, number in enumerate(ids) if int(number) in rows]
    if not both:
        return []
    predicted_rows, track_rows = (np.array(each) for each in zip(*both, strict=True))
    good = scene.poses.boxes.take(tracks.detection[track_rows])
    reference = plain.estimate(scene.frame, good)
    found = way.estimate(scene.frame, expected.take(predicted_rows))
    similarity = oks(
        reference.keypoints,
        found.keypoints,
        area_px2=area(good.xyxy) * np.float32(0.53),  # about what a person fills of a box, as in COCO's evaluation
        sigmas=np.array(reference.skeleton.sigmas, np.float32),
        weight=reference.score[:, None],
    )
    return [float(value) for value in np.diagonal(similarity)]


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", nargs="+")
    parser.add_argument("--pose", nargs="+", default=[PoseConfig().model])
    parser.add_argument("--sstn", nargs="+", default=[])
    parser.add_argument("--frames", type=int, default=200, help="of each clip")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for pose in options.pose:
        _, ways = ways_of(pose, options.sstn, DetectConfig())
        for clip in options.clips:
            rows += clip_rows(clip, ways, options.frames)
    print(table(rows))
    write_json(options.json, rows)


if __name__ == "__main__":
    main()
