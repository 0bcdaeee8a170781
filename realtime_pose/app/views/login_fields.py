"""The fields for user and password of a camera that refuses access."""

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtWidgets import QCheckBox, QGridLayout, QLabel, QLineEdit, QPushButton, QWidget

from realtime_pose.app.translation import tr


class LoginFields(QWidget):
    """User and password, and whether to keep them.

    Attributes:
        submitted: Emitted with user, password, and whether they are to be kept.
        user: The field for the user.
        password: The field for the password, which is not shown.
        is_kept: Whether to keep them.
        connect_button: Tries to connect with them.
    """

    submitted = pyqtSignal(str, str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.user, self.password = QLineEdit(), QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.is_kept = QCheckBox(tr("Keep it in the keyring of this computer"))
        self.is_kept.setToolTip(tr("Without it, the password is forgotten when the window is closed"))
        self.connect_button = QPushButton(tr("Connect"))
        self.connect_button.setDefault(True)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 4, 0, 4)
        for row, (text, field) in enumerate(((tr("User"), self.user), (tr("Password"), self.password))):
            label = QLabel(text)
            label.setBuddy(field)
            field.setAccessibleName(text)
            field.returnPressed.connect(self.submit)
            grid.addWidget(label, row, 0)
            grid.addWidget(field, row, 1)
        self.connect_button.clicked.connect(self.submit)
        grid.addWidget(self.is_kept, 2, 0, 1, 2)
        grid.addWidget(self.connect_button, 3, 0, 1, 2)
        self.hide()

    def ask(self, user: str) -> None:
        """Show the fields for a camera, with the user that is known of it."""
        self.user.setText(user)
        self.password.clear()
        self.is_kept.setChecked(False)
        self.show()
        (self.password if user else self.user).setFocus()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Enter on the box to tick connects, as it does in the fields, whose own Enter comes here too."""
        is_enter = event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and self.is_kept.hasFocus():
            self.submit()
        else:
            super().keyPressEvent(event)

    @property
    def is_in_use(self) -> bool:
        """Whether the user is typing here, also while another window is in front."""
        window = self.window()
        return self.isVisible() and window is not None and window.focusWidget() in (self.user, self.password)

    def submit(self) -> None:
        """Hand on what was typed; an empty user is none."""
        user, password = self.user.text(), self.password.text()
        if not user:
            self.user.setFocus()
            return
        self.password.clear()  # it does not stay on the screen
        self.hide()
        self.submitted.emit(user, password, self.is_kept.isChecked())
