"""What the keys and buttons for files do, and the place that they show over the picture in full screen."""

from collections.abc import Callable
from functools import partial
from time import monotonic

from realtime_pose.app.playback import format_speed
from realtime_pose.app.player import Player

_SHOWN_S = 2.0  # how long the place is shown after a command


class PlayerCommands:
    """The commands of keys.PLAYER_COMMANDS.

    Args:
        player: Gets them.
        on_done: Called after each.
    """

    def __init__(self, player: Player, on_done: Callable[[], None]) -> None:
        self._player, self._on_done = player, on_done
        self._latest_s = -_SHOWN_S

    def callbacks(self) -> dict[str, Callable[[], None]]:
        """What each command does, by its name."""
        player = self._player
        commands: dict[str, Callable[[], None]] = {
            "step_back": partial(player.step, -1),
            "step_forward": partial(player.step, 1),
            "skip_back": partial(player.skip, -1),
            "skip_forward": partial(player.skip, 1),
            "start": player.go_to_start,
            "slower": lambda: player.playback.change_speed(-1),
            "faster": lambda: player.playback.change_speed(1),
            "loop": player.toggle_loop,
        }
        return {name: partial(self._call, command) for name, command in commands.items()}

    def place_text(self) -> str:
        """Place, length and speed shortly after a command; "" later."""
        if monotonic() - self._latest_s > _SHOWN_S:
            return ""
        speed = self._player.playback.speed
        return self._player.describe_time() + ("" if speed == 1 else f" · {format_speed(speed)}")

    def _call(self, command: Callable[[], None]) -> None:
        command()
        self._latest_s = monotonic()
        self._on_done()
