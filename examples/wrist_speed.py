"""The highest speed of each person's right wrist, in px/s: keypoints of tracks through time.

python examples/wrist_speed.py [SOURCE]
"""

import math
import sys

import realtime_pose as rp
from realtime_pose.api.people import Keypoint


def main(source: str) -> None:
    """Print the highest speed of each person's right wrist."""
    last: dict[int, tuple[float, Keypoint]] = {}
    fastest: dict[int, float] = {}
    for people in rp.track(source):
        for person in people:
            wrist = person["right_wrist"]
            if person.id in last and wrist.score > 0.3:
                time_s, before = last[person.id]
                speed = math.hypot(wrist.x - before.x, wrist.y - before.y) / (people.time_s - time_s)
                fastest[person.id] = max(speed, fastest.get(person.id, 0.0))
            last[person.id] = people.time_s, wrist
    for track_id, speed in fastest.items():
        print(f"person {track_id}: {speed:.0f} px/s")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "demo")
