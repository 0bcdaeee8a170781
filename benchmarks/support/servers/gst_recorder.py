"""An RTSP server that takes one H.264 stream at /live and writes it into a file, as media servers do with publishers.

It runs in the system's python3, because Debian's GStreamer bindings work in no other. Prints its port when it listens.
"""

import argparse
import sys

# Debian's package python3-gi: where it is not installed, mypy finds no module, and where it is, the comment is unused.
import gi  # type: ignore[import-not-found,unused-ignore]

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # type: ignore[import-not-found,unused-ignore]  # noqa: E402 - after the versions

LAUNCH = (
    "( rtph264depay name=depay0 ! h264parse config-interval=-1"
    ' ! video/x-h264,stream-format=byte-stream,alignment=au ! filesink buffer-mode=2 sync=false location="{path}" )'
)
RIGHTS = ("media.factory.access", "media.factory.construct")


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("path")
    parser.add_argument("--port", default="0")
    parser.add_argument("--user", default="", help="NAME:PASSWORD")
    options = parser.parse_args()
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(options.port)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(LAUNCH.format(path=options.path))
    factory.set_transport_mode(GstRtspServer.RTSPTransportMode.RECORD)
    name, _, password = options.user.partition(":")
    auth, token, role = GstRtspServer.RTSPAuth(), GstRtspServer.RTSPToken(), Gst.Structure.new_empty("user")
    token.set_string("media.factory.role", "user")
    if options.user:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(name, password), token)
    else:
        auth.set_default_token(token)  # everybody
    server.set_auth(auth)
    for right in RIGHTS:
        role.set_value(right, True)  # noqa: FBT003 - GStreamer takes it as a positional argument
    factory.add_role_from_structure(role)
    server.get_mount_points().add_factory("/live", factory)
    if not server.attach(None):
        sys.exit("cannot listen")
    sys.stdout.write(f"{server.get_bound_port()}\n")
    sys.stdout.flush()
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
