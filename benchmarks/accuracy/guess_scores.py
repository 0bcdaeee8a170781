"""Which score separates keypoints that a network sees from those that it guesses, and what is drawn by it?

    python benchmarks/accuracy/guess_scores.py --fit-annotations train.json --fit-images DIR --annotations val.json
        --images DIR [--detector NAME] [--pose NAME|PATH ...] [--json PATH]

A keypoint is right if it is annotated, and lies as near to the annotation as the loosest threshold of COCO's scorer
asks (an OKS of 0.5 for this keypoint alone). All others are guesses: a keypoint that the annotator did not see, or one
in the wrong place. The score of a keypoint (left and right together) is the one at which the fewest keypoints of the
first data set are drawn wrongly or left out wrongly. The figures are from the second one, in live use: boxes of the
detector's usual threshold, pose NMS. Prints the line for the manifest, and Markdown: before, by the fixed score of 0.2
that was used until then, and after. A false person is a pose that overlaps no annotated person or crowd.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.accuracy.dataset_arguments import dataset_parser, write_json
from realtime_pose.commands.dataset_images import check_images, load_frame
from realtime_pose.config import Config, DetectConfig, DeviceConfig, PoseConfig
from realtime_pose.evaluate.coco import CocoTruth
from realtime_pose.geometry import iou
from realtime_pose.pipeline.networks import Networks, load_networks
from realtime_pose.pose import nms
from realtime_pose.render.certainty import certainty, is_enough, part_certainty
from realtime_pose.scene import Float, Poses
from realtime_pose.skeletons import COCO17

BEFORE = 0.2  # the fixed score
RIGHT = 0.5  # OKS of a keypoint that is right
SAME = 0.5  # IoU of a box and its person
APART = 0.1  # IoU of a false person with everybody
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """The poses found in one image, and what is true of them.

    Attributes:
        poses: N poses.
        is_right: (N, K) whether a keypoint is where the annotator saw it; False for persons without annotation.
        is_labelled: (N, K) whether the annotator saw it.
        is_true: (N,) whether a pose belongs to a person with annotated keypoints.
        is_false: (N,) whether it overlaps nobody.
    """

    poses: Poses
    is_right: Mask
    is_labelled: Mask
    is_true: Mask
    is_false: Mask


def judge(poses: Poses, entries: Sequence[Mapping[str, Any]]) -> Judged:
    """The poses of one image beside its annotations."""
    count, shape = len(poses), poses.score.shape
    is_right, is_labelled, is_true = np.zeros(shape, bool), np.zeros(shape, bool), np.zeros(count, bool)
    xywh = np.array([entry["bbox"] for entry in entries], np.float32).reshape(-1, 4)
    overlap = iou(poses.boxes.xyxy, np.concatenate((xywh[:, :2], xywh[:, :2] + xywh[:, 2:]), axis=1))  # (N, M)
    taken: set[int] = set()
    for row in np.argsort(-poses.boxes.score).tolist():
        best = int(overlap[row].argmax()) if len(entries) else -1
        if best < 0 or overlap[row, best] < SAME or best in taken or not entries[best]["num_keypoints"]:
            continue
        taken.add(best)
        is_true[row] = not entries[best]["iscrowd"]
        points = np.array(entries[best]["keypoints"], np.float32).reshape(-1, 3)
        is_labelled[row] = points[:, 2] > 0
        distance2 = ((poses.keypoints[row] - points[:, :2]) ** 2).sum(axis=1)
        spread2 = 2 * entries[best]["area"] * (2 * np.array(COCO17.sigmas)) ** 2
        is_right[row] = is_labelled[row] & (np.exp(-distance2 / spread2) >= RIGHT)
    is_false = (overlap.max(axis=1, initial=0) < APART) & ~_is_in_crowd(poses.boxes.xyxy, entries)
    return Judged(poses, is_right, is_labelled, is_true, is_false)


def _is_in_crowd(xyxy: Float, entries: Sequence[Mapping[str, Any]]) -> Mask:
    """(N,) whether the middle of a box is in a region of persons that nobody annotated one by one."""
    crowds = np.array([entry["bbox"] for entry in entries if entry["iscrowd"]], np.float32).reshape(-1, 4)
    centre = (xyxy[:, None, :2] + xyxy[:, None, 2:]) / 2
    is_inside = np.logical_and(centre >= crowds[:, :2], centre <= crowds[:, :2] + crowds[:, 2:]).all(axis=-1)
    return np.asarray(np.asarray(is_inside).any(axis=1))


def judged_images(annotations: Path, images: Path, networks: Networks, config: Config) -> Iterator[Judged]:
    """Each image with the poses of live use."""
    truth = CocoTruth(annotations)
    check_images(truth, images)
    for image in truth.images:
        frame = load_frame(images / image.file_name)
        found = networks.detect(frame, threshold=config.detect.threshold)
        poses = nms.merge(networks.pose(frame, found), config.pose_nms)[0]
        yield judge(poses.as_skeleton(COCO17), truth.entries(image.image_id))


def fit_scores(judged: Sequence[Judged]) -> tuple[float, ...]:
    """For each keypoint the score at which the fewest are drawn or left out wrongly; left and right together."""
    score = np.concatenate([each.poses.score[each.is_true] for each in judged])
    is_right = np.concatenate([each.is_right[each.is_true] for each in judged])
    fitted = np.zeros(len(COCO17))
    for index, mirrored in enumerate(COCO17.mirrored.tolist()):
        pair = sorted({index, mirrored})
        values, right = score[:, pair].ravel(), is_right[:, pair].ravel()
        order = np.argsort(values)
        lost = np.concatenate(([0], np.cumsum(right[order])))  # left out although right, below each place
        wrong = (~right).sum() - np.concatenate(([0], np.cumsum(~right[order])))  # drawn although wrong, from it on
        place = int(np.argmin(lost + wrong))
        around = values[order][[max(place - 1, 0), min(place, len(values) - 1)]]
        fitted[index] = np.clip(around.mean(), 0.01, 0.99)
    return tuple(fitted.round(3).tolist())


def shown_parts(poses: Poses, scores: tuple[float, ...]) -> tuple[Mask, Mask, Mask]:
    """What is drawn: keypoints (N, K), limbs (N, L), persons (N,). Without scores it is what was drawn before."""
    ends = np.array(COCO17.limbs)
    if not scores:
        shown = poses.score >= BEFORE
        return shown, np.asarray(shown[:, ends].all(axis=-1)), np.ones(len(poses), bool)
    measured = replace(poses, skeleton=replace(COCO17, guess_scores=scores))
    certain = certainty(measured)
    is_person = is_enough(certain, threshold=0.5)
    limbs = part_certainty(measured, certain, ends) >= 0.5
    return (certain >= 0.5) & is_person[:, None], limbs & is_person[:, None], is_person


def figures(judged: Sequence[Judged], scores: tuple[float, ...]) -> dict[str, float]:
    """What is drawn of true and of false persons; numbers, and shares in percent."""
    shown = [shown_parts(each.poses, scores) for each in judged]
    true = [each.is_true for each in judged]
    keypoints = np.concatenate([part[0][rows] for part, rows in zip(shown, true, strict=True)])
    limbs = np.concatenate([part[1][rows] for part, rows in zip(shown, true, strict=True)])
    is_right = np.concatenate([each.is_right[each.is_true] for each in judged])
    is_labelled = np.concatenate([each.is_labelled[each.is_true] for each in judged])
    is_right_limb = is_right[:, np.array(COCO17.limbs)].all(axis=-1)
    face = [index for index, sigma in enumerate(COCO17.sigmas) if sigma < 0.05]
    persons = [part[2] & each.is_false for part, each in zip(shown, judged, strict=True)]
    kept = np.concatenate([part[2][rows] for part, rows in zip(shown, true, strict=True)])
    return {
        "keypoints drawn that are right": 100 * float(is_right[keypoints].mean()),
        "right keypoints that are drawn": 100 * float(keypoints[is_right].mean()),
        "keypoints nobody sees that are drawn": 100 * float(keypoints[~is_labelled].mean()),
        "of these, in faces": 100 * float(keypoints[:, face][~is_labelled[:, face]].mean()),
        "limbs drawn that are wrong": float((limbs & ~is_right_limb).sum()),
        "right limbs that are drawn": float((limbs & is_right_limb).sum()),
        "true persons drawn": float(kept.sum()),
        "false persons drawn": float(sum(rows.sum() for rows in persons)),
    }


def main() -> None:
    """Fit, measure and print."""
    parser = dataset_parser(__doc__)
    parser.add_argument("--fit-annotations", type=Path, required=True)
    parser.add_argument("--fit-images", type=Path, required=True)
    parser.add_argument("--pose", nargs="+", default=[PoseConfig().model])
    parser.add_argument("--threads", type=int, default=0)
    options = parser.parse_args()
    entries: list[dict[str, Any]] = []
    for pose in options.pose:
        device = DeviceConfig(threads=options.threads, precision="f32")
        config = Config(device=device, detect=DetectConfig(model=options.detector[0]), pose=PoseConfig(model=pose))
        networks = load_networks(config)
        scores = fit_scores(list(judged_images(options.fit_annotations, options.fit_images, networks, config)))
        judged = list(judged_images(options.annotations, options.images, networks, config))
        before, after = figures(judged, ()), figures(judged, scores)
        print(f"guess_scores = {list(scores)}\n\n| {Path(pose).stem} | before | after |\n|---|---|---|")
        for name in before:
            print(f"| {name} | {before[name]:.0f} | {after[name]:.0f} |")
        print()
        entries.append({"pose": pose, "guess_scores": scores, "before": before, "after": after})
    write_json(options.json, entries)


if __name__ == "__main__":
    main()
