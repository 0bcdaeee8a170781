"""The files and pipes of a run: all are checked before one is opened, and all are opened before one is written."""

from contextlib import ExitStack, suppress
from itertools import chain
from pathlib import Path

from realtime_pose.config import Config
from realtime_pose.errors import SinkError, SourceOpenError
from realtime_pose.files.output_checks import check_outputs
from realtime_pose.files.text_output import PoseOutput
from realtime_pose.pipeline.picture_outputs import check_pictures, find_pictures
from realtime_pose.publishing import check_publications
from realtime_pose.recording.targets import SingleFile
from realtime_pose.sinks import PoseTarget, parse_pose_target
from realtime_pose.sinks.pose_target import ANGLES
from realtime_pose.sources import source_files


def output_paths(config: Config) -> list[Path]:
    """The files and folders that a run writes, without the files of a series, which get unused names.

    Raises:
        SinkError: A path has no known format.
    """
    record = config.record
    recorded = SingleFile(record.path, record).paths if record.path is not None and not record.is_series else []
    return [*recorded, *(target.path for target in pose_targets(config) if not target.is_stream)]


def check_run(config: Config) -> None:
    """Raise SinkError unless every output of this configuration may be written; opens and creates nothing.

    Raises:
        ConfigError: An output does not fit the source: single pictures, or another one.
    """
    targets = pose_targets(config)
    check_publications(config)
    with suppress(SourceOpenError):  # which is reported when it is opened
        check_pictures(config, find_pictures(config.source), targets)
    if sum(target.is_standard_output for target in targets) > 1:
        raise SinkError("save-poses: standard output can take one format; write the other one to a file")
    for target in targets:
        target.check(may_replace=config.overwrite)
    source = config.source
    named = (source.credentials_file, source.annotations, *map(Path, (config.detect.model, config.pose.model)))
    inputs = chain(source_files(source), (path for path in named if path is not None))
    pipes = [target.path for target in targets if target.path.is_fifo()]
    check_outputs([*output_paths(config), *pipes], inputs=inputs, may_replace=config.overwrite)


class PoseOutputs:
    """The outputs of --save-poses and --save-angles of one run.

    Standard output is taken at once, the others with ``open``.

    Args:
        config: All settings.

    Raises:
        SinkError: As `check_run`; or there is no standard output.
    """

    def __init__(self, config: Config) -> None:
        check_run(config)
        self._may_replace = config.overwrite
        self._targets = pose_targets(config)
        # From here on, what a library prints while networks are loaded does not come between the poses.
        self._outputs = {target: self._open(target) for target in self._targets if target.is_standard_output}

    def open(self) -> None:
        """Open all outputs, which are not written yet, or none.

        Raises:
            SinkError: One cannot be opened.
        """
        with ExitStack() as undo:
            undo.callback(self.discard)
            for target in self._targets:
                if target not in self._outputs:
                    self._outputs[target] = self._open(target)
            undo.pop_all()

    def opened(self) -> list[tuple[PoseTarget, PoseOutput]]:
        """The open outputs, in the order of the settings."""
        return [(target, self._outputs[target]) for target in self._targets]

    def discard(self) -> None:
        """Close all, and delete those files that are new."""
        for output in self._outputs.values():
            output.discard()

    def _open(self, target: PoseTarget) -> PoseOutput:
        return target.open(may_replace=self._may_replace)


def pose_targets(config: Config) -> list[PoseTarget]:
    """What --save-poses and --save-angles name; raises SinkError if a format is unknown."""
    angles = [parse_pose_target(Path(f"{ANGLES}:{path}")) for path in config.save_angles]
    return [*map(parse_pose_target, config.save_poses), *angles]
