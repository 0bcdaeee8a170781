"""An image to network inputs on the CPU: a letterbox, or crops, each made when it is read.

Each patch comes with its (2, 3) affine map from frame pixels to input pixels. In both, the centre of a pixel is at its
integer index.
"""

from collections.abc import Sequence
from functools import cache
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
    cv2.resize(image, inner_wh, dst=inner, interpolation=_INTERPOLATIONS[spec.interpolation])
    return normalised(patch[None], spec), resize_affine(frame_wh, inner_wh, corner_px=(left, top))


class Crops:
    """One crop per box of each pass: B inputs of a network, each made when it is read (`Batch`).

    Args:
        image: The image with the persons.
        passes: For each pass the boxes (N, 4), and whether their crops are mirrored horizontally.
        spec: How an image becomes an input.

    Attributes:
        affines: (B, 2, 3) maps from image pixels to pixels of the crops.
        shape: (B, 3, H, W) or (B, H, W, 3).
    """

    def __init__(self, image: Image, passes: Sequence[tuple[Float, bool]], spec: InputSpec) -> None:
        self._image, self._spec = image, spec
        self.affines = np.concatenate(
            [_crop_affine(xyxy, spec, is_mirrored=is_mirrored) for xyxy, is_mirrored in passes]
        )
        width, height = spec.wh
        self.shape = (len(self), 3, height, width) if spec.layout == "NCHW" else (len(self), height, width, 3)

    def __len__(self) -> int:
        """B."""
        return len(self.affines)

    def __getitem__(self, part: slice) -> NDArray[np.float32]:
        """The crops of this part, made now."""
        return normalised(warp(self._image, self.affines[part], self._spec), self._spec)


def warp(image: Image, affines: Float, spec: InputSpec) -> NDArray[np.uint8]:
    """The crops (B, H, W, 3) of an image by maps (B, 2, 3) from its pixels to those of the crops."""
    patches = np.empty((len(affines), spec.wh[1], spec.wh[0], 3), np.uint8)
    border, flags = (spec.pad,) * 3, _INTERPOLATIONS[spec.interpolation]
    for patch, affine in zip(patches, affines, strict=True):
        cv2.warpAffine(image, affine, spec.wh, dst=patch, flags=flags, borderValue=border)
    return patches


def _crop_affine(xyxy: Float, spec: InputSpec, *, is_mirrored: bool) -> Float:
    """(N, 2, 3) maps from frame pixels to pixels of the crops."""
    affine = crop_affine(xyxy, input_wh=spec.wh, padding=spec.padding, is_stretched=spec.fit == "stretch")
    return mirrored_affine(affine, spec.wh[0]) if is_mirrored else affine


def normalised(patches: NDArray[np.uint8], spec: InputSpec) -> NDArray[np.float32]:
    """BGR patches (B, H, W, 3) in the network's channel order, scale and layout."""
    tables = _normalisation(tuple(spec.mean), tuple(spec.std))  # (3, 256)
    count, height, width, _ = patches.shape
    if spec.layout == "NCHW":
        batch = np.empty((count, 3, height, width), np.float32)
        for patch, planes in zip(patches, batch, strict=True):
            channels = cv2.split(patch)[:: -1 if spec.colour == "RGB" else 1]
            for channel, table, plane in zip(channels, tables, planes, strict=True):
                cv2.LUT(channel, table, dst=plane)
        return batch
    # One call on one tall image (B H, W, 3) is several times as fast as a reversed view of the channels.
    rows: NDArray[Any] = patches.reshape(-1, width, 3)
    if spec.colour == "RGB":
        rows = cv2.cvtColor(rows, cv2.COLOR_BGR2RGB)
    if spec.is_normalised:
        rows = cv2.LUT(rows, np.ascontiguousarray(tables.T)[None])
    return np.asarray(rows, np.float32).reshape(count, height, width, 3)


@cache
def _normalisation(mean: tuple[float, ...], std: tuple[float, ...]) -> Float:
    """(3, 256) the network's value for each value of a byte, per channel: a look-up costs less than the arithmetic."""
    values = np.arange(256, dtype=np.float32)
    return np.stack([(values - np.float32(m)) / np.float32(s) for m, s in zip(mean, std, strict=True)])
