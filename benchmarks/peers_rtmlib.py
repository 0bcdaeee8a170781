"""Runs in an environment of its own, which has the package rtmlib: a video or pictures in, what it found out as JSON.

    python benchmarks/peers_rtmlib.py JOB.json RESULT.json        (called by peers.py)

JOB.json names the two networks with their input sizes, and either a video and the recording to make of it, or pictures.
Everything else is rtmlib's own default, and the loop is that of its README: PoseTracker, draw_skeleton, and in place
of a window a cv2.VideoWriter. All is loaded, and has run once, before the stopwatch starts.
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


def made(job: dict[str, Any]) -> Any:
    """The tracker of rtmlib on the two networks, warmed up."""
    rtmlib: Any = import_module("rtmlib")
    networks = partial(
        rtmlib.Custom,
        det_class="RTMDet",
        det=job["detector"],
        det_input_size=tuple(job["detector_wh"]),
        pose_class="ViTPose",
        pose=job["pose"],
        pose_input_size=tuple(job["pose_wh"]),
    )
    tracker = rtmlib.PoseTracker(networks, det_frequency=1, backend="onnxruntime", device="cpu")
    tracker.det_model.score_thr = job["threshold"]
    tracker(np.zeros((720, 1280, 3), np.uint8))  # finds nobody, so both networks run once
    tracker.reset()
    return tracker


def filmed(job: dict[str, Any]) -> dict[str, float]:
    """The video, drawn upon and written again; seconds of the wall clock and of the cores."""
    rtmlib: Any = import_module("rtmlib")
    tracker = made(job)
    video = cv2.VideoCapture(job["video"])
    wh = (int(video.get(cv2.CAP_PROP_FRAME_WIDTH)), int(video.get(cv2.CAP_PROP_FRAME_HEIGHT)))
    code = cv2.VideoWriter.fourcc(*"mp4v")
    frames = persons = 0
    started, core_started = time.perf_counter(), time.process_time()
    written = cv2.VideoWriter(job["recording"], code, video.get(cv2.CAP_PROP_FPS), wh)
    while True:
        is_there, frame = video.read()
        if not is_there:
            break
        keypoints, scores = tracker(frame)
        written.write(rtmlib.draw_skeleton(frame.copy(), keypoints, scores, kpt_thr=0.43))
        frames, persons = frames + 1, persons + len(keypoints)
    written.release()
    return {
        "frames": frames,
        "persons": persons,
        "seconds": time.perf_counter() - started,
        "core_seconds": time.process_time() - core_started,
    }


def looked_at(job: dict[str, Any]) -> list[dict[str, Any]]:
    """COCO keypoint results of the pictures, which the job has by their ids."""
    tracker = made(job)
    return [result for image_id, path in job["pictures"] for result in persons_of(tracker, path, image_id)]


def persons_of(tracker: Any, path: str, image_id: int) -> list[dict[str, Any]]:
    """Those of one picture.

    rtmlib gives persons no score, but AP ranks them by one: they get what ours have, the box's score times the mean of
    the keypoints'. Its detector drops the boxes' scores at the end, so they are taken from the network's output.
    """
    image = cv2.imread(path)
    detector = tracker.det_model
    patch, ratio = detector.preprocess(image)
    outputs = detector.inference(patch)[0]
    score = outputs[0, :, 4]
    boxes = detector.postprocess(outputs, ratio)
    if not len(boxes):  # its pose estimator would take the whole picture for a person
        return []
    keypoints, keypoint_score = tracker.pose_model(image, bboxes=boxes)
    box_score = score[score > detector.score_thr]
    return [
        {
            "image_id": image_id,
            "category_id": 1,
            "keypoints": np.concatenate((xy, parts[:, None]), axis=1).reshape(-1).round(3).tolist(),
            "score": float(of_box * np.clip(parts, 0, 1).mean()),
        }
        for xy, parts, of_box in zip(keypoints, keypoint_score, box_score, strict=True)
    ]


def main() -> None:
    """Do the job."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    found = filmed(job) if "video" in job else looked_at(job)
    Path(sys.argv[2]).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
