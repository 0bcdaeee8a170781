"""The process that sends a stream to a server: FLV on standard input, to an RTMP or RTSP address.

It is a process of its own because PyAV holds Python's lock while it connects: a server that accepts and never answers
would stop the whole program. Here only this process waits, and a timer of the C library ends it. The address comes on
the first line of standard input, and not as an argument: other users can read the arguments of a process.

    python -m realtime_pose.publishing.sender

Standard output gets one line of JSON when the first packet has gone out, and one with the reason if it fails.
"""

import faulthandler
import io
import json
import os
import sys
from typing import Any

import av

from realtime_pose.reasons import Reason
from realtime_pose.sources.faults import library_reason
from realtime_pose.sources.reasons import SourceReason

_INPUT_OPTIONS = {"analyzeduration": "1", "fpsprobesize": "0"}


def main() -> int:
    """Send until standard input ends; the exit code."""
    pipe = open(0, "rb", buffering=0, closefd=False)  # noqa: SIM115 - unbuffered, so that no packet waits
    order = json.loads(_read_line(pipe))
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 - os.devnull is not a path everywhere
        try:
            _relay(pipe, order, nowhere)
        except (av.FFmpegError, OSError, ValueError) as error:
            is_cut = isinstance(error, BrokenPipeError | ConnectionResetError)
            reason = Reason(SourceReason.CONNECTION_CLOSED) if is_cut else library_reason(error)
            _tell({"code": str(reason.code), "values": dict(reason.values)})
            return 1
    return 0


def _relay(pipe: io.FileIO, order: dict[str, Any], nowhere: io.TextIOWrapper) -> None:
    """Each packet of the pipe to the server."""
    source = av.open(pipe, "r", format="flv", options=_INPUT_OPTIONS)
    target = av.open(order["url"], "w", format=order["format"], options=order["options"])
    video = target.add_stream_from_template(source.streams.video[0])
    is_connected = False
    for packet in source.demux(source.streams.video[0]):
        if packet.dts is None:
            continue
        packet.stream = video
        faulthandler.dump_traceback_later(order["timeout_s"], exit=True, file=nowhere)
        target.mux(packet)
        faulthandler.cancel_dump_traceback_later()
        if not is_connected:
            _tell({"connected": True})
            is_connected = True
    faulthandler.dump_traceback_later(order["timeout_s"], exit=True, file=nowhere)
    target.close()


def _read_line(pipe: io.FileIO) -> bytes:
    """The first line, and no byte more."""
    line = b""
    while not line.endswith(b"\n"):
        byte = pipe.read(1)
        if not byte:
            break
        line += byte
    return line


def _tell(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
