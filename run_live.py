"""The same as ``realtime-pose live``, for a checkout without an installation."""

import sys

from realtime_pose.cli import main
from realtime_pose.commands.process_exit import exit_process

if __name__ == "__main__":
    exit_process(main(["live", *sys.argv[1:]]))
