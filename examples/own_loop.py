"""Track people in your own loop over the frames of OpenCV.

python examples/own_loop.py VIDEO
"""

import sys

import cv2

import realtime_pose as rp


def main(video: str) -> None:
    """Print who is in each frame."""
    tracker, capture, index = rp.Tracker(preset="fast"), cv2.VideoCapture(video), 0
    while True:
        is_read, image = capture.read()
        if not is_read or index == 20:
            break
        people = tracker(image, time_s=index / 30)
        for person in people:
            print(f"frame {index}: person {person.id}, nose at {person['nose'].x:.0f}, {person['nose'].y:.0f}")
        index += 1
    print(f"{index} frames")


if __name__ == "__main__":
    main(sys.argv[1])
