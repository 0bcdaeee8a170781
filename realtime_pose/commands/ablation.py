"""The ablation of ``eval coco``: networks and images to the scores of the whole system and of it without each part.

The table is that of RMPE, Fang et al., arXiv:1612.00137, section 4.4. A row that does not apply to the given networks
is not there: a network that finds boxes and poses at once has no pose estimator to exchange, and takes no true boxes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realtime_pose.commands import terminal
from realtime_pose.commands.dataset_images import SkippedImages, load_frame
from realtime_pose.errors import ConfigError

if TYPE_CHECKING:
    from realtime_pose.config import Config
    from realtime_pose.evaluate.coco import CocoScores, CocoTruth, Result
    from realtime_pose.pipeline.networks import Networks
    from realtime_pose.scene import Boxes, Frame, Poses

EVERYTHING, WITHOUT_SSTN, WITHOUT_PGPG = "all", "without SSTN", "without PGPG"
WITHOUT_NMS, TRUE_BOXES = "without pose NMS", "true boxes (upper bound)"

_COLUMNS = ("AP", "AP50", "AP75", "APM", "APL", "AR")


@dataclass(frozen=True, slots=True, eq=False)
class Ablation:
    """What is compared.

    Attributes:
        config: The whole system.
        networks: Its networks.
        exchanged: Networks of the rows in which a network takes the place of another, by the name of the row.
    """

    config: Config
    networks: Networks
    exchanged: Mapping[str, Networks]

    def poses(self, frame: Frame, true: Boxes) -> dict[str, Poses]:
        """The poses of each row but the first in one image with these true boxes."""
        from realtime_pose.pose import nms

        limits = self.config.pose_nms
        detections = self.networks.detect(frame, threshold=self.config.detect.threshold)
        found = {
            name: nms.merge(networks.pose(frame, detections), limits)[0] for name, networks in self.exchanged.items()
        }
        found[WITHOUT_NMS] = self.networks.pose(frame, detections)
        if self.networks.can_estimate_boxes:
            found[TRUE_BOXES] = nms.merge(self.networks.estimate(frame, true), limits)[0]
        return found


def prepare(config: Config, networks: Networks, *, without_sstn: str, without_pgpg: str) -> Ablation:
    """The comparison, with all its networks loaded.

    Args:
        config: The whole system.
        networks: Its networks.
        without_sstn: A pose network that was trained without an SSTN; "" for the one of the system, whose
            localisation network is then left out, if there is one.
        without_pgpg: A pose network that was trained in true boxes; "" for no such row.

    Raises:
        RealtimePoseError: A network cannot be loaded, or does not fit.
    """
    from realtime_pose.config.models import NO_SSTN
    from realtime_pose.pipeline.networks import load_networks
    from realtime_pose.skeletons import COCO17

    if not networks.can_estimate_boxes:
        if without_sstn or without_pgpg:
            raise ConfigError(
                "without-sstn and without-pgpg: expected a pose estimator to compare with, but "
                f"{networks.info.specs['detect'].name} finds boxes and poses at once; use another --detector"
            )
        return Ablation(config, networks, {})
    pose = config.pose
    exchanged: dict[str, Networks] = {}
    if without_sstn or pose.has_sstn:
        plain = replace(pose, model=without_sstn or pose.model, sstn=NO_SSTN)
        exchanged[WITHOUT_SSTN] = load_networks(replace(config, pose=plain))
    if without_pgpg:
        exchanged[WITHOUT_PGPG] = load_networks(replace(config, pose=replace(pose, model=without_pgpg)))
    for each in exchanged.values():
        each.skeleton.indices_of(COCO17)  # raises if a keypoint is missing
    return Ablation(config, networks, exchanged)


def run(
    ablation: Ablation, truth: CocoTruth, folder: Path, everything: Sequence[Result]
) -> tuple[dict[str, CocoScores], SkippedImages]:
    """The scores of each row, and the images that are left out in all rows but the first.

    Args:
        ablation: What is compared.
        truth: The ground truth.
        folder: Of the images.
        everything: The results of the whole system, which were found before.
    """
    from realtime_pose.evaluate.coco import keypoint_results
    from realtime_pose.skeletons import COCO17

    results: dict[str, list[Result]] = {EVERYTHING: list(everything)}
    skipped = SkippedImages()
    for image in terminal.track_progress(truth.images, "ablation"):
        with skipped.skip_if_not_finite(image.file_name):
            found = ablation.poses(load_frame(folder / image.file_name), truth.boxes(image.image_id))
            for name, poses in found.items():
                rows = keypoint_results(image.image_id, poses.as_skeleton(COCO17))
                results.setdefault(name, []).extend(rows)
    skipped.check(len(truth.images))
    return {name: truth.score(rows, kind="keypoints") for name, rows in results.items()}, skipped


def format_markdown(scores: Mapping[str, CocoScores], *, caption: str) -> str:
    """The table in percent; the last column is the difference of AP to the first row."""
    lines = [f"| {caption} | {' | '.join(_COLUMNS)} | change of AP |", f"|---|{'---:|' * (len(_COLUMNS) + 1)}"]
    for name, each in scores.items():
        cells = [f"{100 * value:.1f}" if value >= 0 else "-" for value in asdict(each).values()]
        change = "" if name == EVERYTHING else f"{100 * (each.ap - scores[EVERYTHING].ap):+.1f}"
        lines.append(f"| {name} | {' | '.join(cells)} | {change} |")
    return "\n".join(lines)


def format_json(scores: Mapping[str, CocoScores], *, origin: Mapping[str, Any]) -> str:
    """The scores in [0, 1], null where there is no such person, with where they are from."""
    rows = [
        {"name": name, **{key: value if value >= 0 else None for key, value in asdict(each).items()}}
        for name, each in scores.items()
    ]
    return json.dumps({**origin, "rows": rows}, indent=1) + "\n"


def output_paths(out: Path) -> tuple[Path, Path]:
    """The files of the table, as Markdown and as JSON, beside the file of the results.

    >>> [path.name for path in output_paths(Path("results.json"))]
    ['results_ablation.md', 'results_ablation.json']
    """
    return out.with_name(f"{out.stem}_ablation.md"), out.with_name(f"{out.stem}_ablation.json")
