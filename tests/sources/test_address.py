"""What addresses mean."""

import os
import traceback
from pathlib import Path

import pytest

from benchmarks.support import clips
from realtime_pose.config import SourceConfig
from realtime_pose.errors import SourceOpenError
from realtime_pose.sources import open_source
from realtime_pose.sources.address import AddressKind, parse_address
from tests.support.servers import web

pytestmark = [pytest.mark.server]


@pytest.mark.parametrize(
    ("uri", "kind", "name"),
    [
        ("0", AddressKind.CAMERA, "webcam 0"),
        ("12", AddressKind.CAMERA, "webcam 12"),
        ("/dev/video7", AddressKind.CAMERA, "/dev/video7"),
        ("/dev/v4l/by-id/usb-Desk", AddressKind.CAMERA, "/dev/v4l/by-id/usb-Desk"),
        ("demo", AddressKind.DEMO, "demo"),
        ("rtsp://u:pw@h/live", AddressKind.URL, "rtsp://u:***@h/live"),
        ("HTTPS://h/live", AddressKind.URL, "HTTPS://h/live"),
    ],
)
def test_the_kind_of_an_address(uri: str, kind: AddressKind, name: str) -> None:
    address = parse_address(uri)
    assert (address.kind, address.uri, address.name) == (kind, uri, name)
    assert "pw" not in repr(address)


def test_paths_are_files_or_folders(tmp_path: Path) -> None:
    file = clips.video(tmp_path / "a.mp4", count=1)
    assert parse_address(str(file)).kind is AddressKind.FILE
    assert parse_address(str(tmp_path)).kind is AddressKind.FOLDER


def test_a_file_with_the_name_of_another_kind_is_opened_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("0", "demo", "http:clip.mp4"):
        clips.video(tmp_path / "clip.mp4", count=2).rename(tmp_path / name)
        monkeypatch.chdir(tmp_path)
        assert len(list(open_source(SourceConfig(uri=f"./{name}")))) == 2


def test_the_demo_clip_comes_with_the_package() -> None:
    source = open_source(SourceConfig(uri="demo"))
    assert (source.info.name, source.info.wh, source.info.rate_hz, source.info.num_frames) == (
        "demo",
        (1088, 1920),
        60.0,
        100,
    )
    source.close()


@pytest.mark.parametrize(
    ("uri", "parts"),
    [
        ("", ["no such file", "webcam number", "demo"]),
        ("nowhere/clip.mp4", ["'nowhere/clip.mp4'", "no such file", "rtsp://"]),
        ("deno", ["no such file", "did you mean 'demo'"]),
        ("-1", ["no such file"]),
        ("/dev/video77", ["webcam 77", "it is not there", "Webcams found: none"]),
        ("/dev/v4l/by-id/usb-Desk", ["/dev/v4l/by-id/usb-Desk is not there", "Webcams found: none"]),
        ("ftp://u:pw@h/clip.mp4", ["ftp://u:***@h", "not supported", "http(s)://"]),
        ("rtsp:/u:pw@h/clip.mp4", ["rtsp:/u:***@h", "no such file"]),
    ],
)
def test_invalid_addresses_are_refused_with_a_clear_message(uri: str, parts: list[str]) -> None:
    with pytest.raises(SourceOpenError) as raised:
        open_source(SourceConfig(uri=uri))
    message = str(raised.value)
    assert all(part in message for part in parts), message
    assert "pw" not in message


def test_a_misspelt_file_suggests_the_nearest_name(tmp_path: Path) -> None:
    clips.video(tmp_path / "meeting.mp4", count=1)
    with pytest.raises(SourceOpenError, match=r"did you mean .*meeting\.mp4"):
        open_source(SourceConfig(uri=str(tmp_path / "meting.mp4")))


def test_a_pipe_is_neither_file_nor_folder(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceOpenError, match="neither"):
        open_source(SourceConfig(uri=str(tmp_path / "pipe")))


def test_a_name_that_is_too_long_is_refused_with_a_clear_message() -> None:
    with pytest.raises(SourceOpenError, match="cannot be accessed"):
        open_source(SourceConfig(uri="x" * 5000))


SECRET = "s3cr3t"


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_the_password_is_in_no_part_of_an_error(scheme: str) -> None:
    with web.closed_port() as port, pytest.raises(SourceOpenError) as raised:
        list(open_source(SourceConfig(uri=f"{scheme}://user:{SECRET}@127.0.0.1:{port}/live?password={SECRET}")))
    text = "".join(line for line in traceback.format_exception(raised.value))
    assert "user:***@127.0.0.1" in text
    assert SECRET not in text
    error: BaseException | None = raised.value
    while error is not None:  # also those that a traceback does not show
        assert SECRET not in repr(error) + repr(error.args)
        error = error.__cause__ or error.__context__
