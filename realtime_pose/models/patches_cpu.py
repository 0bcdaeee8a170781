"""An image to network inputs on the CPU: a letterbox or crops.

Each patch comes with its (2, 3) affine map from frame pixels to input pixels. In both, the centre of a pixel is at its
integer index.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from realtime_pose._cv2 import cv2
from realtime_pose.geometry import Float, crop_affine, fit_wh, mirrored_affine, resize_affine
from realtime_pose.models.manifest import InputSpec
from realtime_pose.scene import Image

_INTERPOLATIONS = {
    "nearest": cv2.INTER_NEAREST,
    "linear": cv2.INTER_LINEAR,
    "cubic": cv2.INTER_CUBIC,
    "area": cv2.INTER_AREA,
}


def whole_frame(image: Image, spec: InputSpec, wh: tuple[int, int]) -> tuple[NDArray[Any], Float]:
    """The whole frame as a batch of one, and its affine map (2, 3).

    It is letterboxed or stretched to wh.
    """
    frame_wh = (image.shape[1], image.shape[0])
    inner_wh = wh if spec.fit == "stretch" else fit_wh(frame_wh, wh)
    left, top = 0, 0
    if spec.fit == "letterbox-centred":
        left, top = (wh[0] - inner_wh[0]) // 2, (wh[1] - inner_wh[1]) // 2
    patch = np.full((wh[1], wh[0], 3), spec.pad, np.uint8)  # (H, W, 3)
    inner = patch[top : top + inner_wh[1], left : left + inner_wh[0]]
    inner[:] = cv2.resize(image, inner_wh, interpolation=_INTERPOLATIONS[spec.interpolation])
    return _to_batch(patch[None], spec), resize_affine(frame_wh, inner_wh, corner_px=(left, top))


def crops(image: Image, xyxy: Float, spec: InputSpec, *, is_mirrored: bool = False) -> tuple[NDArray[Any], Float]:
    """One crop per box (N, ...), and their affine maps (N, 2, 3).

    is_mirrored mirrors the crops horizontally.
    """
    affines = crop_affine(xyxy, input_wh=spec.wh, padding=spec.padding)
    if is_mirrored:
        affines = mirrored_affine(affines, spec.wh[0])
    patches = np.empty((len(xyxy), spec.wh[1], spec.wh[0], 3), np.uint8)  # (N, H, W, 3)
    border, flags = (spec.pad,) * 3, _INTERPOLATIONS[spec.interpolation]
    for patch, affine in zip(patches, affines, strict=True):
        cv2.warpAffine(image, affine, spec.wh, dst=patch, flags=flags, borderValue=border)
    return _to_batch(patches, spec), affines


def _to_batch(patches: NDArray[np.uint8], spec: InputSpec) -> NDArray[np.float32]:
    """BGR patches (N, H, W, 3) in the network's channel order, scale and layout."""
    if spec.colour == "RGB":
        # One call on one tall image (N H, W, 3) is several times as fast as a reversed view of the channels.
        rows = patches.reshape(-1, patches.shape[2], 3)
        patches = cv2.cvtColor(rows, cv2.COLOR_BGR2RGB).reshape(patches.shape).astype(np.uint8, copy=False)
    if spec.layout == "NCHW":
        patches = np.moveaxis(patches, -1, 1)  # (N, 3, H, W)
    batch = np.ascontiguousarray(patches, dtype=np.float32)
    channels = (-1, 1, 1) if spec.layout == "NCHW" else (-1,)
    mean, std = (np.array(value, np.float32).reshape(channels) for value in (spec.mean, spec.std))
    if mean.any():
        batch -= mean
    if (std != 1).any():
        batch /= std
    return batch
