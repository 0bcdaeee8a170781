"""A real RTSP server in a process of its own, which can be killed and started again on the same port."""

import socket
import struct
import subprocess
from pathlib import Path

import av

from tests.support import clips
from tests.support.child_process import MortalServer

PYTHON = "/usr/bin/python3"  # the system's own: Debian's GStreamer bindings are for no other
SCRIPT = Path(__file__).parent / "gst_server.py"
DEADLINE_S = 10.0
CODECS = {"h264": "libx264", "h265": "libx265"}
OPTIONS = {
    "h264": {"preset": "ultrafast", "tune": "zerolatency", "g": "15"},
    "h265": {"preset": "ultrafast", "x265-params": "keyint=15:bframes=0:log-level=none"},
}


def free_port() -> int:
    """A port at which nobody listens now."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        port: int = holder.getsockname()[1]
        return port


def units_of(video: Path) -> Path:
    """The coded pictures of a raw .h264 or .h265 file, as gst_server.py wants them, beside it."""
    units = video.with_suffix(".units")
    with av.open(str(video)) as container, units.open("wb") as file:
        for packet in container.demux(video=0):
            if packet.size:
                content = bytes(packet)
                file.write(struct.pack(">I", len(content)) + content)
    return units


def clip(folder: Path, *, codec: str = "h264", wh: tuple[int, int] = (320, 240), count: int = 60) -> Path:
    """Pictures to serve, each unlike the one before it."""
    name = "hevc" if codec == "h265" else codec
    video = folder / f"{codec}-{wh[0]}.{name}"
    return units_of(clips.video(video, count=count, wh=wh, codec=CODECS[codec], options=OPTIONS[codec]))


def freezing(units: Path, *, still: int) -> Path:
    """These pictures, then the first one so often, the same to the bit, as of a camera that hangs; beside them."""
    content = units.read_bytes()
    first = content[: 4 + struct.unpack(">I", content[:4])[0]]
    frozen = units.with_name("freezing.units")
    frozen.write_bytes(content + still * first)
    return frozen


class RtspServer(MortalServer):
    """Serves a clip at rtsp://127.0.0.1:port/live without end.

    Attributes:
        units, codec, user, sound: See below; as they are at the next start.
        mount: The name of the clip, likewise; everybody asks for "live".

    Args:
        units: What ``clip`` made.
        codec: h264 or h265.
        user: ``basic:NAME:PASSWORD`` or ``digest:NAME:PASSWORD``; "" lets everybody in.
        rate_hz: Pictures per second.
        sound: Units of sound, whether they are aac or mulaw, and how long each is in nanoseconds; None for no sound.
    """

    def __init__(
        self,
        units: Path,
        *,
        codec: str = "h264",
        user: str = "",
        rate_hz: int = 30,
        sound: tuple[Path, str, int] | None = None,
    ) -> None:
        self.units, self.codec, self.user, self._rate_hz = units, codec, user, rate_hz
        self.sound, self.mount = sound, "live"
        self.port = free_port()
        self._process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        """Where the clip is."""
        return f"rtsp://127.0.0.1:{self.port}/live"

    def through(self, port: int) -> str:
        """The same at the port of a proxy."""
        return f"rtsp://127.0.0.1:{port}/live"

    def start(self) -> None:
        """Start it; it listens when this returns."""
        command = [PYTHON, str(SCRIPT), str(self.units), "--port", str(self.port), "--codec", self.codec]
        sound = ["--sound", *map(str, self.sound)] if self.sound is not None else []
        self._process = subprocess.Popen(
            [*command, "--mount", self.mount, "--user", self.user, "--rate", str(self._rate_hz), *sound],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == str(self.port), "the server of the tests does not start"

    def kill(self) -> None:
        """Kill it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate(timeout=DEADLINE_S)
            self._process = None
