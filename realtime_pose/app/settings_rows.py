"""The rows of the settings dialog, in their sections: what can be set, in words, and between which values."""

from collections.abc import Mapping
from dataclasses import dataclass

from realtime_pose.app.model_choices import Choice, model_choices
from realtime_pose.app.preferences import WINDOW
from realtime_pose.app.theme import THEMES
from realtime_pose.app.translation import LANGUAGES, SYSTEM, tr
from realtime_pose.config import PRESETS, SIZES
from realtime_pose.models.manifest import Manifest

PRESET = "preset"  # stands for several values
OWN = ""  # the preset of values that no preset has
FOLDER, SNAPSHOTS, POSE_FILES = f"{WINDOW}folder", f"{WINDOW}snapshots", f"{WINDOW}pose_files"
THEME, LANGUAGE = f"{WINDOW}theme", f"{WINDOW}language"
MODEL_ROOMS = ("detect", "pose", "device")  # of the names of values that need other networks
LIVE_NAMES = ("detect.threshold",)  # of these rooms, what acts without
POSE_FORMATS = ("jsonl", "json", "csv", "txt")


@dataclass(frozen=True, slots=True)
class Row:
    """One setting.

    Attributes:
        name: Its dotted name, see `preferences`.
        title: A few words.
        tip: What it does.
        choices: Its values; () for a number, a folder or a switch.
        limits: Lowest and highest number; None if it is none.
        unit: Text after the number.
        is_folder: Whether it is a folder.
        is_many: Whether several of the choices may be taken.
        is_switch: Whether it is on or off.
    """

    name: str
    title: str
    tip: str
    choices: tuple[Choice, ...] = ()
    limits: tuple[float, float] | None = None
    unit: str = ""
    is_folder: bool = False
    is_many: bool = False
    is_switch: bool = False

    def matches(self, words: str) -> bool:
        """Whether each of these words is a part of the title, the tip, or a choice."""
        texts = [self.title, self.tip, *(text for choice in self.choices for text in (choice.text, choice.note))]
        text = "\n".join(texts).casefold()
        return all(word in text for word in words.casefold().split())


Sections = tuple[tuple[str, tuple[Row, ...]], ...]


def make_sections(manifest: Manifest, times: Mapping[str, str], models: tuple[str, str]) -> Sections:
    """All rows, by the titles of their sections.

    Args:
        manifest: The models that have a name.
        times: What was measured on this computer, by the names of the models.
        models: The present detector and pose estimator.
    """
    return (
        (tr("Models"), _model_rows(manifest, times, models)),
        (tr("Computer"), _computer_rows()),
        (tr("Thresholds"), _threshold_rows()),
        (tr("What is drawn"), _drawing_rows()),
        (tr("Files"), _file_rows()),
        (tr("Window"), _window_rows()),
    )


def _model_rows(manifest: Manifest, times: Mapping[str, str], models: tuple[str, str]) -> tuple[Row, ...]:
    preset_notes = {
        "fast": tr("small networks and inputs, for slow computers"),
        "balanced": tr("the defaults"),
        "accurate": tr("several passes for each person"),
    }
    presets = [Choice(name, name, preset_notes[name]) for name in PRESETS]
    size_notes = {"small": tr("quicker, misses small persons"), "large": tr("slower, finds small persons")}
    sizes = tuple(Choice(size, size, size_notes.get(size, tr("as published"))) for size in SIZES)
    detectors = model_choices(manifest, ("detector", "pose-detector"), times, models[0])
    return (
        Row(
            PRESET,
            tr("Preset"),
            tr("Several of these settings at once, for speed or for accuracy"),
            (*presets, Choice(OWN, tr("own"), tr("a choice of your own"))),
        ),
        Row("detect.model", tr("Detector"), tr("The network that finds the persons"), tuple(detectors)),
        Row(
            "pose.model",
            tr("Pose estimator"),
            tr("The network that finds the keypoints of each person"),
            tuple(model_choices(manifest, ("pose",), times, models[1])),
        ),
        Row("detect.size", tr("Detector input"), tr("Size of the picture that the detector sees"), sizes),
    )


def _computer_rows() -> tuple[Row, ...]:
    devices = (
        Choice("auto", tr("automatic")),
        Choice("cpu", "CPU"),
        Choice("cuda", "NVIDIA (CUDA)"),
        Choice("intel-gpu", "Intel GPU"),
        Choice("intel-npu", "Intel NPU"),
    )
    engines = (Choice("auto", tr("automatic")), Choice("onnxruntime", "ONNX Runtime"), Choice("openvino", "OpenVINO"))
    return (
        Row("device.device", tr("Device"), tr("Where the networks run"), devices),
        Row("device.engine", tr("Engine"), tr("What runs the networks"), engines),
    )


def _threshold_rows() -> tuple[Row, ...]:
    return (
        Row("detect.threshold", tr("Person score"), tr("Persons with a lower score are ignored"), limits=(0.0, 1.0)),
        Row(
            "render.keypoint_threshold",
            tr("Keypoint score"),
            tr("Less certain keypoints are not drawn; at 0.5, seen and guessed are equally likely"),
            limits=(0.0, 1.0),
        ),
        Row(
            "smooth.min_cutoff_hz",
            tr("Smoothing"),
            tr("Cutoff frequency: lower is steadier, higher reacts faster"),
            limits=(0.05, 5.0),
            unit=" Hz",
        ),
    )


def _drawing_rows() -> tuple[Row, ...]:
    return (
        Row("render.skeletons", tr("Skeletons"), tr("Limbs and keypoints"), is_switch=True),
        Row("render.boxes", tr("Boxes"), tr("The box of each person"), is_switch=True),
        Row("render.ids", tr("IDs"), tr("The number of each person"), is_switch=True),
        Row("render.trails", tr("Trails"), tr("Where each person came from"), is_switch=True),
        Row("render.hud", tr("Figures"), tr("Frame rate, age and number of persons in the picture"), is_switch=True),
    )


def _file_rows() -> tuple[Row, ...]:
    recorded = (
        Choice("overlay", tr("with overlay"), tr("the picture with the skeletons")),
        Choice("clean", tr("clean"), tr("the picture as it is, with the poses in a .jsonl file")),
        Choice("both", tr("both"), tr("two videos, and the poses in a .jsonl file")),
    )
    formats = (
        Choice("jsonl", "JSON lines (.jsonl)"),
        Choice("json", "COCO (.json)"),
        Choice("csv", "CSV (.csv)"),
        Choice("txt", "MOTChallenge (.txt)"),
    )
    next_source = tr("acts when the next source is opened")
    return (
        Row(FOLDER, tr("Recordings"), tr("Folder of the recordings and pose files"), is_folder=True),
        Row(SNAPSHOTS, tr("Snapshots"), tr("Folder of the snapshots"), is_folder=True),
        Row("record.picture", tr("What is recorded"), next_source, recorded),
        Row(
            POSE_FILES,
            tr("Pose files"),
            tr("Poses of the whole source, written beside the recordings; {when}").format(when=next_source),
            formats,
            is_many=True,
        ),
    )


def _window_rows() -> tuple[Row, ...]:
    themes = {"dark": tr("dark"), "light": tr("light"), SYSTEM: tr("as the desktop")}
    languages = [Choice(code, name) for code, name in LANGUAGES.items()]
    return (
        Row(THEME, tr("Theme"), tr("Colours of the window"), tuple(Choice(name, themes[name]) for name in THEMES)),
        Row(
            LANGUAGE,
            tr("Language"),
            tr("Language of the window"),
            (Choice(SYSTEM, tr("as the desktop")), *languages),
        ),
    )
