"""An RTSP server around a clip of H.264 or H.265 pictures and its sound, sent over and over without re-encoding.

For the system's python3, since Debian's GStreamer bindings are for no other. Prints its port once it listens.
"""

import argparse
import itertools
import struct
import sys

import gi  # type: ignore[import-not-found,unused-ignore]

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # type: ignore[import-not-found,unused-ignore]  # noqa: E402

LAUNCH = (
    "( appsrc name=clip format=time is-live=true block=false max-bytes=0"
    " caps=video/x-{codec},stream-format=byte-stream,alignment=au,framerate={rate}/1"
    " ! {codec}parse ! identity sync=true ! rtp{codec}pay name=pay0 pt=96 config-interval=0 {sound})"
)
SOUNDS = {
    "aac": "audio/mpeg,mpegversion=4,stream-format=adts ! aacparse ! identity sync=true ! rtpmp4gpay name=pay1 pt=97",
    "mulaw": "audio/x-mulaw,rate=8000,channels=1 ! identity sync=true ! rtppcmupay name=pay1 pt=0",
}


def units_of(path: str) -> list[bytes]:
    """The coded pictures or sounds of a clip that rtsp_server.py wrote: each with its length, 4 bytes, before it."""
    with open(path, "rb") as file:  # noqa: PTH123 - the system's Python has no more than it needs
        units = []
        while head := file.read(4):
            units.append(file.read(struct.unpack(">I", head)[0]))
    return units


def feed(media: GstRtspServer.RTSPMedia, name: str, units: list[bytes], step_ns: int) -> None:
    """Let the media have the clip's units, again and again, with times that go on."""
    source = media.get_element().get_by_name(name)
    numbers = itertools.count()

    def push(source: Gst.Element, _length: int) -> None:
        number = next(numbers)
        buffer = Gst.Buffer.new_wrapped(units[number % len(units)])
        buffer.pts = buffer.dts = number * step_ns
        buffer.duration = step_ns
        source.emit("push-buffer", buffer)

    source.connect("need-data", push)


def protect(server: GstRtspServer.RTSPServer, factory: GstRtspServer.RTSPMediaFactory, user: str) -> None:
    """Let only this user in: ``basic:NAME:PASSWORD`` or ``digest:NAME:PASSWORD``."""
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
    value = True  # GStreamer's call takes it by position
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
    parser.add_argument("--sound", nargs=3, metavar=("UNITS", "CODEC", "STEP_NS"))
    wanted = parser.parse_args()
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(wanted.port)
    factory = GstRtspServer.RTSPMediaFactory()
    path, kind, sound_step_ns = wanted.sound or ("", "", "0")
    sound = f" appsrc name=sound format=time is-live=true block=false max-bytes=0 caps={SOUNDS[kind]} " if kind else ""
    factory.set_launch(LAUNCH.format(codec=wanted.codec, rate=wanted.rate, sound=sound))
    factory.set_shared(True)
    units, step_ns = units_of(wanted.clip), Gst.SECOND // int(wanted.rate)
    factory.connect("media-configure", lambda _, media: feed(media, "clip", units, step_ns))
    if kind:
        sounds = units_of(path)
        factory.connect("media-configure", lambda _, media: feed(media, "sound", sounds, int(sound_step_ns)))
    if wanted.user:
        protect(server, factory, wanted.user)
    server.get_mount_points().add_factory(f"/{wanted.mount}", factory)
    if not server.attach(None):
        sys.exit("cannot listen")
    sys.stdout.write(f"{server.get_bound_port()}\n")
    sys.stdout.flush()
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
