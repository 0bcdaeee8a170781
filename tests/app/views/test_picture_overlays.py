"""Card, badges and toast: long texts fit, and lose their middle instead of both ends."""

import pytest
from PyQt5.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from realtime_pose.app.theme import apply_theme
from realtime_pose.app.views.picture_overlays import Badge, Badges, Card, CardMessage
from realtime_pose.app.views.toast import Toast
from tests.support.fakes.window_driver import WindowDriver

pytestmark = [pytest.mark.gui]

LONG = "/videos/" + "one_long_name_without_a_space" * 6 + ".mp4"
TEXTS = [
    CardMessage(f"{LONG} has ended", "100 frames.", ("replay",), is_brief=True),
    CardMessage(f"{LONG} cannot be opened", f"{LONG}: expected a video", ("replay", "other")),
    CardMessage("Demo clip has ended", "1 frame.", ("replay",), is_brief=True),
    CardMessage("Waiting", "No picture\nAsked again", ()),
]


@pytest.fixture(params=[320, 480, 900])
def picture(request: pytest.FixtureRequest, qtbot: QtBot, qapp: QApplication) -> QWidget:
    """The widget under the overlays, in some widths, with the fonts of the window."""
    apply_theme(qapp)
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.resize(request.param, 300)
    widget.show()
    return widget


def assert_nothing_is_cut(label: QLabel) -> None:
    """No line of the label is wider than it."""
    words = label.text().split("\n") if not label.wordWrap() else label.text().split()
    assert max(label.fontMetrics().horizontalAdvance(word) for word in words) <= label.contentsRect().width()


@pytest.mark.parametrize("message", TEXTS, ids=lambda message: message.title[-12:])
def test_a_card_shows_both_ends_of_a_long_text(picture: QWidget, message: CardMessage) -> None:
    card = Card({name: (name, lambda: None) for name in ("replay", "other")}, picture)
    card.show_message(message)
    card.adjustSize()
    assert card.width() <= picture.width() - 24
    for label in (label for label in card.findChildren(QLabel) if label.isVisible()):
        assert_nothing_is_cut(label)
    shown = " ".join(label.text() for label in card.findChildren(QLabel))
    assert message.title[:4] in shown
    assert message.title.split()[-1] in shown
    assert ("…" in shown) == (LONG in message.title)
    assert any(label.toolTip() == message.title for label in card.findChildren(QLabel))


@pytest.mark.parametrize("height", [120, 180, 260, 600])
def test_a_card_on_a_low_picture_keeps_its_buttons_and_the_start_of_its_detail(qtbot: QtBot, height: int) -> None:
    picture = QWidget()
    qtbot.addWidget(picture)
    picture.resize(600, height)
    picture.show()
    card = Card({"replay": ("Try again", lambda: None)}, picture)
    detail = "No such file; expected a webcam number, a video file, a folder of images, or an address. " * 5
    card.show_message(CardMessage("nix.mp4 cannot be opened", detail, ("replay",)))
    card.adjustSize()
    assert card.height() <= height
    button = card.buttons["replay"]
    assert button.height() >= button.sizeHint().height()
    shown = [label.text() for label in card.findChildren(QLabel) if label.toolTip() == detail]
    assert len(shown) == 1
    assert (shown[0] == detail) == (height == 600)
    assert not shown[0] or detail.startswith(shown[0].removesuffix(" …"))


def test_a_toast_shows_both_ends_of_a_long_path(picture: QWidget) -> None:
    toast = Toast(picture)
    toast.show_message(f"Saved {LONG}")
    toast.adjustSize()
    assert toast.width() <= picture.width() - 24
    assert_nothing_is_cut(toast.label)
    assert toast.label.text().startswith("Saved /videos/")
    assert toast.label.text().endswith(".mp4")
    assert toast.toolTip() == toast.message == f"Saved {LONG}"


@pytest.mark.parametrize("is_error", [False, True])
@pytest.mark.parametrize("width", [400, 900])
def test_a_toast_shows_every_line(driver: WindowDriver, width: int, *, is_error: bool) -> None:
    driver.open()
    driver.show_scene()
    driver.window.resize(width, 600)
    toast = driver.window.widgets.toast
    for num_words in (60, 3, 30):
        toast.show_message("some words " * num_words, is_error=is_error)
        driver.qtbot.waitUntil(lambda: toast.label.height() >= toast.label.heightForWidth(toast.label.width()))
        button = toast.copy_details
        assert not is_error or button.height() >= button.sizeHint().height()


def test_a_badge_fits_into_the_picture(picture: QWidget) -> None:
    badges = Badges(picture)
    badges.show_badges([Badge(f"■ Not recording: {LONG}: the folder is gone", is_error=True)])
    badges.adjustSize()
    assert badges.width() <= picture.width()
    (text,) = badges.texts
    assert text.startswith("■ Not")
    assert text.endswith("gone")


def test_badges_that_have_no_room_beside_each_other_stand_below(picture: QWidget) -> None:
    badges = Badges(picture)
    texts = ["● REC 01:05 · 3.4 MB", "Crowd: time for 6 of 31 persons", "Skeletons 0.3 s old", "Paused"]
    for shown in (texts, texts[:1], texts):  # the second and third time, rows go and come back
        badges.show_badges([Badge(text) for text in shown])
        badges.adjustSize()
        picture.grab()  # lays them out
        labels = [label for label in badges.findChildren(QLabel) if not label.isHidden()]
        assert [label.toolTip() for label in labels] == shown
        assert badges.width() <= picture.width()
        for label in labels:
            assert_nothing_is_cut(label)
            assert badges.rect().contains(label.geometry())
    num_rows = len({label.y() for label in labels})
    assert num_rows == 4 if picture.width() == 320 else num_rows < 4


def test_the_texts_are_fitted_again_when_the_window_gets_another_size(driver: WindowDriver) -> None:
    toast, card = driver.window.widgets.toast, driver.window.widgets.card
    toast.show_message(f"Saved {LONG}")
    card.show_message(TEXTS[1])
    driver.window.resize(360, 300)
    narrow = toast.label.text()
    assert card.maximumWidth() <= 336
    driver.window.resize(760, 300)
    assert len(toast.label.text()) > len(narrow)
    assert card.maximumWidth() == 460
