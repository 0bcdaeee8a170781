"""Small real videos and images, valid and broken, for the tests of all rooms.

Each image has four quarters: top left red, top right green, bottom left blue, bottom right a grey that grows with the
index. So a test can see a wrong colour order, a wrong rotation and a wrong order of frames.
"""

import struct
from collections.abc import Sequence
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

RED, GREEN, BLUE = (0, 0, 255), (0, 255, 0), (255, 0, 0)  # BGR
TICKS_HZ = 90_000  # the clock of MPEG: any step between two frames can be written
AUDIO_HZ = 16_000


def grey_level(index: int) -> int:
    """Grey level of the bottom right quarter of image `index`."""
    return 16 + 12 * (index % 20)


def pattern_image(index: int = 0, wh: tuple[int, int] = (64, 48)) -> Image:
    """(H, W, 3) uint8 BGR: the four quarters; an image that is too small for them is all grey."""
    width, height = wh
    image = np.full((height, width, 3), grey_level(index), np.uint8)
    # with an odd size the middle row and column stay grey, so all quarters have the same size
    image[: height // 2, : width // 2] = RED
    image[: height // 2, (width + 1) // 2 :] = GREEN
    image[(height + 1) // 2 :, : width // 2] = BLUE
    return image


def video(
    path: Path,
    *,
    count: int = 10,
    wh: tuple[int, int] = (64, 48),
    rate_hz: int = 30,
    times_s: Sequence[float] | None = None,
    first: int = 0,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    audio_s: float = 0.0,
    pixel_aspect: Fraction | None = None,
    metadata: dict[str, str] | None = None,
) -> Path:
    """Write a video of the images first, first + 1, ...; the suffix of the path gives the container.

    Args:
        path: Path of the video.
        count: Number of images; if times_s is given, its length.
        wh: Width and height in pixels.
        rate_hz: Frames per second if times_s is not given.
        times_s: Presentation times in seconds, increasing, in any steps.
        first: Index of the first image.
        codec: FFmpeg's name of the encoder.
        pix_fmt: FFmpeg's name of the pixel format.
        options: Options of the encoder; by default nearly lossless.
        container_options: Options of the container, such as movflags.
        audio_s: Duration of the audio in seconds; 0: no audio.
        pixel_aspect: Width of a pixel divided by its height, as stated; None: not stated.
        metadata: Texts of the container, such as a title.
    """
    ticks = range(count) if times_s is None else [round(time_s * TICKS_HZ) for time_s in times_s]
    tick_s = Fraction(1, rate_hz if times_s is None else TICKS_HZ)
    if options is None:
        options = {"crf": "5", "preset": "ultrafast", "threads": "1"} if codec == "libx264" else {}
    with av.open(str(path), "w", options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=rate_hz, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = wh
        stream.pix_fmt = pix_fmt
        if pixel_aspect is not None:
            stream.codec_context.sample_aspect_ratio = pixel_aspect
        container.metadata.update(metadata or {})
        stream.codec_context.time_base = tick_s  # before the first frame; the encoder cannot change it later
        audio = container.add_stream("aac", rate=AUDIO_HZ) if audio_s else None
        for index, tick in enumerate(ticks):
            frame = av.VideoFrame.from_ndarray(pattern_image(first + index, wh), format="bgr24")
            frame.pts, frame.time_base = tick, tick_s
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if audio is not None:
            _write_silence(container, audio, audio_s)
    return path


def video_of_packets(path: Path, packets: Sequence[bytes], *, wh: tuple[int, int] = (64, 48)) -> Path:
    """Write a video of JPEG images, at 10 frames per second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = wh
        stream.pix_fmt = "yuvj420p"
        stream.codec_context.time_base = Fraction(1, 10)
        for index, content in enumerate(packets):
            packet = av.Packet(content)
            packet.stream, packet.pts, packet.dts, packet.time_base = stream, index, index, Fraction(1, 10)
            container.mux(packet)
    return path


def _write_silence(container: av.container.OutputContainer, audio: av.AudioStream, duration_s: float) -> None:
    samples = av.AudioFrame.from_ndarray(np.zeros((1, int(AUDIO_HZ * duration_s)), np.int16), "s16", "mono")
    samples.sample_rate = AUDIO_HZ
    container.mux(audio.encode(samples))
    container.mux(audio.encode(None))


def shorten(
    source: Path, path: Path, *, count: int, step: int = 1, rate_hz: int = 30, options: dict[str, str] | None = None
) -> Path:
    """Write the first images of a video at half the width and height.

    Args:
        source: The video.
        path: Path of the new one.
        count: Number of images.
        step: From one image to the next, in images of the source.
        rate_hz: Frames per second of the new video.
        options: Options of the encoder; by default the fastest.
    """
    with av.open(str(source)) as container, av.open(str(path), "w") as target:
        width, height = container.streams.video[0].width // 2, container.streams.video[0].height // 2
        stream = target.add_stream("libx264", rate=rate_hz, options=options or {"preset": "ultrafast"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for frame in islice(container.decode(video=0), 0, count * step, step):
            image = frame.to_ndarray(format="bgr24")
            half = np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
            target.mux(stream.encode(av.VideoFrame.from_ndarray(half, format="bgr24")))
        target.mux(stream.encode(None))
    return path


def rotated_mp4(path: Path, degrees_clockwise: int, *, mirrored: bool = False, **settings: int | Fraction) -> Path:
    """Write an MP4 whose display matrix rotates it, after an optional mirroring from left to right."""
    video(path, **settings)  # type: ignore[arg-type]
    across, down = {0: ((1, 0), (0, 1)), 90: ((0, 1), (-1, 0)), 180: ((-1, 0), (0, -1)), 270: ((0, -1), (1, 0))}[
        degrees_clockwise
    ]
    if mirrored:
        across = (-across[0], -across[1])
    content = bytearray(path.read_bytes())
    start = content.index(b"tkhd") + 4
    start += 40 if content[start] == 0 else 52  # the matrix follows the fields of version 0 or 1
    one, unit = 1 << 16, 1 << 30  # fixed point, 16.16 and 2.30
    matrix = (across[0] * one, across[1] * one, 0, down[0] * one, down[1] * one, 0, 0, 0, unit)
    content[start : start + 36] = struct.pack(">9i", *matrix)
    path.write_bytes(content)
    return path


def ts_with_two_sizes(path: Path, first_wh: tuple[int, int] = (64, 48), then_wh: tuple[int, int] = (96, 64)) -> Path:
    """Write an MPEG-TS of two joined encodings: 6 images of each size; the timestamps start again in between."""
    # MPEG-TS files can be joined byte by byte
    parts = [path.with_suffix(f".{index}.ts") for index in (0, 1)]
    video(parts[0], count=6, wh=first_wh)
    video(parts[1], count=6, wh=then_wh, first=6)
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    for part in parts:
        part.unlink()
    return path


def truncate(path: Path, keep: float = 0.5) -> Path:
    """Cut off the end of a file; ``keep`` is the share of its bytes that stays."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    return path


def corrupt(path: Path, start: float, num_bytes: int = 200) -> Path:
    """Overwrite bytes in the middle of a file with noise; ``start`` is a share of its length."""
    content = bytearray(path.read_bytes())
    where = int(len(content) * start)
    content[where : where + num_bytes] = np.random.default_rng(7).bytes(num_bytes)
    path.write_bytes(content)
    return path


def image_file(path: Path, image: NDArray[np.uint8] | NDArray[np.uint16]) -> Path:
    """Write an image; the suffix of the path gives the format."""
    is_written, content = cv2.imencode(path.suffix, image)
    assert is_written
    path.write_bytes(content.tobytes())
    return path


def jpeg(image: Image) -> bytes:
    """The image as the content of a JPEG file."""
    return bytes(cv2.imencode(".jpg", image)[1])


def png(image: Image) -> bytes:
    """The image as the content of a PNG file."""
    return bytes(cv2.imencode(".png", image)[1])


def _exif(orientation: int) -> bytes:
    """EXIF data with this orientation and a maker, as TIFF."""
    maker = b"ACME"
    entries = struct.pack(">HHI4s", 0x010F, 2, len(maker), maker) + struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"MM\0*" + struct.pack(">I", 8) + struct.pack(">H", 2) + entries + bytes(4)


def jpeg_with_exif(image: Image, orientation: int = 1) -> bytes:
    """The image as the content of a JPEG file with EXIF data, as phones and some cameras write it."""
    content = jpeg(image)
    data = b"Exif\0\0" + _exif(orientation)
    return content[:2] + b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data + content[2:]


def folder_of_images(folder: Path, count: int = 5, wh: tuple[int, int] = (64, 48)) -> Path:
    """A folder of images 1.png, 2.png, ..., 10.png, ...: numbers without leading zeros."""
    folder.mkdir(exist_ok=True)
    for index in range(count):
        image_file(folder / f"{index + 1}.png", pattern_image(index, wh))
    return folder
