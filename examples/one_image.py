"""Print where each person's left wrist is in an image, and save the image with the skeletons.

python examples/one_image.py IMAGE [OUTPUT]
"""

import sys

import realtime_pose as rp


def main(image: str, output: str) -> None:
    """Print one line per person."""
    people = rp.Pose(preset="fast")(image)
    for person in people:
        wrist = person["left_wrist"]
        print(f"person {person.id}: left wrist at {wrist.x:.0f}, {wrist.y:.0f}, score {wrist.score:.2f}")
    people.draw(style=rp.RenderConfig(boxes=True)).save(output)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "out.jpg")
