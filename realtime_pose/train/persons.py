"""Annotation files to the persons that a network is trained on, and what was left out and why.

K keypoints of one skeleton. The files are COCO's, of any skeleton, or MPII's lists of persons. Keypoints are matched by
their names; those that a file does not have count as not labelled.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realtime_pose.counts import counted
from realtime_pose.errors import ConfigError, DatasetError
from realtime_pose.evaluate.annotations import PERSON, check_annotations, read_json
from realtime_pose.evaluate.mpii import mpii_to_coco
from realtime_pose.models.topology import Topology
from realtime_pose.scene import Float
from realtime_pose.skeletons import COCO17, HALPE26, MPII16, Skeleton, match_keypoints, skeleton_named

_OWN_SKELETON = "named"  # of keypoints that only the file names
_MAX_SHOWN = 5  # names in a message


@dataclass(frozen=True, slots=True, eq=False)
class TrainPerson:
    """One person of one image.

    Attributes:
        path: The image.
        xyxy: (4,) float32 box in pixels of the image.
        xy: (K, 2) float32 keypoints; those that are not labelled are not valid.
        is_labelled: (K,) bool.
    """

    path: Path
    xyxy: Float
    xy: Float
    is_labelled: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What cannot be used, as text for each entry, by its reason."""

    reasons: dict[str, list[str]] = field(default_factory=dict)

    def add(self, reason: str, what: str) -> None:
        """Count one more, unless it is counted already."""
        entries = self.reasons.setdefault(reason, [])
        if what not in entries:
            entries.append(what)

    @property
    def lines(self) -> list[str]:
        """A line for each reason, with the first of its entries."""
        return [
            f"left out, {reason}: {len(entries)} ({', '.join(entries[:_MAX_SHOWN])}"
            + (", ...)" if len(entries) > _MAX_SHOWN else ")")
            for reason, entries in self.reasons.items()
        ]


@dataclass(frozen=True, slots=True)
class AnnotationFile:
    """A checked annotation file.

    Attributes:
        path: The file.
        images: The folder of its images.
        table: Its content, in COCO's form.
        skeleton: Its keypoints.
    """

    path: Path
    images: Path
    table: Mapping[str, Any]
    skeleton: Skeleton


def read_file(path: Path, images: Path) -> AnnotationFile:
    """An annotation file with the folder of its images.

    Raises:
        DatasetError: The file or the folder is missing, or the file is of another format.
    """
    if not images.is_dir():
        raise DatasetError(f"{images}: expected the folder of the images of {path.name}, found none; check the path")
    content = read_json(path)
    if isinstance(content, list):
        return AnnotationFile(path, images, mpii_to_coco(content, path), MPII16)
    skeleton = find_skeleton(content, path)
    return AnnotationFile(path, images, check_annotations(content, path, skeleton), skeleton)


def find_skeleton(content: Any, path: Path) -> Skeleton:
    """The keypoints of the persons in an annotation file, from their names, or from their number.

    Raises:
        DatasetError: The file names no keypoints, and has none of a known number.
    """
    categories = content.get("categories") if isinstance(content, dict) else None
    entries = [each for each in categories or [] if isinstance(each, dict) and each.get("id") == PERSON]
    names = tuple(map(str, entries[0].get("keypoints") or ())) if entries else ()
    for known in (COCO17, HALPE26, MPII16):
        if set(names) == set(known.keypoints) and names == known.keypoints:
            return known
    if names:
        pairs = [(name, name.replace("left", "right")) for name in names if "left" in name]
        found = tuple(pair for pair in pairs if pair[1] in names)
        return Topology(keypoints=names, pairs=found).to_skeleton(_OWN_SKELETON)
    persons = content.get("annotations") if isinstance(content, dict) else None
    counts = {len(each["keypoints"]) / 3 for each in persons or [] if isinstance(each, dict) and each.get("keypoints")}
    for known in (COCO17, HALPE26, MPII16):
        if counts == {len(known)}:
            return known
    raise DatasetError(
        f"{path}: expected persons (category_id {PERSON}) with keypoints of coco17, halpe26 or mpii16, or the names of "
        "other keypoints in categories; found none"
    )


def choose_skeleton(name: str, files: Sequence[AnnotationFile]) -> Skeleton:
    """The skeleton of this name; without a name, that of the first file.

    Raises:
        ConfigError: There is no such skeleton, or a file has none of its keypoints.
    """
    own = files[0].skeleton
    skeleton = own if name in ("", own.name) else skeleton_named(name)
    for file in files:
        if not any(index >= 0 for index in match_keypoints(skeleton, file.skeleton)):
            raise ConfigError(f"{file.path}: expected some keypoints of {skeleton.name}, but it has none of them")
    return skeleton


def select_persons(files: Iterable[AnnotationFile], skeleton: Skeleton, left_out: LeftOut) -> list[TrainPerson]:
    """The persons with keypoints of this skeleton, in the order of the files.

    Persons without labelled keypoints, with boxes of zero size, and of missing images are left out, and crowds too.

    Raises:
        DatasetError: Nobody is left.
    """
    files = list(files)
    persons = [person for file in files for person in _persons_of(file, skeleton, left_out)]
    if not persons:
        reasons = "; ".join(left_out.lines) or "it has no persons"
        raise DatasetError(
            f"{', '.join(str(file.path) for file in files)}: expected persons with keypoints, boxes and images "
            f"to train on, got none ({reasons})"
        )
    return persons


def _persons_of(file: AnnotationFile, skeleton: Skeleton, left_out: LeftOut) -> Iterable[TrainPerson]:
    paths = {entry["id"]: file.images / entry["file_name"] for entry in file.table["images"]}
    missing = {number for number, path in paths.items() if not path.is_file()}
    for number in sorted(missing):
        left_out.add("images that are missing", str(paths[number]))
    indices = match_keypoints(skeleton, file.skeleton)
    for entry in file.table["annotations"]:
        if entry["category_id"] != PERSON or entry["iscrowd"] or entry["image_id"] in missing:
            continue
        person = _to_person(entry, paths[entry["image_id"]], indices)
        if min(entry["bbox"][2:]) <= 0:
            left_out.add("persons with a box of zero size", f"{file.path.name} id {entry['id']}")
        elif not person.is_labelled.any():
            left_out.add("persons without keypoints", f"{file.path.name} id {entry['id']}")
        else:
            yield person


def _to_person(entry: Mapping[str, Any], path: Path, indices: Sequence[int]) -> TrainPerson:
    """An annotation with the keypoints at these indices, -1 for one that is not labelled."""
    given = np.array(entry["keypoints"], np.float32).reshape(-1, 3)  # x, y, visibility
    triples = np.concatenate((given, np.zeros((1, 3), np.float32)))[list(indices)]  # (K, 3); index -1 is the zeros
    left, top, width, height = entry["bbox"]
    # 0.5: from the image's corner to the centre of the first pixel.
    xyxy = np.array([left, top, left + width, top + height], np.float32) - np.float32(0.5)
    return TrainPerson(path, xyxy, np.ascontiguousarray(triples[:, :2]), triples[:, 2] > 0)


def persons_by_image(
    files: Iterable[AnnotationFile], skeleton: Skeleton, left_out: LeftOut
) -> dict[Path, list[TrainPerson]]:
    """The persons of each image, also those without keypoints, in the order of the files.

    Missing images, boxes of zero size and crowds are left out.
    """
    found: dict[Path, list[TrainPerson]] = {}
    for file in files:
        paths = {entry["id"]: file.images / entry["file_name"] for entry in file.table["images"]}
        indices = match_keypoints(skeleton, file.skeleton)
        for path in paths.values():
            if path.is_file():
                found.setdefault(path, [])
            else:
                left_out.add("images that are missing", str(path))
        for entry in file.table["annotations"]:
            path = paths[entry["image_id"]]
            if entry["category_id"] == PERSON and not entry["iscrowd"] and min(entry["bbox"][2:]) > 0 and path in found:
                found[path].append(_to_person(entry, path, indices))
    return found


def hold_out(file: AnnotationFile, share: float) -> tuple[AnnotationFile, AnnotationFile]:
    """The file without its last images, and these alone: neighbours in a video stay together.

    Raises:
        DatasetError: It has only one image.
    """
    images = file.table["images"]
    if len(images) < 2:
        raise DatasetError(
            f"{file.path}: expected at least 2 images, one of them for the validation, got "
            f"{counted(len(images), 'image')}; or give --val-annotations and --val-images"
        )
    first = len(images) - max(1, round(share * len(images)))
    return _with_images(file, images[:first]), _with_images(file, images[first:])


def _with_images(file: AnnotationFile, images: Sequence[Mapping[str, Any]]) -> AnnotationFile:
    ids = {entry["id"] for entry in images}
    annotations = [entry for entry in file.table["annotations"] if entry["image_id"] in ids]
    return AnnotationFile(
        file.path, file.images, {**file.table, "images": list(images), "annotations": annotations}, file.skeleton
    )


def validation_table(files: Sequence[AnnotationFile], skeleton: Skeleton) -> dict[str, Any]:
    """COCO's table of the persons in these files, with the keypoints of this skeleton and new ids.

    Images have their whole paths as names; missing ones are left out.
    """
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for file in files:
        indices = match_keypoints(skeleton, file.skeleton)
        new_ids: dict[int, int] = {}
        for entry in file.table["images"]:
            path = (file.images / entry["file_name"]).resolve()
            if path.is_file():
                new_ids[entry["id"]] = len(images) + 1
                images.append({**entry, "id": len(images) + 1, "file_name": str(path)})
        for entry in file.table["annotations"]:
            if entry["category_id"] == PERSON and entry["image_id"] in new_ids:
                values = _select_values(entry["keypoints"], indices)
                changed = {
                    "id": len(annotations) + 1,
                    "image_id": new_ids[entry["image_id"]],
                    "keypoints": values,
                    "num_keypoints": sum(value > 0 for value in values[2::3]),
                }
                annotations.append({**entry, **changed})
    categories = [{"id": PERSON, "name": "person", "keypoints": list(skeleton.keypoints), "skeleton": []}]
    return {"images": images, "annotations": annotations, "categories": categories}


def _select_values(values: Sequence[float], indices: Sequence[int]) -> list[float]:
    """x, y and visibility of the keypoints at these indices; zeros for -1."""
    return [value for index in indices for value in (values[3 * index : 3 * index + 3] if index >= 0 else (0, 0, 0))]
