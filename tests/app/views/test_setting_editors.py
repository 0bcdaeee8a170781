"""A list of the settings shows its value, also one that is not in the list."""

import pytest
from PyQt5.QtWidgets import QComboBox, QLabel
from pytestqt.qtbot import QtBot

from realtime_pose.app.model_choices import Choice
from realtime_pose.app.settings_rows import Row
from realtime_pose.app.views.setting_editors import make_editor

pytestmark = [pytest.mark.gui]


def test_a_value_that_is_not_in_the_list_is_told_below_it(qtbot: QtBot) -> None:
    editor = make_editor(Row("device.device", "Device", "", (Choice("auto", "automatic"),)))
    qtbot.addWidget(editor)
    editor.show()
    box, note = editor.findChild(QComboBox), editor.findChild(QLabel)
    assert box is not None
    assert note is not None
    editor.show_value("auto")
    assert (box.currentText(), note.isVisible()) == ("automatic", False)
    editor.show_value("intel-gpu.1")
    assert (box.currentText(), note.text(), note.isVisible()) == ("", "intel-gpu.1", True)
