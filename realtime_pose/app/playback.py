"""The clock of a file that is played: where it is, how fast it goes, and what holds it up. Pure: time comes in."""

import math
from dataclasses import dataclass

from realtime_pose.app.translation import tr
from realtime_pose.pipeline.kept_scenes import SAME_S

FASTEST = math.inf  # as fast as possible: the picture follows the analysis
SPEEDS = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, FASTEST)
_FASTEST_SHOWN = 8.0  # speed in place of FASTEST where everything was analysed before


@dataclass(frozen=True, slots=True)
class Timeline:
    """What is known of the length of a file. All are places in seconds.

    Attributes:
        first_s: Its first frame.
        analysed_s: The frame that was analysed last.
        end_s: Where it ends: as the file says, and after the analysis where it really ended.
        is_complete: Whether the analysis has ended.
    """

    first_s: float
    analysed_s: float
    end_s: float
    is_complete: bool


@dataclass
class Playback:
    """Where a file is, as its user plays it.

    The clock does not run past the analysis, so that people are always drawn. Only a user who has gone to a place that
    is not analysed yet sees the file go on there without people.

    Attributes:
        position_s: The place that is shown.
        speed: Times the file's own speed; FASTEST: the picture follows the analysis.
        is_playing: Whether the clock runs.
        is_looping: Whether it starts again at the end.
        has_ended: Whether it stands at the end.
        follows: Whether the newest analysed frame is shown.
    """

    position_s: float = 0.0
    speed: float = 1.0
    is_playing: bool = True
    is_looping: bool = False
    has_ended: bool = False
    follows: bool = False

    def advance(self, elapsed_s: float, line: Timeline) -> None:
        """Let the clock run for so long."""
        if not self.is_playing:
            return
        if self.speed == FASTEST and (self.position_s >= line.analysed_s - SAME_S or self.follows):
            self.follows = not line.is_complete
        if self.follows:
            self.position_s = line.analysed_s
            return
        limit_s = line.end_s
        if not line.is_complete and self.position_s <= line.analysed_s + SAME_S:
            limit_s = line.analysed_s
        speed = _FASTEST_SHOWN if self.speed == FASTEST else self.speed
        self.position_s = min(self.position_s + speed * elapsed_s, max(limit_s, self.position_s))
        if line.is_complete and self.position_s >= line.end_s - SAME_S:
            self._end(line)

    def seek(self, position_s: float, line: Timeline) -> None:
        """Go to a place in the file."""
        self.position_s = min(max(position_s, line.first_s), line.end_s)
        self.has_ended = self.follows = False

    def set_playing(self, line: Timeline, *, is_playing: bool) -> None:
        """Start or stop the clock; at the end it starts from the beginning."""
        if is_playing and self.has_ended:
            self.seek(line.first_s, line)
        self.is_playing = is_playing

    def set_speed(self, speed: float) -> None:
        """Change the speed from now on."""
        self.speed, self.follows = speed, speed == FASTEST

    def change_speed(self, steps: int) -> None:
        """Go so many steps up in SPEEDS, or down."""
        self.set_speed(SPEEDS[min(max(SPEEDS.index(self.speed) + steps, 0), len(SPEEDS) - 1)])

    def _end(self, line: Timeline) -> None:
        if self.is_looping:
            self.position_s = line.first_s
        else:
            self.has_ended, self.is_playing = True, False


def format_place(place_s: float) -> str:
    """A time as mm:ss, or h:mm:ss.

    >>> format_place(65.4), format_place(3725.0)
    ('01:05', '1:02:05')
    """
    minutes, seconds = divmod(int(max(0.0, place_s) + SAME_S), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes:02d}:{seconds:02d}"


def format_speed(speed: float) -> str:
    """A speed in a few words.

    >>> format_speed(0.25), format_speed(1.0), format_speed(FASTEST)
    ('0.25×', '1×', 'max')
    """
    return tr("max") if speed == FASTEST else f"{speed:g}×"
