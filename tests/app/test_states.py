"""What the window says in every state of a live source and of its recorder: card, status bar, pills, buttons."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt5.QtCore import QSettings, Qt
from pytestqt.qtbot import QtBot

from realtime_pose.app.bridge import Phase
from realtime_pose.app.card_messages import sentence, short
from realtime_pose.sources import SourceState, SourceStatus
from tests.app.test_window import Desk
from tests.support.fake_pipeline import report

ADDRESS = "rtsp://admin:secret@192.168.1.20/stream1"
SHORT = "192.168.1.20/stream1"
AGAIN = "; asked again in 1.9 s"


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[Desk]:
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "settings"))
    desk = Desk(qtbot, tmp_path, ())
    desk.open(ADDRESS)
    yield desk
    desk.window.close()
    qtbot.waitUntil(lambda: desk.window.bridge.phase is Phase.CLOSED and not len(desk.window.bridge.tasks))


def status_bar(desk: Desk) -> str:
    return desk.window.parts.status.state.text()


@pytest.mark.parametrize(
    ("state", "reason", "title", "detail", "status"),
    [
        (
            SourceState.CONNECTING, "Connection refused" + AGAIN, f"Waiting for the first picture of {SHORT} …",
            "Connection refused\nAsked again in 1.9 s", "Connecting: Connection refused" + AGAIN,
        ),
        (
            SourceState.STALLED, "no picture came for 1 s", f"{SHORT} has stalled", "No picture came for 1 s",
            "Stalled: no picture came for 1 s",
        ),
        (
            SourceState.RECONNECTING, "the stream broke off" + AGAIN, f"Reconnecting to {SHORT} …",
            "The stream broke off\nAsked again in 1.9 s",
            "Reconnecting: the stream broke off" + AGAIN,
        ),
        (
            SourceState.AUTH_FAILED, "the server does not accept user and password (401 or 403)" + AGAIN,
            f"{SHORT} refuses user and password",
            "The server does not accept user and password (401 or 403)\nAsked again in 1.9 s",
            "Access refused: the server does not accept user and password (401 or 403)" + AGAIN,
        ),
        (
            SourceState.NOT_FOUND, "the server knows no such stream (404)" + AGAIN, f"{SHORT} was not found",
            "The server knows no such stream (404)\nAsked again in 1.9 s",
            "Not found: the server knows no such stream (404)" + AGAIN,
        ),
    ],
)  # fmt: skip
def test_a_state_that_is_not_live_is_said_with_its_reason(
    desk: Desk, state: SourceState, reason: str, *, title: str, detail: str, status: str
) -> None:
    desk.pipeline.reported = report(source=SourceStatus(state, reason))
    card = desk.window.parts.card
    desk.qtbot.waitUntil(lambda: card.words is not None and card.words.detail == detail)
    assert card.words is not None
    assert card.words.title == title
    assert card.isVisible()
    assert status_bar(desk) == status
    assert "secret" not in repr((card.words, status_bar(desk), desk.window.windowTitle()))


@pytest.mark.parametrize(
    ("uri", "title"),
    [
        ("0", "Camera 0 was not found"),
        ("webcam:Desk", "webcam:Desk was not found"),
        ("/dev/video7", "/dev/video7 was not found"),
        ("/dev/v4l/by-id/usb-Desk", "/dev/v4l/by-id/usb-Desk was not found"),
    ],
)
def test_a_webcam_that_is_waited_for_says_why_and_what_there_is_without_one(desk: Desk, uri: str, title: str) -> None:
    desk.open(uri)
    reason = "cannot be opened: it is not there"
    desk.pipeline.reported = report(source=SourceStatus(SourceState.NOT_FOUND, reason))
    card = desk.window.parts.card
    desk.qtbot.waitUntil(lambda: card.words is not None and card.words.title == title)
    assert card.words is not None
    assert card.words.detail == "Cannot be opened: it is not there"
    assert card.words.choices == ("demo", "open_file")


def test_what_a_webcam_gives_stands_behind_its_state(desk: Desk) -> None:
    given = "gives 640x480 at 30 fps MJPG; 1280x720 at 30 fps was asked for"
    desk.pipeline.reported = report(source=SourceStatus(SourceState.LIVE, negotiated=given))
    desk.put()
    desk.tick()
    assert desk.window.parts.status.state.toolTip() == f"Live\nThe webcam {given}"


def test_while_nothing_comes_rate_and_age_are_those_of_now(desk: Desk) -> None:
    desk.put()
    away = SourceStatus(SourceState.RECONNECTING, "the stream broke off" + AGAIN)
    desk.pipeline.reported = report(source=away, rate_hz=0.0, age_s=62.31)
    figures = desk.window.parts.status.figures
    desk.qtbot.waitUntil(lambda: figures["age"].text() == "age 62.3 s")
    assert figures["rate"].text() == "0.0 fps"


def test_live_needs_no_words(desk: Desk) -> None:
    desk.put()
    desk.tick()
    assert not desk.window.parts.card.isVisible()
    assert status_bar(desk) == "Live"
    assert desk.window.parts.badges.texts == []


def test_a_stream_that_ended_says_why_beneath_its_last_picture(desk: Desk) -> None:
    desk.put()
    desk.pipeline.reported = report(source=SourceStatus(SourceState.ENDED, "its list of segments is complete"))
    desk.pipeline.has_ended = True
    desk.qtbot.waitUntil(lambda: desk.window.bridge.phase is Phase.ENDED)
    words = desk.window.parts.card.words
    assert words is not None
    assert (words.title, words.detail) == (f"{SHORT} has ended", "3 frames.\nIts list of segments is complete")
    assert status_bar(desk) == "Ended: its list of segments is complete"


@pytest.mark.parametrize(
    ("state", "recording", "pill", "is_checked"),
    [
        ("idle", "", None, False),
        ("armed", "", None, False),
        ("recording", "/rec/a.mp4", "● REC 00:00", True),
        ("ending", "/rec/a.mp4", "● REC 00:00 · post-roll", True),
        ("paused", "", "■ Not recording: disk nearly full: 12 MB free", True),
    ],
)
def test_what_the_recorder_does_is_said(
    desk: Desk, state: str, recording: str, pill: str | None, *, is_checked: bool
) -> None:
    note = (
        "disk nearly full: 12 MB free at /rec, recording goes on above 600 MB; make room" if state == "paused" else ""
    )
    desk.pipeline.reported = report(recorder=state, recording=recording, recorder_note=note)
    desk.put()
    desk.tick()
    assert desk.window.parts.badges.texts == ([] if pill is None else [pill])
    assert desk.window.actions_by_name["record"].isChecked() == is_checked
    tip = desk.window.parts.status.figures["recorder"].toolTip()
    assert {"armed": "kept in memory", "paused": "goes on above 600 MB"}.get(state, "") in tip


def test_r_while_it_waits_for_room_gives_up_and_r_again_asks_anew(desk: Desk) -> None:
    desk.put()
    desk.pipeline.reported = report(recorder="paused", recorder_note="disk nearly full: 12 MB free at /rec")
    desk.tick()
    desk.press(Qt.Key.Key_R)
    desk.qtbot.waitUntil(lambda: "finish recording" in desk.pipeline.calls)
    desk.pipeline.reported = report(recorder="armed")
    desk.qtbot.waitUntil(lambda: not desk.window.bridge.is_recording_busy)
    desk.tick()
    desk.press(Qt.Key.Key_R)
    desk.qtbot.waitUntil(lambda: desk.pipeline.calls[-1] == "record")


@pytest.mark.parametrize(
    ("label", "wanted"),
    [
        ("Camera 0", "Camera 0"),
        ("/videos/long walk.mp4", "/videos/long walk.mp4"),
        ("rtsp://cam:554/", "cam:554"),
        ("rtsp://u:***@[fe80::1]:554/live?token=***", "[fe80::1]:554/live?token=***"),
        ("http://host.example/" + "a" * 60 + "/end.m3u8", "host.example/…" + "a" * 19 + "/end.m3u8"),
    ],
)
def test_addresses_are_short_in_titles(label: str, wanted: str) -> None:
    assert short(label) == wanted


@pytest.mark.parametrize(
    ("reason", "wanted"),
    [
        ("", ""),
        ("cam: expected a video stream, but it is away", "Expected a video stream, but it is away"),
        ("rtsp://x/y is away", "rtsp://x/y is away"),
        ("/rec is away", "/rec is away"),
    ],
)
def test_reasons_that_stand_alone_begin_as_sentences_do(reason: str, wanted: str) -> None:
    assert sentence(reason, "cam") == wanted
