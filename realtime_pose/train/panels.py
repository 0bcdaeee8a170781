"""Crops with their true and their found keypoints side by side: samples and maps in, one image out."""

from collections.abc import Sequence

import numpy as np

from realtime_pose._cv2 import cv2
from realtime_pose.config import RenderConfig
from realtime_pose.geometry import apply_affine, bounding_box, invert_affine, theta_affine
from realtime_pose.models.backend import Arrays
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.models.signatures import THETA
from realtime_pose.pose.estimator import decode
from realtime_pose.render import draw
from realtime_pose.scene import Boxes, Float, Frame, Image, Poses, Scene, Tracks
from realtime_pose.train.dataset import STRIDE, Sample

_COLUMNS = 4  # persons beside each other
_FRAME_COLOUR = (0, 255, 255)
_STYLE = RenderConfig(keypoint_threshold=0.0, ids=False, hud=False)
_MIN_SCORE = np.float32(0.3)  # keypoints with lower scores are drawn with this one, so that they stay visible


def draw_panel(samples: Sequence[Sample], outputs: Arrays, spec: ModelSpec) -> Image:
    """For each sample its truth on the left, and what was found on the right.

    With an SSTN a third image shows what the SPPE saw; its frame is drawn in the one before.

    Args:
        samples: N samples.
        outputs: Of the network for the samples, by name.
        spec: The entry of the network.
    """
    xy, score = decode(outputs, spec.input.wh, spec)  # (N, K, 2), (N, K)
    score = np.maximum(score, _MIN_SCORE)
    persons = []
    for row, sample in enumerate(samples):
        crop = _to_image(sample.crop.numpy(), spec)
        true_xy = np.where(sample.weight.numpy()[:, None] > 0, sample.cells.numpy() * STRIDE, np.nan)
        images = [_draw(crop, true_xy.astype(np.float32), sample.weight.numpy(), spec)]
        if spec.sstn:
            to_crop = theta_affine(outputs[THETA][row], spec.input.wh)
            images += _draw_transformed(crop, to_crop, xy[row], score[row], spec)
        else:
            images.append(_draw(crop, xy[row], score[row], spec))
        persons.append(np.concatenate(images, axis=1))
    blank = np.zeros_like(persons[0])
    persons += [blank] * (-len(persons) % _COLUMNS)
    rows = [np.concatenate(persons[start : start + _COLUMNS], axis=1) for start in range(0, len(persons), _COLUMNS)]
    return np.concatenate(rows)


def _draw_transformed(crop: Image, to_crop: Float, xy: Float, score: Float, spec: ModelSpec) -> list[Image]:
    """The crop before the spatial transformer, with the frame of what comes after it, and this one, with its pose."""
    wh = spec.input.wh
    corners = apply_affine(to_crop, np.array([(0, 0), (wh[0], 0), wh, (0, wh[1])], np.float32) - 0.5)
    before = cv2.polylines(crop.copy(), [np.round(corners).astype(np.int32)], isClosed=True, color=_FRAME_COLOUR)
    to_seen = invert_affine(to_crop)
    after = cv2.warpAffine(crop, to_seen, wh, flags=cv2.INTER_LINEAR)
    return [np.asarray(before, np.uint8), _draw(np.asarray(after, np.uint8), apply_affine(to_seen, xy), score, spec)]


def encode_panel(panel: Image) -> bytes:
    """The panel as a JPEG file."""
    _, data = cv2.imencode(".jpg", panel)
    return data.tobytes()


def _to_image(crop: Float, spec: ModelSpec) -> Image:
    """(3, H, W) as the network gets it, to (H, W, 3) BGR."""
    mean, std = (np.array(values, np.float32)[:, None, None] for values in (spec.input.mean, spec.input.std))
    rgb = np.clip(np.round(crop * std + mean), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(rgb[::-1].transpose(1, 2, 0))


def _draw(crop: Image, xy: Float, score: Float, spec: ModelSpec) -> Image:
    """A crop with one pose; keypoints that are NaN are not drawn."""
    known = xy[~np.isnan(xy).any(axis=1)]
    box = bounding_box(known[None]) if len(known) else np.zeros((1, 4), np.float32)
    one = np.ones(1, np.float32)
    poses = Poses(xy[None], score[None].astype(np.float32), Boxes(box, one), spec.pose_skeleton)
    frame = Frame(crop, 0, 0.0, 0.0, "crop")
    return draw(Scene.from_tracks(frame, Tracks.at_rest(poses, np.ones(1, np.int64))), _STYLE)
