"""The report of a pipeline, gathered from its parts."""

from collections.abc import Mapping

from realtime_pose.pipeline.clip_recorder import ClipRecorder
from realtime_pose.pipeline.parts import PipelineParts
from realtime_pose.pipeline.stats import Report


def make_report(
    parts: PipelineParts,
    *,
    dropped: Mapping[str, int],
    is_ended: bool,
    clips: ClipRecorder | None,
    people_age_s: float | None,
) -> Report:
    """The state of a pipeline at this moment.

    Args:
        parts: The parts of the pipeline.
        dropped: Frames that were dropped between the stages, by place and reason.
        is_ended: Whether all threads have ended.
        clips: Records stretches of a file; None if nothing does.
        people_age_s: How much older than the picture in a window its people are; None if they belong to it.
    """
    statistics, writers, source = parts.images.statistics, parts.writers, parts.source.status
    errors = tuple(error for writer in writers for error in writer.failures.messages)
    is_clip = clips is not None and clips.recorder.is_started
    age_p50_s, age_p95_s = statistics.age_percentiles_s()
    return Report(
        source=source,
        devices=dict(parts.images.devices),  # they may be exchanged later
        warning=parts.networks.warning,
        rate_hz=statistics.rate_hz,
        age_s=statistics.age_s,
        num_frames=statistics.num_frames,
        stages=statistics.stages(),
        dropped={"the source": source.dropped, **dropped},
        sink_errors=errors if clips is None else (*errors, *clips.errors),
        written=tuple(name for writer in writers for name in writer.written),
        are_outputs_lost=bool(errors) and not any(writer.has_output for writer in writers),
        is_reader_gone=any(writer.failures.is_reader_gone for writer in writers),
        is_ended=is_ended,
        recorder=clips.recorder if clips is not None and is_clip else parts.writer.recorder,
        age_p50_s=age_p50_s,
        age_p95_s=age_p95_s,
        crowd=statistics.crowd,
        people_age_s=people_age_s,
        engines=parts.networks.info.engines,
        publications=tuple(publication.status for publication in parts.publications),
        governor=parts.governor.report if parts.governor is not None else None,
    )
