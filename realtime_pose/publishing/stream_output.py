"""Images to an RTMP or RTSP server: encoded here, sent by a process of its own (`sender`)."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import av

from realtime_pose.config import RecordConfig
from realtime_pose.errors import SinkError
from realtime_pose.reasons import Reason
from realtime_pose.recording.encoder import Encoder, Packet
from realtime_pose.recording.tick_clock import TickClock
from realtime_pose.scene import Image
from realtime_pose.sources.endpoint import Endpoint
from realtime_pose.sources.reason_texts import describe_reason
from realtime_pose.sources.reasons import SourceReason

TIMEOUT_S = 10.0  # for which a server may take no data
_ROOT = str(Path(__file__).parents[2])  # of the package, which need not be installed
_END_S = 5.0  # for which the last packets may take
_STOPPED_END_S = 1.0  # the same if somebody waits for the end
# A pipe cannot be gone back in, and no packet may wait in a buffer.
_PIPE_OPTIONS = {"flvflags": "no_duration_filesize", "flush_packets": "1"}
_FORMATS = {"rtmp": "flv", "rtmps": "flv", "rtsp": "rtsp", "rtsps": "rtsp"}


class StreamOutput:
    """An H.264 stream to a server, in the times in which its images came.

    Args:
        endpoint: The server.
        wh: Width and height of the first image.
        config: Quality and speed of the encoder.
        rate_hz: Frames per second, for the rate control; 0 if unknown.
        timeout_s: For how long the server may take no data.

    Raises:
        SinkError: No encoder takes this size, or no process can be started.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        wh: tuple[int, int],
        config: RecordConfig,
        *,
        rate_hz: float,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._told: list[dict[str, Any]] = []  # by the process
        self._is_writing = self._is_closing = self._is_interrupted = False
        self._name = endpoint.name
        self._clock = TickClock(rate_hz)
        self._encoder = Encoder(wh, config, rate_hz=self._clock.rate_hz)
        self._process, self._input, self._output = _start(endpoint, timeout_s)
        self._container = av.open(self._input, "w", format="flv", options=_PIPE_OPTIONS)
        self._stream = self._container.add_stream_from_template(self._encoder.stream)

    @property
    def is_connected(self) -> bool:
        """Whether a packet has gone out."""
        if not self._output.closed:
            self._listen()
        return any("connected" in line for line in self._told)

    def write(self, image: Image, *, at_s: float) -> None:
        """Send an image.

        Raises:
            SinkError: It cannot be encoded, or the server has gone.
        """
        ticks = self._clock.ticks(at_s)
        is_key = self._clock.is_key_due(ticks)
        if is_key:
            self._clock.note_key(ticks)
        packets = self._encoder.encode(image, ticks, is_key=is_key)
        self._is_writing = True  # the process may take nothing for a while; set before the other flag is read
        try:
            if not self._is_interrupted:
                self._send(packets)
        except (av.FFmpegError, OSError, ValueError) as error:  # the process has ended
            raise self._failure() from error
        finally:
            self._is_writing = False
        if self._process.poll() is not None:
            raise self._failure()

    def close(self) -> None:
        """Send the rest, if the server takes it, and end the process; after `interrupt` within a second."""
        self._is_closing = True
        os.set_blocking(self._input.fileno(), False)  # a process that hangs takes no more
        with suppress(av.FFmpegError, OSError, ValueError):
            self._container.close()
        with suppress(OSError):
            self._input.close()
        try:
            self._process.wait(_STOPPED_END_S if self._is_interrupted else _END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listen()
        self._output.close()

    def interrupt(self) -> None:
        """End the process if somebody waits for it; else the rest is sent at the end. No image is sent any more."""
        self._is_interrupted = True
        if self._is_writing or self._is_closing:
            self._process.kill()

    def _send(self, packets: Iterable[Packet]) -> None:
        """Put packets into the pipe."""
        for packet in packets:
            packet.stream = self._stream
            self._container.mux(packet)
        self._input.flush()

    def _failure(self) -> SinkError:
        """The error that the process told, or that it told none in time."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOPPED_END_S)
        self._listen()
        told = next((line for line in self._told if "code" in line), None)
        reason = Reason(SourceReason.TIMEOUT) if told is None else Reason(SourceReason(told["code"]), told["values"])
        return SinkError(
            f"{self._name}: expected a server that takes a stream, but {describe_reason(reason)}. "
            "Check the address, user and password, and that the server is up; it is tried again"
        )

    def _listen(self) -> None:
        """Take what the process has told since the last time, without waiting."""
        content = self._output.read() or b""
        self._told += [json.loads(line) for line in content.decode().splitlines() if line]


def _start(endpoint: Endpoint, timeout_s: float) -> tuple["subprocess.Popen[bytes]", IO[bytes], IO[bytes]]:
    """The process, with its order given, its input and its output."""
    if not hasattr(os, "set_blocking"):
        raise SinkError(f"{endpoint.name}: to send a stream, Windows needs Python 3.12 or newer")
    scheme = endpoint.url.partition("://")[0].lower()
    options = {"rtsp_transport": endpoint.transport} if scheme.startswith("rtsp") else {}
    order = {"url": endpoint.url, "format": _FORMATS[scheme], "options": options, "timeout_s": timeout_s}
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "realtime_pose.publishing.sender"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # FFmpeg's own lines; they may hold the address
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (_ROOT, os.environ.get("PYTHONPATH"))))},
            start_new_session=True,  # Ctrl-C in the terminal must not cut off the end of the stream
        )
    except OSError as error:
        raise SinkError(f"{endpoint.name}: the process that sends was not started: {error.strerror}") from error
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("expected both pipes that were asked for")
    os.set_blocking(process.stdout.fileno(), False)
    process.stdin.write(json.dumps(order).encode() + b"\n")
    process.stdin.flush()
    return process, process.stdin, process.stdout
