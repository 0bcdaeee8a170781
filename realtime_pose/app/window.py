"""The window: the picture, what can be done about it, and how it is doing."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import Any

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeySequence
from PyQt5.QtWidgets import QAction, QFileDialog, QMainWindow, QShortcut

from realtime_pose.app.bridge import Bridge, LivePipeline, Phase
from realtime_pose.app.card_messages import badge_texts, card_message
from realtime_pose.app.help import Help
from realtime_pose.app.icons import icon
from realtime_pose.app.image_view import save_png
from realtime_pose.app.keys import DRAWN, KEYS
from realtime_pose.app.layout import Layout
from realtime_pose.app.output_paths import OutputPaths, output_folder
from realtime_pose.app.source_box import OPEN_FILE, dropped_uri, source_label
from realtime_pose.app.window_settings import WindowSettings
from realtime_pose.config import Config, SmoothConfig
from realtime_pose.sources.webcam import Webcam, list_webcams

_FIRST_WH = (1180, 780)


class Window(QMainWindow):
    """The window of one run; nothing happens in it before ``open``.

    Args:
        config: What is drawn at first, and where recordings go.
        build: Makes a pipeline of a configuration; called off the GUI thread.
        cameras: Lists the cameras that are there; called off the GUI thread.

    Attributes:
        bridge: The pipeline as the GUI thread sees it.
        actions_by_name: What can be done, by the names of keys.KEYS.
        parts: The widgets.
        has_failed: Whether the source had failed when the window was closed.
    """

    def __init__(
        self,
        config: Config,
        *,
        build: Callable[[Config], LivePipeline],
        cameras: Callable[[], Sequence[Webcam]] = list_webcams,
    ) -> None:
        super().__init__()
        self.bridge = Bridge(config, build, self)
        self.has_failed = False
        self._outputs = OutputPaths(output_folder(config))
        self._window_settings = WindowSettings()
        self._list_cameras = cameras
        self._cameras: dict[str, str] = {}
        self._is_listing = False
        self._recording, self._recorded_from_s, self._phase_from_s = "", 0.0, monotonic()
        self.actions_by_name = self._actions()
        choices: dict[str, tuple[str, Callable[[], None]]] = {
            "replay": ("Play again", self._reopen),
            "retry": ("Try again", self._reopen),
            "demo": ("Play the demo", partial(self.open, "demo")),
            "open_file": ("Open a file …", self._ask_for_file),
        }
        self.parts = Layout(self, self.actions_by_name, choices, settings=self.bridge.settings)
        self._connect()
        self.setAcceptDrops(True)
        self.resize(*_FIRST_WH)
        self.restoreGeometry(self._window_settings.geometry)
        self.parts.view.setFocus()
        self._refresh()

    def open(self, uri: str) -> None:
        """Show this source."""
        if self.bridge.phase in {Phase.CLOSING, Phase.CLOSED}:
            return
        self.bridge.open(uri)
        self._fill_sources()
        self._find_cameras()

    def leave(self) -> None:
        """Close the window, as its frame's button does."""
        self.close()

    def show_failure(self, words: str) -> None:
        """Say what went wrong, until it is clicked away."""
        self.parts.toast.show_message(words, is_failure=True)

    @property
    def label(self) -> str:
        """What the source is called, without a password."""
        return source_label(self.bridge.uri, self._cameras)

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Stop everything first; the window closes when that is done."""
        if event is None or self.bridge.phase is Phase.CLOSED:
            return
        event.ignore()
        if self.bridge.phase is not Phase.CLOSING:
            self.has_failed = self.bridge.phase is Phase.FAILED
            self._window_settings.geometry = self.saveGeometry()
            self.bridge.close()

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: N802 - Qt's name
        """Take files and addresses."""
        if event is not None and dropped_uri(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802 - Qt's name
        """Open what was dropped."""
        if event is not None and (uri := dropped_uri(event)):
            self.open(uri)

    def _actions(self) -> dict[str, QAction]:
        """An action for each key, known to the window so that its key works where no button is shown."""
        acts: dict[str, Callable[[], None]] = {
            "pause": self._pause,
            "record": self._record,
            "snapshot": self._snapshot,
            "full_screen": self._toggle_full_screen,
            "open_file": self._ask_for_file,
            "address": self._edit_address,
            "help": lambda: Help(self).open(),
            "quit": self.leave,
        }
        actions = {}
        for key in KEYS:
            action = QAction(icon(key.name), key.label, self)
            action.setObjectName(key.name)
            action.setShortcuts([QKeySequence(text) for text in key.keys])
            action.setToolTip(f"{key.tip}  [{key.keys[0]}]")
            action.setCheckable(key.is_toggle)
            act = partial(self._draw, key.name) if key.name in DRAWN else acts[key.name]
            action.triggered.connect(lambda _checked, act=act: act())
            self.addAction(action)
            actions[key.name] = action
        return actions

    def _connect(self) -> None:
        bridge, parts = self.bridge, self.parts
        bridge.scene_came.connect(self._show_scene)
        bridge.ticked.connect(self._refresh)
        bridge.phase_changed.connect(self._enter_phase)
        bridge.failed.connect(self.show_failure)
        bridge.closed.connect(self.leave)
        parts.view.resized.connect(lambda width, height: bridge.set_display_wh((width, height)))
        parts.view.double_clicked.connect(self._toggle_full_screen)
        parts.controls.detector.moved.connect(self._set_detector_threshold)
        parts.controls.keypoints.moved.connect(lambda value: self._show_drawn(keypoint_threshold=value))
        parts.controls.cutoff.moved.connect(self._set_cutoff)
        parts.sources.chosen.connect(lambda uri: self._ask_for_file() if uri == OPEN_FILE else self.open(uri))
        parts.sources.left.connect(parts.view.setFocus)
        parts.sources.opened.connect(self._find_cameras)
        QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self._escape)

    def _enter_phase(self) -> None:
        self._phase_from_s = monotonic()
        if self.bridge.phase is Phase.OPENING:
            self.parts.view.show_picture(None)
        if self.bridge.phase is Phase.RUNNING:
            self._window_settings.add_recent(self.bridge.uri)
            self._fill_sources()
        self._refresh()

    def _show_scene(self) -> None:
        scene = self.bridge.scene
        if scene is not None and scene.drawn is not None:
            is_first = self.parts.view.picture is None
            self.parts.view.show_picture(scene.drawn)
            if is_first:
                self._refresh()

    def _refresh(self) -> None:
        """Bring all words and buttons up to date."""
        bridge, label = self.bridge, self.label
        self._note_recording(bridge.recording)
        self.parts.show_card(card_message(bridge, label, monotonic() - self._phase_from_s))
        self.parts.badges.show_badges(badge_texts(bridge, monotonic() - self._recorded_from_s))
        self.parts.status.show_state(bridge, label)
        self.setWindowTitle(f"{'● ' if bridge.recording else ''}{label} – realtime_pose")
        self._refresh_actions()

    def _refresh_actions(self) -> None:
        bridge, actions = self.bridge, self.actions_by_name
        is_running, is_ended = bridge.phase is Phase.RUNNING, bridge.phase is Phase.ENDED
        pause, record = actions["pause"], actions["record"]
        pause.setEnabled(is_running or is_ended)
        pause.setChecked(bridge.is_paused and is_running)
        face = ("replay", "Replay") if is_ended else ("play", "Play") if bridge.is_paused else ("pause", "Pause")
        if pause.text() != face[1]:
            pause.setIcon(icon(face[0]))
            pause.setText(face[1])
        record.setEnabled(is_running and not bridge.is_recording_busy)
        record.setChecked(bridge.is_recording_wanted)
        actions["snapshot"].setEnabled(self.parts.view.picture is not None)
        for name in DRAWN:
            actions[name].setChecked(getattr(bridge.settings.shown, name))

    def _note_recording(self, path: str) -> None:
        """Say when a recording has begun, and where it lies when it has ended."""
        if path == self._recording:
            return
        if self._recording:
            self.parts.toast.show_message(f"Saved {self._recording}")
        if path:
            self._recorded_from_s = monotonic()
            self.parts.toast.show_message(f"Recording to {path}")
        self._recording = path

    def _pause(self) -> None:
        if self.bridge.phase is Phase.ENDED:
            self._reopen()
        else:
            self.bridge.set_paused(is_paused=not self.bridge.is_paused)
        self._refresh()

    def _record(self) -> None:
        if self.bridge.is_recording_wanted:
            self.bridge.stop_recording()
        else:
            self.bridge.record(self._outputs.path(".mp4"))
        self._refresh()

    def _snapshot(self) -> None:
        image, path, toast = self.parts.view.snapshot(), self._outputs.path(".png"), self.parts.toast
        self.bridge.tasks.start(
            partial(save_png, image, path), done=lambda _: toast.show_message(f"Saved {path}"), failed=self.show_failure
        )

    def _draw(self, name: str) -> None:
        self._show_drawn(**{name: not getattr(self.bridge.settings.shown, name)})
        self._refresh()

    def _show_drawn(self, **changes: Any) -> None:
        settings = self.bridge.settings
        self.bridge.change(replace(settings, shown=replace(settings.shown, **changes)))

    def _set_detector_threshold(self, value: float) -> None:
        self.bridge.change(replace(self.bridge.settings, detector_threshold=value))

    def _set_cutoff(self, value_hz: float) -> None:
        settings = self.bridge.settings
        smooth = replace(settings.smooth or SmoothConfig(), min_cutoff_hz=value_hz)
        self.bridge.change(replace(settings, smooth=smooth))

    def _toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)
        self.parts.show_bars(are_shown=not self.isFullScreen())
        self.actions_by_name["full_screen"].setChecked(self.isFullScreen())

    def _escape(self) -> None:
        """What Esc does: forget what is typed, else close a message, else leave full screen."""
        if self.parts.sources.hasFocus():
            self.parts.sources.give_up()
        elif self.parts.toast.is_failure:
            self.parts.toast.hide()
        elif self.isFullScreen():
            self._toggle_full_screen()

    def _reopen(self) -> None:
        self.open(self.bridge.uri)

    def _edit_address(self) -> None:
        if not self.isFullScreen():
            self.parts.sources.edit()

    def _ask_for_file(self) -> None:
        dialog = QFileDialog(
            self, "Open a video", "", "Videos (*.mp4 *.mov *.mkv *.avi *.webm *.m4v *.ts);;All files (*)"
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.open)
        dialog.open()

    def _find_cameras(self) -> None:
        """List the cameras anew, off the GUI thread."""
        if self._is_listing or self.bridge.phase in {Phase.CLOSING, Phase.CLOSED}:
            return
        self._is_listing = True

        def keep(cameras: Sequence[Webcam]) -> None:
            self._is_listing = False
            found = {str(camera.index): camera.name for camera in cameras}
            if found != self._cameras:
                self._cameras = found
                self._fill_sources()

        self.bridge.tasks.start(self._list_cameras, done=keep, failed=lambda _: keep(()))

    def _fill_sources(self) -> None:
        self.parts.sources.fill(uri=self.bridge.uri, cameras=self._cameras, recent=self._window_settings.recent)
