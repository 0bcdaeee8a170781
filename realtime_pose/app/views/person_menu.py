"""The menu under a right click on the picture: what can be done with the person there, and with all."""

from collections.abc import Callable
from functools import partial

from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtWidgets import QAction, QMenu, QWidget

from realtime_pose.app.people_commands import PeopleCommands
from realtime_pose.app.translation import tr


def show_person_menu(
    parent: QWidget, at: QPoint, person: int | None, commands: PeopleCommands, start_naming: Callable[[int], None]
) -> QMenu:
    """Show the menu, which is returned; it is deleted when it closes.

    Args:
        parent: The widget under it.
        at: Where, on the screen.
        person: Who is there; None for nobody.
        commands: What it does.
        start_naming: Lets the user type the name of a person.
    """
    menu, people = QMenu(parent), commands.people
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    entries: list[tuple[str, Callable[[], None]]] = []
    if person is not None:
        name = people.name_of(person)
        follow = tr("Let {name} go") if person == people.locked else tr("Follow {name}")
        entries.append((follow.format(name=name), partial(commands.lock, None if person == people.locked else person)))
        entries.append((tr("Name {name} …").format(name=name), partial(start_naming, person)))
        entries.append((tr("Hide {name}").format(name=name), partial(commands.toggle_hidden, person)))
    elif people.locked is not None:
        entries.append((tr("Let {name} go").format(name=people.name_of(people.locked)), partial(commands.lock, None)))
    if people.hidden:
        entries.append((tr("Show hidden people: {count}").format(count=len(people.hidden)), commands.show_all))
    for text, act in entries or [(tr("Nobody is here"), lambda: None)]:
        action = QAction(text, menu)
        action.setEnabled(bool(entries))
        action.triggered.connect(act)
        menu.addAction(action)
    menu.popup(at)
    return menu
