"""How much is computed for a frame: set by the configuration, and lowered by the governor of a live run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    """What runs on a frame.

    Attributes:
        detect_every: The detector looks at every n-th frame at least; between them tracks are followed.
        detector_size: Input size of the detector, as in the configuration; "" if nobody chooses it.
        pose: Name of the pose estimator; "" if nobody chooses it.
        pose_passes: Passes per person; 0 if nobody chooses them.
        pose_share: Share of the time for poses that is used, in (0, 1]; below 1, of a crowd fewer people get one.
    """

    detect_every: int = 1
    detector_size: str = ""
    pose: str = ""
    pose_passes: int = 0
    pose_share: float = 1.0
