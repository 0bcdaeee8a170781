"""The commands of the window in one table: it makes the keys, the buttons and the help."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """One command.

    Attributes:
        name: Name in the code, and of its icon. For DRAW_TOGGLES also the name of a RenderConfig field.
        keys: Keys in Qt's portable notation; the first is the one shown.
        label: Text of its button.
        tip: What it does.
        is_toggle: Whether it stays on or off.
        has_icon: Whether there is an icon; a command without a button needs none.
    """

    name: str
    keys: tuple[str, ...]
    label: str
    tip: str
    is_toggle: bool = False
    has_icon: bool = True


KEYS = (
    Key("pause", ("Space",), "Pause", "Pause or resume; after the end, play again", is_toggle=True),
    Key("record", ("R",), "Record", "Start or finish a recording", is_toggle=True),
    Key("snapshot", ("S",), "Snapshot", "Save the picture with its overlay, in the size of the source"),
    Key("skeletons", ("K",), "Skeletons", "Show skeletons", is_toggle=True),
    Key("boxes", ("B",), "Boxes", "Show boxes", is_toggle=True),
    Key("ids", ("I",), "IDs", "Show the number of each person", is_toggle=True),
    Key("trails", ("T",), "Trails", "Show where each person came from", is_toggle=True),
    Key("hud", ("H",), "Figures", "Show frame rate, age and number of persons in the picture", is_toggle=True),
    Key("full_screen", ("F", "F11"), "Full screen", "Full screen; Esc leaves it", is_toggle=True),
    Key("open_file", ("Ctrl+O",), "Open file", "Open a video or an image"),
    Key("address", ("Ctrl+L",), "Source", "Type or paste an address or a path", has_icon=False),
    Key("help", ("?", "F1"), "Help", "Show the keys"),
    Key("quit", ("Q", "Ctrl+Q"), "Quit", "Finish the recording and close the window", has_icon=False),
)
DRAW_TOGGLES = ("skeletons", "boxes", "ids", "trails", "hud")  # names that are fields of RenderConfig
