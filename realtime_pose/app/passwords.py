"""Passwords of cameras in the keyring of the user's system: kept only where the user says so.

The settings of the window have which user belongs to which server, and no password. A keyring may ask the user to
unlock it, so every call takes any time, and is made off the GUI thread.
"""

import json
from collections.abc import Callable
from types import ModuleType
from typing import TypeVar

from PyQt5.QtCore import QSettings

from realtime_pose.app.translation import tr
from realtime_pose.errors import RealtimePoseError
from realtime_pose.sources.endpoint import login_of, server_of, with_login

SERVICE = "realtime-pose"
_USERS = "logins"  # of the settings: the user of each server whose password is kept

T = TypeVar("T")


class Passwords:
    """Kept passwords, by the servers of addresses. ``knows`` is for the GUI thread; the others for any, one at a time.

    Args:
        settings: Keep the names of the users.
    """

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings
        self._users = _read_users(settings)

    def knows(self, uri: str) -> bool:
        """Whether a password was kept for this address, which has none itself."""
        user, password = login_of(uri)
        kept = self._users.get(server_of(uri))
        return not password and kept is not None and user in ("", kept)

    def is_kept(self, uri: str) -> bool:
        """Whether the password of this address is the one of a user that was kept."""
        return self._users.get(server_of(uri)) == login_of(uri)[0]

    def fill_in(self, uri: str) -> str:
        """The address with the kept password; the address itself if there is none any more.

        Raises:
            RealtimePoseError: The keyring cannot be asked.
        """
        server = server_of(uri)
        user = self._users.get(server)
        if user is None:  # forgotten since it was asked for
            return uri
        password = _ask(lambda keyring: keyring.get_password(SERVICE, _account(server, user)))
        return uri if password is None else with_login(uri, user, password)

    def keep(self, uri: str) -> None:
        """Keep user and password of this address.

        Raises:
            RealtimePoseError: This computer has no keyring, or it refuses.
        """
        server, (user, password) = server_of(uri), login_of(uri)
        _ask(lambda keyring: keyring.set_password(SERVICE, _account(server, user), password))
        self._users[server] = user
        self._save()

    def forget(self, uri: str) -> None:
        """Delete the password that was kept for this server.

        Raises:
            RealtimePoseError: The keyring does not delete it; it is not used any more all the same.
        """
        server = server_of(uri)
        user = self._users.pop(server, None)
        if user is not None:
            self._save()
            _ask(lambda keyring: keyring.delete_password(SERVICE, _account(server, user)))

    def _save(self) -> None:
        # An object of its own, for the same file: this thread is not the GUI's, and an object belongs to one thread.
        QSettings(self._settings.fileName(), self._settings.format()).setValue(_USERS, json.dumps(self._users))


def _ask(call: Callable[[ModuleType], T]) -> T:
    """What this call of the keyring library gives.

    Raises:
        RealtimePoseError: There is no keyring, or it failed; without the failure's text, which may have a password.
    """
    # It takes a tenth of a second to import.
    import keyring
    from keyring.backends import fail, null

    if isinstance(keyring.get_keyring(), fail.Keyring | null.Keyring):
        raise RealtimePoseError(tr("This computer has no keyring for passwords (such as GNOME Keyring or KWallet)."))
    try:
        return call(keyring)
    except Exception as error:  # noqa: BLE001 - each backend has its own
        text = tr("The keyring of this computer refuses ({kind}).").format(kind=type(error).__name__)
        raise RealtimePoseError(text) from None


def _account(server: str, user: str) -> str:
    return f"{user}@{server}"


def _read_users(settings: QSettings) -> dict[str, str]:
    try:
        users = json.loads(str(settings.value(_USERS, "{}")))
    except ValueError:
        return {}
    return {str(server): str(user) for server, user in users.items()} if isinstance(users, dict) else {}
