"""The dark theme: colours by their role, and the palette and style sheet made from them."""

from PyQt5.QtGui import QColor, QPalette
from PyQt5.QtWidgets import QApplication

BACKGROUND = "#0b0d10"  # behind the picture
PANEL = "#15181d"  # bars and dialogs
RAISED = "#1f242b"  # fields, lists and key caps
HOVER = "#2a3039"  # under the mouse
LINE = "#2b313a"  # borders and separators
TEXT = "#e7eaee"
MUTED = "#98a2b0"  # less important text
FAINT = "#5b6573"  # disabled
ACCENT = "#4db5ff"  # on or selected
ACCENT_BACKGROUND = "#173247"
GOOD = "#3ccf7e"  # dot of the status bar: live
WAITING = "#ffb224"  # dot: opening, reconnecting or paused
ERROR = "#ff5a52"  # dot: failed; also the record icon
ERROR_BACKGROUND = "#c22f2a"  # behind white text

# A widget is selected by its class, or with # by its object name.
_STYLE_SHEET = f"""
QMainWindow, QDialog {{ background: {PANEL}; }}
QToolTip {{ background: {RAISED}; color: {TEXT}; border: 1px solid {LINE}; padding: 4px 6px; }}
#bar {{ background: {PANEL}; }}
#separator {{ background: {LINE}; }}
QLabel {{ color: {TEXT}; }}
QLabel#quiet {{ color: {MUTED}; }}
QLabel#value {{ color: {TEXT}; font-weight: 600; }}

QToolButton {{ color: {TEXT}; background: transparent; border: 1px solid transparent; border-radius: 6px;
  padding: 5px 6px; }}
QToolButton:hover {{ background: {HOVER}; }}
QToolButton:pressed {{ background: {RAISED}; }}
QToolButton:checked {{ background: {ACCENT_BACKGROUND}; color: {ACCENT}; }}
QToolButton:disabled {{ color: {FAINT}; }}
QToolButton#record:checked {{ background: {ERROR_BACKGROUND}; color: white; }}

QToolButton#overflow {{ font-size: 14pt; padding: 1px 8px; }}
QToolButton::menu-indicator {{ image: none; }}
QMenu {{ color: {TEXT}; background: {RAISED}; border: 1px solid {LINE}; padding: 4px; }}
QMenu::item {{ padding: 5px 18px; }}
QMenu::item:selected {{ background: {HOVER}; }}
QMenu::item:checked {{ background: {ACCENT_BACKGROUND}; color: {ACCENT}; }}
QMenu::separator {{ height: 1px; background: {LINE}; margin: 4px 6px; }}

QPushButton {{ color: {TEXT}; background: {HOVER}; border: none; border-radius: 6px; padding: 7px 14px;
  font-weight: 600; }}
QPushButton:hover {{ background: #353d48; }}
QPushButton:default {{ background: {ACCENT}; color: {BACKGROUND}; }}
QPushButton:default:hover {{ background: #74c5ff; }}
QPushButton:focus {{ outline: none; border: 1px solid {ACCENT}; padding: 6px 13px; }}

QComboBox {{ color: {TEXT}; background: {RAISED}; border: 1px solid {LINE}; border-radius: 6px;
  padding: 4px 8px; min-height: 20px; }}
QComboBox:hover {{ border-color: {FAINT}; }}
QComboBox:focus {{ border-color: {ACCENT}; }}
QComboBox::drop-down {{ width: 30px; border: none; }}
QComboBox QLineEdit {{ color: {TEXT}; background: transparent; border: none; selection-background-color: {ACCENT};
  selection-color: {BACKGROUND}; }}
QComboBox QAbstractItemView {{ color: {TEXT}; background: {RAISED}; border: 1px solid {LINE}; outline: none;
  padding: 4px; selection-background-color: {ACCENT_BACKGROUND}; selection-color: {ACCENT}; }}
QComboBox QAbstractItemView::item {{ min-height: 26px; padding: 0 6px; }}
QComboBox QAbstractItemView::item:disabled {{ color: {FAINT}; }}

QSlider {{ min-height: 20px; }}
QSlider::groove:horizontal {{ height: 4px; background: {LINE}; border-radius: 2px; }}
QSlider::sub-page:horizontal {{ height: 4px; background: {ACCENT}; border-radius: 2px; }}
QSlider::handle:horizontal {{ width: 14px; height: 14px; margin: -5px 0; border-radius: 7px; background: {TEXT}; }}
QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus {{ background: {ACCENT}; }}

QFrame#card {{ background: rgba(21, 24, 29, 235); border: 1px solid {LINE}; border-radius: 12px; }}
QFrame#card QLabel {{ background: transparent; }}
QLabel#title {{ font-size: 14pt; font-weight: 600; }}
QLabel#brief {{ font-weight: 600; }}
QLabel#badge {{ color: white; background: rgba(11, 13, 16, 190); border-radius: 9px; padding: 3px 10px;
  font-weight: 600; }}
QLabel#badge[level="error"] {{ background: {ERROR_BACKGROUND}; }}
QFrame#toast {{ background: rgba(31, 36, 43, 240); border: 1px solid {LINE}; border-radius: 8px; }}
QFrame#toast QLabel {{ color: {TEXT}; background: transparent; }}
QFrame#toast[level="error"] {{ background: {ERROR_BACKGROUND}; border-color: {ERROR}; }}
QFrame#toast[level="error"] QLabel {{ color: white; }}
QPlainTextEdit {{ color: {TEXT}; background: {RAISED}; border: 1px solid {LINE}; border-radius: 6px; }}
QFrame#panel {{ background: {PANEL}; border: none; border-left: 1px solid {LINE}; }}
QTreeWidget {{ color: {TEXT}; background: {RAISED}; border: 1px solid {LINE}; border-radius: 6px; outline: none; }}
QTreeWidget:focus {{ border-color: {ACCENT}; }}
QTreeWidget::item {{ min-height: 26px; }}
QTreeWidget::item:selected {{ background: {ACCENT_BACKGROUND}; }}
QHeaderView::section {{ color: {MUTED}; background: {RAISED}; border: none; padding: 4px 6px; }}
QLabel#key {{ background: {RAISED}; border: 1px solid {LINE}; border-bottom: 2px solid {LINE}; border-radius: 5px;
  padding: 2px 8px; font-weight: 600; }}
QLabel#warning {{ color: white; background: {ERROR_BACKGROUND}; border-radius: 4px; padding: 1px 7px;
  font-weight: 700; }}
"""


def apply_theme(app: QApplication) -> None:
    """Give the application these colours, and the Fusion style, which looks the same on every desktop."""
    app.setStyle("Fusion")
    palette = QPalette()
    roles = QPalette.ColorRole
    for role, colour in {
        roles.Window: PANEL,
        roles.Base: RAISED,
        roles.AlternateBase: PANEL,
        roles.Button: RAISED,
        roles.ToolTipBase: RAISED,
        roles.Highlight: ACCENT,
        roles.HighlightedText: BACKGROUND,
        roles.PlaceholderText: FAINT,
        roles.Link: ACCENT,
    }.items():
        palette.setColor(role, QColor(colour))
    for role in (roles.WindowText, roles.Text, roles.ButtonText, roles.ToolTipText, roles.BrightText):
        palette.setColor(role, QColor(TEXT))
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(FAINT))
    app.setPalette(palette)
    app.setStyleSheet(_STYLE_SHEET)
