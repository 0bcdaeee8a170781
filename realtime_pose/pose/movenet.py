"""MoveNet's four heads: keypoints to the outputs of a batch of crops, and back.

N crops, K keypoints, maps of h x w cells of stride 4. Source: the model card and the TensorFlow blog
(https://blog.tensorflow.org/2021/05/next-generation-pose-detection-with-movenet-and-tensorflowjs.html). The centre
heatmap selects a person. The regressed keypoints of this person weight the keypoint heatmaps. The offsets refine the
peaks of these.
"""

import numpy as np
from numpy.typing import NDArray

from realtime_pose.geometry import Float
from realtime_pose.models.backend import Arrays
from realtime_pose.models.manifest import ModelSpec

PRIOR_CELLS = 1.8  # keeps 1 / distance finite at 0; the constant of the published graph


def encode(xy: Float, score: Float, input_wh: tuple[int, int]) -> dict[str, NDArray[np.float32]]:
    """The heads for crops with one person in the centre.

    Keypoints (N, K, 2) are in input pixels, scores (N, K) in [0, 1].
    """
    count, num_keypoints = score.shape
    width, height = (side // 4 for side in input_wh)
    heatmap = np.zeros((count, num_keypoints, height, width), np.float32)
    centre = np.zeros((count, 1, height, width), np.float32)
    regress, offset = (np.zeros((count, 2 * num_keypoints, height, width), np.float32) for _ in range(2))
    centre[:, 0, height // 2, width // 2] = 1
    cells = (xy + 0.5) / 4  # (N, K, 2), from the edge of the first pixel
    person, keypoint = np.arange(count)[:, None], np.arange(num_keypoints)[None]
    column, row = (np.clip(cells[..., axis].astype(np.int64), 0, side - 1) for axis, side in ((0, width), (1, height)))
    heatmap[person, keypoint, row, column] = score
    # Channel 2k is y, channel 2k + 1 is x.
    offset[person, 2 * keypoint, row, column] = cells[..., 1] - row
    offset[person, 2 * keypoint + 1, row, column] = cells[..., 0] - column
    regress[person, 2 * keypoint, height // 2, width // 2] = row - height // 2
    regress[person, 2 * keypoint + 1, height // 2, width // 2] = column - width // 2
    return {"heatmap": heatmap, "center": centre, "regress": regress, "offset": offset}


def decode(outputs: Arrays, input_wh: tuple[int, int], _: ModelSpec) -> tuple[Float, Float]:
    """(N, K, 2) keypoints in input pixels and (N, K) scores in [0, 1].

    The person nearest to the centre of the crop is selected. The heads count from the edge of the first pixel. Here the
    centre of a pixel is at its integer index, so half a pixel is subtracted.
    """
    heatmap, offset = outputs["heatmap"], outputs["offset"]  # (N, K, h, w), (N, 2 K, h, w); 2k is y, 2k + 1 is x
    count, num_keypoints, height, width = heatmap.shape
    rough_y, rough_x = _regressed_keypoints(outputs["center"], outputs["regress"])  # (N, K) each
    row, column = _nearest_peak(heatmap, rough_y, rough_x)

    person, keypoint = np.arange(count)[:, None], np.arange(num_keypoints)[None]
    score = heatmap[person, keypoint, row, column]
    y = (row + offset[person, 2 * keypoint, row, column]) / height * input_wh[1] - 0.5
    x = (column + offset[person, 2 * keypoint + 1, row, column]) / width * input_wh[0] - 0.5
    return np.stack((x, y), axis=-1).astype(np.float32), np.clip(score, 0, 1).astype(np.float32)


def _regressed_keypoints(centre: NDArray[np.float32], regress: NDArray[np.float32]) -> tuple[Float, Float]:
    """Rough y and x (N, K), in cells, of the keypoints of the most central person."""
    count, _, height, width = centre.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    prior = 1 / (np.hypot(y - height / 2, x - width / 2) + PRIOR_CELLS)  # (h, w)
    row, column = np.divmod((centre[:, 0] * prior).reshape(count, height * width).argmax(1), width)
    # The regressed values (N, 2 K) of the selected cell, as (N, K, 2) with y first.
    displacement = regress[np.arange(count), :, row, column].reshape(count, regress.shape[1] // 2, 2)
    cell = np.stack((row, column), axis=-1).astype(np.float32)[:, None]  # integers would make the sum float64
    return tuple(np.moveaxis(displacement + cell, -1, 0))


def _nearest_peak(
    heatmap: NDArray[np.float32], rough_y: Float, rough_x: Float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row and column (N, K) of the highest cell, weighted by nearness."""
    count, num_keypoints, height, width = heatmap.shape
    square_y = np.square(np.arange(height, dtype=np.float32) - rough_y[..., None])  # (N, K, h)
    square_x = np.square(np.arange(width, dtype=np.float32) - rough_x[..., None])  # (N, K, w)
    distance = np.sqrt(square_y[..., :, None] + square_x[..., None, :])  # (N, K, h, w)
    distance += PRIOR_CELLS  # in place: this is the largest array here
    peak = (heatmap / distance).reshape(count, num_keypoints, height * width).argmax(-1)
    row, column = np.divmod(peak, width)
    return row, column
