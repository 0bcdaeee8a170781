"""The bar on which a user sees and chooses the place in a file: what was analysed, who was there, and the position."""

from collections.abc import Callable, Sequence

from PyQt5.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PyQt5.QtWidgets import QSizePolicy, QToolTip, QWidget

from realtime_pose.app import theme
from realtime_pose.app.playback import Timeline
from realtime_pose.app.translation import tr
from realtime_pose.pipeline.stays import Stay
from realtime_pose.render.colours import person_colours

_MARGIN_PX = 8  # left and right, so that the handle is not cut
_HANDLE_PX = 6.5  # radius
_GROOVE_PX = 4
_NUM_LANES = 4  # people who are there at the same time have lines above one another
_LANE_PX = 4  # from one line to the next
_HEIGHT_PX = 34
_GROOVE_Y = 25
_MAX_NAMED = 6  # people in the text under the mouse


def lanes(stays: Sequence[Stay], *, num_lanes: int = _NUM_LANES) -> list[int]:
    """The lane of each stay, so that two at the same time have different lanes; -1 for whom no lane is free.

    >>> lanes([Stay(1, 0.0, 4.0), Stay(2, 1.0, 2.0), Stay(3, 3.0, 5.0)])
    [0, 1, 1]
    """
    free_from_s = [-1.0] * num_lanes
    found = []
    for stay in stays:
        lane = next((lane for lane, free_s in enumerate(free_from_s) if free_s < stay.first_s), -1)
        if lane >= 0:
            free_from_s[lane] = stay.last_s
        found.append(lane)
    return found


class SeekBar(QWidget):
    """Shows the place in a file. A click or a drag goes there; the text under the mouse says the time and who is there.

    Attributes:
        sought: Emitted with the place in seconds that the user chose.
        line: What is known of the length of the file; None: nothing is shown.
        position_s: The place that is shown.
    """

    sought = pyqtSignal(float)

    def __init__(self, describe: Callable[[float], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line: Timeline | None = None
        self.position_s = 0.0
        self._describe = describe
        self._stays: tuple[Stay, ...] = ()
        self._lanes: list[int] = []
        self._mouse_x: float | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Place in the file"))

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As high as its lines; the width is free."""
        return QSize(120, _HEIGHT_PX)

    def show_line(self, line: Timeline | None, stays: tuple[Stay, ...]) -> None:
        """Show what is known of the file now."""
        if (line, stays) != (self.line, self._stays):
            self.line, self._stays, self._lanes = line, stays, lanes(stays)
            self.update()

    def show_position(self, position_s: float) -> None:
        """Show this place."""
        if position_s != self.position_s:
            self.position_s = position_s
            self.setAccessibleDescription(self._describe(position_s))
            self.update()

    def x_of(self, place_s: float) -> float:
        """Where a place lies, in pixels from the left."""
        if self.line is None:
            return _MARGIN_PX
        length_s = max(self.line.end_s - self.line.first_s, 1e-6)
        share = (place_s - self.line.first_s) / length_s
        return _MARGIN_PX + min(max(share, 0.0), 1.0) * (self.width() - 2 * _MARGIN_PX)

    def place_at(self, x: float) -> float:
        """The place at so many pixels from the left."""
        if self.line is None:
            return 0.0
        share = (x - _MARGIN_PX) / max(self.width() - 2 * _MARGIN_PX, 1)
        return self.line.first_s + min(max(share, 0.0), 1.0) * (self.line.end_s - self.line.first_s)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Go to the place under the mouse."""
        if event is not None and event.button() == Qt.MouseButton.LeftButton and self.line is not None:
            self.sought.emit(self.place_at(event.x()))

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Show the time under the mouse; with the button pressed, go there."""
        if event is None or self.line is None:
            return
        self._mouse_x = event.x()
        place = self.place_at(event.x())
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.sought.emit(place)
        QToolTip.showText(event.globalPos(), self.text_at(place), self)
        self.update()

    def leaveEvent(self, event: QEvent | None) -> None:  # noqa: N802 - Qt's name
        """Show no place under the mouse any more."""
        super().leaveEvent(event)
        self._mouse_x = None
        self.update()

    def text_at(self, place_s: float) -> str:
        """The time at a place, and who is there."""
        step_s = (self.place_at(2.0) - self.place_at(0.0)) if self.line is not None else 0.0
        present = sorted(
            {stay.track_id for stay in self._stays if stay.first_s - step_s <= place_s <= stay.last_s + step_s}
        )
        named = ", ".join(map(str, present[:_MAX_NAMED])) + (" …" if len(present) > _MAX_NAMED else "")
        text = self._describe(place_s)
        if self.line is not None and place_s > self.line.analysed_s and not self.line.is_complete:
            return f"{text} · not analysed yet"
        return f"{text} · ID {named}" if present else text

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: ARG002, N802 - Qt's signature and name
        """Paint the groove, what was analysed, the people and the handle."""
        if self.line is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        analysed_s = self.line.end_s if self.line.is_complete else self.line.analysed_s
        self._paint_groove(painter, self.line.end_s, theme.LINE)
        self._paint_groove(painter, analysed_s, theme.FAINT)
        self._paint_groove(painter, self.position_s, theme.ACCENT_BACKGROUND)
        self._paint_groove(painter, min(self.position_s, analysed_s), theme.ACCENT)
        for stay, lane in zip(self._stays, self._lanes, strict=True):
            if lane >= 0:
                self._paint_stay(painter, stay, lane)
        if self._mouse_x is not None:
            painter.fillRect(QRectF(self._mouse_x - 0.5, _GROOVE_Y - 6, 1, 12), QColor(theme.TEXT))
        painter.setBrush(QColor(theme.TEXT))
        painter.drawEllipse(QPointF(self.x_of(self.position_s), _GROOVE_Y), _HANDLE_PX, _HANDLE_PX)
        painter.end()

    def _paint_groove(self, painter: QPainter, until_s: float, colour: str) -> None:
        """The groove from its start to this place."""
        width = self.x_of(until_s) - _MARGIN_PX
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(QRectF(_MARGIN_PX, _GROOVE_Y - _GROOVE_PX / 2, width, _GROOVE_PX), 2, 2)

    def _paint_stay(self, painter: QPainter, stay: Stay, lane: int) -> None:
        """A line in the person's colour, with a mark where it begins and one where it ends."""
        blue, green, red = person_colours(stay.track_id, stay.colour).middle
        colour = QColor(red, green, blue)
        left, right = self.x_of(stay.first_s), self.x_of(stay.last_s)
        y = _GROOVE_Y - 9 - (lane + 1) * _LANE_PX + _LANE_PX / 2
        painter.fillRect(QRectF(left, y, max(right - left, 1.0), 1.5), colour)
        for x in (left, right):
            painter.fillRect(QRectF(x - 0.5, y - 1.0, 1.5, 3.5), colour)
