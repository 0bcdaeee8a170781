"""The composition root: from a configuration to a pipeline, the only place where rooms of one floor meet."""

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

MakeTracker = Callable[[TrackConfig, Skeleton], Tracker]


def build(
    config: Config,
    *,
    source: Source | None = None,
    make_tracker: MakeTracker = PoseTracker,
    loaded: "LoadedModels | None" = None,
) -> Pipeline:
    """A pipeline, ready to start: source open, networks loaded and warm, files made.

    Args:
        config: All settings.
        source: In place of the one that the configuration names; the pipeline owns it.
        make_tracker: In place of the project's own tracker, to compare with.
        loaded: The models, where an earlier pipeline with the same settings of them has ended; they begin afresh.

    Raises:
        RealtimePoseError: The source does not open, weights are missing, a network or a file is not usable.
    """
    source = open_source(config.source) if source is None else source
    try:
        if loaded is None:
            return _assembled(config, source, load_models(config, make_tracker=make_tracker))
        return _assembled(config, source, loaded.with_new_state(config, make_tracker=make_tracker))
    except RealtimePoseError:
        source.close()
        raise


@dataclass(frozen=True, slots=True)
class LoadedModels:
    """The models of a configuration, loaded and warm.

    Attributes:
        stages: What they do.
        specs: Their manifest entries by stage, each with the SHA-256 that its file has.
        devices: Where each really runs.
        skeleton: What the keypoints are.
    """

    stages: PerceptionStages
    specs: Mapping[str, ModelSpec]
    devices: Mapping[str, str]
    skeleton: Skeleton

    def with_new_state(self, config: Config, *, make_tracker: MakeTracker = PoseTracker) -> "LoadedModels":
        """The same networks with nobody remembered."""
        tracker, smoother = make_tracker(config.track, self.skeleton), Smoother(config.smooth)
        return replace(
            self, stages=replace(self.stages, tracker=tracker, smoother=smoother, recovery=TrackRecovery(config.track))
        )


def load_models(config: Config, *, make_tracker: MakeTracker = PoseTracker) -> LoadedModels:
    """The models that a configuration names.

    Raises:
        RealtimePoseError: Weights are missing, or a network is not usable.
    """
    specs = {stage: _verified(spec) for stage, spec in _specs(config).items()}
    backends = {stage: _backend(spec, config.device) for stage, spec in specs.items()}
    skeleton = skeleton_named(specs.get("pose", specs["detect"]).skeleton)
    find = NetworkDetector if "pose" in specs else NetworkPoseDetector
    stages = PerceptionStages(
        detector=find(backends["detect"], specs["detect"], config.detect),
        estimator=NetworkPoseEstimator(backends["pose"], specs["pose"], config.pose) if "pose" in specs else None,
        tracker=make_tracker(config.track, skeleton),
        smoother=Smoother(config.smooth),
        recovery=TrackRecovery(config.track),
        config=config,
    )
    return LoadedModels(stages, specs, {stage: backend.device for stage, backend in backends.items()}, skeleton)


def _assembled(config: Config, source: Source, loaded: LoadedModels) -> Pipeline:
    overlay = Overlay(Statistics(), loaded.devices, source.info.is_live)
    run = RunHeader(source.info.name, loaded.skeleton, {spec.name: spec.sha256 for spec in loaded.specs.values()})
    parts = PipelineParts(
        source=source,
        stages=loaded.stages,
        writer=_writer(config, overlay, run=run, source=source),
        overlay=overlay,
        warning=_warning(config.device, loaded.devices),
        freshness_s=config.source.freshness_ms / 1000,
    )
    if parts.warning:
        _log.warning("%s", parts.warning)
    settings = LiveSettings(detector_threshold=config.detect.threshold, shown=config.render, smooth=config.smooth)
    return Pipeline(parts, settings, max_frames=config.max_frames)


def _specs(config: Config) -> dict[str, ModelSpec]:
    """The entries of the networks by stage; one for both where the detector brings its own poses."""
    manifest = load_manifest()
    detect = manifest.find(config.detect.model, task="detector")
    if detect.task == "pose-detector":
        return {"detect": detect}
    return {"detect": detect, "pose": manifest.find(config.pose.model, task="pose")}


def _verified(spec: ModelSpec) -> ModelSpec:
    """The entry with the SHA-256 that its file has, also where no publisher names one."""
    return replace(spec, sha256=weights.verify(weights.find(spec), spec))


def _backend(spec: ModelSpec, config: DeviceConfig) -> Backend:
    return load_backend(weights.find(spec), spec, device=config.device, threads=config.threads)


def _writer(config: Config, overlay: Overlay, *, run: RunHeader, source: Source) -> Writer:
    """The writer with all sinks open; if one cannot be opened, those before it are closed."""
    writer = Writer(
        draw=lambda scene: overlay.draw(scene, config.render),
        config=config.record,
        rate_hz=source.info.rate_hz,
        context=RecordingContext(is_live=source.info.is_live, sound=_sound_of(config, source), run=run),
    )
    try:
        for path in config.save_poses:
            writer.add(open_pose_sink(path, run))
        writer.arm()
    except RealtimePoseError:
        writer.close()
        raise
    return writer


def _sound_of(config: Config, source: Source) -> Path | AudioBuffer | None:
    """The file or the stream whose sound belongs to the scenes; None where there is none, or it is not wanted."""
    if config.record.sound and isinstance(source, StreamSource):
        sound = AudioBuffer()
        source.listen(sound)
        return sound
    path = Path(config.source.uri).expanduser()
    is_named = not source.info.is_live and source.info.name == config.source.uri and path.is_file()
    return path if config.record.sound and is_named else None


def _warning(config: DeviceConfig, devices: Mapping[str, str]) -> str:
    """What to say where CUDA was asked for and the networks run on the CPU."""
    on_cpu = sorted(stage for stage, device in devices.items() if device == "CPU")
    if not config.device.startswith("cuda") or not on_cpu:
        return ""
    return (
        f"{config.device} was asked for, but {' and '.join(on_cpu)} run on the CPU: expected a session with the CUDA "
        "provider; `realtime-pose doctor` says what is missing"
    )
