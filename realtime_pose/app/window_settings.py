"""What the window remembers until it is opened again: its place on the screen and the last sources."""

from PyQt5.QtCore import QByteArray, QSettings

from realtime_pose.redaction import redact_url

_MAX_RECENT = 8


class WindowSettings:
    """Settings in the user's account.

    A source with a password in its address is remembered only until the window closes.

    Attributes:
        recent: Addresses of the last sources, newest first.
    """

    def __init__(self) -> None:
        self._settings = QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "realtime-pose", "window")
        saved = self._settings.value("recent", [])
        # An INI file gives a list with one entry back as a string.
        self.recent = [str(uri) for uri in saved] if isinstance(saved, list) else [str(saved)]

    def add_recent(self, uri: str) -> None:
        """Put a source at the front."""
        self.recent = [uri, *(other for other in self.recent if other != uri)][:_MAX_RECENT]
        without_password = [recent for recent in self.recent if redact_url(recent) == recent]
        self._settings.setValue("recent", without_password)

    @property
    def geometry(self) -> QByteArray:
        """Place and size of the window in Qt's own format; empty the first time."""
        saved = self._settings.value("geometry", QByteArray())
        return saved if isinstance(saved, QByteArray) else QByteArray()

    @geometry.setter
    def geometry(self, geometry: QByteArray) -> None:
        self._settings.setValue("geometry", geometry)
