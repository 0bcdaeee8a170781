"""What the settings do: each change acts at once, and is kept until the window is opened again."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QObject, pyqtSignal

from realtime_pose.app.bridge import Bridge
from realtime_pose.app.model_swap import ModelSwap
from realtime_pose.app.output_paths import OutputPaths, output_folder
from realtime_pose.app.preferences import WINDOW, Preferences, Value, value_of, with_values
from realtime_pose.app.settings_rows import (
    FOLDER,
    LANGUAGE,
    LIVE_NAMES,
    MODEL_ROOMS,
    OWN,
    POSE_FILES,
    PRESET,
    SNAPSHOTS,
    THEME,
    make_sections,
)
from realtime_pose.app.theme import DARK
from realtime_pose.app.translation import SYSTEM, tr
from realtime_pose.app.views.settings_dialog import SettingsDialog
from realtime_pose.config import BALANCED, PRESET_NAMES, PRESETS, Config, LiveSettings, SmoothConfig
from realtime_pose.config.toml_dataclass import dotted
from realtime_pose.errors import ConfigError
from realtime_pose.models.manifest import Manifest, load_manifest
from realtime_pose.pipeline.model_exchange import LoadedModels

_TIMES = f"{WINDOW}times."  # and the name of a model: its time on this computer, in words


class SettingsControl(QObject):
    """Applies and keeps what is chosen in the settings dialog, in the window, and by its buttons.

    Args:
        bridge: Has the configuration.
        preferences: Keep the values.

    Attributes:
        appearance_changed: Emitted when the theme or the language is another one.
        failed: Emitted with the reason why a setting could not be changed.
        live_changed: Emitted when a setting that has a slider or a button in the window was changed here.
        swap: Takes other models.
        dialog: The dialog while it is open; None otherwise.
    """

    appearance_changed = pyqtSignal()
    failed = pyqtSignal(str)
    live_changed = pyqtSignal()

    def __init__(self, bridge: Bridge, preferences: Preferences) -> None:
        super().__init__(bridge)
        self._bridge, self._preferences = bridge, preferences
        self._first = bridge.settings
        self.swap = ModelSwap(bridge)
        self.swap.changed.connect(self._show_swap)
        self.swap.loaded.connect(self._keep_times)
        bridge.ticked.connect(self._show_swap)
        self.dialog: SettingsDialog | None = None
        self._latest: LoadedModels | None = None  # kept: a source that is opened next finds them loaded
        self._wanted: Config | None = None  # the newest choice of models
        self._error = ""
        self._chosen: dict[str, Value] = {}  # since the window was opened
        self._apply_folders()

    @property
    def theme(self) -> str:
        """The theme, of theme.THEMES."""
        return str(self._preferences.get(THEME) or DARK)

    @property
    def language(self) -> str:
        """The language, see `translation`."""
        return str(self._preferences.get(LANGUAGE) or SYSTEM)

    def show(self, parent: Any) -> None:
        """Open the dialog, or bring it to the front."""
        if self.dialog is None:
            self.dialog = SettingsDialog(parent)
            self.dialog.filled.connect(self._show_values)
            self.dialog.changed.connect(self.change)
            self.dialog.reset.connect(self.reset)
            self.dialog.finished.connect(self._forget_dialog)
            self._show_swap()
            self.dialog.show()
            self._read_models(self.dialog)
        self.dialog.raise_()
        self.dialog.activateWindow()

    def change(self, name: str, value: Value) -> None:
        """Use this value from now on, and keep it; the dialog shows it, or why it cannot be used."""
        self._error = ""
        if name == PRESET:
            self._change_models(_preset_values(str(value)))
        elif name.split(".", maxsplit=1)[0] in MODEL_ROOMS and name not in LIVE_NAMES:
            self._change_models({name: value})
        elif name.startswith(WINDOW):
            self._chosen[name] = value
            self._preferences.keep({name: value})
            self._apply_window_value(name)
            self._renew_dialog(name)
        else:
            self._apply_live({name: value})
            self._preferences.keep({name: value})
        self._show_values()
        self._show_swap()

    def reset(self, name: str) -> None:
        """Use the default of this setting again."""
        self.change(name, self._defaults()[name])
        if not (name == PRESET or name.split(".", maxsplit=1)[0] in MODEL_ROOMS):
            self._preferences.forget(name)

    def keep_live_settings(self) -> None:
        """Keep what the sliders and buttons of the window have changed."""
        self._preferences.keep_changes(self._first, self._bridge.settings)

    def _change_models(self, values: Mapping[str, Value]) -> None:
        """Load other models, or the same ones elsewhere; nothing is kept if that fails."""
        if not values:
            return
        base = self._wanted if self.swap.is_busy and self._wanted is not None else self._bridge.config
        try:
            self._wanted = config = with_values(base, values)
        except ConfigError as error:
            self._end(values, str(error))
            return
        self.swap.request(config, lambda error: self._end(values, error))

    def _end(self, values: Mapping[str, Value], error: str) -> None:
        self._error = error
        if error:
            self.failed.emit(error)
        else:
            self._preferences.keep(values)
        if self.dialog is not None:  # a model may have been downloaded and measured
            self._read_models(self.dialog)
        self._show_values()
        self._show_swap()

    def _apply_live(self, values: Mapping[str, Value]) -> None:
        """Values of the configuration that need no other models."""
        bridge = self._bridge
        bridge.config = config = with_values(bridge.config, values)
        settings = replace(bridge.settings)
        for name in values:
            settings = _with_live_value(settings, config, name)
        bridge.apply_settings(settings)
        self.live_changed.emit()

    def _apply_window_value(self, name: str) -> None:
        if name in (THEME, LANGUAGE):
            self.appearance_changed.emit()
        else:
            self._apply_folders()

    def _renew_dialog(self, name: str) -> None:
        """Open the dialog again in another language, where it was."""
        if name == LANGUAGE and self.dialog is not None:
            parent, place = self.dialog.parentWidget(), self.dialog.pos()
            self.dialog.accept()
            self.show(parent)
            self.dialog.move(place)

    def _apply_folders(self) -> None:
        """Where the window writes from now on, and which pose files."""
        values, bridge = self._values(), self._bridge
        if Path(values[FOLDER]) != bridge.outputs.folder:
            bridge.outputs = OutputPaths(Path(values[FOLDER]))
        # One object for one folder: it knows the names that are in use.
        is_same = values[SNAPSHOTS] == values[FOLDER]
        bridge.snapshots = bridge.outputs if is_same else OutputPaths(Path(values[SNAPSHOTS]))
        bridge.pose_formats = tuple(values[POSE_FILES])

    def _values(self) -> dict[str, Any]:
        """The present value of each row."""
        config, settings, get = self._bridge.config, self._bridge.settings, self._preferences.get
        # What the command line asked for comes before what is kept.
        folder = str(self._chosen.get(FOLDER) or config.record.folder or get(FOLDER) or output_folder(config))
        values = {name: value_of(config, name) for name in _CONFIG_NAMES}
        values |= {f"render.{name}": getattr(settings.shown, name) for name in _SHOWN}
        values["detect.threshold"] = settings.detector_threshold
        values["smooth.min_cutoff_hz"] = (settings.smooth or SmoothConfig()).min_cutoff_hz
        values[PRESET] = _preset_of(config)
        values |= {FOLDER: folder, SNAPSHOTS: str(get(SNAPSHOTS) or folder), POSE_FILES: get(POSE_FILES) or []}
        return values | {THEME: self.theme, LANGUAGE: self.language}

    def _defaults(self) -> dict[str, Any]:
        """The default of each row."""
        config = Config()
        values = {name: value_of(config, name) for name in _CONFIG_NAMES}
        folder = str(output_folder(self._bridge.config))
        values |= {PRESET: BALANCED, FOLDER: folder, SNAPSHOTS: folder, POSE_FILES: []}
        return values | {THEME: DARK, LANGUAGE: SYSTEM}

    def _show_values(self) -> None:
        if self.dialog is not None:
            self.dialog.show_values(self._values(), self._defaults())

    def _show_swap(self) -> None:
        """Show what is being loaded, or the last error."""
        if self.dialog is None:
            return
        if self.swap.is_busy:
            self.dialog.show_message(self.swap.text, share=self.swap.share)
        else:
            self.dialog.show_message(self._error, is_error=bool(self._error))

    def _forget_dialog(self) -> None:
        self.dialog = None

    def _read_models(self, dialog: SettingsDialog) -> None:
        """Read which models there are, off the GUI thread, and show them in the dialog."""
        fill = partial(self._fill_dialog, dialog)
        self._bridge.tasks.start(load_manifest, on_done=fill, on_failed=self.failed.emit)

    def _fill_dialog(self, dialog: SettingsDialog, manifest: Manifest) -> None:
        """Put the rows into the dialog if it is still open; later, what has become known of the models since."""
        if dialog is not self.dialog:
            return
        config = self._bridge.config
        times = {name: str(text) for name in manifest.models if (text := self._preferences.get(f"{_TIMES}{name}"))}
        dialog.fill(make_sections(manifest, times, (config.detect.model, config.pose.model)))

    def _keep_times(self, models: LoadedModels) -> None:
        """Keep what was measured while models were loaded."""
        self._latest, info = models, models.networks.info
        units = {"detect": tr("{time} ms a picture here"), "pose": tr("{time} ms a person here")}
        for stage, time_s in models.times_s.items():
            text = units[stage].format(time=f"{time_s * 1000:.0f}")
            where = f"{info.devices[stage]}, {info.engines[stage].title}" if stage in info.engines else ""
            self._preferences.keep({f"{_TIMES}{info.specs[stage].name}": f"{text} ({where})" if where else text})


_SHOWN = ("keypoint_threshold", "skeletons", "boxes", "ids", "trails", "hud")
_CONFIG_NAMES = (
    "detect.model",
    "detect.size",
    "detect.threshold",
    "pose.model",
    "device.device",
    "device.engine",
    "smooth.min_cutoff_hz",
    "record.picture",
    *(f"render.{name}" for name in _SHOWN),
)


def _preset_values(preset: str) -> dict[str, Value]:
    """The values of a preset by their dotted names, with the defaults of what other presets change."""
    default = Config()
    values: dict[str, Value] = {name: value_of(default, name) for name in PRESET_NAMES}
    return {} if preset == OWN else values | dotted(PRESETS[preset])


def _preset_of(config: Config) -> str:
    """The preset that has the values of this configuration; OWN for none."""
    for preset in PRESETS:
        if all(value_of(config, name) == value for name, value in _preset_values(preset).items()):
            return preset
    return OWN


def _with_live_value(settings: LiveSettings, config: Config, name: str) -> LiveSettings:
    """The settings that act at once, with one value of the configuration."""
    room, field = name.split(".", 1)
    if name == "detect.threshold":
        return replace(settings, detector_threshold=config.detect.threshold)
    if room == "render":
        return replace(settings, shown=replace(settings.shown, **{field: getattr(config.render, field)}))
    return replace(settings, smooth=config.smooth) if room == "smooth" else settings
