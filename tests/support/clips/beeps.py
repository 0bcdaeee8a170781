"""A clip with a flash and a beep at the same time, and the times at which both come in a recording."""

import struct
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from benchmarks.support.servers import rtsp_server

WH = (160, 120)
RATE_HZ, COUNT = 30, 64  # 64 frames last 2.1333 s, as long as 100 AAC frames, so video and audio loop together
AUDIO_HZ, FRAME_SAMPLES = 48_000, 1024
FLASH, LENGTH = 16, 3  # the frame with which flash and beep begin, and their length in frames
AAC_STEP_NS = FRAME_SAMPLES * 1_000_000_000 // AUDIO_HZ


def _images() -> list[NDArray[np.uint8]]:
    """Grey images, each different from the one before, with the flash."""
    levels = [30 + index % 2 * 8 for index in range(COUNT)]
    for index in range(FLASH, FLASH + LENGTH):
        levels[index] = 235 + index % 2 * 8
    return [np.full((WH[1], WH[0], 3), level, np.uint8) for level in levels]


def _samples() -> NDArray[np.int16]:
    """The audio samples of one loop, with the beep."""
    moments = np.arange(COUNT * AUDIO_HZ // RATE_HZ)
    # the samples that are played during the flash
    is_beep = (moments >= FLASH * AUDIO_HZ // RATE_HZ) & (moments < (FLASH + LENGTH) * AUDIO_HZ // RATE_HZ)
    return (np.sin(moments * 2 * np.pi * 1000 / AUDIO_HZ) * 20_000 * is_beep).astype(np.int16)


def _adts_frames() -> list[bytes]:
    """The audio as AAC frames with ADTS headers; the first belongs to the first video frame."""
    coder = av.CodecContext.create("aac", "w")
    assert isinstance(coder, av.AudioCodecContext)
    coder.sample_rate, coder.layout, coder.format = AUDIO_HZ, "mono", "fltp"
    coder.flags &= ~int(av.codec.context.Flags.global_header)  # parameters in the packets, for ADTS
    # two loops, so that the packets of one whole loop can be taken from inside
    frame = av.AudioFrame.from_ndarray(np.tile(_samples(), 2)[None].astype(np.float32) / 32768, "fltp", "mono")
    frame.sample_rate, frame.pts, frame.time_base = AUDIO_HZ, 0, Fraction(1, AUDIO_HZ)
    fifo = av.AudioFifo()
    fifo.write(frame)
    packets = [bytes(packet) for part in fifo.read_many(FRAME_SAMPLES) for packet in coder.encode(part)]
    number = COUNT * AUDIO_HZ // RATE_HZ // FRAME_SAMPLES
    return [_adts_header(len(data)) + data for data in packets[1 : number + 1]]  # the first is only encoder delay


def _adts_header(length: int) -> bytes:
    """ADTS header of a frame of AAC-LC, 48 kHz, one channel."""
    total = length + 7
    return bytes([0xFF, 0xF1, 0x4C, 0x40 | total >> 11, total >> 3 & 0xFF, (total & 7) << 5 | 0x1F, 0xFC])


def write_units(folder: Path) -> tuple[Path, Path]:
    """Write video frames and audio packets in the format of gst_server.py; both paths."""
    raw_video, audio = folder / "flash.h264", folder / "beep.units"
    with av.open(str(raw_video), "w") as container:
        options = {"preset": "ultrafast", "tune": "zerolatency", "g": "16"}
        stream = container.add_stream("libx264", rate=RATE_HZ, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *WH, "yuv420p"
        for image in _images():
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode(None))
    with audio.open("wb") as file:
        for packet in _adts_frames():
            file.write(struct.pack(">I", len(packet)) + packet)
    return rtsp_server.write_units(raw_video), audio


@dataclass(frozen=True)
class FlashesAndBeeps:
    """Flashes and beeps of a recording.

    Attributes:
        flashes_s: Times at which flashes begin.
        beeps_s: Times at which beeps begin.
        video_s: Duration of the video.
        audio_s: Duration of the audio; 0 if there is none.
    """

    flashes_s: NDArray[np.float64]
    beeps_s: NDArray[np.float64]
    video_s: float
    audio_s: float

    @property
    def offsets_s(self) -> NDArray[np.float64]:
        """For each flash with audio around it, the time until the nearest beep; positive if the beep is late."""
        # a flash near the start or the end may have lost its beep
        inside = self.flashes_s[(self.flashes_s > 0.2) & (self.flashes_s < min(self.video_s, self.audio_s) - 0.2)]
        if not len(inside) or not len(self.beeps_s):
            return np.empty(0)
        nearest = np.abs(inside[:, None] - self.beeps_s[None]).argmin(1)  # (F, B) to (F,)
        return np.asarray(self.beeps_s[nearest] - inside, np.float64)


def find_flashes_and_beeps(path: Path) -> FlashesAndBeeps:
    """The flashes and beeps of a recording."""
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    times = np.array([float(frame.time or 0) for frame in frames])
    levels = np.array([frame.to_ndarray(format="gray").mean() for frame in frames])  # (F,)
    flashes = times[1:][(levels[1:] > 150) & (levels[:-1] <= 150)]  # from dark to bright
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return FlashesAndBeeps(flashes, np.empty(0), float(times[-1]), 0.0)
        blocks = [
            (float(frame.time or 0) + np.arange(frame.samples) / frame.sample_rate, frame.to_ndarray()[0])
            for frame in container.decode(audio=0)
        ]
    moments, samples = (np.concatenate(part) for part in zip(*blocks, strict=True))
    loud = moments[np.abs(samples) > 0.2]
    beeps = loud[np.diff(loud, prepend=-np.inf) >= 0.3]  # a beep begins at a loud sample after 0.3 s without one
    return FlashesAndBeeps(flashes, beeps, float(times[-1]), float(moments[-1]))


def video(path: Path, *, rounds: int = 1) -> Path:
    """Write this many loops as a video with audio."""
    options = {"preset": "ultrafast", "tune": "zerolatency", "g": "30"}
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE_HZ, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *WH, "yuv420p"
        audio = container.add_stream("aac", rate=AUDIO_HZ)
        assert isinstance(audio, av.AudioStream)
        audio.codec_context.layout = "mono"
        for image in _images() * rounds:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode(None))
        samples = np.tile(_samples(), rounds)[None]
        frame = av.AudioFrame.from_ndarray(samples, "s16", "mono")
        frame.sample_rate, frame.pts, frame.time_base = AUDIO_HZ, 0, Fraction(1, AUDIO_HZ)
        container.mux(audio.encode(frame))
        container.mux(audio.encode(None))
    return path


def write_mulaw(folder: Path) -> Path:
    """Write audio packets of 20 ms of G.711, which many cameras send; the path."""
    path = folder / "mulaw.units"
    path.write_bytes(b"".join(struct.pack(">I", 160) + bytes([0xFF - index % 64] * 160) for index in range(100)))
    return path
