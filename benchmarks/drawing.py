"""How long does it take to draw people on a picture, and to choose their colours?

    python benchmarks/drawing.py [--persons 1 10 30] [--repeats 200] [--json PATH]

Standing people side by side in several rows on an image of 1920x1080, as in a crowd: their boxes overlap. Median
milliseconds of core time, for skeletons alone, for plates (ids) alone, and for both. Prints Markdown. Run it in two
checkouts, one after the other on an idle machine, to compare them.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from realtime_pose._cv2 import cv2
from realtime_pose.config import RenderConfig
from realtime_pose.render import ColourChooser, draw
from realtime_pose.scene import Boxes, Frame, Poses, Scene, Tracks
from realtime_pose.skeletons import COCO17

WH = (1920, 1080)
PERSON_WH = (110, 320)
ROW = 10  # persons in a row
# A standing person in shares of the box, in the order of COCO17.
STANDING = (
    (0.5, 0.07), (0.54, 0.05), (0.46, 0.05), (0.6, 0.06), (0.4, 0.06), (0.75, 0.2), (0.25, 0.2), (0.85, 0.35),
    (0.15, 0.35), (0.9, 0.5), (0.1, 0.5), (0.65, 0.52), (0.35, 0.52), (0.65, 0.75), (0.35, 0.75), (0.65, 0.96),
    (0.35, 0.96),
)  # fmt: skip


def crowd(num_persons: int) -> Scene:
    """This number of people."""
    rng = np.random.default_rng(0)
    rows, columns = np.divmod(np.arange(num_persons), ROW)
    corner = np.stack((40 + columns * 180 + 90 * (rows % 2), 120 + rows * 220), axis=1)
    corner = corner + rng.uniform(-25, 25, (num_persons, 2))
    xyxy = np.concatenate((corner, corner + PERSON_WH), axis=1).astype(np.float32)
    keypoints = (corner[:, None] + np.array(STANDING) * PERSON_WH).astype(np.float32)
    score = np.full(num_persons, 0.8, np.float32)
    poses = Poses(keypoints, np.full((num_persons, len(COCO17)), 0.7, np.float32), Boxes(xyxy, score), COCO17)
    image = rng.integers(0, 256, (WH[1], WH[0], 3), dtype=np.uint8)
    ids = np.arange(1, num_persons + 1, dtype=np.int64)
    return Scene.from_tracks(Frame(image, 0, 0.0, 0.0, "crowd"), Tracks.at_rest(poses, ids))


def median_ms(call: Callable[[], object], repeats: int) -> float:
    """Median core time of one call."""
    times_s = []
    for _ in range(repeats):
        started = time.thread_time()
        call()
        times_s.append(time.thread_time() - started)
    return 1000 * statistics.median(times_s)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--persons", type=int, nargs="+", default=[1, 10, 30])
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    nothing = RenderConfig(skeletons=False, ids=False, hud=False)
    styles = {
        "skeletons": RenderConfig(ids=False, hud=False),
        "plates": RenderConfig(skeletons=False, hud=False),
        "both": RenderConfig(hud=False),
    }
    results = []
    for num_persons in options.persons:
        scene, chooser = crowd(num_persons), ColourChooser()
        bare = median_ms(partial(draw, scene, nothing), options.repeats)
        figures = {
            name: median_ms(partial(draw, scene, style), options.repeats) - bare for name, style in styles.items()
        }
        figures["colours"] = median_ms(partial(chooser.choose, scene.tracks), options.repeats)
        results.append({"persons": num_persons, "copy": bare, **figures})
    print("| persons | copy | skeletons | plates | both | colours |\n|---|---|---|---|---|---|")
    for row in results:
        print(
            "| "
            + " | ".join(f"{value:.2f}" if isinstance(value, float) else str(value) for value in row.values())
            + " |"
        )
    if options.json is not None:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
