"""Keypoint AP of the same images for many sets of poses, with a cache of the matches of each image.

Matching and AP are pycocotools' own, over persons of all sizes. A search over parameters changes the poses of few
images at a time, so most evaluations cost only the sum.
"""

import contextlib
import io
from collections.abc import Sequence
from typing import Any

from realtime_pose.evaluate.annotations import PERSON
from realtime_pose.evaluate.coco import CocoTruth, Result, empty_results, import_scorer, keypoint_results
from realtime_pose.scene import Poses
from realtime_pose.skeletons import COCO17

_ALL_SIZES = [[0, 1e10]]  # range of areas in square pixels


class CachedScorer:
    """Scores poses on the images of several annotation files, taken as one set.

    Args:
        truths: The files; an image that is in two of them counts twice.

    Raises:
        MissingPackageError: pycocotools is not installed.
    """

    def __init__(self, truths: Sequence[CocoTruth]) -> None:
        self._coco, self._cocoeval = import_scorer("pycocotools.coco"), import_scorer("pycocotools.cocoeval")
        self._truth = self._coco.COCO()
        self._truth.dataset = _merge(truths)
        self._image_ids = [image["id"] for image in self._truth.dataset["images"]]
        with contextlib.redirect_stdout(io.StringIO()):  # it prints its progress
            self._truth.createIndex()
        self._evaluation = self._match([], self._image_ids)  # of all images: its matches are replaced for each AP
        self._cache: list[dict[bytes, Any]] = [{} for _ in self._image_ids]  # for each image: poses to matches

    def ap(self, poses: Sequence[Poses]) -> float:
        """Keypoint AP in [0, 1].

        Args:
            poses: Of each image in the order of the files, with any skeleton that contains COCO's keypoints.
        """
        keys = [each.keypoints.tobytes() + each.score.tobytes() + each.boxes.score.tobytes() for each in poses]
        new = [index for index, key in enumerate(keys) if key not in self._cache[index]]
        if new:
            image_ids = [self._image_ids[index] for index in new]
            results = [
                result
                for index, image_id in zip(new, image_ids, strict=True)
                for result in keypoint_results(image_id, poses[index].as_skeleton(COCO17))
            ]
            # One person class and one range of areas: evalImgs has one entry for each image.
            for index, matches in zip(new, self._match(results, image_ids).evalImgs, strict=True):
                self._cache[index][keys[index]] = matches
        self._evaluation.evalImgs = [cache[key] for cache, key in zip(self._cache, keys, strict=True)]
        with contextlib.redirect_stdout(io.StringIO()):
            self._evaluation.accumulate()
            self._evaluation.summarize()
        return float(self._evaluation.stats[0])

    def _match(self, results: Sequence[Result], image_ids: Sequence[int]) -> Any:
        """A COCOeval after it matched these results on these images."""
        with contextlib.redirect_stdout(io.StringIO()):
            loaded = self._truth.loadRes(list(results)) if results else empty_results(self._coco, self._truth)
            evaluation = self._cocoeval.COCOeval(self._truth, loaded, "keypoints")
            evaluation.params.catIds = [PERSON]
            evaluation.params.imgIds = list(image_ids)
            evaluation.params.areaRng, evaluation.params.areaRngLbl = _ALL_SIZES, ["all"]
            evaluation.evaluate()
        return evaluation


def _merge(truths: Sequence[CocoTruth]) -> dict[str, Any]:
    """The files as one table; its images and persons get new ids from 1 on."""
    images = [(truth, image.image_id) for truth in truths for image in truth.images]
    persons = [
        {**entry, "image_id": number}
        for number, (truth, image_id) in enumerate(images, start=1)
        for entry in truth.entries(image_id)
    ]
    return {
        "info": {},
        "images": [{"id": number} for number in range(1, len(images) + 1)],
        "annotations": [{**person, "id": number} for number, person in enumerate(persons, start=1)],
        "categories": [{"id": PERSON, "name": "person"}],
    }
