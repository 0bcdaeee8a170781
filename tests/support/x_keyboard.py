"""A keyboard for an X server: key presses that take the same way as those of a real one."""

import ctypes
from ctypes import c_char_p, c_int, c_uint, c_ulong, c_void_p

_LATIN_1 = range(0x20, 0x100)  # their keysyms are their codes


class XKeyboard:
    """Presses keys of an X server through its extension XTEST.

    Args:
        display: Name of the X server, such as ``:99``.
    """

    def __init__(self, display: str) -> None:
        self._x, self._xtest = ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXtst.so.6")
        self._x.XOpenDisplay.restype, self._x.XOpenDisplay.argtypes = c_void_p, [c_char_p]
        self._x.XStringToKeysym.restype, self._x.XStringToKeysym.argtypes = c_ulong, [c_char_p]
        self._x.XKeysymToKeycode.restype, self._x.XKeysymToKeycode.argtypes = ctypes.c_ubyte, [c_void_p, c_ulong]
        self._x.XkbKeycodeToKeysym.restype = c_ulong
        self._x.XkbKeycodeToKeysym.argtypes = [c_void_p, c_uint, c_int, c_int]
        self._x.XSync.argtypes, self._x.XCloseDisplay.argtypes = [c_void_p, c_int], [c_void_p]
        self._xtest.XTestFakeKeyEvent.argtypes = [c_void_p, c_uint, c_int, c_ulong]
        self._display = self._x.XOpenDisplay(display.encode())
        assert self._display, display

    def press(self, key: str, *modifiers: str) -> None:
        """Press and release a key, given by X's name or as one character, while these modifiers are held."""
        keysym = ord(key) if len(key) == 1 and ord(key) in _LATIN_1 else self._x.XStringToKeysym(key.encode())
        code = self._x.XKeysymToKeycode(self._display, keysym)
        assert code, key
        needs_shift = self._x.XkbKeycodeToKeysym(self._display, code, 0, 0) != keysym
        held = [self._code(name) for name in (*modifiers, *(["Shift_L"] if needs_shift else []))]
        for pressed in (*held, code):
            self._xtest.XTestFakeKeyEvent(self._display, pressed, 1, 0)
        for released in (code, *reversed(held)):
            self._xtest.XTestFakeKeyEvent(self._display, released, 0, 0)
        self._x.XSync(self._display, 0)

    def write(self, text: str) -> None:
        """Press the key of each character."""
        for character in text:
            self.press(character)

    def close(self) -> None:
        """End the connection to the X server."""
        self._x.XCloseDisplay(self._display)

    def _code(self, name: str) -> int:
        return int(self._x.XKeysymToKeycode(self._display, self._x.XStringToKeysym(name.encode())))
