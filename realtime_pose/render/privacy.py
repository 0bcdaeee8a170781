"""Images in which persons are made anonymous: the only place where this is done, for every outlet of a picture."""

from enum import StrEnum

from realtime_pose.scene import Image, Scene


class Privacy(StrEnum):
    """How persons are made anonymous.

    Attributes:
        NONE: Not at all.
    """

    NONE = "none"


def anonymize(scene: Scene, privacy: Privacy) -> Image:
    """The image of the frame with its persons made anonymous.

    Args:
        scene: What is known of one frame; its memory is not changed.
        privacy: How persons are made anonymous.

    Returns:
        (H, W, 3) uint8 BGR; with NONE the image of the frame itself, not a copy.
    """
    match privacy:
        case Privacy.NONE:
            return scene.frame.image
