"""A webcam that is slow, refused, unplugged or hung, played by a fake device."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from realtime_pose.config import SourceConfig
from realtime_pose.errors import SourceOpenError
from realtime_pose.scene import Frame
from realtime_pose.sources import (
    NegotiatedFormat,
    SourceState,
    SourceStatus,
    Webcam,
    WebcamSource,
    list_webcams,
    open_source,
)
from realtime_pose.sources.backoff import Timing
from realtime_pose.sources.webcam import Capture
from tests.support.fake_webcam import DEADLINE_S, FakeCapture, Usb
from tests.support.watching import Watching

FOUND = (Webcam(0, "Front", "/dev/video0"), Webcam(4, "Desk", "/dev/video4"))
QUICK = SourceConfig(open_timeout_s=0.2, read_timeout_s=0.2)


def _open(capture: FakeCapture, config: SourceConfig = QUICK, index: int = 0) -> WebcamSource:
    """The webcam; once it is lost it does not come back, and the source is closed."""
    return _plugged(Usb(capture), config, index)


def _at_once(stop: threading.Event, _: float) -> bool:
    """No wait before a device is opened again."""
    return stop.is_set()


def _soon(stop: threading.Event, _: float) -> bool:
    """A short wait before a device is opened again."""
    return stop.wait(0.01)


def _plugged(
    usb: Usb,
    config: SourceConfig = QUICK,
    wanted: int | str = 0,
    found: Callable[[], tuple[Webcam, ...]] = lambda: FOUND,
    wait: Callable[[threading.Event, float], bool] = _at_once,
) -> WebcamSource:
    usb.source = WebcamSource(wanted, config, opener=usb, cameras=found, timing=Timing(wait=wait))
    return usb.source


def _lost(capture: FakeCapture) -> tuple[list[Frame], SourceStatus]:
    """All frames until the webcam is lost, and the status then."""
    usb = Usb(capture)
    frames = list(_plugged(usb))
    assert usb.source is not None
    assert usb.source.status.state is SourceState.ENDED
    return frames, usb.lost[0]


def test_the_format_is_asked_before_the_size_and_the_size_before_the_rate() -> None:
    capture = FakeCapture(count=1)
    config = SourceConfig(camera_width_px=800, camera_height_px=600, camera_rate_hz=25)
    source = _open(capture, config)
    assert capture.settings == [
        (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")),
        (cv2.CAP_PROP_FRAME_WIDTH, 800),
        (cv2.CAP_PROP_FRAME_HEIGHT, 600),
        (cv2.CAP_PROP_FPS, 25),
        (cv2.CAP_PROP_BUFFERSIZE, 1),
    ]
    source.close()


def test_what_was_granted_is_told_whatever_was_asked(caplog: pytest.LogCaptureFixture) -> None:
    source = _open(FakeCapture(wh=(64, 48)))
    words = "gives 64x48 at 30 fps MJPG; 1280x720 at 30 fps was asked for"
    assert caplog.messages == [f"webcam 0 (Front): {words}"]
    assert source.status.negotiated == words
    assert source.negotiated == NegotiatedFormat((64, 48), 30.0, "MJPG")
    assert (source.info.wh, source.info.rate_hz, source.info.name) == ((64, 48), 30.0, "webcam 0 (Front)")
    source.close()


def test_a_frame_keeps_its_picture_when_the_camera_uses_its_buffer_again() -> None:
    frames = list(_open(FakeCapture(count=6)))
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [2, 3, 4, 5, 6]  # the first was the proof


def test_times_are_those_of_the_capture() -> None:
    before_s = time.monotonic()
    frames = list(_open(FakeCapture(count=20)))
    assert before_s < frames[0].captured_s <= frames[-1].captured_s < time.monotonic()
    assert frames[0].time_s == 0
    assert all(later.time_s > earlier.time_s for earlier, later in pairwise(frames))
    assert frames[-1].time_s == pytest.approx(frames[-1].captured_s - frames[0].captured_s, abs=1e-4)


@pytest.mark.parametrize("shape", [(48, 64), (48, 64, 1), (48, 64, 4), (1, 1, 3)])
def test_grey_and_four_channels_become_bgr(shape: tuple[int, ...]) -> None:
    frames = list(_open(FakeCapture(count=3, shape=shape)))
    assert [frame.image.shape for frame in frames] == [(*shape[:2], 3)] * 2
    assert (frames[0].image == 2).all()


def test_a_refused_camera_lists_what_there_is_and_names_demo() -> None:
    capture = FakeCapture(is_refused=True)
    with pytest.raises(SourceOpenError) as raised:
        _open(capture, index=3)
    message = str(raised.value)
    assert all(words in message for words in ("webcam 3", "cannot be opened", "0 (Front), 4 (Desk)", "demo")), message
    assert capture.released.is_set()


def test_without_any_camera_the_message_says_so() -> None:
    assert list_webcams() == ()  # no machine that runs the tests has one
    with pytest.raises(SourceOpenError, match=r"Webcams found: none\. .* demo"):
        open_source(SourceConfig(uri="0"))


def test_a_camera_that_opens_but_gives_nothing_is_refused() -> None:
    capture = FakeCapture(count=0)
    with pytest.raises(SourceOpenError, match="gives no more pictures"):
        _open(capture)
    assert capture.released.is_set()


def test_a_slow_camera_is_given_up_in_time_and_released_when_it_opens_after_all() -> None:
    go_on, capture = threading.Event(), FakeCapture()
    opening_thread: list[int] = []

    def opener(_: int) -> Capture:
        opening_thread.append(threading.get_ident())
        go_on.wait(5)
        return capture

    started_s = time.monotonic()
    with pytest.raises(SourceOpenError, match=r"did not open within 0\.2 s"):
        WebcamSource(0, QUICK, opener=opener, cameras=lambda: FOUND)
    assert time.monotonic() - started_s < 0.5
    go_on.set()
    assert capture.released.wait(5)
    assert capture.releasing_threads == opening_thread


def test_an_unplugged_camera_is_a_state_and_no_exception() -> None:
    capture = FakeCapture(count=4)
    frames, status = _lost(capture)
    assert len(frames) == 3
    assert status.state is SourceState.RECONNECTING
    assert status.reason.startswith("gives no more pictures")
    assert capture.released.is_set()


def test_a_loss_is_told_before_the_device_is_given_back(caplog: pytest.LogCaptureFixture) -> None:
    told: list[SourceState] = []

    class Slow(FakeCapture):
        def release(self) -> None:
            assert usb.source is not None
            told.append(usb.source.status.state)
            super().release()

    usb = Usb(Slow(count=4))
    list(_plugged(usb))
    assert told == [SourceState.RECONNECTING]
    lines = [line for line in caplog.messages if "reconnecting" in line]
    assert lines[0].startswith("webcam 0 (Front): reconnecting: gives no more pictures")
    assert all(line.count("webcam 0") == 1 for line in lines)


def test_a_camera_that_is_plugged_in_again_goes_on() -> None:
    usb = Usb(FakeCapture(count=4), FakeCapture(is_refused=True), FakeCapture(count=3, wh=(32, 24)))
    source = _plugged(usb)
    frames = list(source)
    assert [frame.wh for frame in frames] == [(64, 48)] * 3 + [(32, 24)] * 2
    assert [frame.index for frame in frames] == list(range(5))
    assert all(later.time_s > earlier.time_s for earlier, later in pairwise(frames))
    assert "in use by another program" in usb.lost[1].reason or "it is not there" in usb.lost[1].reason
    assert [bool(frame.outage) for frame in frames] == [False] * 3 + [True] * 2
    assert (source.status.reconnects, source.info.wh) == (1, (32, 24))


def test_a_camera_that_comes_back_with_another_number_is_known_by_its_name() -> None:
    lists = iter([FOUND, (Webcam(2, "Desk", "/dev/video2"), Webcam(4, "Other", "/dev/video4"))])
    usb = Usb(FakeCapture(count=3), FakeCapture(count=3))
    list(_plugged(usb, wanted=4, found=lambda: next(lists, FOUND)))
    assert usb.opened[:2] == [4, 2]


@pytest.mark.parametrize(("wanted", "index"), [("Desk", 4), ("/dev/video4", 4), ("/dev/video7", 7), (0, 0)])
def test_a_camera_by_number_name_or_path(wanted: int | str, index: int) -> None:
    usb = Usb(FakeCapture())
    _plugged(usb, wanted=wanted).close()
    assert usb.opened == [index]


def test_a_camera_by_a_stable_link(tmp_path: Path) -> None:
    (tmp_path / "usb-Maker-index0").symlink_to("/dev/video4")
    usb = Usb(FakeCapture())
    _plugged(usb, wanted=str(tmp_path / "usb-Maker-index0")).close()
    assert usb.opened == [4]


def test_a_name_that_no_camera_has_lists_what_there_is() -> None:
    with pytest.raises(SourceOpenError, match=r"webcam Dusk is not there: .*0 \(Front\), 4 \(Desk\)"):
        _plugged(Usb(), wanted="Dusk")


def test_a_camera_that_another_program_uses_is_said_to_be(tmp_path: Path) -> None:
    # Any device file that may be opened: then permission and absence are ruled out.
    with pytest.raises(SourceOpenError, match="another program uses it"):
        _plugged(Usb(), found=lambda: (Webcam(0, "Front", "/dev/null"),))


def test_a_camera_that_is_not_there_is_said_to_be() -> None:
    with pytest.raises(SourceOpenError, match="it is not there"):
        _plugged(Usb(), found=lambda: (Webcam(0, "Front", "/dev/no-such-camera"),))


def test_a_camera_that_is_not_there_is_waited_for_where_that_is_wanted() -> None:
    plugged = threading.Event()
    config = replace(QUICK, keep_trying=True)

    def found() -> tuple[Webcam, ...]:
        return FOUND if plugged.is_set() else ()

    usb = Usb(FakeCapture(count=4))
    source = _plugged(usb, config, "Desk", found, _soon)
    assert (source.info.name, source.info.wh, source.info.rate_hz, source.negotiated) == (
        "webcam Desk",
        (0, 0),
        None,
        None,
    )
    reason = "is not there: no webcam has this name or path"
    with Watching(source) as one:
        assert (source.status.state, source.status.reason.split(";")[0]) == (SourceState.NOT_FOUND, reason)
        plugged.set()
        one.until_frames(3)
        assert usb.opened[0] == 4
        assert source.info.wh == (64, 48)
    assert usb.lost[0].reconnects == 0
    assert one.frames[0][4].startswith("not live for ")


@pytest.mark.parametrize(("path", "state"), [("/dev/null", "connecting"), ("/dev/no-such-camera", "not_found")])
def test_what_keeps_a_camera_from_opening_is_a_state_and_stopping_takes_no_time(path: str, state: str) -> None:
    refused = FakeCapture(is_refused=True)
    config = replace(QUICK, keep_trying=True)
    source = WebcamSource(0, config, opener=lambda _: refused, cameras=lambda: (Webcam(0, "Front", path),))
    with Watching(source) as one:
        assert source.status.state == state
        assert source.status.reason.startswith("cannot be opened: ")
    assert not one.frames


def test_a_read_that_hangs_is_left_behind_in_time_and_the_device_opened_when_it_is_back() -> None:
    capture = FakeCapture(hangs_at=4)
    usb = Usb(capture, FakeCapture())
    source = _plugged(usb, wait=_soon)
    with Watching(source) as one:
        assert one.until(lambda: source.status.state is SourceState.RECONNECTING) < 1.0
        one.until(lambda: source.status.reason.startswith("does not answer: "))
        assert source.status.reason.split("; ")[1] == "unplug it and plug it in again"
        assert len(one.frames) == 2
        assert not capture.released.is_set()  # releasing what another thread reads crashes
        assert usb.opened == [0]
        capture.go_on.set()
        one.until(lambda: source.status.state is SourceState.LIVE)
        assert capture.released.is_set()
        assert usb.opened == [0, 0]
        assert source.status.reconnects == 1


@pytest.mark.parametrize("where", ["open", "read"])
def test_a_webcam_that_hangs_for_good_takes_one_thread_and_says_so(where: str) -> None:
    capture = FakeCapture(hangs_at=1 if where == "open" else 4)
    usb, num_waits = Usb(capture), 0

    def wait(stop: threading.Event, _: float) -> bool:
        nonlocal num_waits
        num_waits += 1
        return stop.wait(0.01)

    camera = Webcam(0, f"Hung at {where}", "/dev/null")  # a device that others may open, as if it were in use
    source = _plugged(usb, replace(QUICK, keep_trying=True), found=lambda: (camera,), wait=wait)
    with Watching(source) as one:
        one.until(lambda: num_waits > 20)
        state = SourceState.CONNECTING if where == "open" else SourceState.RECONNECTING
        assert (source.status.state, source.status.reason.split(":")[0]) == (state, "does not answer")
        assert len([thread for thread in threading.enumerate() if thread.name == source.info.name]) == 1
        assert usb.opened == [0]
    capture.go_on.set()
    assert capture.released.wait(5)


class Frozen(FakeCapture):
    """Gives the same picture again and again while it is frozen."""

    is_frozen = True

    def retrieve(self) -> tuple[bool, NDArray[Any] | None]:
        is_there, image = super().retrieve()
        if image is not None and self.is_frozen:
            image[:] = 7
        return is_there, image


def _until(source: WebcamSource, state: SourceState) -> SourceStatus:
    """The status once it is this state; TimeoutError after DEADLINE_S."""
    ends_s, pause = time.monotonic() + DEADLINE_S, threading.Event()
    while (status := source.status).state is not state:
        if pause.wait(0.005) or time.monotonic() > ends_s:
            raise TimeoutError(f"expected {state}, it stays {status}")
    return status


def test_a_read_that_hangs_is_stalled_and_live_again_with_the_next_picture() -> None:
    capture = FakeCapture(hangs_at=4)
    source = _open(capture, SourceConfig(read_timeout_s=60, stalled_s=0.2))
    frames: list[Frame] = []
    thread = threading.Thread(target=lambda: frames.extend(islice(source, 4)))
    thread.start()
    assert _until(source, SourceState.STALLED).reason == "no picture came for 0.2 s"
    capture.go_on.set()
    thread.join(5)
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [2, 3, 4, 5]
    assert [bool(frame.outage) for frame in frames] == [False, False, True, True]
    assert frames[2].outage.endswith(": no picture came for 0.2 s")
    assert source.status.reconnects == 0
    source.close()


def test_a_hanging_read_is_stalled_first_and_lost_in_time(caplog: pytest.LogCaptureFixture) -> None:
    capture = FakeCapture(hangs_at=4)
    source = _plugged(Usb(capture), SourceConfig(read_timeout_s=0.5, stalled_s=0.2), wait=_soon)
    with Watching(source) as one:
        assert 0.4 < one.until(lambda: source.status.state is SourceState.RECONNECTING) < 1.0
    assert [line.split(": ", 1)[1] for line in caplog.messages[1:3]] == [
        "stalled: no picture came for 0.2 s",
        "reconnecting: gave no picture for 0.5 s",
    ]
    capture.go_on.set()
    assert capture.released.wait(5)


def test_pictures_of_which_none_can_be_decoded_are_stalled_and_said_to_be_spoilt() -> None:
    source = _open(FakeCapture(undecodable=range(2, 10**9)), SourceConfig(read_timeout_s=60, stalled_s=0.2))
    thread = threading.Thread(target=lambda: list(source))
    thread.start()
    assert "of what comes no picture could be decoded for 0.2 s" in _until(source, SourceState.STALLED).reason
    source.close()
    thread.join(1.0)
    assert not thread.is_alive()


def test_a_picture_that_stands_still_is_stalled_and_live_again_when_it_changes() -> None:
    capture = Frozen()
    source = _open(capture, SourceConfig(frozen_s=0.2))
    frames = iter(source)
    first_s = next(frames).captured_s
    for frame in frames:
        if source.status.state is not SourceState.LIVE or frame.captured_s > first_s + 2:
            break
    assert 0.2 <= frame.captured_s - first_s < 2
    told = source.status.state, source.status.reason
    assert told == (SourceState.STALLED, "the picture stands still: all were alike for 0 s")
    assert (next(frames).image == 7).all()  # what stands still is handed out all the same
    capture.is_frozen = False
    frame = next(frame for frame in frames if (frame.image != 7).all())
    assert (source.status.state, source.status.reason) == (SourceState.LIVE, "")
    assert "the picture stands still" in frame.outage
    source.close()


def test_a_picture_that_is_the_same_after_a_loss_has_not_stood_still() -> None:
    usb = Usb(Frozen(count=3), Frozen(count=3))
    source = _plugged(usb, SourceConfig(frozen_s=0.2))
    frames = iter(source)
    first_s = next(frames).captured_s
    next(frames)
    assert not threading.Event().wait(0.25)  # longer than a picture may stand still
    assert next(frames).captured_s - first_s > 0.2
    assert source.status.state is SourceState.LIVE
    source.close()


def test_what_is_granted_is_told_again_when_the_webcam_is_back(caplog: pytest.LogCaptureFixture) -> None:
    usb = Usb(FakeCapture(count=3), FakeCapture(count=3, wh=(32, 24)))
    with caplog.at_level(logging.INFO):
        source = _plugged(usb, SourceConfig(camera_width_px=32, camera_height_px=24))
        list(source)
    given = [(record.levelname, record.message) for record in caplog.records if " gives " in record.message]
    assert [line for line in given if "asked for" in line[1]] == [
        ("WARNING", "webcam 0 (Front): gives 64x48 at 30 fps MJPG; 32x24 at 30 fps was asked for"),
        ("INFO", "webcam 0 (Front): gives 32x24 at 30 fps MJPG; 32x24 at 30 fps was asked for"),
    ]


def test_closing_ends_a_hanging_read_at_once() -> None:
    capture = FakeCapture(hangs_at=4)
    source = _open(capture, SourceConfig(read_timeout_s=60))
    thread = threading.Thread(target=lambda: list(source))
    thread.start()
    assert capture.hanging.wait(5)
    source.close()
    thread.join(1.0)
    assert not thread.is_alive()
    assert source.status.state is SourceState.ENDED
    capture.go_on.set()
    assert capture.released.wait(5)


@pytest.mark.parametrize("way", ["end", "leave", "close"])
def test_the_device_is_released_once_by_the_thread_that_read_it(way: str) -> None:
    capture = FakeCapture(count=5)
    source = _open(capture)
    for _ in source:
        if way == "leave":
            break
        if way == "close":
            source.close()
    source.close()
    assert capture.released.is_set()  # when the iteration has ended the device is free again
    assert len(capture.releasing_threads) == 1
    assert set(capture.releasing_threads) == capture.reading_threads


def test_pictures_that_cannot_be_decoded_are_left_out_and_counted() -> None:
    source = _open(FakeCapture(count=6, undecodable={3, 4}))
    frames = list(source)
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [2, 5, 6]
    assert [frame.index for frame in frames] == [0, 1, 2]
    assert source.status.skipped == 2


def test_a_picture_that_cannot_be_decoded_is_forgotten_with_the_next() -> None:
    source = _open(FakeCapture(undecodable={3}))
    frames = list(islice(source, 3))
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [2, 4, 5]
    assert (source.status.skipped, source.status.reason) == (1, "")
    source.close()
    assert (source.status.state, source.status.reason) == (SourceState.ENDED, "")


def test_a_camera_of_which_nothing_can_be_decoded_is_lost_in_time() -> None:
    frames, status = _lost(FakeCapture(undecodable=range(2, 10**9)))
    assert frames == []
    assert status.state is SourceState.RECONNECTING


def test_a_first_picture_that_cannot_be_decoded_is_no_reason_to_refuse() -> None:
    source = _open(FakeCapture(count=3, undecodable={1}))
    assert len(list(source)) == 2


def test_an_error_of_opencv_is_a_loss() -> None:
    class Failing(FakeCapture):
        def retrieve(self) -> tuple[bool, np.ndarray | None]:
            if self._number == 3:
                cv2.cvtColor(np.zeros((0, 0, 3), np.uint8), cv2.COLOR_BGR2GRAY)  # raises cv2.error
            return super().retrieve()

    frames, status = _lost(Failing())
    assert len(frames) == 1
    assert status.state is SourceState.RECONNECTING
    assert "failed" in status.reason
