"""The icons: every file can be drawn, and each icon has the colours of the theme at all pixel ratios."""

from importlib.resources import files

import numpy as np
import pytest
from PyQt5.QtCore import QByteArray, QSize
from PyQt5.QtGui import QColor, QIcon, QImage
from PyQt5.QtSvg import QSvgRenderer
from pytestqt.qtbot import QtBot

from realtime_pose.app import theme
from realtime_pose.app.icon_loader import GRID_PX, app_icon, load_icon
from realtime_pose.app.keys import KEYS
from realtime_pose.scene import Image

pytestmark = [pytest.mark.gui]

FOLDER = files("realtime_pose.app") / "icons"
# The style sheet draws tick.svg on the colour of the theme: it is white always, and no icon of a command.
SVG_FILES = sorted((file for file in FOLDER.iterdir() if file.name != "tick.svg"), key=lambda file: file.name)
NAMES = [file.name.removesuffix(".svg") for file in SVG_FILES]
ON, OFF = QIcon.State.On, QIcon.State.Off
NORMAL, DISABLED = QIcon.Mode.Normal, QIcon.Mode.Disabled


def pixels(icon: QIcon, side_px: int, mode: QIcon.Mode, state: QIcon.State) -> Image:
    """(H, W, 4) BGRA of an icon at a size in device pixels."""
    image = icon.pixmap(QSize(side_px, side_px), mode, state).toImage().convertToFormat(QImage.Format.Format_ARGB32)
    assert (image.width(), image.height()) == (side_px, side_px)
    bits = image.constBits()
    assert bits is not None
    return np.frombuffer(bits.asstring(image.sizeInBytes()), np.uint8).reshape(side_px, side_px, 4)


def test_every_command_with_an_icon_has_a_file() -> None:
    assert {key.name for key in KEYS if key.has_icon} | {"play", "replay"} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_valid_on_the_grid_and_takes_its_colour_from_the_theme(qtbot: QtBot, name: str) -> None:
    svg = SVG_FILES[NAMES.index(name)].read_text(encoding="utf-8")
    renderer = QSvgRenderer(QByteArray(svg.encode()))
    assert renderer.isValid()
    assert renderer.defaultSize() == QSize(GRID_PX, GRID_PX)
    assert "currentColor" in svg
    assert "#" not in svg


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("ratio", [1, 2, 3])
def test_an_icon_has_the_colours_of_its_states(qtbot: QtBot, name: str, ratio: int) -> None:
    is_record = name == "record"
    colours = {
        (NORMAL, OFF): theme.ERROR if is_record else theme.TEXT,
        (NORMAL, ON): "#ffffff" if is_record else theme.ACCENT,
        (DISABLED, OFF): theme.FAINT,
    }
    for (mode, state), colour in colours.items():
        shown = pixels(load_icon(name), GRID_PX * ratio, mode, state)
        opaque = shown[shown[..., 3] == 255]  # (N, 4)
        expected = QColor(colour)
        assert len(opaque)
        assert np.abs(opaque[:, :3] - np.array([expected.blue(), expected.green(), expected.red()])).max() <= 1
        assert (shown[0, 0, 3], shown[-1, -1, 3]) == (0, 0)  # transparent corners


def test_the_icon_of_the_window_is_a_skeleton_on_a_rounded_square(qtbot: QtBot) -> None:
    shown = pixels(app_icon(), 128, NORMAL, OFF)
    assert shown[0, 0, 3] == 0
    assert QColor(*shown[20, 20, 2::-1].tolist()).name() == theme.ACCENT_BACKGROUND
    assert QColor(*shown[60, 64, 2::-1].tolist()).name() == theme.ACCENT  # the spine


def test_an_icon_without_a_file_is_an_error(qtbot: QtBot) -> None:
    with pytest.raises(FileNotFoundError, match=r"no_such_icon\.svg"):
        load_icon("no_such_icon")
