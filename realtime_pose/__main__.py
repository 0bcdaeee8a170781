"""``python -m realtime_pose``: the same as the command ``realtime-pose``."""

from typing import NoReturn

from realtime_pose.cli import main
from realtime_pose.pipeline.ending import end


def run() -> NoReturn:
    """Run the command line, and end the process."""
    end(main())


if __name__ == "__main__":
    run()
