"""Opens sources with their passwords: those of the keyring, and those that the user types into the card."""

from collections.abc import Callable
from functools import partial

from realtime_pose.app.bridge import Bridge
from realtime_pose.app.error_reports import ErrorReports
from realtime_pose.app.live_pipeline import Phase
from realtime_pose.app.translation import tr
from realtime_pose.app.views.login_fields import LoginFields
from realtime_pose.app.window_settings import WindowSettings
from realtime_pose.sources.endpoint import server_of, with_login


class Logins:
    """User names and passwords on their way to a source; for the GUI thread.

    Args:
        bridge: Runs what takes long.
        settings: Have the kept passwords, and the last sources.
        reports: Show what became of a password.
        open_source: Opens an address.
    """

    def __init__(
        self, bridge: Bridge, settings: WindowSettings, reports: ErrorReports, open_source: Callable[[str], None]
    ) -> None:
        self._bridge, self._settings, self._reports, self._open_source = bridge, settings, reports, open_source
        self._passwords = settings.passwords
        self._number = 0  # of the newest address that was asked for
        self._to_keep = ""  # an address whose password is kept when the server has accepted it
        bridge.scene_changed.connect(self._keep_accepted)

    def show_in(self, fields: LoginFields) -> None:
        """Take what the user types into these fields."""
        fields.submitted.connect(lambda user, password, is_kept: self.submit(user, password, is_kept=is_kept))

    def open(self, uri: str) -> None:
        """Open a source, with the password that was kept for it."""
        self._number += 1
        if uri != self._to_keep:
            self._to_keep = ""
        if not self._passwords.knows(uri):
            self._open_source(uri)
            return
        open_newest = partial(self._open_if_newest, self._number)

        def open_without(error: str) -> None:
            self._reports.log.add(error)  # the camera asks for the password then
            open_newest(uri)

        self._bridge.tasks.start(partial(self._passwords.fill_in, uri), on_done=open_newest, on_failed=open_without)

    def submit(self, user: str, password: str, *, is_kept: bool) -> None:
        """Open the present source with this login.

        Args:
            user: As typed.
            password: As typed.
            is_kept: Whether to keep them when they are right; else what was kept for this server is deleted.
        """
        uri = with_login(self._bridge.uri, user, password)
        self._to_keep = uri if is_kept else ""
        if not is_kept:
            forget = partial(self._passwords.forget, uri)
            self._bridge.tasks.start(forget, on_done=lambda _: None, on_failed=self._reports.show_error)
        self.open(uri)

    def _open_if_newest(self, number: int, uri: str) -> None:
        if number == self._number and self._bridge.phase not in {Phase.CLOSING, Phase.CLOSED}:
            self._open_source(uri)

    def _keep_accepted(self) -> None:
        """Keep the password when the first picture has come with it."""
        uri, self._to_keep = self._to_keep, ""
        if not uri or uri != self._bridge.uri:
            return
        text = tr("The password of {server} is in the keyring of this computer.").format(server=server_of(uri))

        def tell_and_remember() -> None:
            self._reports.show_message(text)
            self._settings.save_recent()  # now without the password this address may be remembered

        lost = tr("The password was not kept, and is forgotten when the window is closed.")
        self._bridge.tasks.start(
            partial(self._passwords.keep, uri),
            on_done=lambda _: tell_and_remember(),
            on_failed=lambda error: self._reports.show_error(f"{lost} {error}"),
        )
