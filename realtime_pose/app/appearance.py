"""How the window looks: its theme and its language, for the whole application."""

from PyQt5.QtWidgets import QApplication

from realtime_pose.app.theme import apply_theme
from realtime_pose.app.translation import choose_language


def apply_appearance(theme: str, language: str) -> None:
    """Use a theme of theme.THEMES and a language (see `translation`) for all that is made from now on."""
    choose_language(language)
    app = QApplication.instance()
    if isinstance(app, QApplication):
        apply_theme(app, theme)
