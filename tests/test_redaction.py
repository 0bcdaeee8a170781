"""No secret is left in an address or in a text, whatever its key is called; what tells cameras apart stays."""

import logging
import sys
import threading
from pathlib import Path

import pytest

from realtime_pose.commands import terminal
from realtime_pose.errors import SourceOpenError
from realtime_pose.redaction import redact_stream_key, redact_text, redact_url

ADDRESSES = [
    ("", ""),
    ("0", "0"),
    ("demo", "demo"),
    ("folder/video.mp4", "folder/video.mp4"),
    ("what?.mp4", "what?.mp4"),
    (r"C:\me@home\video.mp4", r"C:\me@home\video.mp4"),
    ("C:/me@home/video.mp4", "C:/me@home/video.mp4"),
    ("rtsp://host:554/live", "rtsp://host:554/live"),
    # User and password.
    ("rtsp://user@host/live", "rtsp://user@host/live"),
    ("rtsp://user:pw@host/live", "rtsp://user:***@host/live"),
    ("RTSP://user:pw@host/live", "RTSP://user:***@host/live"),
    ("rtsp://user:@host/live", "rtsp://user:***@host/live"),
    ("rtsp://:pw@host/live", "rtsp://:***@host/live"),
    ("rtsp://user:p:w@host:554/live", "rtsp://user:***@host:554/live"),
    ("rtsp://user:p@w@host/live", "rtsp://user:***@host/live"),
    ("rtsp://user:p/w@host/live", "rtsp://user:***@host/live"),
    ("rtsp://user:p#w?x&y@host/live", "rtsp://user:***@host/live"),
    ("rtsp://user:p%40w@host/live", "rtsp://user:***@host/live"),
    ("rtsp://user%3Apw@host/live", "rtsp://user%3A***@host/live"),
    ("rtsp://user:pä wö@host/live", "rtsp://user:***@host/live"),
    ("rtsp://user:***@host/live", "rtsp://user:***@host/live"),
    ("https://ghp_0123456789abcdefgh@host/x.onnx", "https://***@host/x.onnx"),
    ("http://[::1]:8080/a@b", "http://[::1]:8080/a@b"),
    ("rtsp:/user:pw@host/live", "rtsp:/user:***@host/live"),
    ("user:pw@host/live", "user:***@host/live"),
    ("ftp://user:pw@host/live", "ftp://user:***@host/live"),
    ("rtsp://host:554/0/admin:pw/main", "rtsp://host:554/0/admin:***/main"),
    # Values of keys: shown if harmless, hidden in doubt.
    ("rtsp://host/cam?channel=1&subtype=0", "rtsp://host/cam?channel=1&subtype=0"),
    ("http://host/x?user=u&password=pw&n=1", "http://host/x?user=u&password=***&n=1"),
    ("http://host/x?loginuse=u&loginpas=pw", "http://host/x?loginuse=u&loginpas=***"),
    ("http://host/x?PWD=p#w;x&n=1", "http://host/x?PWD=***&n=1"),
    ("http://host/x?api-key=abc&width=640", "http://host/x?api-key=***&width=640"),
    ("http://host/x?mail=a@b", "http://host/x?mail=***"),
    ("http://host/x?channel=1;token=abc", "http://host/x?channel=1;token=***"),
    ("http://host/x?channel=1#token=abc", "http://host/x?channel=1#token=***"),
    ("http://host/x?channel=s3cr3t%40host", "http://host/x?channel=***"),
    ("http://host/x?src=garden", "http://host/x?src=garden"),
    ("http://host/x?src=rtsp%3A%2F%2Fu%3Apw%40cam", "http://host/x?src=***"),
    ("http://host/x?abc0123", "http://host/x?***"),
    ("http://host/x?1", "http://host/x?1"),
    ("http://host/x#abc0123", "http://host/x#***"),
    ("http://host/live;jsessionid=abc/x", "http://host/live;jsessionid=***"),
    ("http://host/exp=12~acl=/*~hmac=abc/x", "http://host/exp=12~acl=***"),
    ("rtsp://host/trackID=1", "rtsp://host/trackID=1"),
    ("rtsp://host/user=u_password=pw_channel=1.sdp", "rtsp://host/user=***"),
    ("rtsp://host/user=u&password=p/w&channel=1", "rtsp://host/user=u&password=***&channel=1"),
    ("host:554/x?password=abc", "host:554/x?password=***"),
    (" rtsp://host/x?password=abc", " rtsp://host/x?password=***"),
    *(
        (f"http://host/x?{key}=s3cr3t", f"http://host/x?{key}=***")
        for key in ("jwt", "sid", "p", "pw", "key", "auth", "sig", "session", "access_token", "pin", "hdnea", "code",
                    "X-Amz-Signature", "X-Amz-Credential", "md5", "hash", "login", "st", "unheard-of")
    ),
]  # fmt: skip


@pytest.mark.parametrize(("uri", "redacted"), ADDRESSES)
def test_secrets_in_addresses_are_hidden(uri: str, redacted: str) -> None:
    assert redact_url(uri) == redacted
    assert redact_url(redacted) == redacted  # twice changes nothing


@pytest.mark.parametrize(("uri", "redacted"), [row for row in ADDRESSES if "://" in row[0] and row[0][0] != " "])
@pytest.mark.parametrize(
    "around", ["{}", "{}: expected a video stream, but refused.", "error '{}' (see [{}])", "--x {},"]
)
def test_addresses_in_a_text_are_hidden(uri: str, redacted: str, around: str) -> None:
    assert redact_text(around.replace("{}", uri)) == around.replace("{}", redacted)


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("", ""),
        ("two  spaces\n\tand lines\n", "two  spaces\n\tand lines\n"),
        ("rtsp://u:a b@h/x and rtsp://v:c d@h/y", "rtsp://u:***@h/x and rtsp://v:***@h/y"),
        ("see http://localhost:554. Ask me@home", "see http://localhost:554. Ask me@home"),
        ("url: /x.onnx?token=abc (Caused by", "url: /x.onnx?token=*** (Caused by"),
        ("rtmp:/u:pw@h/x: the folder rtmp:/u:pw@h is away", "rtmp:/u:***@h/x: the folder rtmp:/u:***@h is away"),
        ("median 84 ms, age: 3 s at 10:15:02", "median 84 ms, age: 3 s at 10:15:02"),
    ],
)  # fmt: skip
def test_texts(text: str, redacted: str) -> None:
    assert redact_text(text) == redacted


@pytest.mark.parametrize(
    ("uri", "redacted"),
    [
        ("rtmp://host/live/k3y", "rtmp://host/live/***"),
        ("rtmp://host/k3y", "rtmp://host/***"),
        ("rtmp://host//live//k3y", "rtmp://host//live//***"),
        ("rtmps://u:pw@host:443/app/a/b?x=k3y", "rtmps://u:***@host:443/app/***"),
        ("RTMP://host/live/?k3y", "RTMP://host/live/***"),
        ("rtmp://host", "rtmp://host"),
        ("rtmp://host/", "rtmp://host/"),
        ("rtsp://host:8554/name", "rtsp://host:8554/name"),
    ],
)
def test_the_stream_key_of_an_address_to_send_to_is_hidden(uri: str, redacted: str) -> None:
    assert redact_stream_key(uri) == redacted


def error_about(uri: str) -> Exception:
    """An error with a traceback and a cause; both name the address."""
    with pytest.raises(FileNotFoundError) as missing:
        Path(uri).read_text(encoding="utf-8")
    with pytest.raises(SourceOpenError) as raised:
        raise SourceOpenError(f"cannot open {uri}") from missing.value
    return raised.value


def test_nothing_that_is_printed_holds_a_password(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = "rtsp://us:s3cr3t@host/x?sid=s3cr3t"
    error = error_about(uri)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(logging, "basicConfig", lambda handlers, level: logging.getLogger("own").addHandler(*handlers))
    terminal.start_log(is_debug=False)
    logger = logging.getLogger("own")
    logger.propagate = False
    logger.warning("lost %s", uri, exc_info=error)
    terminal.echo(uri)
    terminal.print_result(uri)
    terminal.report_failure(error, is_debug=True)
    sys.excepthook(type(error), error, error.__traceback__)
    thread = threading.Thread(target=lambda: Path(uri).read_text(encoding="utf-8"))
    thread.start()
    thread.join(10)
    printed = "".join(capsys.readouterr())
    assert printed.count("us:***@host/x?sid=***") >= 10
    assert printed.count("Traceback") >= 4
    assert "s3cr3t" not in printed


def test_a_progress_bar_holds_no_password(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "200")
    with terminal.progress_bar("us:s3cr3t@host", total=2) as update:
        update(1, description="rtsp://us:s3cr3t@host", detail="http://host/x?jwt=s3cr3t")
    assert "s3cr3t" not in capsys.readouterr().err
