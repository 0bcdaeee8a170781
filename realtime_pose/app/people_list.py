"""Keeps the list of people beside the picture in step with the source, and connects it and the picture's clicks."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic

from PyQt5.QtCore import QPoint, QPointF

from realtime_pose.app.bridge import Bridge
from realtime_pose.app.live_pipeline import Phase
from realtime_pose.app.people_commands import PeopleCommands
from realtime_pose.app.people_seen import LiveStays, PersonSeen, list_people
from realtime_pose.app.playback import format_place
from realtime_pose.app.translation import tr
from realtime_pose.app.views.image_view import ImageView
from realtime_pose.app.views.people_panel import PeoplePanel, PersonRow
from realtime_pose.app.views.person_menu import show_person_menu


class PeopleList:
    """The people of the present source.

    Args:
        bridge: Has the scenes, or the player of a file.
        commands: What the user does with people.
        show: Shows the list in place of other panels.

    Attributes:
        is_shown: Whether the user wants to see the list.
    """

    def __init__(self, bridge: Bridge, commands: PeopleCommands, show: Callable[[], None]) -> None:
        self.is_shown = False
        self._bridge, self._commands, self._show = bridge, commands, show
        self._panel: PeoplePanel | None = None
        self._live = LiveStays()
        bridge.scene_changed.connect(self._add_scene)
        bridge.phase_changed.connect(self._on_phase_changed)

    def show_in(self, view: ImageView, panel: PeoplePanel) -> None:
        """Take the clicks of this picture, and show the people in this list."""
        commands, self._panel = self._commands, panel
        view.clicked.connect(commands.click)
        view.double_clicked.connect(commands.undo_click)
        view.inset_clicked.connect(commands.toggle_inset)
        view.menu_asked.connect(partial(self._show_menu, view))
        panel.lock_asked.connect(lambda person: commands.lock(None if person == commands.people.locked else person))
        panel.hide_asked.connect(commands.toggle_hidden)
        panel.renamed.connect(commands.rename)
        panel.setVisible(self.is_shown)

    def set_shown(self, *, is_shown: bool) -> None:
        """Show or hide the list."""
        self.is_shown = is_shown
        self.update()
        if self._panel is not None:
            self._panel.setVisible(is_shown)

    def update(self) -> None:
        """Bring the list up to date, if it is shown."""
        if self._panel is None or not self.is_shown:
            return
        is_file = self._bridge.player.replay is not None
        stays = self._bridge.player.stays if is_file else self._live.all()
        is_tracked = self._bridge.picture is None
        people = list_people(stays, self._bridge.scene) if is_tracked else []
        rows = [self._row(person, self._bridge.player.describe_place if is_file else self._clock) for person in people]
        self._panel.show_people(rows, since=tr("From") if is_file else tr("Since"), is_tracked=is_tracked)

    def _row(self, person: PersonSeen, describe: Callable[[float], str]) -> PersonRow:
        wanted = self._commands.people
        return PersonRow(
            person.track_id,
            wanted.name_of(person.track_id),
            seen=format_place(person.seen_s),
            since=describe(person.first_s),
            is_here=person.is_here,
            is_locked=person.track_id == wanted.locked,
            is_hidden=person.track_id in wanted.hidden,
            colour=person.colour,
        )

    def _clock(self, place: float) -> str:
        """The time of day of a place in a live source."""
        # From when it came in, not from now: the newest picture is an old one while the camera is away, or in a pause.
        ago_s = self._live.latest_s - place + monotonic() - self._live.captured_s
        moment = datetime.now(UTC).astimezone() - timedelta(seconds=ago_s)
        return moment.strftime("%H:%M:%S")

    def _add_scene(self) -> None:
        scene = self._bridge.scene
        if scene is not None and self._bridge.player.replay is None:
            self._live.add(scene, self._commands.people)

    def _on_phase_changed(self) -> None:
        if self._bridge.phase is Phase.OPENING:
            self._live = LiveStays()
            self._commands.forget()

    def _show_menu(self, view: ImageView, point: QPointF, at: QPoint) -> None:
        if self._bridge.drawn is not None and self._bridge.picture is None:
            show_person_menu(view, at, self._commands.at(point), self._commands, self._start_naming)

    def _start_naming(self, track_id: int) -> None:
        """Let the user type a name in the list, which is shown for that."""
        self._show()
        if self._panel is not None:
            self._panel.start_naming(track_id)
