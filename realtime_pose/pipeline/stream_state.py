"""What one stream keeps from frame to frame: its tracker, its smoother, its colours and its recovery of missed persons.

Of single pictures nothing is kept.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import numpy as np

from realtime_pose.appearance.clothes import can_describe
from realtime_pose.appearance.clothes_looks import ClothesDescriber
from realtime_pose.appearance.embeddings import EmbeddingDescriber
from realtime_pose.appearance.people import KnownPeople
from realtime_pose.config import Config, DetectConfig, SmoothConfig, TrackConfig
from realtime_pose.errors import ConfigError
from realtime_pose.pipeline.networks import Networks
from realtime_pose.pipeline.perception import PosedFrame
from realtime_pose.pose import nms
from realtime_pose.render import ColourChooser, choose_colours
from realtime_pose.scene import RECOVERED, Boxes, Frame, Int, Poses, Scene, Tracks
from realtime_pose.skeletons import Skeleton
from realtime_pose.tracking import FollowingTracker, RenamingTracker, Tracker
from realtime_pose.tracking.recovery import TrackRecovery
from realtime_pose.tracking.smooth import Smoother
from realtime_pose.tracking.tracker import PoseTracker

TrackerFactory = Callable[[TrackConfig, Skeleton], Tracker]


class SceneMaker(Protocol):
    """From the poses of each frame to its scene."""

    @property
    def networks(self) -> Networks:
        """The networks of this source."""

    @property
    def can_follow(self) -> bool:
        """Whether frames may come that the detector did not look at."""

    def track(self, posed: PosedFrame, *, smooth: SmoothConfig | None = None) -> Scene:
        """The scene of the next frame; see `StreamState`."""


class StreamState:
    """The state of one stream; for one thread, frames in the order of time. Two streams never share one.

    Attributes:
        networks: The networks of this stream.

    Args:
        config: Settings of pose NMS, tracker and smoother.
        networks: Estimate the poses of missed persons; may be shared.
        make_tracker: Replaces the project's own tracker, for comparisons.
    """

    def __init__(self, config: Config, networks: Networks, *, make_tracker: TrackerFactory = PoseTracker) -> None:
        self.networks = networks
        self._pose_nms = config.pose_nms
        self._tracker = make_tracker(config.track, networks.skeleton)
        self._smoother = Smoother(config.smooth)
        self._colours = ColourChooser()
        self._people = _known_people(config.track, networks)
        self._recovery = TrackRecovery(config.track)

    @property
    def can_follow(self) -> bool:
        """Whether frames may come that the detector did not look at: with this tracker and these networks."""
        return isinstance(self._tracker, FollowingTracker) and self.networks.can_estimate_boxes

    def track(self, posed: PosedFrame, *, smooth: SmoothConfig | None = None) -> Scene:
        """The scene of a frame: one pose per person, and the tracks.

        Args:
            posed: The next frame with its poses.
            smooth: Settings of the smoother from now on; None: no change.
        """
        self._smoother.config = smooth or self._smoother.config
        frame = posed.frame
        tracks, poses = self._update(posed) if posed.followed is None else self._follow(posed, posed.followed)
        tracks = self._smoother.smooth(tracks, time_s=frame.time_s, frame_wh=frame.wh)
        # Another network may run than the one that the tracker was made for: it guesses below other scores.
        tracks = replace(tracks, poses=replace(tracks.poses, skeleton=posed.poses.skeleton))
        return Scene(
            frame,
            _best_first(posed.boxes, posed.unposed if posed.followed is None else Boxes.empty()),
            poses,
            tracks,
            timings=posed.timings,
            unposed=posed.unposed,
            is_detected=posed.followed is None,
            colours=self._colours.choose(tracks.seen),
        )

    def _update(self, posed: PosedFrame) -> tuple[Tracks, Poses]:
        """Tracks and poses, one per person, of a frame with detections."""
        poses, kept = nms.merge(posed.poses, self._pose_nms)  # kept: (M,) rows of the boxes
        # The tracker works with the detector's scores; the tracks that come out have the person scores of the poses.
        detected = replace(poses, boxes=posed.boxes.take(kept))
        frame = posed.frame
        tracks = self._tracker.update(detected, time_s=frame.time_s, frame_wh=frame.wh)
        tracks = self._know_again(tracks, frame)
        tracks = _with_person_scores(tracks, poses)
        # With persons left out there is no time for others either; and who is left out was not missed.
        return tracks if len(posed.unposed) else self._recover_missed(tracks, posed), poses

    def _know_again(self, tracks: Tracks, frame: Frame) -> Tracks:
        """The tracks; people who were here before have the same ids again."""
        if self._people is None or not isinstance(self._tracker, RenamingTracker):
            return tracks
        rows = self._people.watch(tracks, time_s=frame.time_s, wh=frame.wh)
        looks = self._people.describer.describe(frame.image, tracks.poses.take(rows))
        new_ids = self._people.update(tracks, rows, looks, time_s=frame.time_s, new_id=self._tracker.new_id)
        return self._tracker.rename(new_ids) if new_ids else tracks

    def _follow(self, posed: PosedFrame, ids: Int) -> tuple[Tracks, Poses]:
        """Tracks and poses of a frame that the detector did not look at; ids (N,) of the N poses.

        Raises:
            ConfigError: The tracker cannot follow.
        """
        if not isinstance(self._tracker, FollowingTracker):
            raise ConfigError(f"{type(self._tracker).__name__} needs the detector in every frame; use --detect-every 1")
        frame = posed.frame
        tracks = self._tracker.follow(ids, posed.poses, time_s=frame.time_s, frame_wh=frame.wh)
        poses = _with_track_scores(posed.poses, ids, tracks)
        tracks = _with_followed_scores(tracks, ids, poses)
        # Those missed by the detector in the last look were estimated too, so they may be recovered from these poses.
        missed = self._recovery.candidates(tracks, time_s=frame.time_s, frame_wh=frame.wh)
        _, rows, columns = np.intersect1d(tracks.ids[missed], ids, assume_unique=True, return_indices=True)
        return self._recovery.accept(tracks, missed[rows], poses.take(columns)), poses

    def _recover_missed(self, tracks: Tracks, posed: PosedFrame) -> Tracks:
        """The tracks, with poses at the predicted boxes of those just missed."""
        frame, networks = posed.frame, posed.networks or self.networks
        if not networks.can_estimate_boxes:  # a network that looks at whole frames cannot look again at a box
            return tracks
        rows = self._recovery.candidates(tracks, time_s=frame.time_s, frame_wh=frame.wh)  # (M,), M <= N
        if not len(rows):
            return tracks
        return self._recovery.accept(tracks, rows, networks.estimate(frame, tracks.poses.boxes.take(rows)))


class PictureState:
    """Makes the scenes of single pictures: nobody is tracked or left out, and nothing is kept.

    Attributes:
        networks: The networks of this source.

    Args:
        config: Settings of pose NMS.
        networks: May be shared.
    """

    def __init__(self, config: Config, networks: Networks) -> None:
        self.networks = networks
        self._pose_nms = config.pose_nms

    @property
    def can_follow(self) -> bool:
        """Never: one picture has nothing to do with the next one."""
        return False

    def track(self, posed: PosedFrame, *, smooth: SmoothConfig | None = None) -> Scene:  # noqa: ARG002 - of SceneMaker
        """The scene of a picture: one pose per person, best first, numbered from 1."""
        poses, _ = nms.merge(posed.poses, self._pose_nms)
        tracks = numbered(poses)
        colours = choose_colours(tracks)
        return Scene(posed.frame, posed.boxes, poses, tracks, timings=posed.timings, colours=colours)


def check_interval(config: DetectConfig, state: SceneMaker) -> None:
    """Raise ConfigError if the detector may leave out frames, but the people of a stream cannot be followed."""
    if config.interval > 1 and not state.can_follow:
        why = (
            "this tracker cannot follow people without it"
            if state.networks.can_estimate_boxes
            else f"{config.model} finds the poses together with the boxes"
        )
        raise ConfigError(f"detect-every {config.interval}: expected 1 or auto, because {why}")


def _known_people(config: TrackConfig, networks: Networks) -> KnownPeople | None:
    """The memory of people, by the network that the user named, or by their clothes; None if nobody can be known."""
    if not config.remember_s:
        return None
    if networks.reid is not None:
        return KnownPeople(config, EmbeddingDescriber(networks.reid, config.max_reid_distance))
    if can_describe(networks.skeleton):
        return KnownPeople(config, ClothesDescriber(config.max_clothes_difference))
    return None


def numbered(poses: Poses) -> Tracks:
    """The persons of a single picture with their numbers, from 1, as ids."""
    return Tracks.at_rest(poses, np.arange(1, len(poses) + 1, dtype=np.int64))


def _with_person_scores(tracks: Tracks, poses: Poses) -> Tracks:
    """The tracks; those detected in this frame get the person score of their pose."""
    score = tracks.poses.boxes.score.copy()  # (N,)
    is_detected = tracks.detection >= 0
    score[is_detected] = poses.boxes.score[tracks.detection[is_detected]]
    boxes = Boxes(tracks.poses.boxes.xyxy, score.astype(np.float32))
    return replace(tracks, poses=replace(tracks.poses, boxes=boxes))


def _with_track_scores(poses: Poses, ids: Int, tracks: Tracks) -> Poses:
    """Poses (P) in boxes that no detector has seen; each person's score becomes that of its last detection, times it.

    Args:
        poses: Their person scores are those of the keypoints alone.
        ids: (P,) their tracks; those that have ended get the score 0.
        tracks: N tracks, with the scores of their last detections.
    """
    _, rows, columns = np.intersect1d(ids, tracks.ids, assume_unique=True, return_indices=True)
    factor = np.zeros(len(poses), np.float32)
    factor[rows] = tracks.poses.boxes.score[columns]
    return replace(poses, boxes=Boxes(poses.boxes.xyxy, poses.boxes.score * factor))


def _with_followed_scores(tracks: Tracks, ids: Int, poses: Poses) -> Tracks:
    """The tracks; those followed in this frame get the person score of their pose. ids (P,) of the poses (P)."""
    _, rows, columns = np.intersect1d(tracks.ids, ids, assume_unique=True, return_indices=True)
    is_followed = tracks.detection[rows] == RECOVERED
    score = tracks.poses.boxes.score.copy()  # (N,)
    score[rows[is_followed]] = poses.boxes.score[columns[is_followed]]
    return replace(tracks, poses=replace(tracks.poses, boxes=Boxes(tracks.poses.boxes.xyxy, score)))


def _best_first(boxes: Boxes, others: Boxes) -> Boxes:
    """Both in one, best first."""
    if not len(others):
        return boxes
    xyxy, score = np.concatenate((boxes.xyxy, others.xyxy)), np.concatenate((boxes.score, others.score))
    return Boxes(xyxy, score).take(np.argsort(-score, kind="stable"))
