"""What the window remembers until it is opened again: its place on the screen and the last sources."""

from PyQt5.QtCore import QSettings

from realtime_pose.app.passwords import Passwords
from realtime_pose.app.preferences import Preferences
from realtime_pose.app.window_placement import WindowPlacement
from realtime_pose.redaction import has_mask, redact_url, without_secrets

_MAX_RECENT = 8


class WindowSettings:
    """Settings in the user's account.

    A source with a password in its address is remembered only until the window closes, unless the password is in the
    keyring: then the address is remembered without it. An address has one entry: of two that differ only in the
    password, the newer one stays.

    Attributes:
        placement: Place and size of the window on each screen.
        preferences: What the user has chosen.
        passwords: Those in the keyring.
        recent: Addresses of the last sources, newest first.
    """

    def __init__(self) -> None:
        self._settings = QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "realtime-pose", "window")
        self.placement = WindowPlacement(self._settings)
        self.preferences = Preferences(self._settings)
        self.passwords = Passwords(self._settings)
        saved = self._settings.value("recent", [])
        # An INI file gives a list with one entry back as a string.
        self.recent = [str(uri) for uri in saved] if isinstance(saved, list) else [str(saved)]

    def add_recent(self, uri: str) -> None:
        """Put a source at the front."""
        others = (other for other in self.recent if without_secrets(other) != without_secrets(uri))
        self.recent = [uri, *others][:_MAX_RECENT]
        self.save_recent()

    def save_recent(self) -> None:
        """Remember the last sources, but no password or other secret; those with another secret cannot be opened."""
        public = (without_secrets(recent) if self.passwords.is_kept(recent) else recent for recent in self.recent)
        self._settings.setValue("recent", [uri for uri in public if redact_url(uri) == uri and not has_mask(uri)])

    def renew_credentials(self, uri: str) -> None:
        """Give the entry of this address, if there is one, the password of ``uri``."""
        self.recent = [uri if without_secrets(recent) == without_secrets(uri) else recent for recent in self.recent]
