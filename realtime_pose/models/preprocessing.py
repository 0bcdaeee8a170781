"""How networks of each family are usually fed: colours, normalisation and fit, as values of a manifest entry."""

from collections.abc import Mapping
from typing import Any

# Mean and std of ImageNet in [0, 1], times 255.
_IMAGENET: dict[str, Any] = {"mean": (123.675, 116.28, 103.53), "std": (58.395, 57.12, 57.375)}
_TO_UNIT: dict[str, Any] = {"std": (255.0, 255.0, 255.0)}
Normalisation = Mapping[str, tuple[float, float, float]]
NORMALISATIONS: tuple[Normalisation, ...] = (
    {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)},
    {"mean": (0.0, 0.0, 0.0), **_TO_UNIT},
    _IMAGENET,
)
"""Mean and std of red, green and blue in common use: none, scaled to [0, 1], and ImageNet's."""
_LETTERBOX: dict[str, Any] = {"fit": "letterbox", "pad": 114}  # the grey of the YOLO family
_CROP: dict[str, Any] = {"fit": "crop", "padding": 1.25}  # as in SimpleBaseline, arXiv:1804.06208
PREPROCESSING: Mapping[str, dict[str, Any]] = {
    "nanodet": {
        "colour": "BGR", "mean": [103.53, 116.28, 123.675], "std": [57.375, 57.12, 58.395], "fit": "letterbox",
        "pad": 0,
    },
    "dets": {"colour": "BGR", **_LETTERBOX},
    "yolox": {"colour": "BGR", **_LETTERBOX},
    "yolo": {"colour": "RGB", **_TO_UNIT, **_LETTERBOX, "fit": "letterbox-centred"},
    "yolo-pose": {"colour": "RGB", **_TO_UNIT, **_LETTERBOX, "fit": "letterbox-centred"},
    "picodet": {"colour": "RGB", **_IMAGENET, "fit": "stretch", "interpolation": "cubic"},
    "detr": {"colour": "RGB", **_TO_UNIT, "fit": "stretch"},
    "ssd": {"colour": "RGB", "fit": "stretch"},
    "rtmo": {"colour": "BGR", **_LETTERBOX},
    "movenet-multipose": {"colour": "RGB", "fit": "letterbox-centred", "pad": 0},
    "movenet": {"colour": "RGB", **_CROP},
    "heatmap": {"colour": "RGB", **_IMAGENET, **_CROP},
    "simcc": {"colour": "RGB", **_IMAGENET, **_CROP},
    "blazepose": {"colour": "RGB", **_TO_UNIT, **_CROP},
    "embedding": {"colour": "RGB", **_IMAGENET, "fit": "stretch"},  # a box as it is; as in OSNet, arXiv:1905.00953
    "theta": {
        "colour": "BGR", "mean": [103.53, 116.28, 123.675], "std": [57.375, 57.12, 58.395], "fit": "stretch",
        "padding": 1.6,
    },
}  # fmt: skip
