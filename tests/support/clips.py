"""Small real videos and pictures, good and bad, for the tests of every room that takes some.

Each picture has four quarters (top left red, top right green, bottom left blue, bottom right a grey that grows with the
index), so that a test sees a wrong colour order, a wrong turn and a wrong order of frames.
"""

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

RED, GREEN, BLUE = (0, 0, 255), (0, 255, 0), (255, 0, 0)  # BGR
TICKS_HZ = 90_000


def grey_of(index: int) -> int:
    """The grey of the bottom right quarter of picture `index`."""
    return 16 + 12 * (index % 20)


def picture(index: int = 0, wh: tuple[int, int] = (64, 48)) -> Image:
    """(H, W, 3) uint8 BGR: the four quarters; a picture too small for them is all grey."""
    width, height = wh
    image = np.full((height, width, 3), grey_of(index), np.uint8)
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
) -> Path:
    """A video of pictures first, first + 1, ...; the ending of the path says the container.

    Args:
        path: Where to.
        count: How many pictures; as many as times_s has, if that is given.
        wh: Width and height in pixels.
        rate_hz: Pictures per second where times_s is not given.
        times_s: When each picture is shown, increasing; any steps.
        first: Number of the first picture.
        codec: FFmpeg's name of the encoder.
        pix_fmt: FFmpeg's name of the pixel format.
        options: Of the encoder; near lossless by default.
        container_options: Of the container, such as movflags.
        audio_s: Seconds of sound beside it; 0 for no sound.
    """
    ticks = range(count) if times_s is None else [round(time_s * TICKS_HZ) for time_s in times_s]
    tick_s = Fraction(1, rate_hz if times_s is None else TICKS_HZ)
    if options is None:
        options = {"crf": "5", "preset": "ultrafast"} if codec == "libx264" else {}
    with av.open(str(path), "w", options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=rate_hz, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = wh
        stream.pix_fmt = pix_fmt
        stream.codec_context.time_base = tick_s
        sound = container.add_stream("aac", rate=16_000) if audio_s else None
        for index, tick in enumerate(ticks):
            frame = av.VideoFrame.from_ndarray(picture(first + index, wh), format="bgr24")
            frame.pts, frame.time_base = tick, tick_s
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if sound is not None:
            samples = av.AudioFrame.from_ndarray(np.zeros((1, int(16_000 * audio_s)), np.int16), "s16", "mono")
            samples.sample_rate = 16_000
            container.mux(sound.encode(samples))
            container.mux(sound.encode(None))
    return path


def shortened(source: Path, path: Path, *, count: int) -> Path:
    """The first pictures of a video, half as wide and high."""
    with av.open(str(source)) as film:
        images = [
            frame.to_ndarray(format="bgr24") for _, frame in zip(range(count), film.decode(video=0), strict=False)
        ]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"preset": "ultrafast"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = images[0].shape[1] // 2, images[0].shape[0] // 2, "yuv420p"
        for image in images:
            half = np.asarray(cv2.resize(image, (stream.width, stream.height), interpolation=cv2.INTER_AREA), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(half, format="bgr24")))
        container.mux(stream.encode(None))
    return path


def mp4_turned(path: Path, degrees_clockwise: int, *, mirrored: bool = False, **settings: int) -> Path:
    """An MP4 whose display matrix asks the player to turn it, after mirroring it left to right if so asked."""
    video(path, **settings)  # type: ignore[arg-type]
    across, down = {0: ((1, 0), (0, 1)), 90: ((0, 1), (-1, 0)), 180: ((-1, 0), (0, -1)), 270: ((0, -1), (1, 0))}[
        degrees_clockwise
    ]
    if mirrored:
        across = (-across[0], -across[1])
    content = bytearray(path.read_bytes())
    start = content.index(b"tkhd") + 4
    start += 40 if content[start] == 0 else 52
    one, unit = 1 << 16, 1 << 30
    matrix = (across[0] * one, across[1] * one, 0, down[0] * one, down[1] * one, 0, 0, 0, unit)
    content[start : start + 36] = struct.pack(">9i", *matrix)
    path.write_bytes(content)
    return path


def ts_of_two_sizes(path: Path, first_wh: tuple[int, int] = (64, 48), then_wh: tuple[int, int] = (96, 64)) -> Path:
    """An MPEG-TS of two encodes joined: 6 pictures of the one size, then 6 of the other; its clock starts again."""
    parts = [path.with_suffix(f".{index}.ts") for index in (0, 1)]
    video(parts[0], count=6, wh=first_wh)
    video(parts[1], count=6, wh=then_wh, first=6)
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    for part in parts:
        part.unlink()
    return path


def cut(path: Path, keep: float = 0.5) -> Path:
    """Cut off the end of a file; this part of its bytes is kept."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    return path


def spoiled(path: Path, start: float, num_bytes: int = 200) -> Path:
    """Overwrite bytes in the middle of a file with noise; start is a part of its length."""
    content = bytearray(path.read_bytes())
    where = int(len(content) * start)
    content[where : where + num_bytes] = np.random.default_rng(7).bytes(num_bytes)
    path.write_bytes(content)
    return path


def image_file(path: Path, image: NDArray[np.uint8] | NDArray[np.uint16]) -> Path:
    """Write a picture; the ending of the path says the format."""
    is_written, content = cv2.imencode(path.suffix, image)
    assert is_written
    path.write_bytes(content.tobytes())
    return path


def jpeg(image: Image) -> bytes:
    """A picture as the content of a JPEG file."""
    return bytes(cv2.imencode(".jpg", image)[1])


def folder_of_images(folder: Path, count: int = 5, wh: tuple[int, int] = (64, 48)) -> Path:
    """A folder of pictures 1.png, 2.png, ..., 10.png, ...: numbers without leading zeros."""
    folder.mkdir(exist_ok=True)
    for index in range(count):
        image_file(folder / f"{index + 1}.png", picture(index, wh))
    return folder
