"""The panels beside the picture, the people and the statistics: one at a time, so that the picture keeps its room."""

from collections.abc import Callable, Mapping
from functools import partial

from PyQt5.QtWidgets import QAction

from realtime_pose.app.bridge import Bridge
from realtime_pose.app.people_commands import PeopleCommands
from realtime_pose.app.people_list import PeopleList
from realtime_pose.app.preferences import Value
from realtime_pose.app.statistics_view import StatisticsView
from realtime_pose.app.views.layout import WindowLayout


class SidePanels:
    """Shows one panel, or none.

    Args:
        bridge: Has the scenes and the reports.
        commands: What the user does with people.
        change: Changes a setting, by its name.
        on_done: Called when a panel is shown or hidden.
    """

    def __init__(
        self,
        bridge: Bridge,
        commands: PeopleCommands,
        change: Callable[[str, Value], None],
        on_done: Callable[[], None],
    ) -> None:
        self._people = PeopleList(bridge, commands, partial(self._show, "people"))
        self._statistics = StatisticsView(bridge, change)
        self._panels: dict[str, PeopleList | StatisticsView] = {"people": self._people, "statistics": self._statistics}
        self._on_done = on_done

    def show_in(self, widgets: WindowLayout) -> None:
        """Use these widgets from now on."""
        self._people.show_in(widgets.view, widgets.people)
        self._statistics.show_in(widgets.statistics)

    def callbacks(self) -> dict[str, Callable[[], None]]:
        """The command of each panel: it shows or hides the panel."""
        return {name: partial(self._toggle, name) for name in self._panels}

    def update(self, actions: Mapping[str, QAction]) -> None:
        """Bring the shown panel and the buttons up to date."""
        for name, panel in self._panels.items():
            panel.update()
            actions[name].setChecked(panel.is_shown)

    def _toggle(self, name: str) -> None:
        """Show this panel in place of the others, or hide it."""
        is_shown = not self._panels[name].is_shown
        for other, panel in self._panels.items():
            panel.set_shown(is_shown=is_shown and other == name)
        self._on_done()

    def _show(self, name: str) -> None:
        if not self._panels[name].is_shown:
            self._toggle(name)
