"""Persons in a video whose pixels are not square, with real networks."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

import realtime_pose
from realtime_pose.scene import Scene

pytestmark = [pytest.mark.slow]

NUM_FRAMES, SQUASHED = 3, 4  # at four to one, nobody is found in the images as they are coded


def write_clip(source: Path, path: Path, *, squashed: int) -> Path:
    """The first frames at half the size, coded with pixels that are this many times as wide as high."""
    with av.open(str(source)) as container:
        frames = zip(range(NUM_FRAMES), container.decode(video=0), strict=False)
        images = [frame.to_ndarray(format="bgr24") for _, frame in frames]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"crf": "5", "preset": "ultrafast"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = images[0].shape[1] // 2 // squashed // 2 * 2, images[0].shape[0] // 2
        stream.pix_fmt = "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(squashed)
        for image in images:
            small = np.asarray(cv2.resize(image, (stream.width, stream.height), interpolation=cv2.INTER_AREA), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(small, format="bgr24")))
        container.mux(stream.encode(None))
    return path


def last_scene(path: Path) -> Scene:
    *_, last = realtime_pose.watch(str(path))
    return last


def test_persons_are_found_as_in_a_video_with_square_pixels(tmp_path: Path, demo_clip: Path) -> None:
    square = last_scene(write_clip(demo_clip, tmp_path / "square.mp4", squashed=1))
    wide = last_scene(write_clip(demo_clip, tmp_path / "wide.mp4", squashed=SQUASHED))
    assert wide.frame.wh == square.frame.wh
    assert len(wide.poses.boxes) == len(square.poses.boxes) >= 2
    assert wide.poses.boxes.score.max() == pytest.approx(square.poses.boxes.score.max(), abs=0.15)
    # The best person of one is where one of the other is: the centres are less than a tenth of the height apart.
    centres = [scene.poses.boxes.xyxy.reshape(-1, 2, 2).mean(1) for scene in (square, wide)]  # each (N, 2)
    distances = np.linalg.norm(centres[0][:1] - centres[1], axis=1)
    assert distances.min() < 0.1 * square.frame.wh[1]
