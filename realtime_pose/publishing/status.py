"""What a publication does, for window, summary and programs."""

from dataclasses import dataclass
from enum import StrEnum


class PublicationKind(StrEnum):
    """Kind of a publication.

    Attributes:
        STREAM: To a server.
        CAMERA: To a virtual camera.
    """

    STREAM = "stream"
    CAMERA = "camera"


class PublicationState(StrEnum):
    """State of a publication.

    Attributes:
        OFF: Switched off.
        CONNECTING: Frames are sent, but none has arrived yet.
        LIVE: Frames arrive.
        WAITING: It failed, and is tried again.
        ENDED: The run is over.
    """

    OFF = "off"
    CONNECTING = "connecting"
    LIVE = "live"
    WAITING = "waiting"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a publication goes.

    Attributes:
        name: The address without its secrets, or the device.
        kind: See there.
    """

    name: str
    kind: PublicationKind


@dataclass(frozen=True, slots=True)
class PublicationStatus:
    """A publication at one moment.

    Attributes:
        destination: Where it goes.
        state: See there.
        reason: Why it failed the last time; "" if it did not.
        num_frames: Frames that were sent.
        num_connections: How often frames began to arrive.
    """

    destination: Destination
    state: PublicationState
    reason: str = ""
    num_frames: int = 0
    num_connections: int = 0
