"""The front door: the same as ``realtime-pose live``."""

import sys

from realtime_pose.cli import main
from realtime_pose.pipeline.ending import end

if __name__ == "__main__":
    end(main(["live", *sys.argv[1:]]))
