"""Runs the trackers of the package trackers in its own environment: boxes of .npz files in, ids out.

    python benchmarks/tracking/run_peers.py FOLDER        (called by compare.py)

Each NAME.npz has R boxes: frame (R,) rising from 0, xyxy (R, 4), score (R,); and rate_hz, num_frames and start_score.
NAME.ids.npz gets for each tracker its ids (R,), -1 for none, and TRACKER_ms, the milliseconds of each update. All
settings are the defaults of the package, but BoT-SORT's camera compensation is off, because it needs the images.
"""

import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np


def make_trackers(rate_hz: float, start_score: float) -> dict[str, Any]:
    """New trackers for a sequence of this rate; those with * begin tracks at start_score, if it is not 0."""
    from trackers import BoTSORTTracker, ByteTrackTracker, OCSORTTracker

    trackers: dict[str, Any] = {
        "ByteTrack": ByteTrackTracker(frame_rate=rate_hz),
        "OC-SORT": OCSORTTracker(frame_rate=rate_hz),
        "BoT-SORT": BoTSORTTracker(frame_rate=rate_hz, enable_cmc=False),
    }
    if start_score:
        low = {"frame_rate": rate_hz, "high_conf_det_threshold": start_score}
        trackers |= {
            "ByteTrack *": ByteTrackTracker(track_activation_threshold=start_score, **low),
            "OC-SORT *": OCSORTTracker(**low),
            "BoT-SORT *": BoTSORTTracker(track_activation_threshold=start_score, enable_cmc=False, **low),
        }
    return trackers


def run_tracker(tracker: Any, boxes: Any) -> tuple[Any, Any]:
    """Ids of all boxes (R,), and the milliseconds of each update (F,)."""
    import supervision

    ids = np.full(len(boxes["frame"]), -1, np.int64)
    times_ms = []
    for index in range(int(boxes["num_frames"])):
        first, end = np.searchsorted(boxes["frame"], (index, index + 1))  # the rows of this frame
        rows = np.arange(first, end)
        detections = supervision.Detections(
            xyxy=boxes["xyxy"][rows].astype(np.float32),
            confidence=boxes["score"][rows].astype(np.float32),
            class_id=np.zeros(len(rows), int),
            data={"row": rows},
        )
        start_s = time.perf_counter()
        tracked = tracker.update(detections)
        times_ms.append(1000 * (time.perf_counter() - start_s))
        if len(tracked):
            ids[tracked.data["row"]] = tracked.tracker_id
    return ids, np.array(times_ms)


def main() -> None:
    """Track the boxes of all files."""
    warnings.simplefilter("ignore")
    for path in sorted(Path(sys.argv[1]).glob("*.npz")):
        boxes = dict(np.load(path))
        results = {}
        for name, tracker in make_trackers(float(boxes["rate_hz"]), float(boxes["start_score"])).items():
            results[name], results[f"{name}_ms"] = run_tracker(tracker, boxes)
        np.savez(path.with_suffix(".ids.npz"), **results)


if __name__ == "__main__":
    main()
