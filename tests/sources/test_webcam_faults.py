"""A webcam that is unplugged, hangs, freezes or sends damaged images, with a fake device."""

import logging
import threading
import time
from dataclasses import replace
from itertools import islice, pairwise

import cv2
import numpy as np
import pytest

from benchmarks.support.readers.watching import SourceWatcher
from realtime_pose.config import SourceConfig
from realtime_pose.reasons import NO_REASON, Reason
from realtime_pose.scene import Frame
from realtime_pose.sources import (
    SourceReason,
    SourceState,
    SourceStatus,
    Webcam,
    WebcamSource,
)
from tests.support.fakes.fake_webcam import (
    DEADLINE_S,
    FOUND,
    QUICK,
    FakeCapture,
    FakeUsbPort,
    FrozenCapture,
    open_port,
    open_webcam,
    run_until_lost,
    wait_shortly,
)

pytestmark = [pytest.mark.slow]  # waits of seconds

SILENT = Reason(SourceReason.NO_FRAMES, {"waited_s": 0.2})


def test_an_unplugged_webcam_is_a_state_and_not_an_exception() -> None:
    capture = FakeCapture(count=4)
    frames, status = run_until_lost(capture)
    assert len(frames) == 3
    assert status.state is SourceState.RECONNECTING
    assert status.reason == Reason(SourceReason.UNPLUGGED)
    assert capture.released.is_set()


def test_a_loss_is_reported_before_the_device_is_released(caplog: pytest.LogCaptureFixture) -> None:
    states: list[SourceState] = []

    class SlowRelease(FakeCapture):
        def release(self) -> None:
            assert port.source is not None
            states.append(port.source.status.state)
            super().release()

    port = FakeUsbPort(SlowRelease(count=4))
    list(open_port(port))
    assert states == [SourceState.RECONNECTING]
    lines = [line for line in caplog.messages if "reconnecting" in line]
    assert lines[0].startswith("webcam 0 (Front): reconnecting: gives no more pictures")
    assert all(line.count("webcam 0") == 1 for line in lines)


def test_a_webcam_that_is_plugged_in_again_goes_on() -> None:
    port = FakeUsbPort(FakeCapture(count=4), FakeCapture(is_refused=True), FakeCapture(count=3, wh=(32, 24)))
    source = open_port(port)
    frames = list(source)
    assert [frame.wh for frame in frames] == [(64, 48)] * 3 + [(32, 24)] * 2
    assert [frame.index for frame in frames] == list(range(5))
    assert all(later.time_s > earlier.time_s for earlier, later in pairwise(frames))
    # It depends on whether this machine has a webcam.
    assert port.lost[1].reason.code in {SourceReason.BUSY, SourceReason.NOT_THERE}
    assert [bool(frame.outage) for frame in frames] == [False] * 3 + [True] * 2
    assert (source.status.reconnects, source.info.wh) == (1, (32, 24))


def test_a_webcam_that_comes_back_with_another_number_is_found_by_its_name() -> None:
    lists = iter([FOUND, (Webcam(2, "Desk", "/dev/video2"), Webcam(4, "Other", "/dev/video4"))])
    port = FakeUsbPort(FakeCapture(count=3), FakeCapture(count=3))
    list(open_port(port, wanted=4, found=lambda: next(lists, FOUND)))
    assert port.opened[:2] == [4, 2]


def test_a_read_that_hangs_is_left_behind_and_the_device_opened_after_it_returns() -> None:
    capture = FakeCapture(hangs_at=4)
    port = FakeUsbPort(capture, FakeCapture())
    source = open_port(port, wait=wait_shortly)
    with SourceWatcher(source) as watcher:
        assert watcher.until(lambda: source.status.state is SourceState.RECONNECTING) < 1.0
        watcher.until_reason(SourceReason.DRIVER_HANGS)
        assert len(watcher.frames) == 2
        assert not capture.released.is_set()  # releasing it while another thread reads crashes
        assert port.opened == [0]
        capture.go_on.set()
        watcher.until(lambda: source.status.state is SourceState.LIVE)
        assert capture.released.is_set()
        assert port.opened == [0, 0]
        assert source.status.reconnects == 1


@pytest.mark.parametrize("call", ["open", "read"])
def test_a_webcam_that_hangs_for_ever_takes_one_thread_and_is_reported(call: str) -> None:
    capture = FakeCapture(hangs_at=1 if call == "open" else 4)
    port, num_waits = FakeUsbPort(capture), 0

    def wait(stop: threading.Event, _: float) -> bool:
        nonlocal num_waits
        num_waits += 1
        return stop.wait(0.01)

    camera = Webcam(0, f"Hung at {call}", "/dev/null")  # a device file that can be opened, as if the webcam were in use
    source = open_port(port, replace(QUICK, keep_trying=True), found=lambda: (camera,), wait=wait)
    with SourceWatcher(source) as watcher:
        watcher.until(lambda: num_waits > 20)
        state = SourceState.CONNECTING if call == "open" else SourceState.RECONNECTING
        assert (source.status.state, source.status.reason) == (state, Reason(SourceReason.DRIVER_HANGS))
        assert len([thread for thread in threading.enumerate() if thread.name == source.info.name]) == 1
        assert port.opened == [0]
    capture.go_on.set()
    assert capture.released.wait(5)


def await_state(source: WebcamSource, state: SourceState) -> SourceStatus:
    """The status when it has this state; TimeoutError after DEADLINE_S."""
    ends_s, pause = time.monotonic() + DEADLINE_S, threading.Event()
    while (status := source.status).state is not state:
        if pause.wait(0.005) or time.monotonic() > ends_s:
            raise TimeoutError(f"expected {state}, it stays {status}")
    return status


def test_a_read_that_hangs_is_stalled_and_live_again_with_the_next_frame() -> None:
    capture = FakeCapture(hangs_at=4)
    source = open_webcam(capture, SourceConfig(read_timeout_s=60, stalled_s=0.2))
    frames: list[Frame] = []
    thread = threading.Thread(target=lambda: frames.extend(islice(source, 4)))
    thread.start()
    assert await_state(source, SourceState.STALLED).reason == SILENT
    capture.go_on.set()
    thread.join(5)
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [2, 3, 4, 5]
    assert [bool(frame.outage) for frame in frames] == [False, False, True, True]
    assert frames[2].outage.reason == SILENT
    assert source.status.reconnects == 0
    source.close()


def test_a_read_that_hangs_is_first_stalled_and_then_reconnecting(caplog: pytest.LogCaptureFixture) -> None:
    capture = FakeCapture(hangs_at=4)
    source = open_port(FakeUsbPort(capture), SourceConfig(read_timeout_s=0.5, stalled_s=0.2), wait=wait_shortly)
    with SourceWatcher(source) as watcher:
        assert 0.4 < watcher.until(lambda: source.status.state is SourceState.RECONNECTING) < 1.0
    assert [line.split(": ", 1)[1] for line in caplog.messages[1:3]] == [
        "stalled: no picture came for 0.2 s",
        "reconnecting: gave no picture for 0.5 s",
    ]
    capture.go_on.set()
    assert capture.released.wait(5)


def test_only_undecodable_frames_are_stalled_with_a_reason_of_its_own() -> None:
    source = open_webcam(FakeCapture(undecodable=range(2, 10**9)), SourceConfig(read_timeout_s=60, stalled_s=0.2))
    thread = threading.Thread(target=lambda: list(source))
    thread.start()
    reason = Reason(SourceReason.UNDECODABLE, {"waited_s": 0.2})
    assert await_state(source, SourceState.STALLED).reason == reason
    source.close()
    thread.join(1.0)
    assert not thread.is_alive()


def test_a_frozen_picture_is_stalled_and_live_again_when_it_changes() -> None:
    capture = FrozenCapture()
    source = open_webcam(capture, SourceConfig(frozen_s=0.2))
    frames = iter(source)
    first_s = next(frames).captured_s
    for frame in frames:
        if source.status.state is not SourceState.LIVE or frame.captured_s > first_s + 2:
            break
    assert 0.2 <= frame.captured_s - first_s < 2
    status = source.status.state, source.status.reason.code
    assert status == (SourceState.STALLED, SourceReason.FROZEN)
    assert float(source.status.reason.values["unchanged_s"]) == pytest.approx(0.2, abs=0.2)
    assert (next(frames).image == 7).all()  # frozen frames are handed on, too
    capture.is_frozen = False
    frame = next(frame for frame in frames if (frame.image != 7).all())
    assert (source.status.state, source.status.reason) == (SourceState.LIVE, NO_REASON)
    assert frame.outage.reason.code == SourceReason.FROZEN
    source.close()


def test_the_same_picture_before_and_after_a_loss_is_not_frozen() -> None:
    port = FakeUsbPort(FrozenCapture(count=3), FrozenCapture(count=3))
    source = open_port(port, SourceConfig(frozen_s=0.2))
    frames = iter(source)
    first_s = next(frames).captured_s
    next(frames)
    assert not threading.Event().wait(0.25)  # longer than the limit of a frozen picture
    assert next(frames).captured_s - first_s > 0.2
    assert source.status.state is SourceState.LIVE
    source.close()


def test_the_negotiated_format_is_reported_again_after_a_reconnect(caplog: pytest.LogCaptureFixture) -> None:
    port = FakeUsbPort(FakeCapture(count=3), FakeCapture(count=3, wh=(32, 24)))
    with caplog.at_level(logging.INFO):
        source = open_port(port, SourceConfig(camera_width_px=32, camera_height_px=24))
        list(source)
    messages = [(record.levelname, record.message) for record in caplog.records if " gives " in record.message]
    assert [line for line in messages if "asked for" in line[1]] == [
        ("WARNING", "webcam 0 (Front): gives 64x48 at 30 fps MJPG; 32x24 at 30 fps was asked for"),
        ("INFO", "webcam 0 (Front): gives 32x24 at 30 fps MJPG; 32x24 at 30 fps was asked for"),
    ]


def test_close_ends_a_read_that_hangs_at_once() -> None:
    capture = FakeCapture(hangs_at=4)
    source = open_webcam(capture, SourceConfig(read_timeout_s=60))
    thread = threading.Thread(target=lambda: list(source))
    thread.start()
    assert capture.hanging.wait(5)
    source.close()
    thread.join(1.0)
    assert not thread.is_alive()
    assert source.status.state is SourceState.ENDED
    capture.go_on.set()
    assert capture.released.wait(5)


def test_undecodable_frames_are_skipped_and_counted() -> None:
    source = open_webcam(FakeCapture(count=6, undecodable={3, 4}))
    frames = list(source)
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [2, 5, 6]
    assert [frame.index for frame in frames] == [0, 1, 2]
    assert source.status.skipped == 2


def test_an_undecodable_frame_does_not_stay_in_the_reason() -> None:
    source = open_webcam(FakeCapture(undecodable={3}))
    frames = list(islice(source, 3))
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [2, 4, 5]
    assert (source.status.skipped, source.status.skipped_reasons, source.status.reason) == (1, (), NO_REASON)
    source.close()
    assert (source.status.state, source.status.reason) == (SourceState.ENDED, NO_REASON)
    assert source.status.is_complete


def test_a_webcam_with_only_undecodable_frames_is_lost_in_time() -> None:
    frames, status = run_until_lost(FakeCapture(undecodable=range(2, 10**9)))
    assert frames == []
    assert status.state is SourceState.RECONNECTING


def test_an_opencv_error_is_a_loss() -> None:
    class Failing(FakeCapture):
        def retrieve(self) -> tuple[bool, np.ndarray | None]:
            if self._number == 3:
                cv2.cvtColor(np.zeros((0, 0, 3), np.uint8), cv2.COLOR_BGR2GRAY)  # raises cv2.error
            return super().retrieve()

    frames, status = run_until_lost(Failing())
    assert len(frames) == 1
    assert status.state is SourceState.RECONNECTING
    assert status.reason.code == SourceReason.DRIVER_FAILED
    assert status.reason.values["error"]
