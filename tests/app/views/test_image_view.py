"""The painted pixels: where they are, that they are not resampled, and who owns them."""

import gc
from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtCore import QRect
from PyQt5.QtGui import QImage
from pytestqt.qtbot import QtBot

from realtime_pose._cv2 import cv2
from realtime_pose.app.theme import BACKGROUND
from realtime_pose.app.views.image_view import ImageView, fit_rect, save_png
from realtime_pose.scene import Image
from tests.support.fakes.fake_pipeline import gradient_image

pytestmark = [pytest.mark.gui]


def pixels(image: QImage) -> Image:
    """(H, W, 3) BGR of a QImage."""
    image = image.convertToFormat(QImage.Format.Format_BGR888)
    bits = image.constBits()
    assert bits is not None
    rows = np.frombuffer(bits.asstring(image.sizeInBytes()), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3)


@pytest.fixture
def view(qtbot: QtBot) -> ImageView:
    view = ImageView()
    qtbot.addWidget(view)
    view.resize(101, 60)
    view.show()
    return view


@pytest.mark.parametrize(
    ("image_wh", "display_wh", "rect"),
    [
        pytest.param((100, 50), (100, 50), (0, 0, 100, 50), id="same size"),
        pytest.param((200, 100), (100, 100), (0, 25, 100, 50), id="wide into square"),
        pytest.param((1088, 1920), (1280, 680), (447, 0, 385, 680), id="portrait into a wide window"),
        pytest.param((1, 1), (100, 40), (30, 0, 40, 40), id="one pixel grows"),
        pytest.param((9, 1), (3, 100), (0, 49, 3, 1), id="never thinner than a pixel"),
        pytest.param((99, 50), (100, 50), (0, 0, 99, 50), id="rounded by one: keeps its pixels"),
        pytest.param((99, 50), (100, 51), (0, 0, 99, 50), id="rounded by one on both sides"),
        pytest.param((50, 50), (1, 1), (0, 0, 1, 1), id="a display of one pixel"),
    ],
)
def test_an_image_is_centred_with_its_aspect_ratio(
    image_wh: tuple[int, int], display_wh: tuple[int, int], rect: tuple[int, ...]
) -> None:
    assert fit_rect(image_wh, display_wh) == QRect(*rect)


def test_pixels_reach_the_screen_unchanged(view: ImageView) -> None:
    shown = gradient_image((101, 40))
    view.show_image(shown)
    grabbed = pixels(view.grab().toImage())
    np.testing.assert_array_equal(grabbed[10:50], shown)
    background = [int(BACKGROUND[i : i + 2], 16) for i in (5, 3, 1)]
    assert (grabbed[:10] == background).all()
    assert (grabbed[50:] == background).all()


@pytest.mark.parametrize("ratio", [1.25, 1.5, 2.0])
def test_one_image_pixel_is_one_screen_pixel_on_hidpi(
    view: ImageView, monkeypatch: pytest.MonkeyPatch, ratio: float
) -> None:
    view.resize(80, 40)
    monkeypatch.setattr(view, "devicePixelRatioF", lambda: ratio)
    wh = view.display_wh
    assert wh == (round(80 * ratio), round(40 * ratio))
    shown = gradient_image((wh[0], wh[1] - 4))
    view.show_image(shown)
    screen = QImage(*wh, QImage.Format.Format_RGB32)
    screen.setDevicePixelRatio(ratio)
    view.render(screen)
    np.testing.assert_array_equal(pixels(screen)[2:-2], shown)


def test_a_new_size_is_reported_once_in_device_pixels(view: ImageView, monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[tuple[int, int]] = []
    view.resized.connect(lambda width, height: reported.append((width, height)))
    view.resize(90, 50)
    view.show_image(gradient_image((90, 50)))
    monkeypatch.setattr(view, "devicePixelRatioF", lambda: 2.0)
    view.show_image(gradient_image((90, 50)))
    assert reported == [(90, 50), (180, 100)]


def test_an_image_of_another_size_is_stretched(view: ImageView) -> None:
    view.show_image(np.full((30, 20, 3), (10, 20, 200), np.uint8))
    grabbed = pixels(view.grab().toImage())
    assert grabbed[30, 50].tolist() == [10, 20, 200]
    assert (grabbed[1, 32:68] == [10, 20, 200]).all()  # 40 x 60, centred in a width of 101
    assert grabbed[30, 20].tolist() != [10, 20, 200]


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(gradient_image((1, 1)), id="1 x 1"),
        pytest.param(gradient_image((7, 5))[:, 1:4], id="rows with a gap between"),
        pytest.param(gradient_image((7, 5))[::-1, ::-1], id="mirrored"),
    ],
)
def test_any_memory_layout_is_read_correctly(view: ImageView, shown: Image, tmp_path: Path) -> None:
    view.show_image(shown)
    np.testing.assert_array_equal(view.image, shown)
    save_png(shown, tmp_path / "shown.png")
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "shown.png")), shown)


def test_the_view_keeps_the_image_alive(view: ImageView) -> None:
    shown = gradient_image((101, 60))
    expected = shown.copy()
    view.show_image(shown)
    del shown
    gc.collect()
    other_images = [np.full((60, 101, 3), 7, np.uint8) for _ in range(50)]
    np.testing.assert_array_equal(pixels(view.grab().toImage()), expected)
    assert len(other_images) == 50


def test_without_an_image_the_view_is_dark(view: ImageView) -> None:
    view.show_image(gradient_image((101, 60)))
    view.show_image(None)
    assert len(np.unique(pixels(view.grab().toImage()).reshape(-1, 3), axis=0)) == 1
