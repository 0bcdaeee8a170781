"""How many outliers does smoothing show, how often do keypoints jump, and how much do they lag?

    python benchmarks/tracking/outliers.py VIDEO ... [--frames 300] [--pose NAME|PATH] [--json PATH]

An outlier is a keypoint that leaves and comes back: certain all the time, further than .15 body heights from the line
between its places before and after, which are at most .1 apart; for up to 8 frames. A jump is a keypoint that is
certain in two frames in a row, and further apart than .15 body heights. Both are counted in what is drawn: as the pose
estimator gives it, smoothed as before (outliers are not held), and smoothed.

The lag is measured where a keypoint moves at half a body height per second or faster, without outliers: its distance
behind the measured place along the motion, divided by the speed; mean and median. Prints Markdown.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from realtime_pose.config import Config, DeviceConfig, PoseConfig, SmoothConfig, SourceConfig
from realtime_pose.pipeline import stream_state
from realtime_pose.pipeline.networks import load_networks
from realtime_pose.pipeline.stream_perception import FramePerception
from realtime_pose.render.certainty import certainty
from realtime_pose.scene import Tracks
from realtime_pose.sources import open_source
from realtime_pose.tracking.smooth import Smoother
from realtime_pose.tracking.track_table import box_height

LEAVES, RETURNS, JUMPS = 0.15, 0.1, 0.15  # body heights
MAX_FRAMES = 8
MOVES = 0.5  # body heights per second
Mask = NDArray[np.bool_]
Real = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One track in F frames.

    Attributes:
        frame: (F,) numbers of the frames.
        time_s: (F,) their times.
        xy: (F, K, 2) keypoints in body heights.
        is_certain: (F, K) whether a keypoint is drawn.
    """

    frame: NDArray[np.int64]
    time_s: Real
    xy: Real
    is_certain: Mask


class Recorded(Smoother):
    """Smooths nothing, and keeps what it was given.

    Attributes:
        given: Tracks, time and size of each frame.
    """

    def __init__(self, config: SmoothConfig) -> None:
        super().__init__(config)
        self.given: list[tuple[Tracks, float, tuple[int, int] | None]] = []
        RECORDED.append(self)

    def smooth(self, tracks: Tracks, *, time_s: float, frame_wh: tuple[int, int] | None = None) -> Tracks:
        """The tracks as they are."""
        self.given.append((tracks, time_s, frame_wh))
        return tracks


RECORDED: list[Recorded] = []


def measured_tracks(clip: str, config: Config, num_frames: int) -> list[tuple[Tracks, float, tuple[int, int] | None]]:
    """The tracks of a clip before smoothing."""
    with patch.object(stream_state, "Smoother", Recorded):
        perception = FramePerception(config, load_networks(config))
    source = open_source(SourceConfig(uri=clip))
    try:
        for frame, _ in zip(source, range(num_frames), strict=False):
            perception.scene(frame)
    finally:
        source.close()
    return RECORDED.pop().given


def series_of(frames: list[tuple[Tracks, float]]) -> dict[int, Series]:
    """The tracks that are shown, by id."""
    rows: dict[int, list[tuple[int, float, Real, Mask, float]]] = {}
    for number, (tracks, time_s) in enumerate(frames):
        seen = tracks.seen
        is_certain = certainty(seen.poses) >= 0.5
        height = box_height(seen.poses.boxes.xyxy).tolist()
        for row, track_id in enumerate(seen.ids.tolist()):
            xy = seen.poses.keypoints[row].astype(np.float64)
            rows.setdefault(track_id, []).append((number, time_s, xy, is_certain[row], height[row]))
    return {track_id: _series(*map(np.array, zip(*each, strict=True))) for track_id, each in rows.items()}


def _series(frame: NDArray[np.int64], time_s: Real, xy: Real, is_certain: Mask, height: Real) -> Series:
    """One height for the whole track: the places must not depend on how high the box is in a frame."""
    return Series(frame, time_s, xy / max(float(np.median(height)), 1), is_certain)


def outliers(series: Series) -> Mask:
    """(F, K) keypoints that leave and come back."""
    found = np.zeros_like(series.is_certain)
    for length in range(1, MAX_FRAMES + 1):
        for first in range(1, len(series.frame) - length):
            span = slice(first - 1, first + length + 1)
            if series.frame[first + length] - series.frame[first - 1] != length + 1:
                continue
            before, after = series.xy[first - 1], series.xy[first + length]
            share = (np.arange(1, length + 1) / (length + 1))[:, None, None]
            line = before + share * (after - before)
            away = np.linalg.norm(series.xy[first : first + length] - line, axis=-1) > LEAVES
            returns = np.linalg.norm(after - before, axis=-1) < RETURNS
            found[first : first + length] |= away.all(axis=0) & returns & series.is_certain[span].all(axis=0)
    return found


def num_jumps(series: Series) -> int:
    """Jumps between two frames in a row."""
    is_next = (np.diff(series.frame) == 1)[:, None] & series.is_certain[1:] & series.is_certain[:-1]
    return int((is_next & (np.linalg.norm(np.diff(series.xy, axis=0), axis=-1) > JUMPS)).sum())


def lags_s(measured: Series, smoothed: Series) -> Iterator[float]:
    """Seconds that moving keypoints lag behind; both series have the same frames."""
    is_good = measured.is_certain & ~outliers(measured)
    for row in range(2, len(measured.frame) - 2):
        span_s = measured.time_s[row + 2] - measured.time_s[row - 2]
        velocity = (measured.xy[row + 2] - measured.xy[row - 2]) / span_s  # (K, 2)
        speed = np.linalg.norm(velocity, axis=-1)
        behind = ((measured.xy[row] - smoothed.xy[row]) * velocity).sum(axis=-1)
        moves = (speed > MOVES) & is_good[row - 2 : row + 3].all(axis=0)
        yield from (behind[moves] / speed[moves] ** 2).tolist()


def measure(clip: str, config: Config, num_frames: int) -> dict[str, Any]:
    """The figures of one clip."""
    given = measured_tracks(clip, config, num_frames)
    measured = series_of([(tracks, time_s) for tracks, time_s, _ in given])
    entry: dict[str, Any] = {
        "clip": Path(clip).stem,
        "keypoints": sum(int(s.is_certain.sum()) for s in measured.values()),
    }
    settings = {"before": replace(config.smooth, outlier_s=0.0), "now": config.smooth}
    for name in ("measured", *settings):
        shown = measured
        if name in settings:
            smoother = Smoother(settings[name])
            shown = series_of([(smoother.smooth(tracks, time_s=at, frame_wh=wh), at) for tracks, at, wh in given])
            lags = [lag for track_id, each in measured.items() for lag in lags_s(each, shown[track_id])] or [np.nan]
            entry[f"lag {name}"] = [1000 * float(np.mean(lags)), 1000 * float(np.median(lags))]
        entry[f"outliers {name}"] = sum(int(outliers(each).sum()) for each in shown.values())
        entry[f"jumps {name}"] = sum(num_jumps(each) for each in shown.values())
    return entry


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", nargs="+")
    parser.add_argument("--frames", type=int, default=300, help="of each clip")
    parser.add_argument("--pose", default=PoseConfig().model)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    config = Config(device=DeviceConfig(threads=options.threads, precision="f32"), pose=PoseConfig(model=options.pose))
    rows = [measure(clip, config, options.frames) for clip in options.clips]
    print(
        "| clip | keypoints | outliers: measured, before, now | jumps: measured, before, now | lag, ms: before, now |"
    )
    print("|---|---|---|---|---|")
    for row in rows:
        counts = [
            " / ".join(str(row[f"{what} {name}"]) for name in ("measured", "before", "now"))
            for what in ("outliers", "jumps")
        ]
        lag = " / ".join("{:.1f} ({:.1f})".format(*row[f"lag {name}"]) for name in ("before", "now"))
        print(f"| {row['clip']} | {row['keypoints']} | {counts[0]} | {counts[1]} | {lag} |")
    if options.json is not None:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
