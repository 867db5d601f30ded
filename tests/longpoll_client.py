"""WAMP over long-poll as the specification says, by http.client: what an old browser does."""

import http.client
import json
from typing import Any, Self

_SEPARATOR = b"\x18"


class LongPollClient:
    """`joined` is the router's answer to HELLO (or to AUTHENTICATE)."""

    def __init__(
        self,
        port: int,
        *,
        realm: str = "trapline",
        authid: str = "",
        ticket: str = "",
        hello: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        source: str = "127.0.0.1",
    ) -> None:
        """`source` is the address it comes from."""
        self._port = port
        self._source = source
        self.request_headers = {"Content-Type": "application/json", **(headers or {})}
        self._heard: list[list[Any]] = []
        status, body, self.headers = self.post("open", json.dumps({"protocols": ["wamp.2.json.batched"]}).encode())
        if status != 200:
            raise ConnectionRefusedError(f"{status}: {body!r}")
        self.id = json.loads(body)["transport"]
        details = {"roles": {"caller": {}, "subscriber": {}}, **(hello or {})}
        if authid:
            details |= {"authmethods": ["ticket"], "authid": authid}
        self.send([1, realm, details])
        self.joined = self.receive()
        if self.joined[0] == 4:
            self.send([5, ticket, {}])
            self.joined = self.receive()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.post(f"{self.id}/close")

    def post(self, path: str, body: bytes = b"") -> tuple[int, bytes, dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, 40, (self._source, 0))
        try:
            connection.request("POST", f"/lp/{path}", body, self.request_headers)
            answer = connection.getresponse()
            return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()

    def send(self, *messages: list[Any]) -> None:
        body = b"".join(json.dumps(message).encode() + _SEPARATOR for message in messages)
        status, text, _ = self.post(f"{self.id}/send", body)
        assert status == 204, (status, text)

    def receive(self) -> list[Any]:
        """The next message; asks again on 204. Raises ConnectionError when the session is gone."""
        while not self._heard:
            status, body, self.headers = self.post(f"{self.id}/receive")
            if status == 404:
                raise ConnectionError("the session is gone")
            self._heard += [json.loads(text) for text in body.split(_SEPARATOR) if text]
        return self._heard.pop(0)
