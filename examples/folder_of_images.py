"""Count the people in each image of a folder.

python examples/folder_of_images.py FOLDER
"""

import sys

import realtime_pose as rp


def main(folder: str) -> None:
    """Print one line per image, and the total."""
    pose, total = rp.Pose(preset="fast"), 0
    for people in pose.folder(folder):
        print(f"{people.source}: {len(people)} people, boxes {people.boxes.round().astype(int).tolist()}")
        total += len(people)
    print(f"{total} people in all")


if __name__ == "__main__":
    main(sys.argv[1])
