"""The composition root: builds a pipeline from a configuration.

Only this module connects packages of the same layer.
"""

import logging
import math
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial

from realtime_pose.config import Config, LiveSettings, RecordConfig
from realtime_pose.effort import Effort
from realtime_pose.pipeline.device_warning import device_warning
from realtime_pose.pipeline.governed_networks import GovernedNetworks, find_options
from realtime_pose.pipeline.governor import Governor, Target, intervals_for, make_ladder
from realtime_pose.pipeline.images import OutletImages
from realtime_pose.pipeline.live_governor import LiveGovernor
from realtime_pose.pipeline.model_exchange import ModelExchange
from realtime_pose.pipeline.networks import Networks, load_networks
from realtime_pose.pipeline.outputs import PoseOutputs
from realtime_pose.pipeline.parts import PipelineParts
from realtime_pose.pipeline.picture_outputs import image_ids
from realtime_pose.pipeline.pipeline import Pipeline
from realtime_pose.pipeline.reopening import find_reopener
from realtime_pose.pipeline.stats import Statistics
from realtime_pose.pipeline.stream_networks import StreamNetworks
from realtime_pose.pipeline.stream_state import PictureState, SceneMaker, StreamState, TrackerFactory, check_interval
from realtime_pose.pipeline.writer import Writer
from realtime_pose.publishing import make_publications
from realtime_pose.recording.audio_buffer import AudioBuffer
from realtime_pose.recording.audio_file import FileAudio
from realtime_pose.recording.audio_track import AudioSource, NoAudio
from realtime_pose.recording.context import RecordingContext
from realtime_pose.render import Privacy
from realtime_pose.sinks import RunHeader
from realtime_pose.sinks.picture_files import PictureFilesSink
from realtime_pose.sources import Source, open_source, part_of
from realtime_pose.sources.source import CODES_AS_WORDS, SourceInfo, SourceWords
from realtime_pose.tracking.tracker import PoseTracker

_USUAL_HZ = 30.0  # of a live source that does not state its rate

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Analysis:
    """What finds and follows the people of a source."""

    networks: StreamNetworks
    state: SceneMaker


def build(
    config: Config,
    *,
    source: Source | None = None,
    make_tracker: TrackerFactory = PoseTracker,
    networks: Networks | None = None,
    words: SourceWords = CODES_AS_WORDS,
) -> Pipeline:
    """A pipeline that is ready to start.

    The source is open, the networks are loaded and warmed up, and the files are created.

    Args:
        config: All settings.
        source: Replaces the source of the configuration, whose part is used; the pipeline owns it.
        make_tracker: Replaces the project's own tracker, for comparisons.
        networks: Networks of the same model settings that other pipelines use too; None: they are loaded.
        words: Puts the reasons and outages of the source into words, for the JSON lines.

    Raises:
        RealtimePoseError: The source does not open, weights are missing, a network is not usable, or an output may not
            be written. Files that were there before are then unchanged.
    """
    with ExitStack() as undo:
        if source is not None:
            undo.callback(source.close)  # the pipeline owns the source, but there may be none to close it
        outputs = PoseOutputs(config)
        undo.callback(outputs.discard)
        reopener = None  # a source that was handed in is the only one of its kind
        if source is None:
            ids = image_ids(config.source)
            source = open_source(config.source, config.part, image_ids=ids)
            undo.callback(source.close)
            reopener = find_reopener(config, source.info, ids)
        else:
            source = part_of(source, config.part)
        loaded = load_networks(config, is_live=source.info.is_live) if networks is None else networks
        exchanged = GovernedNetworks(config, loaded) if source.info.is_live else StreamNetworks(loaded)
        exchanged.warning = device_warning(config.device, exchanged.devices)
        if exchanged.warning:
            _log.warning("%s", exchanged.warning)
        state = _make_state(config, source.info, exchanged, make_tracker)
        if not source.info.is_pictures:
            check_interval(config.detect, state)
        parts = _assemble(config, source, _Analysis(exchanged, state), outputs=outputs, words=words)
        # The part of the configuration that the user may change during the run.
        settings = LiveSettings(detector_threshold=config.detect.threshold, shown=config.render, smooth=config.smooth)
        pipeline = Pipeline(parts, settings, max_frames=config.max_frames)
        pipeline.reopener = reopener
        make = partial(_make_governor, info=source.info, state=state)
        pipeline.models = ModelExchange(exchanged, source.info.is_live, parts.governor, make)
        undo.pop_all()
    return pipeline


def _assemble(
    config: Config, source: Source, analysis: _Analysis, *, outputs: PoseOutputs, words: SourceWords
) -> PipelineParts:
    """The parts of a pipeline, with its files open."""
    networks, state = analysis.networks, analysis.state
    info, devices = source.info, networks.devices
    # A photo gets nothing that belongs to a video.
    recorded = replace(config.render, ids=False, hud=False) if info.is_pictures else config.render
    images = OutletImages(Statistics(), devices, info.is_live, recorded, is_pictures=info.is_pictures)
    audio = _find_audio(source) if config.record.audio else NoAudio()
    may_copy = images.recording_privacy is Privacy.NONE
    run = _run_header(info, networks, words)
    context = RecordingContext(info.rate_hz, is_live=info.is_live, audio=audio, run=run, may_copy=may_copy)
    writer, pipes = _open_writers(config, context, images, outputs=outputs, words=words)
    draw = partial(images.for_recording, kind="overlay")
    return PipelineParts(
        source=source,
        networks=networks,
        state=state,
        writer=writer,
        pipes=pipes,
        publications=make_publications(config, draw, rate_hz=info.rate_hz or 0.0),
        images=images,
        freshness_s=config.source.freshness_ms / 1000,
        pose_limit_s=config.source.pose_budget_ms / 1000 or math.inf,
        effort=Effort(config.detect.interval if state.can_follow else 1),
        governor=_make_live_governor(config, info, state),
    )


def _run_header(info: SourceInfo, networks: StreamNetworks, words: SourceWords) -> RunHeader:
    return RunHeader(
        info.name,
        networks.skeleton,
        networks.models,  # these two grow during the run
        words.describe_outage,
        networks.engines,
        is_pictures=info.is_pictures,
    )


def _make_state(config: Config, info: SourceInfo, networks: Networks, make_tracker: TrackerFactory) -> SceneMaker:
    """What follows the people of a source, or numbers those of single pictures."""
    if info.is_pictures:
        return PictureState(config, networks)
    return StreamState(config, networks, make_tracker=make_tracker)


def _make_governor(config: Config, *, info: SourceInfo, state: SceneMaker) -> Governor:
    """The governor of a live run with the networks of this configuration."""
    intervals = intervals_for(info.rate_hz or _USUAL_HZ) if state.can_follow else (1,)
    target = Target(config.source.target_fps, config.source.target_age_ms / 1000)
    return Governor(make_ladder(find_options(config, state.networks, intervals)), target)


def _make_live_governor(config: Config, info: SourceInfo, state: SceneMaker) -> LiveGovernor | None:
    """The governor with the networks that it chooses; None for a source that is not live."""
    networks = state.networks
    if not isinstance(networks, GovernedNetworks):
        return None
    return LiveGovernor(_make_governor(config, info=info, state=state), networks)


def _open_writers(
    config: Config, context: RecordingContext, images: OutletImages, *, outputs: PoseOutputs, words: SourceWords
) -> tuple[Writer, Writer | None]:
    """The writer of files, and that of pipes if there are any; if one output cannot be opened, all are as before."""
    writer = Writer(config.record, context=context, make_image=images.for_recording, words=words)
    pipes = Writer(RecordConfig(), context=context, make_image=images.for_recording, words=words)
    with ExitStack() as undo:
        undo.callback(writer.close)
        undo.callback(pipes.close)
        undo.callback(outputs.discard)
        # Now, and not with the first scene: a bad path must fail before the run. Everything is opened before the first
        # byte is written, so an older file stays whole if something else cannot be opened.
        outputs.open()
        if config.out is not None:
            draw = partial(images.for_recording, kind="overlay")
            writer.add(PictureFilesSink(config.out, draw), name=str(config.out))
        writer.start_as_configured(may_replace=config.overwrite)
        opened = outputs.opened()
        # The recording shows the part only, so the poses beside it need no other picture.
        run = replace(context.run, part=config.part)
        for target, output in opened:
            sink = target.sink(output, run)
            (pipes if target.is_stream else writer).add(sink, name=target.name, output=output)
        undo.pop_all()
    return writer, pipes if any(target.is_stream for target, _ in opened) else None


def _find_audio(source: Source) -> AudioSource:
    """The audio of the frames: that of a file, or what a live source sends from now on."""
    info = source.info
    if info.audio_path is not None:
        return FileAudio(info.audio_path, video_start_s=info.start_s)
    audio = AudioBuffer()
    source.listen(audio)
    return audio
