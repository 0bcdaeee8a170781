"""The highest speed of each person's right wrist, in px/s: keypoints of tracks through time.

python examples/wrist_speed.py [SOURCE]
"""

import sys

import numpy as np

import realtime_pose


def main(source: str) -> None:
    """Print the highest speed of each person's right wrist."""
    last: dict[int, tuple[float, np.ndarray]] = {}
    fastest: dict[int, float] = {}
    for scene in realtime_pose.watch(source):
        people = scene.tracks.seen
        wrist = people.poses.skeleton.keypoints.index("right_wrist")
        for track_id, xy, score in zip(people.ids, people.poses.keypoints, people.poses.score, strict=True):
            now = (scene.frame.time_s, xy[wrist])  # xy: (K, 2) in pixels of the frame
            if track_id in last and score[wrist] > 0.3:
                moved_px = float(np.linalg.norm(now[1] - last[track_id][1]))
                speed = moved_px / (now[0] - last[track_id][0])
                fastest[track_id] = max(speed, fastest.get(track_id, 0.0))
            last[track_id] = now
    for track_id, speed in fastest.items():
        print(f"person {track_id}: {speed:.0f} px/s")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "demo")
