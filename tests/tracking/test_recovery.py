"""Track recovery: a track that is missed for a moment keeps a pose, within limits, and never another person's."""

from dataclasses import replace

import numpy as np
import pytest

from realtime_pose.config import Config, TrackConfig
from realtime_pose.detect.detector import Detector
from realtime_pose.pipeline.networks import TopDownNetworks
from realtime_pose.pipeline.perception import CapturedFrame, detect, pose
from realtime_pose.pipeline.stream_state import StreamState
from realtime_pose.pose.estimator import PoseEstimator
from realtime_pose.scene import RECOVERED, Boxes, Frame, Poses, Tracks, TrackState
from realtime_pose.skeletons import COCO17
from realtime_pose.tracking.recovery import TrackRecovery
from realtime_pose.tracking.tracker import PoseTracker
from tests.support.fakes.parts import frame
from tests.support.people.scenes import PICTURE_WH, Walker, truth_at

CONFIG = TrackConfig()
RATE_HZ = 30.0
NO_POSES = Poses.empty(COCO17)
TWO = (Walker(person_id=1, start_x_px=300, speed_px_s=90), Walker(person_id=2, start_x_px=900))


def _seen(count: int = 10, walkers: tuple[Walker, ...] = TWO) -> tuple[PoseTracker, TrackRecovery, float]:
    """A tracker and a recovery that followed these walkers for some frames, and the time of the last frame."""
    tracker, recovery = PoseTracker(CONFIG, COCO17), TrackRecovery(CONFIG)
    for step in range(count):
        time_s = step / RATE_HZ
        tracks = tracker.update(truth_at(walkers, time_s).poses, time_s=time_s, frame_wh=PICTURE_WH)
        assert len(recovery.candidates(tracks, time_s=time_s, frame_wh=PICTURE_WH)) == 0, "nobody is missed"
    return tracker, recovery, time_s


def _missed(detections: Poses = NO_POSES) -> tuple[TrackRecovery, Tracks, np.ndarray, float]:
    """The next frame with only these detections: recovery, tracks, the rows to estimate, and the time."""
    tracker, recovery, time_s = _seen()
    time_s += 1 / RATE_HZ
    tracks = tracker.update(detections, time_s=time_s, frame_wh=PICTURE_WH)
    return recovery, tracks, recovery.candidates(tracks, time_s=time_s, frame_wh=PICTURE_WH), time_s


def test_a_missed_person_is_recovered_and_marked() -> None:
    recovery, tracks, rows, time_s = _missed()
    assert sorted(rows.tolist()) == [0, 1]
    poses = truth_at(TWO, time_s).poses.take(rows)
    recovered = recovery.accept(tracks, rows, poses)
    assert recovered.detection.tolist() == [RECOVERED, RECOVERED]
    assert recovered.state.tolist() == [TrackState.CONFIRMED] * 2
    assert recovered.seen.ids.tolist() == [1, 2]
    np.testing.assert_array_equal(recovered.poses.keypoints[rows], poses.keypoints)
    assert tracks.state.tolist() == [TrackState.LOST] * 2, "what came in stays as it was"


def _faint(poses: Poses) -> Poses:
    return replace(poses, score=np.full_like(poses.score, CONFIG.recovery_min_score - 0.05))


def _elsewhere(poses: Poses) -> Poses:
    return replace(poses, keypoints=poses.keypoints + 150)


@pytest.mark.parametrize("change", [_faint, _elsewhere])
def test_a_poor_pose_is_not_accepted(change: object) -> None:
    assert callable(change)
    recovery, tracks, rows, time_s = _missed()
    recovered = recovery.accept(tracks, rows, change(truth_at(TWO, time_s).poses.take(rows)))
    assert recovered.state.tolist() == [TrackState.LOST] * 2
    assert len(recovered.seen) == 0


def test_the_pose_of_a_detected_person_is_not_shown_twice() -> None:
    """The crop of a hidden person shows the person in front."""
    pair = (Walker(person_id=1, start_x_px=500), Walker(person_id=2, start_x_px=560))
    tracker, recovery, time_s = _seen(walkers=pair)
    time_s += 1 / RATE_HZ
    front = truth_at(pair[:1], time_s).poses
    tracks = tracker.update(front, time_s=time_s, frame_wh=PICTURE_WH)
    rows = np.flatnonzero(tracks.state == TrackState.LOST)
    copied = replace(front, boxes=tracks.poses.boxes.take(rows))
    assert recovery.accept(tracks, rows, copied).seen.ids.tolist() == tracks.seen.ids.tolist()


def test_a_box_that_another_person_fills_is_no_candidate() -> None:
    pair = (Walker(person_id=1, start_x_px=500), Walker(person_id=2, start_x_px=510))
    tracker, recovery, time_s = _seen(walkers=pair)
    time_s += 1 / RATE_HZ
    tracks = tracker.update(truth_at(pair[:1], time_s).poses, time_s=time_s, frame_wh=PICTURE_WH)
    assert TrackState.LOST in tracks.state
    assert len(recovery.candidates(tracks, time_s=time_s, frame_wh=PICTURE_WH)) == 0


def test_recovery_ends_after_recovery_s() -> None:
    tracker, recovery, last_s = _seen()
    candidate_s = [0.0]
    for step in range(1, 30):
        time_s = last_s + step / RATE_HZ
        tracks = tracker.update(NO_POSES, time_s=time_s, frame_wh=PICTURE_WH)
        if len(recovery.candidates(tracks, time_s=time_s, frame_wh=PICTURE_WH)):
            candidate_s.append(time_s - last_s)
    assert max(candidate_s) == pytest.approx(CONFIG.recovery_s, abs=1 / RATE_HZ)


def test_at_most_recovery_persons_are_candidates() -> None:
    many = tuple(Walker(person_id=i, start_x_px=100 + 120 * i) for i in range(9))
    tracker, recovery, time_s = _seen(walkers=many)
    time_s += 1 / RATE_HZ
    tracks = tracker.update(NO_POSES, time_s=time_s, frame_wh=PICTURE_WH)
    assert len(recovery.candidates(tracks, time_s=time_s, frame_wh=PICTURE_WH)) == CONFIG.recovery_persons


class _Scripted(Detector, PoseEstimator):
    """Detects the walkers except in some frames, and estimates the walker in the middle of a box."""

    skeleton = COCO17

    def __init__(self, missed: set[int]) -> None:
        self._missed = missed

    def detect(self, frame: Frame, *, threshold: float) -> Boxes:
        del threshold
        return Boxes.empty() if frame.index in self._missed else truth_at(TWO, frame.time_s).poses.boxes

    def estimate(self, frame: Frame, boxes: Boxes) -> Poses:
        poses = truth_at(TWO, frame.time_s).poses
        gap = np.abs(boxes.xyxy[:, None, 0] - poses.boxes.xyxy[None, :, 0])
        return replace(poses.take(gap.argmin(axis=1)), boxes=boxes)


def test_a_skeleton_does_not_flicker_in_missed_frames() -> None:
    missed = {7, 8, 15}
    models = _Scripted(missed)
    networks = TopDownNetworks(models, models)
    state = StreamState(Config(track=CONFIG), networks)
    for index in range(20):
        captured = CapturedFrame(frame(index, wh=PICTURE_WH))
        tracks = state.track(pose(detect(networks, captured, threshold=0.3))).tracks
        assert tracks.seen.ids.tolist() == [1, 2]
        assert (tracks.seen.detection == RECOVERED).all() == (index in missed)
