"""The languages of the window: English texts in, those of the chosen language out.

Qt's own tools make the translations: pylupdate5 finds the texts in calls of `tr` and `mark`, lrelease makes the files
in ``translations/`` (``make translations``).
"""

from importlib.resources import files

from PyQt5.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

LANGUAGES = {"en": "English", "de": "Deutsch"}
"""The languages by their codes, each with its own name for itself."""

SYSTEM = "system"
_CONTEXT = "@default"  # that pylupdate5 gives to texts of functions

_installed: list[QTranslator] = []  # Qt does not keep them


def tr(text: str, comment: str = "", number: int = -1) -> str:
    """The text in the chosen language.

    Args:
        text: In English; names in braces are filled in afterwards.
        comment: Tells texts apart that are the same in English only; "" for none.
        number: What %n in the text stands for; it also chooses between singular and plural.
    """
    return QCoreApplication.translate(_CONTEXT, text, comment or None, number)


def mark(text: str) -> str:
    """The same text: it stands in a table, and `tr` translates it where it is shown."""
    return text


def choose_language(wanted: str) -> None:
    """Show all texts in this language from now on; those that are on the screen stay as they are.

    Args:
        wanted: A code of LANGUAGES, or SYSTEM: that of the desktop, if it is one of them.
    """
    for translator in _installed:
        QCoreApplication.removeTranslator(translator)
    _installed.clear()
    code = language_code(wanted)
    folder = str(files("realtime_pose.app") / "translations")
    for name, place in (
        (f"qtbase_{code}", QLibraryInfo.location(QLibraryInfo.LibraryLocation.TranslationsPath)),
        (f"realtime_pose_{code}", folder),
    ):
        translator = QTranslator()
        # Qt's own texts are English without a file.
        if translator.load(name, place):
            QCoreApplication.installTranslator(translator)
            _installed.append(translator)


def language_code(wanted: str) -> str:
    """The code of the language that is shown for this choice."""
    code = system_code() if wanted == SYSTEM else wanted
    return code if code in LANGUAGES else "en"


def system_code() -> str:
    """The code of the desktop's language."""
    return QLocale.system().name().partition("_")[0]
