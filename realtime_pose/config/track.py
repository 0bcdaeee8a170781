"""Settings of the tracker and of the smoothing; tables of their own in `config`."""

from dataclasses import dataclass

from realtime_pose.config.units import check_range


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackConfig:
    """The tracker; all times are seconds of media time."""

    confirm_hits: int = 3
    """Detections in a row that make a tentative track a confirmed one; in a stream's first frame one is enough."""
    lost_s: float = 3.0
    """A confirmed track that is not seen for longer is removed."""
    min_similarity: float = 0.05
    """A detection whose fused similarity (IoU, OKS, fit to the filter) to a track is lower is not that track."""
    max_deviation: float = 6.0
    """A box whose centre is farther from a track's prediction, in standard deviations, is not that track."""
    max_height_ratio: float = 2.5
    """A box so many times higher or lower than a track's prediction is not that track."""
    min_new_score: float = 0.3
    """Persons scored lower start no track."""
    min_new_pose_score: float = 0.2
    """Persons whose keypoints score lower in the mean start no track; without any keypoint score the box decides."""
    max_twin_similarity: float = 0.6
    """Persons whose pose is more similar (OKS) to a track that has its detection start no track: a box too many."""
    acceleration_std: float = 1.0
    """How far a person's velocity wanders within one second, in body heights per second."""
    start_speed_std: float = 1.0
    """How fast a person may be when first seen, in body heights per second."""
    measurement_std: float = 0.05
    """How far a detected box is off, in body heights."""
    leave_s: float = 0.4
    """A track that is lost while walking out over the picture's edge is removed after so long."""
    max_flipped_s: float = 0.5
    """A pose whose left and right were exchanged is put right for so long; then it is believed."""
    recovery_s: float = 0.3
    """For so long a track that the detector misses keeps a pose, re-estimated at the predicted box; 0: never."""
    recovery_persons: int = 4
    """At most so many poses a frame are re-estimated at predicted boxes."""
    recovery_min_score: float = 0.3
    """A pose re-estimated at a predicted box whose keypoints score lower in the mean is not used."""
    trail_length: int = 48
    """Updates that a trail remembers."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_range(self.confirm_hits, 1, 1000, "confirm_hits")
        check_range(self.lost_s, 0, 3600, "lost_s")
        check_range(self.min_similarity, 0, 1, "min_similarity")
        check_range(self.min_new_score, 0, 1, "min_new_score")
        check_range(self.min_new_pose_score, 0, 1, "min_new_pose_score")
        check_range(self.max_height_ratio, 1, 1e3, "max_height_ratio")
        check_range(self.max_twin_similarity, 0, 1, "max_twin_similarity")
        check_range(self.max_deviation, 0.1, 1e3, "max_deviation")
        check_range(self.acceleration_std, 1e-3, 1e3, "acceleration_std")
        check_range(self.start_speed_std, 1e-3, 1e3, "start_speed_std")
        check_range(self.measurement_std, 1e-4, 1, "measurement_std")
        check_range(self.leave_s, 0, 3600, "leave_s")
        check_range(self.max_flipped_s, 0, 3600, "max_flipped_s")
        check_range(self.recovery_s, 0, 60, "recovery_s")
        check_range(self.recovery_persons, 0, 1000, "recovery_persons")
        check_range(self.recovery_min_score, 0, 1, "recovery_min_score")
        check_range(self.trail_length, 1, 10000, "trail_length")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmoothConfig:
    """The One-Euro filter of the keypoints; speeds are in body heights per second."""

    min_cutoff_hz: float = 0.6
    """Cut-off of a keypoint at rest: lower is steadier."""
    beta: float = 28.0
    """Hz by which the cut-off rises at one body height per second, with the speed squared: higher lags less."""
    speed_cutoff_hz: float = 1.0
    """Cut-off of the speed estimate itself."""
    full_score: float = 0.3
    """Keypoints scored lower are followed the less, the lower their score."""
    fade_s: float = 0.3
    """A keypoint that was certain and is hidden fades out over so long."""
    max_gap_s: float = 1.0
    """After a longer time without a frame smoothing starts afresh."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_range(self.min_cutoff_hz, 1e-3, 1e3, "min_cutoff_hz")
        check_range(self.beta, 0, 1e4, "beta")
        check_range(self.speed_cutoff_hz, 1e-3, 1e3, "speed_cutoff_hz")
        check_range(self.full_score, 1e-3, 1, "full_score")
        check_range(self.fade_s, 1e-3, 60, "fade_s")
        check_range(self.max_gap_s, 1e-3, 3600, "max_gap_s")
