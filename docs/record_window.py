"""Record the moving picture of the README: the real window on the shipped clip, as an animated WebP.

python docs/record_window.py [--out docs/images/window.webp]    # needs Xvfb and Pillow (extra dev)

The window plays the clip once at the speed of this machine. Every third frame becomes one of the animation, shown for
as long as in the clip: the animation has the pace of the clip.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import ClassVar
from unittest import mock

from PIL import Image
from PyQt5.QtGui import QImage

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.support.servers.x_server import x_server
from realtime_pose.app import run_window
from realtime_pose.app.window import Window
from realtime_pose.config import Config, RenderConfig, SourceConfig
from realtime_pose.counts import counted

WH = (1120, 800)  # of the window
OUT_WIDTH_PX = 800
EVERY = 3
CLIP_HZ = 60
LIMIT_BYTES = 3_000_000
QUALITY = 60


class RecordedWindow(Window):
    """A window that keeps a picture of itself for every third frame and closes at the end of the clip."""

    images: ClassVar[list[Image.Image]] = []  # one window a process

    def open(self, uri: str) -> None:
        """Open the source at a fixed window size."""
        self.resize(*WH)
        self.bridge.scene_changed.connect(self._keep)
        self.bridge.phase_changed.connect(self._check_end)
        super().open(uri)

    def _keep(self) -> None:
        scene = self.bridge.scene
        if scene is not None and scene.frame.index // EVERY >= len(self.images):
            grabbed = self.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
            bits = grabbed.constBits()
            if bits is None:
                raise RuntimeError("the window gave no picture")
            bits.setsize(grabbed.sizeInBytes())
            size = (grabbed.width(), grabbed.height())
            image = Image.frombytes("RGB", size, bytes(bits), "raw", "RGB", grabbed.bytesPerLine())
            self.images.append(
                image.resize((OUT_WIDTH_PX, round(OUT_WIDTH_PX * size[1] / size[0])), Image.Resampling.LANCZOS)
            )

    def _check_end(self) -> None:
        if self.bridge.phase.value == "ended":
            self.close()


def main() -> None:
    """Record, and write the animation; fails where it is too large for a first page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "images" / "window.webp")
    out = parser.parse_args().out
    config = Config(source=SourceConfig(uri="demo"), render=RenderConfig(trails=True))
    with (
        x_server() as display,
        tempfile.TemporaryDirectory() as settings,  # the window's own settings, away from those of the user
        mock.patch("realtime_pose.app.application.Window", RecordedWindow),
    ):
        os.environ |= {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "XDG_CONFIG_HOME": settings}
        run_window(config)
    images = RecordedWindow.images
    images[0].save(
        out, save_all=True, append_images=images[1:], duration=1000 * EVERY // CLIP_HZ, loop=0, quality=QUALITY
    )
    print(f"{out}: {counted(len(images), 'image')}, {out.stat().st_size / 1e6:.2f} MB")
    if out.stat().st_size > LIMIT_BYTES:
        sys.exit(f"expected at most {LIMIT_BYTES / 1e6:g} MB; lower QUALITY or OUT_WIDTH_PX")


if __name__ == "__main__":
    main()
