"""A clip in which a flash and a beep coincide, and when they come in a recording of it."""

import struct
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from tests.support.rtsp_server import units_of

WH = (160, 120)
RATE_HZ, COUNT = 30, 64  # of pictures: 2.1333 s, which are 100 pieces of AAC, so that both begin again together
SOUND_HZ, PIECE = 48_000, 1024
FLASH, LENGTH = 16, 3  # the picture with which both begin, and for how many they last
AAC_STEP_NS = PIECE * 1_000_000_000 // SOUND_HZ


def _pictures() -> list[NDArray[np.uint8]]:
    """Grey ones, each unlike the one before, and the flash."""
    person_colours = [30 + index % 2 * 8 for index in range(COUNT)]
    for index in range(FLASH, FLASH + LENGTH):
        person_colours[index] = 235 + index % 2 * 8
    return [np.full((WH[1], WH[0], 3), shade, np.uint8) for shade in person_colours]


def _samples() -> NDArray[np.int16]:
    """One round of the sound, with its beep."""
    moments = np.arange(COUNT * SOUND_HZ // RATE_HZ)
    is_beep = (moments >= FLASH * SOUND_HZ // RATE_HZ) & (moments < (FLASH + LENGTH) * SOUND_HZ // RATE_HZ)
    return (np.sin(moments * 2 * np.pi * 1000 / SOUND_HZ) * 20_000 * is_beep).astype(np.int16)


def pieces() -> list[bytes]:
    """The sound as pieces of AAC with heads, of which the first is for the first picture."""
    coder = av.CodecContext.create("aac", "w")
    assert isinstance(coder, av.AudioCodecContext)
    coder.sample_rate, coder.layout, coder.format = SOUND_HZ, "mono", "fltp"
    coder.flags &= ~int(av.codec.context.Flags.global_header)
    frame = av.AudioFrame.from_ndarray(np.tile(_samples(), 2)[None].astype(np.float32) / 32768, "fltp", "mono")
    frame.sample_rate, frame.pts, frame.time_base = SOUND_HZ, 0, Fraction(1, SOUND_HZ)
    fifo = av.AudioFifo()
    fifo.write(frame)
    packets = [bytes(packet) for part in fifo.read_many(PIECE) for packet in coder.encode(part)]
    number = COUNT * SOUND_HZ // RATE_HZ // PIECE
    return [_head(len(data)) + data for data in packets[1 : number + 1]]  # the first only wakes the decoder up


def _head(length: int) -> bytes:
    """Of a piece of AAC-LC, 48 kHz, one channel, in a transport stream."""
    whole = length + 7
    return bytes([0xFF, 0xF1, 0x4C, 0x40 | whole >> 11, whole >> 3 & 0xFF, (whole & 7) << 5 | 0x1F, 0xFC])


def units(folder: Path) -> tuple[Path, Path]:
    """Units of the pictures and of the sound, as gst_server.py wants them."""
    video, sound = folder / "flash.h264", folder / "beep.units"
    with av.open(str(video), "w") as container:
        options = {"preset": "ultrafast", "tune": "zerolatency", "g": "16"}
        stream = container.add_stream("libx264", rate=RATE_HZ, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *WH, "yuv420p"
        for image in _pictures():
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode(None))
    with sound.open("wb") as file:
        for piece in pieces():
            file.write(struct.pack(">I", len(piece)) + piece)
    return units_of(video), sound


@dataclass(frozen=True)
class Found:
    """What is in a recording.

    Attributes:
        flashes_s: When flashes begin.
        beeps_s: When beeps begin.
        video_s: How long there are pictures.
        sound_s: How long there is sound; 0 where there is none.
    """

    flashes_s: NDArray[np.float64]
    beeps_s: NDArray[np.float64]
    video_s: float
    sound_s: float

    @property
    def apart_s(self) -> NDArray[np.float64]:
        """From each flash that has sound around it to the beep nearest to it; positive where the beep is late."""
        inside = self.flashes_s[(self.flashes_s > 0.2) & (self.flashes_s < min(self.video_s, self.sound_s) - 0.2)]
        if not len(inside) or not len(self.beeps_s):
            return np.empty(0)
        nearest = np.abs(inside[:, None] - self.beeps_s[None]).argmin(1)
        return np.asarray(self.beeps_s[nearest] - inside, np.float64)


def found(path: Path) -> Found:
    """Look and listen."""
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    times = np.array([float(frame.time or 0) for frame in frames])
    person_colours = np.array([frame.to_ndarray(format="gray").mean() for frame in frames])
    flashes = times[1:][(person_colours[1:] > 150) & (person_colours[:-1] <= 150)]
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return Found(flashes, np.empty(0), float(times[-1]), 0.0)
        heard = [
            (float(frame.time or 0) + np.arange(frame.samples) / frame.sample_rate, frame.to_ndarray()[0])
            for frame in container.decode(audio=0)
        ]
    moments, samples = (np.concatenate(part) for part in zip(*heard, strict=True))
    loud = np.abs(samples) > 0.2
    beeps = [moment for moment in moments[loud] if not (loud & (moments > moment - 0.3) & (moments < moment)).any()]
    return Found(flashes, np.array(beeps), float(times[-1]), float(moments[-1]))


def film(path: Path, *, rounds: int = 1) -> Path:
    """The same as a video with sound, over and over."""
    options = {"preset": "ultrafast", "tune": "zerolatency", "g": "30"}
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE_HZ, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *WH, "yuv420p"
        sound = container.add_stream("aac", rate=SOUND_HZ)
        assert isinstance(sound, av.AudioStream)
        sound.codec_context.layout = "mono"
        for image in _pictures() * rounds:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode(None))
        samples = np.tile(_samples(), rounds)[None]
        frame = av.AudioFrame.from_ndarray(samples, "s16", "mono")
        frame.sample_rate, frame.pts, frame.time_base = SOUND_HZ, 0, Fraction(1, SOUND_HZ)
        container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return path


def mulaw(folder: Path) -> Path:
    """Units of 20 ms of G.711, which many cameras send."""
    path = folder / "mulaw.units"
    path.write_bytes(b"".join(struct.pack(">I", 160) + bytes([0xFF - index % 64] * 160) for index in range(100)))
    return path
