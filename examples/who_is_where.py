"""Print the box of each person in a video, frame by frame.

python examples/who_is_where.py [SOURCE]
"""

import sys

import realtime_pose


def main(source: str) -> None:
    """Print one line per person and frame."""
    for scene in realtime_pose.watch(source):
        people = scene.tracks.seen
        for track_id, box in zip(people.ids, people.poses.boxes.xyxy, strict=True):
            left, top, right, bottom = box.round()
            print(f"{scene.frame.time_s:7.3f} s  person {track_id}  {left:.0f},{top:.0f} to {right:.0f},{bottom:.0f}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "demo")
