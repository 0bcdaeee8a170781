"""How a file is read once more, and what is known of its length."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from realtime_pose.sources import Source


class NoReplay(Enum):
    """Why a file on a server cannot be read from any place.

    Attributes:
        NO_INDEX: The file does not say where its frames are, so all before a place would have to be loaded.
        NO_PARTS: The server sends whole files only.
    """

    NO_INDEX = "no index"
    NO_PARTS = "no parts"


@dataclass(frozen=True, slots=True)
class Reopener:
    """A file that can be read again, from any place.

    Attributes:
        open: Opens it from a place on.
        first_s: Place of its first frame.
        stated_end_s: Where it ends as the file says; None if it does not.
        step_s: Time from one frame to the next.
        is_pictures: Whether its frames are single pictures.
    """

    open: Callable[[float], Source]
    first_s: float = 0.0
    stated_end_s: float | None = None
    step_s: float = 1 / 30
    is_pictures: bool = False
