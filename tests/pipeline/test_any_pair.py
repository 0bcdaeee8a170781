"""All 25 pairs of five real detectors and five real pose estimators find the people of photographs; five track a clip.

On few images, to show that each pair works. benchmarks/accuracy/any_pair.py measures all of them on more.
"""

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy.any_pair import DETECTORS, ESTIMATORS, Found, Pairs
from realtime_pose.geometry import iou

pytestmark = [pytest.mark.slow]

# Shares and mean OKS, about .07 below what was measured.
IN_PHOTOGRAPHS = {
    "movenet-thunder": Found(0.9, 0.83),
    "movenet-lightning": Found(0.9, 0.80),
    "tinypose-256": Found(0.9, 0.86),
    "tinypose-128": Found(0.9, 0.81),
    "blazepose-lite": Found(0.4, 0.42),  # weak where a part of a person is hidden
}
IN_CLIP = {
    "movenet-thunder": Found(0.95, 0.83),
    "movenet-lightning": Found(0.95, 0.76),
    "tinypose-256": Found(0.95, 0.91),
    "tinypose-128": Found(0.95, 0.87),
    "blazepose-lite": Found(0.95, 0.77),
}


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Pairs:
    folder = tmp_path_factory.mktemp("pairs")
    return Pairs(folder, shared_data, num_frames=8, num_photographs=10, max_persons=2)  # with three people; with ten


@pytest.mark.parametrize("detector", DETECTORS)
def test_every_detector_finds_the_persons_of_photographs(pairs: Pairs, detector: str) -> None:
    boxes = pairs.boxes(detector)
    overlap = [iou(p.xyxy, b.xyxy).max(axis=1, initial=0) for p, b in zip(pairs.photographs, boxes, strict=True)]
    assert np.mean(np.concatenate(overlap) > 0.5) >= 0.9
    assert np.concatenate(overlap).mean() > 0.84


@pytest.mark.parametrize(("detector", "estimator"), list(product(DETECTORS, ESTIMATORS)))
def test_every_pair_finds_the_persons_of_photographs(pairs: Pairs, detector: str, estimator: str) -> None:
    found, floors = pairs.found_in_photographs(detector, estimator), IN_PHOTOGRAPHS[estimator]
    assert found.share >= floors.share
    assert found.mean_oks >= floors.mean_oks


@pytest.mark.parametrize(("detector", "estimator"), list(zip(DETECTORS, ESTIMATORS, strict=True)))
def test_every_network_tracks_the_people_of_a_clip(pairs: Pairs, detector: str, estimator: str) -> None:
    tracks = pairs.tracks(*pairs.loaded(detector, estimator))
    assert np.mean([len(now) >= 3 for now in tracks]) > 0.9
    assert np.mean([len(now) for now in tracks]) < 4
    found, floors = pairs.found_in_clip(tracks), IN_CLIP[estimator]
    assert found.share >= floors.share
    assert found.mean_oks >= floors.mean_oks
