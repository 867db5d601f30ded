"""Twisted keeps a request's whole body, in /tmp when it is large, before any resource sees it: it is bounded here.

Nobody has to send us more than a long-poll message, so more is refused: at once where Content-Length says so, or with
the chunk that makes it too much. What has come by then is dropped, and the connection with it.
"""

from io import BytesIO
from typing import Any

from twisted.web.server import Request

# A long-poll message of longpoll.SEND_LIMIT_BYTES, and what is a little larger: long-poll refuses that politely.
BODY_LIMIT_BYTES = 160 << 10
_REFUSAL = b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class BoundedRequest(Request):
    """What Crossbar's web transport reads requests into: in memory, never in a file."""

    _is_refused = False
    _body: BytesIO

    def gotLength(self, length: int | None) -> None:  # noqa: N802  (Twisted's name)
        """The headers are here; `length` in octets where they say it, None for a chunked body."""
        self._body = self.content = BytesIO()
        if length is not None and length > BODY_LIMIT_BYTES:
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802  (Twisted's name)
        """Some of the body is here."""
        if not self._is_refused and self._body.tell() + len(data) > BODY_LIMIT_BYTES:
            self._refuse()
        if not self._is_refused:
            self._body.write(data)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: N802  (Twisted's name)
        """All of the body is here."""
        if not self._is_refused:
            super().requestReceived(command, path, version)  # type: ignore[no-untyped-call]  # Twisted's

    def _refuse(self) -> None:
        self._is_refused = True
        self._body = self.content = BytesIO()
        channel: Any = self.channel
        channel.transport.write(_REFUSAL)
        channel.loseConnection()  # reads nothing from now on
