"""The QActions of the window: made from the table of keys, then kept in step with the state of the bridge."""

from collections.abc import Callable, Mapping

from PyQt5.QtGui import QIcon, QKeySequence
from PyQt5.QtWidgets import QAction, QWidget

from realtime_pose.app.bridge import Bridge
from realtime_pose.app.icon_loader import load_icon
from realtime_pose.app.keys import DRAW_TOGGLES, KEYS, PLAYER_COMMANDS, VIEW_COMMANDS
from realtime_pose.app.live_pipeline import Phase
from realtime_pose.app.translation import tr


def make_actions(window: QWidget, callbacks: Mapping[str, Callable[[], None]]) -> dict[str, QAction]:
    """One action for each entry of KEYS, by name.

    The actions belong to the window, so their keys also work while no button is visible.

    Args:
        window: Owns the actions.
        callbacks: What each action does, by the names of KEYS.
    """
    actions = {}
    for key in KEYS:
        action = QAction(load_icon(key.name) if key.has_icon else QIcon(), tr(key.label), window)
        action.setObjectName(key.name)
        action.setShortcuts([QKeySequence(text) for text in key.keys])
        action.setToolTip(f"{tr(key.tip)}  [{native_key(key.keys[0])}]")
        action.setCheckable(key.is_toggle)
        action.setAutoRepeat(key.repeats)  # a key that is held down must not start and stop recordings
        action.triggered.connect(callbacks[key.name])  # PyQt leaves out the argument of the signal: it is not taken
        window.addAction(action)
        actions[key.name] = action
    return actions


def native_key(text: str) -> str:
    """The name of a key in the language of the window, as keyboards have it here."""
    return QKeySequence(text).toString(QKeySequence.SequenceFormat.NativeText)


def update_actions(actions: Mapping[str, QAction], bridge: Bridge, *, has_image: bool) -> None:
    """Enable, check and label the actions according to the state of the bridge.

    Args:
        actions: From `make_actions`.
        bridge: State of the source and the settings.
        has_image: Whether an image is shown, which a snapshot needs.
    """
    is_running, has_ended = bridge.phase is Phase.RUNNING, bridge.phase is Phase.ENDED
    pause, record = actions["pause"], actions["record"]
    pause.setEnabled(is_running or has_ended)
    pause.setChecked(bridge.is_paused and is_running)
    _update_pause_label(pause, is_paused=bridge.is_paused, has_ended=has_ended)
    record.setEnabled(is_running and not bridge.is_recording_busy)
    record.setChecked(bridge.recorder.is_started)
    actions["snapshot"].setEnabled(has_image)
    is_file = bridge.player.timeline is not None and (is_running or has_ended)
    for name in PLAYER_COMMANDS:
        actions[name].setEnabled(is_file)
    actions["loop"].setChecked(bridge.player.playback.is_looping)
    for name in VIEW_COMMANDS:
        actions[name].setEnabled(has_image)
    actions["mirror"].setChecked(bridge.settings.viewport.is_mirrored)
    actions["inset"].setChecked(bridge.settings.people.has_inset)
    for name in DRAW_TOGGLES:
        actions[name].setChecked(getattr(bridge.settings.shown, name))


def _update_pause_label(pause: QAction, *, is_paused: bool, has_ended: bool) -> None:
    """Icon and text of the pause button, which also plays and replays."""
    texts = {"replay": tr("Replay"), "play": tr("Play"), "pause": tr("Pause")}
    icon_name = "replay" if has_ended else "play" if is_paused else "pause"
    text = texts[icon_name]
    if pause.text() != text:  # this runs four times a second: change the icon only when needed
        pause.setIcon(load_icon(icon_name))
        pause.setText(text)
