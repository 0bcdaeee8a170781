"""How long does the first frame of ``--start`` in the middle of a long video take, by container?

The demo clip is repeated without encoding it again. Each round opens every file at its middle. For comparison, two
seconds are decoded from the beginning: what comes before the middle would take that much longer.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import av

from realtime_pose.config import SourceConfig, make_part
from realtime_pose.sources import open_source

DEMO = Path(__file__).resolve().parents[1] / "realtime_pose" / "media" / "demo.mp4"
SUFFIXES = ("mp4", "mkv", "ts")
DECODED_S = 2.0  # decoded from the beginning, for comparison


@dataclass(frozen=True)
class Result:
    """Seconds for one container: median, least, most.

    Attributes:
        suffix: The container.
        megabytes: Size of the file.
        first_frame_s: Until the first frame of the middle.
        decoding_s: The time that decoding all frames before it would take, from a stretch of it.
    """

    suffix: str
    megabytes: float
    first_frame_s: tuple[float, float, float]
    decoding_s: float


def write_long(path: Path, *, rounds: int) -> float:
    """Repeat the demo clip; its duration in seconds."""
    with av.open(str(DEMO)) as source, av.open(str(path), "w") as target:
        stream = source.streams.video[0]
        assert stream.time_base is not None
        assert stream.average_rate is not None
        copy = target.add_stream_from_template(stream)
        length = round(stream.frames / stream.average_rate / stream.time_base)
        for number in range(rounds):
            source.seek(0, stream=stream)
            for packet in source.demux(stream):
                if packet.dts is not None and packet.pts is not None:
                    packet.dts, packet.pts = packet.dts + number * length, packet.pts + number * length
                    packet.stream = copy
                    target.mux(packet)
        return float(rounds * length * stream.time_base)


def measure(path: Path, *, duration_s: float, rounds: int) -> Result:
    """Open the file at its middle, some times."""
    config, times_s = SourceConfig(uri=str(path)), []
    for _ in range(rounds + 1):  # the first one warms up
        began_s = time.perf_counter()
        source = open_source(config, make_part(start_s=duration_s / 2))
        first = next(iter(source))
        times_s.append(time.perf_counter() - began_s)
        source.close()
        assert abs(first.time_s - duration_s / 2) < 0.05
    began_s = time.perf_counter()
    for _ in open_source(config, make_part(end_s=DECODED_S)):
        pass
    decoding_s = (time.perf_counter() - began_s) / DECODED_S * duration_s / 2
    measured = times_s[1:]
    spread = statistics.median(measured), min(measured), max(measured)
    return Result(path.suffix[1:], path.stat().st_size / 1e6, spread, decoding_s)


def main() -> None:
    """Measure all containers and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    results = []
    print("| Container | MB | First frame of the middle, s: median (least - most) | Decoding up to it, s |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for suffix in SUFFIXES:
            path = Path(folder) / f"long.{suffix}"
            duration_s = write_long(path, rounds=max(2, round(arguments.minutes * 60 / (100 / 60))))
            results.append(result := measure(path, duration_s=duration_s, rounds=arguments.rounds))
            median, least, most = result.first_frame_s
            found = f"{median:.2f} ({least:.2f} - {most:.2f})"
            print(f"| {suffix} | {result.megabytes:.0f} | {found} | {result.decoding_s:.0f} |")
            path.unlink()
    if arguments.json is not None:
        arguments.json.write_text(json.dumps([asdict(result) for result in results], indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
