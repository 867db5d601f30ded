"""A WAMP client that shares no line with autobahn: WAMP basic profile in JSON over a WebSocket (RFC 6455), blocking.

What a browser gets is what this gets; what this may not do, nobody outside may.
"""

import base64
import itertools
import json
import os
import socket
import struct
import threading
import time
from collections import deque
from typing import Any, Self

_HELLO, _WELCOME, _ABORT, _CHALLENGE, _AUTHENTICATE = 1, 2, 3, 4, 5
_ERROR, _SUBSCRIBE, _SUBSCRIBED, _EVENT, _CALL, _RESULT = 8, 32, 33, 36, 48, 50
# The callee is not there yet, or has just gone.
_NOT_YET = {"wamp.error.no_such_procedure", "wamp.error.canceled"}


class WampError(Exception):
    """The router's or a callee's refusal: its URI, its arguments."""

    def __init__(self, uri: str, args: list[Any], kwargs: dict[str, Any]) -> None:
        super().__init__(f"{uri}: {args}")
        self.uri = uri
        self.arguments = args
        self.fields = kwargs

    @property
    def sentence(self) -> str:
        return str(self.arguments[0]) if self.arguments else ""


class ForeignClient:
    """Joined when constructed: anonymous, or as `authid` with a ticket."""

    def __init__(
        self,
        port: int,
        *,
        path: str = "/ws",
        realm: str = "trapline",
        authid: str | None = None,
        ticket: str = "",
        hello: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        timeout_s: float = 10,
    ) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout_s)
        self._file = self._socket.makefile("rb")
        self._ids = itertools.count(1)
        self._topics: dict[int, str] = {}
        self.events: deque[tuple[str, Any]] = deque()
        self._shake_hands(path, {"Host": f"127.0.0.1:{port}", **(headers or {})})
        details: dict[str, Any] = {"roles": {"caller": {}, "subscriber": {}}, **(hello or {})}
        if authid is not None:
            details |= {"authmethods": ["ticket"], "authid": authid}
        self.send([_HELLO, realm, details])
        message = self.receive()
        if message[0] == _CHALLENGE:
            self.send([_AUTHENTICATE, ticket, {}])
            message = self.receive()
        if message[0] != _WELCOME:
            raise WampError(message[2], [message[1].get("message", "")], {})
        self.welcome: dict[str, Any] = message[2]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def call(self, uri: str, *args: Any, **kwargs: Any) -> Any:
        """The first positional argument of the result. Raises WampError."""
        message = self._ask([_CALL, next(self._ids), {}, uri, list(args), kwargs])
        return message[3][0] if len(message) > 3 and message[3] else None

    def call_when_served(self, uri: str, *args: Any, within_s: float = 20) -> Any:
        """`call`, again and again until somebody serves `uri`: a stage is on its way."""
        deadline = time.monotonic() + within_s
        while True:
            try:
                return self.call(uri, *args)
            except WampError as error:
                if error.uri not in _NOT_YET or time.monotonic() > deadline:
                    raise
                threading.Event().wait(0.05)  # the router has to register the stage meanwhile

    def subscribe(self, uri: str) -> None:
        """Events of `uri` go to `events` from now on, as (uri, first argument)."""
        message = self._ask([_SUBSCRIBE, next(self._ids), {}, uri])
        self._topics[message[2]] = uri

    def next_event(self) -> tuple[str, Any]:
        """Waits for an event. Raises TimeoutError."""
        while not self.events:
            self._take(self.receive())
        return self.events.popleft()

    def _ask(self, request: list[Any]) -> list[Any]:
        self.send(request)
        while True:
            message = self.receive()
            if message[0] == _ERROR and message[2] == request[1]:
                args = message[5] if len(message) > 5 else []
                raise WampError(message[4], args, message[6] if len(message) > 6 else {})
            if message[0] in {_RESULT, _SUBSCRIBED} and message[1] == request[1]:
                return message
            self._take(message)

    def _take(self, message: list[Any]) -> None:
        if message[0] == _ABORT:
            raise WampError(message[2], [], {})
        if message[0] == _EVENT:
            self.events.append((self._topics[message[1]], message[4][0]))

    def _shake_hands(self, path: str, headers: dict[str, str]) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._socket.sendall(
            f"GET {path} HTTP/1.1\r\n{lines}Upgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Protocol: wamp.2.json\r\n\r\n".encode()
        )
        status = self._file.readline()
        if b" 101 " not in status:
            raise ConnectionError(f"no WebSocket: {status!r}")
        while self._file.readline().strip():
            pass

    def send(self, message: list[Any]) -> None:
        """One text frame, masked as a client must."""
        self._frame(0x1, json.dumps(message).encode())

    def _frame(self, opcode: int, payload: bytes) -> None:
        size = len(payload)
        head = bytes([0x80 | opcode])
        head += bytes([0x80 | size]) if size < 126 else b"\xfe" + struct.pack("!H", size)
        mask = os.urandom(4)
        masked = bytes(octet ^ mask[index % 4] for index, octet in enumerate(payload))
        self._socket.sendall(head + mask + masked)

    def receive(self) -> list[Any]:
        """The next WAMP message. Raises TimeoutError, ConnectionError when the router closes."""
        text = b""
        while True:
            head = self._read(2)
            opcode, size = head[0] & 0x0F, head[1] & 0x7F
            if size == 126:
                size = struct.unpack("!H", self._read(2))[0]
            elif size == 127:
                size = struct.unpack("!Q", self._read(8))[0]
            payload = self._read(size)
            if opcode == 0x8:
                raise ConnectionError(f"closed by the router: {payload!r}")
            if opcode == 0x9:
                self._frame(0xA, payload)
            elif opcode in {0x0, 0x1}:
                text += payload
                if head[0] & 0x80:
                    message: list[Any] = json.loads(text)
                    return message

    def _read(self, size: int) -> bytes:
        octets = self._file.read(size)
        if len(octets) < size:
            raise ConnectionError("the router hung up")
        return octets
