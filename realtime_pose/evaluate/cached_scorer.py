"""AP of the same pictures again and again: a picture whose poses were scored before is not matched again.

The scorer's own matching and its own AP (pycocotools), over all sizes of persons; what is remembered is what it found
for each picture. A search over parameters changes the poses of few pictures at a time: most AP cost only the sum.
"""

import contextlib
import io
from collections.abc import Sequence
from typing import Any

from realtime_pose.evaluate.annotations import PERSON
from realtime_pose.evaluate.coco import CocoTruth, Result, keypoint_results, nothing, scorer
from realtime_pose.scene import Poses
from realtime_pose.skeletons import COCO17

_ALL_SIZES = [[0, 1e10]]


class CachedScorer:
    """Scores poses on the pictures of several annotation files, taken as one set.

    Args:
        truths: The files; a picture that is in two of them counts twice.

    Raises:
        MissingPackageError: pycocotools is not installed.
    """

    def __init__(self, truths: Sequence[CocoTruth]) -> None:
        self._coco, self._cocoeval = scorer("pycocotools.coco"), scorer("pycocotools.cocoeval")
        self._pooled = self._coco.COCO()
        self._pooled.dataset = _pooled(truths)
        self._numbers = [image["id"] for image in self._pooled.dataset["images"]]
        with contextlib.redirect_stdout(io.StringIO()):  # it prints its progress
            self._pooled.createIndex()
        self._sum = self._matched([], self._numbers)  # knows all pictures
        self._known: list[dict[bytes, Any]] = [{} for _ in self._numbers]

    def ap(self, poses: Sequence[Poses]) -> float:
        """Keypoint AP, in [0, 1], of the poses of each picture, in the order of the files; any skeleton like COCO's."""
        keys = [part.keypoints.tobytes() + part.score.tobytes() + part.boxes.score.tobytes() for part in poses]
        new = [place for place, key in enumerate(keys) if key not in self._known[place]]
        if new:
            numbers = [self._numbers[place] for place in new]
            results = [
                result
                for place, number in zip(new, numbers, strict=True)
                for result in keypoint_results(number, poses[place].as_skeleton(COCO17))
            ]
            for place, match in zip(new, self._matched(results, numbers).evalImgs, strict=True):
                self._known[place][keys[place]] = match
        self._sum.evalImgs = [known[key] for known, key in zip(self._known, keys, strict=True)]
        with contextlib.redirect_stdout(io.StringIO()):
            self._sum.accumulate()
            self._sum.summarize()
        return float(self._sum.stats[0])

    def _matched(self, results: Sequence[Result], numbers: Sequence[int]) -> Any:
        """A COCOeval after it has matched these results on these pictures."""
        with contextlib.redirect_stdout(io.StringIO()):
            found = self._pooled.loadRes(list(results)) if results else nothing(self._coco, self._pooled)
            evaluation = self._cocoeval.COCOeval(self._pooled, found, "keypoints")
            evaluation.params.catIds = [PERSON]
            evaluation.params.imgIds = list(numbers)
            evaluation.params.areaRng, evaluation.params.areaRngLbl = _ALL_SIZES, ["all"]
            evaluation.evaluate()
        return evaluation


def _pooled(truths: Sequence[CocoTruth]) -> dict[str, Any]:
    """The files as one table, its pictures and persons numbered anew from 1."""
    pictures = [(truth, image.image_id) for truth in truths for image in truth.images]
    persons = [
        {**entry, "image_id": number}
        for number, (truth, image_id) in enumerate(pictures, start=1)
        for entry in truth.entries(image_id)
    ]
    return {
        "info": {},
        "images": [{"id": number} for number in range(1, len(pictures) + 1)],
        "annotations": [{**person, "id": number} for number, person in enumerate(persons, start=1)],
        "categories": [{"id": PERSON, "name": "person"}],
    }
