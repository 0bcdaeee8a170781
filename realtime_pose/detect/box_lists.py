"""Lists of ready boxes to boxes: graphs that end with places in the picture, before or after NMS.

These count from the edge of the first pixel; half a pixel is taken off, since here the centre of a pixel lies at its
integer index.
"""

import numpy as np

from realtime_pose.errors import ModelError
from realtime_pose.geometry import Float
from realtime_pose.models.backend import Arrays
from realtime_pose.models.manifest import ModelSpec


def decode_dets(outputs: Arrays, _: tuple[int, int], spec: ModelSpec) -> tuple[Float, Float]:
    """(P, 4) boxes and (P,) scores after NMS in the graph: left, top, right, bottom, score, and the class maybe.

    The class stands in a sixth column, or in labels of its own, or there is but one.

    Raises:
        ModelError: A row has other than 5 or 6 numbers.
    """
    dets = outputs["dets"][0]
    if dets.shape[1] not in (5, 6):
        raise ModelError(f"model {spec.name}: expected rows of 5 or 6 numbers, got {dets.shape[1]}")
    if "labels" in outputs:
        dets = dets[outputs["labels"][0] == spec.person_class]
    elif dets.shape[1] == 6:
        dets = dets[dets[:, 5] == spec.person_class]
    return (dets[:, :4] - 0.5).astype(np.float32), dets[:, 4].astype(np.float32)


def decode_yolo(outputs: Arrays, _: tuple[int, int], spec: ModelSpec) -> tuple[Float, Float]:
    """(P, 4) boxes and (P,) scores of a YOLOv8 or 11 head (1, 4 + classes, P): middle and sides in input pixels."""
    columns = outputs["candidates"][0]
    return _from_middle(columns[:4].T), columns[_row_of_person(columns, spec)].astype(np.float32)


def decode_picodet(outputs: Arrays, _: tuple[int, int], spec: ModelSpec) -> tuple[Float, Float]:
    """(P, 4) boxes and (P,) scores of a PicoDet whose graph decodes the boxes (1, P, 4); scores (1, classes, P)."""
    scores = outputs["scores"][0]
    if len(scores) <= spec.person_class:
        raise ModelError(f"model {spec.name}: expected a class {spec.person_class}, got {len(scores)} classes")
    return (outputs["boxes"][0] - 0.5).astype(np.float32), scores[spec.person_class].astype(np.float32)


def decode_detr(outputs: Arrays, _: tuple[int, int], spec: ModelSpec) -> tuple[Float, Float]:
    """(P, 4) boxes and (P,) scores of a DETR (DEIM, RT-DETR, D-FINE): those queries whose label is the person's."""
    is_person = outputs["labels"][0] == spec.person_class
    boxes, scores = outputs["boxes"][0][is_person], outputs["scores"][0][is_person]
    return (boxes - 0.5).astype(np.float32), scores.astype(np.float32)


def decode_ssd(outputs: Arrays, input_wh: tuple[int, int], spec: ModelSpec) -> tuple[Float, Float]:
    """(P, 4) boxes and (P,) scores of an SSD with NMS in the graph: from 0 to 1, in the entry's order of corners."""
    is_person = outputs["labels"][0] == spec.person_class
    boxes, scores = outputs["boxes"][0][is_person], outputs["scores"][0][is_person]
    if spec.corners == "yxyx":
        boxes = boxes[:, [1, 0, 3, 2]]
    return (boxes * np.array([*input_wh] * 2) - 0.5).astype(np.float32), scores.astype(np.float32)


def _row_of_person(columns: Float, spec: ModelSpec) -> int:
    """Where the person's score stands, after the four numbers of the box."""
    row = 4 + spec.person_class
    if len(columns) <= row:
        raise ModelError(f"model {spec.name}: expected a class {spec.person_class}, got {len(columns) - 4} classes")
    return row


def _from_middle(boxes: Float) -> Float:
    """(P, 4) corners of boxes that are given by their middle and sides, in pixels from the edge."""
    half = boxes[:, 2:] / 2
    return np.concatenate((boxes[:, :2] - half - 0.5, boxes[:, :2] + half - 0.5), axis=-1).astype(np.float32)
