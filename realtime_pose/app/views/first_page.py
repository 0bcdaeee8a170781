"""The page of the first start: what was found on this computer, and what to start with."""

from collections.abc import Callable

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QDialog, QGridLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from realtime_pose.app import theme
from realtime_pose.app.first_look import FirstLook
from realtime_pose.app.translation import tr
from realtime_pose.sources.address import webcam_address

_WIDTH_PX = 640
_GOOD, _WAITING = "●", "○"


class FirstPage(QDialog):
    """Says what was found; each button starts something and closes the page.

    Args:
        display: The screen in words.
        actions: What the buttons "file" and "address" do.
        open_source: Opens an address.
        parent: The window.

    Attributes:
        texts: What was found, by topic.
        start: The button for the best thing.
    """

    def __init__(
        self,
        display: str,
        actions: "dict[str, Callable[[], None]]",
        open_source: Callable[[str], None],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("First steps"))
        self.setWindowFlag(Qt.WindowType.WindowContextHelpButtonHint, on=False)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._open_source, self._best = open_source, "demo"
        self.texts: dict[str, QLabel] = {}
        self._dots: dict[str, QLabel] = {}
        title = QLabel(tr("Poses of people, from a camera, a video or pictures"))
        title.setObjectName("title")
        title.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(28, 24, 28, 24)
        column.setSpacing(14)
        column.addWidget(title)
        column.addLayout(self._make_rows())
        self._busy = QProgressBar()
        self._busy.setRange(0, 0)
        self._busy.setTextVisible(False)
        self._busy.setAccessibleName(tr("Looking at this computer"))
        column.addWidget(self._busy)
        self.start = self._add_button(column, tr("Play the demo"), self._start_best)
        self.start.setDefault(True)
        self.demo = self._add_button(column, tr("Play the demo"), lambda: open_source("demo"))
        self.demo.hide()
        for text, name in ((tr("Open a file …"), "file"), (tr("Type an address …"), "address")):
            self._add_button(column, text, actions[name])
        self._show("display", display, is_good=True)
        self.setMinimumWidth(_WIDTH_PX)

    def show_found(self, found: FirstLook) -> None:
        """Show what was found, and offer the best thing."""
        self._busy.hide()
        names = ", ".join(camera.name for camera in found.cameras)
        self._show("camera", names or found.camera_problem, is_good=bool(names))
        self._show("processor", found.processor, is_good=True)
        self._show("engine", found.engine, is_good=found.has_networks)
        if found.cameras:
            camera = found.cameras[0]
            self._best = webcam_address(camera.index)
            self.start.setText(tr("Start with {name}").format(name=camera.name))
            self.demo.show()
        self.start.setFocus()
        self._fit()

    def _fit(self) -> None:
        """As high as the texts need: a wrapped label alone does not make the dialog higher."""
        layout = self.layout()
        if layout is None:
            return
        layout.activate()  # the new texts count now, and not with the next event
        self.resize(self.width(), max(self.height(), layout.totalHeightForWidth(self.width())))

    def _start_best(self) -> None:
        self._open_source(self._best)

    def _make_rows(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(10)
        grid.setColumnStretch(2, 1)
        topics = {
            "camera": tr("Camera"),
            "processor": tr("Graphics processor"),
            "engine": tr("Networks"),
            "display": tr("Screen"),
        }
        for row, (name, topic) in enumerate(topics.items()):
            dot, label, text = QLabel(_WAITING), QLabel(topic), QLabel(tr("looking …"))
            text.setWordWrap(True)
            text.setObjectName("quiet")
            text.setTextFormat(Qt.TextFormat.PlainText)
            text.setAccessibleName(topic)
            for place, part in enumerate((dot, label, text)):
                grid.addWidget(part, row, place, Qt.AlignmentFlag.AlignTop)
            self.texts[name], self._dots[name] = text, dot
        return grid

    def _show(self, topic: str, text: str, *, is_good: bool) -> None:
        self.texts[topic].setText(text)
        self._dots[topic].setText(_GOOD)
        self._dots[topic].setStyleSheet(f"color: {theme.GOOD if is_good else theme.WAITING};")

    def _add_button(self, column: QVBoxLayout, text: str, callback: Callable[[], None]) -> QPushButton:
        """A button that closes the page, and then does something."""
        button = QPushButton(text)
        button.setAutoDefault(False)

        def run() -> None:
            self.accept()
            callback()

        button.clicked.connect(lambda _checked: run())
        column.addWidget(button)
        return button
