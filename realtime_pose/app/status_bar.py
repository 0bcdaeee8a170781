"""The status bar: state of the source with its reason, persons, rate, latency, age, drops and the device."""

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QPainter, QPaintEvent
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from realtime_pose.app import theme
from realtime_pose.app.bridge import Bridge, Phase
from realtime_pose.pipeline.overlay import age_words
from realtime_pose.pipeline.stats import Report
from realtime_pose.sources.source import SourceState, SourceStatus

_WIDEST = {
    "persons": "88 persons",
    "rate": "888.8 fps",
    "latency": "detect 888/888 ms",
    "age": "age 888.8 s",
    "dropped": "88888 dropped",
    "recorder": "● recording",
}
_TIPS = {
    "persons": "Persons who are followed now",
    "rate": "Pictures per second that went through all networks, over the last two seconds",
    "age": "From the camera's newest picture until its persons were known, or until now while none comes",
}


_RECORDER_TIPS = {"armed": "The last seconds are kept in memory: R records from before it is pressed"}

_TROUBLES = {
    SourceState.LOST: "Lost",
    SourceState.AUTH_FAILED: "Access refused",
    SourceState.NOT_FOUND: "Not found",
}
_WAITS = {
    SourceState.CONNECTING: "Connecting",
    SourceState.STALLED: "Stalled",
    SourceState.RECONNECTING: "Reconnecting",
}


class ElidedLabel(QLabel):
    """One line that ends in … where there is no room; its tooltip has it all."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: ARG002, N802 - Qt's signature and name
        """Paint as much as fits."""
        painter = QPainter(self)
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()


class StatusBar(QWidget):
    """The status bar.

    Attributes:
        figures: Label of each figure, by its name.
        state: Label of the state and its reason.
        badge: Red, shown where the networks do not run where they were asked to.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._dot, self.state, self.badge = QLabel("●"), ElidedLabel(), QLabel("CPU")
        self.state.setAccessibleName("State of the source")
        self.badge.setObjectName("badge")
        self.badge.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 4, 14, 6)
        row.setSpacing(8)
        row.addWidget(self._dot)
        row.addWidget(self.state, 1)
        self.figures = {name: self._figure(row, name) for name in (*_WIDEST, "device")}
        row.addWidget(self.badge)

    def show_state(self, bridge: Bridge, label: str) -> None:
        """Bring everything up to date."""
        colour, text = _state(bridge, label)
        self._dot.setStyleSheet(f"color: {colour};")
        self.state.setText(text)
        report = bridge.report
        negotiated = report.source.negotiated if report is not None else ""
        self.state.setToolTip(f"{text}\nThe webcam {negotiated}" if negotiated else text)
        self.state.setAccessibleDescription(text)
        self.badge.setVisible(bool(report and report.warning))
        self.badge.setToolTip(report.warning if report else "")
        self.badge.setAccessibleName(f"Warning: {self.badge.toolTip()}")
        texts = _figures(bridge, report) if report is not None else {}
        for name, figure in self.figures.items():
            text, tip = texts.get(name, ("", ""))
            figure.setText(text)
            figure.setToolTip(tip or _TIPS.get(name, ""))
            figure.setVisible(bool(text) and not (name == "device" and self.badge.toolTip()))

    def _figure(self, row: QHBoxLayout, name: str) -> QLabel:
        """A label wide enough for its widest text, so that nothing jumps about."""
        figure = QLabel(self)
        figure.setObjectName("quiet")
        figure.setAlignment(Qt.Alignment(Qt.AlignmentFlag.AlignRight) | Qt.AlignmentFlag.AlignVCenter)
        figure.setMinimumWidth(figure.fontMetrics().horizontalAdvance(_WIDEST.get(name, "")))
        figure.setAccessibleName(name.capitalize())
        row.addWidget(figure)
        return figure


def _state(bridge: Bridge, label: str) -> tuple[str, str]:
    """Colour of the dot, and the words beside it."""
    source = bridge.report.source if bridge.report is not None else None
    if bridge.phase is Phase.RUNNING:
        return (theme.WAITING, f"Starting {label}") if source is None else _running(bridge, source)
    return {
        Phase.OPENING: (theme.WAITING, f"Opening {label}"),
        Phase.FAILED: (theme.BAD, f"Failed: {bridge.error}"),
        Phase.ENDED: (theme.FAINT, f"Ended{_reason(source)}"),
    }.get(bridge.phase, (theme.FAINT, "Closing"))


def _running(bridge: Bridge, source: SourceStatus) -> tuple[str, str]:
    """Likewise, while the pipeline runs."""
    reason = _reason(source)
    if source.state in _TROUBLES:
        return theme.BAD, f"{_TROUBLES[source.state]}{reason}"
    if bridge.is_paused:
        return theme.WAITING, f"Paused{reason}"
    if source.state in _WAITS:
        return theme.WAITING, f"{_WAITS[source.state]}{reason}"
    return theme.GOOD, f"{'Live' if bridge.is_live else _progress(bridge)}{reason}"


def _progress(bridge: Bridge) -> str:
    """How far a file has come."""
    if bridge.report is None or not bridge.num_frames:
        return "Playing"
    return f"Playing, frame {bridge.report.num_frames} of {bridge.num_frames}"


def _reason(source: SourceStatus | None) -> str:
    return f": {source.reason}" if source is not None and source.reason else ""


def _figures(bridge: Bridge, report: Report) -> dict[str, tuple[str, str]]:
    """(text, tooltip) of each figure; what is not known is left out."""
    dropped = sum(report.dropped.values()) + report.recorder_dropped
    tracks = bridge.scene.tracks if bridge.scene is not None else None
    num_persons = len(tracks.seen) if tracks is not None else 0
    figures = {
        "persons": (f"{num_persons} person{'' if num_persons == 1 else 's'}", ""),
        "rate": (f"{report.rate_hz:.1f} fps", ""),
        "latency": _latency(report),
        "recorder": _recorder(report),
        "dropped": (f"{dropped} dropped" if dropped or bridge.is_live else "", _dropped_tip(report)),
        "device": (_device(report), "\n".join(f"{stage}: {device}" for stage, device in report.devices.items())),
    }
    if bridge.is_live and report.age_s is not None:
        figures["age"] = (age_words(report.age_s), _age_tip(report))
    return figures


def _age_tip(report: Report) -> str:
    """How old pictures were lately."""
    if report.age_p50_s is None or report.age_p95_s is None:
        return ""
    return f"{_TIPS['age']}.\nMedian / 95th percentile: {_milliseconds(report.age_p50_s, report.age_p95_s)} ms"


def _latency(report: Report) -> tuple[str, str]:
    """The slowest stage's median and 95th percentile; the tooltip has all stages."""
    stages = {name: stage for name, stage in report.stages.items() if stage.count}
    if not stages:
        return "", ""
    lines = ["Milliseconds for one picture, median / 95th percentile:"]
    lines += [f"{name}  {_milliseconds(stage.p50_s, stage.p95_s)}" for name, stage in stages.items()]
    working = {name: stage for name, stage in stages.items() if name != "capture"} or stages
    slowest = max(working, key=lambda name: working[name].p50_s)
    lines.append(f"{slowest} takes longest.")
    return f"{slowest} {_milliseconds(working[slowest].p50_s, working[slowest].p95_s)} ms", "\n".join(lines)


def _milliseconds(p50_s: float, p95_s: float) -> str:
    return f"{p50_s * 1000:.0f}/{p95_s * 1000:.0f}"


def _dropped_tip(report: Report) -> str:
    lines = ["Pictures left out because newer ones had come"]
    if report.recorder_dropped:
        lines.append(f"recording, which was too slow: {report.recorder_dropped}")
    return "\n".join(lines + [f"{name}: {count}" for name, count in report.dropped.items()])


def _recorder(report: Report) -> tuple[str, str]:
    """What the recorder is doing, unless it is nothing; the tooltip says what the user should know of it."""
    words = {"armed": "○ pre-roll", "recording": "● recording", "ending": "● post-roll", "paused": "■ not recording"}
    text = words.get(report.recorder, "")
    tip = report.recorder_note or report.recording or _RECORDER_TIPS.get(report.recorder, "")
    return (f"{text} !" if text and report.recorder_note else text), tip


def _device(report: Report) -> str:
    """Where the networks run, in one word each."""
    return " + ".join(dict.fromkeys(report.devices.values()))
