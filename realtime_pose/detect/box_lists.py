"""Decoders for graphs that give boxes in image coordinates, before or after NMS.

P candidates. These graphs count from the edge of the first pixel. Here the centre of a pixel is at its integer index,
so half a pixel is subtracted.
"""

import numpy as np

from realtime_pose.counts import counted
from realtime_pose.errors import ModelError
from realtime_pose.geometry import Float
from realtime_pose.models.backend import Arrays
from realtime_pose.models.manifest import ModelSpec


def decode_dets(outputs: Arrays, _: tuple[int, int], spec: ModelSpec) -> tuple[Float, Float]:
    """(P, 4) boxes and (P,) scores of a graph with NMS.

    Each row has left, top, right, bottom, score, and optionally the class.

    The class is in a sixth column, or in a second output, or there is only one class.

    Raises:
        ModelError: A row does not have 5 or 6 numbers.
    """
    dets = outputs["dets"][0]  # (P, 5 or 6)
    if dets.shape[1] not in (5, 6):
        raise ModelError(f"model {spec.name}: expected rows of 5 or 6 numbers, got {dets.shape[1]}")
    if "labels" in outputs:
        dets = dets[outputs["labels"][0] == spec.person_class]
    elif dets.shape[1] == 6:
        dets = dets[dets[:, 5] == spec.person_class]
    return (dets[:, :4] - 0.5).astype(np.float32), dets[:, 4].astype(np.float32)


def decode_yolo(outputs: Arrays, _: tuple[int, int], spec: ModelSpec) -> tuple[Float, Float]:
    """(P, 4) boxes and (P,) scores of a YOLOv8 or 11 head (1, 4 + classes, P).

    Boxes have centre and sides, in input pixels.

    Raises:
        ModelError: There is no such class.
    """
    columns = outputs["candidates"][0]  # (4 + classes, P)
    return _corners(columns[:4].T), columns[_score_row(columns, spec)].astype(np.float32)


def decode_picodet(outputs: Arrays, _: tuple[int, int], spec: ModelSpec) -> tuple[Float, Float]:
    """(P, 4) boxes and (P,) scores of a PicoDet.

    The graph has decoded the boxes (1, P, 4); the scores are (1, classes, P).

    Raises:
        ModelError: There is no such class.
    """
    scores = outputs["scores"][0]  # (classes, P)
    check_person_class(spec, len(scores))
    return (outputs["boxes"][0] - 0.5).astype(np.float32), scores[spec.person_class].astype(np.float32)


def decode_detr(outputs: Arrays, _: tuple[int, int], spec: ModelSpec) -> tuple[Float, Float]:
    """(P, 4) boxes and (P,) scores of a DETR: the queries labelled as person.

    DEIM, RT-DETR and D-FINE are of this family.
    """
    is_person = outputs["labels"][0] == spec.person_class
    boxes, scores = outputs["boxes"][0][is_person], outputs["scores"][0][is_person]
    return (boxes - 0.5).astype(np.float32), scores.astype(np.float32)


def decode_ssd(outputs: Arrays, input_wh: tuple[int, int], spec: ModelSpec) -> tuple[Float, Float]:
    """(P, 4) boxes and (P,) scores of an SSD with NMS in the graph.

    Boxes are fractions of the input, with the corners in the order of the entry.
    """
    is_person = outputs["labels"][0] == spec.person_class
    boxes, scores = outputs["boxes"][0][is_person], outputs["scores"][0][is_person]
    if spec.corners == "yxyx":
        boxes = boxes[:, [1, 0, 3, 2]]  # to x first
    return (boxes * np.array([*input_wh] * 2) - 0.5).astype(np.float32), scores.astype(np.float32)


def check_person_class(spec: ModelSpec, num_classes: int) -> None:
    """Raise ModelError if the network has no class of the number that its entry gives for persons."""
    if num_classes <= spec.person_class:
        got = counted(num_classes, "class", "classes")
        raise ModelError(f"model {spec.name}: expected a class {spec.person_class}, got {got}")


def _score_row(columns: Float, spec: ModelSpec) -> int:
    """Index of the person's score, after the four numbers of the box."""
    row = 4 + spec.person_class
    check_person_class(spec, len(columns) - 4)
    return row


def _corners(boxes: Float) -> Float:
    """(P, 4) corners of boxes (P, 4) with centre and sides, in pixels from the edge."""
    half = boxes[:, 2:] / 2
    return np.concatenate((boxes[:, :2] - half - 0.5, boxes[:, :2] + half - 0.5), axis=-1).astype(np.float32)
