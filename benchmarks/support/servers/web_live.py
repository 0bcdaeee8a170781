"""Live video over HTTP from this machine: an MJPEG camera and an HLS channel that can be killed and restarted."""

import socket
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol

import av

from benchmarks.support import clips
from benchmarks.support.servers.killable import KillableServer
from benchmarks.support.servers.rtsp_server import free_port

DEADLINE_S = 10.0
WH = (160, 120)
HLS_RATE_HZ = 15


class Site(Protocol):
    """The content of a server."""

    def answer(self, request: BaseHTTPRequestHandler, is_over: threading.Event) -> None:
        """Answer one request; a stream ends when ``is_over`` is set."""


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def do_GET(self) -> None:
        with suppress(OSError):  # clients disconnect on purpose in these tests
            self.server.site.answer(self, self.server.is_over)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the overridden method
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, site: Site) -> None:
        super().__init__(("127.0.0.1", port), _Request)
        self.site, self.is_over = site, threading.Event()
        self.clients: list[socket.socket] = []

    def get_request(self) -> tuple[socket.socket, Any]:
        client, address = super().get_request()
        self.clients.append(client)
        return client, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


class Web(KillableServer):
    """A server of one site; ``kill`` cuts its connections, as a power cut does."""

    def __init__(self, site: Site) -> None:
        self.port = free_port()
        self._site = site
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def address(self, path: str) -> str:
        """The address of this path."""
        return f"http://127.0.0.1:{self.port}/{path}"

    def start(self) -> None:
        """Start to listen."""
        self._server = _Server(self.port, self._site)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def kill(self) -> None:
        """Stop at once and cut all connections."""
        if self._server is None or self._thread is None:
            return
        self._server.is_over.set()
        self._server.shutdown()
        self._thread.join(DEADLINE_S)
        for client in self._server.clients:  # shutdown() leaves open connections alone
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
        self._server.server_close()
        self._server = None


def _refuse(request: BaseHTTPRequestHandler, code: int) -> None:
    request.send_response(code)
    request.send_header("Content-Length", "0")
    request.end_headers()


class MjpegCamera:
    """A camera at /video that sends JPEG images at its own rate; /refused needs a password, other paths do not exist.

    Attributes:
        is_silent: Whether it sends nothing and keeps its connections open.
        is_broken: Whether its images cannot be decoded.
        sends_length: Whether each image comes with its length; some cameras do not send it.
    """

    def __init__(self, *, rate_hz: float = 25.0) -> None:
        self.is_silent = self.is_broken = False
        self.sends_length = True
        self._step_s = 1 / rate_hz

    def answer(self, request: BaseHTTPRequestHandler, is_over: threading.Event) -> None:
        if request.path != "/video":
            _refuse(request, 401 if request.path == "/refused" else 404)
            return
        request.send_response(200)
        request.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        request.end_headers()
        number, started_s = 0, time.monotonic()
        while not is_over.wait(max(0.0, started_s + number * self._step_s - time.monotonic())):
            number += 1
            if not self.is_silent:
                request.wfile.write(self._part(number))

    def _part(self, number: int) -> bytes:
        content = b"\xff\xd8" + bytes(500) if self.is_broken else clips.jpeg(clips.pattern_image(number, WH))
        length = b"Content-Length: %d\r\n" % len(content) if self.sends_length else b""
        return b"--frame\r\nContent-Type: image/jpeg\r\n%b\r\n%b\r\n" % (length, content)


class HlsChannel:
    """A channel at /live.m3u8 with segments of one second; the list has the newest few of them.

    Attributes:
        is_complete: Whether the list says that nothing follows.
        is_stuck: Whether the list no longer changes, as when the encoder behind the server has died.

    Args:
        folder: Folder with the segments 0.ts, 1.ts, ...
        shown: Number of segments in the list.
    """

    def __init__(self, folder: Path, *, shown: int = 4) -> None:
        self.is_complete = self.is_stuck = False
        self._folder, self._shown = folder, shown
        self._count = len(list(folder.glob("*.ts")))
        self._started_s, self._newest = time.monotonic(), 0

    def answer(self, request: BaseHTTPRequestHandler, is_over: threading.Event) -> None:  # noqa: ARG002 - Site's interface
        path = self._folder / request.path.lstrip("/")
        if request.path == "/live.m3u8":
            content, kind = self._list().encode(), "application/vnd.apple.mpegurl"
        elif path.suffix == ".ts" and path.is_file():
            content, kind = path.read_bytes(), "video/mp2t"
        else:
            _refuse(request, 404)
            return
        request.send_response(200)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def _list(self) -> str:
        if not (self.is_complete or self.is_stuck):
            self._newest = min(self._count - 1, self._shown - 1 + int(time.monotonic() - self._started_s))
        first = self._newest - self._shown + 1
        head = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:1", f"#EXT-X-MEDIA-SEQUENCE:{first}"]
        body = [line for number in range(first, self._newest + 1) for line in ("#EXTINF:1.0,", f"{number}.ts")]
        return "\n".join([*head, *body, *(["#EXT-X-ENDLIST"] if self.is_complete else [])]) + "\n"


def segments(folder: Path, *, seconds: int = 25, clip: Path | None = None) -> Path:
    """Fill the folder with segments of one second, cut from the clip (a key frame each second) or a new video."""
    options = {"preset": "ultrafast", "tune": "zerolatency", "g": str(HLS_RATE_HZ)}
    whole = clip or clips.video(
        folder / "whole.mkv", count=seconds * HLS_RATE_HZ, wh=WH, rate_hz=HLS_RATE_HZ, options=options
    )
    cut = {"segment_time": "1", "segment_format": "mpegts"}
    with av.open(str(whole)) as source, av.open(str(folder / "%d.ts"), "w", format="segment", options=cut) as output:
        copies = {stream.index: output.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.size:
                packet.stream = copies[packet.stream_index]
                output.mux(packet)
    return folder
