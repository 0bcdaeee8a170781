"""What a user can do about an error: read the log, copy the details, and open the folder of what was saved."""

import logging
from pathlib import Path

from PyQt5.QtCore import QUrl
from PyQt5.QtGui import QDesktopServices, QGuiApplication
from PyQt5.QtWidgets import QWidget

from realtime_pose.app.log_lines import LogLines
from realtime_pose.app.translation import tr
from realtime_pose.app.views.log_dialog import LogDialog
from realtime_pose.app.views.toast import Toast


class ErrorReports:
    """The messages of a window, all of which are also in its log.

    Args:
        window: Owner of the dialog.

    Attributes:
        log: The last lines.
    """

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._toast: Toast | None = None
        self.log = LogLines()
        logging.getLogger().addHandler(self.log)

    def show_in(self, toast: Toast) -> None:
        """Show the messages here from now on."""
        self._toast = toast
        toast.details_wanted.connect(self.copy_details)
        toast.folder_wanted.connect(_open_folder)

    def close(self) -> None:
        """Log no more lines."""
        logging.getLogger().removeHandler(self.log)

    def show_message(self, text: str) -> None:
        """Show a message for some seconds."""
        self.log.add(text)
        if self._toast is not None:
            self._toast.show_message(text)

    def show_saved(self, path: Path) -> None:
        """Say that a file was saved, and offer its folder."""
        text = tr("Saved {path}").format(path=path)
        self.log.add(text)
        if self._toast is not None:
            self._toast.show_message(text, saved=path)

    def show_error(self, message: str) -> None:
        """Show an error until the user clicks on it."""
        self.log.add(f"ERROR: {message}")
        if self._toast is not None:
            self._toast.show_message(message, is_error=True)

    def withdraw(self, message: str) -> None:
        """Hide an error that is over, if it is still shown."""
        if self._toast is not None and self._toast.is_error and self._toast.message == message:
            self._toast.hide()

    def copy_details(self, message: str) -> None:
        """Put an error with the version and the log into the clipboard."""
        clipboard = QGuiApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(self.log.details(message))

    def show_log(self) -> None:
        """Open the dialog with the log."""
        LogDialog(self.log, self._window).open()


def _open_folder(folder: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
