"""Can the small network learn 32 crops by heart? PCK@0.1 after a few minutes on one thread.

Usage: python benchmarks/training/overfit.py ANNOTATIONS.json IMAGES OUT
The crops are those of the largest persons with at least 12 labelled keypoints; they are the validation set too.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

NUM_PERSONS = 32
MIN_KEYPOINTS = 12
SETTINGS = ("--crop", "96x128", "--epochs", "60", "--batch", "16", "--no-augment", "--rate", "0.002")


def choose_persons(annotations: Path) -> dict[str, list[dict[str, object]]]:
    """The annotation file with these persons only."""
    table = json.loads(annotations.read_text(encoding="utf-8"))
    persons = [each for each in table["annotations"] if not each["iscrowd"] and each["num_keypoints"] >= MIN_KEYPOINTS]
    chosen = sorted(persons, key=lambda each: -float(each["area"]))[:NUM_PERSONS]
    ids = {each["image_id"] for each in chosen}
    images = [each for each in table["images"] if each["id"] in ids]
    return {"images": images, "annotations": chosen, "categories": table["categories"]}


def main() -> int:
    """Train, and print the last line of the curves."""
    annotations, images, out = map(Path, sys.argv[1:])
    out.mkdir(parents=True)
    file = out / "persons.json"
    file.write_text(json.dumps(choose_persons(annotations)), encoding="utf-8")
    pair = ["--annotations", str(file), "--images", str(images)]
    same = ["--val-annotations", str(file), "--val-images", str(images)]
    one_thread = ["--device", "cpu", "--threads", "1", "--workers", "0"]
    command = [sys.executable, "-m", "realtime_pose", "train", *pair, *same, "--out", str(out / "training")]
    start_s = time.perf_counter()
    subprocess.run([*command, *SETTINGS, *one_thread], check=True)
    print(f"{NUM_PERSONS} crops, {(time.perf_counter() - start_s) / 60:.1f} minutes")
    print((out / "training" / "curves.csv").read_text(encoding="utf-8").splitlines()[-1])
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
