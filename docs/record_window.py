"""Record the real window: the moving picture of the README, and pictures of every view.

python docs/record_window.py film [--out docs/images/window.webp]     # needs Xvfb, openbox and Pillow (extra dev)
python docs/record_window.py views --out FOLDER [--wh 1366x768] [--scale 2] [--theme light] [--language de]
python docs/record_window.py images                                   # docs/images/window_*.webp

``film`` plays the demo clip once at the speed of this machine. Every third frame becomes one of the animation, shown
for as long as in the clip: the animation has the pace of the clip. ``views`` shows one view after another on a screen
of this size with a window manager, and writes the whole screen as FOLDER/<view>.png: look at them after each change of
the window. ``images`` writes the pictures of the guide: the window with its dialogs, without their frames.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar
from unittest import mock

from PIL import Image
from PyQt5.QtCore import QPoint, QRect, QTimer
from PyQt5.QtGui import QColor, QImage, QPainter
from PyQt5.QtWidgets import QDialog

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.support.servers.rtsp_server import RtspServer, clip
from benchmarks.support.servers.x_server import window_manager, x_server
from realtime_pose.app import run_window, theme
from realtime_pose.app.output_paths import OutputPaths
from realtime_pose.app.settings_rows import LANGUAGE, THEME
from realtime_pose.app.window import Window
from realtime_pose.config import Config, RenderConfig, SourceConfig, presets
from realtime_pose.counts import counted

IMAGES = Path(__file__).parent / "images"
WH = (1120, 800)  # of the window
OUT_WIDTH_PX = 800
EVERY = 3
CLIP_HZ = 60
LIMIT_BYTES = 3_000_000
QUALITY = 60
STILL_QUALITY = 88
POLL_MS, SETTLE_MS = 50, 700  # from the condition of a view to its picture: the next report has come
TIMEOUT_MS = 240_000
VIEWS_OF_IMAGES = ("first", "file", "people", "statistics", "login", "error")

Condition = Callable[[], object]


def to_pil(image: QImage) -> Image.Image:
    """A copy of Qt's image."""
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    bits = rgb.constBits()
    if bits is None:
        raise RuntimeError("the window gave no picture")
    bits.setsize(rgb.sizeInBytes())
    return Image.frombytes("RGB", (rgb.width(), rgb.height()), bytes(bits), "raw", "RGB", rgb.bytesPerLine())


class FilmedWindow(Window):
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
            image = to_pil(self.grab().toImage())
            height_px = round(OUT_WIDTH_PX * image.height / image.width)
            self.images.append(image.resize((OUT_WIDTH_PX, height_px), Image.Resampling.LANCZOS))

    def _check_end(self) -> None:
        if self.bridge.phase.value == "ended":
            self.close()


class ShownWindow(Window):
    """A window that goes through its views, keeps a picture of each, and closes.

    ``has_frames``: the pictures show the whole screen, with the frames of the window manager.
    """

    folder: ClassVar[Path]
    videos: ClassVar[Path]
    camera: ClassVar[str]
    locked_camera: ClassVar[str]
    look: ClassVar[dict[str, str]]
    has_frames: ClassVar[bool]

    def start(self, uri: str) -> None:
        """Begin with the first view."""
        for name, value in self.look.items():
            self.settings.change(name, value)
        if self.has_frames:
            self.showMaximized()
        else:
            self.resize(*WH)
        self.bridge.outputs = OutputPaths(self.videos)
        self._views, self._waited_ms = self._show_views(uri), 0
        self._name, self._is_ready = next(self._views)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._poll)
        self._timer.start(POLL_MS)

    def _poll(self) -> None:
        """Take the picture of the view when it is ready, then go to the next one."""
        self._waited_ms += POLL_MS
        if self._waited_ms > TIMEOUT_MS:
            raise RuntimeError(f"the view {self._name} is not ready after {TIMEOUT_MS / 1000:g} s")
        if self._is_ready():
            self._timer.stop()
            QTimer.singleShot(SETTLE_MS, self._take)

    def _take(self) -> None:
        if self._name:
            screen = self.screen()
            is_whole = self.has_frames and screen is not None
            picture = screen.grabWindow(0).toImage() if is_whole else self._with_dialogs()
            to_pil(picture).save(self.folder / f"{self._name}.png")
            print(self._name, flush=True)
        self._waited_ms = 0
        try:
            self._name, self._is_ready = next(self._views)
        except StopIteration:
            self.close()
        else:
            self._timer.start()

    def _with_dialogs(self) -> QImage:
        """The window with its open dialogs, each with a thin line around it."""
        picture = self.grab()
        painter = QPainter(picture)
        painter.setPen(QColor(theme.FAINT))
        for dialog in self._dialogs():
            place = QRect(self.mapFromGlobal(dialog.mapToGlobal(QPoint(0, 0))), dialog.size())
            painter.drawPixmap(place.topLeft(), dialog.grab())
            painter.drawRect(place.adjusted(-1, -1, 0, 0))
        painter.end()
        return picture.toImage()

    def _dialogs(self) -> list[QDialog]:
        return [dialog for dialog in self.findChildren(QDialog) if dialog.isVisible()]

    def _close_dialogs(self) -> None:
        for dialog in self._dialogs():
            dialog.accept()

    def _show_views(self, uri: str) -> Iterator[tuple[str, Condition]]:
        """Go from view to view; each has a name, "" for no picture, and a condition on which it is ready."""
        super().start(uri)
        yield "first", lambda: (page := self._first_start.page) and not page.texts["engine"].text().endswith("…")
        self._close_dialogs()
        yield from self._show_file()
        yield from self._show_dialogs()
        yield from self._show_cameras()

    def _show_file(self) -> Iterator[tuple[str, Condition]]:
        self.open("demo")
        player = self.bridge.player
        yield "playing", lambda: (line := player.timeline) is not None and line.analysed_s > 1.0
        yield "", lambda: (line := player.timeline) is not None and line.is_complete
        self.actions_by_name["step_back"].trigger()  # it pauses, also at the end
        yield "", lambda: self.bridge.is_paused
        player.seek(1.0)
        yield "file", lambda: self.bridge.scene is not None and self.bridge.scene.frame.time_s <= 1.0
        self.actions_by_name["people"].trigger()
        before = self.bridge.drawn
        person = self.bridge.player.stays[0].track_id
        self._people.rename(person, "Anna")
        self._people.lock(person)
        yield "people", lambda: self.bridge.drawn is not before
        self.actions_by_name["inset"].trigger()
        yield "corner", lambda: self.bridge.drawn is not None and self.bridge.drawn.inset is not None
        self._people.lock(None)
        self.actions_by_name["inset"].trigger()
        self.actions_by_name["statistics"].trigger()
        self.actions_by_name["pause"].trigger()
        yield "statistics", lambda: self.bridge.phase.value == "ended"
        self.actions_by_name["statistics"].trigger()

    def _show_dialogs(self) -> Iterator[tuple[str, Condition]]:
        for name in ("settings", "help", "log"):
            if name == "log":
                self.show_error("/videos/pose 2026-03-01 14-05-09.mp4: the disk is full, the recording was finished")
            self.actions_by_name[name].trigger()
            yield (
                "error" if name == "log" else name,
                lambda: [d for d in self._dialogs() if getattr(d, "is_filled", True)],
            )
            self._close_dialogs()
        yield "toast", lambda: True
        self.widgets.toast.hide()

    def _show_cameras(self) -> Iterator[tuple[str, Condition]]:
        self.open(self.camera)
        yield "camera", lambda: self.bridge.scene is not None
        self.actions_by_name["statistics"].trigger()
        self.actions_by_name["record"].trigger()
        yield "recording", lambda: self.bridge.recorder.length_s > 2
        self.actions_by_name["record"].trigger()
        yield "saved", lambda: not self.bridge.recorder.is_started and not self.bridge.is_recording_busy
        self.actions_by_name["statistics"].trigger()
        self.open(self.locked_camera)
        yield "login", self.widgets.card.login.isVisible


def film(out: Path) -> None:
    """Record, and write the animation; fails where it is too large for a first page."""
    config = Config(source=SourceConfig(uri="demo"), render=RenderConfig(trails=True, hud=False))
    with x_server() as display:
        _run(FilmedWindow, config, display)
    images = FilmedWindow.images
    images[0].save(
        out, save_all=True, append_images=images[1:], duration=1000 * EVERY // CLIP_HZ, loop=0, quality=QUALITY
    )
    print(f"{out}: {counted(len(images), 'image')}, {out.stat().st_size / 1e6:.2f} MB")
    if out.stat().st_size > LIMIT_BYTES:
        sys.exit(f"expected at most {LIMIT_BYTES / 1e6:g} MB; lower QUALITY or OUT_WIDTH_PX")


def views(out: Path, *, wh: tuple[int, int], look: dict[str, str], has_frames: bool) -> None:
    """Write a picture of every view."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        units = clip(Path(folder), wh=(640, 480))
        with (
            RtspServer(units) as camera,
            RtspServer(units, user="digest:anna:secret") as locked,
            x_server(wh) as display,
            window_manager(display),
        ):
            ShownWindow.folder, ShownWindow.look, ShownWindow.has_frames = out, look, has_frames
            ShownWindow.camera, ShownWindow.videos = camera.address, Path(folder)
            ShownWindow.locked_camera = locked.address.replace("//", "//anna@")
            _run(ShownWindow, presets.load(preset="fast"), display)


def images() -> None:
    """Write the pictures of the guide."""
    with tempfile.TemporaryDirectory() as folder:
        shown: dict[str, list[Image.Image]] = {}
        for look in ("dark", "light"):
            command = [sys.executable, __file__, "views", "--out", folder, "--theme", look, "--no-frames"]
            command += ["--wh", f"{WH[0] + 200}x{WH[1] + 100}"]
            subprocess.run(command, check=True)  # noqa: S603 - this file
            for path in Path(folder).glob("*.png"):
                shown.setdefault(path.stem, []).append(Image.open(path).copy())
    for name in VIEWS_OF_IMAGES:
        shown[name][0].save(IMAGES / f"window_{name}.webp", quality=STILL_QUALITY)
    both = Image.new("RGB", (WH[0], 2 * WH[1]))
    for number, image in enumerate(shown["settings"]):
        both.paste(image, (0, number * WH[1]))
    both.save(IMAGES / "window_settings.webp", quality=STILL_QUALITY)


def _run(window: type[Window], config: Config, display: str) -> None:
    """Show the window until it closes itself, with settings of its own, away from those of the user."""
    with tempfile.TemporaryDirectory() as settings, mock.patch("realtime_pose.app.application.Window", window):
        os.environ |= {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "XDG_CONFIG_HOME": settings}
        run_window(config)


def main() -> None:
    """Read the command line, and record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = parser.add_subparsers(dest="kind", required=True)
    kinds.add_parser("film").add_argument("--out", type=Path, default=IMAGES / "window.webp")
    kinds.add_parser("images")
    shown = kinds.add_parser("views")
    shown.add_argument("--out", type=Path, required=True)
    shown.add_argument("--wh", default="1366x768", help="of the screen, in its pixels")
    shown.add_argument("--scale", type=float, default=1.0, help="screen pixels for one pixel of the window")
    shown.add_argument("--theme", default="dark")
    shown.add_argument("--language", default="en")
    shown.add_argument("--no-frames", action="store_true", help="the window and its dialogs only")
    given = parser.parse_args()
    if given.kind == "film":
        film(given.out)
    elif given.kind == "images":
        images()
    else:
        os.environ["QT_SCALE_FACTOR"] = f"{given.scale:g}"
        look = {THEME: given.theme, LANGUAGE: given.language}
        width, height = map(int, given.wh.split("x"))
        views(given.out, wh=(width, height), look=look, has_frames=not given.no_frames)


if __name__ == "__main__":
    main()
