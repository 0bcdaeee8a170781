"""Small tables of the manifest: the int8 graph of a network, pairs of networks, and the words that fields may have."""

from dataclasses import dataclass

from realtime_pose.errors import ConfigError

# Allowed values of the fields that are text.
_CHOICES = {
    "task": ("detector", "pose", "pose-detector", "localisation", "reid"),
    "layout": ("NCHW", "NHWC"),
    "colour": ("BGR", "RGB"),
    "fit": ("letterbox", "letterbox-centred", "stretch", "crop"),
    "interpolation": ("nearest", "linear", "cubic", "area"),
    "peak": ("quarter", "dark", "integral"),
    "corners": ("xyxy", "yxyx"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Int8File:
    """The int8 graph of a network, with the same inputs and outputs.

    Attributes:
        file: Name of the file, beside the network's own; or an absolute path.
        sha256: Of the file, 64 hexadecimal digits.
        bytes: Size of the file.
        ap_loss: AP points that it loses compared with float32: keypoints for a pose estimator, boxes for a detector;
            None if this was not measured: then it runs only if int8 is asked for.
        measured_on: The images of this measurement.
    """

    file: str
    sha256: str
    bytes: int
    ap_loss: float | None = None
    measured_on: str = ""


@dataclass(frozen=True, slots=True)
class ModelPair:
    """A detector and a pose estimator that belong together.

    Attributes:
        models: Their names.
        megabytes: Estimated size of both files.
        keypoint_ap: About what they reach on COCO, by their publishers.
    """

    models: tuple[str, str]
    megabytes: int
    keypoint_ap: int


def check_choice(key: str, value: str) -> None:
    """Raise ConfigError unless a field that is text has one of its words."""
    if value not in _CHOICES[key]:
        raise ConfigError(f"{key}: expected one of {', '.join(_CHOICES[key])}, got {value!r}")
