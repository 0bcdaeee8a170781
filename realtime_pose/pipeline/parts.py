"""The parts of a pipeline: what `build` assembles, and what `Pipeline` runs in threads."""

import math
from dataclasses import dataclass, field

from realtime_pose.effort import Effort
from realtime_pose.pipeline.images import OutletImages
from realtime_pose.pipeline.live_governor import LiveGovernor
from realtime_pose.pipeline.stream_networks import StreamNetworks
from realtime_pose.pipeline.stream_state import SceneMaker
from realtime_pose.pipeline.writer import Writer
from realtime_pose.publishing import Publication
from realtime_pose.sources import Source


@dataclass(frozen=True, slots=True)
class PipelineParts:
    """The parts of a pipeline, as build.py assembles them.

    Attributes:
        source: The open source.
        networks: Detector and pose estimator of this stream, which may be exchanged while it runs.
        state: Tracker, smoother and recovery of this stream; of pictures, none of them.
        writer: Writes the scenes to recording and files.
        pipes: Writes the scenes to pipes, in a thread of its own: a slow reader must not delay a recording. None for
            no pipe.
        publications: Send the pictures of the scenes out of the program, each in a thread of its own.
        effort: What runs on a frame, as configured.
        governor: Lowers the effort of a live run to hold its rate; None for no governor.
        images: Makes the images for the window; holds the statistics that all stages share.
        freshness_s: Frames of a live source that have waited longer are dropped before a stage; None: never.
        pose_limit_s: Of a live source: longest time for the poses of one frame, see `pose_budget`.
    """

    source: Source
    networks: StreamNetworks
    state: SceneMaker
    writer: Writer
    images: OutletImages
    freshness_s: float | None = None
    pose_limit_s: float = math.inf
    pipes: Writer | None = None
    publications: tuple[Publication, ...] = ()
    effort: Effort = field(default_factory=Effort)
    governor: LiveGovernor | None = None

    @property
    def writers(self) -> list[Writer]:
        """The writers that there are."""
        return [writer for writer in (self.writer, self.pipes) if writer is not None]
