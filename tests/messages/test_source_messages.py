"""The words for every reason of a source, and for its status, its outages and the format of a webcam."""

import re
import string
from pathlib import Path

import pytest

import realtime_pose
from realtime_pose.messages.source_messages import (
    SOURCE_WORDS,
    describe_negotiated,
    describe_outage,
    describe_problem,
    describe_reason,
    describe_retry,
    describe_source,
)
from realtime_pose.reasons import NO_OUTAGE, NO_REASON, Outage, Reason
from realtime_pose.sources import NegotiatedFormat, SourceReason, SourceState, SourceStatus
from realtime_pose.sources.reason_texts import _TEXTS
from realtime_pose.sources.reasons import with_cause
from realtime_pose.sources.source import CODES_AS_WORDS

CLOSED, BROKE_OFF = Reason(SourceReason.CONNECTION_CLOSED), Reason(SourceReason.BROKE_OFF)
DAMAGED = Reason(SourceReason.FRAME_DAMAGED, {"time_s": 1.234})
INVALID = Reason(SourceReason.SYSTEM_ERROR, {"strerror": "Invalid argument"})
CUT: dict[str, float | str] = {"num_frames": 15, "num_stated": 20, "end_s": 0.5, "stated_s": 2 / 3}
UNCOUNTED: dict[str, float | str] = {"num_frames": 15, "end_s": 0.5, "stated_s": 2 / 3}
TOO_SLOW = "the network or this computer is too slow"
GROUP = "add yourself to the group of its device file (video)"
MISSING = "the rest is cut off or missing"
LIBRARY = Reason(SourceReason.LIBRARY_ERROR, {"error": "ValueError: 31 is not a valid Type"})
LIBRARY_WORDS = "the library that decodes it failed: ValueError: 31 is not a valid Type"
HURT = "the picture at 1.23 s is damaged"

# Each code with values as a source gives them.
WORDS: list[tuple[Reason, str]] = [
    (NO_REASON, ""),
    (Reason(SourceReason.NO_FRAMES, {"waited_s": 0.3}), "no picture came for 0.3 s"),
    (Reason(SourceReason.NO_FIRST_FRAME, {"waited_s": 8.0}), "no picture came within 8 s"),
    (Reason(SourceReason.UNDECODABLE, {"waited_s": 5.0}), "no picture could be decoded for 5 s"),
    (Reason(SourceReason.FIRST_UNDECODABLE, {"waited_s": 8.0}), "no picture could be decoded within 8 s"),
    (Reason(SourceReason.WEBCAM_NO_FRAMES, {"waited_s": 5.0}), "gave no picture for 5 s"),
    (Reason(SourceReason.WEBCAM_SLOW_TO_OPEN, {"waited_s": 8.0}), "did not open within 8 s"),
    (Reason(SourceReason.FROZEN, {"unchanged_s": 10.02}), "the picture is frozen: it has not changed for 10 s"),
    (Reason(SourceReason.LATE, {"lag_s": 1.23}), f"pictures come 1.2 s late: {TOO_SLOW}"),
    (Reason(SourceReason.TOO_LATE, {"lag_s": 2.0}), f"pictures came 2.0 s late: {TOO_SLOW}"),
    (Reason(SourceReason.UNAUTHORIZED), "the server does not accept user and password (401 or 403)"),
    (Reason(SourceReason.NOT_FOUND_404), "the server has no such stream (404)"),
    (
        Reason(SourceReason.NAME_UNRESOLVED, {"host": "cam", "strerror": "Name or service not known"}),
        "the name cam does not resolve (Name or service not known)",
    ),
    (Reason(SourceReason.NAME_INVALID, {"host": "a..b"}), "the name a..b does not resolve (it is not a valid name)"),
    (
        Reason(SourceReason.TLS_FAILED, {"error": "WRONG_VERSION_NUMBER"}),
        "the TLS connection failed (WRONG_VERSION_NUMBER): does the server speak TLS?",
    ),
    (Reason(SourceReason.TLS_NO_HANDSHAKE), "the TLS connection failed (no handshake): does the server speak TLS?"),
    (Reason(SourceReason.TLS_TIMEOUT), "the server does not answer the TLS handshake"),
    (Reason(SourceReason.TIMEOUT), "no data came in time"),
    (Reason(SourceReason.CONNECTION_REFUSED), "Connection refused"),
    (CLOSED, "the server closed the connection"),
    (Reason(SourceReason.CUT_OFF), "the data is cut off or is not video"),
    (Reason(SourceReason.NONE_DECODABLE), "no picture could be decoded"),
    (Reason(SourceReason.NO_PICTURE), "it ended before its first picture"),
    (Reason(SourceReason.NO_VIDEO, {"found": "audio, subtitle"}), "it holds audio, subtitle only"),
    (Reason(SourceReason.NO_CONTENT), "it holds nothing"),
    (BROKE_OFF, "the stream broke off"),
    (INVALID, "Invalid argument"),
    (Reason(SourceReason.PLAYLIST_COMPLETE), "the playlist is complete"),
    (Reason(SourceReason.STREAM_ENDED), "the server ended the stream"),
    (Reason(SourceReason.READ_TIMEOUT), "no picture came within the read timeout"),
    (
        with_cause(Reason(SourceReason.READ_STOPPED), CLOSED),
        "reading stopped early (the server closed the connection)",
    ),
    (Reason(SourceReason.INCOMPLETE, CUT), f"15 of 20 pictures came, 0.50 of 0.67 s; {MISSING}"),
    (Reason(SourceReason.INCOMPLETE, UNCOUNTED), f"15 pictures came, 0.50 of 0.67 s; {MISSING}"),
    (Reason(SourceReason.INCOMPLETE, UNCOUNTED | {"num_frames": 1}), f"1 picture came, 0.50 of 0.67 s; {MISSING}"),
    (Reason(SourceReason.INCOMPLETE, CUT | {"num_frames": 1}), f"1 of 20 pictures came, 0.50 of 0.67 s; {MISSING}"),
    (
        with_cause(Reason(SourceReason.INCOMPLETE, CUT), INVALID),
        f"reading stopped early (Invalid argument); 15 of 20 pictures came, 0.50 of 0.67 s; {MISSING}",
    ),
    (Reason(SourceReason.UNPLUGGED), "gives no more pictures: it was unplugged; plug it in again"),
    (Reason(SourceReason.DRIVER_FAILED, {"error": "!_src.empty()"}), "failed: !_src.empty(); plug it in again"),
    (
        Reason(SourceReason.DRIVER_HANGS),
        "does not answer: its driver hangs in the last call; unplug it and plug it in again",
    ),
    (Reason(SourceReason.BUSY), "cannot be opened: another program uses it; close that program"),
    (Reason(SourceReason.NOT_PERMITTED), f"cannot be opened: you have no permission; {GROUP}"),
    (Reason(SourceReason.NOT_THERE), "cannot be opened: it is not there"),
    (Reason(SourceReason.NOT_LISTED), "is not there: no webcam has this name or path"),
    (Reason(SourceReason.NOT_OPENED, {"strerror": "Input/output error"}), "cannot be opened: Input/output error"),
    (
        Reason(SourceReason.NOT_OPENED_UNKNOWN),
        "cannot be opened: it is not there, in use by another program, or not permitted",
    ),
    (DAMAGED, "the picture at 1.23 s is damaged"),
    (Reason(SourceReason.FRAME_CUT_OFF, {"time_s": 0.5}), "the picture after 0.50 s is cut off"),
    (
        with_cause(Reason(SourceReason.FRAME_FAILED, {"time_s": 0.5}), INVALID),
        "a picture near 0.50 s: Invalid argument",
    ),
    (Reason(SourceReason.IMAGE_FAILED, {"file": "{}.png"}), "{}.png: expected an image, but it cannot be decoded"),
    (
        with_cause(Reason(SourceReason.IMAGE_FAILED, {"file": "a.heic"}), LIBRARY),
        f"a.heic: expected an image, but it cannot be decoded ({LIBRARY_WORDS})",
    ),
    (
        with_cause(Reason(SourceReason.IMAGE_UNREADABLE, {"file": "a.png"}), INVALID),
        "a.png: the image cannot be read (Invalid argument)",
    ),
    (Reason(SourceReason.IMAGE_CUT_OFF, {"file": "a.jpg"}), "a.jpg: the image is cut off; copy it again"),
    (
        Reason(SourceReason.REGION_OUTSIDE, {"file": "a.png", "region": "0,0,9,9", "size": "5x4"}),
        "a.png: the region 0,0,9,9 does not lie in this picture of 5x4 pixels",
    ),
    (
        Reason(SourceReason.IMAGE_FOREIGN, {"file": "a.jxl"}),
        "a.jxl: images of this format cannot be read; save it as JPEG or PNG",
    ),
    (
        Reason(SourceReason.HEIF_NOT_INSTALLED, {"file": "a.heic"}),
        'a.heic: HEIC pictures need one more package; run: pip install "realtime-pose[heif]"',
    ),
    (LIBRARY, LIBRARY_WORDS),
    (Reason(SourceReason.WEBCAM_FRAME_FAILED), "a picture of the webcam could not be decoded"),
]


@pytest.mark.parametrize(("reason", "words"), WORDS, ids=[words or "none" for _, words in WORDS])
def test_each_reason_has_its_words(reason: Reason, words: str) -> None:
    assert describe_reason(reason) == words


def test_every_code_has_words_and_is_tested_here() -> None:
    assert set(_TEXTS) == set(SourceReason)
    assert {reason.code for reason, _ in WORDS} == {"", *SourceReason}


def test_every_code_is_used_in_the_package() -> None:
    folder = Path(realtime_pose.__file__).parent / "sources"
    texts = [path.read_text(encoding="utf-8") for path in folder.glob("*.py") if path.name != "reason_texts.py"]
    used = {name for text in texts for name in re.findall(r"SourceReason\.(\w+)", text)}
    assert used == {code.name for code in SourceReason}


def test_a_text_uses_only_values_of_its_reason() -> None:
    for reason, _ in WORDS[1:]:
        names = {name for _, name, _, _ in string.Formatter().parse(_TEXTS[reason.code]) if name}
        assert names - {"pictures", "because"} <= set(reason.values)  # these are made from other values


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (SourceStatus(SourceState.LIVE), ""),
        (SourceStatus(SourceState.LOST, BROKE_OFF), "the stream broke off"),
        (
            SourceStatus(SourceState.RECONNECTING, BROKE_OFF, retry_in_s=1.94),
            "the stream broke off; asked again in 1.9 s",
        ),
        (SourceStatus(SourceState.RECONNECTING, BROKE_OFF, is_retrying=True), "the stream broke off; trying again …"),
        (SourceStatus(SourceState.ENDED, skipped=1, skipped_reasons=(DAMAGED,)), "the picture at 1.23 s is damaged"),
        (
            SourceStatus(
                SourceState.ENDED, Reason(SourceReason.INCOMPLETE, CUT), skipped=2, skipped_reasons=(DAMAGED, DAMAGED)
            ),
            f"15 of 20 pictures came, 0.50 of 0.67 s; {MISSING}; 2 skipped: {HURT}; {HURT}",
        ),
        (SourceStatus(SourceState.LIVE, skipped=3), ""),  # of a live source
    ],
)
def test_a_status_in_words(status: SourceStatus, words: str) -> None:
    assert describe_source(status) == words
    parts = describe_problem(status), describe_retry(status)
    assert "; ".join(part for part in parts if part) == words


def test_an_outage_in_words() -> None:
    assert describe_outage(Outage(3, 2.04, CLOSED)) == "not live for 2.0 s: the server closed the connection"
    assert describe_outage(NO_OUTAGE) == ""


@pytest.mark.parametrize(
    ("negotiated", "words"),
    [
        (
            NegotiatedFormat((640, 480), 30.0, "MJPG", (1280, 720), 60.0),
            "gives 640x480 at 30 fps MJPG; 1280x720 at 60 fps was asked for",
        ),
        (
            NegotiatedFormat((640, 480), None, "", (640, 480), 30.0),
            "gives 640x480 at an unknown number of fps; 640x480 at 30 fps was asked for",
        ),
    ],
)
def test_the_format_of_a_webcam_in_words(negotiated: NegotiatedFormat, words: str) -> None:
    assert describe_negotiated(negotiated) == words


def test_a_pipeline_gets_words_or_codes() -> None:
    status, outage = SourceStatus(SourceState.STALLED, BROKE_OFF), Outage(1, 1.0, BROKE_OFF)
    assert SOURCE_WORDS.describe_source(status) == "the stream broke off"
    assert SOURCE_WORDS.describe_outage(outage) == "not live for 1.0 s: the stream broke off"
    assert CODES_AS_WORDS.describe_source(status) == CODES_AS_WORDS.describe_outage(outage) == "broke_off"
