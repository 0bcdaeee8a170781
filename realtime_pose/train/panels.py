"""Crops with their true and their found keypoints side by side: samples and maps in, one image out."""

from collections.abc import Sequence

import numpy as np

from realtime_pose._cv2 import cv2
from realtime_pose.config import RenderConfig
from realtime_pose.geometry import bounding_box
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.pose import heatmap
from realtime_pose.render import draw
from realtime_pose.scene import Boxes, Float, Frame, Image, Poses, Scene, Tracks
from realtime_pose.train.dataset import STRIDE, Sample

_COLUMNS = 4  # pairs of crops beside each other
_STYLE = RenderConfig(keypoint_threshold=0.0, ids=False, hud=False)
_MIN_SCORE = np.float32(0.3)  # keypoints with lower scores are drawn with this one, so that they stay visible


def draw_panel(samples: Sequence[Sample], maps: Float, spec: ModelSpec) -> Image:
    """For each sample its truth on the left, and what was found on the right.

    Args:
        samples: N samples.
        maps: (N, K, h, w) of the network.
        spec: The entry of the network.
    """
    xy, score = heatmap.decode({"heatmap": maps}, spec.input.wh, spec)
    pairs = []
    for row, sample in enumerate(samples):
        crop = _to_image(sample.crop.numpy(), spec)
        true_xy = np.where(sample.weight.numpy()[:, None] > 0, sample.cells.numpy() * STRIDE, np.nan)
        truth = _draw(crop, true_xy.astype(np.float32), sample.weight.numpy(), spec)
        found = _draw(crop, xy[row], np.maximum(score[row], _MIN_SCORE), spec)
        pairs.append(np.concatenate((truth, found), axis=1))
    blank = np.zeros_like(pairs[0])
    pairs += [blank] * (-len(pairs) % _COLUMNS)
    rows = [np.concatenate(pairs[start : start + _COLUMNS], axis=1) for start in range(0, len(pairs), _COLUMNS)]
    return np.concatenate(rows)


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
