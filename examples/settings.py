"""Settings in code: the small pose network, a higher detector threshold, poses written to a file that is replaced.

python examples/settings.py [SOURCE]
"""

import sys
from pathlib import Path

import realtime_pose
from realtime_pose.config import DetectConfig, PoseConfig


def main(source: str) -> None:
    """Count frames while their poses go to poses.jsonl."""
    config = realtime_pose.Config(
        max_frames=20,
        save_poses=(Path("poses.jsonl"),),
        overwrite=True,
        detect=DetectConfig(threshold=0.4),
        pose=PoseConfig(model="movenet-lightning"),
    )
    count = sum(1 for _ in realtime_pose.watch(source, config=config))
    print(f"{count} frames, poses in poses.jsonl")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "demo")
