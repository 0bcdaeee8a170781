"""Settings of the tracker and of keypoint smoothing."""

from dataclasses import dataclass
from typing import Annotated

import tyro

from realtime_pose.config.renamed import RENAMED_KEYS
from realtime_pose.config.units import check_range
from realtime_pose.deprecation import accept_old_names
from realtime_pose.errors import ConfigError


@accept_old_names(RENAMED_KEYS["track"])
@dataclass(frozen=True, slots=True, kw_only=True)
class TrackConfig:
    """The tracker. All times are seconds of media time."""

    # Birth and death of tracks.
    confirm_hits: int = 3
    """Detections in a row that confirm a tentative track; in the first frame of a stream one is enough."""
    lost_s: float = 3.0
    """A confirmed track that has no detection for longer is removed."""
    # Association: which detection may belong to which track.
    min_similarity: float = 0.05
    """Lowest similarity (IoU, OKS and fit to the Kalman filter, fused) at which a detection may join a track."""
    max_deviation: float = 6.0
    """Largest distance of a box centre from a track's prediction, in standard deviations of the prediction."""
    max_height_ratio: float = 2.5
    """Largest ratio between the height of a box and a track's prediction."""
    # Which detections may start a track.
    min_new_score: float = 0.3
    """Lowest person score that may start a track."""
    min_new_pose_score: float = 0.2
    """Lowest mean keypoint score that may start a track; ignored for detections without keypoint scores."""
    max_twin_similarity: float = 0.6
    """A detection whose pose is more similar (OKS) to a tracked person is a duplicate and starts no track."""
    # Noise of the Kalman filter, in body heights.
    acceleration_std: float = 1.0
    """Standard deviation of the change in a person's velocity within one second, in body heights per second."""
    start_speed_std: float = 1.0
    """Standard deviation of the velocity of a new track, in body heights per second."""
    measurement_std: float = 0.05
    """Standard deviation of a detected box's position, in body heights."""
    leave_s: float = 0.4
    """A lost track that was moving out of the picture is removed after this time."""
    max_flipped_s: float = 0.5
    """Longest time for which a pose with left and right exchanged is corrected; after that it is accepted."""
    # Recovery of persons whom the detector misses for a moment.
    recovery_s: float = 0.3
    """Longest time for which a missed track gets a pose estimated at its predicted box; 0: never."""
    recovery_persons: int = 4
    """Most poses per frame that are estimated at predicted boxes."""
    recovery_min_score: float = 0.3
    """Lowest mean keypoint score at which a pose estimated at a predicted box is used."""
    # People who come back.
    remember_s: float = 600.0
    """Time for which a person who left is remembered by the clothes, to get the same id again; 0: nobody is."""
    max_clothes_difference: float = 0.3
    """Largest difference of the clothes at which a person is known again; higher finds more, and errs more often."""
    reid: Annotated[str, tyro.conf.arg(prefix_name=False, metavar="FILE.onnx")] = ""
    """Know people again by this network for re-identification (such as OSNet), and not by their clothes."""
    max_reid_distance: float = 0.2
    """The same for --reid: largest cosine distance of two embeddings of one person; each network has its own best."""
    trail_length: int = 48
    """Number of past positions in a trail."""

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
        check_range(self.remember_s, 0, 86400, "remember_s")
        check_range(self.max_clothes_difference, 0, 4, "max_clothes_difference")
        check_range(self.max_reid_distance, 0, 2, "max_reid_distance")
        if self.reid and not self.remember_s:
            raise ConfigError(
                f"reid: expected remember_s above 0, because {self.reid} is only used to know people again"
            )
        check_range(self.trail_length, 1, 10000, "trail_length")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmoothConfig:
    """The One-Euro filter of the keypoints. Speeds are in body heights per second."""

    # Cut-off frequency of a keypoint: min_cutoff_hz + beta * speed**2, the speed itself filtered with speed_cutoff_hz.
    min_cutoff_hz: float = 0.6
    """Cut-off frequency for a keypoint at rest: lower is steadier."""
    beta: float = 28.0
    """Rise of the cut-off in Hz at one body height per second; grows with the speed squared. Higher lags less."""
    speed_cutoff_hz: float = 1.0
    """Cut-off frequency of the speed estimate."""
    # What the One-Euro filter does not have: uncertain, hidden and missing keypoints.
    full_score: float = 0.3
    """Keypoints with a lower score are smoothed more, the lower the score."""
    fade_s: float = 0.3
    """Time in which a keypoint that becomes hidden fades out."""
    max_speed: float = 5.0
    """A keypoint that jumps faster is an outlier, as long as the jump has not lasted; in body heights per second."""
    outlier_s: float = 0.25
    """Time after which a jump counts as real; until then the keypoint fades. 0: at once."""
    max_gap_s: float = 1.0
    """After a longer gap without a frame, smoothing starts again."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_range(self.min_cutoff_hz, 1e-3, 1e3, "min_cutoff_hz")
        check_range(self.beta, 0, 1e4, "beta")
        check_range(self.speed_cutoff_hz, 1e-3, 1e3, "speed_cutoff_hz")
        check_range(self.full_score, 1e-3, 1, "full_score")
        check_range(self.fade_s, 1e-3, 60, "fade_s")
        check_range(self.max_speed, 1e-3, 1e6, "max_speed")
        check_range(self.outlier_s, 0, 60, "outlier_s")
        check_range(self.max_gap_s, 1e-3, 3600, "max_gap_s")
