"""A live source on connections that are played: states, waits and reasons to the letter; calls that hang."""

import logging
import random
import threading
import time
from collections.abc import Callable
from itertools import count

import numpy as np
import pytest

from realtime_pose.audio.packets import AudioFormat
from realtime_pose.config import SourceConfig
from realtime_pose.errors import SourceOpenError
from realtime_pose.sources import SourceState, SourceStatus, StreamSource
from realtime_pose.sources.backoff import Backoff, Timing
from realtime_pose.sources.decoding import DecodedFrame
from realtime_pose.sources.source import StreamError
from realtime_pose.sources.status import StatusTracker
from tests.support.watching import Watching

LONG_S = 10.0
REFUSED = StreamError("cam", "the server does not accept user and password", state=SourceState.AUTH_FAILED)
AWAY = StreamError("cam", "Connection refused")


class Played:
    """A connection whose pictures a function makes; each differs from the one before."""

    def __init__(self, *, pictures: int = 10**9, step_s: float = 0.01, is_still: bool = False) -> None:
        self.wh = (8, 8)
        self.rate_hz: float | None = 30.0
        self.is_live, self.is_list, self.has_clock, self.problem = True, False, True, ""
        self.sound: AudioFormat | None = None
        self.closed = threading.Event()
        self.hang: threading.Event | None = None
        self._pictures, self._step_s, self._is_still = pictures, step_s, is_still
        self._numbers = count()
        self._pause = threading.Event()

    def next(self) -> DecodedFrame | None:
        if self.hang is not None:
            self.hang.wait(LONG_S)
        number = next(self._numbers)
        if number >= self._pictures:
            return None
        self._pause.wait(self._step_s)
        value = 0 if self._is_still else number % 250
        return DecodedFrame(np.full((8, 8, 3), value, np.uint8), number * self._step_s, time.monotonic())

    def close(self) -> None:
        self.closed.set()


def connecting(*answers: Played | Exception) -> Callable[[StatusTracker], Played]:
    """Gives or raises one answer after another, the last for ever."""
    left = list(answers)

    def connect(_: StatusTracker) -> Played:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return connect


class Waits:
    """Waits that do not wait, and are kept."""

    def __init__(self) -> None:
        self.waits_s: list[float] = []

    def __call__(self, stop: threading.Event, wait_s: float) -> bool:
        self.waits_s.append(wait_s)
        return stop.wait(0.001)


def config(**changes: object) -> SourceConfig:
    settings: dict[str, object] = {
        "uri": "rtsp://cam/x", "open_timeout_s": 0.3, "read_timeout_s": 0.3, "stalled_s": 0.1, "keep_trying": True,
    }  # fmt: skip
    return SourceConfig(**(settings | changes))  # type: ignore[arg-type]


def test_the_waits_grow_to_four_seconds_and_for_refused_passwords_to_thirty() -> None:
    away, refused = Backoff(random.Random(1)), Backoff(random.Random(1))
    waits_s = [away.next_s(is_refused=False) for _ in range(9)]
    assert waits_s == pytest.approx([0.5, 0.97, 1.91, 3.4, 3.6, 3.56, 3.72, 3.83, 3.28], abs=0.01)
    assert max(refused.next_s(is_refused=True) for _ in range(12)) > 24
    assert all(0.5 <= refused.next_s(is_refused=True) <= 30 for _ in range(50))
    assert refused.next_s(is_refused=False) <= 4.0
    away.reset()
    assert away.next_s(is_refused=False) == pytest.approx(0.5, abs=0.01)


def test_a_source_asks_with_these_waits_and_says_so() -> None:
    waits = Waits()
    source = StreamSource("cam", connecting(AWAY), config(), timing=Timing(rng=random.Random(1), wait=waits))
    with Watching(source) as one:
        one.until(lambda: len(waits.waits_s) >= 4)
        assert waits.waits_s[:4] == pytest.approx([0.5, 0.97, 1.91, 3.4], abs=0.01)
        assert source.status.state is SourceState.CONNECTING
        assert source.status.reason.startswith("Connection refused; asked again in ")


def test_refused_passwords_are_a_state_and_asked_rarely() -> None:
    waits = Waits()
    source = StreamSource("cam", connecting(REFUSED), config(), timing=Timing(wait=waits))
    with Watching(source) as one:
        one.until(lambda: len(waits.waits_s) >= 8)
        assert source.status.state is SourceState.AUTH_FAILED
        assert max(waits.waits_s) > 20


def test_without_keep_trying_the_first_failure_is_raised_and_a_later_one_is_not() -> None:
    failing = StreamSource("cam", connecting(AWAY), config(keep_trying=False))
    with pytest.raises(SourceOpenError, match=r"cam: expected a video stream, but Connection refused\. Check"):
        list(failing)
    assert failing.status.state is SourceState.LOST
    once_there = connecting(Played(pictures=3), AWAY, AWAY, Played())
    source = StreamSource("cam", once_there, config(keep_trying=False), timing=Timing(wait=Waits()))
    with Watching(source) as one:
        one.until_frames(10)
        assert source.status.reconnects == 1


def test_a_call_that_hangs_is_left_behind_and_the_next_connection_goes_on() -> None:
    hung, released = Played(), threading.Event()
    hung.hang = released
    source = StreamSource("cam", connecting(hung, Played()), config(), timing=Timing(wait=Waits()))
    with Watching(source) as one:
        one.until_state(SourceState.STALLED, 2)
        assert source.status.reason == "no picture came for 0.1 s"
        one.until_frames(3, 3)
        assert not hung.closed.is_set()  # what another thread reads must not be closed
        released.set()
        assert hung.closed.wait(2)


def test_an_opening_that_hangs_is_left_behind_and_closed_when_it_comes_late() -> None:
    released, late, calls = threading.Event(), Played(), count()

    def connect(_: StatusTracker) -> Played:
        if next(calls):
            return Played()
        released.wait(LONG_S)
        return late

    with Watching(StreamSource("cam", connect, config(), timing=Timing(wait=Waits()))) as one:
        one.until_frames(3, 3)
        released.set()
        assert late.closed.wait(2)


@pytest.mark.parametrize("where", ["connecting", "reading", "waiting"])
def test_stopping_takes_no_time_in_any_state(where: str) -> None:
    hung = Played()
    hung.hang = threading.Event()

    def connect(_: StatusTracker) -> Played:
        if where == "connecting":
            threading.Event().wait(LONG_S)
        if where == "waiting":
            raise AWAY
        return hung

    source = StreamSource("cam", connect, config(open_timeout_s=60, read_timeout_s=60))
    one = Watching(source)
    if where == "reading":
        one.until_state(SourceState.STALLED)
    assert one.stop_s() < 1.5
    assert source.status.state is SourceState.ENDED


def test_a_picture_that_stands_still_is_told_from_none() -> None:
    source = StreamSource("cam", connecting(Played(is_still=True)), config(frozen_s=0.3))
    with Watching(source) as one:
        one.until_state(SourceState.LIVE)
        one.until_state(SourceState.STALLED, 2)
        assert "the picture stands still" in source.status.reason
        one.until_frames(3)


def test_pictures_that_come_ever_later_are_stalled_and_connected_anew() -> None:
    late = Played(step_s=0.02)
    play = late.next

    def next_late() -> DecodedFrame | None:
        picture = play()
        return None if picture is None else picture._replace(time_s=picture.time_s / 4)

    late.next = next_late  # type: ignore[method-assign]
    source = StreamSource("cam", connecting(late, Played()), config(max_lag_s=0.2), timing=Timing(wait=Waits()))
    with Watching(source) as one:
        one.until(lambda: "late" in source.status.reason, 3)
        one.until(lambda: one.ages_s[-1] > 0.1, 3)
        one.until(lambda: source.status.reconnects == 1, 3)
        one.until_state(SourceState.LIVE)
        assert source.status.lag_s < 0.1
        one.until(lambda: one.ages_s[-1] < 0.1, 3)


def test_each_change_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    answers = (Played(pictures=3), AWAY, AWAY, AWAY, REFUSED, Played())
    with (
        caplog.at_level(logging.WARNING),
        Watching(StreamSource("cam", connecting(*answers), config(), timing=Timing(wait=Waits()))) as one,
    ):
        one.until(lambda: one.source.status.reconnects == 1)
        one.until_frames(2)
    said = [record.getMessage() for record in caplog.records]
    assert said[:3] == [
        "cam: reconnecting: the stream broke off",
        "cam: reconnecting: Connection refused",
        "cam: auth_failed: the server does not accept user and password",
    ]
    assert said[3].startswith("cam: live after ")
    assert len(said) == 4


def test_a_list_of_files_is_shown_at_its_own_pace_and_ends() -> None:
    listed = Played(pictures=20, step_s=0.0)
    listed.is_list, listed.is_live = True, False
    play = listed.next

    def in_one_go() -> DecodedFrame | None:
        picture = play()
        return None if picture is None else picture._replace(time_s=int(picture.image[0, 0, 0]) * 0.02)

    listed.next = in_one_go  # type: ignore[method-assign]
    started_s = time.monotonic()
    frames = list(StreamSource("cam", connecting(listed), config()))
    assert 0.35 < time.monotonic() - started_s < 1.0
    assert len(frames) >= 18


def test_a_source_that_nobody_iterates_can_be_closed() -> None:
    played = Played()
    source = StreamSource("cam", connecting(played), config())
    source.close()
    source.close()
    assert list(source) == []


def test_the_end_of_a_source_is_said_once_and_at_once(caplog: pytest.LogCaptureFixture) -> None:
    source = StreamSource("cam", connecting(Played()), config())
    with caplog.at_level(logging.INFO), Watching(source) as one:
        one.until_frames(1)
        source.close()
        assert source.status == SourceStatus(SourceState.ENDED, lag_s=source.status.lag_s)
    assert [record.getMessage() for record in caplog.records] == ["cam: ended"]


def test_a_picture_that_is_the_same_after_a_loss_has_not_stood_still() -> None:
    played = connecting(Played(pictures=3, is_still=True), Played(is_still=True, step_s=0.05))
    source = StreamSource("cam", played, config(frozen_s=0.4), timing=Timing(wait=lambda stop, _: stop.wait(0.5)))
    with Watching(source) as one:
        one.until(lambda: source.status.reconnects == 1)
        one.until_state(SourceState.LIVE, 0.4)
        one.until_state(SourceState.STALLED, 2)


def test_pictures_that_are_not_handed_on_are_counted() -> None:
    source = StreamSource("cam", connecting(Played()), config())
    with Watching(source, work_s=0.2) as one:
        one.until_frames(5)
        indices = [frame[0] for frame in one.frames]
        assert source.status.dropped >= indices[-1] + 1 - len(indices) > 0


def test_a_connection_that_is_left_behind_is_stopped_and_counts_no_more() -> None:
    hung, attempts = Played(), list[StatusTracker]()
    hung.hang = threading.Event()

    def connect(progress: StatusTracker) -> Played:
        attempts.append(progress)
        progress.count_undecodable("a picture is spoilt")
        return hung

    source = StreamSource("cam", connect, config(), timing=Timing(wait=Waits()))
    with Watching(source) as one:
        one.until(lambda: len(attempts) == 2)
        late, new = attempts[:2]
        assert (late.is_stopped, new.is_stopped) == (True, False)
        late.count_undecodable("another")
        assert (late.skipped, source.status.skipped) == (1, 2)
        source.close()
        assert new.is_stopped
    hung.hang.set()
