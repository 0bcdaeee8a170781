"""Matching of the poses of each image with the ground truth, by COCO's scorer at a low threshold.

N true persons and M poses of an image, K keypoints. A pose matches a person from an OKS of .1 on, so that also a poor
pose is matched and its errors can be classified. Source: Ronchi & Perona, Benchmarking and Error Diagnosis in
Multi-Instance Pose Estimation, ICCV 2017, arXiv:1707.05388.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realtime_pose.evaluate.annotations import PERSON
from realtime_pose.evaluate.coco import CocoImage, CocoTruth, Result
from realtime_pose.geometry import bounding_box
from realtime_pose.scene import Boxes, Float, Int, Poses
from realtime_pose.skeletons import COCO17, Skeleton

MATCHING_OKS = 0.1  # the paper's
UNMATCHED = -1


@dataclass(frozen=True, slots=True, eq=False)
class TruePersons:
    """N persons of one image with labelled keypoints, without crowds.

    Attributes:
        xy: (N, K, 2) float32; only labelled ones are valid.
        is_labelled: (N, K) bool: the position is known, whether visible or hidden.
        area_px2: (N,) float32 area of the person's outline, which scales OKS.
        xyxy: (N, 4) float32 boxes.
    """

    xy: Float
    is_labelled: NDArray[np.bool_]
    area_px2: Float
    xyxy: Float

    def __len__(self) -> int:
        """N."""
        return len(self.area_px2)


@dataclass(frozen=True, slots=True, eq=False)
class GroundTruthMatching:
    """Which pose belongs to which true person in one image.

    Attributes:
        image: The image.
        truth: N persons.
        poses: M poses, best first; their boxes enclose their keypoints.
        person: (M,) int64 row of the true person of each pose, or `UNMATCHED`.
        oks: (M, N) float32 OKS of every pose with every person.
        is_ignored: (M,) bool: the scorer ignores it, since it fits a crowd or a person without keypoints.
    """

    image: CocoImage
    truth: TruePersons
    poses: Poses
    person: Int
    oks: Float
    is_ignored: NDArray[np.bool_]

    @property
    def person_oks(self) -> Float:
        """(N,) OKS of each person with the matched pose, 0 for a missed person."""
        rows = np.flatnonzero(self.person != UNMATCHED)
        oks = np.zeros(len(self.truth), np.float32)
        oks[self.person[rows]] = self.oks[rows, self.person[rows]]
        return oks

    @property
    def is_missed(self) -> NDArray[np.bool_]:
        """(N,) whether a person has no matched pose."""
        return ~np.isin(np.arange(len(self.truth)), self.person)

    def is_false(self, score: float) -> NDArray[np.bool_]:
        """(M,) false positives: unmatched poses with this score or a higher one that are not ignored."""
        return np.asarray((self.person == UNMATCHED) & ~self.is_ignored & (self.poses.boxes.score >= score))


def match_ground_truth(truth: CocoTruth, results: Sequence[Result]) -> list[GroundTruthMatching]:
    """The matching of each image of the truth, in its order; the scorer takes the 20 best poses of an image.

    Raises:
        MissingPackageError: pycocotools is not installed.
    """
    evaluation = truth.evaluate(results, kind="keypoints", thresholds=(MATCHING_OKS,))
    all_areas = evaluation.params.areaRng[0]
    scored = {
        entry["image_id"]: (entry, evaluation.ious[entry["image_id"], PERSON])
        for entry in evaluation.evalImgs
        if entry is not None and entry["aRng"] == all_areas
    }
    return [_match_image(truth, image, results, scored.get(image.image_id)) for image in truth.images]


def _match_image(
    truth: CocoTruth, image: CocoImage, results: Sequence[Result], scored: tuple[Mapping[str, Any], Any] | None
) -> GroundTruthMatching:
    """One image from the scorer's entry and OKS; None: it has neither persons nor poses."""
    annotations = truth.entries(image.image_id)
    columns = [index for index, entry in enumerate(annotations) if entry["num_keypoints"] and not entry["iscrowd"]]
    row_by_id = {annotations[index]["id"]: row for row, index in enumerate(columns)}
    entry, scorer_oks = scored if scored is not None else ({"dtIds": [], "dtMatches": [[]], "dtIgnore": [[]]}, [])
    sorted_results = [results[number - 1] for number in entry["dtIds"]]  # best first, as the scorer sorted them
    oks = np.zeros((len(sorted_results), len(annotations)), np.float32)
    oks[:] = scorer_oks if len(scorer_oks) else 0  # the scorer has an empty list if one side is empty
    return GroundTruthMatching(
        image,
        _true_persons([annotations[index] for index in columns], COCO17),
        _as_poses(sorted_results, COCO17),
        # Matches with crowds are not in row_by_id; the scorer ignores them.
        person=np.array([row_by_id.get(int(number), UNMATCHED) for number in entry["dtMatches"][0]], np.int64),
        oks=oks[:, columns],
        is_ignored=np.array(entry["dtIgnore"][0], bool),
    )


def _true_persons(entries: Sequence[Mapping[str, Any]], skeleton: Skeleton) -> TruePersons:
    """Annotations as arrays."""
    keypoints = np.array([entry["keypoints"] for entry in entries], np.float32).reshape(-1, len(skeleton), 3)  # x, y, v
    xywh = np.array([entry["bbox"] for entry in entries], np.float32).reshape(-1, 4)
    xyxy = np.concatenate((xywh[:, :2], xywh[:, :2] + xywh[:, 2:]), axis=1) - np.float32(0.5)
    area_px2 = np.array([entry["area"] for entry in entries], np.float32)
    return TruePersons(keypoints[..., :2], keypoints[..., 2] > 0, area_px2, xyxy)


def _as_poses(results: Sequence[Result], skeleton: Skeleton) -> Poses:
    """COCO keypoint results as poses."""
    keypoints = np.array([result["keypoints"] for result in results], np.float32).reshape(-1, len(skeleton), 3)
    score = np.array([result["score"] for result in results], np.float32)
    xy = np.ascontiguousarray(keypoints[..., :2])
    return Poses(xy, np.ascontiguousarray(keypoints[..., 2]), Boxes(bounding_box(xy), score), skeleton)
