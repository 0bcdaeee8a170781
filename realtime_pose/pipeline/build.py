"""The composition root: builds a pipeline from a configuration.

Only this module connects packages of the same layer.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from realtime_pose.config import Config, DeviceConfig, LiveSettings, TrackConfig
from realtime_pose.detect.detector import NetworkDetector, NetworkPoseDetector
from realtime_pose.errors import RealtimePoseError
from realtime_pose.models import weights
from realtime_pose.models.backend import Backend
from realtime_pose.models.load import load_backend
from realtime_pose.models.manifest import ModelSpec, load_manifest
from realtime_pose.pipeline.overlay import Overlay
from realtime_pose.pipeline.perception import PerceptionStages
from realtime_pose.pipeline.pipeline import Pipeline, PipelineParts
from realtime_pose.pipeline.stats import Statistics
from realtime_pose.pipeline.writer import Writer
from realtime_pose.pose.estimator import NetworkPoseEstimator
from realtime_pose.recording.audio_buffer import AudioBuffer
from realtime_pose.recording.context import RecordingContext
from realtime_pose.sinks import RunHeader, open_pose_sink
from realtime_pose.skeletons import Skeleton, skeleton_named
from realtime_pose.sources import Source, StreamSource, open_source
from realtime_pose.tracking import Tracker
from realtime_pose.tracking.recovery import TrackRecovery
from realtime_pose.tracking.smooth import Smoother
from realtime_pose.tracking.tracker import PoseTracker

_log = logging.getLogger(__name__)

TrackerFactory = Callable[[TrackConfig, Skeleton], Tracker]


def build(
    config: Config,
    *,
    source: Source | None = None,
    make_tracker: TrackerFactory = PoseTracker,
    loaded: "LoadedModels | None" = None,
) -> Pipeline:
    """A pipeline that is ready to start.

    The source is open, the networks are loaded and warmed up, and the files are created.

    Args:
        config: All settings.
        source: Replaces the source of the configuration; the pipeline owns it.
        make_tracker: Replaces the project's own tracker, for comparisons.
        loaded: Models of an earlier pipeline with the same model settings, which has ended; they get new state.

    Raises:
        RealtimePoseError: The source does not open, weights are missing, or a network or file is not usable.
    """
    source = open_source(config.source) if source is None else source
    try:
        if loaded is None:
            return _assemble(config, source, load_models(config, make_tracker=make_tracker))
        return _assemble(config, source, loaded.with_new_state(config, make_tracker=make_tracker))
    except RealtimePoseError:
        source.close()  # the pipeline owns the source, but there is none to close it
        raise


@dataclass(frozen=True, slots=True)
class LoadedModels:
    """The models of a configuration, loaded and warmed up.

    Attributes:
        stages: The perception stages that use them.
        specs: Manifest entry per stage, with the SHA-256 of the file in use.
        devices: The device that really runs the network of each stage.
        skeleton: Names and order of the keypoints.
    """

    stages: PerceptionStages
    specs: Mapping[str, ModelSpec]
    devices: Mapping[str, str]
    skeleton: Skeleton

    def with_new_state(self, config: Config, *, make_tracker: TrackerFactory = PoseTracker) -> "LoadedModels":
        """The same networks with a new tracker, smoother and recovery."""
        tracker, smoother = make_tracker(config.track, self.skeleton), Smoother(config.smooth)
        recovery = TrackRecovery(config.track)
        return replace(self, stages=replace(self.stages, tracker=tracker, smoother=smoother, recovery=recovery))


def load_models(config: Config, *, make_tracker: TrackerFactory = PoseTracker) -> LoadedModels:
    """Load the models that a configuration names.

    Raises:
        RealtimePoseError: Weights are missing, or a network is not usable.
    """
    specs = {stage: _verify(spec) for stage, spec in _find_specs(config).items()}
    backends = {stage: _load_backend(spec, config.device) for stage, spec in specs.items()}
    # A one-stage detector brings the skeleton itself; then there is no entry for "pose".
    skeleton = skeleton_named(specs.get("pose", specs["detect"]).skeleton)
    detector_type = NetworkDetector if "pose" in specs else NetworkPoseDetector
    stages = PerceptionStages(
        detector=detector_type(backends["detect"], specs["detect"], config.detect),
        estimator=NetworkPoseEstimator(backends["pose"], specs["pose"], config.pose) if "pose" in specs else None,
        tracker=make_tracker(config.track, skeleton),
        smoother=Smoother(config.smooth),
        recovery=TrackRecovery(config.track),
        config=config,
    )
    return LoadedModels(stages, specs, {stage: backend.device for stage, backend in backends.items()}, skeleton)


def _assemble(config: Config, source: Source, loaded: LoadedModels) -> Pipeline:
    """A pipeline of this source and these models."""
    overlay = Overlay(Statistics(), loaded.devices, source.info.is_live)
    run = RunHeader(source.info.name, loaded.skeleton, {spec.name: spec.sha256 for spec in loaded.specs.values()})
    parts = PipelineParts(
        source=source,
        stages=loaded.stages,
        writer=_open_writer(config, overlay, run=run, source=source),
        overlay=overlay,
        warning=_cpu_warning(config.device, loaded.devices),
        freshness_s=config.source.freshness_ms / 1000,
    )
    if parts.warning:
        _log.warning("%s", parts.warning)
    # The part of the configuration that the user may change during the run.
    settings = LiveSettings(detector_threshold=config.detect.threshold, shown=config.render, smooth=config.smooth)
    return Pipeline(parts, settings, max_frames=config.max_frames)


def _find_specs(config: Config) -> dict[str, ModelSpec]:
    """Manifest entries by stage; only "detect" if the detector finds poses too."""
    manifest = load_manifest()
    detect = manifest.find(config.detect.model, task="detector")
    if detect.task == "pose-detector":
        return {"detect": detect}
    # The manifest entry alone decides how outputs are decoded, so any detector works with any pose estimator.
    return {"detect": detect, "pose": manifest.find(config.pose.model, task="pose")}


def _verify(spec: ModelSpec) -> ModelSpec:
    """Check the weights file; returns the entry with the SHA-256 of the file."""
    # The header of a results file names the exact weights, so every entry needs the hash, also without a published one.
    return replace(spec, sha256=weights.verify(weights.find(spec), spec))


def _load_backend(spec: ModelSpec, config: DeviceConfig) -> Backend:
    return load_backend(weights.find(spec), spec, device=config.device, threads=config.threads)


def _open_writer(config: Config, overlay: Overlay, *, run: RunHeader, source: Source) -> Writer:
    """The writer with all sinks open; if one fails to open, all are closed."""
    writer = Writer(
        draw=lambda scene: overlay.draw(scene, config.render),
        config=config.record,
        rate_hz=source.info.rate_hz,
        context=RecordingContext(is_live=source.info.is_live, audio=_find_audio(config, source), run=run),
    )
    # Files are created now, not with the first scene: a bad path must fail before the run.
    try:
        for path in config.save_poses:
            writer.add(open_pose_sink(path, run))
        writer.start()
    except RealtimePoseError:
        writer.close()
        raise
    return writer


def _find_audio(config: Config, source: Source) -> Path | AudioBuffer | None:
    """The audio of the scenes, a file or the buffer of a stream; None without audio."""
    if config.record.audio and isinstance(source, StreamSource):
        audio = AudioBuffer()
        source.listen(audio)
        return audio
    path = Path(config.source.uri).expanduser()
    # A caller may pass its own source to build(); then the file that the configuration names is not its audio.
    is_named = not source.info.is_live and source.info.name == config.source.uri and path.is_file()
    return path if config.record.audio and is_named else None


def _cpu_warning(config: DeviceConfig, devices: Mapping[str, str]) -> str:
    """The warning if CUDA was requested but a network runs on the CPU; else ""."""
    on_cpu = sorted(stage for stage, device in devices.items() if device == "CPU")
    if not config.device.startswith("cuda") or not on_cpu:
        return ""
    return (
        f"{config.device} was requested, but {' and '.join(on_cpu)} run on the CPU: expected a session with the CUDA "
        "provider; `realtime-pose doctor` says what is missing"
    )
