"""Poses and boxes against a COCO annotation file: AP and AR through the field's own scorer, pycocotools.

N persons of one image. COCO measures box edges from the image's upper left corner, so that the centre of the first
pixel is at 0.5. Keypoints are clicks on pixels and need no shift. pycocotools is an extra, imported where it is used.
Source: Lin et al., Microsoft COCO, ECCV 2014; the protocol at https://cocodataset.org/#keypoints-eval.
"""

import contextlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from realtime_pose.counts import counted
from realtime_pose.errors import DatasetError, MissingPackageError
from realtime_pose.evaluate.annotations import PERSON, read_annotations
from realtime_pose.scene import Boxes, Poses
from realtime_pose.skeletons import COCO17, Skeleton

Result = dict[str, Any]  # a person in COCO's results format

# Indices of AP, AP50, AP75, APM, APL and AR in the ten or twelve numbers of COCOeval.stats.
_STATS = {"keypoints": (0, 1, 2, 3, 4, 5), "bbox": (0, 1, 2, 4, 5, 8)}


@dataclass(frozen=True, slots=True)
class CocoImage:
    """An image of the annotation file.

    Attributes:
        image_id: COCO's id.
        file_name: Relative to the folder of images.
    """

    image_id: int
    file_name: str


@dataclass(frozen=True, slots=True)
class CocoScores:
    """Average precision and recall over OKS or IoU .50 to .95, in [0, 1]; -1 if there is no such person.

    Attributes:
        ap: Over all thresholds.
        ap50, ap75: At one threshold, .50 or .75.
        ap_medium, ap_large: Of persons from 32^2 to 96^2 square pixels, and of larger ones.
        ar: Average recall.
    """

    ap: float
    ap50: float
    ap75: float
    ap_medium: float
    ap_large: float
    ar: float


class CocoTruth:
    """A checked annotation file of persons.

    Args:
        path: JSON with images, annotations and categories.
        skeleton: The keypoints of the persons.

    Attributes:
        images: Its images, in the order of the file.
        num_persons: Number of persons with at least one keypoint, without crowds.

    Raises:
        DatasetError: The file is missing, is not in COCO's format, or has no person.
    """

    def __init__(self, path: Path, skeleton: Skeleton = COCO17) -> None:
        self._path, self._skeleton = path, skeleton
        table = read_annotations(path, skeleton)
        self.images = tuple(CocoImage(image["id"], image["file_name"]) for image in table["images"])
        self._by_image: dict[int, list[Mapping[str, Any]]] = {}
        for entry in table["annotations"]:
            if entry["category_id"] == PERSON:
                self._by_image.setdefault(entry["image_id"], []).append(entry)
        self.num_persons = sum(entry["num_keypoints"] > 0 for entry in self._persons())
        if not self.num_persons:
            raise DatasetError(f"{path}: expected persons with keypoints (category_id {PERSON}), got none")

    def boxes(self, image_id: int) -> Boxes:
        """The true boxes of the persons in an image, without crowds; score 1."""
        boxes = [entry["bbox"] for entry in self.entries(image_id) if not entry["iscrowd"]]
        xywh = np.array(boxes, np.float32).reshape(-1, 4)  # also (0, 4)
        # 0.5: from the image's corner to the centre of the first pixel.
        xyxy = np.concatenate((xywh[:, :2], xywh[:, :2] + xywh[:, 2:]), axis=1) - np.float32(0.5)
        return Boxes(xyxy, np.ones(len(xyxy), np.float32))

    def score(self, results: Sequence[Result], *, kind: str) -> CocoScores:
        """AP and AR of keypoints (kind "keypoints") or boxes ("bbox").

        Raises:
            MissingPackageError: pycocotools is not installed.
        """
        evaluation = self.evaluate(results, kind=kind)
        with contextlib.redirect_stdout(io.StringIO()):  # it prints its progress
            evaluation.accumulate()
            evaluation.summarize()
        return CocoScores(*(float(evaluation.stats[index]) for index in _STATS[kind]))

    def evaluate(self, results: Sequence[Result], *, kind: str, thresholds: Sequence[float] = ()) -> Any:
        """The scorer itself, a COCOeval, after it matched the results with the true persons.

        Args:
            results: COCO keypoint or box results; the scorer numbers them from 1.
            kind: "keypoints" or "bbox".
            thresholds: OKS or IoU at which a pair matches; if empty, COCO's ten from .50 to .95.

        Raises:
            MissingPackageError: pycocotools is not installed.
        """
        coco, cocoeval = import_scorer("pycocotools.coco"), import_scorer("pycocotools.cocoeval")
        with contextlib.redirect_stdout(io.StringIO()):
            truth = coco.COCO(str(self._path))
            loaded = truth.loadRes(list(results)) if results else empty_results(coco, truth)
            evaluation = cocoeval.COCOeval(truth, loaded, kind)
            evaluation.params.catIds = [PERSON]
            evaluation.params.kpt_oks_sigmas = np.array(self._skeleton.sigmas)
            if thresholds:
                evaluation.params.iouThrs = np.array(thresholds)
            evaluation.evaluate()
        return evaluation

    def entries(self, image_id: int) -> list[Mapping[str, Any]]:
        """The annotations of the persons in an image, unchanged, with crowds."""
        return self._by_image.get(image_id, [])

    @property
    def size_text(self) -> str:
        """The numbers of images and persons as text."""
        return f"{counted(len(self.images), 'image')}, {counted(self.num_persons, 'person')} with keypoints"

    def _persons(self) -> list[Mapping[str, Any]]:
        return [entry for entries in self._by_image.values() for entry in entries if not entry["iscrowd"]]


def keypoint_results(image_id: int, poses: Poses) -> list[Result]:
    """The poses of an image in COCO's results format."""
    triples = np.concatenate((poses.keypoints, poses.score[..., None]), axis=-1)  # (N, K, 3)
    flat = triples.reshape(len(poses), 3 * len(poses.skeleton))  # x, y, score, x, ...
    return [
        {"image_id": image_id, "category_id": PERSON, "keypoints": np.round(row, 3).tolist(), "score": float(score)}
        for row, score in zip(flat.astype(np.float64), poses.boxes.score, strict=True)
    ]


def box_results(image_id: int, boxes: Boxes) -> list[Result]:
    """The boxes of an image in COCO's results format."""
    edges = boxes.xyxy.astype(np.float64)
    xywh = np.concatenate((edges[:, :2] + 0.5, edges[:, 2:] - edges[:, :2]), axis=1).round(3)
    return [
        {"image_id": image_id, "category_id": PERSON, "bbox": row.tolist(), "score": float(score)}
        for row, score in zip(xywh, boxes.score, strict=True)
    ]


def empty_results(coco: ModuleType, truth: Any) -> Any:
    """Results without any person: the scorer cannot load an empty list."""
    empty = coco.COCO()
    empty.dataset = {**truth.dataset, "annotations": []}
    empty.createIndex()
    return empty


def import_scorer(name: str) -> ModuleType:
    """A module of pycocotools."""
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingPackageError(
            "scoring poses needs the package pycocotools, which is not installed here: "
            "pip install 'realtime-pose[eval]'"
        ) from error
