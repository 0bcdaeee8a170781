"""``python -m realtime_pose``: the same as the command ``realtime-pose``."""

import sys

from realtime_pose.cli import main

if __name__ == "__main__":
    sys.exit(main())
