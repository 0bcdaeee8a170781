"""``python -m realtime_pose``: the same as the command ``realtime-pose``."""

from typing import NoReturn

from realtime_pose.cli import main
from realtime_pose.commands.process_exit import exit_process


def run() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    try:
        code = main()
    except SystemExit as help_was_printed:  # not all of it, if nobody reads it any more
        code = int(help_was_printed.code or 0)
    exit_process(code)


if __name__ == "__main__":
    run()
