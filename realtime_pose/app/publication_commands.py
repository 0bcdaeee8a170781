"""Switches on and off what leaves the program, a stream and a virtual camera, and says what becomes of it."""

from collections.abc import Callable, Mapping
from functools import partial

from PyQt5.QtWidgets import QAction

from realtime_pose.app.bridge import Bridge
from realtime_pose.app.error_reports import ErrorReports
from realtime_pose.app.translation import mark, tr
from realtime_pose.app.views.picture_overlays import Badge
from realtime_pose.publishing import PublicationKind, PublicationState, PublicationStatus

_ACTIONS = {"virtual_camera": PublicationKind.CAMERA, "publish": PublicationKind.STREAM}
_BADGES = {
    PublicationKind.CAMERA: {
        PublicationState.CONNECTING: mark("Virtual camera: starting"),
        PublicationState.LIVE: mark("◉ Virtual camera"),
        PublicationState.WAITING: mark("Virtual camera: failed"),
    },
    PublicationKind.STREAM: {
        PublicationState.CONNECTING: mark("Stream: connecting"),
        PublicationState.LIVE: mark("◉ Stream"),
        PublicationState.WAITING: mark("Stream: no connection"),
    },
}
_MISSING = {
    PublicationKind.CAMERA: mark(
        "No virtual camera was found. On Linux load one, then open the source again: "
        "sudo modprobe v4l2loopback exclusive_caps=1 card_label=realtime-pose"
    ),
    PublicationKind.STREAM: mark("No server is known. Start with its address: realtime-pose live --publish URL"),
}


class PublicationCommands:
    """The commands "virtual_camera" and "publish".

    What the user has switched on or off stays so for the next source.

    Args:
        bridge: Has the publications and their reports.
        reports: Shows messages.
        on_done: Called after each command.
    """

    def __init__(self, bridge: Bridge, reports: ErrorReports, on_done: Callable[[], None]) -> None:
        self._bridge, self._reports, self._on_done = bridge, reports, on_done
        self._chosen: dict[PublicationKind, bool] = {}
        self._told: dict[PublicationKind, str] = {}  # the failure that the user knows

    def callbacks(self) -> dict[str, Callable[[], None]]:
        """What each command does, by its name."""
        return {name: partial(self._toggle, kind) for name, kind in _ACTIONS.items()}

    def update(self, actions: Mapping[str, QAction]) -> None:
        """Bring the buttons up to date, and say what has failed, or goes on after a failure."""
        publications = self._bridge.publications
        if not publications:  # between two sources: what fails for the next one is said again
            self._told.clear()
        for publication in publications:
            kind = publication.status.destination.kind
            publication.is_on = self._chosen.get(kind, publication.is_on)
            self._tell(publication.status)
        switched_on = {each.status.destination.kind for each in publications if each.is_on}
        for name, kind in _ACTIONS.items():
            actions[name].setChecked(kind in switched_on)

    def badges(self) -> list[Badge]:
        """What each publication does, unless it is off."""
        return [badge for each in self._bridge.publications if each.is_on and (badge := _badge(each.status))]

    def _toggle(self, kind: PublicationKind) -> None:
        publications = [each for each in self._bridge.publications if each.status.destination.kind is kind]
        for publication in publications:
            publication.is_on = self._chosen[kind] = not publication.is_on
        if not publications:
            self._reports.show_message(tr(_MISSING[kind]))
        self._on_done()

    def _tell(self, status: PublicationStatus) -> None:
        """Say once why a publication fails, and once that it goes on."""
        kind, told = status.destination.kind, self._told.get(status.destination.kind, "")
        if status.state is PublicationState.WAITING and status.reason != told:
            self._told[kind] = status.reason
            self._reports.show_error(status.reason)
        elif told and status.state in {PublicationState.LIVE, PublicationState.OFF}:
            del self._told[kind]
            self._reports.withdraw(told)


def _badge(status: PublicationStatus) -> Badge | None:
    """What a publication does in short; None if it has ended. Another attempt after a failure is still a failure."""
    has_failed = bool(status.reason) and status.state is PublicationState.CONNECTING
    state = PublicationState.WAITING if has_failed else status.state
    text = _BADGES[status.destination.kind].get(state)
    return None if text is None else Badge(tr(text), is_error=state is PublicationState.WAITING)
