"""The command ``process``: videos and pictures to annotated ones, and an exit code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import tyro

from realtime_pose.commands import signals, terminal, weights
from realtime_pose.commands.flags import ConfigFlag, DebugFlag, EncoderPresetFlag, PresetFlag, QualityFlag, RecordAsFlag
from realtime_pose.config import (
    Config,
    DetectConfig,
    DeviceConfig,
    PartConfig,
    PoseConfig,
    PoseNmsConfig,
    RenderConfig,
    SmoothConfig,
    SourceConfig,
    TrackConfig,
)
from realtime_pose.config.units import check_range
from realtime_pose.counts import counted
from realtime_pose.errors import ConfigError

if TYPE_CHECKING:
    from realtime_pose.commands.process_job import Job
    from realtime_pose.commands.process_runs import Row

_POLL_S = 0.2  # how often the progress bar moves
# Fields of the arguments that are fields of Config too.
_STAGES = ("part", "device", "detect", "pose", "pose_nms", "track", "smooth", "render")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessArguments:
    """Annotate videos and pictures, every frame of each; finished files are not done again."""

    files: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="FILE|FOLDER")]
    """Videos, pictures, folders of them, and patterns such as "pictures/*.jpg"."""
    out: Annotated[Path, tyro.conf.arg(metavar="FOLDER")]
    """Write FOLDER/NAME.mp4 for each video, and each picture under its own name; the folder is created if missing."""
    save_poses: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="PATH"), tyro.conf.UseAppendAction] = ()
    """Write poses, as in live; of several videos each has its own file, NAME.PATH."""
    save_angles: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="PATH.csv"), tyro.conf.UseAppendAction] = ()
    """Write the angles of the joints here, one row per person and frame; they are angles in the picture's plane."""
    again: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Do finished files again. Only files that this command made, and that are as it made them, are replaced."""
    workers: int = 1
    """Videos that are done at the same time."""
    as_video: bool = False
    """Pictures: those of a folder are one video, whose people are tracked."""
    as_pictures: bool = False
    """Pictures: they are no video, although they are numbered like one."""
    annotations: Annotated[Path | None, tyro.conf.arg(metavar="FILE.json")] = None
    """Pictures: a COCO annotation file with the ids of the pictures, for the results."""
    # This one and the next two have the defaults of the configuration, through from_config.
    folder_rate_hz: float
    """Frames per second of pictures that are a video."""
    picture: RecordAsFlag
    quality_crf: QualityFlag
    encoder_preset: EncoderPresetFlag
    part: tyro.conf.OmitArgPrefixes[PartConfig]
    device: tyro.conf.OmitArgPrefixes[DeviceConfig]
    detect: tyro.conf.OmitArgPrefixes[DetectConfig]
    pose: tyro.conf.OmitArgPrefixes[PoseConfig]
    pose_nms: PoseNmsConfig
    track: TrackConfig
    smooth: SmoothConfig
    render: tyro.conf.OmitArgPrefixes[RenderConfig]
    preset: PresetFlag = ""
    config: ConfigFlag = None
    debug: DebugFlag = False

    def __post_init__(self) -> None:
        """Check the range."""
        check_range(self.workers, 1, 64, "workers")
        SourceConfig(as_video=self.as_video, as_pictures=self.as_pictures)  # not both

    @classmethod
    def from_config(cls, loaded: Config, path: Path | None) -> Self:
        """The defaults from this configuration, which was read from this path; files and folder have no default."""
        required: Any = tyro.MISSING
        record, source = loaded.record, loaded.source
        return cls(
            files=required,
            out=required,
            as_video=source.as_video,
            as_pictures=source.as_pictures,
            annotations=source.annotations,
            folder_rate_hz=source.folder_rate_hz,
            picture=record.picture,
            quality_crf=record.quality_crf,
            encoder_preset=record.encoder_preset,
            **{name: getattr(loaded, name) for name in _STAGES},
            config=path,
        )

    def with_default_outputs(self, loaded: Config) -> Self:
        """These arguments with the outputs of the configuration, unless flags gave others."""
        poses, angles = self.save_poses, self.save_angles
        return replace(self, save_poses=poses or loaded.save_poses, save_angles=angles or loaded.save_angles)

    def to_config(self) -> Config:
        """The settings of all jobs.

        Raises:
            ConfigError: A value is out of its range.
        """
        config = Config(headless=True, **{name: getattr(self, name) for name in _STAGES})
        record = replace(
            config.record,
            picture=self.picture,
            quality_crf=self.quality_crf,
            encoder_preset=self.encoder_preset,
        )
        source = replace(config.source, folder_rate_hz=self.folder_rate_hz)
        return replace(config, record=record, source=source)


def run(arguments: ProcessArguments) -> int:
    """Annotate all files.

    Returns:
        The exit code: 0, or 1 if a file failed or is incomplete, or the user stopped the run.

    Raises:
        ConfigError: A setting is wrong, or two files have the same target.
    """
    from realtime_pose.commands.finished_files import FinishedFiles
    from realtime_pose.commands.process_job import source_bytes
    from realtime_pose.commands.process_runs import Runner, run_all

    jobs = plan_jobs(arguments)
    weights.fetch_missing(arguments.detect, arguments.pose, reid=arguments.track.reid)
    finished = FinishedFiles(arguments.out)
    runner = Runner(arguments.to_config(), finished, again=arguments.again, poll_s=_POLL_S / arguments.workers)
    rows: list[Row] = []
    total_bytes = sum(map(source_bytes, jobs))
    with signals.termination_as_ctrl_c(), terminal.progress_bar("process", total=total_bytes) as update:
        try:
            for row in run_all(jobs, runner.run, num_workers=arguments.workers, update=update):
                terminal.echo(row.line)
                rows.append(row)
        except KeyboardInterrupt:
            _summarize(rows)
            done = f"{len(rows)} of {counted(len(jobs), 'source')}"
            terminal.echo(f"stopped, finished: {done}; run the same command again for the others")
            return 1
    _summarize(rows)
    return int(not all(row.is_complete for row in rows))


def plan_jobs(arguments: ProcessArguments) -> list[Job]:
    """The videos and pictures, and what is made from each; creates the folder.

    Raises:
        RealtimePoseError: There are no files, a file would overwrite another, or the folder cannot be created.
    """
    from realtime_pose.commands.process_inputs import find_jobs
    from realtime_pose.commands.process_job import check_targets

    if not arguments.files:
        raise ConfigError("process: expected videos or pictures, got none")
    arguments.to_config()  # wrong settings fail before the first file
    jobs = find_jobs(arguments)
    check_targets(jobs)
    out = arguments.out
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"out: expected a folder, but {out} cannot be created ({error.strerror})") from error
    return jobs


def _summarize(rows: Sequence[Row]) -> None:
    """Print the table of all jobs."""
    if rows:
        heads = ("source", "analysed", "persons", "seconds", "written")
        cells = [
            (row.name, row.count, str(row.num_persons) if row.count else "", f"{row.duration_s:.1f}", row.result)
            for row in rows
        ]
        terminal.print_result(terminal.format_table(heads, cells))
