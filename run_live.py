"""The front door: the same as ``realtime-pose live``."""

import sys

from realtime_pose.cli import main

if __name__ == "__main__":
    sys.exit(main(["live", *sys.argv[1:]]))
