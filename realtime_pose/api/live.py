"""Any source to people, frame by frame: `track`; and `watch`, which gives the whole scenes.

The networks of the last call stay in memory for the next one, so that many short files load them once.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Self, TypedDict, Unpack, get_type_hints

from realtime_pose.api.images import ImageLike
from realtime_pose.api.iterable_source import IterableSource
from realtime_pose.api.people import People
from realtime_pose.api.picture_list import PictureList, addresses
from realtime_pose.api.pose import VideoChoices, check_choices, make_config
from realtime_pose.config import Config, PublishConfig, Region, make_part
from realtime_pose.config.choices import check_names
from realtime_pose.errors import ConfigError, SourceError
from realtime_pose.messages.source_messages import SOURCE_WORDS
from realtime_pose.models.network_cache import LOADED
from realtime_pose.pipeline.build import build
from realtime_pose.pipeline.networks import Networks
from realtime_pose.reasons import Reason
from realtime_pose.scene import Scene
from realtime_pose.sources import Source, SourceState, SourceStatus
from realtime_pose.sources.address import webcam_address

ON_LOST = ("wait", "end", "raise")
_AWAY = frozenset({SourceState.RECONNECTING, SourceState.AUTH_FAILED, SourceState.NOT_FOUND, SourceState.LOST})

_kept: list[Networks] = []  # the networks of the last call, at most one value


class Part(TypedDict, total=False):
    """The part of a source that `watch` and `track` use; what is left out is that of the configuration.

    The picture is rotated first, then cut. All results are in pixels of the picture that is left.

    Attributes:
        start_s: Media time of the first frame; for a camera it counts from the first picture that is used.
        end_s: Media time before which frames are used.
        rotate: Degrees by which the picture is turned clockwise: 90, 180 or 270; 0 for none.
        region: Left, top, width and height in pixels of the rotated picture.
    """

    start_s: float
    end_s: float
    rotate: int
    region: Region


class Publishing(TypedDict, total=False):
    """Where the picture with the overlay goes; see the flags of the command line with these names.

    Attributes:
        publish: Address of an RTMP or RTSP server.
        virtual_camera: Device of v4l2loopback.
    """

    publish: str
    virtual_camera: str | PathLike[str]


class TrackChoices(VideoChoices, Part, Publishing, total=False):
    """What `track` takes: networks and device, the part of the source, and where the picture goes."""


def watch(source: PictureList | int, *, config: Config | None = None, **part: Unpack[Part]) -> Iterator[Scene]:
    """Scenes of a source with tracks: every frame of a file, the newest frame of a live source.

    The source is opened and the networks are loaded when the first scene is requested. Everything stops when the
    iteration ends or the loop is left. Recordings and files of poses are written during the iteration. All memory is
    released at its end, but the networks stay loaded until a call with other networks, or `unload`.

    Args:
        source: As on the command line: webcam number, video file, pictures, URL, or "demo". In single pictures nobody
            is tracked, and a list may name them; with ``as_video`` in the settings of the source they are a video.
        config: All other settings; the source in it is not used.
        part: A stretch of time and a part of the picture, see `Part`.

    Raises:
        ConfigError: The part has a wrong value.
        RealtimePoseError: The source does not open, weights are missing, or a stage failed.
    """
    check_names(part, get_type_hints(Part), what="choice ")
    config = _with_part(config or Config(), part)
    uri, *more = (_address(source),) if isinstance(source, int) else addresses(source)
    config = replace(config, source=replace(config.source, uri=uri, more=tuple(more)))
    pipeline = build(config, words=SOURCE_WORDS)
    _kept[:] = [pipeline.networks]
    yield from pipeline.scenes()  # starts the pipeline, and stops it when this generator is closed


def _address(source: str | PathLike[str] | int) -> str:
    """The address of a source, where a number is a webcam, and a text what the command line makes of it."""
    return webcam_address(source) if isinstance(source, int) else str(source)


def _with_part(config: Config, part: Part) -> Config:
    """The configuration with this part; what is left out stays."""
    names = {"start_s": "start_s", "end_s": "end_s", "rotate": "rotate_deg", "region": "region"}
    values = {names[key]: value for key, value in part.items() if key in names}  # `track` has other choices too
    return replace(config, part=make_part(**(config.part.describe() | values))) if values else config


def _with_publishing(config: Config, choices: Publishing) -> Config:
    """The configuration with these ways out; what is left out stays."""
    url, camera = choices.get("publish", config.publish.url), choices.get("virtual_camera")
    device = config.publish.virtual_camera if camera is None else Path(camera)
    # A program without a window does not need the camera that a window may switch on.
    return replace(config, headless=True, publish=PublishConfig(url=url, virtual_camera=device))


def unload() -> None:
    """Free the networks that `watch` and `track` keep; those in use at their end. The next call loads them again."""
    _kept.clear()
    LOADED.forget()


def track(
    source: str | PathLike[str] | int | Iterable[ImageLike], *, on_lost: str = "wait", **choices: Unpack[TrackChoices]
) -> "TrackedPeople":
    """The tracked people in each frame of a source: an iterator, and an asynchronous one.

    Every frame of a file, the newest frame of a live source. Everything stops when the iteration ends, or with
    ``close`` or a ``with`` block.

    Args:
        source: As on the command line: webcam number, video file, URL, or "demo"; a folder or a pattern of pictures,
            which are the frames of a video here (`Pose` is for single pictures); or an iterable of one's own images.
            Pictures and images have 30 frames per second.
        on_lost: What to do when a camera is lost: "wait" until it is back, "end" the iteration, or "raise" SourceError.
            One that is not there at the start is waited for with "wait", and else raised.
        choices: Preset, networks and device, see `Choices`; ``detect_every`` and ``reid``, see `VideoChoices`;
            ``start_s``, ``end_s``, ``rotate`` and ``region``, see `Part`; ``publish`` and ``virtual_camera``, see
            `Publishing`.

    Raises:
        ConfigError: A choice is unknown or has a wrong value.
        RealtimePoseError: The source does not open, or the networks cannot be loaded.
    """
    if on_lost not in ON_LOST:
        raise ConfigError(f"on_lost: expected {', '.join(ON_LOST)}, got {on_lost!r}")
    check_choices(choices, TrackChoices)
    config, own = _with_publishing(_with_part(make_config(choices), choices), choices), None
    if isinstance(source, str | PathLike | int):
        named = replace(
            config.source,
            uri=_address(source),
            more=(),
            as_video=True,
            as_pictures=False,
            keep_trying=on_lost == "wait",
        )
        config = replace(config, source=named)
    else:
        own = IterableSource(source)
    return TrackedPeople(config, source=own, on_lost=on_lost)


class TrackedPeople:
    """The tracked people in each frame of one source; see `track`."""

    def __init__(self, config: Config, *, source: Source | None, on_lost: str) -> None:
        self._pipeline = build(config, source=source, words=SOURCE_WORDS)
        _kept[:] = [self._pipeline.networks]
        self._on_lost = _LossSink(self._pipeline.source) if on_lost != "wait" else None
        self._raises = on_lost == "raise"
        if self._on_lost is not None:
            self._pipeline.recording.add(self._on_lost)
        self._scenes = self._pipeline.scenes()

    @property
    def status(self) -> SourceStatus:
        """State of the source, and why."""
        return self._pipeline.source.status

    def __iter__(self) -> Self:
        """The iterator itself."""
        return self

    def __next__(self) -> People:
        """The people in the next frame.

        Raises:
            StopIteration: The source has ended, or was lost and ``on_lost`` is "end".
            SourceError: It was lost, and ``on_lost`` is "raise".
        """
        try:
            scene = next(self._scenes)
        except StopIteration:
            if self._raises and self._on_lost is not None and self._on_lost.words:
                raise SourceError(f"{self._pipeline.source.info.name}: {self._on_lost.words}") from None
            raise
        return People(scene.frame, scene.tracks.seen, is_tracked=True)

    def __aiter__(self) -> AsyncIterator[People]:
        """The people in each frame; the event loop goes on while one is waited for."""
        return self._iterate()

    def close(self) -> None:
        """Stop everything, from any thread; may be called twice."""
        self._pipeline.stop()
        self._pipeline.recording.close()  # also if nobody has asked for a frame

    def __enter__(self) -> Self:
        """The iterator itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything."""
        self.close()

    async def _iterate(self) -> AsyncIterator[People]:
        try:
            while (people := await asyncio.to_thread(next, self, None)) is not None:
                yield people
        finally:
            await asyncio.to_thread(self.close)


class _LossSink:
    """Closes the source when it is lost, which ends the iteration.

    Attributes:
        words: Why it was lost; "" so far.
    """

    def __init__(self, source: Source) -> None:
        self.words = ""
        self._source = source

    def write(self, scene: Scene) -> None:
        """Nothing: a frame is no loss."""

    def write_status(self, state: str, reason: Reason, *, words: str, at_s: float) -> None:  # noqa: ARG002 - of StatusSink
        """Close the source if this is a loss."""
        if state in _AWAY and not self.words:
            self.words = f"{state}: {words}" if words else state
            self._source.close()

    def close(self) -> None:
        """Nothing is open."""
