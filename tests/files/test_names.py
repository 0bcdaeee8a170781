"""Names of files in characters that every output can show."""

import pytest

from realtime_pose.files.names import printable


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("clip.mp4", "clip.mp4"),
        ("Käse 日本.mp4", "Käse 日本.mp4"),
        ("clip\udcff.mp4", r"clip\xff.mp4"),
        ("a\nb\x1b[31m.mp4", r"a\x0ab\x1b[31m.mp4"),
        ("\ud800", r"\ud800"),
    ],
)
def test_every_output_can_show_a_name(name: str, shown: str) -> None:
    assert printable(name) == shown
    assert printable(name).encode("utf-8")
