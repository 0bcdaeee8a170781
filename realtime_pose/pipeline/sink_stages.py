"""The last stages of a pipeline: scenes to recording and files; in threads of their own to pipes and publications."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from realtime_pose.channels import Channel, DroppingQueue, Inlet, Mailbox, Queue
from realtime_pose.pipeline.images import repeat_latest
from realtime_pose.pipeline.live_view import FrameFork
from realtime_pose.pipeline.parts import PipelineParts
from realtime_pose.pipeline.recording_queue import RecordingQueue
from realtime_pose.pipeline.stage import Stage, timed
from realtime_pose.pipeline.status_updates import with_status_updates
from realtime_pose.pipeline.writer import Writer
from realtime_pose.recording.recorded_frame import RecordedFrame
from realtime_pose.scene import Scene
from realtime_pose.video.packets import FrameListener

_QUEUE_CAPACITY = 2  # scenes between two stages for a file
_PIPE_QUEUE_CAPACITY = 16  # scenes that the reader of a pipe may be behind before those of a live source are dropped

AddTime = Callable[[str, float], None]
SinkStage = tuple[str, Inlet[Scene], Stage[Any, Any]]


def sink_stages(
    parts: PipelineParts, *, add_time: AddTime, on_unrecorded: Callable[[], None], view: FrameListener
) -> Iterator[SinkStage]:
    """The stages, each with its channel and the name of this channel.

    Args:
        parts: The parts of the pipeline.
        add_time: Gets the stage and the seconds of each call.
        on_unrecorded: Called for each frame whose image is missing in the recording, because recording is too slow.
        view: Gets every frame of a live source too.
    """
    if parts.source.info.is_live:
        yield _live_sinks(parts, add_time, on_unrecorded, view)
    else:
        yield _file_sinks(parts, add_time)
    if parts.pipes is not None:
        yield _pipes(parts, parts.pipes, add_time)


def publication_stages(parts: PipelineParts) -> Iterator[SinkStage]:
    """The stages that send pictures out of the program, each with its channel and the name of this channel.

    While no scene comes, because a camera is away or a file is paused, the latest one is sent again: servers close a
    connection on which nothing comes, and the image of a virtual camera would vanish.
    """
    for number, publication in enumerate(parts.publications, start=1):
        # A slow server or encoder gets fewer frames, and never slows tracking.
        published: Channel[Scene] = Mailbox()
        name = f"publication {number}"
        scenes = repeat_latest(published, is_wanted=lambda: True)
        yield name, published, Stage(name, publication.write, inlet=scenes, finish=publication.close)


def _file_sinks(parts: PipelineParts, add_time: AddTime) -> SinkStage:
    """Writes every scene of a file."""
    tracked: Channel[Scene] = Queue(_QUEUE_CAPACITY)
    write = timed("sinks", parts.writer.write, add_time)
    return "tracked", tracked, Stage("sinks", write, inlet=tracked, finish=parts.writer.close)


def _live_sinks(
    parts: PipelineParts, add_time: AddTime, on_unrecorded: Callable[[], None], view: FrameListener
) -> SinkStage:
    """Writes the scenes of a live source, and records also the frames that were not analysed."""
    writer = parts.writer
    queue = RecordingQueue(parts.networks.skeleton, writer.find_need, on_dropped=on_unrecorded)
    parts.source.listen_to_frames(FrameFork(queue, view))

    def record(recorded: RecordedFrame) -> None:
        started_s = time.perf_counter()
        writer.record(recorded)
        add_time("sinks", time.perf_counter() - started_s)

    inlet = with_status_updates(queue, parts.source, writer.write_status)
    return "tracked", queue, Stage("sinks", record, inlet=inlet, finish=writer.close)


def _pipes(parts: PipelineParts, writer: Writer, add_time: AddTime) -> SinkStage:
    """Writes scenes to pipes; those of a live source that the reader is too slow for are dropped."""
    is_live = parts.source.info.is_live
    piped: Channel[Scene] = DroppingQueue(_PIPE_QUEUE_CAPACITY) if is_live else Queue(_QUEUE_CAPACITY)
    inlet = with_status_updates(piped, parts.source, writer.write_status) if is_live else piped
    return "pipes", piped, Stage("pipes", timed("pipes", writer.write, add_time), inlet=inlet, finish=writer.close)
