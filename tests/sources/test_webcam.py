"""A webcam that is found, opened, read and released, with a fake device."""

import threading
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import cv2
import pytest

from benchmarks.support.readers.watching import SourceWatcher
from realtime_pose.config import SourceConfig
from realtime_pose.errors import SourceOpenError
from realtime_pose.reasons import Reason
from realtime_pose.sources import (
    NegotiatedFormat,
    SourceReason,
    SourceState,
    Webcam,
    WebcamSource,
    list_webcams,
    open_source,
)
from realtime_pose.sources.webcam import Capture
from tests.support.fakes.fake_webcam import FOUND, QUICK, FakeCapture, FakeUsbPort, open_port, open_webcam, wait_shortly


def test_the_pixel_format_is_requested_before_the_size_and_the_size_before_the_rate() -> None:
    capture = FakeCapture(count=1)
    config = SourceConfig(camera_width_px=800, camera_height_px=600, camera_rate_hz=25)
    source = open_webcam(capture, config)
    assert capture.settings == [
        (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")),
        (cv2.CAP_PROP_FRAME_WIDTH, 800),
        (cv2.CAP_PROP_FRAME_HEIGHT, 600),
        (cv2.CAP_PROP_FPS, 25),
        (cv2.CAP_PROP_BUFFERSIZE, 1),
    ]
    source.close()


def test_the_negotiated_format_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    source = open_webcam(FakeCapture(wh=(64, 48)))
    text = "gives 64x48 at 30 fps MJPG; 1280x720 at 30 fps was asked for"
    assert caplog.messages == [f"webcam 0 (Front): {text}"]
    negotiated = NegotiatedFormat((64, 48), 30.0, "MJPG", (1280, 720), 30.0)
    assert source.status.negotiated == source.negotiated == negotiated
    assert not negotiated.is_as_requested
    assert (source.info.wh, source.info.rate_hz, source.info.name) == ((64, 48), 30.0, "webcam 0 (Front)")
    source.close()


def test_frames_keep_their_pixels_when_the_camera_reuses_its_buffer() -> None:
    frames = list(open_webcam(FakeCapture(count=6)))
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [2, 3, 4, 5, 6]  # the first was read while opening


def test_times_are_taken_when_a_frame_is_grabbed() -> None:
    before_s = time.monotonic()
    frames = list(open_webcam(FakeCapture(count=20)))
    assert before_s < frames[0].captured_s <= frames[-1].captured_s < time.monotonic()
    assert frames[0].time_s == 0
    assert all(later.time_s > earlier.time_s for earlier, later in pairwise(frames))
    assert frames[-1].time_s == pytest.approx(frames[-1].captured_s - frames[0].captured_s, abs=1e-4)


@pytest.mark.parametrize("shape", [(48, 64), (48, 64, 1), (48, 64, 4), (1, 1, 3)])
def test_grey_and_four_channel_images_become_bgr(shape: tuple[int, ...]) -> None:
    frames = list(open_webcam(FakeCapture(count=3, shape=shape)))
    assert [frame.image.shape for frame in frames] == [(*shape[:2], 3)] * 2
    assert (frames[0].image == 2).all()


def test_a_refused_webcam_lists_the_others_and_mentions_demo() -> None:
    capture = FakeCapture(is_refused=True)
    with pytest.raises(SourceOpenError) as raised:
        open_webcam(capture, index=3)
    message = str(raised.value)
    assert all(text in message for text in ("webcam 3", "cannot be opened", "0 (Front), 4 (Desk)", "demo")), message
    assert capture.released.is_set()


def test_the_message_without_any_webcam() -> None:
    assert list_webcams() == ()  # no computer that runs the tests has one
    with pytest.raises(SourceOpenError, match=r"Webcams found: none\. .* demo"):
        open_source(SourceConfig(uri="0"))


def test_a_webcam_that_opens_but_sends_nothing_is_refused() -> None:
    capture = FakeCapture(count=0)
    with pytest.raises(SourceOpenError, match="gives no more pictures"):
        open_webcam(capture)
    assert capture.released.is_set()


def test_a_slow_webcam_is_given_up_in_time_and_released_when_it_opens_later() -> None:
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


@pytest.mark.parametrize(("wanted", "index"), [("Desk", 4), ("/dev/video4", 4), ("/dev/video7", 7), (0, 0)])
def test_a_webcam_by_number_name_or_path(wanted: int | str, index: int) -> None:
    port = FakeUsbPort(FakeCapture())
    open_port(port, wanted=wanted).close()
    assert port.opened == [index]


def test_a_webcam_by_a_link_to_its_device(tmp_path: Path) -> None:
    (tmp_path / "usb-Maker-index0").symlink_to("/dev/video4")
    port = FakeUsbPort(FakeCapture())
    open_port(port, wanted=str(tmp_path / "usb-Maker-index0")).close()
    assert port.opened == [4]


def test_an_unknown_name_lists_the_webcams() -> None:
    with pytest.raises(SourceOpenError, match=r"webcam Dusk is not there: .*0 \(Front\), 4 \(Desk\)"):
        open_port(FakeUsbPort(), wanted="Dusk")


def test_a_webcam_in_use_by_another_program_is_reported_as_such(tmp_path: Path) -> None:
    # A device file that can be opened, so the device is there and permitted.
    with pytest.raises(SourceOpenError, match="another program uses it"):
        open_port(FakeUsbPort(), found=lambda: (Webcam(0, "Front", "/dev/null"),))


def test_a_missing_webcam_is_reported_as_such() -> None:
    with pytest.raises(SourceOpenError, match="it is not there"):
        open_port(FakeUsbPort(), found=lambda: (Webcam(0, "Front", "/dev/no-such-camera"),))


def test_a_missing_webcam_is_waited_for_with_keep_trying() -> None:
    plugged = threading.Event()
    config = replace(QUICK, keep_trying=True)

    def found() -> tuple[Webcam, ...]:
        return FOUND if plugged.is_set() else ()

    port = FakeUsbPort(FakeCapture(count=4))
    source = open_port(port, config, "Desk", found, wait_shortly)
    assert (source.info.name, source.info.wh, source.info.rate_hz, source.negotiated) == (
        "webcam Desk",
        (0, 0),
        None,
        None,
    )
    reason = Reason(SourceReason.NOT_LISTED)
    with SourceWatcher(source) as watcher:
        assert (source.status.state, source.status.reason) == (SourceState.NOT_FOUND, reason)
        plugged.set()
        watcher.until_frames(3)
        assert port.opened[0] == 4
        assert source.info.wh == (64, 48)
    assert port.lost[0].reconnects == 0
    assert watcher.frames[0][4].reason == reason


@pytest.mark.parametrize(
    ("path", "state", "code"),
    [
        ("/dev/null", SourceState.CONNECTING, SourceReason.BUSY),
        ("/dev/no-such-camera", SourceState.NOT_FOUND, SourceReason.NOT_THERE),
        ("usb-camera", SourceState.CONNECTING, SourceReason.NOT_OPENED_UNKNOWN),
    ],
)
def test_the_state_of_a_webcam_that_does_not_open_and_quick_stopping(
    path: str, state: SourceState, code: SourceReason
) -> None:
    refused = FakeCapture(is_refused=True)
    config = replace(QUICK, keep_trying=True)
    source = WebcamSource(0, config, opener=lambda _: refused, cameras=lambda: (Webcam(0, "Front", path),))
    with SourceWatcher(source) as watcher:
        assert source.status.state is state
        assert source.status.reason == Reason(code)
    assert not watcher.frames


@pytest.mark.parametrize("way", ["end", "leave", "close"])
def test_the_device_is_released_once_by_the_thread_that_read_it(way: str) -> None:
    capture = FakeCapture(count=5)
    source = open_webcam(capture)
    for _ in source:
        if way == "leave":
            break
        if way == "close":
            source.close()
    source.close()
    assert capture.released.is_set()  # after the iteration the device is free again
    assert len(capture.releasing_threads) == 1
    assert set(capture.releasing_threads) == capture.reading_threads


def test_a_webcam_whose_first_frame_is_undecodable_opens() -> None:
    source = open_webcam(FakeCapture(count=3, undecodable={1}))
    assert len(list(source)) == 2
