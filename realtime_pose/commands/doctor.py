"""The command ``doctor``: print what works on this machine and what does not, each problem with its fix."""

from dataclasses import dataclass

from realtime_pose.commands import terminal


@dataclass(frozen=True, slots=True)
class DoctorArguments:
    """Check this machine: packages, devices, display, cameras, encoders, weights; each OK or with its fix."""


def run(_: DoctorArguments) -> int:
    """Check the machine and print the findings; the exit code is 1 if one of them is a failure."""
    from realtime_pose.commands.finding import State
    from realtime_pose.commands.machine_checks import check_machine

    findings = check_machine()
    for finding in findings:
        terminal.print_result(f"{finding.state:<4}  {finding.topic}: {finding.text}")
        if finding.fix:
            terminal.print_result(f"      fix: {finding.fix}")
    return int(any(finding.state is State.FAIL for finding in findings))
