"""What addresses mean."""

import os
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.support import clips
from realtime_pose.config import SourceConfig
from realtime_pose.errors import SourceOpenError
from realtime_pose.sources import open_source
from realtime_pose.sources.address import AddressKind, is_webcam, parse_address, webcam_address
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


@pytest.mark.parametrize("name", ["7", "0", "2024", "007"])
def test_a_number_that_is_a_file_or_a_folder_here_is_no_webcam(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert (parse_address(name).kind, is_webcam(name)) == (AddressKind.CAMERA, True)
    clips.video(tmp_path / "clip.mp4", count=2).rename(tmp_path / name)
    assert (parse_address(name).kind, is_webcam(name)) == (AddressKind.FILE, False)
    assert len(list(open_source(SourceConfig(uri=name)))) == 2
    (tmp_path / name).unlink()
    clips.folder_of_images(tmp_path / name, 3)
    assert (parse_address(name).kind, parse_address(name).name) == (AddressKind.FOLDER, name)
    assert len(list(open_source(SourceConfig(uri=name)))) == 3
    camera = parse_address(f"webcam:{name}")
    assert (camera.kind, camera.uri, camera.name) == (AddressKind.CAMERA, name, f"webcam {int(name)}")
    assert parse_address(webcam_address(int(name))).kind is AddressKind.CAMERA


def test_a_long_number_is_no_webcam() -> None:
    with pytest.raises(SourceOpenError, match="cannot be accessed"):
        parse_address("9" * 5000)


ODD_NAMES = [
    "~clip.mp4",
    "~root.mp4",
    "clip\udcff.mp4",
    "a b.mp4",
    "100%.mp4",
    "a%20b.mp4",
    "a#b?c.mp4",
    "-1",
    "line\n.mp4",
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_are_opened_and_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    clips.video(tmp_path / "clip.mp4", count=2).rename(tmp_path / name)
    for uri in (name, str(tmp_path / name)):
        source = open_source(SourceConfig(uri=uri))
        assert len(list(source)) == 2
        assert source.info.name.encode("utf-8").isascii()
        assert source.info.name.isprintable()


@pytest.mark.parametrize("name", [name for name in ODD_NAMES if "\udcff" not in name])
@pytest.mark.parametrize("host", ["", "localhost", "LOCALHOST"])
def test_file_urls_are_paths(tmp_path: Path, name: str, host: str) -> None:
    clips.video(tmp_path / "clip.mp4", count=2).rename(tmp_path / name)
    uri = (tmp_path / name).as_uri().replace("file://", f"file://{host}")
    assert len(list(open_source(SourceConfig(uri=uri)))) == 2
    assert parse_address(uri).name == uri
    assert parse_address(f"FILE://{tmp_path}").kind is AddressKind.FOLDER


@pytest.mark.parametrize("uri", ["file://server/clip.mp4", "file://clip.mp4", "file://"])
def test_a_file_url_of_another_host_is_refused(uri: str) -> None:
    with pytest.raises(SourceOpenError, match=r"expected file:/// and an absolute path"):
        parse_address(uri)


def test_a_missing_file_of_a_file_url_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceOpenError, match="no such file or folder"):
        parse_address(f"file://{tmp_path}/gone.mp4")


@pytest.fixture
def unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> Path:
    """A file of this name that its user may not read, in the current folder."""
    path = clips.video(tmp_path / "clip.mp4", count=2).rename(tmp_path / name)
    path.chmod(0)
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    return path


@pytest.fixture
def nobody() -> Iterator[None]:
    """Root may read everything, so the test runs as another user."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("name", ["a.mp4", "a.jpg", "a.heic", "a.gif"])
def test_an_unreadable_file_is_refused_with_the_reason_only(unreadable: Path, name: str, nobody: None) -> None:
    with pytest.raises(SourceOpenError) as raised:
        open_source(SourceConfig(uri=name))
    message = str(raised.value)
    assert message.startswith(f"{name}: ")
    assert "cannot be read (Permission denied)" in message
    assert not any(word in message for word in ("cut off", "not a video", "none"))


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
