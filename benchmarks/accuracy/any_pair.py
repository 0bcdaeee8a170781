"""The people that each pair of five detectors and five pose estimators finds, in a clip and in photographs.

    python benchmarks/accuracy/any_pair.py SHARED

SHARED is the folder with the networks that are not shipped and the photographs. Prints for each pose estimator the
share of the people with an OKS of .5 or more, lowest and highest over the detectors.
"""

import argparse
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.support import clips, zoo
from realtime_pose.commands.dataset_images import load_frame
from realtime_pose.config import Config, DetectConfig, PoseConfig, SourceConfig
from realtime_pose.evaluate.coco import CocoTruth
from realtime_pose.geometry import Float, oks
from realtime_pose.models.manifest import load_manifest
from realtime_pose.pipeline.build import build
from realtime_pose.pipeline.networks import Networks, load_networks
from realtime_pose.pipeline.perception import estimate_in_boxes
from realtime_pose.scene import Boxes, Frame, Poses, TrackState
from realtime_pose.skeletons import COCO17

F32 = np.float32
DEMO = Path(__file__).resolve().parents[2] / "realtime_pose" / "media" / "demo.mp4"
DETECTORS = ("nanodet-g", "rtmdet-nano", "yolox-nano", "deimv2-femto", "picodet-s")
ESTIMATORS = ("movenet-thunder", "movenet-lightning", "tinypose-256", "tinypose-128", "blazepose-lite")
BEST = ("rtmdet-nano", "tinypose-256")  # with three passes, the truth of the clip
NUM_FRAMES, NUM_PHOTOGRAPHS = 18, 20
STRIDE, RATE_HZ = 3, 20  # every third frame of the demo clip, at half the size
ENCODER = {"crf": "12", "preset": "veryfast"}
NUM_FIRST = 4  # frames until all tracks are confirmed
LARGE_PX2, MIN_LABELLED = 96**2, 5


class Photograph(NamedTuple):
    """A photograph and its N large persons: keypoints (N, 17, 3), area (N,) in square pixels, boxes (N, 4)."""

    frame: Frame
    keypoints: Float
    area_px2: Float
    xyxy: Float


class Found(NamedTuple):
    """What was found of P people.

    Attributes:
        share: Those with an OKS of .5 or more.
        mean_oks: Of all; 0 counts for a person whom nothing overlaps.
    """

    share: float
    mean_oks: float


class Pairs:
    """The clip and the photographs, and the networks, each of which is loaded once.

    Args:
        folder: For the clip and links to the networks; it stays as long as this is used.
        shared: The folder with the networks that are not shipped, and with the photographs.
        num_frames: Of the clip.
        num_photographs: The first ones with a large person that has enough labelled keypoints.
        max_persons: Photographs with more people, of any size, are left out; None: no photograph is.
    """

    def __init__(
        self,
        folder: Path,
        shared: Path,
        *,
        num_frames: int = NUM_FRAMES,
        num_photographs: int = NUM_PHOTOGRAPHS,
        max_persons: int | None = None,
    ) -> None:
        self._num_frames = num_frames
        self._clip = clips.shorten(
            DEMO, folder / "clip.mp4", count=num_frames, step=STRIDE, rate_hz=RATE_HZ, options=ENCODER
        )
        shipped = load_manifest().models
        self._models = {
            name: name if name in shipped else str(zoo.link_model(name, folder, shared=shared))
            for name in (*DETECTORS, *ESTIMATORS)
        }
        self.photographs = _photographs(shared / "data" / "coco_val", num_photographs, max_persons)
        self.loaded, self.boxes, self._people = cache(self._load), cache(self._detect), cache(self._track_best)

    def tracks(self, config: Config, networks: Networks) -> list[Poses]:
        """The confirmed tracks of each frame of the clip after the first ones, from the whole pipeline."""
        tracks = [scene.tracks for scene in build(config, networks=networks).scenes()]
        if len(tracks) != self._num_frames:
            raise RuntimeError(f"expected {self._num_frames} frames of the clip, got {len(tracks)}")
        return [now.poses.take(now.state == TrackState.CONFIRMED) for now in tracks[NUM_FIRST:]]

    def found_in_clip(self, tracks: Sequence[Poses]) -> Found:
        """How well these tracks match the people of the clip."""
        return _summary([_oks_of_people(*pair) for pair in zip(self._people(), tracks, strict=True)])

    def found_in_photographs(self, detector: str, estimator: str) -> Found:
        """How well the poses in the detector's boxes match the annotations."""
        _, networks = self.loaded(detector, estimator)
        return _summary(
            [
                _best_oks(
                    photograph.keypoints,
                    estimate_in_boxes(networks, photograph.frame, boxes, pose_nms=Config().pose_nms).poses,
                    area_px2=photograph.area_px2,
                )
                for photograph, boxes in zip(self.photographs, self.boxes(detector), strict=True)
            ]
        )

    def _load(self, detector: str, estimator: str, *, passes: int = 1) -> tuple[Config, Networks]:
        detect = DetectConfig(model=self._models[detector])
        pose = PoseConfig(model=self._models[estimator], passes=passes)
        config = Config(headless=True, source=SourceConfig(uri=str(self._clip)), detect=detect, pose=pose)
        return config, load_networks(config, is_live=False)

    def _detect(self, detector: str) -> list[Boxes]:
        """The boxes in each photograph."""
        config, networks = self.loaded(detector, "movenet-lightning")
        return [
            networks.detect(photograph.frame, threshold=config.detect.threshold).boxes
            for photograph in self.photographs
        ]

    def _track_best(self) -> list[Poses]:
        return self.tracks(*self.loaded(*BEST, passes=3))


def _photographs(folder: Path, count: int, max_persons: int | None) -> list[Photograph]:
    truth = CocoTruth(folder / "full_gt.json")
    chosen: list[Photograph] = []
    for image in sorted(truth.images, key=lambda image: image.image_id):
        everybody = truth.entries(image.image_id)
        entries = [entry for entry in everybody if not entry["iscrowd"]]
        large = [e for e in entries if e["area"] > LARGE_PX2 and e["num_keypoints"] >= MIN_LABELLED]
        if large and (max_persons is None or len(everybody) <= max_persons) and len(chosen) < count:
            keypoints = np.array([entry["keypoints"] for entry in large], F32).reshape(-1, 17, 3)
            xywh = np.array([entry["bbox"] for entry in large], F32)
            xyxy = np.concatenate((xywh[:, :2], xywh[:, :2] + xywh[:, 2:]), axis=1)
            area_px2 = np.array([entry["area"] for entry in large], F32)
            chosen.append(Photograph(load_frame(folder / "images" / image.file_name), keypoints, area_px2, xyxy))
    if len(chosen) < count:
        raise RuntimeError(f"{folder}: expected {count} photographs with a large person, got {len(chosen)}")
    return chosen


def _best_oks(keypoints: Float, found: Poses, *, area_px2: Float) -> Float:
    """(N,) OKS of each person, keypoints (N, 17, 3), with its most similar pose."""
    weight = (keypoints[..., 2] > 0).astype(F32)[:, None]
    xy, sigmas = np.ascontiguousarray(keypoints[..., :2]), np.array(COCO17.sigmas, F32)
    similar = oks(xy, found.keypoints, area_px2=area_px2, sigmas=sigmas, weight=weight)
    return np.asarray(similar.max(axis=1, initial=0), F32)


def _oks_of_people(people: Poses, found: Poses) -> Float:
    """(N,) OKS of each person of a frame with its most similar track; the area is half of the box."""
    is_visible = (people.score > 0.3).astype(F32)
    sides = people.boxes.xyxy[:, 2:] - people.boxes.xyxy[:, :2]
    return _best_oks(np.dstack((people.keypoints, is_visible)), found, area_px2=sides.prod(axis=1) / 2)


def _summary(similar: Sequence[Float]) -> Found:
    values = np.concatenate(similar)
    return Found(float(np.mean(values >= 0.5)), float(values.mean()))


def main() -> None:
    """Measure all pairs and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pairs = Pairs(Path(folder), options.shared)
        num_persons = sum(len(photograph.xyxy) for photograph in pairs.photographs)
        print(f"{NUM_FRAMES} frames of the clip; {NUM_PHOTOGRAPHS} photographs with {num_persons} large persons\n")
        print("| Pose network | tracks on the clip | persons in images |\n|---|---|---|")
        for estimator in ESTIMATORS:
            cells = []
            for found in (
                [pairs.found_in_clip(pairs.tracks(*pairs.loaded(detector, estimator))) for detector in DETECTORS],
                [pairs.found_in_photographs(detector, estimator) for detector in DETECTORS],
            ):
                shares = [each.share for each in found]
                cells.append(f"{min(shares):.0%} to {max(shares):.0%}")
            print(f"| `{estimator}` | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
