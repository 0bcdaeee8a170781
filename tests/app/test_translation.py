"""The languages of the window: every text is marked, translated, and shown; numbers have their plural."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from PyQt5.QtCore import QLocale, Qt
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from realtime_pose.app import translation
from realtime_pose.app.settings_rows import LANGUAGE
from realtime_pose.app.theme import apply_theme
from realtime_pose.app.translation import LANGUAGES, choose_language, language_code, tr
from realtime_pose.app.views.people_panel import PeoplePanel
from tests.support.fakes.window_driver import WindowDriver, press_in

APP = Path(__file__).resolve().parents[2] / "realtime_pose" / "app"
FILES = sorted([*APP.glob("*.py"), *(APP / "views").glob("*.py")])
_TEXT = re.compile(r"[A-Za-z]{2}.*")
_NAMED = re.compile(r"\{\w+\}|%n")
# Calls whose texts a person reads.
_SHOWING = {
    *("setText", "setToolTip", "setWindowTitle", "setAccessibleName", "setAccessibleDescription", "setPlaceholderText"),
    *("QLabel", "QPushButton", "QAction", "QCheckBox", "QMenu", "QGroupBox", "CardMessage", "Badge"),
    *("show_message", "show_error", "addItem"),
}
_PROPER_NAMES = {"CPU"}


def calls() -> Iterator[tuple[Path, ast.Call, str]]:
    """Each call in the window with the name of its function."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                yield path, node, name


def marked() -> set[str]:
    """All texts of the code that are to be translated."""
    texts = {call.args[0] for _, call, name in calls() if name in ("tr", "mark") and call.args}
    return {text.value for text in texts if isinstance(text, ast.Constant) and isinstance(text.value, str)}


def messages(code: str) -> dict[str, list[str]]:
    """The translations of a language, by the English text."""
    found = {}
    for message in ET.parse(APP / "translations" / f"realtime_pose_{code}.ts").iter("message"):
        element = message.find("translation")
        assert element is not None
        forms = [form.text or "" for form in element.iter("numerusform")]
        found[message.findtext("source", "")] = forms or [element.text or ""]
    return found


def test_every_text_has_a_german_translation() -> None:
    german = messages("de")
    assert set(german) == marked(), "run: make translations"
    missing = [text for text, forms in german.items() if not all(forms)]
    assert not missing


def test_a_translation_fills_in_what_the_text_does() -> None:
    for text, forms in messages("de").items():
        for form in forms:
            assert sorted(_NAMED.findall(form)) == sorted(_NAMED.findall(text)), text
            assert (text[0] == " ") == (form[0] == " "), text


def is_words(text: str) -> bool:
    """Whether a text is one of a language: no proper name, and no name in the code."""
    return bool(_TEXT.match(text)) and text not in _PROPER_NAMES and not re.fullmatch("[a-z_]+", text)


def test_no_text_is_shown_without_being_marked() -> None:
    shown = [
        f"{path.name}:{call.lineno}: {text.value}"
        for path, call, name in calls()
        if name in _SHOWING
        for text in call.args
        if isinstance(text, ast.Constant) and isinstance(text.value, str) and is_words(text.value)
    ]
    assert not shown, "put these into tr(...)"


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_the_files_of_the_window_hold_what_was_written(qapp: QApplication, code: str) -> None:
    choose_language(code)
    for text, forms in messages(code).items():
        if forms[0]:
            got = tr(text) if len(forms) == 1 else tr(text, "", 3)
            assert got == forms[-1].replace("%n", "3"), "run: make translations"


@pytest.mark.parametrize(("code", "one", "three"), [("en", "1 person", "3 persons"), ("de", "1 Person", "3 Personen")])
def test_numbers_have_their_plural(qapp: QApplication, code: str, one: str, three: str) -> None:
    choose_language(code)
    assert (tr("%n person(s)", "", 1), tr("%n person(s)", "", 3)) == (one, three)


def test_the_language_of_the_desktop_is_taken_if_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert translation.system_code() == "en"
    monkeypatch.undo()
    assert translation.system_code() == QLocale.system().name()[:2]
    for system, expected in (("de", "de"), ("fr", "en")):
        monkeypatch.setattr(translation, "system_code", lambda system=system: system)
        assert language_code("system") == expected
    assert language_code("de") == "de"


def test_the_window_changes_its_language_at_once(driver: WindowDriver) -> None:
    driver.open()
    driver.show_scene()
    driver.window.settings.change(LANGUAGE, "de")
    assert driver.window.widgets.controls.detector.slider.accessibleName().startswith("Personenwert")
    assert driver.window.actions_by_name["boxes"].toolTip() == "Rahmen zeigen  [B]"
    driver.press(Qt.Key.Key_Space)
    assert driver.window.widgets.badges.texts == ["Angehalten"]
    assert driver.state_text == "Angehalten"
    driver.wait_for_tick()
    assert driver.window.widgets.status.figures["persons"].text() == "0 Personen"
    press_in(driver.window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    dialog = driver.window.settings.dialog
    assert dialog is not None
    assert dialog.windowTitle() == "Einstellungen"
    dialog.accept()
    driver.window.settings.change(LANGUAGE, "en")
    assert driver.window.actions_by_name["boxes"].toolTip() == "Show boxes  [B]"


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_buttons_of_the_people_have_room_for_their_texts(qapp: QApplication, qtbot: QtBot, code: str) -> None:
    choose_language(code)
    apply_theme(qapp)
    panel = PeoplePanel()
    qtbot.addWidget(panel)
    panel.show()
    texts = {"lock": ("Follow", "Let go"), "name": ("Name …",), "hide": ("Hide", "Show")}
    for name, alternatives in texts.items():
        for text in map(tr, alternatives):
            button = panel.buttons[name]
            button.setText(text)
            assert button.width() >= button.sizeHint().width(), text
    assert panel.width() < 400, "the picture keeps its room"
