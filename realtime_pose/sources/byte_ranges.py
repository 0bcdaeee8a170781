"""Whether a web server sends a part of a file, so that a video of it can be read from any place."""

import os
from base64 import b64encode
from http.client import HTTPException
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import Request, urlopen

from realtime_pose.config import SourceConfig
from realtime_pose.sources.endpoint import resolve_endpoint

_PARTIAL_CONTENT = 206  # RFC 9110, 15.3.7
_MAX_WAIT_S = 5.0


def sends_parts(config: SourceConfig) -> bool:
    """Whether the server of a served video file (http, https) answers the wish for one byte with one byte.

    False also where it cannot be asked: where it wants more than a user and a password, for example.
    """
    endpoint = resolve_endpoint(
        config.uri,
        transport=config.transport,
        credentials_file=config.credentials_file,
        environment=os.environ,
    )
    parts = urlsplit(endpoint.url)
    login, _, host = parts.netloc.rpartition("@")
    try:
        url = urlunsplit(parts._replace(netloc=host))
        request = Request(url, headers={"Range": "bytes=0-0"})  # noqa: S310 - of a served video file: http or https
        if login:  # only for this server: it may send us on to another one
            basic = b64encode(unquote(login).encode()).decode()
            request.add_unredirected_header("Authorization", f"Basic {basic}")
        with urlopen(request, timeout=min(config.open_timeout_s, _MAX_WAIT_S)) as answer:  # noqa: S310 - as above
            return bool(answer.status == _PARTIAL_CONTENT)
    except (OSError, HTTPException, ValueError):
        return False
