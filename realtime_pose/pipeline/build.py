"""The composition root: builds a pipeline from a configuration.

Only this module connects packages of the same layer.
"""

import logging
import math
from collections.abc import Mapping

from realtime_pose.config import Config, DeviceConfig, LiveSettings
from realtime_pose.errors import RealtimePoseError
from realtime_pose.pipeline.images import OutletImages
from realtime_pose.pipeline.networks import Networks, load_networks
from realtime_pose.pipeline.pipeline import Pipeline, PipelineParts
from realtime_pose.pipeline.stats import Statistics
from realtime_pose.pipeline.stream_state import StreamState, TrackerFactory
from realtime_pose.pipeline.writer import Writer
from realtime_pose.recording.audio_buffer import AudioBuffer
from realtime_pose.recording.audio_file import FileAudio
from realtime_pose.recording.audio_track import AudioSource, NoAudio
from realtime_pose.recording.context import RecordingContext
from realtime_pose.render import Privacy
from realtime_pose.sinks import RunHeader, open_pose_sink
from realtime_pose.sources import Source, open_source
from realtime_pose.sources.source import CODES_AS_WORDS, SourceWords
from realtime_pose.tracking.tracker import PoseTracker

_log = logging.getLogger(__name__)


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
        source: Replaces the source of the configuration; the pipeline owns it.
        make_tracker: Replaces the project's own tracker, for comparisons.
        networks: Networks of the same model settings that other pipelines use too; None: they are loaded.
        words: Puts the reasons and outages of the source into words, for the JSON lines.

    Raises:
        RealtimePoseError: The source does not open, weights are missing, or a network or file is not usable.
    """
    source = open_source(config.source) if source is None else source
    try:
        networks = load_networks(config, is_live=source.info.is_live) if networks is None else networks
        state = StreamState(config, networks, make_tracker=make_tracker)
        return _assemble(config, source, networks, state, words=words)
    except RealtimePoseError:
        source.close()  # the pipeline owns the source, but there is none to close it
        raise


def _assemble(
    config: Config, source: Source, networks: Networks, state: StreamState, *, words: SourceWords
) -> Pipeline:
    """A pipeline of these parts, with its files open."""
    info = networks.info
    images = OutletImages(Statistics(), info.devices, source.info.is_live, config.render)
    digests = {spec.name: spec.sha256 for spec in info.specs.values()}
    run = RunHeader(source.info.name, networks.skeleton, digests, words.describe_outage, info.engines_by_model)
    parts = PipelineParts(
        source=source,
        networks=networks,
        state=state,
        writer=_open_writer(config, images, run=run, source=source, words=words),
        images=images,
        warning=_device_warning(config.device, info.devices),
        freshness_s=config.source.freshness_ms / 1000,
        pose_limit_s=config.source.pose_budget_ms / 1000 or math.inf,
    )
    if parts.warning:
        _log.warning("%s", parts.warning)
    # The part of the configuration that the user may change during the run.
    settings = LiveSettings(detector_threshold=config.detect.threshold, shown=config.render, smooth=config.smooth)
    return Pipeline(parts, settings, max_frames=config.max_frames)


def _open_writer(config: Config, images: OutletImages, *, run: RunHeader, source: Source, words: SourceWords) -> Writer:
    """The writer with all sinks open; if one fails to open, all are closed."""
    info, audio = source.info, _find_audio(source) if config.record.audio else NoAudio()
    may_copy = images.recording_privacy is Privacy.NONE
    context = RecordingContext(info.rate_hz, is_live=info.is_live, audio=audio, run=run, may_copy=may_copy)
    writer = Writer(config.record, context=context, make_image=images.for_recording, words=words)
    # Files are created now, not with the first scene: a bad path must fail before the run.
    try:
        for path in config.save_poses:
            writer.add(open_pose_sink(path, run))
        writer.start_as_configured()
    except RealtimePoseError:
        writer.close()
        raise
    return writer


def _find_audio(source: Source) -> AudioSource:
    """The audio of the frames: that of a file, or what a live source sends from now on."""
    if source.info.audio_path is not None:
        return FileAudio(source.info.audio_path)
    audio = AudioBuffer()
    source.listen(audio)
    return audio


def _device_warning(config: DeviceConfig, devices: Mapping[str, str]) -> str:
    """The warning if a device was requested but a network runs on the CPU; else ""."""
    on_cpu = sorted(stage for stage, device in devices.items() if device == "CPU")
    if config.device in ("auto", "cpu") or not on_cpu:
        return ""
    is_cuda = config.device.startswith("cuda")
    expected = "a session with the CUDA provider" if is_cuda else "a device that OpenVINO lists"
    return (
        f"{config.device} was requested, but {' and '.join(on_cpu)} run on the CPU: expected {expected}; "
        "`realtime-pose doctor` says what is missing"
    )
