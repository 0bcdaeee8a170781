"""The statistics beside the picture: curves of the last minute, milliseconds a stage, drops, and why it is slow."""

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from realtime_pose.app.load_advice import Advice
from realtime_pose.app.load_history import SPAN_S
from realtime_pose.app.translation import tr
from realtime_pose.app.views.curve import Curve

_WIDTH_PX = 272
_SECTION_PX = 8  # more room before a section than within it

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the panel shows.

    Attributes:
        advice: Why it is slow.
        rates: Pictures per second, see `LoadHistory`.
        wished_hz: The rate of the source, or the one to hold; None if unknown.
        ages_ms: Age of the pictures; empty for a file, where it has no meaning.
        stages: Name, median and 95th percentile in milliseconds of each stage.
        drops: Place and number of dropped pictures, where there are some.
        newly_dropped: Dropped in the last minute.
    """

    advice: Advice
    rates: Points
    wished_hz: float | None
    ages_ms: Points
    stages: Sequence[tuple[str, float, float]]
    drops: Sequence[tuple[str, int]]
    newly_dropped: int


class StatisticsPanel(QFrame):
    """Shows `Statistics`; hidden until its action shows it.

    Attributes:
        asked: Emitted with the name and the value of the setting that the user wants.
        advice: Why it is slow.
        button: Does what the advice says.
        stages: Label of each stage's name and of its times, by the stage.
        drops: What was dropped, in lines.
    """

    asked = pyqtSignal(str, object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setFixedWidth(_WIDTH_PX)
        self._wanted = Advice("")
        self.advice, self.button, self.drops = QLabel(), QPushButton(), QLabel()
        for label in (self.advice, self.drops):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.clicked.connect(lambda _checked: self.asked.emit(self._wanted.setting, self._wanted.value))
        self._rate, self._age = QLabel(), QLabel()
        self._rate_curve, self._age_curve = Curve(SPAN_S), Curve(SPAN_S)
        self._rate_curve.setAccessibleName(tr("Pictures per second"))
        self._age_curve.setAccessibleName(tr("Age of the pictures"))
        self.stages: dict[str, tuple[QLabel, QLabel]] = {}
        self._grid = QGridLayout()
        self._arrange()
        self.hide()

    def show_statistics(self, shown: Statistics) -> None:
        """Bring everything up to date."""
        self._wanted = shown.advice
        self.advice.setText(shown.advice.text)
        self.button.setText(shown.advice.button)
        self.button.setVisible(bool(shown.advice.button))
        rate = f"{shown.rates[-1][1]:.1f}" if shown.rates else "–"
        self._rate.setText(tr("Pictures per second: {rate}").format(rate=rate))
        self._rate_curve.show_points(shown.rates, wished=shown.wished_hz, description=rate)
        for widget in (self._age, self._age_curve):
            widget.setVisible(bool(shown.ages_ms))
        if shown.ages_ms:
            age = f"{shown.ages_ms[-1][1]:.0f} ms"
            self._age.setText(tr("Age of the pictures: {age}").format(age=age))
            self._age_curve.show_points(shown.ages_ms, wished=None, description=age)
        self._show_stages(shown.stages)
        self.drops.setText(_drops_text(shown))

    def _show_stages(self, stages: Sequence[tuple[str, float, float]]) -> None:
        for name, p50_ms, p95_ms in stages:
            if name not in self.stages:
                self.stages[name] = QLabel(name), QLabel()
                row = self._grid.rowCount()
                for column, label in enumerate(self.stages[name]):
                    self._grid.addWidget(label, row, column)
                self.stages[name][1].setAlignment(Qt.AlignmentFlag.AlignRight)
            self.stages[name][1].setText(f"{p50_ms:.0f} / {p95_ms:.0f}")
        shown = {name for name, _, _ in stages}
        for name, labels in self.stages.items():
            for label in labels:
                label.setVisible(name in shown)

    def _arrange(self) -> None:
        content = QWidget()
        content.setObjectName("bar")
        column = QVBoxLayout(content)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(7)
        for text, widgets in (
            (tr("Statistics"), (self.advice, self.button)),
            (tr("The last minute"), (self._rate, self._rate_curve, self._age, self._age_curve)),
        ):
            column.addWidget(_heading(text))
            for widget in widgets:
                column.addWidget(widget)
            column.addSpacing(_SECTION_PX)
        column.addWidget(_heading(tr("Milliseconds a stage")))
        legend = QLabel(tr("median / 95 %"))
        legend.setObjectName("quiet")
        legend.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._grid.addWidget(legend, 0, 1)
        column.addLayout(self._grid)
        column.addSpacing(_SECTION_PX)
        column.addWidget(_heading(tr("Dropped pictures")))
        column.addWidget(self.drops)
        column.addStretch()
        area = QScrollArea()
        area.setWidget(content)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName("brief")
    return label


def _drops_text(shown: Statistics) -> str:
    """What was dropped, a line for each place."""
    if not shown.drops:
        return tr("None")
    lines = [f"{name}: {count}" for name, count in shown.drops]
    return "\n".join([*lines, tr("in the last minute: {count}").format(count=shown.newly_dropped)])
