"""The command ``eval mpii``: MPII's images with ground truth to PCKh of single persons, or to mAP of all of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import tyro

from realtime_pose.commands import terminal, weights
from realtime_pose.commands.dataset_images import SkippedImages, load_frame
from realtime_pose.commands.flags import ConfigFlag, DebugFlag, PresetFlag
from realtime_pose.config import LOW_SCORE, Config, DetectConfig, DeviceConfig, PoseConfig, PoseNmsConfig
from realtime_pose.config.choices import one_of
from realtime_pose.counts import counted
from realtime_pose.errors import ConfigError, DatasetError

if TYPE_CHECKING:
    from realtime_pose.evaluate.mpii_scores import FoundJoints, MpiiPersons
    from realtime_pose.pipeline.networks import Networks
    from realtime_pose.scene import Frame

BOXES = ("truth", "detected")


@dataclass(frozen=True, slots=True, kw_only=True)
class MpiiArguments:
    """Score poses on MPII: PCKh of single persons in their true boxes, or mAP of all persons that are detected."""

    annotations: Annotated[Path | None, tyro.conf.arg(metavar="FILE.json")] = None
    """MPII's list of persons (image, center, scale, joints, joints_vis, and maybe head_box)."""
    images: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Folder of the images."""
    boxes: Annotated[str, one_of(BOXES)] = BOXES[0]
    """truth: PCKh in the boxes of the annotations; detected: mAP of several persons, in those of the detector."""
    device: tyro.conf.OmitArgPrefixes[DeviceConfig] = field(default_factory=DeviceConfig)
    detect: tyro.conf.OmitArgPrefixes[DetectConfig] = field(default_factory=lambda: DetectConfig(threshold=LOW_SCORE))
    pose: tyro.conf.OmitArgPrefixes[PoseConfig] = field(default_factory=PoseConfig)
    pose_nms: PoseNmsConfig = field(default_factory=PoseNmsConfig)
    preset: PresetFlag = ""
    config: ConfigFlag = None
    debug: DebugFlag = False

    def __post_init__(self) -> None:
        """Check the kind of boxes."""
        if self.boxes not in BOXES:
            raise ConfigError(f"boxes: expected {' or '.join(BOXES)}, got {self.boxes!r}")

    @classmethod
    def from_config(cls, loaded: Config, path: Path | None) -> Self:
        """The defaults from this configuration, which was read from this path; low scores count."""
        detect = loaded.detect.counting_low_scores()
        return cls(device=loaded.device, detect=detect, pose=loaded.pose, pose_nms=loaded.pose_nms, config=path)


def run(arguments: MpiiArguments) -> int:
    """Print the table of scores; the exit code.

    Raises:
        RealtimePoseError: The annotations, an image or a model cannot be used.
    """
    import numpy as np

    from realtime_pose.evaluate.mpii_scores import PCKH, STRICT_PCKH, FoundJoints, MpiiPersons, mean_ap, pckh
    from realtime_pose.pipeline.networks import load_networks
    from realtime_pose.skeletons import MPII16, match_keypoints

    by_image = _read(arguments)
    weights.fetch_missing(arguments.detect, arguments.pose)
    config = Config(device=arguments.device, detect=arguments.detect, pose=arguments.pose, pose_nms=arguments.pose_nms)
    networks = load_networks(config)
    _check_networks(networks, arguments)
    images = _estimate_all(networks, by_image, arguments)
    if arguments.boxes == "detected":
        known = [k for k, index in enumerate(match_keypoints(MPII16, networks.skeleton)) if index >= 0]
        rows = {"AP": mean_ap(images, known)}
    else:
        found = FoundJoints(*(np.concatenate([getattr(f, name) for f, _ in images]) for name in ("xy", "score")))
        parts = ("xy", "is_labelled", "head_px")
        true = MpiiPersons(*(np.concatenate([getattr(t, name) for _, t in images]) for name in parts))
        rows = {f"PCKh@{share:g}": pckh(found, true, share) for share in (PCKH, STRICT_PCKH)}
    terminal.print_result(_format_table(rows))
    num_persons = sum(map(len, by_image.values()))
    terminal.print_result(f"{counted(len(by_image), 'image')}, {counted(num_persons, 'person')}")
    return 0


def _read(arguments: MpiiArguments) -> dict[str, list[Mapping[str, Any]]]:
    """The persons of each image, all of which are there."""
    from realtime_pose.evaluate.annotations import read_json
    from realtime_pose.evaluate.mpii import check_persons

    if arguments.annotations is None or arguments.images is None:
        raise ConfigError("eval mpii: expected both --annotations FILE and --images DIR")
    by_image: dict[str, list[Mapping[str, Any]]] = {}
    for person in check_persons(read_json(arguments.annotations), arguments.annotations):
        by_image.setdefault(person["image"], []).append(person)
    missing = [name for name in by_image if not (arguments.images / name).is_file()]
    if missing:
        raise DatasetError(
            f"{arguments.images}: expected all images of the annotations, but {len(missing)} of "
            f"{counted(len(by_image), 'image')} cannot be found; the first is {missing[0]}"
        )
    return by_image


def _check_networks(networks: Networks, arguments: MpiiArguments) -> None:
    """Raise ConfigError if the networks cannot be scored."""
    from realtime_pose.skeletons import MPII16, match_keypoints

    if max(match_keypoints(MPII16, networks.skeleton)) < 0:
        raise ConfigError(f"eval mpii: expected a network with joints of the body, got one of {networks.skeleton.name}")
    if arguments.boxes == "truth" and not networks.can_estimate_boxes:
        raise ConfigError(
            "--boxes truth: expected a pose estimator, which gets the true boxes, but this network finds boxes and "
            "poses at once; use --boxes detected, or another --detector"
        )


def _estimate_all(
    networks: Networks, by_image: Mapping[str, Sequence[Mapping[str, Any]]], arguments: MpiiArguments
) -> list[tuple[FoundJoints, MpiiPersons]]:
    """What is found in each image, with the true persons."""
    from realtime_pose.evaluate.mpii_scores import mpii_joints, read_persons
    from realtime_pose.scene import Poses

    images, skipped = [], SkippedImages()
    folder = arguments.images or Path()
    for name, persons in terminal.track_progress(list(by_image.items()), "images"):
        poses = Poses.empty(networks.skeleton)
        if arguments.boxes == "truth":  # also if the network gives no numbers, each person has a row
            poses = _nowhere(len(persons), networks)
        with skipped.skip_if_not_finite(name):
            poses = _estimate(networks, load_frame(folder / name), persons, arguments)
        images.append((mpii_joints(poses), read_persons(persons)))
    skipped.check(len(by_image))
    if skipped.count:
        terminal.echo(skipped.line)
    return images


def _nowhere(count: int, networks: Networks) -> Any:
    """Poses far away from everything, with score 0: all of their joints are wrong."""
    import numpy as np

    from realtime_pose.scene import Boxes, Poses

    num_keypoints = len(networks.skeleton)
    zeros = np.zeros((count, num_keypoints), np.float32)
    boxes = Boxes(np.zeros((count, 4), np.float32), np.zeros(count, np.float32))
    return Poses(np.full((count, num_keypoints, 2), -1e6, np.float32), zeros, boxes, networks.skeleton)


def _estimate(networks: Networks, frame: Frame, persons: Sequence[Mapping[str, Any]], arguments: MpiiArguments) -> Any:
    """The poses in the true boxes, one for each person; or of all persons that are detected."""
    import numpy as np

    from realtime_pose.evaluate.mpii import mpii_boxes
    from realtime_pose.pipeline.perception import estimate_people
    from realtime_pose.scene import Boxes

    if arguments.boxes == "detected":
        threshold = arguments.detect.threshold
        return estimate_people(networks, frame, threshold=threshold, pose_nms=arguments.pose_nms).poses
    return networks.estimate(frame, Boxes(mpii_boxes(persons), np.ones(len(persons), np.float32)))


def _format_table(rows: Mapping[str, Mapping[str, float]]) -> str:
    heads = list(next(iter(rows.values())))
    cells = [
        [title, *("-" if math.isnan(value) else f"{100 * value:.1f}" for value in row.values())]
        for title, row in rows.items()
    ]
    return terminal.format_table(["", *heads], cells)
