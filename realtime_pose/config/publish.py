"""Settings of the overlay's way out of the program: to a server, and to a virtual camera."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from realtime_pose.errors import ConfigError
from realtime_pose.redaction import redact_stream_key

_SCHEMES = ("rtmp", "rtmps", "rtsp", "rtsps")


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishConfig:
    """Where the picture with the overlay goes while it is made. Its look is that of a recording."""

    # repr=False: the address may hold a password.
    url: Annotated[str, tyro.conf.arg(name="publish", metavar="URL")] = field(default="", repr=False)
    """Send the picture with the overlay to this RTMP or RTSP server, as in rtmp://host/live/name."""
    virtual_camera: Annotated[Path | None, tyro.conf.arg(metavar="/dev/videoN")] = None
    """Show it to other programs as a webcam: a device of v4l2loopback (Linux)."""

    def __post_init__(self) -> None:
        """Check the scheme."""
        if self.url and not re.match(rf"({'|'.join(_SCHEMES)})://.", self.url, re.IGNORECASE):
            raise ConfigError(
                f"publish: expected an address that begins with {', '.join(f'{name}://' for name in _SCHEMES)}, "
                f"got {redact_stream_key(self.url)!r}"
            )
