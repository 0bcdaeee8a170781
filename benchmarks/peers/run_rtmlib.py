"""Runs rtmlib in its own environment: a video or images in, timings or results out as JSON.

    python benchmarks/peers/run_rtmlib.py JOB.json RESULT.json        (called by compare.py)

JOB.json names the two networks with their input sizes, what runs them, and either a video with the path of its
recording, or images. Everything else is rtmlib's default. The loop is that of its README: PoseTracker, draw_skeleton,
and a cv2.VideoWriter instead of a window. Timing starts after loading and one warm-up run.
"""

import json
import sys
import time
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import cv2
import numpy as np


def network_arguments(job: dict[str, Any]) -> dict[str, Any]:
    """How rtmlib's ``Custom`` is told of the two networks."""
    return {
        "det_class": "RTMDet",
        "det": job["detector"],
        "det_input_size": tuple(job["detector_wh"]),
        "pose_class": "ViTPose",
        "pose": job["pose"],
        "pose_input_size": tuple(job["pose_wh"]),
    }


def make_tracker(job: dict[str, Any]) -> Any:
    """The tracker of rtmlib with the two networks, after a warm-up run."""
    rtmlib: Any = import_module("rtmlib")
    networks = partial(rtmlib.Custom, **network_arguments(job))
    tracker = rtmlib.PoseTracker(networks, det_frequency=1, backend=job["backend"], device="cpu")
    tracker.det_model.score_thr = job["threshold"]
    tracker(np.zeros((720, 1280, 3), np.uint8))  # finds nobody; then rtmlib takes the whole image, so both networks run
    tracker.reset()
    return tracker


def record_video(job: dict[str, Any]) -> dict[str, float]:
    """Write the video with skeletons; its frames and persons, wall time and core time."""
    rtmlib: Any = import_module("rtmlib")
    tracker = make_tracker(job)
    video = cv2.VideoCapture(job["video"])
    wh = (int(video.get(cv2.CAP_PROP_FRAME_WIDTH)), int(video.get(cv2.CAP_PROP_FRAME_HEIGHT)))
    code = cv2.VideoWriter.fourcc(*"mp4v")
    frames = persons = 0
    started, core_started = time.perf_counter(), time.process_time()
    writer = cv2.VideoWriter(job["recording"], code, video.get(cv2.CAP_PROP_FPS), wh)
    while True:
        is_read, image = video.read()
        if not is_read:
            break
        keypoints, scores = tracker(image)
        writer.write(rtmlib.draw_skeleton(image.copy(), keypoints, scores, kpt_thr=0.43))
        frames, persons = frames + 1, persons + len(keypoints)
    writer.release()
    return {
        "frames": frames,
        "persons": persons,
        "seconds": time.perf_counter() - started,
        "core_seconds": time.process_time() - core_started,
    }


def estimate_images(job: dict[str, Any]) -> list[dict[str, Any]]:
    """COCO keypoint results of all images of the job."""
    tracker = make_tracker(job)
    return [result for image_id, path in job["images"] for result in estimate_image(tracker, path, image_id)]


def estimate_image(tracker: Any, path: str, image_id: int) -> list[dict[str, Any]]:
    """COCO keypoint results of one image.

    rtmlib gives no score for persons, but AP ranks them by one. They get a score as ours: that of the box times the
    mean score of the keypoints. rtmlib's detector drops the scores of the boxes at its end, so they are taken from the
    output of the network.
    """
    image = cv2.imread(path)
    detector = tracker.det_model
    patch, ratio = detector.preprocess(image)
    outputs = detector.inference(patch)[0]
    score = outputs[0, :, 4]  # (P,) scores of the candidates
    boxes = detector.postprocess(outputs, ratio)
    if not len(boxes):  # otherwise rtmlib's pose estimator takes the whole image as a person
        return []
    keypoints, keypoint_score = tracker.pose_model(image, bboxes=boxes)
    box_score = score[score > detector.score_thr]
    return [
        {
            "image_id": image_id,
            "category_id": 1,
            "keypoints": np.concatenate((xy, scores[:, None]), axis=1).reshape(-1).round(3).tolist(),
            "score": float(person_box_score * np.clip(scores, 0, 1).mean()),
        }
        for xy, scores, person_box_score in zip(keypoints, keypoint_score, box_score, strict=True)
    ]


def main() -> None:
    """Run the job and write its result."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    result = record_video(job) if "video" in job else estimate_images(job)
    Path(sys.argv[2]).write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()
