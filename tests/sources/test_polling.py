"""Web addresses that give one picture: asked for again and again, and an unchanged picture is no new frame."""

import itertools
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.support import clips
from benchmarks.support.readers.watching import SourceWatcher
from realtime_pose.config import SourceConfig
from realtime_pose.errors import ConfigError
from realtime_pose.sources import SourceReason, SourceState, StreamSource, open_source
from tests.support.servers import web

pytestmark = [pytest.mark.server]

POLL_S = 0.1


def camera(address: str, **settings: object) -> StreamSource:
    config = {"uri": f"{address}/snapshot.cgi", "poll_s": POLL_S, "keep_trying": True} | settings
    source = open_source(SourceConfig(**config))  # type: ignore[arg-type]
    assert isinstance(source, StreamSource)
    return source


def changing(number: int) -> bytes:
    return clips.jpeg(clips.pattern_image(number))


@pytest.mark.parametrize("has_length", [True, False])
@pytest.mark.parametrize("encode", [clips.jpeg, clips.jpeg_with_exif, clips.png], ids=["jpeg", "exif", "png"])
def test_every_changed_picture_is_a_frame(*, has_length: bool, encode: Callable[[clips.Image], bytes]) -> None:
    with web.serving_answers(lambda number: encode(clips.pattern_image(number)), has_length=has_length) as address:
        source = camera(address)
        frames = list(itertools.islice(source, 4))
    levels = [round((float(frame.image[-8:, -8:].mean()) - 16) / 12) for frame in frames]
    assert levels == [0, 1, 2, 3]
    assert [frame.index for frame in frames] == [0, 1, 2, 3]
    assert source.status.reconnects == 0
    assert (source.info.is_live, source.info.rate_hz, source.info.poll_s) == (True, 1 / POLL_S, POLL_S)


def test_requests_are_as_far_apart_as_asked_for() -> None:
    times_s: list[float] = []

    def answer(number: int) -> bytes:
        times_s.append(time.monotonic())
        return changing(number)

    with web.serving_answers(answer) as address, SourceWatcher(camera(address, poll_s=0.3)) as watcher:
        watcher.until(lambda: len(watcher.frames) >= 4)
    steps_s = [later - earlier for earlier, later in itertools.pairwise(times_s)]
    assert min(steps_s[1:]) > 0.25  # FFmpeg may ask twice for the first picture
    media_s = [time_s for _, time_s, *_ in watcher.frames]
    assert all(later > earlier for earlier, later in itertools.pairwise(media_s))


def test_an_unchanged_picture_is_no_new_frame() -> None:
    requests = itertools.count()
    with (
        web.serving_answers(lambda number: changing((next(requests), number // 4)[1])) as address,
        SourceWatcher(camera(address)) as watcher,
    ):
        watcher.until(lambda: len(watcher.frames) >= 3)
        assert next(requests) >= 8
        assert [index for index, *_ in watcher.frames[:3]] == [0, 1, 2]
        assert watcher.source.status.state is SourceState.LIVE
        assert watcher.source.status.dropped == 0


def test_a_picture_that_stays_the_same_is_called_frozen_and_not_lost() -> None:
    with (
        web.serving_answers(lambda _: changing(0)) as address,
        SourceWatcher(camera(address, frozen_s=0.5, read_timeout_s=0.3, stalled_s=0.2)) as watcher,
    ):
        watcher.until(lambda: watcher.source.status.reason.code == SourceReason.FROZEN)
        assert watcher.source.status.state is SourceState.STALLED
        assert len(watcher.frames) == 1
        assert watcher.source.status.reconnects == 0


def test_a_picture_that_nobody_took_yet_stays_new() -> None:
    polled = threading.Event()

    def answer(number: int) -> bytes:
        if number >= 8:
            polled.set()
        return changing(0)

    with web.serving_answers(answer) as address:
        source = camera(address)
        assert polled.wait(10.0)  # as while the networks are loading
        frame = next(iter(source))
        age_s = time.monotonic() - frame.captured_s
        source.close()
    assert age_s < 3 * POLL_S
    assert source.status.dropped == 0


def test_a_camera_that_fails_is_asked_again() -> None:
    with (
        web.serving_answers(lambda number: b"" if 4 <= number < 7 else changing(number)) as address,
        SourceWatcher(camera(address)) as watcher,
    ):
        watcher.until(lambda: watcher.source.status.state is SourceState.NOT_FOUND)
        watcher.until(lambda: watcher.source.status.state is SourceState.LIVE)
        assert watcher.source.status.reconnects == 1
    indices = [index for index, *_ in watcher.frames]
    assert indices == sorted(set(indices))


def test_a_long_wait_ends_with_the_source() -> None:
    with web.serving_answers(changing) as address, SourceWatcher(camera(address, poll_s=3600.0)) as watcher:
        watcher.until(lambda: len(watcher.frames) == 1)
        assert watcher.stop_s() < 1.0


@pytest.mark.parametrize("poll_s", [0.0, -1.0, 1e6])
def test_the_wait_has_a_range(poll_s: float) -> None:
    with pytest.raises(ConfigError, match="poll_s"):
        SourceConfig(poll_s=poll_s)


def test_pictures_one_after_another_in_one_answer_are_a_stream() -> None:
    body = b"".join(changing(number) for number in range(6))
    with (
        web.serving_answers(lambda _: body) as address,
        SourceWatcher(camera(address, poll_s=3600.0)) as watcher,
    ):
        watcher.until(lambda: len(watcher.frames) >= 1 and watcher.frames[-1][0] >= 5)


SERVED = {
    "a.mp4": {"container_options": {"movflags": "+faststart"}},
    "b.mp4": {"container_options": {"movflags": "frag_keyframe+empty_moov+delay_moov"}},
    "a.mkv": {},
    "a.webm": {"codec": "libvpx-vp9"},
    "a.avi": {},
    "a.mpg": {},
}


@pytest.fixture(params=SERVED)
def video(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return clips.video(tmp_path / request.param, count=20, **SERVED[request.param])  # type: ignore[arg-type]


@pytest.mark.parametrize("has_length", [True, False])
def test_a_video_without_a_stated_length_is_complete(video: Path, *, has_length: bool) -> None:
    with web.serving_answers(lambda _: video.read_bytes(), has_length=has_length) as address:
        source = open_source(SourceConfig(uri=f"{address}/{video.name}"))
        assert len(list(source)) == 20
    assert (source.status.state, source.status.is_complete) == (SourceState.ENDED, True)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_a_video_without_a_stated_length_that_is_cut_off_is_lost(tmp_path: Path, name: str) -> None:
    path = clips.video(tmp_path / name, count=60, wh=(320, 240), **SERVED[name])  # type: ignore[arg-type]
    content = path.read_bytes()
    with web.serving_answers(lambda _: content[: len(content) * 7 // 10], has_length=False) as address:
        source = open_source(SourceConfig(uri=f"{address}/{name}"))
        assert 1 <= len(list(source)) < 60
    assert source.status.state is SourceState.LOST
    assert source.status.reason.code == SourceReason.INCOMPLETE
