"""The status bar: state of the source with its reason, persons, frame rate, latency, age, drops and device."""

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QPainter, QPaintEvent, QResizeEvent
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from realtime_pose.app import theme
from realtime_pose.app.bridge import Bridge
from realtime_pose.app.live_pipeline import Phase
from realtime_pose.app.translation import mark, tr
from realtime_pose.app.views.figures import FIGURE_NAMES, figure_texts, widest_texts
from realtime_pose.messages.source_messages import describe_negotiated, describe_source
from realtime_pose.sources.source import SourceState, SourceStatus

_SPACING_PX = 8
_STATE_PX = 260  # least room for the state, with the margins of the bar
_SLOW_SHARE = 0.6  # of the wished rate; below it the state says so
_MOST_IMPORTANT_FIRST = ("recorder", "persons", "rate", "age", "dropped", "device", "latency")

_FAILED_STATES = {
    SourceState.LOST: mark("Lost"),
    SourceState.AUTH_FAILED: mark("Access refused"),
    SourceState.NOT_FOUND: mark("Not found"),
}
_WAITING_STATES = {
    SourceState.CONNECTING: mark("Connecting"),
    SourceState.STALLED: mark("Stalled"),
    SourceState.RECONNECTING: mark("Reconnecting"),
}


class ElidedLabel(QLabel):
    """One line of text with … in its middle if it does not fit: a path ends with the name of its file."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # A long text must not make the window wider.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: ARG002, N802 - Qt's signature and name
        """Paint as much text as fits."""
        painter = QPainter(self)
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideMiddle, self.width())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()


class StatusBar(QWidget):
    """State on the left, figures on the right. Figures that do not fit are in the tooltip of the state.

    Attributes:
        figures: Label of each figure, by its name.
        state: Label of the state and its reason.
        warning: Red label, shown when the networks do not run on the requested device.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._dot, self.state, self.warning = QLabel("●"), ElidedLabel(), QLabel("CPU")
        self.state.setAccessibleName(tr("State of the source"))
        self.warning.setObjectName("warning")
        self.warning.hide()
        self._has_warning, self._tip = False, ""
        # The bar must not make the window wider: figures that do not fit are hidden.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 4, 14, 6)
        row.setSpacing(_SPACING_PX)
        row.addWidget(self._dot)
        row.addWidget(self.state, 1)
        self.figures = {name: self._add_figure(row, name) for name in FIGURE_NAMES}
        row.addWidget(self.warning)

    def show_state(self, bridge: Bridge, label: str) -> None:
        """Bring everything up to date.

        Args:
            bridge: State and report of the source.
            label: Name of the source for the user.
        """
        report = bridge.report
        colour, text = _state(bridge, label)
        self._dot.setStyleSheet(f"color: {colour};")
        self.state.setText(text)
        negotiated = report.source.negotiated if report is not None else None
        self._tip = text
        if negotiated is not None:
            self._tip += "\n" + tr("The webcam {format}").format(format=describe_negotiated(negotiated))
        self.state.setAccessibleDescription(text)
        warning = report.warning if report is not None else ""
        self._has_warning = bool(warning)
        self.warning.setVisible(self._has_warning)
        self.warning.setToolTip(warning)
        self.warning.setAccessibleName(tr("Warning: {text}").format(text=warning))
        texts = figure_texts(bridge, report) if report is not None else {}
        for name, figure in self.figures.items():
            text, tip = texts.get(name, ("", ""))
            # The red warning takes the place of the device.
            figure.setText("" if name == "device" and warning else text)
            figure.setToolTip(tip)
        self._show_fitting()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: ARG002, N802 - Qt's signature and name
        """Show as many figures as fit."""
        self._show_fitting()

    def _show_fitting(self) -> None:
        """Show the figures that have a text, as long as the state keeps its room: the more important ones first."""
        free_px = self.width() - _STATE_PX - (self.warning.sizeHint().width() + _SPACING_PX if self._has_warning else 0)
        hidden = []
        for name in _MOST_IMPORTANT_FIRST:
            figure = self.figures[name]
            width_px = max(figure.minimumWidth(), figure.sizeHint().width()) + _SPACING_PX if figure.text() else 0
            figure.setVisible(0 < width_px <= free_px)
            if width_px <= free_px:
                free_px -= width_px
            else:
                hidden.append(figure.text())
        self.state.setToolTip("\n".join([self._tip, *hidden]))

    def _add_figure(self, row: QHBoxLayout, name: str) -> QLabel:
        """A label as wide as its widest text, so that the others do not move when the text changes."""
        figure = QLabel(self)
        figure.setObjectName("quiet")
        figure.setAlignment(Qt.Alignment(Qt.AlignmentFlag.AlignRight) | Qt.AlignmentFlag.AlignVCenter)
        figure.setMinimumWidth(figure.fontMetrics().horizontalAdvance(widest_texts().get(name, "")))
        figure.setAccessibleName(tr(FIGURE_NAMES[name]))
        row.addWidget(figure)
        return figure


def _state(bridge: Bridge, label: str) -> tuple[str, str]:
    """Colour of the dot, and the text beside it."""
    source = bridge.report.source if bridge.report is not None else None
    if bridge.phase is Phase.RUNNING:
        return (
            (theme.WAITING, tr("Starting {label}").format(label=label))
            if source is None
            else _running_state(bridge, source)
        )
    return {
        Phase.OPENING: (theme.WAITING, tr("Opening {label}").format(label=label)),
        Phase.FAILED: (theme.ERROR, tr("Failed: {error}").format(error=bridge.error)),
        Phase.ENDED: (theme.FAINT, tr("Ended") + _reason_suffix(source)),
    }.get(bridge.phase, (theme.FAINT, tr("Closing")))


def _running_state(bridge: Bridge, source: SourceStatus) -> tuple[str, str]:
    """Colour and text while the pipeline runs."""
    reason = _reason_suffix(source)
    if source.state in _FAILED_STATES:
        return theme.ERROR, tr(_FAILED_STATES[source.state]) + reason
    if bridge.is_paused:
        return theme.WAITING, tr("Paused") + reason
    if source.state in _WAITING_STATES:
        return theme.WAITING, tr(_WAITING_STATES[source.state]) + reason
    governor = bridge.report.governor if bridge.report is not None else None
    if governor is not None and governor.is_slow and governor.load.rate_hz < _SLOW_SHARE * governor.wished_hz:
        slow = tr("Live, but slow: {rate} of {wished} pictures per second")
        rates = {"rate": f"{governor.load.rate_hz:.1f}", "wished": f"{governor.wished_hz:.0f}"}
        return theme.WAITING, slow.format(**rates) + reason
    return theme.GOOD, (tr("Live") if bridge.is_live else _file_position(bridge)) + reason


def _file_position(bridge: Bridge) -> str:
    """How much of a file was played, or which picture is shown."""
    if bridge.scene is not None and bridge.picture is not None:
        text = tr("Picture {number} of {count}: {name}")
        return text.format(number=bridge.scene.frame.index + 1, count=bridge.num_frames, name=bridge.picture.file_name)
    if (line := bridge.player.timeline) is not None:
        analysed = (line.analysed_s - line.first_s) / max(line.end_s - line.first_s, 1e-6)
        text = tr("Playing") if line.is_complete else tr("Playing, {share} analysed")
        return text.format(share=f"{min(analysed, 0.99):.0%}")
    if bridge.report is None or not bridge.num_frames:
        return tr("Playing")
    text = tr("Playing, frame {number} of {count}")
    return text.format(number=bridge.report.num_frames, count=bridge.num_frames)


def _reason_suffix(source: SourceStatus | None) -> str:
    reason = describe_source(source) if source is not None else ""
    return f": {reason}" if reason else ""
