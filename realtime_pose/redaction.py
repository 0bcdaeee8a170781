"""Secrets hidden: an address, or any text with addresses in it, to the same text without passwords, tokens and keys.

The one place where this is done. Nobody knows all names of secrets (``jwt``, ``sid``, ``p``, ...). So the value of a
key is shown only if the key is known to be harmless. In doubt too much is hidden rather than too little.
"""

import re
from pathlib import Path

MASK = "***"

# What cameras and servers are asked for, in lower case without - and _; their values are no secrets.
_HARMLESS_KEYS = frozenset(
    re.findall(
        r"\w+",
        """
        action audio audiocodec bitrate cam camera cameraid ch chan channel channelid channels chn cmd codec color
        colour compression date day device deviceid duration end endtime exp expires format fps framerate h height id
        index inst interlaced language lang live loginuse mirror mode multicast n name number overlay page profile
        proto protocol quality rate res resolution rotation size speed src start starttime stream streamid streams
        streamtype substream subtype t tcp text time timeout track trackid transport type udp unicast user username usr
        v version video videocodec w width
        """,
    )
)
_HARMLESS_VALUE = re.compile(r"[\w.:,*+-]{0,40}", re.ASCII)
_MAX_USER_CHARS = 19  # a longer user without a password may be a token

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/+")  # a path keeps only one / of "://"; a single letter is a drive
_COLON = re.compile(r":|%3a", re.IGNORECASE)
# A key with its value, and with more keys if these are separated by another character than "&": a secret may hold any
# other character, so it ends only there.
_FIELD = re.compile(r"([^/?&;#,~=]+)=([^/?&;#~]*)([^&]*)")
_BARE = re.compile(r"(?<=[?&#])[^=?&#]+(?=[&#]|$)")  # a value without a key
_LOGIN_IN_PATH = re.compile(r"(?<=/)([^/:?&=]+):[^/?&=]+")
# Of an RTMP address: all up to the name of the application, and what follows it; a name alone may be the key.
_STREAM_KEY = re.compile(r"(rtmps?://[^/?#]*/+(?:[^/?#]+/+)?)[^/].*", re.IGNORECASE)
# In a text: user and password with a space inside; and what stands around an address.
_SPACED_LOGIN = re.compile(
    r"([A-Za-z][A-Za-z0-9+.-]+:/+[^\s:/@]*:)"  # up to the colon after the user, or before a port
    r"(?!\d*(?:[/?#\s,;:.'\")\]]|$))"  # no port
    r"[^\s@]*[ \t](?:(?![A-Za-z]{2}:/)[^\n])*@"  # a space, and no other address up to the last @
)
_LOGIN = re.compile(r"[^\s/'\"@=]+@(?=\w)")  # a user, and a password that is hidden already
_WORD = re.compile(r"""([('"\[<{]*)(\S+?)([)'"\]>}.,:;!]*)(?=\s|$)""")


def redact_url(uri: str) -> str:
    """The address without its password, for every name, message and log.

    Hides everything between the user and the last ``@``, and the value of each key that is not known to be harmless.

    >>> redact_url("rtsp://user:p@ss/w#rd@host:554/live?channel=1&password=abc")
    'rtsp://user:***@host:554/live?channel=1&password=***'
    >>> redact_url("http://host:8080/video.mp4")
    'http://host:8080/video.mp4'
    """
    found = _SCHEME.match(uri)
    start = found.end() if found else 0
    shown, rest = _split_login(uri, start, shortest_user=0 if found else 2)
    if found:
        path, mark, query = rest.partition("?")
        return shown + _hide_values(_LOGIN_IN_PATH.sub(rf"\1:{MASK}", path) + mark + query)
    # A path of a file may contain anything else, so only what looks like a query is taken for one.
    path, mark, query = rest.partition("?")
    return shown + path + (_hide_values(mark + query) if "=" in query else mark + query)


def redact_stream_key(uri: str) -> str:
    """The address to which a stream is sent, for every name, message and log: the last part of RTMP is a secret too.

    On most platforms it is the key with which anybody could send in the user's name.

    >>> redact_stream_key("rtmp://user:secret@host/live/a1b2-c3d4"), redact_stream_key("rtsp://host:8554/name")
    ('rtmp://user:***@host/live/***', 'rtsp://host:8554/name')
    """
    shown = redact_url(uri)
    found = _STREAM_KEY.fullmatch(shown)
    return f"{found[1]}{MASK}" if found else shown


def redact_text(text: str) -> str:
    """A text for the user, such as a message, a log line or a traceback, with all addresses in it redacted.

    >>> redact_text("cannot open 'rtsp://user:secret@host/x?sid=1': refused")
    "cannot open 'rtsp://user:***@host/x?sid=***': refused"
    """
    text = _SPACED_LOGIN.sub(rf"\g<1>{MASK}@", text)
    return _WORD.sub(lambda word: f"{word[1]}{redact_url(word[2])}{word[3]}", text)


def anonymize(text: str, *, home: Path | None) -> str:
    """A text that may be published: redacted, also without the users of addresses and the name of the home folder.

    >>> anonymize("rtsp://anna:secret@host/x in /home/anna/a, /media/anna/b", home=Path("/home/anna"))
    'rtsp://***@host/x in ~/a, /media/***/b'
    """
    text = _LOGIN.sub(f"{MASK}@", redact_text(text))
    if home is None or not home.name:
        return text
    # TOML writes a backslash as two.
    for written in (str(home), str(home).replace("\\", "\\\\")):
        text = re.sub(re.escape(written) + r"(?![\w.-])", "~", text)
    return re.sub(rf"(?<=[/\\]){re.escape(home.name)}(?![\w.-])", MASK, text)


def without_secrets(uri: str) -> str:
    """The address without its secrets: the same for two addresses that differ only in these. It cannot be opened.

    >>> without_secrets("rtsp://me:right@host/live?token=1") == without_secrets("rtsp://me@host/live?token=2")
    True
    """
    return redact_url(uri).replace(f":{MASK}@", "@", 1)


def has_mask(uri: str) -> bool:
    """Whether a hidden secret stands in this address, so that it cannot be opened.

    >>> has_mask("rtsp://me:***@host/live"), has_mask("http://host/live?token=***&x=1"), has_mask("a***.mp4")
    (True, True, False)
    """
    masked_names = [name for name, value in _secrets(uri) if value == MASK]
    return _SCHEME.match(uri) is not None and any(not name or name[-1] in ":=/" for name in masked_names)


def fill_in_secrets(uri: str, known: str) -> str:
    """The address with the hidden secrets filled in from a known address of the same user and host.

    A user who corrects the path of an address sees it with its password hidden. No other host ever gets the password.

    >>> fill_in_secrets("rtsp://me:***@host/live2", "rtsp://me:secret@host/live1")
    'rtsp://me:secret@host/live2'
    >>> fill_in_secrets("rtsp://me:***@other/live", "rtsp://me:secret@host/live")
    'rtsp://me:***@other/live'
    """
    if _origin(uri) != _origin(known):
        return uri
    known_values = dict(_secrets(known))
    pieces = redact_url(uri).split(MASK)
    values = [known_values.get(name, MASK) if value == MASK else value for name, value in _secrets(uri)]
    return "".join(piece + value for piece, value in zip(pieces, [*values, ""], strict=True))


def _secrets(uri: str) -> list[tuple[str, str]]:
    """(name, value) of each secret in an address; the name is all before a password, or a key with its ``=``."""
    pieces = redact_url(uri).split(MASK)
    found = re.fullmatch("(.*)".join(map(re.escape, pieces)), uri, re.DOTALL)
    names = [re.split(r"[?&]", piece)[-1] for piece in pieces[:-1]]
    return list(zip(names, found.groups(), strict=True)) if found else []


def _origin(uri: str) -> str:
    """Scheme, user and host with port, without the password."""
    found = re.match(r"[^/]*//[^/?#]*", without_secrets(uri))
    return found[0] if found else uri


def _split_login(uri: str, start: int, *, shortest_user: int) -> tuple[str, str]:
    """The address up to its host with the login hidden, and everything after it."""
    at = uri.rfind("@")
    if at < start or uri.startswith("[", start):  # [ begins an IPv6 host, not a user
        return uri[:start], uri[start:]
    colon = _COLON.search(uri, start, at)
    if colon and colon.start() - start >= shortest_user:
        return f"{uri[: colon.end()]}{MASK}@", uri[at + 1 :]
    user = uri[start:at]
    if shortest_user == 0 and len(user) > _MAX_USER_CHARS and not set(user) & set("/?#"):
        return f"{uri[:start]}{MASK}@", uri[at + 1 :]
    return uri[:start], uri[start:]


def _hide_values(location: str) -> str:
    """Host, path and query with the values of all keys hidden that are not known to be harmless."""
    return _BARE.sub(_redact_bare, _FIELD.sub(_redact_field, location))


def _redact_field(field: re.Match[str]) -> str:
    key, value, rest = field.groups()
    is_harmless = _is_harmless(key) and _HARMLESS_VALUE.fullmatch(value)
    return f"{key}={value}{_FIELD.sub(_redact_field, rest)}" if is_harmless else f"{key}={MASK}"


def _redact_bare(word: re.Match[str]) -> str:
    return word[0] if _is_harmless(word[0]) or (word[0].isdecimal() and len(word[0]) < 4) else MASK


def _is_harmless(key: str) -> bool:
    return key.lower().replace("-", "").replace("_", "") in _HARMLESS_KEYS
