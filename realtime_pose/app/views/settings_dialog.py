"""The dialog with the settings: a field to search, the rows in their sections, and what is being loaded."""

from collections.abc import Iterator, Mapping
from typing import Any

from PyQt5.QtCore import QPoint, QRect, QSize, Qt, QTimer, pyqtSignal
from PyQt5.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from realtime_pose.app.settings_rows import Row, Sections
from realtime_pose.app.translation import tr
from realtime_pose.app.views.picture_overlays import set_error_style
from realtime_pose.app.views.setting_editors import Editor, make_editor
from realtime_pose.app.window_placement import FRAME_WH, fit_rect

_WH = (640, 640)
_TITLE_PX = 160
_EDGE_PX = 24  # to the edge of the window
_STEPS = 100  # of the progress bar


class SettingsDialog(QDialog):
    """Shows the settings. Each acts when it is changed; Esc closes the dialog.

    It has no rows before `fill`.

    Attributes:
        filled: Emitted when all rows are there, and when their choices were renewed.
        changed: Emitted with the name of a setting and the value that the user has chosen.
        reset: Emitted with the name of a setting that is to have its default.
        search: The field to search.
        editors: What each setting is changed with, by its name.
        resets: The button for the default of each setting, by its name.
        message: What is being loaded, or why something could not be.
        is_filled: Whether all rows are there.
    """

    filled = pyqtSignal()
    changed = pyqtSignal(str, object)
    reset = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Settings"))
        self.setWindowFlag(Qt.WindowType.WindowContextHelpButtonHint, on=False)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search the settings"))
        self.search.setAccessibleName(tr("Search the settings"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self.show_matching)
        self.is_filled = False
        self.editors: dict[str, Editor] = {}
        self.resets: dict[str, QToolButton] = {}
        self._sections: list[tuple[QLabel, list[tuple[Row, QWidget]]]] = []
        self._nothing = QLabel(tr("No setting has all of these words."))
        self._nothing.setObjectName("quiet")
        self._progress, self.message = QProgressBar(), QLabel()
        self._progress.setTextVisible(False)
        self._progress.setFixedWidth(120)
        self._progress.setAccessibleName(tr("Progress"))
        self.message.setObjectName("message")
        self.message.setWordWrap(True)
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self._column = QVBoxLayout()
        self._arrange()
        self.show_message("")
        self._fit()
        self.search.setFocus()
        self._timer = QTimer(self)

    def fill(self, sections: Sections) -> None:
        """Make these rows: one section after another, between which the window goes on. All take 0.1 s.

        If they are there already, only their choices are renewed, such as models of which more is known now.
        """
        if self.is_filled:
            self._renew_choices(sections)
        if self.is_filled or self._timer.isActive():
            return
        parts = self._fill(sections)
        self._timer.timeout.connect(lambda: self._fill_next(parts))
        self._timer.start()

    def show_values(self, values: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
        """Show the present values; what differs from its default can be set back."""
        for name, editor in self.editors.items():
            editor.show_value(values[name])
            self.resets[name].setEnabled(values[name] != defaults[name])

    def show_message(self, text: str, *, is_error: bool = False, share: float | None = None) -> None:
        """Show what is being loaded, or an error.

        Args:
            text: The message; "" for none.
            is_error: Whether it is an error.
            share: How much is done, from 0 to 1; negative if that is unknown, None if nothing runs.
        """
        self.message.setText(text)
        set_error_style(self.message, is_error=is_error)
        self._progress.setVisible(share is not None)
        if share is not None:
            self._progress.setRange(0, _STEPS if share >= 0 else 0)  # 0 to 0: it moves without an end
            self._progress.setValue(round(share * _STEPS))

    def show_matching(self, words: str) -> None:
        """Show only the rows that have all of these words."""
        has_any = False
        for title, rows in self._sections:
            found = [row.matches(words) or _has(title.text(), words) for row, _ in rows]
            for (_, widget), is_found in zip(rows, found, strict=True):
                widget.setVisible(is_found)
            title.setVisible(any(found))
            has_any |= any(found)
        self._nothing.setVisible(self.is_filled and not has_any)

    def _renew_choices(self, sections: Sections) -> None:
        for _, rows in sections:
            for row in rows:
                self.editors[row.name].show_choices(row.choices)
        self.filled.emit()

    def _fill(self, sections: Sections) -> Iterator[None]:
        """Make the rows, in parts."""
        for title, rows in sections:
            yield
            label = QLabel(title)
            label.setObjectName("section")
            label.setIndent(0)  # a padding in the style sheet adds half a letter at the left
            self._column.addWidget(label)
            widgets: list[tuple[Row, QWidget]] = []
            self._sections.append((label, widgets))
            for row in rows:
                widgets.append((row, self._make_row(row)))
                self._column.addWidget(widgets[-1][1])
        self._column.addWidget(self._nothing)
        self._column.addStretch(1)  # and not the rows, when a search has left few of them

    def _fill_next(self, parts: Iterator[None]) -> None:
        """Make the next part."""
        try:
            next(parts)
        except StopIteration:
            self._timer.stop()
            self.is_filled = True
            self.show_matching(self.search.text())
            self.filled.emit()

    def _arrange(self) -> None:
        content = QWidget()
        content.setLayout(self._column)
        self._column.setContentsMargins(20, 8, 20, 16)
        self._column.setSpacing(10)
        area = QScrollArea()
        area.setWidget(content)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its rows have the focus
        self._area = area
        close = QPushButton(tr("Close"))
        close.setAutoDefault(False)
        close.clicked.connect(self.accept)
        bottom = QHBoxLayout()
        bottom.setContentsMargins(20, 4, 20, 14)
        bottom.addWidget(self._progress)
        bottom.addWidget(self.message, 1)
        bottom.addWidget(close)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        top = QHBoxLayout()
        top.setContentsMargins(20, 16, 20, 4)
        top.addWidget(self.search)
        whole.addLayout(top)
        whole.addWidget(area, 1)
        whole.addLayout(bottom)

    def _make_row(self, row: Row) -> QWidget:
        """Title and tip on the left, then what changes the setting, and the button for its default."""
        widget = QWidget()
        grid = QGridLayout(widget)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        title, tip = QLabel(row.title), QLabel(row.tip)
        tip.setObjectName("quiet")
        for label in (title, tip):
            label.setWordWrap(True)
        texts = QVBoxLayout()
        texts.setSpacing(0)
        texts.addWidget(title)
        texts.addWidget(tip)
        texts.addStretch()
        editor, button = make_editor(row), QToolButton()
        editor.name_for_screen_readers(row.title, row.tip)
        editor.chosen.connect(lambda value: self.changed.emit(row.name, value))
        button.setText("↺")
        button.setToolTip(tr("Back to the default"))
        button.setAccessibleName(tr("{setting}: back to the default").format(setting=row.title))
        button.clicked.connect(lambda: self.reset.emit(row.name))
        title.setBuddy(editor)
        self.editors[row.name], self.resets[row.name] = editor, button
        grid.addLayout(texts, 0, 0)
        grid.addWidget(editor, 0, 1)
        grid.addWidget(button, 0, 2, Qt.AlignmentFlag.AlignTop)
        grid.setColumnMinimumWidth(0, _TITLE_PX)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        return widget

    def _fit(self) -> None:
        """As large as usual, but never larger than the screen; at the right of the window, beside the picture."""
        screen, parent = self.screen(), self.parentWidget()
        if screen is None:
            return
        available = screen.availableGeometry()
        wh = QSize(*_WH).boundedTo(available.size() - QSize(*FRAME_WH))
        self.resize(wh)
        if parent is not None:
            right = parent.frameGeometry().right() - wh.width() - _EDGE_PX
            wanted = QRect(QPoint(right, parent.frameGeometry().top() + _EDGE_PX), wh + QSize(*FRAME_WH))
            self.move(fit_rect(wanted, available).topLeft())


def _has(text: str, words: str) -> bool:
    """Whether the text has these words; not for no words at all."""
    return bool(words.strip()) and all(word in text.casefold() for word in words.casefold().split())
