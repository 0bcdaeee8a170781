"""The commands ``eval mot`` and ``eval tracker``: sequences with ground truth to scores of the tracks found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import tyro

from realtime_pose.commands import terminal, weights
from realtime_pose.commands.flags import ConfigFlag, DebugFlag, PresetFlag
from realtime_pose.config import (
    Config,
    DetectConfig,
    DeviceConfig,
    PoseConfig,
    PoseNmsConfig,
    SmoothConfig,
    SourceConfig,
    TrackConfig,
)
from realtime_pose.config.choices import one_of
from realtime_pose.config.units import check_range
from realtime_pose.errors import ConfigError, DatasetError

if TYPE_CHECKING:
    from realtime_pose.evaluate.boxes import TrackedBoxes
    from realtime_pose.evaluate.mot_folders import MotSequence
    from realtime_pose.pipeline.stream_state import TrackerFactory
    from realtime_pose.scene import Poses, Scene
    from realtime_pose.tracking import Tracker

TRACKERS = ("pose", "greedy-iou")

# Fields of the arguments that are fields of Config too.
_STAGES = ("device", "detect", "pose", "pose_nms", "track", "smooth")


@dataclass(frozen=True, slots=True, kw_only=True)
class MotArguments:
    """Score the whole application on MOTChallenge sequences: HOTA, DetA, AssA, MOTA, IDF1, switches, fragments."""

    sequences: Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="SEQUENCE_DIR")] = ()
    """Folders with images in img1, ground truth in gt/gt.txt and, unless --fps is given, seqinfo.ini."""
    tracker: Annotated[str, one_of(TRACKERS)] = TRACKERS[0]
    """pose: the tracker of this project; greedy-iou: a simple one, for comparison."""
    fps: float | None = None
    """Frames per second; overrides seqinfo.ini."""
    out: Annotated[Path, tyro.conf.arg(metavar="DIR")] = Path("mot_results")
    """Write a MOTChallenge results file of each sequence here."""
    plot: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Write a timeline of each sequence, and the frames around each switch, here."""
    device: tyro.conf.OmitArgPrefixes[DeviceConfig] = field(default_factory=DeviceConfig)
    detect: tyro.conf.OmitArgPrefixes[DetectConfig] = field(default_factory=DetectConfig)
    pose: tyro.conf.OmitArgPrefixes[PoseConfig] = field(default_factory=PoseConfig)
    pose_nms: PoseNmsConfig = field(default_factory=PoseNmsConfig)
    track: TrackConfig = field(default_factory=TrackConfig)
    smooth: SmoothConfig = field(default_factory=SmoothConfig)
    preset: PresetFlag = ""
    config: ConfigFlag = None
    debug: DebugFlag = False

    def __post_init__(self) -> None:
        """Check the tracker and the frame rate."""
        _check_tracker(self.tracker, self.fps)

    @classmethod
    def from_config(cls, loaded: Config, path: Path | None) -> Self:
        """The defaults from this configuration, which was read from this path."""
        return cls(**{name: getattr(loaded, name) for name in _STAGES}, config=path)

    def to_config(self, source: SourceConfig) -> Config:
        """The configuration of a run on this source without a window."""
        return Config(headless=True, source=source, **{name: getattr(self, name) for name in _STAGES})


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerArguments:
    """Score the tracker alone, on given boxes or on the true ones with noise."""

    gt: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """A MOTChallenge sequence, or a folder of sequences, with gt/gt.txt; images are not needed."""
    detections: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Folder with the boxes: det/det.txt, NAME/det/det.txt or NAME.txt; without these, its true boxes."""
    tracker: Annotated[str, one_of(TRACKERS)] = TRACKERS[0]
    """pose: the tracker of this project; greedy-iou: a simple one, for comparison."""
    jitter: float = 0.0
    """Move each edge of a box at random; the standard deviation, as a share of the box's side."""
    drop: float = 0.0
    """Leave out this share of the boxes at random."""
    seed: int = 0
    """Seed of the random numbers for --jitter and --drop."""
    fps: float | None = None
    """Frames per second; overrides seqinfo.ini."""
    out: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Write a MOTChallenge results file of each sequence here."""
    plot: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Write a timeline of each sequence, and the frames around each switch, here."""
    track: TrackConfig = field(default_factory=TrackConfig)
    config: ConfigFlag = None
    debug: DebugFlag = False

    def __post_init__(self) -> None:
        """Check the tracker and the ranges."""
        _check_tracker(self.tracker, self.fps)
        check_range(self.jitter, 0, 1, "jitter")
        check_range(self.drop, 0, 0.999, "drop")  # with 1 there would be nothing to track

    @classmethod
    def from_config(cls, loaded: Config, path: Path | None) -> Self:
        """The defaults from this configuration, which was read from this path."""
        # A file of settings may name a network for other commands; here there are no images for it.
        return cls(track=replace(loaded.track, reid=""), config=path)


def run(arguments: MotArguments) -> int:
    """Print the table of scores of the whole application; the exit code.

    Raises:
        RealtimePoseError: A sequence, a model, the scorer or the folder for results cannot be used.
    """
    from realtime_pose.commands.mot_scoring import ScoringJob, score_sequences
    from realtime_pose.evaluate import mot
    from realtime_pose.evaluate.mot_folders import IMAGE_FOLDERS, read_sequence, sequence_folders

    weights.fetch_missing(arguments.detect, arguments.pose, reid=arguments.track.reid)
    if not arguments.sequences:
        raise ConfigError("eval mot: expected one or more folders of MOTChallenge sequences, got none")
    mot.check_scorer()
    # An argument may be a folder of many sequences.
    folders = [folder for each in arguments.sequences for folder in sequence_folders(each)]
    sequences = [read_sequence(folder, rate_hz=arguments.fps) for folder in folders]
    without_images = [str(sequence.folder) for sequence in sequences if sequence.image_folder is None]
    if without_images:
        raise DatasetError(
            f"{', '.join(without_images)}: expected images in {' or '.join(IMAGE_FOLDERS)}, found neither; "
            "`eval tracker` needs no images"
        )
    job = ScoringJob(sequences, arguments.out, arguments.plot)
    terminal.print_result(score_sequences(job, lambda sequence: _run_pipeline(arguments, sequence)))
    return 0


def run_tracker(arguments: TrackerArguments) -> int:
    """Print the table of scores of the tracker alone; the exit code.

    Raises:
        RealtimePoseError: A sequence, its boxes, the scorer or the folder for results cannot be used.
    """
    import numpy as np

    from realtime_pose.commands.mot_scoring import ScoringJob, score_sequences
    from realtime_pose.evaluate import mot
    from realtime_pose.evaluate.boxes import perturb
    from realtime_pose.evaluate.mot_folders import read_sequence, sequence_folders
    from realtime_pose.skeletons import COCO17

    if arguments.track.reid:
        raise ConfigError("eval tracker: expected no --reid, because boxes have no images; use it with eval mot")
    truth, detections = arguments.gt, arguments.detections
    if truth is None or detections is None:
        raise ConfigError("eval tracker: expected both --gt DIR and --detections DIR; they may be the same folder")
    mot.check_scorer()
    sequences = [read_sequence(folder, rate_hz=arguments.fps) for folder in sequence_folders(truth)]
    # One generator for all sequences: the noise depends on the seed and on the order of the sequences.
    rng = np.random.default_rng(arguments.seed)

    def track(sequence: MotSequence) -> Iterator[Scene]:
        boxes = perturb(_read_boxes(detections, sequence), rng, jitter=arguments.jitter, drop=arguments.drop)
        tracker = tracker_factory(arguments.tracker)(arguments.track, COCO17)
        return _track_boxes(tracker, boxes, sequence)

    terminal.print_result(score_sequences(ScoringJob(sequences, arguments.out, arguments.plot), track))
    return 0


def tracker_factory(name: str) -> TrackerFactory:
    """What makes the tracker of this name; one of TRACKERS."""
    from realtime_pose.tracking.greedy import GreedyTracker
    from realtime_pose.tracking.tracker import PoseTracker

    return GreedyTracker if name == "greedy-iou" else PoseTracker


def bare_poses(boxes: TrackedBoxes) -> Poses:
    """Boxes as poses with unknown keypoints: all at the centre of the box, with score 0."""
    import numpy as np

    from realtime_pose.scene import Boxes, Poses
    from realtime_pose.skeletons import COCO17

    xyxy = boxes.xyxy.astype(np.float32)
    centre = (xyxy[:, :2] + xyxy[:, 2:]) / 2  # (N, 2)
    keypoints = np.repeat(centre[:, None], len(COCO17), axis=1).astype(np.float32)  # (N, K, 2)
    score = np.zeros(keypoints.shape[:2], np.float32)
    return Poses(keypoints, score, Boxes(xyxy, boxes.score.astype(np.float32)), COCO17)


def _run_pipeline(arguments: MotArguments, sequence: MotSequence) -> Iterator[Scene]:
    """The scenes of the whole pipeline on the images of a sequence."""
    from realtime_pose.messages.source_messages import describe_source
    from realtime_pose.pipeline.build import build

    source = SourceConfig(uri=str(sequence.image_folder), folder_rate_hz=sequence.rate_hz, as_video=True)
    pipeline = build(arguments.to_config(source), make_tracker=tracker_factory(arguments.tracker))
    for scene in pipeline.scenes():
        # The number of the image in the sequence: an image that cannot be read leaves a gap in time, not in the index.
        index = round(scene.frame.time_s * sequence.rate_hz)
        yield replace(scene, frame=replace(scene.frame, index=index))
    if problem := describe_source(pipeline.report().source):
        terminal.echo(f"{sequence.name}: {problem}")


def _track_boxes(tracker: Tracker, boxes: TrackedBoxes, sequence: MotSequence) -> Iterator[Scene]:
    """The scenes of a tracker that gets boxes alone, one per frame; the ids of the boxes are not used."""
    import numpy as np

    from realtime_pose.scene import Frame, Scene

    no_image = np.zeros((1, 1, 3), np.uint8)  # a frame must have an image; the tracker does not look at it
    # Detections may go on after the last image, or images after the last detection.
    for index in range(max(sequence.num_frames, boxes.num_frames)):
        frame = Frame(no_image, index, index / sequence.rate_hz, 0.0, sequence.name)
        poses = bare_poses(boxes.in_frame(index))
        yield Scene.from_tracks(frame, tracker.update(poses, time_s=frame.time_s, frame_wh=sequence.wh))


def _read_boxes(folder: Path, sequence: MotSequence) -> TrackedBoxes:
    """The boxes of a sequence from a folder: its detections file, or the true boxes."""
    from realtime_pose.evaluate.mot_folders import detections_path, read_sequence
    from realtime_pose.evaluate.mot_rows import read_detections

    # Real detections win over the true boxes, which a MOTChallenge folder has too.
    path = detections_path(folder, sequence.name)
    if path is not None:
        return read_detections(path)
    for place in (folder / sequence.name, folder):
        if (place / "gt" / "gt.txt").is_file() or (place / "gt.txt").is_file():
            return read_sequence(place, rate_hz=sequence.rate_hz).truth
    raise DatasetError(
        f"{folder}: expected the boxes of {sequence.name} in det/det.txt, {sequence.name}/det/det.txt, "
        f"{sequence.name}.txt or a gt/gt.txt, found none of these"
    )


def _check_tracker(tracker: str, fps: float | None) -> None:
    """Raise ConfigError for an unknown tracker or a frame rate out of range."""
    if tracker not in TRACKERS:
        raise ConfigError(f"tracker: expected {' or '.join(TRACKERS)}, got {tracker!r}")
    if fps is not None:
        check_range(fps, 0.01, 1000, "fps")
