"""Print the box of each person in a video, frame by frame.

python examples/who_is_where.py [SOURCE]
"""

import sys

import realtime_pose as rp


def main(source: str) -> None:
    """Print one line per person and frame."""
    for people in rp.track(source):
        for person in people:
            left, top, right, bottom = person.box.round()
            print(f"{people.time_s:7.3f} s  person {person.id}  {left:.0f},{top:.0f} to {right:.0f},{bottom:.0f}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "demo")
