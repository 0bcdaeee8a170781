"""What can be done in the window, once: the table behind the keys, the buttons and the help."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """One thing that can be done.

    Attributes:
        name: What the program calls it; the name of its icon, and of the RenderConfig field where it is one.
        keys: The keys that do it, in Qt's portable notation; the first is the one shown.
        label: The word on its button.
        tip: What it does, a sentence.
        is_toggle: Whether it stays on or off.
    """

    name: str
    keys: tuple[str, ...]
    label: str
    tip: str
    is_toggle: bool = False


KEYS = (
    Key("pause", ("Space",), "Pause", "Pause, or go on; after the end, play again", is_toggle=True),
    Key("record", ("R",), "Record", "Start or finish a recording", is_toggle=True),
    Key("snapshot", ("S",), "Snapshot", "Save the picture as it is shown"),
    Key("skeletons", ("K",), "Skeletons", "Show skeletons", is_toggle=True),
    Key("boxes", ("B",), "Boxes", "Show boxes", is_toggle=True),
    Key("ids", ("I",), "IDs", "Show the number of each person", is_toggle=True),
    Key("trails", ("T",), "Trails", "Show where each person came from", is_toggle=True),
    Key("hud", ("H",), "Figures", "Show rate, age and persons in the picture", is_toggle=True),
    Key("full_screen", ("F", "F11"), "Full screen", "Full screen; Esc leaves it", is_toggle=True),
    Key("open_file", ("Ctrl+O",), "Open file", "Open a video file"),
    Key("address", ("Ctrl+L",), "Source", "Type or paste an address or a path"),
    Key("help", ("?", "F1"), "Help", "Show the keys"),
    Key("quit", ("Q", "Ctrl+Q"), "Quit", "Finish the recording and close the window"),
)
DRAWN = ("skeletons", "boxes", "ids", "trails", "hud")  # names that are fields of RenderConfig
