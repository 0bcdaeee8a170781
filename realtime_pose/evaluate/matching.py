"""The truth and the poses found in each picture, and who is whom: matched by COCO's scorer, generously.

N true persons and M poses of a picture, K keypoints. A pose belongs to a person from an OKS of .1 on, so that a pose is
known as a person's before it is any good. Source: Ronchi & Perona, Benchmarking and Error Diagnosis in Multi-Instance
Pose Estimation, ICCV 2017, arXiv:1707.05388.
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

MATCHING_OKS = 0.1
NOBODY = -1


@dataclass(frozen=True, slots=True, eq=False)
class TruePersons:
    """N persons of one picture with labelled keypoints, crowds left out.

    Attributes:
        xy: (N, K, 2) float32, where labelled.
        is_labelled: (N, K) bool: the keypoint is known, seen or hidden.
        area_px2: (N,) float32, of the person's outline; OKS goes by it.
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
    """Who is whom in one picture.

    Attributes:
        image: The picture.
        truth: N persons.
        found: M poses, best first, in boxes around their keypoints.
        person: (M,) int64 row of the true person that a pose was matched with, `NOBODY` where with none.
        oks: (M, N) float32 similarity of every pose with every person.
        is_ignored: (M,) bool: the scorer lets it pass, as the pose of a crowd or of a person without keypoints.
    """

    image: CocoImage
    truth: TruePersons
    found: Poses
    person: Int
    oks: Float
    is_ignored: NDArray[np.bool_]

    @property
    def person_oks(self) -> Float:
        """(N,) OKS of each person's pose, 0 for a person whom no pose was matched with."""
        rows = np.flatnonzero(self.person != NOBODY)
        oks = np.zeros(len(self.truth), np.float32)
        oks[self.person[rows]] = self.oks[rows, self.person[rows]]
        return oks

    @property
    def is_missed(self) -> NDArray[np.bool_]:
        """(N,) whether no pose was matched with a person."""
        return ~np.isin(np.arange(len(self.truth)), self.person)

    def is_false(self, score: float) -> NDArray[np.bool_]:
        """(M,) whether a pose of this score or a higher one is nobody's, and counts against the results."""
        return np.asarray((self.person == NOBODY) & ~self.is_ignored & (self.found.boxes.score >= score))


def match_ground_truth(truth: CocoTruth, results: Sequence[Result]) -> list[GroundTruthMatching]:
    """Who is whom in each picture of the truth, in its order; of a picture's poses the scorer takes the 20 best.

    Raises:
        MissingPackageError: pycocotools is not installed.
    """
    evaluation = truth.evaluated(results, kind="keypoints", thresholds=(MATCHING_OKS,))
    everybody = evaluation.params.areaRng[0]
    entries = {
        entry["image_id"]: (entry, evaluation.ious[entry["image_id"], PERSON])
        for entry in evaluation.evalImgs
        if entry is not None and entry["aRng"] == everybody
    }
    return [_pairing(truth, image, results, entries.get(image.image_id)) for image in truth.images]


def _pairing(
    truth: CocoTruth, image: CocoImage, results: Sequence[Result], scored: tuple[Mapping[str, Any], Any] | None
) -> GroundTruthMatching:
    """One picture, as the scorer saw it; None: neither is there anybody, nor was anybody found."""
    annotated = truth.entries(image.image_id)
    known = [row for row, entry in enumerate(annotated) if entry["num_keypoints"] and not entry["iscrowd"]]
    row_of = {annotated[row]["id"]: number for number, row in enumerate(known)}
    entry, similarity = scored if scored is not None else ({"dtIds": [], "dtMatches": [[]], "dtIgnore": [[]]}, [])
    found = [results[number - 1] for number in entry["dtIds"]]
    oks = np.zeros((len(found), len(annotated)), np.float32)
    oks[:] = similarity if len(similarity) else 0  # the scorer has an empty list where either side is empty
    return GroundTruthMatching(
        image,
        _true_persons([annotated[row] for row in known], COCO17),
        _as_poses(found, COCO17),
        person=np.array([row_of.get(int(number), NOBODY) for number in entry["dtMatches"][0]], np.int64),
        oks=oks[:, known],
        is_ignored=np.array(entry["dtIgnore"][0], bool),
    )


def _true_persons(entries: Sequence[Mapping[str, Any]], skeleton: Skeleton) -> TruePersons:
    """Annotations as arrays."""
    keypoints = np.array([entry["keypoints"] for entry in entries], np.float32).reshape(-1, len(skeleton), 3)
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
