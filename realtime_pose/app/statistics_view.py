"""Keeps the statistics beside the picture in step with the reports of the pipeline."""

from collections.abc import Callable
from time import monotonic

from realtime_pose.app.bridge import Bridge
from realtime_pose.app.live_pipeline import Phase
from realtime_pose.app.load_advice import advise
from realtime_pose.app.load_history import LoadHistory
from realtime_pose.app.preferences import Value
from realtime_pose.app.translation import mark, tr
from realtime_pose.app.views.statistics_panel import Statistics, StatisticsPanel

# Where pictures are dropped, as a report says it; another place keeps its name.
PLACES = (
    mark("the source"),
    mark("recording"),
    mark("late at detect"),
    mark("late at pose"),
    mark("late at track"),
)


class StatisticsView:
    """The statistics of the present source. The last minute is kept also while they are hidden.

    Args:
        bridge: Has the reports.
        change: Changes a setting, by its name.

    Attributes:
        is_shown: Whether the user wants to see them.
    """

    def __init__(self, bridge: Bridge, change: Callable[[str, Value], None]) -> None:
        self.is_shown = False
        self._bridge, self._change = bridge, change
        self._panel: StatisticsPanel | None = None
        self._history = LoadHistory()
        bridge.ticked.connect(self._tick)
        bridge.phase_changed.connect(self._on_phase_changed)

    def show_in(self, panel: StatisticsPanel) -> None:
        """Show them in this panel."""
        self._panel = panel
        panel.asked.connect(self._change)
        panel.setVisible(self.is_shown)
        self.update()

    def set_shown(self, *, is_shown: bool) -> None:
        """Show or hide them."""
        self.is_shown = is_shown
        self.update()
        if self._panel is not None:
            self._panel.setVisible(is_shown)

    def update(self) -> None:
        """Bring them up to date, if they are shown."""
        report = self._bridge.report
        if self._panel is None or not self.is_shown or report is None:
            return
        source_hz = self._bridge.source_rate_hz
        governor = report.governor
        drops = {**report.dropped, "recording": report.recorder.num_dropped}
        self._panel.show_statistics(
            Statistics(
                advice=advise(report, self._bridge.config, source_hz),
                rates=self._history.rates(),
                wished_hz=source_hz if governor is None else governor.wished_hz,
                ages_ms=self._history.ages_ms() if self._bridge.is_live else [],
                stages=[(name, 1e3 * each.p50_s, 1e3 * each.p95_s) for name, each in report.stages.items()],
                drops=[(tr(name), count) for name, count in drops.items() if count],
                newly_dropped=self._history.newly_dropped,
            )
        )

    def _tick(self) -> None:
        if self._bridge.report is not None and self._bridge.phase is Phase.RUNNING:
            self._history.add(self._bridge.report, now_s=monotonic())

    def _on_phase_changed(self) -> None:
        if self._bridge.phase is Phase.OPENING:
            self._history.clear()
