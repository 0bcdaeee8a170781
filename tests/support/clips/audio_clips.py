"""A short video with audio in any codec, for tests of recordings."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from benchmarks.support.clips import pattern_image

RATE_HZ = 25  # frames per second
SECONDS = 4.0  # duration of the video and its audio


def video_with_audio(
    path: Path, codec: str, *, start_s: float = 0.0, b_frames: int | None = None, title: str = ""
) -> Path:
    """Write a video of 4 s with audio that gets louder.

    Args:
        path: Path of the video; the suffix gives the container.
        codec: FFmpeg's name of the audio encoder.
        start_s: First timestamp in seconds.
        b_frames: B-frames in a row; None: as the encoder likes.
        title: Title of the file.
    """
    options = {"preset": "ultrafast"} | ({} if b_frames is None else {"bf": str(b_frames)})
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE_HZ, options=options)
        assert isinstance(stream, av.VideoStream)
        container.metadata["title"] = title
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        audio = container.add_stream(codec, rate=48_000)
        assert isinstance(audio, av.AudioStream)
        for index in range(round(SECONDS * RATE_HZ)):
            frame = av.VideoFrame.from_ndarray(pattern_image(index), format="bgr24")
            frame.pts, frame.time_base = index + round(start_s * RATE_HZ), Fraction(1, RATE_HZ)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        moments = np.arange(int(SECONDS * 48_000)) / 48_000
        tone = (np.sin(moments * 2000) * moments / SECONDS * 20_000).astype(np.int16)
        for begin in range(0, len(tone), 960):
            samples = av.AudioFrame.from_ndarray(np.repeat(tone[begin : begin + 960], 2)[None], "s16", "stereo")
            samples.sample_rate, samples.pts = 48_000, begin + round(start_s * 48_000)
            samples.time_base = Fraction(1, 48_000)
            container.mux(audio.encode(samples))
        container.mux(audio.encode(None))
    return path
