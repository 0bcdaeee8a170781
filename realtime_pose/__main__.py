"""``python -m realtime_pose``: the same as the command ``realtime-pose``."""

from typing import NoReturn

from realtime_pose.cli import main
from realtime_pose.commands.process_exit import exit_process


def run() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    exit_process(main())


if __name__ == "__main__":
    run()
