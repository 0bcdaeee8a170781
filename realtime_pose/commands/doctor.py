"""The command ``doctor``: print what works on this machine and what does not; on request a report for a bug report."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import tyro

from realtime_pose.commands import terminal
from realtime_pose.commands.flags import ConfigFlag, DebugFlag, PresetFlag
from realtime_pose.config import Config

if TYPE_CHECKING:
    from realtime_pose.commands.finding import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorArguments:
    """Check this machine: packages, devices, display, cameras, encoders, weights; each OK or with its fix."""

    report: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Write what a bug report needs here: findings, versions, system and settings; without passwords and user names."""
    overwrite: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Replace the report if it exists."""
    settings: tyro.conf.Suppress[Config] = field(default_factory=Config)
    preset: PresetFlag = ""
    config: ConfigFlag = None
    debug: DebugFlag = False

    @classmethod
    def from_config(cls, loaded: Config, path: Path | None) -> Self:
        """The defaults from this configuration, which was read from this path."""
        return cls(settings=loaded, config=path)


def run(arguments: DoctorArguments) -> int:
    """Check the machine, print the findings and write the report; the exit code is 1 if a finding is a failure.

    Raises:
        SinkError: The report cannot be written; a file that exists is not replaced unasked.
    """
    from realtime_pose.commands.finding import State
    from realtime_pose.commands.machine_checks import check_machine

    _check_report(arguments)
    findings = check_machine(arguments.settings)
    for line in _format(findings):
        terminal.print_result(line)
    if arguments.report is not None:
        _write_report(arguments.report, findings, arguments.settings)
    return int(any(finding.state is State.FAIL for finding in findings))


def _check_report(arguments: DoctorArguments) -> None:
    """Raise SinkError if the report may not be written: the checks take seconds."""
    from realtime_pose.files import atomic
    from realtime_pose.files.output_checks import check_outputs

    if arguments.report is not None:
        read = [] if arguments.config is None else [arguments.config]
        check_outputs([arguments.report], inputs=read, may_replace=arguments.overwrite)
        atomic.check(arguments.report)


def _write_report(path: Path, findings: tuple[Finding, ...], settings: Config) -> None:
    from realtime_pose.commands.doctor_report import write_report

    write_report(path, list(_format(findings)), settings)
    terminal.echo(f"written: {path}; read it before you publish it")


def _format(findings: tuple[Finding, ...]) -> list[str]:
    """The findings in lines."""
    lines = []
    for finding in findings:
        lines.append(f"{finding.state:<4}  {finding.topic}: {finding.text}")
        if finding.fix:
            lines.append(f"      fix: {finding.fix}")
    return lines
