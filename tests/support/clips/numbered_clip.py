"""A small video whose frames show their numbers as bits in a strip at the bottom, and pipelines that play it."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np

from realtime_pose.config import Config, SourceConfig
from realtime_pose.pipeline.pipeline import Pipeline
from realtime_pose.pipeline.reopening import find_reopener
from realtime_pose.scene import Frame, Image
from realtime_pose.sources import open_source
from tests.support.fakes.parts import FakeDetector
from tests.support.fakes.pipelines import make_parts, make_settings

COUNT, RATE_HZ, WH = 30, 10, (160, 120)  # three seconds, few frames: each is analysed in most tests
_NUM_BITS = 10


def write_numbered_clip(path: Path, *, count: int = COUNT, wh: tuple[int, int] = WH) -> Path:
    """Write the video: B-frames, and a key frame every 8 frames."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE_HZ, options={"crf": "4", "g": "8", "preset": "veryfast"})
        stream.width, stream.height = wh
        stream.pix_fmt = "yuv420p"
        for number in range(count):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(_numbered_image(number, wh), format="bgr24")))
        container.mux(stream.encode())
    return path


def number_of(image: np.ndarray) -> int:
    """The number that a frame shows, at any size."""
    height, width = image.shape[:2]
    columns = ((np.arange(_NUM_BITS) + 0.5) * width / _NUM_BITS).astype(int)
    bits = image[round(height * 0.95), columns].mean(axis=1) > 128
    return int((bits * 2 ** np.arange(_NUM_BITS)).sum())


def _numbered_image(number: int, wh: tuple[int, int]) -> Image:
    """A grey image with the number."""
    image = np.full((wh[1], wh[0], 3), 90, np.uint8)
    bits = np.repeat(number >> np.arange(_NUM_BITS) & 1, wh[0] // _NUM_BITS)
    image[round(wh[1] * 0.9) :, : len(bits)] = 230 * bits[:, None]
    return image


def build_numbered(config: Config, before: Callable[[Frame], None] = lambda frame: None) -> Pipeline:
    """A pipeline of the source of a configuration, with fake models and one person in each frame."""
    source = open_source(config.source, config.part)
    pipeline = Pipeline(make_parts(source, detector=FakeDetector(before)), make_settings())
    pipeline.reopener = find_reopener(config, source.info, None)
    return pipeline


def config_of(path: Path, *more: Path) -> Config:
    """The configuration of a run on these files."""
    return Config(source=SourceConfig(uri=str(path), more=tuple(map(str, more))))
