"""A stage's way in, without autobahn: WAMP in JSON over a RawSocket on the Unix socket."""

import itertools
import json
import socket
from typing import Any, Self

from trapline.settings import Settings


class BackendClient:
    """Joined when constructed; ConnectionRefusedError with the router's reason when it is refused."""

    def __init__(self, settings: Settings, *, authid: str = "backend", ticket: str | None = None) -> None:
        if ticket is None:
            ticket = (settings.home / "secrets" / "router").read_text().strip()
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(10)
        self._socket.connect(str(settings.router_socket))
        self._file = self._socket.makefile("rb")
        self._ids = itertools.count(1)
        self._socket.sendall(b"\x7f\xf1\x00\x00")  # largest messages, JSON
        assert self._file.read(4)[:1] == b"\x7f"
        methods = ["ticket"] if ticket else ["anonymous"]
        self.send([1, "trapline", {"roles": {"publisher": {}, "callee": {}}, "authmethods": methods, "authid": authid}])
        message = self.receive()
        if message[0] == 4:
            self.send([5, ticket, {}])
            message = self.receive()
        if message[0] != 2:
            self.close()
            raise ConnectionRefusedError(f"{message[2]}: {message[1].get('message')}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def publish(self, uri: str, payload: Any) -> None:
        """Returns when the router has dispatched it. Raises AssertionError with the router's answer when refused."""
        self.send([16, next(self._ids), {"acknowledge": True}, uri, [payload]])
        answer = self.receive()
        assert answer[0] == 17, answer

    def send(self, message: list[Any]) -> None:
        text = json.dumps(message).encode()
        self._socket.sendall(len(text).to_bytes(4, "big") + text)

    def receive(self) -> list[Any]:
        while True:
            head = self._file.read(4)
            if len(head) < 4:
                raise ConnectionError("the router hung up")
            text = self._file.read(int.from_bytes(head[1:], "big"))
            if head[0] == 0:
                message: list[Any] = json.loads(text)
                return message
            self._socket.sendall(b"\x02" + head[1:] + text)  # a ping wants its pong
