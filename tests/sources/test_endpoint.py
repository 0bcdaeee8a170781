"""From an address to the URL for FFmpeg: passwords with any characters, from every place, and the transport."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from realtime_pose.errors import SourceOpenError
from realtime_pose.sources.endpoint import Endpoint, has_video_suffix, resolve_endpoint


def resolve(uri: str, environment: Mapping[str, str] | None = None, *, file: Path | None = None) -> Endpoint:
    return resolve_endpoint(uri, transport="tcp", credentials_file=file, environment=environment or {})


@pytest.mark.parametrize(
    ("uri", "url", "host", "port"),
    [
        ("rtsp://cam/live", "rtsp://cam/live", "cam", 554),
        ("rtsp://u:pw@cam:8554/live", "rtsp://u:pw@cam:8554/live", "cam", 8554),
        ("rtsp://u@cam/live", "rtsp://u@cam/live", "cam", 554),
        ("rtsp://u:p@w@cam.lan/live", "rtsp://u:p%40w@cam.lan/live", "cam.lan", 554),
        ("rtsp://u:p/w@cam/live", "rtsp://u:p%2Fw@cam/live", "cam", 554),
        ("rtsp://u:p#w?x&y@10.0.0.7/live", "rtsp://u:p%23w%3Fx%26y@10.0.0.7/live", "10.0.0.7", 554),
        ("rtsp://u:p@s/w#r:d@10.0.0.7/live", "rtsp://u:p%40s%2Fw%23r%3Ad@10.0.0.7/live", "10.0.0.7", 554),
        ("rtsp://u:p%40w@cam/live", "rtsp://u:p%40w@cam/live", "cam", 554),
        ("rtsp://u:100%@cam/live", "rtsp://u:100%25@cam/live", "cam", 554),
        ("rtsp://u:pä wö@cam/live", "rtsp://u:p%C3%A4%20w%C3%B6@cam/live", "cam", 554),
        ("rtsp://u:@cam/live", "rtsp://u:@cam/live", "cam", 554),
        ("http://cam:8080/x?mail=a@b", "http://cam:8080/x?mail=a@b", "cam", 8080),
        ("http://u:pw@10.0.0.7/x?mail=a@b.c/d", "http://u:pw@10.0.0.7/x?mail=a@b.c/d", "10.0.0.7", 80),
        ("http://[::1]:8080/a@b", "http://[::1]:8080/a@b", "::1", 8080),
        ("http://u:p:w@[::1]/a", "http://u:p%3Aw@[::1]/a", "::1", 80),
        ("RTSPS://cam/x", "rtsps://cam/x", "cam", 322),
        ("rtmp://cam/app/key", "rtmp://cam/app/key", "cam", 1935),
    ],
)
def test_a_password_with_any_characters_is_encoded(uri: str, url: str, host: str, port: int) -> None:
    endpoint = resolve(uri)
    assert (endpoint.url, endpoint.host, endpoint.port) == (url, host, port)
    assert endpoint.is_tls is uri.upper().startswith("RTSPS")


@pytest.mark.parametrize(
    ("uri", "url", "transport"),
    [
        ("rtsp://cam/live?transport=udp", "rtsp://cam/live", "udp"),
        ("rtsp://cam/live?transport=UDP&channel=1", "rtsp://cam/live?channel=1", "udp"),
        ("rtsp://cam/live?channel=1&transport=udp", "rtsp://cam/live?channel=1", "udp"),
        ("rtsp://cam/live?channel=1&transport=tcp&x=y", "rtsp://cam/live?channel=1&x=y", "tcp"),
        ("rtsp://cam/live?transport=multicast", "rtsp://cam/live?transport=multicast", "tcp"),
        ("http://cam/live?transport=udp", "http://cam/live?transport=udp", "tcp"),
    ],
)
def test_the_transport_option_is_removed_from_the_url(uri: str, url: str, transport: str) -> None:
    endpoint = resolve(uri)
    assert (endpoint.url, endpoint.transport) == (url, transport)


@pytest.mark.parametrize("uri", ["rtsp://", "rtsp:///live", "rtsp://cam:many/live", "http://[::1/x"])
def test_a_url_without_a_valid_host_is_refused(uri: str) -> None:
    with pytest.raises(SourceOpenError, match="no proper host"):
        resolve(uri)


class TestStoredPasswords:
    def test_a_file_with_user_and_password_is_taken_literally(self, tmp_path: Path) -> None:
        file = tmp_path / "camera"
        file.write_text("us:p@ss:w%41rd#\nnothing else\n", encoding="utf-8")
        assert resolve("rtsp://cam/x", file=file).url == "rtsp://us:p%40ss%3Aw%2541rd%23@cam/x"
        assert resolve("rtsp://us@cam/x", file=file).url == "rtsp://us:p%40ss%3Aw%2541rd%23@cam/x"
        assert resolve("rtsp://other@cam/x", file=file).url == "rtsp://other@cam/x"

    def test_a_file_with_only_the_password(self, tmp_path: Path) -> None:
        file = tmp_path / "camera"
        file.write_text("p@ss", encoding="utf-8")
        assert resolve("rtsp://us@cam/x", file=file).url == "rtsp://us:p%40ss@cam/x"
        assert resolve("rtsp://cam/x", file=file).url == "rtsp://cam/x"

    def test_the_environment(self) -> None:
        variables = {"REALTIME_POSE_USER": "us", "REALTIME_POSE_PASSWORD": "p@ss"}
        assert resolve("rtsp://cam/x", variables).url == "rtsp://us:p%40ss@cam/x"
        assert resolve("rtsp://u@cam/x", {"REALTIME_POSE_PASSWORD": "p@ss"}).url == "rtsp://u:p%40ss@cam/x"
        assert resolve("rtsp://cam/x", {"REALTIME_POSE_PASSWORD": "p@ss"}).url == "rtsp://cam/x"

    def test_the_url_wins_over_the_file_and_the_file_over_the_environment(self, tmp_path: Path) -> None:
        file = tmp_path / "camera"
        file.write_text("us:fromfile", encoding="utf-8")
        variables = {"REALTIME_POSE_USER": "us", "REALTIME_POSE_PASSWORD": "fromenv"}
        assert resolve("rtsp://us:own@cam/x", variables, file=file).url == "rtsp://us:own@cam/x"
        assert resolve("rtsp://us@cam/x", variables, file=file).url == "rtsp://us:fromfile@cam/x"

    def test_a_file_that_cannot_be_read_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(
            SourceOpenError,
            match=r"first line is user:password, but .* \(No such file",
        ):
            resolve("rtsp://cam/x", file=tmp_path / "missing")

    def test_a_byte_order_mark_is_no_part_of_the_user(self, tmp_path: Path) -> None:
        file = tmp_path / "camera"
        file.write_bytes(b"\xef\xbb\xbfus:fromfile\r\n")
        assert resolve("rtsp://cam/x", file=file).url == "rtsp://us:fromfile@cam/x"

    def test_no_repr_contains_the_password(self, tmp_path: Path) -> None:
        file = tmp_path / "camera"
        file.write_text("us:fromfile", encoding="utf-8")
        for endpoint in (resolve("rtsp://us:own@cam/x"), resolve("rtsp://cam/x", file=file)):
            assert "own" not in repr(endpoint)
            assert "fromfile" not in repr(endpoint)


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("http://cam/clip.mp4", True),
        ("https://cam/a/clip.MKV?token=x.y", True),
        ("http://cam/video.mjpg", False),
        ("http://cam/live.m3u8", False),
        ("http://cam/axis-cgi/mjpg/video.cgi", False),
        ("rtsp://cam/clip.mp4", False),
    ],
)
def test_only_a_web_address_with_a_video_suffix_is_a_file(uri: str, expected: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert has_video_suffix(resolve(uri).url) is expected
