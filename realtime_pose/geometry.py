"""Pure geometry of boxes, keypoints and affine maps, in one coordinate frame.

The centre of a pixel lies at its integer index, as in OpenCV's warps, so an image W pixels wide spans [-0.5, W - 0.5].
Boxes are (N, 4) left, top, right, bottom; their edges are continuous in the same axes. Affine maps are (..., 2, 3).
"""

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]

# Limits of theta, the map of a spatial transformer: what it may do to a crop. `nets/theta.py` keeps them.
THETA_SCALES = (0.5, 1.5)
MAX_THETA_SHIFT = 0.5  # normalised: a quarter of the crop's side
_TINY = np.float32(1e-9)  # keeps divisions by an empty area or weight finite


def area(xyxy: Float) -> Float:
    """(N,) areas in square pixels; 0 for a box that is empty or inside out.

    >>> area(np.float32([[0, 0, 2, 3], [5, 5, 4, 9]])).tolist()
    [6.0, 0.0]
    """
    wh = np.clip(xyxy[..., 2:] - xyxy[..., :2], 0, None)
    return np.asarray(wh[..., 0] * wh[..., 1], dtype=np.float32)


def iou(first: Float, second: Float) -> Float:
    """(N, M) intersection over union of N boxes with M boxes, in [0, 1].

    >>> iou(np.float32([[0, 0, 2, 2]]), np.float32([[1, 0, 3, 2], [9, 9, 10, 10]])).round(3).tolist()
    [[0.3330000042915344, 0.0]]
    """
    low = np.maximum(first[:, None, :2], second[None, :, :2])  # (N, M, 2)
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    intersection = area(np.concatenate((low, high), axis=-1))  # (N, M, 4) to (N, M)
    union = area(first)[:, None] + area(second)[None] - intersection
    return np.asarray(intersection / np.maximum(union, _TINY), dtype=np.float32)


def oks(first: Float, second: Float, *, area_px2: Float, sigmas: Float, weight: Float) -> Float:
    """(N, M) object keypoint similarity of N with M poses, in [0, 1].

    Args:
        first: (N, K, 2) keypoints.
        second: (M, K, 2) keypoints.
        area_px2: (N,) area of each person of the first.
        sigmas: (K,) relative standard deviations.
        weight: (N, M, K) or broadcastable: weight of each keypoint; a pair whose weights are all 0 has similarity 0.

    Source: cocoapi's OKS, exp(-d^2 / (2 area (2 sigma)^2)), as a weighted mean over the keypoints.
    """
    similarity = keypoint_similarity(first, second, area_px2=area_px2, sigmas=sigmas)  # (N, M, K)
    weight = np.broadcast_to(weight, similarity.shape)
    return np.asarray((similarity * weight).sum(-1) / np.maximum(weight.sum(-1), _TINY), dtype=np.float32)


def keypoint_similarity(first: Float, second: Float, *, area_px2: Float, sigmas: Float) -> Float:
    """(N, M, K) similarity of each keypoint of N with that of M poses, in [0, 1]; OKS is its mean over K.

    >>> pose = np.zeros((1, 1, 2), np.float32)
    >>> keypoint_similarity(pose, pose + 1, area_px2=np.float32([4]), sigmas=np.float32([0.25])).round(3).item()
    0.36800000071525574
    """
    offset = first[:, None] - second[None]  # (N, M, K, 2)
    distance2 = offset[..., 0] ** 2 + offset[..., 1] ** 2  # (N, M, K); a sum over an axis of two is ten times slower
    variance = (2 * sigmas) ** 2 * np.maximum(area_px2, _TINY)[:, None, None]  # (N, 1, K)
    return np.asarray(np.exp(-distance2 / (2 * variance)))


def keep_best(conflicts: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(N,) mask of the candidates to keep: a candidate is dropped if it conflicts with a better one that is kept.

    Args:
        conflicts: (N, N) whether i and j cannot both be kept; candidates are ordered, best first.

    >>> keep_best(np.array([[True, True, False], [True, True, True], [False, True, True]])).tolist()
    [True, False, True]
    """
    is_kept = np.ones(len(conflicts), bool)
    for i in range(len(conflicts)):
        if is_kept[i]:
            is_kept[i + 1 :] &= ~conflicts[i, i + 1 :]
    return is_kept


def clip(xyxy: Float, wh: tuple[int, int]) -> Float:
    """Boxes clipped to an image of this width and height: [-0.5, w - 0.5] x [-0.5, h - 0.5]."""
    high = np.array([wh[0], wh[1]] * 2) - 0.5
    return np.clip(xyxy, -0.5, high).astype(np.float32)


def bounding_box(xy: Float) -> Float:
    """(N, 4) smallest boxes around (N, K, 2) points."""
    return np.concatenate((xy.min(axis=1), xy.max(axis=1)), axis=-1).astype(np.float32)


def crop_affine(xyxy: Float, *, input_wh: tuple[int, int], padding: float, is_stretched: bool = False) -> Float:
    """(N, 2, 3) maps from the frame to an input of this size, one for each box.

    A box is scaled by ``padding`` about its centre, then one side is enlarged to the aspect ratio of the input, unless
    the box is stretched to it. The edges of the enlarged box become the edges of the input.

    Source: RMPE, arXiv:1612.00137, section 3.1 (the crop before the STN); its inverse maps points back (SDTN).

    >>> crop_affine(np.float32([[-0.5, -0.5, 9.5, 9.5]]), input_wh=(20, 20), padding=1.0)[0].tolist()
    [[2.0, 0.0, 0.5], [0.0, 2.0, 0.5]]
    >>> box = np.float32([[-0.5, -0.5, 9.5, 4.5]])
    >>> crop_affine(box, input_wh=(20, 20), padding=1.0, is_stretched=True)[0].tolist()
    [[2.0, 0.0, 0.5], [0.0, 4.0, 1.5]]
    """
    centre = (xyxy[:, :2] + xyxy[:, 2:]) / 2
    wh = np.maximum(xyxy[:, 2:] - xyxy[:, :2], 1) * padding
    scale = np.array(input_wh) / wh  # (N, 2) input pixels per frame pixel
    if not is_stretched:
        scale = np.repeat(scale.min(axis=1, keepdims=True), 2, axis=1)
    affine = np.zeros((len(xyxy), 2, 3), np.float32)
    affine[:, 0, 0], affine[:, 1, 1] = scale.T
    # Centre of the box to centre of the input; that is at (w - 1) / 2 since pixel centres are integers.
    affine[:, :, 2] = (np.array(input_wh) - 1) / 2 - scale * centre
    return affine


def mirrored_affine(affine: Float, width_px: int) -> Float:
    """(..., 2, 3) the maps followed by a left-right mirroring of their target, which is width_px wide.

    >>> mirrored_affine(np.float32([[2, 0, 0.5], [0, 2, 0.5]]), 20).tolist()
    [[-2.0, -0.0, 18.5], [0.0, 2.0, 0.5]]
    """
    mirrored = affine.copy()
    mirrored[..., 0, :] *= -1
    mirrored[..., 0, 2] += width_px - 1
    return mirrored


def fit_wh(frame_wh: tuple[int, int], room_wh: tuple[int, int]) -> tuple[int, int]:
    """The largest (width, height) with the frame's aspect ratio that fits into the room, each at least 1.

    >>> fit_wh((1920, 1080), (416, 416))
    (416, 234)
    """
    scale = min(room_wh[0] / frame_wh[0], room_wh[1] / frame_wh[1])
    width, height = (min(room, max(1, round(side * scale))) for side, room in zip(frame_wh, room_wh, strict=True))
    return width, height


def resize_affine(
    frame_wh: tuple[int, int], resized_wh: tuple[int, int], *, corner_px: tuple[int, int] = (0, 0)
) -> Float:
    """(2, 3) map from a frame to its resized image, placed with its top left pixel at corner_px.

    The edges of one become the edges of the other, as in OpenCV's resize.
    """
    affine = np.zeros((2, 3), np.float32)
    for axis in range(2):
        scale = resized_wh[axis] / frame_wh[axis]
        affine[axis, axis] = scale
        affine[axis, 2] = corner_px[axis] + (scale - 1) / 2  # the edge at -0.5 stays at -0.5
    return affine


def letterbox_wh(frame_wh: tuple[int, int], longer_px: int, *, multiple: int) -> tuple[int, int]:
    """Input (width, height) with about the frame's aspect ratio: longer side as given, both multiples of ``multiple``.

    >>> letterbox_wh((1920, 1080), 416, multiple=32)
    (416, 256)
    """
    longest = max(frame_wh)
    blocks = [max(1, int(np.ceil(side * longer_px / longest / multiple - 1e-6))) for side in frame_wh]
    return blocks[0] * multiple, blocks[1] * multiple


def invert_affine(affine: Float) -> Float:
    """(..., 2, 3) inverse maps.

    Raises:
        ValueError: A map cannot be inverted.
    """
    (a, b, x), (c, d, y) = affine.T.astype(np.float64).swapaxes(0, 1)  # each of the shape of the maps, reversed
    determinant = a * d - b * c
    if not np.all(np.abs(determinant) > 1e-12):
        raise ValueError(f"affine map cannot be inverted: determinants {determinant.tolist()}")
    # Written out: np.linalg takes several times as long for a few small matrices.
    inverse = np.array([[d, -c], [-b, a], [b * y - d * x, c * x - a * y]]) / determinant  # (3, 2, ...)
    return np.ascontiguousarray(inverse.T, dtype=np.float32)


def compose_affine(later: Float, first: Float) -> Float:
    """(2, 3) map that applies one map, and then another one to its result.

    >>> compose_affine(np.float32([[2, 0, 0], [0, 2, 0]]), np.float32([[1, 0, 3], [0, 1, 4]])).tolist()
    [[2.0, 0.0, 6.0], [0.0, 2.0, 8.0]]
    """
    return np.asarray(later @ np.vstack((first, [0, 0, 1])), dtype=np.float32)


def theta_affine(theta: Float, wh: tuple[int, int]) -> Float:
    """(..., 2, 3) in pixels the maps theta (..., 2, 3) of a spatial transformer: from what the SPPE sees to the crop.

    theta is normalised: -1 and 1 are the outer edges of a crop of this width and height.

    >>> half = np.float32([[0.5, 0, 0], [0, 0.5, 0]])
    >>> apply_affine(theta_affine(half, (8, 8)), np.float32([[-0.5, 3.5], [7.5, 3.5]])).tolist()
    [[1.5, 3.5], [5.5, 3.5]]
    """
    side = np.array(wh, np.float64)
    centre = (side - 1) / 2
    linear = theta[..., :2] * (side[:, None] / side)
    shift = centre + theta[..., 2] * side / 2 - linear @ centre
    return np.concatenate((linear, shift[..., None]), axis=-1).astype(np.float32)


def apply_affine(affine: Float, xy: Float) -> Float:
    """(..., P, 2) points mapped by (..., 2, 3) maps."""
    return np.asarray(xy @ np.swapaxes(affine[..., :2], -1, -2) + affine[..., None, :, 2], dtype=np.float32)


def apply_affine_boxes(affine: Float, xyxy: Float) -> Float:
    """(N, 4) boxes mapped by one (2, 3) map without rotation."""
    return apply_affine(affine, xyxy.reshape(-1, 2)).reshape(-1, 4)
