"""A real RTMP server (nginx with its RTMP module) and a publisher that sends a clip to it without end."""

import os
import shutil
import subprocess
import threading
import time
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av

from benchmarks.support.needs import require
from benchmarks.support.servers.killable import KillableServer
from benchmarks.support.servers.rtsp_server import free_port
from realtime_pose.recording.encoder import Packet

DEADLINE_S = 10.0
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or "nginx"
MODULE = next((path for path in Path("/").glob("usr/lib*/nginx/modules/ngx_rtmp_module.so")), None)
CONFIG = """
load_module {module};
daemon off; master_process off; pid {folder}/pid; error_log /dev/null;
events {{}}
rtmp {{ server {{ listen 127.0.0.1:{port}; application live {{ live on; }} }} }}
"""


class RtmpServer(KillableServer):
    """Serves rtmp://127.0.0.1:port/live/cam; its publisher starts and stops with it.

    Args:
        clip: A video with one H.264 stream and perhaps an audio stream; its packets are sent in a loop.
        folder: Folder for the files of the server.
    """

    def __init__(self, clip: Path, folder: Path) -> None:
        self.port = free_port()
        self._clip, self._folder = clip, folder
        self._is_over = threading.Event()
        self._server: subprocess.Popen[bytes] | None = None
        self._publisher: threading.Thread | None = None

    @property
    def address(self) -> str:
        """Address of the clip."""
        return f"rtmp://127.0.0.1:{self.port}/live/cam"

    def start(self, *, publishes: bool = True) -> None:
        """Start the server, and the publisher unless ``publishes`` is false."""
        require("rtmp")
        config = self._folder / "nginx.conf"
        config.write_text(CONFIG.format(module=MODULE, folder=self._folder, port=self.port))
        self._is_over.clear()
        self._server = subprocess.Popen(
            [NGINX, "-p", str(self._folder), "-c", str(config), "-e", "/dev/null"], stderr=subprocess.DEVNULL
        )
        if publishes:
            self._publisher = threading.Thread(target=self._publish, daemon=True)
            self._publisher.start()

    def kill(self) -> None:
        """Kill it, as a power cut does."""
        self._is_over.set()
        if self._server is not None:
            self._server.kill()
            self._server.wait(DEADLINE_S)
            self._server = None
        if self._publisher is not None:
            self._publisher.join(DEADLINE_S)
            self._publisher = None

    def _publish(self) -> None:
        """Send the clip until the server is killed; it may not listen yet."""
        deadline_s = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline_s and not self._is_over.wait(0.05):
            with suppress(av.FFmpegError), av.open(self.address, "w", format="flv") as out:
                self._send(out)

    def _send(self, out: av.container.OutputContainer) -> None:
        with av.open(str(self._clip)) as video:
            copies = {stream.index: out.add_stream_from_template(stream) for stream in video.streams}
            packets = [
                (float(packet.dts * packet.time_base), packet.stream_index, packet.is_keyframe, bytes(packet))
                for packet in video.demux()
                if packet.size and packet.dts is not None
            ]
            length_s = float((video.duration or 0) / av.time_base)
        started_s, round_s = time.monotonic(), 0.0
        while True:
            for time_s, index, is_key, content in packets:
                due_s = started_s + round_s + time_s
                if self._is_over.wait(max(0.0, due_s - time.monotonic())):
                    return
                packet = Packet(content)
                packet.time_base = Fraction(1, 1000)
                packet.pts = packet.dts = max(0, round((round_s + time_s) * 1000))  # FLV counts in milliseconds
                packet.is_keyframe, packet.stream = is_key, copies[index]
                out.mux(packet)
            round_s += length_s  # the next loop goes on in time
