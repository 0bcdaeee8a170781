"""Real HTTP and RTSP servers on this machine, with and without faults, for the tests of sources from a URL."""

import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.support.clips import Image, jpeg, pattern_image

DEADLINE_S = 10.0


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: clients disconnect on purpose in these tests."""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the overridden method
        pass


class _Cut(BaseHTTPRequestHandler):
    """Announces a file and sends only its first part."""

    path_of_file = Path()
    keep = 0.5

    def do_GET(self) -> None:
        content = self.path_of_file.read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: int(len(content) * self.keep)])

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the overridden method
        pass


class _Endless(BaseHTTPRequestHandler):
    """A network camera that sends JPEG images without end, or sends nothing after the first few."""

    silence = threading.Event()
    count: int | None = None
    is_silent_after = False
    encode = staticmethod(jpeg)

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        number = 0
        while self.count is None or number < self.count:
            content = self.encode(pattern_image(number))
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(content)}\r\n\r\n"
            self.wfile.write(head.encode() + content + b"\r\n")
            number += 1
        if self.is_silent_after:  # the connection stays open
            self.silence.wait(DEADLINE_S)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the overridden method
        pass


@contextmanager
def _serving(handler: Any) -> Iterator[str]:
    """Address of a server that runs until the block ends."""
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join(DEADLINE_S)


@contextmanager
def serving_folder(folder: Path) -> Iterator[str]:
    """Address of a server for the files of a folder; it does not support ranges, so a reader cannot seek."""
    with _serving(partial(_Quiet, directory=str(folder))) as address:
        yield address


class _Ranges(_Quiet):
    """Sends a part of a file if a client asks for one; keeps the log of what was asked."""

    folder = Path()
    asked: list[str]
    logins: list[str]

    def do_GET(self) -> None:
        self.logins.append(self.headers.get("Authorization", ""))
        content = (self.folder / self.path.lstrip("/")).read_bytes()
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        self.asked.append(self.headers.get("Range", ""))
        first, last = (int(wanted[1]), int(wanted[2] or len(content) - 1)) if wanted else (0, len(content) - 1)
        body = content[first : last + 1]
        self.send_response(206 if wanted else 200)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(body)))
        if wanted:
            self.send_header("Content-Range", f"bytes {first}-{first + len(body) - 1}/{len(content)}")
        self.end_headers()
        with suppress(ConnectionError):  # a reader that seeks leaves the rest
            self.wfile.write(body)


@contextmanager
def serving_parts(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Address of a server for the files of a folder that sends parts of them, and the parts that were asked for."""
    asked: list[str] = []
    with _serving(type("Handler", (_Ranges,), {"folder": folder, "asked": asked, "logins": []})) as address:
        yield address, asked


@contextmanager
def serving_parts_and_logins(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """The same, and the values of "Authorization" that clients have sent, "" for none."""
    logins: list[str] = []
    with _serving(type("Handler", (_Ranges,), {"folder": folder, "asked": [], "logins": logins})) as address:
        yield address, logins


class _Redirect(_Quiet):
    """Sends every client on to another server."""

    target = ""

    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", self.target + self.path)
        self.send_header("Content-Length", "0")
        self.end_headers()


@contextmanager
def redirecting_to(target: str) -> Iterator[str]:
    """Address of a server that sends every client on to another one."""
    with _serving(type("Handler", (_Redirect,), {"target": target})) as address:
        yield address


@contextmanager
def serving_cut(path: Path, keep: float = 0.5) -> Iterator[str]:
    """Address of a server that closes the connection in the middle of a file."""
    with _serving(type("Handler", (_Cut,), {"path_of_file": path, "keep": keep})) as address:
        yield address


@contextmanager
def serving_camera(
    count: int | None = None, *, is_silent_after: bool = False, encode: Callable[[Image], bytes] = jpeg
) -> Iterator[str]:
    """Address of a network camera that disconnects, or sends nothing, after this many images (None: never)."""
    silence = threading.Event()
    settings = {"count": count, "is_silent_after": is_silent_after, "silence": silence, "encode": staticmethod(encode)}
    with _serving(type("Handler", (_Endless,), settings)) as address:
        try:
            yield address
        finally:
            silence.set()


@contextmanager
def accepting_only() -> Iterator[str]:
    """Address of a server that lets everybody connect and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def closed_port() -> Iterator[int]:
    """A port of this machine at which nobody listens."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))  # bound and not listening: the port is taken, and connections are refused
        yield holder.getsockname()[1]


_SDP = (
    b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=test\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\n"
    b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:track1\r\n"
)
_ANSWERS = {
    b"OPTIONS": (b"Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n", b""),
    b"DESCRIBE": (b"Content-Type: application/sdp\r\n", _SDP),
    b"SETUP": (b"Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n", b""),
    b"PLAY": (b"Session: 1\r\n", b""),
}


def _rtp(units: list[bytes]) -> Iterator[bytes]:
    """H.264 units as RTP packets inside the RTSP connection, 30 frames per second."""
    ticks = 90_000  # not 0, which FFmpeg takes for "not known yet"
    for number, unit in enumerate(units):
        is_picture = unit[0] & 31 in (1, 5)
        head = struct.pack(">BBHII", 0x80, 96 | is_picture << 7, number, ticks, 7)
        yield struct.pack(">cBH", b"$", 0, len(head) + len(unit)) + head + unit
        ticks += 3000 * is_picture  # 90 kHz / 30; parameter sets have the time of their frame


def _speak_rtsp(server: socket.socket, units: list[bytes], is_over: threading.Event, *, is_silent_after: bool) -> None:
    """Answer one client until PLAY; then send everything, and close the connection or send nothing more."""
    connection, _ = server.accept()
    with connection, connection.makefile("rb") as lines:
        command = b""
        while command != b"PLAY":  # OPTIONS, DESCRIBE, SETUP, PLAY
            request = b"".join(iter(lines.readline, b"\r\n"))
            command = request.split(b" ", 1)[0]
            head, body = _ANSWERS[command]
            number = re.search(rb"CSeq: *(\d+)", request)
            assert number is not None
            length = b"Content-Length: %d\r\n" % len(body) if body else b""
            connection.sendall(b"RTSP/1.0 200 OK\r\nCSeq: %b\r\n%b%b\r\n%b" % (number[1], head, length, body))
        with suppress(ConnectionError):  # clients disconnect on purpose in these tests
            for packet in _rtp(units):
                connection.sendall(packet)
        if is_silent_after:
            is_over.wait(DEADLINE_S)


@contextmanager
def serving_rtsp(stream: Path, *, is_silent_after: bool = False) -> Iterator[str]:
    """Address, with user and password, of an RTSP camera that sends a raw .h264 file to one client, then stops."""
    units = [unit.rstrip(b"\0") for unit in stream.read_bytes().split(b"\0\0\1") if unit.strip(b"\0")]
    is_over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(
            target=_speak_rtsp, args=(server, units, is_over), kwargs={"is_silent_after": is_silent_after}
        )
        thread.start()
        try:
            yield f"rtsp://user:s3cr3t@127.0.0.1:{server.getsockname()[1]}/live"
        finally:
            is_over.set()
            thread.join(DEADLINE_S)


class _Answers(BaseHTTPRequestHandler):
    """A server that gives one whole body a request, by the number of the request."""

    answer: Callable[[int], bytes]
    numbers: Iterator[int]
    has_length = True

    def do_GET(self) -> None:
        content = self.answer(next(self.numbers))
        self.send_response(200 if content else 404)
        self.send_header("Content-Type", "image/jpeg")
        if self.has_length:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the overridden method
        pass


@contextmanager
def serving_answers(answer: Callable[[int], bytes], *, has_length: bool = True) -> Iterator[str]:
    """Address of an HTTP/1.0 server that answers request 0, 1, 2, ... with these bytes; empty ones are a 404.

    Args:
        answer: The body of a request by its number.
        has_length: Whether the server states the length of a body; without it, it only closes the connection.
    """
    settings = {"answer": staticmethod(answer), "numbers": count(), "has_length": has_length}
    with _serving(type("Handler", (_Answers,), settings)) as address:
        yield address
