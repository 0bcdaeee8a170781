"""The messages over the picture, in every state of a live source and of its recorder."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtCore import Qt

from realtime_pose.app.card_messages import capitalize, make_badges, shorten_address
from realtime_pose.app.live_pipeline import Phase
from realtime_pose.app.views.figures import figure_texts
from realtime_pose.app.views.picture_overlays import Badge
from realtime_pose.config import Config
from realtime_pose.effort import Effort
from realtime_pose.errors import SourceOpenError
from realtime_pose.pipeline.governor import Load
from realtime_pose.pipeline.live_governor import GovernorReport
from realtime_pose.pipeline.stats import CrowdReport
from realtime_pose.reasons import NO_REASON, Reason
from realtime_pose.recording.status import RecorderNote, RecorderState, RecorderStatus
from realtime_pose.sources import SourceReason, SourceState, SourceStatus
from realtime_pose.sources.address import parse_address
from realtime_pose.sources.webcam import Webcam
from tests.support.fakes.fake_pipeline import make_report
from tests.support.fakes.window_driver import WindowDriver, click
from tests.support.people.stills import people
from tests.support.people.stills import scene as still_scene

pytestmark = [pytest.mark.gui]

CAMERA_ERROR = "webcam 0: cannot be opened. Webcams found: none. Give a video file, or demo for the shipped clip."
CAMERA_DETAIL = f"W{CAMERA_ERROR[1:]}"
ADDRESS = "rtsp://admin:secret@192.168.1.20/stream1"
SHORT_ADDRESS = "192.168.1.20/stream1"
REFUSED, BROKE_OFF = Reason(SourceReason.CONNECTION_REFUSED), Reason(SourceReason.BROKE_OFF)
NEXT_TRY = "; asked again in 1.9 s"

DISK_NEARLY_FULL = Reason(
    RecorderNote.DISK_NEARLY_FULL, {"free_bytes": 12e6, "resume_bytes": 600e6, "folder": "/rec, old at home"}
)


@pytest.fixture
def cameras() -> tuple[Webcam, ...]:
    """No cameras, so that each keeps the name of its address."""
    return ()


@pytest.fixture
def stream(driver: WindowDriver) -> WindowDriver:
    """A window that shows a live stream."""
    driver.open(ADDRESS)
    return driver


def test_a_source_that_cannot_be_opened_has_its_reason_and_a_button(driver: WindowDriver) -> None:
    def fail_for_camera(config: Config) -> None:
        if config.source.uri == "0":
            raise SourceOpenError(CAMERA_ERROR)

    driver.build.before_build = fail_for_camera
    driver.window.open("0")
    card = driver.window.widgets.card
    driver.qtbot.waitUntil(lambda: card.message is not None and card.message.detail == CAMERA_DETAIL)
    assert "cannot be opened" in card.accessibleName()
    assert CAMERA_ERROR in driver.state_text
    click(card.buttons["demo"])
    driver.qtbot.waitUntil(lambda: driver.window.bridge.phase is Phase.RUNNING)
    assert driver.pipeline.config.source.uri == "demo"


def test_a_missing_file_is_named_once(driver: WindowDriver) -> None:
    def fail(config: Config) -> None:
        parse_address(config.source.uri)

    driver.build.before_build = fail
    driver.window.open("/nowhere/gone.mp4")
    card = driver.window.widgets.card
    driver.qtbot.waitUntil(lambda: card.message is not None and "no such" in card.message.detail.lower())
    assert card.message is not None
    assert card.message.title == "/nowhere/gone.mp4 cannot be opened"
    assert card.message.detail.startswith("No such file or folder; ")


def test_opening_shows_the_source_without_its_password(driver: WindowDriver) -> None:
    driver.window.open("rtsp://me:secret@cam/1")
    assert driver.message.title == "Opening cam/1 …"
    driver.qtbot.waitUntil(lambda: driver.window.bridge.phase is Phase.RUNNING)


def test_a_lost_source_has_a_message_over_its_last_image(driver: WindowDriver) -> None:
    driver.open("0")
    driver.show_scene()
    status = SourceStatus(SourceState.LOST, Reason(SourceReason.NO_FRAMES, {"waited_s": 5.0}))
    driver.pipeline.reported = make_report(source=status)
    card = driver.window.widgets.card
    driver.qtbot.waitUntil(lambda: card.message is not None)
    assert driver.message.detail == "No picture came for 5 s"
    assert driver.window.widgets.view.image is not None


def test_a_paused_recorder_has_a_badge(driver: WindowDriver) -> None:
    driver.open()
    driver.pipeline.reported = make_report(recorder=RecorderStatus(RecorderState.PAUSED, note=DISK_NEARLY_FULL))
    driver.show_scene()
    driver.wait_for_tick()
    badges = make_badges(driver.window.bridge)
    assert badges == [Badge("■ Not recording: disk nearly full: 12 MB free", is_error=True)]


def test_a_crowd_has_a_badge_while_there_is_no_time_for_all(driver: WindowDriver) -> None:
    driver.open()
    boxes = people([[10 * row, 0, 10 * row + 8, 30] for row in range(6)]).poses.boxes
    driver.show_scene()
    posed = people([[0, 0, 8, 30], [10, 0, 18, 30]]).poses
    crowd = replace(still_scene(), boxes=boxes, poses=posed, unposed=boxes.take(np.arange(2, 6)))
    bridge = driver.window.bridge
    assert bridge.drawn is not None
    bridge.drawn = replace(bridge.drawn, scene=crowd)
    assert make_badges(driver.window.bridge) == [Badge("Crowd: time for 2 of 6 persons")]
    driver.pipeline.reported = make_report(crowd=CrowdReport(unposed=4, most_unposed=4, frames=1))
    driver.wait_for_tick()
    assert "no time for their poses: 4" in figure_texts(driver.window.bridge, driver.pipeline.reported)["persons"][1]
    bridge.drawn = replace(bridge.drawn, scene=still_scene())
    assert make_badges(driver.window.bridge) == []


@pytest.mark.parametrize(
    ("status", "title", "detail", "text"),
    [
        (
            SourceStatus(SourceState.CONNECTING, REFUSED, retry_in_s=1.9),
            f"Waiting for the first picture from {SHORT_ADDRESS} …", "Connection refused\nAsked again in 1.9 s",
            "Connecting: Connection refused" + NEXT_TRY,
        ),
        (
            SourceStatus(SourceState.CONNECTING, REFUSED, is_retrying=True),
            f"Waiting for the first picture from {SHORT_ADDRESS} …", "Connection refused\nTrying again …",
            "Connecting: Connection refused; trying again …",
        ),
        (
            SourceStatus(SourceState.STALLED, Reason(SourceReason.NO_FRAMES, {"waited_s": 1.0})),
            f"{SHORT_ADDRESS} has stalled", "No picture came for 1 s",
            "Stalled: no picture came for 1 s",
        ),
        (
            SourceStatus(SourceState.RECONNECTING, BROKE_OFF, retry_in_s=1.9), f"Reconnecting to {SHORT_ADDRESS} …",
            "The stream broke off\nAsked again in 1.9 s",
            "Reconnecting: the stream broke off" + NEXT_TRY,
        ),
        (
            SourceStatus(SourceState.AUTH_FAILED, Reason(SourceReason.UNAUTHORIZED), retry_in_s=1.9),
            f"{SHORT_ADDRESS} rejects the user name or password",
            "The server does not accept user and password (401 or 403)\nAsked again in 1.9 s",
            "Access refused: the server does not accept user and password (401 or 403)" + NEXT_TRY,
        ),
        (
            SourceStatus(SourceState.NOT_FOUND, Reason(SourceReason.NOT_FOUND_404), retry_in_s=1.9),
            f"{SHORT_ADDRESS} was not found",
            "The server has no such stream (404)\nAsked again in 1.9 s",
            "Not found: the server has no such stream (404)" + NEXT_TRY,
        ),
    ],
)  # fmt: skip
def test_each_state_but_live_is_shown_with_its_reason(
    stream: WindowDriver, status: SourceStatus, *, title: str, detail: str, text: str
) -> None:
    stream.pipeline.reported = make_report(source=status)
    card = stream.window.widgets.card
    stream.qtbot.waitUntil(lambda: card.message is not None and card.message.detail == detail)
    assert stream.message.title == title
    assert card.isVisible()
    assert stream.state_text == text
    assert "secret" not in repr((card.message, stream.state_text, stream.window.windowTitle()))


@pytest.mark.parametrize(
    ("uri", "title"),
    [
        ("0", "Camera 0 was not found"),
        ("webcam:Desk", "webcam:Desk was not found"),
        ("/dev/video7", "/dev/video7 was not found"),
        ("/dev/v4l/by-id/usb-Desk", "/dev/v4l/by-id/usb-Desk was not found"),
    ],
)
def test_a_missing_webcam_has_its_reason_and_other_choices(stream: WindowDriver, uri: str, title: str) -> None:
    stream.open(uri)
    status = SourceStatus(SourceState.NOT_FOUND, Reason(SourceReason.NOT_THERE))
    stream.pipeline.reported = make_report(source=status)
    card = stream.window.widgets.card
    stream.qtbot.waitUntil(lambda: card.message is not None and card.message.title == title)
    assert stream.message.detail == "Cannot be opened: it is not there"
    assert stream.message.choices == ("demo", "open_file")


def test_a_live_source_has_no_message(stream: WindowDriver) -> None:
    stream.show_scene()
    stream.wait_for_tick()
    assert not stream.window.widgets.card.isVisible()
    assert stream.state_text == "Live"
    assert stream.window.widgets.badges.texts == []


def test_the_end_of_a_stream_has_its_reason_below_the_last_image(stream: WindowDriver) -> None:
    stream.show_scene()
    status = SourceStatus(SourceState.ENDED, Reason(SourceReason.PLAYLIST_COMPLETE))
    stream.pipeline.reported = make_report(source=status)
    stream.pipeline.has_ended = True
    stream.qtbot.waitUntil(lambda: stream.window.bridge.phase is Phase.ENDED)
    assert stream.message.title == f"{SHORT_ADDRESS} has ended"
    assert stream.message.detail == "3 frames.\nThe playlist is complete"
    assert stream.state_text == "Ended: the playlist is complete"


@pytest.mark.parametrize(("num_frames", "text"), [(0, "0 frames."), (1, "1 frame."), (2, "2 frames.")])
def test_the_end_of_a_source_counts_its_frames(stream: WindowDriver, num_frames: int, text: str) -> None:
    stream.pipeline.reported = make_report(num_frames=num_frames)
    stream.pipeline.has_ended = True
    stream.qtbot.waitUntil(lambda: stream.window.bridge.phase is Phase.ENDED)
    assert stream.message.detail == text


@pytest.mark.parametrize(
    ("state", "path", "badge", "is_checked"),
    [
        (RecorderState.IDLE, None, None, False),
        (RecorderState.ARMED, None, None, False),
        (RecorderState.RECORDING, Path("/rec/a.mp4"), "● REC 01:05 · 3.4 MB", True),
        (RecorderState.ENDING, Path("/rec/a.mp4"), "● REC 01:05 · 3.4 MB · post-roll", True),
        (RecorderState.PAUSED, None, "■ Not recording: disk nearly full: 12 MB free", True),
    ],
)
def test_the_badge_and_the_button_show_the_state_of_the_recorder(
    stream: WindowDriver, state: RecorderState, path: Path | None, badge: str | None, *, is_checked: bool
) -> None:
    note = DISK_NEARLY_FULL if state is RecorderState.PAUSED else NO_REASON
    stream.pipeline.reported = make_report(
        recorder=RecorderStatus(state, path, note, length_s=65.9, length_bytes=3_420_000)
    )
    stream.show_scene()
    stream.wait_for_tick()
    assert stream.window.widgets.badges.texts == ([] if badge is None else [badge])
    assert stream.window.actions_by_name["record"].isChecked() == is_checked
    tip = stream.window.widgets.status.figures["recorder"].toolTip()
    tips = {RecorderState.ARMED: "kept in memory", RecorderState.PAUSED: "goes on above 600 MB"}
    assert tips.get(state, "") in tip


def test_r_cancels_a_paused_recording_and_r_again_starts_one(stream: WindowDriver) -> None:
    stream.show_scene()
    stream.pipeline.reported = make_report(recorder=RecorderStatus(RecorderState.PAUSED, note=DISK_NEARLY_FULL))
    stream.wait_for_tick()
    stream.press(Qt.Key.Key_R)
    stream.qtbot.waitUntil(lambda: "stop recording" in stream.pipeline.calls)
    stream.pipeline.reported = make_report(recorder=RecorderStatus(RecorderState.ARMED))
    stream.qtbot.waitUntil(lambda: not stream.window.bridge.is_recording_busy)
    stream.wait_for_tick()
    stream.press(Qt.Key.Key_R)
    stream.qtbot.waitUntil(lambda: stream.pipeline.calls[-1] == "start recording")


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Camera 0", "Camera 0"),
        ("/videos/long walk.mp4", "/videos/long walk.mp4"),
        ("rtsp://cam:554/", "cam:554"),
        ("rtsp://u:***@[fe80::1]:554/live?token=***", "[fe80::1]:554/live?token=***"),
        ("http://host.example/" + "a" * 60 + "/end.m3u8", "host.example/…" + "a" * 19 + "/end.m3u8"),
    ],
)
def test_addresses_are_shortened_in_titles(label: str, expected: str) -> None:
    assert shorten_address(label) == expected


def test_the_message_of_a_stream_that_cannot_be_opened_does_not_repeat_its_address(driver: WindowDriver) -> None:
    def fail(_: Config) -> None:
        raise SourceOpenError("rtsp://cam/1: expected a video stream, but it is away")

    driver.build.before_build = fail
    driver.window.open("rtsp://cam/1")
    driver.qtbot.waitUntil(lambda: driver.window.bridge.phase is Phase.FAILED)
    assert driver.message.detail == "Expected a video stream, but it is away"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("expected a video stream, but it is away", "Expected a video stream, but it is away"),
        ("rtsp://x/y is away", "rtsp://x/y is away"),
        ("/rec is away", "/rec is away"),
    ],
)
def test_a_text_begins_with_a_capital_letter_unless_it_is_an_address(text: str, expected: str) -> None:
    assert capitalize(text) == expected


def test_a_slow_run_says_what_it_does_and_why(driver: WindowDriver) -> None:
    driver.open()
    driver.show_scene()
    full = Effort(1, "auto", "movenet-thunder", 1)
    load = Load(1.0, 9.0, 30.0, 0.2, {"pose": 0.9})
    effort = replace(full, detect_every=3)
    governor = GovernorReport(effort, full, load, 30.0, is_slow=True, is_exhausted=False)
    driver.pipeline.reported = make_report(governor=governor)
    driver.qtbot.waitUntil(lambda: driver.state_text == "Live, but slow: 9.0 of 30 pictures per second")
    badges = make_badges(driver.window.bridge)
    assert badges == [Badge("Slow computer: detector 1 in 3")]
    tip = figure_texts(driver.window.bridge, driver.pipeline.reported)["rate"][1]
    assert "The poses take most of the time: 90%." in tip
    driver.pipeline.reported = make_report(governor=replace(governor, effort=full, is_slow=False))
    driver.qtbot.waitUntil(lambda: driver.state_text == "Live")
    assert make_badges(driver.window.bridge) == []
