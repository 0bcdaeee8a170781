"""An RTSP server that sends a clip of H.264 or H.265 frames and its audio in a loop, without re-encoding.

It runs in the system's python3, because Debian's GStreamer bindings work in no other. Prints its port when it listens.
"""

import argparse
import itertools
import struct
import sys
from pathlib import Path

# Debian's package python3-gi: where it is not installed, mypy finds no module, and where it is, the comment is unused.
import gi  # type: ignore[import-not-found,unused-ignore]

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # type: ignore[import-not-found,unused-ignore]  # noqa: E402 - after the versions

LAUNCH = (
    "( appsrc name=clip format=time is-live=true block=false max-bytes=0"
    " caps=video/x-{codec},stream-format=byte-stream,alignment=au,framerate={rate}/1"
    " ! {codec}parse ! identity sync=true ! rtp{codec}pay name=pay0 pt=96 config-interval=0 {audio})"
)
AUDIO_CODECS = {
    "aac": "audio/mpeg,mpegversion=4,stream-format=adts ! aacparse ! identity sync=true ! rtpmp4gpay name=pay1 pt=97",
    "mulaw": "audio/x-mulaw,rate=8000,channels=1 ! identity sync=true ! rtppcmupay name=pay1 pt=0",
}


def read_units(path: str) -> list[bytes]:
    """The encoded frames or audio packets that rtsp_server.py wrote; each follows its length in 4 bytes."""
    with Path(path).open("rb") as file:
        units = []
        while head := file.read(4):
            units.append(file.read(struct.unpack(">I", head)[0]))
    return units


def feed(media: GstRtspServer.RTSPMedia, name: str, units: list[bytes], step_ns: int) -> None:
    """Give the clip's units to the media in a loop, with increasing times."""
    source = media.get_element().get_by_name(name)
    numbers = itertools.count()

    def push(source: Gst.Element, _length: int) -> None:
        number = next(numbers)
        buffer = Gst.Buffer.new_wrapped(units[number % len(units)])
        buffer.pts = buffer.dts = number * step_ns
        buffer.duration = step_ns
        source.emit("push-buffer", buffer)

    source.connect("need-data", push)  # GStreamer asks for the next unit


def protect(server: GstRtspServer.RTSPServer, factory: GstRtspServer.RTSPMediaFactory, user: str) -> None:
    """Allow only this user: ``basic:NAME:PASSWORD`` or ``digest:NAME:PASSWORD``."""
    method, name, password = user.split(":", 2)
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "user")
    if method == "digest":
        auth.set_supported_methods(2)
        auth.add_digest(name, password, token)
    else:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(name, password), token)
    server.set_auth(auth)
    value = True  # GStreamer takes it as a positional argument
    role = Gst.Structure.new_empty("user")
    role.set_value("media.factory.access", value)
    role.set_value("media.factory.construct", value)
    factory.add_role_from_structure(role)


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("clip")
    parser.add_argument("--port", default="0")
    parser.add_argument("--codec", default="h264")
    parser.add_argument("--rate", default="30")
    parser.add_argument("--user", default="")
    parser.add_argument("--mount", default="live")
    parser.add_argument("--audio", nargs=3, metavar=("UNITS", "CODEC", "STEP_NS"))
    options = parser.parse_args()
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(options.port)
    factory = GstRtspServer.RTSPMediaFactory()
    path, kind, audio_step_ns = options.audio or ("", "", "0")
    audio = (
        f" appsrc name=audio format=time is-live=true block=false max-bytes=0 caps={AUDIO_CODECS[kind]} "
        if kind
        else ""
    )
    factory.set_launch(LAUNCH.format(codec=options.codec, rate=options.rate, audio=audio))
    factory.set_shared(True)  # one feed for all clients
    units, step_ns = read_units(options.clip), Gst.SECOND // int(options.rate)
    factory.connect("media-configure", lambda _, media: feed(media, "clip", units, step_ns))
    if kind:
        packets = read_units(path)
        factory.connect("media-configure", lambda _, media: feed(media, "audio", packets, int(audio_step_ns)))
    if options.user:
        protect(server, factory, options.user)
    server.get_mount_points().add_factory(f"/{options.mount}", factory)
    if not server.attach(None):
        sys.exit("cannot listen")
    sys.stdout.write(f"{server.get_bound_port()}\n")
    sys.stdout.flush()
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
