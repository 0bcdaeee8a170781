"""The main window: shows the picture, takes the commands of the user, and shows the state of the source."""

from collections.abc import Callable, Sequence, Set
from functools import partial
from time import monotonic

from PyQt5.QtCore import QEvent, Qt
from PyQt5.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeySequence
from PyQt5.QtWidgets import QMainWindow, QShortcut

from realtime_pose.app.actions import make_actions, update_actions
from realtime_pose.app.appearance import apply_appearance
from realtime_pose.app.bridge import Bridge
from realtime_pose.app.card_messages import card_message, following_text, make_badges, no_replay_text
from realtime_pose.app.drawing_commands import DrawingCommands
from realtime_pose.app.error_reports import ErrorReports
from realtime_pose.app.first_start import FirstStart
from realtime_pose.app.live_pipeline import LivePipeline, Phase
from realtime_pose.app.logins import Logins
from realtime_pose.app.people_commands import PeopleCommands
from realtime_pose.app.player_commands import PlayerCommands
from realtime_pose.app.publication_commands import PublicationCommands
from realtime_pose.app.recording_messages import RecordingMessages
from realtime_pose.app.screen_state import ScreenState
from realtime_pose.app.settings_control import SettingsControl
from realtime_pose.app.side_panels import SidePanels
from realtime_pose.app.snapshot import save_snapshot
from realtime_pose.app.source_choice import SourceChoice, ask_for_file
from realtime_pose.app.translation import tr
from realtime_pose.app.view_commands import ViewCommands
from realtime_pose.app.views.focus_keys import FocusKeys
from realtime_pose.app.views.help_dialog import HelpDialog
from realtime_pose.app.views.layout import WindowLayout
from realtime_pose.app.views.source_box import OPEN_FILE, dropped_uri
from realtime_pose.app.window_settings import WindowSettings
from realtime_pose.config import Config
from realtime_pose.sources.webcam import Webcam, list_webcams

_MIN_WH = (320, 240)


class Window(QMainWindow):
    """The window of one run; nothing happens before ``open``.

    Args:
        config: What is drawn at first, and where recordings go.
        build: Makes a pipeline from a configuration; called off the GUI thread.
        cameras: Lists the cameras of this machine; called off the GUI thread.
        given: Dotted names of the values that come before the kept ones although they are the defaults.

    Attributes:
        bridge: The pipeline for the GUI thread.
        actions_by_name: The commands, by the names of keys.KEYS.
        widgets: The widgets in their places.
        reports: Messages, errors and the log.
        settings: What the settings dialog changes.
        has_failed: Whether the source had failed when the window was closed.
    """

    def __init__(
        self,
        config: Config,
        *,
        build: Callable[[Config], LivePipeline],
        cameras: Callable[[], Sequence[Webcam]] = list_webcams,
        given: Set[str] = frozenset(),
    ) -> None:
        super().__init__()
        self._window_settings = settings = WindowSettings()
        self.bridge = Bridge(settings.preferences.apply(config, given), build, self)
        self.has_failed = False
        self.settings = SettingsControl(self.bridge, settings.preferences)
        apply_appearance(self.settings.theme, self.settings.language)
        self._phase_start_s = monotonic()
        self._player_commands = PlayerCommands(self.bridge.player, self._refresh)
        self._view_commands = ViewCommands(self.bridge, self._refresh)
        self._drawing = DrawingCommands(self.bridge, self._refresh)
        self._people = PeopleCommands(self.bridge, self._refresh)
        self._panels = SidePanels(self.bridge, self._people, self.settings.change, self._refresh)
        self.reports = reports = ErrorReports(self)
        self._publications = PublicationCommands(self.bridge, reports, self._refresh)
        self._recordings = RecordingMessages(self.bridge.tasks, reports.show_message, show_saved=reports.show_saved)
        self._choice = SourceChoice(self.bridge, self._window_settings, cameras)
        self._screen, self._focus_keys = ScreenState(self), FocusKeys(self)
        self._first_start = FirstStart(self.bridge, settings.preferences, cameras, is_named="source.uri" in given)
        self._logins = Logins(self.bridge, settings, reports, self._open_source)
        self._build_widgets()
        self._connect_signals()
        self.setAcceptDrops(True)
        self.setMinimumSize(*_MIN_WH)
        self._window_settings.placement.restore(self)
        self.widgets.view.setFocus()
        self._refresh()

    def start(self, uri: str) -> None:
        """Open this source; at the first start of all, let the user choose on a page with what was found."""
        if self._first_start.is_due(uri):
            self._first_start.show(self, self.open, self._screen.edit_address, fallback=uri)
        else:
            self.open(uri)

    def open(self, uri: str) -> None:
        """Open this source, with the password that was kept for it."""
        self._logins.open(uri)

    def _open_source(self, uri: str) -> None:
        if self.bridge.phase in {Phase.CLOSING, Phase.CLOSED}:
            return
        self.widgets.toast.hide()  # a message belongs to the source that it came from
        self.widgets.card.login.hide()
        self._window_settings.renew_credentials(uri)
        self.bridge.open(uri)
        self._choice.update()
        self._choice.find_cameras()

    def request_close(self) -> None:
        """Close the window, as the button of its frame does; a slot without a return value."""
        self.close()

    def show_error(self, message: str) -> None:
        """Show an error until the user clicks on it."""
        self.reports.show_error(message)

    @property
    def label(self) -> str:
        """Name of the source for the user, without a password."""
        return self._choice.label

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Stop everything first; the window closes when that is done."""
        if event is None or self.bridge.phase is Phase.CLOSED:
            return
        event.ignore()  # ``bridge.closed`` closes the window later
        if self.bridge.phase is not Phase.CLOSING:
            self.has_failed = self.bridge.phase is Phase.FAILED
            self._window_settings.placement.save(self)
            self.settings.keep_live_settings()
            self.bridge.close()

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802 - Qt's name
        """Follow the state of the window: a key, a button, or the desktop may change it."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.WindowStateChange:
            self._screen.update()

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: N802 - Qt's name
        """Accept files and addresses."""
        if event is not None and dropped_uri(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802 - Qt's name
        """Open the dropped file or address."""
        if event is not None and (uri := dropped_uri(event)):
            self.open(uri)

    def _callbacks(self) -> dict[str, Callable[[], None]]:
        """What each command does, by the names of keys.KEYS."""
        return {
            "pause": self._toggle_pause,
            "record": self.bridge.toggle_recording,
            "snapshot": lambda: save_snapshot(self.bridge, self.reports),
            "inset": self._people.toggle_inset,
            "full_screen": self._screen.toggle_full_screen,
            "open_file": self._ask_for_file,
            "address": self._screen.edit_address,
            "log": self.reports.show_log,
            "settings": lambda: self.settings.show(self),
            "help": lambda: HelpDialog(self, self._show_first_page).open(),
            "quit": self.request_close,
            **self._drawing.callbacks(),
            **self._panels.callbacks(),
            **self._player_commands.callbacks(),
            **self._publications.callbacks(),
            **self._view_commands.callbacks(),
        }

    def _build_widgets(self) -> None:
        """Make all buttons, bars and views, in the present language and theme; again when these have changed."""
        self.actions_by_name = make_actions(self, self._callbacks())
        choices: dict[str, tuple[str, Callable[[], None]]] = {
            "replay": (tr("Play again"), self._toggle_pause),
            "retry": (tr("Try again"), self._retry),
            "demo": (tr("Play the demo"), partial(self.open, "demo")),
            "open_file": (tr("Open a file …"), self._ask_for_file),
            "copy": (tr("Copy details"), self._copy_details),
        }
        settings, player = self.bridge.settings, self.bridge.player
        self.widgets = WindowLayout(self, self.actions_by_name, choices, settings=settings, player=player)
        self._panels.show_in(self.widgets)
        self._screen.show_in(self.widgets, self.actions_by_name)
        self._choice.show_in(self.widgets.sources)
        self._view_commands.show_in(self.widgets.view)
        self._drawing.show_in(self.widgets.controls)
        self._logins.show_in(self.widgets.card.login)
        self.reports.show_in(self.widgets.toast)
        self._focus_keys.watch(self)
        self._connect_widgets()

    def _change_appearance(self) -> None:
        """Show everything in another theme or language."""
        apply_appearance(self.settings.theme, self.settings.language)
        for action in self.actions_by_name.values():
            self.removeAction(action)
            action.deleteLater()
        self._build_widgets()
        self.widgets.view.setFocus()  # or else the box of the source takes the keys
        self._screen.update()
        self._show_scene()
        self._refresh()

    def _connect_signals(self) -> None:
        bridge = self.bridge
        bridge.scene_changed.connect(self._show_scene)
        bridge.ticked.connect(self._refresh)
        bridge.phase_changed.connect(self._on_phase_changed)
        bridge.failed.connect(self.show_error)
        bridge.closed.connect(self.reports.close)
        bridge.closed.connect(self.request_close)
        self.settings.appearance_changed.connect(self._change_appearance)
        self.settings.failed.connect(self.show_error)
        self.settings.live_changed.connect(self._drawing.show_settings)
        QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self._escape)

    def _connect_widgets(self) -> None:
        bridge, widgets = self.bridge, self.widgets
        widgets.view.resized.connect(lambda *wh: bridge.set_display_wh(wh, widgets.view.devicePixelRatioF()))
        widgets.playback.seek_bar.sought.connect(bridge.player.seek)
        widgets.playback.speed_chosen.connect(bridge.player.set_speed)
        widgets.sources.chosen.connect(lambda uri: self._ask_for_file() if uri == OPEN_FILE else self.open(uri))
        widgets.sources.refused.connect(self.show_error)
        widgets.sources.focus_released.connect(widgets.view.setFocus)
        widgets.card.login.submitted.connect(lambda *_: widgets.view.setFocus())

    def _on_phase_changed(self) -> None:
        self._phase_start_s = monotonic()
        if self.bridge.phase is Phase.OPENING:
            self.widgets.view.show_image(None)
            self.widgets.view.show_inset(None)
            self._view_commands.fit()
        if self.bridge.phase is Phase.FAILED:
            self.reports.log.add(f"ERROR: {self.bridge.error}")
        if self.bridge.phase is Phase.RUNNING:
            self._window_settings.add_recent(self.bridge.uri)
            self._choice.update()
        self._refresh()

    def _show_scene(self) -> None:
        # With the first picture the card disappears at once, and not with the next report.
        if self.widgets.show_scene(self.bridge.drawn, is_stretched=self.bridge.settings.viewport.zoom >= 1):
            self._refresh()

    def _refresh(self) -> None:
        """Bring all texts and buttons up to date."""
        bridge, widgets, label, now_s = self.bridge, self.widgets, self.label, monotonic()
        self._recordings.follow(bridge)
        widgets.show_card(card_message(bridge, label, now_s - self._phase_start_s))
        place = self._player_commands.place_text() if self.isFullScreen() else ""
        following = following_text(bridge)
        zoom = "" if following else self._view_commands.zoom_text()
        hints = [hint for hint in (self.settings.swap.text, place, following, zoom) if hint]
        widgets.badges.show_badges([*make_badges(bridge, hints), *self._publications.badges()])
        widgets.show_playback(no_replay_text(bridge))
        widgets.status.show_state(bridge, label)
        self.setWindowTitle(f"{'● ' if bridge.recorder.path else ''}{label} – realtime_pose")
        update_actions(self.actions_by_name, bridge, has_image=widgets.view.image is not None)
        self._panels.update(self.actions_by_name)
        self._publications.update(self.actions_by_name)

    def _toggle_pause(self) -> None:
        has_ended = self.bridge.phase is Phase.ENDED
        if has_ended and self.bridge.player.replay is None:
            self._reopen()
        else:
            self.bridge.set_paused(is_paused=not (has_ended or self.bridge.is_paused))
        self._refresh()

    def _escape(self) -> None:
        if not self._screen.escape():
            self._people.lock(None)

    def _show_first_page(self) -> None:
        self._first_start.show(self, self.open, self._screen.edit_address)

    def _copy_details(self) -> None:
        """Copy the error of the card."""
        self.reports.copy_details(f"{self.label}: {self.bridge.error}")

    def _retry(self) -> None:
        """Try the source again, with the password that was typed, if there is one."""
        login = self.widgets.card.login
        if login.isVisible() and login.password.text():
            login.submit()
        else:
            self._reopen()

    def _reopen(self) -> None:
        self.open(self.bridge.uri)

    def _ask_for_file(self) -> None:
        ask_for_file(self, self.open)
