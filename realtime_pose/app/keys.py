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
        repeats: Whether a key that is held down gives the command again and again.
    """

    name: str
    keys: tuple[str, ...]
    label: str
    tip: str
    is_toggle: bool = False
    has_icon: bool = True
    repeats: bool = False


KEYS = (
    Key("pause", ("Space",), "Pause", "Pause or resume; after the end, play again", is_toggle=True),
    Key("record", ("R",), "Record", "Start or finish a recording", is_toggle=True),
    Key("snapshot", ("S",), "Snapshot", "Save the picture with its overlay, in the size of the source"),
    Key("skeletons", ("K",), "Skeletons", "Show skeletons", is_toggle=True),
    Key("boxes", ("B",), "Boxes", "Show boxes", is_toggle=True),
    Key("ids", ("I",), "IDs", "Show the number of each person", is_toggle=True),
    Key("trails", ("T",), "Trails", "Show where each person came from", is_toggle=True),
    Key("hud", ("H",), "Figures", "Show frame rate, age and number of persons in the picture", is_toggle=True),
    Key("step_back", (",",), "Frame back", "Pause, and show the frame or the picture before", repeats=True),
    Key("step_forward", (".",), "Next frame", "Pause, and show the next frame or picture", repeats=True),
    Key("skip_back", ("Left",), "Back", "Five seconds back; the picture before", has_icon=False, repeats=True),
    Key("skip_forward", ("Right",), "Forward", "Five seconds on; the next picture", has_icon=False, repeats=True),
    Key("start", ("Home",), "Start", "Go to the start of the file", has_icon=False),
    Key("slower", ("[",), "Slower", "Play a file more slowly", has_icon=False),
    Key("faster", ("]",), "Faster", "Play a file faster; at the end of the list as fast as possible", has_icon=False),
    Key("loop", ("L",), "Loop", "Play a file again and again", is_toggle=True),
    Key("mirror", ("M",), "Mirror", "Exchange left and right, as in a mirror", is_toggle=True),
    Key("zoom_in", ("+", "="), "Larger", "Show the picture larger; the wheel does it at the mouse", has_icon=False),
    Key("zoom_out", ("-",), "Smaller", "Show more of the picture", has_icon=False),
    Key("fit", ("0",), "Fit", "Show all of the picture", has_icon=False),
    Key("full_size", ("1",), "100 %", "One pixel of the picture on one pixel of the screen", has_icon=False),
    Key("people", ("P",), "People", "Show who is there, to follow, name or hide people", is_toggle=True),
    Key("inset", ("V",), "Inset", "Show a followed person in a corner, and all of the picture", is_toggle=True),
    Key("full_screen", ("F", "F11"), "Full screen", "Full screen; Esc leaves it", is_toggle=True),
    Key("open_file", ("Ctrl+O",), "Open file", "Open a video or an image"),
    Key("address", ("Ctrl+L",), "Source", "Type or paste an address or a path", has_icon=False),
    Key("settings", ("Ctrl+,",), "Settings", "Models, thresholds, files, theme and language"),
    Key("log", ("Ctrl+M",), "Log", "Show the last messages and errors, to be copied", has_icon=False),
    Key("help", ("?", "F1"), "Help", "Show the keys"),
    Key("quit", ("Q", "Ctrl+Q"), "Quit", "Finish the recording and close the window", has_icon=False),
)
PLAYER_COMMANDS = ("step_back", "step_forward", "skip_back", "skip_forward", "start", "slower", "faster", "loop")
VIEW_COMMANDS = ("mirror", "zoom_in", "zoom_out", "fit", "full_size")
DRAW_TOGGLES = ("skeletons", "boxes", "ids", "trails", "hud")  # names that are fields of RenderConfig
