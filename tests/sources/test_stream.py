"""A live source on fake connections: its states, waits and exact reasons, and calls that hang."""

import logging
import random
import threading
import time
from itertools import count

import pytest

from benchmarks.support.readers.watching import SourceWatcher
from realtime_pose.errors import SourceOpenError
from realtime_pose.reasons import Reason
from realtime_pose.sources import SourceReason, SourceState, SourceStatus, StreamSource
from realtime_pose.sources.backoff import Backoff, Timing
from realtime_pose.sources.decoded_frame import DecodedFrame
from realtime_pose.sources.status import StatusTracker
from tests.support.fakes.fake_connection import (
    HANG_S,
    REFUSED,
    UNREACHABLE,
    FakeConnection,
    ShortWaits,
    connect_in_turn,
    stream_config,
)

pytestmark = [pytest.mark.slow]  # waits of seconds


def test_backoff_grows_to_four_seconds_and_to_thirty_after_wrong_passwords() -> None:
    away, refused = Backoff(random.Random(1)), Backoff(random.Random(1))
    waits_s = [away.next_s(is_refused=False) for _ in range(9)]
    assert waits_s == pytest.approx([0.5, 0.97, 1.91, 3.4, 3.6, 3.56, 3.72, 3.83, 3.28], abs=0.01)
    assert max(refused.next_s(is_refused=True) for _ in range(12)) > 24
    assert all(0.5 <= refused.next_s(is_refused=True) <= 30 for _ in range(50))
    assert refused.next_s(is_refused=False) <= 4.0
    away.reset()
    assert away.next_s(is_refused=False) == pytest.approx(0.5, abs=0.01)


def test_a_source_retries_with_backoff_and_reports_it() -> None:
    waits = ShortWaits()
    timing = Timing(rng=random.Random(1), wait=waits)
    source = StreamSource("cam", connect_in_turn(UNREACHABLE), stream_config(), timing=timing)
    with SourceWatcher(source) as watcher:
        watcher.until(lambda: len(waits.waits_s) >= 4)
        assert waits.waits_s[:4] == pytest.approx([0.5, 0.97, 1.91, 3.4], abs=0.01)
        assert source.status.state is SourceState.CONNECTING
        assert source.status.reason == Reason(SourceReason.CONNECTION_REFUSED)


def test_the_next_attempt_is_announced_and_reported_while_it_runs() -> None:
    is_waiting, gate, hung = threading.Event(), threading.Event(), FakeConnection()
    hung.hang = threading.Event()

    def wait(_: threading.Event, __: float) -> bool:
        is_waiting.set()
        return gate.wait(HANG_S)

    timing, attempts = Timing(rng=random.Random(1), wait=wait), count()

    def connect(_: StatusTracker) -> FakeConnection:
        if not next(attempts):
            raise UNREACHABLE
        return hung

    source = StreamSource("cam", connect, stream_config(read_timeout_s=60), timing=timing)
    with SourceWatcher(source) as watcher:
        assert is_waiting.wait(5)
        assert (source.status.retry_in_s, source.status.is_retrying) == (0.5, False)
        gate.set()
        watcher.until(lambda: source.status.is_retrying)
        assert source.status.retry_in_s is None
        assert source.status.reason == Reason(SourceReason.CONNECTION_REFUSED)  # until the attempt has a result
        watcher.until_state(SourceState.STALLED)
        assert not source.status.is_retrying
        hung.hang.set()


def test_refused_passwords_are_a_state_and_retried_rarely() -> None:
    waits = ShortWaits()
    source = StreamSource("cam", connect_in_turn(REFUSED), stream_config(), timing=Timing(wait=waits))
    with SourceWatcher(source) as watcher:
        watcher.until(lambda: len(waits.waits_s) >= 8)
        assert source.status.state is SourceState.AUTH_FAILED
        assert max(waits.waits_s) > 20


def test_without_keep_trying_the_first_failure_is_raised_and_a_later_one_is_not() -> None:
    failing = StreamSource("cam", connect_in_turn(UNREACHABLE), stream_config(keep_trying=False))
    with pytest.raises(SourceOpenError, match=r"cam: expected a video stream, but Connection refused\. Check"):
        list(failing)
    assert failing.status.state is SourceState.LOST
    connect = connect_in_turn(FakeConnection(num_frames=3), UNREACHABLE, UNREACHABLE, FakeConnection())
    source = StreamSource("cam", connect, stream_config(keep_trying=False), timing=Timing(wait=ShortWaits()))
    with SourceWatcher(source) as watcher:
        watcher.until_frames(10)
        assert source.status.reconnects == 1


def test_a_read_that_hangs_is_left_behind_and_the_next_connection_goes_on() -> None:
    hung, released = FakeConnection(), threading.Event()
    hung.hang = released
    connect = connect_in_turn(hung, FakeConnection())
    source = StreamSource("cam", connect, stream_config(), timing=Timing(wait=ShortWaits()))
    with SourceWatcher(source) as watcher:
        watcher.until_state(SourceState.STALLED, 2)
        assert source.status.reason == Reason(SourceReason.NO_FRAMES, {"waited_s": 0.1})
        watcher.until_frames(3, 3)
        assert not hung.closed.is_set()  # another thread still reads it
        released.set()
        assert hung.closed.wait(2)


def test_an_opening_that_hangs_is_left_behind_and_closed_when_it_returns() -> None:
    released, late, calls = threading.Event(), FakeConnection(), count()

    def connect(_: StatusTracker) -> FakeConnection:
        if next(calls):
            return FakeConnection()
        released.wait(HANG_S)
        return late

    with SourceWatcher(StreamSource("cam", connect, stream_config(), timing=Timing(wait=ShortWaits()))) as watcher:
        watcher.until_frames(3, 3)
        released.set()
        assert late.closed.wait(2)


@pytest.mark.parametrize("activity", ["connecting", "reading", "waiting"])
def test_stopping_is_quick_in_every_state(activity: str) -> None:
    hung = FakeConnection()
    hung.hang = threading.Event()

    def connect(_: StatusTracker) -> FakeConnection:
        if activity == "connecting":
            threading.Event().wait(HANG_S)
        if activity == "waiting":
            raise UNREACHABLE
        return hung

    source = StreamSource("cam", connect, stream_config(open_timeout_s=60, read_timeout_s=60))
    watcher = SourceWatcher(source)
    if activity == "reading":
        watcher.until_state(SourceState.STALLED)
    assert watcher.stop_s() < 1.5
    assert source.status.state is SourceState.ENDED


def test_a_frozen_picture_is_stalled_with_a_reason_of_its_own() -> None:
    source = StreamSource("cam", connect_in_turn(FakeConnection(is_frozen=True)), stream_config(frozen_s=0.3))
    with SourceWatcher(source) as watcher:
        watcher.until_state(SourceState.LIVE)
        watcher.until_state(SourceState.STALLED, 2)
        assert source.status.reason.code == SourceReason.FROZEN
        watcher.until_frames(3)


def test_frames_with_growing_lag_are_stalled_and_lead_to_a_new_connection() -> None:
    late = FakeConnection(step_s=0.02)
    read = late.read

    def read_late() -> DecodedFrame | None:
        decoded = read()
        return None if decoded is None else decoded._replace(time_s=decoded.time_s / 4)

    late.read = read_late  # type: ignore[method-assign]
    connect = connect_in_turn(late, FakeConnection())
    source = StreamSource("cam", connect, stream_config(max_lag_s=0.2), timing=Timing(wait=ShortWaits()))
    with SourceWatcher(source) as watcher:
        watcher.until(lambda: source.status.reason.code in {SourceReason.LATE, SourceReason.TOO_LATE}, 3)
        watcher.until(lambda: watcher.ages_s[-1] > 0.1, 3)
        watcher.until(lambda: source.status.reconnects == 1, 3)
        watcher.until_state(SourceState.LIVE)
        assert source.status.lag_s < 0.1
        watcher.until(lambda: watcher.ages_s[-1] < 0.1, 3)


def test_each_change_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    results = (FakeConnection(num_frames=3), UNREACHABLE, UNREACHABLE, UNREACHABLE, REFUSED, FakeConnection())
    timing = Timing(wait=ShortWaits())
    with (
        caplog.at_level(logging.WARNING),
        SourceWatcher(StreamSource("cam", connect_in_turn(*results), stream_config(), timing=timing)) as watcher,
    ):
        watcher.until(lambda: watcher.source.status.reconnects == 1)
        watcher.until_frames(2)
    messages = [record.getMessage() for record in caplog.records]
    assert messages[:3] == [
        "cam: reconnecting: the stream broke off",
        "cam: reconnecting: Connection refused",
        "cam: auth_failed: the server does not accept user and password (401 or 403)",
    ]
    assert messages[3].startswith("cam: live after ")
    assert len(messages) == 4


def test_a_complete_playlist_is_shown_at_its_own_rate_and_ends() -> None:
    playlist = FakeConnection(num_frames=20, step_s=0.0)
    playlist.is_segmented, playlist.is_live = True, False
    read = playlist.read

    def read_all_at_once() -> DecodedFrame | None:
        decoded = read()
        return None if decoded is None else decoded._replace(time_s=int(decoded.image[0, 0, 0]) * 0.02)

    playlist.read = read_all_at_once  # type: ignore[method-assign]
    started_s = time.monotonic()
    frames = list(StreamSource("cam", connect_in_turn(playlist), stream_config()))
    assert 0.35 < time.monotonic() - started_s < 1.0
    assert len(frames) >= 18


def test_a_playlist_whose_clock_jumps_an_hour_goes_on() -> None:
    playlist = FakeConnection(num_frames=20, step_s=0.0)
    playlist.is_segmented, read = True, playlist.read

    def read_with_jump() -> DecodedFrame | None:
        decoded = read()
        number = 0 if decoded is None else int(decoded.image[0, 0, 0])
        return None if decoded is None else decoded._replace(time_s=number * 0.02 + (3600 if number >= 10 else 0))

    playlist.read = read_with_jump  # type: ignore[method-assign]
    started_s = time.monotonic()
    source = StreamSource("cam", connect_in_turn(playlist, UNREACHABLE), stream_config())
    indices = []
    for frame in source:
        indices.append(frame.index)
        if frame.index >= 18:
            break
    assert time.monotonic() - started_s < 1.5
    assert frame.time_s < 1.5


def test_a_source_that_nobody_iterates_can_be_closed() -> None:
    source = StreamSource("cam", connect_in_turn(FakeConnection()), stream_config())
    source.close()
    source.close()
    assert list(source) == []


def test_the_end_of_a_source_is_reported_once_and_at_once(caplog: pytest.LogCaptureFixture) -> None:
    source = StreamSource("cam", connect_in_turn(FakeConnection()), stream_config())
    with caplog.at_level(logging.INFO), SourceWatcher(source) as watcher:
        watcher.until_frames(1)
        source.close()
        assert source.status == SourceStatus(SourceState.ENDED, lag_s=source.status.lag_s)
    assert [record.getMessage() for record in caplog.records] == ["cam: ended"]


def test_the_same_picture_before_and_after_a_loss_is_not_frozen() -> None:
    connect = connect_in_turn(FakeConnection(num_frames=3, is_frozen=True), FakeConnection(is_frozen=True, step_s=0.05))
    timing = Timing(wait=lambda stop, _: stop.wait(0.5))
    source = StreamSource("cam", connect, stream_config(frozen_s=0.4), timing=timing)
    with SourceWatcher(source) as watcher:
        watcher.until(lambda: source.status.reconnects == 1)
        watcher.until_state(SourceState.LIVE, 0.4)
        watcher.until_state(SourceState.STALLED, 2)


def test_dropped_frames_are_counted() -> None:
    source = StreamSource("cam", connect_in_turn(FakeConnection()), stream_config())
    with SourceWatcher(source, work_s=0.2) as watcher:
        watcher.until_frames(5)
        indices = [frame[0] for frame in watcher.frames]
        assert source.status.dropped >= indices[-1] + 1 - len(indices) > 0


def test_a_connection_that_is_left_behind_is_stopped_and_no_longer_counts() -> None:
    hung, attempts = FakeConnection(), list[StatusTracker]()
    hung.hang = threading.Event()

    def connect(progress: StatusTracker) -> FakeConnection:
        attempts.append(progress)
        progress.count_undecodable(Reason(SourceReason.FRAME_DAMAGED, {"time_s": 0.0}))
        return hung

    source = StreamSource("cam", connect, stream_config(), timing=Timing(wait=ShortWaits()))
    with SourceWatcher(source) as watcher:
        watcher.until(lambda: len(attempts) == 2)
        late, new = attempts[:2]
        assert (late.is_stopped, new.is_stopped) == (True, False)
        late.count_undecodable(Reason(SourceReason.FRAME_DAMAGED, {"time_s": 1.0}))
        assert (late.skipped, source.status.skipped) == (1, 2)
        source.close()
        assert new.is_stopped
    hung.hang.set()
