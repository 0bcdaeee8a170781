"""The commands of the window in one table: it makes the keys, the buttons and the help."""

from dataclasses import dataclass

from realtime_pose.app.translation import mark


@dataclass(frozen=True, slots=True)
class Key:
    """One command.

    Attributes:
        name: Name in the code, and of its icon. For DRAW_TOGGLES also the name of a RenderConfig field.
        keys: Keys in Qt's portable notation; the first is the one shown.
        label: Text of its button, in English.
        tip: What it does, in English.
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
    Key("pause", ("Space",), mark("Pause"), mark("Pause or resume; after the end, play again"), is_toggle=True),
    Key("record", ("R",), mark("Record"), mark("Start or finish a recording"), is_toggle=True),
    Key("snapshot", ("S",), mark("Snapshot"), mark("Save the picture with its overlay, in the size of the source")),
    Key("skeletons", ("K",), mark("Skeletons"), mark("Show skeletons"), is_toggle=True),
    Key("boxes", ("B",), mark("Boxes"), mark("Show boxes"), is_toggle=True),
    Key("ids", ("I",), mark("IDs"), mark("Show the number of each person"), is_toggle=True),
    Key("trails", ("T",), mark("Trails"), mark("Show where each person came from"), is_toggle=True),
    Key(
        "hud",
        ("H",),
        mark("Figures"),
        mark("Show frame rate, age and number of persons in the picture"),
        is_toggle=True,
    ),
    Key("step_back", (",",), mark("Frame back"), mark("Pause, and show the frame or the picture before"), repeats=True),
    Key("step_forward", (".",), mark("Next frame"), mark("Pause, and show the next frame or picture"), repeats=True),
    Key(
        "skip_back",
        ("Left",),
        mark("Back"),
        mark("Five seconds back; the picture before"),
        has_icon=False,
        repeats=True,
    ),
    Key(
        "skip_forward",
        ("Right",),
        mark("Forward"),
        mark("Five seconds on; the next picture"),
        has_icon=False,
        repeats=True,
    ),
    Key("start", ("Home",), mark("Start"), mark("Go to the start of the file"), has_icon=False),
    Key("slower", ("[",), mark("Slower"), mark("Play a file more slowly"), has_icon=False),
    Key(
        "faster",
        ("]",),
        mark("Faster"),
        mark("Play a file faster; at the end of the list as fast as possible"),
        has_icon=False,
    ),
    Key("loop", ("L",), mark("Loop"), mark("Play a file again and again"), is_toggle=True),
    Key("mirror", ("M",), mark("Mirror"), mark("Exchange left and right, as in a mirror"), is_toggle=True),
    Key(
        "zoom_in",
        ("+", "="),
        mark("Larger"),
        mark("Show the picture larger; the wheel does it at the mouse"),
        has_icon=False,
    ),
    Key("zoom_out", ("-",), mark("Smaller"), mark("Show more of the picture"), has_icon=False),
    Key("fit", ("0",), mark("Fit"), mark("Show all of the picture"), has_icon=False),
    Key(
        "full_size", ("1",), mark("100 %"), mark("One pixel of the picture on one pixel of the screen"), has_icon=False
    ),
    Key("people", ("P",), mark("People"), mark("Show who is there, to follow, name or hide people"), is_toggle=True),
    Key(
        "inset",
        ("V",),
        mark("Inset"),
        mark("Show a followed person in a corner, and all of the picture"),
        is_toggle=True,
    ),
    Key("statistics", ("G",), mark("Statistics"), mark("Show rate, age and times, and why it is slow"), is_toggle=True),
    Key(
        "virtual_camera",
        ("C",),
        mark("Virtual camera"),
        mark("Show the picture with the overlay to other programs as a webcam"),
        is_toggle=True,
    ),
    Key(
        "publish",
        ("U",),
        mark("Stream"),
        mark("Send the picture with the overlay to the server of --publish"),
        is_toggle=True,
    ),
    Key("full_screen", ("F", "F11"), mark("Full screen"), mark("Full screen; Esc leaves it"), is_toggle=True),
    Key("open_file", ("Ctrl+O",), mark("Open file"), mark("Open a video or an image")),
    Key("address", ("Ctrl+L",), mark("Source"), mark("Type or paste an address or a path"), has_icon=False),
    Key("settings", ("Ctrl+,",), mark("Settings"), mark("Models, thresholds, files, theme and language")),
    Key("log", ("Ctrl+M",), mark("Log"), mark("Show the last messages and errors, to be copied"), has_icon=False),
    Key("help", ("?", "F1"), mark("Help"), mark("Show the keys")),
    Key("quit", ("Q", "Ctrl+Q"), mark("Quit"), mark("Finish the recording and close the window"), has_icon=False),
)
PLAYER_COMMANDS = ("step_back", "step_forward", "skip_back", "skip_forward", "start", "slower", "faster", "loop")
VIEW_COMMANDS = ("mirror", "zoom_in", "zoom_out", "fit", "full_size")
DRAW_TOGGLES = ("skeletons", "boxes", "ids", "trails", "hud")  # names that are fields of RenderConfig
