"""What do the settings of the recording's encoder cost: CPU time, size and quality of a video?

    python benchmarks/encoder.py VIDEO [VIDEO ...] [--frames 48] [--rounds 3]

Each row encodes the same frames with one thread, as a recording of up to 1920x1080 does. SSIM is that of the brightness
with the original, in decibels: 10 log10(1 / (1 - SSIM)). Prints Markdown.
"""

import argparse
import io
import time
from collections.abc import Sequence
from fractions import Fraction
from itertools import islice

import av
import numpy as np

from realtime_pose._cv2 import cv2
from realtime_pose.config import RecordConfig
from realtime_pose.recording.encoder import X264_PARAMETERS, encoder_options
from realtime_pose.scene import Float, Image

RATE_HZ = 30
SSIM_EVERY = 8  # frames
WINDOW_PX = 8
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2  # Wang et al., Image Quality Assessment, 2004
ROWS = (
    ("veryfast", ""),
    ("superfast", ""),
    ("superfast", "subme=0"),
    ("superfast", X264_PARAMETERS["superfast"]),
    ("superfast", f"{X264_PARAMETERS['superfast']}:weightp=0"),
    ("ultrafast", "cabac=1"),
    ("ultrafast", ""),
)


def read_frames(video: str, count: int) -> list[Image]:
    """The first frames in yuv420p (H * 3 / 2, W), with even sides."""
    with av.open(video) as container:
        images = [frame.to_ndarray(format="bgr24") for frame in islice(container.decode(video=0), count)]
    even = [image[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2] for image in images]
    return [np.asarray(cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_BGR2YUV_I420), np.uint8) for image in even]


def encode(frames: Sequence[Image], options: dict[str, str]) -> tuple[bytes, float]:
    """An MP4 file of these frames, and the CPU milliseconds per frame."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=RATE_HZ, options=options)
        stream.width, stream.height, stream.pix_fmt = frames[0].shape[1], frames[0].shape[0] * 2 // 3, "yuv420p"
        stream.codec_context.thread_count = 1
        pictures = [av.VideoFrame.from_ndarray(frame, format="yuv420p") for frame in frames]
        started_s = time.process_time()
        for number, picture in enumerate(pictures):
            picture.pts, picture.time_base = number, Fraction(1, RATE_HZ)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
        cpu_s = time.process_time() - started_s
    return file.getvalue(), 1000 * cpu_s / len(frames)


def ssim_db(frames: Sequence[Image], video: bytes) -> float:
    """SSIM of some frames of a video with the original ones, in decibels."""
    with av.open(io.BytesIO(video), "r") as container:
        decoded = [frame.to_ndarray(format="yuv420p") for frame in container.decode(video=0)]
    height = frames[0].shape[0] * 2 // 3
    pairs = list(zip(frames, decoded, strict=True))[::SSIM_EVERY]
    mean = np.mean(
        [ssim(first[:height].astype(np.float32), second[:height].astype(np.float32)) for first, second in pairs]
    )
    return float(10 * np.log10(1 / (1 - mean)))


def ssim(first: Float, second: Float) -> float:
    """Mean structural similarity of two grey images."""

    def blur(image: Float) -> Float:
        return np.asarray(cv2.boxFilter(image, -1, (WINDOW_PX, WINDOW_PX)), np.float32)

    mean_1, mean_2 = blur(first), blur(second)
    variance_1, variance_2 = blur(first * first) - mean_1**2, blur(second * second) - mean_2**2
    covariance = blur(first * second) - mean_1 * mean_2
    values = ((2 * mean_1 * mean_2 + C1) * (2 * covariance + C2)) / (
        (mean_1**2 + mean_2**2 + C1) * (variance_1 + variance_2 + C2)
    )
    return float(values.mean())


def main() -> None:
    """Measure and print a table per video."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("videos", nargs="+")
    parser.add_argument("--frames", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=3, help="the least CPU time of all rounds counts")
    options = parser.parse_args()
    for video in options.videos:
        frames = read_frames(video, options.frames)
        print(
            f"\n{video}\n\n| preset | parameters | CPU ms per frame | kB per frame | SSIM, dB |\n|---|---|---|---|---|"
        )
        for preset, parameters in ROWS:
            settings = encoder_options("libx264", RecordConfig(), preset) | {"x264-params": parameters}
            runs = [encode(frames, settings) for _ in range(options.rounds)]
            file = runs[0][0]
            print(
                f"| {preset} | {parameters} | {min(cpu_ms for _, cpu_ms in runs):.1f} | "
                f"{len(file) / len(frames) / 1000:.1f} | {ssim_db(frames, file):.1f} |"
            )


if __name__ == "__main__":
    main()
