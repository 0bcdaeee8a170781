"""The themes: colours by their role, and the palette and style sheet made from those of the present theme.

``theme.TEXT`` is the colour of a role in the present theme: ask for it when something is painted, and do not keep it.
"""

from collections.abc import Mapping
from pathlib import Path
from string import Template

from PyQt5.QtGui import QColor, QPalette
from PyQt5.QtWidgets import QApplication

from realtime_pose.app.desktop_theme import is_desktop_dark
from realtime_pose.garbage_collection import no_garbage_collection

_DARK = {
    "BACKGROUND": "#0b0d10",  # behind the picture
    "PANEL": "#15181d",  # bars and dialogs
    "RAISED": "#1f242b",  # fields, lists and key caps
    "HOVER": "#2a3039",  # under the mouse
    "BUTTON_HOVER": "#353d48",
    "LINE": "#2b313a",  # borders and separators
    "TEXT": "#e7eaee",
    "MUTED": "#98a2b0",  # less important text
    "FAINT": "#5b6573",  # disabled
    "ACCENT": "#4db5ff",  # on or selected
    "ACCENT_HOVER": "#74c5ff",
    "ACCENT_BACKGROUND": "#173247",
    "ON_ACCENT": "#0b0d10",  # text on the accent
    "GOOD": "#3ccf7e",  # dot of the status bar: live
    "WAITING": "#ffb224",  # dot: opening, reconnecting or paused
    "ERROR": "#ff5a52",  # dot: failed; also the record icon
    "ERROR_BACKGROUND": "#c22f2a",  # behind white text
    "CARD": "rgba(21, 24, 29, 235)",
    "TOAST": "rgba(31, 36, 43, 240)",
}
_LIGHT = {
    "BACKGROUND": "#d9dde3",
    "PANEL": "#f4f5f7",
    "RAISED": "#ffffff",
    "HOVER": "#e2e6eb",
    "BUTTON_HOVER": "#d0d6dd",
    "LINE": "#c6ccd4",
    "TEXT": "#1b2026",
    "MUTED": "#525c69",
    "FAINT": "#939ca8",
    "ACCENT": "#0a63bd",
    "ACCENT_HOVER": "#0d75de",
    "ACCENT_BACKGROUND": "#d3e6fa",
    "ON_ACCENT": "#ffffff",
    "GOOD": "#178246",
    "WAITING": "#9a5b00",
    "ERROR": "#c62a24",
    "ERROR_BACKGROUND": "#c22f2a",
    "CARD": "rgba(255, 255, 255, 240)",
    "TOAST": "rgba(255, 255, 255, 245)",
}
THEMES = ("dark", "light", "system")
DARK = THEMES[0]
_TICK = (Path(__file__).parent / "icons" / "tick.svg").as_posix()
_APPLIED = "theme"  # property of the application

_present: dict[str, str] = dict(_DARK)  # as Qt's palette and style sheet, it is that of the process

# A widget is selected by its class, or with # by its object name.
_STYLE_SHEET = Template("""
QMainWindow, QDialog { background: $PANEL; }
QToolTip { background: $RAISED; color: $TEXT; border: 1px solid $LINE; padding: 4px 6px; }
#bar { background: $PANEL; }
#separator { background: $LINE; }
QLabel { color: $TEXT; }
QLabel#quiet { color: $MUTED; }
QLabel#section { color: $ACCENT; font-weight: 700; padding-top: 10px; }
QLabel#message[level="error"] { color: $ERROR; }
QLabel#value { color: $TEXT; font-weight: 600; }

QToolButton { color: $TEXT; background: transparent; border: 1px solid transparent; border-radius: 6px;
  padding: 5px 6px; }
QToolButton:hover { background: $HOVER; }
QToolButton:pressed { background: $RAISED; }
QToolButton:checked { background: $ACCENT_BACKGROUND; color: $ACCENT; }
QToolButton:disabled { color: $FAINT; }
QToolButton#record:checked { background: $ERROR_BACKGROUND; color: white; }

QToolButton:focus { border: 1px solid $ACCENT; }
QToolButton[kind="command"] { font-size: 8pt; padding: 3px 6px; }
QToolButton#overflow { font-size: 14pt; padding: 1px 8px; }
QToolButton::menu-indicator { image: none; }
QMenu { color: $TEXT; background: $RAISED; border: 1px solid $LINE; padding: 4px; }
QMenu::item { padding: 5px 18px; }
QMenu::item:selected { background: $HOVER; }
QMenu::item:checked { background: $ACCENT_BACKGROUND; color: $ACCENT; }
QMenu::separator { height: 1px; background: $LINE; margin: 4px 6px; }

QPushButton { color: $TEXT; background: $HOVER; border: none; border-radius: 6px; padding: 7px 14px;
  font-weight: 600; }
QPushButton:hover { background: $BUTTON_HOVER; }
QPushButton:default { background: $ACCENT; color: $ON_ACCENT; }
QPushButton:default:hover { background: $ACCENT_HOVER; }
QPushButton[kind="narrow"] { padding: 7px 6px; }
QPushButton[kind="narrow"]:focus { padding: 6px 5px; }
QPushButton:disabled { color: $FAINT; background: $RAISED; }
QPushButton:focus { outline: none; border: 1px solid $ACCENT; padding: 6px 13px; }

QComboBox { color: $TEXT; background: $RAISED; border: 1px solid $LINE; border-radius: 6px;
  padding: 4px 8px; min-height: 20px; }
QComboBox:hover { border-color: $FAINT; }
QComboBox:focus { border-color: $ACCENT; }
QComboBox::drop-down { width: 30px; border: none; }
QComboBox QLineEdit { color: $TEXT; background: transparent; border: none; selection-background-color: $ACCENT;
  selection-color: $ON_ACCENT; }
QComboBox QAbstractItemView { color: $TEXT; background: $RAISED; border: 1px solid $LINE; outline: none;
  padding: 4px; selection-background-color: $ACCENT_BACKGROUND; selection-color: $ACCENT; }
QComboBox QAbstractItemView::item { min-height: 26px; padding: 0 6px; }
QComboBox QAbstractItemView::item:disabled { color: $FAINT; }
QComboBox QAbstractItemView::item:selected { background: $ACCENT_BACKGROUND; color: $ACCENT; }

QLineEdit, QDoubleSpinBox { color: $TEXT; background: $RAISED; border: 1px solid $LINE; border-radius: 6px;
  padding: 4px 8px; min-height: 20px; selection-background-color: $ACCENT; selection-color: $ON_ACCENT; }
QLineEdit:focus, QDoubleSpinBox:focus { border-color: $ACCENT; }
QDoubleSpinBox { min-width: 70px; }
QCheckBox { color: $TEXT; spacing: 8px; padding: 3px 4px; border: 1px solid transparent; border-radius: 4px; }
QCheckBox:focus { border-color: $ACCENT; }
QCheckBox::indicator { width: 15px; height: 15px; border: 1px solid $MUTED; border-radius: 4px; background: $RAISED; }
QCheckBox::indicator:checked { background: $ACCENT; border-color: $ACCENT; image: url("$TICK"); }
QProgressBar { background: $LINE; border: none; border-radius: 3px; max-height: 6px; }
QProgressBar::chunk { background: $ACCENT; border-radius: 3px; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar::handle:vertical { background: $FAINT; min-height: 30px; border-radius: 4px; margin: 2px; }
QScrollBar::add-line:vertical, QScrollBar::sub-line:vertical { height: 0; }
QSlider { min-height: 20px; }
QSlider::groove:horizontal { height: 4px; background: $LINE; border-radius: 2px; }
QSlider::sub-page:horizontal { height: 4px; background: $ACCENT; border-radius: 2px; }
QSlider::handle:horizontal { width: 14px; height: 14px; margin: -5px 0; border-radius: 7px; background: $TEXT; }
QSlider:focus { border: 1px solid $ACCENT; border-radius: 4px; }
QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus { background: $ACCENT; }

QFrame#card { background: $CARD; border: 1px solid $LINE; border-radius: 12px; }
QFrame#card QLabel { background: transparent; }
QLabel#title { font-size: 14pt; font-weight: 600; }
QLabel#brief { font-weight: 600; }
QLabel#badge { color: white; background: rgba(11, 13, 16, 190); border-radius: 9px; padding: 3px 10px;
  font-weight: 600; }
QLabel#badge[level="error"] { background: $ERROR_BACKGROUND; }
QFrame#toast { background: $TOAST; border: 1px solid $LINE; border-radius: 8px; }
QFrame#toast QLabel { color: $TEXT; background: transparent; }
QFrame#toast QPushButton { background: $BUTTON_HOVER; }
QFrame#toast QPushButton:hover { background: $HOVER; }
QFrame#toast[level="error"] { background: $ERROR_BACKGROUND; border-color: $ERROR; }
QFrame#toast[level="error"] QLabel { color: white; }
QPlainTextEdit { color: $TEXT; background: $RAISED; border: 1px solid $LINE; border-radius: 6px; }
QLabel#note { background: $PANEL; color: $MUTED; padding: 6px 14px 0 14px; }
QFrame#panel { background: $PANEL; border: none; border-left: 1px solid $LINE; }
QTreeWidget { color: $TEXT; background: $RAISED; border: 1px solid $LINE; border-radius: 6px; outline: none; }
QTreeWidget:focus { border-color: $ACCENT; }
QTreeWidget::item { min-height: 26px; }
QTreeWidget::item:selected { background: $ACCENT_BACKGROUND; color: $TEXT; }
QHeaderView::section { color: $MUTED; background: $RAISED; border: none; padding: 4px 6px; }
QLabel#key { background: $RAISED; border: 1px solid $LINE; border-bottom: 2px solid $LINE; border-radius: 5px;
  padding: 2px 8px; font-weight: 600; }
QLabel#warning { color: white; background: $ERROR_BACKGROUND; border-radius: 4px; padding: 1px 7px;
  font-weight: 700; }
""")


def __getattr__(role: str) -> str:
    """The colour of a role in the present theme."""
    if role in _present:
        return _present[role]
    raise AttributeError(f"module {__name__!r} has no attribute {role!r}")


def colours_of(theme: str) -> Mapping[str, str]:
    """The colours of a theme of THEMES, by their roles."""
    return _DARK if theme == DARK or (theme == "system" and is_desktop_dark()) else _LIGHT


def apply_theme(app: QApplication, theme: str = DARK) -> None:
    """Give the application the colours of a theme, and the Fusion style, which looks the same on every desktop."""
    colours = colours_of(theme)
    if app.property(_APPLIED) == colours["PANEL"]:
        return
    is_first = app.property(_APPLIED) is None
    app.setProperty(_APPLIED, colours["PANEL"])
    _present.update(colours)
    palette = QPalette()
    roles = QPalette.ColorRole
    for role, colour in {
        roles.Window: _present["PANEL"],
        roles.Base: _present["RAISED"],
        roles.AlternateBase: _present["PANEL"],
        roles.Button: _present["RAISED"],
        roles.ToolTipBase: _present["RAISED"],
        roles.Highlight: _present["ACCENT"],
        roles.HighlightedText: _present["ON_ACCENT"],
        roles.PlaceholderText: _present["FAINT"],
        roles.Link: _present["ACCENT"],
    }.items():
        palette.setColor(role, QColor(colour))
    for role in (roles.WindowText, roles.Text, roles.ButtonText, roles.ToolTipText, roles.BrightText):
        palette.setColor(role, QColor(_present["TEXT"]))
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(_present["FAINT"]))
    # Qt tells each widget of the new style, and calls Python for it. If Python deleted a lost widget in such a call,
    # Qt would crash, because it goes through all widgets.
    with no_garbage_collection():
        if is_first:
            app.setStyle("Fusion")
        app.setPalette(palette)
        app.setStyleSheet(_STYLE_SHEET.substitute(_present, TICK=_TICK))
