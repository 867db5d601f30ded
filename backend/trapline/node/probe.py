"""Asks the node what a browser asks, over the way that needs everything: long-poll. Is the wall there?

Web port, long-poll resource, router, publisher and Kafka all have a part in the answer. Standard library only.
"""

import http.client
import itertools
import json
from collections.abc import Callable
from typing import Any

from trapline.protocol import uris
from trapline.protocol.errors import TraplineError

_SEPARATOR = b"\x18"
_HELLO, _WELCOME, _CALL, _RESULT = 1, 2, 48, 50


def wait_for_grid(host: str, port: int, until: Callable[[float], bool], *, timeout_s: float = 5) -> bool:
    """Asks until `trapline.api.grid.get` answers an anonymous viewer: True; or `until(seconds)` says stop: False."""
    while not until(0.2):
        connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
        try:
            session = _join(connection)
            if _ask(connection, session, until):
                _post(connection, f"{session}/close", b"")
                return True
        except (OSError, ValueError, KeyError, http.client.HTTPException):
            continue  # not there yet
        finally:
            connection.close()
    return False


def call(host: str, port: int, uri: str, *, timeout_s: float = 15) -> Any:
    """What a procedure answers an anonymous viewer. Raises TraplineError where nobody or an error answers."""
    connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
    try:
        session = _join(connection)
        _say(connection, session, [_CALL, 1, {}, uri])
        kind, *answer = _hear(connection, session)
        _post(connection, f"{session}/close", b"")
    except (OSError, ValueError, KeyError, http.client.HTTPException) as error:
        raise TraplineError(f"no node answers at {host}:{port} ({error}); is it started?") from error
    finally:
        connection.close()
    if kind != _RESULT:
        raise TraplineError(f"{uri} is not answered: {answer[2:]}; the stage that serves it may be starting")
    return answer[2][0]


def _join(connection: http.client.HTTPConnection) -> str:
    opened = json.loads(_post(connection, "/lp/open", json.dumps({"protocols": ["wamp.2.json.batched"]}).encode()))
    session = f"/lp/{opened['transport']}"
    _say(connection, session, [_HELLO, uris.REALM, {"roles": {"caller": {}}}])
    if _hear(connection, session)[0] != _WELCOME:
        raise ValueError("a viewer is not welcome")
    return session


def _ask(connection: http.client.HTTPConnection, session: str, until: Callable[[float], bool]) -> bool:
    for request in itertools.count(1):
        _say(connection, session, [_CALL, request, {}, uris.GRID_GET])
        if _hear(connection, session)[0] == _RESULT:
            return True
        if until(0.1):
            break
    return False


def _post(connection: http.client.HTTPConnection, path: str, body: bytes) -> bytes:
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    if answer.status >= 300:
        raise ValueError(f"{path} answers {answer.status}")
    return text


def _say(connection: http.client.HTTPConnection, session: str, message: list[Any]) -> None:
    _post(connection, f"{session}/send", json.dumps(message).encode() + _SEPARATOR)


def _hear(connection: http.client.HTTPConnection, session: str) -> list[Any]:
    first, _separator, _rest = _post(connection, f"{session}/receive", b"").partition(_SEPARATOR)
    message: list[Any] = json.loads(first)
    return message
