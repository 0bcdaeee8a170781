"""Whether the desktop is dark: as it says itself, or by the colours that it gives to programs."""

import sys

from PyQt5.QtCore import QSettings
from PyQt5.QtDBus import QDBus, QDBusConnection, QDBusMessage
from PyQt5.QtWidgets import QApplication, QStyleFactory

_TIMEOUT_MS = 300
_PREFERS_DARK = 1  # of the portal's setting color-scheme; 0: no preference, 2: light
_WINDOWS_KEY = r"HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"


def is_desktop_dark() -> bool:
    """Whether windows are to be dark, where the desktop says so; else whether the desktop's own colours are."""
    if sys.platform == "win32":
        light = QSettings(_WINDOWS_KEY, QSettings.Format.NativeFormat).value("AppsUseLightTheme", 1)
        return not int(light)
    scheme = _portal_scheme() if sys.platform.startswith("linux") else 0
    if scheme:
        return scheme == _PREFERS_DARK
    style = QApplication.style()
    style = None if style is None else QStyleFactory.create(style.objectName())  # without the colours of this program
    return style is not None and style.standardPalette().window().color().lightness() < 128


def _portal_scheme() -> int:
    """The setting color-scheme of the desktop's portal; 0 if there is none."""
    bus = QDBusConnection.sessionBus()
    if not bus.isConnected():
        return 0
    # A plain call, and no QDBusInterface: that one first asks what the portal can do, and waits 25 s for the answer.
    call = QDBusMessage.createMethodCall(
        "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop", "org.freedesktop.portal.Settings", "Read"
    )
    call.setArguments(["org.freedesktop.appearance", "color-scheme"])
    reply = bus.call(call, QDBus.CallMode.Block, _TIMEOUT_MS)
    values = reply.arguments() if reply.type() == QDBusMessage.MessageType.ReplyMessage else []
    return values[0] if values and isinstance(values[0], int) else 0
