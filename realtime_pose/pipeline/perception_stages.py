"""The stages detect, pose and track of a pipeline, with the channels between them."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from realtime_pose.channels import Channel, Inlet, PacedQueue, Queue
from realtime_pose.pipeline.parts import PipelineParts
from realtime_pose.pipeline.perception import CapturedFrame, DetectedFrame, PosedFrame
from realtime_pose.pipeline.stage import DropCounter, Stage, TwoWorkerStage, timed
from realtime_pose.pipeline.stream_perception import StreamPerception
from realtime_pose.scene import Scene

_QUEUE_CAPACITY = 2  # frames between two stages for a file
_MAX_WAIT_SHARE = 0.25  # of the freshness budget; the rest is a reserve for a stage that takes longer than expected

Stages = tuple[dict[str, Inlet[Any]], list[Stage[Any, Any]]]


@dataclass(frozen=True, slots=True)
class Ends:
    """What comes before and after these stages.

    Attributes:
        captured: The captured frames.
        publish: Called with each scene, in the thread of the track stage; gives it on.
        outlets: Channels that get each scene.
    """

    captured: Iterable[CapturedFrame]
    publish: Callable[[Scene], Scene]
    outlets: Sequence[Inlet[Scene]]


def perception_stages(parts: PipelineParts, perception: StreamPerception, ends: Ends, *, drops: DropCounter) -> Stages:
    """The channels by name, and the stages; `StreamPerception` says which frames wait for which."""
    add_time, finish = parts.images.statistics.add_time, parts.images.statistics.end
    timed_detect = timed("detect", perception.detect, add_time)
    timed_pose = timed("pose", perception.pose, add_time)
    timed_track = timed("track", perception.track, add_time)

    def track_and_publish(value: PosedFrame) -> Scene:
        return ends.publish(timed_track(value))

    if perception.is_sequential:

        def perceive(captured: CapturedFrame) -> Scene:
            return track_and_publish(timed_pose(timed_detect(captured)))

        return {}, [Stage("track", perceive, inlet=ends.captured, outlets=ends.outlets, finish=finish)]
    posed: Channel[PosedFrame] = Queue(1)  # tracking is fast: this queue is almost always empty
    track = Stage("track", track_and_publish, inlet=posed, outlets=ends.outlets, finish=finish)
    if not parts.source.info.is_live:
        queue: Channel[DetectedFrame] = Queue(_QUEUE_CAPACITY)
        detect = Stage("detect", timed_detect, inlet=ends.captured, outlets=[queue])
        return {"detected": queue, "posed": posed}, [
            detect,
            TwoWorkerStage("pose", timed_pose, inlet=queue, outlets=[posed]),
            track,
        ]
    # The tracker must see every detected frame, so of the channels only those behind it drop frames.
    paced: PacedQueue[DetectedFrame] = PacedQueue(max_wait_s=(parts.freshness_s or math.inf) * _MAX_WAIT_SHARE)
    fresh = partial(drops.drop_stale, poll_s=lambda: parts.source.info.poll_s)

    def pose_and_add_time(value: DetectedFrame) -> PosedFrame:
        result = timed_pose(value)
        paced.add_consumer_time(result.timings["pose"])
        return result

    return {"detected": paced, "posed": posed}, [
        Stage("detect", timed_detect, inlet=fresh(paced.paced(ends.captured), stage="detect"), outlets=[paced]),
        Stage("pose", pose_and_add_time, inlet=fresh(paced, stage="pose"), outlets=[posed]),
        track,
    ]
