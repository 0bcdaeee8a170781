"""A weights file for tests: its manifest entry, and an HTTP server that serves it with faults on demand."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from onnx import TensorProto, helper

from realtime_pose.models.manifest import InputSpec, ModelSpec


def graph(num_bytes: int, *, first: int = 0) -> bytes:
    """An ONNX file of this length that returns its input; most of it is filler that begins with this byte."""
    overhead = len(_graph(num_bytes, first)) - num_bytes  # bytes of the graph around the filler
    return _graph(num_bytes - overhead, first)


def _graph(num_filled: int, first: int) -> bytes:
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("x", "y")]
    pattern = bytes((first + place) % 256 for place in range(256))
    filler = (pattern * (num_filled // 256 + 1))[:num_filled]
    tensor = helper.make_tensor("filler", TensorProto.UINT8, [num_filled], filler, raw=True)
    node = helper.make_node("Identity", ["x"], ["y"])
    model = helper.make_graph([node], "identity", values[:1], values[1:], [tensor])
    whole = helper.make_model(model, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(whole.SerializeToString())


CONTENT = graph(512_000)  # more than one chunk


def entry(url: str = "", **changes: object) -> ModelSpec:
    """A detector's manifest entry for CONTENT."""
    spec = ModelSpec(
        name="m",
        task="detector",
        family="nanodet",
        file="m.onnx",
        url=url,
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        bytes=len(CONTENT),
        licence="MIT",
        input=InputSpec(name="x", wh=(32, 32)),
    )
    return replace(spec, **changes)  # type: ignore[arg-type]


def silent(done: int, total: int) -> None:
    """No progress bar."""


def put(folder: Path, name: str, content: bytes) -> Path:
    """Write a file with this content; its path."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)
    return folder / name


@dataclass
class Server:
    """A server's file and behaviour, and the Range header of each request.

    Attributes:
        content: The file.
        status: Status of answers to requests without a range.
        knows_range: Whether ranges are supported.
        etag: The ETag header; "": none.
        cut_at: Send only this many bytes; None: all.
        holds_first: Whether the first request waits for a second one.
        ranges: Range header of each request; None: no range.
        url: Address of the file.
        stall_at: Send this many bytes, then wait for ``resumed``; None: do not wait.
        second_came: Set when the second request comes.
        stalled: Set when the server waits at ``stall_at``.
        resumed: The test sets it to end this wait.
    """

    content: bytes = CONTENT
    status: int = 200
    knows_range: bool = True
    etag: str = ""
    cut_at: int | None = None
    holds_first: bool = False
    ranges: list[str | None] = field(default_factory=list)
    url: str = ""
    stall_at: int | None = None
    second_came: threading.Event = field(default_factory=threading.Event)
    stalled: threading.Event = field(default_factory=threading.Event)
    resumed: threading.Event = field(default_factory=threading.Event)


def _respond(server: Server, request: BaseHTTPRequestHandler) -> None:
    wanted = request.headers.get("Range")
    server.ranges.append(wanted)
    if len(server.ranges) == 2:
        server.second_came.set()
    if server.holds_first and len(server.ranges) == 1:
        server.second_came.wait(0.5)  # two downloads at the same time
    start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and server.knows_range else 0
    body, status = server.content[start:], server.status
    if wanted and server.knows_range:
        status = 206 if body else 416  # the range begins behind the end
    request.send_response(status)
    request.send_header("Content-Length", str(len(body)))
    if status == 206:
        request.send_header("Content-Range", f"bytes {start}-{len(server.content) - 1}/{len(server.content)}")
    if server.etag:
        request.send_header("ETag", server.etag)
    request.end_headers()
    if server.stall_at is None:
        request.wfile.write(body[: server.cut_at])
        return
    request.wfile.write(body[: server.stall_at])
    server.stalled.set()
    server.resumed.wait(30)


@contextmanager
def serving() -> Iterator[Server]:
    """A server on 127.0.0.1 that runs until the block ends."""
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _respond(state, self)

        def log_request(self, code: object = "", size: object = "") -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        state.url = f"http://127.0.0.1:{running.server_port}/files/m.onnx"
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield state
        finally:
            running.shutdown()
            thread.join(5)
