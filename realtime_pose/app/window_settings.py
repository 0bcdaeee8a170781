"""What the window remembers from one time to the next: its place on the screen and the last sources."""

from PyQt5.QtCore import QByteArray, QSettings

from realtime_pose.sources.address import redact_url

_NUM_RECENT = 8


class WindowSettings:
    """Settings of the user's account. A source with a password in its address is remembered until the window closes.

    Attributes:
        recent: Addresses of the last sources, newest first.
    """

    def __init__(self) -> None:
        self._settings = QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "realtime-pose", "window")
        kept = self._settings.value("recent", [])
        self.recent = [str(uri) for uri in kept] if isinstance(kept, list) else [str(kept)]

    def add_recent(self, uri: str) -> None:
        """Put a source in front."""
        self.recent = [uri, *(other for other in self.recent if other != uri)][:_NUM_RECENT]
        self._settings.setValue("recent", [kept for kept in self.recent if redact_url(kept) == kept])

    @property
    def geometry(self) -> QByteArray:
        """Place and size of the window as Qt wrote them; empty the first time."""
        kept = self._settings.value("geometry", QByteArray())
        return kept if isinstance(kept, QByteArray) else QByteArray()

    @geometry.setter
    def geometry(self, geometry: QByteArray) -> None:
        self._settings.setValue("geometry", geometry)
