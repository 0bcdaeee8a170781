"""All 25 pairs of five real detectors and five real pose estimators find the people of a clip and of photographs."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import cache
from itertools import product
from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks.support import zoo
from realtime_pose.commands.dataset_images import load_frame
from realtime_pose.config import Config, DetectConfig, PoseConfig, SourceConfig
from realtime_pose.evaluate.coco import CocoTruth
from realtime_pose.geometry import Float, iou, oks
from realtime_pose.models.manifest import load_manifest
from realtime_pose.pipeline.build import build
from realtime_pose.pipeline.networks import Networks, load_networks
from realtime_pose.pipeline.perception import estimate_in_boxes
from realtime_pose.scene import Boxes, Frame, Poses, TrackState
from realtime_pose.skeletons import COCO17

pytestmark = [pytest.mark.slow]

F32 = np.float32
DETECTORS = ["nanodet-g", "rtmdet-nano", "yolox-nano", "deimv2-femto", "picodet-s"]
STRIDE, NUM_FRAMES = 3, 18  # use every third frame of the clip, at half size
CLIP_WH, RATE_HZ = (544, 960), 20
FIRST = 4  # frames until all tracks are confirmed
NUM_PHOTOGRAPHS, LARGE_PX2, MIN_LABELLED = 14, 96**2, 5  # 28 persons


@dataclass(frozen=True)
class Floors:
    """Lower limits of a pose estimator with each detector: about .04 to .08 below the lowest measured value.

    Attributes:
        tracked: Share of the three people per frame of the clip that have a confirmed track with OKS >= .5.
        tracks_oks: Mean OKS of their tracks, 0 without a track.
        found, poses_oks: The same for the large persons of the photographs and the estimated poses.
    """

    tracked: float
    tracks_oks: float
    found: float
    poses_oks: float


FLOORS = {
    "movenet-thunder": Floors(0.92, 0.82, 0.86, 0.76),
    "movenet-lightning": Floors(0.90, 0.75, 0.80, 0.67),
    "tinypose-256": Floors(0.93, 0.92, 0.89, 0.78),
    "tinypose-128": Floors(0.89, 0.83, 0.86, 0.73),
    "blazepose-lite": Floors(0.75, 0.69, 0.27, 0.36),  # weak on photographs, where many people are partly hidden
}
MIN_ALL_TRACKED = 0.9  # share of the frames with three or more tracks; 1 measured
MAX_TRACKS = 4  # mean number of tracks per frame; 3.6 measured


@dataclass(frozen=True)
class Photograph:
    """A photograph and its N large persons: keypoints (N, 17, 3), area (N,) in square pixels, boxes (N, 4)."""

    frame: Frame
    keypoints: Float
    area_px2: Float
    xyxy: Float


@dataclass(frozen=True)
class SharedData:
    """Data of all pairs: the clip and its people, the photographs, and their boxes from each detector."""

    clip: Path
    people: list[Poses]
    photographs: list[Photograph]
    loaded: Callable[..., tuple[Config, Networks]]
    boxes: Callable[[str], list[Boxes]]


@pytest.fixture(scope="module")
def pair_data(tmp_path_factory: pytest.TempPathFactory, shared_data: Path, demo_clip: Path) -> SharedData:
    folder = tmp_path_factory.mktemp("pairs")
    clip = subsample(demo_clip, folder / "clip.mp4")

    @cache
    def named(name: str) -> str:
        return name if name in load_manifest().models else str(zoo.link_model(name, folder, shared=shared_data))

    @cache  # so that each network is loaded once for all its pairs
    def loaded(detector: str, estimator: str, *, passes: int = 1) -> tuple[Config, Networks]:
        detect, pose = DetectConfig(model=named(detector)), PoseConfig(model=named(estimator), passes=passes)
        config = Config(headless=True, source=SourceConfig(uri=str(clip)), detect=detect, pose=pose)
        return config, load_networks(config)

    images = photographs(shared_data / "data" / "coco_val")

    @cache
    def boxes(name: str) -> list[Boxes]:
        config, networks = loaded(name, "movenet-lightning")
        return [networks.detect(image.frame, threshold=config.detect.threshold).boxes for image in images]

    # The reference comes from the most accurate detector and pose estimator, with three passes per person.
    people = track_clip(*loaded("rtmdet-nano", "tinypose-256", passes=3))
    return SharedData(clip, people, images, loaded, boxes)


def subsample(clip: Path, path: Path) -> Path:
    """The beginning of the clip with every third frame at half the size."""
    with av.open(str(clip)) as source, av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE_HZ, options={"crf": "12", "preset": "veryfast"})
        stream.width, stream.height = CLIP_WH
        stream.pix_fmt = "yuv420p"
        for index, frame in enumerate(source.decode(video=0)):
            if index % STRIDE == 0 and index < STRIDE * NUM_FRAMES:
                smaller = frame.reformat(*CLIP_WH, format="yuv420p")
                smaller.pts, smaller.time_base = index // STRIDE, Fraction(1, RATE_HZ)
                container.mux(stream.encode(smaller))
        container.mux(stream.encode(None))
    return path


def photographs(folder: Path) -> list[Photograph]:
    """The first images with a large person that has enough labelled keypoints."""
    truth = CocoTruth(folder / "full_gt.json")
    chosen: list[Photograph] = []
    for image in sorted(truth.images, key=lambda image: image.image_id):
        entries = [entry for entry in truth.entries(image.image_id) if not entry["iscrowd"]]
        large = [e for e in entries if e["area"] > LARGE_PX2 and e["num_keypoints"] >= MIN_LABELLED]
        if large and len(chosen) < NUM_PHOTOGRAPHS:
            keypoints = np.array([entry["keypoints"] for entry in large], F32).reshape(-1, 17, 3)
            xywh = np.array([entry["bbox"] for entry in large], F32)
            xyxy = np.concatenate((xywh[:, :2], xywh[:, :2] + xywh[:, 2:]), axis=1)
            area_px2 = np.array([entry["area"] for entry in large], F32)
            chosen.append(Photograph(load_frame(folder / "images" / image.file_name), keypoints, area_px2, xyxy))
    assert len(chosen) == NUM_PHOTOGRAPHS
    return chosen


def track_clip(config: Config, networks: Networks) -> list[Poses]:
    """The confirmed tracks of each frame of the clip, from the whole pipeline."""
    tracks = [scene.tracks for scene in build(config, networks=networks).scenes()]
    assert len(tracks) == NUM_FRAMES
    return [now.poses.take(now.state == TrackState.CONFIRMED) for now in tracks]


def best_oks(keypoints: Float, found: Poses, *, area_px2: Float) -> Float:
    """(N,) OKS of each person, keypoints (N, 17, 3), with its most similar pose."""
    weight = (keypoints[..., 2] > 0).astype(F32)[:, None]
    xy, sigmas = np.ascontiguousarray(keypoints[..., :2]), np.array(COCO17.sigmas, F32)
    similar = oks(xy, found.keypoints, area_px2=area_px2, sigmas=sigmas, weight=weight)
    return np.asarray(similar.max(axis=1, initial=0), F32)


def best_oks_of_tracks(people: Poses, found: Poses) -> Float:
    """(N,) OKS of each person of a frame with its most similar track; the area is half of the box."""
    is_visible = (people.score > 0.3).astype(F32)
    sides = people.boxes.xyxy[:, 2:] - people.boxes.xyxy[:, :2]
    return best_oks(np.dstack((people.keypoints, is_visible)), found, area_px2=sides.prod(axis=1) / 2)


@pytest.mark.parametrize("name", DETECTORS)
def test_every_detector_finds_the_persons_of_photographs(pair_data: SharedData, name: str) -> None:
    boxes = pair_data.boxes(name)
    overlap = [iou(p.xyxy, b.xyxy).max(axis=1, initial=0) for p, b in zip(pair_data.photographs, boxes, strict=True)]
    assert np.mean(np.concatenate(overlap) > 0.5) > 0.85  # .92 measured at least
    assert np.concatenate(overlap).mean() > 0.77  # .81


@pytest.mark.parametrize(("detector", "estimator"), list(product(DETECTORS, FLOORS)))
def test_every_pair_finds_the_people(pair_data: SharedData, detector: str, estimator: str) -> None:
    """Tracks of the clip match those of the best pair; poses of the photographs match the annotations."""
    config, networks = pair_data.loaded(detector, estimator)
    tracks = track_clip(config, networks)[FIRST:]
    similar = [best_oks_of_tracks(people, now) for people, now in zip(pair_data.people[FIRST:], tracks, strict=True)]
    assert [len(row) for row in similar] == [3] * len(tracks)
    assert np.mean([len(now) >= 3 for now in tracks]) > MIN_ALL_TRACKED
    assert np.mean([len(now) for now in tracks]) < MAX_TRACKS
    found = [
        best_oks(photograph.keypoints, estimate_poses(networks, photograph.frame, boxes), area_px2=photograph.area_px2)
        for photograph, boxes in zip(pair_data.photographs, pair_data.boxes(detector), strict=True)
    ]
    measured = (*share_and_mean(similar), *share_and_mean(found))
    floors = asdict(FLOORS[estimator])
    too_low = {name: value for (name, floor), value in zip(floors.items(), measured, strict=True) if value < floor}
    assert too_low == {}


def estimate_poses(networks: Networks, frame: Frame, boxes: Boxes) -> Poses:
    """The poses of a photograph in these boxes."""
    return estimate_in_boxes(networks, frame, boxes, pose_nms=Config().pose_nms).poses


def share_and_mean(similar: Sequence[Float]) -> tuple[float, float]:
    """Share of the OKS values that are .5 or more, and their mean."""
    values = np.concatenate(similar)
    return float(np.mean(values >= 0.5)), float(values.mean())
