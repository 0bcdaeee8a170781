"""A real RTSP server in its own process, which can be killed and started again on the same port."""

import socket
import struct
import subprocess
from pathlib import Path

import av

from benchmarks.support import clips
from benchmarks.support.needs import require
from benchmarks.support.servers.killable import KillableServer

PYTHON = "/usr/bin/python3"  # the system's Python: Debian's GStreamer bindings work in no other
SCRIPT = Path(__file__).parent / "gst_server.py"
DEADLINE_S = 10.0
CODECS = {"h264": "libx264", "h265": "libx265"}
OPTIONS = {
    "h264": {"preset": "ultrafast", "tune": "zerolatency", "g": "15"},
    "h265": {"preset": "ultrafast", "x265-params": "keyint=15:bframes=0:log-level=none"},
}


def free_port() -> int:
    """A port on which no server listens now."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))  # the system chooses a free port
        port: int = holder.getsockname()[1]
        return port


def write_units(video: Path) -> Path:
    """Write the encoded frames of a raw .h264 or .h265 file beside it, in the format of gst_server.py; the new path."""
    units = video.with_suffix(".units")
    with av.open(str(video)) as container, units.open("wb") as file:
        for packet in container.demux(video=0):
            if packet.size:
                content = bytes(packet)
                file.write(struct.pack(">I", len(content)) + content)
    return units


def clip(folder: Path, *, codec: str = "h264", wh: tuple[int, int] = (320, 240), count: int = 60) -> Path:
    """Encoded frames to serve; each image differs from the one before."""
    name = "hevc" if codec == "h265" else codec  # FFmpeg's suffix of a raw stream
    video = folder / f"{codec}-{wh[0]}.{name}"
    return write_units(clips.video(video, count=count, wh=wh, codec=CODECS[codec], options=OPTIONS[codec]))


def freezing_clip(units: Path, *, still: int) -> Path:
    """These frames, then ``still`` identical copies of the first one, as from a frozen camera; written beside them."""
    content = units.read_bytes()
    first = content[: 4 + struct.unpack(">I", content[:4])[0]]  # a key frame, with its length before it
    frozen = units.with_name("freezing.units")
    frozen.write_bytes(content + still * first)
    return frozen


class RtspServer(KillableServer):
    """Serves a clip at rtsp://127.0.0.1:port/live without end.

    Attributes:
        units, codec, user, audio: See below; changes take effect at the next start.
        mount: Name of the stream on the server, from the next start on; clients always ask for "live".

    Args:
        units: File of encoded frames that ``clip`` wrote.
        codec: h264 or h265.
        user: ``basic:NAME:PASSWORD`` or ``digest:NAME:PASSWORD``; "" allows everybody.
        rate_hz: Frames per second.
        audio: File of audio packets, its codec (aac or mulaw), and the nanoseconds of each packet; None: no audio.
    """

    def __init__(
        self,
        units: Path,
        *,
        codec: str = "h264",
        user: str = "",
        rate_hz: int = 30,
        audio: tuple[Path, str, int] | None = None,
    ) -> None:
        self.units, self.codec, self.user, self._rate_hz = units, codec, user, rate_hz
        self.audio, self.mount = audio, "live"
        self.port = free_port()
        self._process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        """Address of the clip."""
        return f"rtsp://127.0.0.1:{self.port}/live"

    def through(self, port: int) -> str:
        """Address of the clip at the port of a proxy."""
        return f"rtsp://127.0.0.1:{port}/live"

    def start(self) -> None:
        """Start the server; it listens when this returns."""
        require("rtsp")
        command = [PYTHON, str(SCRIPT), str(self.units), "--port", str(self.port), "--codec", self.codec]
        audio = ["--audio", *map(str, self.audio)] if self.audio is not None else []
        self._process = subprocess.Popen(
            [*command, "--mount", self.mount, "--user", self.user, "--rate", str(self._rate_hz), *audio],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        # it prints its port when it listens
        assert self._process.stdout.readline().strip() == str(self.port), "the server of the tests does not start"

    def kill(self) -> None:
        """Kill it, as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate(timeout=DEADLINE_S)
            self._process = None
